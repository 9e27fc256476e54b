//! `run --at HOST`: sits down in a world that stands still between what is typed.

use std::io::{self, Write};
use std::sync::Arc;

use client_sim::Password;
use scenarios::world::World;

use crate::at;
use crate::desk::Printed;
use crate::desk::act::{Seat, perform};
use crate::desk::command::Command;
use crate::exit;

/// A prompt at a device of the world. Returns the exit code of the last command.
pub(crate) fn sit_down(world: &mut World, host: &str) -> u8 {
    let lab = Arc::clone(world.lab());
    let lab = lab.lab();
    let found = lab
        .devices
        .iter()
        .find(|(name, device)| name.eq_ignore_ascii_case(host) || device.host.eq_ignore_ascii_case(host));
    let Some((_, declared)) = found else {
        let known: Vec<&str> = lab.devices.values().map(|device| device.host.as_str()).collect();
        let _ = writeln!(
            io::stderr(),
            "error: no device {host} here; there are: {}",
            known.join(", ")
        );
        return exit::BAD_INPUT;
    };
    let Some(id) = world.topology().find(&declared.host) else {
        return exit::BAD_INPUT;
    };
    // who has signed in sits there; before anybody has, the owner does
    let signed_in = world
        .device(id)
        .and_then(|device| device.sessions.last())
        .and_then(|session| {
            lab.users
                .values()
                .find(|user| user.upn.eq_ignore_ascii_case(&session.upn))
        });
    let owner = || declared.owner.as_ref().and_then(|owner| lab.users.get(owner));
    let Some(user) = signed_in.or_else(owner) else {
        let _ = writeln!(io::stderr(), "error: {} has no user of its own", declared.host);
        return exit::BAD_INPUT;
    };
    let domain = user
        .domain
        .as_ref()
        .and_then(|domain| lab.domains.get(domain))
        .map(|domain| domain.dns_name.as_str());
    let password = Password::new(user.password.as_str());
    at::converse(&declared.host, |line| {
        let printed = match Command::parse_line(line) {
            Err(error) => Printed::failed(format!("{error}\n")),
            Ok(Command::Wait(time)) => {
                world.wait(time);
                Printed::default()
            }
            Ok(command) => world.run_flow(id, async |flow| {
                let seat = Seat {
                    network: flow.network,
                    device: flow.device,
                    rng: flow.rng,
                    events: flow.events,
                    upn: &user.upn,
                    password: &password,
                    domain,
                };
                perform(seat, &command).await
            }),
        };
        at::show(&printed)
    })
}
