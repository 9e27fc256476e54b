//! The objects in AD and in the tenant, as cmdlets and an LDAP browser show them.

use std::sync::Arc;

use evidence::kerberos_server::{CloudTrust, KerberosServer};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use kerberos::Timestamp;

use crate::lab::identity;
use crate::world::{DirectoryHalf, World};

/// RDN of the computer, and the name of its account but for the dollar sign.
pub(crate) const COMPUTER: &str = "AzureADKerberos";
/// RDN of the user. Its sAMAccountName is `krbtgt_<number>` once it has a number.
pub(crate) const KRBTGT: &str = "krbtgt_AzureAD";
/// RDN of the service connection point below `CN=AzureAD,CN=System`.
pub(crate) const CONNECTION_POINT: &str = "900274c4-b7d2-43c8-90ee-00a9f650e335";

/// RID of Read-only Domain Controllers.
pub(crate) const RODC_GROUP_RID: u32 = 521;

/// An object of the directory, as an LDAP browser shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryObject {
    /// Its distinguished name.
    pub dn: String,
    /// Attributes with their values, in order; objectClass first.
    pub attributes: Vec<(&'static str, Vec<String>)>,
}

impl World {
    /// Both halves, as `Get-AzureADKerberosServer` against a tenant shows them; without a tenant, the AD half.
    pub fn kerberos_server_rows(&self, domain: usize, tenant: Option<usize>) -> KerberosServer {
        let mut shown = self.directory_rows(domain);
        let Some(snapshot) = self.domains().get(domain) else {
            return shown;
        };
        let published = tenant.and_then(|index| {
            let (tenant, _) = self.tenants().get(index)?;
            Some((index, tenant, tenant.kerberos_domain(snapshot.dns_name())?))
        });
        let Some((index, tenant, half)) = published else {
            return shown;
        };
        shown.cloud_display_name = Some(format!("krbtgt_{}", half.number));
        shown.cloud_domain_dns_name = Some(half.dns_name.clone());
        shown.cloud_id = Some(half.number.into());
        shown.cloud_key_version = Some(half.key_version);
        shown.cloud_key_updated_on = civil(self.cloud_key_updated_on(index, domain));
        shown.cloud_trust = match tenant.trusted_domain(&snapshot.realm().to_string()) {
            Some(_) => CloudTrust::Shown,
            None => CloudTrust::Empty,
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

/// The time as a console shows it: lab hosts are in UTC.
fn civil(time: Timestamp) -> Option<DateTime> {
    let time = jiff::Timestamp::from_second(time.unix_seconds()).ok()?;
    Some(TimeZone::UTC.to_datetime(time))
}
