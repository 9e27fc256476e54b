//! What a lab has on the internet besides Entra: cloud applications, and KDC proxies.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use scenarios::lab::{CompiledLab, KdcProxy};
use scenarios::world::{self, Protocol};

use super::estate::{Addresses, HTTPS, Listening, SMB, bind_tcp};
use super::filing::{Filing, Sender, Service};
use super::live::Live;
use super::resources::file_server;
use crate::cli::Ports;
use crate::sockets::network::AddressBook;
use crate::sockets::tls::LabTls;
use crate::sockets::{https, stream};

/// A KDC proxy that listens.
pub(crate) struct Proxy {
    /// Its DNS name.
    pub(crate) host: String,
    /// The realm whose KDCs it asks.
    pub(crate) realm: String,
    /// Where it takes HTTPS.
    pub(crate) https: SocketAddr,
}

/// How long a proxy waits for a KDC.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest answer of a KDC that is carried on.
const ANSWER_BYTES_MAX: u32 = 1 << 20;

/// Serves the acceptors of cloud applications. Gives their names and where they listen.
///
/// # Errors
/// A port cannot be had.
pub(super) async fn serve_cloud_apps(
    compiled: &Arc<CompiledLab>,
    live: &Arc<Live>,
    addresses: &mut Addresses,
    book: &mut AddressBook,
    ports: Ports,
) -> io::Result<Vec<(String, SocketAddr)>> {
    let mut serving = Vec::new();
    for (name, app) in &compiled.lab().cloud_apps {
        let host = live.world().topology().find(name);
        let (Some(server), Some(host)) = (compiled.cloud_apps().get(name), host) else {
            continue;
        };
        let address = addresses.take();
        let listener = bind_tcp(address, SMB, ports).await?;
        let at = listener.local_addr()?;
        book.host(&app.host, address);
        book.listener(&app.host, SMB, at);
        let service = Service {
            host,
            address,
            port: SMB,
            protocol: Protocol::Tcp,
        };
        let answer = file_server(Arc::clone(server), Arc::clone(live), service);
        tokio::spawn(stream::serve(listener, answer, Vec::new()));
        serving.push((app.host.clone(), at));
    }
    Ok(serving)
}

/// Serves KDC proxies in front of `kdcs`.
///
/// # Errors
/// A port cannot be had.
pub(super) async fn serve_kdc_proxies(
    compiled: &Arc<CompiledLab>,
    live: &Arc<Live>,
    kdcs: &[Listening],
    tls: &LabTls,
    addresses: &mut Addresses,
    book: &mut AddressBook,
    ports: Ports,
) -> io::Result<Vec<Proxy>> {
    let mut serving = Vec::new();
    for (name, proxy) in &compiled.lab().kdc_proxies {
        let Some(realm) = compiled
            .lab()
            .domains
            .get(&proxy.domain)
            .map(|domain| domain.realm())
        else {
            continue;
        };
        let address = addresses.take();
        let listener = bind_tcp(address, HTTPS, ports).await?;
        let at = listener.local_addr()?;
        book.host(&proxy.host, address);
        book.listener(&proxy.host, HTTPS, at);
        let behind: Vec<SocketAddr> = behind(proxy, kdcs).collect();
        let served = realm.clone();
        let own = live.world().topology().find(name);
        let live = Arc::clone(live);
        let service = own.map(|host| Service {
            host,
            address,
            port: HTTPS,
            protocol: Protocol::Https,
        });
        let answer = Arc::new(move |peer: SocketAddr, request: http::Request<Vec<u8>>| {
            let time = live.now();
            let origin = live.filing().sender(peer).and_then(|sender| sender.origin);
            let sends = own.map(|from| (live.filing(), Sender { from, origin }));
            let response = world::kdc_proxy(&request, |asked, message| {
                let found = behind.iter().filter(|_| asked.eq_ignore_ascii_case(&served));
                // the KDC is a socket of this program: asking it must not keep a worker from answering there
                tokio::task::block_in_place(|| {
                    found.into_iter().find_map(|kdc| ask(*kdc, &message, sends).ok())
                })
            });
            if let Some(service) = service {
                live.carried_on(service, time, peer, &request, &response);
            }
            response
        });
        tokio::spawn(https::serve(listener, Arc::clone(&tls.server), answer));
        serving.push(Proxy {
            host: proxy.host.clone(),
            realm,
            https: at,
        });
    }
    Ok(serving)
}

fn behind<'a>(proxy: &'a KdcProxy, kdcs: &'a [Listening]) -> impl Iterator<Item = SocketAddr> {
    let own = kdcs.iter().filter(|kdc| kdc.domain == proxy.domain);
    own.map(|kdc| kdc.kerberos)
}

/// One message over TCP, framed as RFC 4120 section 7.2.2 has it, from a machine of the lab.
pub(super) fn ask(kdc: SocketAddr, message: &[u8], sends: Option<(&Filing, Sender)>) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&kdc, PATIENCE)?;
    let local = stream.local_addr()?;
    let _sends = sends.map(|(filing, sender)| filing.sends_from(local, sender));
    stream.set_read_timeout(Some(PATIENCE))?;
    let framed = kdc_sim::frame(message).ok_or_else(|| io::Error::other("too long for a KDC"))?;
    stream.write_all(&framed)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length > ANSWER_BYTES_MAX {
        return Err(io::Error::other("the KDC announced too long a message"));
    }
    let mut answer = Vec::new();
    stream.take(length.into()).read_to_end(&mut answer)?;
    Ok(answer)
}
