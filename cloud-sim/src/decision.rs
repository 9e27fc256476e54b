//! What a decision looked at, and how it is told.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kerberos::phrase::counted;

use crate::kdc::KdcDetail;
use crate::state::{Device, HelloKey};
use crate::tenant::{KerberosDomain, User};

/// What a decision of the emulated Entra looked at. `Display` gives the reason in a sentence, in present tense and without
/// a full stop.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Detail {
    /// The request cannot be read.
    Malformed {
        /// Which part.
        part: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A parameter or claim is missing.
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// The grant type is none that is served.
    GrantType {
        /// The grant type found.
        found: String,
    },
    /// The path names another tenant.
    OtherTenant {
        /// What it names.
        found: String,
    },
    /// The user exists.
    UserFound(Arc<User>),
    /// There is no such user.
    UserUnknown {
        /// The UPN asked for.
        upn: String,
    },
    /// The user may not sign in.
    UserDisabled(Arc<User>),
    /// The password is right.
    PasswordRight(Arc<User>),
    /// The password is wrong.
    PasswordWrong(Arc<User>),
    /// The password is right and has expired.
    PasswordExpired(Arc<User>),
    /// The refresh token is good.
    TokenGood(Arc<str>),
    /// The refresh token is not known, or was revoked.
    TokenUnknown,
    /// The refresh token is of another kind than the request needs.
    TokenKind {
        /// What it should be.
        expected: &'static str,
    },
    /// The refresh token has expired.
    TokenExpired {
        /// Since when.
        since: Duration,
    },
    /// The bearer token was refused.
    BearerRefused {
        /// Why.
        reason: &'static str,
    },
    /// The nonce is good.
    NonceGood {
        /// How long ago it was issued.
        age: Duration,
    },
    /// The nonce was not issued here, or was used.
    NonceUnknown,
    /// The nonce is too old.
    NonceOld {
        /// How long ago it was issued.
        age: Duration,
        /// How long it was good.
        lifetime: Duration,
    },
    /// The device is registered.
    DeviceKnown(Arc<Device>),
    /// The certificate is not that of a registered device.
    DeviceUnknown {
        /// The certificate's common name, where it can be read.
        subject: Option<String>,
    },
    /// An administrator disabled the device.
    DeviceDisabled(Arc<Device>),
    /// A device was registered.
    DeviceJoined(Arc<Device>),
    /// A Hello key was registered, or is known.
    HelloKey(Arc<HelloKey>),
    /// The user has no such Hello key.
    HelloKeyUnknown {
        /// The user.
        user: Arc<User>,
        /// The key id asked for.
        key_id: String,
    },
    /// The assertion's times are right.
    AssertionInTime,
    /// The assertion's times are wrong.
    AssertionTime {
        /// Seconds from its start to now; negative when it starts later.
        since_start_seconds: i64,
        /// Seconds from now to its end; negative when it has ended.
        until_end_seconds: i64,
    },
    /// A signature verifies.
    SignatureGood {
        /// Whose key.
        key: &'static str,
    },
    /// A signature does not verify.
    SignatureBad {
        /// Whose key.
        key: &'static str,
    },
    /// A PRT was issued or renewed.
    Prt {
        /// For whom.
        user: Arc<User>,
        /// On which device.
        device: Arc<Device>,
        /// How long it lives.
        lifetime: Duration,
    },
    /// An access token was issued for a PRT.
    AccessToken {
        /// For whom.
        user: Arc<User>,
        /// For which resource.
        resource: String,
    },
    /// The request did not ask for TGTs.
    TgtNotAsked,
    /// The user is not synced from AD.
    NotSynced(Arc<User>),
    /// A synced attribute is empty.
    AttributesMissing {
        /// The user.
        user: Arc<User>,
        /// The attributes.
        attributes: Vec<&'static str>,
    },
    /// The tenant has no key for the user's AD domain.
    NoKerberosDomain {
        /// The user.
        user: Arc<User>,
        /// The domain looked for.
        domain: String,
        /// The domains whose keys the tenant holds.
        held: Vec<Arc<KerberosDomain>>,
    },
    /// The user's password has expired on-premises.
    OnPremisesPasswordExpired(Arc<User>),
    /// A partial TGT was issued.
    AdIssued {
        /// For whom.
        user: Arc<User>,
        /// With whose key.
        domain: Arc<KerberosDomain>,
    },
    /// A cloud TGT was issued.
    CloudIssued(Arc<User>),
    /// The cloud KDC looked at something.
    Kdc(KdcDetail),
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { part, reason } => write!(f, "{part} cannot be read: {reason}"),
            Self::Missing { name } => write!(f, "{name} is missing"),
            Self::GrantType { found } => write!(f, "grant type {found:?} is not served"),
            Self::OtherTenant { found } => write!(f, "{found:?} is not this tenant"),
            Self::UserFound(user) => write!(f, "{} is a user of this tenant", user.display_name),
            Self::UserUnknown { upn } => write!(f, "this tenant has no user {upn:?}"),
            Self::UserDisabled(user) => write!(f, "the account of {} is disabled", user.display_name),
            Self::PasswordRight(user) => write!(f, "the password is that of {}", user.display_name),
            Self::PasswordWrong(user) => write!(f, "the password is not that of {}", user.display_name),
            Self::PasswordExpired(user) => write!(f, "the password of {} has expired", user.display_name),
            Self::TokenGood(upn) => write!(f, "this tenant issued the refresh token to {upn}"),
            Self::TokenUnknown => {
                f.write_str("this tenant did not issue the refresh token, or has revoked it")
            }
            Self::TokenKind { expected } => write!(f, "the refresh token is not {expected}"),
            Self::TokenExpired { since } => write!(f, "the refresh token expired {} ago", Span(*since)),
            Self::BearerRefused { reason } => write!(f, "the bearer token is refused: {reason}"),
            Self::NonceGood { age } => write!(f, "the nonce was issued here {} ago", Span(*age)),
            Self::NonceUnknown => f.write_str("the nonce was not issued here, or was used before"),
            Self::NonceOld { age, lifetime } => {
                write!(
                    f,
                    "the nonce was issued {} ago and was good for {}",
                    Span(*age),
                    Span(*lifetime)
                )
            }
            Self::Prt {
                user,
                device,
                lifetime,
            } => {
                let days = lifetime.as_secs() / 86_400;
                write!(
                    f,
                    "{} has a PRT on {} for {}",
                    user.display_name,
                    device.display_name,
                    counted(days, "day")
                )
            }
            Self::Kdc(detail) => detail.fmt(f),
            other => other.fmt_key_or_ticket(f),
        }
    }
}

