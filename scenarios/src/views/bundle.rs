//! Everything that can be seen at the end of a run, as files an engineer would send.

use evidence::Artefact;

use super::Subject;
use crate::language::Scenario;
use crate::world::{HostId, Role, World};

/// One file: where it belongs, with `/` between folders, and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFile {
    /// `ADA-LT/dsregcmd-status.txt`
    pub path: String,
    /// Its text, with `\n` line ends.
    pub text: String,
}

/// The files of a world: a folder for each device of the scenario, for each DC and server that decided something, and
/// `graph` for the people at the devices. The world itself is left as it is.
pub fn bundle(world: &World, scenario: &Scenario) -> Vec<EvidenceFile> {
    let mut devices: Vec<HostId> = scenario
        .steps
        .iter()
        .filter_map(|step| world.topology().find(step.kind.device()?))
        .collect();
    devices.sort_unstable();
    devices.dedup();
    let mut files = Vec::new();
    for device in &devices {
        let folder = &world.topology().host(*device).name;
        for artefact in of_devices() {
            add(&mut files, world, artefact, *device, folder, "");
        }
    }
    for (host, declared) in world.topology().hosts() {
        let decides = matches!(declared.role, Role::DomainController(_) | Role::Server(_));
        if decides && !world.event_log(host).events.is_empty() {
            add(
                &mut files,
                world,
                Artefact::Events,
                host,
                &declared.name,
                "security-",
            );
        }
    }
    let mut people: Vec<_> = devices
        .iter()
        .filter_map(|device| Some((world.user_at(*device)?, *device)))
        .collect();
    people.sort_unstable();
    people.dedup_by(|one, other| one.0 == other.0);
    for (_, device) in people {
        add(&mut files, world, Artefact::Graph, device, "graph", "");
    }
    files
}

/// What is in the folder of a device; what Graph says of its user has a folder of its own.
fn of_devices() -> impl Iterator<Item = Artefact> {
    let all = Artefact::ALL.iter().copied();
    all.filter(|artefact| *artefact != Artefact::Graph && !artefact.about().files.is_empty())
}

/// Adds the files of an artefact to a folder, under names that begin with `prefix`.
fn add(
    files: &mut Vec<EvidenceFile>,
    world: &World,
    artefact: Artefact,
    host: HostId,
    folder: &str,
    prefix: &str,
) {
    let Some(view) = world.look(artefact, Subject::Host(host, None)) else {
        return;
    };
    files.extend(view.files().into_iter().map(|(name, text)| EvidenceFile {
        path: format!("{folder}/{prefix}{name}"),
        text,
    }));
}
