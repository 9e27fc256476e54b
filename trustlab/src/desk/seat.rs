//! A device and the person in front of it, as a command sees them. What the person does is an [`Act`]; nothing else changes
//! a device.

use client_sim::{Act, ActError, DeviceState, FlowError, Performed};
use evidence::klist::LogonId;
use evidence::{AnyView, Artefact};
use kerberos::Timestamp;
use scenarios::lab::Lab;

use super::Printed;
use super::sitting::{Person, Sitting};

/// A device and the person in front of it, to be looked at.
pub(crate) struct Seat<'a> {
    /// The device.
    pub(crate) device: &'a DeviceState,
    /// The device's clock.
    pub(crate) now: Timestamp,
    /// The lab's document.
    pub(crate) lab: &'a Lab,
    /// Where it stands in the lab.
    pub(crate) sitting: &'a Sitting,
    /// Who sits there.
    pub(crate) person: &'a Person,
}

/// What a command comes to, once it sees the device.
pub(crate) enum Next {
    /// It prints this.
    Print(Printed),
    /// The person does this, and what came of it is printed.
    Act(Act, Render),
}

/// Prints what came of an act.
pub(crate) type Render = Box<dyn FnOnce(&Seat<'_>, Result<Performed, ActError>) -> Printed>;

impl Next {
    /// An act, and how what came of it is printed.
    pub(crate) fn act(
        act: Act,
        render: impl FnOnce(&Seat<'_>, Result<Performed, ActError>) -> Printed + 'static,
    ) -> Self {
        Self::Act(act, Box::new(render))
    }
}

impl Seat<'_> {
    /// What the device shows the person of an artefact, in a logon session.
    pub(crate) fn look(&self, artefact: Artefact, session: Option<LogonId>) -> Option<AnyView> {
        self.device.look(artefact, &self.person.upn, session, self.now)
    }

    /// The person's logon session.
    ///
    /// # Errors
    /// What to print where there is none.
    pub(crate) fn session(&self) -> Result<LogonId, Printed> {
        let session = self.device.session_of(&self.person.upn);
        session
            .map(|session| session.id)
            .ok_or_else(|| self.not_signed_in())
    }

    /// What to print about an act that came to nothing.
    pub(crate) fn failed(&self, error: &ActError) -> Printed {
        match error {
            ActError::NobodySignedIn | ActError::NotSignedIn { .. } => self.not_signed_in(),
            ActError::Flow(error) => failed(error),
            ActError::NotBound { .. } => {
                Printed::failed(format!("{error} (what Windows prints then is not public)\n"))
            }
            _ => Printed::failed(format!("{error}\n")),
        }
    }

    fn not_signed_in(&self) -> Printed {
        let with = match self.device.config.join.is_registered() {
            true => "password",
            false => "hello",
        };
        Printed::failed(format!(
            "{} is not signed in at {}; type: sign-in {with}\n",
            self.person.upn, self.sitting.host
        ))
    }
}

/// What to print about a flow that failed.
pub(crate) fn failed(error: &FlowError) -> Printed {
    Printed::failed(format!("{error} ({})\n", error.nt_status()))
}
