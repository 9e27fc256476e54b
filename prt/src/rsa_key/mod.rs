//! RSA keys of devices, of Windows Hello and of the tenant.
//!
//! A key is parsed once and shared: clones cost a reference count. Private operations and verification are done by
//! aws-lc-rs (feature `aws-lc`, on by default) or by the `rsa` crate; OAEP encryption always by `rsa`, because it takes
//! the generator it is given, so that a run can be repeated byte for byte.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::Decode;
use rsa::pkcs1::{RsaPrivateKeyRef, RsaPublicKeyRef, UintRef};
use rsa::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, PrivateKeyInfoRef};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

#[cfg(feature = "aws-lc")]
mod aws_lc;
#[cfg(any(test, not(feature = "aws-lc")))]
mod rust_crypto;

#[cfg(feature = "aws-lc")]
use aws_lc as backend;
#[cfg(not(feature = "aws-lc"))]
use rust_crypto as backend;

/// Smallest modulus accepted, in bits. Windows and the open clients use 2,048 everywhere.
pub const MODULUS_BITS_MIN: usize = 2048;
/// Largest modulus accepted, in bits: an unauthenticated request may name a key, and verifying costs the square.
pub const MODULUS_BITS_MAX: usize = 4096;

/// Why a key was not accepted, or an operation with it failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The octets are not the expected encoding of an RSA key.
    #[error("not a valid {expected}")]
    Malformed {
        /// The encoding that was expected.
        expected: &'static str,
    },
    /// The modulus is too small or too large.
    #[error("modulus of {bits} bits: from {MODULUS_BITS_MIN} to {MODULUS_BITS_MAX} are accepted")]
    ModulusSize {
        /// Size of the modulus that came, in bits.
        bits: usize,
    },
    /// The signature does not belong to this key and message.
    #[error("signature does not verify")]
    BadSignature,
    /// The ciphertext was not made for this key, or was changed.
    #[error("RSA-OAEP decryption failed")]
    BadCiphertext,
    /// The message is longer than OAEP can carry.
    #[error("{length} octets are too many for RSA-OAEP with this key")]
    MessageTooLong {
        /// Octets to be encrypted.
        length: usize,
    },
}

/// An RSA private key: signs RS256, opens RSA-OAEP. Cheap to clone; never printed.
#[derive(Clone)]
pub struct PrivateKey(Arc<PrivateInner>);

struct PrivateInner {
    pkcs8: Zeroizing<Vec<u8>>,
    operations: backend::PrivateOperations,
    public: PublicKey,
}

impl PrivateKey {
    /// Makes a key of 2,048 bits. Costs 60 ms and more: in a run take one from [`crate::pool`].
    pub fn generate(rng: &mut dyn rand::CryptoRng) -> Result<Self, KeyError> {
        const EXPECTED: &str = "newly made RSA key";
        let key = rsa::PrivateKey::new(rng, MODULUS_BITS_MIN)
            .map_err(|_| KeyError::Malformed { expected: EXPECTED })?;
        let pkcs8 = key
            .to_pkcs8_der()
            .map_err(|_| KeyError::Malformed { expected: EXPECTED })?;
        Self::from_pkcs8(pkcs8.as_bytes())
    }

    /// A key of the first prime of one key and the second prime of another. Costs a small part of making one anew; who holds
    /// one of the three can work out the other two, so it is for published keys.
    pub(crate) fn from_primes_of(first: &Self, second: &Self) -> Result<Self, KeyError> {
        use rsa::pkcs8::DecodePrivateKey as _;
        use rsa::traits::{PrivateKeyParts as _, PublicKeyParts as _};
        const EXPECTED: KeyError = KeyError::Malformed {
            expected: "pair of RSA keys with two primes each",
        };
        let parse = |key: &Self| rsa::PrivateKey::from_pkcs8_der(&key.0.pkcs8).map_err(|_| EXPECTED);
        let (first, second) = (parse(first)?, parse(second)?);
        let ([p, ..], [_, q, ..]) = (first.primes(), second.primes()) else {
            return Err(EXPECTED);
        };
        let (p, q) = (p.as_ref().clone(), q.as_ref().clone());
        let key = rsa::PrivateKey::from_p_q(p, q, first.e().clone()).map_err(|_| EXPECTED)?;
        let pkcs8 = key.to_pkcs8_der().map_err(|_| EXPECTED)?;
        Self::from_pkcs8(pkcs8.as_bytes())
    }

