//! `dsregcmd /status`: the "SSO State" section, with the diagnostics it adds when there is no PRT.

use jiff::Timestamp;

use crate::lines::{Lines, hex, read_utc_time, utc_time, value_of};
use crate::{Artefact, Fact, ReadError, Source, Value};

/// The section "SSO State". It speaks of the user who runs the command: in an elevated or SYSTEM window it shows that
/// account's state instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SsoState {
    /// The primary refresh token; `AzureAdPrt : NO` without one.
    pub prt: Option<PrtDetails>,
    /// What went wrong at the last attempt; Windows shows it when there is no PRT.
    pub attempt: Option<PrtAttempt>,
    /// There is a PRT of an AD FS.
    pub enterprise_prt: bool,
    /// The AD FS that issued it.
    pub enterprise_prt_authority: Option<String>,
    /// Entra's last answer held a partial TGT for the user's AD domain. It says nothing of a domain controller.
    pub on_prem_tgt: bool,
    /// Entra's last answer held a cloud TGT. A domain controller never sees it.
    pub cloud_tgt: bool,
    /// The suffixes that Kerberos maps to the cloud realm, separated by commas.
    pub kerb_top_level_names: Option<String>,
}

/// The rows about a PRT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrtDetails {
    /// When the PRT was last fetched or refreshed, to the millisecond.
    pub update_time: Timestamp,
    /// When it ends, to the millisecond.
    pub expiry_time: Timestamp,
    /// Its issuer: `https://login.microsoftonline.com/<tenant id>`.
    pub authority: String,
}

/// The rows of `AcquirePrtDiagnostics`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrtAttempt {
    /// When it was made, to the millisecond.
    pub time: Timestamp,
    /// The NTSTATUS of the attempt, such as 0xc000006d.
    pub status: u32,
    /// The user name that was tried.
    pub user_identity: String,
    /// `Password` or `NGC`.
    pub credential_type: String,
    /// A GUID that both ends log.
    pub correlation_id: String,
    /// Where the request went.
    pub endpoint_uri: String,
    /// The request's method.
    pub http_method: String,
    /// The error of the HTTP stack, 0 when there was an answer.
    pub http_error: u32,
    /// The status of the answer, 0 without one.
    pub http_status: u16,
    /// `error` of the answer.
    pub server_error_code: String,
    /// `error_description` of the answer.
    pub server_error_description: String,
}

impl Artefact for SsoState {
    const NAME: &'static str = "dsregcmd /status";

    fn render(&self) -> String {
        let rule = format!("+{}+\n", "-".repeat(70));
        let mut text = format!("{rule}|{:<70}|\n{rule}\n", " SSO State");
        for (key, value) in self.rows() {
            text.push_str(format!("{key:>26} : {value}").trim_end());
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&rule);
        text
    }

    fn read(text: &str) -> Result<Self, ReadError> {
        let mut lines = Lines::new(text);
        lines.find("the heading \"SSO State\"", |line| {
            (line.trim_matches(|c: char| c == '|' || c.is_whitespace()) == "SSO State").then_some(())
        })?;
        lines.next(); // the rule under the heading
        let prt = flag(&mut lines, "AzureAdPrt")?
            .then(|| PrtDetails::read(&mut lines))
            .transpose()?;
        let has_attempt = lines
            .peek()
            .is_some_and(|line| value_of(line, "AcquirePrtDiagnostics").is_some());
        let attempt = has_attempt.then(|| PrtAttempt::read(&mut lines)).transpose()?;
        Ok(Self {
            prt,
            attempt,
            enterprise_prt: flag(&mut lines, "EnterprisePrt")?,
            enterprise_prt_authority: non_empty(lines.value("EnterprisePrtAuthority")?),
            on_prem_tgt: flag(&mut lines, "OnPremTgt")?,
            cloud_tgt: flag(&mut lines, "CloudTgt")?,
            kerb_top_level_names: lines
                .peek()
                .and_then(|line| value_of(line, "KerbTopLevelNames"))
                .and_then(non_empty),
        })
    }

