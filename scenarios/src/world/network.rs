//! The simulated network: every request becomes an arrival in the queue, every answer another one.

use core::time::Duration;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use client_sim::{Endpoint, NetworkError};
use kerberos::Timestamp;

use super::World;
use super::dns::{self, Question, Records};
use super::http1;
use super::rule::{Direction, Protocol, Rewrite, Verdict};
use super::timer::Timer;
use super::topology::{HostId, RESOLVER};
use crate::trace::{Fate, Message, Seq};

/// One request and its answer, or one sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ExchangeId(pub(crate) u64);

/// What the queue holds. Data, never a closure: a world can be copied at any step.
#[derive(Clone, Debug)]
pub(crate) enum Due {
    /// A request reaches its receiver.
    Arrival(Box<Packet>),
    /// The one who asked gets an answer, which the trace has at that place, or gives up.
    Answer(ExchangeId, Option<Seq>, Box<Result<Payload, NetworkError>>),
    /// A sleep ends.
    Wake(ExchangeId),
    /// Something a device does by itself.
    Timer(Timer),
}

/// A request on its way.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) exchange: ExchangeId,
    pub(crate) from: HostId,
    /// For whom it is sent: not the sender where a proxy or a connector sends it.
    pub(crate) origin: HostId,
    pub(crate) to: HostId,
    pub(crate) endpoint: Endpoint,
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) protocol: Protocol,
    pub(crate) payload: Payload,
    /// Where the trace has it.
    pub(crate) seq: Seq,
}

/// What a packet carries. HTTP stays a value, so that nobody has to parse what was never on a wire.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    Question(Question),
    Records(Question, Records),
    Octets(Vec<u8>),
    Request(http::Request<Vec<u8>>),
    Response(http::Response<Vec<u8>>),
}

/// What the rules make of a packet.
#[derive(Debug, Default)]
pub(crate) struct Judgement {
    delay: Duration,
    pub(crate) verdict: Option<(Arc<str>, Verdict)>,
}

impl World {
    /// Sends a request from a host; its answer comes through the queue.
    pub(crate) fn send(
        &mut self,
        from: HostId,
        endpoint: &Endpoint,
        protocol: Protocol,
        payload: Payload,
    ) -> ExchangeId {
        let exchange = self.new_exchange();
        self.waiting.push(exchange);
        if protocol == Protocol::Https
            && let Some(error) = self.dead_proxy(from)
        {
            self.answer_at(self.now, exchange, None, Err(error));
            return exchange;
        }
        let target = match protocol {
            Protocol::Dns => Some(self.resolver_of(from)),
            _ => self.visible_host(from, &endpoint.host),
        };
        let Some(to) = target else {
            let name = Arc::clone(&endpoint.host);
            self.answer_at(self.now, exchange, None, Err(NetworkError::NameNotFound { name }));
            return exchange;
        };
        let packet = Packet {
            exchange,
            from,
            origin: from,
            to,
            endpoint: endpoint.clone(),
            source: SocketAddr::new(self.address(from), ephemeral_port(exchange)),
            destination: SocketAddr::new(self.address(to), endpoint.port),
            protocol,
            payload,
            seq: self.trace.next_seq(),
        };
        self.dispatch(packet);
        exchange
    }

