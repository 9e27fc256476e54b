//! A run as files for other programs: the capture, and the keys that open it.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;

use kerberos::Timestamp;
use kerberos::keytab::Keytab;
use scenarios::language::Scenario;
use scenarios::trace::{Fate, Message};
use scenarios::views;
use scenarios::world::{Protocol, World};

use super::capture::{Capture, Packet, Transport};
use crate::cli::RunArgs;
use crate::decode::Keyring;
use crate::output::{self, Readers};
use crate::up::files::add_krbtgt_keys;

/// Writes what the options ask for.
pub(crate) fn write(args: &RunArgs, world: &World, scenario: &Scenario) -> io::Result<()> {
    if let Some(folder) = &args.evidence {
        evidence(folder, world, scenario)?;
    }
    if let Some(path) = &args.pcap {
        output::write(path, &capture(world)?, Readers::Anyone).map_err(io::Error::other)?;
    }
    if let Some(path) = &args.keytab {
        let octets = keytab(world).write().map_err(io::Error::other)?;
        output::write(path, &octets, Readers::Owner).map_err(io::Error::other)?;
    }
    Ok(())
}

/// The files that an engineer would send. Lines end as Windows ends them.
fn evidence(folder: &Path, world: &World, scenario: &Scenario) -> io::Result<()> {
    for file in views::bundle(world, scenario) {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|error| named(parent, &error))?;
        }
        let text = file.text.replace('\n', "\r\n");
        output::write(&path, text.as_bytes(), Readers::Anyone).map_err(io::Error::other)?;
    }
    Ok(())
}

/// The keys of a world, for showing its messages decrypted.
pub(crate) fn keyring(world: &World) -> Keyring {
    let mut keys = Keyring::new(false);
    keys.add_keytab(&keytab(world));
    keys
}

/// The keys of a world: those of its beginning, and those that came since.
pub(crate) fn keytab(world: &World) -> Keytab {
    let mut keytab = Keytab::default();
    // keys at the story's beginning, then those that came since
    for domain in world.lab().domains().values().chain(world.domains()) {
        add_krbtgt_keys(&mut keytab, domain, world.now());
    }
    // what an administrator did to Entra's half alone
    for (tenant, _) in world.tenants() {
        for domain in tenant.kerberos_domains() {
            let realm = domain.realm.as_str();
            let name = kerberos::wire::PrincipalName::krbtgt(realm);
            keytab.add(
                realm.into(),
                name,
                domain.kvno(),
                &domain.key,
                world.now().kerberos_time(),
            );
        }
    }
    keytab
}

fn capture(world: &World) -> io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    let mut capture = Capture::new(&mut octets)?;
    for message in world.trace().messages() {
        let ends = (message.source, message.destination);
        let fate = fate(message);
        add(
            &mut capture,
            message.time,
            ends,
            message.protocol,
            &message.octets,
            fate,
        )?;
    }
    Ok(octets)
}

/// Adds a message to a capture, on ports by which a dissector knows what it is.
pub(crate) fn add<W: Write>(
    capture: &mut Capture<W>,
    time: Timestamp,
    (source, destination): (SocketAddr, SocketAddr),
    protocol: Protocol,
    octets: &[u8],
    fate: Option<String>,
) -> io::Result<()> {
    let comment = comment((source.port(), destination.port()), fate);
    capture.write(&Packet {
        time_micros: time.unix_micros(),
        source: shown(source),
        destination: shown(destination),
        transport: transport(protocol, source.port() == 88 || destination.port() == 88),
        payload: octets,
        comment: comment.as_deref(),
    })
}

/// Ports that would make a dissector expect what the lab does not carry: HTTPS is in clear here, so it goes where HTTP is
/// expected, and the stand-in for SMB goes where nothing is.
pub(crate) fn shown(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), port_in_capture(address.port()))
}

/// The port that stands in a capture for one of the network's.
pub(crate) const fn port_in_capture(port: u16) -> u16 {
    match port {
        443 => 80,
        445 => 44_500,
        other => other,
    }
}

const fn transport(protocol: Protocol, kerberos: bool) -> Transport {
    match protocol {
        Protocol::Dns | Protocol::Udp => Transport::Udp,
        Protocol::Tcp if kerberos => Transport::KerberosTcp,
        Protocol::Tcp | Protocol::Https => Transport::Tcp,
    }
}

fn fate(message: &Message) -> Option<String> {
    match &message.fate {
        Fate::Delivered => None,
        Fate::Rewritten(rule) => Some(format!("rewritten by the rule {rule}")),
        Fate::Dropped(rule) => Some(format!("dropped by the rule {rule}")),
        Fate::Refused(_) => Some("refused: nobody listens".to_owned()),
        Fate::Unreachable => Some("lost: there is no way to the receiver".to_owned()),
    }
}

fn comment(ports: (u16, u16), fate: Option<String>) -> Option<String> {
    let what = match ports {
        (443, _) | (_, 443) => Some("HTTPS, recorded in clear"),
        (445, _) | (_, 445) => Some("what SMB would carry: a GSS-API token and a share"),
        _ => None,
    };
    match (what, fate) {
        (None, None) => None,
        (Some(what), None) => Some(what.to_owned()),
        (None, Some(fate)) => Some(fate),
        (Some(what), Some(fate)) => Some(format!("{what}; {fate}")),
    }
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
