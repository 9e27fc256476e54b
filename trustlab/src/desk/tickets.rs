//! What shows a Windows client's tickets: `klist`, `dsregcmd`, and their export for other programs.

use client_sim::event::Reason;
use client_sim::views::Export;
use evidence::Artefact;
use kerberos::wire::PrincipalName;

use super::Printed;
use super::command::{Entry, Group, Machines, ParseError, Task, usage};
use super::seat::{Seat, failed};

/// The tools that show tickets.
pub(crate) const GROUP: Group = Group {
    title: "Tickets",
    entries: &[
        Entry {
            name: "klist",
            on: Machines::CLIENTS,
            usage: "klist [tickets]\nklist cloud_debug\nklist get SPN\nklist purge",
            about: "the tickets of this session, and what Kerberos holds of Entra's",
            forms: &["tickets", "cloud_debug", "get <spn>", "purge"],
            parse: klist,
        },
        Entry {
            name: "dsregcmd",
            on: Machines::CLIENTS,
            usage: "dsregcmd /status\ndsregcmd /refreshprt",
            about: "the PRT and what came with it; /refreshprt marks it to be refreshed",
            forms: &["/status", "/refreshprt"],
            parse: dsregcmd,
        },
        Entry {
            name: "export-ccache",
            on: Machines::CLIENTS,
            usage: "export-ccache FILE [--only partial|all]",
            about: "the tickets as an MIT credential cache",
            forms: &["<file> --only partial", "<file> --only all"],
            parse: export_ccache,
        },
    ],
};

fn klist(words: &[String]) -> Result<Task, ParseError> {
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    Ok(match (lower.as_slice(), words) {
        ([_] | [_, "tickets"], _) => Task::view(tickets),
        ([_, "cloud_debug"], _) => Task::view(|seat| {
            in_session(seat, |seat, session| {
                seat.device.cloud_debug(session).map(|view| view.render())
            })
        }),
        ([_, "purge"], _) => Task::view(|seat| {
            in_session(seat, |seat, session| {
                seat.device.purge_tickets(session);
                Some(format!(
                    "Current LogonId is {}:{:#x}\n\tDeleting all tickets:\n\tTicket(s) purged!\n",
                    session.high, session.low
                ))
            })
        }),
        ([_, "get", _], [_, _, spn]) => {
            let spn = PrincipalName::parse(spn);
            Task::device(move |seat| Box::pin(get(seat, spn)))
        }
        _ => {
            return tool(
                KLIST_USAGE,
                "klist takes nothing, tickets, cloud_debug, get SPN or purge",
            );
        }
    })
}

/// What the tool says about arguments that it does not know (layout after the public documentation of `klist`).
const KLIST_USAGE: &str = "\
\nUsage: klist [-lh <LogonId.HighPart>] [-li <LogonId.LowPart>] tickets | tgt | purge | sessions | kcd_cache | get |\n\
       add_bind | query_bind | purge_bind | kdcoptions | cloud_debug\n";

/// The same of `dsregcmd`, as far as the lab has its switches.
const DSREGCMD_USAGE: &str = "\
DSREGCMD switches
                        /? : Displays the help message for DSREGCMD
                   /status : Displays the device join status
               /refreshprt : Refreshes PRT in the CloudAP cache
";

/// What a tool of Windows prints about wrong arguments; the lab adds what exists here.
fn tool<T>(stdout: &str, here: &str) -> Result<T, ParseError> {
    Err(ParseError::Tool(Printed {
        stdout: stdout.to_owned(),
        stderr: format!("(trustlab: here {here})\n"),
        code: 1,
        file: None,
    }))
}

async fn get(seat: &mut Seat<'_>, spn: PrincipalName) -> Printed {
    let session = match seat.session() {
        Ok(session) => session,
        Err(printed) => return printed,
    };
    match seat.flow().service_ticket(session, &spn, Reason::Command).await {
        Ok(_) => tickets(seat),
        Err(error) => failed(&error),
    }
}

fn tickets(seat: &mut Seat<'_>) -> Printed {
    in_session(seat, |seat, session| {
        seat.device.klist(session, seat.now()).map(|view| view.render())
    })
}

fn dsregcmd(words: &[String]) -> Result<Task, ParseError> {
    Ok(match words {
        [_, option] if option.eq_ignore_ascii_case("/status") => {
            Task::view(|seat| Printed::ok(seat.device.sso_state(&seat.person.upn, seat.now()).render()))
        }
        [_, option] if option.eq_ignore_ascii_case("/refreshprt") => Task::view(|seat| {
            seat.device.mark_prt_for_refresh(&seat.person.upn);
            Printed::default()
        }),
        _ => return tool(DSREGCMD_USAGE, "dsregcmd takes /status or /refreshprt"),
    })
}

fn export_ccache(words: &[String]) -> Result<Task, ParseError> {
    let what = match words {
        [_, _] => Export::All,
        [_, _, only, what] if only == "--only" && what.eq_ignore_ascii_case("all") => Export::All,
        [_, _, only, what] if only == "--only" && what.eq_ignore_ascii_case("partial") => Export::PartialTgt,
        _ => return usage("export-ccache", "takes FILE [--only partial|all]"),
    };
    let file = words.get(1).cloned().unwrap_or_default();
    Ok(Task::view(move |seat| match seat.session() {
        Ok(session) => export(seat, session, file, what),
        Err(printed) => printed,
    }))
}

fn export(seat: &Seat<'_>, session: evidence::klist::LogonId, file: String, what: Export) -> Printed {
    let cache = seat
        .device
        .session(session)
        .and_then(|session| session.export_ccache(what, seat.now()));
    let Some(cache) = cache else {
        return Printed::failed("there is no TGT of an AD realm in this session\n");
    };
    match cache.write() {
        Ok(octets) => Printed {
            stderr: format!("{} tickets in {file}\n", cache.credentials.len()),
            file: Some((file, octets)),
            ..Printed::default()
        },
        Err(error) => Printed::failed(format!("{error}\n")),
    }
}

fn in_session<'a>(
    seat: &mut Seat<'a>,
    show: impl FnOnce(&mut Seat<'a>, evidence::klist::LogonId) -> Option<String>,
) -> Printed {
    match seat.session() {
        // there is a session: it was just found
        Ok(session) => show(seat, session).map_or_else(Printed::default, Printed::ok),
        Err(printed) => printed,
    }
}
