//! Windows events, as Event Viewer copies them as text and as Event XML.
//!
//! An event is a [`Template`] with values: the template holds what all events of an id have in common (provider, log,
//! level, the names of the fields, the message with a place for each). Each family has typed bodies that a simulation
//! fills: [`security`], [`registration`], [`hello`], [`aad`], [`kerberos`].

pub mod aad;
pub mod hello;
pub mod kerberos;
pub mod registration;
pub mod security;
mod template;
mod text;
mod xml;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use template::{Field, Level, Provider, Template, templates};

use crate::provenance::Provenance;
use crate::reading::{Reader, Reading};
use crate::row::{Block, Row};
use crate::{Artefact, Fact, Source, Value, View};

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When and where it was written.
    pub head: Head,
    /// What all events of its id have in common.
    pub template: &'static Template,
    /// The values of the template's fields, in their order and as Event XML holds them.
    pub values: Vec<String>,
}

/// When and where an event was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// When, to the microsecond. The text has whole seconds alone, and Event Viewer shows local time.
    pub time: Timestamp,
    /// The number in its log; the text does not show it.
    pub record: u64,
    /// The machine that wrote it.
    pub computer: String,
    /// The SID of the account that wrote it; events of the Security log have none.
    pub user: Option<String>,
    /// For an event of the Security log: whether it speaks of a success.
    pub audit: Audit,
}

/// What the keywords of an event say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audit {
    /// It is no event of the Security log.
    #[default]
    None,
    /// `Audit Success`
    Success,
    /// `Audit Failure`
    Failure,
}

/// A body that knows its template.
pub trait Body {
    /// What all events of this kind have in common.
    fn template(&self) -> &'static Template;
    /// The values of its fields, in their order.
    fn values(&self) -> Vec<String>;
    /// Whether it is an audit of a success or a failure.
    fn audit(&self) -> Audit {
        Audit::None
    }
}

impl Event {
    /// An event at a time and place. Line breaks within values become blanks, for a message has one value a line.
    pub fn new(time: Timestamp, record: u64, computer: &str, user: Option<String>, body: &dyn Body) -> Self {
        let values = body.values().into_iter();
        Self {
            head: Head {
                time,
                record,
                computer: computer.to_owned(),
                user,
                audit: body.audit(),
            },
            template: body.template(),
            values: values.map(|value| one_line(&value)).collect(),
        }
    }

    /// The value of a field.
    pub fn value(&self, field: &str) -> Option<&str> {
        let index = self
            .template
            .fields
            .iter()
            .position(|known| known.name == field)?;
        self.values.get(index).map(String::as_str)
    }

    /// The event id.
    pub const fn id(&self) -> u16 {
        self.template.id
    }
}

fn one_line(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    text.trim().to_owned()
}

/// Events of one machine, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventLog {
    /// The events.
    pub events: Vec<Event>,
}

impl EventLog {
    /// The events with an id, or of a log whose name contains the word.
    #[must_use]
    pub fn only(&self, id_or_log: &str) -> Self {
        let word = id_or_log.to_lowercase();
        let wanted = |event: &&Event| match word.parse::<u16>() {
            Ok(id) => event.id() == id,
            Err(_) => event.template.provider.log.to_lowercase().contains(&word),
        };
        Self {
            events: self.events.iter().filter(wanted).cloned().collect(),
        }
    }

    /// Event XML: an element `Events` with one `Event` for each.
    pub fn render_xml(&self) -> String {
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Events>\n");
        for event in &self.events {
            text.push_str(&event.render_xml());
        }
        text + "</Events>\n"
    }
}

impl View for EventLog {
    const ARTEFACT: Artefact = Artefact::Events;
    const BLOCKS: &'static [Block] = &[];
    const PROVENANCE: &'static [Provenance] = PROVENANCE;

    /// The text that Event Viewer copies, in UTC, with a blank line between two events.
    fn render(&self) -> String {
        self.render_at(0)
    }

    /// Either form: texts that Event Viewer copied, or Event XML. Events that are not known here count, too.
    fn read(text: &str) -> Reading {
        match text.trim_start_matches('\u{feff}').trim_start().starts_with('<') {
            true => xml::read(text),
            false => text::read(text),
        }
    }

    /// For each id, `ID`: how many there are; and for the newest of each id, `ID ROW`: what the row says. A row is called
    /// as the message calls it, or in the Security log as Event XML does.
    fn facts(&self, source: &Source) -> Vec<Fact> {
        let mut facts = Vec::new();
        let mut ids: Vec<u16> = self.events.iter().map(Event::id).collect();
        ids.sort_unstable();
        ids.dedup();
        let fact = |key: String, value: String| Fact::new(Self::ARTEFACT, source, key, Value::Known(value));
        for id in ids {
            let of_id = || self.events.iter().filter(|event| event.id() == id);
            facts.push(fact(id.to_string(), of_id().count().to_string()));
            let Some(newest) = of_id().next_back() else {
                continue;
            };
            for (field, value) in newest.template.fields.iter().zip(&newest.values) {
                facts.push(fact(format!("{id} {}", field.row), value.clone()));
            }
        }
        facts
    }
}

