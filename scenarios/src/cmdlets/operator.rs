//! Who is at the console: as whom AD sees them, what they may do there, and as whom Entra sees them.

use std::sync::Arc;

use kdc_sim::directory::Restriction;

use super::error::Thrown;
use super::state::{Logon, Seat};
use super::value::Credential;
use crate::lab::{CloudRole, identity};
use crate::world::{HostId, Protocol, Role, World};

/// An account that has bound to a directory.
#[derive(Clone, Debug)]
pub(crate) struct DomainIdentity {
    /// The account's domain.
    pub(crate) domain: usize,
    pub(crate) sam: Arc<str>,
    /// Whether the bind used NTLM, as names of the form DOMAIN\user make it.
    pub(crate) ntlm: bool,
}

/// What an account may do in a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rights {
    /// A Domain Admin of that very domain.
    DomainAdmin,
    /// An Enterprise Admin who is no Domain Admin there.
    EnterpriseAdmin,
    /// Neither, or nobody.
    None,
}

/// An account that has signed in to a tenant.
#[derive(Clone, Debug)]
pub(crate) struct CloudIdentity {
    pub(crate) tenant: usize,
    /// Whether it has one of the roles that may change Kerberos settings.
    pub(crate) may_administer: bool,
    pub(crate) upn: Arc<str>,
}

const RID_DOMAIN_ADMINS: u32 = 512;
const RID_ENTERPRISE_ADMINS: u32 = 519;
const RID_PROTECTED_USERS: u32 = 525;

const LDAP: u16 = 389;
/// The endpoint mapper, with which replication of secrets begins.
const RPC: u16 = 135;
const HTTPS: u16 = 443;

impl World {
    /// The domain that `$env:USERDNSDOMAIN` names: that of whoever logged on at the screen.
    pub(crate) fn logon_domain(&self, seat: &Seat) -> Option<usize> {
        let lab = self.lab().lab();
        let user = lab.users.get(&*seat.user)?;
        (seat.logon != Logon::Local)
            .then(|| lab.domains.get_index_of(user.domain.as_ref()?))
            .flatten()
    }

    /// The sign-in name of a user, as the lab names it, in its tenant now.
    pub(super) fn cloud_name_of(&self, user: &str) -> String {
        let id = identity::guid("user", user);
        let mut users = self
            .tenants()
            .iter()
            .flat_map(|(tenant, _)| tenant.users.values());
        let now = users
            .find(|known| known.object_id == id)
            .map(|known| known.upn.clone());
        let declared = || self.lab().lab().users.get(user).map(|user| user.upn.clone());
        now.or_else(declared).unwrap_or_default()
    }

    /// The account that a command works as: the one of `-DomainCredential`, or else whoever is logged on. `None` is a
    /// bind without a name: a remote session has nothing to go on with, and a local account is nobody in the domain.
    ///
    /// # Errors
    /// The bind fails. What the cmdlet then says is not known.
    pub(crate) fn domain_identity(
        &self,
        seat: &Seat,
        credential: Option<&Credential>,
    ) -> Result<Option<DomainIdentity>, Thrown> {
        let Some(credential) = credential else {
            let logged_on = self.account_of_user(&seat.user);
            let Some((domain, account)) = logged_on.filter(|_| seat.logon == Logon::Interactive) else {
                return Ok(None);
            };
            if let Some(barred) = account.restriction(self.now()) {
                return Err(no_longer(&account.name, barred));
            }
            return Ok(Some(DomainIdentity {
                domain,
                sam: Arc::clone(&account.name),
                ntlm: false,
            }));
        };
        let identity = self
            .named_account(seat.host, &credential.user_name)
            .ok_or_else(|| Thrown::lab(NO_BIND))?;
        let account = self
            .domains()
            .get(identity.domain)
            .and_then(|domain| domain.account(&identity.sam));
        let account = account.ok_or_else(|| Thrown::lab(NO_BIND))?;
        let now = self.now();
        let barred = account
            .restriction(now)
            .or_else(|| account.password_restriction(now));
        // NTLM is closed to Protected Users, and a name with a password may end there
        if barred.is_some() || self.is_in(&identity, identity.domain, RID_PROTECTED_USERS) {
            return Err(Thrown::lab(NO_BIND));
        }
        Ok(Some(identity))
    }

