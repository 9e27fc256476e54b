//! `Get-AzureADKerberosServer`: both halves of a Kerberos server object side by side, the AD domain's and the tenant's.

use jiff::civil::DateTime;

use crate::lines::{Lines, read_us_time, us_time, value_of};
use crate::provenance::Provenance;
use crate::row::{Block, Row};
use crate::{Artefact, Fact, ReadError, Source, Value, View};

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

    fn read(text: &str) -> Result<Self, ReadError> {
        let mut lines = Lines::new(text);
        let first = lines.find("\"Id\" and a colon", |line| value_of(line, "Id"))?;
        let id = (!first.is_empty())
            .then(|| first.parse().map_err(|_| lines.error("\"Id\" with a number")))
            .transpose()?;
        let mut text = |key| {
            Ok(Some(lines.value(key)?)
                .filter(|value| !value.is_empty())
                .map(str::to_owned))
        };
        let (user_account, computer_account) = (text("UserAccount")?, text("ComputerAccount")?);
        let (display_name, domain_dns_name) = (text("DisplayName")?, text("DomainDnsName")?);
        let key_version = number(&mut lines, "KeyVersion")?;
        let key_updated_on = time(&mut lines, "KeyUpdatedOn")?;
        let mut text = |key| {
            Ok(Some(lines.value(key)?)
                .filter(|value| !value.is_empty())
                .map(str::to_owned))
        };
        let key_updated_from = text("KeyUpdatedFrom")?;
        let (cloud_display_name, cloud_domain_dns_name) =
            (text("CloudDisplayName")?, text("CloudDomainDnsName")?);
        let cloud_id = number(&mut lines, "CloudId")?;
        let cloud_key_version = number(&mut lines, "CloudKeyVersion")?;
        let cloud_key_updated_on = time(&mut lines, "CloudKeyUpdatedOn")?;
        let cloud_trust = match lines.peek().and_then(|line| value_of(line, TRUST_ROW)) {
            None => CloudTrust::NoRow,
            Some("") => CloudTrust::Empty,
            Some(_) => CloudTrust::Shown,
        };
        Ok(Self {
            id,
            user_account,
            computer_account,
            display_name,
            domain_dns_name,
            key_version,
            key_updated_on,
            key_updated_from,
            cloud_display_name,
            cloud_domain_dns_name,
            cloud_id,
            cloud_key_version,
            cloud_key_updated_on,
            cloud_trust,
        })
    }

    fn facts(&self, source: &Source) -> Vec<Fact> {
        let fact =
            |(name, value): (&str, Option<String>)| Fact::new(Self::ARTEFACT, source, name, Value::of(value));
        self.rows().into_iter().map(fact).collect()
    }
}

fn number(lines: &mut Lines<'_>, key: &str) -> Result<Option<u32>, ReadError> {
    lines.parsed(key, "a number, or nothing", |value| match value {
        "" => Some(None),
        value => value.parse().ok().map(Some),
    })
}

fn time(lines: &mut Lines<'_>, key: &str) -> Result<Option<DateTime>, ReadError> {
    lines.parsed(key, "a time such as 6/23/2024 8:05:44 PM, or nothing", |value| {
        if value.is_empty() {
            return Some(None);
        }
        read_twelve_hour(value).map(Some)
    })
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

/// Reads what [`twelve_hour`] prints.
fn read_twelve_hour(text: &str) -> Option<DateTime> {
    let (clock, half) = text.rsplit_once(' ')?;
    let time = read_us_time(clock)?;
    let hour = match (half, time.hour()) {
        ("AM", 12) => 0,
        ("AM", hour @ 1..=11) => hour,
        ("PM", 12) => 12,
        ("PM", hour @ 1..=11) => hour + 12,
        _ => return None,
    };
    time.with().hour(hour).build().ok()
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

    #[test]
    fn what_is_read_is_printed_again() {
        let read = KerberosServer::read(SAMPLE).expect("a sample");
        assert_eq!(read.id, Some(31787));
        assert_eq!(read.key_updated_on, Some(date(2024, 6, 23).at(20, 5, 44, 0)));
        assert_eq!(read.render(), SAMPLE);
        assert!(read.unequal().is_empty());
        assert!(!read.is_empty());
    }

    #[test]
    fn the_last_row_depends_on_the_module() {
        let old = SAMPLE.replace("CloudTrustDisplay  :\n", "");
        let read = KerberosServer::read(&old).expect("an older module's");
        assert_eq!(read.cloud_trust, CloudTrust::NoRow);
        assert_eq!(read.render(), old);
        let trust = SAMPLE.replace(
            "CloudTrustDisplay  :",
            &format!("CloudTrustDisplay  : {TRUST_DISPLAY}"),
        );
        let read = KerberosServer::read(&trust).expect("with the trust");
        assert_eq!(read.cloud_trust, CloudTrust::Shown);
        assert_eq!(read.render(), trust);
    }

    #[test]
    fn half_an_object_has_empty_rows_and_unequal_halves() {
        let read = KerberosServer::read(SAMPLE).expect("a sample");
        let half = KerberosServer {
            cloud_display_name: None,
            cloud_domain_dns_name: None,
            cloud_id: None,
            cloud_key_version: None,
            cloud_key_updated_on: None,
            ..read
        };
        assert_eq!(
            half.unequal(),
            ["Id", "DomainDnsName", "KeyVersion", "KeyUpdatedOn"]
        );
        assert_eq!(KerberosServer::read(&half.render()), Ok(half.clone()));
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
            assert_eq!(read_twelve_hour(&text), Some(time));
        }
        assert_eq!(read_twelve_hour("11/23/2026 13:00:00 PM"), None);
        assert_eq!(read_twelve_hour("11/23/2026 0:00:00 AM"), None);
        assert_eq!(read_twelve_hour("PM"), None);
    }

    #[test]
    fn a_wrong_row_is_named() {
        let broken = SAMPLE.replace("KeyVersion         : 46771", "KeyVersion         : many");
        let error = KerberosServer::read(&broken).expect_err("no number");
        assert_eq!(error.line, 6);
        assert!(error.expected.contains("KeyVersion"), "{error}");
        assert!(KerberosServer::read("").is_err());
    }
}
