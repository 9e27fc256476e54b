//! A run told in words: the story, what happened in chapters, why, and what the device shows now.

mod action;
mod client;
mod http;
mod token;

use std::fmt::{Display, Write as _};

use client_sim::{Act, ClientEvent, DeviceState};
use evidence::{Outcome, Rule};
use kerberos::Timestamp;
use scenarios::language::{Moment, Scenario, StepKind};
use scenarios::trace::{Entry, Event, EventKind, Fate, Message};
use scenarios::world::{HostId, Protocol, Role, Topology, World};

use super::export;
use crate::decode::{Keyring, tree};
use crate::layout::{Layout, Width};
use client::Chapter;

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// What matters for the story.
    Story,
    /// Every message and every decision.
    Messages,
    /// Every field of every message, long tokens by their ends.
    Fields,
    /// Every field in full.
    Whole,
}

impl Level {
    /// From the number of `-v`.
    pub(crate) const fn of(verbose: u8) -> Self {
        match verbose {
            0 => Self::Story,
            1 => Self::Messages,
            2 => Self::Fields,
            _ => Self::Whole,
        }
    }
}

/// How a run is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    /// How much of it.
    pub(crate) level: Level,
    /// How wide its lines are.
    pub(crate) width: Width,
}

/// The story of a scenario, before anything happens.
pub(crate) fn opening(scenario: &Scenario, seed: u64, width: Width) -> String {
    let mut layout = Layout::new(width);
    layout.hanging(
        "",
        &format!(
            "trustlab run · {} · seed {seed} · virtual time, nothing leaves this machine",
            scenario.name
        ),
    );
    layout.blank();
    if !scenario.story.is_empty() {
        layout.paragraphs(0, scenario.story.trim());
        layout.blank();
    }
    layout.finish()
}

/// What happened in a world, from the entry `from` on.
pub(crate) fn happenings(world: &World, from: u64, style: Style, keys: &mut Keyring) -> String {
    let mut teller = Teller::new(world.topology(), style, keys);
    for entry in world.trace().entries().filter(|entry| entry.seq().0 >= from) {
        match entry {
            Entry::Message(message) => teller.message(message),
            Entry::Event(event) => teller.event(event),
        }
    }
    teller.into_text()
}

/// Tells messages and events one after another.
pub(crate) struct Teller<'a> {
    topology: &'a Topology,
    level: Level,
    keys: &'a mut Keyring,
    layout: Layout,
    chapter: Option<Chapter>,
    number: u32,
    why_begun: bool,
    day: Option<i64>,
}

impl<'a> Teller<'a> {
    /// Has told nothing yet.
    pub(crate) const fn new(topology: &'a Topology, style: Style, keys: &'a mut Keyring) -> Self {
        Self {
            topology,
            level: style.level,
            keys,
            layout: Layout::new(style.width),
            chapter: None,
            number: 0,
            why_begun: false,
            day: None,
        }
    }

    /// What was told.
    pub(crate) fn into_text(self) -> String {
        self.layout.finish()
    }