    /// Lets the rules judge a request and puts it on its way.
    fn dispatch(&mut self, mut packet: Packet) {
        let judgement = self.judge(&packet, Direction::Request);
        if let Some((_, Verdict::Rewrite(Rewrite::Redirect { to }))) = &judgement.verdict
            && let Some(other) = self.topology.find(to)
        {
            packet.to = other;
            packet.destination = SocketAddr::new(self.address(other), packet.endpoint.port);
        }
        let route = self
            .topology
            .latency(self.place(packet.from), self.place(packet.to));
        let transit = route.unwrap_or_default() + judgement.delay;
        let arrival = self.now + transit;
        let original = self
            .trace
            .is_recording()
            .then(|| wire_octets(&packet.payload, packet.exchange));
        let (fate, failure) = match judgement.verdict {
            _ if route.is_none() || !self.host_state(packet.to).powered => {
                let to = packet.endpoint.clone();
                let error = if route.is_none() {
                    NetworkError::Unreachable { to }
                } else {
                    NetworkError::Timeout { to }
                };
                (Fate::Unreachable, Some((patience(packet.protocol), error)))
            }
            Some((name, Verdict::Drop)) => {
                let to = packet.endpoint.clone();
                let error = NetworkError::Timeout { to };
                (Fate::Dropped(name), Some((patience(packet.protocol), error)))
            }
            Some((name, Verdict::Refuse)) => {
                let to = packet.endpoint.clone();
                (
                    Fate::Refused(Some(name)),
                    Some((transit * 2, NetworkError::Refused { to })),
                )
            }
            Some((name, Verdict::Rewrite(rewrite))) => {
                self.rewrite_request(&mut packet, &name, &rewrite, transit)
            }
            _ => (Fate::Delivered, None),
        };
        let octets = match (&fate, original) {
            // A proxy that answers in the receiver's place got the request as it was.
            (Fate::Rewritten(_), Some(_)) if !matches!(packet.payload, Payload::Response(_)) => {
                wire_octets(&packet.payload, packet.exchange)
            }
            (_, original) => original.unwrap_or_default(),
        };
        packet.seq = self.record(&packet, Direction::Request, arrival, fate, octets);
        match failure {
            Some((after, error)) => self.answer_at(
                self.now + after,
                packet.exchange,
                None,
                Err(self.as_asked(&packet, error)),
            ),
            None => self.queue.schedule(arrival, Due::Arrival(Box::new(packet))),
        }
    }

    /// Applies a rewrite to a request; some of them answer in the receiver's place.
    fn rewrite_request(
        &mut self,
        packet: &mut Packet,
        rule: &Arc<str>,
        rewrite: &Rewrite,
        transit: Duration,
    ) -> (Fate, Option<(Duration, NetworkError)>) {
        match rewrite {
            Rewrite::UntrustedCertificate if packet.protocol == Protocol::Https => {
                let error = NetworkError::Tls {
                    to: packet.endpoint.clone(),
                    why: Arc::from("the certificate was issued by an authority that is not trusted"),
                };
                (Fate::Refused(Some(Arc::clone(rule))), Some((transit * 2, error)))
            }
            Rewrite::HttpStatus { status } if packet.protocol == Protocol::Https => {
                let mut response = http::Response::new(Vec::new());
                *response.status_mut() =
                    http::StatusCode::from_u16(*status).unwrap_or(http::StatusCode::BAD_GATEWAY);
                packet.payload = Payload::Response(response);
                (Fate::Rewritten(Arc::clone(rule)), None)
            }
            Rewrite::UntrustedCertificate | Rewrite::HttpStatus { .. } => (Fate::Delivered, None),
            Rewrite::Redirect { .. } => (Fate::Rewritten(Arc::clone(rule)), None),
            Rewrite::FlipBits { .. } | Rewrite::Truncate { .. } => {
                change_octets(&mut packet.payload, rewrite);
                (Fate::Rewritten(Arc::clone(rule)), None)
            }
        }
    }

    /// A request reaches its receiver: it is served, and the answer goes back.
    pub(crate) fn arrive(&mut self, mut packet: Packet) {
        // A proxy on the way answered already.
        if matches!(packet.payload, Payload::Response(_)) {
            self.reply(packet);
            return;
        }
        match self.serve(&mut packet) {
            Some(payload) => {
                packet.payload = payload;
                self.reply(packet);
            }
            None => {
                let to = packet.endpoint.clone();
                let back = self.latency_back(&packet);
                let error = self.as_asked(&packet, NetworkError::Refused { to });
                self.answer_at(self.now + back, packet.exchange, Some(packet.seq), Err(error));
            }
        }
    }

