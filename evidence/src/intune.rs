//! What the portal of Intune shows of a device: the report "Device configuration". It tells what was written to the device,
//! and not what counts there.

use core::fmt;

use jiff::Timestamp;

use crate::provenance::Provenance;
use crate::reading::{Reader, Reading, row};
use crate::row::{Block, Row};
use crate::{Artefact, Fact, Source, Value, View};

/// The report of one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceReport {
    /// The device.
    pub device: String,
    /// When it last checked in.
    pub last_check_in: Timestamp,
    /// One row for each profile.
    pub rows: Vec<ReportRow>,
}

/// A profile in the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRow {
    /// The display name.
    pub policy: String,
    /// How it fared.
    pub status: Status,
}

/// How a profile fared on a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Written.
    Succeeded,
    /// Not yet: the device has not checked in since.
    Pending,
    /// The device refused a setting.
    Error,
    /// Another profile says the opposite, and neither was written.
    Conflict,
    /// The device's version does not know it.
    NotApplicable,
}

impl Status {
    const ALL: [Self; 5] = [
        Self::Succeeded,
        Self::Pending,
        Self::Error,
        Self::Conflict,
        Self::NotApplicable,
    ];

    /// As the portal shows it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::Pending => "Pending",
            Self::Error => "Error",
            Self::Conflict => "Conflict",
            Self::NotApplicable => "Not applicable",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl View for DeviceReport {
    const ARTEFACT: Artefact = Artefact::Intune;
    const BLOCKS: &'static [Block] = &[Block::untitled(&[
        Row::text(CHECK_IN),
        Row::one_of(
            "*",
            &["Succeeded", "Pending", "Error", "Conflict", "Not applicable"],
        ),
    ])];
    const PROVENANCE: &'static [Provenance] = &[
        Provenance::public(
            CHECK_IN,
            "Microsoft Learn, monitor device configuration policies in Intune",
        ),
        Provenance::lab_default(
            "*",
            "the words of the status are public; when a profile is Error or Not applicable is the lab's choice, and so is \
             the layout, since the portal is a web page",
        ),
    ];

    fn render(&self) -> String {
        let mut text = format!(
            "{DEVICE} : {}\n{CHECK_IN} : {}\n\n",
            self.device, self.last_check_in
        );
        for row in &self.rows {
            text.push_str(&format!("{:<14}  {}\n", row.status.text(), row.policy));
        }
        text
    }

    fn read(text: &str) -> Reading {
        let mut reader = Reader::new(Self::ARTEFACT, text);
        let (mut block, mut headed) = (None, false);
        for (at, line) in reader.lines() {
            let profile = Status::ALL.iter().find_map(|status| {
                let policy = line.strip_prefix(status.text())?.strip_prefix("  ")?;
                Some((policy.trim_start(), status.text()))
            });
            let head = row(line).filter(|(key, _)| [DEVICE, CHECK_IN].contains(key));
            match profile.or(head) {
                Some((DEVICE, value)) => {
                    let block = reader.open(DEVICE, at);
                    reader.says(block, at, DEVICE, value);
                    headed = true;
                }
                Some((key, value)) => {
                    let block = *block.get_or_insert_with(|| reader.open("", at));
                    reader.says(block, at, key, value);
                }
                None => {}
            }
        }
        match block {
            Some(block) => {
                let whole = headed && reader.has(block, CHECK_IN);
                reader.close(block, whole, "the device, or when it last checked in");
            }
            None => reader.gap(0, "\"Device : NAME\""),
        }
        reader.finish()
    }

    /// The display name of each profile with its status, and when the device last checked in.
    fn facts(&self, source: &Source) -> Vec<Fact> {
        let mut facts = vec![Fact::new(
            Self::ARTEFACT,
            source,
            CHECK_IN,
            Value::Known(self.last_check_in.to_string()),
        )];
        for row in &self.rows {
            let status = Value::Known(row.status.text().to_owned());
            facts.push(Fact::new(Self::ARTEFACT, source, row.policy.clone(), status));
        }
        facts
    }
}

const DEVICE: &str = "Device";
const CHECK_IN: &str = "Last check-in";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let rows = Status::ALL.iter().map(|status| ReportRow {
            policy: format!("Hello for {status}"),
            status: *status,
        });
        let report = DeviceReport {
            device: "ADA-LT".to_owned(),
            last_check_in: Timestamp::UNIX_EPOCH,
            rows: rows.collect(),
        };
        let read = DeviceReport::read(&report.render());
        for status in Status::ALL {
            assert_eq!(
                read.value(&format!("Hello for {status}")),
                Value::Known(status.to_string())
            );
        }
        assert_eq!((read.gaps, read.not_understood), (vec![], vec![]));
    }

    #[test]
    fn a_status_that_no_portal_shows_is_not_understood() {
        let text = "Device : X\nLast check-in : 1970-01-01T00:00:00Z\n\nWonderful  Hello\n";
        let read = DeviceReport::read(text);
        assert_eq!(read.not_understood.first().map(|line| line.number), Some(4));
        assert_eq!(
            read.value("Last check-in"),
            Value::Known("1970-01-01T00:00:00Z".into())
        );
    }
}
