//! What the program writes for its user: the one owner of files, and of the standard output.

mod file;
pub(crate) mod stdout;

pub(crate) use file::{Readers, WriteError, replace, write};
