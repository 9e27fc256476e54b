//! What shows a Windows client's tickets: `klist`, `dsregcmd`, and their export for other programs.

use client_sim::event::Reason;
use client_sim::views::Export;
use evidence::dsregcmd::RefreshPrt;
use evidence::klist::LogonId;
use evidence::klist::bind::KlistPurgeBind;
use evidence::klist::get::KlistGet;
use evidence::klist::purge::KlistPurge;
use kerberos::codes::NtStatus;
use kerberos::wire::PrincipalName;

use super::Printed;
use super::command::{Entry, Group, Machines, ParseError, Task, usage};
use super::seat::Seat;
use super::shown::Shown;

/// The tools that show tickets.
pub(crate) const GROUP: Group = Group {
    title: "Tickets",
    entries: &[
        Entry {
            name: "klist",
            on: Machines::CLIENTS,
            usage: "klist [tickets]\nklist tgt\nklist sessions\nklist cloud_debug\nklist get SPN\nklist purge\nklist query_bind\nklist purge_bind",
            about: "the tickets of this session, and what Kerberos holds of Entra's",
            forms: &[
                "tickets",
                "tgt",
                "sessions",
                "cloud_debug",
                "get <spn>",
                "purge",
                "query_bind",
                "purge_bind",
            ],
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

fn klist(words: &[String]) -> Result<Task, ParseError> {
    let (shown, words) = Shown::of(words);
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    Ok(match (lower.as_slice(), words.as_slice()) {
        ([_] | [_, "tickets"], _) => in_session(move |seat, session| {
            let tickets = seat.device.klist(session, seat.now());
            tickets.map(|tickets| shown.view(&tickets))
        }),
        ([_, "tgt"], _) => in_session(move |seat, session| {
            let tgt = seat.device.klist_tgt(session, seat.now());
            Some(tgt.map_or_else(|| no_tgt(session), |tgt| shown.view(&tgt)))
        }),
        ([_, "sessions"], _) => {
            in_session(move |seat, session| Some(shown.view(&seat.device.klist_sessions(session))))
        }
        ([_, "cloud_debug"], _) => in_session(move |seat, session| {
            let debug = seat.device.cloud_debug(session);
            debug.map(|debug| shown.view(&debug))
        }),
        ([_, "query_bind"], _) => {
            in_session(move |seat, session| Some(shown.view(&seat.device.klist_bindings(session))))
        }
        ([_, "purge_bind"], _) => in_session(move |seat, session| {
            seat.device.purge_bindings();
            Some(shown.view(&KlistPurgeBind { logon_id: session }))
        }),
        ([_, "purge"], _) => in_session(move |seat, session| {
            seat.device.purge_tickets(session);
            Some(shown.view(&KlistPurge { logon_id: session }))
        }),
        ([_, "get", _], [_, _, spn]) => {
            let spn = spn.clone();
            Task::device(move |seat| Box::pin(get(seat, shown, spn)))
        }
        _ => {
            return tool(
                KLIST_USAGE,
                "klist takes nothing, tickets, tgt, sessions, cloud_debug, get SPN, purge, query_bind or purge_bind",
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

/// What klist prints without a TGT.
fn no_tgt(session: LogonId) -> Printed {
    /// SEC_E_NO_CREDENTIALS.
    const NO_CREDENTIALS: &str =
        "klist failed with 0x8009030e/-2146893042: No credentials are available in the security package\n";
    Printed {
        stdout: format!(
            "Current LogonId is {}:{:#x}\n{NO_CREDENTIALS}",
            session.high, session.low
        ),
        code: 1,
        ..Printed::default()
    }
}

async fn get(seat: &mut Seat<'_>, shown: Shown, spn: String) -> Printed {
    let session = match seat.session() {
        Ok(session) => session,
        Err(printed) => return printed,
    };
    let name = PrincipalName::parse(&spn);
    let result = seat.flow().service_ticket(session, &name, Reason::Command).await;
    match (result, seat.device.klist(session, seat.now())) {
        (Ok(_), Some(cache)) => shown.view(&KlistGet::Retrieved { spn, cache }),
        (Ok(_), None) => Printed::default(),
        (Err(error), _) => {
            let status = error.nt_status();
            let printed = shown.view(&KlistGet::failed(session, status.number(), substatus(status)));
            Printed {
                stderr: format!("{error} ({status})\n{}", printed.stderr),
                code: 1,
                ..printed
            }
        }
    }
}

/// The second status of the LSA's answer. Public are three pairs, of which two have statuses that the lab knows.
const fn substatus(status: NtStatus) -> u32 {
    /// ERROR_NO_LOGON_SERVERS.
    const NO_LOGON_SERVERS: u32 = 0x51f;
    /// SEC_E_KDC_UNKNOWN_ETYPE.
    const KDC_UNKNOWN_ETYPE: u32 = 0x8009_0342;
    /// ERROR_NO_TRUST_SAM_ACCOUNT.
    const NO_TRUST_SAM_ACCOUNT: u32 = 0x6fb;
    match status {
        NtStatus::NO_LOGON_SERVERS => NO_LOGON_SERVERS,
        NtStatus::KDC_UNKNOWN_ETYPE => KDC_UNKNOWN_ETYPE,
        NtStatus::NO_TRUST_SAM_ACCOUNT => NO_TRUST_SAM_ACCOUNT,
        other => other.number(),
    }
}

fn dsregcmd(words: &[String]) -> Result<Task, ParseError> {
    let (shown, words) = Shown::of(words);
    Ok(match words.as_slice() {
        [_, option] if option.eq_ignore_ascii_case("/status") => {
            Task::view(move |seat| shown.view(&seat.device.dsregcmd_status(&seat.person.upn, seat.now())))
        }
        [_, option] if option.eq_ignore_ascii_case("/refreshprt") => Task::view(move |seat| {
            let now = seat.now();
            seat.device.mark_prt_for_refresh(&seat.person.upn, now);
            shown.view(&RefreshPrt)
        }),
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
        .and_then(|session| session.export_ccache(what, seat.now()));
    let Some(cache) = cache else {
        return Printed::failed("there is no such TGT in this session\n");
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

/// A view of the person's session.
fn in_session(show: impl FnOnce(&mut Seat<'_>, LogonId) -> Option<Printed> + 'static) -> Task {
    Task::view(move |seat| match seat.session() {
        // there is a session: it was just found
        Ok(session) => show(seat, session).unwrap_or_default(),
        Err(printed) => printed,
    })
}
