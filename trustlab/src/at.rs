//! `trustlab at`: types at a machine of a lab that runs or is paused. `trustlab time`: asks and moves its clock.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::cli::{AtArgs, TimeArgs, TimeCommand};
use crate::desk::lab::{Answer, Request, TimeRequest, Typed};
use crate::desk::{Printed, clock, control, last, prompt};
use crate::exit;
use crate::folder::FolderError;
use crate::output::{self, Readers, stdout};

/// Types the command, or opens a prompt. Returns the exit code: that of the command.
pub(crate) fn run(args: &AtArgs) -> u8 {
    let (options, command) = match args.settled() {
        Ok(settled) => settled,
        Err(why) => return refused(&why, exit::BAD_INPUT),
    };
    let dir = match lab(options.lab.as_deref()) {
        Ok(dir) => dir,
        Err(code) => return code,
    };
    let type_words = |command| {
        let typed = Typed {
            host: args.host.clone(),
            user: options.user.clone(),
            command,
        };
        let show = if options.json { as_json } else { shown };
        ask(&dir, Request::Type(typed)).map_or_else(|code| code, |answer| show(&answer))
    };
    match command {
        [] => {
            let (host, user) = (args.host.clone(), options.user.clone());
            match ask(&dir, Request::SitDown { host, user }) {
                Ok(Answer::Seated(seated)) => prompt::converse(seated, type_words),
                Ok(answer) => shown(&answer).max(exit::BAD_INPUT),
                Err(code) => code,
            }
        }
        words => type_words(words.to_vec()),
    }
}

/// Types one line at a machine of a lab that runs. Returns the exit code: that of the command.
pub(crate) fn type_there(named: Option<&Path>, typed: &Typed) -> u8 {
    let dir = match lab(named) {
        Ok(dir) => dir,
        Err(code) => return code,
    };
    ask(&dir, Request::Type(typed.clone())).map_or_else(|code| code, |answer| shown(&answer))
}

/// `trustlab time`. Returns the exit code.
pub(crate) fn time(args: &TimeArgs) -> u8 {
    let request = match &args.command {
        None | Some(TimeCommand::Show) => TimeRequest::Show,
        Some(TimeCommand::Advance { duration }) => match clock::duration(duration) {
            Some(duration) => TimeRequest::Advance(duration.as_secs()),
            None => {
                let why = format!("{duration:?} is no span of time: expected 90s, 10m, 4h, 2d");
                return refused(&why, exit::BAD_INPUT);
            }
        },
        Some(TimeCommand::Set { instant }) => TimeRequest::Set(instant.clone()),
    };
    let dir = match lab(args.lab.as_deref()) {
        Ok(dir) => dir,
        Err(code) => return code,
    };
    match ask(&dir, Request::Time(request)) {
        Ok(answer) => {
            let show = if args.json { as_json } else { shown };
            match show(&answer) {
                exit::OK => exit::OK,
                _ => exit::BAD_INPUT,
            }
        }
        Err(code) => code,
    }
}

/// The directory of the lab that is meant.
fn lab(named: Option<&Path>) -> Result<PathBuf, u8> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    if let Some(dir) = std::env::var_os("TRUSTLAB_DIR").filter(|dir| !dir.is_empty()) {
        let dir = PathBuf::from(dir);
        if control::answers(&dir) {
            return Ok(dir);
        }
        let why = format!(
            "no lab of yours runs in {}, which TRUSTLAB_DIR names in this shell; unset it to ask the lab that was started last",
            dir.display()
        );
        return Err(refused(&why, exit::ENVIRONMENT));
    }
    match last::last() {
        Ok(Some(dir)) => Ok(dir),
        Ok(None) => Err(refused(
            "no lab was started here; start one with trustlab up, or name its directory with --lab",
            exit::ENVIRONMENT,
        )),
        Err(error) => Err(refused(&error.to_string(), exit::ENVIRONMENT)),
    }
}

fn ask(dir: &Path, request: Request) -> Result<Answer, u8> {
    control::ask_at(dir, request).map_err(|error| {
        let why = match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                format!("no lab runs in {}; start one with trustlab up", dir.display())
            }
            _ if error.get_ref().is_some_and(|inner| inner.is::<FolderError>()) => error.to_string(),
            _ => format!("the lab in {} does not answer: {error}", dir.display()),
        };
        refused(&why, exit::ENVIRONMENT)
    })
}

/// Shows an answer. Returns the exit code of what was typed.
pub(crate) fn shown(answer: &Answer) -> u8 {
    match answer {
        Answer::Printed(printed) => show(printed),
        Answer::Seated(_) => exit::OK,
    }
}

/// Shows an answer for machines. A file that the command made is stored as ever.
fn as_json(answer: &Answer) -> u8 {
    let Answer::Printed(printed) = answer else {
        return exit::OK;
    };
    let object = serde_json::json!({
        "schema": "trustlab.typed/1",
        "stdout": printed.stdout,
        "stderr": printed.stderr,
        "code": printed.code,
        "file": printed.file.as_ref().map(|(name, _)| name),
    });
    stdout::print(&format!("{object}\n"));
    show(&Printed {
        stdout: String::new(),
        stderr: String::new(),
        ..printed.clone()
    })
}

/// Prints what a command printed, and stores the file it made here, where it was typed.
pub(crate) fn show(printed: &Printed) -> u8 {
    stdout::print(&printed.stdout);
    let _ = io::stderr().write_all(printed.stderr.as_bytes());
    if let Some((name, octets)) = &printed.file
        && let Err(error) = output::write(Path::new(name), octets, Readers::Owner)
    {
        return refused(&error.to_string(), exit::ENVIRONMENT);
    }
    printed.code
}

fn refused(why: &str, code: u8) -> u8 {
    let _ = writeln!(io::stderr(), "error: {why}");
    code
}
