//! Running a device's flow: it is polled here, between one event of the world and the next.

use std::cell::RefCell;
use std::future::Future;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use client_sim::{Act, ActError, ClientEvent, Endpoint, EventSink, Flow, Network, NetworkError, SrvRecord};
use kerberos::Timestamp;

use super::World;
use super::dns::{Question, QuestionKind, Records};
use super::network::{Due, ExchangeId, Payload};
use super::rule::Protocol;
use super::topology::HostId;
use crate::rng::Purpose;

impl World {
    /// Runs one flow of a device to its end, with everything else that happens meanwhile.
    ///
    /// The device's state leaves the world for as long as the flow lasts; nothing else may start a flow on it.
    pub fn run_flow<T>(&mut self, host: HostId, flow: impl AsyncFnOnce(Flow<'_, FlowNetwork<'_>>) -> T) -> T {
        let mut device = self.take_device(host);
        let mut rng = self.stream(host, Purpose::Flow);
        let network = FlowNetwork {
            world: RefCell::new(self),
            host,
        };
        let mut events = Recorder(&network);
        let output = {
            let mut future = pin!(flow(Flow {
                network: &network,
                device: &mut device,
                rng: &mut rng,
                events: &mut events,
            }));
            let context = &mut Context::from_waker(Waker::noop());
            loop {
                if let Poll::Ready(output) = future.as_mut().poll(context) {
                    break output;
                }
                network.world.borrow_mut().advance();
            }
        };
        let world = network.world.into_inner();
        world.waiting.clear();
        world.put_device(host, device);
        world.plan(host);
        output
    }

    /// Lets things happen until the flow that waits has something new.
    fn advance(&mut self) {
        loop {
            let (at, due) = self
                .queue
                .pop()
                .expect("a flow waits for an answer or a sleep, and both are in the queue");
            self.now = self.now.max(at);
            match due {
                Due::Arrival(packet) => self.arrive(*packet),
                // A flow is under way: the device gets to its own affairs when it has ended.
                Due::Timer(timer) => self.due_timers.push(timer),
                Due::Answer(exchange, seq, answer) => {
                    if self.waiting.contains(&exchange) {
                        // What the device does next, it does because of this answer.
                        self.cause = seq.or(self.cause);
                        self.answers.push((exchange, *answer));
                        return;
                    }
                }
                Due::Wake(exchange) => {
                    if self.waiting.contains(&exchange) {
                        self.woken.push(exchange);
                        return;
                    }
                }
            }
        }
    }
}

/// The network as one device sees it, during one flow.
pub struct FlowNetwork<'w> {
    world: RefCell<&'w mut World>,
    host: HostId,
}

impl FlowNetwork<'_> {
    async fn exchange(
        &self,
        to: &Endpoint,
        protocol: Protocol,
        payload: Payload,
    ) -> Result<Payload, NetworkError> {
        let exchange = self.world.borrow_mut().send(self.host, to, protocol, payload);
        Answer {
            network: self,
            exchange,
        }
        .await
    }

    async fn octets(
        &self,
        to: &Endpoint,
        protocol: Protocol,
        octets: Vec<u8>,
    ) -> Result<Vec<u8>, NetworkError> {
        match self.exchange(to, protocol, Payload::Octets(octets)).await? {
            Payload::Octets(octets) => Ok(octets),
            _ => Err(NetworkError::Reset { to: to.clone() }),
        }
    }

    async fn ask_dns(&self, name: &str, kind: QuestionKind) -> Result<Records, NetworkError> {
        let name: Arc<str> = name.into();
        let not_found = NetworkError::NameNotFound {
            name: Arc::clone(&name),
        };
        let server = Endpoint::new("dns", DNS_PORT);
        let question = Payload::Question(Question { name, kind });
        match self.exchange(&server, Protocol::Dns, question).await {
            Ok(Payload::Records(_, records)) if !records.is_empty() => Ok(records),
            _ => Err(not_found),
        }
    }
}

