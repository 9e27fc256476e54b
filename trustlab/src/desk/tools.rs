//! The tools of Windows that look at the network, the clock, the token, the registry and the event logs.

use std::collections::BTreeSet;

use client_sim::Act;
use client_sim::state::Credential;
use client_sim::views::dc_found;
use evidence::event::EventLog;
use evidence::nltest::DsGetDc;
use evidence::registry::RegistryKeys;
use evidence::{AnyView, Artefact};
use kerberos::netlogon::DcFlags;
use scenarios::views::Subject;
use scenarios::world::{HostId, World};

use super::Printed;
use super::command::{Entry, Group, Machines, ParseError, Task, usage};
use super::lab::{Lab, look, with_world};
use super::seat::{Next, Seat};
use super::shown::Shown;
use super::sitting::Sitting;

/// The tools.
pub(crate) const GROUP: Group = Group {
    title: "Network, clock, token, registry, logs",
    entries: &[
        Entry {
            name: "nltest",
            on: Machines::CLIENTS,
            usage: NLTEST_USAGE,
            about: "the domain controller that is found, and what it can do",
            forms: &["/dsgetdc: /force"],
            parse: nltest,
        },
        Entry {
            name: "nltest",
            on: Machines::SERVERS.or(Machines::DCS),
            usage: NLTEST_USAGE,
            about: "the domain controller that is found, and what it can do",
            forms: &["/dsgetdc:", "/dsgetdc: /keylist /kdc"],
            parse: nltest_of_server,
        },
        Entry {
            name: "whoami",
            on: Machines::CLIENTS,
            usage: "whoami\nwhoami /upn\nwhoami /groups",
            about: "the account of this session, and the groups of its token",
            forms: &["/upn"],
            parse: whoami,
        },
        Entry {
            name: "w32tm",
            on: Machines::CLIENTS,
            usage: "w32tm /query /status\nw32tm /stripchart /computer:HOST [/dataonly] [/samples:N]",
            about: "where the time comes from, and how far another clock is",
            forms: &[],
            parse: w32tm,
        },
        Entry {
            name: "netsh",
            on: Machines::CLIENTS,
            usage: "netsh winhttp show proxy",
            about: "the proxy through which Entra is reached",
            forms: &[],
            parse: netsh,
        },
        Entry {
            name: "reg",
            on: Machines::CLIENTS,
            usage: "reg query KEY [/s]\nreg export KEY FILE",
            about: "the registry, as far as policies of sign-in stand there",
            forms: &[
                r"query HKLM\SOFTWARE\Microsoft\Policies\PassportForWork /s",
                r"query HKCU\SOFTWARE\Policies\Microsoft\PassportForWork /s",
            ],
            parse: reg,
        },
        Entry {
            name: "events",
            on: Machines::ALL,
            usage: "events [ID or LOG] [--xml]",
            about: "the event logs: 358, 360, 5205, 1081 here; 4769 at a DC; 4624 at a server",
            forms: &["358", "360", "5205", "1081", "4769", "4624", "--xml"],
            parse: events,
        },
    ],
};

/// A view that every machine has which has the command.
fn seen(artefact: Artefact, shown: Shown) -> Task {
    Task::change(move |lab, sitting| {
        let view = look(lab, sitting, artefact);
        view.map(|view| shown.view(&view)).unwrap_or_default()
    })
}

const NLTEST_USAGE: &str = "nltest /dsgetdc:DOMAIN [/keylist] [/kdc] [/writable] [/force]";

/// What `nltest /dsgetdc` is asked for.
struct DcWanted {
    /// Empty for whoever's own.
    domain: String,
    required: DcFlags,
    force: bool,
}

fn dc_wanted(words: &[String]) -> Result<DcWanted, ParseError> {
    const TAKES: &str = "takes /dsgetdc:DOMAIN [/keylist] [/kdc] [/writable] [/force]";
    let mut domain = None;
    let mut required = DcFlags::empty();
    let mut force = false;
    for word in words.iter().skip(1) {
        let lower = word.to_lowercase();
        match lower.as_str() {
            "/keylist" => required |= DcFlags::KEY_LIST,
            "/kdc" => required |= DcFlags::KDC,
            "/writable" => required |= DcFlags::WRITABLE,
            "/gc" => required |= DcFlags::GC,
            "/pdc" => required |= DcFlags::PDC,
            "/force" => force = true,
            _ => match lower.strip_prefix("/dsgetdc:") {
                Some(name) => domain = Some(name.to_owned()),
                None => return usage("nltest", TAKES),
            },
        }
    }
    match domain {
        Some(domain) => Ok(DcWanted {
            domain,
            required,
            force,
        }),
        None => usage("nltest", TAKES),
    }
}

