//! The owner of the Kerberos server object: AzureADKerberos, krbtgt_AzureAD and the service connection point in AD, the
//! KerberosDomain in tenants, and what is remembered of both.

use std::collections::BTreeMap;
use std::sync::Arc;

use kdc_sim::directory::{AccountKind, AccountSpec, KeyRing, KeySet, Secret, UserAccountControl};
use kdc_sim::{DomainBuilder, DomainSnapshot};
use kerberos::Timestamp;

use super::accounts::set_disabled;
use crate::cmdlets::{COMPUTER, KRBTGT, RODC_GROUP_RID};
use crate::lab::{self, AZURE_AD_KERBEROS_RID, AZURE_AD_KRBTGT_RID, HalfMade, OtherTenant, identity};
use crate::world::World;
use crate::world::action::ReplicationList;
use crate::world::administration::ActionError;

/// How long before the story the lab's own objects were made.
const MADE_BEFORE: core::time::Duration = core::time::Duration::from_hours(7 * 24);

/// `krbtgt_AzureAD` keeps the key before the present one, as every krbtgt account does.
const OLD_KEYS: usize = 1;

/// What there is in a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DirectoryHalf {
    Nothing,
    /// AzureADKerberos, and no krbtgt_AzureAD.
    ComputerOnly,
    /// Both, and the number is 0.
    NumberZero,
    /// All of it.
    Whole {
        number: u16,
        version: u32,
    },
}

/// What `Set-AzureADKerberosServer` has to do in AD before a tenant gets the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetWork {
    /// There is nothing: the objects are made.
    Create,
    /// There is half an object: it is completed.
    Complete,
    /// The object is another tenant's: it gets keys that the other tenant does not know.
    TakeOver,
    /// The object gets new keys.
    Rotate,
    /// The object stays as it is.
    Keep,
}

/// What is remembered of the objects, as far as directories and tenants do not show it. Most worlds have none of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct KerberosServers(Arc<Records>);

#[derive(Clone, Debug, Default)]
struct Records {
    /// When and where keys were set, by the index of the domain.
    directory: BTreeMap<usize, DirectoryRecord>,
    /// When the key that a tenant holds was set, by the indices of tenant and domain.
    published: BTreeMap<(usize, usize), Timestamp>,
}

/// The AD half's history.
#[derive(Clone, Debug)]
pub(crate) struct DirectoryRecord {
    pub(crate) key_updated_on: Timestamp,
    /// DNS name of the DC, its host name in upper case.
    pub(crate) key_updated_from: Arc<str>,
    /// The highest key version there has been on either side: no new key may be an old one.
    pub(crate) last_version: u32,
    /// How often an object was made.
    pub(crate) made: u32,
    /// When the computer was made without a password, on one of several DCs.
    pub(crate) computer_made: Option<Timestamp>,
}

/// What there is.
impl World {
    /// The Kerberos server object of a domain as the directory has it now: key number and key version.
    pub(crate) fn kerberos_server(&self, domain: &DomainSnapshot) -> Option<(u16, u32)> {
        let object = domain.rodcs().find(|rodc| {
            rodc.computer
                .as_ref()
                .is_some_and(|computer| computer.name.starts_with("AzureADKerberos"))
        })?;
        Some((object.number, object.krbtgt.keys.current().version))
    }

    /// What the directory of a domain holds.
    pub(crate) fn directory_half(&self, domain: usize) -> DirectoryHalf {
        let Some(snapshot) = self.domains().get(domain) else {
            return DirectoryHalf::Nothing;
        };
        if let Some((number, version)) = self.kerberos_server(snapshot) {
            return DirectoryHalf::Whole { number, version };
        }
        match (
            snapshot.account(&format!("{COMPUTER}$")).is_some(),
            snapshot.account(KRBTGT).is_some(),
        ) {
            (false, _) => DirectoryHalf::Nothing,
            (true, false) => DirectoryHalf::ComputerOnly,
            (true, true) => DirectoryHalf::NumberZero,
        }
    }

