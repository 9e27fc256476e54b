//! What a partial TGT can be used for besides the exchange, and when it cannot.

use std::time::Duration;

use kdc_sim::DcConfig;
use kdc_sim::Transport;
use kdc_sim::directory::KeySet;
use kerberos::codes::{ErrorCode, NtStatus, PaDataType};
use kerberos::pac::Pac;
use kerberos::wire::{KdcOptions, KrbError, TicketFlags};

use crate::lab::*;

fn answer(lab: &mut Lab, partial: &Partial) -> ErrorCode {
    let held = partial.held();
    lab.ask(&Ask::tgt(&held)).err().unwrap_or(ErrorCode::NONE)
}

#[test]
fn the_two_minutes_before_the_end() {
    for (seconds, samba) in [(120, ErrorCode::TKT_EXPIRED), (121, ErrorCode::NONE)] {
        for (mut lab, expected) in [(Lab::new(), ErrorCode::NONE), (Lab::samba(), samba)] {
            let partial = Partial::new(&lab, "ada")
                .with(|partial| partial.endtime = MONDAY + Duration::from_secs(seconds));
            assert_eq!(
                answer(&mut lab, &partial),
                expected,
                "{seconds} {:?}",
                lab.dc.profile
            );
        }
    }
}

#[test]
fn a_partial_tgt_opens_a_service_directly() {
    let mut lab = Lab::new();
    let held = Partial::new(&lab, "ada").held();
    let ticket = lab
        .ask(&Ask::service(&held, "cifs/fs01.ad.fernhill.example"))
        .unwrap()
        .ticket;
    let key = lab.keys("FS01$").key(AES256).unwrap().clone();
    let octets = lab.open(&ticket, &key).pac().unwrap();
    let pac = Pac::parse(&octets).unwrap();
    let info = pac.logon_info().unwrap().unwrap();
    assert_eq!(
        info.resource_groups
            .iter()
            .map(|group| group.rid)
            .collect::<Vec<_>>(),
        [1202]
    );
    assert!(pac.requestor().unwrap().is_none() && pac.attributes_info().unwrap().is_none());
}

#[test]
fn renewing_a_partial_tgt_gives_a_full_one_without_attributes() {
    let mut lab = Lab::new();
    let held = Partial::new(&lab, "ada").held();
    lab.later(Duration::from_secs(3600));
    let full = lab.ask(&Ask::renewal(&held)).unwrap();
    let part = lab.open(&full.ticket, &lab.krbtgt_key());
    assert_eq!(
        part.endtime,
        (lab.now + Duration::from_secs(10 * 3600)).kerberos_time()
    );
    let octets = part.pac().unwrap();
    let pac = Pac::parse(&octets).unwrap();
    assert!(pac.requestor().unwrap().is_some() && pac.attributes_info().unwrap().is_none());
    let dom = Partial::new(&lab, "dom").held();
    assert_eq!(
        lab.ask(&Ask::renewal(&dom)).err(),
        Some(ErrorCode::TGT_REVOKED),
        "the same rules"
    );
}

#[test]
fn renewal_needs_the_flag_and_its_window() {
    let till = |seconds: u64| MONDAY + Duration::from_secs(seconds);
    let rows = [
        (TicketFlags::RENEWABLE, Some(till(1)), None),
        (
            TicketFlags::RENEWABLE,
            Some(till(0)),
            Some(ErrorCode::TKT_EXPIRED),
        ),
        (TicketFlags::RENEWABLE, None, Some(ErrorCode::TKT_EXPIRED)),
        (TicketFlags::empty(), Some(till(1)), Some(ErrorCode::BADOPTION)),
    ];
    for (flags, renew_till, expected) in rows {
        let mut lab = Lab::new();
        let held = Partial::new(&lab, "ada").with(|partial| {
            partial.flags = flags;
            partial.renew_till = renew_till;
        });
        assert_eq!(
            lab.ask(&Ask::renewal(&held.held())).err(),
            expected,
            "{flags} {renew_till:?}"
        );
    }
}

