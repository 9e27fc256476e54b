//! `klist purge`: forgets the tickets of a logon session.

use super::LogonId;
use crate::lines::Lines;
use crate::provenance::Provenance;
use crate::row::{Block, Row};
use crate::{Artefact, Fact, ReadError, Source, Value, View};

/// What `klist purge` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KlistPurge {
    /// The logon session the command ran in.
    pub logon_id: LogonId,
}

impl View for KlistPurge {
    const ARTEFACT: Artefact = Artefact::KlistPurge;
    const BLOCKS: &'static [Block] = &[Block::untitled(&[Row::yes_no("purged")])];
    const PROVENANCE: &'static [Provenance] =
        &[Provenance::public("*", "public outputs of Windows 10 and 11")];

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
        vec![Fact::new(Self::ARTEFACT, source, "purged", Value::yes_no(true))]
    }
}

const DONE: &str = "Ticket(s) purged!";
