//! The objects in AD and in the tenant: what is there, and how it is made and removed.

use std::sync::Arc;

use cloud_sim::KerberosDomain;
use evidence::kerberos_server::{CloudTrust, KerberosServer};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use kdc_sim::directory::{AccountSpec, KeyRing, KeySet, RodcSpec, Secret, UserAccountControl};
use kerberos::Timestamp;
use kerberos::crypto::Etype;

use super::state::{DirectoryRecord, PublishedRecord};
use crate::lab::{self, AZURE_AD_KERBEROS_RID, AZURE_AD_KRBTGT_RID, HalfMade, identity};
use crate::world::{ActionError, World};

/// RDN of the computer, and the name of its account but for the dollar sign.
pub(crate) const COMPUTER: &str = "AzureADKerberos";
/// RDN of the user. Its sAMAccountName is `krbtgt_<number>` once it has a number.
pub(crate) const KRBTGT: &str = "krbtgt_AzureAD";
/// RDN of the service connection point below `CN=AzureAD,CN=System`.
pub(crate) const CONNECTION_POINT: &str = "900274c4-b7d2-43c8-90ee-00a9f650e335";

/// RID of Read-only Domain Controllers.
const RODC_GROUP_RID: u32 = 521;
/// How long before the story the lab's own objects were made.
const MADE_BEFORE: core::time::Duration = core::time::Duration::from_hours(7 * 24);

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

/// An object of the directory, as an LDAP browser shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryObject {
    /// Its distinguished name.
    pub dn: String,
    /// Attributes with their values, in order; objectClass first.
    pub attributes: Vec<(&'static str, Vec<String>)>,
}

impl World {
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

    /// Both halves, as `Get-AzureADKerberosServer` against a tenant shows them; without a tenant, the AD half.
    pub fn kerberos_server_rows(&self, domain: usize, tenant: Option<usize>) -> KerberosServer {
        let mut shown = self.directory_rows(domain);
        let Some(snapshot) = self.domains().get(domain) else {
            return shown;
        };
        let published = tenant.and_then(|index| Some((index, self.tenants().get(index)?)));
        let Some((index, half)) = published
            .and_then(|(index, (tenant, _))| Some((index, tenant.kerberos_domain(snapshot.dns_name())?)))
        else {
            return shown;
        };
        let record = self.published_record(index, domain);
        shown.cloud_display_name = Some(format!("krbtgt_{}", half.number));
        shown.cloud_domain_dns_name = Some(half.dns_name.clone());
        shown.cloud_id = Some(half.number.into());
        shown.cloud_key_version = Some(half.key_version);
        shown.cloud_key_updated_on = civil(record.key_updated_on);
        shown.cloud_trust = if record.trust {
            CloudTrust::Shown
        } else {
            CloudTrust::Empty
        };
        shown
    }

    /// A domain and what it has of the objects, if it has any.
    fn directory_objects(&self, domain: usize) -> Option<(&kdc_sim::DomainSnapshot, DirectoryHalf)> {
        let half = self.directory_half(domain);
        let snapshot = self.domains().get(domain)?;
        (half != DirectoryHalf::Nothing).then_some((snapshot, half))
    }

    fn directory_rows(&self, domain: usize) -> KerberosServer {
        let Some((snapshot, half)) = self.directory_objects(domain) else {
            return KerberosServer::default();
        };
        let base = base_dn(snapshot.dns_name());
        let mut shown = KerberosServer {
            computer_account: Some(computer_dn(&base)),
            domain_dns_name: Some(snapshot.dns_name().to_string()),
            ..KerberosServer::default()
        };
        match half {
            DirectoryHalf::Nothing | DirectoryHalf::ComputerOnly => {}
            DirectoryHalf::NumberZero => {
                shown.id = Some(0);
                shown.user_account = Some(krbtgt_dn(&base));
            }
            DirectoryHalf::Whole { number, version } => {
                let record = self.directory_record(domain);
                shown.id = Some(number.into());
                shown.user_account = Some(krbtgt_dn(&base));
                shown.display_name = Some(format!("krbtgt_{number}"));
                shown.key_version = Some(version);
                shown.key_updated_on = civil(record.key_updated_on);
                shown.key_updated_from = Some(record.key_updated_from.to_string());
            }
        }
        shown
    }

    /// The three objects of a domain with their attributes; those that are there.
    pub fn kerberos_server_objects(&self, domain: usize) -> Vec<DirectoryObject> {
        let Some((snapshot, half)) = self.directory_objects(domain) else {
            return Vec::new();
        };
        let base = base_dn(snapshot.dns_name());
        let mut objects = vec![computer_object(snapshot, half, &base)];
        if half != DirectoryHalf::ComputerOnly {
            objects.push(krbtgt_object(snapshot, half, &base));
        }
        if let DirectoryHalf::Whole { .. } = half {
            objects.push(connection_point(snapshot, half, &base));
        }
        objects
    }

