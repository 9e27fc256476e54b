//! Why the cloud KDC refuses, and what the wire says of it.

use std::fmt;
use std::sync::Arc;

use evidence::decision::Rule;
use kerberos::codes::{ErrorCode, NtStatus};
use kerberos::pac::{PacError, SignatureError};
use kerberos::sid::Sid;
use kerberos::wire::{
    DecodeError, KdcOptions, KerbErrorData, OpenError, PrincipalName, Realm, SessionKeyError,
};
use kerberos::{KerberosTime, Timestamp};

use crate::rules;
use crate::tenant::{Application, User};

/// A check that ended a request.
#[derive(Clone, Debug)]
pub(crate) enum KdcRefusal {
    Malformed(Box<DecodeError>),
    NotTgs,
    TgtMissing,
    TicketForOthers {
        sname: Box<PrincipalName>,
        realm: Realm,
    },
    TrustUnknown {
        realm: Realm,
    },
    TicketKey(OpenError),
    TrustKey {
        realm: Realm,
        error: OpenError,
    },
    TicketNotYetValid {
        start: KerberosTime,
        now: Timestamp,
    },
    TicketEnded {
        end: KerberosTime,
        now: Timestamp,
    },
    SessionKey(SessionKeyError),
    AuthenticatorKey(OpenError),
    AuthenticatorClient {
        ticket: Box<PrincipalName>,
        authenticator: Box<PrincipalName>,
    },
    Skew {
        client: Timestamp,
        now: Timestamp,
    },
    Repeated,
    BodyChecksum {
        missing: bool,
    },
    NoPac,
    BadPac(Box<PacError>),
    PacSignature(Box<SignatureError>),
    NoRequestor,
    Option {
        options: KdcOptions,
    },
    UserUnknown {
        name: Box<PrincipalName>,
        sid: Option<Sid>,
    },
    UserDisabled(Arc<User>),
    ServiceUnknown {
        spn: String,
    },
    NoConsent(Arc<Application>),
    NotAssigned {
        user: Arc<User>,
        application: Arc<Application>,
    },
    MfaRequired {
        user: Arc<User>,
        application: Arc<Application>,
    },
    Etype {
        listed: Vec<i32>,
    },
    NeverValid {
        till: KerberosTime,
    },
}

/// What goes into a KRB-ERROR.
pub(super) struct WireError {
    pub(super) code: ErrorCode,
    pub(super) text: Option<&'static str>,
    /// KERB-ERROR-DATA.
    pub(super) data: Option<Vec<u8>>,
}

/// KERB_EXT_ERROR in the answer to a TGS-REQ.
const TGS_FLAGS: u32 = 3;

impl KdcRefusal {
    /// What the client is told.
    pub(super) fn to_wire(&self) -> WireError {
        let status = |status| Some(KerbErrorData::from_status(status, TGS_FLAGS).encode());
        let (code, text, data) = match self {
            Self::Malformed(_) | Self::BadPac(_) => (ErrorCode::GENERIC, None, None),
            Self::NotTgs => (ErrorCode::MSG_TYPE, None, None),
            Self::TgtMissing => (ErrorCode::PADATA_TYPE_NOSUPP, None, None),
            Self::TicketForOthers { .. } => (ErrorCode::NOT_US, None, None),
            Self::TrustUnknown { .. } => (ErrorCode::NOT_US, None, status(NtStatus::NO_TRUST_SAM_ACCOUNT)),
            Self::TicketKey(_)
            | Self::TrustKey { .. }
            | Self::AuthenticatorKey(_)
            | Self::PacSignature(_) => (ErrorCode::BAD_INTEGRITY, None, None),
            Self::TicketNotYetValid { .. } => (ErrorCode::TKT_NYV, None, None),
            Self::TicketEnded { .. } => (ErrorCode::TKT_EXPIRED, None, None),
            Self::SessionKey(_) | Self::Etype { .. } => (ErrorCode::ETYPE_NOSUPP, None, None),
            Self::AuthenticatorClient { .. } => (ErrorCode::BADMATCH, None, None),
            Self::Skew { .. } => (ErrorCode::SKEW, None, None),
            Self::Repeated => (ErrorCode::REPEAT, None, None),
            Self::BodyChecksum { missing: true } => (ErrorCode::INAPP_CKSUM, None, None),
            Self::BodyChecksum { missing: false } => (ErrorCode::MODIFIED, None, None),
            Self::NoPac | Self::NoRequestor => (ErrorCode::TGT_REVOKED, None, None),
            Self::Option { .. } => (ErrorCode::BADOPTION, None, None),
            Self::UserUnknown { .. } => (
                ErrorCode::C_PRINCIPAL_UNKNOWN,
                Some("AADSTS50034"),
                status(NtStatus::NO_SUCH_USER),
            ),
            Self::UserDisabled(_) => (
                ErrorCode::CLIENT_REVOKED,
                Some("AADSTS50057"),
                status(NtStatus::ACCOUNT_DISABLED),
            ),
            Self::ServiceUnknown { .. } => (ErrorCode::S_PRINCIPAL_UNKNOWN, None, None),
            Self::NoConsent(_) => (ErrorCode::POLICY, Some("AADSTS65001"), None),
            Self::NotAssigned { .. } => (ErrorCode::POLICY, Some("AADSTS50105"), None),
            Self::MfaRequired { .. } => (
                ErrorCode::POLICY,
                Some("AADSTS50076"),
                status(NtStatus::ACCOUNT_RESTRICTION),
            ),
            Self::NeverValid { .. } => (ErrorCode::NEVER_VALID, None, None),
        };
        WireError { code, text, data }
    }

