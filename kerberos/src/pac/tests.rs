use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::crypto::{Etype, Key};

fn key(etype: Etype, octet: u8) -> Key {
    Key::new(etype, &vec![octet; etype.key_length()]).unwrap()
}

fn builder() -> PacBuilder {
    let sid = Sid::of_domain([1, 2, 3]).with_rid(1105).unwrap();
    PacBuilder::new()
        .logon_info(&LogonInfo {
            effective_name: "alice".into(),
            user_id: 1105,
            primary_group_id: 513,
            groups: vec![GroupMembership::new(513)],
            logon_domain_id: sid.domain(),
            ..LogonInfo::default()
        })
        .client_info(&ClientInfo {
            client_id: FileTime(132_000_000_000_000_000),
            name: "alice".into(),
        })
        .attributes_info(&AttributesInfo::new(AttributesFlags::PAC_WAS_REQUESTED))
        .requestor(&sid)
}

#[test]
fn a_tgt_carries_two_signatures_and_a_service_ticket_four() {
    let krbtgt = key(Etype::Aes256CtsHmacSha196, 7);
    let types = |pac: &[u8]| {
        Pac::parse(pac)
            .unwrap()
            .buffers()
            .map(|(kind, _)| kind.0)
            .collect::<Vec<_>>()
    };
    let keys = PacKeys::of_tgt(&krbtgt, None);
    assert_eq!(
        types(&builder().sign(&keys, &SignatureSet::TGT)),
        [1, 10, 17, 18, 6, 7]
    );
    let service = SignatureSet::service(b"ticket");
    assert_eq!(
        types(&builder().sign(&keys, &service)),
        [1, 10, 17, 18, 6, 7, 16, 19]
    );
    let with_places = builder()
        .signature(SignatureKind::Full)
        .signature(SignatureKind::Kdc);
    assert_eq!(
        types(&with_places.clone().sign(&keys, &service)),
        [1, 10, 17, 18, 19, 7, 6, 16]
    );
    assert_eq!(
        types(&with_places.sign(&keys, &SignatureSet::TGT)),
        [1, 10, 17, 18, 7, 6]
    );
}

#[test]
fn the_identifier_stands_behind_the_signatures_of_the_kdc_only() {
    let (server, kdc) = (key(Etype::Rc4Hmac, 1), key(Etype::Aes128CtsHmacSha196, 2));
    let keys = PacKeys {
        server: &server,
        kdc: &kdc,
        rodc_identifier: Some(21463),
    };
    let octets = builder().sign(&keys, &SignatureSet::service(b"ticket"));
    let pac = Pac::parse(&octets).unwrap();
    let lengths = [6, 7, 16, 19].map(|kind| pac.buffer(PacType(kind)).unwrap().len());
    assert_eq!(lengths, [4 + 16, 4 + 12 + 2, 4 + 12 + 2, 4 + 12 + 2]);
    for kind in [SignatureKind::Kdc, SignatureKind::Ticket, SignatureKind::Full] {
        assert_eq!(pac.signature(kind).unwrap().rodc_identifier, Some(21463));
    }
}

#[test]
fn a_missing_identifier_is_taken_and_a_surplus_one_is_not() {
    let krbtgt = key(Etype::Aes256CtsHmacSha196, 7);
    let verify = |made, expected| {
        let octets = builder().sign(&PacKeys::of_tgt(&krbtgt, made), &SignatureSet::TGT);
        Pac::parse(&octets)
            .unwrap()
            .verify(&PacKeys::of_tgt(&krbtgt, expected), &SignatureSet::TGT)
    };
    assert_eq!(verify(Some(1), Some(1)), Ok(()));
    assert_eq!(verify(None, Some(1)), Ok(()));
    let signature = SignatureKind::Kdc;
    assert_eq!(
        verify(Some(1), Some(2)),
        Err(SignatureError::RodcIdentifier {
            signature,
            expected: Some(2),
            came: 1
        })
    );
    assert_eq!(
        verify(Some(1), None),
        Err(SignatureError::RodcIdentifier {
            signature,
            expected: None,
            came: 1
        })
    );
}

