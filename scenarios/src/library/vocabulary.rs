//! Words an engineer looks up: codes, events, rows of tools, settings, names. The texts are data, in `scenarios/explain`.

use std::sync::OnceLock;

use evidence::Artefact;
use kerberos::codes::{ErrorCode, NtStatus};
use serde::Deserialize;

use super::explain::Explanation;

/// One thing that can be explained.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Its number, for codes and events.
    pub code: Option<u32>,
    /// What it goes by; the first is shown.
    #[serde(default)]
    pub names: Vec<String>,
    /// The artefact that shows it, for rows.
    pub artefact: Option<Artefact>,
    /// One line.
    pub title: String,
    /// What it means.
    pub meaning: String,
    /// Where it can come up in this flow.
    pub arises: String,
    /// What it does not mean.
    pub not: String,
    /// Rules that decide about it.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Scenarios that show it.
    #[serde(default)]
    pub scenarios: Vec<String>,
    /// Names of other entries.
    #[serde(default)]
    pub see: Vec<String>,
    /// Rows that say the same.
    #[serde(default)]
    pub rows: Vec<String>,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Kind {
    /// An error code of a KRB-ERROR.
    #[serde(rename = "kerberos error")]
    KerberosError,
    /// A status of the NT family.
    #[serde(rename = "NTSTATUS")]
    NtStatus,
    /// An error of the Windows API.
    #[serde(rename = "Win32 error")]
    Win32,
    /// An error of WinHTTP.
    #[serde(rename = "WinHTTP error")]
    WinHttp,
    /// An error code of Entra.
    #[serde(rename = "AADSTS code")]
    Aadsts,
    /// A Windows event.
    #[serde(rename = "event")]
    Event,
    /// A row of a tool's output.
    #[serde(rename = "row")]
    Row,
    /// A policy, an attribute, a parameter.
    #[serde(rename = "setting")]
    Setting,
    /// A word of this flow.
    #[serde(rename = "name")]
    Name,
    /// A word that is another now.
    #[serde(rename = "former name")]
    FormerName,
}

impl Kind {
    /// As an explanation calls it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::KerberosError => "Kerberos error",
            Self::NtStatus => "NTSTATUS",
            Self::Win32 => "Win32 error",
            Self::WinHttp => "WinHTTP error",
            Self::Aadsts => "AADSTS code",
            Self::Event => "event",
            Self::Row => "row",
            Self::Setting => "setting",
            Self::Name => "name",
            Self::FormerName => "former name",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    entry: Vec<Entry>,
}

const FILES: [&str; 9] = [
    include_str!("../../explain/kerberos-errors.toml"),
    include_str!("../../explain/statuses.toml"),
    include_str!("../../explain/aadsts.toml"),
    include_str!("../../explain/events.toml"),
    include_str!("../../explain/win32.toml"),
    include_str!("../../explain/rows.toml"),
    include_str!("../../explain/rows-more.toml"),
    include_str!("../../explain/settings.toml"),
    include_str!("../../explain/names.toml"),
];

const FORMAT: &str = "trustlab.explanations/1";

/// Every entry, in the order of the files.
///
/// # Panics
/// When a file that is part of the program cannot be read, which a test excludes.
pub fn entries() -> &'static [Entry] {
    static ENTRIES: OnceLock<Vec<Entry>> = OnceLock::new();
    ENTRIES.get_or_init(|| {
        let files = FILES.iter().map(|text| {
            let file: File = toml::from_str(text).expect("a file of this program can be read");
            assert_eq!(file.format, FORMAT, "a file of this program has this format");
            file.entry
        });
        files.flatten().collect()
    })
}

impl Entry {
    /// Everything it is found by, the name that is shown first.
    pub fn spellings(&self) -> Vec<String> {
        let mut spellings = match self.code {
            Some(code) => of_code(self.kind, code),
            None => Vec::new(),
        };
        spellings.extend(self.names.iter().cloned());
        spellings
    }

    /// The name that is shown.
    pub fn name(&self) -> String {
        let spellings = self.spellings();
        let first = spellings.first().map_or("", String::as_str);
        match (self.kind, self.code) {
            (Kind::KerberosError, Some(code)) => format!("{first} ({code}, {code:#x})"),
            (Kind::NtStatus, Some(code)) => {
                let name = NtStatus(code)
                    .name()
                    .or_else(|| self.names.first().map(String::as_str));
                format!("{} ({code:#x})", name.unwrap_or(first))
            }
            (Kind::Win32 | Kind::WinHttp, Some(code)) => {
                let name = self.names.first().map_or(first, String::as_str);
                format!("{name} ({code}, {code:#x})")
            }
            (Kind::Event, Some(code)) => format!("event {code}"),
            _ => first.to_owned(),
        }
    }

