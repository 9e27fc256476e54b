//! RSA keys made beforehand, because making one costs 60 ms and more.
//!
//! **The private keys of this pool are published in the repository: they protect nothing.** They exist so that a
//! simulated run needs no key generation and gives the same bytes everywhere. `keys/README.md` says how the file is made.

use std::sync::OnceLock;

use crate::rsa_key::{KeyError, PrivateKey};

/// Keys in the pool.
pub const LEN: usize = 64;

/// The seed from which the committed file was made.
pub const SEED: u64 = 20_261_123;

/// `LEN` times: length of the key in octets (16 bits, big endian), key as PKCS#8 DER.
static FILE: &[u8] = include_bytes!("../keys/lab-keys.bin");

/// The key with this index. Indices beyond [`LEN`] wrap around, so two actors of a large lab may hold the same key.
/// Parsed at first use, shared afterwards.
pub fn key(index: usize) -> PrivateKey {
    static KEYS: [OnceLock<PrivateKey>; LEN] = [const { OnceLock::new() }; LEN];
    let index = index % LEN;
    let key = KEYS[index].get_or_init(|| read(FILE, index).expect("the committed file holds LEN keys"));
    key.clone()
}

/// Keys beside those of the pool: see [`late_key`].
pub const LATE_LEN: usize = LEN * (LEN - 1);

/// A key for what is set up while a story goes on. Each is of a prime of one key of the pool and a prime of another, so that
/// no two are equal and none is in the pool. Indices beyond [`LATE_LEN`] wrap around. Made at first use, shared afterwards.
pub fn late_key(index: usize) -> PrivateKey {
    static KEYS: [OnceLock<PrivateKey>; LATE_LEN] = [const { OnceLock::new() }; LATE_LEN];
    let index = index % LATE_LEN;
    let (first, other) = (index / (LEN - 1), index % (LEN - 1));
    let second = if other < first { other } else { other + 1 };
    let made = || PrivateKey::from_primes_of(&key(first), &key(second)).expect("every key has two primes");
    KEYS[index].get_or_init(made).clone()
}

/// The file of `count` keys made from `seed`: what `cargo run -p trustlab-prt --example make_lab_keys` writes.
pub fn make_file(seed: u64, count: usize) -> Result<Vec<u8>, KeyError> {
    use rand::SeedableRng as _;
    let mut file = Vec::new();
    for index in 0..count {
        // one stream for each key, so that adding keys leaves the others as they are
        let mut rng = rand_chacha::ChaCha12Rng::seed_from_u64(seed);
        rng.set_stream(index as u64);
        let pkcs8 = PrivateKey::generate(&mut rng)?.to_pkcs8();
        let length = u16::try_from(pkcs8.len()).expect("a key of 2,048 bits has about 1,200 octets");
        file.extend_from_slice(&length.to_be_bytes());
        file.extend_from_slice(&pkcs8);
    }
    Ok(file)
}

fn read(mut file: &[u8], index: usize) -> Result<PrivateKey, KeyError> {
    const TRUNCATED: KeyError = KeyError::Malformed {
        expected: "file of lab keys",
    };
    let mut at = 0;
    loop {
        let (length, rest) = file.split_first_chunk::<2>().ok_or(TRUNCATED)?;
        let (pkcs8, rest) = rest
            .split_at_checked(usize::from(u16::from_be_bytes(*length)))
            .ok_or(TRUNCATED)?;
        if at == index {
            return PrivateKey::from_pkcs8(pkcs8);
        }
        at += 1;
        file = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_holds_as_many_different_keys_as_it_says() {
        let ids: std::collections::BTreeSet<_> =
            (0..LEN).map(|i| key(i).public().key_id().to_owned()).collect();
        assert_eq!(ids.len(), LEN);
        assert!(read(FILE, LEN).is_err());
        assert_eq!(key(LEN).public(), key(0).public());
    }

    #[test]
    fn a_late_key_signs_opens_and_is_no_other_key() {
        let indices = [0, 1, LEN - 2, LEN - 1, LEN, LATE_LEN - 1];
        let late = indices.map(late_key);
        let ids: std::collections::BTreeSet<_> = late
            .iter()
            .cloned()
            .chain((0..LEN).map(key))
            .map(|key| key.public().key_id().to_owned())
            .collect();
        assert_eq!(ids.len(), LEN + indices.len());
        for key in &late {
            assert_eq!(key.public().verify_rs256(b"a", &key.sign_rs256(b"a")), Ok(()));
        }
        assert_eq!(late_key(LATE_LEN).public(), late[0].public());
    }

    #[test]
    fn the_file_is_what_the_seed_gives() {
        let first = make_file(SEED, 1).unwrap();
        assert!(FILE.starts_with(&first));
    }
}
