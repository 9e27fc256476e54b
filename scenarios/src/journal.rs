//! What the event logs of a host keep: the requests it answered with what it decided, and the steps of a device.
//!
//! A journal is always kept, whether or not packets are, so it is bounded and cheap: decisions are moved into it, and no text
//! is made before somebody looks.

use core::fmt;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

use client_sim::ClientEvent;
use evidence::{Decision, Outcome, Rule};
use kdc_sim::RequestSummary;
use kerberos::Timestamp;

use crate::trace::EventKind;
use crate::world::{ConnectorEvent, HostId, Protocol};

/// What one host keeps, oldest first. Copying it costs a reference.
#[derive(Clone, Debug, Default)]
pub struct HostJournal {
    records: Arc<VecDeque<Arc<Record>>>,
    octets: usize,
    dropped: u64,
}

impl HostJournal {
    /// Records that are kept at most; the oldest gives way.
    pub const RECORDS_MAX: usize = 2_048;

    /// Octets of requests whose records are kept at most: what a request named is as long as the request at most.
    pub const OCTETS_MAX: usize = 4 << 20;

    /// Keeps a record, in the place of the oldest ones where there are too many.
    pub fn push(&mut self, record: Record) {
        self.keep(Arc::new(record));
    }

    /// Keeps what another journal of the same host kept later.
    pub fn append(&mut self, later: &Self) {
        self.dropped += later.dropped;
        for record in later.records.iter() {
            self.keep(Arc::clone(record));
        }
    }

    /// The records kept, oldest first.
    pub fn records(&self) -> impl DoubleEndedIterator<Item = &Record> {
        self.records.iter().map(|record| &**record)
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// How many gave way to later ones.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    fn keep(&mut self, record: Arc<Record>) {
        let records = Arc::make_mut(&mut self.records);
        self.octets += record.octets();
        records.push_back(record);
        while records.len() > Self::RECORDS_MAX || self.octets > Self::OCTETS_MAX {
            let Some(oldest) = records.pop_front() else { break };
            self.octets -= oldest.octets();
            self.dropped += 1;
        }
    }
}

/// One record of a journal.
#[derive(Clone, Debug)]
pub enum Record {
    /// The host answered a request.
    Answered(Answered),
    /// A device took a step.
    Step {
        /// When, by true time.
        time: Timestamp,
        /// Which.
        step: ClientEvent,
    },
    /// The connector of this server carried a request on.
    Connector {
        /// When, by true time.
        time: Timestamp,
        /// What.
        event: Arc<ConnectorEvent>,
    },
}

impl Record {
    const fn octets(&self) -> usize {
        match self {
            Self::Answered(answered) => answered.octets,
            Self::Step { .. } | Self::Connector { .. } => 0,
        }
    }
}

/// A request that a host answered, and what it decided about it.
#[derive(Clone, Debug)]
pub struct Answered {
    /// A number that no other request to the host has.
    pub number: u64,
    /// When, by true time.
    pub time: Timestamp,
    /// The machine of the lab that sent it; `None` for a program outside the lab.
    pub from: Option<HostId>,
    /// The machine for which a proxy, a connector or another domain controller sent it; else the one that sent it.
    pub origin: Option<HostId>,
    /// The sender's address and port.
    pub peer: SocketAddr,
    /// What carried it.
    pub protocol: Protocol,
    /// How long it was.
    pub octets: usize,
    /// What it asked for.
    pub request: Request,
    /// What the host decided, in order.
    pub decisions: Decisions,
}

/// What a request asked for.
#[derive(Clone, Debug)]
pub enum Request {
    /// A ticket, of a KDC.
    Ticket(RequestSummary),
    /// A session with a file server, and perhaps something of it.
    Session,
    /// Something over HTTP.
    Http {
        /// `POST`
        method: http::Method,
        /// The path and what follows it.
        uri: http::Uri,
    },
    /// The octets were no request.
    Unreadable,
}

impl Request {
    /// What an HTTP request asks for.
    pub fn http(request: &http::Request<Vec<u8>>) -> Self {
        Self::Http {
            method: request.method().clone(),
            uri: request.uri().clone(),
        }
    }
}

impl From<Option<RequestSummary>> for Request {
    fn from(summary: Option<RequestSummary>) -> Self {
        summary.map_or(Self::Unreadable, Self::Ticket)
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ticket(asked) => {
                f.write_str(match asked.kind {
                    kerberos::wire::KdcReqKind::As => "AS-REQ",
                    kerberos::wire::KdcReqKind::Tgs => "TGS-REQ",
                })?;
                if let Some(service) = &asked.service {
                    write!(f, " for {service}")?;
                }
                if let Some(client) = &asked.client {
                    write!(f, " as {client}")?;
                }
                Ok(())
            }
            Self::Session => f.write_str("session setup over SMB"),
            // a query can hold a token
            Self::Http { method, uri } => write!(f, "{method} {}", uri.path()),
            Self::Unreadable => f.write_str("octets that are no request"),
        }
    }
}

