//! What variables hold and commands hand on.

use std::sync::Arc;

use evidence::kerberos_server::KerberosServer;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Text(String),
    Number(i64),
    Boolean(bool),
    List(Vec<Self>),
    Credential(Credential),
    /// What `Get-AzureADKerberosServer` gives.
    KerberosServer(Box<KerberosServer>),
    /// Any other object: properties in order.
    Object(Vec<(String, Self)>),
    /// `[Net.ServicePointManager]::SecurityProtocol`.
    Protocols(Protocols),
    /// Text that a program wrote to the console.
    Written(String),
}

/// What a console offers for HTTPS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocols {
    /// Ssl3 and Tls, as .NET on an old Windows has it.
    Old,
    /// Whatever the system offers, TLS 1.2 among it.
    SystemDefault,
    /// Tls12 alone.
    Tls12,
    /// The old ones and Tls12.
    OldAndTls12,
}

impl Protocols {
    /// Whether a server that wants TLS 1.2 can be reached.
    pub(crate) const fn reach_tls12(self) -> bool {
        !matches!(self, Self::Old)
    }

    /// `a -bor b`.
    pub(crate) const fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Old, Self::Old) => Self::Old,
            (Self::Tls12 | Self::SystemDefault, Self::Tls12) => Self::Tls12,
            (Self::SystemDefault, other) | (other, Self::SystemDefault) => other,
            _ => Self::OldAndTls12,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Old => "Ssl3, Tls",
            Self::SystemDefault => "SystemDefault",
            Self::Tls12 => "Tls12",
            Self::OldAndTls12 => "Ssl3, Tls, Tls12",
        }
    }
}

/// A name and the password that was typed with it. Whoever types knows the account's password, so only the name is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Credential {
    /// `dom@ad.fernhill.example`, `FERNHILL\dom` or `dom`.
    pub(crate) user_name: Arc<str>,
}

/// How much text a value may hold, in octets: what doubles itself a few times would fill the memory. Field widths take it
/// as well.
pub(crate) const TEXT_MAX: usize = 16_384;

impl Value {
    /// About how much text it holds, in octets.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Text(text) | Self::Written(text) => text.len(),
            Self::List(items) => items.iter().map(|item| item.size() + 1).sum(),
            Self::Object(properties) => properties
                .iter()
                .map(|(name, value)| name.len() + value.size())
                .sum(),
            Self::Credential(credential) => credential.user_name.len(),
            _ => 0,
        }
    }

    /// The text that a string with this variable in it gets.
    pub(crate) fn to_text(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Text(text) | Self::Written(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Boolean(true) => "True".to_owned(),
            Self::Boolean(false) => "False".to_owned(),
            Self::List(items) => items.iter().map(Self::to_text).collect::<Vec<_>>().join(" "),
            Self::Credential(_) => "System.Management.Automation.PSCredential".to_owned(),
            Self::KerberosServer(_) => "Microsoft.AzureAD.Kdc.Management.KerberosServer".to_owned(),
            Self::Object(_) => "System.Object".to_owned(),
            Self::Protocols(protocols) => protocols.text().to_owned(),
        }
    }

    /// What an `if` would make of it; only switches need it.
    pub(crate) fn is_true(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Boolean(flag) => *flag,
            Self::Number(number) => *number != 0,
            Self::Text(text) => !text.is_empty(),
            _ => true,
        }
    }

    /// A property, whatever its case; `Null` where there is none, as PowerShell answers.
    pub(crate) fn member(&self, name: &str) -> Self {
        self.properties()
            .into_iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map_or(Self::Null, |(_, value)| value)
    }

    /// Every property with its value, in order.
    pub(crate) fn properties(&self) -> Vec<(String, Self)> {
        match self {
            Self::Object(properties) => properties.clone(),
            Self::KerberosServer(server) => server
                .rows()
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.map_or(Self::Null, Self::Text)))
                .collect(),
            Self::Credential(credential) => vec![
                (
                    "UserName".to_owned(),
                    Self::Text(credential.user_name.to_string()),
                ),
                (
                    "Password".to_owned(),
                    Self::Text("System.Security.SecureString".to_owned()),
                ),
            ],
            Self::Text(text) => vec![("Length".to_owned(), Self::Number(text.chars().count() as i64))],
            _ => Vec::new(),
        }
    }

    /// What the console shows of it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Written(text) => text.clone(),
            Self::List(items) => items.iter().map(Self::shown).collect(),
            Self::KerberosServer(_) | Self::Object(_) | Self::Credential(_) => list(&self.properties()),
            _ => format!("{}\n", self.to_text()),
        }
    }
}

/// `Format-List`: names padded to the longest, a blank line before and two behind.
pub(crate) fn list(properties: &[(String, Value)]) -> String {
    let width = properties
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or_default();
    let line = |(name, value): &(String, Value)| {
        let line = format!("{name:<width$} : {}", value.to_text());
        format!("{}\n", line.trim_end())
    };
    let lines: String = properties.iter().map(line).collect();
    format!("\n{lines}\n\n")
}
