//! The lab's services on sockets: which address each host has, what listens there, and what answers.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use client_sim::config::CloudAddresses;
use kdc_sim::ldap::LdapSession;
use kdc_sim::{KdcState, Received, Transport};
use kerberos::Timestamp;
use kerberos::codes::ErrorCode;
use kerberos::wire::KrbError;
use scenarios::journal::{Decisions, Request};
use scenarios::lab::{CompiledLab, Dc, Lab};
use scenarios::world::{self, HostId, Protocol};
use tokio::net::{TcpListener, UdpSocket};

use super::filing::{Served, Service};
use super::internet;
use super::live::Live;
use super::on_prem::{OnPrem, stand_in};
use super::published::{self, Published};
use super::resources;
use super::watch::Wire;
use crate::cli::{Ports, UpArgs};
use crate::sockets::ldap::AnswerLdap;
use crate::sockets::network::AddressBook;
use crate::sockets::tls::LabTls;
use crate::sockets::{Answer, AnswerHttp, datagram, https, ldap, stream};

/// Everything that listens, and what describes it.
pub(crate) struct Estate {
    /// The lab.
    pub(crate) compiled: Arc<CompiledLab>,
    /// What changes while it runs.
    pub(crate) live: Arc<Live>,
    /// Names and addresses.
    pub(crate) book: Arc<AddressBook>,
    /// The domain of the user's own, when the lab is beside one.
    pub(crate) on_prem: Option<OnPrem>,
    /// The domain controllers.
    pub(crate) kdcs: Vec<Listening>,
    /// The file servers by name.
    pub(crate) servers: Vec<(String, SocketAddr)>,
    /// The web applications by the names of their servers.
    pub(crate) web: Vec<(String, SocketAddr)>,
    /// The KDC proxies.
    pub(crate) kdc_proxies: Vec<internet::Proxy>,
    /// What the application proxy publishes.
    pub(crate) published: Vec<Published>,
    /// Entra's address, unless it was left out.
    pub(crate) entra: Option<SocketAddr>,
    /// Entra's names.
    pub(crate) login_host: String,
    /// The registration service's name.
    pub(crate) registration_host: String,
}

/// Where a domain controller listens.
pub(crate) struct Listening {
    /// Its name: `DC01`.
    pub(crate) host: String,
    /// Its domain, as the lab names it.
    pub(crate) domain: String,
    /// Kerberos on UDP and TCP.
    pub(crate) kerberos: SocketAddr,
    /// The netlogon ping on UDP.
    pub(crate) cldap: SocketAddr,
    /// The directory on TCP, where this program serves it.
    pub(crate) ldap: Option<SocketAddr>,
}

/// The standard ports of what a lab serves.
pub(super) const KERBEROS: u16 = 88;
pub(super) const LDAP: u16 = 389;
pub(super) const HTTP: u16 = 80;
pub(super) const HTTPS: u16 = 443;
pub(super) const SMB: u16 = 445;

/// What `--ports offset` adds.
const OFFSET: u16 = 10_000;

