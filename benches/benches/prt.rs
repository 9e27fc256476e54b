//! A primary refresh token at the emulated Entra: request octets to reply octets, beside the cryptography in it.

use std::hint::black_box;

use cloud_sim::{KerberosDomain, OnPremises, PasswordHash, Tenant, TenantState, User, handle};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use http::Request;
use kerberos::Timestamp;
use kerberos::crypto::{Etype, Key, KeyUsage};
use prt::cert::{CertificationRequest, REQUEST_COMMON_NAME};
use prt::form::Form;
use prt::jose::{
    ContentCipher, JwsHeader, X5c, base64, open_session_key, seal_direct, sign_rs256, sign_with_session_key,
};
use prt::messages::*;
use prt::{KdfVersion, SessionKey, pool};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng as _;

const ADA: &str = "ada@fernhill.example";
const PASSWORD: &str = "Correct-Horse-7";
/// Monday 2026-11-23 08:00:00 UTC.
const NOW: Timestamp = Timestamp::from_unix_seconds(1_795_420_800);

/// A tenant with a joined device, whose state is forked for each request.
struct Lab {
    tenant: Tenant,
    state: TenantState,
    rng: ChaCha12Rng,
    certificate: String,
}

impl Lab {
    fn new() -> Self {
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
        };
        lab.join();
        lab
    }

    fn send<T: serde::de::DeserializeOwned>(&mut self, request: Request<Vec<u8>>) -> T {
        let reply = handle(&self.tenant, &mut self.state, NOW, &mut self.rng, request).response;
        serde_json::from_slice(reply.body()).expect("the reply is of this type")
    }

    fn join(&mut self) {
        let form = Form::new()
            .with("grant_type", GRANT_PASSWORD)
            .with("resource", DRS_RESOURCE);
        let form = form.with("username", ADA).with("password", PASSWORD);
        let token: TokenReply = self.send(post("/common/oauth2/token", form.encode(), None));
        let csr = CertificationRequest::create(REQUEST_COMMON_NAME, &pool::key(0)).expect("a plain name");
        let transport_key = base64(pool::key(1).public().to_blob());
        let body = format!(
            r#"{{"CertificateRequest":{{"Type":"pkcs10","Data":"{}"}},"TransportKey":"{transport_key}","JoinType":0}}"#,
            base64(csr)
        );
        let bearer = Some(token.access_token.as_str());
        let reply: DeviceRegistrationReply = self.send(post("/EnrollmentServer/device/", body, bearer));
        self.certificate = reply.certificate.raw_body;
        let body = format!(r#"{{"kngc":"{}"}}"#, base64(pool::key(2).public().to_blob()));
        let _: KeyRegistrationReply = self.send(post("/EnrollmentServer/key/", body, bearer));
    }

    fn claims(&mut self, grant_type: &str) -> PrtRequestClaims {
        let form = Form::new().with("grant_type", GRANT_SRV_CHALLENGE);
        let nonce: NonceReply = self.send(post("/common/oauth2/token", form.encode(), None));
        PrtRequestClaims {
            client_id: WINDOWS_SIGN_IN_CLIENT.to_owned(),
            request_nonce: nonce.nonce,
            scope: PRT_SCOPE.to_owned(),
            grant_type: grant_type.to_owned(),
            ..PrtRequestClaims::default()
        }
    }

    fn hello_request(&mut self) -> Request<Vec<u8>> {
        let assertion = HelloAssertionClaims {
            iss: ADA.to_owned(),
            aud: "common".to_owned(),
            iat: NOW.unix_seconds() - 300,
            exp: NOW.unix_seconds() + 300,
            request_nonce: self.claims("").request_nonce,
            scope: PRT_SCOPE.to_owned(),
        };
        let kid = Some(pool::key(2).public().key_id().to_owned());
        let assertion = sign_rs256(
            JwsHeader {
                kid,
                ..JwsHeader::jwt()
            },
            &assertion,
            &pool::key(2),
        );
        let claims = PrtRequestClaims {
            assertion: Some(assertion),
            ..self.claims(GRANT_JWT_BEARER)
        };
        let x5c = Some(X5c::One(self.certificate.clone()));
        prt_request(&sign_rs256(
            JwsHeader {
                x5c,
                ..JwsHeader::jwt()
            },
            &claims,
            &pool::key(0),
        ))
    }

    fn renewal_request(&mut self) -> Request<Vec<u8>> {
        let request = self.hello_request();
        let prt: PrtReply = self.send(request);
        let jwe = prt.session_key_jwe.as_deref().unwrap_or_default();
        let session_key = open_session_key(jwe, &pool::key(1)).expect("sealed for this key");
        let claims = self.claims(GRANT_REFRESH_TOKEN);
        let claims = PrtRequestClaims {
            refresh_token: Some(prt.refresh_token),
            ..claims
        };
        prt_request(&sign_with_session_key(
            &claims,
            &session_key,
            KdfVersion::V2,
            &mut self.rng,
        ))
    }
}