    /// Reads a DER `PrivateKeyInfo` (RFC 5208) that holds an RSA key.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        const EXPECTED: KeyError = KeyError::Malformed {
            expected: "PKCS#8 RSA private key",
        };
        let info = PrivateKeyInfoRef::from_der(der).map_err(|_| EXPECTED)?;
        let parts = RsaPrivateKeyRef::from_der(info.private_key.as_bytes()).map_err(|_| EXPECTED)?;
        let public = PublicKey::new(parts.modulus.as_bytes(), parts.public_exponent.as_bytes())?;
        Ok(Self(Arc::new(PrivateInner {
            pkcs8: Zeroizing::new(der.to_vec()),
            operations: backend::PrivateOperations::new(der).ok_or(EXPECTED)?,
            public,
        })))
    }

    /// The key as a DER `PrivateKeyInfo`, as it was read.
    pub fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        self.0.pkcs8.clone()
    }

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        &self.0.public
    }

    /// Signs with RSASSA-PKCS1-v1_5 and SHA-256 (RS256 of RFC 7518 section 3.3). Deterministic.
    pub fn sign_rs256(&self, message: &[u8]) -> Vec<u8> {
        self.0.operations.sign_rs256(message)
    }

    /// Opens RSA-OAEP with SHA-1 and MGF1-SHA-1 (`RSA-OAEP` of RFC 7518 section 4.3).
    pub fn decrypt_oaep(&self, ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        if ciphertext.len() != self.0.public.modulus().len() {
            return Err(KeyError::BadCiphertext);
        }
        self.0
            .operations
            .decrypt_oaep(ciphertext)
            .ok_or(KeyError::BadCiphertext)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({}, private part hidden)", self.public().key_id())
    }
}

/// An RSA public key: verifies RS256, seals RSA-OAEP. Cheap to clone.
#[derive(Clone)]
pub struct PublicKey(Arc<PublicInner>);

struct PublicInner {
    /// Big endian, without leading zeros.
    modulus: Vec<u8>,
    exponent: Vec<u8>,
    parsed: rsa::PublicKey,
    operations: backend::PublicOperations,
    key_id: String,
}

