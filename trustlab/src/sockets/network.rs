//! The device's network on real sockets: names from the lab's own address book, never from the system's resolver.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use client_sim::{Endpoint, Network, NetworkError, SrvRecord};
use kerberos::Timestamp;
use kerberos::codes::MessageType;
use kerberos::wire::Message;
use scenarios::world::{HostId, Protocol, service_records};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::https;
use super::stream::{Framed, ReadMessage};
use crate::up::filing::{Sender, SendsFrom};
use crate::up::live::Live;

/// How long a device waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Every name of the lab, and where its standard ports really are.
#[derive(Clone, Debug, Default)]
pub(crate) struct AddressBook {
    hosts: BTreeMap<String, IpAddr>,
    listeners: BTreeMap<(String, u16), SocketAddr>,
    tickets_only: Option<SocketAddr>,
}

impl AddressBook {
    /// A host and its address.
    pub(crate) fn host(&mut self, name: &str, address: IpAddr) {
        self.hosts.insert(name.to_lowercase(), address);
    }

    /// Where what a host serves on a standard port really listens.
    pub(crate) fn listener(&mut self, host: &str, standard_port: u16, at: SocketAddr) {
        self.listeners.insert((host.to_lowercase(), standard_port), at);
    }

    /// The hosts by name.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = (&str, IpAddr)> {
        self.hosts.iter().map(|(name, address)| (name.as_str(), *address))
    }

    /// The address of a host.
    pub(crate) fn address(&self, name: &str) -> Option<IpAddr> {
        self.hosts.get(&name.to_lowercase()).copied()
    }

    /// A KDC that is not the lab's: it is shown tickets, and no password is tried there.
    pub(crate) fn tickets_only(&mut self, kdc: SocketAddr) {
        self.tickets_only = Some(kdc);
    }

    /// Whether this may go there.
    fn allows(&self, at: SocketAddr, octets: &[u8]) -> bool {
        self.tickets_only != Some(at) || Message::peek(octets) == Some(MessageType::TGS_REQ)
    }

    /// Where a request to this name and standard port really goes.
    ///
    /// # Errors
    /// No host of the lab has the name, or it serves nothing there.
    pub(crate) fn find(&self, to: &Endpoint) -> Result<SocketAddr, NetworkError> {
        let host = to.host.to_lowercase();
        if !self.hosts.contains_key(&host) {
            return Err(NetworkError::NameNotFound {
                name: to.host.clone(),
            });
        }
        self.listeners
            .get(&(host, to.port))
            .copied()
            .ok_or_else(|| NetworkError::Refused { to: to.clone() })
    }
}

/// The network of one device of a running lab. Where the device is in the lab decides whom it reaches.
pub(crate) struct SocketNetwork {
    book: Arc<AddressBook>,
    live: Arc<Live>,
    tls: Option<Arc<rustls::ClientConfig>>,
    device: HostId,
    clock_offset_micros: i64,
}

impl SocketNetwork {
    /// A network for `device` that knows the names of `book` and trusts what `tls` trusts.
    pub(crate) fn new(
        book: Arc<AddressBook>,
        live: Arc<Live>,
        tls: Option<Arc<rustls::ClientConfig>>,
        device: HostId,
    ) -> Self {
        let world = live.world();
        let clock_offset_micros = world.clock_of(device).0.saturating_sub(world.now().0);
        drop(world);
        Self {
            book,
            live,
            tls,
            device,
            clock_offset_micros,
        }
    }

    /// Says that the device sends from this socket.
    fn sends_from(&self, socket: SocketAddr) -> SendsFrom<'_> {
        self.live.filing().sends_from(socket, Sender::itself(self.device))
    }

    /// Where a request would really go, if it gets there from the device's place.
    fn way(&self, to: &Endpoint, protocol: Protocol) -> Result<SocketAddr, NetworkError> {
        self.live.world().would_arrive(self.device, to, protocol)?;
        self.book.find(to)
    }

    /// The same for a message that is known.
    fn way_of(&self, to: &Endpoint, protocol: Protocol, octets: &[u8]) -> Result<SocketAddr, NetworkError> {
        let at = self.way(to, protocol)?;
        if self.book.allows(at, octets) {
            return Ok(at);
        }
        tracing::warn!(%at, "not sent: only requests with a ticket go to a DC that is not the lab's");
        Err(NetworkError::Refused { to: to.clone() })
    }
}