    /// Sends the answer that is now in `packet` back to the one who asked.
    fn reply(&mut self, mut packet: Packet) {
        let judgement = self.judge(&packet, Direction::Reply);
        let arrival = self.now + self.latency_back(&packet) + judgement.delay;
        let (fate, arrives) = match judgement.verdict {
            Some((name, Verdict::Drop)) => (Fate::Dropped(name), false),
            Some((name, Verdict::Refuse)) => (Fate::Refused(Some(name)), false),
            Some((name, Verdict::Rewrite(rewrite))) => {
                change_octets(&mut packet.payload, &rewrite);
                (Fate::Rewritten(name), true)
            }
            _ => (Fate::Delivered, true),
        };
        let octets = if self.trace.is_recording() {
            wire_octets(&packet.payload, packet.exchange)
        } else {
            Bytes::new()
        };
        let seq = self.record(&packet, Direction::Reply, arrival, fate, octets);
        let exchange = packet.exchange;
        if arrives {
            self.answer_at(arrival, exchange, Some(seq), Ok(packet.payload));
        } else {
            let to = packet.endpoint.clone();
            let after = patience(packet.protocol);
            self.answer_at(
                self.now + after,
                exchange,
                None,
                Err(NetworkError::Timeout { to }),
            );
        }
    }

    fn latency_back(&self, packet: &Packet) -> Duration {
        // The way a request came is open for its answer, whatever the places of the two allow otherwise.
        self.topology
            .latency(self.place(packet.from), self.place(packet.to))
            .unwrap_or_default()
    }

    fn record(
        &mut self,
        packet: &Packet,
        direction: Direction,
        arrival: Timestamp,
        fate: Fate,
        octets: Bytes,
    ) -> Seq {
        let time = self.now;
        let is_reply = direction == Direction::Reply;
        let cause = if is_reply { Some(packet.seq) } else { self.cause };
        let (from, to) = if is_reply {
            (packet.to, packet.from)
        } else {
            (packet.from, packet.to)
        };
        let (source, destination) = if is_reply {
            (packet.destination, packet.source)
        } else {
            (packet.source, packet.destination)
        };
        self.messages += 1;
        self.trace.message(|seq| Message {
            seq,
            time,
            arrival,
            cause,
            from,
            to,
            source,
            destination,
            protocol: packet.protocol,
            is_reply,
            fate,
            octets,
        })
    }

    fn answer_at(
        &mut self,
        at: Timestamp,
        exchange: ExchangeId,
        seq: Option<Seq>,
        answer: Result<Payload, NetworkError>,
    ) {
        self.queue
            .schedule(at, Due::Answer(exchange, seq, Box::new(answer)));
    }

    /// A question to DNS fails by the name, not by the server that did not answer it.
    fn as_asked(&self, packet: &Packet, error: NetworkError) -> NetworkError {
        match &packet.payload {
            Payload::Question(question) => NetworkError::NameNotFound {
                name: Arc::clone(&question.name),
            },
            _ => error,
        }
    }

    /// The DNS server of the place a host is at: the first running DC in reach, or the internet's.
    pub(crate) fn resolver_of(&self, from: HostId) -> HostId {
        let place = self.place(from);
        self.topology
            .every_dc()
            .find(|dc| {
                self.host_state(*dc).powered && self.topology.latency(place, self.place(*dc)).is_some()
            })
            .unwrap_or(RESOLVER)
    }

    /// The host of a name, if DNS at the place of `from` would tell it.
    pub(crate) fn visible_host(&self, from: HostId, name: &str) -> Option<HostId> {
        let id = self.topology.resolve(name)?;
        let hidden = self.resolver_of(from) == RESOLVER && self.topology.is_internal(&name.to_lowercase());
        (!hidden).then_some(id)
    }

    /// The answer of a DNS server.
    pub(crate) fn serve_dns(&self, server: HostId, question: &Question) -> Payload {
        let records = dns::records(self.lab.lab(), &self.topology, question, server != RESOLVER);
        Payload::Records(question.clone(), records)
    }

    /// Whether a connection from one host to another comes about now.
    pub(crate) fn way_is_open(&self, from: HostId, to: HostId, protocol: Protocol, port: u16) -> bool {
        let there = self.topology.latency(self.place(from), self.place(to)).is_some();
        let stopped = |direction| {
            let verdict = self.judge_way(from, to, protocol, port, direction, None).verdict;
            verdict.is_some_and(|(_, verdict)| verdict != Verdict::Pass)
        };
        there
            && self.host_state(to).is_powered()
            && !stopped(Direction::Request)
            && !stopped(Direction::Reply)
    }

