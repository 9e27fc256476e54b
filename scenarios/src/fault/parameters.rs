//! Parameters of a fault: `${user}` in any string of its file becomes what the scenario says, or the default.

use std::collections::BTreeMap;

use crate::lab::Names;
use crate::language::{Finding, Node, Reader, Report, Span, Table, Value};

/// What a parameter may be.
const KINDS: &[(&str, Kind)] = &[
    ("user", Kind::Section("user")),
    ("device", Kind::Section("device")),
    ("dc", Kind::Section("dc")),
    ("domain", Kind::Section("domain")),
    ("tenant", Kind::Section("tenant")),
    ("server", Kind::Section("server")),
    ("host", Kind::Host),
    ("group", Kind::Group),
    ("offset", Kind::Text),
    ("text", Kind::Text),
];

#[derive(Clone, Copy)]
enum Kind {
    Section(&'static str),
    Host,
    Group,
    Text,
}

/// Reads `[parameter.NAME]` of a fault and the values that a use gives, and answers what each stands for.
pub(crate) fn bind(
    reader: &mut Reader<'_>,
    given: &[(&str, Span, &Node)],
    names: &Names,
    report: &Report,
) -> BTreeMap<String, String> {
    let declared = reader.named("parameter");
    for (name, span, _) in given {
        if !declared.iter().any(|(known, _, _)| known == name) {
            let finding = Finding::new(format!("the fault has no parameter `{name}`"));
            report.add(
                *span,
                finding.among(name, declared.iter().map(|(known, _, _)| *known)),
            );
        }
    }
    let mut values = BTreeMap::new();
    for (name, _, node) in declared {
        let Some(mut reader) = Reader::new(node, format!("parameter {name}"), report) else {
            continue;
        };
        let kind = reader.choice("kind", KINDS);
        let kind = reader.required("kind", "what the parameter names", kind);
        let default = reader.node("default");
        let default = reader.required("default", "the value when a use says nothing", default);
        reader.string("title");
        reader.finish();
        let value = given
            .iter()
            .find(|(known, _, _)| *known == name)
            .map(|(_, _, node)| *node)
            .or(default);
        if let (Some(kind), Some(node)) = (kind, value)
            && let Some(value) = resolve(kind, node, names, report)
        {
            values.insert(name.to_owned(), value);
        }
    }
    values
}

fn resolve(kind: Kind, node: &Node, names: &Names, report: &Report) -> Option<String> {
    let Some(text) = node.as_str() else {
        report.add(
            node.span,
            Finding::new(format!("{} does not fit here", node.value.kind())).expected("a string"),
        );
        return None;
    };
    match kind {
        Kind::Section(section) => names.of_section(section).resolve(text, node.span, report),
        Kind::Host => names.hosts().resolve(text, node.span, report),
        Kind::Group => names.groups().resolve(text, node.span, report),
        Kind::Text => Some(text.to_owned()),
    }
}

/// Replaces `${name}` in every string below `node`.
pub(crate) fn substitute(node: &mut Node, values: &BTreeMap<String, String>, report: &Report) {
    let span = node.span;
    match &mut node.value {
        Value::String(text) => {
            for (name, value) in values {
                *text = text.replace(&format!("${{{name}}}"), value);
            }
            if let Some((_, rest)) = text.split_once("${") {
                let name = rest.split('}').next().unwrap_or(rest);
                let finding = Finding::new(format!("there is no parameter `{name}`"));
                report.add(span, finding.among(name, values.keys().map(String::as_str)));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| substitute(item, values, report)),
        Value::Table(Table(entries)) => {
            entries
                .values_mut()
                .for_each(|entry| substitute(&mut entry.node, values, report));
        }
        _ => {}
    }
}
