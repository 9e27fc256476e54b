//! What is refused, with which code, and under which rule.

use crate::lab::*;
use http::{Request, StatusCode, header};
use proptest::prelude::*;
use prt::jose::{CompactJws, JwsHeader, X5c, base64, sign_rs256, unsigned};
use prt::messages::*;
use prt::{SessionKey, pool};
use serde_json::json;

#[track_caller]
fn refused(lab: &mut Lab, claims: &PrtRequestClaims, code: u32, rule: &str) {
    assert_eq!(codes_of(&lab.ask(claims)), [code]);
    assert_eq!(lab.refused_by(), rule);
}

#[test]
pub(crate) fn a_wrong_password_or_user() {
    let mut lab = Lab::joined(tenant());
    let claims = lab.password_claims(ADA);
    lab.prt(&claims);
    let claims = PrtRequestClaims {
        password: Some("wrong".to_owned()),
        ..lab.password_claims(ADA)
    };
    refused(&mut lab, &claims, 50_126, "ENTRA-PASSWORD");
    let claims = lab.password_claims("nobody@fernhill.example");
    refused(&mut lab, &claims, 50_034, "ENTRA-USER");
    let mut disabled = user(ADA, "Ada", Some(synced()));
    disabled.enabled = false;
    lab.tenant = tenant().with_user(disabled);
    let claims = lab.password_claims(ADA);
    refused(&mut lab, &claims, 50_057, "ENTRA-USER");
}

#[test]
pub(crate) fn a_nonce_serves_once_and_not_for_long() {
    let mut lab = Lab::joined(tenant());
    let claims = lab.password_claims(ADA);
    lab.prt(&claims);
    refused(&mut lab, &claims, 50_027, "PRT-NONCE");
    // both sides of its life of 300 s
    let claims = lab.password_claims(ADA);
    lab.wait(300);
    lab.prt(&claims);
    let claims = lab.password_claims(ADA);
    lab.wait(301);
    refused(&mut lab, &claims, 50_027, "PRT-NONCE");
    assert!(
        lab.why("PRT-NONCE")
            .starts_with("the nonce was issued 5 min ago and was good for 5 min")
    );
}

#[test]
pub(crate) fn a_device_that_is_not_ours_or_is_disabled() {
    let mut lab = Lab::joined(tenant());
    // another tenant's issuer made this certificate
    let mut foreign = tenant();
    foreign.device_issuer_key = pool::key(50);
    let certificate = Lab::joined(foreign).certificate;
    let ours = std::mem::replace(&mut lab.certificate, certificate);
    let claims = lab.password_claims(ADA);
    refused(&mut lab, &claims, 50_155, "PRT-DEVICE");
    lab.certificate = "AAAA".to_owned();
    let claims = lab.password_claims(ADA);
    refused(&mut lab, &claims, 50_155, "PRT-DEVICE");
    assert_eq!(lab.why("PRT-DEVICE"), "x5c is not a certificate [PRT-DEVICE]");
    lab.certificate = ours;
    let id = lab.state.devices().next().unwrap().id.clone();
    assert!(lab.state.set_device_disabled(&id, true));
    let claims = lab.password_claims(ADA);
    refused(&mut lab, &claims, 135_011, "PRT-DEVICE");
    assert!(lab.state.set_device_disabled(&id, false));
    let claims = lab.password_claims(ADA);
    lab.prt(&claims);
}

#[test]
pub(crate) fn another_key_than_the_device_key() {
    let mut lab = Lab::joined(tenant());
    let own = std::mem::replace(&mut lab.device_key, pool::key(40));
    let claims = lab.password_claims(ADA);
    refused(&mut lab, &claims, 50_013, "PRT-DEVICE-SIGNATURE");
    lab.device_key = own;
    let claims = lab.password_claims(ADA);
    lab.prt(&claims);
}

#[test]
pub(crate) fn a_hello_key_that_is_not_registered_or_did_not_sign() {
    let mut lab = Lab::joined(tenant());
    let claims = lab.hello_claims(ADA);
    refused(&mut lab, &claims, 135_010, "PRT-HELLO-KEY");
    lab.register_hello();
    // Ada's key does not sign Cleo in
    let claims = lab.hello_claims(CLEO);
    refused(&mut lab, &claims, 135_010, "PRT-HELLO-KEY");
    let mut claims = lab.hello_claims(ADA);
    let assertion = claims.assertion.take().unwrap();
    let (rest, _) = assertion.rsplit_once('.').unwrap();
    claims.assertion = Some(format!("{rest}.AAAA"));
    refused(&mut lab, &claims, 130_005, "PRT-HELLO-SIGNATURE");
    let claims = lab.hello_claims(ADA);
    lab.prt(&claims);
    lab.state.remove_hello_keys(ADA);
    let claims = lab.hello_claims(ADA);
    refused(&mut lab, &claims, 135_010, "PRT-HELLO-KEY");
}

