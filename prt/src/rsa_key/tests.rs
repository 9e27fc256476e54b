use proptest::prelude::*;
use rand::SeedableRng as _;
use rand_chacha::ChaCha12Rng;

use super::*;
use crate::pool;

fn rng() -> ChaCha12Rng {
    ChaCha12Rng::seed_from_u64(7)
}

#[test]
fn a_signature_verifies_and_a_changed_one_does_not() {
    let key = pool::key(0);
    let mut signature = key.sign_rs256(b"message");
    assert_eq!(key.public().verify_rs256(b"message", &signature), Ok(()));
    assert_eq!(
        key.public().verify_rs256(b"massage", &signature),
        Err(KeyError::BadSignature)
    );
    signature[17] ^= 1;
    assert_eq!(
        key.public().verify_rs256(b"message", &signature),
        Err(KeyError::BadSignature)
    );
    assert_eq!(
        pool::key(1)
            .public()
            .verify_rs256(b"message", &key.sign_rs256(b"message")),
        Err(KeyError::BadSignature)
    );
    assert_eq!(
        key.public().verify_rs256(b"message", b""),
        Err(KeyError::BadSignature)
    );
}

#[test]
fn both_implementations_give_the_same_signature_and_open_the_same_ciphertext() {
    let key = pool::key(2);
    let other = rust_crypto::PrivateOperations::new(&key.to_pkcs8()).unwrap();
    assert_eq!(key.sign_rs256(b"message"), other.sign_rs256(b"message"));
    let sealed = key.public().encrypt_oaep(&[9; 32], &mut rng()).unwrap();
    assert_eq!(
        other.decrypt_oaep(&sealed).unwrap(),
        key.decrypt_oaep(&sealed).unwrap()
    );
    let verifying = rust_crypto::PublicOperations::new(&key.public().0.parsed).unwrap();
    assert!(verifying.verify_rs256(b"message", &key.sign_rs256(b"message")));
}

#[test]
fn oaep_is_reproducible_and_bound_to_its_key() {
    let key = pool::key(3);
    let sealed = key.public().encrypt_oaep(b"session", &mut rng()).unwrap();
    assert_eq!(sealed, key.public().encrypt_oaep(b"session", &mut rng()).unwrap());
    assert_eq!(&key.decrypt_oaep(&sealed).unwrap()[..], b"session");
    assert_eq!(pool::key(4).decrypt_oaep(&sealed), Err(KeyError::BadCiphertext));
    assert_eq!(key.decrypt_oaep(&sealed[1..]), Err(KeyError::BadCiphertext));
    assert_eq!(key.decrypt_oaep(b""), Err(KeyError::BadCiphertext));
    // 256 - 2 * 20 - 2 octets are the most that RSA-OAEP with SHA-1 carries
    assert!(key.public().encrypt_oaep(&[0; 214], &mut rng()).is_ok());
    assert_eq!(
        key.public().encrypt_oaep(&[0; 215], &mut rng()),
        Err(KeyError::MessageTooLong { length: 215 })
    );
}

#[test]
fn a_blob_has_the_layout_of_bcrypt_h() {
    let key = pool::key(5);
    let blob = key.public().to_blob();
    assert_eq!(
        &blob[..24],
        hex::decode("525341310008000003000000000100000000000000000000").unwrap()
    );
    assert_eq!(&blob[24..27], [1, 0, 1]);
    assert_eq!(&blob[27..], key.public().modulus());
    assert_eq!(&PublicKey::from_blob(&blob).unwrap(), key.public());
}

#[test]
fn keys_survive_their_encodings() {
    let key = pool::key(6);
    assert_eq!(
        &PublicKey::from_spki_der(&key.public().to_spki_der()).unwrap(),
        key.public()
    );
    assert_eq!(
        PrivateKey::from_pkcs8(&key.to_pkcs8()).unwrap().public(),
        key.public()
    );
}

#[test]
fn a_modulus_outside_the_limits_is_refused() {
    assert_eq!(
        PublicKey::new(&[0xFF; 255], &[1, 0, 1]),
        Err(KeyError::ModulusSize { bits: 2040 })
    );
    assert_eq!(
        PublicKey::new(&[0xFF; 513], &[1, 0, 1]),
        Err(KeyError::ModulusSize { bits: 4104 })
    );
    assert_eq!(
        PublicKey::new(&[], &[1, 0, 1]),
        Err(KeyError::ModulusSize { bits: 0 })
    );
    assert!(
        PublicKey::new(&[0xFE; 256], &[1, 0, 1]).is_err(),
        "an even modulus is no RSA key"
    );
}

#[test]
fn debug_hides_the_private_part() {
    let shown = format!("{:?}", pool::key(0));
    assert_eq!(
        shown,
        format!(
            "PrivateKey({}, private part hidden)",
            pool::key(0).public().key_id()
        )
    );
}

proptest! {
    #[test]
    fn no_octets_panic(octets in proptest::collection::vec(any::<u8>(), 0..700)) {
        let _ = PublicKey::from_blob(&octets);
        let _ = PublicKey::from_spki_der(&octets);
        let _ = PrivateKey::from_pkcs8(&octets);
        let _ = pool::key(0).decrypt_oaep(&octets);
    }

    #[test]
    fn a_damaged_blob_is_refused_or_read(at in 0_usize..27, value: u8) {
        let mut blob = pool::key(0).public().to_blob();
        blob[at] = value;
        let _ = PublicKey::from_blob(&blob);
    }
}
