//! Commands typed at a machine, parsed.

use std::time::Duration;

/// A command at a Windows device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// `sign-in hello|password`
    SignIn(Credential),
    /// `lock`
    Lock,
    /// `unlock`
    Unlock,
    /// `wait 4h`
    Wait(Duration),
    /// `open \\server\share`
    Open(Share),
    /// `klist`
    Klist,
    /// `klist cloud_debug`
    CloudDebug,
    /// `klist purge`
    Purge,
    /// `klist get SPN`
    Get(String),
    /// `dsregcmd /status`
    Status,
    /// `dsregcmd /refreshprt`
    RefreshPrt,
    /// `export-ccache FILE [--only partial|full|all]`
    ExportCcache {
        /// Where the one who types wants it.
        file: String,
        /// What it holds.
        tickets: Tickets,
    },
    /// `help`
    Help,
}

/// How somebody signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// Windows Hello for Business.
    Hello,
    /// The password.
    Password,
}

/// Which tickets an exported cache holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tickets {
    /// The partial TGT alone.
    Partial,
    /// Everything `klist` shows.
    All,
}

/// A share, as `\\server\share` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    /// The server as typed.
    pub(crate) server: String,
    /// The share.
    pub(crate) share: String,
}

/// Why a line is not a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParseError {
    /// Nothing of that name exists here.
    #[error("'{0}' is not a command of this machine; there are: {KNOWN}")]
    Unknown(String),
    /// The command exists and wants other words.
    #[error("{command}: {expected}")]
    Usage {
        /// The command.
        command: &'static str,
        /// What it takes.
        expected: &'static str,
    },
    /// A quote is not closed.
    #[error("a quote is not closed")]
    Quote,
}

/// What exists, in the order of a morning.
pub(crate) const KNOWN: &str = "sign-in, lock, unlock, wait, open, klist, klist cloud_debug, klist get, klist purge, \
dsregcmd /status, dsregcmd /refreshprt, export-ccache, help";

/// Every first word, for completion.
pub(crate) const WORDS: [&str; 15] = [
    "sign-in hello",
    "sign-in password",
    "lock",
    "unlock",
    "wait ",
    "open \\\\",
    "klist",
    "klist cloud_debug",
    "klist get ",
    "klist purge",
    "dsregcmd /status",
    "dsregcmd /refreshprt",
    "export-ccache ",
    "help",
    "exit",
];

/// The text of `help`.
pub(crate) const HELP: &str = r"What can be typed here:
  sign-in hello | password        sign in as this user; the first Hello sign-in sets Hello up
  lock, unlock                    unlocking refreshes the PRT when it is due
  wait 4h                         let time pass (90s, 10m, 4h, 2d)
  open \\fs01\projects            open a share, with a ticket if there can be one
  klist                           the tickets of this session; klist get SPN, klist purge
  klist cloud_debug               what Kerberos holds of Entra's tickets
  dsregcmd /status                the PRT and what came with it; dsregcmd /refreshprt marks it to be refreshed
  export-ccache FILE [--only partial]
                                  the tickets as an MIT credential cache
  exit                            get up again
";

impl Command {
    /// Parses a line as typed at the prompt: words by blanks, quotes around words with blanks, backslashes as they are.
    pub(crate) fn parse_line(line: &str) -> Result<Self, ParseError> {
        Self::parse(&split(line)?)
    }

    /// Parses words as a shell gives them.
    pub(crate) fn parse(words: &[String]) -> Result<Self, ParseError> {
        let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        Ok(match lower.as_slice() {
            [] | ["help" | "?"] => Self::Help,
            ["sign-in"] | ["sign-in", "hello"] => Self::SignIn(Credential::Hello),
            ["sign-in", "password"] => Self::SignIn(Credential::Password),
            ["sign-in", ..] => return usage("sign-in", "takes hello or password"),
            ["lock"] => Self::Lock,
            ["unlock"] => Self::Unlock,
            ["wait", time] => match duration(time) {
                Some(time) => Self::Wait(time),
                None => return usage("wait", "takes a time: 90s, 10m, 4h, 2d"),
            },
            ["wait", ..] => return usage("wait", "takes a time: 90s, 10m, 4h, 2d"),
            ["open", _] => match words.get(1).and_then(|path| Share::parse(path)) {
                Some(share) => Self::Open(share),
                None => return usage("open", r"takes a share: \\fs01\projects"),
            },
            ["open", ..] => return usage("open", r"takes a share: \\fs01\projects"),
            ["klist"] | ["klist", "tickets"] => Self::Klist,
            ["klist", "cloud_debug"] => Self::CloudDebug,
            ["klist", "purge"] => Self::Purge,
            ["klist", "get", _] => Self::Get(words.get(2).cloned().unwrap_or_default()),
            ["klist", ..] => return usage("klist", "takes nothing, cloud_debug, get SPN or purge"),
            ["dsregcmd", "/status"] => Self::Status,
            ["dsregcmd", "/refreshprt"] => Self::RefreshPrt,
            ["dsregcmd", ..] => return usage("dsregcmd", "takes /status or /refreshprt"),
            ["export-ccache", rest @ ..] => return export(words, rest),
            [other, ..] => return Err(ParseError::Unknown((*other).to_owned())),
        })
    }
}