fn prt_request(token: &str) -> Request<Vec<u8>> {
    let form = Form::new()
        .with("windows_api_version", WINDOWS_API_VERSION)
        .with("grant_type", GRANT_JWT_BEARER);
    let form = form.with("request", token).with("tgt", "true");
    post("/common/oauth2/token", form.encode(), None)
}

fn post(path: &str, body: String, bearer: Option<&str>) -> Request<Vec<u8>> {
    let mut request = Request::post(path);
    if let Some(bearer) = bearer {
        request = request.header(http::header::AUTHORIZATION, format!("Bearer {bearer}"));
    }
    request.body(body.into_bytes()).expect("a well-formed request")
}

/// The cryptography of a renewal and nothing else, with messages of the sizes it has.
fn renewal_crypto(krbtgt: &Key, cloud: &Key, session_key: &SessionKey, rng: &mut ChaCha12Rng) {
    const REQUEST: [u8; 860] = [b'a'; 860];
    const CLAIMS: [u8; 480] = [b'a'; 480];
    const PAC: [u8; 600] = [0; 600];
    const PARTIAL_TICKET: [u8; 839] = [0; 839];
    const CLOUD_TICKET: [u8; 216] = [0; 216];
    const REPLY_PART: [u8; 240] = [0; 240];
    const BODY: [u8; 4500] = [b'a'; 4500];
    let derived = session_key.derive(KdfVersion::V2, &[1; 24], &CLAIMS);
    black_box(derived.verify_hs256(&REQUEST, &[0; 32]));
    let server = krbtgt.checksum(KeyUsage::PAC_CHECKSUM, &PAC);
    black_box(krbtgt.checksum(KeyUsage::PAC_CHECKSUM, server.as_slice()));
    black_box(krbtgt.encrypt(KeyUsage::TICKET, &PARTIAL_TICKET, rng));
    black_box(cloud.encrypt(KeyUsage::TICKET, &CLOUD_TICKET, rng));
    for _ in 0..2 {
        black_box(Key::generate(Etype::Aes256CtsHmacSha196, rng));
        black_box(Key::generate(Etype::Aes256CtsHmacSha196, rng).encrypt(KeyUsage::AS_REP, &REPLY_PART, rng));
    }
    black_box(seal_direct(&BODY, session_key, ContentCipher::Aes256Cbc, rng));
}

fn benches(criterion: &mut Criterion) {
    let mut lab = Lab::new();
    let mut group = criterion.benchmark_group("prt");
    let renewal = lab.renewal_request();
    let hello = lab.hello_request();
    let Lab {
        tenant,
        state,
        mut rng,
        ..
    } = lab;
    for (name, request) in [("renewal", renewal), ("first-by-hello", hello)] {
        let mut noise = rng.clone();
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || (state.clone(), request.clone()),
                |(mut state, request)| handle(&tenant, &mut state, NOW, &mut noise, request),
                BatchSize::SmallInput,
            );
        });
    }
    let (krbtgt, cloud) = (
        &tenant.kerberos_domains["ad.fernhill.example"].key,
        &tenant.cloud_tgt_key,
    );
    let session_key = SessionKey::generate(&mut rng);
    group.bench_function("renewal-crypto-floor", |bencher| {
        bencher.iter(|| renewal_crypto(krbtgt, cloud, &session_key, &mut rng));
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
