//! What the lab itself observes and no tool prints: outcomes of acts, errors of DCs, rules that decided, what a console showed.

use std::borrow::Cow;

use crate::provenance::Provenance;
use crate::reading::{Reader, Reading};
use crate::row::{Block, Row};
use crate::{Artefact, Fact, Outcome, Source, Value, View};

/// What a user or a device can do whose end is kept; it says `ok`, or why not.
pub(crate) const OUTCOMES: &[Block] = &[Block::untitled(&[
    Row::text("sign-in"),
    Row::text("lock"),
    Row::text("unlock"),
    Row::text("sign-out"),
    Row::text("set-up-hello"),
    Row::text("delete-hello"),
    Row::text("join"),
    Row::text("refresh-prt"),
    Row::text("purge-tickets"),
    Row::text("purge-bind"),
    Row::text("add-bind"),
    Row::text("locate-dc"),
    Row::text("get-ticket"),
    Row::text("open"),
    Row::text("print"),
    Row::text("exchange"),
])];

/// The last error that a DC gave a device, by the name of its code.
pub(crate) const KDC: &[Block] = &[Block::untitled(&[Row::text("error")])];

/// The ids of rules, which their owners know.
pub(crate) const RULES: &[Block] = &[Block::untitled(&[Row::one_of("*", Outcome::WORDS)])];

/// The last error of a console, and the properties of the objects that it showed.
pub(crate) const CONSOLE: &[Block] = &[Block::untitled(&[
    Row::text("error"),
    Row::text("error-line"),
    Row::text("error-id"),
    Row::text("exception"),
    Row::text("*"),
])];

/// Observations of one kind, in the order in which they were made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// Which of the lab's own artefacts it is.
    pub artefact: Artefact,
    /// The observations.
    pub rows: Vec<Observation>,
}

/// One observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Where, if not at the host the artefact is taken of: the actor that decided.
    pub host: Option<String>,
    /// The row: a rule id, a verb, `error`.
    pub key: Cow<'static, str>,
    /// What was observed.
    pub value: Value,
}

impl View for Observed {
    const ARTEFACT: Artefact = Artefact::Outcome;
    const PROVENANCE: &'static [Provenance] =
        &[Provenance::lab_default("*", "the lab's own record of a run")];
    /// The table of artefacts says what rows each of them has.
    const BLOCKS: &'static [Block] = &[];

    /// `KEY: VALUE`, with the host before it where it has one of its own.
    fn render(&self) -> String {
        let line = |row: &Observation| match &row.host {
            Some(host) => format!("{host} · {}: {}\n", row.key, row.value),
            None => format!("{}: {}\n", row.key, row.value),
        };
        self.rows.iter().map(line).collect()
    }

    fn read(text: &str) -> Reading {
        let mut reader = Reader::new(Self::ARTEFACT, text);
        for (at, line) in reader.lines() {
            let key_value = line.split_once(": ");
            if let Some((key, value)) = key_value {
                let block = match reader.blocks().len() {
                    0 => reader.open("", at),
                    _ => 0,
                };
                let key = key.split_once(" · ").map_or(key, |(_, key)| key);
                reader.says(block, at, key, value);
            }
        }
        reader.finish()
    }

    fn facts(&self, source: &Source) -> Vec<Fact> {
        let fact = |row: &Observation| {
            let mut fact = Fact::new(self.artefact, source, row.key.clone(), row.value.clone());
            if let Some(host) = &row.host {
                fact.source.host.clone_from(host);
                fact.source.user = None;
            }
            fact
        };
        self.rows.iter().map(fact).collect()
    }
}
