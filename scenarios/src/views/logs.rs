//! Event logs: those of a device from its steps, the Security log of a DC or server from its decisions.

use std::net::SocketAddr;

use client_sim::views::{Moment, events};
use evidence::Decision;
use evidence::event::{Event, EventLog};
use kerberos::Timestamp;

use crate::trace::{Entry, EventKind, Message, Seq};
use crate::world::{HostId, Protocol, Role, World};

impl World {
    /// The event logs of a host, oldest first; empty where nothing is recorded.
    pub fn event_log(&self, host: HostId) -> EventLog {
        match self.topology().host(host).role {
            Role::Device(_) => self.device_log(host),
            Role::DomainController(index) => self.kdc_log(host, usize::from(index)),
            Role::Server(_) => self.logon_log(host),
            _ => EventLog::default(),
        }
    }

    fn device_log(&self, host: HostId) -> EventLog {
        let Some(device) = self.device(host) else {
            return EventLog::default();
        };
        let steps = self.trace().events().filter_map(|event| match &event.kind {
            EventKind::Device(step) if event.actor == Some(host) => Some(Moment {
                time: self.by_clock_of(host, event.time),
                event: step,
            }),
            _ => None,
        });
        events(device, steps)
    }

    fn kdc_log(&self, host: HostId, index: usize) -> EventLog {
        let Some((domain, config)) = self.dc(index) else {
            return EventLog::default();
        };
        let mut log = Log::new(self, host);
        for (request, decisions) in self.requests_decided(host, |kind| match kind {
            EventKind::Kdc(decision) => Some(decision),
            _ => None,
        }) {
            let client = request.source;
            if let Some(body) =
                kdc_sim::audit::of_request(domain, config, client, &request.octets, &decisions)
            {
                log.write(request.arrival, &*body);
            }
        }
        log.into()
    }

    fn logon_log(&self, host: HostId) -> EventLog {
        /// Where the LUIDs of the lab's network logons begin; they count up by the place in the trace.
        const FIRST_LOGON: u32 = 0x008D_0000;
        let mut log = Log::new(self, host);
        for (request, decisions) in self.requests_decided(host, |kind| match kind {
            EventKind::Server(decision) => Some(decision),
            _ => None,
        }) {
            let logon = FIRST_LOGON.wrapping_add(u32::try_from(request.seq.0).unwrap_or_default());
            let client: SocketAddr = request.source;
            for decision in &decisions {
                let domains = self.domains().iter();
                let named = domains
                    .filter_map(|domain| kdc_sim::audit::of_logon(domain, client, decision, logon))
                    .max_by_key(|body| body.sid.len());
                if let Some(body) = named {
                    log.write(request.arrival, &body);
                }
            }
        }
        log.into()
    }

    /// The requests that a host decided about, each with its decisions, in their order.
    fn requests_decided<'w, D: Clone + 'w>(
        &'w self,
        host: HostId,
        of_kind: impl Fn(&'w EventKind) -> Option<&'w Decision<D>>,
    ) -> Vec<(&'w Message, Vec<Decision<D>>)> {
        let mut requests: Vec<(&Message, Vec<Decision<D>>)> = Vec::new();
        for entry in self.trace().entries() {
            match entry {
                Entry::Message(message) => {
                    let asks = message.to == host && !message.is_reply;
                    if asks && matches!(message.protocol, Protocol::Tcp | Protocol::Udp) {
                        requests.push((message, Vec::new()));
                    }
                }
                Entry::Event(event) if event.actor == Some(host) => {
                    let decision = of_kind(&event.kind);
                    let request = event.cause.and_then(|cause: Seq| {
                        requests
                            .iter_mut()
                            .rev()
                            .find(|(message, _)| message.seq == cause)
                    });
                    if let (Some(decision), Some((_, decisions))) = (decision, request) {
                        decisions.push(decision.clone());
                    }
                }
                Entry::Event(_) => {}
            }
        }
        requests.retain(|(_, decisions)| !decisions.is_empty());
        requests
    }

    /// A true time as the clock of a host shows it now; a clock that was set meanwhile is not followed back.
    fn by_clock_of(&self, host: HostId, time: Timestamp) -> Timestamp {
        let ahead = self.clock_of(host).unix_micros() - self.now().unix_micros();
        Timestamp(time.0.saturating_add(ahead))
    }
}

/// The Security log of one host, being written.
struct Log<'w> {
    world: &'w World,
    host: HostId,
    events: Vec<Event>,
}

impl<'w> Log<'w> {
    const fn new(world: &'w World, host: HostId) -> Self {
        Self {
            world,
            host,
            events: Vec::new(),
        }
    }

    fn write(&mut self, time: Timestamp, body: &dyn evidence::event::Body) {
        let time = self.world.by_clock_of(self.host, time);
        let time = jiff::Timestamp::from_microsecond(time.unix_micros()).unwrap_or_default();
        let record = u64::try_from(self.events.len()).unwrap_or_default() + 1;
        let computer = &self.world.topology().host(self.host).dns_name;
        self.events.push(Event::new(time, record, computer, None, body));
    }
}

impl From<Log<'_>> for EventLog {
    fn from(log: Log<'_>) -> Self {
        Self { events: log.events }
    }
}
