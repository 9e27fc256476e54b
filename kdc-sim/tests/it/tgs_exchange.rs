//! The TGS exchange with full TGTs.

use std::time::Duration;

use kdc_sim::directory::{KeyRing, KeySet, TrustSpec, UserAccountControl};
use kerberos::codes::ErrorCode;
use kerberos::crypto::Key;
use kerberos::crypto::KeyUsage;
use kerberos::pac::{Pac, PacKeys, PacType, SignatureSet, ticket_without_pac};
use kerberos::sid::Sid;
use kerberos::wire::{KdcOptions, PrincipalName, SupportedEnctypes, TicketFlags};

use crate::lab::*;

const CIFS: &str = "cifs/fs01.ad.fernhill.example";

#[test]
fn a_service_ticket_has_four_signatures_and_the_local_groups() {
    let mut lab = Lab::new();
    let tgt = lab.sign_in("ada");
    let ticket = lab.ask(&Ask::service(&tgt, CIFS)).unwrap().ticket;
    let key = lab.keys("FS01$").key(AES256).unwrap().clone();
    let plaintext = ticket.enc_part.open(&key, KeyUsage::TICKET).unwrap();
    let octets = lab.open(&ticket, &key).pac().unwrap();
    let pac = Pac::parse(&octets).unwrap();
    let krbtgt = lab.krbtgt_key();
    let keys = PacKeys {
        server: &key,
        kdc: &krbtgt,
        rodc_identifier: None,
    };
    pac.verify(
        &keys,
        &SignatureSet::service(&ticket_without_pac(&plaintext).unwrap()),
    )
    .unwrap();
    let kinds: Vec<u32> = pac.buffers().map(|(kind, _)| kind.0).collect();
    assert_eq!(kinds, [1, 10, 12, 6, 7, 16, 19]);
    let info = pac.logon_info().unwrap().unwrap();
    assert_eq!(
        info.resource_groups
            .iter()
            .map(|group| group.rid)
            .collect::<Vec<_>>(),
        [1202]
    );
    assert_eq!(info.resource_group_domain, Some(domain_sid()));
}

#[test]
fn before_november_2022_there_is_no_full_signature() {
    let mut lab = Lab::new();
    let tgt = lab.sign_in("ada");
    let key = lab.keys("FS01$").key(AES256).unwrap().clone();
    for (level, there) in [("2022-10", false), ("2022-11", true)] {
        lab.dc.updates = level.parse().unwrap();
        let ticket = lab.ask(&Ask::service(&tgt, CIFS)).unwrap().ticket;
        let octets = lab.open(&ticket, &key).pac().unwrap();
        assert_eq!(
            Pac::parse(&octets)
                .unwrap()
                .buffer(PacType::FULL_CHECKSUM)
                .is_some(),
            there,
            "{level}"
        );
    }
}

#[test]
fn groups_in_a_ticket_are_those_of_the_sign_in() {
    let mut lab = Lab::new();
    let tgt = lab.sign_in("ada");
    lab.domain = Lab::changed(|domain| {
        domain.remove_member("Projects-Write", "ada");
    })
    .domain;
    let renewed = lab.ask(&Ask::renewal(&tgt)).unwrap();
    let groups = |lab: &Lab, held: &Held| {
        let octets = lab.open(&held.ticket, &lab.krbtgt_key()).pac().unwrap();
        let info = Pac::parse(&octets).unwrap().logon_info().unwrap().unwrap();
        info.groups.iter().map(|group| group.rid).collect::<Vec<_>>()
    };
    assert_eq!(groups(&lab, &renewed), [513, 1201]);
    let fresh = lab.sign_in("ada");
    assert_eq!(groups(&lab, &fresh), [513]);
}

#[test]
fn service_names() {
    let mut lab = Lab::new();
    let tgt = lab.sign_in("ada");
    let rows = [
        ("HOST/fs01.ad.fernhill.example", ErrorCode::NONE),
        ("host/FS01", ErrorCode::NONE),
        ("CIFS/Fs01.ad.fernhill.example", ErrorCode::NONE),
        ("http/fs01", ErrorCode::NONE),
        ("MSSQLSvc/fs01", ErrorCode::S_PRINCIPAL_UNKNOWN),
        ("cifs/fs02.ad.fernhill.example", ErrorCode::S_PRINCIPAL_UNKNOWN),
        ("krbtgt/ELSEWHERE.EXAMPLE", ErrorCode::S_PRINCIPAL_UNKNOWN),
        ("FS01$", ErrorCode::NONE),
    ];
    for (spn, expected) in rows {
        let answer = lab.ask(&Ask::service(&tgt, spn)).err().unwrap_or(ErrorCode::NONE);
        assert_eq!(answer, expected, "{spn}");
    }
}

#[test]
fn the_end_of_a_tgt() {
    let mut lab = Lab::new();
    let tgt = lab.sign_in("ada");
    lab.now = MONDAY + Duration::from_secs(10 * 3600) - Duration::from_micros(1);
    let answer = |lab: &mut Lab| lab.ask(&Ask::service(&tgt, CIFS)).err();
    assert_eq!(answer(&mut lab), None, "one microsecond is left");
    lab.now = MONDAY + Duration::from_secs(10 * 3600);
    assert_eq!(answer(&mut lab), Some(ErrorCode::TKT_EXPIRED));
}

