//! Faults: named departures from a healthy lab, as data.
//!
//! A fault is made of patches of the lab document, actions that are done before the story begins, rules on the network
//! and profiles of a DC's implementation. No simulation knows the name of a fault: it sees the configuration, the state
//! and the packets that the fault leaves. Faults compose when their parts touch different paths.

mod document;
mod parameters;

pub use document::{Fault, FaultUse, Remedy};
pub(crate) use document::{FaultFile, conflicts, describe, given_values, read_remedies};
