//! A KDC proxy server (MS-KKDCP): it takes the Kerberos message out of an HTTPS request, asks a KDC of the realm, and puts the
//! answer back.

use http::{Method, Request, Response, StatusCode, header};
use kerberos::kkdcp::{CONTENT_TYPE, DEFAULT_PATH, Envelope};

use super::World;
use super::network::{Packet, Payload};
use super::rule::Protocol;
use super::topology::HostId;
use crate::lab::KdcProxy;

/// Answers one request. `ask` carries a message to a KDC of the realm; it gives `None` where the proxy serves no such realm, or no
/// KDC of it answers.
///
/// What is no `POST` to `/KdcProxy` gets status 404 or 405, what is no KDC-PROXY-MESSAGE 400, and a realm without a KDC 503.
pub fn kdc_proxy(
    request: &Request<Vec<u8>>,
    ask: impl FnOnce(&str, Vec<u8>) -> Option<Vec<u8>>,
) -> Response<Vec<u8>> {
    if !request.uri().path().eq_ignore_ascii_case(DEFAULT_PATH) {
        return status(StatusCode::NOT_FOUND);
    }
    if request.method() != Method::POST {
        return status(StatusCode::METHOD_NOT_ALLOWED);
    }
    let Ok(envelope) = Envelope::read(request.body()) else {
        return status(StatusCode::BAD_REQUEST);
    };
    let Some(realm) = &envelope.target_domain else {
        return status(StatusCode::BAD_REQUEST);
    };
    let Some(answer) = ask(&realm.to_text(), envelope.message.clone()) else {
        return status(StatusCode::SERVICE_UNAVAILABLE);
    };
    let mut response = Response::new(envelope.reply(answer).write());
    let content_type = header::HeaderValue::from_static(CONTENT_TYPE);
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

fn status(status: StatusCode) -> Response<Vec<u8>> {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = status;
    response
}

impl World {
    /// The proxy stands beside the domain controllers: what it asks them takes no time of its own.
    pub(super) fn serve_kdc_proxy(&mut self, packet: &mut Packet, index: u16) -> Option<Payload> {
        let payload = std::mem::replace(&mut packet.payload, Payload::Octets(Vec::new()));
        let Payload::Request(request) = payload else {
            return None;
        };
        let lab = std::sync::Arc::clone(self.lab());
        let (_, declared) = lab.lab().kdc_proxies.get_index(usize::from(index))?;
        let response = kdc_proxy(&request, |realm, message| {
            let dc = self.kdc_behind(declared, realm)?;
            let mut inner = packet.clone();
            inner.from = packet.to;
            inner.source = self.inner_source(inner.from, packet);
            inner.to = dc;
            inner.endpoint =
                client_sim::Endpoint::kdc(std::sync::Arc::clone(&self.topology().host(dc).dns_name));
            inner.protocol = Protocol::Tcp;
            inner.payload = Payload::Octets(message);
            match self.serve(&mut inner)? {
                Payload::Octets(answer) => Some(answer),
                _ => None,
            }
        });
        Some(Payload::Response(response))
    }

    fn kdc_behind(&self, declared: &KdcProxy, realm: &str) -> Option<HostId> {
        let domain = self.lab().lab().domains.get(&declared.domain)?;
        if !domain.dns_name.eq_ignore_ascii_case(realm) {
            return None;
        }
        let dcs = self.topology().domain_controllers(&domain.dns_name);
        dcs.iter().copied().find(|dc| self.host_state(*dc).powered)
    }
}
