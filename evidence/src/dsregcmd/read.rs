//! Reads `dsregcmd /status`: box by box, whatever part of it is there.

use super::rows::BLOCKS;
use super::{DEVICE, sso};
use crate::reading::{Reader, Reading, row};
use crate::{Artefact, Value};

/// Reads all boxes. One ends with the rule above the next heading, or with the last line of the tool.
pub(super) fn read(artefact: Artefact, text: &str) -> Reading {
    let mut boxes = Boxes {
        reader: Reader::new(artefact, text),
        current: None,
        headings: Vec::new(),
        not_whole: 0,
    };
    let mut ended = false;
    for (at, line) in boxes.reader.lines() {
        let heading = line.strip_prefix('|').and_then(|rest| rest.strip_suffix('|'));
        if let Some(heading) = heading {
            boxes.close(true);
            boxes.reader.frame(at);
            boxes.open(heading.trim(), at, true);
        } else if is_rule(line) {
            boxes.reader.frame(at);
            // the rule below a heading ends nothing
            if boxes.current.as_ref().is_some_and(|current| current.rows > 0) {
                boxes.close(true);
            }
        } else if line == FOOTER {
            boxes.reader.frame(at);
            boxes.close(true);
            ended = true;
        } else if let Some((key, value)) = row(line) {
            boxes.row(at, key, value);
        }
    }
    boxes.close(false);
    let begins = boxes.headings.first().is_some_and(|heading| heading == DEVICE);
    let Boxes {
        mut reader,
        headings,
        not_whole,
        ..
    } = boxes;
    if headings.is_empty() && reader.blocks().is_empty() {
        reader.gap(0, "a heading, such as \"Device State\"");
    } else if artefact == Artefact::Dsregcmd && !begins {
        reader.gap(0, format!("the box {DEVICE:?}"));
    }
    reader.whole(begins && ended && not_whole == 0);
    reader.finish()
}

struct Boxes<'t> {
    reader: Reader<'t>,
    current: Option<Current>,
    headings: Vec<String>,
    not_whole: usize,
}

/// The box that is being read.
struct Current {
    block: usize,
    title: String,
    headed: bool,
    rows: usize,
    /// The row `EnterprisePrt` was met: what is said of an attempt from here on is about an AD FS.
    after_enterprise_prt: bool,
    /// The block of those rows.
    enterprise: Option<usize>,
}

impl Boxes<'_> {
    fn open(&mut self, title: &str, at: usize, headed: bool) {
        let block = self.reader.open(title, at);
        if headed {
            self.headings.push(title.to_owned());
        }
        self.current = Some(Current {
            block,
            title: title.to_owned(),
            headed,
            rows: 0,
            after_enterprise_prt: false,
            enterprise: None,
        });
    }

    /// Ends the box, `closed` by a line that comes after it.
    fn close(&mut self, closed: bool) {
        let Some(current) = self.current.take() else {
            return;
        };
        let whole = current.headed && closed && current.rows > 0;
        self.not_whole += usize::from(!whole);
        let missing = format!("the beginning or the end of the box {:?}", current.title);
        self.reader.close(current.block, whole, &missing);
        if let Some(enterprise) = current.enterprise {
            self.reader.close(enterprise, whole, &missing);
        }
    }

    fn row(&mut self, at: usize, key: &str, value: &str) {
        if self.current.is_none() {
            // the top is cut off: a row that stands in one box alone tells which it is
            let Some(title) = box_of(key) else { return };
            self.open(title, at, false);
        }
        let Some(current) = &mut self.current else { return };
        current.rows += 1;
        let is_sso = current.title == sso::TITLE;
        let of_attempt =
            sso::OF_ATTEMPT.contains(&key) || key.starts_with("EnterprisePrt") && box_of(key).is_none();
        if is_sso && current.after_enterprise_prt && of_attempt {
            let open = || self.reader.open(format!("{}, EnterprisePrt", sso::TITLE), at);
            let enterprise = *current.enterprise.get_or_insert_with(open);
            self.reader.says(enterprise, at, key, value);
            return;
        }
        current.after_enterprise_prt |= is_sso && key == "EnterprisePrt";
        let block = current.block;
        self.reader.fact(block, at, key, Value::Known(value.to_owned()));
    }
}

/// The box that has a row of this name, the first if several have.
fn box_of(key: &str) -> Option<&'static str> {
    let has = |block: &&crate::row::Block| block.rows.iter().any(|row| row.name == key);
    BLOCKS.iter().find(has).map(|block| block.title)
}

fn is_rule(line: &str) -> bool {
    line.len() > 4 && line.starts_with('+') && line.trim_matches('+').bytes().all(|octet| octet == b'-')
}

pub(super) const FOOTER: &str = "For more information, please visit https://www.microsoft.com/aadjerrors";
