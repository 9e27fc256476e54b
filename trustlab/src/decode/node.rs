//! The tree that is shown.

use std::fmt;

use serde::Serialize;

/// A label, perhaps a value, and what lies below.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Node {
    /// What it is.
    pub(crate) label: String,
    /// What it says, on one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<String>,
    /// What it consists of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) children: Vec<Self>,
}

impl Node {
    /// A node without a value.
    pub(crate) fn new(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            value: None,
            children: Vec::new(),
        }
    }

    /// A node with a value, without children.
    pub(crate) fn leaf(label: impl Into<String>, value: impl fmt::Display) -> Self {
        Self {
            label: label.into(),
            value: Some(value.to_string()),
            children: Vec::new(),
        }
    }

    /// What could not be read, and why.
    pub(crate) fn unreadable(label: impl Into<String>, why: impl fmt::Display, octets: &[u8]) -> Self {
        Self::leaf(label, format_args!("unreadable: {why}")).field("octets", super::show::octets(octets))
    }

    /// Adds a child.
    pub(crate) fn with(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// Adds children.
    pub(crate) fn with_all(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// Adds a child with a value.
    pub(crate) fn field(self, label: &str, value: impl fmt::Display) -> Self {
        self.with(Self::leaf(label, value))
    }

    /// Adds a child with a value, where there is one.
    pub(crate) fn maybe(self, label: &str, value: Option<impl fmt::Display>) -> Self {
        match value {
            Some(value) => self.field(label, value),
            None => self,
        }
    }

    /// The first node with a label, this one or one below, in the order of the tree.
    #[cfg(test)]
    pub(crate) fn find(&self, label: &str) -> Option<&Self> {
        if self.label == label {
            return Some(self);
        }
        self.children.iter().find_map(|child| child.find(label))
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        write!(f, "{:1$}{2}", "", depth * 2, printable(&self.label))?;
        if let Some(value) = &self.value {
            write!(f, ": {}", printable(value))?;
        }
        writeln!(f)?;
        self.children
            .iter()
            .try_for_each(|child| child.write(f, depth + 1))
    }
}

/// As text: a line for each node, indented by two spaces a level.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

/// Names come from files of others: control characters must not reach the terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect()
}
