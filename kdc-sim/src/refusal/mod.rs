//! Why a request was refused, and the one place that says what the wire gets to see of it.

mod armor;
mod delegation;
mod policy;
mod text;

use std::sync::Arc;
use std::time::Duration;

use evidence::decision::Rule;
use kerberos::codes::{ErrorCode, MessageType, NtStatus};
use kerberos::crypto::{CryptoError, Etype};
use kerberos::pac::{PacError, PacType, SignatureError};
use kerberos::sid::Sid;
use kerberos::wire::{
    DecodeError, KdcOptions, KerbErrorData, Kvno, MethodData, OpenError, PrincipalName, Realm,
    SessionKeyError,
};
use kerberos::{KerberosTime, Timestamp};

use crate::config::{DcConfig, Profile};
use crate::directory::{Account, Restriction, Rodc, Trust};
use crate::rules;

pub use armor::ArmorRefusal;
pub use delegation::DelegationRefusal;
pub use policy::PolicyRefusal;
pub(crate) use text::fmt_names;

/// Which exchange a request belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exchange {
    /// AS: with a long-term key.
    As,
    /// TGS: with a TGT.
    Tgs,
}

/// Why a request was refused: one variant for each thing that can be wrong. Its `Display` is the reason for people.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// The account cannot log on.
    AccountState {
        /// The account.
        account: Arc<Account>,
        /// Why not.
        restriction: Restriction,
    },
    /// The PAC of a TGT is not one.
    BadPac(Box<PacError>),
    /// A signature of the PAC is wrong.
    BadPacSignature(Box<SignatureError>),
    /// The session key of the ticket cannot be used.
    BadSessionKey(SessionKeyError),
    /// The authenticator does not open with the session key.
    AuthenticatorKey(OpenError),
    /// The authenticator names somebody else than the ticket.
    AuthenticatorClient {
        /// The client of the ticket.
        ticket: Box<PrincipalName>,
        /// The client of the authenticator.
        authenticator: Box<PrincipalName>,
    },
    /// The authenticator was made too long ago, or too far in the future.
    AuthenticatorSkew(Skew),
    /// The authenticator was seen before.
    AuthenticatorRepeated,
    /// There is no checksum over the body.
    BodyChecksumMissing,
    /// The checksum over the body is of a type that proves nothing here.
    BodyChecksumType {
        /// What came.
        came: i32,
    },
    /// The checksum over the body is wrong.
    BodyChecksumWrong(CryptoError),
    /// No such client.
    ClientUnknown {
        /// As asked for; `None` when the request names nobody.
        name: Option<Box<PrincipalName>>,
        /// In which exchange.
        exchange: Exchange,
    },
    /// A read-only domain controller may not speak for accounts of this kind.
    RodcClientKind {
        /// The account.
        account: Arc<Account>,
    },
    /// The client is in a group that is never revealed to the read-only domain controller.
    RodcDenied {
        /// The client.
        account: Arc<Account>,
        /// The read-only domain controller.
        rodc: Arc<Rodc>,
        /// Which entry of msDS-NeverRevealGroup.
        entry: usize,
    },
    /// No key of the read-only domain controller opens the ticket.
    RodcKey {
        /// The read-only domain controller.
        rodc: Arc<Rodc>,
        /// As asked for.
        kvno: Kvno,
        /// What the last try said.
        error: OpenError,
    },
    /// The partial TGT ends so soon that this domain controller takes it as one for changing a password.
    RodcLifetime {
        /// What is left.
        left: Duration,
    },
    /// The computer of the read-only domain controller is missing or is not one.
    RodcNotLinked {
        /// The read-only domain controller.
        rodc: Arc<Rodc>,
    },
    /// The client is in no group that is revealed to the read-only domain controller.
    RodcNotAllowed {
        /// The client.
        account: Arc<Account>,
        /// The read-only domain controller.
        rodc: Arc<Rodc>,
    },
    /// This domain controller is read-only itself.
    RodcNotWritable,
    /// A partial TGT cannot be used for S4U2Self.
    RodcS4u,
    /// No read-only domain controller of this domain has the key number.
    RodcUnknown {
        /// As asked for.
        kvno: Kvno,
    },
    /// No encryption type in common.
    EtypeUnsupported {
        /// What the client listed.
        listed: Vec<i32>,
    },
    /// The octets are not the message that their tag announces.
    Malformed(Box<DecodeError>),
    /// A message that is no request to a KDC.
    MessageType {
        /// What came.
        kind: MessageType,
    },
    /// The ticket would end before it begins.
    NeverValid {
        /// As asked for.
        till: KerberosTime,
    },
    /// No Kerberos at all.
    NotKerberos,
    /// An option that is not available here.
    OptionUnavailable {
        /// Which.
        option: KdcOptions,
    },
    /// An option that needs a flag of the ticket.
    OptionNotGranted {
        /// Which.
        option: KdcOptions,
    },
    /// A buffer that every TGT has is missing in the PAC.
    PacIncomplete {
        /// Which.
        missing: PacType,
    },
    /// The TGT has no PAC.
    PacMissing {
        /// Whether a read-only domain controller issued it.
        partial: bool,
    },
    /// A postdated ticket was asked for.
    Postdated,
    /// The password has to be changed first.
    PasswordState {
        /// The account.
        account: Arc<Account>,
        /// Why.
        restriction: Restriction,
        /// In which exchange.
        exchange: Exchange,
    },
    /// The client has to prove itself.
    PreauthRequired {
        /// What it can use.
        hints: Box<MethodData>,
    },
    /// The encrypted timestamp does not open with a key of the account.
    PreauthFailed {
        /// The account.
        account: Arc<Account>,
        /// Encryption type that was tried.
        etype: Etype,
        /// Whether an earlier password would have been right.
        earlier_password: bool,
        /// What it can use.
        hints: Box<MethodData>,
    },
    /// The encrypted timestamp is of a type the account has no key of.
    PreauthEtype {
        /// What came.
        etype: i32,
        /// What it can use.
        hints: Box<MethodData>,
    },
    /// The encrypted timestamp was made too long ago, or too far in the future.
    PreauthSkew {
        /// By how much.
        skew: Skew,
        /// What it can use.
        hints: Box<MethodData>,
    },
    /// The TGT is not renewable any more.
    RenewTillPassed {
        /// Until when it was; `None` when never.
        renew_till: Option<KerberosTime>,
    },
    /// The PAC does not say who asked for the TGT.
    RequestorMissing {
        /// Whether a read-only domain controller issued it.
        partial: bool,
    },
    /// Another account asked for the TGT than the one that has its name.
    RequestorMismatch {
        /// Who has the name.
        account: Arc<Account>,
        /// Who asked.
        came: Box<Sid>,
        /// Whether a read-only domain controller issued it.
        partial: bool,
    },
    /// Of a request within armor, or one that has to be.
    Armor(Box<ArmorRefusal>),
    /// By what keeps an account to certain machines, services or encryption types.
    Policy(Box<PolicyRefusal>),
    /// Of a request with a further ticket, or in the name of somebody else.
    Delegation(Box<DelegationRefusal>),
    /// The service has no key that the client can use.
    ServiceEtype {
        /// The service.
        account: Arc<Account>,
        /// What the client listed.
        listed: Vec<i32>,
    },
    /// No such service.
    ServiceUnknown {
        /// As asked for; `None` when the request names none.
        name: Option<Box<PrincipalName>>,
        /// In which exchange.
        exchange: Exchange,
    },
    /// The TGT has ended.
    TicketEnded {
        /// When.
        endtime: KerberosTime,
        /// What time it is here.
        now: Timestamp,
    },
    /// The TGT is for somebody else.
    TicketForOthers {
        /// For whom.
        sname: Box<PrincipalName>,
        /// Of which realm.
        realm: Realm,
    },
    /// No key opens the TGT.
    TicketKey {
        /// As asked for.
        kvno: Option<Kvno>,
        /// What the last try said.
        error: OpenError,
    },
    /// No key of that version is known.
    TicketKeyVersion {
        /// As asked for.
        kvno: Kvno,
    },
    /// The TGT is not valid yet.
    TicketNotYetValid {
        /// From when.
        starttime: KerberosTime,
        /// What time it is here.
        now: Timestamp,
    },
    /// There is no TGT.
    TgtMissing,
    /// This domain controller is read-only and does not hold what the answer needs: a writable one has to give it.
    SecretsElsewhere {
        /// The account whose secrets are missing; `None` for those of the domain itself.
        account: Option<Arc<Account>>,
        /// In which exchange.
        exchange: Exchange,
    },
    /// The client that came over a trust is not allowed to authenticate to the service.
    SelectiveAuthentication {
        /// The client.
        client: Option<Box<Sid>>,
        /// The service.
        service: Arc<Account>,
    },
    /// The realms that the client came through are not on the way of the trust.
    Transited {
        /// The trust it came over.
        trust: Arc<Trust>,
        /// The realm that is not; none where they could not be read.
        realms: Vec<String>,
    },
    /// The client is of a realm that the trust does not lead to.
    TrustClient {
        /// The trust it came over.
        trust: Arc<Trust>,
        /// Its realm.
        crealm: Realm,
    },
    /// No key of the trust opens the referral TGT.
    TrustKey {
        /// The trust.
        trust: Arc<Trust>,
        /// What the last try said.
        error: OpenError,
    },
    /// The user is of a domain for which the trust does not speak.
    TrustSid {
        /// The trust it came over.
        trust: Arc<Trust>,
        /// The domain's SID; `None` where the PAC names none.
        came: Option<Box<Sid>>,
    },
    /// The reply does not fit into a datagram.
    TooBig {
        /// Its length in octets.
        length: usize,
        /// What fits.
        limit: usize,
    },
    /// The client belongs to another realm.
    WrongRealm {
        /// As asked for.
        asked: Realm,
        /// The right one.
        right: Realm,
    },
}

