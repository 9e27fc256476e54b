//! What can be seen in a world, as facts. Only what is asked for is looked at: most runs are one of millions.

use std::sync::Arc;

use evidence::{Artefact, Fact, Source};

use crate::language::Scenario;
use crate::views::Subject;
use crate::world::{Mark, Role, World};

/// Looks at a world, for one moment of a scenario.
pub(super) struct Observer<'w> {
    scenario: &'w Scenario,
    world: &'w World,
    /// From where on the past counts.
    since: Mark,
    seen: Vec<Seen>,
}

/// What was looked at before.
struct Seen {
    artefact: Artefact,
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
    pub(super) fn facts(&mut self, artefact: Artefact, host: Option<&str>) -> &[Fact] {
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
            .filter_map(|step| step.kind.device())
            .collect();
        devices.sort_unstable();
        devices.dedup();
        let mut facts = Vec::new();
        for device in devices {
            for artefact in reported().filter(|artefact| !is_of_the_lab(*artefact)) {
                facts.extend(self.look(artefact, Some(device)));
            }
        }
        for artefact in reported().filter(|artefact| is_of_the_lab(*artefact)) {
            facts.extend(self.look(artefact, None));
        }
        facts
    }

    fn look(&self, artefact: Artefact, host: Option<&str>) -> Vec<Fact> {
        let found = host.and_then(|name| self.world.topology().find(name));
        match (artefact, host) {
            (Artefact::KerberosServer, _) => self.kerberos_servers(host),
            (Artefact::Rules, _) => self.facts_of(artefact, Subject::Lab, ""),
            (Artefact::PowerShell, None) => self.facts_of(artefact, Subject::Lab, ""),
            (Artefact::PowerShell | Artefact::Events, Some(name)) => found
                .map(|id| self.facts_of(artefact, Subject::Host(id, None), name))
                .unwrap_or_default(),
            // the device that nobody named has no log
            (Artefact::Events, None) => Vec::new(),
            _ => {
                let devices = self.world.topology().hosts().filter(|(id, declared)| {
                    matches!(declared.role, Role::Device(_)) && self.world.device(*id).is_some()
                });
                let devices = devices.filter(|(id, _)| host.is_none() || found == Some(*id));
                devices
                    .flat_map(|(id, declared)| {
                        let name = host.unwrap_or(&declared.name);
                        self.facts_of(artefact, Subject::Host(id, None), name)
                    })
                    .collect()
            }
        }
    }

    /// The facts of an artefact, under the name by which its subject was asked for.
    fn facts_of(&self, artefact: Artefact, subject: Subject<'_>, name: &str) -> Vec<Fact> {
        let Some(view) = self.world.look_since(artefact, subject, self.since) else {
            return Vec::new();
        };
        let user = match (artefact, subject) {
            (Artefact::PowerShell | Artefact::Events, _) => None,
            (_, Subject::Host(host, _)) => self.world.user_at(host),
            _ => None,
        };
        let source = Source {
            host: name.to_owned(),
            user: user.as_deref().map(str::to_owned),
            time_micros: self.world.now().unix_micros(),
        };
        view.facts(&source)
    }

    /// Every domain against the first tenant that holds its key, and, where `DOMAIN/TENANT` is asked for, against that one.
    fn kerberos_servers(&self, asked: Option<&str>) -> Vec<Fact> {
        let lab = self.world.lab().lab();
        let mut facts = Vec::new();
        for (index, (name, snapshot)) in lab.domains.keys().zip(self.world.domains()).enumerate() {
            let mut tenants = self.world.tenants().iter();
            let tenant =
                tenants.position(|(tenant, _)| tenant.kerberos_domain(snapshot.dns_name()).is_some());
            facts.extend(self.facts_of(Artefact::KerberosServer, Subject::Domain(index, tenant), name));
        }
        let asked = asked.and_then(|asked| {
            let (domain, tenant) = asked.split_once('/')?;
            let domain = lab.domains.get_index_of(domain)?;
            Some((domain, lab.tenants.get_index_of(tenant)?))
        });
        if let Some((domain, tenant)) = asked {
            let names = (lab.domains.get_index(domain), lab.tenants.get_index(tenant));
            if let (Some((domain_name, _)), Some((tenant_name, _))) = names {
                let name = format!("{domain_name}/{tenant_name}");
                let subject = Subject::Domain(domain, Some(tenant));
                facts.extend(self.facts_of(Artefact::KerberosServer, subject, &name));
            }
        }
        facts
    }
}

fn reported() -> impl Iterator<Item = Artefact> {
    let all = Artefact::ALL.iter().copied();
    all.filter(|artefact| artefact.about().is_reported)
}

/// Whether nobody's device shows it: domains, consoles and rules are the whole lab's.
const fn is_of_the_lab(artefact: Artefact) -> bool {
    matches!(
        artefact,
        Artefact::KerberosServer | Artefact::PowerShell | Artefact::Rules
    )
}
