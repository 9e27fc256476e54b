//! A tenant and a device small enough for tests.

#![allow(unreachable_pub, reason = "what test files use")]

use std::cell::RefCell;
use std::time::Duration;

use cloud_sim::{Detail, KerberosDomain, OnPremises, PasswordHash, Tenant, TenantState, User, handle};
use evidence::decision::{Decision, Outcome};
use http::{Request, Response, StatusCode, header};
use kerberos::Timestamp;
use kerberos::crypto::{Etype, Key, KeyUsage};
use kerberos::sid::Sid;
use kerberos::wire::{AsRep, EncKdcRepPart};
use prt::cert::{CertificationRequest, REQUEST_COMMON_NAME};
use prt::form::Form;
use prt::jose::{
    JwsHeader, X5c, base64, decode_base64, open_direct, open_session_key, sign_rs256, sign_with_session_key,
};
use prt::messages::*;
use prt::{KdfVersion, PrivateKey, SessionKey, pool};
use rand::SeedableRng as _;
use rand_chacha::ChaCha12Rng;
use serde_json::{Value, json};

pub const ADA: &str = "ada@fernhill.example";
pub const CLEO: &str = "cleo@fernhill.example";
pub const PASSWORD: &str = "Correct-Horse-7";
pub const REALM: &str = "AD.FERNHILL.EXAMPLE";
pub const NUMBER: u16 = 21463;

/// Monday 2026-11-23 08:00:00 UTC.
pub fn start() -> Timestamp {
    Timestamp::from_unix_seconds(1_795_420_800)
}

pub fn ada_sid() -> Sid {
    "S-1-5-21-1004336348-1177238915-682003330-1105".parse().unwrap()
}

pub fn rodc_key() -> Key {
    Key::new(Etype::Aes256CtsHmacSha196, &[0x53; 32]).unwrap()
}

pub fn user(upn: &str, name: &str, on_premises: Option<OnPremises>) -> User {
    User {
        upn: upn.to_owned(),
        object_id: "a0000000-0000-4000-8000-000000000001".to_owned(),
        display_name: name.to_owned(),
        password: Some(PasswordHash::new(PASSWORD, [1; 16])),
        enabled: true,
        password_expired: false,
        on_premises,
    }
}

pub fn synced() -> OnPremises {
    OnPremises {
        domain_name: Some("ad.fernhill.example".to_owned()),
        sam_account_name: Some("ada".to_owned()),
        security_identifier: Some(ada_sid()),
    }
}

pub fn kerberos_domain() -> KerberosDomain {
    KerberosDomain {
        dns_name: "ad.fernhill.example".to_owned(),
        realm: REALM.to_owned(),
        netbios_name: "FERNHILL".to_owned(),
        number: NUMBER,
        key_version: 1203,
        key: rodc_key(),
    }
}

/// Without any Kerberos server key.
pub fn bare_tenant() -> Tenant {
    let id = "f0000000-0000-4000-8000-00000000feed";
    let cloud_key = Key::new(Etype::Aes256CtsHmacSha196, &[0xC1; 32]).unwrap();
    Tenant::new(
        id,
        "Fernhill Instruments",
        &["fernhill.example"],
        (pool::key(60), pool::key(61)),
        cloud_key,
    )
    .with_user(user(ADA, "Ada", Some(synced())))
    .with_user(user(CLEO, "Cleo", None))
}

pub fn tenant() -> Tenant {
    bare_tenant().with_kerberos_domain(kerberos_domain())
}

/// A tenant, its state, and a device that talks to it.
pub struct Lab {
    pub tenant: Tenant,
    pub state: TenantState,
    pub now: Timestamp,
    pub rng: ChaCha12Rng,
    pub device_key: PrivateKey,
    pub transport_key: PrivateKey,
    pub hello_key: PrivateKey,
    pub certificate: String,
    /// Of the last request.
    pub decisions: Vec<Decision<Detail>>,
    /// Whether what is asked now goes without saying, and is kept out of the ledger.
    setting_up: bool,
}

