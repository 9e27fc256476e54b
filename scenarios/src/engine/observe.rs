//! What can be seen in a world, as facts. Only what is asked for is looked at: most runs are one of millions.

use std::sync::Arc;

use evidence::cloud_debug::CloudDebug;
use evidence::dsregcmd::SsoState;
use evidence::event::EventLog;
use evidence::graph::GraphUser;
use evidence::intune::DeviceReport;
use evidence::klist::KlistTickets;
use evidence::klist::bind::KlistBindings;
use evidence::klist::sessions::KlistSessions;
use evidence::klist::tgt::KlistTgt;
use evidence::nltest::DsGetDc;
use evidence::registry::RegistryKeys;
use evidence::w32tm::{Stripchart, TimeStatus};
use evidence::whoami::Groups;
use evidence::winhttp::WinHttpProxy;
use evidence::{Artefact, Fact, Outcome, Source, Value};
use kerberos::netlogon::DcFlags;

use crate::cmdlets::ConsoleOutput;
use crate::language::{
    KDC, KERBEROS_SERVER, KLIST_ELEVATED, NLTEST_KEYLIST, OUTCOME, RULES, STATUS_AS_SYSTEM, STATUS_SECTIONS,
    Scenario,
};
use crate::world::{HostId, Mark, Role, World};

/// Looks at a world, for one moment of a scenario.
pub(super) struct Observer<'w> {
    scenario: &'w Scenario,
    world: &'w World,
    /// From where on the journal counts.
    since: Mark,
    seen: Vec<Seen>,
}

/// What was looked at before.
struct Seen {
    artefact: &'static str,
    host: Option<Arc<str>>,
    facts: Vec<Fact>,
}

impl<'w> Observer<'w> {
    pub(super) const fn new(scenario: &'w Scenario, world: &'w World, since: Mark) -> Self {
        Self {
            scenario,
            world,
            since,
            seen: Vec::new(),
        }
    }

    /// The facts of an artefact at a host, or at any.
    pub(super) fn facts(&mut self, artefact: &'static str, host: Option<&str>) -> &[Fact] {
        let is_it = |seen: &Seen| seen.artefact == artefact && seen.host.as_deref() == host;
        let known = self.seen.iter().position(is_it);
        let index = known.unwrap_or_else(|| {
            self.seen.push(Seen {
                artefact,
                host: host.map(Into::into),
                facts: self.look(artefact, host),
            });
            self.seen.len() - 1
        });
        &self.seen[index].facts
    }

    /// Everything about the scenario's devices, domains and rules.
    pub(super) fn everything(&self) -> Vec<Fact> {
        let mut devices: Vec<&Arc<str>> = self
            .scenario
            .steps
            .iter()
            .filter_map(|step| step.doing.device())
            .collect();
        devices.sort_unstable();
        devices.dedup();
        let mut facts = Vec::new();
        for device in devices {
            for artefact in [SsoState::NAME, CloudDebug::NAME, KlistTickets::NAME, OUTCOME, KDC] {
                facts.extend(self.look(artefact, Some(device)));
            }
        }
        facts.extend(self.look(KERBEROS_SERVER, None));
        facts.extend(self.look(ConsoleOutput::ARTEFACT, None));
        facts.extend(self.look(RULES, None));
        facts
    }

    fn look(&self, artefact: &'static str, host: Option<&str>) -> Vec<Fact> {
        match artefact {
            KERBEROS_SERVER => self.kerberos_servers(host),
            ConsoleOutput::ARTEFACT => self.consoles(host),
            RULES => self.rules(),
            _ if artefact == EventLog::NAME => self.events(host),
            _ => {
                let devices = self.world.topology().hosts().filter(|(id, host)| {
                    matches!(host.role, Role::Device(_)) && self.world.device(*id).is_some()
                });
                let wanted = host.and_then(|name| self.world.topology().find(name));
                let devices = devices.filter(|(id, _)| host.is_none() || wanted == Some(*id));
                devices
                    .flat_map(|(id, _)| self.device_facts(artefact, id, host))
                    .collect()
            }
        }
    }