    pub(crate) fn directory_record(&self, domain: usize) -> DirectoryRecord {
        let known = self.administered.directory.get(&domain);
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

    fn published_record(&self, tenant: usize, domain: usize) -> PublishedRecord {
        let known = self.administered.published.get(&(tenant, domain));
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
        self.administered_mut().directory.insert(domain, record);
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
        self.administered_mut().directory.insert(domain, record);
        self.note_keys_set(domain, version);
        Ok(())
    }

    /// Makes what is left when the work broke off in the middle.
    pub(crate) fn make_half(&mut self, domain: usize, half: HalfMade) -> Result<(), ActionError> {
        self.change_domain(domain, |builder| {
            // an RODC's control without the link that would make it one
            let mut computer = AccountSpec::user(&format!("{COMPUTER}$"), AZURE_AD_KERBEROS_RID);
            computer.kind = kdc_sim::directory::AccountKind::Computer;
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
        self.administered_mut().directory.insert(domain, record);
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
        self.administered_mut().directory.insert(domain, record);
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
        self.administered_mut().published.insert((tenant, domain), record);
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
        self.administered_mut().published.remove(&(tenant, domain));
        there
    }
}

/// `DC=ad,DC=fernhill,DC=example`.
pub(crate) fn base_dn(dns_name: &str) -> String {
    let parts: Vec<String> = dns_name.split('.').map(|label| format!("DC={label}")).collect();
    parts.join(",")
}

pub(crate) fn computer_dn(base: &str) -> String {
    format!("CN={COMPUTER},OU=Domain Controllers,{base}")
}

pub(crate) fn krbtgt_dn(base: &str) -> String {
    format!("CN={KRBTGT},CN=Users,{base}")
}

pub(crate) fn connection_point_dn(base: &str) -> String {
    format!("CN={CONNECTION_POINT},CN=AzureAD,CN=System,{base}")
}

fn computer_object(snapshot: &kdc_sim::DomainSnapshot, half: DirectoryHalf, base: &str) -> DirectoryObject {
    let one = |text: &str| vec![text.to_owned()];
    let mut attributes = vec![
        (
            "objectClass",
            ["top", "person", "organizationalPerson", "user", "computer"]
                .map(str::to_owned)
                .to_vec(),
        ),
        ("cn", one(COMPUTER)),
        ("sAMAccountName", one(&format!("{COMPUTER}$"))),
        ("primaryGroupID", one(&RODC_GROUP_RID.to_string())),
    ];
    if let Some(account) = snapshot.account(&format!("{COMPUTER}$")) {
        attributes.push(("objectSid", one(&account.sid.to_string())));
        attributes.push(("userAccountControl", one(&account.control.bits().to_string())));
    }
    if let DirectoryHalf::Whole { number, .. } = half
        && let Some(rodc) = snapshot.rodc(number)
    {
        let names = |list: &[(kerberos::sid::Sid, Arc<str>)]| {
            list.iter().map(|(_, name)| name.to_string()).collect::<Vec<_>>()
        };
        attributes.push(("msDS-KrbTgtLink", one(&krbtgt_dn(base))));
        attributes.push(("msDS-RevealOnDemandGroup", names(&rodc.reveal)));
        attributes.push(("msDS-NeverRevealGroup", names(&rodc.never_reveal)));
    }
    DirectoryObject {
        dn: computer_dn(base),
        attributes,
    }
}

fn krbtgt_object(snapshot: &kdc_sim::DomainSnapshot, half: DirectoryHalf, base: &str) -> DirectoryObject {
    let one = |text: &str| vec![text.to_owned()];
    let (sam, number, version) = match half {
        DirectoryHalf::Whole { number, version } => (format!("krbtgt_{number}"), number, version),
        _ => (KRBTGT.to_owned(), 0, 1),
    };
    let mut attributes = vec![
        (
            "objectClass",
            ["top", "person", "organizationalPerson", "user"]
                .map(str::to_owned)
                .to_vec(),
        ),
        ("cn", one(KRBTGT)),
        ("sAMAccountName", one(&sam)),
        ("msDS-SecondaryKrbTgtNumber", one(&number.to_string())),
        ("msDS-KeyVersionNumber", one(&version.to_string())),
    ];
    if let Some(account) = snapshot.account(&sam) {
        attributes.push(("objectSid", one(&account.sid.to_string())));
        attributes.push(("userAccountControl", one(&account.control.bits().to_string())));
    }
    if number != 0 {
        attributes.push(("msDS-KrbTgtLinkBL", one(&computer_dn(base))));
    }
    DirectoryObject {
        dn: krbtgt_dn(base),
        attributes,
    }
}

/// `keywords` holds an id and the SIDs of both accounts; how name and value are separated is a guess.
fn connection_point(snapshot: &kdc_sim::DomainSnapshot, half: DirectoryHalf, base: &str) -> DirectoryObject {
    let sid = |sam: &str| {
        let account = snapshot.account(sam);
        account.map(|account| account.sid.to_string()).unwrap_or_default()
    };
    let user = match half {
        DirectoryHalf::Whole { number, .. } => format!("krbtgt_{number}"),
        _ => KRBTGT.to_owned(),
    };
    DirectoryObject {
        dn: connection_point_dn(base),
        attributes: vec![
            (
                "objectClass",
                ["top", "leaf", "connectionPoint", "serviceConnectionPoint"]
                    .map(str::to_owned)
                    .to_vec(),
            ),
            ("cn", vec![CONNECTION_POINT.to_owned()]),
            (
                "keywords",
                vec![
                    format!("Id:{}", identity::guid("Kerberos server", snapshot.dns_name())),
                    format!("UserAccountSid:{}", sid(&user)),
                    format!("ComputerAccountSid:{}", sid(&format!("{COMPUTER}$"))),
                ],
            ),
        ],
    }
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

/// The time as a console shows it: lab hosts are in UTC.
fn civil(time: Timestamp) -> Option<DateTime> {
    let time = jiff::Timestamp::from_second(time.unix_seconds()).ok()?;
    Some(TimeZone::UTC.to_datetime(time))
}