    /// `dom@ad.fernhill.example`, `FERNHILL\dom` or `dom`.
    fn named_account(&self, host: HostId, name: &str) -> Option<DomainIdentity> {
        let mut domains = self.domains().iter().enumerate();
        if let Some((netbios, sam)) = name.split_once('\\') {
            let (domain, _) = domains.find(|(_, domain)| {
                domain.netbios().eq_ignore_ascii_case(netbios)
                    || domain.dns_name().eq_ignore_ascii_case(netbios)
            })?;
            return Some(DomainIdentity {
                domain,
                sam: sam.into(),
                ntlm: true,
            });
        }
        let Some((sam, suffix)) = name.rsplit_once('@') else {
            return Some(DomainIdentity {
                domain: self.domain_of_host(host)?,
                sam: name.into(),
                ntlm: true,
            });
        };
        let explicit = domains.find_map(|(index, domain)| {
            let account = domain.account_by_upn(name)?;
            Some((index, Arc::clone(&account.name)))
        });
        let (domain, sam) = explicit.or_else(|| {
            let mut domains = self.domains().iter();
            let index = domains.position(|domain| domain.dns_name().eq_ignore_ascii_case(suffix))?;
            Some((index, sam.into()))
        })?;
        Some(DomainIdentity {
            domain,
            sam,
            ntlm: false,
        })
    }

    /// What an account may do in a domain.
    pub(crate) fn rights_in(&self, identity: Option<&DomainIdentity>, domain: usize) -> Rights {
        let Some(identity) = identity else {
            return Rights::None;
        };
        if identity.domain == domain && self.is_in(identity, domain, RID_DOMAIN_ADMINS) {
            return Rights::DomainAdmin;
        }
        let root = self.forest_root(domain);
        if identity.domain == root && self.is_in(identity, root, RID_ENTERPRISE_ADMINS) {
            return Rights::EnterpriseAdmin;
        }
        Rights::None
    }

    fn is_in(&self, identity: &DomainIdentity, domain: usize, rid: u32) -> bool {
        let group = self
            .domains()
            .get(domain)
            .and_then(|domain| domain.sid().with_rid(rid).ok());
        let account = self
            .domains()
            .get(identity.domain)
            .and_then(|domain| domain.account(&identity.sam));
        account
            .zip(group)
            .is_some_and(|(account, group)| account.token.contains(&group))
    }

    /// The domain at the top of a domain's forest.
    pub(crate) fn forest_root(&self, domain: usize) -> usize {
        let lab = self.lab().lab();
        let mut at = domain;
        // the lab file's check has seen that nobody is their own ancestor
        for _ in 0..lab.domains.len() {
            let parent = lab
                .domains
                .get_index(at)
                .and_then(|(_, declared)| declared.parent.as_ref())
                .and_then(|parent| lab.domains.get_index_of(parent));
            match parent {
                Some(parent) => at = parent,
                None => break,
            }
        }
        at
    }

    /// The domain that a server or DC is a member of.
    pub(crate) fn domain_of_host(&self, host: HostId) -> Option<usize> {
        let lab = self.lab().lab();
        let name = match self.topology().host(host).role {
            Role::DomainController(index) => &lab.dcs.get_index(index.into())?.1.domain,
            Role::Server(index) => &lab.servers.get_index(index.into())?.1.domain,
            Role::Device(index) => lab.devices.get_index(index.into())?.1.domain.as_ref()?,
            _ => return None,
        };
        lab.domains.get_index_of(name)
    }

    /// Whether a writable DC of the domain can be spoken to from a host.
    pub(crate) fn reaches_directory(&self, from: HostId, domain: usize) -> bool {
        self.writable_dcs(domain)
            .iter()
            .any(|dc| *dc == from || self.way_is_open(from, *dc, Protocol::Tcp, LDAP))
    }

    /// Whether secrets can be fetched from such a DC.
    pub(crate) fn reaches_replication(&self, from: HostId, domain: usize) -> bool {
        self.writable_dcs(domain)
            .iter()
            .any(|dc| *dc == from || self.way_is_open(from, *dc, Protocol::Tcp, RPC))
    }

    /// Whether Entra, and with it the internet, can be reached from a host.
    pub(crate) fn reaches_internet(&self, from: HostId) -> bool {
        self.way_is_open(from, crate::world::ENTRA, Protocol::Https, HTTPS)
    }

