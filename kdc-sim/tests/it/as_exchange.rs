//! The AS exchange.

use std::time::Duration;

use kdc_sim::directory::UserAccountControl;
use kerberos::KerberosTime;
use kerberos::codes::{ErrorCode, NtStatus, PaDataType};
use kerberos::crypto::{Etype, Key, KeyUsage};
use kerberos::pac::{AttributesFlags, Pac};
use kerberos::wire::{
    AsRep, EncKdcRepPart, EtypeInfo2, KdcOptions, KrbError, MethodData, NameType, PaPacRequest,
    PrincipalName, TicketFlags,
};

use crate::lab::*;

fn answer(lab: &mut Lab, ask: &AsAsk) -> ErrorCode {
    let request = ask.request(lab);
    code(&lab.send(&request))
}

fn error(lab: &mut Lab, ask: &AsAsk) -> KrbError {
    let request = ask.request(lab);
    KrbError::decode(&lab.send(&request).reply).unwrap()
}

fn methods(error: &KrbError) -> Vec<PaDataType> {
    let methods = MethodData::decode(error.e_data.as_ref().unwrap()).unwrap();
    methods.iter().map(|element| element.padata_type).collect()
}

#[test]
fn a_password_gives_a_tgt() {
    let mut lab = Lab::new();
    let request = AsAsk::new(&lab, "ada").request(&mut lab);
    let reply = AsRep::decode(&lab.send(&request).reply).unwrap();
    let key = lab.keys("ada").key(AES256).unwrap().clone();
    let plaintext = reply.enc_part.open(&key, KeyUsage::AS_REP).unwrap();
    assert_eq!(plaintext[0], 0x79, "APPLICATION 25");
    let part = EncKdcRepPart::decode(&plaintext).unwrap();
    assert_eq!(part.flags.bits(), 0x40E1_0000);
    assert!(part.starttime.is_some());
    assert_eq!(
        part.endtime,
        (MONDAY + Duration::from_secs(10 * 3600)).kerberos_time()
    );
    assert_eq!(
        part.renew_till,
        Some((MONDAY + Duration::from_secs(7 * 24 * 3600)).kerberos_time())
    );
    let ticket = lab.open(&reply.ticket, &lab.krbtgt_key());
    assert_eq!(ticket.flags, part.flags);
    let octets = ticket.pac().unwrap();
    let attributes = Pac::parse(&octets).unwrap().attributes_info().unwrap().unwrap();
    assert_eq!(attributes.flags, AttributesFlags::PAC_WAS_GIVEN_IMPLICITLY);
    let salt = EtypeInfo2::decode(reply.padata.unwrap().find(PaDataType::ETYPE_INFO2).unwrap()).unwrap();
    assert_eq!(
        salt.0[0].salt.as_ref().unwrap().as_str(),
        Some("AD.FERNHILL.EXAMPLEada")
    );
}

/// RENEWABLE-OK: a client that asked for more than there is takes a renewable ticket, up to the end that it asked for
/// (RFC 4120 section 5.4.1).
#[test]
fn a_renewable_ticket_in_place_of_a_longer_one_ends_when_asked_for() {
    const TEN_HOURS: u64 = 10 * 3600;
    const SEVEN_DAYS: u64 = 7 * 24 * 3600;
    for (till, renew_till) in [
        (TEN_HOURS, None),
        (TEN_HOURS + 1, Some(TEN_HOURS + 1)),
        (24 * 3600, Some(24 * 3600)),
        (SEVEN_DAYS, Some(SEVEN_DAYS)),
        (SEVEN_DAYS + 1, Some(SEVEN_DAYS)),
    ] {
        let at = |seconds| (MONDAY + Duration::from_secs(seconds)).kerberos_time();
        let mut lab = Lab::new();
        let ask = AsAsk {
            options: KdcOptions::RENEWABLE_OK,
            till: at(till),
            ..AsAsk::new(&lab, "ada")
        };
        let request = ask.request(&mut lab);
        let reply = AsRep::decode(&lab.send(&request).reply).unwrap();
        let key = lab.keys("ada").key(AES256).unwrap().clone();
        let part = EncKdcRepPart::decode(&reply.enc_part.open(&key, KeyUsage::AS_REP).unwrap()).unwrap();
        assert_eq!(part.renew_till, renew_till.map(at), "asked for {till} s");
        let renewable = part.flags.contains(TicketFlags::RENEWABLE);
        assert_eq!(renewable, renew_till.is_some(), "asked for {till} s");
    }
}

