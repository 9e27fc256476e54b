//! The Samba profile gives the answers that were measured with Samba 4.17.

use std::time::Duration;

use kdc_sim::directory::rid;
use kerberos::codes::{ErrorCode, PaDataType};
use kerberos::pac::{Pac, PacType, SignatureKind};
use kerberos::wire::{KeyListReq, Kvno};

use crate::lab::*;

type Change = fn(&mut Partial);

#[test]
fn the_measured_matrix() {
    let rows: [(&str, Change, ErrorCode); 16] = [
        ("full PAC", |_| (), ErrorCode::NONE),
        (
            "groups claimed",
            |partial| partial.groups = vec![rid::DOMAIN_ADMINS, rid::ENTERPRISE_ADMINS],
            ErrorCode::NONE,
        ),
        (
            "no attributes",
            |partial| partial.attributes = false,
            ErrorCode::NONE,
        ),
        (
            "no requestor",
            |partial| partial.requestor = None,
            ErrorCode::TGT_REVOKED,
        ),
        (
            "no PAC",
            |partial| partial.pac = PacKind::None,
            ErrorCode::TGT_REVOKED,
        ),
        (
            "another RID in LOGON_INFO",
            |partial| partial.logon_rid = 1105,
            ErrorCode::NONE,
        ),
        (
            "bad server signature",
            |partial| partial.pac = PacKind::Corrupt(SignatureKind::Server),
            ErrorCode::BAD_INTEGRITY,
        ),
        (
            "bad KDC signature",
            |partial| partial.pac = PacKind::Corrupt(SignatureKind::Kdc),
            ErrorCode::NONE,
        ),
        (
            "no server signature",
            |partial| partial.pac = PacKind::Without(PacType::SERVER_CHECKSUM),
            ErrorCode::GENERIC,
        ),
        (
            "no KDC signature",
            |partial| partial.pac = PacKind::Without(PacType::KDC_CHECKSUM),
            ErrorCode::GENERIC,
        ),
        (
            "no LOGON_INFO",
            |partial| partial.pac = PacKind::Without(PacType::LOGON_INFO),
            ErrorCode::GENERIC,
        ),
        (
            "no CLIENT_INFO",
            |partial| partial.pac = PacKind::Without(PacType::CLIENT_INFO),
            ErrorCode::GENERIC,
        ),
        ("no kvno", |partial| partial.kvno = None, ErrorCode::BAD_INTEGRITY),
        (
            "another version",
            |partial| partial.kvno = Some(Kvno::new(RODC, 77)),
            ErrorCode::BADKEYVER,
        ),
        (
            "another number",
            |partial| partial.kvno = Some(Kvno::new(RODC + 1, 1)),
            ErrorCode::NOT_US,
        ),
        (
            "expired",
            |partial| partial.endtime = MONDAY,
            ErrorCode::TKT_EXPIRED,
        ),
    ];
    for (row, change, expected) in rows {
        let mut lab = Lab::samba();
        let held = Partial::new(&lab, "ada").with(change).held();
        assert_eq!(
            lab.ask(&Ask::tgt(&held)).err().unwrap_or(ErrorCode::NONE),
            expected,
            "{row}"
        );
    }
    let mut lab = Lab::samba();
    let future = Partial::new(&lab, "ada")
        .with(|partial| partial.starttime = MONDAY + Duration::from_secs(3600))
        .held();
    assert_eq!(lab.ask(&Ask::tgt(&future)).err(), Some(ErrorCode::TKT_NYV));
    for (user, expected) in [
        ("nobody", ErrorCode::C_PRINCIPAL_UNKNOWN),
        ("gus", ErrorCode::TGT_REVOKED),
        ("dom", ErrorCode::TGT_REVOKED),
    ] {
        let held = Partial::new(&lab, user).held();
        assert_eq!(lab.ask(&Ask::tgt(&held)).err(), Some(expected), "{user}");
    }
}

/// The cases that tests/interop/samba.sh sends to Samba itself.
#[test]
fn the_cases_sent_to_samba_are_answered_as_samba_does() {
    const CASES: &str = include_str!("../../../tests/interop/partial_cases");
    // the users of that test, and who has their part here
    let here = |user: &str| match user {
        "alice" => "ada",
        "bob" => "eve",
        "carol" => "gus",
        "dora" => "dom",
        other => panic!("a user without a part here: {other}"),
    };
    let cases = CASES.lines().filter(|line| !line.starts_with('#'));
    for case in cases {
        let fields: Vec<&str> = case.split_whitespace().collect();
        let [name, user, owner, flaw, answer] = fields[..] else {
            panic!("expected five fields: {case}");
        };
        let mut lab = Lab::samba();
        let owner = lab.domain.account(here(owner)).expect("an account").sid;
        let held = Partial::new(&lab, here(user)).with(|partial| {
            partial.requestor = Some(owner);
            match flaw {
                "-" => {}
                "no-requestor" => partial.requestor = None,
                "no-pac" => partial.pac = PacKind::None,
                "bad-signature" => partial.pac = PacKind::Corrupt(SignatureKind::Server),
                other => panic!("a flaw without a meaning here: {other}"),
            }
        });
        let answered = lab.ask(&Ask::tgt(&held.held())).err().unwrap_or(ErrorCode::NONE);
        let expected = answer.parse().map_or(ErrorCode::NONE, ErrorCode);
        assert_eq!(answered, expected, "{name}");
    }
}

#[test]
fn the_full_tgt_has_the_buffers_that_were_seen() {
    let mut lab = Lab::samba();
    let held = Partial::new(&lab, "ada").held();
    let ask = Ask::tgt(&held).with(|ask| {
        ask.padata
            .push(PaDataType::KERB_KEY_LIST_REQ, KeyListReq(vec![23]).encode())
    });
    let full = lab.ask(&ask).unwrap();
    let octets = lab.open(&full.ticket, &lab.krbtgt_key()).pac().unwrap();
    let kinds: Vec<u32> = Pac::parse(&octets)
        .unwrap()
        .buffers()
        .map(|(kind, _)| kind.0)
        .collect();
    assert_eq!(kinds, [1, 10, 12, 18, 6, 7]);
    let methods = full.part.unwrap().encrypted_pa_data.unwrap();
    assert!(
        !methods.contains(PaDataType::KERB_KEY_LIST_REP),
        "the request for keys is ignored"
    );
    assert!(methods.contains(PaDataType::SUPPORTED_ENCTYPES));
}