impl From<PolicyRefusal> for Refusal {
    fn from(refusal: PolicyRefusal) -> Self {
        Self::Policy(Box::new(refusal))
    }
}

impl From<ArmorRefusal> for Refusal {
    fn from(refusal: ArmorRefusal) -> Self {
        Self::Armor(Box::new(refusal))
    }
}

impl From<DelegationRefusal> for Refusal {
    fn from(refusal: DelegationRefusal) -> Self {
        Self::Delegation(Box::new(refusal))
    }
}

/// A time that is too far off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skew {
    /// The client's time.
    pub client: Timestamp,
    /// The domain controller's.
    pub kdc: Timestamp,
    /// What is tolerated.
    pub tolerated: Duration,
}

impl Skew {
    /// Whether the times are too far apart.
    pub(crate) fn check(client: Timestamp, kdc: Timestamp, tolerated: Duration) -> Result<Duration, Self> {
        let off = client.abs_diff(kdc);
        if off <= tolerated {
            Ok(off)
        } else {
            Err(Self {
                client,
                kdc,
                tolerated,
            })
        }
    }
}

/// What of a refusal goes on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireError {
    /// The error code.
    pub code: ErrorCode,
    /// The realm to ask instead.
    pub crealm: Option<Realm>,
    /// The error data.
    pub data: Option<ErrorData>,
}

