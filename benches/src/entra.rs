//! A tenant with a joined device and a Hello key, and requests of that device made part by part.

use cloud_sim::{KerberosDomain, OnPremises, PasswordHash, Tenant, TenantState, User, handle};
use http::Request;
use kerberos::Timestamp;
use kerberos::crypto::{Etype, Key};
use prt::cert::{CertificationRequest, REQUEST_COMMON_NAME};
use prt::form::Form;
use prt::jose::{JwsHeader, X5c, base64, open_session_key, sign_rs256, sign_with_session_key};
use prt::messages::*;
use prt::{KdfVersion, PrivateKey, SessionKey, pool};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng as _;

/// The user.
pub const ADA: &str = "ada@fernhill.example";
/// The password.
pub const PASSWORD: &str = "Correct-Horse-7";
/// The time of every request: Monday 2026-11-23 08:00:00 UTC.
pub const NOW: Timestamp = Timestamp::from_unix_seconds(1_795_420_800);

/// Where tokens are asked for.
pub const TOKEN_PATH: &str = "/common/oauth2/token";
/// Where devices are registered.
pub const DEVICE_PATH: &str = "/EnrollmentServer/device/";
/// Where Hello keys are registered.
pub const KEY_PATH: &str = "/EnrollmentServer/key/";

/// A tenant, and what its device and its user have.
#[derive(Clone)]
pub struct Entra {
    /// What an administrator set.
    pub tenant: Tenant,
    /// What requests left behind.
    pub state: TenantState,
    /// Where randomness comes from, on both sides.
    pub rng: ChaCha12Rng,
    /// Base64 of the device's certificate.
    pub certificate: String,
    /// An access token for the device registration service.
    pub bearer: String,
}

/// A PRT on the device.
#[derive(Clone)]
pub struct HeldPrt {
    /// The token.
    pub token: String,
    /// Its session key.
    pub session_key: SessionKey,
}

impl Default for Entra {
    fn default() -> Self {
        Self::new()
    }
}

impl Entra {
    /// The tenant with a joined device and a Hello key; the same at every call.
    ///
    /// # Panics
    /// Never: everything that is asked for is granted.
    pub fn new() -> Self {
        let key = |octet| Key::new(Etype::Aes256CtsHmacSha196, &[octet; 32]).expect("32 octets are a key");
        let on_premises = OnPremises {
            domain_name: Some("ad.fernhill.example".to_owned()),
            sam_account_name: Some("ada".to_owned()),
            security_identifier: "S-1-5-21-1004336348-1177238915-682003330-1105".parse().ok(),
        };
        let user = User {
            upn: ADA.to_owned(),
            object_id: "a0000000-0000-4000-8000-000000000001".to_owned(),
            display_name: "Ada".to_owned(),
            password: Some(PasswordHash::new(PASSWORD, [1; 16])),
            enabled: true,
            password_expired: false,
            on_premises: Some(on_premises),
        };
        let domain = KerberosDomain {
            dns_name: "ad.fernhill.example".to_owned(),
            realm: "AD.FERNHILL.EXAMPLE".to_owned(),
            netbios_name: "FERNHILL".to_owned(),
            number: 21463,
            key_version: 1203,
            key: key(0x53),
        };
        let id = "f0000000-0000-4000-8000-00000000feed";
        let keys = (pool::key(60), pool::key(61));
        let tenant = Tenant::new(id, "Fernhill Instruments", &["fernhill.example"], keys, key(0xC1));
        let tenant = tenant.with_user(user).with_kerberos_domain(domain);
        let (state, rng) = (TenantState::new(), ChaCha12Rng::seed_from_u64(1));
        let mut lab = Self {
            tenant,
            state,
            rng,
            certificate: String::new(),
            bearer: String::new(),
        };
        lab.join();
        lab
    }

    /// Serves a request.
    pub fn serve(&mut self, request: Request<Vec<u8>>) -> http::Response<Vec<u8>> {
        handle(&self.tenant, &mut self.state, NOW, &mut self.rng, request).response
    }

    fn send<T: serde::de::DeserializeOwned>(&mut self, request: Request<Vec<u8>>) -> T {
        serde_json::from_slice(self.serve(request).body()).expect("the reply is of this type")
    }

    fn join(&mut self) {
        let form = Form::new()
            .with("grant_type", GRANT_PASSWORD)
            .with("resource", DRS_RESOURCE);
        let form = form.with("username", ADA).with("password", PASSWORD);
        let token: TokenReply = self.send(post(TOKEN_PATH, form.encode(), None));
        self.bearer = token.access_token;
        let csr = CertificationRequest::create(REQUEST_COMMON_NAME, &device_key()).expect("a plain name");
        let body = device_registration(&csr);
        let request = post(DEVICE_PATH, body, Some(&self.bearer));
        let reply: DeviceRegistrationReply = self.send(request);
        self.certificate = reply.certificate.raw_body;
        let request = post(KEY_PATH, key_registration(), Some(&self.bearer));
        let _: KeyRegistrationReply = self.send(request);
    }

