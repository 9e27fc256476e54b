//! The table of what can be typed at a machine. Each group of commands is a file of its own that ends up in [`GROUPS`].
//!
//! To add a command: write an [`Entry`] with a `parse` that turns the words into a [`Task`], in a new file beside this
//! one, and name its group in [`GROUPS`]. Help, completion and the answers to wrong lines follow from the entry.

use std::future::Future;
use std::pin::Pin;

use client_sim::{Act, ActError, Performed};
use evidence::Artefact;

use super::lab::Lab;
use super::seat::{Next, Seat};
use super::sitting::{Machine, Sitting};
use super::{Printed, context, line, management, powershell, tickets, tools, verbs, work};
use crate::layout::{Layout, Width};

/// Every group, in the order in which `help` shows them.
pub(crate) const GROUPS: &[Group] = &[
    work::GROUP,
    tickets::GROUP,
    tools::GROUP,
    powershell::GROUP,
    management::GROUP,
    context::GROUP,
    verbs::GROUP,
];

/// Commands that belong together.
pub(crate) struct Group {
    /// The heading in `help`.
    pub(crate) title: &'static str,
    /// The commands.
    pub(crate) entries: &'static [Entry],
}

/// One command.
pub(crate) struct Entry {
    /// Its name, in lower case; the case in which it is typed does not matter, nor does `.exe`.
    pub(crate) name: &'static str,
    /// Which machines have it.
    pub(crate) on: Machines,
    /// How it is typed: `klist get SPN`, one form a line.
    pub(crate) usage: &'static str,
    /// What it does, in one line.
    pub(crate) about: &'static str,
    /// What can follow the name, for completion, beside what shows an artefact: words by blanks, of which `<share>`, `<page>`,
    /// `<spn>`, `<user>`, `<place>`, `<host>` and `<domain>` stand for the lab's names.
    pub(crate) forms: &'static [&'static str],
    /// Understands the words; the first is the name as typed.
    pub(crate) parse: fn(&[String]) -> Result<Task, ParseError>,
}

impl Entry {
    /// Everything that can follow the name: what shows an artefact, and the rest.
    pub(crate) fn all_forms(&self) -> impl Iterator<Item = &'static str> {
        let typed = Artefact::ALL.iter().filter_map(|artefact| artefact.about().typed);
        let views = typed.filter_map(|typed| typed.strip_prefix(self.name)?.strip_prefix(' '));
        views.chain(self.forms.iter().copied())
    }
}

/// Kinds of machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Machines(u8);

impl Machines {
    /// Windows clients.
    pub(crate) const CLIENTS: Self = Self(1);
    /// Member servers.
    pub(crate) const SERVERS: Self = Self(2);
    /// Domain controllers.
    pub(crate) const DCS: Self = Self(4);
    /// All of them.
    pub(crate) const ALL: Self = Self::CLIENTS.or(Self::SERVERS).or(Self::DCS);

    /// Both kinds.
    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a machine is one of them.
    pub(crate) const fn include(self, machine: Machine) -> bool {
        let one = match machine {
            Machine::Client => Self::CLIENTS,
            Machine::Server => Self::SERVERS,
            Machine::Dc => Self::DCS,
        };
        self.0 & one.0 != 0
    }
}

