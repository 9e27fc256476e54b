//! What a script is read into.

/// A statement and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) place: Place,
    /// What is assigned to, if anything is.
    pub(crate) target: Option<Expression>,
    pub(crate) pipeline: Vec<Stage>,
}

/// A place in the text, for the position that an error shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// From 1.
    pub(crate) line: usize,
    /// From 1, in characters.
    pub(crate) column: usize,
    /// The source line.
    pub(crate) source: String,
    /// How many characters of the source line belong to it.
    pub(crate) length: usize,
}

/// One stage of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Command(Command),
    Expression(Expression),
}

/// A command with what is behind its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) name: String,
    pub(crate) elements: Vec<Element>,
    pub(crate) place: Place,
}

/// What stands behind a command's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    /// `-Name`, or `-Name:value`.
    Parameter {
        name: String,
        value: Option<Expression>,
    },
    Argument(Expression),
}

/// What has a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expression {
    /// Text with the variables of a double-quoted string in it.
    Text(Vec<Piece>),
    Number(i64),
    /// `$name`, in lower case: PowerShell does not tell cases apart.
    Variable(String),
    /// `$env:NAME`, in upper case.
    Environment(String),
    /// `$server.KeyVersion`.
    Member(Box<Self>, String),
    /// `[Net.ServicePointManager]::SecurityProtocol`.
    Static(String, String),
    /// `a -bor b`.
    Either(Box<Self>, Box<Self>),
    List(Vec<Self>),
    /// `(Get-Credential dom)`.
    Pipeline(Vec<Stage>),
}

/// A piece of a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    Value(Expression),
}

impl Expression {
    /// Text without variables.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(vec![Piece::Text(text.into())])
    }
}
