//! Refusals of requests with a further ticket or in the name of somebody else: user-to-user, S4U2Self, S4U2Proxy.

use std::fmt;
use std::sync::Arc;

use evidence::decision::Rule;
use kerberos::codes::{ErrorCode, NtStatus};
use kerberos::crypto::CryptoError;
use kerberos::pac::SignatureError;
use kerberos::wire::{KdcOptions, KdcReq, OpenError, PrincipalName, Realm};
use kerberos::{KerberosTime, Timestamp};

use crate::config::{DcConfig, Profile};
use crate::directory::Account;
use crate::rules;

/// Why a request with a further ticket, or for somebody else, was refused.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DelegationRefusal {
    /// The option needs a further ticket.
    TicketMissing {
        /// Which option.
        option: KdcOptions,
    },
    /// The further ticket of a user-to-user request is no TGT of this realm.
    NotTgt {
        /// What it is for.
        sname: Box<PrincipalName>,
    },
    /// The further TGT is not of the account that the service name means.
    OtherAccount {
        /// Whose TGT came.
        account: Arc<Account>,
        /// The service asked for.
        sname: Box<PrincipalName>,
    },
    /// A user without service principal name is a service in user-to-user requests only.
    UserToUserOnly {
        /// The user.
        account: Arc<Account>,
    },
    /// The user's name is signed with a checksum that proves nothing.
    UserChecksumType {
        /// What came.
        came: i32,
    },
    /// The user's name is not as it was signed.
    UserChecksum(CryptoError),
    /// No such user.
    UserUnknown {
        /// As asked for; `None` for a certificate.
        name: Option<Box<PrincipalName>>,
        /// Of which realm.
        realm: Realm,
    },
    /// A service asks for a ticket of a user to somebody else.
    NotItself {
        /// Who asks.
        service: Arc<Account>,
        /// For which service.
        sname: Box<PrincipalName>,
    },
    /// The evidence ticket is for another service than the one that shows it.
    EvidenceForOthers {
        /// Who shows it.
        service: Arc<Account>,
        /// Whom it is for.
        sname: Box<PrincipalName>,
    },
    /// No key of the service opens the evidence ticket.
    EvidenceKey {
        /// The service.
        service: Arc<Account>,
        /// What the last try said; `None` when there is no key of that encryption type.
        error: Option<OpenError>,
    },
    /// The evidence ticket has ended.
    EvidenceEnded {
        /// When.
        endtime: KerberosTime,
        /// What time it is here.
        now: Timestamp,
    },
    /// The evidence ticket is not signed by this domain.
    EvidenceUnsigned {
        /// What is wrong; `None` without a PAC.
        error: Option<Box<SignatureError>>,
    },
    /// The user may not be passed on.
    NotForwardable {
        /// The user of the evidence ticket.
        user: Box<PrincipalName>,
    },
    /// Neither side allows the delegation, and the client cannot do without the list of the first service.
    NotAllowed {
        /// Who wants to delegate.
        service: Arc<Account>,
        /// To which service.
        sname: Box<PrincipalName>,
    },
    /// The target does not accept delegation from the service.
    NotAccepted {
        /// Who wants to delegate.
        service: Arc<Account>,
        /// To whom.
        target: Arc<Account>,
    },
    /// Delegation goes neither to another realm nor to a ticket-granting service.
    NoService {
        /// As asked for.
        sname: Option<Box<PrincipalName>>,
    },
}

impl DelegationRefusal {
    /// A request that would leave this realm, or end at its ticket-granting service.
    pub(crate) fn elsewhere(request: &KdcReq) -> Self {
        let sname = request.body().sname.clone().map(Box::new);
        Self::NoService { sname }
    }

    /// What the wire gets to see.
    pub(super) fn to_wire(&self, dc: &DcConfig) -> (ErrorCode, Option<NtStatus>) {
        let windows = dc.profile == Profile::Windows;
        match self {
            Self::TicketMissing { .. } | Self::EvidenceForOthers { .. } | Self::NoService { .. } => {
                (ErrorCode::BADOPTION, None)
            }
            Self::NotTgt { .. } if windows => (ErrorCode::MODIFIED, None),
            Self::NotTgt { .. } => (ErrorCode::POLICY, None),
            Self::OtherAccount { .. } | Self::NotItself { .. } => (ErrorCode::BADMATCH, None),
            Self::UserToUserOnly { .. } if windows => (ErrorCode::MUST_USE_USER2USER, None),
            Self::UserToUserOnly { .. } => (ErrorCode::POLICY, None),
            Self::UserChecksumType { .. } => (ErrorCode::INAPP_CKSUM, None),
            Self::UserChecksum(_) if windows => (ErrorCode::MODIFIED, None),
            Self::UserChecksum(_) => (ErrorCode::BAD_INTEGRITY, None),
            Self::UserUnknown { .. } => (ErrorCode::C_PRINCIPAL_UNKNOWN, None),
            Self::EvidenceKey { .. } if windows => (ErrorCode::MODIFIED, None),
            Self::EvidenceKey { .. } => (ErrorCode::BAD_INTEGRITY, None),
            Self::EvidenceEnded { .. } => (ErrorCode::TKT_EXPIRED, None),
            Self::EvidenceUnsigned { error: None } if !windows => (ErrorCode::TGT_REVOKED, None),
            Self::EvidenceUnsigned { .. } => (ErrorCode::MODIFIED, None),
            Self::NotForwardable { .. } => (ErrorCode::BADOPTION, Some(NtStatus::ACCOUNT_RESTRICTION)),
            Self::NotAllowed { service, .. } if service.delegate_to.is_empty() => {
                (ErrorCode::BADOPTION, Some(NtStatus::NOT_SUPPORTED))
            }
            Self::NotAllowed { .. } => (ErrorCode::BADOPTION, Some(NtStatus::NO_MATCH)),
            Self::NotAccepted { .. } => (ErrorCode::BADOPTION, Some(NtStatus::NOT_FOUND)),
        }
    }

