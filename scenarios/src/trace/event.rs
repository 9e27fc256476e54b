//! Events: what an actor did, decided or noticed, as data.

use std::sync::Arc;

use client_sim::ClientEvent;
use evidence::{Decision, Outcome, Rule};
use kerberos::Timestamp;

use super::Seq;
use crate::cmdlets::ConsoleOutput;
use crate::world::{Action, ConnectorEvent, HostId};

/// One event.
#[derive(Clone, Debug)]
pub struct Event {
    /// The place in the sequence.
    pub seq: Seq,
    /// When, by true time.
    pub time: Timestamp,
    /// Who; `None` for an administrator and for the scenario itself.
    pub actor: Option<HostId>,
    /// The message or event that led to it.
    pub cause: Option<Seq>,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum EventKind {
    /// A KDC made a decision.
    Kdc(Decision<kdc_sim::Detail>),
    /// Entra made a decision.
    Entra(Decision<cloud_sim::Detail>),
    /// A server made a decision about access.
    Server(Decision<kdc_sim::Detail>),
    /// A device took a step.
    Device(ClientEvent),
    /// A connector of the application proxy carried a request on.
    Connector(Arc<ConnectorEvent>),
    /// An administrator or a user changed something.
    Action(Arc<Action>),
    /// A console printed something.
    Console(Arc<ConsoleOutput>),
    /// A step of a scenario begins.
    Step {
        /// Its name.
        name: Arc<str>,
    },
}

impl EventKind {
    /// The rule and the outcome, if this is a decision.
    pub const fn decision(&self) -> Option<(&'static Rule, Outcome)> {
        match self {
            Self::Kdc(decision) => Some((decision.rule, decision.outcome)),
            Self::Entra(decision) => Some((decision.rule, decision.outcome)),
            Self::Server(decision) => Some((decision.rule, decision.outcome)),
            Self::Device(_) | Self::Connector(_) | Self::Action(_) | Self::Console(_) | Self::Step { .. } => {
                None
            }
        }
    }

    /// The reason of a decision, in a sentence.
    pub fn why(&self) -> Option<String> {
        match self {
            Self::Kdc(decision) => Some(decision.detail.to_string()),
            Self::Entra(decision) => Some(decision.detail.to_string()),
            Self::Server(decision) => Some(decision.detail.to_string()),
            Self::Device(_) | Self::Connector(_) | Self::Action(_) | Self::Console(_) | Self::Step { .. } => {
                None
            }
        }
    }
}
