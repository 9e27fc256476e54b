//! What administrators do in Entra and with directory sync, beside the Kerberos server object.

use core::fmt;
use std::sync::Arc;

use crate::lab::SyncedAttributes;

/// One change on the side of the cloud, or of what is synchronised to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloudAction {
    /// Something about an application that takes tickets of the cloud realm.
    ChangeApplication {
        /// The application, as the lab names it.
        app: Arc<str>,
        /// What changes.
        change: ApplicationChange,
    },
    /// `Set-AzureADKerberosServer -SetupCloudTrust`: the Kerberos server object, and a trusted domain object for
    /// KERBEROS.MICROSOFTONLINE.COM in AD, whose key the tenant gets.
    SetupCloudTrust {
        /// DNS name of the AD domain.
        domain: Arc<str>,
        /// Id of the tenant; the domain's own tenant when `None`.
        tenant: Option<Arc<str>>,
        /// Whether the Kerberos server object is made where it is missing; without it, what is left when it was removed again.
        object: bool,
    },
    /// `Remove-AzureADKerberosServerTrustedDomainObject`: both halves of it go.
    RemoveCloudTrust {
        /// DNS name of the AD domain.
        domain: Arc<str>,
    },
    /// A cycle of directory sync: every user in scope has in the tenant what AD has now, users out of scope are gone.
    SyncCycle {
        /// The tenant, as the lab names it.
        tenant: Arc<str>,
    },
    /// An AD account is deleted and made again under its names: it has another SID, and directory sync does not know yet.
    RecreateAccount {
        /// The user, as the lab names it.
        user: Arc<str>,
    },
    /// An AD account gets other names; directory sync does not know yet.
    RenameAccount {
        /// The user, as the lab names it.
        user: Arc<str>,
        /// The new sAMAccountName.
        sam: Arc<str>,
    },
    /// An AD account is moved to another organisational unit; the next cycle of directory sync sees it.
    MoveToOu {
        /// The user, as the lab names it.
        user: Arc<str>,
        /// The organisational unit: `Contractors`.
        ou: Arc<str>,
    },
    /// The attribute filter of directory sync is set for all users of a tenant; the next cycle carries over these alone.
    FilterAttributes {
        /// The tenant, as the lab names it.
        tenant: Arc<str>,
        /// What is carried over.
        attributes: SyncedAttributes,
    },
    /// A domain is verified in a tenant: users whose UPN has this suffix keep it from the next cycle of directory sync on.
    VerifyDomain {
        /// The tenant, as the lab names it.
        tenant: Arc<str>,
        /// The domain: `fernhill-labs.example`.
        domain: Arc<str>,
    },
    /// A tenant is given up: nothing of it answers any more.
    RemoveTenant {
        /// The tenant, as the lab names it.
        tenant: Arc<str>,
    },
}

/// What administrators of a tenant decide about an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplicationChange {
    /// Admin consent is granted or revoked.
    Consent(bool),
    /// Conditional Access demands multifactor authentication for it, or the application is excluded from the policy.
    MfaRequired(bool),
    /// Assignment is required, and these users are assigned; or it is not required.
    Assigned(Option<Vec<Arc<str>>>),
}

impl fmt::Display for CloudAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChangeApplication { app, change } => match change {
                ApplicationChange::Consent(true) => write!(f, "an administrator consents to {app}"),
                ApplicationChange::Consent(false) => write!(f, "the consent to {app} is revoked"),
                ApplicationChange::MfaRequired(true) => {
                    write!(
                        f,
                        "Conditional Access demands multifactor authentication for {app}"
                    )
                }
                ApplicationChange::MfaRequired(false) => {
                    write!(f, "{app} is excluded from Conditional Access")
                }
                ApplicationChange::Assigned(None) => write!(f, "{app} no longer requires assignment"),
                ApplicationChange::Assigned(Some(users)) => {
                    write!(
                        f,
                        "{app} requires assignment, and assigned are: {}",
                        users.join(", ")
                    )
                }
            },
            Self::SetupCloudTrust { domain, .. } => {
                write!(
                    f,
                    "{domain} gets a trusted domain object for KERBEROS.MICROSOFTONLINE.COM"
                )
            }
            Self::RemoveCloudTrust { domain } => {
                write!(
                    f,
                    "the trusted domain object for KERBEROS.MICROSOFTONLINE.COM leaves {domain}"
                )
            }
            Self::SyncCycle { tenant } => write!(f, "a cycle of directory sync brings {tenant} up to date"),
            Self::RecreateAccount { user } => {
                write!(
                    f,
                    "the account of {user} is deleted in AD and made again: it has another SID"
                )
            }
            Self::RenameAccount { user, sam } => write!(f, "the account of {user} is renamed in AD: {sam}"),
            Self::MoveToOu { user, ou } => write!(f, "the account of {user} is moved to the unit {ou} in AD"),
            Self::FilterAttributes { tenant, attributes } => {
                write!(f, "directory sync into {tenant} carries over {attributes}")
            }
            Self::VerifyDomain { tenant, domain } => write!(f, "the domain {domain} is verified in {tenant}"),
            Self::RemoveTenant { tenant } => write!(f, "the tenant {tenant} is given up"),
        }
    }
}