impl Detail {
    fn fmt_key_or_ticket(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DeviceKnown(device) => write!(f, "{} is registered as {}", device.display_name, device.id),
            Self::DeviceUnknown {
                subject: Some(subject),
            } => write!(f, "no device {subject} is registered with this certificate"),
            Self::DeviceUnknown { subject: None } => f.write_str("x5c is not a certificate"),
            Self::DeviceDisabled(device) => write!(f, "{} is disabled", device.display_name),
            Self::DeviceJoined(device) => {
                write!(
                    f,
                    "{} joins as {}, registered by {}",
                    device.display_name, device.id, device.registered_by
                )
            }
            Self::HelloKey(key) => write!(
                f,
                "Hello key {} is registered for {}",
                key.public_key.key_id(),
                key.upn
            ),
            Self::HelloKeyUnknown { user, key_id } => {
                write!(f, "{} has no registered Hello key {key_id:?}", user.display_name)
            }
            Self::AssertionInTime => f.write_str("the assertion is in time"),
            Self::AssertionTime {
                since_start_seconds,
                until_end_seconds,
            } => write!(
                f,
                "the assertion started {since_start_seconds} s ago and ends in {until_end_seconds} s"
            ),
            Self::SignatureGood { key } => write!(f, "the signature is that of {key}"),
            Self::SignatureBad { key } => write!(f, "the signature is not that of {key}"),
            Self::AccessToken { user, resource } => {
                write!(f, "{} gets an access token for {resource}", user.display_name)
            }
            Self::TgtNotAsked => f.write_str("the request has no tgt=true"),
            Self::NotSynced(user) => write!(f, "{} exists in the cloud only", user.display_name),
            Self::AttributesMissing { user, attributes } => {
                write!(f, "{} of {} is empty", attributes.join(", "), user.display_name)
            }
            Self::NoKerberosDomain { user, domain, held } => {
                write!(
                    f,
                    "{} is synced from {domain}, and the tenant holds ",
                    user.display_name
                )?;
                let held: Vec<_> = held.iter().map(|domain| domain.dns_name.as_str()).collect();
                if held.is_empty() {
                    f.write_str("no domain's key")
                } else {
                    write!(f, "only the key of {}", held.join(", "))
                }
            }
            Self::OnPremisesPasswordExpired(user) => {
                write!(f, "the on-premises password of {} has expired", user.display_name)
            }
            Self::AdIssued { user, domain } => write!(
                f,
                "{} is synced from {}, and its key is here",
                user.display_name, domain.dns_name
            ),
            Self::CloudIssued(user) => write!(
                f,
                "{} gets a ticket for Azure resources with every PRT",
                user.display_name
            ),
            _ => Ok(()),
        }
    }
}

/// A span of time as people say it.
struct Span(Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs() {
            seconds @ 0..=119 => write!(f, "{seconds} s"),
            seconds @ 120..=7199 => write!(f, "{} min", seconds / 60),
            seconds => write!(f, "{} h", seconds / 3600),
        }
    }
}
