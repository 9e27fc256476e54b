//! The section "SSO State": the primary refresh token, and the diagnostics of the last attempt to get one.

use jiff::Timestamp;

use super::PROVENANCE;
use super::boxes::{Line, boxed, rule, time, yes_no};
use super::read::read;
use crate::provenance::Provenance;
use crate::reading::Reading;
use crate::row::{Block, Row};
use crate::{Artefact, Fact, Source, Value, View};

/// The section "SSO State". It speaks of the user who runs the command: in an elevated or SYSTEM window it shows that
/// account's state instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SsoState {
    /// The primary refresh token; `AzureAdPrt : NO` without one.
    pub prt: Option<PrtDetails>,
    /// Who issues it: `https://login.microsoftonline.com/<tenant id>`. Shown without a PRT, too, once an attempt was made.
    pub prt_authority: Option<String>,
    /// What went wrong at the last attempt, if that is later than the PRT.
    pub attempt: Option<PrtAttempt>,
    /// There is a PRT of an AD FS.
    pub enterprise_prt: bool,
    /// The AD FS that issued it.
    pub enterprise_prt_authority: Option<String>,
    /// What came with the PRT; `None` on builds before Windows 11 21H2, which have no such rows.
    pub cloud_kerberos: Option<CloudKerberos>,
}

/// The rows about the tickets in Entra's last answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloudKerberos {
    /// Entra's last answer held a partial TGT for the user's AD domain. It says nothing of a domain controller.
    pub on_prem_tgt: bool,
    /// Entra's last answer held a cloud TGT. A domain controller never sees it.
    pub cloud_tgt: bool,
    /// The suffixes that Kerberos maps to the cloud realm, separated by commas.
    pub top_level_names: Option<String>,
}

/// The times of a PRT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrtDetails {
    /// When the PRT was last fetched or refreshed, to the millisecond.
    pub update_time: Timestamp,
    /// When it ends, to the millisecond.
    pub expiry_time: Timestamp,
}

/// Whether the first PRT was asked for or a newer one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttemptKind {
    /// The rows follow `AcquirePrtDiagnostics : PRESENT`.
    #[default]
    Acquire,
    /// The rows follow `RefreshPrtDiagnostics : PRESENT`.
    Refresh,
}

/// The rows of `AcquirePrtDiagnostics` or `RefreshPrtDiagnostics`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrtAttempt {
    /// Which of the two.
    pub kind: AttemptKind,
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

impl View for SsoState {
    const ARTEFACT: Artefact = Artefact::SsoState;
    const BLOCKS: &'static [Block] = &[SSO];
    const PROVENANCE: &'static [Provenance] = PROVENANCE;

    fn render(&self) -> String {
        format!("{}\n{}", boxed(TITLE, &self.rows()), rule())
    }

    fn read(text: &str) -> Reading {
        read(Self::ARTEFACT, text)
    }

    /// A fact for each row that is shown, and `Absent` for the rows that a healthy device would show and this one does not.
    fn facts(&self, source: &Source) -> Vec<Fact> {
        let known = |(key, value)| Fact::new(Self::ARTEFACT, source, key, Value::Known(value));
        let mut facts: Vec<Fact> = self.rows().into_iter().map(known).collect();
        for key in MAY_BE_MISSING {
            if !facts.iter().any(|fact| fact.key == key) {
                facts.push(Fact::new(Self::ARTEFACT, source, key, Value::Absent));
            }
        }
        facts
    }
}

impl SsoState {
    /// Whether `OnPremTgt : YES` is shown.
    pub fn on_prem_tgt(&self) -> bool {
        self.cloud_kerberos.as_ref().is_some_and(|rows| rows.on_prem_tgt)
    }

    /// Whether `CloudTgt : YES` is shown.
    pub fn cloud_tgt(&self) -> bool {
        self.cloud_kerberos.as_ref().is_some_and(|rows| rows.cloud_tgt)
    }

    pub(super) fn rows(&self) -> Vec<Line> {
        let mut rows = vec![("AzureAdPrt", yes_no(self.prt.is_some()))];
        if let Some(prt) = &self.prt {
            rows.push(("AzureAdPrtUpdateTime", time(prt.update_time)));
            rows.push(("AzureAdPrtExpiryTime", time(prt.expiry_time)));
        }
        if let Some(authority) = &self.prt_authority {
            rows.push(("AzureAdPrtAuthority", authority.clone()));
        }
        if let Some(attempt) = &self.attempt {
            rows.extend(attempt.rows());
        }
        rows.push(("EnterprisePrt", yes_no(self.enterprise_prt)));
        let enterprise = self.enterprise_prt_authority.clone();
        rows.push(("EnterprisePrtAuthority", enterprise.unwrap_or_default()));
        if let Some(tickets) = &self.cloud_kerberos {
            rows.push(("OnPremTgt", yes_no(tickets.on_prem_tgt)));
            rows.push(("CloudTgt", yes_no(tickets.cloud_tgt)));
            if let Some(names) = &tickets.top_level_names {
                rows.push(("KerbTopLevelNames", names.clone()));
            }
        }
        rows
    }
}

impl AttemptKind {
    const fn key(self) -> &'static str {
        match self {
            Self::Acquire => "AcquirePrtDiagnostics",
            Self::Refresh => "RefreshPrtDiagnostics",
        }
    }
}

impl PrtAttempt {
    fn rows(&self) -> [Line; 12] {
        [
            (self.kind.key(), "PRESENT".to_owned()),
            ("Previous Prt Attempt", time(self.time)),
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
}

pub(super) const TITLE: &str = "SSO State";

/// The rows that the section may have.
pub(super) const SSO: Block = Block {
    title: TITLE,
    rows: &[
        Row::yes_no("AzureAdPrt"),
        Row::text("AzureAdPrtUpdateTime"),
        Row::text("AzureAdPrtExpiryTime"),
        Row::text("AzureAdPrtAuthority"),
        Row::one_of("AcquirePrtDiagnostics", &["PRESENT"]),
        Row::one_of("RefreshPrtDiagnostics", &["PRESENT"]),
        Row::text("Previous Prt Attempt"),
        Row::text("Attempt Status"),
        Row::text("User Identity"),
        Row::text("Credential Type"),
        Row::text("Correlation ID"),
        Row::text("Endpoint URI"),
        Row::text("HTTP Method"),
        Row::text("HTTP Error"),
        Row::number("HTTP status"),
        Row::text("Server Error Code"),
        Row::text("Server Error Description"),
        Row::yes_no("EnterprisePrt"),
        Row::text("EnterprisePrtAuthority"),
        Row::yes_no("OnPremTgt"),
        Row::yes_no("CloudTgt"),
        Row::text("KerbTopLevelNames"),
    ],
};

/// The rows about an attempt to get a PRT, which may speak of an AD FS as well.
pub(super) const OF_ATTEMPT: [&str; 13] = [
    "AcquirePrtDiagnostics",
    "RefreshPrtDiagnostics",
    "Previous Prt Attempt",
    "Attempt Status",
    "User Identity",
    "Credential Type",
    "Correlation ID",
    "Endpoint URI",
    "HTTP Method",
    "HTTP Error",
    "HTTP status",
    "Server Error Code",
    "Server Error Description",
];

/// Rows whose absence says something.
const MAY_BE_MISSING: [&str; 5] = [
    "AzureAdPrtUpdateTime",
    "AcquirePrtDiagnostics",
    "OnPremTgt",
    "CloudTgt",
    "KerbTopLevelNames",
];
