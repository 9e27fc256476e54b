//! The steps of a scenario, read: every name resolved, every default filled in.

use std::sync::Arc;

use client_sim::Act;
use kerberos::Timestamp;

use super::source::Span;
use super::write_step::StepWriter;
use crate::lab::Lab;
use crate::world::Action;

/// One thing that somebody does.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// By which expectations and `--until` refer to it; `step-3` when the file gives none.
    pub name: Arc<str>,
    /// What is done.
    pub kind: StepKind,
    /// Where the step stands in its file.
    pub span: Span,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum StepKind {
    /// A person does something at a device.
    Act(PersonAct),
    /// Something that needs nobody at a device: an administrator's change, the network, time.
    Action(Action),
    /// Nothing happens until then; a time that is past is no wait.
    WaitUntil(Timestamp),
}

/// An act, and who does it where.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonAct {
    /// The device, as the lab names it.
    pub device: Arc<str>,
    /// The user, as the lab names them; `None`: whoever's session is at the screen.
    pub user: Option<Arc<str>>,
    /// What they do.
    pub act: Act,
}

impl StepKind {
    /// The step as a file has it: `lock = { device = "ada-lt" }`. `None` where the lab has no name for something in it.
    pub fn to_toml(&self, lab: &Lab) -> Option<String> {
        StepWriter::new(lab).line(self)
    }

    /// The device of a person's act.
    pub const fn device(&self) -> Option<&Arc<str>> {
        match self {
            Self::Act(act) => Some(&act.device),
            Self::Action(_) | Self::WaitUntil(_) => None,
        }
    }
}
