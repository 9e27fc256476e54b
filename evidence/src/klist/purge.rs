//! `klist purge`: forgets the tickets of a logon session.

use super::LogonId;
use crate::provenance::Provenance;
use crate::reading::{Reader, Reading};
use crate::row::{Block, Row};
use crate::{Artefact, Fact, Source, Value, View};

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
        format!("{}\n\t{DELETING}\n\t{DONE}\n", self.logon_id.line())
    }

    fn read(text: &str) -> Reading {
        read_sentence(Self::ARTEFACT, text, &[DELETING], DONE)
    }

    fn facts(&self, source: &Source) -> Vec<Fact> {
        vec![Fact::new(Self::ARTEFACT, source, "purged", Value::yes_no(true))]
    }
}

/// Reads an output whose last sentence says that something is purged.
pub(super) fn read_sentence(artefact: Artefact, text: &str, before: &[&str], done: &str) -> Reading {
    let mut reader = Reader::new(artefact, text);
    LogonId::frame(&mut reader);
    let mut is_done = false;
    for (at, line) in reader.lines() {
        if line == done {
            let block = reader.open("", at);
            reader.fact(block, at, "purged", Value::yes_no(true));
            reader.close(block, true, "");
            is_done = true;
        } else if before.contains(&line) {
            reader.frame(at);
        }
    }
    if !is_done {
        reader.gap(0, format!("{done:?}"));
    }
    reader.finish()
}

const DELETING: &str = "Deleting all tickets:";
const DONE: &str = "Ticket(s) purged!";
