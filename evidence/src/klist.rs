//! `klist`: the ticket cache of a logon session.

pub mod bind;
pub mod get;
pub mod purge;
pub mod sessions;
pub mod tgt;

use core::fmt;

use jiff::civil::DateTime;

use crate::lines::{Lines, hex, read_us_time, us_time};
use crate::provenance::Provenance;
use crate::row::{Block, Row};
use crate::{Artefact, Fact, ReadError, Source, Value, View};

/// What `klist` prints: the session and its tickets, newest first as the cache gives them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KlistTickets {
    /// The logon session the command ran in.
    pub logon_id: LogonId,
    /// The tickets, in the order of their numbers.
    pub tickets: Vec<KlistTicket>,
}

/// One ticket of the cache. Times are in the zone of the machine that printed them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KlistTicket {
    /// The client's name and realm.
    pub client: NameAtRealm,
    /// The server's name and realm.
    pub server: NameAtRealm,
    /// The encryption type of the ticket part, by its number; -1 for the cloud TGT.
    pub ticket_etype: i32,
    /// The ticket flags of RFC 4120 section 5.3, most significant bit first.
    pub flags: u32,
    /// When it begins.
    pub start: DateTime,
    /// When it ends.
    pub end: DateTime,
    /// Until when it can be renewed; `None` prints as `0`.
    pub renew: Option<DateTime>,
    /// The encryption type of the session key.
    pub session_etype: i32,
    /// How the cache holds it.
    pub cache_flags: u32,
    /// The KDC that issued it, or `TicketSuppliedAtLogon`.
    pub kdc_called: String,
}

/// `alice @ CORP.EXAMPLE`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NameAtRealm {
    /// The name, components joined by `/`.
    pub name: String,
    /// The realm.
    pub realm: String,
}

impl NameAtRealm {
    /// `name @ realm`.
    pub fn new(name: impl Into<String>, realm: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            realm: realm.into(),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (name, realm) = text.rsplit_once(" @ ")?;
        Some(Self::new(name.trim(), realm.trim()))
    }
}

impl fmt::Display for NameAtRealm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} @ {}", self.name, self.realm)
    }
}

/// The LUID of a logon session: `0:0x3e4a5`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogonId {
    /// The upper 32 bits, nearly always 0.
    pub high: u32,
    /// The lower 32 bits.
    pub low: u32,
}

impl LogonId {
    /// What is printed about the session `target` by the tool that runs in this one: with `-li` or `-lh` a second line
    /// names whose tickets are meant. `text` is what the tool prints in the session `target` itself.
    #[must_use]
    pub fn targeting(self, target: Self, text: &str) -> String {
        let rest = text.strip_prefix(&target.line()).unwrap_or(text);
        format!("{}\n{TARGETED}{target}{rest}", self.line())
    }

    pub(crate) fn line(self) -> String {
        format!("{CURRENT}{self}")
    }

    pub(crate) fn find(lines: &mut Lines<'_>) -> Result<Self, ReadError> {
        let named = |line: &str, start| Self::parse(line.strip_prefix(start)?);
        let current = lines.find("\"Current LogonId is HIGH:0xLOW\"", |line| named(line, CURRENT))?;
        let targeted = lines.peek().and_then(|line| named(line, TARGETED));
        if targeted.is_some() {
            lines.next();
        }
        Ok(targeted.unwrap_or(current))
    }

    fn parse(text: &str) -> Option<Self> {
        let (high, low) = text.split_once(':')?;
        Some(Self {
            high: hex(high)?,
            low: hex(low)?,
        })
    }
}

/// `0:0x3e7`, `0x1:0x3ab991d8`.
impl fmt::Display for LogonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.high {
            0 => write!(f, "0:{:#x}", self.low),
            high => write!(f, "{high:#x}:{:#x}", self.low),
        }
    }
}

const CURRENT: &str = "Current LogonId is ";
const TARGETED: &str = "Targeted LogonId is ";

