//! What a running lab says of its traffic as it happens: in words (`-v`), and as a capture (`--pcap`).

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use client_sim::ClientEvent;
use client_sim::access::AccessReply;
use kerberos::Timestamp;
use kerberos::codes::MessageType;
use kerberos::keytab::Keytab;
use kerberos::wire::{KrbError, Message};
use scenarios::journal::Answered;
use scenarios::world::{self, HostId, Protocol, Topology};

use super::capture::{CaptureFile, Packet};
use super::filing::Service;
use crate::decode::Keyring;
use crate::layout::Width;
use crate::output::stdout;
use crate::run::narrate::{Carried, Level, Style, Teller};

/// Tells and captures what services answer.
pub(crate) struct Watch {
    topology: Arc<Topology>,
    style: Option<Style>,
    state: Mutex<State>,
}

struct State {
    /// The keys of the lab, which open what is told; those of sessions are learnt as they are seen.
    keytab: Keytab,
    keys: Keyring,
    capture: Option<CaptureFile>,
}

/// The octets of a request and of its reply.
pub(crate) struct Wire {
    /// When it was answered.
    until: Timestamp,
    /// What was received.
    request: Vec<u8>,
    /// What was sent, if anything was.
    reply: Option<Vec<u8>>,
}

impl Wire {
    /// Of a service that answers octets with octets; none where it sent nothing.
    pub(crate) fn octets(until: Timestamp, request: &[u8], reply: &[u8]) -> Self {
        Self {
            until,
            request: request.to_vec(),
            reply: (!reply.is_empty()).then(|| reply.to_vec()),
        }
    }

    /// Of a service over HTTP.
    pub(crate) fn http(until: Timestamp, request: Vec<u8>, response: &http::Response<Vec<u8>>) -> Self {
        Self {
            until,
            request,
            reply: Some(world::response_octets(response)),
        }
    }
}

impl Watch {
    /// Keys that are learnt before the keyring begins anew: sessions of weeks must not fill the memory.
    const KEYS_MAX: usize = 4_096;

    /// `None` where nothing is to be told or captured.
    ///
    /// # Errors
    /// The capture cannot be made; the error names the file.
    pub(crate) fn new(
        topology: Arc<Topology>,
        keytab: Keytab,
        verbose: u8,
        pcap: Option<&Path>,
        pcap_octets_max: u64,
    ) -> io::Result<Option<Self>> {
        let style = (verbose > 0).then(|| Style {
            level: Level::of(verbose),
            width: Width::of_stdout(),
        });
        if style.is_none() && pcap.is_none() {
            return Ok(None);
        }
        let capture = pcap.map(|path| CaptureFile::create(path, pcap_octets_max));
        let capture = capture.transpose()?;
        Ok(Some(Self {
            topology,
            style,
            state: Mutex::new(State {
                keys: keyring(&keytab),
                keytab,
                capture,
            }),
        }))
    }

    /// Takes the keys of the lab as they are now beside those it had.
    pub(crate) fn add_keys(&self, keytab: &Keytab) {
        let mut state = self.state();
        state.keys.add_keytab(keytab);
        state.keytab = keytab.clone();
    }

    /// A request that was answered.
    pub(crate) fn answered(&self, service: Service, answered: &Answered, wire: &Wire) {
        let mut state = self.state();
        if let Some(style) = self.style {
            let told = self.told(style, &mut state, service, answered, wire);
            stdout::print(&told);
        }
        if let Some(capture) = &mut state.capture
            && let Err(error) = captured(capture, service, answered, wire)
        {
            tracing::warn!(%error, "not captured");
        }
    }

    /// A step of a device.
    pub(crate) fn step(&self, time: Timestamp, device: HostId, step: &ClientEvent) {
        let Some(style) = self.style else { return };
        let mut state = self.state();
        let mut teller = Teller::new(&self.topology, style, &mut state.keys);
        teller.step(time, device, step);
        stdout::print(&teller.into_text());
    }

    fn told(
        &self,
        style: Style,
        state: &mut State,
        service: Service,
        answered: &Answered,
        wire: &Wire,
    ) -> String {
        if state.keys.keys().count() > Self::KEYS_MAX {
            state.keys = keyring(&state.keytab);
        }
        let name = |host: HostId| &self.topology.host(host).name;
        let server = name(service.host);
        let client = match answered.from {
            Some(host) => format!("{} ({})", name(host), answered.peer),
            None => answered.peer.to_string(),
        };
        let mut teller = Teller::new(&self.topology, style, &mut state.keys);
        teller.carried(&Carried {
            time: answered.time,
            from: &client,
            to: server,
            protocol: answered.protocol,
            port: service.port,
            octets: &wire.request,
            remark: &format!(": {}", answered.request),
        });
        for decided in answered.decisions.iter() {
            teller.decided(server, decided.rule, decided.outcome, decided.detail);
        }
        if let Some(reply) = &wire.reply {
            teller.carried(&Carried {
                time: wire.until,
                from: server,
                to: &client,
                protocol: answered.protocol,
                port: answered.peer.port(),
                octets: reply,
                remark: &format!(": {}", kind(service, reply)),
            });
        }
        teller.into_text()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keyring(keytab: &Keytab) -> Keyring {
    let mut keys = Keyring::new(false);
    keys.add_keytab(keytab);
    keys
}

/// Adds a request and its reply, on the standard port of the service, whichever port it has.
fn captured(capture: &mut CaptureFile, service: Service, answered: &Answered, wire: &Wire) -> io::Result<()> {
    let (client, server) = (answered.peer, SocketAddr::new(service.address, service.port));
    let protocol = answered.protocol;
    let request = Packet {
        time: answered.time,
        source: client,
        destination: server,
        protocol,
        octets: &wire.request,
    };
    let reply = wire.reply.as_ref().map(|octets| Packet {
        time: wire.until,
        source: server,
        destination: client,
        protocol,
        octets,
    });
    capture.exchange(&request, reply.as_ref())
}

/// What a reply is.
fn kind(service: Service, reply: &[u8]) -> String {
    if service.protocol == Protocol::Https {
        let line = reply.split(|octet| *octet == b'\r').next().unwrap_or_default();
        return String::from_utf8_lossy(line).into_owned();
    }
    match Message::peek(reply) {
        Some(MessageType::ERROR) => KrbError::decode(reply).map_or_else(
            |_| "KRB-ERROR".to_owned(),
            |error| {
                let code = error.error_code;
                let name = code.name().map_or_else(|| code.to_string(), str::to_owned);
                format!("KRB-ERROR {name}")
            },
        ),
        Some(MessageType::AS_REP) => "AS-REP".to_owned(),
        Some(MessageType::TGS_REP) => "TGS-REP".to_owned(),
        _ => match AccessReply::read(reply) {
            Ok(reply) => reply.status.to_string(),
            Err(_) => "a reply".to_owned(),
        },
    }
}