    pub(crate) fn judge(&self, packet: &Packet, direction: Direction) -> Judgement {
        self.judge_way(
            packet.from,
            packet.to,
            packet.protocol,
            packet.endpoint.port,
            direction,
            Some(packet.exchange),
        )
    }

    fn judge_way(
        &self,
        from: HostId,
        to: HostId,
        protocol: Protocol,
        port: u16,
        direction: Direction,
        exchange: Option<ExchangeId>,
    ) -> Judgement {
        let mut judgement = Judgement::default();
        for rule in self.rules.iter() {
            let wanted = &rule.matches;
            let host_fits = |name: &Option<Arc<str>>, id: HostId| {
                name.as_ref()
                    .is_none_or(|name| self.topology.find(name) == Some(id))
            };
            let place_fits = |name: &Option<Arc<str>>, id: HostId| {
                name.as_ref()
                    .is_none_or(|name| name.eq_ignore_ascii_case(self.topology.place_name(self.place(id))))
            };
            let fits = wanted.direction == direction
                && wanted.one_in.is_none_or(|count| {
                    // a way that loses some packets is open
                    exchange.is_some_and(|exchange| exchange.0 % u64::from(count.max(1)) == 0)
                })
                && wanted.protocol.is_none_or(|wanted| wanted == protocol)
                && wanted.port.is_none_or(|wanted| wanted == port)
                && host_fits(&wanted.from, from)
                && host_fits(&wanted.to, to)
                && place_fits(&wanted.from_location, from)
                && place_fits(&wanted.to_location, to);
            if !fits {
                continue;
            }
            match &rule.verdict {
                Verdict::Delay(delay) => judgement.delay += *delay,
                verdict => {
                    judgement.verdict = Some((Arc::clone(&rule.name), verdict.clone()));
                    break;
                }
            }
        }
        judgement
    }
}

/// The octets of a payload as they are recorded.
fn wire_octets(payload: &Payload, exchange: ExchangeId) -> Bytes {
    let id = exchange.0 as u16;
    let octets = match payload {
        Payload::Octets(octets) => return Bytes::copy_from_slice(octets),
        Payload::Question(question) => dns::encode_query(id, question),
        Payload::Records(question, records) => dns::encode_answer(id, question, records),
        Payload::Request(request) => http1::request_octets(request),
        Payload::Response(response) => http1::response_octets(response),
    };
    Bytes::from(octets)
}

fn change_octets(payload: &mut Payload, rewrite: &Rewrite) {
    let octets = match payload {
        Payload::Octets(octets) => octets,
        Payload::Request(request) => request.body_mut(),
        Payload::Response(response) => response.body_mut(),
        Payload::Question(_) | Payload::Records(..) => return,
    };
    match rewrite {
        Rewrite::FlipBits { offset, mask } => {
            let length = i64::try_from(octets.len()).unwrap_or(i64::MAX);
            let at = if *offset < 0 {
                length + i64::from(*offset)
            } else {
                i64::from(*offset)
            };
            if let Some(octet) = usize::try_from(at).ok().and_then(|at| octets.get_mut(at)) {
                *octet ^= mask;
            }
        }
        Rewrite::Truncate { octets: left } => octets.truncate(*left as usize),
        Rewrite::Redirect { .. } | Rewrite::UntrustedCertificate | Rewrite::HttpStatus { .. } => {}
    }
}

/// After how long a client gives up: Windows' TCP sends SYN three times in 21 seconds, its DNS client takes 12.
const fn patience(protocol: Protocol) -> Duration {
    match protocol {
        Protocol::Udp => Duration::from_secs(3),
        Protocol::Dns => Duration::from_secs(12),
        Protocol::Tcp | Protocol::Https => Duration::from_secs(21),
    }
}

/// The ports of RFC 6335 section 6 that are nobody's own.
const fn ephemeral_port(exchange: ExchangeId) -> u16 {
    49_152 + (exchange.0 % 16_384) as u16
}
