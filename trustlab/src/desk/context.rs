//! The same tools in another context: elevated, and as the system account.

use super::Printed;
use super::command::{Entry, Group, Machines, ParseError, Task, usage};
use super::shown::Shown;

/// What support often runs where the user does not.
pub(crate) const GROUP: Group = Group {
    title: "Not as the user",
    entries: &[
        Entry {
            name: "elevated",
            on: Machines::CLIENTS,
            usage: "elevated klist\nelevated dsregcmd /status",
            about: "run it in an elevated window: another logon session, with tickets of its own",
            forms: &["klist", "dsregcmd /status"],
            parse: elevated,
        },
        Entry {
            name: "system",
            on: Machines::CLIENTS,
            usage: "system dsregcmd /status",
            about: "run it as the system account, as remote management does",
            forms: &["dsregcmd /status"],
            parse: system,
        },
    ],
};

fn elevated(words: &[String]) -> Result<Task, ParseError> {
    let (shown, words) = Shown::of(words);
    let line = words.get(1..).unwrap_or_default().join(" ").to_lowercase();
    Ok(match line.as_str() {
        "klist" | "klist tickets" => Task::view(move |seat| match seat.session() {
            Ok(session) => seat
                .device
                .klist_elevated(session)
                .map_or_else(Printed::default, |view| shown.view(&view)),
            Err(printed) => printed,
        }),
        "dsregcmd /status" => Task::view(move |seat| {
            shown.view(&seat.device.dsregcmd_status_elevated(&seat.person.upn, seat.now()))
        }),
        _ => return usage("elevated", "takes klist or dsregcmd /status"),
    })
}

fn system(words: &[String]) -> Result<Task, ParseError> {
    let (shown, words) = Shown::of(words);
    let line = words.get(1..).unwrap_or_default().join(" ").to_lowercase();
    match line.as_str() {
        "dsregcmd /status" => Ok(Task::view(move |seat| {
            shown.view(&seat.device.dsregcmd_status_as_system(seat.now()))
        })),
        _ => usage("system", "takes dsregcmd /status"),
    }
}