    /// A step of a device, outside any chapter.
    pub(crate) fn step(&mut self, time: Timestamp, device: HostId, step: &ClientEvent) {
        if let Some(sentence) = sentence(step) {
            self.line(time, Some(device), &sentence);
        }
    }

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
                let head = format!("  {}  CHANGE  ", clock(event.time));
                // the lines that somebody types stay lines, so that they can be copied
                let (sentence, typed) = told.split_once('\n').unwrap_or((&told, ""));
                self.layout.hanging(&head, sentence);
                for line in typed.lines() {
                    self.layout.line(&format!("{:1$}{line}", "", head.len()));
                }
            }
            EventKind::Console(output) => action::printed(output, &mut self.layout),
            EventKind::Step { name } if self.level > Level::Story => {
                self.close();
                self.layout.hanging("step ", name);
            }
            EventKind::Step { .. } => {}
            kind => self.decision(event.actor, kind),
        }
    }

    fn decision(&mut self, actor: Option<HostId>, kind: &EventKind) {
        let (Some((rule, outcome)), Some(why)) = (kind.decision(), kind.why()) else {
            return;
        };
        self.decided(&self.name(actor), rule, outcome, &why);
    }

    /// A decision.
    pub(crate) fn decided(&mut self, actor: &str, rule: &Rule, outcome: Outcome, why: &dyn Display) {
        let told = outcome == Outcome::Refused || TOLD.iter().any(|prefix| rule.id.starts_with(prefix));
        if !told && self.level == Level::Story {
            return;
        }
        let label = match (outcome, self.why_begun) {
            (Outcome::Refused, _) => "REFUSED",
            (Outcome::Retry, _) => "RETRY",
            (Outcome::Passed | Outcome::Noted, true) => "",
            (Outcome::Passed | Outcome::Noted, false) => "why",
        };
        self.why_begun = true;
        let said = format!("{actor}: {why}  [{}]", rule.id);
        self.layout.hanging(&format!("  {label:>12}  "), &said);
    }

    fn message(&mut self, message: &Message) {
        if self.level == Level::Story {
            return self.lost(message);
        }
        let (from, to) = (self.name(Some(message.from)), self.name(Some(message.to)));
        let fate = match &message.fate {
            Fate::Delivered => String::new(),
            Fate::Rewritten(rule) => format!(", rewritten by {rule}"),
            Fate::Dropped(rule) => format!(", dropped by {rule}"),
            Fate::Refused(_) => ", refused: nobody listens".to_owned(),
            Fate::Unreachable => ", lost: there is no way".to_owned(),
        };
        self.carried(&Carried {
            time: message.time,
            from: &from,
            to: &to,
            protocol: message.protocol,
            port: message.destination.port(),
            octets: &message.octets,
            remark: &fate,
        });
    }

    /// A message.
    pub(crate) fn carried(&mut self, message: &Carried<'_>) {
        let Carried {
            time,
            from,
            to,
            port,
            octets,
            remark,
            ..
        } = message;
        self.day_of(*time);
        // the stand-in for SMB has a port of its own in captures
        let port = match export::port_in_capture(*port) {
            shown if *port == SMB => format!("{port} ({shown} in a capture)"),
            _ => port.to_string(),
        };
        let line = format!(
            "{from} → {to}  {} {port}, {} octets{remark}",
            protocol(message.protocol),
            octets.len()
        );
        self.layout.hanging(&format!("  {}  ", clock(*time)), &line);
        if self.level >= Level::Fields {
            self.fields(message.protocol, octets);
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

    fn fields(&mut self, protocol: Protocol, octets: &[u8]) {
        let lines = match protocol {
            Protocol::Https => http::lines(octets, self.keys),
            Protocol::Dns => return,
            Protocol::Udp | Protocol::Tcp => match tree(octets, self.keys) {
                Ok(tree) => tree.to_string().lines().map(str::to_owned).collect(),
                Err(_) => return,
            },
        };
        for line in lines {
            let field = line.trim_start();
            let head = " ".repeat(FIELDS + line.len() - field.len());
            let field = match self.level {
                Level::Whole => field.to_owned(),
                _ => token::cut(field),
            };
            self.layout.indented(&head, head.len() + 2, &field);
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
        self.layout.blank();
        self.layout
            .line(&format!("  {}", moment.strftime("%A, %-d %B %Y")));
    }

    fn enter(&mut self, chapter: Chapter) {
        if self.chapter == Some(chapter) {
            return;
        }
        if self.number > 0 {
            self.layout.blank();
        }
        self.number += 1;
        self.chapter = Some(chapter);
        let heading = match chapter {
            Chapter::SignIn => "SIGN-IN    the device and Entra, HTTPS",
            Chapter::Exchange => "EXCHANGE   the device and a domain controller, Kerberos",
            Chapter::Access => "ACCESS     the device, a domain controller and a file server",
        };
        self.layout.line(&format!("{} {heading}", self.number));
    }

    fn close(&mut self) {
        if self.chapter.take().is_some() {
            self.layout.blank();
        }
    }

    fn line(&mut self, time: Timestamp, actor: Option<HostId>, sentence: &str) {
        self.why_begun = false;
        let head = format!("  {}  {:<6}  ", clock(time), self.name(actor));
        self.layout.hanging(&head, sentence);
    }

    fn name(&self, actor: Option<HostId>) -> String {
        actor.map_or_else(
            || "ADMIN".to_owned(),
            |id| self.topology.host(id).name.to_string(),
        )
    }
}

/// A message as it is told.
pub(crate) struct Carried<'a> {
    /// When it was sent.
    pub(crate) time: Timestamp,
    /// Who sent it.
    pub(crate) from: &'a str,
    /// Whom it was for.
    pub(crate) to: &'a str,
    /// What carried it.
    pub(crate) protocol: Protocol,
    /// The port it went to.
    pub(crate) port: u16,
    /// The octets.
    pub(crate) octets: &'a [u8],
    /// What else there is to say, with what parts it from the rest of the line.
    pub(crate) remark: &'a str,
}

/// How far the fields of a message are indented.
const FIELDS: usize = 6;

/// Rules whose decisions belong to the story even when they pass.
const TOLD: [&str; 4] = ["PRT-AD-", "TGS-RODC-", "TGS-PAC-REBUILT", "SHARE-ACCESS"];

/// What a device shows its user's helper at the end.
pub(crate) fn shown_now(world: &World, host: HostId, upn: &str, width: Width) -> Option<String> {
    let Role::Device(_) = world.topology().host(host).role else {
        return None;
    };
    let device = world.device(host)?;
    let name = world.topology().host(host).name.to_uppercase();
    let now = world.clock_of(host);
    let sso = device.sso_state(upn, now);
    let flag = |flag: bool| if flag { "YES" } else { "NO" };
    let mut layout = Layout::new(width);
    layout.line(&format!("WHAT {name} SHOWS NOW"));
    let mut rows = format!("AzureAdPrt : {}", flag(sso.prt.is_some()));
    // old versions of Windows have no such rows
    if let Some(tickets) = &sso.cloud_kerberos {
        let (on_prem, cloud) = (flag(tickets.on_prem_tgt), flag(tickets.cloud_tgt));
        let _ = write!(rows, "    OnPremTgt : {on_prem}    CloudTgt : {cloud}");
    }
    layout.hanging("  dsregcmd /status    ", &rows);
    if let Some(session) = device.session_of(upn).map(|session| session.id) {
        if let Some(view) = device.cloud_debug(session) {
            let available = u8::from(view.cloud_primary_tgt);
            layout.hanging(
                "  klist cloud_debug   ",
                &format!("Cloud Primary (Hybrid logon) TGT available: {available}"),
            );
        }
        layout.hanging("  klist               ", &tickets(device, session, now));
    }
    Some(layout.finish())
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

const SMB: u16 = 445;

const DAY_MICROS: i64 = 86_400_000_000;

/// What a step of a device is, in a sentence; `None` for what another sentence says.
pub(crate) fn sentence(step: &ClientEvent) -> Option<String> {
    client::sentence(step).map(|(_, sentence)| sentence)
}

/// `08:00:00.118`, in UTC.
pub(crate) fn clock(time: Timestamp) -> String {
    let day_micros = time.unix_micros().rem_euclid(DAY_MICROS);
    let (seconds, millis) = (day_micros / 1_000_000, day_micros / 1_000 % 1_000);
    format!(
        "{:02}:{:02}:{:02}.{millis:03}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
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
        .filter_map(|step| match &step.kind {
            StepKind::Act(done) if matches!(done.act, Act::SignIn { .. }) => Some((
                world.topology().find(&done.device)?,
                lab.users.get(done.user.as_deref()?)?.upn.as_str(),
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