impl KlistTicket {
    /// The name of the ticket flags, in Windows' words, high bit first.
    pub fn flag_words(flags: u32) -> impl Iterator<Item = &'static str> {
        FLAG_WORDS
            .into_iter()
            .filter(move |(bit, _)| flags & bit != 0)
            .map(|(_, word)| word)
    }

    fn render(&self, index: usize) -> String {
        let flag_words = Self::flag_words(self.flags).collect::<Vec<_>>().join(" ");
        let local = |time| format!("{} (local)", us_time(time));
        let rows = [
            format!("#{index}>     Client: {}", self.client),
            format!("        Server: {}", self.server),
            format!(
                "        KerbTicket Encryption Type: {}",
                EtypeName(self.ticket_etype)
            ),
            format!("        Ticket Flags {:#x} -> {flag_words}", self.flags),
            format!("        Start Time: {}", local(self.start)),
            format!("        End Time:   {}", local(self.end)),
            format!(
                "        Renew Time: {}",
                self.renew.map_or_else(|| "0".to_owned(), local)
            ),
            format!("        Session Key Type: {}", EtypeName(self.session_etype)),
            format!("        Cache Flags: {}", cache_flags(self.cache_flags)),
            format!("        Kdc Called: {}", self.kdc_called),
        ];
        rows.map(|row| row.trim_end().to_owned() + "\n").concat()
    }

    fn read(lines: &mut Lines<'_>) -> Result<Self, ReadError> {
        let client = lines.next().and_then(|line| {
            let (_, client) = line.strip_prefix('#')?.split_once("Client:")?;
            NameAtRealm::parse(client)
        });
        Ok(Self {
            client: client.ok_or_else(|| lines.error("\"#N>     Client: name @ REALM\""))?,
            server: lines.parsed("Server", "name @ REALM", NameAtRealm::parse)?,
            ticket_etype: lines.parsed("KerbTicket Encryption Type", ETYPE, EtypeName::parse)?,
            flags: lines
                .next()
                .and_then(|line| hex(line.strip_prefix("Ticket Flags ")?.split(' ').next()?))
                .ok_or_else(|| lines.error("\"Ticket Flags 0x… -> …\""))?,
            start: lines.parsed("Start Time", TIME, local_time)?,
            end: lines.parsed("End Time", TIME, local_time)?,
            renew: lines.parsed("Renew Time", "0 or a time", |text| {
                if text == "0" {
                    Some(None)
                } else {
                    local_time(text).map(Some)
                }
            })?,
            session_etype: lines.parsed("Session Key Type", ETYPE, EtypeName::parse)?,
            cache_flags: lines.parsed("Cache Flags", "a number", |text| hex(text.split(' ').next()?))?,
            kdc_called: lines.value("Kdc Called")?.to_owned(),
        })
    }
}

impl View for KlistTickets {
    const ARTEFACT: Artefact = Artefact::Klist;
    const BLOCKS: &'static [Block] = &[Block::untitled(&[
        Row::number("tickets"),
        Row::text("ticket *"),
        Row::text("kdc called *"),
        Row::text("cache flags *"),
    ])];
    const PROVENANCE: &'static [Provenance] = &[
        Provenance::lab_default(
            "cache flags *",
            "0x400 is public, and that it has no word; PRIMARY and the other words are not",
        ),
        Provenance::lab_default(
            "ticket krbtgt/*",
            "no public output shows a TGT got for a partial one; the lab's has no initial and no pre_authent",
        ),
        Provenance::public("*", "public outputs of Windows 10 and 11"),
    ];

    fn render(&self) -> String {
        format!("{}\n\n{}", self.logon_id.line(), self.render_tickets())
    }

    fn read(text: &str) -> Result<Self, ReadError> {
        let mut lines = Lines::new(text);
        let logon_id = LogonId::find(&mut lines)?;
        Ok(Self {
            logon_id,
            tickets: Self::read_tickets(&mut lines)?,
        })
    }

    /// `tickets`: how many; and for each server that has a ticket, `ticket SERVER @ REALM`: its flags, `kdc called …`, and
    /// `cache flags …`.
    fn facts(&self, source: &Source) -> Vec<Fact> {
        let known = |key: String, value: String| Fact::new(Self::ARTEFACT, source, key, Value::Known(value));
        let mut facts = vec![known("tickets".into(), self.tickets.len().to_string())];
        for ticket in &self.tickets {
            facts.push(known(
                format!("ticket {}", ticket.server),
                format!("{:#x}", ticket.flags),
            ));
            facts.push(known(
                format!("kdc called {}", ticket.server),
                ticket.kdc_called.clone(),
            ));
            facts.push(known(
                format!("cache flags {}", ticket.server),
                cache_flags(ticket.cache_flags),
            ));
        }
        facts
    }
}

