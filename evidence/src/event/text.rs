//! Events as text: what "Copy details as text" of Event Viewer gives.

use jiff::tz::Offset;

use super::template::{Field, Template, find};
use super::{Audit, Event, Head};
use crate::ReadError;
use crate::lines::{Lines, read_us_time_12, us_time_12};

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

/// Reads events one after another. Times are taken as UTC.
pub(super) fn read_all(text: &str) -> Result<Vec<Event>, ReadError> {
    let mut lines = Lines::new(text);
    let mut events = Vec::new();
    while lines.peek().is_some() {
        if lines.peek().is_some_and(|line| line.starts_with("Log Name:")) {
            events.push(read(&mut lines)?);
        } else {
            lines.next();
        }
    }
    Ok(events)
}

fn read(lines: &mut Lines<'_>) -> Result<Event, ReadError> {
    lines.value("Log Name")?;
    let source = lines.value("Source")?;
    let time = lines.parsed("Date", "a time such as 11/23/2026 8:00:00 AM", |text| {
        let time = read_us_time_12(text)?;
        Offset::UTC.to_timestamp(time).ok()
    })?;
    let template = lines.parsed("Event ID", "an event of that source that is known here", |text| {
        find(source, text.parse().ok()?)
    })?;
    lines.value("Task Category")?;
    lines.value("Level")?;
    let audit = lines.parsed(
        "Keywords",
        "nothing, Audit Success or Audit Failure",
        |text| match text {
            SUCCESS => Some(Audit::Success),
            FAILURE => Some(Audit::Failure),
            _ => Some(Audit::None),
        },
    )?;
    let user = lines.value("User")?;
    let user = (user != NOBODY).then(|| user.to_owned());
    let computer = lines.value("Computer")?.to_owned();
    lines.find("\"Description:\"", |line| (line == "Description:").then_some(()))?;
    Ok(Event {
        head: Head {
            time,
            record: 0,
            computer,
            user,
            audit,
        },
        template,
        values: read_values(lines, template)?,
    })
}

fn read_values(lines: &mut Lines<'_>, template: &'static Template) -> Result<Vec<String>, ReadError> {
    let mut values = vec![String::new(); template.fields.len()];
    for expected in template.message.lines().filter(|line| !line.trim().is_empty()) {
        let Some(slot) = slot(template, expected) else {
            if lines.next() != Some(expected.trim()) {
                return Err(lines.error(&format!("{:?}", expected.trim())));
            }
            continue;
        };
        let (before, after) = (slot.before.trim(), slot.after.trim());
        let value = lines
            .next()
            .and_then(|line| line.strip_prefix(before)?.strip_suffix(after));
        let value = value.ok_or_else(|| lines.error(&format!("{before:?} and a value")))?;
        if let Some(place) = values.get_mut(slot.index) {
            *place = slot.field.to_code(value.trim()).to_owned();
        }
    }
    Ok(values)
}

const SUCCESS: &str = "Audit Success";
const FAILURE: &str = "Audit Failure";
const NOBODY: &str = "N/A";