#[test]
pub(crate) fn an_assertion_out_of_time() {
    let mut lab = Lab::joined(tenant());
    lab.register_hello();
    // made with validity to +300 s, and 300 s of skew are allowed: both sides of 600 s
    for (wait, passes) in [(600, true), (601, false)] {
        let assertion = lab.assertion(ADA);
        lab.wait(wait);
        let claims = PrtRequestClaims {
            assertion: Some(assertion),
            ..lab.claims(GRANT_JWT_BEARER)
        };
        lab.tenant.settings.nonce_lifetime = std::time::Duration::from_secs(3600);
        let response = lab.ask(&claims);
        assert_eq!(response.status() == StatusCode::OK, passes);
    }
    assert_eq!(lab.refused_by(), "PRT-HELLO-TIME");
}

#[test]
pub(crate) fn a_renewal_with_another_session_key_or_of_no_prt_or_too_late() {
    let mut lab = Lab::joined(tenant());
    let claims = lab.password_claims(ADA);
    let prt = lab.prt(&claims);
    let forged = Prt {
        reply: prt.reply.clone(),
        session_key: SessionKey::new([0; 32]),
    };
    assert_eq!(codes_of(&lab.ask_renewal(&forged)), [50_013]);
    assert_eq!(lab.refused_by(), "PRT-SESSION-KEY");
    let mut unknown = Prt {
        reply: prt.reply.clone(),
        session_key: prt.session_key.clone(),
    };
    unknown.reply.refresh_token = "0.Anothing".to_owned();
    assert_eq!(codes_of(&lab.ask_renewal(&unknown)), [70_008]);
    lab.wait(14 * 86_400);
    let renewed = lab.renew(&prt);
    lab.wait(14 * 86_400 + 1);
    assert_eq!(codes_of(&lab.ask_renewal(&renewed)), [70_008]);
    assert_eq!(lab.refused_by(), "ENTRA-REFRESH-TOKEN");
}

#[test]
pub(crate) fn a_prt_is_no_ordinary_refresh_token() {
    let mut lab = Lab::joined(tenant());
    let claims = lab.password_claims(ADA);
    let prt = lab.prt(&claims);
    let form = format!(
        "grant_type=refresh_token&refresh_token={}",
        prt.reply.refresh_token
    );
    assert_eq!(codes_of(&lab.post("/common/oauth2/token", form)), [70_008]);
}

#[test]
pub(crate) fn requests_that_are_none() {
    let mut lab = Lab::joined(tenant());
    let mut codes = |body: &str| codes_of(&lab.post("/common/oauth2/token", body.to_owned()));
    assert_eq!(codes(""), [900_144]);
    assert_eq!(codes("grant_type=device_code"), [70_003]);
    assert_eq!(codes("grant_type=password&username=ada"), [900_144]);
    let bearer = format!("grant_type={GRANT_JWT_BEARER}");
    assert_eq!(codes(&bearer), [900_144]);
    assert_eq!(codes(&format!("{bearer}&request=a.b")), [50_027]);
    assert_eq!(
        codes(&format!("{bearer}&request={}", unsigned(&json!({})))),
        [50_027]
    );
    let no_certificate = sign_rs256(JwsHeader::jwt(), &json!({}), &pool::key(0));
    assert_eq!(codes(&format!("{bearer}&request={no_certificate}")), [900_144]);
    assert_eq!(
        codes_of(&lab.post("/oakmere.example/oauth2/token", String::new())),
        [90_002]
    );
    assert_eq!(lab.refused_by(), "ENTRA-TENANT");
    let claims = PrtRequestClaims {
        grant_type: "device_code".to_owned(),
        ..lab.password_claims(ADA)
    };
    refused(&mut lab, &claims, 70_003, "ENTRA-REQUEST-FORM");
    let claims = lab.password_claims(ADA);
    lab.prt(&claims);
}

