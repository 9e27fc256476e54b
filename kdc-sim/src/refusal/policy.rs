//! Refusals by userWorkstations, authentication policies and Protected Users.

use std::fmt;
use std::sync::Arc;

use evidence::decision::Rule;
use kerberos::codes::{ErrorCode, NtStatus};

use super::{ErrorData, WireError};
use crate::directory::{Account, AuthenticationPolicy};
use crate::rules;

/// Why policy keeps an account from a ticket.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PolicyRefusal {
    /// The machine is none of those that the account may sign in at.
    Workstation {
        /// The account.
        account: Arc<Account>,
        /// The machine, if the request names one.
        named: Option<String>,
    },
    /// The device that armored the request, if any, is none of those that the policy allows.
    From {
        /// The account.
        account: Arc<Account>,
        /// Its policy.
        policy: Arc<AuthenticationPolicy>,
        /// Whose TGT the armor is.
        device: Option<Arc<Account>>,
    },
    /// The client is none of those that the policy of a service lets in.
    To {
        /// The client.
        client: Arc<str>,
        /// The service.
        service: Arc<Account>,
        /// Its policy.
        policy: Arc<AuthenticationPolicy>,
    },
    /// A member of Protected Users used RC4.
    ProtectedEtype {
        /// The account.
        account: Arc<Account>,
    },
}

impl PolicyRefusal {
    /// What the wire gets to see.
    pub(super) const fn to_wire(&self) -> WireError {
        let (code, status) = match self {
            Self::Workstation { .. } | Self::From { .. } => {
                (ErrorCode::POLICY, Some(NtStatus::INVALID_WORKSTATION))
            }
            Self::To { .. } => (ErrorCode::POLICY, Some(NtStatus::AUTHENTICATION_FIREWALL_FAILED)),
            Self::ProtectedEtype { .. } => (ErrorCode::ETYPE_NOSUPP, None),
        };
        let data = match status {
            Some(status) => Some(ErrorData::Status(status)),
            None => None,
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
            Self::Workstation { .. } => &rules::AS_WORKSTATION,
            Self::From { .. } => &rules::AUTHN_POLICY_FROM,
            Self::To { .. } => &rules::AUTHN_POLICY_TO,
            Self::ProtectedEtype { .. } => &rules::AS_PROTECTED_ETYPE,
        }
    }
}

impl fmt::Display for PolicyRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workstation { account, named } => {
                let allowed = account.workstations.join(", ");
                write!(
                    f,
                    "{} may sign in at {allowed} alone, and the request ",
                    account.name
                )?;
                match named {
                    Some(name) => write!(f, "comes from {name}"),
                    None => f.write_str("names no machine"),
                }
            }
            Self::From {
                account,
                policy,
                device,
            } => {
                let (name, policy) = (&account.name, &policy.name);
                match device {
                    Some(device) => write!(
                        f,
                        "the authentication policy {policy} of {name} does not allow sign-ins from {}",
                        device.name
                    ),
                    None => write!(
                        f,
                        "the authentication policy {policy} of {name} asks from which device, and the request has no armor"
                    ),
                }
            }
            Self::To {
                client,
                service,
                policy,
            } => write!(
                f,
                "the authentication policy {} of {} allows no ticket for {client}",
                policy.name, service.name
            ),
            Self::ProtectedEtype { account } => write!(
                f,
                "{} is in Protected Users, and proved itself with RC4",
                account.name
            ),
        }
    }
}
