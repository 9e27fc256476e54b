//! Reads `[[expect]]`.

use std::sync::Arc;

use evidence::{Artefact, Outcome, Row, Says};
use kerberos::codes::ErrorCode;

use super::expect::{Expectation, Moment, Want};
use super::problem::{Finding, Report};
use super::read::{Known, Reader, mismatch, string};
use super::source::Span;
use super::step::{Step, StepKind};
use super::tree::{Entry, Node, Table, Value};
use crate::lab::Names;
use crate::world::Action;

/// Reads every expectation. `rule_ids` are the ids that exist; empty when the caller cannot know.
pub(crate) fn read_expectations(
    nodes: &[Node],
    steps: &[Step],
    names: &Names,
    rule_ids: &[&str],
    report: &Report,
) -> Vec<Expectation> {
    nodes
        .iter()
        .flat_map(|node| read_one(node, steps, names, rule_ids, report).unwrap_or_default())
        .collect()
}

fn read_one(
    node: &Node,
    steps: &[Step],
    names: &Names,
    rule_ids: &[&str],
    report: &Report,
) -> Option<Vec<Expectation>> {
    let mut reader = Reader::new(node, "an expectation", report)?;
    let at = moment(&mut reader, steps);
    let hosts = names.hosts();
    let host = reader.reference("on", &hosts);
    let given = reader.node("on").is_some();
    let domain = reader.reference("domain", &names.of_section("domain"));
    let domain = domain.or_else(|| names.first("domain").map(str::to_owned));
    let tenant = reader.reference("tenant", &names.of_section("tenant"));
    let domain = match (domain, tenant) {
        (Some(domain), Some(tenant)) => Some(format!("{domain}/{tenant}")),
        (domain, _) => domain,
    };
    let sections: Vec<_> = keys()
        .map(|(key, artefact)| (key, artefact, reader.node(key)))
        .collect();
    reader.finish();
    let at = at?;
    let host: Option<Arc<str>> = match (given, host) {
        (true, host) => Some(host?.into()),
        (false, _) => device_before(at, steps),
    };
    let mut expectations = Vec::new();
    for (key, artefact, section) in sections {
        let Some(section) = section else { continue };
        let Some(rows) = section.as_table() else {
            mismatch::<()>(report, section, &format!("rows: {key}.ROW = VALUE"));
            continue;
        };
        let host = match artefact {
            Artefact::KerberosServer => domain.as_deref().map(Into::into),
            Artefact::PowerShell if !given => console_before(at, steps),
            Artefact::Rules => given.then(|| host.clone()).flatten(),
            _ => host.clone(),
        };
        let mut add = |key: &str, want: Want, span: Span| {
            expectations.push(Expectation {
                at,
                artefact: artefact.part_with(key),
                host: host.clone(),
                key: key.into(),
                want,
                span,
            });
        };
        match artefact {
            Artefact::Rules => read_rules(rows, rule_ids, report, &mut add),
            Artefact::Klist => read_klist(rows, report, &mut add),
            _ => read_rows(artefact, rows, report, &mut add),
        }
    }
    if expectations.is_empty() && report.is_empty() {
        let finding = Finding::new("the expectation expects nothing");
        report.add(node.span, finding.among("", keys().map(|(key, _)| key)));
    }
    Some(expectations)
}

/// The keys of `[[expect]]`, and what they stand for.
pub(super) fn keys() -> impl Iterator<Item = (&'static str, Artefact)> {
    let all = Artefact::ALL.iter();
    all.filter_map(|artefact| Some((artefact.about().key?, *artefact)))
}

/// `after = "STEP"`, `"end"` (the default) or `"fix"`.
fn moment(reader: &mut Reader<'_>, steps: &[Step]) -> Option<Moment> {
    let Some(node) = reader.node("after") else {
        return Some(Moment::End);
    };
    let report = reader.report();
    let name = string(report, node)?;
    match name.as_str() {
        "end" => return Some(Moment::End),
        "fix" => return Some(Moment::Fixed),
        _ => {}
    }
    let found = steps.iter().position(|step| *step.name == *name);
    if found.is_none() {
        let finding = Finding::new(format!("there is no step named `{name}`"));
        let known = steps.iter().map(|step| &*step.name).chain(["end", "fix"]);
        report.add(node.span, finding.among(&name, known));
    }
    found.map(Moment::After)
}

/// The device that the story is about at that moment.
fn device_before(at: Moment, steps: &[Step]) -> Option<Arc<str>> {
    let until = match at {
        Moment::After(index) => index + 1,
        Moment::End | Moment::Fixed => steps.len(),
    };
    steps
        .iter()
        .take(until)
        .rev()
        .find_map(|step| step.kind.device().cloned())
}

/// The console that was typed into last at that moment.
fn console_before(at: Moment, steps: &[Step]) -> Option<Arc<str>> {
    let until = match at {
        Moment::After(index) => index + 1,
        Moment::End | Moment::Fixed => steps.len(),
    };
    steps.iter().take(until).rev().find_map(|step| match &step.kind {
        StepKind::Action(Action::Type(typed)) => Some(Arc::clone(&typed.host)),
        _ => None,
    })
}

fn read_rows(artefact: Artefact, rows: &Table, report: &Report, add: &mut dyn FnMut(&str, Want, Span)) {
    for (name, entry) in &rows.0 {
        read_row(artefact, name, entry, report, add);
    }
}

