//! AES in CBC with ciphertext stealing and HMAC-SHA1-96: etypes 17 and 18 (RFC 3962).

use aes::cipher::{Array, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit};
use aes::{Aes128, Aes256};
use hmac::{Hmac, Mac};
use rand::CryptoRng;
use sha1::Sha1;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::fold::{Derived, usage_constant};

pub(super) type HmacSha1 = Hmac<Sha1>;
type Block = Array<u8, aes::cipher::consts::U16>;

/// Octets of an AES block, and of the confounder.
pub(super) const BLOCK: usize = 16;
/// Octets of HMAC-SHA1-96.
pub(super) const TAG: usize = 12;

/// A prepared AES key: both schedules, wiped on drop.
pub(super) enum AesKey {
    Aes128(Aes128),
    Aes256(Aes256),
}

/// Runs `$body` with `$cipher` bound to the cipher inside.
macro_rules! with_cipher {
    ($key:expr, $cipher:ident => $body:expr) => {
        match $key {
            AesKey::Aes128($cipher) => $body,
            AesKey::Aes256($cipher) => $body,
        }
    };
}

impl AesKey {
    /// `key` is of 16 or 32 octets: [`super::Key`] has made sure.
    pub(super) fn new(key: &[u8]) -> Self {
        match Aes256::new_from_slice(key) {
            Ok(cipher) => Self::Aes256(cipher),
            Err(_) => Self::Aes128(Aes128::new_from_slice(key).expect("an AES key has 16 or 32 octets")),
        }
    }

    fn key_length(&self) -> usize {
        match self {
            Self::Aes128(_) => 16,
            Self::Aes256(_) => 32,
        }
    }

    pub(super) fn encrypt_block(&self, block: &mut [u8; BLOCK]) {
        with_cipher!(self, cipher => cipher.encrypt_block(block.into()));
    }

    /// DK (RFC 3961 section 5.1) of a constant already folded to one block: the block encrypted again and again
    /// until there are enough octets.
    pub(super) fn derive(&self, folded: [u8; BLOCK]) -> DerivedKey {
        let mut out = Zeroizing::new([0; 32]);
        let mut block = folded;
        self.encrypt_block(&mut block);
        out[..BLOCK].copy_from_slice(&block);
        if self.key_length() == 32 {
            self.encrypt_block(&mut block);
            out[BLOCK..].copy_from_slice(&block);
        }
        DerivedKey {
            octets: out,
            length: self.key_length(),
        }
    }

    /// CBC-CS3 with a zero IV, in place. `data` has at least one block; exactly one block is plain CBC.
    pub(super) fn cts_encrypt(&self, data: &mut [u8]) {
        let tail = tail_length(data.len());
        let (whole, last) = data.split_at_mut(data.len() - tail);
        let (blocks, _) = Array::slice_as_chunks_mut(whole);
        with_cipher!(self, cipher => {
            let mut cbc = cbc::Encryptor::inner_iv_init(cipher, &Block::default());
            cbc.encrypt_blocks(blocks);
            if let Some(before) = blocks.last_mut() {
                let mut padded = Block::default();
                padded[..tail].copy_from_slice(last);
                cbc.encrypt_block(&mut padded);
                last.copy_from_slice(&before[..tail]);
                *before = padded;
            } else {
                cbc.encrypt_block(last.try_into().expect("a lone tail is one block"));
            }
        });
    }

    /// The inverse of [`Self::cts_encrypt`], with the same limits.
    pub(super) fn cts_decrypt(&self, data: &mut [u8]) {
        let tail = tail_length(data.len());
        let (whole, last) = data.split_at_mut(data.len() - tail);
        let (blocks, _) = Array::<u8, _>::slice_as_chunks_mut(whole);
        with_cipher!(self, cipher => {
            let mut cbc = cbc::Decryptor::inner_iv_init(cipher, &Block::default());
            if let Some((before, head)) = blocks.split_last_mut() {
                // `before` holds the last block of the CBC chain, `last` what is left of the one before it
                let mut stolen = *before;
                cbc::Decryptor::inner_iv_init(cipher, &Block::default()).decrypt_block(&mut stolen);
                let mut second_last = stolen;
                second_last[..tail].copy_from_slice(last);
                for (octet, mask) in last.iter_mut().zip(stolen) {
                    *octet ^= mask;
                }
                *before = second_last;
                cbc.decrypt_blocks(head);
                cbc.decrypt_block(before);
            } else {
                cbc.decrypt_block(last.try_into().expect("a lone tail is one block"));
            }
        });
    }
}

/// The length of the last, perhaps partial block: 1 to 16.
fn tail_length(length: usize) -> usize {
    debug_assert!(length >= BLOCK, "the confounder alone is a block");
    (length - 1) % BLOCK + 1
}

