use proptest::prelude::*;
use rand::SeedableRng as _;
use rand_chacha::ChaCha12Rng;
use serde_json::{Value, json};

use super::*;
use crate::kdf::{KdfVersion, SessionKey};
use crate::pool;

fn rng() -> ChaCha12Rng {
    ChaCha12Rng::seed_from_u64(11)
}

fn session_key() -> SessionKey {
    SessionKey::new([7; 32])
}

#[test]
fn an_rs256_token_verifies_with_its_key_only() {
    let header = JwsHeader {
        x5c: Some(X5c::One(base64(b"certificate"))),
        ..JwsHeader::jwt()
    };
    let token = sign_rs256(header, &json!({"a": 1}), &pool::key(0));
    let parsed = CompactJws::parse(&token).unwrap();
    assert_eq!(parsed.verify_rs256(pool::key(0).public()), Ok(()));
    assert_eq!(
        parsed.verify_rs256(pool::key(1).public()),
        Err(JoseError::BadSignature)
    );
    assert_eq!(parsed.claims::<Value>().unwrap(), json!({"a": 1}));
    assert_eq!(
        parsed.header().x5c.as_ref().unwrap().leaf_der().unwrap(),
        b"certificate"
    );
}

#[test]
fn alg_none_never_verifies() {
    let token = unsigned(&json!({}));
    let parsed = CompactJws::parse(&token).unwrap();
    let refused = |expected| {
        Err(JoseError::Algorithm {
            field: "alg",
            expected,
            found: "none".to_owned(),
        })
    };
    assert_eq!(parsed.verify_rs256(pool::key(0).public()), refused("RS256"));
    assert_eq!(parsed.verify_with_session_key(&session_key()), refused("HS256"));
}

#[test]
fn a_session_key_token_verifies_by_both_versions() {
    for version in [KdfVersion::V1, KdfVersion::V2] {
        let token = sign_with_session_key(
            &json!({"scope": "openid aza ugs"}),
            &session_key(),
            version,
            &mut rng(),
        );
        let parsed = CompactJws::parse(&token).unwrap();
        assert_eq!(parsed.verify_with_session_key(&session_key()), Ok(()));
        assert_eq!(
            parsed.verify_with_session_key(&SessionKey::new([8; 32])),
            Err(JoseError::BadSignature)
        );
    }
}

#[test]
fn an_unknown_kdf_version_is_named() {
    let header = JwsHeader {
        ctx: Some(base64([1; 24])),
        kdf_ver: Some(3),
        ..JwsHeader::jwt()
    };
    let token = sign_hs256(
        header,
        &json!({}),
        &session_key().derive(KdfVersion::V1, &[1; 24], b""),
    );
    let parsed = CompactJws::parse(&token).unwrap();
    assert_eq!(
        parsed.verify_with_session_key(&session_key()),
        Err(JoseError::KdfVersion(3))
    );
}

