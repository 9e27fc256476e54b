//! Where each row of each artefact is known from.
//!
//! The layout and most rows of the Windows tools are public. A few rows are not: the lab prints what fits the rest, says so
//! beside the output, and keeps here what it rests on.

use serde::Serialize;

use crate::Artefact;

/// What one row of one artefact rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Provenance {
    /// The row, as facts carry it; a trailing `*` stands for every row that begins so.
    pub row: &'static str,
    /// What it rests on.
    pub source: Basis,
}

/// What the name, the place or the value of a row rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "basis", content = "source")]
pub enum Basis {
    /// A public document or a public output of the tool.
    Public(&'static str),
    /// No public source: a default of the lab, and why it is what it is.
    LabDefault(&'static str),
}

impl Basis {
    /// The text of either.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Public(text) | Self::LabDefault(text) => text,
        }
    }

    /// Whether there is no public source.
    pub const fn is_lab_default(self) -> bool {
        matches!(self, Self::LabDefault(_))
    }
}

impl Provenance {
    /// A row with a public source.
    pub const fn public(row: &'static str, source: &'static str) -> Self {
        Self {
            row,
            source: Basis::Public(source),
        }
    }

    /// A row that is a default of the lab.
    pub const fn lab_default(row: &'static str, why: &'static str) -> Self {
        Self {
            row,
            source: Basis::LabDefault(why),
        }
    }

    /// Whether this speaks of `row`.
    pub fn covers(&self, row: &str) -> bool {
        match self.row.strip_suffix('*') {
            Some(beginning) => row.starts_with(beginning),
            None => self.row == row,
        }
    }
}

/// Everything that is known of the rows of every artefact, artefact by artefact.
pub fn table() -> impl Iterator<Item = (Artefact, &'static Provenance)> {
    Artefact::documented()
        .flat_map(|artefact| artefact.provenance().iter().map(move |entry| (artefact, entry)))
}
