//! `w32tm /query /status` and `w32tm /stripchart`: the clock of a machine, and how far it is from another.

use std::net::Ipv4Addr;

use jiff::civil::DateTime;

use crate::lines::us_time_12;
use crate::provenance::Provenance;
use crate::reading::{List, Reader, Reading};
use crate::row::{Block, Row};
use crate::{Artefact, Fact, Source, Value, View};

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

    fn read(text: &str) -> Reading {
        let mut reader = Reader::new(Self::ARTEFACT, text);
        let list = List {
            heading: None,
            first: LEAP,
            last: POLL,
            always: &ROWS,
        };
        list.read(
            &mut reader,
            |_, text| Value::Known(text.to_owned()),
            |key| ROWS.contains(&key),
        );
        reader.finish()
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
                POLL,
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

    fn read(text: &str) -> Reading {
        let mut reader = Reader::new(Self::ARTEFACT, text);
        let (mut block, mut wanted, mut samples, mut last) = (None, None, 0_usize, None);
        for (at, line) in reader.lines() {
            let computer = line
                .strip_prefix("Tracking ")
                .and_then(|rest| rest.split_once(" ["));
            if let Some((computer, _)) = computer {
                let open = *block.get_or_insert_with(|| reader.open("", at));
                reader.says(open, at, "computer", computer);
                continue;
            }
            let number = line
                .strip_prefix("Collecting ")
                .and_then(|rest| rest.strip_suffix(" samples."));
            if let Some(number) = number {
                wanted = number.parse::<usize>().ok();
                reader.frame(at);
                continue;
            }
            if line.starts_with("The current time is ") {
                reader.frame(at);
                continue;
            }
            let Some(offset) = read_sample(line) else { continue };
            let open = *block.get_or_insert_with(|| reader.open("", at));
            let clock = line.split(',').next().unwrap_or_default();
            reader.fact(open, at, clock, offset.clone());
            last = Some((at, offset));
            samples += 1;
        }
        if let (Some(block), Some((at, offset))) = (block, last) {
            reader.fact(block, at, "offset", offset);
        }
        match block {
            Some(block) => reader.close(block, wanted == Some(samples), "some of the samples"),
            None => reader.gap(0, "\"Tracking HOST [ADDRESS:123].\""),
        }
        reader.finish()
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

/// What a line with a time of day says: how far the other clock is, or that nobody answered.
fn read_sample(line: &str) -> Option<Value> {
    let (clock, offset) = line.split_once(", ")?;
    let is_clock = clock.len() == 8 && clock.bytes().all(|octet| octet.is_ascii_digit() || octet == b':');
    if !is_clock {
        return None;
    }
    if offset == NO_ANSWER {
        return Some(Value::Absent);
    }
    let is_offset = offset.starts_with(['+', '-']) && offset.ends_with('s');
    is_offset.then(|| Value::Known(offset.to_owned()))
}

fn signed_seconds(offset: i64) -> String {
    let (sign, ticks) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs());
    format!("{sign}{:02}.{:07}s", ticks / TICKS, ticks % TICKS)
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
const POLL: &str = "Poll Interval";
const ROWS: [&str; 9] = [
    LEAP,
    "Stratum",
    "Precision",
    "Root Delay",
    "Root Dispersion",
    "ReferenceId",
    "Last Successful Sync Time",
    "Source",
    POLL,
];
const LOCAL_ID: &str = "0x4C4F434C (source name:  \"LOCL\")";
const LOCAL_NAME: &str = "Local CMOS Clock";
const NO_ANSWER: &str = "error: 0x800705B4";
const TICKS: u64 = 10_000_000;