/// What was decided about a request: the rules in order, each with how it ended.
pub type Decided = Vec<(&'static str, Outcome)>;

thread_local! {
    /// What the labs of a test have decided, request by request.
    pub static LEDGER: RefCell<Vec<Decided>> = const { RefCell::new(Vec::new()) };
}

/// A PRT and what belongs to it.
pub struct Prt {
    pub reply: PrtReply,
    pub session_key: SessionKey,
}

impl Lab {
    pub fn new(tenant: Tenant) -> Self {
        Self {
            tenant,
            state: TenantState::new(),
            now: start(),
            rng: ChaCha12Rng::seed_from_u64(1),
            device_key: pool::key(0),
            transport_key: pool::key(1),
            hello_key: pool::key(2),
            certificate: String::new(),
            decisions: Vec::new(),
            setting_up: false,
        }
    }

    /// A lab with a joined device.
    pub fn joined(tenant: Tenant) -> Self {
        let mut lab = Self::new(tenant);
        lab.setting_up = true;
        lab.join();
        lab.setting_up = false;
        lab
    }

    pub fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    pub fn send(&mut self, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
        let handled = handle(&self.tenant, &mut self.state, self.now, &mut self.rng, request);
        self.decisions = handled.decisions;
        if !self.setting_up {
            let decided = self.decisions.iter();
            let decided = decided
                .map(|decision| (decision.rule.id, decision.outcome))
                .collect();
            LEDGER.with_borrow_mut(|ledger| ledger.push(decided));
        }
        handled.response
    }

    pub fn post(&mut self, path: &str, body: String) -> Response<Vec<u8>> {
        self.send(Request::post(path).body(body.into_bytes()).unwrap())
    }

    pub fn post_json(&mut self, path: &str, bearer: &str, body: &Value) -> Response<Vec<u8>> {
        let request = Request::post(path).header(header::AUTHORIZATION, format!("Bearer {bearer}"));
        self.send(request.body(serde_json::to_vec(body).unwrap()).unwrap())
    }

    pub fn nonce(&mut self) -> String {
        let reply = self.post("/common/oauth2/token", "grant_type=srv_challenge".to_owned());
        json_of::<NonceReply>(&reply).nonce
    }

    /// A token for the device registration service.
    pub fn drs_token(&mut self) -> String {
        let form = Form::new()
            .with("grant_type", GRANT_PASSWORD)
            .with("client_id", BROKER_CLIENT)
            .with("resource", DRS_RESOURCE)
            .with("username", ADA)
            .with("password", PASSWORD);
        let reply = self.post("/common/oauth2/token", form.encode());
        json_of::<TokenReply>(&reply).access_token
    }

    pub fn registration(&self) -> Value {
        let csr = CertificationRequest::create(REQUEST_COMMON_NAME, &self.device_key).unwrap();
        json!({
            "CertificateRequest": {"Type": "pkcs10", "Data": base64(csr)},
            "TransportKey": base64(self.transport_key.public().to_blob()),
            "TargetDomain": "fernhill.example", "DeviceType": "Windows", "OSVersion": "10.0.22631.1",
            "DeviceDisplayName": "ADA-LT", "JoinType": 0,
            "attributes": {"ReuseDevice": "true", "ReturnClientSid": "true"},
        })
    }

    pub fn join(&mut self) {
        let token = self.drs_token();
        let body = self.registration();
        let reply = self.post_json("/EnrollmentServer/device/?api-version=2.0", &token, &body);
        self.certificate = json_of::<DeviceRegistrationReply>(&reply).certificate.raw_body;
    }

    pub fn register_hello(&mut self) {
        let token = self.drs_token();
        let body = json!({"kngc": base64(self.hello_key.public().to_blob())});
        let reply = self.post_json("/EnrollmentServer/key/?api-version=1.0", &token, &body);
        assert_eq!(
            json_of::<KeyRegistrationReply>(&reply).kid,
            self.hello_key.public().key_id()
        );
    }

    pub fn claims(&mut self, grant_type: &str) -> PrtRequestClaims {
        PrtRequestClaims {
            client_id: WINDOWS_SIGN_IN_CLIENT.to_owned(),
            request_nonce: self.nonce(),
            scope: PRT_SCOPE.to_owned(),
            grant_type: grant_type.to_owned(),
            ..PrtRequestClaims::default()
        }
    }

    pub fn password_claims(&mut self, upn: &str) -> PrtRequestClaims {
        let claims = self.claims(GRANT_PASSWORD);
        PrtRequestClaims {
            username: Some(upn.to_owned()),
            password: Some(PASSWORD.to_owned()),
            ..claims
        }
    }

    pub fn assertion(&mut self, upn: &str) -> String {
        let now = self.now.unix_seconds();
        let claims = HelloAssertionClaims {
            iss: upn.to_owned(),
            aud: "common".to_owned(),
            iat: now - 300,
            exp: now + 300,
            request_nonce: self.nonce(),
            scope: PRT_SCOPE.to_owned(),
        };
        let header = JwsHeader {
            kid: Some(self.hello_key.public().key_id().to_owned()),
            key_use: Some(HELLO_KEY_USE.to_owned()),
            ..JwsHeader::jwt()
        };
        sign_rs256(header, &claims, &self.hello_key)
    }

    pub fn hello_claims(&mut self, upn: &str) -> PrtRequestClaims {
        let assertion = self.assertion(upn);
        PrtRequestClaims {
            assertion: Some(assertion),
            ..self.claims(GRANT_JWT_BEARER)
        }
    }

    pub fn ask(&mut self, claims: &PrtRequestClaims) -> Response<Vec<u8>> {
        let request = self.prt_request(claims);
        self.send(request)
    }

    pub fn prt_request(&self, claims: &PrtRequestClaims) -> Request<Vec<u8>> {
        let header = JwsHeader {
            x5c: Some(X5c::One(self.certificate.clone())),
            kdf_ver: Some(2),
            ..JwsHeader::jwt()
        };
        let token = sign_rs256(header, claims, &self.device_key);
        let body = prt_form(&token).encode().into_bytes();
        Request::post("/common/oauth2/token").body(body).unwrap()
    }

    pub fn prt(&mut self, claims: &PrtRequestClaims) -> Prt {
        let reply: PrtReply = json_of(&self.ask(claims));
        let session_key =
            open_session_key(reply.session_key_jwe.as_deref().unwrap(), &self.transport_key).unwrap();
        Prt { reply, session_key }
    }

    pub fn ask_renewal(&mut self, prt: &Prt) -> Response<Vec<u8>> {
        let refresh_token = Some(prt.reply.refresh_token.clone());
        let claims = PrtRequestClaims {
            refresh_token,
            iss: Some("aad:brokerplugin".to_owned()),
            ..self.claims(GRANT_REFRESH_TOKEN)
        };
        let token = sign_with_session_key(&claims, &prt.session_key, KdfVersion::V2, &mut self.rng);
        self.post(
            &format!("/{}/oauth2/token", self.tenant.id),
            prt_form(&token).encode(),
        )
    }

    pub fn renew(&mut self, prt: &Prt) -> Prt {
        let response = self.ask_renewal(prt);
        assert_eq!(
            response.status(),
            StatusCode::OK,
            "{}",
            String::from_utf8_lossy(response.body())
        );
        let body = std::str::from_utf8(response.body()).unwrap();
        let reply = open_direct(body, &prt.session_key).unwrap();
        Prt {
            reply: serde_json::from_slice(&reply).unwrap(),
            session_key: prt.session_key.clone(),
        }
    }

    /// The rule that refused the last request.
    pub fn refused_by(&self) -> &'static str {
        let refused: Vec<_> = self
            .decisions
            .iter()
            .filter(|d| d.outcome == Outcome::Refused)
            .collect();
        assert_eq!(refused.len(), 1, "one rule refuses: {:?}", self.decisions);
        refused[0].rule.id
    }

    /// The reason given under a rule.
    pub fn why(&self, rule: &str) -> String {
        let decision = self.decisions.iter().find(|decision| decision.rule.id == rule);
        decision
            .unwrap_or_else(|| panic!("{rule} was not decided: {:?}", self.decisions))
            .to_string()
    }
}

