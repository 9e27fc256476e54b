//! Who answers on the network: DCs, Entra, servers, DNS. Each is handed what it may know and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use client_sim::DeviceState;
use cloud_sim::{Tenant, TenantState};
use kdc_sim::resource::ServerState;
use kdc_sim::{DcConfig, DomainSnapshot, KdcState, Transport};
use kerberos::Timestamp;

use super::World;
use super::app_proxy;
use super::dc_settings;
use super::directory::Directories;
use super::network::{Packet, Payload};
use super::overlay::Overlay;
use super::ping;
use super::rule::Protocol;
use super::share;
use super::topology::{HostId, Role, Topology};
use super::web;
use crate::journal::{Decisions, Request};
use crate::lab::{AppProxy, CompiledLab, SyncedAttributes};
use crate::rng::Purpose;

/// What the actors know and remember, as far as it differs from the lab's.
#[derive(Clone, Debug)]
pub(crate) struct Actors {
    /// In the order of the lab file, as are DCs.
    pub(crate) tenants: Arc<Vec<(Arc<Tenant>, TenantState)>>,
    /// What is published, by the lab's names.
    pub(crate) app_proxies: Arc<Vec<(Arc<str>, AppProxy)>>,
    /// The settings of the DCs, each with the index of its domain.
    pub(crate) dcs: Arc<Vec<(usize, DcConfig)>>,
    /// Attribute filters that were set while the world runs, by the lab's name of the tenant.
    pub(crate) attribute_filters: Arc<BTreeMap<Arc<str>, SyncedAttributes>>,
    kdcs: Overlay<KdcState>,
    servers: Overlay<ServerState>,
    devices: Overlay<Arc<DeviceState>>,
}

impl Actors {
    pub(crate) fn new(lab: &CompiledLab) -> Self {
        Self {
            tenants: Arc::new(lab.tenants().values().cloned().collect()),
            app_proxies: Arc::new(app_proxy::published(lab.lab())),
            dcs: Arc::new(dc_settings::of(lab.lab())),
            attribute_filters: Arc::default(),
            kdcs: Overlay::default(),
            servers: Overlay::default(),
            devices: Overlay::default(),
        }
    }

    pub(crate) fn device<'w>(
        &'w self,
        lab: &'w CompiledLab,
        topology: &Topology,
        host: HostId,
    ) -> Option<&'w DeviceState> {
        let Role::Device(index) = topology.host(host).role else {
            return None;
        };
        match self.devices.get(host) {
            Some(changed) => Some(changed),
            None => lab
                .devices()
                .get_index(usize::from(index))
                .map(|(_, state)| state),
        }
    }
}

/// The directory that a DC has at `now`, and its settings.
pub(super) fn served<'a>(
    directories: &'a Directories,
    dcs: &'a [(usize, DcConfig)],
    index: usize,
    now: Timestamp,
) -> Option<(&'a DomainSnapshot, &'a DcConfig)> {
    let (domain, config) = dcs.get(index)?;
    Some((directories.known_to(index, *domain, now)?, config))
}

impl Actors {
    /// The devices that are no longer as the lab file has them.
    pub(crate) fn changed_devices(&self) -> impl Iterator<Item = (HostId, &DeviceState)> {
        self.devices.iter().map(|(host, device)| (host, &**device))
    }
}

/// What of a DC's answer goes on.
struct KdcAnswer {
    reply: Vec<u8>,
    forward: bool,
}

impl World {
    /// Takes a device's state out of the world, to be changed.
    ///
    /// # Panics
    /// When the host is no device: only devices have flows.
    pub(crate) fn take_device(&mut self, host: HostId) -> DeviceState {
        if let Some(changed) = self.actors.devices.remove(host) {
            return Arc::unwrap_or_clone(changed);
        }
        let Role::Device(index) = self.topology.host(host).role else {
            unreachable!("only devices have flows")
        };
        self.lab.devices()[usize::from(index)].clone()
    }

    pub(crate) fn put_device(&mut self, host: HostId, state: DeviceState) {
        self.actors.devices.set(host, Arc::new(state));
    }