    /// The claims of a good request of this kind, with a new nonce.
    pub fn claims(&mut self, grant_type: &str) -> PrtRequestClaims {
        let form = Form::new().with("grant_type", GRANT_SRV_CHALLENGE);
        let nonce: NonceReply = self.send(post(TOKEN_PATH, form.encode(), None));
        PrtRequestClaims {
            client_id: WINDOWS_SIGN_IN_CLIENT.to_owned(),
            request_nonce: nonce.nonce,
            scope: PRT_SCOPE.to_owned(),
            grant_type: grant_type.to_owned(),
            ..PrtRequestClaims::default()
        }
    }

    /// The claims of a good Hello assertion, with a new nonce.
    pub fn assertion_claims(&mut self) -> HelloAssertionClaims {
        HelloAssertionClaims {
            iss: ADA.to_owned(),
            aud: "common".to_owned(),
            iat: NOW.unix_seconds() - 300,
            exp: NOW.unix_seconds() + 300,
            request_nonce: self.claims("").request_nonce,
            scope: PRT_SCOPE.to_owned(),
        }
    }

    /// A request for a first PRT with these claims, signed with the device key.
    pub fn first_request(&self, claims: &impl serde::Serialize) -> Request<Vec<u8>> {
        let x5c = Some(X5c::One(self.certificate.clone()));
        prt_request(&sign_rs256(
            JwsHeader {
                x5c,
                ..JwsHeader::jwt()
            },
            claims,
            &device_key(),
        ))
    }

    /// A good request for a first PRT by Hello key.
    pub fn hello_request(&mut self) -> Request<Vec<u8>> {
        let assertion = assertion(&self.assertion_claims());
        let claims = PrtRequestClaims {
            assertion: Some(assertion),
            ..self.claims(GRANT_JWT_BEARER)
        };
        self.first_request(&claims)
    }

    /// A first PRT.
    ///
    /// # Panics
    /// Never: it is granted.
    pub fn first_prt(&mut self) -> HeldPrt {
        let request = self.hello_request();
        let reply: PrtReply = self.send(request);
        let jwe = reply.session_key_jwe.as_deref().unwrap_or_default();
        HeldPrt {
            token: reply.refresh_token,
            session_key: open_session_key(jwe, &transport_key()).expect("sealed for this key"),
        }
    }

    /// A good request to renew a PRT.
    pub fn renewal_request(&mut self, prt: &HeldPrt) -> Request<Vec<u8>> {
        let claims = PrtRequestClaims {
            refresh_token: Some(prt.token.clone()),
            ..self.claims(GRANT_REFRESH_TOKEN)
        };
        self.renewal_with(prt, &claims)
    }

    /// A request with these claims, signed with the session key of a PRT.
    pub fn renewal_with(&mut self, prt: &HeldPrt, claims: &impl serde::Serialize) -> Request<Vec<u8>> {
        prt_request(&sign_with_session_key(
            claims,
            &prt.session_key,
            KdfVersion::V2,
            &mut self.rng,
        ))
    }
}

/// The key of the device's certificate.
pub fn device_key() -> PrivateKey {
    pool::key(0)
}

/// The key that session keys are sealed for.
pub fn transport_key() -> PrivateKey {
    pool::key(1)
}

/// The Hello key.
pub fn hello_key() -> PrivateKey {
    pool::key(2)
}

/// A Hello assertion with these claims.
pub fn assertion(claims: &impl serde::Serialize) -> String {
    let header = JwsHeader {
        kid: Some(hello_key().public().key_id().to_owned()),
        ..JwsHeader::jwt()
    };
    sign_rs256(header, claims, &hello_key())
}

/// The body that registers a device with this certification request.
pub fn device_registration(csr: &[u8]) -> String {
    let transport_key = base64(transport_key().public().to_blob());
    format!(
        r#"{{"CertificateRequest":{{"Type":"pkcs10","Data":"{}"}},"TransportKey":"{transport_key}","JoinType":0}}"#,
        base64(csr)
    )
}

/// The body that registers the Hello key.
pub fn key_registration() -> String {
    format!(r#"{{"kngc":"{}"}}"#, base64(hello_key().public().to_blob()))
}

/// A signed request, in the form around it.
pub fn prt_request(token: &str) -> Request<Vec<u8>> {
    let form = Form::new()
        .with("windows_api_version", WINDOWS_API_VERSION)
        .with("grant_type", GRANT_JWT_BEARER);
    let form = form.with("request", token).with("tgt", "true");
    post(TOKEN_PATH, form.encode(), None)
}

/// A POST.
///
/// # Panics
/// The path or the token is none.
pub fn post(path: &str, body: String, bearer: Option<&str>) -> Request<Vec<u8>> {
    let mut request = Request::post(path);
    if let Some(bearer) = bearer {
        request = request.header(http::header::AUTHORIZATION, format!("Bearer {bearer}"));
    }
    request.body(body.into_bytes()).expect("a well-formed request")
}
