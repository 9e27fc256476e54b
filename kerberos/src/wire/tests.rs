//! Where other programs and the library differ from a plain reading of the ASN.1, each with its test.

use hex::ToHex;
use proptest::prelude::*;

use super::*;
use crate::codes::{AdType, ErrorCode, NtStatus, PaDataType};
use crate::crypto::{Etype, Key, KeyUsage};
use crate::{KerberosTime, Timestamp};

fn unhex(digits: &str) -> Vec<u8> {
    hex::decode(digits.replace(' ', "")).expect("hex")
}

fn encrypted(kvno: &str) -> Vec<u8> {
    let kvno = unhex(kvno);
    let inner = 5 + 2 + kvno.len() + 5;
    let mut octets = vec![0x30, u8::try_from(inner).expect("short"), 0xA0, 3, 2, 1, 18];
    octets.extend([0xA1, u8::try_from(kvno.len()).expect("short")]);
    octets.extend(kvno);
    octets.extend([0xA2, 3, 4, 1, 0xFF]);
    octets
}

fn sample_body() -> KdcReqBody {
    KdcReqBody {
        kdc_options: KdcOptions::FORWARDABLE | KdcOptions::RENEWABLE | KdcOptions::CANONICALIZE,
        cname: None,
        realm: "CORP.EXAMPLE".into(),
        sname: Some(PrincipalName::krbtgt("CORP.EXAMPLE")),
        from: None,
        till: KerberosTime::WINDOWS_FOREVER,
        rtime: None,
        nonce: UInt32(0x7FFF_FFFF),
        etype: vec![18, 17, 23],
        addresses: None,
        enc_authorization_data: None,
        additional_tickets: None,
    }
}

fn sample_ticket_part() -> EncTicketPart {
    EncTicketPart {
        flags: TicketFlags::FORWARDABLE | TicketFlags::RENEWABLE | TicketFlags::ENC_PA_REP,
        key: EncryptionKey::new(18, &[7; 32]),
        crealm: "CORP.EXAMPLE".into(),
        cname: PrincipalName::principal("ada"),
        transited: TransitedEncoding {
            r#type: 0,
            contents: OctetString::default(),
        },
        authtime: KerberosTime::from_unix_seconds(1_795_420_800),
        starttime: None,
        endtime: KerberosTime::from_unix_seconds(1_795_456_800),
        renew_till: None,
        caddr: None,
        authorization_data: Some(AuthorizationData::from_pac(vec![1, 2, 3])),
    }
}

// Key versions and nonces.

#[test]
fn a_kvno_is_read_signed_and_unsigned_and_written_signed() {
    let signed = encrypted("02 04 B6 51 00 01");
    let unsigned = encrypted("02 05 00 B6 51 00 01");
    for octets in [&signed, &unsigned] {
        let data = EncryptedData::decode(octets).expect("either form");
        let kvno = data.kvno.expect("present");
        assert_eq!((kvno.rodc_number(), kvno.version()), (46673, 1));
        assert_eq!(data.encode(), signed);
    }
    assert!(
        rasn::der::decode::<rasn_kerberos::EncryptedData>(&signed).is_err(),
        "the library still refuses it"
    );
}

#[test]
fn a_kvno_has_32_bits() {
    for (octets, expected) in [
        ("02 04 7F FF FF FF", Some(0x7FFF_FFFF)),
        ("02 04 80 00 00 00", Some(0x8000_0000)),
        ("02 05 00 FF FF FF FF", Some(0xFFFF_FFFF)),
        ("02 01 FF", Some(0xFFFF_FFFF)),
        ("02 05 01 00 00 00 00", None),
        ("02 05 FF 7F FF FF FF", None),
    ] {
        let kvno = EncryptedData::decode(&encrypted(octets))
            .ok()
            .and_then(|data| data.kvno);
        assert_eq!(kvno, expected.map(Kvno), "{octets}");
    }
}

#[test]
fn a_kvno_is_shown_with_its_halves() {
    assert_eq!(
        Kvno::new(21463, 1203).to_string(),
        "0x53D704B3 = RODC 21463, version 1203"
    );
    assert_eq!(Kvno(2).to_string(), "2");
}

