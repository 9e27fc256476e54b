//! Reads steps: `[[step]]` with one verb, and a name if something refers to it.

use std::sync::Arc;

use client_sim::{Act, CredentialKind};
use evidence::klist::LogonId;
use kerberos::netlogon::DcFlags;

use super::problem::{Finding, Report};
use super::read::{Known, Reader, choice, mismatch, string};
use super::read_admin::AtConsole;
use super::source::Span;
use super::step::{PersonAct, Step, StepKind};
use super::tree::{Node, Value};
use super::units;
use super::verbs::VERBS;
use crate::lab::{Join, Lab, Names};
use crate::world::{Action, ReplicationList, Side};

pub(super) const SIDES: &[(&str, Side)] = &[
    ("both", Side::Both),
    ("on-premises", Side::OnPremises),
    ("cloud", Side::Cloud),
];
pub(super) const LISTS: &[(&str, ReplicationList)] = &[
    ("allowed", ReplicationList::Allowed),
    ("denied", ReplicationList::Denied),
];

/// Reads steps one after another: a step that names no device means the one of the step before.
pub(crate) struct StepReader<'l> {
    pub(crate) lab: &'l Lab,
    pub(crate) names: &'l Names,
    pub(crate) report: &'l Report,
    device: Option<Arc<str>>,
    with: Option<CredentialKind>,
    pub(super) console: AtConsole,
}

/// Where an act is, as a step says it.
#[derive(Default)]
pub(super) struct At {
    pub(super) device: Option<String>,
    pub(super) user: Option<String>,
    /// Whether one of them was named, and there is none.
    wrong: bool,
}

impl<'l> StepReader<'l> {
    pub(crate) fn new(lab: &'l Lab, names: &'l Names, report: &'l Report) -> Self {
        Self {
            lab,
            names,
            report,
            device: None,
            with: None,
            console: AtConsole::default(),
        }
    }

    /// Reads `[[KEY]]` tables as steps named `PREFIX-1` and so on unless they have a name.
    pub(crate) fn read_all(&mut self, nodes: &[Node], prefix: &str) -> Vec<Step> {
        let steps: Vec<Step> = (1..)
            .zip(nodes)
            .filter_map(|(number, node)| self.read(node, prefix, number))
            .collect();
        for (index, step) in steps.iter().enumerate() {
            if steps[..index].iter().any(|earlier| earlier.name == step.name) {
                self.report.add(
                    step.span,
                    Finding::new(format!("two steps are named `{}`", step.name)),
                );
            }
        }
        steps
    }

    fn read(&mut self, node: &Node, prefix: &str, number: usize) -> Option<Step> {
        let mut reader = Reader::new(node, "a step", self.report)?;
        let name = reader.string("name");
        let verbs = reader.others();
        let known = VERBS.iter().map(|verb| verb.name);
        for (verb, span, _) in &verbs {
            if !VERBS.iter().any(|known| known.name == *verb) {
                let finding = Finding::new(format!("there is no step `{verb}`"));
                self.report.add(*span, finding.among(verb, known.clone()));
                return None;
            }
        }
        let [(verb, _, value)] = verbs[..] else {
            let finding = Finding::new(format!(
                "a step does one thing, and this one has {} verbs",
                verbs.len()
            ));
            self.report.add(node.span, finding.among("", known));
            return None;
        };
        let known = VERBS.iter().find(|known| known.name == verb)?;
        let kind = (known.read)(self, value)?;
        let name = name.unwrap_or_else(|| format!("{prefix}-{number}")).into();
        Some(Step {
            name,
            kind,
            span: node.span,
        })
    }