const DNS_PORT: u16 = 53;

impl Network for FlowNetwork<'_> {
    fn now(&self) -> Timestamp {
        self.world.borrow().clock_of(self.host)
    }

    async fn lookup_srv(&self, name: &str) -> Result<Vec<SrvRecord>, NetworkError> {
        match self.ask_dns(name, QuestionKind::Service).await? {
            Records::Services(services) => Ok(services),
            Records::Addresses(_) => Ok(Vec::new()),
        }
    }

    fn complete_name(&self, label: &str, has_suffix: bool) -> Option<Arc<str>> {
        self.world.borrow().complete_name(self.host, label, has_suffix)
    }

    async fn lookup_host(&self, name: &str) -> Result<Vec<IpAddr>, NetworkError> {
        match self.ask_dns(name, QuestionKind::Address).await? {
            Records::Addresses(addresses) => Ok(addresses),
            Records::Services(_) => Ok(Vec::new()),
        }
    }

    async fn datagram(&self, to: &Endpoint, octets: Vec<u8>) -> Result<Vec<u8>, NetworkError> {
        self.octets(to, Protocol::Udp, octets).await
    }

    async fn stream(&self, to: &Endpoint, octets: Vec<u8>) -> Result<Vec<u8>, NetworkError> {
        self.octets(to, Protocol::Tcp, octets).await
    }

    async fn https(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, NetworkError> {
        let host = request.uri().host().unwrap_or_default();
        let to = Endpoint::new(host, client_sim::network::http_port(request.uri()));
        match self
            .exchange(&to, Protocol::Https, Payload::Request(request))
            .await?
        {
            Payload::Response(response) => Ok(response),
            _ => Err(NetworkError::Reset { to }),
        }
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        let exchange = self.world.borrow_mut().sleep(self.host, deadline);
        Sleep {
            network: self,
            exchange,
        }
        .await;
    }
}

/// Waits for the answer of one exchange; a flow that drops it no longer gets one.
struct Answer<'n, 'w> {
    network: &'n FlowNetwork<'w>,
    exchange: ExchangeId,
}

impl Future for Answer<'_, '_> {
    type Output = Result<Payload, NetworkError>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let mut world = self.network.world.borrow_mut();
        let found = world
            .answers
            .iter()
            .position(|(exchange, _)| *exchange == self.exchange);
        found.map_or(Poll::Pending, |index| Poll::Ready(world.answers.remove(index).1))
    }
}

impl Drop for Answer<'_, '_> {
    fn drop(&mut self) {
        let mut world = self.network.world.borrow_mut();
        world.waiting.retain(|exchange| *exchange != self.exchange);
        world.answers.retain(|(exchange, _)| *exchange != self.exchange);
    }
}

/// Waits for the end of a sleep.
struct Sleep<'n, 'w> {
    network: &'n FlowNetwork<'w>,
    exchange: ExchangeId,
}

impl Future for Sleep<'_, '_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let world = self.network.world.borrow();
        if world.woken.contains(&self.exchange) {
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

impl Drop for Sleep<'_, '_> {
    fn drop(&mut self) {
        let mut world = self.network.world.borrow_mut();
        world.waiting.retain(|exchange| *exchange != self.exchange);
        world.woken.retain(|exchange| *exchange != self.exchange);
    }
}

/// Writes a device's events into the trace, where they belong between the messages.
struct Recorder<'n, 'w>(&'n FlowNetwork<'w>);

impl EventSink for Recorder<'_, '_> {
    fn record(&mut self, _: Timestamp, event: ClientEvent) {
        let mut world = self.0.world.borrow_mut();
        world.outcomes.event(self.0.host, &event);
        let (now, cause) = (world.now, world.cause);
        let seq = world.note_step(self.0.host, now, cause, event);
        world.cause = Some(seq);
    }

    fn ended(&mut self, act: &Act, failure: Option<&ActError>) {
        self.0.world.borrow_mut().note_end(self.0.host, act, failure);
    }
}