/// A server or DC looks at the lab as it is.
fn nltest_of_server(words: &[String]) -> Result<Task, ParseError> {
    let (shown, words) = Shown::of(words);
    let wanted = dc_wanted(&words)?;
    Ok(Task::change(move |lab, sitting| {
        let domain = Some(wanted.domain.as_str()).filter(|domain| !domain.is_empty());
        let found = with_world(lab, |world| {
            world.dsgetdc_of_server(sitting.id, domain, wanted.required)
        });
        Printed {
            code: u8::from(matches!(found, DsGetDc::Failed { .. })),
            ..shown.view(&AnyView::Nltest(found))
        }
    }))
}

fn nltest(words: &[String]) -> Result<Task, ParseError> {
    let (shown, words) = Shown::of(words);
    let DcWanted {
        domain,
        required,
        force,
    } = dc_wanted(&words)?;
    Ok(Task::device(move |seat| {
        // without a name it is the user's own domain
        let own = || seat.person.domain.clone().unwrap_or_default();
        let domain = if domain.is_empty() { own() } else { domain };
        let act = Act::LocateDc {
            domain: domain.into(),
            required,
            rediscover: force,
        };
        Next::act(act, move |_, done| Printed {
            code: u8::from(done.is_err()),
            ..shown.view(&AnyView::Nltest(dc_found(&done)))
        })
    }))
}

fn whoami(words: &[String]) -> Result<Task, ParseError> {
    let (shown, words) = Shown::of(words);
    let option = words.get(1).map(|word| word.to_lowercase());
    match (option.as_deref(), words.len()) {
        (None, _) => Ok(Task::view(|seat| {
            let name = seat.device.account_name(&seat.person.upn);
            Printed::ok(format!("{}\n", name.to_lowercase()))
        })),
        (Some("/upn"), 2) => Ok(Task::view(|seat| match is_local(seat) {
            true => Printed::failed(NO_UPN),
            false => Printed::ok(format!("{}\n", seat.person.upn)),
        })),
        (Some("/groups"), 2) => Ok(Task::change(move |lab, sitting| {
            let groups = look(lab, sitting, Artefact::Whoami);
            match (groups, &sitting.person) {
                (Some(groups), _) => shown.view(&groups),
                (None, Some(person)) => {
                    Printed::failed(format!("{} is not signed in here; type: sign-in\n", person.upn))
                }
                (None, None) => Printed::failed("nobody is signed in here\n"),
            }
        })),
        _ => usage("whoami", "takes nothing, /upn or /groups"),
    }
}

/// What `whoami /upn` says to a local account.
const NO_UPN: &str = "\
ERROR: Unable to get User Principal Name (UPN) as the current logged-on user is not a domain user.
";

fn is_local(seat: &Seat<'_>) -> bool {
    let session = seat.device.session_of(&seat.person.upn);
    session.is_some_and(|session| session.credential == Credential::Local)
}

fn w32tm(words: &[String]) -> Result<Task, ParseError> {
    const USAGE: &str = "takes /query /status, or /stripchart /computer:HOST [/dataonly] [/samples:N]";
    const SAMPLES: u8 = 3;
    let (shown, words) = Shown::of(words);
    let lower: Vec<String> = words.iter().skip(1).map(|word| word.to_lowercase()).collect();
    let given: BTreeSet<&str> = lower.iter().map(String::as_str).collect();
    if given.contains("/query") {
        if !given.contains("/status") {
            return usage("w32tm", USAGE);
        }
        return Ok(seen(Artefact::W32tm, shown));
    }
    let value = |name: &str| {
        lower
            .iter()
            .find_map(|word| word.strip_prefix(name).map(str::to_owned))
    };
    let (true, Some(computer)) = (given.contains("/stripchart"), value("/computer:")) else {
        return usage("w32tm", USAGE);
    };
    let samples = match value("/samples:").map(|number| number.parse()) {
        None => SAMPLES,
        Some(Ok(samples)) => samples,
        Some(Err(_)) => return usage("w32tm", "takes a number from 1 to 255 after /samples:"),
    };
    Ok(Task::change(move |lab, sitting| {
        with_world(lab, |world| match host_called(world, &computer) {
            Some(other) => {
                let chart = world.stripchart(sitting.id, other, samples);
                shown.view(&AnyView::Stripchart(chart))
            }
            None => Printed::failed("The following error occurred: No such host is known. (0x80072AF9)\n"),
        })
    }))
}

