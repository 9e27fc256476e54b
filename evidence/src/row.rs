//! The rows of an artefact: their names, the blocks they stand in, and what they can say.

/// Rows that stand together under a heading: a box of `dsregcmd /status`, an event. Most tools print one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// The heading; empty where the tool prints none.
    pub title: &'static str,
    /// The rows, in the order of the tool.
    pub rows: &'static [Row],
}

/// A row as facts name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// In the tool's own spelling. A trailing `*` stands for a name that the lab or the customer chose: `group *`.
    pub name: &'static str,
    /// What it can say.
    pub says: Says,
}

/// What a row can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// Any text.
    Text,
    /// A number.
    Number,
    /// One of these.
    OneOf(&'static [&'static str]),
}

impl Block {
    /// Rows without a heading.
    pub const fn untitled(rows: &'static [Row]) -> Self {
        Self { title: "", rows }
    }
}

impl Row {
    /// A row that says anything.
    pub const fn text(name: &'static str) -> Self {
        Self {
            name,
            says: Says::Text,
        }
    }

    /// A row that says a number.
    pub const fn number(name: &'static str) -> Self {
        Self {
            name,
            says: Says::Number,
        }
    }

    /// A row that says `YES` or `NO`.
    pub const fn yes_no(name: &'static str) -> Self {
        Self::one_of(name, &["YES", "NO"])
    }

    /// A row that says `0` or `1`.
    pub const fn bit(name: &'static str) -> Self {
        Self::one_of(name, &["0", "1"])
    }

    /// A row that says one of a few things.
    pub const fn one_of(name: &'static str, values: &'static [&'static str]) -> Self {
        Self {
            name,
            says: Says::OneOf(values),
        }
    }

    /// Whether the name is fixed.
    pub fn is_fixed(&self) -> bool {
        !self.name.ends_with('*')
    }

    /// Whether a row of this name is meant.
    pub fn is_called(&self, name: &str) -> bool {
        match self.name.strip_suffix('*') {
            Some(beginning) => name.len() > beginning.len() && name.starts_with(beginning),
            None => self.name == name,
        }
    }
}

impl Says {
    /// Whether a row can say this.
    pub fn allows(self, value: &str) -> bool {
        match self {
            Self::Text => true,
            Self::Number => value.parse::<i64>().is_ok(),
            Self::OneOf(values) => values.contains(&value),
        }
    }
}

/// The row of a name: a fixed one before one that is chosen.
pub(crate) fn find(blocks: &[Block], name: &str) -> Option<Row> {
    let rows = || blocks.iter().flat_map(|block| block.rows);
    let fixed = rows().find(|row| row.name == name);
    fixed.or_else(|| rows().find(|row| row.is_called(name))).copied()
}