impl KlistTickets {
    fn render_tickets(&self) -> String {
        let mut text = format!("Cached Tickets: ({})\n", self.tickets.len());
        for (index, ticket) in self.tickets.iter().enumerate() {
            text.push('\n');
            text.push_str(&ticket.render(index));
        }
        text
    }

    fn read_tickets(lines: &mut Lines<'_>) -> Result<Vec<KlistTicket>, ReadError> {
        let count: usize = lines.find("\"Cached Tickets: (N)\"", |line| {
            line.strip_prefix("Cached Tickets: (")?
                .strip_suffix(')')?
                .parse()
                .ok()
        })?;
        let mut tickets = Vec::new();
        while lines.peek().is_some_and(|line| line.starts_with('#')) {
            tickets.push(KlistTicket::read(lines)?);
        }
        if tickets.len() != count {
            lines.next();
            return Err(lines.error(&format!("{count} tickets, of which {} were there", tickets.len())));
        }
        Ok(tickets)
    }
}

/// An encryption type as klist spells it.
struct EtypeName(i32);

impl EtypeName {
    fn parse(text: &str) -> Option<i32> {
        if let Some((number, _)) = ETYPE_NAMES.iter().find(|(_, name)| *name == text) {
            return Some(*number);
        }
        text.strip_prefix("Unknown (")?.strip_suffix(')')?.parse().ok()
    }
}

impl fmt::Display for EtypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match ETYPE_NAMES.iter().find(|(number, _)| *number == self.0) {
            Some((_, name)) => f.write_str(name),
            None => write!(f, "Unknown ({})", self.0),
        }
    }
}

fn cache_flags(flags: u32) -> String {
    match flags {
        0 => "0".to_owned(),
        0x1 => "0x1 -> PRIMARY".to_owned(),
        0x2 => "0x2 -> DELEGATION".to_owned(),
        0x40 => "0x40 -> FAST".to_owned(),
        // a word for what has none: Windows repeats the number
        other => format!("{other:#x} -> {other:#x}"),
    }
}

fn local_time(text: &str) -> Option<DateTime> {
    read_us_time(text.strip_suffix(" (local)")?)
}

const ETYPE: &str = "an encryption type";
const TIME: &str = "a time such as 11/23/2026 9:00:00 (local)";

const ETYPE_NAMES: [(i32, &str); 3] = [
    (17, "AES-128-CTS-HMAC-SHA1-96"),
    (18, "AES-256-CTS-HMAC-SHA1-96"),
    (23, "RSADSI RC4-HMAC(NT)"),
];

const FLAG_WORDS: [(u32, &str); 14] = [
    (0x4000_0000, "forwardable"),
    (0x2000_0000, "forwarded"),
    (0x1000_0000, "proxiable"),
    (0x0800_0000, "proxy"),
    (0x0400_0000, "may_postdate"),
    (0x0200_0000, "postdated"),
    (0x0100_0000, "invalid"),
    (0x0080_0000, "renewable"),
    (0x0040_0000, "initial"),
    (0x0020_0000, "pre_authent"),
    (0x0010_0000, "hw_authent"),
    (0x0008_0000, "transited_policy_checked"),
    (0x0004_0000, "ok_as_delegate"),
    (0x0001_0000, "name_canonicalize"),
];