#[test]
fn a_nonce_is_read_signed_and_written_unsigned() {
    let mut body = sample_body();
    body.nonce = UInt32(0xFFFF_FFFF);
    let unsigned = body.encode();
    assert!(
        unsigned
            .encode_hex::<String>()
            .contains("a7070205 00ffffffff".replace(' ', "").as_str())
    );
    let signed = unsigned
        .encode_hex::<String>()
        .replace("a707020500ffffffff", "a7030201ff");
    let mut signed = unhex(&signed);
    signed[1] -= 4;
    assert_eq!(
        KdcReqBody::decode(&signed).map(|body| body.nonce),
        Ok(UInt32(0xFFFF_FFFF))
    );
}

// Names.

#[test]
fn names_are_utf8_and_other_octets_survive() {
    for name in ["ada", "À", "Ł", "日本", "ü", "ë", ""] {
        let octets = PrincipalName::principal(name).encode_for_test();
        let read = PrincipalName::decode_for_test(&octets).expect("any octets are a name");
        assert_eq!(read.components, [name]);
        assert_eq!(read.to_string(), name);
    }
    let latin1 = KerberosText::from(&[0xE0, 0x80][..]);
    let read = PrincipalName::decode_for_test(&PrincipalName::principal(latin1.clone()).encode_for_test());
    assert_eq!(read.map(|name| name.components), Ok(vec![latin1.clone()]));
    assert_eq!(latin1.as_str(), None);
}

impl PrincipalName {
    fn encode_for_test(&self) -> Vec<u8> {
        error::encode_der(self)
    }

    fn decode_for_test(octets: &[u8]) -> Result<Self, DecodeError> {
        error::decode_der(octets, "PrincipalName")
    }
}

#[test]
fn a_name_is_shown_and_parsed_with_slashes() {
    let name = PrincipalName::parse("cifs/files.corp.example");
    assert_eq!(
        name,
        PrincipalName::service_instance(["cifs", "files.corp.example"])
    );
    assert_eq!(name.to_string(), "cifs/files.corp.example");
    assert_eq!(PrincipalName::parse("ada").name_type, NameType::PRINCIPAL);
    assert_eq!(
        PrincipalName::krbtgt("A.B")
            .krbtgt_realm()
            .map(ToString::to_string)
            .as_deref(),
        Some("A.B")
    );
    assert_eq!(name.krbtgt_realm(), None);
}

// Flags.

#[test]
fn flags_are_written_as_32_bits() {
    let options = PaPacOptions {
        options: PacOptions::BRANCH_AWARE,
    };
    assert_eq!(options.encode(), unhex("30 09 A0 07 03 05 00 40 00 00 00"));
    let expected = PaPacOptions {
        options: PacOptions::empty(),
    };
    assert_eq!(expected.encode(), unhex("30 09 A0 07 03 05 00 00 00 00 00"));
}

#[test]
fn flags_are_read_at_any_length() {
    for (octets, bits) in [
        ("30 05 A0 03 03 01 00", 0),
        ("30 06 A0 04 03 02 06 40", 0x4000_0000),
        ("30 06 A0 04 03 02 06 7F", 0x4000_0000),
        ("30 07 A0 05 03 03 00 40 81", 0x4081_0000),
        ("30 09 A0 07 03 05 00 FE DC BA 98", 0xFEDC_BA98),
        ("30 0A A0 08 03 06 00 FE DC BA 98 FF", 0xFEDC_BA98),
    ] {
        let read = PaPacOptions::decode(&unhex(octets)).map(|options| options.options.bits());
        assert_eq!(read, Ok(bits), "{octets}");
    }
    for octets in [
        "30 04 A0 02 03 00",
        "30 05 A0 03 03 01 01",
        "30 06 A0 04 03 02 08 40",
    ] {
        assert!(PaPacOptions::decode(&unhex(octets)).is_err(), "{octets}");
    }
}

#[test]
fn flags_are_shown_by_name() {
    let flags = TicketFlags::from_bits_retain(0x4081_0001);
    assert_eq!(
        flags.to_string(),
        "0x40810001 forwardable renewable enc_pa_rep 0x00000001"
    );
}