#[test]
fn s4u2self_with_a_partial_tgt() {
    type Change = fn(&mut Partial);
    let rows: [(Change, ErrorCode, ErrorCode); 3] = [
        (|_| (), ErrorCode::C_PRINCIPAL_UNKNOWN, ErrorCode::NONE),
        (
            |partial| partial.requestor = None,
            ErrorCode::TGT_REVOKED,
            ErrorCode::TGT_REVOKED,
        ),
        (
            |partial| partial.pac = PacKind::None,
            ErrorCode::TGT_REVOKED,
            ErrorCode::TGT_REVOKED,
        ),
    ];
    for (change, windows, samba) in rows {
        for (mut lab, expected) in [(Lab::new(), windows), (Lab::samba(), samba)] {
            lab.domain = allowing_computers();
            let held = Partial::new(&lab, "FS01$").with(change).held();
            let value = crate::delegation::for_user(&held, "ada");
            let ask =
                Ask::service(&held, "cifs/fs01").with(|ask| ask.padata.push(PaDataType::FOR_USER, value));
            let answer = lab.ask(&ask).err().unwrap_or(ErrorCode::NONE);
            assert_eq!(answer, expected, "{:?}", lab.dc.profile);
        }
    }
}

#[test]
fn a_read_only_domain_controller_exchanges_nothing() {
    let mut lab = Lab::new();
    lab.dc.writable = false;
    let held = Partial::new(&lab, "ada").held();
    let request = Ask::tgt(&held).request(&mut lab);
    let error = KrbError::decode(&lab.send(&request).reply).unwrap();
    assert_eq!(error.error_code, ErrorCode::S_PRINCIPAL_UNKNOWN);
    assert_eq!(error.nt_status(), Some(NtStatus::NO_SECRETS));
}

#[test]
fn a_removed_object_and_a_rotated_key() {
    let mut lab = Lab::changed(|domain| {
        domain.remove_rodc(RODC);
    });
    let before = Lab::new();
    let held = Partial::new(&before, "ada").held();
    assert_eq!(
        lab.ask(&Ask::tgt(&held)).err(),
        Some(ErrorCode::S_PRINCIPAL_UNKNOWN)
    );

    let rotate = |times: u32| {
        Lab::changed(|domain| {
            for step in 1..=times {
                let rodc = domain.rodc_mut(RODC).unwrap();
                let next = KeySet::generate(VERSION + step, &mut rng(u64::from(step)));
                rodc.keys = rodc.keys.rotated(next, 1);
            }
        })
    };
    assert!(rotate(1).ask(&Ask::tgt(&held)).is_ok(), "the earlier key is kept");
    assert_eq!(
        rotate(2).ask(&Ask::tgt(&held)).err(),
        Some(ErrorCode::BAD_INTEGRITY),
        "only one is"
    );
}

#[test]
fn over_udp_the_reply_is_too_big_and_the_same_request_then_works_over_tcp() {
    let mut lab = Lab::new();
    let held = Partial::new(&lab, "ada").held();
    let request = Ask::tgt(&held).request(&mut lab);
    let length = lab.send_over(Transport::Udp, &request).reply.len();
    lab.dc = DcConfig {
        udp_reply_limit: 900,
        ..DcConfig::new("DC01")
    };
    let mut lab = Lab {
        state: Default::default(),
        ..lab
    };
    assert_eq!(
        code(&lab.send_over(Transport::Udp, &request)),
        ErrorCode::RESPONSE_TOO_BIG,
        "{length}"
    );
    assert_eq!(code(&lab.send_over(Transport::Tcp, &request)), ErrorCode::NONE);
    assert_eq!(code(&lab.send_over(Transport::Tcp, &request)), ErrorCode::REPEAT);
}

#[test]
fn what_ends_when_the_partial_tgt_ends() {
    let mut lab = Lab::new();
    lab.later(Duration::from_secs(3600));
    let held = Partial::new(&Lab::new(), "ada").held();
    let full = lab
        .ask(&Ask::tgt(&held).with(|ask| ask.options |= KdcOptions::RENEWABLE))
        .unwrap();
    let part = lab.open(&full.ticket, &lab.krbtgt_key());
    assert_eq!(
        part.endtime,
        (MONDAY + Duration::from_secs(10 * 3600)).kerberos_time()
    );
    assert_eq!(
        part.renew_till,
        Some((MONDAY + Duration::from_secs(7 * 24 * 3600)).kerberos_time())
    );
    assert_eq!(part.authtime, MONDAY.kerberos_time());
}