impl Share {
    /// `\\server\share`, with slashes of either kind and anything below the share ignored.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let path = path.replace('/', "\\");
        let (server, rest) = path.strip_prefix("\\\\")?.split_once('\\')?;
        let share = rest.split('\\').next().unwrap_or_default();
        let whole = !server.is_empty() && !share.is_empty();
        whole.then(|| Self {
            server: server.to_owned(),
            share: share.to_owned(),
        })
    }
}

fn export(words: &[String], lower: &[&str]) -> Result<Command, ParseError> {
    let file = words.get(1).cloned();
    let tickets = match lower {
        [_] | [_, "--only", "all"] => Tickets::All,
        [_, "--only", "partial"] => Tickets::Partial,
        _ => return usage("export-ccache", "takes FILE [--only partial|all]"),
    };
    match file {
        Some(file) => Ok(Command::ExportCcache { file, tickets }),
        None => usage("export-ccache", "takes FILE [--only partial|all]"),
    }
}

const fn usage<T>(command: &'static str, expected: &'static str) -> Result<T, ParseError> {
    Err(ParseError::Usage { command, expected })
}

/// `90s`, `10m`, `4h`, `2d`; at most ten years.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    const TEN_YEARS_SECONDS: u64 = 10 * 366 * 86_400;
    let unit = text.chars().last()?;
    let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let seconds = count
        .checked_mul(seconds)
        .filter(|seconds| *seconds <= TEN_YEARS_SECONDS)?;
    Some(Duration::from_secs(seconds))
}

fn split(line: &str) -> Result<Vec<String>, ParseError> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut began = false;
    for character in line.chars() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(character);
                began = true;
            }
            (None, _) if character.is_whitespace() => {
                if began {
                    words.push(core::mem::take(&mut word));
                    began = false;
                }
            }
            _ => {
                word.push(character);
                began = true;
            }
        }
    }
    if quote.is_some() {
        return Err(ParseError::Quote);
    }
    if began {
        words.push(word);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_spelling_is_understood() {
        let parsed = |line| Command::parse_line(line).expect("a command");
        assert_eq!(parsed("KLIST Cloud_Debug"), Command::CloudDebug);
        assert_eq!(parsed("  dsregcmd   /status "), Command::Status);
        assert_eq!(
            parsed(r"open \\FS01\Projects\plans\a.txt"),
            Command::Open(Share {
                server: "FS01".into(),
                share: "Projects".into()
            })
        );
        assert_eq!(
            parsed("export-ccache 'my cache' --only partial"),
            Command::ExportCcache {
                file: "my cache".into(),
                tickets: Tickets::Partial
            }
        );
        assert_eq!(parsed("wait 4h"), Command::Wait(Duration::from_secs(14_400)));
        assert_eq!(parsed(""), Command::Help);
    }

    #[test]
    fn a_wrong_line_says_what_exists() {
        let error = |line| Command::parse_line(line).expect_err("no command").to_string();
        assert!(error("ipconfig").contains("klist cloud_debug"));
        assert_eq!(error("wait long"), "wait: takes a time: 90s, 10m, 4h, 2d");
        assert_eq!(
            error("wait 99999999999999d"),
            "wait: takes a time: 90s, 10m, 4h, 2d"
        );
        assert_eq!(error(r"open fs01"), r"open: takes a share: \\fs01\projects");
        assert_eq!(error("klist 'get"), "a quote is not closed");
    }

    proptest::proptest! {
        #[test]
        fn no_line_panics(line in "(?s).{0,60}") {
            let _ = Command::parse_line(&line);
        }
    }
}
