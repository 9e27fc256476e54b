//! `klist tgt`: the first TGT of a logon session, with the ticket itself.

use jiff::civil::DateTime;

use super::{EtypeName, KlistTicket, LogonId};
use crate::lines::us_time;
use crate::provenance::Provenance;
use crate::reading::{Reader, Reading, row};
use crate::row::{Block, Row};
use crate::{Artefact, Fact, Source, Value, View};

/// What `klist tgt` prints. The session key is not part of it: Windows prints zeros in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KlistTgt {
    /// The logon session the command ran in.
    pub logon_id: LogonId,
    /// The client's name, without its realm.
    pub client: String,
    /// The realm that issued the ticket.
    pub domain: String,
    /// The realm it is for.
    pub target_domain: String,
    /// The ticket flags of RFC 4120 section 5.3, most significant bit first.
    pub flags: u32,
    /// The encryption type of the session key.
    pub session_etype: i32,
    /// The octets of the session key, as a number alone.
    pub session_key_len: usize,
    /// When it begins.
    pub start: DateTime,
    /// When it ends.
    pub end: DateTime,
    /// Until when it can be renewed; `None` prints as `0`.
    pub renew: Option<DateTime>,
    /// The DER of the ticket.
    pub ticket: Vec<u8>,
}

impl View for KlistTgt {
    const ARTEFACT: Artefact = Artefact::KlistTgt;
    const BLOCKS: &'static [Block] = &[Block::untitled(&[
        Row::text("ClientName"),
        Row::text("DomainName"),
        Row::text("TargetDomainName"),
        Row::text("Ticket Flags"),
        Row::text("Session Key"),
        Row::text("EndTime"),
    ])];
    const PROVENANCE: &'static [Provenance] = &[Provenance::public(
        "*",
        "Microsoft Learn, \"klist\": the names of the rows; their layout from public outputs",
    )];

    fn render(&self) -> String {
        let local = |time| format!("{} (local)", us_time(time));
        let flags = KlistTicket::flag_words(self.flags).collect::<Vec<_>>().join(" ");
        let zeros = vec!["00"; self.session_key_len].join(" ");
        let rows = [
            ("ServiceName", "krbtgt".to_owned()),
            ("TargetName (SPN)", "krbtgt".to_owned()),
            ("ClientName", self.client.clone()),
            ("DomainName", self.domain.clone()),
            ("TargetDomainName", self.target_domain.clone()),
            ("AltTargetDomainName", self.target_domain.clone()),
            ("Ticket Flags", format!("{:#x} -> {flags}", self.flags)),
            (
                "Session Key",
                format!(
                    "KeyType {:#x} - {}",
                    self.session_etype,
                    EtypeName(self.session_etype)
                ),
            ),
            ("", format!("KeyLength {} - {zeros}", self.session_key_len)),
            ("StartTime", local(self.start)),
            ("EndTime", local(self.end)),
            ("RenewUntil", self.renew.map_or_else(|| "0".to_owned(), local)),
            ("TimeSkew", " + 0:00 minute(s)".to_owned()),
            ("EncodedTicket", format!("(size: {})", self.ticket.len())),
        ];
        let mut text = format!("{}\n\n{HEADING}\n\n", self.logon_id.line());
        for (key, value) in rows {
            text.push_str(format!("{key:<19}: {value}").trim_end());
            text.push('\n');
        }
        text + &dump(&self.ticket)
    }

    fn read(text: &str) -> Reading {
        let mut reader = Reader::new(Self::ARTEFACT, text);
        LogonId::frame(&mut reader);
        let mut block = None;
        let (mut headed, mut wanted, mut dumped) = (false, None, 0);
        for (at, line) in reader.lines() {
            if line == HEADING {
                reader.frame(at);
                headed = true;
                block = Some(reader.open("", at));
                continue;
            }
            if wanted.is_some()
                && let Some(octets) = dump_line(line)
            {
                reader.frame(at);
                dumped += octets;
                continue;
            }
            let length = line.strip_prefix(':').map(|rest| ("KeyLength", rest.trim()));
            let Some((key, value)) = length.or_else(|| row(line)).filter(|(key, _)| KEYS.contains(key))
            else {
                continue;
            };
            let block = *block.get_or_insert_with(|| reader.open("", at));
            let value = match key {
                "Ticket Flags" => value.split(' ').next().unwrap_or_default(),
                "Session Key" => value.split_once(" - ").map_or(value, |(_, name)| name),
                "EndTime" => value.strip_suffix(" (local)").unwrap_or(value),
                "EncodedTicket" => {
                    let size = value
                        .strip_prefix("(size: ")
                        .and_then(|size| size.strip_suffix(')'));
                    wanted = size.and_then(|size| size.parse::<usize>().ok());
                    value
                }
                _ => value,
            };
            reader.says(block, at, key, value);
        }
        match block {
            Some(block) => {
                let rows = KEYS.iter().all(|key| reader.has(block, key));
                let whole = headed && rows && wanted == Some(dumped);
                reader.close(block, whole, "rows, or octets of the ticket");
            }
            None => reader.gap(0, format!("{HEADING:?}")),
        }
        reader.finish()
    }

    fn facts(&self, source: &Source) -> Vec<Fact> {
        let fact = |key: &str, value: String| Fact::new(Self::ARTEFACT, source, key, Value::Known(value));
        vec![
            fact("ClientName", self.client.clone()),
            fact("DomainName", self.domain.clone()),
            fact("TargetDomainName", self.target_domain.clone()),
            fact("Ticket Flags", format!("{:#x}", self.flags)),
            fact("Session Key", EtypeName(self.session_etype).to_string()),
            fact("EndTime", us_time(self.end)),
        ]
    }
}

/// Sixteen octets a line: offset, octets with a colon in the middle, characters.
fn dump(octets: &[u8]) -> String {
    let line = |(index, octets): (usize, &[u8])| {
        let mut hex = String::new();
        for (place, octet) in octets.iter().enumerate() {
            match place {
                0 => {}
                8 => hex.push(':'),
                _ => hex.push(' '),
            }
            hex.push_str(&format!("{octet:02x}"));
        }
        let shown = |octet: &u8| match octet {
            0x20..=0x7e => char::from(*octet),
            _ => '.',
        };
        let characters: String = octets.iter().map(shown).collect();
        format!("{:04x}  {hex:<47}  {}", index * 16, characters)
            .trim_end()
            .to_owned()
            + "\n"
    };
    octets.chunks(16).enumerate().map(line).collect()
}

/// How many octets a line of [`dump`] shows: groups of two digits after the offset, sixteen at most.
fn dump_line(line: &str) -> Option<usize> {
    let (offset, rest) = line.split_once("  ")?;
    let is_offset = offset.len() >= 4 && offset.bytes().all(|digit| digit.is_ascii_hexdigit());
    let shown = rest.split("  ").next().unwrap_or_default();
    let octets = shown.split([' ', ':']).take(16);
    let octet = |text: &&str| text.len() == 2 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    let count = octets.take_while(octet).count();
    (is_offset && count > 0).then_some(count)
}

const HEADING: &str = "Cached TGT:";
/// Every row, the length of the key among them.
const KEYS: [&str; 14] = [
    "ServiceName",
    "TargetName (SPN)",
    "ClientName",
    "DomainName",
    "TargetDomainName",
    "AltTargetDomainName",
    "Ticket Flags",
    "Session Key",
    "KeyLength",
    "StartTime",
    "EndTime",
    "RenewUntil",
    "TimeSkew",
    "EncodedTicket",
];