    /// Whether a tenant holds a key of a domain.
    fn holds_key(&self, tenant: usize, domain: usize) -> bool {
        let tenant = self.tenants().get(tenant);
        let domain = self.domains().get(domain);
        tenant
            .zip(domain)
            .is_some_and(|((tenant, _), domain)| tenant.kerberos_domain(domain.dns_name()).is_some())
    }

    pub(crate) fn directory_record(&self, domain: usize) -> DirectoryRecord {
        let known = self.kerberos_servers.0.directory.get(&domain);
        known.cloned().unwrap_or_else(|| {
            let version = match self.directory_half(domain) {
                DirectoryHalf::Whole { version, .. } => version,
                _ => 0,
            };
            DirectoryRecord {
                key_updated_on: self.lab().lab().clock - MADE_BEFORE,
                key_updated_from: self.first_dc_of(domain),
                last_version: version,
                made: u32::from(version > 0),
                computer_made: None,
            }
        })
    }

    /// When the key that a tenant holds of a domain was set.
    pub(crate) fn cloud_key_updated_on(&self, tenant: usize, domain: usize) -> Timestamp {
        let known = self.kerberos_servers.0.published.get(&(tenant, domain));
        known
            .copied()
            .unwrap_or_else(|| self.lab().lab().clock - MADE_BEFORE)
    }

    /// What `Set-AzureADKerberosServer` against a tenant has to do in AD.
    ///
    /// # Errors
    /// The object is another tenant's, and the lab says that it is not taken over.
    fn set_work(&self, domain: usize, tenant: usize, rotate: bool) -> Result<SetWork, ActionError> {
        Ok(match self.directory_half(domain) {
            DirectoryHalf::Nothing => SetWork::Create,
            DirectoryHalf::ComputerOnly | DirectoryHalf::NumberZero => SetWork::Complete,
            DirectoryHalf::Whole { .. } if self.is_anothers(domain, tenant) => {
                match self.lab().lab().administration.other_tenant {
                    OtherTenant::Refuse => return Err(ActionError::AnotherTenants),
                    OtherTenant::ReKey => SetWork::TakeOver,
                }
            }
            DirectoryHalf::Whole { .. } if rotate => SetWork::Rotate,
            DirectoryHalf::Whole { .. } => SetWork::Keep,
        })
    }

    /// Whether other tenants hold the key of a domain, and this one does not.
    fn is_anothers(&self, domain: usize, tenant: usize) -> bool {
        let mut others = 0..self.tenants().len();
        !self.holds_key(tenant, domain) && others.any(|other| self.holds_key(other, domain))
    }

    /// `DC01.ad.fernhill.example`: the first DC of a domain, on which keys are set.
    fn first_dc_of(&self, domain: usize) -> Arc<str> {
        let lab = self.lab().lab();
        let found = lab.domains.get_index(domain).and_then(|(name, declared)| {
            let dc = lab.dcs.values().find(|dc| dc.domain == *name && dc.writable)?;
            Some(format!("{}.{}", dc.host, declared.dns_name))
        });
        found.unwrap_or_default().into()
    }
}

/// What is done to it.
impl World {
    /// `Set-AzureADKerberosServer`: brings AD's half about and gives its key to a tenant. Before each of the two, the caller
    /// says whether it may be done; what AD has by then stays when the tenant's half may not.
    ///
    /// # Errors
    /// The caller's, or a directory refuses.
    pub(crate) fn set_kerberos_server<E: From<ActionError>>(
        &mut self,
        (domain, tenant): (usize, usize),
        rotate: bool,
        may_write: impl FnOnce(&mut Self, SetWork) -> Result<(), E>,
        may_publish: impl FnOnce(&Self) -> Result<(), E>,
    ) -> Result<(), E> {
        let work = self.set_work(domain, tenant, rotate)?;
        may_write(self, work)?;
        match work {
            SetWork::Create | SetWork::Complete => self.create_in_directory(domain)?,
            SetWork::TakeOver => self.set_directory_keys(domain, 0)?,
            SetWork::Rotate => self.set_directory_keys(domain, OLD_KEYS)?,
            SetWork::Keep => {}
        }
        may_publish(self)?;
        Ok(self.publish(domain, tenant)?)
    }

