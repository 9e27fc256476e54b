//! `nltest /dsgetdc:DOMAIN`: what the DC locator finds, with the flags of the domain controller.

use std::net::IpAddr;

use crate::provenance::Provenance;
use crate::reading::{Reader, Reading, row};
use crate::row::{Block, Row};
use crate::{Artefact, Fact, Source, Value, View};

/// What `nltest /dsgetdc:DOMAIN [/keylist] [/kdc] [/force]` prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DsGetDc {
    /// A domain controller that has what was asked for.
    Found(Dc),
    /// None: a Win32 error, nearly always 1355.
    Failed {
        /// The error.
        error: u32,
    },
}

/// A domain controller, as the locator gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dc {
    /// Its DNS name.
    pub host: String,
    /// Its address.
    pub address: IpAddr,
    /// The GUID of the domain.
    pub domain_guid: String,
    /// The DNS name of the domain.
    pub domain: String,
    /// The DNS name of the forest.
    pub forest: String,
    /// The site of the domain controller.
    pub dc_site: String,
    /// The site of the machine that asks, which may have none.
    pub our_site: Option<String>,
    /// The flags of the netlogon ping (MS-ADTS section 6.3.1.2) with those of DsGetDcName in the three highest bits.
    pub flags: u32,
}

impl Dc {
    /// The words for the flags, in the order of the tool.
    pub fn flag_words(&self) -> impl Iterator<Item = &'static str> {
        let flags = self.flags;
        FLAG_WORDS
            .into_iter()
            .filter(move |(bit, _)| flags & bit != 0)
            .map(|(_, word)| word)
    }
}

/// Every flag that has a word.
pub const KNOWN_FLAGS: u32 = {
    let mut all = 0;
    let mut index = 0;
    while index < FLAG_WORDS.len() {
        all |= FLAG_WORDS[index].0;
        index += 1;
    }
    all
};

/// There is no domain controller that would do.
pub const ERROR_NO_SUCH_DOMAIN: u32 = 1355;

impl View for DsGetDc {
    const ARTEFACT: Artefact = Artefact::Nltest;
    const BLOCKS: &'static [Block] = &[Block::untitled(&[
        Row::text("DC"),
        Row::text("Address"),
        Row::text("Dom Guid"),
        Row::text("Dom Name"),
        Row::text("Forest Name"),
        Row::text("Dc Site Name"),
        Row::text("Our Site Name"),
        Row::text("Flags"),
        Row::yes_no("PDC"),
        Row::yes_no("GC"),
        Row::yes_no("DS"),
        Row::yes_no("LDAP"),
        Row::yes_no("KDC"),
        Row::yes_no("TIMESERV"),
        Row::yes_no("GTIMESERV"),
        Row::yes_no("WRITABLE"),
        Row::yes_no("DNS_DC"),
        Row::yes_no("DNS_DOMAIN"),
        Row::yes_no("DNS_FOREST"),
        Row::yes_no("CLOSE_SITE"),
        Row::yes_no("FULL_SECRET"),
        Row::yes_no("PARTIAL_SECRET"),
        Row::yes_no("WS"),
        Row::yes_no("DS_8"),
        Row::yes_no("DS_9"),
        Row::yes_no("DS_10"),
        Row::yes_no("KEYLIST"),
        Row::yes_no("NDNC"),
        Row::number("Status"),
    ])];
    const PROVENANCE: &'static [Provenance] = &[
        Provenance::public(
            "Flags",
            "KEYLIST in a public output (techcommunity, \"Domain join and basic troubleshooting\"), the rest in many",
        ),
        Provenance::lab_default(
            "Dom Guid",
            "the documented place; the GUID is derived from the domain's SID",
        ),
        Provenance::public("*", "public outputs of Windows 10 and Server 2022"),
    ];

    fn render(&self) -> String {
        match self {
            Self::Found(dc) => {
                let mut text = String::new();
                for (key, value) in dc.rows() {
                    text.push_str(format!("{key:>13}: {value}").trim_end());
                    text.push('\n');
                }
                text + DONE + "\n"
            }
            Self::Failed { error } => {
                let name = ERRORS.iter().find(|(number, _)| number == error);
                let name = name.map(|(_, name)| format!(" {name}")).unwrap_or_default();
                format!("{FAILED}{error} {error:#x}{name}\n")
            }
        }
    }

    fn read(text: &str) -> Reading {
        let mut reader = Reader::new(Self::ARTEFACT, text);
        let (mut block, mut begins) = (None, false);
        for (at, line) in reader.lines() {
            if let Some(failure) = line.strip_prefix(FAILED) {
                let error = failure.split(' ').next().unwrap_or_default();
                let block = *block.get_or_insert_with(|| reader.open("", at));
                reader.says(block, at, "Status", error);
                reader.close(block, true, "");
            } else if line == DONE {
                let block = *block.get_or_insert_with(|| reader.open("", at));
                reader.says(block, at, "Status", "0");
                reader.close(block, begins, "the rows from \"DC\" on");
            } else if let Some((key, value)) = row(line).filter(|(key, _)| ROWS.contains(key)) {
                let block = *block.get_or_insert_with(|| reader.open("", at));
                reader.says(block, at, key, value);
                begins |= key == "DC";
                if key == "Flags" {
                    read_flags(&mut reader, block, at, value);
                }
            }
        }
        match block {
            None => reader.gap(0, "\"DC: \\\\HOST\" or \"Getting DC name failed: …\""),
            Some(block) if !reader.has(block, "Status") => reader.close(block, false, &format!("{DONE:?}")),
            Some(_) => {}
        }
        reader.finish()
    }

    fn facts(&self, source: &Source) -> Vec<Fact> {
        let fact = |key: &str, value: Value| Fact::new(Self::ARTEFACT, source, key, value);
        match self {
            Self::Found(dc) => {
                let rows = dc.rows().into_iter();
                let mut facts: Vec<Fact> = rows.map(|(key, value)| fact(key, Value::Known(value))).collect();
                for (bit, word) in FLAG_WORDS {
                    facts.push(fact(word, Value::yes_no(dc.flags & bit != 0)));
                }
                facts.push(fact("Status", Value::Known("0".into())));
                facts
            }
            Self::Failed { error } => vec![
                fact("DC", Value::Absent),
                fact("Status", Value::Known(error.to_string())),
            ],
        }
    }
}

