//! Counts and lengths of time, as sentences write them.

use core::fmt;
use core::time::Duration;

/// `1 ticket`, `2 tickets`, `2 entries`.
#[must_use]
pub fn counted<N: fmt::Display + PartialEq + From<u8>>(count: N, one: &str) -> String {
    if count == N::from(1) {
        return format!("1 {one}");
    }
    let consonant = |c: char| !matches!(c, 'a' | 'e' | 'i' | 'o' | 'u');
    match one.strip_suffix('y') {
        Some(stem) if stem.ends_with(consonant) => format!("{count} {stem}ies"),
        _ => format!("{count} {one}s"),
    }
}

/// A length of time: its largest unit, and the next where there is some of it: `2 d 4 h`, `5 min 1 s`, `12 ms`, `0 s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u128, &str); 6] = [
            (86_400_000_000, "d"),
            (3_600_000_000, "h"),
            (60_000_000, "min"),
            (1_000_000, "s"),
            (1_000, "ms"),
            (1, "µs"),
        ];
        let micros = self.0.as_micros();
        let Some(first) = UNITS.iter().position(|(length, _)| micros >= *length) else {
            return f.write_str("0 s");
        };
        let (length, name) = UNITS[first];
        write!(f, "{} {name}", micros / length)?;
        let rest = micros % length;
        match UNITS.get(first + 1) {
            Some((length, name)) if rest >= *length => write!(f, " {} {name}", rest / length),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_plural() {
        assert_eq!(counted(0_usize, "ticket"), "0 tickets");
        assert_eq!(counted(1_usize, "ticket"), "1 ticket");
        assert_eq!(counted(2_u64, "ticket"), "2 tickets");
        assert_eq!(counted(2_u64, "entry"), "2 entries");
        assert_eq!(counted(2_u64, "day"), "2 days");
    }

    #[test]
    fn a_span_has_two_units_at_most_and_none_that_is_empty() {
        for (micros, text) in [
            (0, "0 s"),
            (1, "1 µs"),
            (12_000, "12 ms"),
            (999_999, "999 ms 999 µs"),
            (1_000_000, "1 s"),
            (59_000_000, "59 s"),
            (600_000_000, "10 min"),
            (301_000_500, "5 min 1 s"),
            (32_400_000_000, "9 h"),
            (34_603_380_000_000, "400 d 12 h"),
        ] {
            assert_eq!(Span(Duration::from_micros(micros)).to_string(), text);
        }
    }
}
