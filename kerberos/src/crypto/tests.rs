//! Vectors and properties of the cryptography.
//!
//! Vectors: RFC 3962 appendix B and RFC 6113 appendix A; those with random-looking keys are from
//! `python/samba/tests/krb5/kcrypto.py` of Samba (public domain or BSD, Massachusetts Institute of Technology).

use std::convert::Infallible;

use proptest::prelude::*;
use rand::{SeedableRng, TryCryptoRng, TryRng};
use rand_chacha::ChaCha12Rng;

use super::*;

const AES256: Etype = Etype::Aes256CtsHmacSha196;
const AES128: Etype = Etype::Aes128CtsHmacSha196;
const THIRTY: &[u8] = b"30 bytes bytes bytes bytes byt";

/// Gives out the confounder of a vector.
struct Fixed(Vec<u8>);

impl TryRng for Fixed {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("confounders are asked for as octets")
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("confounders are asked for as octets")
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        out.copy_from_slice(&self.0);
        Ok(())
    }
}

impl TryCryptoRng for Fixed {}

fn rng() -> ChaCha12Rng {
    ChaCha12Rng::seed_from_u64(1)
}

fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

fn key(etype: Etype, octets: &str) -> Key {
    Key::new(etype, &unhex(octets)).unwrap()
}

fn upper(octets: &[u8]) -> String {
    hex::encode_upper(octets)
}

#[test]
fn string_to_key_vectors() {
    for (etype, password, salt, iterations, expected) in [
        (
            AES128,
            "password",
            "ATHENA.MIT.EDUraeburn",
            1,
            "42263c6e89f4fc28b8df68ee09799f15",
        ),
        (
            AES256,
            "password",
            "ATHENA.MIT.EDUraeburn",
            1,
            "fe697b52bc0d3ce14432ba036a92e65bbb52280990a2fa27883998d72af30161",
        ),
        (
            AES256,
            "password",
            "ATHENA.MIT.EDUraeburn",
            1200,
            "55a6ac740ad17b4846941051e1e8b0a7548d93b0ab30a8bc3ff16280382b8c2a",
        ),
        (
            AES128,
            "Pa$$w0rd",
            "CONTOSO.COMAdministrator",
            DEFAULT_ITERATIONS,
            "bd75e98362b16649ffbaed630d5341d0",
        ),
        (
            AES256,
            "Pa$$w0rd",
            "CONTOSO.COMAdministrator",
            DEFAULT_ITERATIONS,
            "660e61042b190b5724c62bb473facca12058fb9ad3c03c0d2809f839c0352502",
        ),
        (
            AES256,
            "Passw0rd!",
            "CORP.EXAMPLEalice",
            DEFAULT_ITERATIONS,
            "d2afca77d2916ba8bd1e5ef4f01e08df500b4dd3f724bc0671e325d098340f73",
        ),
        (
            AES256,
            "Passw0rd!",
            "CORP.EXAMPLEhostfs01.corp.example",
            DEFAULT_ITERATIONS,
            "14da4877abb4b4116be7214039b94879f3e05443578223194da3b0a9b58ba81d",
        ),
        (
            Etype::Rc4Hmac,
            "foo",
            "no salt",
            1,
            "ac8e657f83df82beea5d43bdaf7800cc",
        ),
    ] {
        let key = string_to_key(etype, password, salt, iterations);
        assert_eq!(
            hex::encode(key.expose()),
            expected,
            "{etype} {password} {salt} {iterations}"
        );
        assert_eq!(key.etype(), etype);
    }
}

#[test]
fn derived_keys_of_alice() {
    let alice = unhex("d2afca77d2916ba8bd1e5ef4f01e08df500b4dd3f724bc0671e325d098340f73");
    let base = aes_sha1::AesKey::new(&alice);
    let derive = |usage, kind| hex::encode(base.derive(fold::usage_constant(usage, kind)).as_slice());
    assert_eq!(
        derive(7, fold::Derived::Encryption),
        "63bde1d197a4315c779aeac7468d5da5c57e22ad07fbea8ad18b4fe2eea36d8f"
    );
    assert_eq!(
        derive(7, fold::Derived::Integrity),
        "4ce24aba8417b67baed51cc2a8a09e93d41d4fd69685e4e78519356d12c52439"
    );
    assert_eq!(
        derive(17, fold::Derived::Checksum),
        "562161139edbf4aff9c99cc6c3f28ce9e4dc5710e38c6d4936214e08fbc13aad"
    );
}

