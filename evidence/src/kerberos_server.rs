//! `Get-AzureADKerberosServer`: both halves of a Kerberos server object side by side, the AD domain's and the tenant's.

use jiff::civil::DateTime;

use crate::lines::us_time;
use crate::provenance::Provenance;
use crate::reading::{List, Reader, Reading};
use crate::row::{Block, Row};
use crate::{Artefact, Fact, Source, Value, View};

/// The rows, in the order the cmdlet prints them. A row whose half is missing is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KerberosServer {
    /// `Id`: msDS-SecondaryKrbTgtNumber of krbtgt_AzureAD.
    pub id: Option<u32>,
    /// `UserAccount`: the distinguished name of krbtgt_AzureAD.
    pub user_account: Option<String>,
    /// `ComputerAccount`: the distinguished name of AzureADKerberos.
    pub computer_account: Option<String>,
    /// `DisplayName`: `krbtgt_31787`.
    pub display_name: Option<String>,
    /// `DomainDnsName`.
    pub domain_dns_name: Option<String>,
    /// `KeyVersion`: msDS-KeyVersionNumber of krbtgt_AzureAD, all 32 bits of it.
    pub key_version: Option<u32>,
    /// `KeyUpdatedOn`, by the clock and the zone of the shell.
    pub key_updated_on: Option<DateTime>,
    /// `KeyUpdatedFrom`: the DC on which the key was set.
    pub key_updated_from: Option<String>,
    /// `CloudDisplayName`.
    pub cloud_display_name: Option<String>,
    /// `CloudDomainDnsName`.
    pub cloud_domain_dns_name: Option<String>,
    /// `CloudId`.
    pub cloud_id: Option<u32>,
    /// `CloudKeyVersion`.
    pub cloud_key_version: Option<u32>,
    /// `CloudKeyUpdatedOn`, by the clock and the zone of the shell.
    pub cloud_key_updated_on: Option<DateTime>,
    /// `CloudTrustDisplay`.
    pub cloud_trust: CloudTrust,
}

/// The last row: whether `-SetupCloudTrust` was used. Cloud Kerberos trust for Windows Hello does not need it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CloudTrust {
    /// The module is too old to print the row.
    NoRow,
    /// The row is empty.
    #[default]
    Empty,
    /// The row shows the name of a .NET type, literally.
    Shown,
}

/// What the last row shows when the trust is there.
const TRUST_DISPLAY: &str = "Microsoft.AzureAD.Kdc.Service.TrustDisplay";

impl KerberosServer {
    /// Whether nothing was found on either side.
    pub fn is_empty(&self) -> bool {
        self.computer_account.is_none() && self.user_account.is_none() && self.cloud_id.is_none()
    }

    /// Pairs of rows that must be equal and are not, by the name of the AD row; empty when the object is healthy.
    pub fn unequal(&self) -> Vec<&'static str> {
        let names = |a: &Option<String>, b: &Option<String>| match (a, b) {
            (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
            (a, b) => a == b,
        };
        let pairs = [
            ("Id", self.id == self.cloud_id),
            (
                "DomainDnsName",
                names(&self.domain_dns_name, &self.cloud_domain_dns_name),
            ),
            ("KeyVersion", self.key_version == self.cloud_key_version),
            ("KeyUpdatedOn", self.key_updated_on == self.cloud_key_updated_on),
        ];
        let unequal = pairs.into_iter().filter(|(_, equal)| !equal);
        unequal.map(|(name, _)| name).collect()
    }

    /// Names and values as the cmdlet's object has them, in order; `None` for an empty row.
    pub fn rows(&self) -> Vec<(&'static str, Option<String>)> {
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        let time = |time: Option<DateTime>| time.map(twelve_hour);
        let mut rows = vec![
            ("Id", number(self.id)),
            ("UserAccount", self.user_account.clone()),
            ("ComputerAccount", self.computer_account.clone()),
            ("DisplayName", self.display_name.clone()),
            ("DomainDnsName", self.domain_dns_name.clone()),
            ("KeyVersion", number(self.key_version)),
            ("KeyUpdatedOn", time(self.key_updated_on)),
            ("KeyUpdatedFrom", self.key_updated_from.clone()),
            ("CloudDisplayName", self.cloud_display_name.clone()),
            ("CloudDomainDnsName", self.cloud_domain_dns_name.clone()),
            ("CloudId", number(self.cloud_id)),
            ("CloudKeyVersion", number(self.cloud_key_version)),
            ("CloudKeyUpdatedOn", time(self.cloud_key_updated_on)),
        ];
        match self.cloud_trust {
            CloudTrust::NoRow => {}
            CloudTrust::Empty => rows.push((TRUST_ROW, None)),
            CloudTrust::Shown => rows.push((TRUST_ROW, Some(TRUST_DISPLAY.to_owned()))),
        }
        rows
    }
}

