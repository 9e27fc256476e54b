//! The owner of the Kerberos server object: AzureADKerberos, krbtgt_AzureAD and the service connection point in AD, the
//! KerberosDomain in tenants, and what is remembered of both.

use std::collections::BTreeMap;
use std::sync::Arc;

use cloud_sim::KerberosDomain;
use kdc_sim::DomainSnapshot;
use kdc_sim::directory::{AccountKind, AccountSpec, KeyRing, KeySet, RodcSpec, Secret, UserAccountControl};
use kerberos::Timestamp;
use kerberos::crypto::Etype;

use crate::cmdlets::{COMPUTER, KRBTGT, RODC_GROUP_RID};
use crate::lab::{self, AZURE_AD_KERBEROS_RID, AZURE_AD_KRBTGT_RID, HalfMade, identity};
use crate::world::World;
use crate::world::action::{ReplicationList, Side};
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

/// What is remembered of the objects, as far as directories and tenants do not show it. Most worlds have none of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct KerberosServers(Arc<Records>);

#[derive(Clone, Debug, Default)]
struct Records {
    /// When and where keys were set, by the index of the domain.
    directory: BTreeMap<usize, DirectoryRecord>,
    /// When keys reached a tenant, by the indices of tenant and domain.
    published: BTreeMap<(usize, usize), PublishedRecord>,
}

impl KerberosServers {
    fn change(&mut self) -> &mut Records {
        Arc::make_mut(&mut self.0)
    }
}

/// The AD half's history.
#[derive(Clone, Debug)]
pub(crate) struct DirectoryRecord {
    pub(crate) key_updated_on: Timestamp,
    /// DNS name of the DC, its host name in upper case.
    pub(crate) key_updated_from: Arc<str>,
    /// The highest key version there has been: a new object does not start over, its keys would be the old ones.
    pub(crate) last_version: u32,
    /// How often an object was made.
    pub(crate) made: u32,
    /// When the computer was made without a password, on one of several DCs.
    pub(crate) computer_made: Option<Timestamp>,
}

/// A tenant's half's history.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PublishedRecord {
    pub(crate) key_updated_on: Timestamp,
    /// Whether `-SetupCloudTrust` was used.
    pub(crate) trust: bool,
}

impl World {
    /// The Kerberos server object of a domain as the directory has it now: key number and keys.
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

    pub(crate) fn published_record(&self, tenant: usize, domain: usize) -> PublishedRecord {
        let known = self.kerberos_servers.0.published.get(&(tenant, domain));
        known.copied().unwrap_or_else(|| PublishedRecord {
            key_updated_on: self.lab().lab().clock - MADE_BEFORE,
            trust: false,
        })
    }

    /// `DC01.ad.fernhill.example`: the first DC of a domain, on which keys are set.
    pub(crate) fn first_dc_of(&self, domain: usize) -> Arc<str> {
        let lab = self.lab().lab();
        let found = lab.domains.get_index(domain).and_then(|(name, declared)| {
            let dc = lab.dcs.values().find(|dc| dc.domain == *name && dc.writable)?;
            Some(format!("{}.{}", dc.host, declared.dns_name))
        });
        found.unwrap_or_default().into()
    }

    /// Notes that the keys of a domain were set now.
    pub(crate) fn note_keys_set(&mut self, domain: usize, version: u32) {
        let mut record = self.directory_record(domain);
        record.key_updated_on = self.now();
        record.key_updated_from = self.first_dc_of(domain);
        record.last_version = record.last_version.max(version);
        self.kerberos_servers.change().directory.insert(domain, record);
    }