impl Dc {
    fn rows(&self) -> [(&'static str, String); 8] {
        [
            ("DC", format!("\\\\{}", self.host)),
            ("Address", format!("\\\\{}", self.address)),
            ("Dom Guid", self.domain_guid.clone()),
            ("Dom Name", self.domain.clone()),
            ("Forest Name", self.forest.clone()),
            ("Dc Site Name", self.dc_site.clone()),
            ("Our Site Name", self.our_site.clone().unwrap_or_default()),
            ("Flags", self.flag_words().collect::<Vec<_>>().join(" ")),
        ]
    }
}

/// The tool names every flag that is set, or prints their number.
fn read_flags(reader: &mut Reader<'_>, block: usize, at: usize, text: &str) {
    let words: Vec<&str> = text.split_whitespace().collect();
    let number = match words.as_slice() {
        [one] => one
            .strip_prefix("0x")
            .and_then(|digits| u32::from_str_radix(digits, 16).ok()),
        _ => None,
    };
    for (bit, word) in FLAG_WORDS {
        let set = match number {
            Some(flags) => flags & bit != 0,
            None => words.contains(&word),
        };
        reader.fact(block, at, word, Value::yes_no(set));
    }
    for word in words.iter().filter(|_| number.is_none()) {
        if !FLAG_WORDS.iter().any(|(_, known)| known == word) {
            reader.gap(at, format!("what the flag {word} means: it is not known here"));
        }
    }
}

const DONE: &str = "The command completed successfully";
const ROWS: [&str; 8] = [
    "DC",
    "Address",
    "Dom Guid",
    "Dom Name",
    "Forest Name",
    "Dc Site Name",
    "Our Site Name",
    "Flags",
];
const FAILED: &str = "Getting DC name failed: Status = ";
const ERRORS: [(u32, &str); 2] = [(1355, "ERROR_NO_SUCH_DOMAIN"), (5, "ERROR_ACCESS_DENIED")];

/// In the order of the tool.
const FLAG_WORDS: [(u32, &str); 20] = [
    (0x0000_0001, "PDC"),
    (0x0000_0004, "GC"),
    (0x0000_0010, "DS"),
    (0x0000_0008, "LDAP"),
    (0x0000_0020, "KDC"),
    (0x0000_0040, "TIMESERV"),
    (0x0000_0200, "GTIMESERV"),
    (0x0000_0100, "WRITABLE"),
    (0x2000_0000, "DNS_DC"),
    (0x4000_0000, "DNS_DOMAIN"),
    (0x8000_0000, "DNS_FOREST"),
    (0x0000_0080, "CLOSE_SITE"),
    (0x0000_1000, "FULL_SECRET"),
    (0x0000_0800, "PARTIAL_SECRET"),
    (0x0000_2000, "WS"),
    (0x0000_4000, "DS_8"),
    (0x0000_8000, "DS_9"),
    (0x0001_0000, "DS_10"),
    (0x0002_0000, "KEYLIST"),
    (0x0000_0400, "NDNC"),
];
