//! `w32tm /query /status` and `w32tm /stripchart`: the clock of a machine, and how far it is from another.

use std::net::Ipv4Addr;

use jiff::civil::DateTime;

use crate::lines::{Lines, read_us_time_12, us_time_12, value_of};
use crate::provenance::Provenance;
use crate::row::{Block, Row};
use crate::{Artefact, Fact, ReadError, Source, Value, View};

/// What `w32tm /query /status` prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeStatus {
    /// 0 when all is well, 3 when nothing is synchronized.
    pub leap: u8,
    /// How far the reference clock is; 0 when there is none.
    pub stratum: u8,
    /// The precision of the clock, as a power of two of a second.
    pub precision: i8,
    /// The delay to the reference clock, in 100 nanoseconds.
    pub root_delay: u64,
    /// The error it adds, in 100 nanoseconds.
    pub root_dispersion: u64,
    /// Where the time comes from; `None` is the machine's own clock.
    pub source: Option<TimeSource>,
    /// When it was last set, by the machine's own clock.
    pub last_sync: Option<DateTime>,
    /// How often it is asked for, as a power of two of a second.
    pub poll_interval: u8,
}

/// Who gives the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeSource {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: Ipv4Addr,
}

impl View for TimeStatus {
    const ARTEFACT: Artefact = Artefact::W32tm;
    const BLOCKS: &'static [Block] = &[Block::untitled(&[
        Row::text(LEAP),
        Row::text("Stratum"),
        Row::text("Precision"),
        Row::text("Root Delay"),
        Row::text("Root Dispersion"),
        Row::text("ReferenceId"),
        Row::text("Last Successful Sync Time"),
        Row::text("Source"),
        Row::text("Poll Interval"),
    ])];
    const PROVENANCE: &'static [Provenance] = &[
        Provenance::lab_default(
            "Root D*",
            "public rows; the lab's clocks have no such error, and these numbers are fixed",
        ),
        Provenance::lab_default("Precision", "public row with a fixed number"),
        Provenance::lab_default(
            "Last Successful Sync Time",
            "public row; the lab takes the last full hour for it",
        ),
        Provenance::public("*", "public outputs of Windows 10 and Server"),
    ];

    fn render(&self) -> String {
        let mut text = String::new();
        for (key, value) in self.rows() {
            text.push_str(&format!("{key}: {value}\n"));
        }
        text.push('\n');
        text
    }

    fn read(text: &str) -> Result<Self, ReadError> {
        let mut lines = Lines::new(text);
        while lines.peek().is_some_and(|line| value_of(line, LEAP).is_none()) {
            lines.next();
        }
        let leap = lines.parsed(LEAP, "0(no warning)", |text| text.split('(').next()?.parse().ok())?;
        let stratum = lines.parsed("Stratum", "a number", |text| text.split(' ').next()?.parse().ok())?;
        let precision = lines.parsed("Precision", "a power of two", |text| {
            text.split(' ').next()?.parse().ok()
        })?;
        let root_delay = lines.parsed("Root Delay", "seconds", ticks)?;
        let root_dispersion = lines.parsed("Root Dispersion", "seconds", ticks)?;
        let address = lines.parsed("ReferenceId", "0x…", |text| match text {
            LOCAL_ID => Some(None),
            text => text
                .split_once("(source IP:")?
                .1
                .trim()
                .strip_suffix(')')?
                .parse()
                .ok()
                .map(Some),
        })?;
        let last_sync = lines.parsed(
            "Last Successful Sync Time",
            "a time or unspecified",
            |text| match text {
                "unspecified" => Some(None),
                text => read_us_time_12(text).map(Some),
            },
        )?;
        let name = lines.value("Source")?.to_owned();
        Ok(Self {
            leap,
            stratum,
            precision,
            root_delay,
            root_dispersion,
            source: address.map(|address| TimeSource { name, address }),
            last_sync,
            poll_interval: lines.parsed("Poll Interval", "a power of two", |text| {
                text.split(' ').next()?.parse().ok()
            })?,
        })
    }

    fn facts(&self, source: &Source) -> Vec<Fact> {
        let rows = self.rows().into_iter();
        rows.map(|(key, value)| Fact::new(Self::ARTEFACT, source, key, Value::Known(value)))
            .collect()
    }
}

