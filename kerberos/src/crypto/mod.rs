//! Encryption types 18, 17 and 23 (RFC 3961, RFC 3962, RFC 4757) as Active Directory uses them.
//!
//! A [`Key`] keeps what it derives: the first use of a usage number pays for the derivation, later ones find the AES
//! schedules and HMAC states ready. [`prf`] has the pseudo-random functions and `KRB-FX-CF2` that FAST needs.

mod aes_sha1;
mod etype;
mod fold;
mod key;
pub mod prf;
mod rc4_hmac;
pub mod salt;
mod string_to_key;
#[cfg(test)]
mod tests;
mod usage;

pub use etype::{ChecksumType, Etype};
pub use key::{Checksum, Key};
pub use rc4_hmac::{hmac_md5_checksum, ntlm_mac};
pub use string_to_key::{DEFAULT_ITERATIONS, nt_hash, string_to_key};
pub use usage::KeyUsage;

/// Why a key, a ciphertext or a checksum was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// Key octets of the wrong number.
    #[error("a key of {etype} has {expected} octets, got {got}")]
    KeyLength {
        /// The encryption type asked for.
        etype: Etype,
        /// The length of its keys, octets.
        expected: usize,
        /// The length that came, octets.
        got: usize,
    },
    /// A ciphertext too short to hold confounder and integrity tag.
    #[error("a ciphertext of {etype} has at least {minimum} octets, got {got}")]
    TooShort {
        /// The encryption type of the key.
        etype: Etype,
        /// The shortest possible ciphertext, octets.
        minimum: usize,
        /// The length that came, octets.
        got: usize,
    },
    /// The integrity tag of a ciphertext does not fit: another key, another usage, or changed octets.
    #[error(
        "the integrity check of a ciphertext of {etype} failed under key usage {usage}: another key or usage, or changed octets"
    )]
    IntegrityCheckFailed {
        /// The encryption type of the key.
        etype: Etype,
        /// The usage tried.
        usage: KeyUsage,
    },
    /// A checksum of the wrong length.
    #[error("a checksum of {checksum_type} has {expected} octets, got {got}")]
    ChecksumLength {
        /// The checksum type computed.
        checksum_type: ChecksumType,
        /// Its length, octets.
        expected: usize,
        /// The length that came, octets.
        got: usize,
    },
    /// A checksum that does not fit the data.
    #[error(
        "the checksum {checksum_type} does not fit under key usage {usage}: another key or usage, or changed octets"
    )]
    ChecksumMismatch {
        /// The checksum type computed.
        checksum_type: ChecksumType,
        /// The usage tried.
        usage: KeyUsage,
    },
}