impl PublicKey {
    /// From modulus and public exponent, big endian.
    pub fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        const EXPECTED: KeyError = KeyError::Malformed {
            expected: "RSA public key",
        };
        let (modulus, exponent) = (without_leading_zeros(modulus), without_leading_zeros(exponent));
        let bits = modulus
            .first()
            .map_or(0, |first| modulus.len() * 8 - first.leading_zeros() as usize);
        if !(MODULUS_BITS_MIN..=MODULUS_BITS_MAX).contains(&bits) {
            return Err(KeyError::ModulusSize { bits });
        }
        let parsed = rsa::PublicKey::try_from(RsaPublicKeyRef {
            modulus: UintRef::new(modulus).map_err(|_| EXPECTED)?,
            public_exponent: UintRef::new(exponent).map_err(|_| EXPECTED)?,
        })
        .map_err(|_| EXPECTED)?;
        let operations = backend::PublicOperations::new(&parsed).ok_or(EXPECTED)?;
        let key_id = STANDARD.encode(Sha256::digest(blob(modulus, exponent)));
        Ok(Self(Arc::new(PublicInner {
            modulus: modulus.to_vec(),
            exponent: exponent.to_vec(),
            parsed,
            operations,
            key_id,
        })))
    }

    /// Reads a DER `SubjectPublicKeyInfo` (RFC 5280 section 4.1.2.7).
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        const EXPECTED: KeyError = KeyError::Malformed {
            expected: "SubjectPublicKeyInfo of an RSA key",
        };
        let spki = rsa::pkcs8::SubjectPublicKeyInfoRef::from_der(der).map_err(|_| EXPECTED)?;
        if spki.algorithm.oid != rsa::pkcs1::ALGORITHM_OID {
            return Err(EXPECTED);
        }
        let octets = spki.subject_public_key.as_bytes().ok_or(EXPECTED)?;
        let parts = RsaPublicKeyRef::from_der(octets).map_err(|_| EXPECTED)?;
        Self::new(parts.modulus.as_bytes(), parts.public_exponent.as_bytes())
    }

    /// The key as a DER `SubjectPublicKeyInfo`.
    pub fn to_spki_der(&self) -> Vec<u8> {
        let document = self.0.parsed.to_public_key_der();
        document
            .expect("a key that was accepted can be encoded")
            .into_vec()
    }

    /// Reads a public `BCRYPT_RSAKEY_BLOB` (bcrypt.h): magic `RSA1`, then, little endian and 32 bits each, the length of
    /// the modulus in bits, of exponent and modulus in octets, and two zeros; then exponent and modulus, big endian.
    pub fn from_blob(blob: &[u8]) -> Result<Self, KeyError> {
        const EXPECTED: KeyError = KeyError::Malformed {
            expected: "public BCRYPT_RSAKEY_BLOB",
        };
        let (header, rest) = blob.split_at_checked(24).ok_or(EXPECTED)?;
        let (magic, lengths) = header.split_at(4);
        if magic != BLOB_MAGIC {
            return Err(EXPECTED);
        }
        let mut lengths = lengths
            .chunks_exact(4)
            .map(|word| word.iter().rev().fold(0_u32, |sum, b| sum << 8 | u32::from(*b)));
        let mut next = || lengths.next().unwrap_or_default() as usize;
        let (_bits, exponent_length, modulus_length) = (next(), next(), next());
        if (next(), next()) != (0, 0) || exponent_length.checked_add(modulus_length) != Some(rest.len()) {
            return Err(EXPECTED);
        }
        let (exponent, modulus) = rest.split_at_checked(exponent_length).ok_or(EXPECTED)?;
        Self::new(modulus, exponent)
    }

    /// The key as a public `BCRYPT_RSAKEY_BLOB`; see [`PublicKey::from_blob`].
    pub fn to_blob(&self) -> Vec<u8> {
        blob(&self.0.modulus, &self.0.exponent)
    }

    /// The id under which Entra knows a Hello key: standard base64 of the SHA-256 of its blob.
    pub fn key_id(&self) -> &str {
        &self.0.key_id
    }

    /// The modulus, big endian, without leading zeros.
    pub fn modulus(&self) -> &[u8] {
        &self.0.modulus
    }

    /// The public exponent, big endian, without leading zeros.
    pub fn exponent(&self) -> &[u8] {
        &self.0.exponent
    }

    /// Verifies an RS256 signature.
    pub fn verify_rs256(&self, message: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        if self.0.operations.verify_rs256(message, signature) {
            Ok(())
        } else {
            Err(KeyError::BadSignature)
        }
    }

    /// Seals with RSA-OAEP, SHA-1 and MGF1-SHA-1.
    pub fn encrypt_oaep(&self, message: &[u8], rng: &mut dyn rand::CryptoRng) -> Result<Vec<u8>, KeyError> {
        let sealed = self.0.parsed.oaep_encrypt_with_rng::<sha1::Sha1, _>(rng, message);
        sealed.map_err(|_| KeyError::MessageTooLong {
            length: message.len(),
        })
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.key_id())
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.modulus == other.0.modulus && self.0.exponent == other.0.exponent
    }
}

impl Eq for PublicKey {}

/// Magic of a public RSA blob, `BCRYPT_RSAPUBLIC_MAGIC`.
const BLOB_MAGIC: &[u8; 4] = b"RSA1";

fn blob(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let word = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
    let mut blob = Vec::with_capacity(24 + exponent.len() + modulus.len());
    blob.extend_from_slice(BLOB_MAGIC);
    for length in [modulus.len() * 8, exponent.len(), modulus.len(), 0, 0] {
        blob.extend_from_slice(&word(length));
    }
    blob.extend_from_slice(exponent);
    blob.extend_from_slice(modulus);
    blob
}

fn without_leading_zeros(octets: &[u8]) -> &[u8] {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    octets.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests;