#[test]
fn every_flipped_bit_is_refused() {
    let (server, kdc) = (key(Etype::Aes256CtsHmacSha196, 1), key(Etype::Rc4Hmac, 2));
    let keys = PacKeys {
        server: &server,
        kdc: &kdc,
        rodc_identifier: Some(21463),
    };
    for signatures in [SignatureSet::TGT, SignatureSet::service(b"ticket")] {
        let good = builder().sign(&keys, &signatures);
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let accepted = Pac::parse(&bad).is_ok_and(|pac| pac.verify(&keys, &signatures).is_ok());
            assert!(!accepted, "bit {bit} of {} octets", good.len());
        }
    }
}

#[test]
fn another_ticket_is_refused() {
    let krbtgt = key(Etype::Aes256CtsHmacSha196, 7);
    let keys = PacKeys::of_tgt(&krbtgt, None);
    let octets = builder().sign(&keys, &SignatureSet::service(b"ticket"));
    let refused = Pac::parse(&octets)
        .unwrap()
        .verify(&keys, &SignatureSet::service(b"Ticket"));
    assert_eq!(
        refused.unwrap_err().to_string(),
        "ticket signature: expected a value made with the KDC's key (hmac-sha1-96-aes256), came another"
    );
}

#[test]
fn a_signature_is_its_length_or_two_octets_more() {
    let parse = |length| {
        PacSignature::parse(
            SignatureKind::Kdc,
            &[&[16, 0, 0, 0][..], &vec![9; length]].concat(),
        )
        .map(|signature| signature.rodc_identifier)
    };
    let refused = |came| {
        Err(SignatureError::Length {
            signature: SignatureKind::Kdc,
            expected: 16,
            came,
        })
    };
    assert_eq!(parse(11), refused(15));
    assert_eq!(parse(12), Ok(None));
    assert_eq!(parse(13), refused(17));
    assert_eq!(parse(14), Ok(Some(0x0909)));
    assert_eq!(parse(15), refused(19));
}

#[test]
fn counts_that_nothing_backs_are_refused_before_allocation() {
    let mut octets = Vec::new();
    LogonInfo {
        groups: vec![GroupMembership::new(513)],
        ..LogonInfo::default()
    }
    .encode(&mut octets);
    for word in octets.as_chunks_mut::<4>().0 {
        if *word == [1, 0, 0, 0] {
            *word = [0xff; 4];
        }
    }
    let error = LogonInfo::decode(&octets).unwrap_err();
    assert!(
        matches!(
            error,
            NdrError::End {
                field: "GroupIds",
                ..
            }
        ),
        "{error}"
    );
}

fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..12).prop_map(String::from_iter)
}

fn rpc_string() -> impl Strategy<Value = RpcString> {
    prop_oneof![
        Just(RpcString::default()),
        (text(), 0u16..3).prop_map(|(text, spare_units)| RpcString {
            text: Some(text),
            spare_units
        }),
    ]
}

fn sid() -> impl Strategy<Value = Sid> {
    (0u64..1 << 48, vec(any::<u32>(), 0..=15))
        .prop_map(|(authority, rest)| Sid::new(authority, &rest).unwrap())
}

fn groups() -> impl Strategy<Value = Vec<GroupMembership>> {
    vec(
        (any::<u32>(), any::<u32>()).prop_map(|(rid, attributes)| GroupMembership { rid, attributes }),
        0..5,
    )
}