    pub(super) fn sign_in(&mut self, node: &Node) -> Option<StepKind> {
        let mut reader;
        let mut remote = false;
        let mut with = None;
        let (user, device) = match &node.value {
            Value::String(name) => (
                self.names
                    .of_section("user")
                    .resolve(name, node.span, self.report),
                None,
            ),
            _ => {
                reader = Reader::new(node, "sign-in", self.report)?;
                let user = reader.reference("user", &self.names.of_section("user"));
                let device = reader.reference("device", &self.names.of_section("device"));
                let user = reader.required("user", "a user of the lab", user);
                with = reader.choice("with", &CredentialKind::ALL);
                self.with = with;
                remote = reader.boolean("remote").unwrap_or(false);
                reader.finish();
                (user, device)
            }
        };
        let user = user?;
        let Some(device) = device.or_else(|| self.device_of(&user)) else {
            let finding =
                Finding::new(format!("{user} owns no device")).expected("sign-in = { user = …, device = … }");
            self.report.add(node.span, finding);
            return None;
        };
        self.device = Some(device.as_str().into());
        // what was said before holds for no local account, which has nothing but a password
        let declared = self.lab.devices.get(&device);
        if with.is_none() && declared.is_some_and(|device| device.join == Join::Registered) {
            self.with = None;
        }
        let credential = self.with;
        Some(StepKind::Act(PersonAct {
            device: device.into(),
            user: Some(user.into()),
            act: Act::SignIn { credential, remote },
        }))
    }

    fn device_of(&self, user: &str) -> Option<String> {
        let owned = self
            .lab
            .devices
            .iter()
            .find(|(_, device)| device.owner.as_deref() == Some(user));
        let enrolled = || {
            self.lab
                .devices
                .iter()
                .find(|(_, device)| device.hello.iter().any(|name| name == user))
        };
        owned.or_else(enrolled).map(|(name, _)| name.clone())
    }

    /// `"ada-lt"`, `{ device = "ada-lt" }`, or `{}` for the device of the step before.
    pub(super) fn device(&mut self, node: &Node) -> Option<Arc<str>> {
        let known = self.names.of_section("device");
        let named = match &node.value {
            Value::String(name) => Some(known.resolve(name, node.span, self.report)?),
            _ => {
                let mut reader = Reader::new(node, "the step", self.report)?;
                let device = reader.reference("device", &known);
                let given = reader.node("device").is_some();
                reader.finish();
                if given && device.is_none() {
                    return None;
                }
                device
            }
        };
        self.current(named, node.span)
    }

    /// An act of whoever is at a device: as [`Self::device`], and with `user` for somebody in particular.
    pub(super) fn act(&mut self, node: &Node, act: Act) -> Option<StepKind> {
        if node.as_str().is_some() {
            let device = self.device(node)?;
            let user = None;
            return Some(StepKind::Act(PersonAct { device, user, act }));
        }
        let mut reader = Reader::new(node, "the step", self.report)?;
        let at = self.at(&mut reader);
        reader.finish();
        self.done(at, node.span, act)
    }

    /// `device` and `user` of a step.
    pub(super) fn at(&self, reader: &mut Reader<'_>) -> At {
        let device = reader.reference("device", &self.names.of_section("device"));
        let user = reader.reference("user", &self.names.of_section("user"));
        At {
            wrong: (reader.has("device") && device.is_none()) || (reader.has("user") && user.is_none()),
            device,
            user,
        }
    }

    /// The step of an act at the device that was named, or at that of the step before.
    pub(super) fn done(&mut self, at: At, span: Span, act: Act) -> Option<StepKind> {
        if at.wrong {
            return None;
        }
        Some(StepKind::Act(PersonAct {
            device: self.current(at.device, span)?,
            user: at.user.map(Into::into),
            act,
        }))
    }

    /// The device named, or else the one of the step before.
    pub(super) fn current(&mut self, named: Option<String>, span: Span) -> Option<Arc<str>> {
        if let Some(name) = named {
            self.device = Some(name.into());
        }
        if self.device.is_none() {
            let finding =
                Finding::new("no device was named yet").expected("`device = …`, or a sign-in before");
            self.report.add(span, finding);
        }
        self.device.clone()
    }

    /// `with` says what a later sign-in takes that does not say it.
    pub(super) fn unlock(&mut self, node: &Node) -> Option<StepKind> {
        let Some(with) = node.as_table().and_then(|table| table.value("with")) else {
            return self.act(node, Act::Unlock);
        };
        self.with = Some(choice(self.report, with, &CredentialKind::ALL)?);
        let mut reader = Reader::new(node, "unlock", self.report)?;
        reader.node("with");
        let at = self.at(&mut reader);
        reader.finish();
        self.done(at, node.span, Act::Unlock)
    }