fn read_row(
    artefact: Artefact,
    name: &str,
    entry: &Entry,
    report: &Report,
    add: &mut dyn FnMut(&str, Want, Span),
) {
    let Some(row) = artefact.row(name) else {
        let finding = Finding::new(format!("`{artefact}` has no row `{name}`"));
        let names = artefact.row_names();
        report.add(
            entry.key_span,
            finding.among(name, names.iter().map(String::as_str)),
        );
        return;
    };
    let says = Sayable { artefact, name, row };
    if let Some(want) = says.want(&entry.node, report) {
        add(name, want, entry.key_span);
    }
}

/// A row, and what it can say.
struct Sayable<'a> {
    artefact: Artefact,
    name: &'a str,
    row: Row,
}

impl Sayable<'_> {
    /// A value, `{ absent = true }`, `{ present = true }`, `{ one-of = […] }` or `{ not = VALUE }`.
    fn want(&self, node: &Node, report: &Report) -> Option<Want> {
        let expected = "a value, { absent = true }, { present = true }, { one-of = […] } or { not = … }";
        if node.as_table().is_none() {
            return match scalar(node) {
                Some(text) => self.checked(text, node, report).map(Want::Is),
                None => mismatch(report, node, expected),
            };
        }
        let mut reader = Reader::new(node, "what is expected", report)?;
        let absent = reader.boolean("absent");
        let present = reader.boolean("present");
        let one_of = reader.node("one-of");
        let not = reader.node("not");
        reader.finish();
        let value = |node: &Node| match scalar(node) {
            Some(text) => self.checked(text, node, report),
            None => mismatch(report, node, "a text or a number"),
        };
        match (absent, present, one_of, not) {
            (Some(true), None, None, None) => Some(Want::Absent),
            (None, Some(true), None, None) => Some(Want::Present),
            (
                None,
                None,
                Some(Node {
                    value: Value::Array(items),
                    ..
                }),
                None,
            ) => Some(Want::OneOf(items.iter().filter_map(value).collect())),
            (None, None, None, Some(not)) => value(not).map(Want::Not),
            _ => mismatch(report, node, expected),
        }
    }

    /// `text`, if the row can say it.
    fn checked(&self, text: String, node: &Node, report: &Report) -> Option<String> {
        let finding = || {
            Finding::new(format!(
                "`{}` of `{}` never says `{text}`",
                self.name, self.artefact
            ))
        };
        let finding = match (self.artefact, self.row.says) {
            (Artefact::Kdc, _) if !is_error(&text) => {
                let number = text.parse().ok().and_then(|code| ErrorCode(code).name());
                finding().among(number.unwrap_or(&text), error_names())
            }
            (_, Says::OneOf(values)) if !values.contains(&text.as_str()) => {
                finding().among(&text, values.iter().copied())
            }
            (_, says) if !says.allows(&text) => finding().expected("a number"),
            _ => return Some(text),
        };
        report.add(node.span, finding);
        None
    }
}

/// Whether a KDC's error is written so: by its name, or as a number where it has none.
fn is_error(text: &str) -> bool {
    let unnamed = |code: i32| ErrorCode(code).name().is_none();
    error_names().any(|name| name == text) || text.parse().is_ok_and(unnamed)
}

fn error_names() -> impl Iterator<Item = &'static str> {
    ErrorCode::ALL.iter().filter_map(|code| code.name())
}

fn scalar(node: &Node) -> Option<String> {
    match &node.value {
        Value::String(text) | Value::Datetime(text) => Some(text.clone()),
        Value::Integer(number) => number.map(|number| number.to_string()),
        Value::Boolean(flag) => Some(if *flag { "YES" } else { "NO" }.to_owned()),
        _ => None,
    }
}

/// `holds` and `lacks` name tickets by server, realm and all; other keys are rows.
fn read_klist(rows: &Table, report: &Report, add: &mut dyn FnMut(&str, Want, Span)) {
    for (row, entry) in &rows.0 {
        let ticket_want = match row.as_str() {
            "holds" => Want::Present,
            "lacks" => Want::Absent,
            _ => {
                read_row(Artefact::Klist, row, entry, report, add);
                continue;
            }
        };
        for (ticket, span) in names_in(&entry.node, report) {
            if ticket.contains(" @ ") {
                add(&format!("ticket {ticket}"), ticket_want.clone(), span);
            } else {
                let finding = Finding::new(format!("`{ticket}` does not name a ticket"));
                report.add(span, finding.expected("SERVER @ REALM, as klist prints it"));
            }
        }
    }
}

fn read_rules(rows: &Table, rule_ids: &[&str], report: &Report, add: &mut dyn FnMut(&str, Want, Span)) {
    let known = Known {
        what: "rule",
        names: rule_ids.to_vec(),
    };
    for (row, entry) in &rows.0 {
        let want = match row.as_str() {
            word if Outcome::WORDS.contains(&word) => Want::Is(row.clone()),
            "silent" => Want::Absent,
            "not-refused" => Want::Not("refused".into()),
            _ => {
                let finding = Finding::new(format!("`rules` has no key `{row}`"));
                let keys = ["passed", "refused", "retry", "noted", "silent", "not-refused"];
                report.add(entry.key_span, finding.among(row, keys));
                continue;
            }
        };
        for (id, span) in names_in(&entry.node, report) {
            let id = if rule_ids.is_empty() {
                Some(id)
            } else {
                known.resolve(&id, span, report)
            };
            if let Some(id) = id {
                add(&id, want.clone(), span);
            }
        }
    }
}

fn names_in(node: &Node, report: &Report) -> Vec<(String, Span)> {
    match &node.value {
        Value::String(text) => vec![(text.clone(), node.span)],
        Value::Array(items) => items
            .iter()
            .filter_map(|item| Some((string(report, item)?, item.span)))
            .collect(),
        _ => {
            mismatch::<()>(report, node, "a string or an array of strings");
            Vec::new()
        }
    }
}