#[test]
fn the_reply_covers_the_request_where_the_client_asks_for_it() {
    let mut lab = Lab::new();
    let request = AsAsk::new(&lab, "ada").request(&mut lab);
    let reply = AsRep::decode(&lab.send(&request).reply).unwrap();
    let key = lab.keys("ada").key(AES256).unwrap().clone();
    let part = EncKdcRepPart::decode(&reply.enc_part.open(&key, KeyUsage::AS_REP).unwrap()).unwrap();
    let methods = part.encrypted_pa_data.unwrap();
    let expected = key.checksum(KeyUsage::AS_REQ_CHECKSUM, &request);
    let value = methods.find(PaDataType::REQ_ENC_PA_REP).unwrap();
    // SEQUENCE { [0] 16, [1] the twelve octets }
    assert_eq!(value[..9], [0x30, 21, 0xA0, 3, 2, 1, 16, 0xA1, 14][..9]);
    assert_eq!(value[11..], expected[..]);
    assert!(methods.contains(PaDataType::SUPPORTED_ENCTYPES));

    let quiet = AsAsk {
        padata: MethodData::default(),
        ..AsAsk::new(&lab, "ada")
    }
    .request(&mut lab);
    let reply = AsRep::decode(&lab.send(&quiet).reply).unwrap();
    let part = EncKdcRepPart::decode(&reply.enc_part.open(&key, KeyUsage::AS_REP).unwrap()).unwrap();
    assert!(!part.flags.contains(TicketFlags::ENC_PA_REP) && part.encrypted_pa_data.is_none());
}

#[test]
fn hints_come_in_the_order_of_windows() {
    let mut lab = Lab::new();
    let bare = |lab: &Lab, etypes: &[i32]| AsAsk {
        key: None,
        etypes: etypes.to_vec(),
        ..AsAsk::new(lab, "ada")
    };
    let required = error(&mut lab, &bare(&Lab::new(), &[18, 17, 23]));
    assert_eq!(required.error_code, ErrorCode::PREAUTH_REQUIRED);
    assert_eq!(
        methods(&required).iter().map(|kind| kind.0).collect::<Vec<_>>(),
        [19, 2, 16, 15]
    );
    let data = MethodData::decode(required.e_data.as_ref().unwrap()).unwrap();
    let entries = EtypeInfo2::decode(data.find(PaDataType::ETYPE_INFO2).unwrap())
        .unwrap()
        .0;
    let shown: Vec<_> = entries
        .iter()
        .map(|entry| (entry.etype, entry.salt.is_some(), entry.s2kparams.is_some()))
        .collect();
    assert_eq!(
        shown,
        [(18, true, false), (23, false, false)],
        "the first AES type, then RC4"
    );
    let old = error(&mut lab, &bare(&Lab::new(), &[23]));
    assert_eq!(
        methods(&old).iter().map(|kind| kind.0).collect::<Vec<_>>(),
        [11, 19, 2, 16, 15]
    );
}

#[test]
fn wrong_old_and_foreign_passwords() {
    let mut lab = Lab::changed(|domain| {
        domain.set_password("ada", "a newer pass", 1);
    });
    let earlier = lab.domain.account("ada").unwrap().keys.previous()[0]
        .key(AES256)
        .unwrap()
        .clone();
    let rid = ADA;
    for (key, failures) in [(lab.krbtgt_key(), 1), (earlier, 1)] {
        let wrong = error(
            &mut lab,
            &AsAsk {
                key: Some(key),
                ..AsAsk::new(&Lab::new(), "ada")
            },
        );
        assert_eq!(wrong.error_code, ErrorCode::PREAUTH_FAILED);
        assert_eq!(methods(&wrong), [PaDataType::ETYPE_INFO2]);
        assert_eq!(
            lab.state.bad_passwords(rid),
            failures,
            "an earlier password does not count"
        );
    }
    let right = AsAsk::new(&lab, "ada");
    assert_eq!(answer(&mut lab, &right), ErrorCode::NONE);
    assert_eq!(lab.state.bad_passwords(rid), 0);
}

#[test]
fn an_account_locks_at_the_threshold() {
    let mut lab = Lab::new();
    lab.dc.lockout_threshold = 2;
    let wrong = |lab: &Lab| AsAsk {
        key: Some(lab.krbtgt_key()),
        ..AsAsk::new(lab, "ada")
    };
    let (ask, right) = (wrong(&lab), AsAsk::new(&lab, "ada"));
    assert_eq!(answer(&mut lab, &ask), ErrorCode::PREAUTH_FAILED);
    assert_eq!(answer(&mut lab, &ask), ErrorCode::PREAUTH_FAILED);
    assert_eq!(
        error(&mut lab, &right).nt_status(),
        Some(NtStatus::ACCOUNT_LOCKED_OUT)
    );
}

