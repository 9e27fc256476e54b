//! What all events of an id have in common.

use super::{aad, hello, kerberos, registration, security};

/// What all events of an id have in common.
#[derive(Debug, PartialEq, Eq)]
pub struct Template {
    /// Who writes it, and into which log.
    pub provider: &'static Provider,
    /// The event id.
    pub id: u16,
    /// The version of the fields.
    pub version: u8,
    /// How grave it is.
    pub level: Level,
    /// The task, and its name where the text shows one.
    pub task: (u16, &'static str),
    /// The fields, in the order of Event XML.
    pub fields: &'static [Field],
    /// The message: a line for each field at most, with `{Name}` in the place of its value.
    pub message: &'static str,
}

/// Who writes events.
#[derive(Debug, PartialEq, Eq)]
pub struct Provider {
    /// `Microsoft-Windows-Security-Auditing`
    pub name: &'static str,
    /// What the text shows in its place, where it differs.
    pub source: &'static str,
    /// Its GUID in braces; empty where none is public.
    pub guid: &'static str,
    /// The log: `Security`.
    pub log: &'static str,
}

/// A field of an event.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in Event XML.
    pub name: &'static str,
    /// What facts call it.
    pub row: &'static str,
    /// Values of Event XML that the text shows as words.
    pub words: &'static [(&'static str, &'static str)],
}

impl Field {
    /// A field that facts call by its name.
    pub(super) const fn named(name: &'static str) -> Self {
        Self {
            name,
            row: name,
            words: &[],
        }
    }

    /// A field that facts call as the message does.
    pub(super) const fn row(name: &'static str, row: &'static str) -> Self {
        Self {
            name,
            row,
            words: &[],
        }
    }

    /// The value as the text shows it.
    pub(super) fn to_word<'v>(&self, value: &'v str) -> &'v str {
        let word = self.words.iter().find(|(code, _)| *code == value);
        word.map_or(value, |(_, word)| word)
    }

    /// The value as Event XML has it.
    pub(super) fn to_code<'v>(&self, word: &'v str) -> &'v str {
        let code = self.words.iter().find(|(_, known)| *known == word);
        code.map_or(word, |(code, _)| code)
    }
}

/// How grave an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Security events have level 0, which is shown as information.
    Always,
    /// 2
    Error,
    /// 3
    Warning,
    /// 4
    Information,
}

impl Level {
    /// The number in Event XML.
    pub const fn number(self) -> u8 {
        match self {
            Self::Always => 0,
            Self::Error => 2,
            Self::Warning => 3,
            Self::Information => 4,
        }
    }

    /// The word in the text.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "Error",
            Self::Warning => "Warning",
            Self::Always | Self::Information => "Information",
        }
    }
}

/// Every event that is known here.
pub fn templates() -> impl Iterator<Item = &'static Template> {
    [
        security::TEMPLATES,
        registration::TEMPLATES,
        hello::TEMPLATES,
        aad::TEMPLATES,
        kerberos::TEMPLATES,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// The template of a provider's event.
pub(super) fn find(source: &str, id: u16) -> Option<&'static Template> {
    templates().find(|template| {
        template.id == id && (template.provider.name == source || template.provider.source == source)
    })
}