#[test]
fn the_start_of_a_tgt_and_the_clock_of_the_client() {
    const SKEW: u64 = 300_000_000;
    for (micros, expected) in [(SKEW, None), (SKEW + 1_000_000, Some(ErrorCode::TKT_NYV))] {
        let mut lab = Lab::new();
        let held = Partial::new(&lab, "ada")
            .with(|partial| partial.starttime = MONDAY + Duration::from_micros(micros))
            .held();
        assert_eq!(lab.ask(&Ask::tgt(&held)).err(), expected);
    }
    for (micros, expected) in [(SKEW as i64, None), (SKEW as i64 + 1, Some(ErrorCode::SKEW))] {
        for ahead in [micros, -micros] {
            let mut lab = Lab::new();
            let tgt = lab.sign_in("ada");
            let ask = Ask::service(&tgt, CIFS).with(|ask| ask.ahead_micros = ahead);
            assert_eq!(lab.ask(&ask).err(), expected, "{ahead}");
        }
    }
}

#[test]
fn the_authenticator() {
    let mut lab = Lab::new();
    let tgt = lab.sign_in("ada");
    let request = Ask::service(&tgt, CIFS).request(&mut lab);
    assert_eq!(code(&lab.send(&request)), ErrorCode::NONE);
    assert_eq!(code(&lab.send(&request)), ErrorCode::REPEAT);
    lab.later(Duration::from_secs(1));
    assert!(lab.ask(&Ask::service(&tgt, CIFS)).is_ok(), "a fresh one");
    let other = Ask::service(&tgt, CIFS).with(|ask| ask.cname = PrincipalName::principal("dom"));
    assert_eq!(lab.ask(&other).err(), Some(ErrorCode::BADMATCH));
    let stolen = Held {
        session: Key::generate(AES256, &mut rng(5)),
        ..tgt.clone()
    };
    assert_eq!(
        lab.ask(&Ask::service(&stolen, CIFS)).err(),
        Some(ErrorCode::BAD_INTEGRITY)
    );
}

#[test]
fn the_checksum_over_the_body() {
    let rows = [
        (BodyChecksum::Right, None, None),
        (BodyChecksum::None, None, Some(ErrorCode::INAPP_CKSUM)),
        (
            BodyChecksum::Wrong,
            Some(ErrorCode::MODIFIED),
            Some(ErrorCode::MODIFIED),
        ),
        (
            BodyChecksum::Type(7),
            Some(ErrorCode::INAPP_CKSUM),
            Some(ErrorCode::INAPP_CKSUM),
        ),
        (
            BodyChecksum::Type(-138),
            Some(ErrorCode::MODIFIED),
            Some(ErrorCode::MODIFIED),
        ),
    ];
    for (checksum, windows, samba) in rows {
        for (mut lab, expected) in [(Lab::new(), windows), (Lab::samba(), samba)] {
            let tgt = lab.sign_in("ada");
            let ask = Ask::service(&tgt, CIFS).with(|ask| ask.checksum = checksum);
            assert_eq!(lab.ask(&ask).err(), expected);
        }
    }
}

#[test]
fn a_subkey_seals_the_reply() {
    let mut lab = Lab::new();
    let tgt = lab.sign_in("ada");
    let subkey = Key::generate(AES256, &mut rng(3));
    let ask = Ask::service(&tgt, CIFS).with(|ask| ask.subkey = Some(subkey));
    assert!(lab.ask(&ask).is_ok());
}

#[test]
fn renewing_a_full_tgt() {
    let mut lab = Lab::new();
    let tgt = lab.sign_in("ada");
    lab.later(Duration::from_secs(9 * 3600));
    let renewed = lab.ask(&Ask::renewal(&tgt)).unwrap();
    let part = renewed.part.clone().unwrap();
    assert_eq!(
        part.endtime,
        (lab.now + Duration::from_secs(10 * 3600)).kerberos_time()
    );
    assert_eq!(part.authtime, MONDAY.kerberos_time());
    assert_eq!(part.renew_till, tgt.part.as_ref().unwrap().renew_till);
    let octets = lab.open(&renewed.ticket, &lab.krbtgt_key()).pac().unwrap();
    assert!(
        Pac::parse(&octets).unwrap().attributes_info().unwrap().is_some(),
        "the PAC goes on"
    );
    let service = Ask::renewal(&tgt).with(|ask| ask.sname = PrincipalName::parse(CIFS));
    assert_eq!(lab.ask(&service).err(), Some(ErrorCode::BADOPTION));
}

