//! n-fold (RFC 3961 section 5.1), and the folded constants of the usual key usages computed by the compiler.

/// Stretches or shrinks `input` to `N` octets: copies of it, each rotated right by 13 bits more than the one before,
/// are laid end to end up to the least common multiple of both lengths and added up, `N` octets at a time, in
/// ones' complement. `input` must not be empty.
pub(super) const fn n_fold<const N: usize>(input: &[u8]) -> [u8; N] {
    let bits = input.len() * 8;
    let mut columns = [0u32; N];
    let mut at = 0;
    let total = least_common_multiple(input.len(), N);
    while at < total {
        let (copy, offset) = (at / input.len(), at % input.len());
        let start = (offset * 8 + bits - (13 * copy) % bits) % bits;
        let window = (input[start / 8] as u32) << 8 | input[(start / 8 + 1) % input.len()] as u32;
        columns[at % N] += (window >> (8 - start % 8)) & 0xff;
        at += 1;
    }
    carry_around(&mut columns);
    let mut out = [0; N];
    let mut i = 0;
    while i < N {
        out[i] = columns[i] as u8;
        i += 1;
    }
    out
}

/// Brings every column below 256; what leaves at the left enters at the right.
const fn carry_around<const N: usize>(columns: &mut [u32; N]) {
    let mut carry = 0;
    loop {
        let mut i = N;
        while i > 0 {
            i -= 1;
            let sum = columns[i] + carry;
            columns[i] = sum & 0xff;
            carry = sum >> 8;
        }
        if carry == 0 {
            return;
        }
    }
}

const fn least_common_multiple(a: usize, b: usize) -> usize {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    a / x * b
}

/// Which of a usage's three derived keys (RFC 3961 section 5.3).
#[derive(Clone, Copy, Debug)]
pub(super) enum Derived {
    /// Kc, checksums.
    Checksum = 0x99,
    /// Ke, encryption.
    Encryption = 0xaa,
    /// Ki, the integrity of a ciphertext.
    Integrity = 0x55,
}

/// The folded derivation constant `usage || kind`: looked up for usages below 64, computed for others.
pub(super) fn usage_constant(usage: u32, kind: Derived) -> [u8; 16] {
    let table = match kind {
        Derived::Checksum => &CHECKSUM,
        Derived::Encryption => &ENCRYPTION,
        Derived::Integrity => &INTEGRITY,
    };
    match table.get(usage as usize) {
        Some(folded) => *folded,
        None => fold_usage(usage, kind),
    }
}

const fn fold_usage(usage: u32, kind: Derived) -> [u8; 16] {
    let [a, b, c, d] = usage.to_be_bytes();
    n_fold(&[a, b, c, d, kind as u8])
}

const TABLED_USAGES: usize = 64;

const fn table(kind: Derived) -> [[u8; 16]; TABLED_USAGES] {
    let mut out = [[0; 16]; TABLED_USAGES];
    let mut usage = 0;
    while usage < TABLED_USAGES {
        out[usage] = fold_usage(usage as u32, kind);
        usage += 1;
    }
    out
}

static CHECKSUM: [[u8; 16]; TABLED_USAGES] = table(Derived::Checksum);
static ENCRYPTION: [[u8; 16]; TABLED_USAGES] = table(Derived::Encryption);
static INTEGRITY: [[u8; 16]; TABLED_USAGES] = table(Derived::Integrity);

/// 128-fold("kerberos"), the last step of string-to-key.
pub(super) const KERBEROS: [u8; 16] = n_fold(b"kerberos");
/// 128-fold("prf"), the key of the pseudo-random function.
pub(super) const PRF: [u8; 16] = n_fold(b"prf");

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3961 appendix A.1.
    #[test]
    fn rfc_3961_vectors() {
        assert_eq!(hex::encode(n_fold::<8>(b"012345")), "be072631276b1955");
        assert_eq!(hex::encode(n_fold::<7>(b"password")), "78a07b6caf85fa");
        assert_eq!(
            hex::encode(n_fold::<8>(b"Rough Consensus, and Running Code")),
            "bb6ed30870b7f0e0"
        );
        assert_eq!(
            hex::encode(n_fold::<21>(b"password")),
            "59e4a8ca7c0385c3c37b3f6d2000247cb6e6bd5b3e"
        );
        assert_eq!(
            hex::encode(n_fold::<24>(b"MASSACHVSETTS INSTITVTE OF TECHNOLOGY")),
            "db3b0d8f0b061e603282b308a50841229ad798fab9540c1b"
        );
        assert_eq!(
            hex::encode(n_fold::<21>(b"Q")),
            "518a54a215a8452a518a54a215a8452a518a54a215"
        );
        assert_eq!(
            hex::encode(n_fold::<21>(b"ba")),
            "fb25d531ae8974499f52fd92ea9857c4ba24cf297e"
        );
        assert_eq!(hex::encode(n_fold::<8>(b"kerberos")), "6b65726265726f73");
        assert_eq!(hex::encode(KERBEROS), "6b65726265726f737b9b5b2b93132b93");
        assert_eq!(
            hex::encode(n_fold::<21>(b"kerberos")),
            "8372c236344e5f1550cd0747e15d62ca7a5a3bcea4"
        );
        assert_eq!(
            hex::encode(n_fold::<32>(b"kerberos")),
            "6b65726265726f737b9b5b2b93132b935c9bdcdad95c9899c4cae4dee6d6cae4"
        );
    }

    #[test]
    fn the_table_ends_where_computing_starts() {
        for usage in [0, 63, 64, 1024, u32::MAX] {
            assert_eq!(
                usage_constant(usage, Derived::Integrity),
                fold_usage(usage, Derived::Integrity),
                "{usage}"
            );
        }
    }
}
