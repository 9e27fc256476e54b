//! Spans and instants as people type them, and as the lab shows them.

use std::time::Duration;

use kerberos::Timestamp;

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

/// `10:30` or `10:30:15`, since midnight.
pub(crate) fn time_of_day(text: &str) -> Option<Duration> {
    let mut parts = text.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    let whole = hour < 24 && minute < 60 && second < 60 && parts.next().is_none();
    whole.then(|| Duration::from_secs(hour * 3_600 + minute * 60 + second))
}

/// Why a text is no instant that a clock can be set to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InstantError {
    /// It cannot be read.
    #[error(
        "{0:?} is no instant: expected 2026-11-23T10:30:00Z, or 10:30 for the next time it is half past ten"
    )]
    Unread(String),
    /// It is over.
    #[error("{} is over: it is {}, and a lab's clock only goes forward", shown(*.wanted), shown(*.now))]
    Over {
        /// What was asked for.
        wanted: Timestamp,
        /// The lab's time.
        now: Timestamp,
    },
    /// It is too far away.
    #[error("{} is more than ten years away", shown(*.0))]
    TooFar(Timestamp),
}

/// The instant that `text` names, seen from `now`: a date and time of RFC 3339, or a time of day that comes next.
pub(crate) fn instant(text: &str, now: Timestamp) -> Result<Timestamp, InstantError> {
    const DAY: Duration = Duration::from_secs(86_400);
    const TEN_YEARS: Duration = Duration::from_secs(10 * 366 * 86_400);
    let wanted = if let Some(time) = time_of_day(text) {
        let midnight = now.unix_seconds() - now.unix_seconds().rem_euclid(86_400);
        let today = Timestamp::from_unix_seconds(midnight) + time;
        if today < now { today + DAY } else { today }
    } else {
        let time = text
            .parse::<jiff::Timestamp>()
            .map_err(|_| InstantError::Unread(text.to_owned()))?;
        Timestamp::from_unix_micros(time.as_microsecond())
    };
    if wanted < now {
        return Err(InstantError::Over { wanted, now });
    }
    if wanted.saturating_since(now) > TEN_YEARS {
        return Err(InstantError::TooFar(wanted));
    }
    Ok(wanted)
}

/// `Monday 2026-11-23 08:00:00 UTC`.
pub(crate) fn shown(time: Timestamp) -> String {
    match jiff::Timestamp::from_microsecond(time.unix_micros()) {
        Ok(time) => time.strftime("%A %Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => format!("{} seconds after 1970", time.unix_seconds()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Monday 2026-11-23 08:00:00 UTC.
    const START: Timestamp = Timestamp::from_unix_seconds(1_795_420_800);

    #[test]
    fn spans_have_a_unit_and_an_end() {
        assert_eq!(duration("4h"), Some(Duration::from_secs(14_400)));
        assert_eq!(duration("3660d"), Some(Duration::from_secs(3_660 * 86_400)));
        assert_eq!(duration("3661d"), None);
        assert_eq!(duration("99999999999999999d"), None);
        for wrong in ["", "4", "h", "-1h", "4 h", "4ü"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_instant_is_now_or_later() {
        let at = |text| instant(text, START).map(shown);
        assert_eq!(at("08:00").as_deref(), Ok("Monday 2026-11-23 08:00:00 UTC"));
        assert_eq!(at("07:59:59").as_deref(), Ok("Tuesday 2026-11-24 07:59:59 UTC"));
        assert_eq!(
            at("2026-11-23T09:00:00+01:00").as_deref(),
            Ok("Monday 2026-11-23 08:00:00 UTC")
        );
        assert!(matches!(
            at("2026-11-23T07:59:59Z"),
            Err(InstantError::Over { .. })
        ));
        assert!(matches!(at("2100-01-01T00:00:00Z"), Err(InstantError::TooFar(_))));
        assert!(matches!(at("24:00"), Err(InstantError::Unread(_))));
    }
}
