//! What can be seen of a cloud Kerberos trust sign-in, as types.
//!
//! Two vocabularies live here, shared by every actor of the lab and by everything that shows or judges a run:
//!
//! - **[`Artefact`]s** are what an engineer reads on a Windows machine or in Graph: [`dsregcmd`], [`klist`], [`cloud_debug`],
//!   [`kerberos_server`], [`nltest`], [`whoami`], [`w32tm`], [`winhttp`], [`registry`], [`event`], [`graph`], [`intune`]. Each is a
//!   [`View`] that a simulation fills from its state, with a renderer in the layout of the Windows tool, a reader for
//!   text that came from one, and [`Fact`]s. Reading what was rendered gives the same facts, with no gap and no line left over. [`provenance`] says what each
//!   row rests on.
//! - **[`Decision`]s** are what no real machine shows: why a KDC, Entra or a server answered as it did. Each cites a
//!   [`Rule`] by its id.
//!
//! Nothing here does I/O or reads a clock.

pub mod artefact;
pub mod cloud_debug;
pub mod decision;
pub mod dsregcmd;
pub mod event;
pub mod fact;
pub mod graph;
pub mod intune;
pub mod kerberos_server;
pub mod klist;
mod lines;
pub mod nltest;
pub mod observed;
pub mod provenance;
pub mod reading;
pub mod registry;
pub mod row;
pub mod w32tm;
pub mod whoami;
pub mod winhttp;

pub use artefact::{AnyView, Artefact, Place};
pub use decision::{Decision, Outcome, Rule};
pub use fact::{Fact, Source, Value};
pub use provenance::{Basis, Provenance};
pub use reading::Reading;
pub use row::{Block, Row, Says};

/// An artefact as a type: something an engineer can look at, in the layout of the tool that prints it.
pub trait View: Sized {
    /// The artefact; where the type shows several contexts, the plain one.
    const ARTEFACT: Artefact;

    /// What its rows rest on: the first entry that covers a row counts, and every row is covered.
    const PROVENANCE: &'static [Provenance];

    /// Its rows, block by block, as [`facts`](Self::facts) names them.
    const BLOCKS: &'static [Block];

    /// The text exactly as the Windows tool prints it, with `\n` line ends.
    fn render(&self) -> String;

    /// Reads text that the tool, or [`render`](Self::render), printed. It refuses nothing: what is missing is a gap, what is
    /// strange stays as a line.
    fn read(text: &str) -> Reading;

    /// The artefact's rows as facts about `source`.
    fn facts(&self, source: &Source) -> Vec<Fact>;
}
