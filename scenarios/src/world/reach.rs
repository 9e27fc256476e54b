//! What a lab on sockets asks the world: whether a device's request would arrive, and what its actors are at present.

use std::net::SocketAddr;

use client_sim::{Endpoint, NetworkError};
use cloud_sim::Handled;
use kdc_sim::{DcConfig, DomainSnapshot};
use kerberos::Timestamp;

use super::World;
use super::actors::served;
use super::network::{ExchangeId, Packet, Payload};
use super::rule::{Direction, Protocol, Verdict};
use super::topology::{ENTRA, HostId, Role};

impl World {
    /// Whether a request from `from` would reach `to` now: its place has a way there, DNS tells the name, the host runs,
    /// and no rule drops or refuses it. Rewrites and delays are for virtual runs only.
    ///
    /// # Errors
    /// What the device would meet instead.
    pub fn would_arrive(&self, from: HostId, to: &Endpoint, protocol: Protocol) -> Result<(), NetworkError> {
        if protocol == Protocol::Https
            && let Some(error) = self.dead_proxy(from)
        {
            return Err(error);
        }
        let Some(host) = self.visible_host(from, &to.host) else {
            return Err(NetworkError::NameNotFound {
                name: to.host.clone(),
            });
        };
        let to = to.clone();
        if self
            .topology
            .latency(self.place(from), self.place(host))
            .is_none()
        {
            return Err(NetworkError::Unreachable { to });
        }
        if !self.host_state(host).powered {
            return Err(NetworkError::Timeout { to });
        }
        let packet = Packet {
            exchange: ExchangeId(0),
            from,
            origin: from,
            to: host,
            source: SocketAddr::new(self.address(from), 0),
            destination: SocketAddr::new(self.address(host), to.port),
            endpoint: to.clone(),
            protocol,
            payload: Payload::Octets(Vec::new()),
            seq: self.trace.next_seq(),
        };
        match self.judge(&packet, Direction::Request).verdict {
            Some((_, Verdict::Drop)) => Err(NetworkError::Timeout { to }),
            Some((_, Verdict::Refuse)) => Err(NetworkError::Refused { to }),
            _ => Ok(()),
        }
    }

    /// Whether DNS at the place of `from` tells this name.
    pub fn sees(&self, from: HostId, name: &str) -> bool {
        self.visible_host(from, name).is_some()
    }

    /// Whether DNS at the place of `from` knows the zones of the company.
    pub fn knows_internal_names(&self, from: HostId) -> bool {
        self.resolver_of(from) != super::topology::RESOLVER
    }

    /// The directory that a DC serves now, and its settings; `None` for a host that is no DC.
    pub fn served_by(&self, dc: HostId) -> Option<(&DomainSnapshot, &DcConfig)> {
        let Role::DomainController(index) = self.topology.host(dc).role else {
            return None;
        };
        served(&self.directories, &self.actors.dcs, usize::from(index), self.now)
    }

    /// The writable DC that answers what a read-only one cannot: the host and its index into the lab's DCs. `None` where
    /// the line to it is down.
    pub fn hub_of(&self, dc: HostId) -> Option<(HostId, usize)> {
        let Role::DomainController(index) = self.topology.host(dc).role else {
            return None;
        };
        self.writable_dc(dc, usize::from(index))
    }

    /// The host that stands for Entra.
    pub const fn entra(&self) -> HostId {
        ENTRA
    }

    /// Lets Entra answer a request at `now`. Where the request does not say whose it is, the first tenant answers.
    pub fn answer_as_entra(
        &mut self,
        now: Timestamp,
        rng: &mut dyn rand::CryptoRng,
        request: http::Request<Vec<u8>>,
    ) -> Option<Handled> {
        let tenants = std::sync::Arc::make_mut(&mut self.actors.tenants);
        cloud_sim::serve(tenants, 0, now, rng, request)
    }

    /// When the next device does something by itself, in true time, and which: the earliest of those that are powered.
    pub fn next_due(&self) -> Option<(Timestamp, HostId)> {
        let due = self.actors.changed_devices().filter_map(|(host, device)| {
            let state = self.host_state(host);
            let due = device.next_due().filter(|_| state.powered)?;
            Some((Timestamp(due.0.saturating_sub(state.clock_offset_micros)), host))
        });
        due.min()
    }
}