/// What a host decided about a request, in order.
#[derive(Clone, Debug)]
pub enum Decisions {
    /// A KDC.
    Kdc(Vec<Decision<kdc_sim::Detail>>),
    /// A server with something to open.
    Server(Vec<Decision<kdc_sim::Detail>>),
    /// Entra.
    Entra(Vec<Decision<cloud_sim::Detail>>),
}

/// One decision, whoever made it.
#[derive(Clone, Copy)]
pub struct Decided<'d> {
    /// The rule that decided.
    pub rule: &'static Rule,
    /// How it ended.
    pub outcome: Outcome,
    /// What it looked at: the reason, in a sentence.
    pub detail: &'d dyn fmt::Display,
}

impl Decisions {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Kdc(decisions) | Self::Server(decisions) => decisions.len(),
            Self::Entra(decisions) => decisions.len(),
        }
    }

    /// Whether nothing was decided.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The decision at a place.
    pub fn get(&self, index: usize) -> Option<Decided<'_>> {
        match self {
            Self::Kdc(decisions) | Self::Server(decisions) => decisions.get(index).map(decided),
            Self::Entra(decisions) => decisions.get(index).map(decided),
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Decided<'_>> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// The decision that ended the request, if one did.
    pub fn refusal(&self) -> Option<Decided<'_>> {
        self.iter()
            .rev()
            .find(|decided| decided.outcome == Outcome::Refused)
    }

    /// The event of a trace for the decision at a place.
    pub(crate) fn event(&self, index: usize) -> Option<EventKind> {
        match self {
            Self::Kdc(decisions) => decisions.get(index).cloned().map(EventKind::Kdc),
            Self::Server(decisions) => decisions.get(index).cloned().map(EventKind::Server),
            Self::Entra(decisions) => decisions.get(index).cloned().map(EventKind::Entra),
        }
    }
}

fn decided<D: fmt::Display>(decision: &Decision<D>) -> Decided<'_> {
    Decided {
        rule: decision.rule,
        outcome: decision.outcome,
        detail: &decision.detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(number: u64, octets: usize) -> Record {
        Record::Answered(Answered {
            number,
            time: Timestamp::from_unix_seconds(0),
            from: None,
            origin: None,
            peer: ([127, 0, 0, 1], 1).into(),
            protocol: Protocol::Udp,
            octets,
            request: Request::Unreadable,
            decisions: Decisions::Kdc(Vec::new()),
        })
    }

    fn numbers(journal: &HostJournal) -> Vec<u64> {
        let number = |record: &Record| match record {
            Record::Answered(answered) => Some(answered.number),
            _ => None,
        };
        journal.records().filter_map(number).collect()
    }

    #[test]
    fn the_oldest_record_gives_way_at_the_bound() {
        let most = HostJournal::RECORDS_MAX as u64;
        let mut journal = HostJournal::default();
        for number in 0..most {
            journal.push(answered(number, 100));
        }
        assert_eq!((journal.len() as u64, journal.dropped()), (most, 0));
        journal.push(answered(most, 100));
        assert_eq!((journal.len() as u64, journal.dropped()), (most, 1));
        assert_eq!(numbers(&journal).first(), Some(&1));
    }

    #[test]
    fn long_requests_give_way_earlier() {
        let mut journal = HostJournal::default();
        for number in 0..6 {
            journal.push(answered(number, HostJournal::OCTETS_MAX / 4));
        }
        assert_eq!(numbers(&journal), [2, 3, 4, 5]);
        journal.push(answered(6, 2 * HostJournal::OCTETS_MAX));
        assert_eq!(numbers(&journal), [0_u64; 0]);
        journal.push(answered(7, 1));
        assert_eq!(numbers(&journal), [7]);
    }

    #[test]
    fn a_copy_does_not_see_what_comes_later_and_what_came_later_can_be_appended() {
        let mut journal = HostJournal::default();
        journal.push(answered(1, 1));
        let copy = journal.clone();
        let mut later = HostJournal::default();
        later.push(answered(2, 1));
        journal.append(&later);
        assert_eq!((numbers(&copy), numbers(&journal)), (vec![1], vec![1, 2]));
    }
}
