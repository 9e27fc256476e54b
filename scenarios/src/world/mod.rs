//! The world the actors live in: a virtual clock, a queue of events, a network, and the actors between them.
//!
//! A [`World`] is plain data. It shares with the lab it was made from, and with the worlds it was copied from, all that
//! it has not changed; so a copy costs the same whatever the size of the lab. It is copied between steps, when no flow of a
//! device is under way: a flow cannot be copied.
//!
//! Everything happens in one order, that of the queue, and every draw of randomness comes from a stream of its own
//! ([`crate::rng`]): the same lab, seed and steps give the same octets in every message.

mod action;
mod actors;
mod administration;
mod app_proxy;
mod by_hand;
mod cloud_action;
mod cloud_administration;
mod dc_settings;
mod desk_action;
mod directory;
mod dns;
mod flow;
mod http1;
mod kdc_proxy;
mod management;
mod network;
mod outcomes;
mod overlay;
mod ping;
mod proxy;
mod published;
mod queue;
mod reach;
mod rule;
mod share;
mod timer;
mod topology;
mod web;

use core::time::Duration;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use client_sim::{Act, ActError, DeviceState, NetworkError};
use kerberos::Timestamp;
use rand_chacha::ChaCha12Rng;

pub use action::{Action, ReplicationList, Side};
pub use administration::ActionError;
pub(crate) use administration::declared_user;
pub use cloud_action::{ApplicationChange, CloudAction};
pub use dc_settings::{ldap as ldap_settings, of as dc_settings};
pub use desk_action::DeskAction;
pub use directory::AccountChange;
pub use dns::service_records;
pub use flow::FlowNetwork;
pub use http1::{request_octets, response_octets};
pub use kdc_proxy::kdc_proxy;
pub(crate) use outcomes::Mark;
pub use ping::answer as netlogon_answer;
pub use published::{Carried, ConnectorEvent, Inside, Passage};
pub use rule::{Direction, Match, Protocol, Rewrite, Rule, Verdict};
pub use share::{Served, answer as share_answer};
pub(crate) use topology::ENTRA;
pub use topology::{Host, HostId, PlaceId, Role, Topology};
pub use web::{ServedPage, UNAUTHORIZED, answer as web_answer};

use crate::cmdlets::{ConsoleOutput, State};
use crate::journal::{Answered, Decisions, HostJournal, Record, Request};
use crate::lab::CompiledLab;
use crate::rng::{self, Purpose};
use crate::trace::{EventKind, Seq, Trace};
use actors::Actors;
use by_hand::ByHand;
use directory::{Directories, KerberosServers};
pub(crate) use directory::{DirectoryHalf, SetWork};
use management::Management;
use network::{Due, ExchangeId, Packet, Payload};
use outcomes::Outcomes;
use overlay::Overlay;
use queue::Queue;
use timer::Timer;

/// A lab in motion.
#[derive(Clone, Debug)]
pub struct World {
    lab: Arc<CompiledLab>,
    topology: Arc<Topology>,
    seed: u64,
    now: Timestamp,
    started: Timestamp,
    queue: Queue,
    hosts: Overlay<HostState>,
    actors: Actors,
    directories: Directories,
    kerberos_servers: KerberosServers,
    rules: Arc<Vec<Rule>>,
    /// `None` as long as everything is managed as the lab file has it.
    management: Option<Arc<Management>>,
    /// The proxies of devices that have one.
    proxies: Option<Arc<BTreeMap<HostId, Arc<str>>>>,
    trace: Trace,
    journals: Overlay<HostJournal>,
    /// What the next message or event follows from.
    cause: Option<Seq>,
    messages: u64,
    next_exchange: u64,
    /// Exchanges of the flow under way, their answers, and its sleeps that ended. Empty between flows.
    waiting: Vec<ExchangeId>,
    answers: Vec<(ExchangeId, Result<Payload, NetworkError>)>,
    woken: Vec<ExchangeId>,
    /// What devices have to do as soon as the flow under way has ended.
    due_timers: Vec<Timer>,
    /// When each device does something by itself next, by its own clock.
    planned: Overlay<Timestamp>,
    outcomes: Outcomes,
    by_hand: Arc<ByHand>,
    /// What administrators did that directories and tenants do not show.
    pub(crate) administered: Arc<State>,
}

