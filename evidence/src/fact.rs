//! Facts: the one currency in which expectations, JSON output and diagnosis compare what was seen.

use core::fmt;

use serde::Serialize;

use crate::Artefact;

/// Where and when an artefact was taken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Source {
    /// The host, as the lab or the customer names it: `ADA-LT`.
    pub host: String,
    /// The account the command ran as; `None` when the artefact belongs to the machine.
    pub user: Option<String>,
    /// Microseconds since the Unix epoch, UTC.
    pub time_micros: i64,
}

/// One row of one artefact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Fact {
    /// The artefact; it is written as its name, which is the command as one types it: `dsregcmd /status`.
    pub artefact: Artefact,
    /// Where and when it was taken.
    pub source: Source,
    /// The row, in the tool's own spelling: `OnPremTgt`.
    pub key: String,
    /// What the row says.
    pub value: Value,
}

impl Fact {
    /// A fact of `artefact` about `source`.
    pub fn new(artefact: Artefact, source: &Source, key: impl Into<String>, value: Value) -> Self {
        Self {
            artefact,
            source: source.clone(),
            key: key.into(),
            value,
        }
    }
}

/// What is known of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// The row was there and says this.
    Known(String),
    /// The artefact is whole and has no such row.
    Absent,
    /// The artefact is cut or was not taken: nothing follows from the row's absence.
    Unknown,
}

impl Value {
    /// `YES` or `NO`, as dsregcmd prints a flag.
    pub fn yes_no(flag: bool) -> Self {
        Self::Known(if flag { "YES" } else { "NO" }.to_owned())
    }

    /// A known value, or [`Value::Absent`].
    pub fn of(value: Option<impl fmt::Display>) -> Self {
        value.map_or(Self::Absent, |value| Self::Known(value.to_string()))
    }

    /// The text, when it is known.
    pub fn known(&self) -> Option<&str> {
        match self {
            Self::Known(text) => Some(text),
            Self::Absent | Self::Unknown => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(text) => f.write_str(text),
            Self::Absent => f.write_str("(absent)"),
            Self::Unknown => f.write_str("(unknown)"),
        }
    }
}