    pub(super) fn get_ticket(&mut self, node: &Node) -> Option<StepKind> {
        let (spn, at, session) = match node.as_str() {
            Some(spn) => (Some(spn.to_owned()), At::default(), None),
            None => {
                let mut reader = Reader::new(node, "get-ticket", self.report)?;
                let spn = reader.string("spn");
                let spn = reader.required("spn", "a service principal name", spn);
                let session = session(&mut reader);
                let at = self.at(&mut reader);
                reader.finish();
                (spn, at, session)
            }
        };
        let (spn, span) = (spn?, node.span);
        if !spn.contains('/') && !spn.eq_ignore_ascii_case("krbtgt") {
            let finding = Finding::new(format!("`{spn}` is not a service principal name"));
            self.report.add(
                span,
                finding.expected("CLASS/HOST, such as cifs/fs01.ad.fernhill.example"),
            );
            return None;
        }
        let service = spn.into();
        self.done(at, node.span, Act::GetTicket { service, session })
    }

    /// `purge-tickets = "ada-lt"`; `session = "0:0x3e7"` for another session than one's own.
    pub(super) fn purge_tickets(&mut self, node: &Node) -> Option<StepKind> {
        if node.as_str().is_some() {
            return self.act(node, Act::PurgeTickets { session: None });
        }
        let mut reader = Reader::new(node, "purge-tickets", self.report)?;
        let session = session(&mut reader);
        let at = self.at(&mut reader);
        reader.finish();
        self.done(at, node.span, Act::PurgeTickets { session })
    }

    /// `add-bind = { domain = "ad.fernhill.example", kdc = "dc02" }`: what is typed after `klist add_bind`.
    pub(super) fn add_bind(&mut self, node: &Node) -> Option<StepKind> {
        let mut reader = Reader::new(node, "add-bind", self.report)?;
        let domain = reader.string("domain");
        let domain = reader.required("domain", "the DNS name of a domain", domain);
        let kdc = reader.string("kdc");
        let kdc = reader.required("kdc", "the name of a KDC", kdc);
        let at = self.at(&mut reader);
        reader.finish();
        let (domain, kdc) = (domain?.into(), kdc?.into());
        self.done(at, node.span, Act::AddBinding { domain, kdc })
    }

    /// `locate-dc = { domain = "ad.fernhill.example", required = ["keylist", "kdc"], force = true }`: what is typed after
    /// `nltest /dsgetdc`.
    pub(super) fn locate_dc(&mut self, node: &Node) -> Option<StepKind> {
        let mut reader = Reader::new(node, "locate-dc", self.report)?;
        let domain = reader.string("domain");
        let domain = reader.required("domain", "the DNS name of a domain", domain);
        let known = Known {
            what: "option of nltest /dsgetdc:",
            names: DC_OPTIONS.iter().map(|(name, _)| *name).collect(),
        };
        let named = reader.references("required", &known).unwrap_or_default();
        let rediscover = reader.boolean("force").unwrap_or(false);
        let at = self.at(&mut reader);
        reader.finish();
        let flag = |name: &str| DC_OPTIONS.iter().find(|(known, _)| *known == name);
        let flags = named.iter().filter_map(|name| flag(name)).map(|(_, flag)| *flag);
        let act = Act::LocateDc {
            domain: domain?.into(),
            required: flags.fold(DcFlags::empty(), DcFlags::union),
            rediscover,
        };
        self.done(at, node.span, act)
    }

    /// `"TEXT"`, or `{ KEY = "TEXT", device = …, user = … }`.
    pub(super) fn text_at(&self, node: &Node, key: &'static str) -> Option<(String, At, Span)> {
        if let Some(text) = node.as_str() {
            return Some((text.to_owned(), At::default(), node.span));
        }
        let mut reader = Reader::new(node, "the step", self.report)?;
        let text = reader.string(key);
        let text = reader.required(key, "a string", text);
        let at = self.at(&mut reader);
        reader.finish();
        Some((text?, at, node.span))
    }