    /// Makes the whole object in AD, or completes a half-made one. New objects have new numbers and new keys.
    pub(crate) fn make_whole(&mut self, domain: usize) -> Result<(), ActionError> {
        self.remove_from_directory(domain)?;
        let mut record = self.directory_record(domain);
        let lab = Arc::clone(self.lab());
        let lab = lab.lab();
        let (name, dns_name) = match lab.domains.get_index(domain) {
            Some((name, declared)) => (name.as_str(), declared.dns_name.as_str()),
            None => ("", ""),
        };
        let declared = lab.kerberos_servers.get(name);
        let (number, version) = match (record.made, declared) {
            (0, Some(server)) => (server.number, server.key_version),
            (made, _) => (
                free_number(lab.seed, dns_name, made),
                next_version(lab.seed, dns_name, record.last_version),
            ),
        };
        let keys = KeyRing::new(lab::server_keys(lab, dns_name, version));
        let mut rodc = RodcSpec::azure_ad_kerberos(number, AZURE_AD_KERBEROS_RID, AZURE_AD_KRBTGT_RID, keys);
        if let Some(server) = declared {
            let account = |name: &String| {
                let user = lab.users.get(name);
                user.map_or(name.as_str(), |user| &user.sam).into()
            };
            rodc.reveal = server.allow.iter().map(account).collect();
            rodc.never_reveal = server.deny.iter().map(account).collect();
        }
        self.change_domain(domain, |builder| {
            builder.rodc(rodc);
        })?;
        record.made += 1;
        record.computer_made = None;
        self.kerberos_servers.change().directory.insert(domain, record);
        self.note_keys_set(domain, version);
        Ok(())
    }

    /// Makes what is left when the work broke off in the middle.
    pub(crate) fn make_half(&mut self, domain: usize, half: HalfMade) -> Result<(), ActionError> {
        self.change_domain(domain, |builder| {
            // an RODC's control without the link that would make it one
            let mut computer = AccountSpec::user(&format!("{COMPUTER}$"), AZURE_AD_KERBEROS_RID);
            computer.kind = AccountKind::Computer;
            computer.control = UserAccountControl::RODC;
            computer.primary_group = RODC_GROUP_RID;
            builder.account(computer, Secret::Keys(KeyRing::new(KeySet::from_keys(1, "", []))));
            if half == HalfMade::NumberZero {
                let user = AccountSpec::user(KRBTGT, AZURE_AD_KRBTGT_RID)
                    .with_control(UserAccountControl::ACCOUNT_DISABLED);
                builder.account(user, Secret::Keys(KeyRing::new(KeySet::from_keys(1, "", []))));
            }
        })?;
        let mut record = self.directory_record(domain);
        record.computer_made = Some(self.now());
        self.kerberos_servers.change().directory.insert(domain, record);
        Ok(())
    }

    /// Removes whatever of the object is in AD; whether there was anything.
    pub(crate) fn remove_from_directory(&mut self, domain: usize) -> Result<bool, ActionError> {
        let half = self.directory_half(domain);
        // what is remembered of the object outlives it
        let record = self.directory_record(domain);
        match half {
            DirectoryHalf::Nothing => return Ok(false),
            DirectoryHalf::Whole { number, .. } => self.change_domain(domain, |builder| {
                builder.remove_rodc(number);
            })?,
            DirectoryHalf::ComputerOnly | DirectoryHalf::NumberZero => {
                self.change_domain(domain, |builder| {
                    builder.remove_account(&format!("{COMPUTER}$"));
                    builder.remove_account(KRBTGT);
                })?
            }
        }
        self.kerberos_servers.change().directory.insert(domain, record);
        Ok(true)
    }

    /// New keys for the object in AD. `keep` earlier ones stay good.
    pub(crate) fn set_new_keys(&mut self, domain: usize, keep: usize) -> Result<(), ActionError> {
        let DirectoryHalf::Whole { number, version } = self.directory_half(domain) else {
            return Ok(());
        };
        let lab = Arc::clone(self.lab());
        let dns_name = Arc::clone(match self.domains().get(domain) {
            Some(snapshot) => snapshot.dns_name(),
            None => return Ok(()),
        });
        let next = next_version(lab.lab().seed, &dns_name, version);
        let keys = lab::server_keys(lab.lab(), &dns_name, next);
        self.change_domain(domain, |builder| {
            if let Some(rodc) = builder.rodc_mut(number) {
                rodc.keys = rodc.keys.rotated(keys, keep);
            }
        })?;
        self.note_keys_set(domain, next);
        Ok(())
    }