impl Estate {
    /// Binds every socket and starts to serve.
    ///
    /// # Errors
    /// A port is taken or may not be bound; the error names it.
    pub(crate) async fn start(
        compiled: Arc<CompiledLab>,
        on_prem: Option<OnPrem>,
        args: &UpArgs,
        tls: Option<&LabTls>,
        names: CloudAddresses,
    ) -> io::Result<Self> {
        let ports = args.ports;
        let lab = compiled.lab();
        let mut addresses = Addresses { next: 10 };
        let mut book = AddressBook::default();
        let mut kdcs = Vec::new();
        let live = Arc::new(Live::new(Arc::clone(&compiled), args)?);
        if let Some(on_prem) = &on_prem {
            kdcs.extend(stand_in::answer_pings(on_prem, &compiled, &mut addresses, &mut book, ports).await?);
        }
        let emulated = on_prem.is_none();
        let states: Arc<Vec<Shards>> = Arc::new(lab.dcs.iter().map(|_| shards()).collect());
        for (index, dc) in lab.dcs.values().enumerate().filter(|_| emulated) {
            let Some(domain) = lab.domains.get(&dc.domain) else {
                continue;
            };
            let name = format!("{}.{}", dc.host, domain.dns_name).to_lowercase();
            let Some(host) = live.world().topology().find(&dc.host) else {
                continue;
            };
            let controller = Arc::new(Controller {
                compiled: Arc::clone(&compiled),
                live: Arc::clone(&live),
                dc: dc.clone(),
                host,
                index,
                states: Arc::clone(&states),
            });
            let address = addresses.take();
            let listening = controller.listen(address, ports).await?;
            book.host(&name, address);
            book.listener(&name, KERBEROS, listening.kerberos);
            book.listener(&name, LDAP, listening.cldap);
            kdcs.push(listening);
        }
        let (mut servers, web) = resources::serve(&compiled, &live, &mut addresses, &mut book, ports).await?;
        servers.extend(internet::serve_cloud_apps(&compiled, &live, &mut addresses, &mut book, ports).await?);
        let (mut kdc_proxies, mut published) = (Vec::new(), Vec::new());
        if let Some(tls) = tls {
            kdc_proxies =
                internet::serve_kdc_proxies(&compiled, &live, &kdcs, tls, &mut addresses, &mut book, ports)
                    .await?;
            published = published::serve(&compiled, &live, tls, &mut addresses, &mut book, ports).await?;
        }
        let entra = match tls {
            Some(tls) => {
                let address = addresses.take();
                let listener = bind_tcp(address, HTTPS, ports).await?;
                let at = listener.local_addr()?;
                let own = &lab.network.entra_host;
                for name in [&*names.login, &*names.registration, own.as_str()] {
                    book.host(name, address);
                    book.listener(name, HTTPS, at);
                }
                let service = Service {
                    host: live.world().entra(),
                    address,
                    port: HTTPS,
                    protocol: Protocol::Https,
                };
                tokio::spawn(https::serve(
                    listener,
                    Arc::clone(&tls.server),
                    match &on_prem {
                        Some(on_prem) => stand_in::entra(on_prem, Arc::clone(&live), service),
                        None => entra(Arc::clone(&live), service),
                    },
                ));
                Some(at)
            }
            None => None,
        };
        live.world()
            .set_addresses(|host| match book.address(&host.dns_name)? {
                IpAddr::V4(address) => Some(address),
                IpAddr::V6(_) => None,
            });
        Ok(Self {
            compiled,
            live,
            book: Arc::new(book),
            on_prem,
            kdcs,
            servers,
            web,
            kdc_proxies,
            published,
            entra,
            login_host: names.login.to_string(),
            registration_host: names.registration.to_string(),
        })
    }
}

/// Hands out loopback addresses: one a host where the system has a whole network of them, else one for all.
pub(super) struct Addresses {
    next: u8,
}

impl Addresses {
    pub(super) fn take(&mut self) -> IpAddr {
        let own = Ipv4Addr::new(127, 77, 0, self.next);
        if std::net::UdpSocket::bind((own, 0)).is_ok() {
            self.next = self.next.saturating_add(1);
            return own.into();
        }
        Ipv4Addr::LOCALHOST.into()
    }
}

/// The port for a standard one. Where hosts share an address, the second to ask for a port gets a free one.
const fn port(standard: u16, ports: Ports) -> u16 {
    match ports {
        Ports::Standard => standard,
        Ports::Offset => standard + OFFSET,
        Ports::Free => 0,
    }
}

pub(super) async fn bind_tcp(address: IpAddr, standard: u16, ports: Ports) -> io::Result<TcpListener> {
    let at = SocketAddr::new(address, port(standard, ports));
    match TcpListener::bind(at).await {
        Err(error) if is_shared(address, &error, ports) => TcpListener::bind((address, 0)).await,
        result => result.map_err(|error| named(error, "TCP", at)),
    }
}

/// One number for both protocols: a free one is looked for on TCP and then taken on UDP.
async fn bind_both(address: IpAddr, standard: u16, ports: Ports) -> io::Result<(TcpListener, UdpSocket)> {
    const TRIES: usize = 20;
    let mut last = None;
    for _ in 0..TRIES {
        let tcp = bind_tcp(address, standard, ports).await?;
        let at = tcp.local_addr()?;
        match UdpSocket::bind(at).await {
            Ok(udp) => return Ok((tcp, udp)),
            Err(error) => last = Some(named(error, "UDP", at)),
        }
        if ports != Ports::Free {
            break;
        }
    }
    Err(last.unwrap_or_else(|| io::Error::other("no port is free")))
}

