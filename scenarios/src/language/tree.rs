//! TOML as a tree in which every key and every value knows its place.
//!
//! Readers work on this tree and not through serde: a reader that goes on after a mistake finds all of them in one
//! pass, and a value that a patch brought in still points at the file of the patch.

use indexmap::IndexMap;
use toml::de::{DeArray, DeTable, DeValue};

use super::problem::{Finding, Report};
use super::source::{SourceId, Span};

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub value: Value,
}

/// A TOML value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A string.
    String(String),
    /// An integer; `None` when it does not fit in 64 bits.
    Integer(Option<i64>),
    /// A float.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A date, a time or both, as it was written.
    Datetime(String),
    /// `[…]`, or an array of tables.
    Array(Vec<Node>),
    /// `{…}`, or a section.
    Table(Table),
}

/// Keys and values in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table(pub IndexMap<String, Entry>);

/// One key of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub node: Node,
}

impl Value {
    /// What it is, with an article.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::String(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Boolean(_) => "a boolean",
            Self::Datetime(_) => "a date or time",
            Self::Array(_) => "an array",
            Self::Table(_) => "a table",
        }
    }
}

impl Node {
    /// The table, if it is one.
    pub fn as_table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

impl Table {
    /// The value of `key`.
    pub fn value(&self, key: &str) -> Option<&Node> {
        self.0.get(key).map(|entry| &entry.node)
    }

    /// The keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Parses `text`; every syntax error goes to `report`.
pub(crate) fn parse(source: SourceId, text: &str, report: &Report) -> Node {
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let range = error.span().unwrap_or(0..0);
        report.add(
            Span::new(source, range),
            Finding::new(format!("not TOML: {}", one_line(error.message()))),
        );
    }
    Node {
        span: Span::new(source, 0..0),
        value: Value::Table(convert_table(source, table.get_ref())),
    }
}

fn convert_table(source: SourceId, table: &DeTable<'_>) -> Table {
    let mut entries: Vec<_> = table.iter().collect();
    // The parser keeps a sorted map; people expect the order of the file.
    entries.sort_by_key(|(key, _)| key.span().start);
    Table(
        entries
            .into_iter()
            .map(|(key, value)| {
                let entry = Entry {
                    key_span: Span::new(source, key.span()),
                    node: Node {
                        span: Span::new(source, value.span()),
                        value: convert(source, value.get_ref()),
                    },
                };
                (key.get_ref().to_string(), entry)
            })
            .collect(),
    )
}

fn convert(source: SourceId, value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => Value::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok()),
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Value::Boolean(*flag),
        DeValue::Datetime(time) => Value::Datetime(time.to_string()),
        DeValue::Array(items) => Value::Array(convert_array(source, items)),
        DeValue::Table(table) => Value::Table(convert_table(source, table)),
    }
}

fn convert_array(source: SourceId, items: &DeArray<'_>) -> Vec<Node> {
    items
        .iter()
        .map(|item| Node {
            span: Span::new(source, item.span()),
            value: convert(source, item.get_ref()),
        })
        .collect()
}

fn one_line(message: &str) -> String {
    message
        .split('\n')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}