    /// The rule that refused.
    pub(super) fn rule(&self) -> &'static Rule {
        match self {
            Self::Malformed(_) | Self::NotTgs => &rules::KDC_REQUEST,
            Self::TgtMissing => &rules::KDC_TGT_PRESENT,
            Self::TicketForOthers { .. } => &rules::KDC_TICKET_FOR_US,
            Self::TicketKey(_) => &rules::KDC_TICKET_KEY,
            Self::TrustUnknown { .. } | Self::TrustKey { .. } => &rules::KDC_TRUST_KEY,
            Self::TicketNotYetValid { .. } | Self::TicketEnded { .. } => &rules::KDC_TICKET_TIMES,
            Self::SessionKey(_) | Self::AuthenticatorKey(_) | Self::AuthenticatorClient { .. } => {
                &rules::KDC_AUTHENTICATOR
            }
            Self::Skew { .. } => &rules::KDC_SKEW,
            Self::Repeated => &rules::KDC_REPEAT,
            Self::BodyChecksum { .. } => &rules::KDC_BODY_CHECKSUM,
            Self::NoPac | Self::BadPac(_) | Self::PacSignature(_) | Self::NoRequestor => {
                &rules::KDC_TRUST_PAC
            }
            Self::Option { .. } => &rules::KDC_OPTIONS,
            Self::UserUnknown { .. } | Self::UserDisabled(_) => &rules::KDC_USER,
            Self::ServiceUnknown { .. } => &rules::KDC_SERVICE,
            Self::NoConsent(_) => &rules::KDC_CONSENT,
            Self::NotAssigned { .. } => &rules::KDC_ASSIGNMENT,
            Self::MfaRequired { .. } => &rules::KDC_ACCESS,
            Self::Etype { .. } => &rules::KDC_ETYPE,
            Self::NeverValid { .. } => &rules::KDC_LIFE,
        }
    }
}

impl fmt::Display for KdcRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "the message is no request to a KDC: {error}"),
            Self::NotTgs => f.write_str("the request is an AS-REQ, and this KDC knows no passwords"),
            Self::TgtMissing => f.write_str("the request has no TGT"),
            Self::TicketForOthers { sname, realm } => {
                write!(f, "the ticket is for {sname} and was issued by {realm}")
            }
            Self::TrustUnknown { realm } => {
                write!(f, "{realm} issued the TGT, and the tenant holds no trust with it")
            }
            Self::TicketKey(error) => write!(f, "this tenant did not issue the TGT: {error}"),
            Self::TrustKey { realm, error } => {
                write!(
                    f,
                    "the TGT of {realm} is not sealed with the key of the trust: {error}"
                )
            }
            Self::TicketNotYetValid { start, now } => {
                write!(f, "the TGT starts at {start}, and it is {}", now.kerberos_time())
            }
            Self::TicketEnded { end, now } => {
                write!(f, "the TGT ended at {end}, and it is {}", now.kerberos_time())
            }
            Self::SessionKey(error) => write!(f, "the session key of the TGT cannot be used: {error}"),
            Self::AuthenticatorKey(error) => {
                write!(f, "the authenticator is not sealed with the session key: {error}")
            }
            Self::AuthenticatorClient {
                ticket,
                authenticator,
            } => {
                write!(f, "the TGT is that of {ticket}, and {authenticator} sends it")
            }
            Self::Skew { client, now } => {
                let apart = client.unix_seconds().saturating_sub(now.unix_seconds());
                write!(f, "the client's clock is {apart} s ahead")
            }
            Self::Repeated => f.write_str("the authenticator was used before"),
            Self::BodyChecksum { missing: true } => f.write_str("no checksum covers the request"),
            Self::BodyChecksum { missing: false } => f.write_str("the checksum is not that of the request"),
            other => other.fmt_decision(f),
        }
    }
}

impl KdcRefusal {
    fn fmt_decision(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPac => f.write_str("the TGT has no PAC, so nothing tells whose it is"),
            Self::BadPac(error) => write!(f, "the PAC of the TGT cannot be read: {error}"),
            Self::PacSignature(error) => write!(f, "the PAC is not signed with the trust's key: {error}"),
            Self::NoRequestor => f.write_str("the PAC names no requestor"),
            Self::Option { options } => write!(f, "the cloud KDC does not serve {options}"),
            Self::UserUnknown { name, sid: None } => write!(f, "this tenant has no user {name}"),
            Self::UserUnknown { name, sid: Some(sid) } => {
                write!(
                    f,
                    "no user of this tenant has the on-premises SID {sid} of {name}"
                )
            }
            Self::UserDisabled(user) => write!(f, "the account of {} is disabled", user.display_name),
            Self::ServiceUnknown { spn } => {
                write!(
                    f,
                    "no application of the tenant has {spn} among its identifier URIs"
                )
            }
            Self::NoConsent(application) => {
                write!(
                    f,
                    "no administrator has consented to {}",
                    application.display_name
                )
            }
            Self::NotAssigned { user, application } => write!(
                f,
                "{} requires assignment, and {} is not assigned",
                application.display_name, user.display_name
            ),
            Self::MfaRequired { user, application } => write!(
                f,
                "Conditional Access wants multifactor authentication for {}, and a ticket request of {} cannot show any",
                application.display_name, user.display_name
            ),
            Self::Etype { listed } => {
                write!(
                    f,
                    "the cloud KDC issues AES-256 only, and the client accepts {listed:?}"
                )
            }
            Self::NeverValid { till } => write!(f, "the ticket would end at {till}, before it starts"),
            _ => Ok(()),
        }
    }
}
