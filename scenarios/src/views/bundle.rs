//! Everything that can be seen at the end of a run, as files an engineer would send.

use evidence::Artefact;
use evidence::registry::{HELLO_GROUP_POLICY, HELLO_MDM, HELLO_USER_GROUP_POLICY};
use kerberos::netlogon::DcFlags;

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
        .filter_map(|step| world.topology().find(step.doing.device()?))
        .collect();
    devices.sort_unstable();
    devices.dedup();
    let mut files = Vec::new();
    for device in &devices {
        of_device(world, *device, &mut files);
    }
    for (host, declared) in world.topology().hosts() {
        if !matches!(declared.role, Role::DomainController(_) | Role::Server(_)) {
            continue;
        }
        let log = world.event_log(host);
        if !log.events.is_empty() {
            add(&mut files, &declared.name, "security-events.txt", log.render());
            add(
                &mut files,
                &declared.name,
                "security-events.xml",
                log.render_xml(),
            );
        }
    }
    let people = devices.iter().filter_map(|device| world.user_at(*device));
    let mut people: Vec<_> = people.collect();
    people.sort_unstable();
    people.dedup();
    for upn in people {
        if let Some(user) = world.graph_user(&upn) {
            add(&mut files, "graph", &format!("user-{upn}.json"), user.render());
        }
    }
    files
}

fn of_device(world: &World, device: HostId, files: &mut Vec<EvidenceFile>) {
    let Some(state) = world.device(device) else { return };
    let folder = &world.topology().host(device).name;
    let now = world.clock_of(device);
    let upn = world.user_at(device).unwrap_or_default();
    let mut file = |name: &str, text: String| add(files, folder, name, text);
    file("dsregcmd-status.txt", state.dsregcmd_status(&upn, now).render());
    if let Some(session) = state.session_of(&upn).map(|session| session.id) {
        let tickets = state.klist(session, now).map(|view| view.render());
        let tgt = state.klist_tgt(session, now).map(|view| view.render());
        let cloud = state.cloud_debug(session).map(|view| view.render());
        let sessions = state.klist_sessions(session).render();
        let bindings = state.klist_bindings(session).render();
        for (name, text) in [
            ("klist.txt", tickets),
            ("klist-tgt.txt", tgt),
            ("klist-cloud_debug.txt", cloud),
            ("klist-sessions.txt", Some(sessions)),
            ("klist-query_bind.txt", Some(bindings)),
        ] {
            if let Some(text) = text {
                file(name, text);
            }
        }
    }
    if let Some(domain) = world.domain_at(device) {
        let mut copy = world.clone();
        let plain = copy.dsgetdc(device, &domain, DcFlags::empty(), true);
        file("nltest-dsgetdc.txt", plain.render());
        let key_list = DcFlags::KEY_LIST | DcFlags::KDC;
        let key_list = copy.dsgetdc(device, &domain, key_list, true);
        file("nltest-dsgetdc-keylist-kdc.txt", key_list.render());
    }
    if let Some(groups) = world.token_groups(device) {
        file("whoami-groups.txt", groups.render());
    }
    file("w32tm-status.txt", world.time_status(device).render());
    if let Some(chart) = world.domain_stripchart(device) {
        file("w32tm-stripchart.txt", chart.render());
    }
    if let Some(report) = world.intune_report(device) {
        file("intune-report.txt", report.render());
    }
    file("winhttp-proxy.txt", world.winhttp_proxy(device).render());
    let registry = state.registry_as(&upn);
    let own = format!("HKEY_CURRENT_USER\\{HELLO_USER_GROUP_POLICY}");
    for (path, name) in [
        (own.as_str(), "PassportForWork-GPO-user.reg"),
        (HELLO_GROUP_POLICY, "PassportForWork-GPO.reg"),
        (HELLO_MDM, "PassportForWork-MDM.reg"),
    ] {
        let keys = registry.below(path);
        if !keys.keys.is_empty() {
            file(name, keys.render_reg());
        }
    }
    let log = world.event_log(device);
    file("events.txt", log.render());
    file("events.xml", log.render_xml());
}

fn add(files: &mut Vec<EvidenceFile>, folder: &str, name: &str, text: String) {
    files.push(EvidenceFile {
        path: format!("{folder}/{name}"),
        text,
    });
}
