//! What can be read in a text: facts with their lines, the blocks they stand in, what is missing, and what nobody understood.
//!
//! Text comes from customers: cut, redacted, from other builds, with other tools' output around it. A reader refuses nothing. A row that is
//! missing is [`Value::Absent`] only where the block that would hold it is whole; else it is [`Value::Unknown`].

use crate::{Artefact, Fact, Source, Value};

/// A text, read as an artefact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The artefact.
    pub artefact: Artefact,
    /// What the text says, in its order.
    pub facts: Vec<ReadFact>,
    /// The blocks, in their order.
    pub blocks: Vec<ReadBlock>,
    /// What is missing.
    pub gaps: Vec<Gap>,
    /// The lines that nobody understood, as they stand.
    pub not_understood: Vec<Line>,
    /// Lines without a fact of their own: headings, rules, fixed sentences. Counted from 1.
    pub frame: Vec<usize>,
    /// The output is there from its first line to its last.
    pub is_whole: bool,
}

/// What one line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadFact {
    /// The line, counted from 1.
    pub line: usize,
    /// The block it stands in, as a place in [`Reading::blocks`].
    pub block: usize,
    /// The row, as facts name it; or as the tool does, where the artefact has no such row.
    pub key: String,
    /// What it says, as written.
    pub value: Value,
}

/// Rows that stand together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadBlock {
    /// Its heading, the number of a ticket, the id of an event; empty for the output as a whole.
    pub title: String,
    /// Its first line, counted from 1.
    pub first: usize,
    /// Its last line.
    pub last: usize,
    /// It is there from its first row to its last.
    pub is_whole: bool,
}

/// Something that the tool prints and the text lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Where it would stand, counted from 1.
    pub line: usize,
    /// What is missing.
    pub missing: String,
}

/// A line as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Counted from 1.
    pub number: usize,
    /// Its text.
    pub text: String,
}

impl Reading {
    /// What the text says of a row. The last fact of a row counts.
    pub fn value(&self, key: &str) -> Value {
        let mut said = self.facts.iter().rev();
        match said.find(|fact| fact.key == key && self.counts(fact)) {
            Some(fact) => fact.value.clone(),
            None if self.would_show(key) => Value::Absent,
            None => Value::Unknown,
        }
    }

    /// The rows of the artefact as facts about `source`: what the text says, then of the rows with fixed names that it does
    /// not show whether they are absent or unknown.
    pub fn facts(&self, source: &Source) -> Vec<Fact> {
        let fact = |key: &str, value: Value| Fact::new(self.artefact, source, key, value);
        let said = self.facts.iter().filter(|fact| self.counts(fact));
        let mut facts: Vec<Fact> = said.map(|said| fact(&said.key, said.value.clone())).collect();
        let rows = self.artefact.blocks().iter().flat_map(|block| block.rows);
        for row in rows.filter(|row| row.is_fixed()) {
            if !facts.iter().any(|fact| fact.key == row.name) {
                facts.push(fact(row.name, self.value(row.name)));
            }
        }
        facts
    }

    /// Whether a fact is a row of the artefact, where it stands.
    fn counts(&self, fact: &ReadFact) -> bool {
        let Some(block) = self.blocks.get(fact.block) else {
            return false;
        };
        match self.artefact {
            // the blocks of older events have another title
            Artefact::Events => {
                fact.key.split(' ').next() == Some(block.title.as_str()) || block.title.is_empty()
            }
            Artefact::Registry => self.artefact.row(&fact.key).is_some(),
            _ => self.holds(block, &fact.key),
        }
    }

    /// Whether a row of this name would stand in a block that is whole.
    fn would_show(&self, key: &str) -> bool {
        let whole = |block: &ReadBlock| {
            block.is_whole
                && match self.artefact {
                    Artefact::Events => key
                        .strip_prefix(&block.title)
                        .is_some_and(|row| row.starts_with(' ')),
                    Artefact::Registry => key
                        .strip_prefix(&block.title)
                        .and_then(|name| name.strip_prefix('\\'))
                        .is_some_and(|name| !name.contains('\\')),
                    _ => self.holds(block, key),
                }
        };
        self.is_whole && self.artefact.row(key).is_some() || self.blocks.iter().any(whole)
    }

    /// Whether a block is one that holds rows of this name.
    fn holds(&self, block: &ReadBlock, key: &str) -> bool {
        let sections = self.artefact.blocks().iter();
        let mut titled = sections.filter(|section| section.title == block.title);
        titled.any(|section| section.rows.iter().any(|row| row.is_called(key)))
    }
}

/// A reading that is being made. Every line that is not said to be a fact or a frame ends among those not understood.
pub(crate) struct Reader<'t> {
    lines: Vec<&'t str>,
    used: Vec<bool>,
    reading: Reading,
}

