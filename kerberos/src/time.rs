//! Times: [`Timestamp`], the virtual clock's microseconds, and [`KerberosTime`], the whole seconds a message carries.

use core::fmt;
use core::ops::{Add, AddAssign, Sub, SubAssign};
use core::str::FromStr;
use core::time::Duration;

use serde::{Deserialize, Serialize};

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
/// Seconds from 1601-01-01 (the epoch of FILETIME) to 1970-01-01.
const FILETIME_EPOCH_OFFSET: i64 = 11_644_473_600;
/// 0000-01-01 00:00:00 and 9999-12-31 23:59:59: what four digits of a year can say.
const FIRST_SECOND: i64 = -62_167_219_200;
const LAST_SECOND: i64 = 253_402_300_799;

/// An instant in microseconds since 1970-01-01 00:00:00 UTC. Arithmetic saturates.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The Unix epoch.
    pub const UNIX_EPOCH: Self = Self(0);

    /// An instant from whole seconds since the Unix epoch.
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROS_PER_SECOND))
    }

    /// An instant from microseconds since the Unix epoch.
    pub const fn from_unix_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// An instant from a FILETIME (100 ns units since 1601-01-01, MS-DTYP section 2.3.3), rounded down to a microsecond.
    pub const fn from_filetime(filetime: u64) -> Self {
        // a tenth of u64::MAX fits in i64, and so does the difference
        Self((filetime / 10) as i64 - FILETIME_EPOCH_OFFSET * MICROS_PER_SECOND)
    }

    /// Whole seconds since the Unix epoch, rounded down.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(MICROS_PER_SECOND)
    }

    /// Microseconds since the Unix epoch.
    pub const fn unix_micros(self) -> i64 {
        self.0
    }

    /// Microseconds within the second, 0 to 999,999: the `cusec` and `susec` of RFC 4120.
    pub const fn subsec_micros(self) -> u32 {
        self.0.rem_euclid(MICROS_PER_SECOND) as u32
    }

    /// The same instant as a FILETIME; instants before 1601 become 0.
    pub const fn filetime(self) -> u64 {
        let micros = self.0.saturating_add(FILETIME_EPOCH_OFFSET * MICROS_PER_SECOND);
        if micros < 0 { 0 } else { micros as u64 * 10 }
    }

    /// The wire time: the second this instant lies in.
    pub const fn kerberos_time(self) -> KerberosTime {
        KerberosTime(self.unix_seconds())
    }

    /// The time from `earlier` to `self`; zero if `earlier` is the later one.
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        let micros = self.0.saturating_sub(earlier.0);
        if micros < 0 {
            Duration::ZERO
        } else {
            Duration::from_micros(micros as u64)
        }
    }

    /// The distance between two instants, whichever is later: what a clock skew is measured by.
    pub const fn abs_diff(self, other: Self) -> Duration {
        Duration::from_micros(self.0.abs_diff(other.0))
    }
}

fn saturating_micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(saturating_micros(duration)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(saturating_micros(duration)))
    }
}

impl AddAssign<Duration> for Timestamp {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl SubAssign<Duration> for Timestamp {
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC; the fraction only if there is one: `2026-11-23T08:00:00.000001Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Civil {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = Civil::from_unix_seconds(self.unix_seconds());
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )?;
        match self.subsec_micros() {
            0 => f.write_str("Z"),
            micros => write!(f, ".{micros:06}Z"),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A time on the wire: whole seconds since the Unix epoch, written `YYYYMMDDHHMMSSZ` (RFC 4120 section 5.2.3).
///
/// Text outside the years 0000 to 9999 does not exist: such values are written as the nearest bound.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KerberosTime(pub i64);

impl KerberosTime {
    /// 1970-01-01 00:00:00, what a `till` of "no limit" asks for in older clients.
    pub const UNIX_EPOCH: Self = Self(0);
    /// 2037-09-13 02:48:05, what Windows clients send as `till` when they mean "as long as possible".
    pub const WINDOWS_FOREVER: Self = Self(2_136_422_885);

    /// A time from whole seconds since the Unix epoch.
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Whole seconds since the Unix epoch.
    pub const fn unix_seconds(self) -> i64 {
        self.0
    }

    /// The first instant of this second.
    pub const fn timestamp(self) -> Timestamp {
        Timestamp::from_unix_seconds(self.0)
    }

    /// The fifteen octets of the GeneralizedTime.
    pub fn to_generalized(self) -> [u8; 15] {
        let seconds = self.0.clamp(FIRST_SECOND, LAST_SECOND);
        let Civil {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = Civil::from_unix_seconds(seconds);
        let mut out = *b"00000000000000Z";
        let pairs = [year / 100, year % 100, month, day, hour, minute, second];
        for (place, pair) in out.chunks_exact_mut(2).zip(pairs) {
            // each is less than 100
            let pair = pair as u8;
            place.copy_from_slice(&[b'0' + pair / 10, b'0' + pair % 10]);
        }
        out
    }

    /// Reads the octets of a GeneralizedTime in the only form Kerberos allows: fifteen octets, no fraction, `Z`.
    pub fn from_generalized(octets: &[u8]) -> Result<Self, TimeError> {
        let wrong = || TimeError(String::from_utf8_lossy(&octets[..octets.len().min(32)]).into_owned());
        let Some((b'Z', digits)) = octets.split_last() else {
            return Err(wrong());
        };
        if digits.len() != 14 || !digits.iter().all(u8::is_ascii_digit) {
            return Err(wrong());
        }
        let mut pairs = digits
            .chunks_exact(2)
            .map(|pair| i64::from((pair[0] - b'0') * 10 + (pair[1] - b'0')));
        let mut next = || pairs.next().unwrap_or_default();
        let civil = Civil {
            year: next() * 100 + next(),
            month: next(),
            day: next(),
            hour: next(),
            minute: next(),
            second: next(),
        };
        civil.to_unix_seconds().map(Self).ok_or_else(wrong)
    }
}

impl From<Timestamp> for KerberosTime {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.kerberos_time()
    }
}

impl From<KerberosTime> for Timestamp {
    fn from(time: KerberosTime) -> Self {
        time.timestamp()
    }
}

impl FromStr for KerberosTime {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        Self::from_generalized(text.as_bytes())
    }
}

impl fmt::Display for KerberosTime {
    /// As people read times, and not as the wire has them: `2026-11-23T18:00:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Timestamp::from_unix_seconds(self.0), f)
    }
}

