//! Events as text: what "Copy details as text" of Event Viewer gives.

use jiff::tz::Offset;

use super::template::{Field, Template, find};
use super::{Audit, Event};
use crate::Artefact;
use crate::lines::us_time_12;
use crate::reading::{Reader, Reading, row};

impl Event {
    /// The text that Event Viewer copies on a machine so many minutes east of UTC.
    pub fn render_text(&self, utc_offset_minutes: i32) -> String {
        let offset = Offset::from_seconds(utc_offset_minutes.saturating_mul(60)).unwrap_or(Offset::UTC);
        let template = self.template;
        let task = if template.task.1.is_empty() {
            "None"
        } else {
            template.task.1
        };
        let keywords = match self.head.audit {
            Audit::None => "",
            Audit::Success => SUCCESS,
            Audit::Failure => FAILURE,
        };
        let head = [
            ("Log Name", template.provider.log.to_owned()),
            ("Source", template.provider.source.to_owned()),
            ("Date", us_time_12(offset.to_datetime(self.head.time))),
            ("Event ID", template.id.to_string()),
            ("Task Category", task.to_owned()),
            ("Level", template.level.word().to_owned()),
            ("Keywords", keywords.to_owned()),
            (
                "User",
                self.head.user.clone().unwrap_or_else(|| NOBODY.to_owned()),
            ),
            ("Computer", self.head.computer.clone()),
        ];
        let mut text = String::new();
        for (key, value) in head {
            let key = format!("{key}:");
            text.push_str(format!("{key:<14} {value}").trim_end());
            text.push('\n');
        }
        text + "Description:\n" + &self.message()
    }

    /// The message with its values.
    pub fn message(&self) -> String {
        let mut text = String::new();
        for line in self.template.message.lines() {
            match slot(self.template, line) {
                Some(slot) => {
                    let value = self.values.get(slot.index).map_or("", String::as_str);
                    let shown = slot.field.to_word(value);
                    text.push_str(format!("{}{shown}{}", slot.before, slot.after).trim_end());
                }
                None => text.push_str(line),
            }
            text.push('\n');
        }
        text
    }
}

/// The place of a value in a line of a message.
struct Slot {
    index: usize,
    field: &'static Field,
    before: &'static str,
    after: &'static str,
}

fn slot(template: &'static Template, line: &'static str) -> Option<Slot> {
    let (before, rest) = line.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    let (index, field) = template
        .fields
        .iter()
        .enumerate()
        .find(|(_, field)| field.name == name)?;
    Some(Slot {
        index,
        field,
        before,
        after,
    })
}

/// The rows above the message, in their order.
const HEAD: [&str; 9] = [
    "Log Name",
    "Source",
    "Date",
    "Event ID",
    "Task Category",
    "Level",
    "Keywords",
    "User",
    "Computer",
];

/// Reads events one after another.
pub(super) fn read(text: &str) -> Reading {
    let mut reader = Reader::new(Artefact::Events, text);
    let mut current: Option<Current<'_>> = None;
    let mut events = Vec::new();
    for (at, line) in reader.lines() {
        if line.starts_with("Log Name:") {
            if let Some(event) = current.take() {
                event.close(&mut reader);
            }
            current = Some(Current::new(reader.open("", at)));
        }
        if let Some(event) = &mut current
            && let Some(id) = event.read(&mut reader, at, line)
        {
            events.push((id, event.block, at));
        }
    }
    if let Some(event) = current {
        event.close(&mut reader);
    }
    super::counted(reader, &events)
}

/// The event that is being read.
struct Current<'t> {
    block: usize,
    source: &'t str,
    described: bool,
    template: Option<&'static Template>,
    /// The lines of the message that were not met yet.
    message: Vec<&'static str>,
}

impl<'t> Current<'t> {
    const fn new(block: usize) -> Self {
        Self {
            block,
            source: "",
            described: false,
            template: None,
            message: Vec::new(),
        }
    }

    /// Reads a line; the event's id when it names it.
    fn read(&mut self, reader: &mut Reader<'t>, at: usize, line: &'t str) -> Option<u32> {
        if self.described {
            self.message_line(reader, at, line);
            return None;
        }
        if line == "Description:" {
            reader.frame(at);
            self.described = true;
            return None;
        }
        let (key, value) = row(line).filter(|(key, _)| HEAD.contains(key))?;
        reader.says(self.block, at, key, value);
        match key {
            "Source" => self.source = value,
            "Event ID" => {
                let id: u32 = value.parse().ok()?;
                self.template = u16::try_from(id).ok().and_then(|id| find(self.source, id));
                let message = self.template.map_or("", |template| template.message);
                self.message = message.lines().filter(|line| !line.trim().is_empty()).collect();
                reader.retitle(self.block, id.to_string());
                return Some(id);
            }
            _ => {}
        }
        None
    }

    /// A line of the message: a sentence of it, or a sentence with a value.
    fn message_line(&mut self, reader: &mut Reader<'_>, at: usize, line: &str) {
        let Some(template) = self.template else { return };
        let fits = |expected: &&'static str| match slot(template, expected) {
            Some(slot) => value_in(&slot, line).is_some(),
            None => expected.trim() == line,
        };
        let Some(place) = self.message.iter().position(fits) else {
            return;
        };
        let expected = self.message.remove(place);
        match slot(template, expected).and_then(|slot| Some((value_in(&slot, line)?, slot))) {
            Some((value, slot)) => {
                let key = format!("{} {}", template.id, slot.field.row);
                reader.says(self.block, at, key, slot.field.to_code(value));
            }
            None => reader.frame(at),
        }
    }

    /// Ends the event, which is whole when nothing of a known message is missing.
    fn close(self, reader: &mut Reader<'_>) {
        let known = self.template.is_some();
        let missing = match known {
            true => "rows of the event's message",
            false => "what the event's message means: the event is not known here",
        };
        let whole = known && self.described && self.message.is_empty();
        reader.close(self.block, whole, missing);
    }
}

/// The value that stands in the place of a slot.
fn value_in<'l>(slot: &Slot, line: &'l str) -> Option<&'l str> {
    let value = line.strip_prefix(slot.before.trim())?;
    Some(value.strip_suffix(slot.after.trim())?.trim())
}

const SUCCESS: &str = "Audit Success";
const FAILURE: &str = "Audit Failure";
const NOBODY: &str = "N/A";
