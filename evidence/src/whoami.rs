//! `whoami /groups`: the groups of the access token of the logon session.

use crate::provenance::Provenance;
use crate::reading::{Reader, Reading};
use crate::row::{Block, Row};
use crate::{Artefact, Fact, Source, Value, View};

/// What `whoami /groups` prints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// The groups, in the order of the token.
    pub groups: Vec<Group>,
}

/// One group of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// `FERNHILL\Projects-Write`; empty when nobody can say.
    pub name: String,
    /// What it is.
    pub kind: GroupKind,
    /// Its SID.
    pub sid: String,
    /// `Mandatory group, Enabled by default, Enabled group`; empty for an integrity level.
    pub attributes: String,
}

/// What a SID of a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupKind {
    /// `Well-known group`
    WellKnown,
    /// `Alias`: a domain-local or built-in group.
    Alias,
    /// `Group`
    Group,
    /// `Label`: an integrity level.
    Label,
    /// `Unknown SID type`: nobody could be asked, or it does not exist.
    Unknown,
}

impl GroupKind {
    const ALL: [(Self, &'static str); 5] = [
        (Self::WellKnown, "Well-known group"),
        (Self::Alias, "Alias"),
        (Self::Group, "Group"),
        (Self::Label, "Label"),
        (Self::Unknown, "Unknown SID type"),
    ];

    fn text(self) -> &'static str {
        let word = Self::ALL.iter().find(|(kind, _)| *kind == self);
        word.map_or("", |(_, text)| text)
    }
}

/// The attributes of a group that counts, which nearly all have.
pub const ENABLED: &str = "Mandatory group, Enabled by default, Enabled group";

impl View for Groups {
    const ARTEFACT: Artefact = Artefact::Whoami;
    const BLOCKS: &'static [Block] = &[Block::untitled(&[Row::number("groups"), Row::text("group *")])];
    const PROVENANCE: &'static [Provenance] = &[
        Provenance::lab_default(
            "groups",
            "public layout; which well-known groups an Entra sign-in adds is the lab's choice",
        ),
        Provenance::public("*", "public outputs of Windows 10 and 11"),
    ];

    fn render(&self) -> String {
        let rows: Vec<[&str; 4]> = self
            .groups
            .iter()
            .map(|group| [&group.name, group.kind.text(), &group.sid, &group.attributes])
            .collect();
        let mut widths = HEADINGS.map(str::len);
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let line = |cells: [&str; 4]| {
            let cells = cells
                .iter()
                .zip(widths)
                .map(|(cell, width)| format!("{cell:<width$}"));
            cells.collect::<Vec<_>>().join(" ") + "\n"
        };
        let rule = widths.map(|width| "=".repeat(width)).join(" ");
        let mut text = format!("\n{TITLE}\n{UNDERLINE}\n\n{}{rule}\n", line(HEADINGS));
        for row in rows {
            text.push_str(&line(row));
        }
        text
    }

    fn read(text: &str) -> Reading {
        let mut reader = Reader::new(Self::ARTEFACT, text);
        let mut table: Option<(usize, [usize; 4])> = None;
        let (mut count, mut labelled) = (0, false);
        for (at, line) in reader.lines() {
            let is_heading = [TITLE, UNDERLINE].contains(&line)
                || line
                    .split_whitespace()
                    .eq(HEADINGS.iter().flat_map(|heading| heading.split(' ')));
            if is_heading {
                reader.frame(at);
                continue;
            }
            let widths: Vec<usize> = line.split(' ').map(str::len).collect();
            let is_rule = line.bytes().all(|octet| matches!(octet, b'=' | b' '));
            if let Ok(widths) = <[usize; 4]>::try_from(widths).map_err(|_| ())
                && is_rule
            {
                reader.frame(at);
                table = Some((reader.open("", at), widths));
                continue;
            }
            let Some((block, widths)) = table else { continue };
            if let Some(group) = Group::parse(reader.raw(at), widths) {
                reader.says(block, at, format!("group {}", group.name), &group.sid);
                labelled |= group.kind == GroupKind::Label;
                count += 1;
            }
        }
        match table {
            // the integrity level is the last group of every token
            Some((block, _)) if labelled => {
                let last = reader.blocks().get(block).map_or(0, |block| block.last);
                reader.says(block, last - 1, "groups", &count.to_string());
                reader.close(block, true, "");
            }
            Some((block, _)) => reader.close(block, false, "groups, up to the mandatory label"),
            None => reader.gap(0, "a line of = under the headings"),
        }
        reader.finish()
    }

    /// `groups`: how many; and for each group `group NAME`: its SID.
    fn facts(&self, source: &Source) -> Vec<Fact> {
        let fact = |key: String, value: String| Fact::new(Self::ARTEFACT, source, key, Value::Known(value));
        let mut facts = vec![fact("groups".into(), self.groups.len().to_string())];
        for group in &self.groups {
            facts.push(fact(format!("group {}", group.name), group.sid.clone()));
        }
        facts
    }
}

impl Group {
    fn parse(line: &str, widths: [usize; 4]) -> Option<Self> {
        let mut characters = line.chars();
        let [name, kind, sid, attributes] = widths.map(|width| {
            let cell: String = characters.by_ref().take(width).collect();
            characters.next();
            cell.trim().to_owned()
        });
        let kind = GroupKind::ALL.into_iter().find(|(_, text)| *text == kind)?;
        (!sid.is_empty()).then_some(Self {
            name,
            kind: kind.0,
            sid,
            attributes,
        })
    }
}

const TITLE: &str = "GROUP INFORMATION";
const UNDERLINE: &str = "-----------------";
const HEADINGS: [&str; 4] = ["Group Name", "Type", "SID", "Attributes"];