/// What changes about a host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HostState {
    place: PlaceId,
    clock_offset_micros: i64,
    powered: bool,
    /// How many random streams it has had.
    streams: u64,
}

impl HostState {
    pub(crate) const fn is_powered(self) -> bool {
        self.powered
    }
}

impl World {
    /// The world of a lab at the lab's time, in which nothing has happened.
    pub fn new(lab: Arc<CompiledLab>, seed: u64) -> Self {
        let started = lab.lab().clock;
        let tenants = lab.lab().tenants.len();
        let mut world = Self {
            topology: Arc::new(Topology::of(lab.lab())),
            actors: Actors::new(&lab),
            directories: Directories::new(&lab),
            kerberos_servers: KerberosServers::default(),
            lab,
            seed,
            now: started,
            started,
            queue: Queue::default(),
            hosts: Overlay::default(),
            rules: Arc::default(),
            management: None,
            proxies: None,
            trace: Trace::new(true),
            journals: Overlay::default(),
            cause: None,
            messages: 0,
            next_exchange: 0,
            waiting: Vec::new(),
            answers: Vec::new(),
            woken: Vec::new(),
            due_timers: Vec::new(),
            planned: Overlay::default(),
            outcomes: Outcomes::default(),
            by_hand: Arc::default(),
            administered: Arc::default(),
        };
        for tenant in 0..tenants {
            world.plan_sync(tenant);
        }
        world
    }

    /// A copy whose past is shared and whose future draws from the streams of `seed`.
    pub fn fork(&mut self, seed: u64) -> Self {
        self.trace.seal();
        let mut fork = self.clone();
        fork.seed = seed;
        fork
    }

    /// The lab this world was made from.
    pub const fn lab(&self) -> &Arc<CompiledLab> {
        &self.lab
    }

    /// Who is on the network.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// The same, to be kept while the world goes on.
    pub fn shared_topology(&self) -> Arc<Topology> {
        Arc::clone(&self.topology)
    }

    /// Gives hosts that do not move the addresses at which they are reached outside of the world, so that every view names
    /// those.
    pub fn set_addresses(&mut self, address_of: impl Fn(&Host) -> Option<Ipv4Addr>) {
        Arc::make_mut(&mut self.topology).set_addresses(address_of);
    }

    /// True time.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// How much time has passed since the lab's beginning.
    pub const fn elapsed(&self) -> Duration {
        self.now.saturating_since(self.started)
    }

    /// The seed of the random streams.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// How many messages were sent, recorded or not.
    pub const fn message_count(&self) -> u64 {
        self.messages
    }

    /// What happened.
    pub const fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Keeps packets and the events between them from now on, or no longer. Journals are kept either way.
    pub const fn set_recording(&mut self, recording: bool) {
        self.trace.set_recording(recording);
    }

    /// Keeps nothing that only expectations need: a lab that serves for weeks has none.
    pub const fn expect_nothing(&mut self) {
        self.outcomes.is_off = true;
    }

    /// What the clock of a host shows.
    pub fn clock_of(&self, host: HostId) -> Timestamp {
        Timestamp(
            self.now
                .0
                .saturating_add(self.host_state(host).clock_offset_micros),
        )
    }

    /// The place a host is at.
    pub fn place(&self, host: HostId) -> PlaceId {
        self.host_state(host).place
    }

    /// The address a host has where it is.
    pub fn address(&self, host: HostId) -> IpAddr {
        self.topology.address(host, self.place(host))
    }

    /// The state of a device; `None` for a host that is none.
    pub fn device(&self, host: HostId) -> Option<&DeviceState> {
        self.actors.device(&self.lab, &self.topology, host)
    }