const TRUST_ROW: &str = "CloudTrustDisplay";

impl View for KerberosServer {
    const ARTEFACT: Artefact = Artefact::KerberosServer;
    const BLOCKS: &'static [Block] = &[Block::untitled(&[
        Row::number("Id"),
        Row::text("UserAccount"),
        Row::text("ComputerAccount"),
        Row::text("DisplayName"),
        Row::text("DomainDnsName"),
        Row::number("KeyVersion"),
        Row::text("KeyUpdatedOn"),
        Row::text("KeyUpdatedFrom"),
        Row::text("CloudDisplayName"),
        Row::text("CloudDomainDnsName"),
        Row::number("CloudId"),
        Row::number("CloudKeyVersion"),
        Row::text("CloudKeyUpdatedOn"),
        Row::text(TRUST_ROW),
    ])];
    const PROVENANCE: &'static [Provenance] = &[
        Provenance::lab_default(
            "KeyUpdatedOn",
            "a public row; culture and zone of its date are not",
        ),
        Provenance::lab_default(
            "CloudKeyUpdatedOn",
            "a public row; culture and zone of its date are not",
        ),
        Provenance::public(
            "*",
            "Microsoft Learn, \"Enable passwordless security key sign-in to on-premises resources\", and public outputs",
        ),
    ];

    /// The list without the blank lines that PowerShell puts around it.
    fn render(&self) -> String {
        let line = |(name, value): (&str, Option<String>)| match value {
            Some(value) => format!("{name:<18} : {value}\n"),
            None => format!("{name:<18} :\n"),
        };
        self.rows().into_iter().map(line).collect()
    }

    fn read(text: &str) -> Reading {
        let mut reader = Reader::new(Self::ARTEFACT, text);
        let rows = Self::default().rows();
        let rows: Vec<&str> = rows.iter().map(|(key, _)| *key).collect();
        let list = List {
            heading: None,
            first: "Id",
            last: "CloudKeyUpdatedOn",
            // an older module prints no last row
            always: rows.get(..rows.len() - 1).unwrap_or_default(),
        };
        let value = |_: &str, text: &str| Value::of(Some(text).filter(|text| !text.is_empty()));
        list.read(&mut reader, value, |key| rows.contains(&key));
        reader.finish()
    }

    fn facts(&self, source: &Source) -> Vec<Fact> {
        let fact =
            |(name, value): (&str, Option<String>)| Fact::new(Self::ARTEFACT, source, name, Value::of(value));
        self.rows().into_iter().map(fact).collect()
    }
}