#[test]
fn x5c_may_be_a_list() {
    let header: JwsHeader =
        serde_json::from_str(r#"{"alg":"RS256","x5c":["AAEC","BB"],"unknown":{}}"#).unwrap();
    assert_eq!(header.x5c.unwrap().leaf_der().unwrap(), [0, 1, 2]);
    let header: JwsHeader = serde_json::from_str(r#"{"alg":"ES256","x5c":[]}"#).unwrap();
    assert_eq!(header.alg, Algorithm::Other);
    assert_eq!(
        header.x5c.unwrap().leaf_der(),
        Err(JoseError::MissingField { field: "x5c" })
    );
}

#[test]
fn the_session_key_reaches_the_transport_key_only() {
    let token = seal_session_key(&session_key(), pool::key(0).public(), &mut rng()).unwrap();
    assert_eq!(open_session_key(&token, &pool::key(0)), Ok(session_key()));
    assert_eq!(
        open_session_key(&token, &pool::key(1)),
        Err(JoseError::Key(KeyError::BadCiphertext))
    );
    assert_eq!(
        open_session_key("a.b.c", &pool::key(0)),
        Err(JoseError::Parts {
            expected: 5,
            found: 3
        })
    );
}

#[test]
fn an_encrypted_reply_opens_with_its_session_key() {
    for (cipher, iv_length) in [(ContentCipher::Aes256Cbc, 22), (ContentCipher::Aes256Gcm, 16)] {
        let token = seal_direct(b"reply", &session_key(), cipher, &mut rng());
        assert_eq!(token.split('.').nth(2).unwrap().len(), iv_length);
        assert_eq!(token.split('.').nth(1), Some(""));
        assert_eq!(&open_direct(&token, &session_key()).unwrap()[..], b"reply");
    }
    // CBC has no integrity: another key fails by its padding alone, which it may pass by chance
    let gcm = seal_direct(b"reply", &session_key(), ContentCipher::Aes256Gcm, &mut rng());
    assert_eq!(
        open_direct(&gcm, &SessionKey::new([8; 32])),
        Err(JoseError::BadCiphertext)
    );
}

#[test]
fn the_tag_is_ignored_with_cbc_and_proves_with_gcm() {
    let forge = |token: String| {
        let (rest, _) = token.rsplit_once('.').unwrap();
        format!("{rest}.{}", base64url([0; 16]))
    };
    let cbc = forge(seal_direct(
        b"reply",
        &session_key(),
        ContentCipher::Aes256Cbc,
        &mut rng(),
    ));
    assert!(open_direct(&cbc, &session_key()).is_ok());
    let gcm = forge(seal_direct(
        b"reply",
        &session_key(),
        ContentCipher::Aes256Gcm,
        &mut rng(),
    ));
    assert_eq!(open_direct(&gcm, &session_key()), Err(JoseError::BadCiphertext));
}

#[test]
fn a_token_of_any_other_form_is_refused_with_its_part() {
    let too_long = "a".repeat(TOKEN_LENGTH_MAX + 1);
    let parse = |token: &str| CompactJws::parse(token).unwrap_err();
    assert_eq!(
        parse(&too_long),
        JoseError::TooLong {
            length: TOKEN_LENGTH_MAX + 1
        }
    );
    assert_eq!(
        parse("a.b"),
        JoseError::Parts {
            expected: 3,
            found: 2
        }
    );
    assert_eq!(
        parse("a.b.c.d.e"),
        JoseError::Parts {
            expected: 3,
            found: 4
        }
    );
    assert_eq!(parse("=.b.c"), JoseError::Base64 { part: "header" });
    assert!(matches!(parse("e30.b.c"), JoseError::Json { part: "header", .. }));
    let header = base64url(br#"{"alg":"RS256"}"#);
    assert_eq!(
        parse(&format!("{header}.e30=.")),
        JoseError::Base64 { part: "payload" }
    );
}

proptest! {
    #[test]
    fn sealed_content_opens(plaintext: Vec<u8>, seed: u64, gcm: bool) {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let key = SessionKey::generate(&mut rng);
        let cipher = if gcm { ContentCipher::Aes256Gcm } else { ContentCipher::Aes256Cbc };
        let token = seal_direct(&plaintext, &key, cipher, &mut rng);
        prop_assert_eq!(&open_direct(&token, &key).unwrap()[..], &plaintext[..]);
    }

    #[test]
    fn no_text_panics(text in "[A-Za-z0-9_.-]{0,200}") {
        let _ = CompactJws::parse(&text);
        let _ = open_direct(&text, &session_key());
        let _ = open_session_key(&text, &pool::key(0));
    }

    #[test]
    fn a_changed_token_is_refused_or_read(at in 0_usize..300, with in "[A-Za-z0-9_.-]") {
        let mut token = seal_direct(b"reply", &session_key(), ContentCipher::Aes256Cbc, &mut rng());
        let at = at % token.len();
        token.replace_range(at..=at, &with);
        let _ = open_direct(&token, &session_key());
    }
}