/// The host of this name, in short or in full.
fn host_called(world: &World, name: &str) -> Option<HostId> {
    let topology = world.topology();
    topology.find(name).or_else(|| topology.resolve(name))
}

fn netsh(words: &[String]) -> Result<Task, ParseError> {
    let (shown, words) = Shown::of(words);
    let lower: Vec<String> = words.iter().skip(1).map(|word| word.to_lowercase()).collect();
    if lower != ["winhttp", "show", "proxy"] {
        return usage("netsh", "takes winhttp show proxy");
    }
    Ok(seen(Artefact::WinHttp, shown))
}

fn reg(words: &[String]) -> Result<Task, ParseError> {
    let (shown, words) = Shown::of(words);
    let verb = words.get(1).map(|word| word.to_lowercase());
    let rest = words.get(2..).unwrap_or_default();
    match (verb.as_deref(), rest) {
        (Some("query"), [key]) => {
            let key = key.clone();
            Ok(Task::view(move |seat| query(seat, shown, &key)))
        }
        (Some("query"), [key, all]) if all.eq_ignore_ascii_case("/s") => {
            let key = key.clone();
            Ok(Task::view(move |seat| query(seat, shown, &key)))
        }
        (Some("export"), [key, file, ..]) => {
            let (key, file) = (key.clone(), file.clone());
            Ok(Task::view(move |seat| export(seat, &key, file)))
        }
        _ => usage("reg", "takes query KEY [/s] or export KEY FILE"),
    }
}

fn query(seat: &Seat<'_>, shown: Shown, key: &str) -> Printed {
    match found(seat, key) {
        Ok(keys) => shown.view(&AnyView::Registry(keys)),
        Err(printed) => printed,
    }
}

/// A `.reg` file, in UTF-16 with its mark as Windows writes it.
fn export(seat: &Seat<'_>, key: &str, file: String) -> Printed {
    match found(seat, key) {
        Ok(keys) => {
            let text = format!("\u{feff}{}", keys.render_reg().replace('\n', "\r\n"));
            let octets = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            Printed {
                stdout: "The operation completed successfully.\n".to_owned(),
                file: Some((file, octets)),
                ..Printed::default()
            }
        }
        Err(printed) => printed,
    }
}

fn found(seat: &Seat<'_>, key: &str) -> Result<RegistryKeys, Printed> {
    let keys = match seat.look(Artefact::Registry, None) {
        Some(AnyView::Registry(keys)) => keys.below(key),
        _ => RegistryKeys::default(),
    };
    if keys.keys.is_empty() {
        return Err(Printed::failed(
            "ERROR: The system was unable to find the specified registry key or value.\n",
        ));
    }
    Ok(keys)
}

fn events(words: &[String]) -> Result<Task, ParseError> {
    let (shown, words) = Shown::of(words);
    let (options, rest): (Vec<&String>, Vec<&String>) =
        words.iter().skip(1).partition(|word| word.starts_with("--"));
    let xml = match options.as_slice() {
        [] => false,
        [one] if one.as_str() == "--xml" => true,
        _ => return usage("events", "takes an id or a part of a log's name, and --xml"),
    };
    let wanted = match rest.as_slice() {
        [] => None,
        [one] => Some((*one).clone()),
        _ => return usage("events", "takes an id or a part of a log's name, and --xml"),
    };
    Ok(Task::change(move |lab, sitting| {
        log(lab, sitting, shown, wanted.as_deref(), xml)
    }))
}

fn log(lab: &mut dyn Lab, sitting: &Sitting, shown: Shown, wanted: Option<&str>, xml: bool) -> Printed {
    let (log, offset) = with_world(lab, |world| {
        let host: HostId = sitting.id;
        let offset = world
            .device(host)
            .map_or(0, |device| device.config.utc_offset_minutes);
        (world.look(Artefact::Events, Subject::Host(host, None)), offset)
    });
    let log = match (log, wanted) {
        (Some(AnyView::Events(log)), Some(wanted)) => log.only(wanted),
        (Some(AnyView::Events(log)), None) => log,
        _ => EventLog::default(),
    };
    if log.events.is_empty() {
        let which = wanted.map(|wanted| format!(" {wanted}")).unwrap_or_default();
        return Printed::failed(format!("no events{which} at {} so far\n", sitting.host));
    }
    let text = if xml {
        log.render_xml()
    } else {
        log.render_at(offset)
    };
    shown.text(&AnyView::Events(log), text)
}
