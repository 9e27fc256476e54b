//! A run told in words: the story, what happened in chapters, why, and what the device shows now.

mod action;
mod client;

use std::fmt::Write as _;

use client_sim::DeviceState;
use evidence::Outcome;
use kerberos::Timestamp;
use scenarios::language::{Doing, Moment, Scenario};
use scenarios::trace::{Entry, Event, EventKind, Fate, Message};
use scenarios::world::{HostId, Protocol, Role, World};

use crate::decode::{Keyring, tree};
use client::Chapter;

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// What matters for the story.
    Story,
    /// Every message and every decision.
    Messages,
    /// Every field of every message.
    Fields,
}

impl Level {
    /// From the number of `-v`.
    pub(crate) const fn of(verbose: u8) -> Self {
        match verbose {
            0 => Self::Story,
            1 => Self::Messages,
            _ => Self::Fields,
        }
    }
}

/// The story of a scenario, before anything happens.
pub(crate) fn opening(scenario: &Scenario, seed: u64) -> String {
    let mut text = format!(
        "trustlab run · {} · seed {seed} · virtual time, nothing leaves this machine\n\n",
        scenario.name
    );
    if !scenario.story.is_empty() {
        text.push_str(scenario.story.trim());
        text.push_str("\n\n");
    }
    text
}

/// What happened in a world, from the entry `from` on.
pub(crate) fn happenings(world: &World, from: u64, level: Level, keys: &mut Keyring) -> String {
    let mut teller = Teller {
        world,
        level,
        keys,
        text: String::new(),
        chapter: None,
        number: 0,
        why_begun: false,
        day: None,
    };
    for entry in world.trace().entries().filter(|entry| entry.seq().0 >= from) {
        match entry {
            Entry::Message(message) => teller.message(message),
            Entry::Event(event) => teller.event(event),
        }
    }
    teller.text
}

struct Teller<'a> {
    world: &'a World,
    level: Level,
    keys: &'a mut Keyring,
    text: String,
    chapter: Option<Chapter>,
    number: u32,
    why_begun: bool,
    day: Option<i64>,
}

