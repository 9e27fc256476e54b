//! What a server looked at, and why it refused.

use std::fmt;
use std::sync::Arc;

use evidence::decision::Rule;
use kerberos::codes::{ErrorCode, NtStatus};
use kerberos::crypto::Etype;
use kerberos::ntlm::NtlmError;
use kerberos::pac::{PacError, SignatureError};
use kerberos::wire::{DecodeError, Kvno, OpenError, PrincipalName, SessionKeyError, TokenId};
use kerberos::{KerberosTime, Timestamp};

use super::{Access, rules};
use crate::refusal::Skew;

/// What a server looked at.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ServerDetail {
    /// The client proved itself.
    Accepted {
        /// Who.
        client: PrincipalName,
        /// Encryption type of the ticket.
        etype: Etype,
    },
    /// The client proved itself with NTLM.
    NtlmAccepted {
        /// sAMAccountName.
        user: Arc<str>,
    },
    /// The ticket has no PAC.
    NoPac,
    /// The PAC is signed with the server's key.
    Pac {
        /// How many SIDs it makes.
        sids: usize,
    },
    /// The token was refused.
    Refused(ServerRefusal),
    /// A share was asked for.
    Share {
        /// What was asked.
        asked: Asked,
        /// What became of it.
        outcome: ShareOutcome,
    },
}

/// What was asked of a share.
#[derive(Clone, Debug)]
pub struct Asked {
    /// By whom.
    pub client: PrincipalName,
    /// Its name.
    pub share: Arc<str>,
    /// What for.
    pub wanted: Access,
}

/// Why a share opens or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShareOutcome {
    /// An entry gives it.
    Granted {
        /// To whom.
        entry: Arc<str>,
    },
    /// An entry denies it.
    Denied {
        /// To whom.
        entry: Arc<str>,
    },
    /// No entry gives it.
    NoEntry,
    /// There is no such share.
    Unknown,
}

impl fmt::Display for ServerDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted { client, etype } => {
                write!(
                    f,
                    "{client} proved to have the session key of a ticket under {etype}"
                )
            }
            Self::NtlmAccepted { user } => write!(f, "{user} proved to know the NT hash: this was NTLM"),
            Self::NoPac => f.write_str("the ticket has no PAC: the client is nobody's member"),
            Self::Pac { sids } => write!(f, "the PAC is signed with the server's key and makes {sids} SIDs"),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Share {
                asked:
                    Asked {
                        client,
                        share,
                        wanted,
                    },
                outcome,
            } => {
                let wanted = match wanted {
                    Access::Write => "write to",
                    Access::Read | Access::Deny => "read",
                };
                match outcome {
                    ShareOutcome::Granted { entry } => {
                        write!(f, "{client} is in {entry}, which may {wanted} {share}")
                    }
                    ShareOutcome::Denied { entry } => {
                        write!(f, "{client} is in {entry}, which is denied {share}")
                    }
                    ShareOutcome::NoEntry => write!(f, "{client} is in no group that may {wanted} {share}"),
                    ShareOutcome::Unknown => write!(f, "there is no share {share}"),
                }
            }
        }
    }
}