    /// `Remove-AzureADKerberosServer`: AD's half first, then that of a tenant. Before each of the two, where it is there, the
    /// caller says whether it may be done.
    ///
    /// # Errors
    /// The caller's, or a directory refuses.
    pub(crate) fn remove_kerberos_server<E: From<ActionError>>(
        &mut self,
        (domain, tenant): (usize, usize),
        may_remove: impl FnOnce(&Self) -> Result<(), E>,
        may_withdraw: impl FnOnce(&Self) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.directory_half(domain) != DirectoryHalf::Nothing {
            may_remove(self)?;
            self.remove_from_directory(domain)?;
        }
        if self.holds_key(tenant, domain) {
            may_withdraw(self)?;
            self.withdraw_from_tenant(domain, tenant);
        }
        Ok(())
    }

    /// Gives the object in AD new keys and no tenant any, as other tools do.
    ///
    /// # Errors
    /// There is no whole object.
    pub(crate) fn rotate_in_directory(&mut self, domain: usize) -> Result<(), ActionError> {
        self.set_directory_keys(domain, OLD_KEYS)
    }

    /// Gives a tenant a key that AD does not have.
    ///
    /// # Errors
    /// There is no whole object in AD.
    pub(crate) fn rotate_in_tenant(&mut self, domain: usize, tenant: usize) -> Result<(), ActionError> {
        let (number, _) = self.whole(domain)?;
        let keys = self.next_keys(domain);
        let mut record = self.directory_record(domain);
        record.last_version = keys.version;
        self.remember(domain, record);
        self.set_tenant_half(domain, tenant, (number, &keys), self.now());
        Ok(())
    }

    /// Leaves half an object, as work that broke off in the middle does.
    ///
    /// # Errors
    /// The directory refuses.
    pub(crate) fn leave_half_made(&mut self, domain: usize, half: HalfMade) -> Result<(), ActionError> {
        self.change_domain(domain, |builder| {
            // an RODC's control without the link that would make it one
            let mut computer = AccountSpec::user(&format!("{COMPUTER}$"), AZURE_AD_KERBEROS_RID);
            computer.kind = AccountKind::Computer;
            computer.control = UserAccountControl::RODC;
            computer.primary_group = RODC_GROUP_RID;
            builder.account(computer, no_keys());
            if half == HalfMade::NumberZero {
                let user = AccountSpec::user(KRBTGT, AZURE_AD_KRBTGT_RID);
                builder.account(user.with_control(UserAccountControl::ACCOUNT_DISABLED), no_keys());
            }
        })?;
        let mut record = self.directory_record(domain);
        record.computer_made = Some(self.now());
        self.remember(domain, record);
        Ok(())
    }

    /// Removes whatever of the object is in AD.
    ///
    /// # Errors
    /// The directory refuses.
    pub(crate) fn remove_from_directory(&mut self, domain: usize) -> Result<(), ActionError> {
        let half = self.directory_half(domain);
        if half == DirectoryHalf::Nothing {
            return Ok(());
        }
        // what is remembered of the object outlives it
        let record = self.directory_record(domain);
        self.change_domain(domain, |builder| remove(builder, half))?;
        self.remember(domain, record);
        Ok(())
    }

    /// Removes a tenant's half.
    pub(crate) fn withdraw_from_tenant(&mut self, domain: usize, tenant: usize) {
        let Some(name) = self
            .domains()
            .get(domain)
            .map(|domain| Arc::clone(domain.dns_name()))
        else {
            return;
        };
        self.change_tenant(tenant, |tenant| {
            *tenant = tenant.clone().without_kerberos_domain(&name);
        });
        let records = Arc::make_mut(&mut self.kerberos_servers.0);
        records.published.remove(&(tenant, domain));
    }