    /// Hands the keys that AD holds to a tenant.
    pub(crate) fn publish_to(&mut self, domain: usize, tenant: usize, trust: bool) {
        let DirectoryHalf::Whole { number, version } = self.directory_half(domain) else {
            return;
        };
        let Some(snapshot) = self.domains().get(domain).cloned() else {
            return;
        };
        let keys = snapshot
            .rodc(number)
            .map(|rodc| rodc.krbtgt.keys.current().clone());
        let Some(key) = keys.and_then(|keys| keys.key(Etype::Aes256CtsHmacSha196).cloned()) else {
            return;
        };
        let half = KerberosDomain {
            dns_name: snapshot.dns_name().to_string(),
            realm: snapshot.realm().to_string(),
            netbios_name: snapshot.netbios().to_string(),
            number,
            key_version: version,
            key,
        };
        self.change_tenant(tenant, |tenant| {
            *tenant = tenant.clone().with_kerberos_domain(half);
        });
        let record = PublishedRecord {
            key_updated_on: self.directory_record(domain).key_updated_on,
            trust: trust || self.published_record(tenant, domain).trust,
        };
        self.kerberos_servers
            .change()
            .published
            .insert((tenant, domain), record);
    }

    /// Enables or disables krbtgt_AzureAD.
    pub(crate) fn set_server_account_enabled(
        &mut self,
        domain: usize,
        enabled: bool,
    ) -> Result<(), ActionError> {
        let DirectoryHalf::Whole { number, .. } = self.directory_half(domain) else {
            return Ok(());
        };
        self.change_domain(domain, |builder| {
            if let Some(rodc) = builder.rodc_mut(number) {
                rodc.krbtgt_enabled = enabled;
            }
        })
    }

    /// Removes a tenant's half; whether there was one.
    pub(crate) fn unpublish(&mut self, domain: usize, tenant: usize) -> bool {
        let Some(name) = self
            .domains()
            .get(domain)
            .map(|domain| domain.dns_name().to_lowercase())
        else {
            return false;
        };
        let mut there = false;
        self.change_tenant(tenant, |tenant| {
            there = tenant.kerberos_domains.remove(&name).is_some()
        });
        self.kerberos_servers.change().published.remove(&(tenant, domain));
        there
    }

    pub(in crate::world) fn rotate(&mut self, domain: &Arc<str>, side: Side) -> Result<(), ActionError> {
        let index = self.domain_index(domain)?;
        let snapshot = self.domains()[index].clone();
        let missing = || ActionError::NoKerberosServer {
            domain: Arc::clone(domain),
        };
        let (number, version) = self.kerberos_server(&snapshot).ok_or_else(missing)?;
        let keys = lab::server_keys(self.lab.lab(), snapshot.dns_name(), version.saturating_add(1));
        if side != Side::Cloud {
            let next = keys.clone();
            let version = next.version;
            self.change_domain(index, |builder| {
                if let Some(rodc) = builder.rodc_mut(number) {
                    rodc.keys = rodc.keys.rotated(next, OLD_KEYS);
                }
            })?;
            self.note_keys_set(index, version);
        }
        if side != Side::OnPremises {
            self.publish_keys(index, number, &KeyRing::new(keys), None)?;
        }
        Ok(())
    }

    /// Every tenant that holds the domain's key gets another one; the named or own tenant gets it in any case.
    fn publish_keys(
        &mut self,
        domain: usize,
        number: u16,
        keys: &KeyRing,
        tenant: Option<&Arc<str>>,
    ) -> Result<(), ActionError> {
        let snapshot = self.domains()[domain].clone();
        let tenant = self.tenant_of_domain(domain, tenant)?;
        let keys = keys.current();
        let Some(key) = keys.key(Etype::Aes256CtsHmacSha196) else {
            return Ok(());
        };
        let published = KerberosDomain {
            dns_name: snapshot.dns_name().to_string(),
            realm: snapshot.realm().to_string(),
            netbios_name: snapshot.netbios().to_string(),
            number,
            key_version: keys.version,
            key: key.clone(),
        };
        self.change_tenant(tenant, |tenant| {
            *tenant = tenant.clone().with_kerberos_domain(published);
        });
        Ok(())
    }

