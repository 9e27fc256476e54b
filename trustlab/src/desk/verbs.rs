//! Verbs of the lab rather than of Windows: time, places, help.

use std::sync::Arc;

use scenarios::world::Action;

use super::Printed;
use super::clock::{self, duration};
use super::command::{self, Entry, Group, Machines, ParseError, Task, usage};
use super::lab::{self, with_world};
use super::why;

/// The verbs of the lab.
pub(crate) const GROUP: Group = Group {
    title: "The lab",
    entries: &[
        Entry {
            name: "wait",
            on: Machines::ALL,
            usage: "wait 90s | 10m | 4h | 2d",
            about: "let time pass, with all that happens in it",
            forms: &["10m", "1h", "4h", "1d"],
            parse: wait,
        },
        Entry {
            name: "move",
            on: Machines::CLIENTS,
            usage: "move PLACE",
            about: "carry the device to another place of the lab: office, home, vpn",
            forms: &["<place>"],
            parse: move_to,
        },
        Entry {
            name: "save",
            on: Machines::ALL,
            usage: "save NAME\nsave",
            about: "remember this moment of a paused run; without a name, list what is remembered",
            forms: &["<moment>"],
            parse: save,
        },
        Entry {
            name: "back",
            on: Machines::ALL,
            usage: "back NAME",
            about: "go back to a remembered moment; what happened since then never did",
            forms: &["<moment>"],
            parse: back,
        },
        Entry {
            name: "why",
            on: Machines::ALL,
            usage: "why",
            about: "the last refusal here: which request, which rule, what it found and what would have passed",
            forms: &[],
            parse: why::parse,
        },
        Entry {
            name: "save-as",
            on: Machines::ALL,
            usage: "save-as FILE",
            about: "write what was done here as a scenario, which trustlab run FILE repeats",
            forms: &["<file>"],
            parse: save_as,
        },
        Entry {
            name: "help",
            on: Machines::ALL,
            usage: "help [NAME]",
            about: "what can be typed here",
            forms: &["<command>"],
            parse: help,
        },
        Entry {
            name: "?",
            on: Machines::ALL,
            usage: "?",
            about: "the same as help",
            forms: &[],
            parse: help,
        },
    ],
};

fn wait(words: &[String]) -> Result<Task, ParseError> {
    let time = match words {
        [_, time] => duration(&time.to_lowercase()),
        _ => None,
    };
    match time {
        Some(time) => Ok(Task::lab(move |lab, _| {
            Box::pin(async move {
                lab::wait(lab, time).await;
                let now = clock::shown(lab::now(lab));
                Printed::noted(format!("it is {now}\n{}", lab.clock_warning()))
            })
        })),
        None => usage("wait", "takes a time: 90s, 10m, 4h, 2d"),
    }
}

fn move_to(words: &[String]) -> Result<Task, ParseError> {
    let [_, place] = words else {
        return usage("move", "takes a place of the lab: office, home, vpn");
    };
    let to = place.to_lowercase().into();
    Ok(Task::change(|lab, sitting| {
        with_world(lab, |world| {
            let action = Action::Move {
                host: Arc::clone(&sitting.lab_name),
                to,
            };
            match world.apply_by_hand(action) {
                Ok(()) => Printed::noted(format!(
                    "{} is at {}\n",
                    sitting.host,
                    world.place_name(sitting.id)
                )),
                Err(error) => {
                    let places: Vec<&str> = world.lab().lab().locations.keys().map(String::as_str).collect();
                    Printed::failed(format!("{error}; there are: {}\n", places.join(", ")))
                }
            }
        })
    }))
}

fn save(words: &[String]) -> Result<Task, ParseError> {
    let name = match words {
        [_] => None,
        [_, name] => Some(name.clone()),
        _ => return usage("save", "takes a name, or nothing to list what is remembered"),
    };
    Ok(Task::change(move |lab, _| {
        let Some(name) = name else {
            return match lab.moments() {
                Some(moments) => {
                    Printed::ok(moments.keys().map(|name| format!("{name}\n")).collect::<String>())
                }
                None => on_sockets(),
            };
        };
        // a copy with the same streams: what follows is the same again, as long as the same is done
        let copy = with_world(lab, |world| world.fork(world.seed()));
        match lab.moments() {
            Some(moments) => {
                moments.insert(name, copy);
                Printed::default()
            }
            None => on_sockets(),
        }
    }))
}

fn back(words: &[String]) -> Result<Task, ParseError> {
    let [_, name] = words else {
        return usage("back", "takes the name of a remembered moment");
    };
    let name = name.clone();
    Ok(Task::change(move |lab, _| {
        let Some(moments) = lab.moments() else {
            return on_sockets();
        };
        match moments.get(&name).cloned() {
            Some(moment) => {
                with_world(lab, |world| *world = moment);
                Printed::noted(format!("it is {}\n", clock::shown(lab::now(lab))))
            }
            None => {
                let known: Vec<&str> = moments.keys().map(String::as_str).collect();
                Printed::failed(format!(
                    "no moment {name} is remembered; there are: {}\n",
                    known.join(", ")
                ))
            }
        }
    }))
}

fn save_as(words: &[String]) -> Result<Task, ParseError> {
    let [_, file] = words else {
        return usage("save-as", "takes the name of a file");
    };
    let file = file.clone();
    Ok(Task::change(move |lab, _| {
        let story = lab.story();
        with_world(lab, |world| story.saved(world, file))
    }))
}

fn on_sockets() -> Printed {
    Printed::failed(
        "a lab on sockets cannot go back; a paused run can: trustlab run NAME --until STEP --at HOST\n",
    )
}

fn help(words: &[String]) -> Result<Task, ParseError> {
    let about = words.get(1).cloned();
    Ok(Task::change(move |_, sitting| match about {
        None => Printed::ok(command::help(sitting.machine)),
        Some(name) => command::help_of(sitting.machine, &name).map_or_else(
            || {
                Printed::failed(format!(
                    "{name}: nothing of that name is here; help lists what is\n"
                ))
            },
            Printed::ok,
        ),
    }))
}
