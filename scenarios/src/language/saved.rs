//! Writes a story as a file: the lab and the faults that it began with, and what was done.

use std::fmt::Write as _;

use toml::Value as Toml;

use super::scenario::{Base, Catalogue, Faults, Scenario};
use super::step::{Step, StepKind};
use super::tree::{Node, Value};
use crate::lab::Lab;

/// A story to be written.
#[derive(Clone, Debug)]
pub struct SavedStory<'s> {
    /// By which it is run.
    pub name: &'s str,
    /// One line about it.
    pub title: &'s str,
    /// What is said of it in comments, a line each.
    pub remarks: &'s [String],
    /// What it began with.
    pub base: &'s Base,
    /// The lab, as the base makes it.
    pub lab: &'s Lab,
    /// The steps that a scenario had, by their names.
    pub steps: &'s [Step],
    /// What was done after them.
    pub typed: &'s [StepKind],
}

/// A story as a file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedFile {
    /// The file.
    pub text: String,
    /// What was done and cannot be said as a step, one each.
    pub unsaid: Vec<String>,
}

impl SavedStory<'_> {
    /// The file. What cannot be said as a step stands in it as a comment; all else is a file that `catalogue` can be read with.
    pub fn file(&self, catalogue: &Catalogue) -> SavedFile {
        let mut text = String::new();
        for remark in self.remarks {
            let _ = writeln!(text, "# {remark}");
        }
        text.push_str(&self.head());
        let mut unsaid = Vec::new();
        let named = self.steps.iter().map(|step| (step.name.to_string(), &step.kind));
        let typed = (1..)
            .zip(self.typed)
            .map(|(number, kind)| (format!("typed-{number}"), kind));
        for (name, kind) in named.chain(typed) {
            match self.said(kind, catalogue) {
                Some(line) => {
                    let _ = writeln!(text, "\n[[step]]\nname = {}\n{line}", Toml::from(name));
                }
                None => {
                    let what = plain(kind);
                    let _ = writeln!(text, "\n# cannot be said as a step: {what}");
                    unsaid.push(what);
                }
            }
        }
        SavedFile { text, unsaid }
    }

    /// The line of a step, if it is read as what it was.
    fn said(&self, kind: &StepKind, catalogue: &Catalogue) -> Option<String> {
        let line = kind.to_toml(self.lab)?;
        // a lab of one's own is no lab that a scenario can name: nothing checks the line then
        if !catalogue.labs.iter().any(|(name, _)| *name == self.base.lab) {
            return Some(line);
        }
        let file = format!("{}\n[[step]]\n{line}\n", self.head());
        let read = Scenario::parse("a saved story", &file, &Faults::AsWritten, catalogue).ok()?;
        (read.steps.first().map(|step| &step.kind) == Some(kind)).then_some(line)
    }

    fn head(&self) -> String {
        let text = |text: &str| Toml::from(text).to_string();
        let mut head = format!(
            "format = \"trustlab.scenario/1\"\nname = {}\ntitle = {}\nlab = {}\n",
            text(self.name),
            text(self.title),
            text(&self.base.lab)
        );
        for (key, nodes) in [("patch", &self.base.patches), ("fault", &self.base.faults)] {
            for node in nodes {
                let _ = writeln!(head, "\n[[{key}]]");
                let entries = node.as_table().into_iter().flat_map(|table| &table.0);
                for (key, entry) in entries {
                    let _ = writeln!(head, "{} = {}", quoted_key(key), toml(&entry.node));
                }
            }
        }
        head
    }
}

/// A step that cannot be said, in one line for people.
fn plain(kind: &StepKind) -> String {
    let text = match kind {
        StepKind::Act(done) => {
            let who = done.user.as_deref().unwrap_or("whoever is there");
            format!("{} at {}: {:?}", who, done.device, done.act)
        }
        StepKind::Action(action) => format!("{action:?}"),
        StepKind::WaitUntil(time) => format!("wait until {time}"),
    };
    text.replace(['\n', '\r'], " ")
}

fn quoted_key(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match !key.is_empty() && key.chars().all(bare) {
        true => key.to_owned(),
        false => Toml::from(key).to_string(),
    }
}

/// A value as it was read, in one line.
fn toml(node: &Node) -> String {
    match &node.value {
        Value::String(text) => Toml::from(text.as_str()).to_string(),
        Value::Integer(number) => number.unwrap_or_default().to_string(),
        Value::Float(number) => Toml::from(*number).to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Datetime(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(toml).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Table(table) => {
            let entries: Vec<String> = table
                .0
                .iter()
                .map(|(key, entry)| format!("{} = {}", quoted_key(key), toml(&entry.node)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}
