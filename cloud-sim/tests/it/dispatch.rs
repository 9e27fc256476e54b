//! One address for several tenants: which of them answers.

use std::sync::Arc;

use crate::lab::*;
use cloud_sim::{Tenant, TenantState, serve, tenant_of};
use http::{Request, header};
use kerberos::crypto::{Etype, Key};
use prt::form::Form;
use prt::jose::{open_session_key, sign_with_session_key};
use prt::messages::*;
use prt::{KdfVersion, pool};

const OLGA: &str = "olga@oakmere.example";
const OAKMERE: &str = "0a000000-0000-4000-8000-00000000feed";

fn oakmere() -> Tenant {
    let key = Key::new(Etype::Aes256CtsHmacSha196, &[0xC2; 32]).unwrap();
    Tenant::new(
        OAKMERE,
        "Oakmere",
        &["oakmere.example", "oakmere.onmicrosoft.example"],
        (pool::key(62), pool::key(63)),
        key,
    )
    .with_user(user(OLGA, "Olga", None))
    .with_user(user(ADA, "Ada, who is a guest", None))
    .with_user(user("olga@local", "Olga without a routable name", None))
}

fn two() -> Vec<(Arc<Tenant>, TenantState)> {
    [tenant(), oakmere()]
        .into_iter()
        .map(|tenant| (Arc::new(tenant), TenantState::new()))
        .collect()
}

fn get(path: &str) -> Request<Vec<u8>> {
    Request::get(path).body(Vec::new()).unwrap()
}

fn token(segment: &str, form: Form<'_>) -> Request<Vec<u8>> {
    Request::post(format!("/{segment}/oauth2/token"))
        .body(form.encode().into_bytes())
        .unwrap()
}

fn password(user: &str) -> Form<'_> {
    Form::new()
        .with("grant_type", GRANT_PASSWORD)
        .with("username", user)
        .with("password", PASSWORD)
        .with("resource", DRS_RESOURCE)
}

#[test]
fn a_path_that_names_a_tenant_decides() {
    let tenants = two();
    let at = |request| tenant_of(&tenants, &request);
    assert_eq!(at(token(OAKMERE, password(ADA))), Some(1));
    assert_eq!(at(token("oakmere.onmicrosoft.example", password(ADA))), Some(1));
    assert_eq!(at(token("FERNHILL.example", password(OLGA))), Some(0));
    assert_eq!(at(token("another.example", password(OLGA))), None);
    assert_eq!(at(get("/")), None);
}

#[test]
fn under_common_and_organizations_the_user_decides() {
    let tenants = two();
    let at = |request| tenant_of(&tenants, &request);
    for shared in ["common", "organizations", "Common"] {
        assert_eq!(at(token(shared, password(OLGA))), Some(1), "{shared}");
        assert_eq!(at(token(shared, password(ADA))), Some(0), "{shared}");
    }
    assert_eq!(at(token("common", password("olga@local"))), Some(1));
    assert_eq!(at(token("common", password("nobody@nowhere.example"))), None);
    assert_eq!(at(get("/common/UserRealm/olga%40oakmere.example")), Some(1));
    assert_eq!(
        at(token(
            "common",
            Form::new().with("grant_type", GRANT_SRV_CHALLENGE)
        )),
        None
    );
}

#[test]
fn a_token_leads_back_to_the_tenant_that_issued_it() {
    let mut tenants = two();
    let mut lab = Lab::new(tenant());
    let reply = serve(
        &mut tenants,
        0,
        start(),
        &mut lab.rng,
        token("common", password(OLGA)),
    )
    .unwrap();
    let issued: TokenReply = json_of(&reply.response);
    let register = Request::post("/EnrollmentServer/device/?api-version=2.0")
        .header(header::AUTHORIZATION, format!("Bearer {}", issued.access_token))
        .body(Vec::new())
        .unwrap();
    assert_eq!(tenant_of(&tenants, &register), Some(1));
    let refresh = |token_: &str| {
        let form = Form::new().with("grant_type", GRANT_REFRESH_TOKEN);
        token("common", form.with("refresh_token", token_))
    };
    let issued = issued.refresh_token.unwrap();
    assert_eq!(tenant_of(&tenants, &refresh(&issued)), Some(1));
    assert_eq!(tenant_of(&tenants, &refresh("of another service")), None);
}

#[test]
fn a_device_of_the_second_tenant_signs_in_and_renews_under_common() {
    let mut lab = Lab::joined(oakmere().with_user(user(ADA, "Ada, who is a member here", None)));
    lab.register_hello();
    let own = (Arc::new(lab.tenant.clone()), lab.state.clone());
    let mut tenants = vec![(Arc::new(tenant()), TenantState::new()), own];
    let mut ask = |lab: &mut Lab, request| {
        let handled = serve(&mut tenants, 0, lab.now, &mut lab.rng, request).unwrap();
        handled.response
    };
    let nonce = |lab: &mut Lab, ask: &mut dyn FnMut(&mut Lab, _) -> http::Response<Vec<u8>>| {
        let form = Form::new().with("grant_type", GRANT_SRV_CHALLENGE);
        json_of::<NonceReply>(&ask(lab, token("common", form))).nonce
    };
    let claims = PrtRequestClaims {
        request_nonce: nonce(&mut lab, &mut ask),
        ..lab.password_claims(OLGA)
    };
    let request = lab.prt_request(&claims);
    let reply: PrtReply = json_of(&ask(&mut lab, request));
    let sealed = reply.session_key_jwe.as_deref().unwrap();
    let session_key = open_session_key(sealed, &lab.transport_key).unwrap();
    let renewal = PrtRequestClaims {
        request_nonce: nonce(&mut lab, &mut ask),
        refresh_token: Some(reply.refresh_token),
        ..lab.claims(GRANT_REFRESH_TOKEN)
    };
    let signed = sign_with_session_key(&renewal, &session_key, KdfVersion::V2, &mut lab.rng);
    let request = token("common", prt_form(&signed));
    let reply = ask(&mut lab, request);
    assert_eq!(reply.status(), http::StatusCode::OK);
    // a Hello assertion of Ada's, in a request that says it is Olga's: her UPN belongs to the first tenant
    let claims = PrtRequestClaims {
        username: Some(OLGA.to_owned()),
        ..lab.hello_claims(ADA)
    };
    assert_eq!(tenant_of(&tenants, &lab.prt_request(&claims)), Some(0));
}