    /// The running writable DCs of a domain.
    pub(crate) fn writable_dcs(&self, domain: usize) -> Vec<HostId> {
        let lab = self.lab().lab();
        let Some((name, _)) = lab.domains.get_index(domain) else {
            return Vec::new();
        };
        let own = lab.dcs.values().filter(|dc| dc.domain == *name && dc.writable);
        own.filter_map(|dc| self.topology().find(&dc.host))
            .filter(|dc| self.host_state(*dc).is_powered())
            .collect()
    }

    /// Signs in to Entra. With `-CloudCredential` that is a name and a password, which is not enough where a second
    /// factor is wanted; otherwise a window opens, and whoever sits there has the second factor.
    ///
    /// # Errors
    /// AADSTS texts as Entra has them; how the cmdlet wraps them is not known.
    pub(crate) fn cloud_identity(
        &self,
        seat: &Seat,
        upn: &str,
        password_alone: bool,
        endpoint: i64,
    ) -> Result<CloudIdentity, Thrown> {
        if !self.reaches_internet(seat.host) {
            let text = if password_alone {
                "The remote name could not be resolved: 'login.microsoftonline.com'"
            } else {
                "The sign-in window cannot reach login.microsoftonline.com; it was closed."
            };
            return Err(Thrown::lab(text));
        }
        if !password_alone
            && !self
                .console_of(seat.host)
                .is_some_and(|console| console.sign_in_window)
        {
            return Err(Thrown::lab(
                "The sign-in window spins and never asks for anything; it was closed. Entra's sign-in log has no entry.",
            ));
        }
        let mut tenants = self.tenants().iter().enumerate();
        let found = tenants
            .find_map(|(index, (tenant, _))| Some((index, tenant, tenant.user(upn)?)))
            .filter(|_| endpoint == PUBLIC_ENDPOINT);
        let Some((index, tenant, user)) = found else {
            return Err(Thrown::lab(format!(
                "AADSTS50034: The user account {upn} does not exist in the directory. To sign into this application, the \
                 account must be added to the directory."
            )));
        };
        if tenant.given_up {
            return Err(Thrown::lab(format!(
                "AADSTS90002: The tenant of {upn} was not found. There are no active subscriptions for it any more."
            )));
        }
        if !user.enabled {
            return Err(Thrown::lab("AADSTS50057: The user account is disabled."));
        }
        let mut declared = self.lab().lab().users.iter();
        let declared = declared.find(|(name, _)| identity::guid("user", name) == user.object_id);
        if password_alone && declared.is_some_and(|(_, declared)| declared.mfa) {
            return Err(Thrown::lab(
                "AADSTS50076: Due to a configuration change made by your administrator, or because you moved to a new \
                 location, you must use multi-factor authentication to access the resource.",
            ));
        }
        let roles = [
            CloudRole::GlobalAdministrator,
            CloudRole::HybridIdentityAdministrator,
        ];
        Ok(CloudIdentity {
            tenant: index,
            may_administer: declared
                .is_some_and(|(name, _)| roles.iter().any(|role| self.has_role(name, *role))),
            upn: user.upn.as_str().into(),
        })
    }

    /// Whether a user, as the lab names it, has a role now.
    pub(crate) fn has_role(&self, user: &str, role: CloudRole) -> bool {
        let changed = self.administered.roles.get(&(Arc::from(user), role)).copied();
        changed.unwrap_or_else(|| {
            let declared = self.lab().lab().users.get(user);
            declared.is_some_and(|user| user.cloud_roles.contains(&role))
        })
    }
}

/// `0` of `Get-AzureADKerberosServerEndpoint`; the lab's tenants are all there.
const PUBLIC_ENDPOINT: i64 = 0;

const NO_BIND: &str = "The supplied credential is invalid.";

/// What the directory says to an account that was barred while its console was open. The words of products are not known.
fn no_longer(sam: &str, barred: Restriction) -> Thrown {
    let why = match barred {
        Restriction::Disabled => "is disabled",
        Restriction::LockedOut => "is locked out",
        Restriction::Expired { .. } => "has expired",
        Restriction::LogonHours => "may not log on at this hour",
        Restriction::PasswordExpired { .. } | Restriction::PasswordMustChange => "needs a new password",
    };
    Thrown::lab(format!(
        "The directory does not take {sam} any more: the account {why}."
    ))
}