/// A time in the en-US culture as PowerShell prints it: `6/23/2024 8:05:44 PM`.
fn twelve_hour(time: DateTime) -> String {
    let hour = match time.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let half = if time.hour() < 12 { "AM" } else { "PM" };
    let clock = time.with().hour(hour).build().unwrap_or(time);
    format!("{} {half}", us_time(clock))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// The layout of a public sample, with names of our own.
    const SAMPLE: &str = "\
Id                 : 31787
UserAccount        : CN=krbtgt_AzureAD,CN=Users,DC=ad,DC=fernhill,DC=example
ComputerAccount    : CN=AzureADKerberos,OU=Domain Controllers,DC=ad,DC=fernhill,DC=example
DisplayName        : krbtgt_31787
DomainDnsName      : ad.fernhill.example
KeyVersion         : 46771
KeyUpdatedOn       : 6/23/2024 8:05:44 PM
KeyUpdatedFrom     : DC01.ad.fernhill.example
CloudDisplayName   : krbtgt_31787
CloudDomainDnsName : ad.fernhill.example
CloudId            : 31787
CloudKeyVersion    : 46771
CloudKeyUpdatedOn  : 6/23/2024 8:05:44 PM
CloudTrustDisplay  :
";

    fn sample() -> KerberosServer {
        let names = |name: &str| Some(name.to_owned());
        KerberosServer {
            id: Some(31787),
            user_account: names("CN=krbtgt_AzureAD,CN=Users,DC=ad,DC=fernhill,DC=example"),
            computer_account: names("CN=AzureADKerberos,OU=Domain Controllers,DC=ad,DC=fernhill,DC=example"),
            display_name: names("krbtgt_31787"),
            domain_dns_name: names("ad.fernhill.example"),
            key_version: Some(46771),
            key_updated_on: Some(date(2024, 6, 23).at(20, 5, 44, 0)),
            key_updated_from: names("DC01.ad.fernhill.example"),
            cloud_display_name: names("krbtgt_31787"),
            cloud_domain_dns_name: names("ad.fernhill.example"),
            cloud_id: Some(31787),
            cloud_key_version: Some(46771),
            cloud_key_updated_on: Some(date(2024, 6, 23).at(20, 5, 44, 0)),
            cloud_trust: CloudTrust::Empty,
        }
    }

    #[test]
    fn the_list_has_the_layout_of_the_cmdlet_and_is_read_back() {
        let shown = sample();
        assert_eq!(shown.render(), SAMPLE);
        assert!(shown.unequal().is_empty());
        assert!(!shown.is_empty());
        let read = KerberosServer::read(SAMPLE);
        assert_eq!(read.value("Id"), Value::Known("31787".into()));
        assert_eq!(
            read.value("KeyUpdatedOn"),
            Value::Known("6/23/2024 8:05:44 PM".into())
        );
        assert_eq!(read.value("CloudTrustDisplay"), Value::Absent);
        assert_eq!((read.gaps, read.not_understood), (vec![], vec![]));
    }

    #[test]
    fn the_last_row_depends_on_the_module() {
        let old = KerberosServer {
            cloud_trust: CloudTrust::NoRow,
            ..sample()
        };
        assert_eq!(old.render(), SAMPLE.replace("CloudTrustDisplay  :\n", ""));
        let read = KerberosServer::read(&old.render());
        assert_eq!(
            (read.value("CloudTrustDisplay"), read.gaps),
            (Value::Absent, vec![])
        );
        let trust = KerberosServer {
            cloud_trust: CloudTrust::Shown,
            ..sample()
        };
        let read = KerberosServer::read(&trust.render());
        assert_eq!(
            read.value("CloudTrustDisplay"),
            Value::Known(TRUST_DISPLAY.into())
        );
    }

    #[test]
    fn half_an_object_has_empty_rows_and_unequal_halves() {
        let half = KerberosServer {
            cloud_display_name: None,
            cloud_domain_dns_name: None,
            cloud_id: None,
            cloud_key_version: None,
            cloud_key_updated_on: None,
            ..sample()
        };
        assert_eq!(
            half.unequal(),
            ["Id", "DomainDnsName", "KeyVersion", "KeyUpdatedOn"]
        );
        assert_eq!(
            KerberosServer::read(&half.render()).value("CloudId"),
            Value::Absent
        );
        let source = Source {
            host: "fernhill".into(),
            user: None,
            time_micros: 0,
        };
        let facts = half.facts(&source);
        let value = |key: &str| {
            facts
                .iter()
                .find(|fact| fact.key == key)
                .map(|fact| fact.value.clone())
        };
        assert_eq!(value("CloudId"), Some(Value::Absent));
        assert_eq!(
            value("KeyUpdatedOn"),
            Some(Value::Known("6/23/2024 8:05:44 PM".into()))
        );
    }

    #[test]
    fn noon_and_midnight_are_twelve() {
        for (hour, shown) in [
            (0, "12:00:01 AM"),
            (11, "11:00:01 AM"),
            (12, "12:00:01 PM"),
            (23, "11:00:01 PM"),
        ] {
            let time = date(2026, 11, 23).at(hour, 0, 1, 0);
            let text = twelve_hour(time);
            assert_eq!(text, format!("11/23/2026 {shown}"));
        }
    }

    #[test]
    fn what_is_not_there_is_unknown_and_what_is_odd_is_kept() {
        let odd = SAMPLE.replace("KeyVersion         : 46771", "KeyVersion         : many");
        let read = KerberosServer::read(&odd);
        assert_eq!(read.value("KeyVersion"), Value::Known("many".into()));
        let cut: String = SAMPLE.lines().take(6).map(|line| format!("{line}\n")).collect();
        let read = KerberosServer::read(&cut);
        assert_eq!(read.value("KeyVersion"), Value::Known("46771".into()));
        assert_eq!(read.value("CloudKeyVersion"), Value::Unknown);
        assert_eq!(read.gaps.len(), 1);
        assert_eq!(KerberosServer::read("").value("Id"), Value::Unknown);
    }
}
