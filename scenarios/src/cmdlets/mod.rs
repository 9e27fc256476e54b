//! The administrators' cmdlets for the Kerberos server object, with the console they are typed into.
//!
//! A console is a place: a host with its module and its TLS settings, an edition of PowerShell, and somebody who has
//! logged on there in some way. What [`World::type_at`](crate::world::World::type_at) is given are the lines as people type them; what they do to
//! directories and tenants, what they print, and where they stop in the middle, follows from that place.
//!
//! Texts of the products are word for word what public sources have. Where a condition is known and its words are not,
//! the words are the lab's, and the error says so ([`Wording::Lab`]).

mod bind;
mod builtin;
mod console;
mod directory;
mod error;
mod help;
mod kerberos_server;
mod objects;
mod operator;
mod state;
mod syntax;
mod table;
#[cfg(test)]
mod tests;
mod value;

pub use console::{ConsoleOutput, Printed, Typed};
pub use error::{ErrorRecord, Shell, Wording};
pub use objects::DirectoryObject;
pub(crate) use objects::{COMPUTER, KRBTGT, RODC_GROUP_RID};
pub use state::Logon;
pub(crate) use state::{Installed, State};
pub use syntax::characters::plain;

/// Names of the commands that consoles know, for completion.
pub fn command_names() -> impl Iterator<Item = &'static str> {
    table::names()
}