    pub(super) fn change_place(&mut self, node: &Node) -> Option<StepKind> {
        let (to, at, span) = self.text_at(node, "to")?;
        let to = self
            .names
            .of_section("location")
            .resolve(&to, span, self.report)?;
        Some(StepKind::Action(Action::Move {
            host: self.current(at.device, node.span)?,
            to: to.into(),
        }))
    }

    pub(super) fn wait_until(&mut self, node: &Node) -> Option<StepKind> {
        let time = match &node.value {
            Value::String(text) | Value::Datetime(text) => units::time(text),
            _ => None,
        };
        match time {
            Some(time) => Some(StepKind::WaitUntil(time)),
            None => mismatch(self.report, node, "a time in UTC such as 2026-11-23T18:00:00Z"),
        }
    }

    pub(super) fn set_clock(&mut self, node: &Node) -> Option<StepKind> {
        let mut reader = Reader::new(node, "set-clock", self.report)?;
        let host = reader.reference("host", &self.names.hosts());
        let host = reader.required("host", "a host of the lab", host);
        let offset = reader.offset_micros("offset");
        let offset = reader.required("offset", "how far ahead, such as \"6m\" or \"-6m\"", offset);
        reader.finish();
        Some(StepKind::Action(Action::SetClockOffset {
            host: host?.into(),
            offset_micros: offset?,
        }))
    }

    /// `domain`, by its DNS name as actions want it; the first domain when it is left out.
    pub(super) fn domain(&self, reader: &mut Reader<'_>) -> Option<Arc<str>> {
        let given = reader.node("domain").is_some();
        let name = reader.reference("domain", &self.names.of_section("domain"));
        let name = if given {
            name?
        } else {
            self.names.first("domain")?.to_owned()
        };
        Some(self.lab.domains.get(&name)?.dns_name.as_str().into())
    }

    pub(super) fn publish(&mut self, node: &Node) -> Option<StepKind> {
        let mut reader = Reader::new(node, "publish", self.report)?;
        let domain = self.domain(&mut reader);
        let tenant = reader.reference("tenant", &self.names.of_section("tenant"));
        reader.finish();
        let tenant = self.tenant_domain(tenant);
        Some(StepKind::Action(Action::Publish {
            domain: domain?,
            tenant,
        }))
    }

    /// A tenant by its primary domain, as actions want it.
    fn tenant_domain(&self, tenant: Option<String>) -> Option<Arc<str>> {
        Some(self.lab.tenants.get(&tenant?)?.domains.first()?.as_str().into())
    }

    pub(super) fn rotate_key(&mut self, node: &Node) -> Option<StepKind> {
        let (domain, side) = self.domain_and_side(node, "rotate-key")?;
        Some(StepKind::Action(Action::RotateServerKey { domain, side }))
    }

    pub(super) fn remove_kerberos_server(&mut self, node: &Node) -> Option<StepKind> {
        let (domain, side) = self.domain_and_side(node, "remove-kerberos-server")?;
        Some(StepKind::Action(Action::RemoveKerberosServer { domain, side }))
    }

    fn domain_and_side(&self, node: &Node, what: &str) -> Option<(Arc<str>, Side)> {
        let mut reader = Reader::new(node, what, self.report)?;
        let domain = self.domain(&mut reader);
        let side = reader.choice("side", SIDES);
        let given = reader.node("side").is_some();
        reader.finish();
        let side = if given { side? } else { Side::Both };
        Some((domain?, side))
    }

    /// `replicate = "fernhill"`
    pub(super) fn replicate(&mut self, node: &Node) -> Option<StepKind> {
        let domain = string(self.report, node)?;
        let known = self.names.of_section("domain");
        let name = known.resolve(&domain, node.span, self.report)?;
        let domain = self.lab.domains.get(&name)?.dns_name.as_str().into();
        Some(StepKind::Action(Action::Replicate { domain }))
    }