impl fmt::Debug for KerberosTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no KerberosTime.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a time as YYYYMMDDHHMMSSZ, got {0:?}")]
pub struct TimeError(String);

/// A date of the proleptic Gregorian calendar and a time of day, UTC.
struct Civil {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
}

impl Civil {
    fn from_unix_seconds(seconds: i64) -> Self {
        let (days, of_day) = (
            seconds.div_euclid(SECONDS_PER_DAY),
            seconds.rem_euclid(SECONDS_PER_DAY),
        );
        // years start in March here, so that the leap day is the last day of a year; eras are 400 years
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
            hour: of_day / 3_600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
        }
    }

    /// `None` if the date does not exist. A leap second (60) does not either: no KDC sends one.
    fn to_unix_seconds(&self) -> Option<i64> {
        let leap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0);
        let days_in_month = match self.month {
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            1..=12 => 31,
            _ => return None,
        };
        if !(1..=days_in_month).contains(&self.day) || self.hour > 23 || self.minute > 59 || self.second > 59
        {
            return None;
        }
        let year = self.year - i64::from(self.month <= 2);
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let month_from_march = (self.month + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = era * 146_097 + day_of_era - 719_468;
        Some(days * SECONDS_PER_DAY + self.hour * 3_600 + self.minute * 60 + self.second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wire(time: KerberosTime) -> String {
        time.to_generalized().into_iter().map(char::from).collect()
    }

    #[test]
    fn the_lab_clock_in_every_notation() {
        let start = Timestamp::from_unix_seconds(1_795_420_800);
        assert_eq!(start.to_string(), "2026-11-23T08:00:00Z");
        assert_eq!(
            (start + Duration::from_micros(1)).to_string(),
            "2026-11-23T08:00:00.000001Z"
        );
        assert_eq!(wire(start.kerberos_time()), "20261123080000Z");
        assert_eq!(start.kerberos_time().to_string(), start.to_string());
        assert_eq!(start.filetime(), 134_398_944_000_000_000);
        assert_eq!(Timestamp::from_filetime(start.filetime()), start);
    }

    #[test]
    fn windows_forever_is_the_date_windows_sends() {
        assert_eq!(wire(KerberosTime::WINDOWS_FOREVER), "20370913024805Z");
    }

    #[test]
    fn seconds_round_down_before_the_epoch_too() {
        let before = Timestamp::UNIX_EPOCH - Duration::from_micros(1);
        assert_eq!((before.unix_seconds(), before.subsec_micros()), (-1, 999_999));
        assert_eq!(before.to_string(), "1969-12-31T23:59:59.999999Z");
    }

    #[test]
    fn arithmetic_saturates() {
        let last = Timestamp::from_unix_micros(i64::MAX);
        assert_eq!(last + Duration::MAX, last);
        assert_eq!(Timestamp::from_unix_micros(i64::MIN).filetime(), 0);
        assert_eq!(Timestamp::from_unix_seconds(i64::MAX), last);
        assert_eq!(Timestamp::UNIX_EPOCH.saturating_since(last), Duration::ZERO);
    }

    #[test]
    fn only_dates_that_exist_are_read() {
        for good in [
            "20240229235959Z",
            "20000229000000Z",
            "00000101000000Z",
            "99991231235959Z",
            "19700101000000Z",
        ] {
            assert_eq!(good.parse::<KerberosTime>().map(wire).as_deref(), Ok(good));
        }
        for bad in [
            "20230229000000Z",
            "19000229000000Z",
            "20261301000000Z",
            "20261100000000Z",
            "20261131000000Z",
            "20261123240000Z",
            "20261123006000Z",
            "20261123000060Z",
            "20261123080000.5Z",
            "20261123080000",
            "20261123080000+",
            "2026112308000Z",
            "",
            "Z",
            "2026112308000xZ",
        ] {
            assert!(bad.parse::<KerberosTime>().is_err(), "{bad}");
        }
    }

    #[test]
    fn times_no_text_exists_for_are_written_as_the_bound() {
        assert_eq!(wire(KerberosTime::from_unix_seconds(i64::MAX)), "99991231235959Z");
        assert_eq!(wire(KerberosTime::from_unix_seconds(i64::MIN)), "00000101000000Z");
    }

    proptest! {
        #[test]
        fn text_and_time_agree(seconds in FIRST_SECOND..=LAST_SECOND) {
            let time = KerberosTime::from_unix_seconds(seconds);
            prop_assert_eq!(wire(time).parse(), Ok(time));
        }

        #[test]
        fn arbitrary_octets_never_panic(octets in proptest::collection::vec(any::<u8>(), 0..40), micros: i64) {
            let _ = KerberosTime::from_generalized(&octets);
            let _ = Timestamp::from_unix_micros(micros).to_string();
        }
    }
}
