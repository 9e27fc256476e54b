//! `klist` in all its forms, in the person's window and in an elevated one, for this logon session or another (`-li`, `-lh`).

use client_sim::{Act, ActError, KDC_OPTIONS};
use evidence::cloud_debug::CloudDebug;
use evidence::klist::bind::{KlistAddBind, KlistPurgeBind};
use evidence::klist::get::KlistGet;
use evidence::klist::purge::KlistPurge;
use evidence::klist::{KlistTickets, LogonId};
use evidence::{AnyView, Artefact};
use kerberos::codes::NtStatus;

use super::Printed;
use super::command::{Entry, Machines, ParseError, Task};
use super::seat::{Next, Seat};
use super::shown::Shown;
use super::tickets::tool;

/// The command.
pub(crate) const ENTRY: Entry = Entry {
    name: "klist",
    on: Machines::CLIENTS,
    usage: "klist [-lh HIGH] [-li LOW] [tickets]\nklist [-lh HIGH] [-li LOW] tgt | purge | get SPN | cloud_debug\nklist sessions\nklist query_bind\nklist add_bind DOMAIN KDC\nklist purge_bind\nklist kcd_cache\nklist kdcoptions",
    about: "the tickets of this session, and what Kerberos holds of Entra's",
    forms: &["tickets", "kcd_cache", "kdcoptions", "-li 0x3e7"],
    parse: klist,
};

fn klist(words: &[String]) -> Result<Task, ParseError> {
    asked(words, false)
}

/// `elevated klist …`: the words without the first.
pub(crate) fn elevated(words: &[String]) -> Result<Task, ParseError> {
    asked(words, true)
}

fn asked(words: &[String], elevated: bool) -> Result<Task, ParseError> {
    let (shown, words) = Shown::of(words);
    let understood = Target::of(&words).and_then(|(target, words)| Some((target, Form::of(&words)?)));
    let Some((target, form)) = understood else {
        return tool(
            USAGE,
            "klist takes nothing, tickets, tgt, sessions, cloud_debug, get SPN, purge, query_bind, add_bind DOMAIN KDC, purge_bind, \
             kcd_cache or kdcoptions, and -li and -lh with hexadecimal numbers",
        );
    };
    let asked = Asked {
        shown,
        target,
        elevated,
    };
    Ok(Task::device(move |seat| run(seat, asked, form)))
}

/// What the tool says about arguments that it does not know (layout after the public documentation of `klist`).
const USAGE: &str = "\
\nUsage: klist [-lh <LogonId.HighPart>] [-li <LogonId.LowPart>] tickets | tgt | purge | sessions | kcd_cache | get |\n\
       add_bind | query_bind | purge_bind | kdcoptions | cloud_debug\n";

/// How it was asked.
#[derive(Clone, Copy)]
struct Asked {
    shown: Shown,
    target: Option<Target>,
    elevated: bool,
}

/// The session that `-lh` and `-li` name; a part that is not named is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Target(LogonId);

impl Target {
    /// Takes the two options out of the words, wherever they stand. Nothing when a number is wrong or missing.
    fn of(words: &[String]) -> Option<(Option<Self>, Vec<&str>)> {
        let (mut id, mut given, mut rest) = (LogonId::default(), false, Vec::new());
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let part = match word.to_lowercase().as_str() {
                "-li" => &mut id.low,
                "-lh" => &mut id.high,
                _ => {
                    rest.push(word.as_str());
                    continue;
                }
            };
            let number = words.next()?.to_lowercase();
            *part = u32::from_str_radix(number.strip_prefix("0x").unwrap_or(&number), 16).ok()?;
            given = true;
        }
        Some((given.then_some(Self(id)), rest))
    }
}

enum Form {
    Tickets,
    Tgt,
    CloudDebug,
    Get(String),
    Purge,
    Sessions,
    QueryBind,
    AddBind { domain: String, kdc: String },
    PurgeBind,
    KcdCache,
    KdcOptions,
}

impl Form {
    fn of(words: &[&str]) -> Option<Self> {
        let form = words.get(1).map(|word| word.to_lowercase());
        Some(match (form.as_deref(), words.get(2..).unwrap_or_default()) {
            (None | Some("tickets"), []) => Self::Tickets,
            (Some("tgt"), []) => Self::Tgt,
            (Some("cloud_debug"), []) => Self::CloudDebug,
            (Some("get"), [spn]) => Self::Get((*spn).to_owned()),
            (Some("purge"), []) => Self::Purge,
            (Some("sessions"), []) => Self::Sessions,
            (Some("query_bind"), []) => Self::QueryBind,
            (Some("add_bind"), [domain, kdc]) => Self::AddBind {
                domain: (*domain).to_owned(),
                kdc: (*kdc).to_owned(),
            },
            (Some("purge_bind"), []) => Self::PurgeBind,
            (Some("kcd_cache"), []) => Self::KcdCache,
            (Some("kdcoptions"), []) => Self::KdcOptions,
            _ => return None,
        })
    }
}

