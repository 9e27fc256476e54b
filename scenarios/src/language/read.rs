//! Typed reading of a table: each question names a key, and what was never asked for is an unknown key.

use core::time::Duration;

use kerberos::Timestamp;

use super::problem::{Finding, Report, nearest, one_of};
use super::shape::Shape;
use super::source::Span;
use super::tree::{Node, Table, Value};
use super::units;

const A_DURATION: &str = "a length of time such as \"4h\", \"10m 30s\" or \"250ms\"";

/// Reads one table. A question that fails reports and answers `None`, so that the next one is still asked.
pub(crate) struct Reader<'t> {
    table: &'t Table,
    /// The place to blame when a key is missing.
    span: Span,
    /// What the table is, for messages: `user ada`.
    what: String,
    asked: Vec<&'static str>,
    report: &'t Report,
}

impl<'t> Reader<'t> {
    /// A reader of `node`, which must be a table.
    pub(crate) fn new(node: &'t Node, what: impl Into<String>, report: &'t Report) -> Option<Self> {
        let what = what.into();
        let Some(table) = node.as_table() else {
            mismatch::<()>(report, node, &format!("a table: {what}"));
            return None;
        };
        Some(Self {
            table,
            span: node.span,
            what,
            asked: Vec::new(),
            report,
        })
    }

