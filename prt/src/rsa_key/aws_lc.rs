//! Private operations and verification by aws-lc-rs.

use aws_lc_rs::rsa::{KeyPair, OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use rsa::pkcs8::EncodePublicKey as _;
use zeroize::Zeroizing;

pub(super) struct PrivateOperations {
    signing: KeyPair,
    decrypting: OaepPrivateDecryptingKey,
}

impl PrivateOperations {
    pub(super) fn new(pkcs8: &[u8]) -> Option<Self> {
        let decrypting = PrivateDecryptingKey::from_pkcs8(pkcs8).ok()?;
        Some(Self {
            signing: KeyPair::from_pkcs8(pkcs8).ok()?,
            decrypting: OaepPrivateDecryptingKey::new(decrypting).ok()?,
        })
    }

    pub(super) fn sign_rs256(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.signing.public_modulus_len()];
        // PKCS#1 v1.5 draws nothing from the generator that the interface asks for
        let unused = aws_lc_rs::rand::SystemRandom::new();
        let signed = self
            .signing
            .sign(&RSA_PKCS1_SHA256, &unused, message, &mut signature);
        signed.expect("a key that was accepted signs a buffer of its own size");
        signature
    }

    pub(super) fn decrypt_oaep(&self, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut buffer = Zeroizing::new(vec![0; self.decrypting.min_output_size()]);
        let length = self
            .decrypting
            .decrypt(&OAEP_SHA1_MGF1SHA1, ciphertext, &mut buffer, None)
            .ok()?
            .len();
        buffer.truncate(length);
        Some(buffer)
    }
}

pub(super) struct PublicOperations(ParsedPublicKey);

impl PublicOperations {
    pub(super) fn new(key: &rsa::PublicKey) -> Option<Self> {
        let der = key.to_public_key_der().ok()?;
        ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der.as_bytes())
            .ok()
            .map(Self)
    }

    pub(super) fn verify_rs256(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}