impl<'t> Reader<'t> {
    pub(crate) fn new(artefact: Artefact, text: &'t str) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        Self {
            used: vec![false; lines.len()],
            lines,
            reading: Reading {
                artefact,
                facts: Vec::new(),
                blocks: Vec::new(),
                gaps: Vec::new(),
                not_understood: Vec::new(),
                frame: Vec::new(),
                is_whole: false,
            },
        }
    }

    /// The lines that are not blank, trimmed, each with its place (counted from 0).
    pub(crate) fn lines(&self) -> Vec<(usize, &'t str)> {
        let lines = self.lines.iter().enumerate().map(|(at, line)| (at, line.trim()));
        lines.filter(|(_, line)| !line.is_empty()).collect()
    }

    /// A line as it stands.
    pub(crate) fn raw(&self, at: usize) -> &'t str {
        self.lines.get(at).copied().unwrap_or_default()
    }

    /// Says that a line belongs to the layout.
    pub(crate) fn frame(&mut self, at: usize) {
        if let Some(used) = self.used.get_mut(at)
            && !*used
        {
            *used = true;
            self.reading.frame.push(at + 1);
        }
    }

    /// Opens a block at a line.
    pub(crate) fn open(&mut self, title: impl Into<String>, at: usize) -> usize {
        self.reading.blocks.push(ReadBlock {
            title: title.into(),
            first: at + 1,
            last: at + 1,
            is_whole: false,
        });
        self.reading.blocks.len() - 1
    }

    /// Says what a line says. A line may say several things.
    pub(crate) fn fact(&mut self, block: usize, at: usize, key: impl Into<String>, value: Value) {
        if let Some(used) = self.used.get_mut(at) {
            *used = true;
        }
        if let Some(block) = self.reading.blocks.get_mut(block) {
            block.last = block.last.max(at + 1);
        }
        self.reading.facts.push(ReadFact {
            line: at + 1,
            block,
            key: key.into(),
            value,
        });
    }

    /// The same with a text.
    pub(crate) fn says(&mut self, block: usize, at: usize, key: impl Into<String>, value: &str) {
        self.fact(block, at, key, Value::Known(value.to_owned()));
    }

    /// Says that something is missing where a line stands.
    pub(crate) fn gap(&mut self, at: usize, missing: impl Into<String>) {
        let missing = missing.into();
        self.reading.gaps.push(Gap {
            line: at + 1,
            missing,
        });
    }

    /// Says that a block is whole, or what it lacks.
    pub(crate) fn close(&mut self, block: usize, is_whole: bool, missing: &str) {
        let Some(found) = self.reading.blocks.get_mut(block) else {
            return;
        };
        found.is_whole = is_whole;
        let line = found.last;
        if !is_whole {
            self.gap(line, missing);
        }
    }

    /// Gives a block another title.
    pub(crate) fn retitle(&mut self, block: usize, title: String) {
        if let Some(block) = self.reading.blocks.get_mut(block) {
            block.title = title;
        }
    }

    /// Says that the output is there as a whole.
    pub(crate) fn whole(&mut self, is_whole: bool) {
        self.reading.is_whole = is_whole;
    }

    /// Whether a block has a fact of this name.
    pub(crate) fn has(&self, block: usize, key: &str) -> bool {
        let mut facts = self.reading.facts.iter();
        facts.any(|fact| fact.block == block && fact.key == key)
    }

    /// What a fact of the newest blocks says.
    pub(crate) fn said(&self, block: usize, key: &str) -> Option<String> {
        let mut facts = self.reading.facts.iter().rev();
        let fact = facts.find(|fact| fact.block == block && fact.key == key)?;
        fact.value.known().map(str::to_owned)
    }

    pub(crate) fn blocks(&self) -> &[ReadBlock] {
        &self.reading.blocks
    }

    pub(crate) fn finish(self) -> Reading {
        let mut reading = self.reading;
        let lines = self.lines.iter().zip(&self.used).enumerate();
        for (at, (line, used)) in lines {
            if !used && !line.trim().is_empty() {
                reading.not_understood.push(Line {
                    number: at + 1,
                    text: (*line).to_owned(),
                });
            }
        }
        reading
    }
}

/// Reads an output that is one list of `key : value` rows: `rows` are those that the tool prints. The block opens with the line that
/// `heads` accepts, or with the first row. It is whole when nothing is missing before its last row.
pub(crate) struct List<'a> {
    /// The heading, where there is one.
    pub(crate) heading: Option<&'a str>,
    /// The row with which the list begins.
    pub(crate) first: &'a str,
    /// The row with which it ends.
    pub(crate) last: &'a str,
    /// The rows that the tool always prints.
    pub(crate) always: &'a [&'a str],
}

impl List<'_> {
    /// Reads the list; `value` makes of a row's text what facts say.
    pub(crate) fn read(
        &self,
        reader: &mut Reader<'_>,
        value: impl Fn(&str, &str) -> Value,
        is_row: impl Fn(&str) -> bool,
    ) -> Option<usize> {
        let mut block = None;
        let mut headed = self.heading.is_none();
        for (at, line) in reader.lines() {
            if self.heading == Some(line) {
                reader.frame(at);
                headed = true;
                block = block.or_else(|| Some(reader.open("", at)));
                continue;
            }
            let Some((key, text)) = row(line).filter(|(key, _)| is_row(key)) else {
                continue;
            };
            let block = *block.get_or_insert_with(|| reader.open("", at));
            reader.fact(block, at, key, value(key, text));
        }
        let Some(found) = block else {
            reader.gap(0, format!("all rows, {:?} to {:?}", self.first, self.last));
            return None;
        };
        let ends = reader.has(found, self.first) && reader.has(found, self.last);
        let missing = format!("the beginning or the end: {:?} to {:?}", self.first, self.last);
        reader.close(found, headed && ends, &missing);
        if headed && ends {
            let last = reader.blocks().get(found).map_or(0, |block| block.last);
            for name in self.always {
                if !reader.has(found, name) {
                    reader.gap(last, format!("the row {name:?}"));
                }
            }
        }
        block
    }
}

/// `key : value` of a line.
pub(crate) fn row(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let (key, value) = (key.trim(), value.trim());
    (!key.is_empty()).then_some((key, value))
}
