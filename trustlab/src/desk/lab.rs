//! A lab that one can sit down in: a paused run, or one on sockets. What is typed takes one way through both.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use client_sim::{ActError, Performed};
use evidence::{AnyView, Artefact};
use kerberos::Timestamp;
use scenarios::language::{PersonAct, StepKind};
use scenarios::views::Subject;
use scenarios::world::{Action, World};
use serde::{Deserialize, Serialize};

use super::command::{self, AtDevice, Local, Task};
use super::complete::Names;
use super::seat::{Next, Seat};
use super::sitting::{Machine, Person, Sitting};
use super::story::Story;
use super::{Printed, clock};

/// What differs between a paused run and a lab on sockets.
pub(crate) trait Lab {
    /// Gives the lab's state, to be looked at or changed. On sockets, what answers there follows the change.
    fn with_world(&mut self, act: &mut dyn FnMut(&mut World));

    /// Lets whoever sits at a device do something there.
    fn act<'a>(&'a mut self, act: &'a PersonAct) -> Local<'a, Result<Performed, ActError>>;

    /// Lets time pass, with all that happens in it.
    fn wait(&mut self, time: Duration) -> Local<'_, ()>;

    /// What whoever uses the lab from outside has to know about its clock, in lines; empty when nothing.
    fn clock_warning(&self) -> String {
        String::new()
    }

    /// What was done before anybody typed: it stands before it in a saved file.
    fn story(&self) -> Story;

    /// Moments one can go back to; `None` where time cannot be turned back.
    fn moments(&mut self) -> Option<&mut BTreeMap<String, World>> {
        None
    }
}

/// Looks at the lab's state, or changes it.
pub(crate) fn with_world<T>(lab: &mut dyn Lab, act: impl FnOnce(&mut World) -> T) -> T {
    let mut act = Some(act);
    let mut given = None;
    lab.with_world(&mut |world| {
        if let Some(act) = act.take() {
            given = Some(act(world));
        }
    });
    given.expect("a lab gives its world, once")
}

/// What a machine shows of an artefact.
pub(crate) fn look(lab: &mut dyn Lab, sitting: &Sitting, artefact: Artefact) -> Option<AnyView> {
    with_world(lab, |world| world.look(artefact, Subject::Host(sitting.id, None)))
}

/// What can be asked of a lab.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Request {
    /// A line typed at a machine.
    Type(Typed),
    /// Somebody sits down: who is there, and what can be named?
    SitDown {
        /// The machine.
        host: String,
        /// Who; see [`Typed::user`].
        user: Option<String>,
    },
    /// `trustlab time`.
    Time(TimeRequest),
}

/// A line typed at a machine.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Typed {
    /// The machine.
    pub(crate) host: String,
    /// Who types; without a name, who has signed in there, or the machine's own user.
    pub(crate) user: Option<String>,
    /// The words, or a whole line in one.
    pub(crate) command: Vec<String>,
}

/// What `trustlab time` asks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TimeRequest {
    /// What time it is.
    Show,
    /// Let so many seconds pass.
    Advance(u64),
    /// Let time pass until then, as [`clock::instant`] reads it.
    Set(String),
}

/// What a lab answers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Answer {
    /// What was printed.
    Printed(Printed),
    /// A prompt can begin.
    Seated(Seated),
}

impl From<Printed> for Answer {
    fn from(printed: Printed) -> Self {
        Self::Printed(printed)
    }
}

/// What a prompt needs to know of the machine and the lab.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Seated {
    /// The machine's name: `ADA-LT`.
    pub(crate) host: String,
    /// What it is.
    pub(crate) machine: Machine,
    /// Who sits there, as the lab names them, if somebody does.
    pub(crate) person: Option<String>,
    /// What can be named.
    pub(crate) names: Names,
}

/// Answers a request.
pub(crate) async fn answer(lab: &mut dyn Lab, request: &Request) -> Answer {
    match request {
        Request::Type(typed) => perform(lab, typed).await.into(),
        Request::SitDown { host, user } => {
            with_world(lab, |world| match Sitting::find(world, host, user.as_deref()) {
                Ok(sitting) => Answer::Seated(Seated {
                    host: sitting.host,
                    machine: sitting.machine,
                    person: sitting.person.map(|person| person.name),
                    names: Names::of(world),
                }),
                Err(printed) => printed.into(),
            })
        }
        Request::Time(request) => time(lab, request).await.into(),
    }
}

/// Carries out a typed line.
async fn perform(lab: &mut dyn Lab, typed: &Typed) -> Printed {
    let found = with_world(lab, |world| {
        Sitting::find(world, &typed.host, typed.user.as_deref())
    });
    let sitting = match found {
        Ok(sitting) => sitting,
        Err(printed) => return printed,
    };
    match command::parse(&sitting, &typed.command) {
        Ok(Task::Device(typed)) => at_device(lab, &sitting, typed).await,
        Ok(Task::Lab(act)) => act(lab, &sitting).await,
        Err(printed) => printed,
    }
}

/// Shows a device to what was typed there, and lets its user do what that comes to.
async fn at_device(lab: &mut dyn Lab, sitting: &Sitting, typed: AtDevice) -> Printed {
    let person = match sitting.person() {
        Ok(person) => person,
        Err(printed) => return printed,
    };
    let next = with_world(lab, |world| seat(world, sitting, person).map(|seat| typed(&seat)));
    let (act, render) = match next {
        None => return sitting.no_client(),
        Some(Next::Print(printed)) => return printed,
        Some(Next::Act(act, render)) => (act, render),
    };
    let act = PersonAct {
        device: Arc::clone(&sitting.lab_name),
        user: Some(person.name.as_str().into()),
        act,
    };
    let done = lab.act(&act).await;
    with_world(lab, |world| {
        world.note_by_hand(StepKind::Act(act));
        seat(world, sitting, person).map_or_else(Printed::default, |seat| render(&seat, done))
    })
}

/// A device as it is now, with somebody at it; `None` for a machine that is no Windows client.
fn seat<'w>(world: &'w World, sitting: &'w Sitting, person: &'w Person) -> Option<Seat<'w>> {
    Some(Seat {
        device: world.device(sitting.id)?,
        now: world.clock_of(sitting.id),
        lab: world.lab().lab(),
        sitting,
        person,
    })
}

/// Lets time pass because somebody said so.
pub(super) async fn wait(lab: &mut dyn Lab, time: Duration) {
    lab.wait(time).await;
    with_world(lab, |world| {
        world.note_by_hand(StepKind::Action(Action::Wait(time)))
    });
}

async fn time(lab: &mut dyn Lab, request: &TimeRequest) -> Printed {
    let now = now(lab);
    match request {
        TimeRequest::Show => {}
        TimeRequest::Advance(seconds) => wait(lab, Duration::from_secs(*seconds)).await,
        TimeRequest::Set(text) => match clock::instant(text, now) {
            Ok(time) => wait(lab, time.saturating_since(now)).await,
            Err(error) => return Printed::failed(format!("{error}\n")),
        },
    }
    Printed {
        stdout: format!("{}\n", clock::shown(self::now(lab))),
        stderr: lab.clock_warning(),
        ..Printed::default()
    }
}

/// What the lab's clock shows.
pub(crate) fn now(lab: &mut dyn Lab) -> Timestamp {
    with_world(lab, |world| world.now())
}