// Times.

#[test]
fn times_are_whole_seconds_of_utc() {
    let time = |text: &str| {
        let length = u8::try_from(text.len()).expect("short");
        let mut octets = vec![0x30, length + 4, 0xA0, length + 2, 0x18, length];
        octets.extend(text.as_bytes());
        PaEncTsEnc::decode(&octets)
    };
    assert!(time("20261123201530Z").is_ok());
    for text in [
        "20261123201530.123456Z",
        "20261123201530",
        "20261123201530+0000",
        "20261323201530Z",
    ] {
        let error = time(text).expect_err(text);
        assert_eq!(error.field, "patimestamp");
        assert!(error.to_string().contains("YYYYMMDDHHMMSSZ"), "{error}");
    }
}

// Octets that checksums cover.

#[test]
fn the_body_of_a_request_keeps_the_octets_of_its_sender() {
    let request = KdcReq::new(KdcReqKind::Tgs, MethodData::default(), sample_body());
    // the same body with the length of its outer SEQUENCE in one octet more than needed
    let minimal = request.body_octets().to_vec();
    let mut long = vec![0x30, 0x81];
    long.extend(&minimal[1..]);
    let foreign =
        KdcReq::with_body_octets(KdcReqKind::Tgs, MethodData::default(), long.clone()).expect("readable");
    let octets = foreign.encode();
    let read = KdcReq::decode(&octets).expect("readable");
    assert_eq!(read.body_octets(), long);
    assert_eq!(read.body(), request.body());
    assert_eq!(read.encode(), octets);
}

#[test]
fn the_ticket_signature_covers_a_zero_octet_in_place_of_the_pac() {
    let part = sample_ticket_part();
    let input = part.ticket_signature_input().expect("there is a PAC");
    let blank = EncTicketPart {
        authorization_data: Some(AuthorizationData::from_pac(vec![0])),
        ..part.clone()
    };
    assert_eq!(input, blank.encode());
    assert_eq!(part.pac().as_deref(), Some(&[1, 2, 3][..]));
    let without = EncTicketPart {
        authorization_data: None,
        ..part
    };
    assert_eq!(without.ticket_signature_input(), None);
}

#[test]
fn authorization_data_are_found_past_what_cannot_be_read() {
    let inner = AuthorizationData(vec![
        AuthorizationDataValue {
            r#type: AdType::TOKEN_RESTRICTIONS.number(),
            data: vec![9].into(),
        },
        AuthorizationDataValue {
            r#type: AdType::WIN2K_PAC.number(),
            data: vec![1, 2].into(),
        },
    ]);
    let mut data = AuthorizationData::single(AdType::IF_RELEVANT, vec![0xFF]);
    data.0.extend(inner.if_relevant().0);
    assert_eq!(data.pac().as_deref(), Some(&[1, 2][..]));
    assert_eq!(data.find(AdType::TOKEN_RESTRICTIONS).as_deref(), Some(&[9][..]));
    assert_eq!(data.find(AdType::CAMMAC), None);
}

// Bad input.