/// Error data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorData {
    /// METHOD-DATA.
    Methods(MethodData),
    /// KERB-ERROR-DATA with a status.
    Status(NtStatus),
}

impl ErrorData {
    pub(crate) fn encode(&self, exchange: Exchange) -> Vec<u8> {
        match self {
            Self::Methods(methods) => methods.encode(),
            Self::Status(status) => {
                let flags = match exchange {
                    Exchange::As => 1,
                    Exchange::Tgs => 3,
                };
                KerbErrorData::from_status(*status, flags).encode()
            }
        }
    }
}

impl Refusal {
    /// What the wire gets to see.
    #[must_use]
    pub fn to_wire(&self, dc: &DcConfig) -> WireError {
        let windows = dc.profile == Profile::Windows;
        let hints = |hints: &MethodData| Some(ErrorData::Methods(hints.clone()));
        let (code, data) = match self {
            Self::AccountState { restriction, .. } => (
                ErrorCode::CLIENT_REVOKED,
                Some(ErrorData::Status(restriction.status())),
            ),
            Self::PasswordState { restriction, .. } => (
                ErrorCode::KEY_EXPIRED,
                Some(ErrorData::Status(restriction.status())),
            ),
            Self::PreauthRequired { hints: methods } => (ErrorCode::PREAUTH_REQUIRED, hints(methods)),
            Self::PreauthFailed { hints: methods, .. } => (ErrorCode::PREAUTH_FAILED, hints(methods)),
            Self::PreauthEtype { hints: methods, .. } => (ErrorCode::ETYPE_NOSUPP, hints(methods)),
            Self::PreauthSkew { hints: methods, .. } => (ErrorCode::SKEW, hints(methods)),
            Self::Armor(refusal) => return refusal.to_wire(dc),
            Self::Policy(refusal) => return refusal.to_wire(),
            Self::Delegation(refusal) => {
                let (code, status) = refusal.to_wire(dc);
                (code, status.map(ErrorData::Status))
            }
            Self::RodcNotWritable | Self::SecretsElsewhere { .. } => (
                ErrorCode::S_PRINCIPAL_UNKNOWN,
                Some(ErrorData::Status(NtStatus::NO_SECRETS)),
            ),
            Self::RodcUnknown { .. } if windows => (ErrorCode::S_PRINCIPAL_UNKNOWN, None),
            Self::RodcUnknown { .. } => (ErrorCode::NOT_US, None),
            Self::RodcKey { .. } | Self::TicketKey { .. } | Self::TrustKey { .. } => (dc.wrong_key, None),
            Self::SelectiveAuthentication { .. } => (
                ErrorCode::POLICY,
                Some(ErrorData::Status(NtStatus::AUTHENTICATION_FIREWALL_FAILED)),
            ),
            _ => (self.plain_code(), None),
        };
        let crealm = match self {
            Self::WrongRealm { right, .. } => Some(right.clone()),
            _ => None,
        };
        WireError { code, crealm, data }
    }

