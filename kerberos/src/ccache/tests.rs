//! Layout, faults and properties of credential caches.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn alice() -> Principal {
    Principal {
        realm: "CORP.EXAMPLE".into(),
        name: PrincipalName::principal("alice"),
    }
}

fn tgt() -> Credential {
    Credential {
        client: alice(),
        server: Principal {
            realm: "CORP.EXAMPLE".into(),
            name: PrincipalName::krbtgt("CORP.EXAMPLE"),
        },
        key: EncryptionKey::new(18, &[7; 32]),
        auth_time: KerberosTime::from_unix_seconds(1_795_420_800),
        start_time: KerberosTime::from_unix_seconds(1_795_420_800),
        end_time: KerberosTime::from_unix_seconds(1_795_456_800),
        renew_till: KerberosTime::from_unix_seconds(1_796_025_600),
        is_session_key: false,
        flags: TicketFlags::FORWARDABLE | TicketFlags::RENEWABLE,
        addresses: vec![TypedOctets {
            kind: 2,
            octets: vec![192, 0, 2, 1],
        }],
        authorization_data: Vec::new(),
        ticket: vec![0x61, 0],
        second_ticket: Vec::new(),
    }
}

fn file() -> Vec<u8> {
    Ccache {
        credentials: vec![tgt()],
        ..Ccache::new(alice())
    }
    .write()
    .unwrap()
}

/// The default principal as in the file.
const ALICE: &str = "00000001 00000001 0000000c434f52502e4558414d504c45 00000005616c696365";

#[test]
fn the_layout_of_a_cache() {
    let krbtgt = "00000002 00000002 0000000c434f52502e4558414d504c45 000000066b7262746774 0000000c434f52502e4558414d504c45";
    let key = format!("0012 00000020 {}", "07".repeat(32));
    let times = "6b03f280 6b03f280 6b047f20 6b0d2d00";
    let rest = "00 40800000 00000001 0002 00000004c0000201 00000000 000000026100 00000000";
    let expected =
        format!("0504 000c 0001 0008 00000000 00000000 {ALICE} {ALICE} {krbtgt} {key} {times} {rest}");
    assert_eq!(hex::encode(file()), expected.replace(' ', ""));
}

#[test]
fn version_3_says_the_key_type_twice_and_has_no_header() {
    let head = format!("0503 {ALICE}").replace(' ', "");
    let version_4 = file();
    let credential = &version_4[2 + 2 + 12 + head.len() / 2 - 2..];
    let key = credential
        .windows(3)
        .position(|octets| octets == [0, 18, 0])
        .unwrap();
    let file = [
        &hex::decode(head).unwrap(),
        &credential[..key],
        &[0, 18],
        &credential[key..],
    ]
    .concat();
    let read = Ccache::read(&file).unwrap();
    assert_eq!((read.credentials, read.header), (vec![tgt()], Vec::new()));
}

#[test]
fn settings_are_entries_but_no_tickets() {
    let mut cache = Ccache {
        credentials: vec![tgt()],
        ..Ccache::new(alice())
    };
    let krbtgt = Some("krbtgt/CORP.EXAMPLE@CORP.EXAMPLE");
    cache.set_config("fast_avail", krbtgt, b"no");
    cache.set_config("fast_avail", krbtgt, b"yes");
    cache.set_config("refresh_time", None, b"1795438800");
    let read = Ccache::read(&cache.write().unwrap()).unwrap();
    assert_eq!(read.config("fast_avail", krbtgt), Some(b"yes".as_slice()));
    assert_eq!(read.config("fast_avail", None), None);
    assert_eq!(read.config("refresh_time", None), Some(b"1795438800".as_slice()));
    assert_eq!((read.credentials.len(), read.tickets().count()), (3, 1));
}

