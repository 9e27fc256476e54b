//! Where each row of each artefact is known from.
//!
//! The layout and most rows of the Windows tools are public. A few rows are not: the lab prints what fits the rest, says so
//! beside the output, and keeps here what it rests on.

use serde::Serialize;

use crate::Artefact;

/// What one row of one artefact rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Provenance {
    /// The artefact's name, as facts carry it.
    pub artefact: &'static str,
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
    pub const fn public(artefact: &'static str, row: &'static str, source: &'static str) -> Self {
        Self {
            artefact,
            row,
            source: Basis::Public(source),
        }
    }

    /// A row that is a default of the lab.
    pub const fn lab_default(artefact: &'static str, row: &'static str, why: &'static str) -> Self {
        Self {
            artefact,
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
pub fn table() -> impl Iterator<Item = &'static Provenance> {
    [
        crate::dsregcmd::Status::PROVENANCE,
        crate::klist::KlistTickets::PROVENANCE,
        crate::klist::tgt::KlistTgt::PROVENANCE,
        crate::klist::sessions::KlistSessions::PROVENANCE,
        crate::cloud_debug::CloudDebug::PROVENANCE,
        crate::klist::get::KlistGet::PROVENANCE,
        crate::klist::purge::KlistPurge::PROVENANCE,
        crate::klist::bind::KlistBindings::PROVENANCE,
        crate::klist::bind::KlistAddBind::PROVENANCE,
        crate::klist::bind::KlistPurgeBind::PROVENANCE,
        crate::nltest::DsGetDc::PROVENANCE,
        crate::whoami::Groups::PROVENANCE,
        crate::w32tm::TimeStatus::PROVENANCE,
        crate::w32tm::Stripchart::PROVENANCE,
        crate::winhttp::WinHttpProxy::PROVENANCE,
        crate::registry::RegistryKeys::PROVENANCE,
        crate::event::EventLog::PROVENANCE,
        crate::graph::GraphUser::PROVENANCE,
        crate::intune::DeviceReport::PROVENANCE,
        crate::kerberos_server::KerberosServer::PROVENANCE,
    ]
    .into_iter()
    .flatten()
}

/// What a row rests on: the first entry that speaks of it. `None` for a row without an entry, which a test keeps from
/// happening for the artefacts here.
pub fn of(artefact: &str, row: &str) -> Option<&'static Provenance> {
    table().find(|entry| entry.artefact == artefact && entry.covers(row))
}

/// The rows among `rows` that are defaults of the lab, in their order, each once.
pub fn lab_defaults<'r>(artefact: &str, rows: impl IntoIterator<Item = &'r str>) -> Vec<&'r str> {
    let mut found: Vec<&str> = Vec::new();
    for row in rows {
        let is_default = of(artefact, row).is_some_and(|entry| entry.source.is_lab_default());
        if is_default && !found.contains(&row) {
            found.push(row);
        }
    }
    found
}
