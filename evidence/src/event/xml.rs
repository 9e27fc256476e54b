//! Events as Event XML.

use jiff::Timestamp;
use roxmltree::{Document, Node};

use super::template::find;
use super::{Audit, Event};
use crate::Artefact;
use crate::reading::{Reader, Reading};

impl Event {
    /// The element `Event`, indented as Event Viewer shows it.
    pub fn render_xml(&self) -> String {
        let template = self.template;
        let provider = template.provider;
        let guid = match provider.guid {
            "" => String::new(),
            guid => format!(" Guid=\"{guid}\""),
        };
        let security = self.head.user.as_ref();
        let security = security
            .map(|sid| format!(" UserID=\"{}\"", escaped(sid)))
            .unwrap_or_default();
        let mut text = format!(
            "<Event xmlns=\"{NAMESPACE}\">
  <System>
    <Provider Name=\"{}\"{guid} />
    <EventID>{}</EventID>
    <Version>{}</Version>
    <Level>{}</Level>
    <Task>{}</Task>
    <Opcode>0</Opcode>
    <Keywords>{:#018x}</Keywords>
    <TimeCreated SystemTime=\"{}\" />
    <EventRecordID>{}</EventRecordID>
    <Correlation />
    <Execution ProcessID=\"0\" ThreadID=\"0\" />
    <Channel>{}</Channel>
    <Computer>{}</Computer>
    <Security{security} />
  </System>
  <EventData>
",
            provider.name,
            template.id,
            template.version,
            template.level.number(),
            template.task.0,
            keywords(self.head.audit),
            system_time(self.head.time),
            self.head.record,
            provider.log,
            escaped(&self.head.computer),
        );
        for (field, value) in template.fields.iter().zip(&self.values) {
            text.push_str(&format!(
                "    <Data Name=\"{}\">{}</Data>\n",
                field.name,
                escaped(value)
            ));
        }
        text + "  </EventData>\n</Event>\n"
    }
}

/// Reads Event XML: `Events` with its `Event` elements, or one `Event` alone.
pub(super) fn read(text: &str) -> Reading {
    let mut reader = Reader::new(Artefact::Events, text);
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let row = usize::try_from(error.pos().row).unwrap_or(1);
            reader.gap(row.saturating_sub(1), format!("Event XML: {error}"));
            return reader.finish();
        }
    };
    let breaks = text.bytes().enumerate().filter(|(_, octet)| *octet == b'\n');
    let breaks: Vec<usize> = breaks.map(|(at, _)| at).collect();
    let mut events = Vec::new();
    let root = document.root_element();
    let alone = (root.tag_name().name() == "Event").then_some(root);
    let children = root.children().filter(|node| node.tag_name().name() == "Event");
    for event in alone.into_iter().chain(children) {
        let Some(node) = find_element(event, "EventID") else {
            continue;
        };
        let Some(id) = node.text().and_then(|id| id.trim().parse::<u32>().ok()) else {
            continue;
        };
        let block = reader.open(id.to_string(), line(event, &breaks));
        read_data(&mut reader, block, id, event, &breaks);
        events.push((id, block, line(node, &breaks)));
    }
    // what else is well formed is the form of the events
    for (at, _) in reader.lines() {
        reader.frame(at);
    }
    super::counted(reader, &events)
}

fn read_data(reader: &mut Reader<'_>, block: usize, id: u32, event: Node<'_, '_>, breaks: &[usize]) {
    let source = find_element(event, "Provider").and_then(|node| node.attribute("Name"));
    let template = u16::try_from(id).ok().and_then(|id| find(source?, id));
    for name in ["Channel", "Computer", "EventRecordID"] {
        if let Some(node) = find_element(event, name) {
            let text = node.text().unwrap_or_default().trim();
            reader.says(block, line(node, breaks), name, text);
        }
    }
    let mut seen = 0;
    for node in elements(event, "Data") {
        let Some(name) = node.attribute("Name") else {
            continue;
        };
        let mut fields = template.iter().flat_map(|template| template.fields);
        let field = fields.find(|field| field.name == name);
        seen += usize::from(field.is_some());
        let row = field.map_or(name, |field| field.row);
        let text = node.text().unwrap_or_default();
        reader.says(block, line(node, breaks), format!("{id} {row}"), text);
    }
    let whole = template.is_none_or(|template| seen == template.fields.len());
    reader.close(block, whole, "rows of the event");
}

fn elements<'a, 'd>(below: Node<'a, 'd>, name: &'static str) -> impl Iterator<Item = Node<'a, 'd>> {
    below
        .descendants()
        .filter(move |node| node.tag_name().name() == name)
}

fn find_element<'a, 'd>(event: Node<'a, 'd>, name: &'static str) -> Option<Node<'a, 'd>> {
    elements(event, name).next()
}

/// The line where an element begins, from 0.
fn line(node: Node<'_, '_>, breaks: &[usize]) -> usize {
    breaks.partition_point(|at| *at < node.range().start)
}

const fn keywords_bit(audit: Audit) -> u64 {
    match audit {
        Audit::None => 0,
        Audit::Success => 0x0020_0000_0000_0000,
        Audit::Failure => 0x0010_0000_0000_0000,
    }
}

const fn keywords(audit: Audit) -> u64 {
    0x8000_0000_0000_0000 | keywords_bit(audit)
}

/// Seven digits after the point, as Windows counts 100 nanoseconds.
fn system_time(time: Timestamp) -> String {
    let seconds = time.as_second();
    let ticks = time.subsec_nanosecond() / 100;
    let whole = Timestamp::from_second(seconds).unwrap_or_default();
    let text = whole.to_string();
    format!("{}.{ticks:07}Z", text.trim_end_matches('Z'))
}

/// Text as XML holds it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

const NAMESPACE: &str = "http://schemas.microsoft.com/win/2004/08/events/event";
