//! Refusals of armored requests (FAST, RFC 6113).

use std::fmt;

use evidence::decision::Rule;
use kerberos::codes::ErrorCode;
use kerberos::crypto::CryptoError;
use kerberos::wire::{FastOptions, MethodData, OpenError};

use super::{ErrorData, WireError};
use crate::config::{DcConfig, Profile};
use crate::rules;

/// Why an armored request was refused, or one that had to be.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ArmorRefusal {
    /// An AS-REQ with FAST but without armor.
    Missing,
    /// The armor is not an AP-REQ.
    Kind {
        /// What came.
        came: i32,
    },
    /// There is no subkey to make the armor key of.
    SubkeyMissing,
    /// The armored request does not open.
    RequestKey(OpenError),
    /// The checksum over the outer request is of another type than the armor key's.
    ChecksumType {
        /// What came.
        came: i32,
    },
    /// The outer request is not what the armored one belongs to.
    Checksum(CryptoError),
    /// An option that has to be understood and is not.
    Options {
        /// Which.
        options: FastOptions,
    },
    /// The client says that it uses FAST, and does not.
    NotUsed,
    /// A ticket or authenticator that is meant for armor only.
    ForArmorOnly,
    /// Only armored requests of users are served.
    Required {
        /// What the client can use.
        hints: Box<MethodData>,
    },
}

impl ArmorRefusal {
    /// What the wire gets to see.
    pub(super) fn to_wire(&self, dc: &DcConfig) -> WireError {
        let windows = dc.profile == Profile::Windows;
        let code = match self {
            Self::Missing | Self::SubkeyMissing if windows => ErrorCode::GENERIC,
            Self::Missing | Self::SubkeyMissing | Self::Kind { .. } => ErrorCode::PREAUTH_FAILED,
            Self::RequestKey(_) => ErrorCode::BAD_INTEGRITY,
            Self::ForArmorOnly if windows => ErrorCode::GENERIC,
            Self::ForArmorOnly => ErrorCode::BAD_INTEGRITY,
            Self::ChecksumType { .. } => ErrorCode::INAPP_CKSUM,
            Self::Checksum(_) | Self::NotUsed => ErrorCode::MODIFIED,
            Self::Options { .. } => ErrorCode::UNKNOWN_CRITICAL_FAST_OPTIONS,
            Self::Required { .. } => ErrorCode::PREAUTH_REQUIRED,
        };
        let data = match self {
            Self::Required { hints } => Some(ErrorData::Methods((**hints).clone())),
            _ => None,
        };
        WireError {
            code,
            crealm: None,
            data,
        }
    }

    /// The rule that refused.
    pub(super) const fn rule(&self) -> &'static Rule {
        match self {
            Self::Missing => &rules::FAST_ARMOR_PRESENT,
            Self::Kind { .. } => &rules::FAST_ARMOR_KIND,
            Self::SubkeyMissing => &rules::FAST_SUBKEY,
            Self::RequestKey(_) => &rules::FAST_REQUEST_KEY,
            Self::ChecksumType { .. } => &rules::FAST_CHECKSUM_TYPE,
            Self::Checksum(_) => &rules::FAST_CHECKSUM,
            Self::Options { .. } => &rules::FAST_OPTIONS,
            Self::NotUsed => &rules::FAST_USED,
            Self::ForArmorOnly => &rules::FAST_ARMOR_ONLY,
            Self::Required { .. } => &rules::AS_ARMORED,
        }
    }
}

impl fmt::Display for ArmorRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("PA-FX-FAST of an AS-REQ has no armor"),
            Self::Kind { came } => write!(f, "the armor is of type {came}, and 1, an AP-REQ, is needed"),
            Self::SubkeyMissing => {
                f.write_str("the authenticator has no subkey, of which the armor key is made")
            }
            Self::RequestKey(error) => {
                write!(f, "the armored request does not open with the armor key: {error}")
            }
            Self::ChecksumType { came } => write!(
                f,
                "the checksum over the outer request is of type {came}, which is not that of the armor key"
            ),
            Self::Checksum(error) => write!(f, "the outer request is not what was armored: {error}"),
            Self::Options { options } => {
                write!(
                    f,
                    "options {:#010x} have to be understood, and are not",
                    options.bits()
                )
            }
            Self::NotUsed => {
                f.write_str("the authenticator says that FAST is used, and the request has none")
            }
            Self::ForArmorOnly => f.write_str(
                "ticket or authenticator say that they are armor, and they are used for a request",
            ),
            Self::Required { .. } => {
                f.write_str("users have to sign in with armor here, and this request has none")
            }
        }
    }
}
