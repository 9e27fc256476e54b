//! Applications that the application proxy publishes: HTTPS outside, and a connector that asks the lab's own sockets inside.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use client_sim::Endpoint;
use client_sim::connector::{Connector, ConnectorFailure};
use http::{Request, Response};
use scenarios::lab::CompiledLab;
use scenarios::world::{HostId, Inside, Passage, Protocol};

use super::estate::{Addresses, HTTP, HTTPS, KERBEROS, bind_tcp};
use super::filing::{Sender, Service};
use super::internet;
use super::live::Live;
use crate::cli::Ports;
use crate::sockets::network::AddressBook;
use crate::sockets::tls::LabTls;
use crate::sockets::{AnswerHttp, https};

/// A published application that listens.
pub(crate) struct Published {
    /// The lab's name of it.
    pub(crate) name: String,
    /// Its DNS name on the internet.
    pub(crate) host: String,
    /// The server whose connector carries requests to it.
    pub(crate) connector: String,
    /// Where it takes HTTPS.
    pub(crate) https: SocketAddr,
}

/// How long a connector waits for the application.
const PATIENCE: Duration = Duration::from_secs(5);

/// Serves what is published. The servers and domain controllers behind it are in `book` already.
///
/// # Errors
/// A port cannot be had.
pub(super) async fn serve(
    compiled: &CompiledLab,
    live: &Arc<Live>,
    tls: &LabTls,
    addresses: &mut Addresses,
    book: &mut AddressBook,
    ports: Ports,
) -> io::Result<Vec<Published>> {
    let inside = Arc::new(book.clone());
    let mut serving = Vec::new();
    for (index, (name, app)) in compiled.lab().app_proxies.iter().enumerate() {
        let address = addresses.take();
        let listener = bind_tcp(address, HTTPS, ports).await?;
        let at = listener.local_addr()?;
        book.host(&app.host, address);
        book.listener(&app.host, HTTPS, at);
        let service = live.world().topology().find(name).map(|host| Service {
            host,
            address,
            port: HTTPS,
            protocol: Protocol::Https,
        });
        let answer = answer(index, service, Arc::clone(live), Arc::clone(&inside));
        tokio::spawn(https::serve(listener, Arc::clone(&tls.server), answer));
        serving.push(Published {
            name: name.clone(),
            host: app.host.clone(),
            connector: app.connector.clone(),
            https: at,
        });
    }
    Ok(serving)
}

fn answer(index: usize, service: Option<Service>, live: Arc<Live>, book: Arc<AddressBook>) -> AnswerHttp {
    Arc::new(move |peer, request| {
        let time = live.now();
        let watched = live.filing().wire(|| request.clone());
        let response = carry(index, &live, &book, peer, request);
        if let (Some(service), Some(request)) = (service, watched) {
            live.carried_on(service, time, peer, &request, &response);
        }
        response
    })
}

fn carry(
    index: usize,
    live: &Live,
    book: &AddressBook,
    peer: SocketAddr,
    request: Request<Vec<u8>>,
) -> Response<Vec<u8>> {
    let admitted = live.world().admit_to_published(index, &request);
    let passage = match admitted {
        Some(Ok(passage)) => passage,
        Some(Err(response)) => return response,
        None => return Response::new(Vec::new()),
    };
    let mut inside = Sockets {
        live,
        book,
        passage: &passage,
        origin: live.filing().sender(peer).and_then(|sender| sender.origin),
    };
    // hosts of the lab are sockets of this program: waiting for them must not keep a worker from answering there
    let carried = tokio::task::block_in_place(|| passage.carry(request, &mut inside));
    if let Some(event) = carried.event {
        live.filing().connector(passage.connector, live.now(), event);
    }
    carried.response
}

/// The hosts of the lab by their sockets.
struct Sockets<'a> {
    live: &'a Live,
    book: &'a AddressBook,
    passage: &'a Passage,
    /// The machine whose request is carried on.
    origin: Option<HostId>,
}

impl Sockets<'_> {
    fn sender(&self) -> Sender {
        Sender {
            from: self.passage.connector,
            origin: self.origin,
        }
    }

    fn find(&self, host: HostId, port: u16) -> Option<SocketAddr> {
        let name = Arc::clone(&self.live.world().topology().host(host).dns_name);
        self.book.find(&Endpoint::new(name, port)).ok()
    }
}

impl Inside for Sockets<'_> {
    fn application(&mut self, request: Request<Vec<u8>>) -> Option<Response<Vec<u8>>> {
        let at = self.find(self.passage.server, HTTP)?;
        let answer = tokio::time::timeout(PATIENCE, async {
            let connection = https::connect(at).await?;
            let _sends = self
                .live
                .filing()
                .sends_from(connection.local_addr()?, self.sender());
            https::request_in_clear(connection, request).await
        });
        match tokio::runtime::Handle::current().block_on(answer) {
            Ok(Ok(response)) => Some(response),
            Ok(Err(error)) => {
                tracing::debug!(%at, %error, "the application does not answer");
                None
            }
            Err(_elapsed) => None,
        }
    }

    fn sign_in(
        &mut self,
        connector: &Connector,
        user: &str,
        service: &str,
    ) -> Result<Vec<u8>, ConnectorFailure> {
        let now = self.live.clock_of(self.passage.connector);
        let kdc = self.passage.dc.and_then(|dc| self.find(dc, KERBEROS));
        let sends = (self.live.filing(), self.sender());
        let mut ask = |message: Vec<u8>| internet::ask(kdc?, &message, Some(sends)).ok();
        connector.sign_in(user, service, now, &mut rand::rng(), &mut ask)
    }
}
