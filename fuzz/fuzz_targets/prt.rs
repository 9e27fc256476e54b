//! Tokens, certificates, keys and messages of the PRT protocol: none panics, and what is read survives being written and
//! read.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use prt::cert::{CertificationRequest, DeviceCertificate};
use prt::form::Form;
use prt::jose::{CompactJws, open_direct, open_session_key};
use prt::messages::*;
use prt::{PrivateKey, PublicKey, SessionKey, pool};
use serde::Serialize;
use serde::de::DeserializeOwned;

static KEY: LazyLock<PrivateKey> = LazyLock::new(|| pool::key(0));
/// The key of the seeds.
static SESSION_KEY: LazyLock<SessionKey> = LazyLock::new(|| SessionKey::new([7; 32]));

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        token(text);
    }
    certificate(data);
    public_key(data);
    form(data);
    messages(data);
});

fn token(text: &str) {
    if let Ok(jws) = CompactJws::parse(text) {
        let _ = (
            jws.verify_rs256(KEY.public()),
            jws.verify_with_session_key(&SESSION_KEY),
        );
        if let Some(x5c) = &jws.header().x5c
            && let Ok(der) = x5c.leaf_der()
        {
            certificate(&der);
        }
        messages(jws.payload());
    }
    if let Ok(clear) = open_direct(text, &SESSION_KEY) {
        messages(&clear);
    }
    let _ = open_session_key(text, &KEY);
}

fn certificate(der: &[u8]) {
    if let Ok(certificate) = DeviceCertificate::parse(der) {
        let _ = certificate.verify(KEY.public());
    }
    let _ = CertificationRequest::parse(der);
}

fn public_key(octets: &[u8]) {
    if let Ok(key) = PublicKey::from_blob(octets) {
        assert_eq!(PublicKey::from_blob(&key.to_blob()).as_ref(), Ok(&key));
        assert_eq!(PublicKey::from_spki_der(&key.to_spki_der()), Ok(key));
    }
    if let Ok(key) = PublicKey::from_spki_der(octets) {
        assert_eq!(PublicKey::from_blob(&key.to_blob()), Ok(key));
    }
    let _ = PrivateKey::from_pkcs8(octets);
}

fn form(octets: &[u8]) {
    let form = Form::parse(octets);
    let written = form.encode();
    assert_eq!(Form::parse(written.as_bytes()).encode(), written);
}

fn messages(json: &[u8]) {
    survives::<NonceReply>(json);
    survives::<DeviceRegistrationRequest>(json);
    survives::<DeviceRegistrationReply>(json);
    survives::<KeyRegistrationRequest>(json);
    survives::<KeyRegistrationReply>(json);
    survives::<HelloAssertionClaims>(json);
    survives::<ErrorReply>(json);
    survives::<TokenReply>(json);
    if let Some(claims) = survives::<PrtRequestClaims>(json) {
        let _ = (claims.credential().is_ok(), claims.asks_for_prt());
    }
    if let Some(reply) = survives::<PrtReply>(json) {
        for tgt in [reply.tgt_ad, reply.tgt_cloud].into_iter().flatten() {
            let _ = (
                tgt.is_issued(),
                tgt.client_key(&SESSION_KEY).is_ok(),
                tgt.as_rep().is_ok(),
            );
        }
    }
}

fn survives<T: Serialize + DeserializeOwned>(json: &[u8]) -> Option<T> {
    let read: T = serde_json::from_slice(json).ok()?;
    let written = serde_json::to_string(&read).expect("plain data");
    let again: T = serde_json::from_str(&written).unwrap_or_else(|error| panic!("{error}: {written}"));
    assert_eq!(serde_json::to_string(&again).expect("plain data"), written);
    Some(read)
}