impl EventLog {
    /// The text that Event Viewer copies on a machine so many minutes east of UTC.
    pub fn render_at(&self, utc_offset_minutes: i32) -> String {
        let events = self
            .events
            .iter()
            .map(|event| event.render_text(utc_offset_minutes));
        events.collect::<Vec<_>>().join("\n")
    }
}

/// Ends the reading of a log: counts the events of each id, of which `events` gives the block and the line of the id.
fn counted(mut reader: Reader<'_>, events: &[(u32, usize, usize)]) -> Reading {
    let mut of_id: BTreeMap<u32, Vec<(usize, usize)>> = BTreeMap::new();
    for (id, block, at) in events {
        of_id.entry(*id).or_default().push((*block, *at));
    }
    for (id, events) in of_id {
        // the last is the newest, as logs of the lab begin with the oldest
        let Some(((newest, at), older)) = events.split_last() else {
            continue;
        };
        reader.says(*newest, *at, id.to_string(), &events.len().to_string());
        for (block, _) in older {
            reader.retitle(*block, format!("{id}, older"));
        }
    }
    if events.is_empty() {
        reader.gap(0, "an event: \"Log Name:\" or <Event>");
    }
    reader.finish()
}

/// `ID` or `ID ROW` of an event that is known here.
pub(crate) fn row(name: &str) -> Option<Row> {
    let (id, row) = match name.split_once(' ') {
        Some((id, row)) => (id, Some(row)),
        None => (name, None),
    };
    let id: u16 = id.parse().ok()?;
    let template = templates().find(|template| template.id == id)?;
    let Some(row) = row else {
        return Some(Row::number("*"));
    };
    let field = template.fields.iter().find(|field| field.row == row)?;
    Some(Row::text(field.row))
}

/// Every row of every event that is known here.
pub(crate) fn row_names() -> impl Iterator<Item = String> {
    templates().flat_map(|template| {
        let id = template.id;
        let rows = template
            .fields
            .iter()
            .map(move |field| format!("{id} {}", field.row));
        core::iter::once(id.to_string()).chain(rows)
    })
}

const AUDITING: &str =
    "Microsoft Learn, advanced security auditing: fields, message and Event XML of the event";

const fn public(row: &'static str, source: &'static str) -> Provenance {
    Provenance::public(row, source)
}

const fn lab(row: &'static str, why: &'static str) -> Provenance {
    Provenance::lab_default(row, why)
}

/// By event id. Explanatory paragraphs that Windows appends to some messages are left out throughout.
const PROVENANCE: &[Provenance] = &[
    lab(
        "4769*",
        "public fields; that the exchange is logged as 4769 for krbtgt, and 4768 is not, is the lab's default",
    ),
    public("4768*", AUDITING),
    public("4771*", AUDITING),
    public("4624*", AUDITING),
    lab(
        "358*",
        "the message is public for 360 and 362; no whole 358 is, and the names in Event XML are the lab's",
    ),
    lab(
        "360*",
        "the message is public (Microsoft Q&A 591928); the names in Event XML are the lab's",
    ),
    lab(
        "362*",
        "the message is public (Microsoft Learn, known deployment issues); the names in Event XML are the lab's",
    ),
    lab("300*", "the id is public, the message is the lab's"),
    lab(
        "5205*",
        "two lines of the message are public (a runbook), the rest is the lab's",
    ),
    lab(
        "7001*",
        "two parts of the message are public (a runbook), the rest is the lab's",
    ),
    lab(
        "1006*",
        "id and meaning are public (Microsoft Learn, PRT issues), the text is the lab's",
    ),
    lab(
        "1007*",
        "id and meaning are public (Microsoft Learn, PRT issues), the text is the lab's",
    ),
    lab(
        "1081*",
        "id and meaning are public (Microsoft Learn, PRT issues), the text is the lab's",
    ),
    lab(
        "1084*",
        "id and meaning are public (Microsoft Learn, PRT issues), the text is the lab's",
    ),
    lab(
        "1088*",
        "id and meaning are public (Microsoft Learn, PRT issues), the text is the lab's",
    ),
    lab(
        "1157*",
        "id and meaning are public (Microsoft Learn, PRT issues), the text is the lab's",
    ),
    lab(
        "1158*",
        "id and meaning are public (Microsoft Learn, PRT issues), the text is the lab's",
    ),
    public(
        "3*",
        "public copies of event 3 of Microsoft-Windows-Security-Kerberos in the System log",
    ),
    lab("100*", "the id is public, the message is the lab's"),
];