    fn device_facts(&self, artefact: &'static str, id: HostId, named: Option<&str>) -> Vec<Fact> {
        let Some(device) = self.world.device(id) else {
            return Vec::new();
        };
        let upn = self.world.user_at(id);
        let source = self.source(
            named.unwrap_or(&self.world.topology().host(id).name),
            upn.as_deref(),
        );
        let now = self.world.clock_of(id);
        let session = device.sessions.last().map(|session| session.id);
        match artefact {
            OUTCOME => self.ends(id, &source),
            KDC => self.kdc_error(id, &source),
            _ if artefact == SsoState::NAME => device
                .sso_state(upn.as_deref().unwrap_or_default(), now)
                .facts(&source),
            STATUS_AS_SYSTEM => renamed(artefact, device.dsregcmd_status_as_system(now).facts(&source)),
            KLIST_ELEVATED => session
                .and_then(|id| device.klist_elevated(id))
                .map_or_else(Vec::new, |seen| renamed(artefact, seen.facts(&source))),
            STATUS_SECTIONS => renamed(
                artefact,
                device
                    .dsregcmd_status(upn.as_deref().unwrap_or_default(), now)
                    .facts(&source),
            ),
            _ if artefact == CloudDebug::NAME => session
                .and_then(|id| device.cloud_debug(id))
                .map_or_else(Vec::new, |seen| seen.facts(&source)),
            _ if artefact == KlistTickets::NAME => session
                .and_then(|id| device.klist(id, now))
                .map_or_else(Vec::new, |seen| seen.facts(&source)),
            _ if artefact == KlistTgt::NAME => session
                .and_then(|id| device.klist_tgt(id, now))
                .map_or_else(Vec::new, |seen| seen.facts(&source)),
            _ if artefact == KlistSessions::NAME => {
                session.map_or_else(Vec::new, |id| device.klist_sessions(id).facts(&source))
            }
            _ if artefact == KlistBindings::NAME => {
                session.map_or_else(Vec::new, |id| device.klist_bindings(id).facts(&source))
            }
            _ if artefact == RegistryKeys::NAME => device
                .registry_as(upn.as_deref().unwrap_or_default())
                .facts(&source),
            _ => self.world_facts(artefact, id, &source),
        }
    }

    /// What a device shows and does not know by itself.
    fn world_facts(&self, artefact: &'static str, id: HostId, source: &Source) -> Vec<Fact> {
        match artefact {
            NLTEST_KEYLIST => self.nltest(id, DcFlags::KEY_LIST | DcFlags::KDC, artefact, source),
            _ if artefact == DsGetDc::NAME => self.nltest(id, DcFlags::empty(), artefact, source),
            _ if artefact == Groups::NAME => self
                .world
                .token_groups(id)
                .map_or_else(Vec::new, |seen| seen.facts(source)),
            _ if artefact == DeviceReport::NAME => self
                .world
                .intune_report(id)
                .map_or_else(Vec::new, |seen| seen.facts(source)),
            _ if artefact == TimeStatus::NAME => self.world.time_status(id).facts(source),
            _ if artefact == Stripchart::NAME => self
                .world
                .domain_stripchart(id)
                .map_or_else(Vec::new, |seen| seen.facts(source)),
            _ if artefact == WinHttpProxy::NAME => self.world.winhttp_proxy(id).facts(source),
            _ if artefact == GraphUser::NAME => {
                let upn = self.world.user_at(id);
                let user = upn.and_then(|upn| self.world.graph_user(&upn));
                user.map_or_else(Vec::new, |seen| seen.facts(source))
            }
            _ => Vec::new(),
        }
    }

    /// What the locator finds, asked from a copy of the world: looking is no part of the story.
    fn nltest(&self, id: HostId, required: DcFlags, artefact: &'static str, source: &Source) -> Vec<Fact> {
        let Some(domain) = self.world.domain_at(id) else {
            return Vec::new();
        };
        let mut copy = self.world.clone();
        renamed(artefact, copy.dsgetdc(id, &domain, required, true).facts(source))
    }

    /// The logs of a host, or of the device that nobody named.
    fn events(&self, host: Option<&str>) -> Vec<Fact> {
        let topology = self.world.topology();
        let Some((name, id)) = host.and_then(|name| Some((name, topology.find(name)?))) else {
            return Vec::new();
        };
        self.world.event_log(id).facts(&self.source(name, None))
    }

