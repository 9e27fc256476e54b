//! What concerns the management of a Windows client: its policies, what the portal says of them, Hello set up and deleted.

use std::sync::Arc;

use client_sim::Act;
use client_sim::policy::Family;
use evidence::Artefact;
use scenarios::views::Subject;
use scenarios::world::{Action, DeskAction};

use super::Printed;
use super::command::{Entry, Group, Machines, ParseError, Task, usage};
use super::lab::{look, with_world};
use super::shown::Shown;

/// Policies and Hello.
pub(crate) const GROUP: Group = Group {
    title: "Policies and Hello",
    entries: &[
        Entry {
            name: "gpupdate",
            on: Machines::CLIENTS,
            usage: "gpupdate [/force]",
            about: "ask the domain for group policies now",
            forms: &["/force"],
            parse: gpupdate,
        },
        Entry {
            name: "sync",
            on: Machines::CLIENTS,
            usage: "sync",
            about: "ask Intune for policies now, as Sync in the company portal does",
            forms: &[],
            parse: sync,
        },
        Entry {
            name: "portal",
            on: Machines::CLIENTS,
            usage: "portal [--provenance]",
            about: "what Intune's portal shows of this device: which profiles were written",
            forms: &[],
            parse: portal,
        },
        Entry {
            name: "graph",
            on: Machines::ALL,
            usage: "graph [USER]",
            about: "what Graph says of a user: whether and from where Entra has them",
            forms: &[],
            parse: graph,
        },
        Entry {
            name: "set-up-hello",
            on: Machines::CLIENTS,
            usage: "set-up-hello",
            about: "set up Windows Hello for this user: its prerequisites are checked, a key is registered",
            forms: &[],
            parse: set_up_hello,
        },
        Entry {
            name: "join",
            on: Machines::CLIENTS,
            usage: "join",
            about: "join a registered device to the tenant, with this user's work account",
            forms: &[],
            parse: join,
        },
        Entry {
            name: "certutil",
            on: Machines::CLIENTS,
            usage: "certutil -deletehellocontainer",
            about: "delete this user's Hello container",
            forms: &["-deletehellocontainer"],
            parse: certutil,
        },
    ],
};

fn gpupdate(words: &[String]) -> Result<Task, ParseError> {
    match words {
        [_] => {}
        [_, force] if force.eq_ignore_ascii_case("/force") => {}
        _ => return usage("gpupdate", "takes nothing, or /force"),
    }
    Ok(Task::change(|lab, sitting| {
        let device = Arc::clone(&sitting.lab_name);
        let action = Action::Desk(DeskAction::GroupPolicyUpdate { device });
        with_world(lab, |world| match world.apply_by_hand(action) {
            Err(error) => Printed::failed(format!("{error}\n")),
            Ok(()) if world.can_ask_for_policies(sitting.id, Family::GroupPolicy) => Printed::ok(UPDATED),
            Ok(()) => Printed::failed(NOT_UPDATED),
        })
    }))
}

fn sync(words: &[String]) -> Result<Task, ParseError> {
    match words {
        [_] => Ok(Task::change(|lab, sitting| {
            let device = Arc::clone(&sitting.lab_name);
            let action = Action::Desk(DeskAction::CheckIn { device });
            with_world(lab, |world| match world.apply_by_hand(action) {
                Err(error) => Printed::failed(format!("{error}\n")),
                Ok(()) if world.can_ask_for_policies(sitting.id, Family::Mdm) => Printed::default(),
                Ok(()) => Printed::failed("Intune cannot be reached from here\n"),
            })
        })),
        _ => usage("sync", "takes nothing more"),
    }
}

const UPDATED: &str = "Updating policy...

Computer Policy update has completed successfully.
User Policy update has completed successfully.
";
const NOT_UPDATED: &str = "Updating policy...

Computer policy could not be updated successfully. The following errors were encountered:

The processing of Group Policy failed because of lack of network connectivity to a domain controller.
";

fn portal(words: &[String]) -> Result<Task, ParseError> {
    let (shown, words) = Shown::of(words);
    let [_] = words.as_slice() else {
        return usage("portal", "takes nothing more");
    };
    Ok(Task::change(move |lab, sitting| {
        match look(lab, sitting, Artefact::Intune) {
            Some(report) => shown.view(&report),
            None => Printed::failed("Intune knows no such device\n"),
        }
    }))
}

fn graph(words: &[String]) -> Result<Task, ParseError> {
    let (shown, words) = Shown::of(words);
    let named = match words.as_slice() {
        [_] => None,
        [_, name] => Some(name.clone()),
        _ => return usage("graph", "takes a user of the lab, or nothing for who sits here"),
    };
    Ok(Task::change(move |lab, sitting| {
        with_world(lab, |world| {
            let users = &world.lab().lab().users;
            let person = sitting.person.as_ref().map(|person| person.upn.clone());
            let of_name = |name: &String| {
                users
                    .get(name)
                    .map_or_else(|| name.clone(), |user| user.upn.clone())
            };
            let Some(upn) = named.as_ref().map(of_name).or(person) else {
                return Printed::failed("graph: nobody sits here; name a user\n");
            };
            match world.look(Artefact::Graph, Subject::Host(sitting.id, Some(&upn))) {
                Some(user) => shown.view(&user),
                None => {
                    let known: Vec<&str> = users.keys().map(String::as_str).collect();
                    Printed::failed(format!(
                        "no tenant has a user {upn}; in the lab there are: {}\n",
                        known.join(", ")
                    ))
                }
            }
        })
    }))
}

fn set_up_hello(words: &[String]) -> Result<Task, ParseError> {
    let [_] = words else {
        return usage("set-up-hello", "takes nothing more");
    };
    Ok(Task::act(Act::SetUpHello, |seat, done| match done {
        Ok(_) => Printed::noted(format!("{} has set up Windows Hello\n", seat.person.upn)),
        Err(error) => seat.failed(&error),
    }))
}

fn join(words: &[String]) -> Result<Task, ParseError> {
    let [_] = words else {
        return usage("join", "takes nothing more");
    };
    Ok(Task::act(Act::Join, |seat, done| match done {
        Ok(_) => Printed::noted(format!(
            "{} is joined; sign-out, then sign-in password as {}\n",
            seat.sitting.host, seat.person.upn
        )),
        Err(error) => seat.failed(&error),
    }))
}

fn certutil(words: &[String]) -> Result<Task, ParseError> {
    let delete = |word: &String| {
        word.trim_start_matches(['-', '/'])
            .eq_ignore_ascii_case("deletehellocontainer")
    };
    let [_, option] = words else {
        return usage("certutil", "takes -deletehellocontainer");
    };
    if !delete(option) {
        return usage("certutil", "takes -deletehellocontainer");
    }
    Ok(Task::act(Act::DeleteHello, |seat, done| match done {
        Ok(_) => Printed::ok("CertUtil: -DeleteHelloContainer command completed successfully.\n"),
        Err(error) => seat.failed(&error),
    }))
}
