//! Boxes of `key : value` rows, which is what all of `dsregcmd /status` is made of.

use jiff::Timestamp;

use crate::ReadError;
use crate::lines::{read_utc_time, utc_time};

/// A row as it is printed; one without a key is a blank line.
pub(super) type Line = (&'static str, String);

/// The blank line between two groups of rows.
pub(super) const BLANK: Line = ("", String::new());

/// The line above and below a heading.
pub(super) fn rule() -> String {
    format!("+{}+\n", "-".repeat(70))
}

/// A heading and its rows, keys right-aligned to column 26.
pub(super) fn boxed(title: &str, rows: &[Line]) -> String {
    let rule = rule();
    let heading = format!(" {title}");
    let mut text = format!("{rule}|{heading:<70}|\n{rule}\n");
    for (key, value) in rows {
        if !key.is_empty() {
            text.push_str(format!("{key:>26} : {value}").trim_end());
        }
        text.push('\n');
    }
    text
}

pub(super) fn yes_no(flag: bool) -> String {
    if flag { "YES" } else { "NO" }.to_owned()
}

pub(super) fn flag(text: &str) -> Option<bool> {
    match text {
        "YES" => Some(true),
        "NO" => Some(false),
        _ => None,
    }
}

pub(super) fn time(time: Timestamp) -> String {
    utc_time(time)
}

pub(super) fn non_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// The boxes of a text, in their order.
pub(super) struct Boxes<'a>(Vec<Section<'a>>);

/// One box.
pub(super) struct Section<'a> {
    title: &'a str,
    rows: Vec<(usize, &'a str, &'a str)>,
    /// The line after its last row, counted from 1.
    end: usize,
    end_text: &'a str,
}

impl<'a> Boxes<'a> {
    pub(super) fn read(text: &'a str) -> Self {
        let mut sections: Vec<Section<'a>> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            let heading = line.strip_prefix('|').and_then(|rest| rest.strip_suffix('|'));
            if let Some(heading) = heading {
                let title = heading.trim();
                sections.push(Section {
                    title,
                    rows: Vec::new(),
                    end: index + 2,
                    end_text: "",
                });
                continue;
            }
            let Some(section) = sections.last_mut() else {
                continue;
            };
            let key_value = line.split_once(':').filter(|(key, _)| !key.trim().is_empty());
            match key_value {
                Some((key, value)) => {
                    section.rows.push((index + 1, key.trim(), value.trim()));
                    section.end = index + 2;
                    section.end_text = "";
                }
                None if section.end == index + 1 => section.end_text = line,
                None => {}
            }
        }
        Self(sections)
    }

    pub(super) fn section(&self, title: &str) -> Option<&Section<'a>> {
        self.0.iter().find(|section| section.title == title)
    }

    /// # Errors
    /// There is no such box.
    pub(super) fn need(&self, title: &str) -> Result<&Section<'a>, ReadError> {
        self.section(title).ok_or_else(|| ReadError {
            line: self.0.last().map_or(1, |last| last.end),
            expected: format!("the heading {title:?}"),
            found: String::new(),
        })
    }
}

impl<'a> Section<'a> {
    /// The value of a row that may be missing.
    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.row(key).map(|(_, value)| value)
    }

    /// The value of a row that is always there.
    pub(super) fn need(&self, key: &str) -> Result<&'a str, ReadError> {
        self.text(key).ok_or_else(|| self.missing(key))
    }

    /// A row that is always there, as a `T`.
    pub(super) fn parsed<T>(
        &self,
        key: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, ReadError> {
        self.optional(key, expected, parse)?
            .ok_or_else(|| self.missing(key))
    }

    /// A row that may be missing, as a `T`.
    pub(super) fn optional<T>(
        &self,
        key: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ReadError> {
        let Some((line, value)) = self.row(key) else {
            return Ok(None);
        };
        match parse(value) {
            Some(parsed) => Ok(Some(parsed)),
            None => Err(ReadError {
                line,
                expected: format!("{key:?} with {expected}"),
                found: value.to_owned(),
            }),
        }
    }

    pub(super) fn flag(&self, key: &str) -> Result<bool, ReadError> {
        self.parsed(key, "YES or NO", flag)
    }

    pub(super) fn optional_flag(&self, key: &str) -> Result<Option<bool>, ReadError> {
        self.optional(key, "YES or NO", flag)
    }

    pub(super) fn time(&self, key: &str) -> Result<Timestamp, ReadError> {
        self.parsed(key, TIME, read_utc_time)
    }

    fn row(&self, key: &str) -> Option<(usize, &'a str)> {
        self.rows
            .iter()
            .find(|(_, name, _)| *name == key)
            .map(|(line, _, value)| (*line, *value))
    }

    fn missing(&self, key: &str) -> ReadError {
        ReadError {
            line: self.end,
            expected: format!("{key:?} and a colon"),
            found: self.end_text.to_owned(),
        }
    }
}

const TIME: &str = "a time such as 2026-11-23 08:00:00.000 UTC";
