//! The session key of a primary refresh token, and the keys derived from it for each message.
//!
//! SP 800-108 in counter mode with HMAC-SHA256, one block: MS-OAPXBC section 3.1.5.1.3.3.

use std::fmt;
use std::sync::Arc;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// The label of the derivation, MS-OAPXBC section 3.1.5.1.3.3.
pub const LABEL: &[u8] = b"AzureAD-SecureConversation";
/// Octets of the random context that clients and Entra send.
pub const CONTEXT_LENGTH: usize = 24;
/// Octets of a session key and of a derived key.
pub const KEY_LENGTH: usize = 32;

/// How the context of the derivation is made, `kdf_ver` of a token's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KdfVersion {
    /// The context is `ctx` of the header. All replies of Entra use it.
    V1,
    /// The context is SHA-256 of `ctx` followed by the octets of the token's payload.
    V2,
}

/// The session key of a primary refresh token, 32 octets. Cheap to clone, compared in constant time, never printed.
#[derive(Clone)]
pub struct SessionKey(Arc<Zeroizing<[u8; KEY_LENGTH]>>);

impl SessionKey {
    /// From its octets.
    pub fn new(octets: [u8; KEY_LENGTH]) -> Self {
        Self(Arc::new(Zeroizing::new(octets)))
    }

    /// A random key.
    pub fn generate(rng: &mut dyn rand::CryptoRng) -> Self {
        let mut octets = [0; KEY_LENGTH];
        rng.fill_bytes(&mut octets);
        Self::new(octets)
    }

    /// The octets: for sealing, and for the files of other programs.
    pub fn expose(&self) -> &[u8; KEY_LENGTH] {
        &self.0
    }

    /// The key for a token with this `ctx` and payload. The payload is used by [`KdfVersion::V2`] only.
    pub fn derive(&self, version: KdfVersion, ctx: &[u8], payload: &[u8]) -> DerivedKey {
        match version {
            KdfVersion::V1 => self.derive_with_context(ctx),
            KdfVersion::V2 => {
                self.derive_with_context(&Sha256::new().chain_update(ctx).chain_update(payload).finalize())
            }
        }
    }

    fn derive_with_context(&self, context: &[u8]) -> DerivedKey {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0[..]).expect("HMAC takes a key of any length");
        let mac = mac
            .chain_update(1_u32.to_be_bytes())
            .chain_update(LABEL)
            .chain_update([0])
            .chain_update(context);
        let output = mac.chain_update(256_u32.to_be_bytes()).finalize().into_bytes();
        DerivedKey(Zeroizing::new(output.into()))
    }
}

impl PartialEq for SessionKey {
    fn eq(&self, other: &Self) -> bool {
        self.0[..].ct_eq(&other.0[..]).into()
    }
}

impl Eq for SessionKey {}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(hidden)")
    }
}

/// A key derived from a session key for one token. Never printed.
pub struct DerivedKey(Zeroizing<[u8; KEY_LENGTH]>);

impl DerivedKey {
    /// The octets.
    pub fn expose(&self) -> &[u8; KEY_LENGTH] {
        &self.0
    }

    /// HMAC-SHA256 of `message` (HS256 of RFC 7518 section 3.2).
    pub fn sign_hs256(&self, message: &[u8]) -> [u8; 32] {
        self.mac(message).finalize().into_bytes().into()
    }

    /// Whether `signature` is the HS256 of `message`; compared in constant time.
    pub fn verify_hs256(&self, message: &[u8], signature: &[u8]) -> bool {
        self.mac(message).verify_slice(signature).is_ok()
    }

    fn mac(&self, message: &[u8]) -> Hmac<Sha256> {
        Hmac::<Sha256>::new_from_slice(&self.0[..])
            .expect("HMAC takes a key of any length")
            .chain_update(message)
    }
}

impl fmt::Debug for DerivedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DerivedKey(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session_key() -> SessionKey {
        SessionKey::new(std::array::from_fn(|i| i as u8))
    }

    // Computed with two independent implementations from MS-OAPXBC section 3.1.5.1.3.3.
    #[test]
    fn derivation_matches_the_vectors() {
        let ctx: Vec<u8> = (0..24).collect();
        let v1 = session_key().derive(KdfVersion::V1, &ctx, b"not looked at");
        assert_eq!(
            hex::encode(v1.expose()),
            "70296b4334bf08f7bc6953575e6b6c18959dbcad6adb263fb625939d099456b3"
        );
        let v2 = session_key().derive(KdfVersion::V2, &ctx, br#"{"a":1}"#);
        assert_eq!(
            hex::encode(v2.expose()),
            "3e008a7d6d8481944185380e8e88b7a8c6d76209dd1450da4b39eb8bba6cabb6"
        );
    }

    #[test]
    fn a_mac_verifies_for_its_message_only() {
        let key = session_key().derive(KdfVersion::V1, &[1; 24], b"");
        let signature = key.sign_hs256(b"message");
        assert!(key.verify_hs256(b"message", &signature));
        assert!(!key.verify_hs256(b"massage", &signature));
        assert!(!key.verify_hs256(b"message", &signature[..31]));
    }

    #[test]
    fn debug_hides_the_key() {
        assert_eq!(format!("{:?}", session_key()), "SessionKey(hidden)");
    }
}
