//! Which machine, and who sits there.

use std::sync::Arc;

use client_sim::Password;
use scenarios::lab::{Lab, User};
use scenarios::world::{HostId, Role, World};

use super::Printed;

/// A kind of machine one can sit down at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Machine {
    /// A Windows client.
    Client,
    /// A member server.
    Server,
    /// A domain controller.
    Dc,
}

/// A machine of the lab, and the person at it.
#[derive(Clone, Debug)]
pub(crate) struct Sitting {
    /// The machine.
    pub(crate) id: HostId,
    /// Its name: `ADA-LT`.
    pub(crate) host: String,
    /// Its name in the lab file: `ada-lt`.
    pub(crate) lab_name: Arc<str>,
    /// What it is.
    pub(crate) machine: Machine,
    /// Who sits there; a server has nobody of its own.
    pub(crate) person: Option<Person>,
}

/// Somebody of the lab.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// As the lab file names them: `ada`.
    pub(crate) name: String,
    /// Their sign-in name.
    pub(crate) upn: String,
    /// Their password, which they know.
    pub(crate) password: Password,
    /// The DNS name of their AD domain, by which short server names are completed.
    pub(crate) domain: Option<String>,
}

impl Sitting {
    /// Finds the machine and the person: the one who is named (`ada`, `ada@fernhill.example`, `FERNHILL\ada`), else who
    /// signed in there last, else the machine's owner.
    ///
    /// # Errors
    /// What to print when the lab has no such machine or person.
    pub(crate) fn find(world: &World, host: &str, user: Option<&str>) -> Result<Self, Printed> {
        let lab = world.lab().lab();
        let found = world
            .topology()
            .find(host)
            .and_then(|id| Some((id, machine(world, id)?)));
        let Some((id, machine)) = found else {
            let known: Vec<&str> = machines(world).map(|(_, name)| name).collect();
            return Err(Printed::refused(format!(
                "no machine {host} here; there are: {}\n",
                known.join(", ")
            )));
        };
        let person = match user {
            Some(name) => Some(Person::find(lab, name).ok_or_else(|| nobody(lab, name))?),
            None => signed_in(world, id).or_else(|| owner(world, id)),
        };
        Ok(Self {
            id,
            host: world.topology().host(id).name.to_string(),
            lab_name: world.lab_name(id),
            machine,
            person,
        })
    }

    /// What to print about something that only a Windows client does.
    pub(crate) fn no_client(&self) -> Printed {
        Printed::failed(format!("{} is no Windows client\n", self.host))
    }

    /// Who sits there.
    ///
    /// # Errors
    /// What to print when nobody does.
    pub(crate) fn person(&self) -> Result<&Person, Printed> {
        self.person.as_ref().ok_or_else(|| {
            Printed::failed(format!(
                "{} has no user of its own; say who with --as USER\n",
                self.host
            ))
        })
    }
}

/// Every machine one can sit down at.
pub(crate) fn machines(world: &World) -> impl Iterator<Item = (Machine, &str)> {
    world
        .topology()
        .hosts()
        .filter_map(|(id, host)| Some((machine(world, id)?, &*host.name)))
}

fn machine(world: &World, id: HostId) -> Option<Machine> {
    match world.topology().host(id).role {
        Role::Device(_) => Some(Machine::Client),
        Role::Server(_) => Some(Machine::Server),
        Role::DomainController(_) => Some(Machine::Dc),
        _ => None,
    }
}

fn signed_in(world: &World, id: HostId) -> Option<Person> {
    let upn = &world.device(id)?.sessions.last()?.upn;
    Person::find(world.lab().lab(), upn)
}

fn owner(world: &World, id: HostId) -> Option<Person> {
    let lab = world.lab().lab();
    let Role::Device(index) = world.topology().host(id).role else {
        return None;
    };
    let (_, device) = lab.devices.get_index(usize::from(index))?;
    Person::find(lab, device.owner.as_ref()?)
}

fn nobody(lab: &Lab, name: &str) -> Printed {
    let known: Vec<&str> = lab.users.keys().map(String::as_str).collect();
    Printed::refused(format!("no user {name} here; there are: {}\n", known.join(", ")))
}

impl Person {
    /// The user of this name, UPN or `DOMAIN\name`.
    fn find(lab: &Lab, wanted: &str) -> Option<Self> {
        let netbios = |user: &User| {
            let domain = lab.domains.get(user.domain.as_ref()?)?;
            Some(domain.netbios.as_str())
        };
        let (name, user) = lab.users.iter().find(|(name, user)| {
            name.eq_ignore_ascii_case(wanted)
                || user.upn.eq_ignore_ascii_case(wanted)
                || wanted.split_once('\\').is_some_and(|(domain, sam)| {
                    user.sam.eq_ignore_ascii_case(sam)
                        && netbios(user).is_some_and(|netbios| netbios.eq_ignore_ascii_case(domain))
                })
        })?;
        Some(Self {
            name: name.clone(),
            upn: user.upn.clone(),
            password: Password::new(user.password.as_str()),
            domain: user
                .domain
                .as_ref()
                .and_then(|domain| lab.domains.get(domain))
                .map(|domain| domain.dns_name.clone()),
        })
    }
}