prop_compose! {
    fn logon_info()(
        strings in proptest::array::uniform8(rpc_string()),
        times in proptest::array::uniform8(any::<u64>().prop_map(FileTime)),
        words in proptest::array::uniform9(any::<u32>()),
        counts in any::<(u16, u16)>(),
        user_session_key in any::<[u8; 16]>(),
        groups in groups(),
        resource_groups in groups(),
        domains in (proptest::option::of(sid()), proptest::option::of(sid())),
        extra in vec((sid(), any::<u32>()), 0..5),
    ) -> LogonInfo {
        let [effective_name, full_name, logon_script, profile_path, home_directory, home_directory_drive, logon_server, logon_domain_name] = strings;
        LogonInfo {
            logon_time: times[0],
            logoff_time: times[1],
            kick_off_time: times[2],
            password_last_set: times[3],
            password_can_change: times[4],
            password_must_change: times[5],
            effective_name,
            full_name,
            logon_script,
            profile_path,
            home_directory,
            home_directory_drive,
            logon_count: counts.0,
            bad_password_count: counts.1,
            user_id: words[0],
            primary_group_id: words[1],
            groups,
            user_flags: UserFlags::from_bits_retain(words[2]),
            user_session_key,
            logon_server,
            logon_domain_name,
            logon_domain_id: domains.0,
            reserved1: [words[3], words[4]],
            user_account_control: words[5],
            sub_auth_status: words[6],
            last_successful_logon: times[6],
            last_failed_logon: times[7],
            failed_logon_count: words[7],
            reserved3: words[8],
            extra_sids: extra.into_iter().map(|(sid, attributes)| SidAndAttributes { sid, attributes }).collect(),
            resource_group_domain: domains.1,
            resource_groups,
        }
    }
}

/// Arbitrary octets, and a good buffer with some of its octets changed and its end cut: those get further.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let changed = (
        logon_info(),
        vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        0usize..40,
    );
    let changed = changed.prop_map(|(info, changes, cut)| {
        let mut octets = Vec::new();
        info.encode(&mut octets);
        for (at, octet) in changes {
            let at = at.index(octets.len());
            octets[at] = octet;
        }
        octets.truncate(octets.len() - cut);
        octets
    });
    prop_oneof![vec(any::<u8>(), 0..200), changed]
}

/// The largest capacity that MaximumLength has room for, found by fuzzing.
#[test]
fn a_null_string_keeps_its_capacity() {
    let full_name = RpcString {
        text: None,
        spare_units: 0x7fff,
    };
    let info = LogonInfo {
        full_name,
        ..LogonInfo::default()
    };
    let mut octets = Vec::new();
    info.encode(&mut octets);
    assert_eq!(LogonInfo::decode(&octets), Ok(info));
}