    /// Puts a device into a state that it reached outside this world's network. No flow of it may be under way.
    pub fn set_device(&mut self, host: HostId, state: DeviceState) {
        self.put_device(host, state);
    }

    /// The name of the place a host is at.
    pub fn place_name(&self, host: HostId) -> &Arc<str> {
        self.topology.place_name(self.place(host))
    }

    /// The rules of the network.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Lets time pass, with all that happens in it.
    pub fn wait(&mut self, duration: Duration) {
        self.wait_until(self.now + duration);
    }

    /// Lets time pass until then, with all that happens meanwhile. A time that is past is no wait.
    pub fn wait_until(&mut self, until: Timestamp) {
        self.run_due_timers();
        while self.queue.next_time().is_some_and(|at| at <= until) {
            let Some((at, due)) = self.queue.pop() else { break };
            self.now = self.now.max(at);
            match due {
                Due::Arrival(packet) => self.arrive(*packet),
                Due::Timer(timer) => self.due_timers.push(timer),
                // Whoever waited for it has given up.
                Due::Answer(..) | Due::Wake(_) => {}
            }
            self.run_due_timers();
        }
        self.now = self.now.max(until);
    }

    /// Records the beginning of a step; what it leads to cites it as cause.
    pub(crate) fn begin_step(&mut self, name: &Arc<str>) {
        self.trace.seal();
        let seq = self.trace.event(self.now, None, None, || EventKind::Step {
            name: Arc::clone(name),
        });
        self.cause = Some(seq);
    }

    /// What expectations need of the past.
    pub(crate) const fn past(&self) -> &Outcomes {
        &self.outcomes
    }

    /// Where the past stands.
    pub(crate) const fn mark(&self) -> Mark {
        self.outcomes.mark()
    }

    pub(crate) fn note_console(&mut self, host: HostId, output: Arc<ConsoleOutput>) {
        self.outcomes.console(host, output);
    }

    /// Keeps how an act at a device ended, as expectations ask for it.
    pub fn note_end(&mut self, device: HostId, act: &Act, failure: Option<&ActError>) {
        let failure = failure.map(|failure| failure.to_string().into());
        self.outcomes.end(device, act.verb(), failure);
    }

    /// The tenants as they are now, in the order of the lab file.
    pub fn tenants(&self) -> &[(Arc<cloud_sim::Tenant>, cloud_sim::TenantState)] {
        &self.actors.tenants
    }

    /// Records what a device did outside the world's own time, at the time its clock showed: in a lab on sockets.
    pub fn record_step(&mut self, device: HostId, shown: Timestamp, step: client_sim::ClientEvent) {
        let ahead = self.clock_of(device).unix_micros() - self.now.unix_micros();
        let time = Timestamp(shown.0.saturating_sub(ahead));
        self.note_step(device, time, None, step);
    }

    /// What the event logs of a host keep; `None` where nothing was kept yet.
    pub fn journal_of(&self, host: HostId) -> Option<&HostJournal> {
        self.journals.get(host)
    }

    /// The journals of all hosts that keep something, in the order of hosts.
    pub fn journals(&self) -> impl Iterator<Item = (HostId, &HostJournal)> {
        self.journals.iter()
    }

    /// Keeps what a host of a lab on sockets kept since it was asked last.
    pub fn append_journal(&mut self, host: HostId, later: &HostJournal) {
        self.journals.entry(host, HostJournal::default).append(later);
    }

    /// Notes a step of a device: in its journal and, where packets are recorded, in the trace.
    pub(crate) fn note_step(
        &mut self,
        device: HostId,
        time: Timestamp,
        cause: Option<Seq>,
        step: client_sim::ClientEvent,
    ) -> Seq {
        let seq = self
            .trace
            .event(time, Some(device), cause, || EventKind::Device(step.clone()));
        let journal = self.journals.entry(device, HostJournal::default);
        journal.push(Record::Step { time, step });
        seq
    }