    pub(in crate::world) fn publish(
        &mut self,
        domain: &Arc<str>,
        tenant: Option<&Arc<str>>,
    ) -> Result<(), ActionError> {
        let index = self.domain_index(domain)?;
        let (number, keys) = match self.kerberos_server(&self.domains()[index]) {
            Some((number, _)) => {
                let mut builder = self.domains()[index].to_builder();
                let keys = builder.rodc_mut(number).map(|rodc| rodc.keys.clone());
                (
                    number,
                    keys.ok_or_else(|| ActionError::NoKerberosServer {
                        domain: Arc::clone(domain),
                    })?,
                )
            }
            None => self.make_server(index)?,
        };
        self.publish_keys(index, number, &keys, tenant)
    }

    /// Makes the objects in AD, with the lab's number and key version where it gives them.
    fn make_server(&mut self, index: usize) -> Result<(u16, KeyRing), ActionError> {
        let lab = Arc::clone(&self.lab);
        let name = lab
            .lab()
            .domains
            .get_index(index)
            .map(|(name, _)| name.as_str())
            .unwrap_or_default();
        let declared = lab.lab().kerberos_servers.get(name);
        let number = declared.map_or(FIRST_FREE_NUMBER, |server| server.number);
        let version = declared.map_or(1, |server| server.key_version);
        let dns_name = Arc::clone(self.domains()[index].dns_name());
        let keys = KeyRing::new(lab::server_keys(lab.lab(), &dns_name, version));
        let mut rodc =
            RodcSpec::azure_ad_kerberos(number, AZURE_AD_KERBEROS_RID, AZURE_AD_KRBTGT_RID, keys.clone());
        if let Some(server) = declared {
            let account = |name: &String| {
                lab.lab()
                    .users
                    .get(name)
                    .map_or(name, |user| &user.sam)
                    .as_str()
                    .into()
            };
            rodc.reveal = server.allow.iter().map(account).collect();
            rodc.never_reveal = server.deny.iter().map(account).collect();
        }
        self.change_domain(index, |builder| {
            builder.rodc(rodc);
        })?;
        Ok((number, keys))
    }

    pub(in crate::world) fn remove_server(
        &mut self,
        domain: &Arc<str>,
        side: Side,
    ) -> Result<(), ActionError> {
        let index = self.domain_index(domain)?;
        if side != Side::Cloud
            && let Some((number, _)) = self.kerberos_server(&self.domains()[index])
        {
            self.change_domain(index, |builder| {
                builder.remove_rodc(number);
            })?;
        }
        if side != Side::OnPremises {
            let tenant = self.tenant_of_domain(index, None)?;
            self.change_tenant(tenant, |tenant| {
                tenant.kerberos_domains.remove(&domain.to_ascii_lowercase());
            });
        }
        Ok(())
    }

    pub(in crate::world) fn change_policy(
        &mut self,
        domain: &Arc<str>,
        list: ReplicationList,
        member: &Arc<str>,
        present: bool,
    ) -> Result<(), ActionError> {
        let index = self.domain_index(domain)?;
        let missing = || ActionError::NoKerberosServer {
            domain: Arc::clone(domain),
        };
        let (number, _) = self.kerberos_server(&self.domains()[index]).ok_or_else(missing)?;
        let lab = Arc::clone(&self.lab);
        let member: Arc<str> = lab
            .lab()
            .users
            .get(&**member)
            .map_or_else(|| Arc::clone(member), |user| user.sam.as_str().into());
        self.change_domain(index, |builder| {
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
}

/// For a domain whose lab declares no Kerberos server object.
const FIRST_FREE_NUMBER: u16 = 30_001;

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