impl Teller<'_> {
    fn event(&mut self, event: &Event) {
        match &event.kind {
            EventKind::Device(device) => {
                if let Some((chapter, sentence)) = client::sentence(device) {
                    self.day_of(event.time);
                    self.enter(chapter);
                    self.line(event.time, event.actor, &sentence);
                }
            }
            EventKind::Connector(done) => {
                self.line(event.time, event.actor, &done.to_string());
            }
            EventKind::Action(action) => {
                let Some(told) = action::sentence(action, self.level) else {
                    return;
                };
                self.close();
                self.day_of(event.time);
                let _ = writeln!(self.text, "  {}  CHANGE  {}", clock(event.time), told);
            }
            EventKind::Console(output) => self.text.push_str(&action::printed(output)),
            EventKind::Step { name } if self.level > Level::Story => {
                self.close();
                let _ = writeln!(self.text, "step {name}");
            }
            EventKind::Step { .. } => {}
            kind => self.decision(event.actor, kind),
        }
    }

    fn decision(&mut self, actor: Option<HostId>, kind: &EventKind) {
        let (Some((rule, outcome)), Some(why)) = (kind.decision(), kind.why()) else {
            return;
        };
        let refused = outcome == Outcome::Refused;
        let told = refused || TOLD.iter().any(|prefix| rule.id.starts_with(prefix));
        if !told && self.level == Level::Story {
            return;
        }
        let label = match (refused, self.why_begun) {
            (true, _) => "REFUSED",
            (false, true) => "",
            (false, false) => "why",
        };
        self.why_begun = true;
        let said = format!("{}: {why}", self.name(actor));
        let _ = writeln!(self.text, "  {label:>12}  {said}  [{}]", rule.id);
    }

    fn message(&mut self, message: &Message) {
        if self.level == Level::Story {
            return self.lost(message);
        }
        self.day_of(message.time);
        let (from, to) = (self.name(Some(message.from)), self.name(Some(message.to)));
        let fate = match &message.fate {
            Fate::Delivered => String::new(),
            Fate::Rewritten(rule) => format!(", rewritten by {rule}"),
            Fate::Dropped(rule) => format!(", dropped by {rule}"),
            Fate::Refused(_) => ", refused: nobody listens".to_owned(),
            Fate::Unreachable => ", lost: there is no way".to_owned(),
        };
        let _ = writeln!(
            self.text,
            "  {}  {from} → {to}  {} {}, {} octets{fate}",
            clock(message.time),
            protocol(message.protocol),
            message.destination.port(),
            message.octets.len()
        );
        if self.level == Level::Fields {
            self.fields(message);
        }
        self.why_begun = false;
    }

    /// In the short form only what did not arrive is worth a line.
    fn lost(&mut self, message: &Message) {
        self.why_begun = false;
        let (Fate::Dropped(rule) | Fate::Rewritten(rule)) = &message.fate else {
            return;
        };
        let line = format!(
            "a {} packet to {} met the rule {rule}",
            protocol(message.protocol),
            self.name(Some(message.to))
        );
        self.line(message.time, Some(message.from), &line);
    }

    fn fields(&mut self, message: &Message) {
        let shown = match message.protocol {
            Protocol::Https => String::from_utf8_lossy(&message.octets).into_owned(),
            Protocol::Dns => return,
            Protocol::Udp | Protocol::Tcp => match tree(&message.octets, self.keys) {
                Ok(tree) => tree.to_string(),
                Err(_) => return,
            },
        };
        for line in shown.lines() {
            let _ = writeln!(self.text, "      {line}");
        }
    }

    /// Says that another day has begun: the lines have times of day only.
    fn day_of(&mut self, time: Timestamp) {
        let day = time.unix_micros().div_euclid(DAY_MICROS);
        let before = self.day.replace(day);
        if before.is_none_or(|before| before == day) {
            return;
        }
        let Ok(moment) = jiff::Timestamp::from_microsecond(time.unix_micros()) else {
            return;
        };
        self.chapter = None;
        let _ = writeln!(self.text, "\n  {}", moment.strftime("%A, %-d %B %Y"));
    }

    fn enter(&mut self, chapter: Chapter) {
        if self.chapter == Some(chapter) {
            return;
        }
        if self.number > 0 {
            self.text.push('\n');
        }
        self.number += 1;
        self.chapter = Some(chapter);
        let heading = match chapter {
            Chapter::SignIn => "SIGN-IN    the device and Entra, HTTPS",
            Chapter::Exchange => "EXCHANGE   the device and a domain controller, Kerberos",
            Chapter::Access => "ACCESS     the device, a domain controller and a file server",
        };
        let _ = writeln!(self.text, "{} {heading}", self.number);
    }

    fn close(&mut self) {
        if self.chapter.take().is_some() {
            self.text.push('\n');
        }
    }

    fn line(&mut self, time: Timestamp, actor: Option<HostId>, sentence: &str) {
        self.why_begun = false;
        let _ = writeln!(
            self.text,
            "  {}  {:<6}  {}",
            clock(time),
            self.name(actor),
            folded(sentence)
        );
    }

    fn name(&self, actor: Option<HostId>) -> String {
        actor.map_or_else(
            || "ADMIN".to_owned(),
            |id| self.world.topology().host(id).name.to_string(),
        )
    }
}

/// A sentence of which no line is much wider than a terminal; what does not fit stands below, indented.
fn folded(sentence: &str) -> String {
    const INDENT: usize = 24;
    const MOST: usize = 140 - INDENT;
    const WIDTH: usize = 110 - INDENT;
    let mut text = String::with_capacity(sentence.len());
    for (number, line) in sentence.lines().enumerate() {
        if number > 0 {
            text.push('\n');
        }
        if line.chars().count() <= MOST {
            text.push_str(line);
            continue;
        }
        let mut column = 0;
        for word in line.split_inclusive(' ') {
            let width = word.chars().count();
            if column > 0 && column + width > WIDTH {
                text.truncate(text.trim_end().len());
                let _ = write!(text, "\n{:INDENT$}", "");
                column = 0;
            }
            text.push_str(word);
            column += width;
        }
    }
    text
}

