//! The language of the lab's files: TOML whose every mistake is shown at its line and column.
//!
//! Three kinds of file: labs ([`crate::lab`]), faults ([`crate::fault`]) and scenarios ([`Scenario`]). Each names its
//! kind and major version (`format = "trustlab.scenario/1"`). A file is read whole before anything is run, all its
//! problems at once; a mistake says where it stands, what was expected and which known name is nearest.

mod expect;
mod patch;
mod problem;
mod read;
mod read_account;
mod read_admin;
mod read_cloud;
mod read_desk;
mod read_expect;
mod read_open;
mod read_rule;
mod read_step;
mod saved;
mod scenario;
pub mod schema;
mod shape;
mod source;
mod step;
mod tree;
mod units;
mod verbs;
mod write_action;
mod write_step;

pub use expect::{Expectation, Miss, Moment, Want};
pub use patch::{Operation, Patch, Path};
pub use problem::{Problem, Problems, nearest};
pub use saved::{SavedFile, SavedStory};
pub use scenario::{Base, Catalogue, Faults, Scenario};
pub use source::{Position, SourceFile, SourceId, Sources, Span};
pub use step::{PersonAct, Step, StepKind};
pub use tree::{Entry, Node, Table, Value};
pub use verbs::step_names;

pub(crate) use patch::{apply, read_patch};
pub(crate) use problem::{Finding, Report};
pub(crate) use read::{Known, Reader, check_format};
pub(crate) use read_rule::read_rule;
pub(crate) use read_step::StepReader;
pub(crate) use shape::{Shape, Shapes};
pub(crate) use tree::parse;