#[test]
fn encryption_vectors() {
    for (etype, octets, confounder, expected) in [
        (
            AES256,
            "F1C795E9248A09338D82C3F8D5B567040B0110736845041347235B1404231398",
            "E45CA518B42E266AD98E165E706FFB60",
            "D1137A4D634CFECE924DBC3BF6790648BD5CFF7DE0E7B99460211D0DAEF3D79A295C688858F3B34B9CBD6EEBAE81DAF6B734D4D498B6714F1C1D",
        ),
        (
            Etype::Rc4Hmac,
            "68F263DB3FCE15D031C9EAB02D67107A",
            "37245E73A45FBF72",
            "95F9047C3AD75891C2E9B04B16566DC8B6EB9CE4231AFB2542EF87A7B5A0F260A99F0460508DE0CECC632D07C354124E46C5D2234EB8",
        ),
    ] {
        let (key, usage) = (key(etype, octets), KeyUsage(4));
        let ciphertext = key.encrypt(usage, THIRTY, &mut Fixed(unhex(confounder)));
        assert_eq!(upper(&ciphertext), expected);
        assert_eq!(key.decrypt(usage, &ciphertext).as_deref(), Ok(THIRTY));
    }
}

#[test]
fn checksum_vectors() {
    let aes = key(
        AES256,
        "B1AE4CD8462AFF1677053CC9279AAC30B796FB81CE21474DD3DDBCFEA4EC76D7",
    );
    assert_eq!(
        upper(&aes.checksum(KeyUsage(4), b"fourteen")),
        "E08739E3279E2903EC8E3836"
    );
    let rc4 = key(Etype::Rc4Hmac, "F7D3A155AF5E238A0B7A871A96BA2AB2");
    let text = b"seventeen eighteen nineteen twenty";
    assert_eq!(
        upper(&rc4.checksum(KeyUsage(6), text)),
        "EB38CC97E2230F59DA4117DC5859D7EC"
    );
    assert_eq!(
        hmac_md5_checksum(rc4.expose(), KeyUsage(6), text).as_slice(),
        &*rc4.checksum(KeyUsage(6), text)
    );
}

/// RFC 6113 appendix A.
#[test]
fn cf2_vectors() {
    for (etype, expected) in [
        (AES128, "97DF97E4B798B29EB31ED7280287A92A"),
        (
            AES256,
            "4D6CA4E629785C1F01BAF55E2E548566B9617AE3A96868C337CB93B5E72B1C7B",
        ),
        (Etype::Rc4Hmac, "24D7F6B6BAE4E5C00D2082C5EBAB3672"),
    ] {
        let of = |text| string_to_key(etype, text, text, DEFAULT_ITERATIONS);
        assert_eq!(
            upper(prf::cf2(&of("key1"), &of("key2"), b"a", b"b").expose()),
            expected,
            "{etype}"
        );
    }
}

#[test]
fn prf_plus_ends_after_255_outputs() {
    let key = Key::generate(AES128, &mut rng());
    assert_eq!(
        prf::prf_plus(&key, b"x", 255 * 16).map(|out| out.len()),
        Some(255 * 16)
    );
    assert!(prf::prf_plus(&key, b"x", 255 * 16 + 1).is_none());
    assert_eq!(prf::prf_plus(&key, b"x", 0).map(|out| out.len()), Some(0));
}

/// RFC 4757 maps 3 to 8 and 23 to 13; mapping 9 to 8, as it prints too, would make a subkey's reply unreadable.
#[test]
fn rc4_maps_usages_3_and_23_only() {
    let key = Key::generate(Etype::Rc4Hmac, &mut rng());
    let opens = |made: u32, read: u32| {
        key.decrypt(KeyUsage(read), &key.encrypt(KeyUsage(made), THIRTY, &mut rng()))
            .is_ok()
            && key.checksum(KeyUsage(made), THIRTY) == key.checksum(KeyUsage(read), THIRTY)
    };
    assert!(opens(3, 8) && opens(23, 13));
    assert!(!opens(9, 8) && !opens(1, 8));
}

#[test]
fn key_lengths_are_checked_on_both_sides() {
    for etype in Etype::ALL {
        let length = etype.key_length();
        assert!(Key::new(etype, &vec![1; length]).is_ok());
        for got in [0, length - 1, length + 1] {
            let refused = Key::new(etype, &vec![1; got]);
            assert_eq!(
                refused,
                Err(CryptoError::KeyLength {
                    etype,
                    expected: length,
                    got
                })
            );
        }
    }
}

#[test]
fn the_shortest_ciphertext_holds_nothing() {
    for etype in Etype::ALL {
        let key = Key::generate(etype, &mut rng());
        let ciphertext = key.encrypt(KeyUsage::TICKET, b"", &mut rng());
        assert_eq!(ciphertext.len(), etype.overhead());
        assert_eq!(key.decrypt(KeyUsage::TICKET, &ciphertext), Ok(Vec::new()));
        let (minimum, got) = (etype.overhead(), etype.overhead() - 1);
        let refused = key.decrypt(KeyUsage::TICKET, &ciphertext[1..]);
        assert_eq!(refused, Err(CryptoError::TooShort { etype, minimum, got }));
    }
}