    /// A fact for each row that is shown, and `Absent` for the rows that a healthy device would show and this one does not.
    fn facts(&self, source: &Source) -> Vec<Fact> {
        let mut facts: Vec<Fact> = self
            .rows()
            .into_iter()
            .map(|(key, value)| Fact::new(Self::NAME, source, key, Value::Known(value)))
            .collect();
        for key in [
            "AzureAdPrtUpdateTime",
            "AcquirePrtDiagnostics",
            "KerbTopLevelNames",
        ] {
            if !facts.iter().any(|fact| fact.key == key) {
                facts.push(Fact::new(Self::NAME, source, key, Value::Absent));
            }
        }
        facts
    }
}

impl SsoState {
    fn rows(&self) -> Vec<(&'static str, String)> {
        let mut rows = vec![("AzureAdPrt", yes_no(self.prt.is_some()))];
        if let Some(prt) = &self.prt {
            rows.push(("AzureAdPrtUpdateTime", utc_time(prt.update_time)));
            rows.push(("AzureAdPrtExpiryTime", utc_time(prt.expiry_time)));
            rows.push(("AzureAdPrtAuthority", prt.authority.clone()));
        }
        if let Some(attempt) = &self.attempt {
            rows.extend(attempt.rows());
        }
        rows.push(("EnterprisePrt", yes_no(self.enterprise_prt)));
        rows.push((
            "EnterprisePrtAuthority",
            self.enterprise_prt_authority.clone().unwrap_or_default(),
        ));
        rows.push(("OnPremTgt", yes_no(self.on_prem_tgt)));
        rows.push(("CloudTgt", yes_no(self.cloud_tgt)));
        if let Some(names) = &self.kerb_top_level_names {
            rows.push(("KerbTopLevelNames", names.clone()));
        }
        rows
    }
}

impl PrtDetails {
    fn read(lines: &mut Lines<'_>) -> Result<Self, ReadError> {
        Ok(Self {
            update_time: lines.parsed("AzureAdPrtUpdateTime", TIME, read_utc_time)?,
            expiry_time: lines.parsed("AzureAdPrtExpiryTime", TIME, read_utc_time)?,
            authority: lines.value("AzureAdPrtAuthority")?.to_owned(),
        })
    }
}

impl PrtAttempt {
    fn rows(&self) -> [(&'static str, String); 12] {
        [
            ("AcquirePrtDiagnostics", "PRESENT".to_owned()),
            ("Previous Prt Attempt", utc_time(self.time)),
            ("Attempt Status", format!("{:#x}", self.status)),
            ("User Identity", self.user_identity.clone()),
            ("Credential Type", self.credential_type.clone()),
            ("Correlation ID", self.correlation_id.clone()),
            ("Endpoint URI", self.endpoint_uri.clone()),
            ("HTTP Method", self.http_method.clone()),
            ("HTTP Error", format!("{:#x}", self.http_error)),
            ("HTTP status", self.http_status.to_string()),
            ("Server Error Code", self.server_error_code.clone()),
            ("Server Error Description", self.server_error_description.clone()),
        ]
    }

    fn read(lines: &mut Lines<'_>) -> Result<Self, ReadError> {
        lines.value("AcquirePrtDiagnostics")?;
        Ok(Self {
            time: lines.parsed("Previous Prt Attempt", TIME, read_utc_time)?,
            status: lines.parsed("Attempt Status", "an NTSTATUS", hex)?,
            user_identity: lines.value("User Identity")?.to_owned(),
            credential_type: lines.value("Credential Type")?.to_owned(),
            correlation_id: lines.value("Correlation ID")?.to_owned(),
            endpoint_uri: lines.value("Endpoint URI")?.to_owned(),
            http_method: lines.value("HTTP Method")?.to_owned(),
            http_error: lines.parsed("HTTP Error", "a number", hex)?,
            http_status: lines.parsed("HTTP status", "a number", |text| text.parse().ok())?,
            server_error_code: lines.value("Server Error Code")?.to_owned(),
            server_error_description: lines.value("Server Error Description")?.to_owned(),
        })
    }
}

fn flag(lines: &mut Lines<'_>, key: &str) -> Result<bool, ReadError> {
    lines.parsed(key, "YES or NO", |value| match value {
        "YES" => Some(true),
        "NO" => Some(false),
        _ => None,
    })
}

fn yes_no(flag: bool) -> String {
    if flag { "YES" } else { "NO" }.to_owned()
}

fn non_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

const TIME: &str = "a time such as 2026-11-23 08:00:00.000 UTC";