    /// Lets the receiver of a request answer it; `None` where nobody listens.
    pub(crate) fn serve(&mut self, packet: &mut Packet) -> Option<Payload> {
        match (
            self.topology.host(packet.to).role,
            packet.protocol,
            packet.endpoint.port,
        ) {
            (Role::DomainController(_) | Role::Resolver, Protocol::Dns, _) => match &packet.payload {
                Payload::Question(question) => Some(self.serve_dns(packet.to, question)),
                _ => None,
            },
            (Role::DomainController(index), Protocol::Udp, KERBEROS_PORT) => {
                self.serve_kdc(packet, index, Transport::Udp)
            }
            (Role::DomainController(index), Protocol::Tcp, KERBEROS_PORT) => {
                self.serve_kdc(packet, index, Transport::Tcp)
            }
            (Role::DomainController(index), Protocol::Udp, LDAP_PORT) => self.serve_ping(packet, index),
            (Role::Server(_) | Role::CloudApp(_), Protocol::Tcp, SMB_PORT) => self.serve_share(packet),
            (Role::Server(_), Protocol::Https, HTTP_PORT) => self.serve_page(packet),
            (Role::Entra, Protocol::Https, HTTPS_PORT) => self.serve_entra(packet),
            (Role::AppProxy(index), Protocol::Https, HTTPS_PORT) => self.serve_app_proxy(packet, index),
            (Role::KdcProxy(index), Protocol::Https, HTTPS_PORT) => self.serve_kdc_proxy(packet, index),
            _ => None,
        }
    }

    fn serve_kdc(&mut self, packet: &Packet, index: u16, transport: Transport) -> Option<Payload> {
        let Payload::Octets(request) = &packet.payload else {
            return None;
        };
        let mut answered = self.ask_kdc(packet, packet.to, usize::from(index), transport, request)?;
        // a read-only domain controller hands on what it cannot answer, where the line to a writable one is up
        if answered.forward
            && let Some((hub, index)) = self.writable_dc(packet.to, usize::from(index))
        {
            let mut forwarded = packet.clone();
            forwarded.from = packet.to;
            forwarded.source = self.inner_source(forwarded.from, packet);
            answered = self.ask_kdc(&forwarded, hub, index, transport, request)?;
        }
        // What is no Kerberos at all gets no answer; on a stream the connection is closed.
        (!answered.reply.is_empty()).then_some(Payload::Octets(answered.reply))
    }

    /// Lets a DC answer; its decisions are recorded as its own.
    fn ask_kdc(
        &mut self,
        packet: &Packet,
        host: HostId,
        index: usize,
        transport: Transport,
        request: &[u8],
    ) -> Option<KdcAnswer> {
        let now = self.clock_of(host);
        let mut rng = self.stream(host, Purpose::Kdc);
        let Actors { dcs, kdcs, .. } = &mut self.actors;
        let (snapshot, config) = served(&self.directories, dcs, index, self.now)?;
        let state = kdcs.entry(host, KdcState::default);
        let handled = kdc_sim::handle(snapshot, config, state, now, &mut rng, transport, request);
        let decisions = Decisions::Kdc(handled.decisions);
        self.file(host, packet, request.len(), handled.request.into(), decisions);
        Some(KdcAnswer {
            reply: handled.reply,
            forward: handled.forward,
        })
    }

    /// The first writable DC of a DC's domain that it reaches.
    pub(crate) fn writable_dc(&self, from: HostId, index: usize) -> Option<(HostId, usize)> {
        let (domain, _) = self.actors.dcs.get(index)?;
        let place = self.place(from);
        self.topology.every_dc().find_map(|host| {
            let Role::DomainController(number) = self.topology.host(host).role else {
                return None;
            };
            let number = usize::from(number);
            let (other, config) = self.actors.dcs.get(number)?;
            let reached =
                self.host_state(host).powered && self.topology.latency(place, self.place(host)).is_some();
            (other == domain && config.writable && reached).then_some((host, number))
        })
    }

    fn serve_ping(&self, packet: &Packet, index: u16) -> Option<Payload> {
        let Payload::Octets(octets) = &packet.payload else {
            return None;
        };
        self.pinged(packet.from, index, octets).map(Payload::Octets)
    }