#[test]
fn another_usage_or_key_is_refused() {
    for etype in Etype::ALL {
        let (key, other) = (
            Key::generate(etype, &mut rng()),
            Key::new(etype, &vec![7; etype.key_length()]).unwrap(),
        );
        let usage = KeyUsage::AP_REP;
        let ciphertext = key.encrypt(KeyUsage::TICKET, THIRTY, &mut rng());
        let refused = |usage| Err(CryptoError::IntegrityCheckFailed { etype, usage });
        assert_eq!(key.decrypt(usage, &ciphertext), refused(usage));
        assert_eq!(
            other.decrypt(KeyUsage::TICKET, &ciphertext),
            refused(KeyUsage::TICKET)
        );
        let checksum = key.checksum(usage, THIRTY);
        assert_eq!(key.verify_checksum(usage, THIRTY, &checksum), Ok(()));
        assert!(
            key.verify_checksum(KeyUsage::KRB_PRIV, THIRTY, &checksum)
                .is_err()
        );
        assert!(other.verify_checksum(usage, THIRTY, &checksum).is_err());
        assert!(key.verify_checksum(usage, THIRTY, &checksum[1..]).is_err());
    }
}

#[test]
fn numbers_and_names_go_both_ways() {
    for etype in Etype::ALL {
        assert_eq!(Etype::from_number(etype.number()), Some(etype));
        assert_eq!(
            ChecksumType::from_number(etype.checksum_type().number()),
            Some(etype.checksum_type())
        );
        let checksum = Key::generate(etype, &mut rng()).checksum(KeyUsage(1), b"");
        assert_eq!(checksum.len(), etype.checksum_type().length());
    }
    assert_eq!(Etype::from_number(0), None);
    assert_eq!(ChecksumType::from_number(7), None);
}

#[test]
fn debug_shows_no_octets() {
    let key = Key::new(Etype::Rc4Hmac, &[0xab; 16]).unwrap();
    assert_eq!(format!("{key:?}"), "Key(arcfour-hmac-md5)");
}

#[test]
fn threads_may_derive_at_once() {
    let key = Key::generate(AES256, &mut rng());
    let ciphertexts: Vec<_> = (0..40)
        .map(|u| key.clone().encrypt(KeyUsage(u), THIRTY, &mut rng()))
        .collect();
    let fresh = Key::new(AES256, key.expose()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for (usage, ciphertext) in (0..).zip(&ciphertexts) {
                    assert_eq!(fresh.decrypt(KeyUsage(usage), ciphertext).as_deref(), Ok(THIRTY));
                }
            });
        }
    });
}

fn etypes() -> impl Strategy<Value = Etype> {
    proptest::sample::select(&Etype::ALL[..])
}

proptest! {
    #[test]
    fn what_is_encrypted_is_decrypted(
        etype in etypes(), usage in 0u32..70, text in proptest::collection::vec(any::<u8>(), 0..100), seed: u64,
    ) {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let key = Key::generate(etype, &mut rng);
        let ciphertext = key.encrypt(KeyUsage(usage), &text, &mut rng);
        prop_assert_eq!(ciphertext.len(), text.len() + etype.overhead());
        prop_assert_eq!(key.decrypt(KeyUsage(usage), &ciphertext), Ok(text));
    }

    #[test]
    fn no_flipped_bit_passes(
        etype in etypes(), text in proptest::collection::vec(any::<u8>(), 0..70), at: proptest::sample::Index, bit in 0..8,
    ) {
        let key = Key::generate(etype, &mut rng());
        let mut ciphertext = key.encrypt(KeyUsage::TICKET, &text, &mut rng());
        *at.get_mut(&mut ciphertext) ^= 1u8 << bit;
        prop_assert!(key.decrypt(KeyUsage::TICKET, &ciphertext).is_err());
        let mut checksum = key.checksum(KeyUsage::TICKET, &text).to_vec();
        *at.get_mut(&mut checksum) ^= 1u8 << bit;
        prop_assert!(key.verify_checksum(KeyUsage::TICKET, &text, &checksum).is_err());
    }

    #[test]
    fn no_truncation_passes(
        etype in etypes(), text in proptest::collection::vec(any::<u8>(), 0..70), at: proptest::sample::Index,
    ) {
        let key = Key::generate(etype, &mut rng());
        let ciphertext = key.encrypt(KeyUsage::TICKET, &text, &mut rng());
        prop_assert!(key.decrypt(KeyUsage::TICKET, &ciphertext[..at.index(ciphertext.len())]).is_err());
    }

    #[test]
    fn arbitrary_octets_never_panic(etype in etypes(), octets in proptest::collection::vec(any::<u8>(), 0..100)) {
        let key = Key::generate(etype, &mut rng());
        prop_assert!(key.decrypt(KeyUsage::AS_REP, &octets).is_err());
        prop_assert!(key.verify_checksum(KeyUsage::AS_REP, b"data", &octets).is_err());
    }
}
