//! Registry keys, as `reg query KEY /s` prints them and as a `.reg` file holds them.

use crate::provenance::Provenance;
use crate::reading::{Reader, Reading};
use crate::row::{Block, Row};
use crate::{Artefact, Fact, Source, Value, View};

/// Keys with their values, in the order of the registry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistryKeys {
    /// The keys.
    pub keys: Vec<RegistryKey>,
}

/// One key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryKey {
    /// Its whole path: `HKEY_LOCAL_MACHINE\SOFTWARE\…`.
    pub path: String,
    /// Its values by name.
    pub values: Vec<(String, RegistryValue)>,
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryValue {
    /// `REG_DWORD`
    Dword(u32),
    /// `REG_SZ`
    Text(String),
}

/// Where Windows says what it is.
pub const WINDOWS: &str = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
/// Where Group Policy writes Windows Hello for Business.
pub const HELLO_GROUP_POLICY: &str = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\PassportForWork";
/// Where Group Policy writes it for one user, below the user's part of the registry.
pub const HELLO_USER_GROUP_POLICY: &str = r"SOFTWARE\Policies\Microsoft\PassportForWork";
/// Where MDM writes it: the tenant id follows, then `Device` or a user's SID, then `Policies`.
pub const HELLO_MDM: &str = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Policies\PassportForWork";
/// Where Group Policy and MDM write what concerns Kerberos.
pub const KERBEROS_POLICY: &str =
    r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\Kerberos\Parameters";
/// Where an administrator writes it by hand.
pub const KERBEROS_LSA: &str = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Lsa\Kerberos\Parameters";

/// The keys that become files of their own in an evidence folder.
pub(crate) const FILES: [&str; 3] = [
    r"HKEY_CURRENT_USER\SOFTWARE\Policies\Microsoft\PassportForWork",
    HELLO_GROUP_POLICY,
    HELLO_MDM,
];

impl RegistryKeys {
    /// What is at and below a path, whose hive may be abbreviated as `HKLM`. Case does not matter.
    #[must_use]
    pub fn below(&self, path: &str) -> Self {
        let path = full_path(path).to_lowercase();
        let within = |key: &&RegistryKey| {
            let rest = key.path.to_lowercase();
            let rest = rest.strip_prefix(&path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('\\'))
        };
        Self {
            keys: self.keys.iter().filter(within).cloned().collect(),
        }
    }

    /// The contents of a `.reg` file (version 5), which Windows writes in UTF-16.
    pub fn render_reg(&self) -> String {
        let mut text = format!("{REG_HEADING}\n");
        for key in &self.keys {
            text.push_str(&format!("\n[{}]\n", key.path));
            for (name, value) in &key.values {
                text.push_str(&match value {
                    RegistryValue::Dword(number) => format!("\"{}\"=dword:{number:08x}\n", escaped(name)),
                    RegistryValue::Text(value) => format!("\"{}\"=\"{}\"\n", escaped(name), escaped(value)),
                });
            }
        }
        text.push('\n');
        text
    }
}