/// The octets of a derived key.
pub(super) struct DerivedKey {
    octets: Zeroizing<[u8; 32]>,
    length: usize,
}

impl DerivedKey {
    pub(super) fn as_slice(&self) -> &[u8] {
        &self.octets[..self.length]
    }
}

/// Ke and Ki of one usage, prepared.
pub(super) struct CipherKeys {
    encryption: AesKey,
    integrity: HmacSha1,
}

impl CipherKeys {
    pub(super) fn derive(base: &AesKey, usage: u32) -> Self {
        let derive = |kind| base.derive(usage_constant(usage, kind));
        Self {
            encryption: AesKey::new(derive(Derived::Encryption).as_slice()),
            integrity: hmac_sha1(derive(Derived::Integrity).as_slice()),
        }
    }

    pub(super) fn encrypt(&self, plaintext: &[u8], rng: &mut dyn CryptoRng) -> Vec<u8> {
        let mut out = Vec::with_capacity(BLOCK + plaintext.len() + TAG);
        out.resize(BLOCK, 0);
        rng.fill_bytes(&mut out);
        out.extend_from_slice(plaintext);
        let tag = mac96(&self.integrity, &out);
        self.encryption.cts_encrypt(&mut out);
        out.extend_from_slice(&tag);
        out
    }

    /// `None` if the tag does not fit. `ciphertext` has at least `BLOCK + TAG` octets.
    pub(super) fn decrypt(&self, ciphertext: &[u8]) -> Option<Vec<u8>> {
        let (data, tag) = ciphertext.split_last_chunk::<TAG>()?;
        let mut out = data.to_vec();
        self.encryption.cts_decrypt(&mut out);
        if !bool::from(mac96(&self.integrity, &out).ct_eq(tag)) {
            return None;
        }
        out.drain(..BLOCK);
        Some(out)
    }
}

/// A prepared HMAC key.
pub(super) fn hmac_sha1(key: &[u8]) -> HmacSha1 {
    HmacSha1::new_from_slice(key).expect("HMAC takes keys of any length")
}

/// Kc of one usage, prepared.
pub(super) fn checksum_key(base: &AesKey, usage: u32) -> HmacSha1 {
    hmac_sha1(base.derive(usage_constant(usage, Derived::Checksum)).as_slice())
}

/// HMAC-SHA1-96.
pub(super) fn mac96(key: &HmacSha1, data: &[u8]) -> [u8; TAG] {
    let full = key.clone().chain_update(data).finalize().into_bytes();
    *full.first_chunk().expect("SHA-1 has 20 octets")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3962 appendix B: AES-128 in CBC with ciphertext stealing, zero IV, key "chicken teriyaki".
    #[test]
    fn rfc_3962_ciphertext_stealing() {
        let key = AesKey::new(b"chicken teriyaki");
        let text = b"I would like the General Gau's Chicken, please, and wonton soup.";
        for (length, expected) in [
            (17, "c6353568f2bf8cb4d8a580362da7ff7f97"),
            (
                31,
                "fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5",
            ),
            (
                32,
                "39312523a78662d5be7fcbcc98ebf5a897687268d6ecccc0c07b25e25ecfe584",
            ),
            (
                47,
                "97687268d6ecccc0c07b25e25ecfe584b3fffd940c16a18c1b5549d2f838029e39312523a78662d5be7fcbcc98ebf5",
            ),
            (
                48,
                "97687268d6ecccc0c07b25e25ecfe5849dad8bbb96c4cdc03bc103e1a194bbd839312523a78662d5be7fcbcc98ebf5a8",
            ),
            (
                64,
                "97687268d6ecccc0c07b25e25ecfe58439312523a78662d5be7fcbcc98ebf5a84807efe836ee89a526730dbc2f7bc8409dad8bbb96c4cdc03bc103e1a194bbd8",
            ),
        ] {
            let mut data = text[..length].to_vec();
            key.cts_encrypt(&mut data);
            assert_eq!(hex::encode(&data), expected, "{length} octets");
            key.cts_decrypt(&mut data);
            assert_eq!(data, text[..length], "{length} octets");
        }
    }

    /// One block is one plain encryption: with a zero IV the first block of the 64-octet vector's chain.
    #[test]
    fn one_block_is_encrypted_once() {
        let key = AesKey::new(b"chicken teriyaki");
        let mut data = *b"I would like the";
        key.cts_encrypt(&mut data);
        assert_eq!(hex::encode(data), "97687268d6ecccc0c07b25e25ecfe584");
        key.cts_decrypt(&mut data);
        assert_eq!(&data, b"I would like the");
    }
}