pub fn prt_form(token: &str) -> Form<'_> {
    Form::new()
        .with("windows_api_version", WINDOWS_API_VERSION)
        .with("grant_type", GRANT_JWT_BEARER)
        .with("request", token)
        .with("client_info", "1")
        .with("tgt", "True")
}

#[track_caller]
pub fn json_of<T: serde::de::DeserializeOwned>(response: &Response<Vec<u8>>) -> T {
    let text = String::from_utf8_lossy(response.body());
    assert_eq!(response.status(), StatusCode::OK, "{text}");
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// The AADSTS codes of a refusal.
#[track_caller]
pub fn codes_of(response: &Response<Vec<u8>>) -> Vec<u32> {
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    serde_json::from_slice::<ErrorReply>(response.body())
        .unwrap()
        .error_codes
}

/// The AS-REP of a TGT and its decrypted part.
pub fn unwrap_tgt(tgt: &Tgt, session_key: &SessionKey) -> (AsRep, EncKdcRepPart) {
    let client_key = Key::new(Etype::Aes256CtsHmacSha196, &tgt.client_key(session_key).unwrap()).unwrap();
    let message = AsRep::decode(&decode_base64(&tgt.message_buffer, "messageBuffer").unwrap()).unwrap();
    let part = message.enc_part.open(&client_key, KeyUsage::AS_REP).unwrap();
    let part = EncKdcRepPart::decode(&part).unwrap();
    (message, part)
}
