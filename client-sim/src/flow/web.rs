//! Web pages behind `Negotiate` (RFC 4559), as a browser that may sign in by itself opens them.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::klist::LogonId;
use http::{HeaderValue, Request, Response, StatusCode, Uri, header};
use kerberos::wire::{GssToken, KrbError, Mechanism, NegotiationToken, PrincipalName, TokenId};

use super::Flow;
use super::kdc::unusable;
use super::service::access_token;
use crate::error::{AnswerFault, FlowError, KdcRequest};
use crate::event::{ClientEvent, Reason};
use crate::network::Network;

/// A page that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenPage {
    /// Where it is.
    pub url: Arc<str>,
    /// How the user proved themselves; `None` where nobody asked.
    pub package: Option<Package>,
    /// What it says.
    pub body: Vec<u8>,
}

/// How a user proved themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Package {
    /// With a service ticket.
    Kerberos,
}

type Page = Response<Vec<u8>>;

impl<N: Network> Flow<'_, N> {
    /// Opens a page: asked for `Negotiate`, the device answers with a ticket for `HTTP/host`, and the service must prove itself.
    ///
    /// # Errors
    /// The server cannot be reached, no ticket could be had, the service does not prove itself, or the answer is not 200.
    pub async fn open_page(&mut self, id: LogonId, url: &Uri) -> Result<OpenPage, FlowError> {
        self.session(id)?;
        let shown: Arc<str> = url.to_string().into();
        let host: Arc<str> = url.host().unwrap_or_default().to_lowercase().into();
        let answer = self.network.https(request(url, None)).await;
        let opened = match answer {
            Ok(page) if asks_to_negotiate(&page) => self.negotiate(id, url, &host).await,
            Ok(page) => Ok((page, None)),
            Err(error) => Err(error.into()),
        };
        let (page, package) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                let error = self.failed(id, error);
                let told = Arc::new(error.clone());
                self.record(ClientEvent::AccessFailed { host, error: told });
                return Err(error);
            }
        };
        let (url, status) = (shown, page.status().as_u16());
        if page.status() != StatusCode::OK {
            let text: Arc<str> = first_line(&page).into();
            self.record(ClientEvent::PageRefused {
                url: Arc::clone(&url),
                status,
                text: Arc::clone(&text),
            });
            return Err(FlowError::Page { url, status, text });
        }
        self.record(ClientEvent::PageOpened {
            url: Arc::clone(&url),
            package,
        });
        let body = page.into_body();
        Ok(OpenPage { url, package, body })
    }

    async fn negotiate(
        &mut self,
        id: LogonId,
        url: &Uri,
        host: &Arc<str>,
    ) -> Result<(Page, Option<Package>), FlowError> {
        let server = PrincipalName::service_instance(["HTTP", host]);
        let reason = Reason::Access {
            service: server.to_string().into(),
        };
        let ticket = self.service_ticket(id, &server, reason).await?;
        let (token, sent) = access_token(&ticket, self.now(), self.rng);
        let offer = NegotiationToken::Init {
            mechanisms: vec![Mechanism::MsKerberos, Mechanism::Kerberos, Mechanism::Ntlm],
            token: Some(token),
        };
        let page = self.network.https(request(url, Some(&offer.encode()))).await?;
        match proof(&page, host)? {
            Some(token) if token.id == TokenId::ApRep => sent
                .verify(&ticket.session_key, &token.message)
                .map_err(|fault| unusable(host, fault))?,
            Some(token) if token.id == TokenId::Error => {
                let error = KrbError::decode(&token.message).map_err(|error| unusable(host, error))?;
                return Err(self.refused(host, KdcRequest::Access, &error));
            }
            // who is refused gets no proof
            None if page.status() == StatusCode::UNAUTHORIZED => {}
            _ => return Err(unusable(host, AnswerFault::MutualAuthentication)),
        }
        Ok((page, Some(Package::Kerberos)))
    }
}

/// `GET`, with a token of the negotiation once there is one.
fn request(url: &Uri, token: Option<&[u8]>) -> Request<Vec<u8>> {
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = url.clone();
    let value = token.map(|token| format!("Negotiate {}", STANDARD.encode(token)));
    if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
        request.headers_mut().insert(header::AUTHORIZATION, value);
    }
    request
}

/// The challenges of an answer: the scheme, and what follows it.
fn challenges(page: &Page) -> impl Iterator<Item = (&str, &str)> {
    let values = page.headers().get_all(header::WWW_AUTHENTICATE).into_iter();
    values
        .filter_map(|value| value.to_str().ok())
        .map(|value| value.split_once(' ').unwrap_or((value, "")))
}

fn asks_to_negotiate(page: &Page) -> bool {
    page.status() == StatusCode::UNAUTHORIZED
        && challenges(page).any(|(scheme, _)| scheme.eq_ignore_ascii_case("Negotiate"))
}

/// The Kerberos token in an answer, if there is one.
fn proof(page: &Page, host: &Arc<str>) -> Result<Option<GssToken>, FlowError> {
    let mut tokens = challenges(page).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Negotiate"));
    let Some(octets) = tokens.find_map(|(_, token)| STANDARD.decode(token.trim()).ok()) else {
        return Ok(None);
    };
    let token = match NegotiationToken::decode(&octets).map_err(|error| unusable(host, error))? {
        NegotiationToken::Response { token, .. } | NegotiationToken::Init { token, .. } => token,
    };
    token
        .filter(|token| !token.is_empty())
        .map(|token| GssToken::decode(&token).map_err(|error| unusable(host, error)))
        .transpose()
}

fn first_line(page: &Page) -> String {
    let text = String::from_utf8_lossy(page.body());
    text.lines().next().unwrap_or_default().to_owned()
}
