//! Entra's application proxy and its connector: a request from the internet, from a user who has signed in to Entra, becomes one to
//! an application of the company, with a Kerberos ticket in the user's name.
//!
//! It is the same in a run and on sockets; how the connector reaches the hosts of the company differs, and is [`Inside`].

use core::fmt;
use std::sync::Arc;

use client_sim::connector::{Connector, ConnectorFailure};
use cloud_sim::User;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, header};
use prt::form::Form;

use super::topology::HostId;
use crate::lab::{AppProxy, LoginIdentity, SignOn};

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

/// A request to a published application, from a user whom Entra knows.
#[derive(Debug)]
pub struct Passage {
    /// The published application, as the lab names it.
    pub app: Arc<str>,
    /// The name that the connector shows to the domain controller.
    pub user: Arc<str>,
    /// The service that it asks for.
    pub service: Arc<str>,
    /// How users are signed in.
    pub sign_on: SignOn,
    /// The account of the connector's server; `None` where it has no key of AES-256.
    pub account: Option<Connector>,
    /// The server that the connector runs on.
    pub connector: HostId,
    /// The server with the application.
    pub server: HostId,
    /// Its DNS name.
    pub server_name: Arc<str>,
    /// Whether it runs, and the connector has a way there.
    pub is_server_reached: bool,
    /// The domain controller that the connector asks; `None` where none is in reach.
    pub dc: Option<HostId>,
}

/// The hosts of the company, as a connector finds them.
pub trait Inside {
    /// Carries a request to the application; `None` where it does not answer.
    fn application(&mut self, request: Request<Vec<u8>>) -> Option<Response<Vec<u8>>>;

    /// Lets the connector sign a user in to a service with [`Connector::sign_in`], at its clock and with its domain controller.
    ///
    /// # Errors
    /// What keeps it from a ticket.
    fn sign_in(
        &mut self,
        connector: &Connector,
        user: &str,
        service: &str,
    ) -> Result<Vec<u8>, ConnectorFailure>;
}

/// What came of a request.
#[derive(Debug)]
pub struct Carried {
    /// What the browser gets.
    pub response: Response<Vec<u8>>,
    /// What the connector did; `None` where it signed nobody in.
    pub event: Option<ConnectorEvent>,
}

impl Passage {
    /// Carries a request to the application and its answer back.
    pub fn carry(&self, mut request: Request<Vec<u8>>, inside: &mut dyn Inside) -> Carried {
        self.address(&mut request);
        // a browser that proves something itself is left to it
        let by_itself = request.headers().contains_key(header::AUTHORIZATION);
        if by_itself || self.sign_on == SignOn::Disabled {
            return Carried {
                response: self.ask(request, inside),
                event: None,
            };
        }
        let (failure, proved) = match self.proof(inside) {
            Ok(proof) => {
                let mut proved = request.clone();
                proved.headers_mut().insert(header::AUTHORIZATION, proof);
                (None, Some(self.ask(proved, inside)))
            }
            Err(why) => (Some(why), None),
        };
        let status = proved.as_ref().map(Response::status);
        // what the browser gets to see is the application's challenge, and not the end of the connector's try
        let response = match proved {
            Some(mut response) if status != Some(StatusCode::UNAUTHORIZED) => {
                // the application proves itself to the connector with it, and not to the browser
                response.headers_mut().remove(header::WWW_AUTHENTICATE);
                response
            }
            _ => self.ask(request, inside),
        };
        let event = ConnectorEvent {
            app: Arc::clone(&self.app),
            user: Arc::clone(&self.user),
            service: Arc::clone(&self.service),
            failure,
            status: status.unwrap_or_else(|| response.status()).as_u16(),
        };
        Carried {
            response,
            event: Some(event),
        }
    }

    /// The value of `Authorization`, or why the connector has none.
    fn proof(&self, inside: &mut dyn Inside) -> Result<HeaderValue, Arc<str>> {
        let account = self.account.as_ref();
        let account = account.ok_or("the connector's server has no key of AES-256")?;
        let token = inside.sign_in(account, &self.user, &self.service);
        let token = token.map_err(|failure| failure.to_string())?;
        HeaderValue::from_str(&format!("Negotiate {}", prt::jose::base64(token)))
            .map_err(|error| error.to_string().into())
    }

    /// Makes a request to the name on the internet one to the server, without what is between browser and proxy.
    fn address(&self, request: &mut Request<Vec<u8>>) {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        if let Ok(uri) = format!("http://{}{path}", self.server_name).parse::<Uri>() {
            *request.uri_mut() = uri;
        }
        for of_the_proxy in [header::COOKIE, header::HOST] {
            request.headers_mut().remove(of_the_proxy);
        }
        leave_hop(request.headers_mut());
    }

    fn ask(&self, request: Request<Vec<u8>>, inside: &mut dyn Inside) -> Response<Vec<u8>> {
        let answered = self.is_server_reached.then(|| inside.application(request));
        answered.flatten().unwrap_or_else(bad_gateway)
    }
}

/// Takes away what is of one connection only (RFC 9110 section 7.6.1).
fn leave_hop(headers: &mut HeaderMap) {
    const OF_A_HOP: [&str; 6] = [
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "transfer-encoding",
        "upgrade",
    ];
    let named: Vec<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(|name| name.trim().to_owned()))
        .collect();
    for name in OF_A_HOP.into_iter().chain(named.iter().map(String::as_str)) {
        headers.remove(name);
    }
}

impl fmt::Display for ConnectorEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            app,
            user,
            service,
            status,
            ..
        } = self;
        write!(f, "carries on a request for {app} as {user} to {service} and ")?;
        match &self.failure {
            Some(why) => write!(f, "gets no ticket: {why}")?,
            None => f.write_str("has a ticket")?,
        }
        write!(f, "; the application answers {status}")
    }
}

pub(super) fn login_name(identity: LoginIdentity, user: &User) -> String {
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
pub(super) fn token(request: &Request<Vec<u8>>) -> Option<&str> {
    let cookies = request.headers().get(header::COOKIE)?.to_str().ok()?;
    cookies
        .split(';')
        .find_map(|cookie| cookie.trim().strip_prefix(COOKIE))
}

/// Whoever is not known yet is sent to Entra, and comes back with a token for this application.
pub(super) fn to_sign_in(login: &str, app: &AppProxy, tenant: &str) -> Response<Vec<u8>> {
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
pub(super) fn bad_gateway() -> Response<Vec<u8>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_one_connection_stays_there() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "keep-alive, X-Of-This-Hop, , not a name"),
            ("keep-alive", "timeout=5"),
            ("x-of-this-hop", "1"),
            ("upgrade", "h2c"),
            ("te", "trailers"),
            ("accept", "text/html"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        leave_hop(&mut headers);
        let left: Vec<&str> = headers.keys().map(http::HeaderName::as_str).collect();
        assert_eq!(left, ["accept"]);
    }
}
