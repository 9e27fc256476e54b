//! Where every service on sockets files what it answered: in the journal of its host, and in the log.
//!
//! A service takes no lock of the world for that. Each host has a journal of its own here, which the world takes over when
//! somebody looks.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use client_sim::ClientEvent;
use kerberos::Timestamp;
use kerberos::keytab::Keytab;
use scenarios::journal::{Answered, Decisions, HostJournal, Record, Request};
use scenarios::world::{ConnectorEvent, HostId, Protocol, Topology, World};

use super::watch::{Watch, Wire};

/// The journals of a lab on sockets, and which of its machines has which socket.
pub(crate) struct Filing {
    topology: Arc<Topology>,
    /// By host.
    journals: Vec<Mutex<HostJournal>>,
    requests: AtomicU64,
    senders: RwLock<BTreeMap<SocketAddr, Sender>>,
    watch: Option<Watch>,
}

/// A machine of the lab that sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sender {
    /// Which.
    pub(crate) from: HostId,
    /// For which machine it does, where one is known.
    pub(crate) origin: Option<HostId>,
}

impl Sender {
    /// A machine that sends for itself.
    pub(crate) const fn itself(host: HostId) -> Self {
        Self {
            from: host,
            origin: Some(host),
        }
    }
}

/// A service of a host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Service {
    /// The host.
    pub(crate) host: HostId,
    /// Where it listens.
    pub(crate) address: IpAddr,
    /// The standard port of the service, whichever it listens on.
    pub(crate) port: u16,
    /// What carries its messages.
    pub(crate) protocol: Protocol,
}

/// A request that a service answered.
pub(crate) struct Served {
    /// When it came, by the lab's clock.
    pub(crate) time: Timestamp,
    /// Who sent it.
    pub(crate) peer: SocketAddr,
    /// How long it was.
    pub(crate) octets: usize,
    /// What it asked for.
    pub(crate) request: Request,
    /// What was decided.
    pub(crate) decisions: Decisions,
    /// Its octets and those of the reply, where somebody watches.
    pub(crate) wire: Option<Wire>,
}

impl Filing {
    /// Empty journals for the hosts of a world.
    pub(crate) fn new(world: &World, watch: Option<Watch>) -> Self {
        let topology = world.shared_topology();
        Self {
            journals: topology.hosts().map(|_| Mutex::default()).collect(),
            topology,
            requests: AtomicU64::new(1),
            senders: RwLock::default(),
            watch,
        }
    }

    /// Files what a service answered.
    pub(crate) fn file(&self, service: Service, served: Served) {
        let sender = self.sender(served.peer);
        let Served {
            time,
            peer,
            octets,
            request,
            decisions,
            wire,
        } = served;
        if decisions.is_empty() && wire.is_none() {
            return;
        }
        let answered = Answered {
            number: self.requests.fetch_add(1, Ordering::Relaxed),
            time,
            from: sender.map(|sender| sender.from),
            origin: sender.and_then(|sender| sender.origin),
            peer,
            protocol: service.protocol,
            octets,
            request,
            decisions,
        };
        if let (Some(watch), Some(wire)) = (&self.watch, &wire) {
            watch.answered(service, &answered, wire);
        }
        if !answered.decisions.is_empty() {
            self.log(service.host, &answered);
            self.keep(service.host, Record::Answered(answered));
        }
    }

    /// What only who watches needs: made where somebody does.
    pub(crate) fn wire<T>(&self, make: impl FnOnce() -> T) -> Option<T> {
        self.watch.is_some().then(make)
    }

    /// A step of a device, as it happens.
    pub(crate) fn step(&self, time: Timestamp, device: HostId, step: &ClientEvent) {
        if let Some(watch) = &self.watch {
            watch.step(time, device, step);
        }
    }

    /// Takes keys that are new, so that what they seal is told opened.
    pub(crate) fn add_keys(&self, keytab: &Keytab) {
        if let Some(watch) = &self.watch {
            watch.add_keys(keytab);
        }
    }

    /// Files what a connector carried on.
    pub(crate) fn connector(&self, host: HostId, time: Timestamp, event: ConnectorEvent) {
        tracing::debug!(host = %self.topology.host(host).name, "{event}");
        let event = Arc::new(event);
        self.keep(host, Record::Connector { time, event });
    }

    /// Gives a world what was filed since it took it last.
    pub(crate) fn hand_over(&self, world: &mut World) {
        for ((host, _), journal) in self.topology.hosts().zip(&self.journals) {
            let kept = std::mem::take(&mut *journal.lock().unwrap_or_else(PoisonError::into_inner));
            if !kept.is_empty() {
                world.append_journal(host, &kept);
            }
        }
    }

    /// Says that a machine of the lab sends from this socket, for as long as the result lives.
    pub(crate) fn sends_from(&self, socket: SocketAddr, sender: Sender) -> SendsFrom<'_> {
        let mut senders = self.senders.write().unwrap_or_else(PoisonError::into_inner);
        senders.insert(socket, sender);
        SendsFrom { filing: self, socket }
    }

    /// The machine of the lab that sends from a socket.
    pub(crate) fn sender(&self, socket: SocketAddr) -> Option<Sender> {
        let senders = self.senders.read().unwrap_or_else(PoisonError::into_inner);
        senders.get(&socket).copied()
    }

    fn keep(&self, host: HostId, record: Record) {
        if let Some(journal) = self.journals.get(host.0 as usize) {
            journal
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(record);
        }
    }

    fn log(&self, host: HostId, answered: &Answered) {
        let host = &self.topology.host(host).name;
        let Answered {
            number,
            peer,
            request,
            decisions,
            ..
        } = answered;
        // what is no request has neither client nor service, and anybody can send as much of it as they like
        let is_request = !matches!(request, Request::Unreadable);
        if let Some(refused) = decisions.refusal().filter(|_| is_request) {
            let rule = refused.rule;
            let error = rule.refuses_with.unwrap_or("no answer");
            tracing::info!(%host, %peer, error, rule = rule.id, "refused {request}: {}", refused.detail);
        }
        if tracing::enabled!(tracing::Level::DEBUG) {
            for decided in decisions.iter() {
                let (rule, outcome) = (decided.rule.id, decided.outcome);
                tracing::debug!(%host, %peer, number, rule, ?outcome, "{}", decided.detail);
            }
        }
    }
}

/// A socket from which a machine of the lab sends.
pub(crate) struct SendsFrom<'f> {
    filing: &'f Filing,
    socket: SocketAddr,
}

impl Drop for SendsFrom<'_> {
    fn drop(&mut self) {
        let mut senders = self
            .filing
            .senders
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        senders.remove(&self.socket);
    }
}