    pub(super) fn user(&self, node: &Node) -> Option<Arc<str>> {
        let name = string(self.report, node)?;
        Some(
            self.names
                .of_section("user")
                .resolve(&name, node.span, self.report)?
                .into(),
        )
    }

    pub(super) fn membership(&mut self, node: &Node, present: bool) -> Option<StepKind> {
        let mut reader = Reader::new(node, "a membership", self.report)?;
        let user = reader.reference("user", &self.names.of_section("user"));
        let user = reader.required("user", "a user of the lab", user);
        let group = reader.reference("group", &self.names.groups());
        let group = reader.required("group", "a group, declared or built in", group);
        reader.finish();
        let (user, group): (Arc<str>, Arc<str>) = (user?.into(), group?.into());
        Some(StepKind::Action(if present {
            Action::AddToGroup { user, group }
        } else {
            Action::RemoveFromGroup { user, group }
        }))
    }

    pub(super) fn replication_policy(&mut self, node: &Node) -> Option<StepKind> {
        let mut reader = Reader::new(node, "replication-policy", self.report)?;
        let domain = self.domain(&mut reader);
        let list = reader.choice("list", LISTS);
        let list = reader.required("list", "`allowed` or `denied`", list);
        let member = reader.reference("member", &self.names.principals());
        let member = reader.required("member", "a user or group", member);
        let present = reader.boolean("present").unwrap_or(true);
        reader.finish();
        let (domain, list, member) = (domain?, list?, member?.into());
        Some(StepKind::Action(Action::ChangeReplicationPolicy {
            domain,
            list,
            member,
            present,
        }))
    }

    pub(super) fn account(&mut self, node: &Node, enabled: bool) -> Option<StepKind> {
        Some(StepKind::Action(Action::SetAccountEnabled {
            user: self.user(node)?,
            enabled,
        }))
    }

    pub(super) fn power(&mut self, node: &Node) -> Option<StepKind> {
        let mut reader = Reader::new(node, "power", self.report)?;
        let host = reader.reference("host", &self.names.hosts());
        let host = reader.required("host", "a host of the lab", host);
        let on = reader.boolean("on");
        let on = reader.required("on", "true or false", on);
        reader.finish();
        Some(StepKind::Action(Action::SetPower {
            host: host?.into(),
            on: on?,
        }))
    }

    pub(super) fn set_policy(&mut self, node: &Node) -> Option<StepKind> {
        let policies = ["cloud-trust-policy", "cloud-ticket-retrieval"].map(|name| (name, name));
        let mut reader = Reader::new(node, "set-policy", self.report)?;
        let device = reader.reference("device", &self.names.of_section("device"));
        let policy = reader.choice("policy", &policies);
        let policy = reader.required("policy", "the name of a policy", policy);
        let enabled = reader.boolean("enabled");
        let enabled = reader.required("enabled", "true or false", enabled);
        reader.finish();
        let host = self.current(device, node.span)?;
        Some(StepKind::Action(Action::SetPolicy {
            host,
            policy: policy?.into(),
            enabled: enabled?,
        }))
    }
}

/// `session = "0:0x3e4a5"`, as klist prints the id of a logon session.
fn session(reader: &mut Reader<'_>) -> Option<LogonId> {
    reader.text(
        "session",
        "the id of a logon session, such as \"0:0x3e7\"",
        |text| {
            let (high, low) = text.split_once(':')?;
            let number = |text: &str| u32::from_str_radix(text.strip_prefix("0x").unwrap_or(text), 16).ok();
            let (high, low) = (number(high)?, number(low)?);
            Some(LogonId { high, low })
        },
    )
}

/// What `nltest /dsgetdc` can ask of a DC.
pub(super) const DC_OPTIONS: &[(&str, DcFlags)] = &[
    ("keylist", DcFlags::KEY_LIST),
    ("kdc", DcFlags::KDC),
    ("writable", DcFlags::WRITABLE),
    ("gc", DcFlags::GC),
    ("pdc", DcFlags::PDC),
];
