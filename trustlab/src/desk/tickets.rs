//! What shows a Windows client's tickets: `klist`, `dsregcmd`, and their export for other programs.

use client_sim::Act;
use client_sim::views::Export;
use evidence::dsregcmd::RefreshPrt;
use evidence::klist::LogonId;
use evidence::{AnyView, Artefact};
use kerberos::phrase::counted;

use super::command::{Entry, Group, Machines, ParseError, Task, usage};
use super::seat::Seat;
use super::shown::Shown;
use super::{Printed, klist};

/// The tools that show tickets.
pub(crate) const GROUP: Group = Group {
    title: "Tickets",
    entries: &[
        klist::ENTRY,
        Entry {
            name: "dsregcmd",
            on: Machines::CLIENTS,
            usage: "dsregcmd /status\ndsregcmd /refreshprt",
            about: "the PRT and what came with it; /refreshprt marks it to be refreshed",
            forms: &[],
            parse: dsregcmd,
        },
        Entry {
            name: "export-ccache",
            on: Machines::CLIENTS,
            usage: "export-ccache FILE [--only partial|cloud|all]",
            about: "the tickets as an MIT credential cache",
            forms: &[
                "<file> --only partial",
                "<file> --only cloud",
                "<file> --only all",
            ],
            parse: export_ccache,
        },
    ],
};

/// What `dsregcmd` says about arguments that it does not know, as far as the lab has its switches.
const DSREGCMD_USAGE: &str = "\
DSREGCMD switches
                        /? : Displays the help message for DSREGCMD
                   /status : Displays the device join status
               /refreshprt : Refreshes PRT in the CloudAP cache
";

/// What a tool of Windows prints about wrong arguments; the lab adds what exists here.
pub(super) fn tool<T>(stdout: &str, here: &str) -> Result<T, ParseError> {
    Err(ParseError::Tool(Printed {
        stdout: stdout.to_owned(),
        stderr: format!("(trustlab: here {here})\n"),
        code: 1,
        file: None,
    }))
}

/// A view that the device has for everybody, with a session or without.
pub(super) fn seen(artefact: Artefact, shown: Shown) -> Task {
    Task::view(move |seat| {
        let view = seat.look(artefact, None);
        view.map(|view| shown.view(&view)).unwrap_or_default()
    })
}

fn dsregcmd(words: &[String]) -> Result<Task, ParseError> {
    let (shown, words) = Shown::of(words);
    Ok(match words.as_slice() {
        [_, option] if option.eq_ignore_ascii_case("/status") => seen(Artefact::Dsregcmd, shown),
        [_, option] if option.eq_ignore_ascii_case("/refreshprt") => {
            Task::act(Act::RefreshPrt, move |seat, done| match done {
                Ok(_) => shown.view(&AnyView::RefreshPrt(RefreshPrt)),
                Err(error) => seat.failed(&error),
            })
        }
        _ => return tool(DSREGCMD_USAGE, "dsregcmd takes /status or /refreshprt"),
    })
}

fn export_ccache(words: &[String]) -> Result<Task, ParseError> {
    let what = match words {
        [_, _] => Export::All,
        [_, _, only, what] if only == "--only" && what.eq_ignore_ascii_case("all") => Export::All,
        [_, _, only, what] if only == "--only" && what.eq_ignore_ascii_case("partial") => Export::PartialTgt,
        [_, _, only, what] if only == "--only" && what.eq_ignore_ascii_case("cloud") => Export::CloudTgt,
        _ => return usage("export-ccache", "takes FILE [--only partial|cloud|all]"),
    };
    let file = words.get(1).cloned().unwrap_or_default();
    Ok(Task::view(move |seat| match seat.session() {
        Ok(session) => export(seat, session, file, what),
        Err(printed) => printed,
    }))
}

fn export(seat: &Seat<'_>, session: LogonId, file: String, what: Export) -> Printed {
    let cache = seat
        .device
        .session(session)
        .and_then(|session| session.export_ccache(what, seat.now));
    let Some(cache) = cache else {
        return Printed::failed("there is no such TGT in this session\n");
    };
    match cache.write() {
        Ok(octets) => Printed {
            stderr: format!("{} in {file}\n", counted(cache.credentials.len(), "ticket")),
            file: Some((file, octets)),
            ..Printed::default()
        },
        Err(error) => Printed::failed(format!("{error}\n")),
    }
}