    fn source(&self, host: &str, user: Option<&str>) -> Source {
        Source {
            host: host.to_owned(),
            user: user.map(str::to_owned),
            time_micros: self.world.now().unix_micros(),
        }
    }

    fn ends(&self, id: HostId, source: &Source) -> Vec<Fact> {
        let ends = self.world.journal().ends.iter().filter(|(host, ..)| *host == id);
        let fact = |(_, done, failure): &(HostId, crate::world::Done, Option<Arc<str>>)| {
            let value = failure.as_deref().unwrap_or("ok").to_owned();
            Fact::new(OUTCOME, source, done.key(), Value::Known(value))
        };
        ends.map(fact).collect()
    }

    /// The last error since the moment began; a fix has a moment of its own.
    fn kdc_error(&self, id: HostId, source: &Source) -> Vec<Fact> {
        let errors = &self.world.journal().kdc_errors[self.since.kdc_errors..];
        let last = errors.iter().rev().find(|(host, _)| *host == id);
        let value = last.map_or(Value::Absent, |(_, code)| {
            Value::Known(code.name().map_or_else(|| code.to_string(), str::to_owned))
        });
        vec![Fact::new(KDC, source, "error", value)]
    }

    fn rules(&self) -> Vec<Fact> {
        let decisions = &self.world.journal().decisions[self.since.decisions..];
        let fact = |(actor, rule, outcome): &(HostId, &'static evidence::Rule, Outcome)| {
            let source = self.source(&self.world.topology().host(*actor).name, None);
            let said = match outcome {
                Outcome::Passed => "passed",
                Outcome::Refused => "refused",
                Outcome::Noted => "noted",
            };
            Fact::new(RULES, &source, rule.id, Value::Known(said.to_owned()))
        };
        decisions.iter().map(fact).collect()
    }

    /// Every domain against the first tenant that holds its key, and, where `DOMAIN/TENANT` is asked for, against that one.
    fn kerberos_servers(&self, asked: Option<&str>) -> Vec<Fact> {
        let lab = self.world.lab().lab();
        let mut facts = Vec::new();
        for (index, (name, snapshot)) in lab.domains.keys().zip(self.world.domains()).enumerate() {
            let mut tenants = self.world.tenants().iter();
            let tenant =
                tenants.position(|(tenant, _)| tenant.kerberos_domain(snapshot.dns_name()).is_some());
            let shown = self.world.kerberos_server_rows(index, tenant);
            facts.extend(shown.facts(&self.source(name, None)));
        }
        let asked = asked.and_then(|asked| {
            let (domain, tenant) = asked.split_once('/')?;
            let domain = lab.domains.get_index_of(domain)?;
            Some((domain, lab.tenants.get_index_of(tenant)?))
        });
        if let Some((domain, tenant)) = asked {
            let shown = self.world.kerberos_server_rows(domain, Some(tenant));
            let names = (lab.domains.get_index(domain), lab.tenants.get_index(tenant));
            if let (Some((domain, _)), Some((tenant, _))) = names {
                facts.extend(shown.facts(&self.source(&format!("{domain}/{tenant}"), None)));
            }
        }
        facts
    }

    /// What the console of a host showed last, or what every console did.
    fn consoles(&self, host: Option<&str>) -> Vec<Fact> {
        let wanted = host.and_then(|name| self.world.topology().find(name));
        let consoles = self.world.journal().consoles.iter();
        let mut shown = consoles.filter(|(id, _)| host.is_none() || wanted == Some(*id));
        match host {
            Some(name) => shown
                .next_back()
                .map_or_else(Vec::new, |(_, output)| output.facts(&self.source(name, None))),
            None => shown
                .flat_map(|(id, output)| {
                    output.facts(&self.source(&self.world.topology().host(*id).name, None))
                })
                .collect(),
        }
    }
}

/// Facts under the name by which expectations ask for them.
fn renamed(artefact: &'static str, mut facts: Vec<Fact>) -> Vec<Fact> {
    for fact in &mut facts {
        fact.artefact = artefact;
    }
    facts
}