    /// The code of a refusal that has no data and is the same in every profile.
    const fn plain_code(&self) -> ErrorCode {
        match self {
            Self::BadPac(_) | Self::PacIncomplete { .. } | Self::Malformed(_) => ErrorCode::GENERIC,
            Self::BadPacSignature(_)
            | Self::AuthenticatorKey(_)
            | Self::RodcKey { .. }
            | Self::TicketKey { .. }
            | Self::TrustKey { .. } => ErrorCode::BAD_INTEGRITY,
            Self::Transited { .. } => ErrorCode::PATH_NOT_ACCEPTED,
            Self::AuthenticatorClient { .. } => ErrorCode::BADMATCH,
            Self::AuthenticatorSkew(_) | Self::PreauthSkew { .. } => ErrorCode::SKEW,
            Self::AuthenticatorRepeated => ErrorCode::REPEAT,
            Self::BodyChecksumMissing | Self::BodyChecksumType { .. } => ErrorCode::INAPP_CKSUM,
            Self::BodyChecksumWrong(_) => ErrorCode::MODIFIED,
            Self::AccountState { .. } => ErrorCode::CLIENT_REVOKED,
            Self::PasswordState { .. } => ErrorCode::KEY_EXPIRED,
            Self::ClientUnknown { .. } | Self::RodcS4u => ErrorCode::C_PRINCIPAL_UNKNOWN,
            Self::RodcClientKind { .. }
            | Self::RodcDenied { .. }
            | Self::RodcNotAllowed { .. }
            | Self::PacMissing { .. }
            | Self::RequestorMissing { .. }
            | Self::RequestorMismatch { .. } => ErrorCode::TGT_REVOKED,
            Self::RodcLifetime { .. } | Self::TicketEnded { .. } | Self::RenewTillPassed { .. } => {
                ErrorCode::TKT_EXPIRED
            }
            Self::RodcNotLinked { .. }
            | Self::SelectiveAuthentication { .. }
            | Self::TrustClient { .. }
            | Self::TrustSid { .. } => ErrorCode::POLICY,
            Self::RodcNotWritable
            | Self::RodcUnknown { .. }
            | Self::SecretsElsewhere { .. }
            | Self::ServiceUnknown { .. } => ErrorCode::S_PRINCIPAL_UNKNOWN,
            Self::EtypeUnsupported { .. }
            | Self::ServiceEtype { .. }
            | Self::BadSessionKey(_)
            | Self::PreauthEtype { .. } => ErrorCode::ETYPE_NOSUPP,
            Self::MessageType { .. } | Self::NotKerberos => ErrorCode::MSG_TYPE,
            Self::NeverValid { .. } => ErrorCode::NEVER_VALID,
            Self::OptionUnavailable { .. } | Self::OptionNotGranted { .. } => ErrorCode::BADOPTION,
            Self::Postdated => ErrorCode::CANNOT_POSTDATE,
            Self::PreauthRequired { .. } => ErrorCode::PREAUTH_REQUIRED,
            Self::PreauthFailed { .. } => ErrorCode::PREAUTH_FAILED,
            Self::TgtMissing => ErrorCode::PADATA_TYPE_NOSUPP,
            // these say themselves what goes on the wire
            Self::Armor(_) | Self::Delegation(_) | Self::Policy(_) => ErrorCode::GENERIC,
            Self::TicketForOthers { .. } => ErrorCode::NOT_US,
            Self::TicketKeyVersion { .. } => ErrorCode::BADKEYVER,
            Self::TicketNotYetValid { .. } => ErrorCode::TKT_NYV,
            Self::TooBig { .. } => ErrorCode::RESPONSE_TOO_BIG,
            Self::WrongRealm { .. } => ErrorCode::WRONG_REALM,
        }
    }

