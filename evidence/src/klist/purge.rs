//! `klist purge`: forgets the tickets of a logon session.

use super::LogonId;
use crate::lines::Lines;
use crate::provenance::Provenance;
use crate::{Artefact, Fact, ReadError, Source, Value};

/// What `klist purge` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KlistPurge {
    /// The logon session the command ran in.
    pub logon_id: LogonId,
}

impl Artefact for KlistPurge {
    const NAME: &'static str = "klist purge";
    const PROVENANCE: &'static [Provenance] = &[Provenance::public(
        Self::NAME,
        "*",
        "public outputs of Windows 10 and 11",
    )];

    fn render(&self) -> String {
        format!("{}\n\tDeleting all tickets:\n\t{DONE}\n", self.logon_id.line())
    }

    fn read(text: &str) -> Result<Self, ReadError> {
        let mut lines = Lines::new(text);
        let logon_id = LogonId::find(&mut lines)?;
        lines.find("\"Ticket(s) purged!\"", |line| (line == DONE).then_some(()))?;
        Ok(Self { logon_id })
    }

    fn facts(&self, source: &Source) -> Vec<Fact> {
        vec![Fact::new(Self::NAME, source, "purged", Value::yes_no(true))]
    }
}

const DONE: &str = "Ticket(s) purged!";
