//! The world the actors live in: a virtual clock, a queue of events, a network, and the actors between them.

mod action;
mod rule;

pub use action::{Action, ReplicationList, Side};
pub use rule::{Direction, Match, Protocol, Rewrite, Rule, Verdict};