    /// The rule that refused.
    #[must_use]
    pub const fn rule(&self) -> &'static Rule {
        match self {
            Self::AccountState { .. } => &rules::ACCOUNT_STATE,
            Self::BadPac(_) | Self::PacIncomplete { .. } => &rules::TGS_PAC_COMPLETE,
            Self::BadPacSignature(_) => &rules::TGS_PAC_SIGNED,
            Self::BadSessionKey(_) => &rules::TGS_SESSION_KEY,
            Self::AuthenticatorKey(_) => &rules::TGS_AUTH_KEY,
            Self::AuthenticatorClient { .. } => &rules::TGS_AUTH_CLIENT,
            Self::AuthenticatorSkew(_) => &rules::TGS_AUTH_SKEW,
            Self::AuthenticatorRepeated => &rules::TGS_AUTH_REPEAT,
            Self::BodyChecksumMissing | Self::BodyChecksumType { .. } => &rules::TGS_BODY_CHECKSUM_TYPE,
            Self::BodyChecksumWrong(_) => &rules::TGS_BODY_CHECKSUM,
            Self::ClientUnknown {
                exchange: Exchange::As,
                ..
            } => &rules::AS_CLIENT_KNOWN,
            Self::ClientUnknown {
                exchange: Exchange::Tgs,
                ..
            } => &rules::TGS_CLIENT_KNOWN,
            Self::RodcClientKind { .. } => &rules::TGS_RODC_CLIENT_KIND,
            Self::RodcDenied { .. } => &rules::TGS_RODC_DENIED,
            Self::RodcKey { .. } => &rules::TGS_RODC_KEY,
            Self::RodcLifetime { .. } => &rules::TGS_RODC_LIFE,
            Self::RodcNotLinked { .. } => &rules::TGS_RODC_LINKED,
            Self::RodcNotAllowed { .. } => &rules::TGS_RODC_ALLOWED,
            Self::RodcNotWritable => &rules::TGS_RODC_WRITABLE,
            Self::RodcS4u => &rules::TGS_RODC_S4U,
            Self::RodcUnknown { .. } => &rules::TGS_RODC_KNOWN,
            Self::EtypeUnsupported { .. } => &rules::SESSION_ETYPE,
            Self::Malformed(_) => &rules::REQ_WELL_FORMED,
            Self::MessageType { .. } => &rules::REQ_MESSAGE_TYPE,
            Self::NeverValid { .. } => &rules::TIMES,
            Self::NotKerberos => &rules::REQ_KERBEROS,
            Self::OptionUnavailable { .. } => &rules::OPTION_AVAILABLE,
            Self::OptionNotGranted { .. } => &rules::TGS_OPTION_GRANTED,
            Self::PacMissing { partial: false } => &rules::TGS_PAC_PRESENT,
            Self::PacMissing { partial: true } => &rules::TGS_RODC_PAC,
            Self::Postdated => &rules::POSTDATED,
            Self::PasswordState { .. } => &rules::PASSWORD_AGE,
            Self::PreauthRequired { .. } => &rules::AS_PREAUTH_PRESENT,
            Self::PreauthFailed { .. } => &rules::AS_PREAUTH_KEY,
            Self::PreauthEtype { .. } => &rules::AS_PREAUTH_ETYPE,
            Self::PreauthSkew { .. } => &rules::AS_PREAUTH_SKEW,
            Self::RenewTillPassed { .. } => &rules::TGS_RENEW_TILL,
            Self::RequestorMissing { partial: false } | Self::RequestorMismatch { partial: false, .. } => {
                &rules::TGS_PAC_REQUESTOR
            }
            Self::RequestorMissing { partial: true } | Self::RequestorMismatch { partial: true, .. } => {
                &rules::TGS_RODC_SID
            }
            Self::Armor(refusal) => refusal.rule(),
            Self::Policy(refusal) => refusal.rule(),
            Self::Delegation(refusal) => refusal.rule(),
            Self::ServiceEtype { .. } => &rules::TGS_SERVICE_ETYPE,
            Self::ServiceUnknown { .. } => &rules::SERVICE_KNOWN,
            Self::TicketEnded { .. } => &rules::TGS_TICKET_ENDED,
            Self::TicketForOthers { .. } => &rules::TGS_TICKET_FOR_US,
            Self::TicketKey { .. } => &rules::TGS_TICKET_KEY,
            Self::TicketKeyVersion { .. } => &rules::TGS_TICKET_KEY_VERSION,
            Self::TicketNotYetValid { .. } => &rules::TGS_TICKET_STARTED,
            Self::SecretsElsewhere { .. } => &rules::RODC_SECRETS,
            Self::SelectiveAuthentication { .. } => &rules::TGS_SELECTIVE,
            Self::Transited { .. } => &rules::TGS_TRANSITED,
            Self::TrustClient { .. } => &rules::TGS_TRUST_CLIENT,
            Self::TrustKey { .. } => &rules::TGS_TRUST_KEY,
            Self::TrustSid { .. } => &rules::TGS_TRUST_SID,
            Self::TgtMissing => &rules::TGS_TGT_PRESENT,
            Self::TooBig { .. } => &rules::REQ_DATAGRAM,
            Self::WrongRealm { .. } => &rules::AS_REALM,
        }
    }
}