#[test]
fn faults_are_located() {
    let file = file();
    let error = |octets: &[u8]| Ccache::read(octets).unwrap_err();
    assert_eq!(error(b"").offset, 0);
    assert_eq!(
        error(b"\x05\x02").to_string(),
        "ccache, octet 0: expected version 05 04 or 05 03, got [05, 02]"
    );
    assert_eq!(error(&file[..10]).offset, 4);
    assert_eq!(error(&file[..file.len() - 1]).offset, file.len() - 4);
    let short_offset = error(b"\x05\x04\x00\x08\x00\x01\x00\x04\x00\x00\x00\x00");
    assert_eq!(
        (short_offset.offset, short_offset.expected.as_str()),
        (6, "8 octets of clock difference")
    );
    // a count of components that no file can have
    assert_eq!(
        error(b"\x05\x03\x00\x00\x00\x01\xff\xff\xff\xff\x00\x00\x00\x00").offset,
        14
    );
}

#[test]
fn a_time_that_needs_more_than_32_bits_is_written_as_the_bound() {
    let late = Credential {
        end_time: KerberosTime::from_unix_seconds(1 << 40),
        ..tgt()
    };
    let file = Ccache {
        credentials: vec![late],
        ..Ccache::new(alice())
    }
    .write()
    .unwrap();
    let read = Ccache::read(&file).unwrap().credentials.remove(0);
    assert_eq!(read.end_time.unix_seconds(), i64::from(u32::MAX));
}

fn principals() -> impl Strategy<Value = Principal> {
    (".{0,9}", any::<i32>(), vec(".{0,9}", 0..4)).prop_map(|(realm, kind, parts)| Principal {
        realm: realm.into(),
        name: PrincipalName::new(NameType(kind), parts),
    })
}

fn typed() -> impl Strategy<Value = Vec<TypedOctets>> {
    vec(
        (any::<u16>(), octets()).prop_map(|(kind, octets)| TypedOctets {
            kind: kind.into(),
            octets,
        }),
        0..3,
    )
}

fn octets() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..30)
}

fn credentials() -> impl Strategy<Value = Credential> {
    let key = (any::<i16>(), octets()).prop_map(|(etype, octets)| EncryptionKey::new(etype.into(), &octets));
    let who = (principals(), principals(), key);
    let tickets = (octets(), octets());
    (
        who,
        any::<[u32; 4]>(),
        any::<bool>(),
        any::<u32>(),
        typed(),
        typed(),
        tickets,
    )
        .prop_map(
            |(
                (client, server, key),
                times,
                is_session_key,
                flags,
                addresses,
                authorization_data,
                tickets,
            )| {
                let [auth_time, start_time, end_time, renew_till] =
                    times.map(|t| KerberosTime::from_unix_seconds(t.into()));
                let (ticket, second_ticket) = tickets;
                Credential {
                    client,
                    server,
                    key,
                    auth_time,
                    start_time,
                    end_time,
                    renew_till,
                    is_session_key,
                    flags: TicketFlags::from_bits_retain(flags),
                    addresses,
                    authorization_data,
                    ticket,
                    second_ticket,
                }
            },
        )
}

fn header() -> impl Strategy<Value = HeaderField> {
    prop_oneof![
        (any::<i32>(), any::<i32>()).prop_map(|(seconds, micros)| HeaderField::KdcOffset { seconds, micros }),
        (2u16.., octets()).prop_map(|(tag, octets)| HeaderField::Unknown { tag, octets }),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        header in vec(header(), 0..3), principal in principals(), credentials in vec(credentials(), 0..4),
    ) {
        let cache = Ccache { header, principal, credentials };
        prop_assert_eq!(Ccache::read(&cache.write().unwrap()), Ok(cache));
    }

    #[test]
    fn arbitrary_octets_never_panic(
        version in 3u8..5, octets in vec(any::<u8>(), 0..200), at: prop::sample::Index, mask in 1u8..,
    ) {
        let _ = Ccache::read(&[&[5, version], octets.as_slice()].concat());
        let mut file = file();
        *at.get_mut(&mut file) ^= mask;
        let _ = Ccache::read(&file);
        prop_assert!(Ccache::read(&file[..at.index(4)]).is_err());
    }
}
