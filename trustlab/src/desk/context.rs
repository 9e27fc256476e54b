//! The same tools in another context: elevated, and as the system account.

use evidence::Artefact;

use super::command::{Entry, Group, Machines, ParseError, Task, usage};
use super::klist;
use super::shown::Shown;
use super::tickets::seen;

/// What support often runs where the user does not.
pub(crate) const GROUP: Group = Group {
    title: "Not as the user",
    entries: &[
        Entry {
            name: "elevated",
            on: Machines::CLIENTS,
            usage: "elevated klist …\nelevated dsregcmd /status",
            about: "run it in an elevated window: another logon session, with tickets of its own",
            forms: &[
                "klist sessions",
                "klist -li 0x3e7",
                "klist add_bind <domain> <host>",
            ],
            parse: elevated,
        },
        Entry {
            name: "system",
            on: Machines::CLIENTS,
            usage: "system dsregcmd /status",
            about: "run it as the system account, as remote management does",
            forms: &[],
            parse: system,
        },
    ],
};

fn elevated(words: &[String]) -> Result<Task, ParseError> {
    let tool = words.get(1..).unwrap_or_default();
    if tool
        .iter()
        .find(|word| !Shown::is_asked_by(word))
        .is_some_and(|word| is_klist(word))
    {
        return klist::elevated(tool);
    }
    let (shown, words) = Shown::of(words);
    let line = words.get(1..).unwrap_or_default().join(" ").to_lowercase();
    Ok(match line.as_str() {
        "dsregcmd /status" => seen(Artefact::DsregcmdElevated, shown),
        _ => return usage("elevated", "takes klist with what it takes, or dsregcmd /status"),
    })
}

fn is_klist(word: &str) -> bool {
    let word = word.to_lowercase();
    word.strip_suffix(".exe").unwrap_or(&word) == "klist"
}

fn system(words: &[String]) -> Result<Task, ParseError> {
    let (shown, words) = Shown::of(words);
    let line = words.get(1..).unwrap_or_default().join(" ").to_lowercase();
    match line.as_str() {
        "dsregcmd /status" => Ok(seen(Artefact::DsregcmdAsSystem, shown)),
        _ => usage("system", "takes dsregcmd /status"),
    }
}