    fn is_called(&self, name: &str) -> bool {
        self.spellings()
            .iter()
            .any(|spelling| spelling.eq_ignore_ascii_case(name))
    }

    /// Rows that mean the same share an entry; it goes by the one that was asked for.
    fn asked_as(&self, word: &str) -> String {
        let row = self.names.iter().find(|name| name.eq_ignore_ascii_case(word));
        match (self.kind, row) {
            (Kind::Row, Some(row)) => row.clone(),
            _ => self.name(),
        }
    }

    fn explain(&'static self, word: &str) -> Explanation {
        let mut paragraphs = vec![
            ("", self.meaning.clone()),
            ("where it arises", self.arises.clone()),
            ("what it does not mean", self.not.clone()),
        ];
        if let Some(artefact) = self.artefact {
            paragraphs.push(("shown by the tool", artefact.to_string()));
        }
        if !self.rules.is_empty() {
            paragraphs.push(("decided by", self.rules.join(", ")));
        }
        let also: Vec<&str> = self.see.iter().chain(&self.rows).map(String::as_str).collect();
        if !also.is_empty() {
            paragraphs.push(("see also", also.join(", ")));
        }
        Explanation {
            kind: self.kind.text(),
            name: self.asked_as(word),
            title: self.title.clone(),
            paragraphs,
            shown_by: super::explain::showing(self),
        }
    }
}

/// The explanations of a word; none when it is not known. A number may be several things.
pub(super) fn explain(word: &str) -> Vec<Explanation> {
    let word = word.trim();
    let found = entries().iter().filter(|entry| entry.is_called(word));
    let found: Vec<Explanation> = found.map(|entry| entry.explain(word)).collect();
    if found.is_empty() {
        return named_code(word).into_iter().collect();
    }
    found
}

/// A code that has a name and no text here.
fn named_code(word: &str) -> Option<Explanation> {
    let kerberos = ErrorCode::ALL.iter().filter_map(|code| {
        let number = u32::try_from(code.number()).ok()?;
        Some((Kind::KerberosError, number))
    });
    let statuses = NtStatus::ALL
        .iter()
        .map(|status| (Kind::NtStatus, status.number()));
    let mut codes = kerberos.chain(statuses);
    let (kind, code) = codes.find(|(kind, code)| {
        let mut spellings = of_code(*kind, *code).into_iter();
        spellings.any(|spelling| spelling.eq_ignore_ascii_case(word))
    })?;
    let spellings = of_code(kind, code);
    Some(Explanation {
        kind: kind.text(),
        name: format!("{} ({code:#x})", spellings.first().map_or("", String::as_str)),
        title: "a code that this flow does not usually meet".to_owned(),
        paragraphs: vec![(
            "",
            format!(
                "Also written {}.",
                spellings.get(1..).unwrap_or_default().join(", ")
            ),
        )],
        shown_by: Vec::new(),
    })
}

/// The ways in which a code is written, its name first.
fn of_code(kind: Kind, code: u32) -> Vec<String> {
    let signed = i32::from_ne_bytes(code.to_ne_bytes());
    match kind {
        Kind::KerberosError => {
            let name = ErrorCode(signed).name().unwrap_or_default();
            let short = ["KDC_ERR_", "KRB_AP_ERR_", "KRB_ERR_"]
                .iter()
                .find_map(|prefix| name.strip_prefix(prefix));
            let mut spellings = vec![name.to_owned(), code.to_string(), format!("{code:#x}")];
            spellings.extend(short.map(str::to_owned));
            spellings
        }
        Kind::NtStatus => {
            let name = NtStatus(code).name();
            let mut spellings: Vec<String> = name.into_iter().map(str::to_owned).collect();
            spellings.extend([format!("{code:#x}"), format!("{code:x}"), signed.to_string()]);
            let short = name.and_then(|name| name.strip_prefix("STATUS_"));
            spellings.extend(short.map(str::to_owned));
            spellings
        }
        Kind::Win32 | Kind::WinHttp => vec![code.to_string(), format!("{code:#x}")],
        Kind::Aadsts => vec![format!("AADSTS{code}"), code.to_string()],
        Kind::Event => vec![code.to_string(), format!("event {code}")],
        Kind::Row | Kind::Setting | Kind::Name | Kind::FormerName => Vec::new(),
    }
}
