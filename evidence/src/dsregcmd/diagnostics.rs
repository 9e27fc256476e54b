//! The section "Diagnostic Data": who ran the command and whether the device's keys work, or why the device is not joined.

use jiff::Timestamp;

use super::boxes::{BLANK, Line, Section, non_empty, time, yes_no};
use crate::ReadError;

/// The section "Diagnostic Data".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Diagnostics {
    /// On a device that is joined to Entra.
    Joined(PostJoin),
    /// On a device that is joined to a domain and could not be joined to Entra.
    NotJoined(PreJoin),
}

/// Diagnostics after the join.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostJoin {
    /// The keys are unusable, and the next sign-in registers the device again.
    pub recovery: bool,
    /// The account that the rows of "User State" and "SSO State" speak of, on builds that show it.
    pub executing_account: Option<String>,
    /// `PASSED`, or that the test needs an elevated window.
    pub key_sign_test: String,
    /// What the device told Entra of itself, on builds that show it.
    pub updated: Option<Updated>,
}

/// What the device told Entra of itself since it was joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Updated {
    /// Its display name.
    pub display_name: bool,
    /// Its Windows version.
    pub os_version: bool,
    /// Its host name.
    pub host_name: bool,
}

/// Diagnostics before the join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreJoin {
    /// `SYSTEM`, `UN-ELEVATED User` or `ELEVATED User`.
    pub user_context: String,
    /// The device's clock, to the millisecond.
    pub client_time: Timestamp,
    /// The results of the five tests, in the order of [`TESTS`]: `PASS`, `SKIPPED`, `FAIL [0x…]`.
    pub tests: [String; 5],
    /// Whether registration through the sync comes next.
    pub fallback_to_sync: bool,
    /// The last attempt, if one failed.
    pub previous: Option<PreviousRegistration>,
}

/// The last attempt to join, which failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviousRegistration {
    /// When, to the millisecond.
    pub time: Timestamp,
    /// `pre-check`, `discover`, `auth` or `join`.
    pub phase: String,
    /// An HRESULT, as printed: `0x801c03f2`.
    pub client_error: String,
}

/// The tests before the join.
pub const TESTS: [&str; 5] = [
    "AD Connectivity Test",
    "AD Configuration Test",
    "DRS Discovery Test",
    "DRS Connectivity Test",
    "Token acquisition Test",
];

/// What `KeySignTest` says in a window that is not elevated.
pub const KEY_SIGN_NEEDS_ELEVATION: &str = "MUST Run elevated to test.";

/// What `KeySignTest` says elevated, and as the system account, of a device key that works.
pub const KEY_SIGN_PASSED: &str = "PASSED";

impl Diagnostics {
    pub(super) fn rows(&self) -> Vec<Line> {
        match self {
            Self::Joined(data) => data.rows(),
            Self::NotJoined(data) => data.rows(),
        }
    }

    pub(super) fn of(section: &Section<'_>) -> Result<Self, ReadError> {
        if section.text(TESTS[0]).is_some() {
            PreJoin::of(section).map(Self::NotJoined)
        } else {
            PostJoin::of(section).map(Self::Joined)
        }
    }
}

impl PostJoin {
    fn rows(&self) -> Vec<Line> {
        let mut rows = vec![("AadRecoveryEnabled", yes_no(self.recovery))];
        if let Some(account) = &self.executing_account {
            rows.push(("Executing Account Name", account.clone()));
        }
        rows.push(("KeySignTest", self.key_sign_test.clone()));
        if let Some(updated) = self.updated {
            rows.extend([
                BLANK,
                ("DisplayNameUpdated", yes_no(updated.display_name)),
                ("OsVersionUpdated", yes_no(updated.os_version)),
                ("HostNameUpdated", yes_no(updated.host_name)),
                BLANK,
                ("Last HostName Update", "NONE".to_owned()),
            ]);
        }
        rows
    }

    fn of(section: &Section<'_>) -> Result<Self, ReadError> {
        let updated = section.optional_flag("DisplayNameUpdated")?.map(|display_name| {
            Ok(Updated {
                display_name,
                os_version: section.flag("OsVersionUpdated")?,
                host_name: section.flag("HostNameUpdated")?,
            })
        });
        Ok(Self {
            recovery: section.flag("AadRecoveryEnabled")?,
            executing_account: section.text("Executing Account Name").and_then(non_empty),
            key_sign_test: section.need("KeySignTest")?.to_owned(),
            updated: updated.transpose()?,
        })
    }
}

impl PreJoin {
    fn rows(&self) -> Vec<Line> {
        let mut rows = vec![
            ("Diagnostics Reference", REFERENCE.to_owned()),
            ("User Context", self.user_context.clone()),
            ("Client Time", time(self.client_time)),
        ];
        rows.extend(TESTS.into_iter().zip(self.tests.clone()));
        let fallback = if self.fallback_to_sync { ENABLED } else { DISABLED };
        rows.push((FALLBACK, fallback.to_owned()));
        if let Some(previous) = &self.previous {
            rows.extend([
                BLANK,
                ("Previous Registration", time(previous.time)),
                ("Error Phase", previous.phase.clone()),
                ("Client ErrorCode", previous.client_error.clone()),
            ]);
        }
        rows
    }

    fn of(section: &Section<'_>) -> Result<Self, ReadError> {
        let [a, b, c, d, e] = TESTS.map(|test| section.need(test).map(str::to_owned));
        let previous = section.text("Previous Registration").is_some().then(|| {
            Ok(PreviousRegistration {
                time: section.time("Previous Registration")?,
                phase: section.need("Error Phase")?.to_owned(),
                client_error: section.need("Client ErrorCode")?.to_owned(),
            })
        });
        Ok(Self {
            user_context: section.need("User Context")?.to_owned(),
            client_time: section.time("Client Time")?,
            tests: [a?, b?, c?, d?, e?],
            fallback_to_sync: section.parsed(FALLBACK, "ENABLED or DISABLED", |text| match text {
                ENABLED => Some(true),
                DISABLED => Some(false),
                _ => None,
            })?,
            previous: previous.transpose()?,
        })
    }
}

const REFERENCE: &str = "www.microsoft.com/aadjerrors";
const FALLBACK: &str = "Fallback to Sync-Join";
const ENABLED: &str = "ENABLED";
const DISABLED: &str = "DISABLED";
