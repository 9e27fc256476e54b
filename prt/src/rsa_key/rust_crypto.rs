//! Private operations and verification by the `rsa` crate: slower, and nothing but Rust.

use rsa::Pkcs1v15Sign;
use rsa::pkcs8::DecodePrivateKey as _;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

pub(super) struct PrivateOperations(rsa::PrivateKey);

impl PrivateOperations {
    pub(super) fn new(pkcs8: &[u8]) -> Option<Self> {
        rsa::PrivateKey::from_pkcs8_der(pkcs8).ok().map(Self)
    }

    pub(super) fn sign_rs256(&self, message: &[u8]) -> Vec<u8> {
        let signed = self
            .0
            .sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message));
        signed.expect("a key that was accepted signs a digest")
    }

    pub(super) fn decrypt_oaep(&self, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        self.0
            .oaep_decrypt::<sha1::Sha1>(ciphertext)
            .ok()
            .map(Zeroizing::new)
    }
}

pub(super) struct PublicOperations(rsa::PublicKey);

impl PublicOperations {
    pub(super) fn new(key: &rsa::PublicKey) -> Option<Self> {
        Some(Self(key.clone()))
    }

    pub(super) fn verify_rs256(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0
            .verify(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message), signature)
            .is_ok()
    }
}
