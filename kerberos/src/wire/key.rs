//! Keys and encrypted data inside of messages.

use std::fmt;

use rand::CryptoRng;
use rasn::types::{Constraints, Identifier, OctetString, Tag};
use rasn::{AsnType, Decode, Decoder, Encode, Encoder};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::integers::Kvno;
use crate::crypto::{CryptoError, Etype, Key, KeyUsage};

/// A key as a message carries it (RFC 4120 section 5.2.9). Its octets are wiped when dropped and never shown.
#[derive(AsnType, Decode, Encode, Clone, PartialEq, Eq)]
pub struct EncryptionKey {
    /// The number of the encryption type, which may be one that this crate cannot use.
    #[rasn(tag(explicit(0)))]
    pub keytype: i32,
    #[rasn(tag(explicit(1)))]
    keyvalue: KeyOctets,
}

impl EncryptionKey {
    /// A key of any type and length.
    #[must_use]
    pub fn new(keytype: i32, octets: &[u8]) -> Self {
        Self {
            keytype,
            keyvalue: KeyOctets::from(octets),
        }
    }

    /// The octets of the key.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.keyvalue.0
    }

    /// The key, ready for use.
    ///
    /// # Errors
    ///
    /// The encryption type is not one of this crate, or the length is not that of the type.
    pub fn to_key(&self) -> Result<Key, SessionKeyError> {
        let etype = Etype::from_number(self.keytype).ok_or(SessionKeyError::Etype(self.keytype))?;
        Key::new(etype, self.expose()).map_err(SessionKeyError::Length)
    }
}

impl From<&Key> for EncryptionKey {
    fn from(key: &Key) -> Self {
        Self::new(key.etype().number(), key.expose())
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "EncryptionKey {{ keytype: {}, keyvalue: {} octets }}",
            self.keytype,
            self.expose().len()
        )
    }
}

/// A key in a message cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionKeyError {
    /// Its type is not one of this crate.
    #[error("a key of encryption type {0} cannot be used: expected 17, 18 or 23")]
    Etype(i32),
    /// Its length is not that of its type.
    #[error(transparent)]
    Length(CryptoError),
}

#[derive(Clone)]
struct KeyOctets(Zeroizing<Vec<u8>>);

impl From<&[u8]> for KeyOctets {
    fn from(octets: &[u8]) -> Self {
        Self(Zeroizing::new(octets.to_vec()))
    }
}

impl From<Vec<u8>> for KeyOctets {
    fn from(octets: Vec<u8>) -> Self {
        Self(Zeroizing::new(octets))
    }
}

impl PartialEq for KeyOctets {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }
}

impl Eq for KeyOctets {}

impl AsnType for KeyOctets {
    const TAG: Tag = Tag::OCTET_STRING;
}

impl Decode for KeyOctets {
    fn decode_with_tag_and_constraints<D: Decoder>(
        decoder: &mut D,
        tag: Tag,
        constraints: &Constraints,
    ) -> Result<Self, D::Error> {
        decoder.decode_octet_string(tag, constraints)
    }
}

impl Encode for KeyOctets {
    fn encode_with_tag_and_constraints<'b, E: Encoder<'b>>(
        &self,
        encoder: &mut E,
        tag: Tag,
        constraints: &Constraints,
        identifier: Identifier,
    ) -> Result<(), E::Error> {
        encoder.encode_octet_string(tag, constraints, &self.0, identifier)?;
        Ok(())
    }
}

/// Encrypted data (RFC 4120 section 5.2.9).
#[derive(AsnType, Decode, Encode, Clone, PartialEq, Eq)]
pub struct EncryptedData {
    /// The number of the encryption type.
    #[rasn(tag(explicit(0)))]
    pub etype: i32,
    /// The version of the key, where it is a long-term key.
    #[rasn(tag(explicit(1)))]
    pub kvno: Option<Kvno>,
    /// The ciphertext.
    #[rasn(tag(explicit(2)))]
    pub cipher: OctetString,
}

impl EncryptedData {
    /// Encrypts `plaintext` for one purpose.
    #[must_use]
    pub fn seal(
        key: &Key,
        usage: KeyUsage,
        kvno: Option<Kvno>,
        plaintext: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Self {
        let cipher = OctetString::from(key.encrypt(usage, plaintext, rng));
        Self {
            etype: key.etype().number(),
            kvno,
            cipher,
        }
    }

    /// Data "encrypted" with type 0, that is in clear, as a `.kirbi` file has it.
    #[must_use]
    pub fn clear(plaintext: Vec<u8>) -> Self {
        Self {
            etype: 0,
            kvno: None,
            cipher: plaintext.into(),
        }
    }

    /// Decrypts with a key that must be of the same encryption type.
    ///
    /// # Errors
    ///
    /// The data are of another encryption type than the key, too short, or were not encrypted with this key for this usage.
    pub fn open(&self, key: &Key, usage: KeyUsage) -> Result<Vec<u8>, OpenError> {
        if self.etype != key.etype().number() {
            return Err(OpenError::Etype {
                data: self.etype,
                key: key.etype(),
            });
        }
        key.decrypt(usage, &self.cipher).map_err(OpenError::Crypto)
    }

    /// The encryption type, if it is one of this crate.
    #[must_use]
    pub fn known_etype(&self) -> Option<Etype> {
        Etype::from_number(self.etype)
    }
}

impl fmt::Debug for EncryptedData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "EncryptedData {{ etype: {}, kvno: {:?}, cipher: {} octets }}",
            self.etype,
            self.kvno,
            self.cipher.len()
        )
    }
}

/// Encrypted data do not open with a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Data and key are of different encryption types.
    #[error("the data are encrypted with type {data}, the key is {key}")]
    Etype {
        /// The type of the data.
        data: i32,
        /// The type of the key.
        key: Etype,
    },
    /// Too short, or not encrypted with this key for this usage.
    #[error(transparent)]
    Crypto(CryptoError),
}

super::der_value!(EncryptionKey => "EncryptionKey", EncryptedData => "EncryptedData");