#[test]
fn errors_name_the_field_and_the_place() {
    let good = KdcReq::new(KdcReqKind::Tgs, MethodData::default(), sample_body()).encode();

    let error = KdcReq::decode(&good[..good.len() - 1]).expect_err("cut");
    assert_eq!((error.message, error.offset), ("TGS-REQ", Some(0)), "{error}");
    assert!(matches!(error.problem, Problem::TooLong { .. }), "{error}");

    let mut trailing = good.clone();
    trailing.push(0);
    let error = KdcReq::decode(&trailing).expect_err("one more");
    assert_eq!(
        (error.offset, error.problem),
        (Some(good.len()), Problem::Trailing { count: 1 })
    );

    let error = KdcReq::decode(&[]).expect_err("nothing");
    assert_eq!(error.problem, Problem::Empty);

    let error = ApReq::decode(&good).expect_err("another message");
    assert_eq!(
        error.to_string(),
        "AP-REQ: expected [APPLICATION 14] AP-REQ, found [APPLICATION 12] TGS-REQ at octet 0"
    );

    let version = unhex(
        &good
            .encode_hex::<String>()
            .replacen("a103020105", "a103020104", 1),
    );
    let error = KdcReq::decode(&version).expect_err("version 4");
    assert_eq!(error.field, "pvno");
    assert!(matches!(error.problem, Problem::Version(_)), "{error}");

    let kind = unhex(
        &good
            .encode_hex::<String>()
            .replacen("a20302010c", "a20302010a", 1),
    );
    let error = KdcReq::decode(&kind).expect_err("the type of an AS-REQ");
    assert!(matches!(error.problem, Problem::MessageType(_)), "{error}");

    let till = unhex(&good.encode_hex::<String>().replacen("32303337", "32307837", 1));
    let error = KdcReq::decode(&till).expect_err("no year");
    assert_eq!(
        (error.message, error.field.as_str()),
        ("TGS-REQ", "req_body.till"),
        "{error}"
    );
}

#[test]
fn unknown_fields_and_missing_fields_are_refused() {
    let unknown = unhex("30 0A A0 03 01 01 FF A1 03 02 01 00");
    assert!(PaPacRequest::decode(&unknown).is_err());
    assert!(PaPacRequest::decode(&unhex("30 00")).is_err());
    assert_eq!(
        PaPacRequest { include_pac: true }.encode(),
        unhex("30 05 A0 03 01 01 FF")
    );
}

#[test]
fn bombs_are_refused_cleanly() {
    let long = unhex("6C 88 FF FF FF FF FF FF FF FF 00");
    assert!(matches!(
        KdcReq::decode(&long).map_err(|error| error.problem),
        Err(Problem::TooLong { .. } | Problem::Value(_))
    ));
    let mut deep = Vec::new();
    for _ in 0..20_000 {
        deep.extend([0x30, 0x80]);
    }
    assert!(MethodData::decode(&deep).is_err());
    // a nesting with right lengths, from the inside out
    let mut nested: Vec<u8> = vec![0x30, 0];
    for _ in 0..2_000 {
        let length = u16::try_from(nested.len()).expect("below 64 KiB").to_be_bytes();
        nested.splice(0..0, [0x30, 0x82, length[0], length[1]]);
    }
    assert!(MethodData::decode(&nested).is_err());
    assert!(Message::decode(&nested).is_err());
}

// Extensions.

#[test]
fn a_key_list_is_a_sequence_of_numbers_and_then_of_keys() {
    assert_eq!(KeyListReq(vec![23]).encode(), unhex("30 03 02 01 17"));
    let reply = KeyListRep(vec![EncryptionKey::new(23, &[0xAB; 16])]);
    assert_eq!(
        reply.encode(),
        unhex(&format!(
            "30 1B 30 19 A0 03 02 01 17 A1 12 04 10 {}",
            "AB".repeat(16)
        ))
    );
    assert_eq!(KeyListRep::decode(&reply.encode()), Ok(reply));
}

#[test]
fn error_data_carry_a_status() {
    let data = KerbErrorData::from_status(NtStatus::ACCOUNT_DISABLED, 1);
    assert_eq!(
        data.encode(),
        unhex("30 15 A1 03 02 01 03 A2 0E 04 0C 72 00 00 C0 00 00 00 00 01 00 00 00")
    );
    let sname = PrincipalName::krbtgt("CORP.EXAMPLE");
    let mut error = KrbError::new(
        ErrorCode::CLIENT_REVOKED,
        Timestamp::UNIX_EPOCH,
        "CORP.EXAMPLE",
        sname,
    );
    error.e_data = Some(data.encode().into());
    let read = KrbError::decode(&error.encode()).expect("its own encoding");
    assert_eq!(read.nt_status(), Some(NtStatus::ACCOUNT_DISABLED));
}

#[test]
fn the_checksum_of_s4u2self_covers_names_without_their_lengths() {
    let input = PaForUser::checksum_input(&PrincipalName::enterprise("a@b"), &"C".into(), &"Kerberos".into());
    assert_eq!(input, b"\x0a\0\0\0a@bCKerberos");
}

