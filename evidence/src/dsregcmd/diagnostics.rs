//! The section "Diagnostic Data": who ran the command and whether the device's keys work, or why the device is not joined.

use jiff::Timestamp;

use super::boxes::{BLANK, Line, time, yes_no};

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
}

const REFERENCE: &str = "www.microsoft.com/aadjerrors";
const FALLBACK: &str = "Fallback to Sync-Join";
const ENABLED: &str = "ENABLED";
const DISABLED: &str = "DISABLED";