    /// Files what a host decided about a request: in its journal, for expectations and, where packets are recorded, in the
    /// trace.
    pub(crate) fn file(
        &mut self,
        host: HostId,
        packet: &Packet,
        octets: usize,
        request: Request,
        decisions: Decisions,
    ) {
        if decisions.is_empty() {
            return;
        }
        for decided in decisions.iter() {
            self.outcomes.decision(host, decided.rule, decided.outcome);
        }
        for index in 0..decisions.len() {
            let made = || decisions.event(index).expect("an index below the length");
            self.trace.event(self.now, Some(host), Some(packet.seq), made);
        }
        let answered = Answered {
            number: packet.seq.0,
            time: self.now,
            from: Some(packet.from),
            origin: Some(packet.origin),
            peer: packet.source,
            protocol: packet.protocol,
            octets,
            request,
            decisions,
        };
        let journal = self.journals.entry(host, HostJournal::default);
        journal.push(Record::Answered(answered));
    }

    /// From where a host sends while it serves `packet`: its own address, and the port that the request came from, since these
    /// connections are in no trace.
    pub(crate) fn inner_source(&self, host: HostId, packet: &Packet) -> SocketAddr {
        SocketAddr::new(self.address(host), packet.source.port())
    }

    /// Notes what a connector carried on: in the journal of its server and, where packets are recorded, in the trace.
    pub(crate) fn note_connector(&mut self, host: HostId, cause: Seq, event: ConnectorEvent) {
        let (time, event) = (self.now, Arc::new(event));
        self.trace.event(time, Some(host), Some(cause), || {
            EventKind::Connector(Arc::clone(&event))
        });
        let journal = self.journals.entry(host, HostJournal::default);
        journal.push(Record::Connector { time, event });
    }

    /// The domain and the settings of a DC, by its place in the lab file.
    pub(crate) fn dc(&self, index: usize) -> Option<(&kdc_sim::DomainSnapshot, &kdc_sim::DcConfig)> {
        let (domain, config) = self.actors.dcs.get(index)?;
        Some((self.domains().get(*domain)?, config))
    }

    /// Whether a host can be reached from a place.
    pub(crate) fn reaches(&self, from: PlaceId, host: HostId) -> bool {
        self.host_state(host).powered && self.topology.latency(from, self.place(host)).is_some()
    }

    pub(crate) fn host_state(&self, host: HostId) -> HostState {
        self.hosts.get(host).copied().unwrap_or_else(|| {
            let declared = self.topology.host(host);
            HostState {
                place: declared.place,
                clock_offset_micros: declared.clock_offset_micros,
                powered: true,
                streams: 0,
            }
        })
    }

    pub(crate) fn change_host(&mut self, host: HostId, change: impl FnOnce(&mut HostState)) {
        let mut state = self.host_state(host);
        change(&mut state);
        self.hosts.set(host, state);
    }

    /// The next random stream of a host.
    pub(crate) fn stream(&mut self, host: HostId, purpose: Purpose) -> ChaCha12Rng {
        let mut counter = 0;
        self.change_host(host, |state| {
            counter = state.streams;
            state.streams += 1;
        });
        rng::stream(self.seed, &self.topology.host(host).name, purpose, counter)
    }

    pub(crate) const fn new_exchange(&mut self) -> ExchangeId {
        let id = ExchangeId(self.next_exchange);
        self.next_exchange += 1;
        id
    }

    /// Plans the end of a flow's sleep, by the clock of its device.
    pub(crate) fn sleep(&mut self, host: HostId, deadline: Timestamp) -> ExchangeId {
        let exchange = self.new_exchange();
        self.waiting.push(exchange);
        let left = deadline.saturating_since(self.clock_of(host));
        self.queue.schedule(self.now + left, Due::Wake(exchange));
        exchange
    }
}

#[cfg(test)]
mod tests;