#[test]
pub(crate) fn registrations_without_a_good_token_or_body() {
    let mut lab = Lab::joined(tenant());
    let unauthorized = Request::post("/EnrollmentServer/device/")
        .body(Vec::new())
        .unwrap();
    assert_eq!(lab.send(unauthorized).status(), StatusCode::UNAUTHORIZED);
    let basic = Request::post("/EnrollmentServer/key/").header(header::AUTHORIZATION, "Basic AAAA");
    assert_eq!(
        lab.send(basic.body(Vec::new()).unwrap()).status(),
        StatusCode::UNAUTHORIZED
    );
    let token = lab.drs_token();
    let mut registration = lab.registration();
    registration["TransportKey"] = json!("AAAA");
    let reply = lab.post_json("/EnrollmentServer/device/?api-version=2.0", &token, &registration);
    assert_eq!(
        (reply.status(), lab.refused_by()),
        (StatusCode::BAD_REQUEST, "ENTRA-DEVICE-REGISTERED")
    );
    let reply = lab.post_json(
        "/EnrollmentServer/key/?api-version=1.0",
        &token,
        &json!({"kngc": "AAAA"}),
    );
    assert_eq!(
        (reply.status(), lab.refused_by()),
        (StatusCode::BAD_REQUEST, "ENTRA-KEY-REGISTERED")
    );
    lab.join();
    lab.register_hello();
    lab.wait(3601);
    let reply = lab.post_json("/EnrollmentServer/key/", &token, &json!({}));
    assert_eq!(
        (reply.status(), lab.refused_by()),
        (StatusCode::UNAUTHORIZED, "ENTRA-ACCESS-TOKEN")
    );
    let other_audience =
        format!("grant_type=password&username={ADA}&password={PASSWORD}&resource=https://elsewhere.example");
    let token = json_of::<TokenReply>(&lab.post("/common/oauth2/token", other_audience)).access_token;
    let reply = lab.post_json("/EnrollmentServer/key/", &token, &json!({}));
    assert_eq!(reply.status(), StatusCode::UNAUTHORIZED);
}

#[test]
pub(crate) fn a_hello_key_takes_strong_authentication() {
    let mut lab = Lab::joined(tenant());
    let token = lab.drs_token();
    let mut claims: serde_json::Value = CompactJws::parse(&token).unwrap().claims().unwrap();
    let mut register = |amr: &[&str]| {
        claims["amr"] = json!(amr);
        let token = sign_rs256(JwsHeader::jwt(), &claims, &lab.tenant.signing_key);
        let key = json!({"kngc": base64(lab.hello_key.public().to_blob())});
        lab.post_json("/EnrollmentServer/key/", &token, &key).status()
    };
    assert_eq!(register(&["pwd", "mfa"]), StatusCode::UNAUTHORIZED);
    assert_eq!(register(&["pwd", "ngcmfa"]), StatusCode::OK);
}

#[test]
pub(crate) fn unknown_paths_are_json_too() {
    let mut lab = Lab::new(tenant());
    let reply = lab.send(Request::get("/v1.0/me").body(Vec::new()).unwrap());
    assert_eq!(reply.status(), StatusCode::NOT_FOUND);
    assert_eq!(
        serde_json::from_slice::<ErrorReply>(reply.body()).unwrap().error,
        "not_found"
    );
    let reply = lab.post("/common/oauth2/token", "a".repeat(512 * 1024 + 1));
    assert_eq!(reply.status(), StatusCode::BAD_REQUEST);
}

const PATHS: [&str; 7] = [
    "/common/oauth2/token",
    "/common/oauth2/v2.0/token",
    "/EnrollmentServer/device/",
    "/EnrollmentServer/key/",
    "/common/UserRealm/%ff%",
    "/fernhill.example/Discover",
    "/",
];

proptest! {
    #[test]
    fn no_body_panics(path in 0..PATHS.len(), get: bool, body: Vec<u8>) {
        let mut lab = Lab::new(tenant());
        let method = if get { "GET" } else { "POST" };
        let request = Request::builder().method(method).uri(PATHS[path]).body(body).unwrap();
        let status = lab.send(request).status();
        prop_assert!(status.is_success() || status.is_client_error());
    }

    /// A well-formed, rightly signed request whose claims are anything.
    #[test]
    fn no_claims_panic(name in "client_id|request_nonce|grant_type|username|assertion|refresh_token|group_sids|iat", text: String, number: i64, kind in 0..4) {
        let mut lab = Lab::joined(tenant());
        let mut claims = serde_json::to_value(lab.hello_claims(ADA)).unwrap();
        claims[&name] = match kind {
            0 => json!(text),
            1 => json!(number),
            2 => json!([text]),
            _ => json!({"a": number}),
        };
        let header = JwsHeader { x5c: Some(X5c::One(lab.certificate.clone())), ..JwsHeader::jwt() };
        let token = sign_rs256(header, &claims, &lab.device_key);
        let status = lab.post("/common/oauth2/token", prt_form(&token).encode()).status();
        prop_assert!(status.is_success() || status.is_client_error());
    }

    #[test]
    fn a_changed_octet_never_panics(at in 0_usize..2000, octet: u8) {
        let mut lab = Lab::joined(tenant());
        let claims = lab.password_claims(ADA);
        let header = JwsHeader { x5c: Some(X5c::One(lab.certificate.clone())), ..JwsHeader::jwt() };
        let mut body = prt_form(&sign_rs256(header, &claims, &lab.device_key)).encode().into_bytes();
        let at = at % body.len();
        body[at] = octet;
        let request = Request::post("/common/oauth2/token").body(body).unwrap();
        let status = lab.send(request).status();
        prop_assert!(status.is_success() || status.is_client_error());
    }
}
