//! RC4-HMAC: etype 23 and checksum type -138 (RFC 4757).

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use rand::CryptoRng;
use rc4::{Rc4, StreamCipher};
use subtle::ConstantTimeEq;

use super::KeyUsage;

pub(super) type HmacMd5 = Hmac<Md5>;

/// Octets of the confounder.
const CONFOUNDER: usize = 8;
/// Octets of HMAC-MD5, in front of the ciphertext.
const TAG: usize = 16;

/// The message type octets "T". RFC 4757 section 3 also maps 9 to 8, which no implementation does: a TGS-REP under
/// a subkey would not decrypt.
fn message_type(usage: KeyUsage) -> [u8; 4] {
    let mapped = match usage.0 {
        3 => 8,
        23 => 13,
        other => other,
    };
    mapped.to_le_bytes()
}

/// K1 of one usage, prepared.
pub(super) struct CipherKeys(HmacMd5);

impl CipherKeys {
    pub(super) fn derive(key: &[u8], usage: KeyUsage) -> Self {
        Self(hmac_md5(&mac(&hmac_md5(key), &message_type(usage))))
    }

    /// The one-time stream of a message with this tag.
    fn stream(&self, tag: &[u8]) -> Rc4 {
        Rc4::new_from_slice(&mac(&self.0, tag)).expect("RC4 takes keys of 16 octets")
    }

    pub(super) fn encrypt(&self, plaintext: &[u8], rng: &mut dyn CryptoRng) -> Vec<u8> {
        let mut out = Vec::with_capacity(TAG + CONFOUNDER + plaintext.len());
        out.resize(TAG + CONFOUNDER, 0);
        rng.fill_bytes(&mut out[TAG..]);
        out.extend_from_slice(plaintext);
        let tag = mac(&self.0, &out[TAG..]);
        out[..TAG].copy_from_slice(&tag);
        self.stream(&tag).apply_keystream(&mut out[TAG..]);
        out
    }

    /// `None` if the tag does not fit or there is no room for a confounder.
    pub(super) fn decrypt(&self, ciphertext: &[u8]) -> Option<Vec<u8>> {
        let (tag, data) = ciphertext.split_first_chunk::<TAG>()?;
        let mut out = data.to_vec();
        self.stream(tag).apply_keystream(&mut out);
        if out.len() < CONFOUNDER || !bool::from(mac(&self.0, &out).ct_eq(tag)) {
            return None;
        }
        out.drain(..CONFOUNDER);
        Some(out)
    }
}

/// Checksum type -138, `KERB_CHECKSUM_HMAC_MD5` (RFC 4757 section 4): works with key octets of any etype, as
/// PA-FOR-USER (MS-SFU section 2.2.1) asks for.
pub fn hmac_md5_checksum(key: &[u8], usage: KeyUsage, data: &[u8]) -> [u8; 16] {
    checksum(&signing_key(key), usage, data)
}

/// HMAC-MD5 over parts one after another, as NTLM uses it (MS-NLMP section 6).
pub fn ntlm_mac(key: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    let mut hmac = hmac_md5(key);
    for part in parts {
        hmac.update(part);
    }
    hmac.finalize().into_bytes().into()
}

/// Ksign, prepared; it is the same for every usage.
pub(super) fn signing_key(key: &[u8]) -> HmacMd5 {
    hmac_md5(&mac(&hmac_md5(key), b"signaturekey\0"))
}

pub(super) fn checksum(signing_key: &HmacMd5, usage: KeyUsage, data: &[u8]) -> [u8; 16] {
    let digest = Md5::new()
        .chain_update(message_type(usage))
        .chain_update(data)
        .finalize();
    mac(signing_key, &digest)
}

fn hmac_md5(key: &[u8]) -> HmacMd5 {
    HmacMd5::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn mac(key: &HmacMd5, data: &[u8]) -> [u8; 16] {
    key.clone().chain_update(data).finalize().into_bytes().into()
}