    pub(crate) fn report(&self) -> &'t Report {
        self.report
    }

    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// The value of `key` as it stands.
    pub(crate) fn node(&mut self, key: &'static str) -> Option<&'t Node> {
        self.ask(key, || Shape::Any)
    }

    fn ask(&mut self, key: &'static str, shape: impl FnOnce() -> Shape) -> Option<&'t Node> {
        self.asked.push(key);
        self.report.record(&self.what, key, shape);
        self.table.value(key)
    }

    /// Whether there is a value for `key`.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.value(key).is_some()
    }

    /// Reports that `key` is missing when `value` is `None` and the key is not there at all.
    pub(crate) fn required<T>(&self, key: &str, expected: &str, value: Option<T>) -> Option<T> {
        if value.is_none() && self.table.value(key).is_none() {
            let finding = Finding::new(format!("{} has no `{key}`", self.what)).expected(expected);
            self.report.add(self.span, finding);
        }
        value
    }

    pub(crate) fn string(&mut self, key: &'static str) -> Option<String> {
        let node = self.ask(key, || Shape::Text { expected: None })?;
        string(self.report, node)
    }

    pub(crate) fn boolean(&mut self, key: &'static str) -> Option<bool> {
        let node = self.ask(key, || Shape::Boolean)?;
        match node.value {
            Value::Boolean(flag) => Some(flag),
            _ => mismatch(self.report, node, "true or false"),
        }
    }

    /// An integer from `min` to `max`.
    pub(crate) fn integer(&mut self, key: &'static str, min: i64, max: i64) -> Option<i64> {
        let node = self.ask(key, || Shape::Integer { min, max })?;
        let expected = format!("an integer from {min} to {max}");
        match node.value {
            Value::Integer(Some(number)) if (min..=max).contains(&number) => Some(number),
            Value::Integer(_) => {
                self.report.add(
                    node.span,
                    Finding::new(format!("`{key}` is out of range")).expected(expected),
                );
                None
            }
            _ => mismatch(self.report, node, &expected),
        }
    }

    pub(crate) fn duration(&mut self, key: &'static str) -> Option<Duration> {
        let node = self.ask(key, || Shape::text(A_DURATION))?;
        duration(self.report, node)
    }

    /// Seconds with a sign, from `"-5m 1s"`, in microseconds.
    pub(crate) fn offset_micros(&mut self, key: &'static str) -> Option<i64> {
        self.text(
            key,
            "a length of time such as \"6m\" or \"-5m 1s\"",
            units::offset_micros,
        )
    }

    /// A point in time.
    pub(crate) fn time(&mut self, key: &'static str) -> Option<Timestamp> {
        self.text(key, "a time in UTC such as 2026-11-23T08:00:00Z", units::time)
    }

    /// The string or TOML date under `key`, in a form that `parse` understands and `expected` describes.
    pub(crate) fn text<T>(
        &mut self,
        key: &'static str,
        expected: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let node = self.ask(key, || Shape::text(expected))?;
        self.parsed(node, expected, parse)
    }

    /// A string or a TOML date that `parse` understands.
    pub(crate) fn parsed<T>(
        &self,
        node: &Node,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        match &node.value {
            Value::String(text) | Value::Datetime(text) => {
                let value = parse(text);
                if value.is_none() {
                    self.report.add(
                        node.span,
                        Finding::new(format!("`{text}` does not fit here")).expected(expected),
                    );
                }
                value
            }
            _ => mismatch(self.report, node, expected),
        }
    }

    /// One of the named values.
    pub(crate) fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let names = || choices.iter().map(|(name, _)| (*name).to_owned()).collect();
        let node = self.ask(key, || Shape::Choice(names()))?;
        choice(self.report, node, choices)
    }

    /// A string, or an array of strings, with the place of each.
    pub(crate) fn strings(&mut self, key: &'static str) -> Option<Vec<(String, Span)>> {
        let node = self.ask(key, || Shape::Texts)?;
        match &node.value {
            Value::Array(items) => Some(
                items
                    .iter()
                    .filter_map(|item| Some((string(self.report, item)?, item.span)))
                    .collect(),
            ),
            Value::String(text) => Some(vec![(text.clone(), node.span)]),
            _ => mismatch(self.report, node, "a string or an array of strings"),
        }
    }

    /// The name of one of `known`, compared without regard to case.
    pub(crate) fn reference(&mut self, key: &'static str, known: &Known<'_>) -> Option<String> {
        let node = self.ask(key, || Shape::Reference(known.what))?;
        let name = string(self.report, node)?;
        known.resolve(&name, node.span, self.report)
    }

    /// Names of `known`.
    pub(crate) fn references(&mut self, key: &'static str, known: &Known<'_>) -> Option<Vec<String>> {
        let names = self.strings(key);
        self.report
            .record(&self.what, key, || Shape::References(known.what));
        Some(
            names?
                .into_iter()
                .filter_map(|(name, span)| known.resolve(&name, span, self.report))
                .collect(),
        )
    }

    /// The items of an array of tables, or nothing.
    pub(crate) fn array(&mut self, key: &'static str) -> &'t [Node] {
        match self.ask(key, || Shape::Array) {
            None => &[],
            Some(Node {
                value: Value::Array(items),
                ..
            }) => items,
            Some(node) => {
                mismatch::<()>(self.report, node, &format!("an array of tables: [[{key}]]"));
                &[]
            }
        }
    }

    /// The entries of a table whose keys are names: key, its place, value.
    pub(crate) fn named(&mut self, key: &'static str) -> Vec<(&'t str, Span, &'t Node)> {
        match self.ask(key, || Shape::Section) {
            None => Vec::new(),
            Some(Node {
                value: Value::Table(table),
                ..
            }) => table
                .0
                .iter()
                .map(|(name, entry)| (name.as_str(), entry.key_span, &entry.node))
                .collect(),
            Some(node) => {
                mismatch::<()>(self.report, node, &format!("a table of tables: [{key}.NAME]"));
                Vec::new()
            }
        }
    }

    /// Entries that were not asked for, for a table that also has keys of the reader's own choosing.
    pub(crate) fn others(&self) -> Vec<(&'t str, Span, &'t Node)> {
        self.table
            .0
            .iter()
            .filter(|(key, _)| !self.asked.contains(&key.as_str()))
            .map(|(key, entry)| (key.as_str(), entry.key_span, &entry.node))
            .collect()
    }

    /// Ends the reading: whatever was not asked for is unknown.
    pub(crate) fn finish(self) {
        for (key, span, _) in self.others() {
            let finding = Finding::new(format!("{} has no key `{key}`", self.what));
            self.report
                .add(span, finding.among(key, self.asked.iter().copied()));
        }
    }
}

