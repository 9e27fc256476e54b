//! Doing a step: what a person does at a device, what an administrator does to the lab.

use std::sync::Arc;

use client_sim::{Act, ActError, Performed, Person};

use crate::language::{PersonAct, StepKind};
use crate::world::{ActionError, HostId, Role, World, declared_user};

impl World {
    /// Does a step. That a user is refused is no error: it is what the lab is there to show.
    ///
    /// # Errors
    /// The step names what the lab does not have, or the directory refuses a change.
    pub fn perform(&mut self, step: &StepKind) -> Result<(), ActionError> {
        match step {
            StepKind::Act(act) => {
                // how it ended is in the journal
                let _ = self.act(act)?;
                Ok(())
            }
            StepKind::Action(action) => self.apply(action),
            StepKind::WaitUntil(until) => {
                self.wait_until(*until);
                Ok(())
            }
        }
    }

    /// Lets a person do something at a device, and gives what came of it, which the journal keeps as well.
    ///
    /// # Errors
    /// The lab has no such device or user.
    pub fn act(&mut self, act: &PersonAct) -> Result<Result<Performed, ActError>, ActionError> {
        let host = self.device_named(&act.device)?;
        let lab = Arc::clone(self.lab());
        let person = match &act.user {
            Some(user) => lab.person(&declared_user(lab.lab(), user)?.upn),
            None => self.person_at_screen(host).and_then(|upn| lab.person(upn)),
        };
        Ok(self.act_as(host, person, &act.act))
    }

    /// The same with the person at hand, or with nobody.
    pub(crate) fn act_as(
        &mut self,
        host: HostId,
        person: Option<&Person>,
        act: &Act,
    ) -> Result<Performed, ActError> {
        self.run_flow(host, async |mut flow| flow.perform(person, act).await)
    }

    /// The sign-in name of whoever's session is at the screen of a device.
    fn person_at_screen(&self, host: HostId) -> Option<&str> {
        let session = self.device(host)?.sessions.last()?;
        Some(&session.upn)
    }

    fn device_named(&self, name: &Arc<str>) -> Result<HostId, ActionError> {
        let found = self.topology().find(name);
        let device = found.filter(|id| matches!(self.topology().host(*id).role, Role::Device(_)));
        device.ok_or_else(|| ActionError::Unknown {
            kind: "device",
            name: Arc::clone(name),
        })
    }
}