proptest! {
    #[test]
    fn logon_info_round_trips(info in logon_info()) {
        let mut octets = Vec::new();
        info.encode(&mut octets);
        prop_assert_eq!(octets.len() % 8, 0);
        prop_assert_eq!(LogonInfo::decode(&octets), Ok(info));
    }

    #[test]
    fn the_other_buffers_round_trip(
        name in text(),
        other in text(),
        time in any::<u64>(),
        flags in any::<u32>(),
        sid in proptest::option::of(sid()),
        services in vec(rpc_string(), 0..4),
    ) {
        let pac = PacBuilder::new()
            .client_info(&ClientInfo { client_id: FileTime(time), name: name.clone() })
            .upn_dns_info(&UpnDnsInfo {
                upn: name.clone(),
                dns_domain_name: other.clone(),
                flags: UpnDnsFlags::from_bits_retain(flags).difference(UpnDnsFlags::SAM_NAME_AND_SID),
                sam_name_and_sid: sid.map(|sid| (other.clone(), sid)),
            })
            .attributes_info(&AttributesInfo::new(AttributesFlags::from_bits_retain(flags)))
            .credential_info(&CredentialInfo { encryption_type: flags, encrypted: name.clone().into_bytes() })
            .delegation_info(&S4uDelegationInfo {
                proxy_target: RpcString::from(&name[..]),
                transited_services: services.clone(),
            })
            .buffer(PacType(99), other.as_bytes())
            .unsigned();
        let pac = Pac::parse(&pac).unwrap();
        let names = pac.upn_dns_info().unwrap().unwrap();
        let delegation = pac.delegation_info().unwrap().unwrap();
        prop_assert_eq!(pac.client_info().unwrap().unwrap(), ClientInfo { client_id: FileTime(time), name: name.clone() });
        prop_assert_eq!((&names.upn, &names.dns_domain_name), (&name, &other));
        prop_assert_eq!(names.flags.bits(), flags & !2);
        prop_assert_eq!(names.sam_name_and_sid, sid.map(|sid| (other.clone(), sid)));
        prop_assert_eq!(pac.attributes_info().unwrap().unwrap().flags.bits(), flags);
        prop_assert_eq!(pac.credential_info().unwrap().unwrap().encrypted, name.as_bytes());
        prop_assert_eq!((delegation.proxy_target.as_str(), delegation.transited_services), (&name[..], services));
        prop_assert_eq!(pac.buffer(PacType(99)), Some(other.as_bytes()));
    }

    #[test]
    fn octets_of_others_never_panic(octets in damaged()) {
        let _ = LogonInfo::decode(&octets);
        let _ = S4uDelegationInfo::decode(&octets);
        let _ = UpnDnsInfo::decode(&octets);
        let _ = ClientInfo::decode(&octets);
        let _ = AttributesInfo::decode(&octets);
        let _ = CredentialInfo::decode(&octets);
        let _ = replace_pac(&octets, &[0]);
        if let Ok(pac) = Pac::parse(&octets) {
            let _ = pac.verify_server(&key(Etype::Rc4Hmac, 1));
        }
    }

    #[test]
    fn tickets_of_others_never_panic(
        authorization_data in vec(any::<u8>(), 0..120),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        length in 0usize..100_000,
    ) {
        let ticket = ticket(&authorization_data);
        prop_assert_eq!(pac_of_ticket(&ticket), Ok(Some(&authorization_data[..])));
        let grown = replace_pac(&ticket, &vec![7; length]).unwrap();
        prop_assert_eq!(pac_of_ticket(&grown).unwrap().map(<[u8]>::len), Some(length));
        prop_assert_eq!(&replace_pac(&grown, &authorization_data).unwrap(), &ticket);
        let mut damaged = ticket;
        for (at, octet) in changes {
            let at = at.index(damaged.len());
            damaged[at] = octet;
        }
        let _ = pac_of_ticket(&damaged);
        let _ = replace_pac(&damaged, &[0]);
    }
}

#[test]
fn a_ticket_without_pac_says_so() {
    assert_eq!(
        replace_pac(&[0x63, 0x02, 0x30, 0x00], &[0]),
        Err(TicketError::NoPac)
    );
    assert_eq!(pac_of_ticket(&[0x63, 0x02, 0x30, 0x00]), Ok(None));
    assert!(pac_of_ticket(&[0x63, 0x02, 0x30, 0x00, 0x00]).is_err());
}

/// A ticket of two fields: one before the authorization data, and those with an entry of another type in front.
fn ticket(pac: &[u8]) -> Vec<u8> {
    let entry =
        |ad_type: &[u8], data: &[u8]| der(0x30, &[der(0xa0, ad_type), der(0xa1, &der(0x04, data))].concat());
    let inner = der(0x30, &entry(&[2, 2, 0, 128], pac));
    let outer = der(
        0x30,
        &[entry(&[2, 1, 5], b"other"), entry(&[2, 1, 1], &inner)].concat(),
    );
    der(
        0x63,
        &der(
            0x30,
            &[der(0xa0, &der(0x03, &[0; 5])), der(0xaa, &outer)].concat(),
        ),
    )
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match content.len() {
        short @ 0..0x80 => vec![short as u8],
        long @ 0x80..0x100 => vec![0x81, long as u8],
        long => vec![0x82, (long >> 8) as u8, long as u8],
    };
    [&[tag], &length[..], content].concat()
}