/// Why a server refused a token.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerRefusal {
    /// The ticket is for another client than the authenticator.
    #[error("the ticket is {ticket}'s, the authenticator {authenticator}'s")]
    AuthenticatorClient {
        /// The client of the ticket.
        ticket: Box<PrincipalName>,
        /// The client of the authenticator.
        authenticator: Box<PrincipalName>,
    },
    /// The authenticator does not open.
    #[error("the authenticator does not open with the session key of the ticket: {0}")]
    AuthenticatorKey(OpenError),
    /// The authenticator was seen before.
    #[error("this authenticator was seen before")]
    AuthenticatorRepeated,
    /// The authenticator is of another time.
    #[error("authenticator: {0}")]
    AuthenticatorSkew(Skew),
    /// The PAC is not one.
    #[error("{0}")]
    BadPac(Box<PacError>),
    /// The PAC is not signed with the server's key.
    #[error("{0}")]
    BadPacSignature(Box<SignatureError>),
    /// The octets are no token.
    #[error("{0}")]
    Malformed(Box<DecodeError>),
    /// The session key cannot be used, or the server has no key of the ticket's type.
    #[error("{0}")]
    SessionKey(SessionKeyError),
    /// The ticket has ended.
    #[error("the ticket ended at {endtime}, and it is {now}")]
    TicketEnded {
        /// When.
        endtime: KerberosTime,
        /// What time it is here.
        now: Timestamp,
    },
    /// No key of the server opens the ticket.
    #[error("no key of this server opens the ticket for {sname} ({}): {error}", .kvno.map_or_else(|| "no kvno".to_owned(), |kvno| format!("kvno {kvno}")))]
    TicketKey {
        /// For whom the ticket is.
        sname: Box<PrincipalName>,
        /// Version that it names.
        kvno: Option<Kvno>,
        /// What the last try said.
        error: OpenError,
    },
    /// The ticket is not valid yet.
    #[error("the ticket is valid from {starttime}, and it is {now}")]
    TicketNotYetValid {
        /// From when.
        starttime: KerberosTime,
        /// What time it is here.
        now: Timestamp,
    },
    /// A negotiation token without Kerberos.
    #[error("the client offers {offered} mechanisms, and none of them is Kerberos")]
    Mechanism {
        /// How many it offers.
        offered: usize,
    },
    /// A response without a token, which leads nowhere.
    #[error("expected a NegTokenResp with a token, came one without")]
    NegotiationToken,
    /// The message that only servers send.
    #[error("expected NTLM message 1 or 3 of a client, came 2, a server's challenge")]
    NtlmChallenge,
    /// Octets that are no message of NTLM.
    #[error("{0}")]
    NtlmMessage(NtlmError),
    /// Nobody can be asked.
    #[error("no domain controller can be asked about an NTLM logon")]
    NtlmNoDomainController,
    /// The user's policy keeps the user to certain devices, and NTLM shows none.
    #[error("policy {policy} keeps {user} to certain devices, and NTLM shows none")]
    NtlmPolicyFrom {
        /// sAMAccountName.
        user: Arc<str>,
        /// The policy.
        policy: Arc<str>,
    },
    /// The server's policy does not let the user in.
    #[error("policy {policy} of this server does not let {user} in")]
    NtlmPolicyTo {
        /// sAMAccountName.
        user: Arc<str>,
        /// The policy.
        policy: Arc<str>,
    },
    /// The proof was made with another hash, for another challenge, or for nobody.
    #[error("the NTLM proof of {user} fits no account and open challenge")]
    NtlmProof {
        /// As the client says.
        user: Arc<str>,
    },
    /// The user is in Protected Users.
    #[error("{user} is in Protected Users, who have no NTLM")]
    NtlmProtectedUser {
        /// sAMAccountName.
        user: Arc<str>,
    },
    /// The account may not log on.
    #[error("{user} may not log on: {status}")]
    NtlmRestricted {
        /// sAMAccountName.
        user: Arc<str>,
        /// Why.
        status: NtStatus,
    },
    /// The user may log on at other machines only.
    #[error("{user} may log on at {allowed}, came {}", if .named.is_empty() { "no workstation" } else { .named })]
    NtlmWorkstation {
        /// sAMAccountName.
        user: Arc<str>,
        /// The machine that the client says it is.
        named: Arc<str>,
        /// Where the user may log on.
        allowed: Arc<str>,
    },
    /// A token that does not begin a session.
    #[error("expected a token with an AP-REQ, came {id:?}")]
    TokenId {
        /// What came.
        id: TokenId,
    },
}

