//! The language of the lab's files: TOML whose every mistake is shown at its line and column.

mod patch;
mod problem;
mod read;
mod source;
mod tree;
mod units;

pub use patch::{Operation, Patch, Path};
pub use problem::{Problem, Problems};
pub use source::{Position, SourceFile, SourceId, Sources, Span};
pub use tree::{Entry, Node, Table, Value};

pub(crate) use patch::{apply, read_patch};
pub(crate) use problem::{Finding, Report};
pub(crate) use read::{Known, Reader, check_format};
pub(crate) use tree::parse;