pub(super) async fn bind_udp(address: IpAddr, standard: u16, ports: Ports) -> io::Result<UdpSocket> {
    let at = SocketAddr::new(address, port(standard, ports));
    match UdpSocket::bind(at).await {
        Err(error) if is_shared(address, &error, ports) => UdpSocket::bind((address, 0)).await,
        result => result.map_err(|error| named(error, "UDP", at)),
    }
}

fn is_shared(address: IpAddr, error: &io::Error, ports: Ports) -> bool {
    address == Ipv4Addr::LOCALHOST && error.kind() == io::ErrorKind::AddrInUse && ports == Ports::Offset
}

fn named(error: io::Error, protocol: &str, at: SocketAddr) -> io::Error {
    let advice = match error.kind() {
        io::ErrorKind::PermissionDenied => "; ports below 1024 need root, or take --ports offset",
        io::ErrorKind::AddrInUse => "; another lab or KDC listens there: take --ports 0, or stop it",
        _ => "",
    };
    io::Error::new(
        error.kind(),
        format!("cannot listen on {protocol} {at}: {error}{advice}"),
    )
}

/// A domain controller on sockets. Its state is split by [`Received::state_key`]: requests with one ticket, or of one account,
/// meet in one shard, so that a replay is seen whichever thread gets it, and others do not wait for one another.
struct Controller {
    compiled: Arc<CompiledLab>,
    live: Arc<Live>,
    dc: Dc,
    host: HostId,
    /// Its place among the DCs of the lab file.
    index: usize,
    /// What each DC of the lab remembers: a read-only one has a writable one answer.
    states: Arc<Vec<Shards>>,
}

/// What of a DC's answer goes on.
struct KdcAnswer {
    reply: Vec<u8>,
    forward: bool,
}

/// What one DC remembers.
type Shards = Vec<Mutex<KdcState>>;

const SHARDS: u64 = 16;

fn shards() -> Shards {
    (0..SHARDS).map(|_| Mutex::default()).collect()
}

impl Controller {
    async fn listen(self: Arc<Self>, address: IpAddr, ports: Ports) -> io::Result<Listening> {
        let (tcp, udp) = bind_both(address, KERBEROS, ports).await?;
        let kerberos = udp.local_addr()?;
        let (ldap, cldap) = bind_both(address, LDAP, ports).await?;
        let cldap_at = cldap.local_addr()?;
        let too_long = self.too_long();
        let listening = Listening {
            host: self.dc.host.clone(),
            domain: self.dc.domain.clone(),
            kerberos,
            cldap: cldap_at,
            ldap: Some(ldap.local_addr()?),
        };
        let (over_udp, over_tcp) = (Arc::clone(&self), Arc::clone(&self));
        let (directory, ping) = (Arc::clone(&self), self);
        tokio::spawn(datagram::serve(
            udp,
            Arc::new(move |peer, request| over_udp.answer(address, Transport::Udp, peer, request)),
        ));
        let answer: Answer =
            Arc::new(move |peer, request| over_tcp.answer(address, Transport::Tcp, peer, request));
        tokio::spawn(stream::serve(tcp, answer, too_long));
        tokio::spawn(datagram::serve(
            cldap,
            Arc::new(move |_, request| ping.ping(request)),
        ));
        let directory: AnswerLdap = Arc::new(move |session, message| directory.look_up(session, message));
        tokio::spawn(ldap::serve(ldap, directory));
        Ok(listening)
    }

    fn answer(
        &self,
        address: IpAddr,
        transport: Transport,
        peer: SocketAddr,
        request: &[u8],
    ) -> Option<Vec<u8>> {
        let service = Service {
            host: self.host,
            address,
            port: KERBEROS,
            protocol: match transport {
                Transport::Udp => Protocol::Udp,
                Transport::Tcp => Protocol::Tcp,
            },
        };
        let answer = self.answer_as(self.index, service, transport, peer, request)?;
        let hub = answer.forward.then(|| self.live.hub_of(self.host)).flatten();
        let answer = match hub {
            Some((host, index)) => {
                let forwarded = Service { host, ..service };
                self.answer_as(index, forwarded, transport, peer, request)?
            }
            None => answer,
        };
        (!answer.reply.is_empty()).then_some(answer.reply)
    }