#[test]
fn the_clock_of_the_client() {
    const SKEW: i64 = 300_000_000;
    for (micros, expected) in [(SKEW, ErrorCode::NONE), (SKEW + 1, ErrorCode::SKEW)] {
        for sign in [1, -1] {
            let mut lab = Lab::new();
            let ask = AsAsk {
                clock: kerberos::Timestamp(MONDAY.0 + sign * micros),
                ..AsAsk::new(&lab, "ada")
            };
            assert_eq!(answer(&mut lab, &ask), expected, "{micros}");
        }
    }
}

#[test]
fn names() {
    let mut lab = Lab::new();
    let principal = |name: &str| PrincipalName::principal(name);
    let rows = [
        (principal("ADA"), "AD.FERNHILL.EXAMPLE", ErrorCode::NONE),
        (principal("ada"), "ad.fernhill.example", ErrorCode::NONE),
        (principal("ada"), "FERNHILL", ErrorCode::NONE),
        (
            PrincipalName::enterprise("ada@fernhill.example"),
            REALM,
            ErrorCode::NONE,
        ),
        (
            PrincipalName::enterprise("ada@ad.fernhill.example"),
            REALM,
            ErrorCode::NONE,
        ),
        (principal("ada@fernhill.example"), REALM, ErrorCode::NONE),
        (principal("nobody"), REALM, ErrorCode::C_PRINCIPAL_UNKNOWN),
        (principal("krbtgt_21463"), REALM, ErrorCode::C_PRINCIPAL_UNKNOWN),
        (principal("krbtgt"), REALM, ErrorCode::CLIENT_REVOKED),
        (principal("ada"), "ELSEWHERE.EXAMPLE", ErrorCode::WRONG_REALM),
    ];
    for (cname, realm, expected) in rows {
        let ask = AsAsk {
            cname: cname.clone(),
            realm: realm.to_owned(),
            ..AsAsk::new(&lab, "ada")
        };
        assert_eq!(answer(&mut lab, &ask), expected, "{cname}@{realm}");
    }
    let key = lab.keys("FS01$").key(AES256).unwrap().clone();
    let machine = AsAsk {
        cname: principal("fs01"),
        key: Some(key),
        ..AsAsk::new(&lab, "ada")
    };
    assert_eq!(
        answer(&mut lab, &machine),
        ErrorCode::NONE,
        "with a dollar sign added"
    );
}

#[test]
fn the_client_is_called_by_its_account_name_where_it_allows_that() {
    let mut lab = Lab::new();
    let cname = |lab: &mut Lab, name: PrincipalName, options| {
        let request = AsAsk {
            cname: name,
            options,
            ..AsAsk::new(lab, "ada")
        }
        .request(lab);
        AsRep::decode(&lab.send(&request).reply).unwrap().cname
    };
    let upper = || PrincipalName::principal("ADA");
    assert_eq!(
        cname(&mut lab, upper(), KdcOptions::CANONICALIZE).to_string(),
        "ada"
    );
    assert_eq!(cname(&mut lab, upper(), KdcOptions::empty()).to_string(), "ADA");
    let enterprise = cname(
        &mut lab,
        PrincipalName::enterprise("ada@fernhill.example"),
        KdcOptions::empty(),
    );
    assert_eq!(
        (enterprise.name_type, enterprise.to_string().as_str()),
        (NameType::PRINCIPAL, "ada")
    );
}

#[test]
fn accounts_that_cannot_log_on() {
    type Change = fn(&mut kdc_sim::directory::AccountSpec);
    let rows: [(Change, Option<(ErrorCode, NtStatus)>); 7] = [
        (
            |ada| ada.control |= UserAccountControl::ACCOUNT_DISABLED,
            Some((ErrorCode::CLIENT_REVOKED, NtStatus::ACCOUNT_DISABLED)),
        ),
        (
            |ada| ada.state.locked_out = true,
            Some((ErrorCode::CLIENT_REVOKED, NtStatus::ACCOUNT_LOCKED_OUT)),
        ),
        (
            |ada| ada.state.expires = Some(MONDAY),
            Some((ErrorCode::CLIENT_REVOKED, NtStatus::ACCOUNT_EXPIRED)),
        ),
        (
            |ada| ada.state.expires = Some(kerberos::Timestamp(MONDAY.0 + 1)),
            None,
        ),
        (
            |ada| ada.state.password_expires = Some(MONDAY),
            Some((ErrorCode::KEY_EXPIRED, NtStatus::PASSWORD_EXPIRED)),
        ),
        (
            |ada| ada.state.password_expires = Some(kerberos::Timestamp(MONDAY.0 + 1)),
            None,
        ),
        (
            |ada| ada.state.must_change_password = true,
            Some((ErrorCode::KEY_EXPIRED, NtStatus::PASSWORD_MUST_CHANGE)),
        ),
    ];
    for (row, (change, expected)) in rows.into_iter().enumerate() {
        let mut lab = Lab::changed(|domain| change(domain.account_mut("ada").unwrap()));
        let request = AsAsk::new(&lab, "ada").request(&mut lab);
        let error = KrbError::decode(&lab.send(&request).reply).ok();
        assert_eq!(
            error.map(|error| (error.error_code, error.nt_status().unwrap())),
            expected,
            "{row}"
        );
    }
    let mut lab = Lab::new();
    let change = AsAsk {
        sname: PrincipalName::parse("kadmin/changepw"),
        ..AsAsk::new(&lab, "eve")
    };
    assert_eq!(
        answer(&mut lab, &change),
        ErrorCode::NONE,
        "to change the password"
    );
}

