use proptest::prelude::*;

use super::*;

fn response() -> SamLogonResponse {
    SamLogonResponse {
        user_unknown: false,
        flags: DcFlags::KDC | DcFlags::WRITABLE | DcFlags::KEY_LIST,
        domain_guid: [7; 16],
        dns_forest: "ad.fernhill.example".to_owned(),
        dns_domain: "ad.fernhill.example".to_owned(),
        dns_host: "dc01.ad.fernhill.example".to_owned(),
        netbios_domain: "FERNHILL".to_owned(),
        netbios_computer: "DC01".to_owned(),
        user: String::new(),
        dc_site: "Office".to_owned(),
        client_site: "Office".to_owned(),
        nt_version: NtVersion::V5 | NtVersion::V5EX,
    }
}

#[test]
fn a_response_is_read_as_it_was_written() {
    let octets = response().encode();
    assert_eq!(SamLogonResponse::decode(&octets).unwrap(), response());
    // the domain stands once: the second time it is a pointer to octet 24
    assert_eq!(octets.get(45..47).unwrap(), [0xC0, 24]);
}

#[test]
fn a_query_is_read_as_it_was_written() {
    let query = NetlogonQuery {
        user: Some("ada".to_owned()),
        ..NetlogonQuery::new(300, "ad.fernhill.example", "ADA-LT")
    };
    assert_eq!(NetlogonQuery::decode(&query.encode()).unwrap(), query);
}

#[test]
fn a_reply_says_whether_the_domain_is_served() {
    let found = read_reply(&encode_reply(9, Some(&response()))).unwrap();
    assert_eq!((found.message_id, found.response), (9, Some(response())));
    assert_eq!(read_reply(&encode_reply(9, None)).unwrap().response, None);
}

#[test]
fn a_name_that_points_to_itself_or_forward_is_refused() {
    let mut octets = response().encode();
    octets[24..26].copy_from_slice(&[0xC0, 24]);
    assert_eq!(SamLogonResponse::decode(&octets).unwrap_err().offset, 24);
    // a label and then a pointer to that label
    octets[24..28].copy_from_slice(&[1, b'a', 0xC0, 24]);
    assert_eq!(SamLogonResponse::decode(&octets).unwrap_err().offset, 26);
}

#[test]
fn a_search_for_something_else_is_refused() {
    let mut octets = NetlogonQuery::new(1, "a.example", "H").encode();
    let end = octets.len();
    octets[end - 8..].copy_from_slice(b"otherone");
    assert_eq!(
        NetlogonQuery::decode(&octets).unwrap_err().expected,
        "the attribute Netlogon"
    );
}

proptest! {
    #[test]
    fn no_octets_make_a_reader_panic(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = NetlogonQuery::decode(&octets);
        let _ = read_reply(&octets);
        let _ = SamLogonResponse::decode(&octets);
    }

    #[test]
    fn a_damaged_response_makes_no_reader_panic(at in 0_usize..120, octet: u8) {
        let mut octets = encode_reply(1, Some(&response()));
        if let Some(place) = octets.get_mut(at) {
            *place = octet;
        }
        let _ = read_reply(&octets);
    }
}