    /// Puts a user or group on a list of the password replication policy, or takes it off. `member` is a user of the lab, or the
    /// sAMAccountName of a group.
    ///
    /// # Errors
    /// There is no whole object, or the directory does not know the member.
    pub(crate) fn change_replication_policy(
        &mut self,
        domain: usize,
        list: ReplicationList,
        member: &Arc<str>,
        present: bool,
    ) -> Result<(), ActionError> {
        let (number, _) = self.whole(domain)?;
        let member = self.principal_name(member);
        self.change_domain(domain, |builder| {
            let Some(rodc) = builder.rodc_mut(number) else {
                return;
            };
            let entries = match list {
                ReplicationList::Allowed => &mut rodc.reveal,
                ReplicationList::Denied => &mut rodc.never_reveal,
            };
            entries.retain(|entry| !entry.eq_ignore_ascii_case(&member));
            if present {
                entries.push(member);
            }
        })
    }

    /// Enables or disables krbtgt_AzureAD, if it is there.
    ///
    /// # Errors
    /// The directory refuses.
    pub(crate) fn set_krbtgt_enabled(&mut self, domain: usize, enabled: bool) -> Result<(), ActionError> {
        match self.directory_half(domain) {
            DirectoryHalf::Nothing | DirectoryHalf::ComputerOnly => Ok(()),
            DirectoryHalf::NumberZero => {
                self.change_domain(domain, |builder| set_disabled(builder, KRBTGT, !enabled))
            }
            DirectoryHalf::Whole { number, .. } => self.change_domain(domain, |builder| {
                if let Some(rodc) = builder.rodc_mut(number) {
                    rodc.krbtgt_enabled = enabled;
                }
            }),
        }
    }
}

/// How it is done.
impl World {
    /// Makes the objects in AD in place of whatever is left of others. New objects have new numbers and new keys.
    fn create_in_directory(&mut self, domain: usize) -> Result<(), ActionError> {
        let half = self.directory_half(domain);
        let mut record = self.directory_record(domain);
        let lab = Arc::clone(self.lab());
        let lab = lab.lab();
        let name = lab.domains.get_index(domain).map_or("", |(name, _)| name);
        // a tenant that still has a key of an earlier object does not make this one the same
        let is_first =
            record.made == 0 && (0..lab.tenants.len()).all(|tenant| !self.holds_key(tenant, domain));
        let (number, keys) = match lab.kerberos_servers.get(name) {
            Some(server) if is_first => (
                server.number,
                lab::server_keys(lab, self.dns_name(domain), server.key_version),
            ),
            _ => (
                free_number(lab.seed, self.dns_name(domain), record.made),
                self.next_keys(domain),
            ),
        };
        let version = keys.version;
        let rodc = lab::kerberos_server_account(lab, name, number, keys, |name| self.principal_name(name));
        self.change_domain(domain, |builder| {
            remove(builder, half);
            builder.rodc(rodc);
        })?;
        record.made += 1;
        record.computer_made = None;
        self.remember(domain, record);
        self.note_keys_set(domain, version);
        Ok(())
    }

    /// New keys for the object in AD. `keep` earlier ones stay good.
    fn set_directory_keys(&mut self, domain: usize, keep: usize) -> Result<(), ActionError> {
        let (number, _) = self.whole(domain)?;
        let keys = self.next_keys(domain);
        let version = keys.version;
        self.change_domain(domain, |builder| {
            if let Some(rodc) = builder.rodc_mut(number) {
                rodc.keys = rodc.keys.rotated(keys, keep);
            }
        })?;
        self.note_keys_set(domain, version);
        Ok(())
    }

