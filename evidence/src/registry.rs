//! Registry keys, as `reg query KEY /s` prints them and as a `.reg` file holds them.

use crate::lines::Lines;
use crate::provenance::Provenance;
use crate::row::{Block, Row};
use crate::{Artefact, Fact, ReadError, Source, Value, View};

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

    /// Reads a `.reg` file.
    ///
    /// # Errors
    /// [`ReadError`] names the line and what was expected there.
    pub fn read_reg(text: &str) -> Result<Self, ReadError> {
        let mut lines = Lines::new(text.trim_start_matches('\u{feff}'));
        lines.find(&format!("{REG_HEADING:?}"), |line| {
            (line == REG_HEADING).then_some(())
        })?;
        let mut keys: Vec<RegistryKey> = Vec::new();
        while let Some(line) = lines.next() {
            if let Some(path) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                keys.push(RegistryKey {
                    path: path.to_owned(),
                    values: Vec::new(),
                });
                continue;
            }
            let value = read_reg_value(line);
            match (keys.last_mut(), value) {
                (Some(key), Some(value)) => key.values.push(value),
                _ => return Err(lines.error("[KEY] or \"name\"=value")),
            }
        }
        Ok(Self { keys })
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

    fn read(text: &str) -> Result<Self, ReadError> {
        let mut lines = Lines::new(text);
        let mut keys: Vec<RegistryKey> = Vec::new();
        while let Some(line) = lines.next() {
            if line.starts_with("HKEY_") {
                keys.push(RegistryKey {
                    path: line.to_owned(),
                    values: Vec::new(),
                });
                continue;
            }
            let Some(key) = keys.last_mut() else { continue };
            let value = read_query_value(line).ok_or_else(|| lines.error("\"NAME    REG_…    VALUE\""))?;
            key.values.push(value);
        }
        Ok(Self { keys })
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

fn read_query_value(line: &str) -> Option<(String, RegistryValue)> {
    let (name, rest) = line.split_once("    ")?;
    let (kind, value) = rest.split_once("    ").unwrap_or((rest, ""));
    let value = match kind {
        "REG_DWORD" => RegistryValue::Dword(crate::lines::hex(value)?),
        "REG_SZ" => RegistryValue::Text(value.to_owned()),
        _ => return None,
    };
    Some((name.to_owned(), value))
}

fn read_reg_value(line: &str) -> Option<(String, RegistryValue)> {
    let (name, rest) = unquote(line)?;
    let rest = rest.strip_prefix('=')?;
    let value = match rest.strip_prefix("dword:") {
        Some(number) => RegistryValue::Dword(u32::from_str_radix(number, 16).ok()?),
        None => RegistryValue::Text(unquote(rest)?.0),
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