#[test]
fn supported_enctypes_are_four_octets_little_endian() {
    let all = SupportedEnctypes::from_bits_retain(0x1F);
    assert_eq!(all.to_octets(), [0x1F, 0, 0, 0]);
    assert_eq!(SupportedEnctypes::from_octets(&[0x1F, 0, 0, 0]), Some(all));
    assert_eq!(SupportedEnctypes::from_octets(&[0x1F]), None);
}

#[test]
fn the_encrypted_part_of_a_reply_is_read_with_either_tag() {
    let part = EncKdcRepPart {
        key: EncryptionKey::new(18, &[1; 32]),
        last_req: vec![LastReqEntry {
            lr_type: 0,
            lr_value: KerberosTime::UNIX_EPOCH,
        }],
        nonce: UInt32(1),
        key_expiration: None,
        flags: TicketFlags::empty(),
        authtime: KerberosTime::UNIX_EPOCH,
        starttime: Some(KerberosTime::UNIX_EPOCH),
        endtime: KerberosTime::UNIX_EPOCH,
        renew_till: None,
        srealm: "R".into(),
        sname: PrincipalName::krbtgt("R"),
        caddr: None,
        encrypted_pa_data: Some(MethodData::default().with(PaDataType::KERB_KEY_LIST_REP, vec![])),
    };
    let (as_rep, tgs_rep) = (part.clone().encode_as_rep(), part.clone().encode_tgs_rep());
    assert_eq!((as_rep[0], tgs_rep[0]), (0x60 | 25, 0x60 | 26));
    assert_eq!(EncKdcRepPart::decode(&as_rep), Ok(part.clone()));
    assert_eq!(EncKdcRepPart::decode(&tgs_rep), Ok(part));
}

// Encryption.

#[test]
fn what_is_sealed_opens_with_the_same_key_and_usage_only() {
    use rand_chacha::rand_core::SeedableRng;
    let mut rng = rand_chacha::ChaCha12Rng::seed_from_u64(1);
    let key = Key::generate(Etype::Aes256CtsHmacSha196, &mut rng);
    let sealed = EncryptedData::seal(&key, KeyUsage::TICKET, Some(Kvno(2)), b"content", &mut rng);
    assert_eq!(
        sealed.open(&key, KeyUsage::TICKET).as_deref(),
        Ok(&b"content"[..])
    );
    assert!(matches!(
        sealed.open(&key, KeyUsage::AS_REP),
        Err(OpenError::Crypto(_))
    ));
    let other = Key::generate(Etype::Rc4Hmac, &mut rng);
    assert!(matches!(
        sealed.open(&other, KeyUsage::TICKET),
        Err(OpenError::Etype { data: 18, .. })
    ));
    let carried = EncryptionKey::from(&key);
    assert_eq!(carried.to_key(), Ok(key));
    assert_eq!(
        format!("{carried:?}"),
        "EncryptionKey { keytype: 18, keyvalue: 32 octets }"
    );
    assert!(matches!(
        EncryptionKey::new(-1, &[]).to_key(),
        Err(SessionKeyError::Etype(-1))
    ));
    assert!(matches!(
        EncryptionKey::new(18, &[0; 31]).to_key(),
        Err(SessionKeyError::Length(_))
    ));
}

// GSS-API.

#[test]
fn a_token_frames_a_message() {
    for length in [0, 1, 112, 113, 114, 115, 243, 244, 65_535] {
        let token = GssToken::new(TokenId::ApReq, vec![0x6E; length]);
        assert_eq!(GssToken::decode(&token.encode()), Ok(token), "{length}");
    }
    let token = GssToken::new(TokenId::Error, vec![]).encode();
    assert_eq!(token, unhex("60 0D 06 09 2A 86 48 86 F7 12 01 02 02 03 00"));
    for end in 0..token.len() {
        assert!(GssToken::decode(&token[..end]).is_err(), "cut to {end}");
    }
    let spnego = unhex("60 0A 06 06 2B 06 01 05 05 02 30 00");
    assert!(GssToken::decode(&spnego).is_err());
}