impl TimeStatus {
    fn rows(&self) -> [(&'static str, String); 9] {
        let leap = match self.leap {
            0 => "no warning",
            1 => "last minute has 61 seconds",
            2 => "last minute has 59 seconds",
            _ => "not synchronized",
        };
        let stratum = match self.stratum {
            0 => "unspecified",
            1 => "primary reference - syncd by radio clock",
            _ => "secondary reference - syncd by (S)NTP",
        };
        let seconds = |ticks: u64| format!("{}.{:07}s", ticks / TICKS, ticks % TICKS);
        let reference = self.source.as_ref().map_or_else(
            || LOCAL_ID.to_owned(),
            |source| {
                let number = u32::from(source.address);
                format!("0x{number:08X} (source IP:  {})", source.address)
            },
        );
        let name = self
            .source
            .as_ref()
            .map_or(LOCAL_NAME, |source| source.name.as_str());
        [
            (LEAP, format!("{}({leap})", self.leap)),
            ("Stratum", format!("{} ({stratum})", self.stratum)),
            (
                "Precision",
                format!("{} ({} per tick)", self.precision, tick(self.precision)),
            ),
            ("Root Delay", seconds(self.root_delay)),
            ("Root Dispersion", seconds(self.root_dispersion)),
            ("ReferenceId", reference),
            (
                "Last Successful Sync Time",
                self.last_sync
                    .map_or_else(|| "unspecified".to_owned(), us_time_12),
            ),
            ("Source", name.to_owned()),
            (
                "Poll Interval",
                format!("{} ({}s)", self.poll_interval, 1u64 << self.poll_interval.min(63)),
            ),
        ]
    }
}

/// What `w32tm /stripchart /computer:HOST /dataonly /samples:N` prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stripchart {
    /// The host that was asked.
    pub computer: String,
    /// Its address.
    pub address: Ipv4Addr,
    /// The machine's own time.
    pub now: DateTime,
    /// What each sample said: how far the other clock is ahead, in 100 nanoseconds; `None` when nobody answered.
    pub samples: Vec<(DateTime, Option<i64>)>,
}

impl View for Stripchart {
    const ARTEFACT: Artefact = Artefact::Stripchart;
    const BLOCKS: &'static [Block] = &[Block::untitled(&[Row::text("offset")])];
    const PROVENANCE: &'static [Provenance] = &[
        Provenance::lab_default("error", "the text of a sample without an answer, from memory"),
        Provenance::public("*", "Microsoft Learn and public outputs: /dataonly"),
    ];

    fn render(&self) -> String {
        let mut text = format!(
            "Tracking {} [{}:123].\nCollecting {} samples.\nThe current time is {}.\n",
            self.computer,
            self.address,
            self.samples.len(),
            us_time_12(self.now)
        );
        for (time, offset) in &self.samples {
            let clock = format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second());
            match offset {
                Some(offset) => text.push_str(&format!("{clock}, {}\n", signed_seconds(*offset))),
                None => text.push_str(&format!("{clock}, {NO_ANSWER}\n")),
            }
        }
        text
    }

    fn read(text: &str) -> Result<Self, ReadError> {
        let mut lines = Lines::new(text);
        let (computer, address) = lines.find("\"Tracking HOST [ADDRESS:123].\"", |line| {
            let (computer, address) = line.strip_prefix("Tracking ")?.split_once(" [")?;
            let address = address.strip_suffix(":123].")?.parse().ok()?;
            Some((computer.to_owned(), address))
        })?;
        let now = lines.find("\"The current time is …\"", |line| {
            read_us_time_12(line.strip_prefix("The current time is ")?.strip_suffix('.')?)
        })?;
        let mut samples = Vec::new();
        while let Some(line) = lines.next() {
            let sample = read_sample(line, now).ok_or_else(|| lines.error("\"HH:MM:SS, +00.0000000s\""))?;
            samples.push(sample);
        }
        Ok(Self {
            computer,
            address,
            now,
            samples,
        })
    }

    /// `offset`: that of the last sample, or `Absent`.
    fn facts(&self, source: &Source) -> Vec<Fact> {
        let last = self
            .samples
            .last()
            .and_then(|(_, offset)| *offset)
            .map(signed_seconds);
        vec![Fact::new(Self::ARTEFACT, source, "offset", Value::of(last))]
    }
}

/// A sample gives its time of day; its date is that of the beginning.
fn read_sample(line: &str, began: DateTime) -> Option<(DateTime, Option<i64>)> {
    let (clock, offset) = line.split_once(", ")?;
    let mut parts = clock.split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let time = began
        .with()
        .hour(hour)
        .minute(minute)
        .second(second)
        .build()
        .ok()?;
    if offset == NO_ANSWER {
        return Some((time, None));
    }
    let (sign, digits) = match offset.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, offset.strip_prefix('+')?),
    };
    Some((time, Some(sign * i64::try_from(ticks(digits)?).ok()?)))
}

fn signed_seconds(offset: i64) -> String {
    let (sign, ticks) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs());
    format!("{sign}{:02}.{:07}s", ticks / TICKS, ticks % TICKS)
}

/// `0.0312500s` in 100 nanoseconds.
fn ticks(text: &str) -> Option<u64> {
    let (seconds, fraction) = text.strip_suffix('s')?.split_once('.')?;
    let whole = fraction.len() == 7;
    let fraction: u64 = fraction.parse().ok().filter(|_| whole)?;
    seconds
        .parse::<u64>()
        .ok()?
        .checked_mul(TICKS)?
        .checked_add(fraction)
}

fn tick(precision: i8) -> String {
    let seconds = f64::from(precision).exp2();
    if seconds >= 1e-3 {
        format!("{:.3}ms", seconds * 1e3)
    } else {
        format!("{:.3}ns", seconds * 1e9)
    }
}

const LEAP: &str = "Leap Indicator";
const LOCAL_ID: &str = "0x4C4F434C (source name:  \"LOCL\")";
const LOCAL_NAME: &str = "Local CMOS Clock";
const NO_ANSWER: &str = "error: 0x800705B4";
const TICKS: u64 = 10_000_000;
