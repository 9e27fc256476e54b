//! Events as Event XML.

use jiff::Timestamp;
use roxmltree::{Document, Node};

use super::template::find;
use super::{Audit, Event, Head};
use crate::ReadError;

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

pub(super) fn read_all(text: &str) -> Result<Vec<Event>, ReadError> {
    let document = Document::parse(text).map_err(|error| ReadError {
        line: usize::try_from(error.pos().row).unwrap_or(usize::MAX),
        expected: "Event XML".to_owned(),
        found: error.to_string(),
    })?;
    let events = document
        .descendants()
        .filter(|node| node.tag_name().name() == "Event");
    events.map(read).collect()
}

fn read(event: Node<'_, '_>) -> Result<Event, ReadError> {
    let source = attribute(event, "Provider", "Name")?;
    let id: u16 = parsed(event, "EventID", "a number", |text| text.parse().ok())?;
    let template = find(source, id)
        .ok_or_else(|| problem(event, "an event that is known here", &format!("{id} of {source}")))?;
    let audit = parsed(event, "Keywords", "a number", |text| {
        let keywords = u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()?;
        let is = |audit| keywords & keywords_bit(audit) != 0;
        Some(match (is(Audit::Success), is(Audit::Failure)) {
            (true, _) => Audit::Success,
            (_, true) => Audit::Failure,
            _ => Audit::None,
        })
    })?;
    let time = attribute(event, "TimeCreated", "SystemTime")?;
    let time: Timestamp = time
        .parse()
        .map_err(|_| problem(event, "a time in TimeCreated", time))?;
    let data = event
        .descendants()
        .filter(|node| node.tag_name().name() == "Data");
    let data: Vec<Node<'_, '_>> = data.collect();
    let value = |name: &str| {
        let node = data.iter().find(|node| node.attribute("Name") == Some(name));
        let node = node.ok_or_else(|| problem(event, &format!("<Data Name={name:?}>"), ""))?;
        Ok(node.text().unwrap_or_default().to_owned())
    };
    Ok(Event {
        head: Head {
            time,
            record: parsed(event, "EventRecordID", "a number", |text| text.parse().ok())?,
            computer: parsed(event, "Computer", "a name", |text| Some(text.to_owned()))?,
            user: find_element(event, "Security")
                .and_then(|node| node.attribute("UserID"))
                .map(str::to_owned),
            audit,
        },
        template,
        values: template
            .fields
            .iter()
            .map(|field| value(field.name))
            .collect::<Result<_, _>>()?,
    })
}

fn find_element<'a, 'd>(event: Node<'a, 'd>, name: &str) -> Option<Node<'a, 'd>> {
    event.descendants().find(|node| node.tag_name().name() == name)
}

fn attribute<'a>(event: Node<'a, '_>, element: &str, name: &str) -> Result<&'a str, ReadError> {
    let found = find_element(event, element).and_then(|node| node.attribute(name));
    found.ok_or_else(|| problem(event, &format!("<{element} {name}=…>"), ""))
}

fn parsed<T>(
    event: Node<'_, '_>,
    element: &str,
    expected: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, ReadError> {
    let node = find_element(event, element);
    let text = node.and_then(|node| node.text()).unwrap_or_default();
    parse(text.trim()).ok_or_else(|| problem(event, &format!("<{element}> with {expected}"), text))
}

fn problem(event: Node<'_, '_>, expected: &str, found: &str) -> ReadError {
    let position = event.document().text_pos_at(event.range().start);
    ReadError {
        line: usize::try_from(position.row).unwrap_or(usize::MAX),
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
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
