use proptest::prelude::*;
use rand::SeedableRng as _;
use serde_json::{Value, json};

use super::*;
use crate::jose::{ContentCipher, base64, seal_direct};
use crate::kdf::SessionKey;

fn tgt(client_key: &str) -> Tgt {
    serde_json::from_value(json!({"clientKey": client_key, "keyType": 18, "realm": "AD.FERNHILL.EXAMPLE"}))
        .unwrap()
}

fn reply() -> PrtReply {
    let json =
        json!({"refresh_token": "0.prt", "expires_in": "1209599", "refresh_token_expires_in": 1_209_599});
    PrtReply {
        tgt_ad: Some(tgt("AA==")),
        ..serde_json::from_value(json).unwrap()
    }
}

#[test]
fn a_tgt_is_written_as_a_string_and_read_as_either() {
    let written = serde_json::to_value(reply()).unwrap();
    let Value::String(inner) = &written["tgt_ad"] else {
        panic!("tgt_ad is a string")
    };
    let mut as_object = written.clone();
    as_object["tgt_ad"] = serde_json::from_str(inner).unwrap();
    for json in [written, as_object] {
        assert_eq!(serde_json::from_value::<PrtReply>(json).unwrap(), reply());
    }
    let bare: PrtReply =
        serde_json::from_str(r#"{"refresh_token":"x","tgt_ad":"","tgt_cloud":null}"#).unwrap();
    assert_eq!((bare.tgt_ad, bare.tgt_cloud), (None, None));
}

#[test]
fn times_are_texts_except_the_life_of_the_prt() {
    let written = serde_json::to_value(reply()).unwrap();
    assert_eq!(written["expires_in"], json!("1209599"));
    assert_eq!(written["refresh_token_expires_in"], json!(1_209_599));
}

#[test]
fn the_client_key_is_a_jwe_or_bare() {
    let session_key = SessionKey::new([1; 32]);
    let mut rng = rand_chacha::ChaCha12Rng::seed_from_u64(1);
    let sealed = seal_direct(&[9; 32], &session_key, ContentCipher::Aes256Cbc, &mut rng);
    assert_eq!(&tgt(&sealed).client_key(&session_key).unwrap()[..], [9; 32]);
    assert_eq!(
        &tgt(&base64([9; 32])).client_key(&session_key).unwrap()[..],
        [9; 32]
    );
}

#[test]
fn a_tgt_with_an_error_is_not_issued() {
    assert!(tgt("AA==").is_issued());
    assert!(
        !Tgt {
            error: Some("none".to_owned()),
            ..tgt("")
        }
        .is_issued()
    );
    assert!(
        !Tgt {
            key_type: 0,
            ..tgt("")
        }
        .is_issued()
    );
}

#[test]
fn the_grant_type_says_which_claims_count() {
    let claims = |json: Value| serde_json::from_value::<PrtRequestClaims>(json).unwrap();
    let password = claims(json!({"grant_type": "password", "username": "ada", "password": "secret"}));
    assert!(
        password.credential()
            == Ok(Credential::Password {
                username: "ada",
                password: "secret"
            })
    );
    let hello = claims(json!({"grant_type": GRANT_JWT_BEARER}));
    assert!(hello.credential() == Err(MessageError::MissingClaim { name: "assertion" }));
    let other = claims(json!({"grant_type": "device_code"}));
    assert!(
        other.credential()
            == Err(MessageError::UnknownGrantType {
                found: "device_code".to_owned()
            })
    );
    assert!(
        !format!("{password:?}").contains("secret"),
        "a password is never printed"
    );
}

#[test]
fn a_registration_is_read_from_both_known_clients() {
    let common = r#""CertificateRequest":{"Type":"pkcs10","Data":"AA=="},"TransportKey":"AA==","TargetDomain":"fernhill.example"#;
    let roadtx = format!(
        r#"{{{common}","JoinType":0,"attributes":{{"ReuseDevice":"true","ReturnClientSid":"true"}}}}"#
    );
    let himmelblau = format!(r#"{{{common}","JoinType":"0","Attributes":{{"ReuseDevice":true}}}}"#);
    for body in [roadtx, himmelblau] {
        let request: DeviceRegistrationRequest = serde_json::from_str(&body).unwrap();
        assert!(request.attributes.reuse_device);
        assert_eq!(request.join_type, 0);
    }
}

proptest! {
    #[test]
    fn no_text_panics(text: String) {
        let _ = serde_json::from_str::<PrtReply>(&text);
        let _ = serde_json::from_str::<PrtRequestClaims>(&text);
    }
}