    /// Lets a DC of the lab answer: this one, or the writable one that stands in for it.
    fn answer_as(
        &self,
        index: usize,
        service: Service,
        transport: Transport,
        peer: SocketAddr,
        request: &[u8],
    ) -> Option<KdcAnswer> {
        let time = self.live.now();
        let (serving, now) = self.live.dc(index)?;
        let received = Received::decode(request);
        let shards = self.states.get(index)?;
        let key = received.state_key(&serving.domain);
        let shard = shards.get(usize::try_from(key % SHARDS).unwrap_or_default())?;
        // a thread that panicked left a whole state: it is changed at the end of a request
        let mut state = shard.lock().unwrap_or_else(PoisonError::into_inner);
        let handled = kdc_sim::answer(
            &serving.domain,
            &serving.config,
            &mut state,
            now,
            &mut rand::rng(),
            transport,
            received,
        );
        drop(state);
        self.live.filing().file(
            service,
            Served {
                time,
                peer,
                octets: request.len(),
                request: handled.request.into(),
                decisions: Decisions::Kdc(handled.decisions),
                wire: self
                    .live
                    .filing()
                    .wire(|| Wire::octets(self.live.now(), request, &handled.reply)),
            },
        );
        Some(KdcAnswer {
            reply: handled.reply,
            forward: handled.forward,
        })
    }

    fn look_up(&self, session: &mut LdapSession, message: &[u8]) -> kdc_sim::ldap::Answer {
        let closed = kdc_sim::ldap::Answer {
            close: true,
            ..Default::default()
        };
        let Some((serving, now)) = self.live.dc(self.index) else {
            return closed;
        };
        let config = world::ldap_settings(self.compiled.lab(), &self.dc);
        kdc_sim::ldap::handle(&serving.domain, &config, session, now, message)
    }

    fn ping(&self, request: &[u8]) -> Option<Vec<u8>> {
        let site = Some(self.dc.site.as_str());
        let (serving, _) = self.live.dc(self.index)?;
        world::netlogon_answer(
            self.compiled.lab(),
            &self.dc,
            serving.config.key_list,
            site,
            request,
        )
    }

    fn too_long(&self) -> Vec<u8> {
        let Some((serving, now)) = self.live.dc(self.index) else {
            return Vec::new();
        };
        let (realm, krbtgt) = (
            serving.domain.realm().clone(),
            serving.domain.krbtgt_name().clone(),
        );
        KrbError::new(ErrorCode::FIELD_TOOLONG, now, realm, krbtgt).encode()
    }
}

fn entra(live: Arc<Live>, service: Service) -> AnswerHttp {
    let world = Arc::clone(&live);
    serve_entra(live, service, move |request| {
        let mut world = world.world();
        let now = world.now();
        Some((now, world.answer_as_entra(now, &mut rand::rng(), request)?))
    })
}

/// Answers what Entra is asked, and files what it decided. `answer` gives the time by which it did.
pub(super) fn serve_entra(
    live: Arc<Live>,
    service: Service,
    answer: impl Fn(http::Request<Vec<u8>>) -> Option<(Timestamp, cloud_sim::Handled)> + Send + Sync + 'static,
) -> AnswerHttp {
    Arc::new(move |peer, request| {
        let sent = live.filing().wire(|| world::request_octets(&request));
        let (asked, octets) = (Request::http(&request), request.body().len());
        let Some((time, handled)) = answer(request) else {
            return http::Response::new(Vec::new());
        };
        live.filing().file(
            service,
            Served {
                time,
                peer,
                octets,
                request: asked,
                decisions: Decisions::Entra(handled.decisions),
                wire: sent.map(|sent| Wire::http(live.now(), sent, &handled.response)),
            },
        );
        handled.response
    })
}

/// The names that the lab's certificate has to vouch for.
pub(crate) fn certificate_names(lab: &Lab, names: &CloudAddresses) -> Vec<String> {
    let mut all = vec![names.login.to_string(), names.registration.to_string()];
    all.push(lab.network.entra_host.clone());
    all.extend(lab.kdc_proxies.values().map(|proxy| proxy.host.clone()));
    all.extend(lab.app_proxies.values().map(|app| app.host.clone()));
    all.extend(["localhost".to_owned(), "127.0.0.1".to_owned()]);
    all.extend((10..=250).map(|octet| format!("127.77.0.{octet}")));
    all.dedup();
    all
}
