//! What readers ask for, kept: the grammar of a file as its reader knows it, so that a schema for editors cannot differ from it.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::json;

/// What may stand under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Whatever its own reader takes.
    Any,
    /// A string; for a string with a form, what it must be like.
    Text {
        /// As in the message when it is not.
        expected: Option<&'static str>,
    },
    /// `true` or `false`.
    Boolean,
    /// An integer, both ends included.
    Integer {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// One of these words.
    Choice(Vec<String>),
    /// A string, or an array of strings.
    Texts,
    /// The name of something the lab declares: `user`.
    Reference(&'static str),
    /// Such names.
    References(&'static str),
    /// An array of tables.
    Array,
    /// A table of named tables.
    Section,
}

impl Shape {
    pub(crate) const fn text(expected: &'static str) -> Self {
        Self::Text {
            expected: Some(expected),
        }
    }
}

/// As JSON Schema has it.
impl Shape {
    /// The schema of a value; that of a table is for whoever knows the table.
    pub(crate) fn schema(&self) -> serde_json::Value {
        let texts = json!({"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]});
        match self {
            Self::Any => json!({}),
            Self::Text { .. } | Self::Reference(_) => json!({"type": "string"}),
            Self::Boolean => json!({"type": "boolean"}),
            Self::Integer { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
            Self::Choice(names) => json!({"enum": names}),
            Self::Texts | Self::References(_) => texts,
            Self::Array => json!({"type": "array", "items": {"type": "object"}}),
            Self::Section => json!({"type": "object"}),
        }
    }

    /// What a description adds, where the schema says less than the reader knows.
    pub(crate) fn note(&self) -> Option<String> {
        match self {
            Self::Text {
                expected: Some(expected),
            } => Some((*expected).to_owned()),
            Self::Reference(what) => Some(format!("a {what} of this lab")),
            Self::References(what) => Some(format!("each a {what} of this lab")),
            _ => None,
        }
    }
}

/// The keys of each kind of table, in the order in which they were asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shapes(pub(crate) BTreeMap<String, IndexMap<&'static str, Shape>>);

impl Shapes {
    /// `what` as a reader names its table: `the lab`, `user ada`. Its kind is the first word.
    pub(crate) fn add(&mut self, what: &str, key: &'static str, shape: Shape) {
        let what = what.strip_prefix("the ").unwrap_or(what);
        let kind = what.split(' ').next().unwrap_or(what);
        self.0.entry(kind.to_owned()).or_default().insert(key, shape);
    }
}