#[test]
fn the_gss_checksum_carries_flags_and_delegated_credentials() {
    let mut checksum = GssChecksum::new(ChecksumFlags::MUTUAL | ChecksumFlags::INTEG);
    assert_eq!(
        checksum.encode(),
        unhex(&format!("10000000 {} 22000000", "00".repeat(16)))
    );
    assert_eq!(GssChecksum::decode(&checksum.encode()), Ok(checksum.clone()));
    checksum.flags |= ChecksumFlags::DELEG;
    checksum.delegated = Some(vec![0x76, 0]);
    let octets = checksum.encode();
    assert_eq!(GssChecksum::decode(&octets), Ok(checksum));
    for end in 0..octets.len() {
        assert!(GssChecksum::decode(&octets[..end]).is_err(), "cut to {end}");
    }
}

// Any value.

fn text() -> impl Strategy<Value = String> {
    "[A-Za-z0-9.@$-]{1,20}"
}

fn names() -> impl Strategy<Value = PrincipalName> {
    (-130_i32..12, prop::collection::vec(text(), 0..4))
        .prop_map(|(kind, parts)| PrincipalName::new(NameType(kind), parts))
}

fn times() -> impl Strategy<Value = KerberosTime> {
    (-62_167_219_200_i64..=253_402_300_799).prop_map(KerberosTime::from_unix_seconds)
}

prop_compose! {
    fn bodies()(
        options: u32, cname in prop::option::of(names()), realm in text(), sname in prop::option::of(names()),
        from in prop::option::of(times()), till in times(), nonce: u32, etype in prop::collection::vec(any::<i32>(), 0..5),
    ) -> KdcReqBody {
        KdcReqBody {
            kdc_options: KdcOptions::from_bits_retain(options),
            cname, realm: realm.into(), sname, from, till, rtime: None, nonce: UInt32(nonce), etype,
            addresses: None, enc_authorization_data: None, additional_tickets: None,
        }
    }
}

prop_compose! {
    fn ticket_parts()(
        flags: u32, key in prop::collection::vec(any::<u8>(), 0..40), crealm in text(), cname in names(),
        authtime in times(), starttime in prop::option::of(times()), pac in prop::option::of(prop::collection::vec(any::<u8>(), 0..300)),
    ) -> EncTicketPart {
        EncTicketPart {
            flags: TicketFlags::from_bits_retain(flags), key: EncryptionKey::new(18, &key), crealm: crealm.into(), cname,
            authtime, starttime, authorization_data: pac.map(AuthorizationData::from_pac), ..sample_ticket_part()
        }
    }
}

/// Reads and writes again with a type of the library.
fn library<T: rasn::Decode + rasn::Encode>(octets: &[u8]) -> Vec<u8> {
    let value = rasn::der::decode::<T>(octets).expect("the library reads ASCII and numbers in range");
    rasn::der::encode(&value).expect("and writes them")
}

proptest! {
    #[test]
    fn bodies_are_read_as_written_and_as_the_library_does(body in bodies()) {
        let octets = body.encode();
        prop_assert_eq!(&library::<rasn_kerberos::KdcReqBody>(&octets), &octets);
        prop_assert_eq!(KdcReqBody::decode(&octets), Ok(body));
    }

    #[test]
    fn ticket_parts_are_read_as_written_and_as_the_library_does(part in ticket_parts()) {
        let octets = part.encode();
        prop_assert_eq!(&library::<rasn_kerberos::EncTicketPart>(&octets), &octets);
        prop_assert_eq!(EncTicketPart::decode(&octets), Ok(part));
    }

    #[test]
    fn random_octets_never_stop_the_reader(tag in 0x60_u8..0x7F, octets in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut tagged = vec![tag];
        tagged.extend(&octets);
        let _ = Message::decode(&tagged);
        let _ = Message::decode(&octets);
        let _ = GssToken::decode(&octets);
        let _ = GssChecksum::decode(&octets);
        let _ = structure_fault(&octets);
    }
}

fn structure_fault(octets: &[u8]) -> Option<(usize, Problem)> {
    error::structure::fault(octets)
}
