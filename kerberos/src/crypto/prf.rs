//! Pseudo-random functions (RFC 3961 section 3) and the combination of keys built on them (RFC 6113 section 5.1).

use hmac::Mac;
use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use super::aes_sha1::{AesKey, BLOCK, HmacSha1, hmac_sha1};
use super::{Etype, Key, fold};

/// The pseudo-random function of the key's etype: 16 octets for AES (RFC 3962), 20 for RC4.
pub fn prf(key: &Key, input: &[u8]) -> Vec<u8> {
    Prf::new(key).octets(&[input])
}

/// PRF+ (RFC 6113 section 5.1): `length` octets from the outputs for `1 || input`, `2 || input`, ...
/// The counter is one octet, so there are at most 255 outputs (4,080 octets for AES); more are `None`.
pub fn prf_plus(key: &Key, input: &[u8], length: usize) -> Option<Zeroizing<Vec<u8>>> {
    let prf = Prf::new(key);
    let mut out = Zeroizing::new(Vec::with_capacity(length + 20));
    for counter in 1..=u8::MAX {
        if out.len() >= length {
            break;
        }
        out.extend_from_slice(&Zeroizing::new(prf.octets(&[&[counter], input])));
    }
    (out.len() >= length).then(|| {
        out.truncate(length);
        out
    })
}

/// KRB-FX-CF2 (RFC 6113 section 5.1): a key of `first`'s etype from two keys and their peppers.
pub fn cf2(first: &Key, second: &Key, pepper1: &[u8], pepper2: &[u8]) -> Key {
    let length = first.etype().key_length();
    let half = |key, pepper| prf_plus(key, pepper, length).expect("a key is shorter than 255 outputs");
    let (mut octets, other) = (half(first, pepper1), half(second, pepper2));
    for (octet, mask) in octets.iter_mut().zip(other.iter()) {
        *octet ^= mask;
    }
    Key::new(first.etype(), &octets).expect("PRF+ gave a key's length")
}

/// The key of the function, prepared.
#[expect(clippy::large_enum_variant, reason = "it lives on the stack for one call")]
enum Prf {
    Aes(AesKey),
    Rc4(HmacSha1),
}

impl Prf {
    fn new(key: &Key) -> Self {
        match key.etype() {
            Etype::Rc4Hmac => Self::Rc4(hmac_sha1(key.expose())),
            Etype::Aes128CtsHmacSha196 | Etype::Aes256CtsHmacSha196 => Self::Aes(AesKey::new(
                AesKey::new(key.expose()).derive(fold::PRF).as_slice(),
            )),
        }
    }

    fn octets(&self, parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Aes(derived) => {
                let digest = parts
                    .iter()
                    .fold(Sha1::new(), |state, part| state.chain_update(part))
                    .finalize();
                // the digest, cut to a multiple of the block length
                let mut block: [u8; BLOCK] = *digest.first_chunk().expect("SHA-1 has 20 octets");
                derived.encrypt_block(&mut block);
                block.to_vec()
            }
            Self::Rc4(key) => parts
                .iter()
                .fold(key.clone(), |state, part| state.chain_update(part))
                .finalize()
                .into_bytes()
                .to_vec(),
        }
    }
}
