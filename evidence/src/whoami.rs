//! `whoami /groups`: the groups of the access token of the logon session.

use crate::lines::Lines;
use crate::provenance::Provenance;
use crate::row::{Block, Row};
use crate::{Artefact, Fact, ReadError, Source, Value, View};

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
        let mut text = format!(
            "\nGROUP INFORMATION\n-----------------\n\n{}{rule}\n",
            line(HEADINGS)
        );
        for row in rows {
            text.push_str(&line(row));
        }
        text
    }

    fn read(text: &str) -> Result<Self, ReadError> {
        let mut lines = Lines::new(text);
        let rule = lines.find("a line of = under the headings", |line| {
            line.starts_with("==").then_some(line)
        })?;
        let widths: Vec<usize> = rule.split(' ').map(str::len).collect();
        let Ok(widths) = <[usize; 4]>::try_from(widths) else {
            return Err(lines.error("four columns"));
        };
        let mut groups = Vec::new();
        while let Some(line) = lines.next_untrimmed() {
            let group = Group::parse(line, widths);
            groups.push(group.ok_or_else(|| lines.error("name, type, SID and attributes"))?);
        }
        Ok(Self { groups })
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

const HEADINGS: [&str; 4] = ["Group Name", "Type", "SID", "Attributes"];