fn run(seat: &Seat<'_>, asked: Asked, form: Form) -> Next {
    let own = match seat.session() {
        Ok(session) => session,
        Err(printed) => return Next::Print(printed),
    };
    let linked = seat.device.elevated_session(own).filter(|_| asked.elevated);
    let current = linked.unwrap_or(own);
    let shown = asked.shown;
    Next::Print(match form {
        // of the whole computer, whatever session is named
        Form::Sessions => seen(seat, shown, Artefact::KlistSessions, current),
        Form::QueryBind => seen(seat, shown, Artefact::KlistBindings, current),
        Form::PurgeBind => {
            return Next::act(Act::PurgeBindings, move |_, _| {
                shown.view(&AnyView::KlistPurgeBind(KlistPurgeBind { logon_id: current }))
            });
        }
        Form::AddBind { domain, kdc } => return add_bind(asked, current, domain, kdc),
        Form::KdcOptions => kdc_options(current),
        Form::Tickets | Form::Tgt | Form::CloudDebug | Form::Get(_) | Form::Purge | Form::KcdCache => {
            let target = asked.target.map_or(current, |Target(id)| id);
            let named = asked.target.is_some();
            let targeting = move |printed: Printed| match named {
                true => Printed {
                    stdout: current.targeting(target, &printed.stdout),
                    ..printed
                },
                false => printed,
            };
            if target != current && !asked.elevated {
                let refused = failed(target, NtStatus::ACCESS_DENIED, ": {Access Denied}", NOT_ELEVATED);
                return Next::Print(targeting(refused));
            }
            return match of_session(seat, asked, target, form) {
                Next::Print(printed) => Next::Print(targeting(printed)),
                Next::Act(act, render) => Next::act(act, move |seat, done| targeting(render(seat, done))),
            };
        }
    })
}

const NOT_ELEVATED: &str = "(trustlab: another session than one's own takes an elevated window: elevated klist -li …; the line is \
that of klist sessions, no public output shows this one)\n";

/// What is asked of one session, printed as in that session.
fn of_session(seat: &Seat<'_>, asked: Asked, target: LogonId, form: Form) -> Next {
    match seat.device.session(target).is_some() {
        true => of_person(seat, asked.shown, target, form),
        false => Next::Print(of_nobody(seat, asked, target, form)),
    }
}

/// What is asked of a session that is no person's.
fn of_nobody(seat: &Seat<'_>, asked: Asked, target: LogonId, form: Form) -> Printed {
    let mut people = seat.device.sessions.iter().map(|session| session.id);
    let is_linked = people.any(|id| seat.device.elevated_session(id) == Some(target));
    let system = target.high == 0 && SYSTEM.contains(&target.low);
    if !system && !is_linked {
        return failed(target, NtStatus::NO_SUCH_LOGON_SESSION, NO_SUCH_SESSION, "");
    }
    let printed = match form {
        Form::Tgt => no_tgt(target),
        Form::CloudDebug => asked.shown.view(&AnyView::CloudDebug(CloudDebug {
            logon_id: target,
            enabled_by_policy: seat.device.config.policy.cloud_ticket_retrieval,
            ..CloudDebug::default()
        })),
        Form::Purge => purged(asked.shown, target),
        Form::KcdCache => kcd_cache(target),
        Form::Get(_) => {
            Printed::failed("the lab keeps no credentials of this session to get a ticket with\n")
        }
        _ => asked.shown.view(&AnyView::Klist(KlistTickets {
            logon_id: target,
            tickets: Vec::new(),
        })),
    };
    if !system {
        return printed;
    }
    let account = match seat.device.config.join.is_hybrid() {
        true => "the computer account of a hybrid joined device gets tickets, of which the lab has none",
        false => "no computer account of a domain stands behind a device that is joined to Entra alone",
    };
    Printed {
        stderr: format!("(trustlab: {account})\n{}", printed.stderr),
        ..printed
    }
}

/// The sessions that every machine has: LOCAL SERVICE, NETWORK SERVICE, SYSTEM.
const SYSTEM: [u32; 3] = [0x3e5, 0x3e4, 0x3e7];

const NO_SUCH_SESSION: &str =
    ": A specified logon session does not exist. It may already have been terminated.";

fn of_person(seat: &Seat<'_>, shown: Shown, id: LogonId, form: Form) -> Next {
    Next::Print(match form {
        Form::Tgt => {
            let tgt = seat.look(Artefact::KlistTgt, Some(id));
            tgt.map_or_else(|| no_tgt(id), |tgt| shown.view(&tgt))
        }
        Form::CloudDebug => seen(seat, shown, Artefact::CloudDebug, id),
        Form::Get(spn) => return get(seat, shown, id, spn),
        Form::Purge => {
            let session = of_another(seat, id);
            return Next::act(Act::PurgeTickets { session }, move |_, _| purged(shown, id));
        }
        Form::KcdCache => kcd_cache(id),
        _ => seen(seat, shown, Artefact::Klist, id),
    })
}