impl ServerRefusal {
    /// What the wire gets to see.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::AuthenticatorClient { .. } => ErrorCode::BADMATCH,
            Self::AuthenticatorKey(_) => ErrorCode::BAD_INTEGRITY,
            Self::AuthenticatorRepeated => ErrorCode::REPEAT,
            Self::AuthenticatorSkew(_) => ErrorCode::SKEW,
            Self::BadPac(_) | Self::BadPacSignature(_) | Self::TicketKey { .. } => ErrorCode::MODIFIED,
            Self::Malformed(_)
            | Self::Mechanism { .. }
            | Self::NegotiationToken
            | Self::NtlmChallenge
            | Self::NtlmMessage(_)
            | Self::NtlmNoDomainController
            | Self::NtlmPolicyFrom { .. }
            | Self::NtlmPolicyTo { .. }
            | Self::NtlmProof { .. }
            | Self::NtlmProtectedUser { .. }
            | Self::NtlmRestricted { .. }
            | Self::NtlmWorkstation { .. } => ErrorCode::GENERIC,
            Self::SessionKey(_) => ErrorCode::ETYPE_NOSUPP,
            Self::TicketEnded { .. } => ErrorCode::TKT_EXPIRED,
            Self::TicketNotYetValid { .. } => ErrorCode::TKT_NYV,
            Self::TokenId { .. } => ErrorCode::MSG_TYPE,
        }
    }

    /// The status with which a session setup ends.
    #[must_use]
    pub const fn status(&self) -> NtStatus {
        match self {
            Self::NtlmMessage(_) => NtStatus::INVALID_PARAMETER,
            Self::NtlmNoDomainController => NtStatus::NO_LOGON_SERVERS,
            Self::NtlmPolicyFrom { .. } | Self::NtlmProtectedUser { .. } => NtStatus::ACCOUNT_RESTRICTION,
            Self::NtlmPolicyTo { .. } => NtStatus::AUTHENTICATION_FIREWALL_FAILED,
            Self::NtlmWorkstation { .. } => NtStatus::INVALID_WORKSTATION,
            Self::NtlmRestricted { status, .. } => *status,
            _ => NtStatus::LOGON_FAILURE,
        }
    }

    /// The rule that refused.
    #[must_use]
    pub const fn rule(&self) -> &'static Rule {
        match self {
            Self::AuthenticatorClient { .. } => &rules::AP_AUTH_CLIENT,
            Self::AuthenticatorKey(_) => &rules::AP_AUTH_KEY,
            Self::AuthenticatorRepeated => &rules::AP_AUTH_REPEAT,
            Self::AuthenticatorSkew(_) => &rules::AP_AUTH_SKEW,
            Self::BadPac(_) | Self::BadPacSignature(_) => &rules::AP_PAC,
            Self::Malformed(_) | Self::NegotiationToken | Self::TokenId { .. } => &rules::AP_TOKEN,
            Self::Mechanism { .. } => &rules::AP_MECHANISM,
            Self::NtlmChallenge | Self::NtlmMessage(_) => &rules::NTLM_MESSAGE,
            Self::NtlmNoDomainController => &rules::NTLM_DC,
            Self::NtlmPolicyFrom { .. } => &rules::NTLM_POLICY_FROM,
            Self::NtlmPolicyTo { .. } => &rules::NTLM_POLICY_TO,
            Self::NtlmProof { .. } => &rules::NTLM_PROOF,
            Self::NtlmProtectedUser { .. } => &rules::NTLM_PROTECTED,
            Self::NtlmRestricted { .. } => &rules::NTLM_STATE,
            Self::NtlmWorkstation { .. } => &rules::NTLM_WORKSTATION,
            Self::SessionKey(_) => &rules::AP_ETYPE,
            Self::TicketEnded { .. } => &rules::AP_TICKET_ENDED,
            Self::TicketKey { .. } => &rules::AP_TICKET_KEY,
            Self::TicketNotYetValid { .. } => &rules::AP_TICKET_STARTED,
        }
    }
}
