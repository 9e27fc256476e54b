//! Keys from passwords.

use md4::{Digest, Md4};
use sha1::Sha1;
use zeroize::Zeroizing;

use super::aes_sha1::AesKey;
use super::{Etype, Key, fold};

/// The PBKDF2 iterations of etypes 17 and 18 unless s2kparams says otherwise (RFC 3962 section 4): `00 00 10 00`.
pub const DEFAULT_ITERATIONS: u32 = 4096;

/// The key of a password. `iterations` counts for the AES types only, with 0 taken as 1 (RFC 3962 reads 0 as 2^32:
/// a caller that gets the number from a network must bound it); RC4 ignores the salt as well.
pub fn string_to_key(etype: Etype, password: &str, salt: &str, iterations: u32) -> Key {
    if etype == Etype::Rc4Hmac {
        return nt_hash(password);
    }
    let mut stretched = Zeroizing::new([0; 32]);
    let stretched = &mut stretched[..etype.key_length()];
    pbkdf2::pbkdf2_hmac::<Sha1>(password.as_bytes(), salt.as_bytes(), iterations, stretched);
    let derived = AesKey::new(stretched).derive(fold::KERBEROS);
    Key::new(etype, derived.as_slice()).expect("DK gives as many octets as the key has")
}

/// The NT hash, MD4 over UTF-16LE (MS-NLMP section 3.3.1), as the etype 23 key it is.
pub fn nt_hash(password: &str) -> Key {
    let utf16 = Zeroizing::new(
        password
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>(),
    );
    let digest = Md4::digest(utf16.as_slice());
    Key::new(Etype::Rc4Hmac, &digest).expect("MD4 has 16 octets")
}