impl View for RegistryKeys {
    const ARTEFACT: Artefact = Artefact::Registry;
    const BLOCKS: &'static [Block] = &[Block::untitled(&[
        Row::text(r"HKEY_LOCAL_MACHINE\*"),
        Row::text(r"HKEY_CURRENT_USER\*"),
    ])];
    const PROVENANCE: &'static [Provenance] = &[
        Provenance::lab_default(
            r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Policies\PassportForWork\*",
            "Microsoft Learn names the key; the names of its values are those of the settings (PassportForWork CSP)",
        ),
        Provenance::lab_default(
            r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\Kerberos\Parameters*",
            "two keys are documented for CloudKerberosTicketRetrievalEnabled; that this one wins is the lab's choice",
        ),
        Provenance::public(
            "*",
            "Microsoft Learn, Passport.admx, and public outputs of reg query",
        ),
    ];

    fn render(&self) -> String {
        let mut text = String::new();
        for key in &self.keys {
            text.push_str(&format!("\n{}\n", key.path));
            for (name, value) in &key.values {
                text.push_str(&match value {
                    RegistryValue::Dword(number) => format!("    {name}    REG_DWORD    {number:#x}\n"),
                    RegistryValue::Text(value) => format!("    {name}    REG_SZ    {value}\n"),
                });
            }
        }
        text.push('\n');
        text
    }

    /// Either form: what `reg query` prints, or a `.reg` file.
    fn read(text: &str) -> Reading {
        let mut reader = Reader::new(Self::ARTEFACT, text);
        let mut key: Option<(usize, &str)> = None;
        for (at, line) in reader.lines() {
            let line = line.trim_start_matches('\u{feff}').trim();
            if line == REG_HEADING {
                reader.frame(at);
                continue;
            }
            let path = line
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
                .unwrap_or(line);
            if path.starts_with("HKEY_") {
                // the values of a key end where the next begins
                if let Some((block, _)) = key {
                    reader.close(block, true, "");
                }
                reader.frame(at);
                key = Some((reader.open(path, at), path));
                continue;
            }
            let Some((block, path)) = key else { continue };
            if let Some((name, value)) = read_query_value(line).or_else(|| read_reg_value(line)) {
                reader.says(block, at, format!("{path}\\{name}"), &value);
            }
        }
        match key {
            Some((block, _)) => {
                // both forms end with a blank line
                let last = reader.blocks().get(block).map_or(0, |block| block.last);
                let ended =
                    reader.raw(last).is_empty() && text.ends_with('\n') && text.lines().count() > last;
                reader.close(block, ended, "the end of the last key");
            }
            None => reader.gap(0, "a key, which begins with HKEY_"),
        }
        reader.finish()
    }

    /// `KEY\NAME`: the value. The lab's two trees hold no values of other kinds.
    fn facts(&self, source: &Source) -> Vec<Fact> {
        let mut facts = Vec::new();
        for key in &self.keys {
            for (name, value) in &key.values {
                let value = match value {
                    RegistryValue::Dword(number) => format!("{number:#x}"),
                    RegistryValue::Text(text) => text.clone(),
                };
                let row = format!("{}\\{name}", key.path);
                facts.push(Fact::new(Self::ARTEFACT, source, row, Value::Known(value)));
            }
        }
        facts
    }
}

/// `NAME    REG_…    VALUE`: the value as written.
fn read_query_value(line: &str) -> Option<(String, String)> {
    let (name, rest) = line.split_once("    ")?;
    let (kind, value) = rest.trim_start().split_once("    ").unwrap_or((rest, ""));
    kind.starts_with("REG_")
        .then(|| (name.to_owned(), value.trim_start().to_owned()))
}

/// `"NAME"=VALUE`: numbers as `reg query` prints them, other kinds as written.
fn read_reg_value(line: &str) -> Option<(String, String)> {
    let (name, rest) = unquote(line)?;
    let rest = rest.strip_prefix('=')?;
    let number = rest
        .strip_prefix("dword:")
        .and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let value = match (number, unquote(rest)) {
        (Some(number), _) => format!("{number:#x}"),
        (None, Some((text, _))) => text,
        (None, None) => rest.to_owned(),
    };
    Some((name, value))
}

/// The text between quotes, and what follows them.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut unquoted = String::new();
    let mut characters = text.strip_prefix('"')?.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((unquoted, text.get(at + 2..)?)),
            '\\' => unquoted.push(characters.next()?.1),
            _ => unquoted.push(character),
        }
    }
    None
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

fn full_path(path: &str) -> String {
    let path = path.trim_end_matches('\\');
    for (short, full) in [("HKLM", "HKEY_LOCAL_MACHINE"), ("HKCU", "HKEY_CURRENT_USER")] {
        if let Some(hive) = path.get(..short.len())
            && hive.eq_ignore_ascii_case(short)
            && let Some(rest) = path.get(short.len()..)
            && (rest.is_empty() || rest.starts_with('\\'))
        {
            return format!("{full}{rest}");
        }
    }
    path.to_owned()
}

const REG_HEADING: &str = "Windows Registry Editor Version 5.00";