/// Names that may be referred to, and what they are.
pub(crate) struct Known<'n> {
    /// What they name: `user`.
    pub(crate) what: &'static str,
    /// The names, in lower case unless they are only compared.
    pub(crate) names: Vec<&'n str>,
}

impl Known<'_> {
    /// The known spelling of `name`.
    pub(crate) fn resolve(&self, name: &str, span: Span, report: &Report) -> Option<String> {
        let found = self.names.iter().find(|known| known.eq_ignore_ascii_case(name));
        if found.is_none() {
            let finding = Finding::new(format!("there is no {} `{name}`", self.what));
            report.add(span, finding.among(name, self.names.iter().copied()));
        }
        found.map(|known| (*known).to_owned())
    }
}

/// Reports that `node` is of the wrong kind.
pub(crate) fn mismatch<T>(report: &Report, node: &Node, expected: &str) -> Option<T> {
    report.add(
        node.span,
        Finding::new(format!("{} does not fit here", node.value.kind())).expected(expected),
    );
    None
}

pub(crate) fn string(report: &Report, node: &Node) -> Option<String> {
    match &node.value {
        Value::String(text) => Some(text.clone()),
        _ => mismatch(report, node, "a string"),
    }
}

pub(crate) fn duration(report: &Report, node: &Node) -> Option<Duration> {
    let expected = A_DURATION;
    let Value::String(text) = &node.value else {
        return mismatch(report, node, expected);
    };
    let value = units::duration(text);
    if value.is_none() {
        report.add(
            node.span,
            Finding::new(format!("`{text}` is not a length of time")).expected(expected),
        );
    }
    value
}

pub(crate) fn choice<T: Copy>(report: &Report, node: &Node, choices: &[(&str, T)]) -> Option<T> {
    let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
    let text = match &node.value {
        Value::String(text) => text.clone(),
        _ => return mismatch(report, node, &one_of(&names).unwrap_or_default()),
    };
    let found = choices
        .iter()
        .find(|(name, _)| *name == text)
        .map(|(_, value)| *value);
    if found.is_none() {
        report.add(
            node.span,
            Finding::new(format!("`{text}` is not known here")).among(&text, names),
        );
    }
    found
}

/// Checks `format = "trustlab.KIND/1"` and says which program reads a newer one. `Err` means: read no further.
pub(crate) fn check_format(reader: &mut Reader<'_>, kind: &str) -> Option<()> {
    let wanted = format!("trustlab.{kind}/1");
    let Some(node) = reader.node("format") else {
        let finding =
            Finding::new("the file does not name its format").expected(format!("format = \"{wanted}\""));
        reader.report.add(reader.span, finding);
        return None;
    };
    let text = string(reader.report, node)?;
    if text == wanted {
        return Some(());
    }
    let finding = match text
        .strip_prefix(&format!("trustlab.{kind}/"))
        .map(str::parse::<u32>)
    {
        Some(Ok(major)) => Finding::new(format!(
            "format version {major} of a {kind} is not read by trustlab {}; it needs trustlab {major}.x",
            env!("CARGO_PKG_VERSION")
        ))
        .expected(format!(
            "version 1, which trustlab 0.x and 1.x read: format = \"{wanted}\""
        )),
        _ => {
            let kinds = ["trustlab.lab/1", "trustlab.scenario/1", "trustlab.fault/1"];
            let mut finding = Finding::new(format!("`{text}` is not the format of a {kind}"));
            if let Some(other) = nearest(&text, kinds).filter(|other| *other != wanted && *other == text) {
                finding = Finding::new(format!("this is a {other} file, where a {kind} was wanted"));
            }
            finding.expected(format!("format = \"{wanted}\""))
        }
    };
    reader.report.add(node.span, finding);
    None
}
