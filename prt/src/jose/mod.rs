//! Compact JWS and JWE (RFC 7515, RFC 7516) as the protocol uses and bends them.
//!
//! Three departures from the standards matter. A token signed with a session key names the context of the key's
//! derivation in its header (`ctx`, `kdf_ver`). A JWE that calls itself `A256GCM` is in fact AES-256-CBC when its
//! initialisation vector has 16 octets, and its tag then proves nothing. The session key itself travels as the encrypted
//! key of a JWE whose content nobody looks at.

mod base64;
mod jwe;
mod jws;

use base64::{decode_part, push_part, token};

pub use base64::{base64, base64url, decode_base64};
pub use jwe::{ContentCipher, looks_like_jwe, open_direct, open_session_key, seal_direct, seal_session_key};
pub use jws::{
    Algorithm, CompactJws, JwsHeader, X5c, sign_hs256, sign_rs256, sign_with_session_key, unsigned,
};

use crate::KeyError;

/// Longest token that is read, in octets. A PRT reply has about 10,000.
pub const TOKEN_LENGTH_MAX: usize = 256 * 1024;

/// Why a token was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoseError {
    /// The token is longer than [`TOKEN_LENGTH_MAX`].
    #[error("token of {length} octets: at most {TOKEN_LENGTH_MAX} are read")]
    TooLong {
        /// Its length in octets.
        length: usize,
    },
    /// Not the parts of a compact serialisation.
    #[error("{found} parts separated by dots instead of {expected}")]
    Parts {
        /// Parts wanted: 3 for a signed, 5 for an encrypted token.
        expected: usize,
        /// Parts found, counted to one more than wanted.
        found: usize,
    },
    /// A part is not base64url without padding.
    #[error("{part} is not base64url")]
    Base64 {
        /// Which part.
        part: &'static str,
    },
    /// A part is not the JSON that was expected.
    #[error("{part} is not the expected JSON: {reason}")]
    Json {
        /// Which part.
        part: &'static str,
        /// What the JSON reader says.
        reason: String,
    },
    /// The header names another algorithm than the use of the token allows.
    #[error("{field} is {found:?} instead of {expected:?}")]
    Algorithm {
        /// The header's field.
        field: &'static str,
        /// What its use allows.
        expected: &'static str,
        /// What the header says.
        found: String,
    },
    /// The header lacks a field that the use of the token needs.
    #[error("the header has no {field}")]
    MissingField {
        /// The field.
        field: &'static str,
    },
    /// `kdf_ver` is neither 1 nor 2.
    #[error("kdf_ver {0} instead of 1 or 2")]
    KdfVersion(u64),
    /// A part has a length that its use does not allow.
    #[error("{part} of {length} octets, expected {expected}")]
    Length {
        /// Which part.
        part: &'static str,
        /// Its length in octets.
        length: usize,
        /// Lengths that are allowed.
        expected: &'static str,
    },
    /// Neither signature nor message authentication code belongs to this key and token.
    #[error("signature does not verify")]
    BadSignature,
    /// The content cannot be decrypted with this key.
    #[error("content does not decrypt")]
    BadCiphertext,
    /// The RSA key refused.
    #[error(transparent)]
    Key(#[from] KeyError),
}

fn decode_json<T: serde::de::DeserializeOwned>(octets: &[u8], part: &'static str) -> Result<T, JoseError> {
    serde_json::from_slice(octets).map_err(|e| JoseError::Json {
        part,
        reason: e.to_string(),
    })
}

/// The `N` parts of a compact serialisation.
fn parts<const N: usize>(token: &str) -> Result<[&str; N], JoseError> {
    if token.len() > TOKEN_LENGTH_MAX {
        return Err(JoseError::TooLong { length: token.len() });
    }
    let mut parts = [""; N];
    let mut found = 0;
    for part in token.split('.').take(N + 1) {
        if let Some(place) = parts.get_mut(found) {
            *place = part;
        }
        found += 1;
    }
    if found == N {
        Ok(parts)
    } else {
        Err(JoseError::Parts { expected: N, found })
    }
}

#[cfg(test)]
mod tests;
