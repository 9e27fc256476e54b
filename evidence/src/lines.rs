//! Reading `key : value` text line by line, with errors that name the line.

use jiff::civil::DateTime;
use jiff::{Timestamp, tz::TimeZone};

/// Why text could not be read as an artefact.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: expected {expected}, found {found:?}")]
pub struct ReadError {
    /// Counted from 1; one past the last line when the text ended too early.
    pub line: usize,
    /// What should have stood there.
    pub expected: String,
    /// What stood there; empty at the end of the text.
    pub found: String,
}

/// The lines of a text with a position, so that every error can say where it is.
pub(crate) struct Lines<'a> {
    rest: core::iter::Peekable<core::iter::Enumerate<core::str::Lines<'a>>>,
    count: usize,
    current: (usize, &'a str),
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            rest: text.lines().enumerate().peekable(),
            count: text.lines().count(),
            current: (0, ""),
        }
    }

    /// The next line that is not blank, trimmed.
    pub(crate) fn next(&mut self) -> Option<&'a str> {
        for (index, line) in self.rest.by_ref() {
            if !line.trim().is_empty() {
                self.current = (index + 1, line);
                return Some(line.trim());
            }
        }
        self.current = (self.count + 1, "");
        None
    }

    /// [`next`](Self::next), with the blanks at both ends.
    pub(crate) fn next_untrimmed(&mut self) -> Option<&'a str> {
        self.next()?;
        Some(self.current.1)
    }

    /// The line that [`next`](Self::next) will give.
    pub(crate) fn peek(&mut self) -> Option<&'a str> {
        while self.rest.next_if(|(_, line)| line.trim().is_empty()).is_some() {}
        self.rest.peek().map(|(_, line)| line.trim())
    }

    /// Skips to the line that `wanted` accepts and gives what it makes of it.
    pub(crate) fn find<T>(
        &mut self,
        expected: &str,
        wanted: impl Fn(&'a str) -> Option<T>,
    ) -> Result<T, ReadError> {
        while let Some(line) = self.next() {
            if let Some(found) = wanted(line) {
                return Ok(found);
            }
        }
        Err(self.error(expected))
    }

    /// The value of the next line, which must be `key : value` or `key: value`.
    pub(crate) fn value(&mut self, key: &str) -> Result<&'a str, ReadError> {
        let line = self.next();
        line.and_then(|line| value_of(line, key))
            .ok_or_else(|| self.error(&format!("{key:?} and a colon")))
    }

    /// [`value`](Self::value), turned into a `T`.
    pub(crate) fn parsed<T>(
        &mut self,
        key: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, ReadError> {
        let value = self.value(key)?;
        parse(value).ok_or_else(|| self.error(&format!("{key:?} with {expected}")))
    }

    /// An error about the line read last.
    pub(crate) fn error(&self, expected: &str) -> ReadError {
        ReadError {
            line: self.current.0,
            expected: expected.to_owned(),
            found: self.current.1.trim().to_owned(),
        }
    }
}

/// The value of `key : value` when `line` has that key.
pub(crate) fn value_of<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    Some(
        line.trim()
            .strip_prefix(key)?
            .trim_start()
            .strip_prefix(':')?
            .trim(),
    )
}

/// `0x2a` or `2a` as a number.
pub(crate) fn hex(text: &str) -> Option<u32> {
    u32::from_str_radix(text.strip_prefix("0x").unwrap_or(text), 16).ok()
}

/// A time as klist prints it in the en-US culture: `11/23/2026 9:00:00`.
pub(crate) fn us_time(time: DateTime) -> String {
    format!(
        "{}/{}/{} {}:{:02}:{:02}",
        time.month(),
        time.day(),
        time.year(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// Reads what [`us_time`] prints.
pub(crate) fn read_us_time(text: &str) -> Option<DateTime> {
    let (date, time) = text.split_once(' ')?;
    let mut date = date.split('/');
    let mut time = time.split(':');
    let (month, day, year) = (date.next()?, date.next()?, date.next()?);
    let (hour, minute, second) = (time.next()?, time.next()?, time.next()?);
    if date.next().is_some() || time.next().is_some() {
        return None;
    }
    DateTime::new(
        year.parse().ok()?,
        month.parse().ok()?,
        day.parse().ok()?,
        hour.parse().ok()?,
        minute.parse().ok()?,
        second.parse().ok()?,
        0,
    )
    .ok()
}

/// A time as dsregcmd prints it: `2026-11-23 08:00:00.000 UTC`.
pub(crate) fn utc_time(time: Timestamp) -> String {
    let civil = TimeZone::UTC.to_datetime(time);
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03} UTC",
        civil.year(),
        civil.month(),
        civil.day(),
        civil.hour(),
        civil.minute(),
        civil.second(),
        civil.millisecond()
    )
}

/// Reads what [`utc_time`] prints.
pub(crate) fn read_utc_time(text: &str) -> Option<Timestamp> {
    let (date, time) = text.strip_suffix(" UTC")?.split_once(' ')?;
    format!("{date}T{time}Z").parse().ok()
}

/// A time as programs print it that follow the en-US culture: `11/23/2026 9:00:00 AM`.
pub(crate) fn us_time_12(time: DateTime) -> String {
    let (hour, half) = match time.hour() {
        0 => (12, "AM"),
        hour @ 1..=11 => (hour, "AM"),
        12 => (12, "PM"),
        hour => (hour - 12, "PM"),
    };
    format!(
        "{}/{}/{} {hour}:{:02}:{:02} {half}",
        time.month(),
        time.day(),
        time.year(),
        time.minute(),
        time.second()
    )
}

/// Reads what [`us_time_12`] prints.
pub(crate) fn read_us_time_12(text: &str) -> Option<DateTime> {
    let (time, half) = text.rsplit_once(' ')?;
    let time = read_us_time(time)?;
    let hour = match (time.hour(), half) {
        (12, "AM") => 0,
        (hour @ 1..=11, "AM") | (hour @ 12, "PM") => hour,
        (hour @ 1..=11, "PM") => hour + 12,
        _ => return None,
    };
    time.with().hour(hour).build().ok()
}
