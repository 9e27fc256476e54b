//! Numbers and times as Windows prints them.

use jiff::civil::DateTime;
use jiff::{Timestamp, tz::TimeZone};

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