#[test]
fn without_preauthentication_where_the_account_allows_it() {
    let mut lab = Lab::changed(|domain| set_control(domain, "ada", UserAccountControl::DONT_REQUIRE_PREAUTH));
    let request = AsAsk {
        key: None,
        ..AsAsk::new(&lab, "ada")
    }
    .request(&mut lab);
    let reply = AsRep::decode(&lab.send(&request).reply).unwrap();
    assert!(
        !lab.open(&reply.ticket, &lab.krbtgt_key())
            .flags
            .contains(TicketFlags::PRE_AUTHENT)
    );
}

#[test]
fn lifetimes_and_options() {
    let mut lab = Lab::new();
    let till = |seconds: i64| KerberosTime(MONDAY.unix_seconds() + seconds);
    for (asked, expected) in [
        (till(1), ErrorCode::NONE),
        (till(0), ErrorCode::NEVER_VALID),
        (KerberosTime(0), ErrorCode::NONE),
    ] {
        let ask = AsAsk {
            till: asked,
            ..AsAsk::new(&lab, "ada")
        };
        assert_eq!(answer(&mut lab, &ask), expected, "{asked}");
    }
    let postdated = AsAsk {
        options: KdcOptions::POSTDATED,
        ..AsAsk::new(&lab, "ada")
    };
    assert_eq!(answer(&mut lab, &postdated), ErrorCode::CANNOT_POSTDATE);
    let strange = AsAsk {
        etypes: vec![1, 3, 19],
        ..AsAsk::new(&lab, "ada")
    };
    assert_eq!(answer(&mut lab, &strange), ErrorCode::ETYPE_NOSUPP);
    let mut sensitive = Lab::changed(|domain| set_control(domain, "ada", UserAccountControl::NOT_DELEGATED));
    assert!(
        !sensitive
            .sign_in("ada")
            .part
            .unwrap()
            .flags
            .contains(TicketFlags::FORWARDABLE)
    );
}

#[test]
fn a_pac_that_was_not_wanted_is_noted_and_left_out_of_service_tickets() {
    let mut lab = Lab::new();
    let mut ask = AsAsk::new(&lab, "ada");
    ask.padata.push(
        PaDataType::PAC_REQUEST,
        PaPacRequest { include_pac: false }.encode(),
    );
    let request = ask.request(&mut lab);
    let reply = AsRep::decode(&lab.send(&request).reply).unwrap();
    let key = lab.keys("ada").key(AES256).unwrap().clone();
    let part = EncKdcRepPart::decode(&reply.enc_part.open(&key, KeyUsage::AS_REP).unwrap()).unwrap();
    let held = Held {
        session: part.key.to_key().unwrap(),
        ticket: reply.ticket,
        cname: reply.cname,
        part: None,
    };
    assert!(lab.open(&held.ticket, &lab.krbtgt_key()).pac().is_some());
    let service = lab
        .ask(&Ask::service(&held, "cifs/fs01.ad.fernhill.example"))
        .unwrap();
    let key: Key = lab.keys("FS01$").key(AES256).unwrap().clone();
    assert!(lab.open(&service.ticket, &key).pac().is_none());
}

#[test]
fn with_an_rc4_key() {
    let mut lab = Lab::new();
    let key = lab.keys("ada").key(Etype::Rc4Hmac).unwrap().clone();
    let request = AsAsk {
        key: Some(key.clone()),
        etypes: vec![23],
        ..AsAsk::new(&lab, "ada")
    }
    .request(&mut lab);
    let reply = AsRep::decode(&lab.send(&request).reply).unwrap();
    assert!(reply.padata.is_none(), "RC4 has no salt");
    assert_eq!(
        reply.ticket.enc_part.etype, 18,
        "the TGT is sealed with the strongest key of krbtgt"
    );
    let part = EncKdcRepPart::decode(&reply.enc_part.open(&key, KeyUsage::AS_REP).unwrap()).unwrap();
    assert_eq!(part.key.keytype, 23);
}