impl Network for SocketNetwork {
    fn now(&self) -> Timestamp {
        Timestamp(self.live.now().0.saturating_add(self.clock_offset_micros))
    }

    fn complete_name(&self, label: &str, has_suffix: bool) -> Option<Arc<str>> {
        self.live.world().complete_name(self.device, label, has_suffix)
    }

    async fn lookup_srv(&self, name: &str) -> Result<Vec<SrvRecord>, NetworkError> {
        let world = self.live.world();
        let records = service_records(world.lab().lab(), world.topology(), &name.to_lowercase());
        if records.is_empty() || !world.knows_internal_names(self.device) {
            return Err(NetworkError::NameNotFound { name: name.into() });
        }
        Ok(records)
    }

    async fn lookup_host(&self, name: &str) -> Result<Vec<IpAddr>, NetworkError> {
        let address = self.book.hosts.get(&name.to_lowercase());
        let visible = self.live.world().sees(self.device, name);
        address
            .filter(|_| visible)
            .map(|address| vec![*address])
            .ok_or_else(|| NetworkError::NameNotFound { name: name.into() })
    }

    async fn datagram(&self, to: &Endpoint, octets: Vec<u8>) -> Result<Vec<u8>, NetworkError> {
        let at = self.way_of(to, Protocol::Udp, &octets)?;
        in_time(to, async {
            let socket = UdpSocket::bind((local_for(at.ip()), 0)).await?;
            socket.connect(at).await?;
            let _sends = self.sends_from(socket.local_addr()?);
            socket.send(&octets).await?;
            let mut reply = vec![0; 65_535];
            let length = socket.recv(&mut reply).await?;
            reply.truncate(length);
            Ok(reply)
        })
        .await
    }

    async fn stream(&self, to: &Endpoint, octets: Vec<u8>) -> Result<Vec<u8>, NetworkError> {
        let at = self.way_of(to, Protocol::Tcp, &octets)?;
        in_time(to, async {
            let connection = TcpStream::connect(at).await?;
            connection.set_nodelay(true)?;
            let _sends = self.sends_from(connection.local_addr()?);
            let mut connection = Framed::new(connection);
            connection.write(&octets).await?;
            connection.read().await.map_err(|error| match error {
                ReadMessage::Io(error) => error,
                ReadMessage::Frame(error) => io::Error::other(error),
            })
        })
        .await
    }

    async fn https(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, NetworkError> {
        let to = Endpoint::new(
            request.uri().host().unwrap_or_default(),
            client_sim::network::http_port(request.uri()),
        );
        let at = self.way(&to, Protocol::Https)?;
        if request.uri().scheme() == Some(&http::uri::Scheme::HTTP) {
            return in_time(&to, async {
                let connection = https::connect(at).await?;
                let _sends = self.sends_from(connection.local_addr()?);
                https::request_in_clear(connection, request).await
            })
            .await;
        }
        let Some(tls) = self.tls.clone() else {
            return Err(NetworkError::Refused { to });
        };
        in_time(&to, async {
            let connection = https::connect(at).await?;
            let _sends = self.sends_from(connection.local_addr()?);
            https::request(connection, tls, request).await
        })
        .await
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        tokio::time::sleep(deadline.saturating_since(self.now())).await;
    }
}

/// From where to send: on loopback from the address itself, else from what the system takes.
fn local_for(to: IpAddr) -> IpAddr {
    match to {
        loopback if loopback.is_loopback() => loopback,
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    }
}

/// The system's clock, from which that of a lab on sockets starts.
pub(crate) fn system_now() -> Timestamp {
    let since_epoch = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_unix_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}

async fn in_time<T>(to: &Endpoint, exchange: impl Future<Output = io::Result<T>>) -> Result<T, NetworkError> {
    let to = to.clone();
    match timeout(PATIENCE, exchange).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(match error.kind() {
            io::ErrorKind::ConnectionRefused => NetworkError::Refused { to },
            io::ErrorKind::InvalidData => NetworkError::Tls {
                to,
                why: error.to_string().into(),
            },
            io::ErrorKind::TimedOut => NetworkError::Timeout { to },
            _ => NetworkError::Reset { to },
        }),
        Err(_elapsed) => Err(NetworkError::Timeout { to }),
    }
}