/// Rules whose decisions belong to the story even when they pass.
const TOLD: [&str; 4] = ["PRT-AD-", "TGS-RODC-", "TGS-PAC-REBUILT", "SHARE-ACCESS"];

/// What a device shows its user's helper at the end.
pub(crate) fn shown_now(world: &World, host: HostId, upn: &str) -> Option<String> {
    let Role::Device(_) = world.topology().host(host).role else {
        return None;
    };
    let device = world.device(host)?;
    let name = world.topology().host(host).name.to_uppercase();
    let now = world.clock_of(host);
    let sso = device.sso_state(upn, now);
    let flag = |flag: bool| if flag { "YES" } else { "NO" };
    let mut text = format!("WHAT {name} SHOWS NOW\n");
    let _ = write!(
        text,
        "  dsregcmd /status    AzureAdPrt : {}",
        flag(sso.prt.is_some())
    );
    // old versions of Windows have no such rows
    if let Some(tickets) = &sso.cloud_kerberos {
        let (on_prem, cloud) = (flag(tickets.on_prem_tgt), flag(tickets.cloud_tgt));
        let _ = write!(text, "    OnPremTgt : {on_prem}    CloudTgt : {cloud}");
    }
    text.push('\n');
    if let Some(session) = device.session_of(upn).map(|session| session.id) {
        if let Some(view) = device.cloud_debug(session) {
            let _ = writeln!(
                text,
                "  klist cloud_debug   Cloud Primary (Hybrid logon) TGT available: {}",
                u8::from(view.cloud_primary_tgt)
            );
        }
        let _ = writeln!(text, "  klist               {}", tickets(device, session, now));
    }
    Some(text)
}

fn tickets(device: &DeviceState, session: evidence::klist::LogonId, now: Timestamp) -> String {
    let shown = device.klist(session, now).unwrap_or_default();
    if shown.tickets.is_empty() {
        return "no ticket".to_owned();
    }
    shown
        .tickets
        .iter()
        .rev()
        .map(|ticket| ticket.server.name.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}

fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Dns => "DNS",
        Protocol::Udp => "UDP",
        Protocol::Tcp => "TCP",
        Protocol::Https => "HTTPS",
    }
}

const DAY_MICROS: i64 = 86_400_000_000;

/// `08:00:00.118`, in UTC.
fn clock(time: Timestamp) -> String {
    let day_micros = time.unix_micros().rem_euclid(DAY_MICROS);
    let (seconds, millis) = (day_micros / 1_000_000, day_micros / 1_000 % 1_000);
    format!(
        "{:02}:{:02}:{:02}.{millis:03}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// `2 min 10 s`.
pub(crate) fn lab_time(duration: std::time::Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest} s"),
        (0, _) => format!("{minutes} min {rest} s"),
        _ => format!("{hours} h {minutes} min"),
    }
}

/// The device that a scenario is about, and who signed in there last: the device of which something is expected at the end,
/// else that of the last sign-in.
pub(crate) fn protagonist(scenario: &Scenario, world: &World, fixed: bool) -> Option<(HostId, String)> {
    let lab = &scenario.lab;
    let mended = scenario.fix.iter().chain(&scenario.retry).filter(|_| fixed);
    let sign_ins: Vec<(HostId, &str)> = scenario
        .steps
        .iter()
        .chain(mended)
        .filter_map(|step| match &step.doing {
            Doing::SignIn { device, user, .. } => Some((
                world.topology().find(device)?,
                lab.users.get(&**user)?.upn.as_str(),
            )),
            _ => None,
        })
        .collect();
    let moment = if fixed { Moment::Fixed } else { Moment::End };
    let expected = scenario
        .expectations
        .iter()
        .filter(|expectation| expectation.at == moment)
        .filter_map(|expectation| world.topology().find(expectation.host.as_deref()?))
        .find(|host| sign_ins.iter().any(|(device, _)| device == host));
    let host = expected.or_else(|| sign_ins.last().map(|(device, _)| *device))?;
    let session = world.device(host).and_then(|device| device.sessions.last());
    let upn = match session {
        Some(session) => session.upn.to_string(),
        None => (sign_ins.iter().rev().find(|(device, _)| *device == host)?.1).to_owned(),
    };
    Some((host, upn))
}