    /// The rule that refused.
    pub(super) const fn rule(&self) -> &'static Rule {
        match self {
            Self::TicketMissing { .. } => &rules::TGS_ADDITIONAL_TICKET,
            Self::NotTgt { .. } => &rules::U2U_TGT,
            Self::OtherAccount { .. } => &rules::U2U_SERVICE,
            Self::UserToUserOnly { .. } => &rules::U2U_ONLY,
            Self::UserChecksumType { .. } => &rules::S4U_USER_CHECKSUM_TYPE,
            Self::UserChecksum(_) => &rules::S4U_USER_CHECKSUM,
            Self::UserUnknown { .. } => &rules::S4U_USER_KNOWN,
            Self::NotItself { .. } => &rules::S4U_SELF_SERVICE,
            Self::EvidenceForOthers { .. } => &rules::S4U_EVIDENCE_SERVICE,
            Self::EvidenceKey { .. } => &rules::S4U_EVIDENCE_KEY,
            Self::EvidenceEnded { .. } => &rules::S4U_EVIDENCE_ENDED,
            Self::EvidenceUnsigned { .. } => &rules::S4U_EVIDENCE_SIGNED,
            Self::NotForwardable { .. } => &rules::S4U_FORWARDABLE,
            Self::NotAllowed { .. } => &rules::S4U_ALLOWED,
            Self::NotAccepted { .. } => &rules::S4U_ACCEPTED,
            Self::NoService { .. } => &rules::S4U_TARGET,
        }
    }
}

impl fmt::Display for DelegationRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TicketMissing { option } => {
                write!(f, "option {option} needs a further ticket, and none came")
            }
            Self::NotTgt { sname } => {
                write!(
                    f,
                    "the further ticket is for {sname}, and a TGT of this realm is needed"
                )
            }
            Self::OtherAccount { account, sname } => {
                write!(f, "the further TGT is {}'s, which is not {sname}", account.name)
            }
            Self::UserToUserOnly { account } => write!(
                f,
                "{} is a user without service principal name: tickets to it are user-to-user, so that nobody can try its password on one",
                account.name
            ),
            Self::UserChecksumType { came } => {
                write!(
                    f,
                    "the name of the user is signed with checksum type {came}, which proves nothing"
                )
            }
            Self::UserChecksum(error) => write!(f, "the name of the user is not as it was signed: {error}"),
            Self::UserUnknown {
                name: Some(name),
                realm,
            } => write!(f, "no account is {name}@{realm}"),
            Self::UserUnknown { name: None, realm } => {
                write!(
                    f,
                    "a user of {realm} is asked for by a certificate, which nothing maps to an account here"
                )
            }
            Self::NotItself { service, sname } => write!(
                f,
                "{} asks for a user's ticket to {sname}, and may ask for one to itself only",
                service.name
            ),
            Self::NotForwardable { user } => write!(
                f,
                "the ticket of {user} is not forwardable: the user is sensitive or in Protected Users, or the service may not change protocols"
            ),
            Self::NotAllowed { service, sname } => fmt_not_allowed(f, service, sname),
            Self::NotAccepted { service, target } => {
                write!(
                    f,
                    "{} does not accept delegation from {}, but from",
                    target.name, service.name
                )?;
                let names = target.accepts_delegation_from.iter().map(|(_, name)| &**name);
                if target.accepts_delegation_from.is_empty() {
                    f.write_str(" nobody")
                } else {
                    super::fmt_names(f, names)
                }
            }
            Self::NoService { sname: Some(sname) } => {
                write!(
                    f,
                    "delegation stays within this realm and ends at a service, which {sname} is not"
                )
            }
            Self::NoService { sname: None } => f.write_str("the request names no service to delegate to"),
            _ => self.fmt_evidence(f),
        }
    }
}

impl DelegationRefusal {
    fn fmt_evidence(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EvidenceForOthers { service, sname } => {
                write!(
                    f,
                    "the evidence ticket is for {sname}, and {} shows it",
                    service.name
                )
            }
            Self::EvidenceKey {
                service,
                error: Some(error),
            } => {
                write!(
                    f,
                    "no kept key of {} opens the evidence ticket: {error}",
                    service.name
                )
            }
            Self::EvidenceKey { service, error: None } => write!(
                f,
                "{} has no key of the encryption type of the evidence ticket",
                service.name
            ),
            Self::EvidenceEnded { endtime, now } => {
                write!(f, "the evidence ticket ended at {endtime}, and it is {now}")
            }
            Self::EvidenceUnsigned { error: Some(error) } => write!(f, "evidence ticket: {error}"),
            Self::EvidenceUnsigned { error: None } => f.write_str("the evidence ticket has no PAC"),
            _ => f.write_str(self.rule().title),
        }
    }
}

fn fmt_not_allowed(f: &mut fmt::Formatter<'_>, service: &Account, sname: &PrincipalName) -> fmt::Result {
    write!(
        f,
        "{} may not delegate to {sname}: msDS-AllowedToDelegateTo",
        service.name
    )?;
    if service.delegate_to.is_empty() {
        return f.write_str(" is empty");
    }
    f.write_str(" has only")?;
    super::fmt_names(f, service.delegate_to.iter().map(|name| &**name))
}
