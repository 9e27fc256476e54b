//! What servers of a lab have to open: shares, queues of printers, web applications.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use kdc_sim::resource::{FileServer, ServerState};
use scenarios::journal::{Decisions, Request};
use scenarios::lab::CompiledLab;
use scenarios::world::{self, Protocol};

use super::estate::{Addresses, HTTP, SMB, bind_tcp};
use super::filing::{Served, Service};
use super::live::Live;
use super::watch::Wire;
use crate::cli::Ports;
use crate::sockets::network::AddressBook;
use crate::sockets::{Answer, AnswerHttp, https, stream};

/// Serves the shares of every server, and web applications where there are some. Gives names and where each listens.
///
/// # Errors
/// A port cannot be had.
pub(super) async fn serve(
    compiled: &Arc<CompiledLab>,
    live: &Arc<Live>,
    addresses: &mut Addresses,
    book: &mut AddressBook,
    ports: Ports,
) -> io::Result<(Vec<(String, SocketAddr)>, Vec<(String, SocketAddr)>)> {
    let lab = compiled.lab();
    let (mut serving, mut web) = (Vec::new(), Vec::new());
    for (name, declared) in &lab.servers {
        let (Some(server), Some(domain)) = (compiled.servers().get(name), lab.domains.get(&declared.domain))
        else {
            continue;
        };
        let Some(host) = live.world().topology().find(name) else {
            continue;
        };
        let address = addresses.take();
        let listener = bind_tcp(address, SMB, ports).await?;
        let at = listener.local_addr()?;
        let dns_name = format!("{}.{}", declared.host, domain.dns_name).to_lowercase();
        book.host(&dns_name, address);
        book.listener(&dns_name, SMB, at);
        let service = Service {
            host,
            address,
            port: SMB,
            protocol: Protocol::Tcp,
        };
        tokio::spawn(stream::serve(
            listener,
            file_server(Arc::clone(server), Arc::clone(live), service),
            Vec::new(),
        ));
        if declared.serves_web() {
            let listener = bind_tcp(address, HTTP, ports).await?;
            let at = listener.local_addr()?;
            book.listener(&dns_name, HTTP, at);
            let answer = web_application(
                Arc::clone(server),
                Arc::clone(live),
                Service {
                    port: HTTP,
                    protocol: Protocol::Https,
                    ..service
                },
            );
            tokio::spawn(https::serve_in_clear(listener, answer));
            web.push((dns_name.clone(), at));
        }
        serving.push((dns_name, at));
    }
    Ok((serving, web))
}

/// A file server as the device finds it: an AP-REQ with the share that is wanted, an AP-REP with what became of it.
pub(super) fn file_server(server: Arc<FileServer>, live: Arc<Live>, service: Service) -> Answer {
    let state = Mutex::new(ServerState::default());
    let host = service.host;
    Arc::new(move |peer, octets| {
        let time = live.now();
        let now = live.clock_of(host);
        let authority = server
            .ntlm_shares
            .then(|| live.world().authority_of(host))
            .flatten();
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let rng = &mut rand::rng();
        let served = world::share_answer(&server, &mut state, authority.as_ref(), now, rng, octets)?;
        drop(state);
        live.filing().file(
            service,
            Served {
                time,
                peer,
                octets: octets.len(),
                request: Request::Session,
                decisions: Decisions::Server(served.decisions),
                wire: live
                    .filing()
                    .wire(|| Wire::octets(live.now(), octets, &served.reply)),
            },
        );
        Some(served.reply)
    })
}

/// A web application behind `Negotiate`.
fn web_application(server: Arc<FileServer>, live: Arc<Live>, service: Service) -> AnswerHttp {
    let state = Mutex::new(ServerState::default());
    let host = service.host;
    Arc::new(move |peer, request| {
        let time = live.now();
        let now = live.clock_of(host);
        let authority = live.world().authority_of(host);
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let served = world::web_answer(
            &server,
            &mut state,
            authority.as_ref(),
            now,
            &mut rand::rng(),
            &request,
        );
        drop(state);
        live.filing().file(
            service,
            Served {
                time,
                peer,
                octets: request.body().len(),
                request: Request::http(&request),
                decisions: Decisions::Server(served.decisions),
                wire: live
                    .filing()
                    .wire(|| Wire::http(live.now(), world::request_octets(&request), &served.response)),
            },
        );
        served.response
    })
}
