//! Entra's application proxy and its connector: a request from the internet, from a user who has signed in to Entra, becomes one to
//! an application of the company, with a Kerberos ticket in the user's name.
//!
//! The connector keeps a connection to the proxy open from inside; what it asks there takes no time of its own.

use std::sync::Arc;

use client_sim::connector::Connector;
use cloud_sim::User;
use http::{HeaderValue, Request, Response, StatusCode, header};
use kdc_sim::DomainSnapshot;
use kdc_sim::directory::UserAccountControl;
use kerberos::crypto::Etype;
use prt::form::Form;

use super::World;
use super::administration::{ActionError, unknown};
use super::network::{Packet, Payload};
use super::rule::Protocol;
use super::topology::{HostId, Role};
use crate::lab::{AppProxy, Lab, LoginIdentity, SignOn};
use crate::rng::Purpose;
use crate::trace::EventKind;

/// The cookie that holds the access token.
const COOKIE: &str = "AzureAppProxyAccessCookie=";

/// What a connector did, for its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectorEvent {
    /// The published application, as the lab names it.
    pub app: Arc<str>,
    /// The name that it showed to the domain controller.
    pub user: Arc<str>,
    /// The service that it asked for.
    pub service: Arc<str>,
    /// Why it has no ticket; `None` where it has one.
    pub failure: Option<Arc<str>>,
    /// The status that the application answered.
    pub status: u16,
}

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
        let (name, app) = self.actors.app_proxies.get(usize::from(index))?.clone();
        let lab = Arc::clone(self.lab());
        let tenant = lab.lab().tenants.get_index_of(&app.tenant)?;
        let (tenant, _) = self.actors.tenants.get(tenant)?;
        let audience = app.external_url();
        let user = token(&request).and_then(|token| {
            let user = cloud_sim::user_of_token(tenant, self.now, token, &[&audience]).ok()?;
            Some(user)
        });
        let response = match user {
            Some(user) => self.serve_published(packet, &name, &app, &user, request)?,
            None => to_sign_in(&lab.lab().network.entra_host, &app, &tenant.id),
        };
        Some(Payload::Response(response))
    }

    fn serve_published(
        &mut self,
        packet: &Packet,
        name: &Arc<str>,
        app: &AppProxy,
        user: &User,
        mut request: Request<Vec<u8>>,
    ) -> Option<Response<Vec<u8>>> {
        let connector = self.topology().find(&app.connector)?;
        let server = self.topology().find(&app.server)?;
        if !self.host_state(connector).is_powered() {
            return Some(bad_gateway());
        }
        request.headers_mut().remove(header::COOKIE);
        let lab = Arc::clone(self.lab());
        let service: Arc<str> = app.service(lab.lab())?.into();
        let shown: Arc<str> = login_name(app.login_identity, user).into();
        // a browser that proves something itself is left to it
        let by_itself = request.headers().contains_key(header::AUTHORIZATION);
        if by_itself || app.sign_on == SignOn::Disabled {
            return Some(self.ask_application(packet, connector, server, &request));
        }
        let mut response = None;
        let failure = match self.delegated_token(packet, connector, &shown, &service) {
            Ok(token) => {
                let mut proved = request.clone();
                let value = HeaderValue::from_str(&format!("Negotiate {}", prt::jose::base64(token)));
                proved.headers_mut().insert(header::AUTHORIZATION, value.ok()?);
                response = Some(self.ask_application(packet, connector, server, &proved));
                None
            }
            Err(why) => Some(why),
        };
        let status = response.as_ref().map(Response::status);
        // what the browser gets to see is the application's challenge, and not the end of the connector's try
        let response = match response {
            Some(response) if status != Some(StatusCode::UNAUTHORIZED) => response,
            _ => self.ask_application(packet, connector, server, &request),
        };
        let event = ConnectorEvent {
            app: Arc::clone(name),
            user: shown,
            service,
            failure,
            status: status.unwrap_or_else(|| response.status()).as_u16(),
        };
        let now = self.now;
        self.trace.event(now, Some(connector), Some(packet.seq), || {
            EventKind::Connector(Arc::new(event))
        });
        Some(response)
    }

    fn ask_application(
        &mut self,
        packet: &Packet,
        connector: HostId,
        server: HostId,
        request: &Request<Vec<u8>>,
    ) -> Response<Vec<u8>> {
        let mut inner = packet.clone();
        (inner.from, inner.to) = (connector, server);
        inner.protocol = Protocol::Https;
        inner.endpoint = client_sim::Endpoint::new(Arc::clone(&self.topology().host(server).dns_name), 80);
        inner.payload = Payload::Request(request.clone());
        let reached = self.reaches(self.place(connector), server);
        match reached.then(|| self.serve(&mut inner)).flatten() {
            Some(Payload::Response(response)) => response,
            _ => bad_gateway(),
        }
    }

    /// A token for the application in a user's name, or why there is none.
    fn delegated_token(
        &mut self,
        packet: &Packet,
        host: HostId,
        user: &str,
        service: &str,
    ) -> Result<Vec<u8>, Arc<str>> {
        let connector = self
            .connector(host)
            .ok_or("the connector's server has no key of AES-256")?;
        let now = self.clock_of(host);
        let mut rng = self.stream(host, Purpose::Connector);
        let dc = self.dc_of(host);
        let mut ask = |message: Vec<u8>| {
            let dc = dc?;
            let mut inner = packet.clone();
            (inner.from, inner.to) = (host, dc);
            inner.endpoint = client_sim::Endpoint::kdc(Arc::clone(&self.topology().host(dc).dns_name));
            inner.protocol = Protocol::Tcp;
            inner.payload = Payload::Octets(message);
            match self.serve(&mut inner)? {
                Payload::Octets(answer) => Some(answer),
                _ => None,
            }
        };
        connector
            .sign_in(user, service, now, &mut rng, &mut ask)
            .map_err(|failure| failure.to_string().into())
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

    /// Changes what a server's computer account may delegate to.
    pub(super) fn set_delegation(
        &mut self,
        server: &Arc<str>,
        to: &[Arc<str>],
        protocol_transition: bool,
    ) -> Result<(), ActionError> {
        let lab = Arc::clone(self.lab());
        let declared = lab.lab().servers.get(&**server);
        let declared = declared.ok_or_else(|| unknown("server", server))?;
        let domain = lab.lab().domains.get_index_of(&declared.domain);
        let account = format!("{}$", declared.host);
        self.change_domain(domain.unwrap_or_default(), |builder| {
            if let Some(account) = builder.account_mut(&account) {
                account.delegate_to = to.to_vec();
                account.control.set(
                    UserAccountControl::TRUSTED_TO_AUTH_FOR_DELEGATION,
                    protocol_transition,
                );
            }
        })
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

fn login_name(identity: LoginIdentity, user: &User) -> String {
    match identity {
        LoginIdentity::UserPrincipalName => user.upn.clone(),
        LoginIdentity::UserPrincipalNamePart => {
            let (part, _) = user.upn.split_once('@').unwrap_or((&user.upn, ""));
            part.to_owned()
        }
        LoginIdentity::OnPremisesSamAccountName => {
            let synced = user.on_premises.as_ref();
            synced
                .and_then(|synced| synced.sam_account_name.clone())
                .unwrap_or_default()
        }
    }
}

/// The access token of the application in the request's cookie.
fn token(request: &Request<Vec<u8>>) -> Option<&str> {
    let cookies = request.headers().get(header::COOKIE)?.to_str().ok()?;
    cookies
        .split(';')
        .find_map(|cookie| cookie.trim().strip_prefix(COOKIE))
}

/// Whoever is not known yet is sent to Entra, and comes back with a token for this application.
fn to_sign_in(login: &str, app: &AppProxy, tenant: &str) -> Response<Vec<u8>> {
    let query = Form::new()
        .with("response_type", "id_token")
        .with("resource", app.external_url())
        .encode();
    let mut response = page(StatusCode::FOUND, "");
    let location = format!("https://{login}/{tenant}/oauth2/authorize?{query}");
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// No connector answers, or it does not reach the application.
fn bad_gateway() -> Response<Vec<u8>> {
    page(
        StatusCode::BAD_GATEWAY,
        "BadGateway: This corporate app can't be accessed.\n",
    )
}

fn page(status: StatusCode, text: &str) -> Response<Vec<u8>> {
    let mut response = Response::new(text.as_bytes().to_vec());
    *response.status_mut() = status;
    response
}