    /// Gives a tenant the key that AD holds.
    fn publish(&mut self, domain: usize, tenant: usize) -> Result<(), ActionError> {
        let (number, _) = self.whole(domain)?;
        let keys = self.domains()[domain]
            .rodc(number)
            .map(|rodc| rodc.krbtgt.keys.current().clone());
        if let Some(keys) = keys {
            let updated_on = self.directory_record(domain).key_updated_on;
            self.set_tenant_half(domain, tenant, (number, &keys), updated_on);
        }
        Ok(())
    }

    fn set_tenant_half(
        &mut self,
        domain: usize,
        tenant: usize,
        (number, keys): (u16, &KeySet),
        updated_on: Timestamp,
    ) {
        let lab = Arc::clone(self.lab());
        let declared = lab.lab().domains.get_index(domain);
        let half = declared.and_then(|(_, declared)| lab::kerberos_domain(declared, number, keys));
        let Some(half) = half else { return };
        self.change_tenant(tenant, |tenant| {
            *tenant = tenant.clone().with_kerberos_domain(half);
        });
        let records = Arc::make_mut(&mut self.kerberos_servers.0);
        records.published.insert((tenant, domain), updated_on);
    }

    /// Notes that the keys in AD were set now.
    fn note_keys_set(&mut self, domain: usize, version: u32) {
        let mut record = self.directory_record(domain);
        record.key_updated_on = self.now();
        record.key_updated_from = self.first_dc_of(domain);
        record.last_version = version;
        self.remember(domain, record);
    }

    fn remember(&mut self, domain: usize, record: DirectoryRecord) {
        let records = Arc::make_mut(&mut self.kerberos_servers.0);
        records.directory.insert(domain, record);
    }

    /// Number and key version of a whole object.
    fn whole(&self, domain: usize) -> Result<(u16, u32), ActionError> {
        match self.directory_half(domain) {
            DirectoryHalf::Whole { number, version } => Ok((number, version)),
            _ => Err(ActionError::NoKerberosServer {
                domain: self.dns_name(domain).into(),
            }),
        }
    }

    /// Keys that neither half has had.
    fn next_keys(&self, domain: usize) -> KeySet {
        let lab = self.lab().lab();
        let last = self.directory_record(domain).last_version;
        let dns_name = self.dns_name(domain);
        lab::server_keys(lab, dns_name, next_version(lab.seed, dns_name, last))
    }

    fn dns_name(&self, domain: usize) -> &str {
        let declared = self.lab().lab().domains.get_index(domain);
        declared.map_or("", |(_, declared)| &declared.dns_name)
    }
}

/// Takes whatever of the object is in AD out of it.
fn remove(builder: &mut DomainBuilder, half: DirectoryHalf) {
    match half {
        DirectoryHalf::Nothing => {}
        DirectoryHalf::Whole { number, .. } => {
            builder.remove_rodc(number);
        }
        DirectoryHalf::ComputerOnly | DirectoryHalf::NumberZero => {
            builder.remove_account(&format!("{COMPUTER}$"));
            builder.remove_account(KRBTGT);
        }
    }
}

fn no_keys() -> Secret {
    Secret::Keys(KeyRing::new(KeySet::from_keys(1, "", [])))
}

/// A key number that no earlier object of the domain had. Which ones Windows takes is not known.
fn free_number(seed: u64, dns_name: &str, made: u32) -> u16 {
    let secret = identity::secret(seed, "key number", &format!("{dns_name}#{made}"));
    u16::from_be_bytes([secret[0], secret[1]]).clamp(1, 65_534)
}

/// The version after `version`. It is a version of replication metadata and jumps; how far is not known.
fn next_version(seed: u64, dns_name: &str, version: u32) -> u32 {
    let secret = identity::secret(seed, "key version", &format!("{dns_name}#{version}"));
    let jump = 500 + u32::from(u16::from_be_bytes([secret[0], secret[1]])) % 1_500;
    version.saturating_add(jump)
}
