//! The application proxy in a world: who may pass, and the hosts that a connector asks.
//!
//! The connector keeps a connection to the proxy open from inside; what it asks there takes no time of its own.

use std::sync::Arc;

use client_sim::Endpoint;
use client_sim::connector::{Connector, ConnectorFailure};
use http::{Request, Response};
use kdc_sim::DomainSnapshot;
use kerberos::crypto::Etype;

use super::World;
use super::actors::{HTTP_PORT, KERBEROS_PORT};
use super::administration::{ActionError, unknown};
use super::network::{Packet, Payload};
use super::published::{self, Inside, Passage};
use super::rule::Protocol;
use super::topology::{HostId, Role};
use crate::lab::{AppProxy, Lab, LoginIdentity};
use crate::rng::Purpose;

/// What a lab publishes at first.
pub(super) fn published(lab: &Lab) -> Vec<(Arc<str>, AppProxy)> {
    let apps = lab.app_proxies.iter();
    apps.map(|(name, app)| (name.as_str().into(), app.clone()))
        .collect()
}

impl World {
    /// Serves a request to a published application.
    pub(super) fn serve_app_proxy(&mut self, packet: &mut Packet, index: u16) -> Option<Payload> {
        let payload = std::mem::replace(&mut packet.payload, Payload::Octets(Vec::new()));
        let Payload::Request(request) = payload else {
            return None;
        };
        let passage = match self.admit_to_published(usize::from(index), &request)? {
            Ok(passage) => passage,
            Err(response) => return Some(Payload::Response(response)),
        };
        let mut inside = Office {
            world: self,
            packet,
            passage: &passage,
        };
        let carried = passage.carry(request, &mut inside);
        if let Some(event) = carried.event {
            self.note_connector(passage.connector, packet.seq, event);
        }
        Some(Payload::Response(carried.response))
    }

    /// What becomes of a request to the published application with this index in the lab file: who shows an access token of it may
    /// pass, and anybody else is answered. `None` where there is no such application.
    pub fn admit_to_published(
        &self,
        index: usize,
        request: &Request<Vec<u8>>,
    ) -> Option<Result<Passage, Response<Vec<u8>>>> {
        let (name, app) = self.actors.app_proxies.get(index)?;
        let lab = self.lab().lab();
        let tenant = lab.tenants.get_index_of(&app.tenant)?;
        let (tenant, _) = self.actors.tenants.get(tenant)?;
        let audience = app.external_url();
        let user = published::token(request)
            .and_then(|token| cloud_sim::user_of_token(tenant, self.now, token, &[&audience]).ok());
        let Some(user) = user else {
            let login = &lab.network.entra_host;
            return Some(Err(published::to_sign_in(login, app, &tenant.id)));
        };
        let connector = self.topology().find(&app.connector)?;
        let server = self.topology().find(&app.server)?;
        if !self.host_state(connector).is_powered() {
            return Some(Err(published::bad_gateway()));
        }
        Some(Ok(Passage {
            app: Arc::clone(name),
            user: published::login_name(app.login_identity, &user).into(),
            service: app.service(lab)?.into(),
            sign_on: app.sign_on,
            account: self.connector(connector),
            connector,
            server,
            server_name: Arc::clone(&self.topology().host(server).dns_name),
            is_server_reached: self.reaches(self.place(connector), server),
            dc: self.dc_of(connector),
        }))
    }

    /// The computer account of a server, as the server knows it.
    fn connector(&self, host: HostId) -> Option<Connector> {
        let Role::Server(index) = self.topology().host(host).role else {
            return None;
        };
        let (_, server) = self.lab().servers().get_index(usize::from(index))?;
        let key = server.keys.current().key(Etype::Aes256CtsHmacSha196)?;
        Some(Connector {
            host: Arc::clone(&self.topology().host(host).name),
            account: Arc::clone(&server.name),
            realm: server.realm.clone(),
            key: key.clone(),
        })
    }

    /// A domain controller of a server's domain that it reaches.
    pub(crate) fn dc_of(&self, server: HostId) -> Option<HostId> {
        let Role::Server(index) = self.topology().host(server).role else {
            return None;
        };
        let lab = self.lab().lab();
        let (_, declared) = lab.servers.get_index(usize::from(index))?;
        let domain = lab.domains.get(&declared.domain)?;
        let dcs = self.topology().domain_controllers(&domain.dns_name);
        let place = self.place(server);
        dcs.iter().copied().find(|dc| self.reaches(place, *dc))
    }

    /// Changes the settings of a published application.
    pub(super) fn set_app_proxy(
        &mut self,
        name: &Arc<str>,
        spn: Option<&Arc<str>>,
        login_identity: Option<LoginIdentity>,
    ) -> Result<(), ActionError> {
        let apps = Arc::make_mut(&mut self.actors.app_proxies);
        let found = apps.iter_mut().find(|(known, _)| known == name);
        let (_, app) = found.ok_or_else(|| unknown("app-proxy", name))?;
        if let Some(spn) = spn {
            app.spn = Some(spn.to_string());
        }
        app.login_identity = login_identity.unwrap_or(app.login_identity);
        Ok(())
    }

    /// The directory of the domain controller that a server asks about logons by NTLM.
    pub fn authority_of(&self, server: HostId) -> Option<DomainSnapshot> {
        let (domain, _) = self.served_by(self.dc_of(server)?)?;
        Some(domain.clone())
    }
}

/// The hosts of a world as its connectors find them.
struct Office<'a> {
    world: &'a mut World,
    packet: &'a Packet,
    passage: &'a Passage,
}

impl Office<'_> {
    fn ask(&mut self, to: HostId, protocol: Protocol, port: u16, payload: Payload) -> Option<Payload> {
        let mut inner = self.packet.clone();
        (inner.from, inner.to) = (self.passage.connector, to);
        inner.source = self.world.inner_source(inner.from, self.packet);
        inner.protocol = protocol;
        let name = Arc::clone(&self.world.topology().host(to).dns_name);
        inner.endpoint = Endpoint::new(name, port);
        inner.payload = payload;
        self.world.serve(&mut inner)
    }
}

impl Inside for Office<'_> {
    fn application(&mut self, request: Request<Vec<u8>>) -> Option<Response<Vec<u8>>> {
        let to = self.passage.server;
        match self.ask(to, Protocol::Https, HTTP_PORT, Payload::Request(request))? {
            Payload::Response(response) => Some(response),
            _ => None,
        }
    }

    fn sign_in(
        &mut self,
        connector: &Connector,
        user: &str,
        service: &str,
    ) -> Result<Vec<u8>, ConnectorFailure> {
        let host = self.passage.connector;
        let now = self.world.clock_of(host);
        let mut rng = self.world.stream(host, Purpose::Connector);
        let mut ask = |message| {
            let dc = self.passage.dc?;
            match self.ask(dc, Protocol::Tcp, KERBEROS_PORT, Payload::Octets(message))? {
                Payload::Octets(answer) => Some(answer),
                _ => None,
            }
        };
        connector.sign_in(user, service, now, &mut rng, &mut ask)
    }
}
