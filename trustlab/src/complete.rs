//! Completion in shells: the script that a shell loads, and what the program answers when the shell asks it.

use std::ffi::OsStr;
use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;
use clap_complete::engine::{CompletionCandidate, PathCompleter, ValueCompleter};
use clap_complete::env::{CompleteEnv, Shells};
use scenarios::lab::Lab;
use scenarios::library;

use crate::cli::Cli;
use crate::exit;
use crate::output::stdout;

/// Set by the script when it asks.
const VARIABLE: &str = "TRUSTLAB_COMPLETE";
const PROGRAM: &str = "trustlab";

/// Answers a shell and ends, if it is one that asks.
pub(crate) fn answer() {
    CompleteEnv::with_factory(Cli::command).var(VARIABLE).complete();
}

/// Prints the script of a shell. Returns the exit code.
pub(crate) fn print_script(shell: Shell) -> u8 {
    let mut script = Vec::new();
    let shells = Shells::builtins();
    let written = match shells.completer(&shell.to_string()) {
        Some(known) => known.write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script),
        None => Err(io::Error::other(format!("{shell} has no completion"))),
    };
    if let Err(error) = written {
        let _ = writeln!(io::stderr(), "error: {error}");
        return exit::ENVIRONMENT;
    }
    stdout::print(&String::from_utf8_lossy(&script));
    exit::OK
}

/// Scenarios of the library, and files.
pub(crate) fn scenarios(current: &OsStr) -> Vec<CompletionCandidate> {
    let names = library::scenarios().iter().map(|entry| entry.name);
    with_files(current, names)
}

/// Labs of the library, and files.
pub(crate) fn labs(current: &OsStr) -> Vec<CompletionCandidate> {
    let names = library::labs().iter().map(|entry| entry.name);
    with_files(current, names)
}

fn with_files<'n>(current: &OsStr, names: impl Iterator<Item = &'n str>) -> Vec<CompletionCandidate> {
    let begun = current.to_string_lossy();
    let mut found: Vec<CompletionCandidate> = names
        .filter(|name| name.starts_with(&*begun))
        .map(CompletionCandidate::new)
        .collect();
    let is_toml = |path: &std::path::Path| path.extension().is_some_and(|extension| extension == "toml");
    found.extend(PathCompleter::file().filter(is_toml).complete(current));
    found
}

/// Whatever can be explained.
pub(crate) fn subjects() -> Vec<CompletionCandidate> {
    library::explainable().map(CompletionCandidate::new).collect()
}

/// Machines of the built-in lab at which one can sit down.
pub(crate) fn hosts() -> Vec<CompletionCandidate> {
    let lab = Lab::fernhill();
    let servers = lab.servers.keys().chain(lab.dcs.keys());
    let names = lab.devices.keys().chain(servers);
    names.map(CompletionCandidate::new).collect()
}

/// People of the built-in lab.
pub(crate) fn users() -> Vec<CompletionCandidate> {
    let lab = Lab::fernhill();
    lab.users.keys().map(CompletionCandidate::new).collect()
}
