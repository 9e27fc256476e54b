//! Event logs: those of a device from its steps, the Security log of a DC or server from its decisions.

use client_sim::views::{Moment, events};
use evidence::event::{Event, EventLog};
use kerberos::Timestamp;

use crate::journal::{Answered, Decisions, HostJournal, Record, Request};
use crate::world::{HostId, Role, World};

impl World {
    /// The event logs of a host, oldest first, as far back as its journal goes.
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
        let records = self.journal_of(host).into_iter().flat_map(HostJournal::records);
        let steps = records.filter_map(|record| match record {
            Record::Step { time, step } => Some(Moment {
                time: self.by_clock_of(host, *time),
                event: step,
            }),
            Record::Answered(_) | Record::Connector { .. } => None,
        });
        events(device, steps)
    }

    fn kdc_log(&self, host: HostId, index: usize) -> EventLog {
        let Some((domain, config)) = self.dc(index) else {
            return EventLog::default();
        };
        let mut log = Log::new(self, host);
        for answered in self.answered(host) {
            if let (Request::Ticket(asked), Decisions::Kdc(decisions)) =
                (&answered.request, &answered.decisions)
                && let Some(body) =
                    kdc_sim::audit::of_request(domain, config, answered.peer, asked, decisions)
            {
                log.write(answered.time, &*body);
            }
        }
        log.into()
    }

    fn logon_log(&self, host: HostId) -> EventLog {
        /// Where the LUIDs of the lab's network logons begin; they count up by the number of the request.
        const FIRST_LOGON: u32 = 0x008D_0000;
        let mut log = Log::new(self, host);
        for answered in self.answered(host) {
            let Decisions::Server(decisions) = &answered.decisions else {
                continue;
            };
            let logon = FIRST_LOGON.wrapping_add(u32::try_from(answered.number).unwrap_or_default());
            for decision in decisions {
                let domains = self.domains().iter();
                let named = domains
                    .filter_map(|domain| kdc_sim::audit::of_logon(domain, answered.peer, decision, logon))
                    .max_by_key(|body| body.sid.len());
                if let Some(body) = named {
                    log.write(answered.time, &body);
                }
            }
        }
        log.into()
    }

    /// The requests that a host answered, oldest first.
    fn answered(&self, host: HostId) -> impl Iterator<Item = &Answered> {
        let records = self.journal_of(host).into_iter().flat_map(HostJournal::records);
        records.filter_map(|record| match record {
            Record::Answered(answered) => Some(answered),
            Record::Step { .. } | Record::Connector { .. } => None,
        })
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
    /// Records that gave way to later ones: event ids go on counting.
    dropped: u64,
    events: Vec<Event>,
}

impl<'w> Log<'w> {
    fn new(world: &'w World, host: HostId) -> Self {
        Self {
            world,
            host,
            dropped: world.journal_of(host).map_or(0, HostJournal::dropped),
            events: Vec::new(),
        }
    }

    fn write(&mut self, time: Timestamp, body: &dyn evidence::event::Body) {
        let time = self.world.by_clock_of(self.host, time);
        let time = jiff::Timestamp::from_microsecond(time.unix_micros()).unwrap_or_default();
        let record = self.dropped + u64::try_from(self.events.len()).unwrap_or_default() + 1;
        let computer = &self.world.topology().host(self.host).dns_name;
        self.events.push(Event::new(time, record, computer, None, body));
    }
}

impl From<Log<'_>> for EventLog {
    fn from(log: Log<'_>) -> Self {
        Self { events: log.events }
    }
}
