//! What people do to a world by hand, beside its story: kept with the world, so that going back takes it back.

use std::sync::Arc;

use super::World;
use super::action::Action;
use super::administration::ActionError;
use super::topology::{HostId, Role};
use crate::cmdlets::{ConsoleOutput, Typed};
use crate::language::StepKind;

/// What was done by hand, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct ByHand {
    steps: Vec<StepKind>,
    /// How many more there were than are kept.
    beyond: u64,
}

/// As many as are kept: a lab on sockets may serve for weeks.
const KEPT: usize = 10_000;

impl World {
    /// Keeps what was done by hand, as the step that it would be.
    pub fn note_by_hand(&mut self, step: StepKind) {
        let by_hand = Arc::make_mut(&mut self.by_hand);
        if by_hand.steps.len() < KEPT {
            by_hand.steps.push(step);
        } else {
            by_hand.beyond += 1;
        }
    }

    /// What was done by hand, in order, and how many things more were done than are kept.
    pub fn by_hand(&self) -> (&[StepKind], u64) {
        (&self.by_hand.steps, self.by_hand.beyond)
    }

    /// Whether anything was done by hand.
    pub fn changed_by_hand(&self) -> bool {
        !self.by_hand.steps.is_empty()
    }

    /// Does something that somebody typed: [`World::apply`], and it is kept.
    ///
    /// # Errors
    /// As [`World::apply`]; nothing is kept then.
    pub fn apply_by_hand(&mut self, action: Action) -> Result<(), ActionError> {
        self.apply(&action)?;
        self.note_by_hand(StepKind::Action(action));
        Ok(())
    }

    /// Types at a console, as the step `admin` does, and gives what it printed. It is kept.
    ///
    /// # Errors
    /// As [`World::type_at`]; nothing is kept then.
    pub fn type_by_hand(&mut self, typed: Typed) -> Result<Arc<ConsoleOutput>, ActionError> {
        let action = Action::Type(typed.clone());
        let output = self.tell(&action, |world| world.type_and_note(&typed))?;
        self.note_by_hand(StepKind::Action(action));
        Ok(output)
    }

    /// A machine as the lab file names it.
    pub fn lab_name(&self, host: HostId) -> Arc<str> {
        let (lab, declared) = (self.lab.lab(), self.topology.host(host));
        let name = match declared.role {
            Role::Device(index) => lab.devices.get_index(usize::from(index)).map(|(name, _)| name),
            Role::Server(index) => lab.servers.get_index(usize::from(index)).map(|(name, _)| name),
            Role::DomainController(index) => lab.dcs.get_index(usize::from(index)).map(|(name, _)| name),
            _ => None,
        };
        name.map_or_else(|| Arc::clone(&declared.name), |name| name.as_str().into())
    }
}
