//! `klist tgt`: the first TGT of a logon session, with the ticket itself.

use jiff::civil::DateTime;

use super::{ETYPE, EtypeName, KlistTicket, LogonId, TIME, local_time};
use crate::lines::{Lines, hex, us_time};
use crate::provenance::Provenance;
use crate::row::{Block, Row};
use crate::{Artefact, Fact, ReadError, Source, Value, View};

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
        let mut text = format!("{}\n\nCached TGT:\n\n", self.logon_id.line());
        for (key, value) in rows {
            text.push_str(format!("{key:<19}: {value}").trim_end());
            text.push('\n');
        }
        text + &dump(&self.ticket)
    }

    fn read(text: &str) -> Result<Self, ReadError> {
        let mut lines = Lines::new(text);
        let logon_id = LogonId::find(&mut lines)?;
        lines.find("\"Cached TGT:\"", |line| (line == "Cached TGT:").then_some(()))?;
        lines.value("ServiceName")?;
        lines.value("TargetName (SPN)")?;
        let client = lines.value("ClientName")?.to_owned();
        let domain = lines.value("DomainName")?.to_owned();
        let target_domain = lines.value("TargetDomainName")?.to_owned();
        lines.value("AltTargetDomainName")?;
        let flags = lines.parsed("Ticket Flags", "0x… -> …", |text| {
            hex(text.split(' ').next()?)
        })?;
        let session_etype = lines.parsed("Session Key", ETYPE, |text| {
            EtypeName::parse(text.split_once(" - ")?.1)
        })?;
        let session_key_len = lines.parsed("", "KeyLength N - …", |text| {
            text.strip_prefix("KeyLength ")?.split(' ').next()?.parse().ok()
        })?;
        let start = lines.parsed("StartTime", TIME, local_time)?;
        let end = lines.parsed("EndTime", TIME, local_time)?;
        let renew = lines.parsed("RenewUntil", "0 or a time", |text| match text {
            "0" => Some(None),
            text => local_time(text).map(Some),
        })?;
        lines.value("TimeSkew")?;
        let size: usize = lines.parsed("EncodedTicket", "(size: N)", |text| {
            text.strip_prefix("(size: ")?.strip_suffix(')')?.parse().ok()
        })?;
        Ok(Self {
            logon_id,
            client,
            domain,
            target_domain,
            flags,
            session_etype,
            session_key_len,
            start,
            end,
            renew,
            ticket: read_dump(&mut lines, size)?,
        })
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

fn read_dump(lines: &mut Lines<'_>, size: usize) -> Result<Vec<u8>, ReadError> {
    let mut octets = Vec::new();
    while octets.len() < size {
        let wanted = (size - octets.len()).min(16);
        let line = lines.next().and_then(|line| {
            let hex = line.split_once("  ")?.1;
            let hex: String = hex.chars().take(wanted * 3 - 1).collect();
            let numbers = hex.split([' ', ':']);
            numbers.map(|octet| u8::from_str_radix(octet, 16).ok()).collect()
        });
        let line: Vec<u8> = line.ok_or_else(|| lines.error("octets in hexadecimal"))?;
        if line.len() != wanted {
            return Err(lines.error(&format!("{wanted} octets")));
        }
        octets.extend(line);
    }
    Ok(octets)
}