    /// What a DC, by its index in the lab file, answers to a netlogon ping from another host.
    pub(crate) fn pinged(&self, from: HostId, index: u16, octets: &[u8]) -> Option<Vec<u8>> {
        let lab = self.lab.lab();
        let (_, dc) = lab.dcs.get_index(usize::from(index))?;
        let (_, config) = self.actors.dcs.get(usize::from(index))?;
        let site = self.topology.site(self.place(from)).map(|site| &**site);
        ping::answer(lab, dc, config.key_list, site, octets)
    }

    fn serve_entra(&mut self, packet: &mut Packet) -> Option<Payload> {
        let payload = std::mem::replace(&mut packet.payload, Payload::Octets(Vec::new()));
        let Payload::Request(request) = payload else {
            return None;
        };
        let host = packet.to;
        let now = self.clock_of(host);
        let mut rng = self.stream(host, Purpose::Entra);
        let fallback = self.tenant_of_device(packet.from).unwrap_or_default();
        let tenants = Arc::make_mut(&mut self.actors.tenants);
        let (asked, octets) = (Request::http(&request), request.body().len());
        let handled = cloud_sim::serve(tenants, fallback, now, &mut rng, request)?;
        self.file(host, packet, octets, asked, Decisions::Entra(handled.decisions));
        Some(Payload::Response(handled.response))
    }

    /// What SMB would do with the token of a session setup and the share of a tree connect.
    fn serve_share(&mut self, packet: &Packet) -> Option<Payload> {
        let Payload::Octets(octets) = &packet.payload else {
            return None;
        };
        let host = packet.to;
        let now = self.clock_of(host);
        let mut rng = self.stream(host, Purpose::FileServer);
        let (servers, index) = match self.topology.host(host).role {
            Role::Server(index) => (self.lab.servers(), index),
            Role::CloudApp(index) => (self.lab.cloud_apps(), index),
            _ => return None,
        };
        let server = Arc::clone(servers.get_index(usize::from(index))?.1);
        let authority = server.ntlm_shares.then(|| self.authority_of(host)).flatten();
        let state = self.actors.servers.entry(host, ServerState::default);
        let served = share::answer(&server, state, authority.as_ref(), now, &mut rng, octets)?;
        let decisions = Decisions::Server(served.decisions);
        self.file(host, packet, octets.len(), Request::Session, decisions);
        Some(Payload::Octets(served.reply))
    }

    /// What a web application does with `Negotiate`.
    fn serve_page(&mut self, packet: &Packet) -> Option<Payload> {
        let Payload::Request(request) = &packet.payload else {
            return None;
        };
        let host = packet.to;
        let Role::Server(index) = self.topology.host(host).role else {
            return None;
        };
        let now = self.clock_of(host);
        let mut rng = self.stream(host, Purpose::FileServer);
        let lab = Arc::clone(&self.lab);
        let (name, server) = lab.servers().get_index(usize::from(index))?;
        if !lab.lab().servers.get(name)?.serves_web() {
            return None;
        }
        let authority = self.authority_of(host);
        let state = self.actors.servers.entry(host, ServerState::default);
        let served = web::answer(server, state, authority.as_ref(), now, &mut rng, request);
        let decisions = Decisions::Server(served.decisions);
        self.file(
            host,
            packet,
            request.body().len(),
            Request::http(request),
            decisions,
        );
        Some(Payload::Response(served.response))
    }

    /// The tenant of the device that asks.
    fn tenant_of_device(&self, from: HostId) -> Option<usize> {
        let Role::Device(index) = self.topology.host(from).role else {
            return None;
        };
        let lab = self.lab.lab();
        let (_, device) = lab.devices.get_index(usize::from(index))?;
        lab.tenants.get_index_of(&device.tenant)
    }
}

pub(super) const KERBEROS_PORT: u16 = 88;
const SMB_PORT: u16 = 445;
const LDAP_PORT: u16 = 389;
pub(super) const HTTP_PORT: u16 = 80;
const HTTPS_PORT: u16 = 443;
