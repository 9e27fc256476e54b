//! Web pages behind `Negotiate` (RFC 4559), as a browser that may sign in by itself opens them.

use std::sync::Arc;

use evidence::klist::LogonId;
use http::{HeaderValue, Request, Response, StatusCode, Uri, header};
use kerberos::ntlm::{Authenticate, NtlmMessage};
use kerberos::wire::{GssToken, KrbError, Mechanism, NegotiationToken, PrincipalName, TokenId};

use prt::form::Form;
use prt::jose::{base64, decode_base64};

use super::Flow;
use super::kdc::unusable;
use super::service::access_token;
use crate::error::{AnswerFault, FlowError, KdcRequest};
use crate::event::{ClientEvent, Reason};
use crate::network::Network;
use crate::tickets::CachedTicket;

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
    /// With the NT hash.
    Ntlm,
}

type Page = Response<Vec<u8>>;

/// What goes with each request for a page.
#[derive(Clone, Copy)]
struct Visit<'a> {
    url: &'a Uri,
    host: &'a Arc<str>,
    /// The cookie of the application proxy.
    cookie: Option<&'a str>,
}

impl<N: Network> Flow<'_, N> {
    /// Opens a page. Sent to Entra by the application proxy, the device gets a token with its PRT. Asked for `Negotiate`, it
    /// answers with a ticket for `HTTP/host`, and the service must prove itself; where there is no ticket, with NTLM, if the session
    /// has the key for it.
    ///
    /// # Errors
    /// The server cannot be reached, Entra gives no token, the service does not prove itself, or the answer is not 200.
    pub(crate) async fn open_page(&mut self, id: LogonId, url: &Uri) -> Result<OpenPage, FlowError> {
        self.session(id)?;
        let shown: Arc<str> = url.to_string().into();
        let host: Arc<str> = url.host().unwrap_or_default().to_lowercase().into();
        let (page, package) = match self.visit(id, url, &host).await {
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

    async fn visit(
        &mut self,
        id: LogonId,
        url: &Uri,
        host: &Arc<str>,
    ) -> Result<(Page, Option<Package>), FlowError> {
        let visit = Visit {
            url,
            host,
            cookie: None,
        };
        let page = self.network.https(visit.request(None)).await?;
        let Some(resource) = self.resource_to_sign_in_for(&page) else {
            return self.answer_challenge(id, visit, page).await;
        };
        let upn = Arc::clone(&self.session(id)?.upn);
        let token = self.access_token(&upn, &resource).await?;
        self.record(ClientEvent::AccessTokenReceived {
            resource: resource.into(),
        });
        let cookie = format!("AzureAppProxyAccessCookie={token}");
        let visit = Visit {
            cookie: Some(&cookie),
            ..visit
        };
        let page = self.network.https(visit.request(None)).await?;
        self.answer_challenge(id, visit, page).await
    }

    /// The resource of a redirect to Entra's sign-in page.
    fn resource_to_sign_in_for(&self, page: &Page) -> Option<String> {
        let location = page.headers().get(header::LOCATION)?.to_str().ok()?;
        let location: Uri = location.parse().ok()?;
        let to_entra = location.host() == Some(&*self.device.config.cloud.login);
        let query = location.query().filter(|_| to_entra)?;
        Form::parse(query.as_bytes()).value("resource").map(str::to_owned)
    }

    async fn answer_challenge(
        &mut self,
        id: LogonId,
        visit: Visit<'_>,
        page: Page,
    ) -> Result<(Page, Option<Package>), FlowError> {
        if !challenged(&page, "Negotiate") {
            return Ok((page, None));
        }
        let server = PrincipalName::service_instance(["HTTP", visit.host]);
        let reason = Reason::Access {
            service: server.to_string().into(),
        };
        match self.service_ticket(id, &server, reason).await {
            Ok(ticket) => self.negotiate(visit, &ticket).await,
            Err(error) => self.fall_back(id, visit, page, error).await,
        }
    }

    async fn negotiate(
        &mut self,
        visit: Visit<'_>,
        ticket: &CachedTicket,
    ) -> Result<(Page, Option<Package>), FlowError> {
        let host = visit.host;
        let (token, sent) = access_token(ticket, self.now(), self.rng);
        let offer = NegotiationToken::Init {
            mechanisms: vec![Mechanism::MsKerberos, Mechanism::Kerberos, Mechanism::Ntlm],
            token: Some(token),
        };
        let request = visit.request(Some(("Negotiate", &offer.encode())));
        let page = self.network.https(request).await?;
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

    /// Without a ticket the browser tries NTLM. Without its key it shows the page with the challenge.
    async fn fall_back(
        &mut self,
        id: LogonId,
        visit: Visit<'_>,
        page: Page,
        error: FlowError,
    ) -> Result<(Page, Option<Package>), FlowError> {
        let session = self.session(id)?;
        let hash = session.ntlm_hash().filter(|_| challenged(&page, "NTLM"));
        let upn = Arc::clone(&session.upn);
        self.record(ClientEvent::FellBackToNtlm {
            host: Arc::clone(visit.host),
            has_key: hash.is_some(),
            error: Arc::new(error),
        });
        let Some(hash) = hash else {
            return Ok((page, None));
        };
        let request = visit.request(Some(("NTLM", &NtlmMessage::Negotiate.encode())));
        let answer = self.network.https(request).await?;
        let no_challenge = || unusable(visit.host, AnswerFault::MutualAuthentication);
        let challenge = token_of(&answer, "NTLM").ok_or_else(no_challenge)?;
        let Ok(NtlmMessage::Challenge(challenge)) = NtlmMessage::decode(&challenge) else {
            return Err(no_challenge());
        };
        let workstation = self.device.config.name.to_string();
        let names = ("", &*upn, workstation.as_str());
        let proof = Authenticate::new(&hash, names, &challenge, self.now(), self.rng);
        let token = NtlmMessage::Authenticate(proof).encode();
        let page = self.network.https(visit.request(Some(("NTLM", &token)))).await?;
        Ok((page, Some(Package::Ntlm)))
    }
}

impl Visit<'_> {
    /// `GET`, with a token once there is one.
    fn request(&self, proof: Option<(&str, &[u8])>) -> Request<Vec<u8>> {
        let mut request = Request::new(Vec::new());
        *request.uri_mut() = self.url.clone();
        let headers = request.headers_mut();
        let proof = proof.map(|(scheme, token)| format!("{scheme} {}", base64(token)));
        if let Some(value) = proof.and_then(|value| HeaderValue::from_str(&value).ok()) {
            headers.insert(header::AUTHORIZATION, value);
        }
        if let Some(value) = self.cookie.and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(header::COOKIE, value);
        }
        request
    }
}

/// The challenges of an answer: the scheme, and what follows it.
fn challenges(page: &Page) -> impl Iterator<Item = (&str, &str)> {
    let values = page.headers().get_all(header::WWW_AUTHENTICATE).into_iter();
    values
        .filter_map(|value| value.to_str().ok())
        .map(|value| value.split_once(' ').unwrap_or((value, "")))
}

/// Whether an answer asks for a scheme.
fn challenged(page: &Page, scheme: &str) -> bool {
    page.status() == StatusCode::UNAUTHORIZED
        && challenges(page).any(|(asked, _)| asked.eq_ignore_ascii_case(scheme))
}

/// The token that an answer carries with a scheme; a scheme alone is an invitation and carries none.
fn token_of(page: &Page, scheme: &str) -> Option<Vec<u8>> {
    challenges(page)
        .filter(|(offered, token)| offered.eq_ignore_ascii_case(scheme) && !token.trim().is_empty())
        .find_map(|(_, token)| decode_base64(token.trim(), "WWW-Authenticate").ok())
}

/// The Kerberos token in an answer, if there is one.
fn proof(page: &Page, host: &Arc<str>) -> Result<Option<GssToken>, FlowError> {
    let Some(octets) = token_of(page, "Negotiate") else {
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
