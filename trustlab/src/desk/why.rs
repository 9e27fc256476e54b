//! `why`: the last refusal at a machine, with the rule behind it.

use std::fmt::Write as _;

use client_sim::ClientEvent;
use scenarios::journal::Answered;
use scenarios::world::{HostId, Protocol, World};

use super::Printed;
use super::command::{ParseError, Task, usage};
use super::lab::with_world;
use super::sitting::{Machine, Sitting};
use crate::run::narrate;

/// Understands `why`.
pub(super) fn parse(words: &[String]) -> Result<Task, ParseError> {
    if words.len() != 1 {
        return usage("why", "takes nothing: it explains the last refusal here");
    }
    Ok(Task::change(|lab, sitting| {
        with_world(lab, |world| match sitting.machine {
            Machine::Client => at_client(world, sitting),
            Machine::Server | Machine::Dc => at_service(world, sitting),
        })
    }))
}

/// What failed at a device, and the refusal behind it.
fn at_client(world: &World, sitting: &Sitting) -> Printed {
    let Some((time, step)) = world.last_failure(sitting.id) else {
        return Printed::failed(format!("nothing failed at {} so far\n", sitting.host));
    };
    let told = match step {
        ClientEvent::KerberosRefused { host, code, .. } => format!("{host} answers {code}"),
        _ => narrate::sentence(step).unwrap_or_default(),
    };
    let mut text = format!("{}  {}  {told}\n", narrate::clock(time), sitting.host);
    let behind = match step.is_refused() {
        true => world.refusal_behind(sitting.id, time),
        false => None,
    };
    match behind {
        Some((host, answered)) => {
            text.push('\n');
            text.push_str(&explained(world, host, answered));
        }
        None => text.push_str("Nobody refused it: no answer, or nothing to ask with.\n"),
    }
    Printed::ok(text)
}

/// The last refusal of a server or domain controller.
fn at_service(world: &World, sitting: &Sitting) -> Printed {
    match world.last_refusal(sitting.id) {
        Some(answered) => Printed::ok(explained(world, sitting.id, answered)),
        None => Printed::failed(format!("{} refused nothing so far\n", sitting.host)),
    }
}

fn explained(world: &World, host: HostId, answered: &Answered) -> String {
    let Some(refused) = answered.decisions.refusal() else {
        return String::new();
    };
    let name = |host: HostId| &world.topology().host(host).name;
    let protocol = match answered.protocol {
        Protocol::Udp => "UDP",
        Protocol::Tcp => "TCP",
        Protocol::Https => "HTTP",
        Protocol::Dns => "DNS",
    };
    let sender = match (answered.from, answered.origin) {
        (Some(from), Some(origin)) if from != origin => {
            format!("{} for {}, ", name(from), name(origin))
        }
        (Some(from), _) => format!("{}, ", name(from)),
        (None, _) => String::new(),
    };
    let rule = refused.rule;
    let mut text = format!(
        "{}  {}  refused: {}\n",
        narrate::clock(answered.time),
        name(host),
        answered.request
    );
    for (label, said) in [
        ("from", format!("{sender}{} {}", protocol, answered.peer)),
        ("found", refused.detail.to_string()),
        ("rule", format!("{}  {}", rule.id, rule.title)),
        ("answered", rule.refuses_with.unwrap_or("nothing").to_owned()),
        ("passes when", rule.passes_when.to_owned()),
        ("reference", rule.reference.to_owned()),
    ] {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {label:<12}{said}");
    }
    text
}
