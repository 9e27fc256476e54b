//! `klist`: the ticket cache of a logon session.

pub mod bind;
pub mod get;
pub mod purge;
pub mod sessions;
pub mod tgt;

use core::fmt;

use jiff::civil::DateTime;

use crate::lines::{hex, us_time};
use crate::provenance::Provenance;
use crate::reading::{Reader, Reading, row};
use crate::row::{Block, Row};
use crate::{Artefact, Fact, Source, Value, View};

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

    /// The lines that name the session are understood.
    pub(crate) fn frame(reader: &mut Reader<'_>) {
        for (at, line) in reader.lines() {
            let id = line.strip_prefix(CURRENT).or_else(|| line.strip_prefix(TARGETED));
            if id.and_then(Self::parse).is_some() {
                reader.frame(at);
            }
        }
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

    fn read(text: &str) -> Reading {
        let mut reader = Reader::new(Self::ARTEFACT, text);
        LogonId::frame(&mut reader);
        read_tickets(&mut reader);
        reader.finish()
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
}

/// Reads the list of tickets: how many there are, and each in a block of its own.
fn read_tickets(reader: &mut Reader<'_>) {
    let mut list = None;
    let mut count = None;
    let mut ticket: Option<Ticket> = None;
    let mut whole = 0;
    for (at, line) in reader.lines() {
        let tickets = line
            .strip_prefix("Cached Tickets: (")
            .and_then(|rest| rest.strip_suffix(')'));
        if let Some(number) = tickets {
            let block = *list.get_or_insert_with(|| reader.open("", at));
            reader.says(block, at, "tickets", number);
            count = number.parse::<usize>().ok();
            continue;
        }
        let client = line.strip_prefix('#').and_then(|rest| rest.split_once('>'));
        if let Some((number, rest)) = client
            && let Some(("Client", client)) = row(rest)
        {
            whole += usize::from(ticket.take().is_some_and(|ticket| ticket.close(reader)));
            let list = *list.get_or_insert_with(|| reader.open("", at));
            let block = reader.open(format!("#{number}"), at);
            reader.says(block, at, "Client", client);
            ticket = Some(Ticket {
                list,
                block,
                server: None,
                rows: 1,
            });
            continue;
        }
        if let Some(ticket) = &mut ticket {
            ticket.read(reader, at, line);
        }
    }
    whole += usize::from(ticket.take().is_some_and(|ticket| ticket.close(reader)));
    match list {
        Some(list) => {
            let missing = count.map_or(0, |count| count.saturating_sub(whole));
            reader.close(
                list,
                count == Some(whole),
                &format!("{missing} of the tickets, or a part of them"),
            );
        }
        None => reader.gap(0, "\"Cached Tickets: (N)\""),
    }
}

/// A ticket that is being read.
struct Ticket {
    /// The block of the list, in which the artefact's rows stand.
    list: usize,
    /// That of the ticket, in which the tool's rows stand.
    block: usize,
    /// `krbtgt/REALM @ REALM`
    server: Option<String>,
    rows: usize,
}

impl Ticket {
    const ROWS: usize = 10;

    fn read(&mut self, reader: &mut Reader<'_>, at: usize, line: &str) {
        let about = |what: &str, server: &Option<String>| match server {
            Some(server) => format!("{what} {server}"),
            // which ticket it is of, nobody can say
            None => what.to_owned(),
        };
        if let Some(flags) = line.strip_prefix("Ticket Flags ") {
            let number = flags.split(' ').next().unwrap_or_default();
            reader.says(self.list, at, about("ticket", &self.server), number);
        } else {
            match row(line) {
                Some(("Server", server)) => {
                    let server =
                        NameAtRealm::parse(server).map_or_else(|| server.to_owned(), |name| name.to_string());
                    reader.says(self.block, at, "Server", &server);
                    self.server = Some(server);
                }
                Some(("Cache Flags", flags)) => {
                    reader.says(self.list, at, about("cache flags", &self.server), flags);
                }
                Some(("Kdc Called", kdc)) => {
                    reader.says(self.list, at, about("kdc called", &self.server), kdc);
                }
                Some((key, value)) if TICKET_ROWS.contains(&key) => reader.says(self.block, at, key, value),
                _ => return,
            }
        }
        self.rows += 1;
    }

    /// Ends the ticket: whether all of it was there.
    fn close(self, reader: &mut Reader<'_>) -> bool {
        let is_whole = self.rows == Self::ROWS && self.server.is_some();
        reader.close(self.block, is_whole, "rows of a ticket");
        is_whole
    }
}

const TICKET_ROWS: [&str; 5] = [
    "KerbTicket Encryption Type",
    "Start Time",
    "End Time",
    "Renew Time",
    "Session Key Type",
];

/// An encryption type as klist spells it.
struct EtypeName(i32);

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