/// A future that stays on its thread.
pub(crate) type Local<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;
/// What is typed at a device, which decides what is done when it sees the device.
pub(crate) type AtDevice = Box<dyn FnOnce(&Seat<'_>) -> Next>;
/// What is done with the lab as a whole.
pub(crate) type InLab = Box<dyn for<'s> FnOnce(&'s mut dyn Lab, &'s Sitting) -> Local<'s, Printed>>;

/// A line that was understood.
pub(crate) enum Task {
    /// Something at a Windows client: a view of its state, or what its user does there.
    Device(AtDevice),
    /// Something for the whole lab: time, places, administration.
    Lab(InLab),
}

impl Task {
    /// A task at a device, which the state of the device decides.
    pub(crate) fn device(next: impl FnOnce(&Seat<'_>) -> Next + 'static) -> Self {
        Self::Device(Box::new(next))
    }

    /// A view of a device.
    pub(crate) fn view(view: impl FnOnce(&Seat<'_>) -> Printed + 'static) -> Self {
        Self::Device(Box::new(move |seat| Next::Print(view(seat))))
    }

    /// What a person does at a device, and how what came of it is printed.
    pub(crate) fn act(
        act: Act,
        render: impl FnOnce(&Seat<'_>, Result<Performed, ActError>) -> Printed + 'static,
    ) -> Self {
        Self::Device(Box::new(move |_| Next::act(act, render)))
    }

    /// A task in the lab.
    pub(crate) fn lab(
        act: impl for<'s> FnOnce(&'s mut dyn Lab, &'s Sitting) -> Local<'s, Printed> + 'static,
    ) -> Self {
        Self::Lab(Box::new(act))
    }

    /// A task in the lab that waits for nothing.
    pub(crate) fn change(act: impl FnOnce(&mut dyn Lab, &Sitting) -> Printed + 'static) -> Self {
        Self::Lab(Box::new(move |lab, sitting| {
            let printed = act(lab, sitting);
            Box::pin(async move { printed })
        }))
    }
}

/// Why a line is not a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ParseError {
    /// A verb of the lab wants other words.
    Usage {
        /// The command.
        command: &'static str,
        /// What it takes.
        expected: &'static str,
    },
    /// A tool of Windows prints this about its arguments.
    Tool(Printed),
}

impl From<ParseError> for Printed {
    fn from(error: ParseError) -> Self {
        match error {
            ParseError::Usage { command, expected } => Self::failed(format!("{command}: {expected}\n")),
            ParseError::Tool(printed) => printed,
        }
    }
}

/// The error of a verb of the lab.
pub(crate) const fn usage<T>(command: &'static str, expected: &'static str) -> Result<T, ParseError> {
    Err(ParseError::Usage { command, expected })
}

/// The commands of a kind of machine.
pub(crate) fn entries(machine: Machine) -> impl Iterator<Item = &'static Entry> {
    GROUPS
        .iter()
        .flat_map(|group| group.entries)
        .filter(move |entry| entry.on.include(machine))
}

/// Understands what was typed at a machine: a whole line in one word, or words that another shell has parted. PowerShell
/// has quotes of its own and gets what was typed; so does it get what no command of a server or DC begins with.
pub(crate) fn parse(sitting: &Sitting, typed: &[String]) -> Result<Task, Printed> {
    let split = match typed {
        [line] => line::split(line),
        words => Ok(words.to_vec()),
    };
    let first = match &split {
        Ok(words) => words.first().map(String::as_str),
        Err(_) => typed.first().and_then(|line| line.split_whitespace().next()),
    };
    let Some(first) = first else {
        return Ok(Task::change(|_, _| Printed::default()));
    };
    let name = first.to_lowercase();
    let name = name.strip_suffix(".exe").unwrap_or(&name);
    let entry = entries(sitting.machine).find(|entry| entry.name == name);
    let has_consoles = sitting.machine != Machine::Client;
    match entry {
        Some(entry) if powershell::has(entry) => (entry.parse)(typed).map_err(Printed::from),
        None if has_consoles && (powershell::is_line(first) || sitting.person.is_some() && !exists(name)) => {
            powershell::line(typed).map_err(Printed::from)
        }
        Some(entry) => {
            let words = split.map_err(|error| Printed::refused(format!("{error}\n")))?;
            (entry.parse)(&words).map_err(Printed::from)
        }
        None => match split {
            Err(error) => Err(Printed::refused(format!("{error}\n"))),
            Ok(_) => Err(unknown(sitting, first, name)),
        },
    }
}

/// Whether some machine has the command.
fn exists(name: &str) -> bool {
    GROUPS
        .iter()
        .flat_map(|group| group.entries)
        .any(|entry| entry.name == name)
}

/// What is said about a line that begins with no command of this machine. A command of other machines is named as such; for
/// any other name the shell speaks, and the lab adds that it does not know all that Windows does.
fn unknown(sitting: &Sitting, typed: &str, name: &str) -> Printed {
    let here = || entries(sitting.machine).map(|entry| entry.name);
    let elsewhere = GROUPS
        .iter()
        .flat_map(|group| group.entries)
        .find(|entry| entry.name == name);
    let mut stderr = String::new();
    let mut notes = Vec::new();
    match elsewhere {
        Some(entry) => {
            let on = entry.on.names();
            notes.push(format!(
                "this lab has {name} on {on}, and not on {}",
                sitting.host
            ));
        }
        None => {
            stderr = not_recognized(typed, name);
            notes.push(format!("Windows may know {name}; this lab does not"));
            let words = here().filter(|name| name.len() > 1);
            if let Some(meant) = scenarios::language::nearest(name, words) {
                notes.push(format!("did you mean {meant}?"));
            }
        }
    }
    let known: Vec<&str> = here().collect();
    notes.push(format!("at {} there are {}", sitting.host, known.join(", ")));
    let mut layout = Layout::new(Width::LEAST);
    for note in notes {
        layout.hanging("(trustlab: ", &format!("{note})"));
    }
    Printed::failed(stderr + &layout.finish())
}

/// What `cmd` or PowerShell says.
fn not_recognized(typed: &str, name: &str) -> String {
    match is_cmdlet(name) {
        true => format!(
            "{typed} : The term '{typed}' is not recognized as the name of a cmdlet, function, script file, or operable\n\
             program. Check the spelling of the name, or if a path was included, verify that the path is correct and\n\
             try again.\n"
        ),
        false => format!(
            "'{typed}' is not recognized as an internal or external command,\noperable program or batch file.\n"
        ),
    }
}

/// `Get-Something`, as PowerShell names its commands.
fn is_cmdlet(name: &str) -> bool {
    name.split_once('-').is_some_and(|(verb, noun)| {
        !noun.is_empty()
            && matches!(
                verb,
                "get"
                    | "set"
                    | "new"
                    | "remove"
                    | "install"
                    | "import"
                    | "test"
                    | "invoke"
                    | "update"
                    | "add"
                    | "connect"
                    | "enable"
                    | "disable"
                    | "start"
                    | "stop"
                    | "restart"
                    | "resolve"
                    | "select"
                    | "where"
                    | "format"
                    | "out"
                    | "write"
                    | "export"
            )
    })
}

impl Machines {
    fn names(self) -> String {
        let kinds = [
            (Machine::Client, "Windows clients"),
            (Machine::Server, "member servers"),
            (Machine::Dc, "domain controllers"),
        ];
        let names: Vec<&str> = kinds
            .into_iter()
            .filter(|(machine, _)| self.include(*machine))
            .map(|(_, name)| name)
            .collect();
        names.join(" and ")
    }
}

/// What `help` prints at a kind of machine.
pub(crate) fn help(machine: Machine) -> String {
    let mut layout = Layout::new(Width::LEAST);
    for group in GROUPS {
        let rows: Vec<(String, &str)> = group
            .entries
            .iter()
            .filter(|entry| entry.on.include(machine))
            .map(|entry| (format!("  {}", entry.name), entry.about))
            .collect();
        if !rows.is_empty() {
            layout.line(group.title);
            layout.table(rows.iter().map(|(name, about)| (name.as_str(), *about)));
        }
    }
    layout.blank();
    layout.line("help NAME shows how a command is typed; exit leaves the machine.");
    layout.finish()
}

/// What `help NAME` prints.
pub(crate) fn help_of(machine: Machine, name: &str) -> Option<String> {
    let entry = entries(machine).find(|entry| entry.name.eq_ignore_ascii_case(name))?;
    let mut layout = Layout::new(Width::LEAST);
    layout.hanging("", entry.about);
    for form in entry.usage.lines() {
        layout.indented("  ", 6, form);
    }
    Some(layout.finish())
}