#[test]
fn options_and_the_flags_they_need() {
    let mut lab = Lab::new();
    let tgt = lab.sign_in("ada");
    let plain = lab
        .ask(&Ask::tgt(&tgt).with(|ask| ask.options = KdcOptions::empty()))
        .unwrap();
    let rows = [
        (&tgt, KdcOptions::FORWARDED, None),
        (&plain, KdcOptions::FORWARDED, Some(ErrorCode::BADOPTION)),
        (&tgt, KdcOptions::PROXY, Some(ErrorCode::BADOPTION)),
        (&plain, KdcOptions::RENEW, Some(ErrorCode::BADOPTION)),
        (&tgt, KdcOptions::VALIDATE, Some(ErrorCode::BADOPTION)),
        (&tgt, KdcOptions::ENC_TKT_IN_SKEY, Some(ErrorCode::BADOPTION)),
        (&tgt, KdcOptions::CNAME_IN_ADDL_TKT, Some(ErrorCode::BADOPTION)),
        (&tgt, KdcOptions::POSTDATED, Some(ErrorCode::CANNOT_POSTDATE)),
    ];
    for (held, option, expected) in rows {
        let answer = lab.ask(&Ask::tgt(held).with(|ask| ask.options |= option));
        assert_eq!(answer.as_ref().err().copied(), expected, "{option}");
        if let Ok(held) = answer {
            assert!(held.part.unwrap().flags.contains(TicketFlags::FORWARDED));
        }
    }
}

#[test]
fn an_account_that_was_renamed_or_replaced_or_removed() {
    let mut lab = Lab::new();
    let tgt = lab.sign_in("ada");
    lab.domain = Lab::changed(|domain| domain.account_mut("ada").unwrap().rid = 1999).domain;
    assert_eq!(
        lab.ask(&Ask::service(&tgt, CIFS)).err(),
        Some(ErrorCode::TGT_REVOKED)
    );
    lab.domain = Lab::changed(|domain| {
        domain.remove_account("ada");
    })
    .domain;
    assert_eq!(
        lab.ask(&Ask::service(&tgt, CIFS)).err(),
        Some(ErrorCode::C_PRINCIPAL_UNKNOWN)
    );
}

#[test]
fn an_account_that_was_disabled_meanwhile() {
    let mut lab = Lab::new();
    let tgt = lab.sign_in("ada");
    lab.domain =
        Lab::changed(|domain| set_control(domain, "ada", UserAccountControl::ACCOUNT_DISABLED)).domain;
    for (seconds, expected) in [(20 * 60, None), (1, Some(ErrorCode::CLIENT_REVOKED))] {
        lab.later(Duration::from_secs(seconds));
        assert_eq!(lab.ask(&Ask::service(&tgt, CIFS)).err(), expected);
    }
}

#[test]
fn the_encryption_type_of_a_service() {
    let set = |value: Option<u32>| {
        Lab::changed(move |domain| {
            domain.account_mut("FS01$").unwrap().supported_enctypes =
                value.map(SupportedEnctypes::from_bits_retain);
        })
    };
    type Row = (Option<u32>, &'static [i32], Result<(i32, i32), ErrorCode>);
    let rows: [Row; 5] = [
        (Some(0x1C), &[18, 23], Ok((18, 18))),
        (Some(0x1C), &[23], Ok((23, 23))),
        (Some(0x08), &[18, 17], Ok((17, 17))),
        (None, &[18, 23], Ok((23, 18))),
        (Some(0x10), &[23], Err(ErrorCode::ETYPE_NOSUPP)),
    ];
    for (value, etypes, expected) in rows {
        let mut lab = set(value);
        let tgt = lab.sign_in("ada");
        let ask = Ask::service(&tgt, CIFS).with(|ask| ask.etypes = etypes.to_vec());
        let found = lab
            .ask(&ask)
            .map(|held| (held.ticket.enc_part.etype, held.session.etype().number()));
        assert_eq!(found, expected, "{value:?} {etypes:?}");
    }
}

#[test]
fn a_service_of_a_trusted_realm_is_referred_to_it() {
    let keys = KeyRing::new(KeySet::generate(3, &mut rng(11)));
    let sid = Sid::of_domain([5, 6, 7]);
    let trust = TrustSpec::within_forest("north.ad.fernhill.example", "NORTH", sid, keys.clone());
    let mut lab = Lab::changed(|domain| {
        domain.trust(trust);
    });
    let tgt = lab.sign_in("ada");
    let spn = "cifs/fs9.north.ad.fernhill.example";
    let refer = Ask::service(&tgt, spn).with(|ask| ask.options |= KdcOptions::CANONICALIZE);
    let referral = lab.ask(&refer).unwrap();
    assert_eq!(
        referral.ticket.sname.to_string(),
        "krbtgt/NORTH.AD.FERNHILL.EXAMPLE"
    );
    assert!(
        lab.open(&referral.ticket, keys.current().strongest().unwrap())
            .pac()
            .is_some()
    );
    assert_eq!(
        lab.ask(&Ask::service(&tgt, spn)).err(),
        Some(ErrorCode::S_PRINCIPAL_UNKNOWN),
        "not unless it canonicalizes"
    );
    let other = Ask::service(&tgt, "cifs/snorth.ad.fernhill.example")
        .with(|ask| ask.options |= KdcOptions::CANONICALIZE);
    assert_eq!(
        lab.ask(&other).err(),
        Some(ErrorCode::S_PRINCIPAL_UNKNOWN),
        "half a label is no suffix"
    );
}