/// The session, where it is not the person's own.
fn of_another(seat: &Seat<'_>, id: LogonId) -> Option<LogonId> {
    let own = seat.device.session_of(&seat.person.upn).map(|session| session.id);
    Some(id).filter(|_| own != Some(id))
}

/// A view of a session that was just found.
fn seen(seat: &Seat<'_>, shown: Shown, artefact: Artefact, session: LogonId) -> Printed {
    let view = seat.look(artefact, Some(session));
    view.map(|view| shown.view(&view)).unwrap_or_default()
}

fn purged(shown: Shown, session: LogonId) -> Printed {
    shown.view(&AnyView::KlistPurge(KlistPurge { logon_id: session }))
}

/// What klist prints without a TGT.
fn no_tgt(session: LogonId) -> Printed {
    /// SEC_E_NO_CREDENTIALS.
    const NO_CREDENTIALS: &str =
        "klist failed with 0x8009030e/-2146893042: No credentials are available in the security package\n";
    Printed {
        stdout: format!("Current LogonId is {session}\n{NO_CREDENTIALS}"),
        code: 1,
        ..Printed::default()
    }
}

/// What klist prints when a status ends it.
fn failed(session: LogonId, status: NtStatus, text: &str, note: &str) -> Printed {
    let number = status.number();
    let signed = i32::from_ne_bytes(number.to_ne_bytes());
    Printed {
        stdout: format!("Current LogonId is {session}\n\nklist failed with {number:#x}/{signed}{text}\n"),
        stderr: note.to_owned(),
        code: 1,
        file: None,
    }
}

fn get(seat: &Seat<'_>, shown: Shown, id: LogonId, spn: String) -> Next {
    let act = Act::GetTicket {
        service: spn.as_str().into(),
        session: of_another(seat, id),
    };
    Next::act(act, move |seat, done| {
        let error = match done {
            Ok(_) => {
                let cache = seat.device.klist(id, seat.now);
                return cache.map_or_else(Printed::default, |cache| {
                    shown.view(&AnyView::KlistGet(KlistGet::Retrieved { spn, cache }))
                });
            }
            Err(ActError::Flow(error)) => error,
            Err(error) => return seat.failed(&error),
        };
        let status = error.nt_status();
        let refused = KlistGet::failed(id, status.number(), substatus(status));
        let printed = shown.view(&AnyView::KlistGet(refused));
        Printed {
            stderr: format!("{error} ({status})\n{}", printed.stderr),
            code: 1,
            ..printed
        }
    })
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

fn add_bind(asked: Asked, current: LogonId, domain: String, kdc: String) -> Next {
    let act = Act::AddBinding {
        domain: domain.as_str().into(),
        kdc: kdc.as_str().into(),
    };
    Next::act(act, move |seat, done| {
        if let Err(error) = done {
            return seat.failed(&error);
        }
        let view = AnyView::KlistAddBind(KlistAddBind {
            domain,
            kdc,
            now: seat.device.klist_bindings(current),
        });
        let printed = asked.shown.view(&view);
        let note = match asked.elevated {
            true => "",
            false => "(trustlab: Windows wants an elevated window for this: elevated klist add_bind …)\n",
        };
        Printed {
            stderr: format!("{}{note}", printed.stderr),
            ..printed
        }
    })
}

/// No device of the lab acts for somebody else; a connector of App Proxy does, and it has no `klist`.
fn kcd_cache(session: LogonId) -> Printed {
    Printed {
        stdout: format!("Current LogonId is {session}\n"),
        stderr: "(trustlab: nothing on this device acts for somebody else, so the cache of constrained delegation is empty; no \
                 public output shows how klist prints it)\n"
            .to_owned(),
        ..Printed::default()
    }
}

fn kdc_options(session: LogonId) -> Printed {
    Printed {
        stdout: format!("Current LogonId is {session}\n"),
        stderr: format!(
            "(trustlab: no public output shows what klist prints here; the options are those of RFC 4120 section 5.4.1, and devices \
             of the lab ask for tickets with {:#x})\n",
            KDC_OPTIONS.bits()
        ),
        ..Printed::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(line: &str) -> Option<(Option<LogonId>, usize)> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        Target::of(&words).map(|(target, rest)| (target.map(|Target(id)| id), rest.len()))
    }

    #[test]
    fn a_session_is_named_before_or_after_what_is_asked_of_it() {
        let system = LogonId { high: 0, low: 0x3e7 };
        assert_eq!(target("klist -li 0x3e7 purge"), Some((Some(system), 2)));
        assert_eq!(target("klist purge -LI 3e7"), Some((Some(system), 2)));
        let far = LogonId {
            high: 1,
            low: 0x3ab9_91d8,
        };
        assert_eq!(target("klist -lh 0x1 -li 0x3ab991d8"), Some((Some(far), 1)));
        assert_eq!(target("klist tgt"), Some((None, 2)));
        for wrong in [
            "klist -li",
            "klist -li zz",
            "klist -li 0x100000000",
            "klist -lh -1",
        ] {
            assert_eq!(target(wrong), None, "{wrong}");
        }
    }
}
