//! Reads steps: `[[step]]` with one verb, and a name if something refers to it.

use std::sync::Arc;

use super::problem::{Finding, Report};
use super::read::{Reader, choice, duration, mismatch, string};
use super::read_admin::AtConsole;
use super::read_rule::read_rule;
use super::source::Span;
use super::step::{Credential, Doing, Step};
use super::tree::{Node, Value};
use super::units;
use crate::lab::{Join, Lab, Names};
use crate::world::{Action, ReplicationList, Side};

const CREDENTIALS: &[(&str, Credential)] = &[
    ("hello", Credential::Hello),
    ("password", Credential::Password),
    ("fido", Credential::Fido),
];
const SIDES: &[(&str, Side)] = &[
    ("both", Side::Both),
    ("on-premises", Side::OnPremises),
    ("cloud", Side::Cloud),
];

/// Reads steps one after another: a step that names no device means the one of the step before.
pub(crate) struct StepReader<'l> {
    pub(crate) lab: &'l Lab,
    pub(crate) names: &'l Names,
    pub(crate) report: &'l Report,
    device: Option<Arc<str>>,
    with: Credential,
    pub(super) console: AtConsole,
}

type Read = fn(&mut StepReader<'_>, &Node) -> Option<Doing>;

impl<'l> StepReader<'l> {
    pub(crate) fn new(lab: &'l Lab, names: &'l Names, report: &'l Report) -> Self {
        Self {
            lab,
            names,
            report,
            device: None,
            with: Credential::Hello,
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
        let known = VERBS.iter().map(|(verb, _)| *verb);
        for (verb, span, _) in &verbs {
            if !VERBS.iter().any(|(known, _)| known == verb) {
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
        let (_, read) = VERBS.iter().find(|(known, _)| *known == verb)?;
        let doing = read(self, value)?;
        let name = name.unwrap_or_else(|| format!("{prefix}-{number}")).into();
        Some(Step {
            name,
            doing,
            span: node.span,
        })
    }

    fn sign_in(&mut self, node: &Node) -> Option<Doing> {
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
                with = reader.choice("with", CREDENTIALS);
                self.with = with.unwrap_or(Credential::Hello);
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
        // only a local account signs in to a device that is registered, and it has nothing but a password
        let declared = self.lab.devices.get(&device);
        if with.is_none() && declared.is_some_and(|device| device.join == Join::Registered) {
            self.with = Credential::Password;
        }
        Some(Doing::SignIn {
            device: device.into(),
            user: user.into(),
            with: self.with,
            remote,
        })
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

    fn unlock(&mut self, node: &Node) -> Option<Doing> {
        if let Some(with) = node.as_table().and_then(|table| table.value("with")) {
            self.with = choice(self.report, with, CREDENTIALS)?;
            let mut reader = Reader::new(node, "unlock", self.report)?;
            reader.node("with");
            let device = reader.reference("device", &self.names.of_section("device"));
            reader.finish();
            let device = self.current(device, node.span)?;
            return Some(Doing::Unlock {
                device,
                with: self.with,
            });
        }
        Some(Doing::Unlock {
            device: self.device(node)?,
            with: self.with,
        })
    }

    fn get_ticket(&mut self, node: &Node) -> Option<Doing> {
        let (spn, device, span) = self.text_or_table(node, "spn")?;
        if !spn.contains('/') {
            let finding = Finding::new(format!("`{spn}` is not a service principal name"));
            self.report.add(
                span,
                finding.expected("CLASS/HOST, such as cifs/fs01.ad.fernhill.example"),
            );
            return None;
        }
        Some(Doing::GetTicket {
            device: self.current(device, node.span)?,
            spn: spn.into(),
        })
    }

    /// `"TEXT"`, or `{ KEY = "TEXT", device = … }`.
    pub(super) fn text_or_table(
        &self,
        node: &Node,
        key: &'static str,
    ) -> Option<(String, Option<String>, Span)> {
        if let Some(text) = node.as_str() {
            return Some((text.to_owned(), None, node.span));
        }
        let mut reader = Reader::new(node, "the step", self.report)?;
        let text = reader.string(key);
        let text = reader.required(key, "a string", text);
        let device = reader.reference("device", &self.names.of_section("device"));
        reader.finish();
        Some((text?, device, node.span))
    }

    fn change_place(&mut self, node: &Node) -> Option<Doing> {
        let (to, device, span) = self.text_or_table(node, "to")?;
        let to = self
            .names
            .of_section("location")
            .resolve(&to, span, self.report)?;
        Some(Doing::Act(Action::Move {
            host: self.current(device, node.span)?,
            to: to.into(),
        }))
    }

    fn wait_until(&mut self, node: &Node) -> Option<Doing> {
        let time = match &node.value {
            Value::String(text) | Value::Datetime(text) => units::time(text),
            _ => None,
        };
        match time {
            Some(time) => Some(Doing::WaitUntil(time)),
            None => mismatch(self.report, node, "a time in UTC such as 2026-11-23T18:00:00Z"),
        }
    }

    fn set_clock(&mut self, node: &Node) -> Option<Doing> {
        let mut reader = Reader::new(node, "set-clock", self.report)?;
        let host = reader.reference("host", &self.names.hosts());
        let host = reader.required("host", "a host of the lab", host);
        let offset = reader.offset_micros("offset");
        let offset = reader.required("offset", "how far ahead, such as \"6m\" or \"-6m\"", offset);
        reader.finish();
        Some(Doing::Act(Action::SetClockOffset {
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

    fn publish(&mut self, node: &Node) -> Option<Doing> {
        let mut reader = Reader::new(node, "publish", self.report)?;
        let domain = self.domain(&mut reader);
        let tenant = reader.reference("tenant", &self.names.of_section("tenant"));
        reader.finish();
        let tenant = self.tenant_domain(tenant);
        Some(Doing::Act(Action::Publish {
            domain: domain?,
            tenant,
        }))
    }

    /// A tenant by its primary domain, as actions want it.
    fn tenant_domain(&self, tenant: Option<String>) -> Option<Arc<str>> {
        Some(self.lab.tenants.get(&tenant?)?.domains.first()?.as_str().into())
    }

    fn rotate_key(&mut self, node: &Node) -> Option<Doing> {
        let (domain, side) = self.domain_and_side(node, "rotate-key")?;
        Some(Doing::Act(Action::RotateServerKey { domain, side }))
    }

    fn remove_kerberos_server(&mut self, node: &Node) -> Option<Doing> {
        let (domain, side) = self.domain_and_side(node, "remove-kerberos-server")?;
        Some(Doing::Act(Action::RemoveKerberosServer { domain, side }))
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

    pub(super) fn user(&self, node: &Node) -> Option<Arc<str>> {
        let name = string(self.report, node)?;
        Some(
            self.names
                .of_section("user")
                .resolve(&name, node.span, self.report)?
                .into(),
        )
    }

    fn membership(&mut self, node: &Node, present: bool) -> Option<Doing> {
        let mut reader = Reader::new(node, "a membership", self.report)?;
        let user = reader.reference("user", &self.names.of_section("user"));
        let user = reader.required("user", "a user of the lab", user);
        let group = reader.reference("group", &self.names.groups());
        let group = reader.required("group", "a group, declared or built in", group);
        reader.finish();
        let (user, group): (Arc<str>, Arc<str>) = (user?.into(), group?.into());
        Some(Doing::Act(if present {
            Action::AddToGroup { user, group }
        } else {
            Action::RemoveFromGroup { user, group }
        }))
    }

    fn replication_policy(&mut self, node: &Node) -> Option<Doing> {
        let lists = [
            ("allowed", ReplicationList::Allowed),
            ("denied", ReplicationList::Denied),
        ];
        let mut reader = Reader::new(node, "replication-policy", self.report)?;
        let domain = self.domain(&mut reader);
        let list = reader.choice("list", &lists);
        let list = reader.required("list", "`allowed` or `denied`", list);
        let member = reader.reference("member", &self.names.principals());
        let member = reader.required("member", "a user or group", member);
        let present = reader.boolean("present").unwrap_or(true);
        reader.finish();
        let (domain, list, member) = (domain?, list?, member?.into());
        Some(Doing::Act(Action::ChangeReplicationPolicy {
            domain,
            list,
            member,
            present,
        }))
    }

    fn account(&mut self, node: &Node, enabled: bool) -> Option<Doing> {
        Some(Doing::Act(Action::SetAccountEnabled {
            user: self.user(node)?,
            enabled,
        }))
    }

    fn power(&mut self, node: &Node) -> Option<Doing> {
        let mut reader = Reader::new(node, "power", self.report)?;
        let host = reader.reference("host", &self.names.hosts());
        let host = reader.required("host", "a host of the lab", host);
        let on = reader.boolean("on");
        let on = reader.required("on", "true or false", on);
        reader.finish();
        Some(Doing::Act(Action::SetPower {
            host: host?.into(),
            on: on?,
        }))
    }

    fn set_policy(&mut self, node: &Node) -> Option<Doing> {
        let policies = ["cloud-trust-policy", "cloud-ticket-retrieval"].map(|name| (name, name));
        let mut reader = Reader::new(node, "set-policy", self.report)?;
        let device = reader.reference("device", &self.names.of_section("device"));
        let policy = reader.choice("policy", &policies);
        let policy = reader.required("policy", "the name of a policy", policy);
        let enabled = reader.boolean("enabled");
        let enabled = reader.required("enabled", "true or false", enabled);
        reader.finish();
        let host = self.current(device, node.span)?;
        Some(Doing::Act(Action::SetPolicy {
            host,
            policy: policy?.into(),
            enabled: enabled?,
        }))
    }
}

/// Every verb.
const VERBS: &[(&str, Read)] = &[
    ("sign-in", |r, node| r.sign_in(node)),
    ("sign-out", |r, node| {
        Some(Doing::SignOut {
            device: r.device(node)?,
        })
    }),
    ("lock", |r, node| {
        Some(Doing::Lock {
            device: r.device(node)?,
        })
    }),
    ("unlock", |r, node| r.unlock(node)),
    ("set-up-hello", |r, node| {
        Some(Doing::SetUpHello {
            device: r.device(node)?,
        })
    }),
    ("join", |r, node| r.join(node)),
    ("delete-hello", |r, node| {
        Some(Doing::DeleteHello {
            device: r.device(node)?,
        })
    }),
    ("assign-policy", |r, node| r.assign_policy(node, true)),
    ("edit-policy", |r, node| r.edit_policy(node)),
    ("unassign-policy", |r, node| r.assign_policy(node, false)),
    ("check-in", |r, node| r.check_in(node)),
    ("gpupdate", |r, node| r.group_policy_update(node)),
    ("connect", |r, node| r.connect(node)),
    ("purge-bind", |r, node| r.purge_bind(node)),
    ("set-proxy", |r, node| r.set_proxy(node)),
    ("update-windows", |r, node| r.update_windows(node)),
    ("refresh-prt", |r, node| {
        Some(Doing::RefreshPrt {
            device: r.device(node)?,
        })
    }),
    ("purge-tickets", |r, node| {
        Some(Doing::PurgeTickets {
            device: r.device(node)?,
        })
    }),
    ("get-ticket", |r, node| r.get_ticket(node)),
    ("open", |r, node| r.open(node)),
    ("print", |r, node| r.print(node)),
    ("move", |r, node| r.change_place(node)),
    ("wait", |r, node| {
        Some(Doing::Act(Action::Wait(duration(r.report, node)?)))
    }),
    ("wait-until", |r, node| r.wait_until(node)),
    ("set-delegation", |r, node| r.set_delegation(node)),
    ("set-app-proxy", |r, node| r.set_app_proxy(node)),
    ("set-clock", |r, node| r.set_clock(node)),
    ("admin", |r, node| r.admin(node)),
    ("cloud-role", |r, node| r.cloud_role(node)),
    ("publish", |r, node| r.publish(node)),
    ("rotate-key", |r, node| r.rotate_key(node)),
    ("remove-kerberos-server", |r, node| r.remove_kerberos_server(node)),
    ("replicate", |r, node| {
        let domain = string(r.report, node)?;
        let known = r.names.of_section("domain");
        let name = known.resolve(&domain, node.span, r.report)?;
        let domain = r.lab.domains.get(&name)?.dns_name.as_str().into();
        Some(Doing::Act(Action::Replicate { domain }))
    }),
    ("sync", |r, node| {
        Some(Doing::Act(Action::SyncUser { user: r.user(node)? }))
    }),
    ("sync-cycle", |r, node| r.sync_cycle(node)),
    ("recreate-account", |r, node| r.recreate_account(node)),
    ("rename-account", |r, node| r.rename_account(node)),
    ("move-to-ou", |r, node| r.move_to_ou(node)),
    ("set-cloud-app", |r, node| r.set_cloud_app(node)),
    ("setup-cloud-trust", |r, node| r.setup_cloud_trust(node)),
    ("remove-cloud-trust", |r, node| r.remove_cloud_trust(node)),
    ("filter-attributes", |r, node| r.filter_attributes(node)),
    ("verify-domain", |r, node| r.verify_domain(node)),
    ("remove-tenant", |r, node| r.remove_tenant(node)),
    ("unsync", |r, node| {
        Some(Doing::Act(Action::UnsyncUser { user: r.user(node)? }))
    }),
    ("add-to-group", |r, node| r.membership(node, true)),
    ("remove-from-group", |r, node| r.membership(node, false)),
    ("replication-policy", |r, node| r.replication_policy(node)),
    ("enable-account", |r, node| r.account(node, true)),
    ("disable-account", |r, node| r.account(node, false)),
    ("set-account", |r, node| r.set_account(node)),
    ("power", |r, node| r.power(node)),
    ("set-policy", |r, node| r.set_policy(node)),
    ("add-rule", |r, node| {
        Some(Doing::Act(Action::AddRule(read_rule(
            node, "", r.names, r.report,
        )?)))
    }),
    ("remove-rule", |r, node| {
        Some(Doing::Act(Action::RemoveRule {
            name: string(r.report, node)?.into(),
        }))
    }),
];
