//! Which tenant a request is for: Entra has one address for all of them.

use std::sync::Arc;

use http::{Request, header};
use kerberos::Timestamp;
use prt::form::{self, Form};
use prt::jose::CompactJws;
use prt::messages::{GRANT_SRV_CHALLENGE, HelloAssertionClaims, NonceReply, PrtRequestClaims};
use serde::Deserialize;

use crate::state::TenantState;
use crate::tenant::Tenant;
use crate::{Handled, handle};

/// Serves one request at the tenant it is for; where nothing in it says which, at the tenant with index `fallback`.
///
/// `None` when there is no such tenant. A nonce that was asked for under `common` serves at every tenant, since the one
/// who asks has not yet said who signs in.
pub fn serve(
    tenants: &mut [(Arc<Tenant>, TenantState)],
    fallback: usize,
    now: Timestamp,
    rng: &mut dyn rand::CryptoRng,
    request: Request<Vec<u8>>,
) -> Option<Handled> {
    let found = tenant_of(tenants, &request);
    let is_for_all = found.is_none() && tenants.len() > 1 && asks_for_nonce(&request);
    let index = found.unwrap_or(fallback);
    let (tenant, state) = tenants.get_mut(index)?;
    let handled = handle(tenant, state, now, rng, request);
    if is_for_all && let Ok(reply) = serde_json::from_slice::<NonceReply>(handled.response.body()) {
        let nonce: Arc<str> = reply.nonce.into();
        for (_, (tenant, state)) in tenants
            .iter_mut()
            .enumerate()
            .filter(|(other, _)| *other != index)
        {
            state.add_nonce(Arc::clone(&nonce), now, tenant.settings.nonce_lifetime);
        }
    }
    Some(handled)
}

/// The index of the tenant that a request is for: the one its path names by id or domain, else the one of the user it
/// is about, whether named by UPN, in an assertion, or by a token. `None` where it says neither.
///
/// Nothing is verified here: the tenant that is found does that.
pub fn tenant_of(tenants: &[(Arc<Tenant>, TenantState)], request: &Request<Vec<u8>>) -> Option<usize> {
    let mut segments = request.uri().path().split('/').filter(|part| !part.is_empty());
    let first = segments.next().unwrap_or_default();
    let position = |is_it: &dyn Fn(&Tenant, &TenantState) -> bool| {
        tenants.iter().position(|(tenant, state)| is_it(tenant, state))
    };
    let named = position(&|tenant, _| tenant.id.eq_ignore_ascii_case(first) || tenant.owns_domain(first));
    if named.is_some() || !has_no_tenant(first) {
        return named;
    }
    let about = match (segments.next(), segments.next()) {
        (Some(service), Some(upn)) if service.eq_ignore_ascii_case("userrealm") => {
            Subject::User(form::decode_segment(upn).into_owned())
        }
        _ => bearer_tenant(request).or_else(|| subject(&Form::parse(request.body())))?,
    };
    match about {
        Subject::Tenant(id) => position(&|tenant, _| tenant.id.eq_ignore_ascii_case(&id)),
        Subject::Token(token) => position(&|_, state| state.token(&token).is_some()),
        Subject::User(upn) => {
            let domain = upn.rsplit_once('@').map_or("", |(_, domain)| domain);
            // the domain decides; a guest, or a user whose UPN has no verified domain, is found where it has an account
            position(&|tenant, _| tenant.owns_domain(domain))
                .or_else(|| position(&|tenant, _| tenant.user(&upn).is_some()))
        }
    }
}

/// What a request says about whose it is.
enum Subject {
    User(String),
    /// A refresh token or PRT.
    Token(String),
    /// The `tid` of an access token.
    Tenant(String),
}

/// First segments of paths that are the same for every tenant.
fn has_no_tenant(segment: &str) -> bool {
    ["common", "organizations", "enrollmentserver"]
        .iter()
        .any(|shared| segment.eq_ignore_ascii_case(shared))
}

fn asks_for_nonce(request: &Request<Vec<u8>>) -> bool {
    Form::parse(request.body()).value("grant_type") == Some(GRANT_SRV_CHALLENGE)
}

fn subject(form: &Form<'_>) -> Option<Subject> {
    if let Some(user) = form.value("username") {
        return Some(Subject::User(user.to_owned()));
    }
    if let Some(token) = form.value("refresh_token") {
        return Some(Subject::Token(token.to_owned()));
    }
    let token = form.value("request").or_else(|| form.value("assertion"))?;
    let claims: PrtRequestClaims = CompactJws::parse(token).ok()?.claims().ok()?;
    // a Hello assertion names the user, whatever the request around it says
    let asserted = claims.assertion.as_deref().and_then(|assertion| {
        let claims: HelloAssertionClaims = CompactJws::parse(assertion).ok()?.claims().ok()?;
        Some(claims.iss)
    });
    match (asserted.or(claims.username), claims.refresh_token) {
        (Some(user), _) => Some(Subject::User(user)),
        (None, token) => token.map(Subject::Token),
    }
}

fn bearer_tenant(request: &Request<Vec<u8>>) -> Option<Subject> {
    #[derive(Deserialize)]
    struct Issued {
        tid: String,
    }
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (_, token) = value.split_once(' ')?;
    let issued: Issued = CompactJws::parse(token.trim()).ok()?.claims().ok()?;
    Some(Subject::Tenant(issued.tid))
}
