//! What a web application answers: `Negotiate` of HTTP (RFC 4559), then access by the SIDs of the ticket.
//!
//! The first segment of the path is what a file server would call a share; reading is GET and HEAD, anything else is writing. The
//! root is open to everybody who proved themselves.

use evidence::{Decision, Outcome};
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use kdc_sim::DomainSnapshot;
use kdc_sim::resource::{Access, FileServer, ServerState, Session};
use kerberos::Timestamp;
use kerberos::ntlm::NtlmMessage;
use prt::jose::{base64, decode_base64};

/// A response and the decisions that led to it, in order.
#[derive(Debug)]
pub struct ServedPage {
    /// The response: 200, 401 or 404.
    pub response: Response<Vec<u8>>,
    /// Why.
    pub decisions: Vec<Decision<kdc_sim::Detail>>,
}

/// What IIS says in the page of every status 401 that goes to another machine.
pub const UNAUTHORIZED: &str = "401 - Unauthorized: Access is denied due to invalid credentials.";

/// Answers one request. `authority` is what a domain controller says about logons by NTLM, `None` where none can be asked.
pub fn answer(
    server: &FileServer,
    state: &mut ServerState,
    authority: Option<&DomainSnapshot>,
    now: Timestamp,
    rng: &mut dyn rand::CryptoRng,
    request: &Request<Vec<u8>>,
) -> ServedPage {
    let Some(token) = token(request) else {
        return ServedPage {
            response: unauthorized(None),
            decisions: Vec::new(),
        };
    };
    let is_ntlm = NtlmMessage::is_begun_by(&token);
    let accepted = if is_ntlm {
        server.ntlm(state, authority, now, rng, &token)
    } else {
        server.negotiate(state, now, rng, &token)
    };
    let mut decisions = accepted.decisions;
    let proof = Some(accepted.reply).filter(|reply| !reply.is_empty());
    let Some(session) = accepted.session else {
        return ServedPage {
            response: match (proof, is_ntlm) {
                (Some(challenge), true) => unauthorized(Some((scheme(request), &challenge))),
                (Some(proof), false) => unauthorized(Some(("Negotiate", &proof))),
                (None, _) => unauthorized(None),
            },
            decisions,
        };
    };
    let status = open(server, &session, request, &mut decisions);
    let mut response = match status {
        StatusCode::OK => page(
            status,
            &format!("{}@{} may see this.\n", session.client, session.realm),
        ),
        StatusCode::UNAUTHORIZED => unauthorized(None),
        _ => page(status, "There is no such page.\n"),
    };
    if let (Some(proof), true) = (proof, status != StatusCode::UNAUTHORIZED) {
        challenge(&mut response, "Negotiate", Some(&proof));
    }
    ServedPage { response, decisions }
}

fn open(
    server: &FileServer,
    session: &Session,
    request: &Request<Vec<u8>>,
    decisions: &mut Vec<Decision<kdc_sim::Detail>>,
) -> StatusCode {
    let share = request.uri().path().split('/').nth(1).unwrap_or_default();
    if share.is_empty() {
        return StatusCode::OK;
    }
    let wanted = match *request.method() {
        Method::GET | Method::HEAD => Access::Read,
        _ => Access::Write,
    };
    let decision = server.open(session, share, wanted);
    let status = match decision.outcome {
        Outcome::Refused if decision.rule.id == kdc_sim::resource::rules::SHARE_KNOWN.id => {
            StatusCode::NOT_FOUND
        }
        Outcome::Refused | Outcome::Retry => StatusCode::UNAUTHORIZED,
        Outcome::Passed | Outcome::Noted => StatusCode::OK,
    };
    decisions.push(decision);
    status
}

/// The token of `Authorization: Negotiate` or `NTLM`; what is no base64 is no token.
fn token(request: &Request<Vec<u8>>) -> Option<Vec<u8>> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let known = ["Negotiate", "NTLM"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(scheme));
    known.then(|| decode_base64(token.trim(), "Authorization").ok())?
}

/// The scheme that a client of NTLM uses, which the answer repeats.
fn scheme(request: &Request<Vec<u8>>) -> &'static str {
    let value = request.headers().get(header::AUTHORIZATION);
    match value.map(HeaderValue::as_bytes) {
        Some(value) if value.len() > 4 && value[..4].eq_ignore_ascii_case(b"NTLM") => "NTLM",
        _ => "Negotiate",
    }
}

fn unauthorized(proof: Option<(&str, &[u8])>) -> Response<Vec<u8>> {
    let mut response = page(StatusCode::UNAUTHORIZED, &format!("{UNAUTHORIZED}\n"));
    match proof {
        Some((scheme, proof)) => challenge(&mut response, scheme, Some(proof)),
        None => {
            challenge(&mut response, "Negotiate", None);
            challenge(&mut response, "NTLM", None);
        }
    }
    response
}

fn challenge(response: &mut Response<Vec<u8>>, scheme: &str, token: Option<&[u8]>) {
    let text = match token {
        Some(token) => format!("{scheme} {}", base64(token)),
        None => scheme.to_owned(),
    };
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().append(header::WWW_AUTHENTICATE, value);
    }
}

fn page(status: StatusCode, text: &str) -> Response<Vec<u8>> {
    let mut response = Response::new(text.as_bytes().to_vec());
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
