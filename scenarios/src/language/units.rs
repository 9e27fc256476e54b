//! Lengths and points of time as people write them.

use core::time::Duration;

use kerberos::Timestamp;

/// `4h`, `10m 30s`, `250ms`, `14d`: numbers with units, largest first or not, separated by spaces or not.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    let mut micros: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit_length = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let unit = match &rest[..unit_length] {
            "us" => 1,
            "ms" => 1_000,
            "s" => 1_000_000,
            "m" => 60_000_000,
            "h" => 3_600_000_000,
            "d" => 86_400_000_000,
            _ => return None,
        };
        micros = micros.checked_add(number.checked_mul(unit)?)?;
        rest = rest[unit_length..].trim_start();
    }
    // Longer than a century is a slip of the finger, and would leave the range of Kerberos times.
    (micros <= 100 * 366 * 86_400_000_000).then(|| Duration::from_micros(micros))
}

/// A duration with an optional sign, in microseconds.
pub(crate) fn offset_micros(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, magnitude) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    Some(sign * i64::try_from(duration(magnitude)?.as_micros()).ok()?)
}

/// An RFC 3339 time with a zone, between 2000 and 2100.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    let time: jiff::Timestamp = text.trim().parse().ok()?;
    let micros = time.as_microsecond();
    (946_684_800_000_000..4_102_444_800_000_000)
        .contains(&micros)
        .then(|| Timestamp::from_unix_micros(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_add_up_and_nonsense_is_refused() {
        assert_eq!(duration("5m 1s"), Some(Duration::from_secs(301)));
        assert_eq!(duration("1d4h"), Some(Duration::from_secs(28 * 3600)));
        assert_eq!(duration("250ms"), Some(Duration::from_millis(250)));
        for bad in ["", "5", "m", "5 m", "5x", "99999999999999999999h", "40000d", "é"] {
            assert_eq!(duration(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn offsets_have_a_sign() {
        assert_eq!(offset_micros("-5m"), Some(-300_000_000));
        assert_eq!(offset_micros("+1s"), Some(1_000_000));
        assert_eq!(offset_micros("--1s"), None);
    }

    #[test]
    fn a_time_needs_a_zone() {
        assert_eq!(
            time("2026-11-23T08:00:00Z").map(|t| t.unix_seconds()),
            Some(1_795_420_800)
        );
        assert_eq!(time("2026-11-23T08:00:00"), None);
        assert_eq!(time("1826-11-23T08:00:00Z"), None);
    }
}
