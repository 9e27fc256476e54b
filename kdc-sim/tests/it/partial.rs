//! The exchange of a partial TGT: every row of the decision table, from both sides.

use std::time::Duration;

use kdc_sim::directory::{GroupScope, KeyRing, KeySet, LogonHours, UserAccountControl, rid};
use kerberos::codes::{ErrorCode, NtStatus, PaDataType};
use kerberos::crypto::{Etype, Key};
use kerberos::pac::{Pac, PacKeys, PacType, SignatureKind, SignatureSet};
use kerberos::sid::Sid;
use kerberos::wire::{KeyListRep, KeyListReq, KrbError, Kvno, PrincipalName, SupportedEnctypes};

use crate::lab::*;

/// The answer to a partial TGT, and the reason.
fn exchange(lab: &mut Lab, partial: &Partial) -> (ErrorCode, String) {
    let held = partial.held();
    let request = Ask::tgt(&held).request(lab);
    let handled = lab.send(&request);
    match Ask::tgt(&held).read(&handled) {
        Ok(_) => (ErrorCode::NONE, String::new()),
        Err(code) => (code, format!("[{}] {}", refusal(&handled).0, refusal(&handled).1)),
    }
}

fn answer(lab: &mut Lab, partial: &Partial) -> ErrorCode {
    exchange(lab, partial).0
}

#[test]
fn the_healthy_exchange_gives_a_full_tgt_with_the_groups_of_the_directory() {
    let mut lab = Lab::new();
    let partial = Partial::new(&lab, "ada")
        .with(|partial| partial.groups = vec![512, 519])
        .held();
    let full = lab.ask(&Ask::tgt(&partial)).unwrap();
    assert_eq!(full.ticket.enc_part.kvno, Some(Kvno(2)));
    let part = lab.open(&full.ticket, &lab.krbtgt_key());
    assert_eq!(part.flags.bits(), 0x4081_0000);
    assert_eq!(part.starttime, Some(MONDAY.kerberos_time()));
    let octets = part.pac().unwrap();
    let pac = Pac::parse(&octets).unwrap();
    let key = lab.krbtgt_key();
    pac.verify(&PacKeys::of_tgt(&key, None), &SignatureSet::TGT)
        .unwrap();
    let info = pac.logon_info().unwrap().unwrap();
    assert_eq!(
        info.groups.iter().map(|group| group.rid).collect::<Vec<_>>(),
        [rid::DOMAIN_USERS, 1201]
    );
    assert_eq!(info.extra_sids[0].sid, Sid::AUTHENTICATION_AUTHORITY_ASSERTED);
    assert_eq!(info.logon_server.as_str(), "DC01");
    assert_eq!(
        pac.requestor().unwrap(),
        Some(domain_sid().with_rid(ADA).unwrap())
    );
    assert!(pac.attributes_info().unwrap().is_some());
}

#[test]
fn the_reasons_are_those_of_the_first_output() {
    let mut lab = Lab::new();
    let held = Partial::new(&lab, "ada").held();
    let request = Ask::tgt(&held).request(&mut lab);
    let told: Vec<String> = lab
        .send(&request)
        .decisions
        .iter()
        .map(ToString::to_string)
        .collect();
    let expected = [
        "0x53D7 = 21463 is the AzureADKerberos object of this domain [TGS-RODC-KNOWN]",
        "the requestor SID is ada's [TGS-RODC-SID]",
        "ada is in Domain Users (allowed) and in no denied group [TGS-RODC-ALLOWED]",
        "the groups of ada now come from the directory: Domain Users, Projects-Write, Users, Projects [TGS-PAC-REBUILT]",
    ];
    for line in expected {
        assert!(told.iter().any(|other| other == line), "{line}\n{told:#?}");
    }
    let dom = Partial::new(&lab, "dom");
    let denied = "[TGS-RODC-DENIED] dom is in Denied RODC Password Replication Group through Domain Admins";
    assert_eq!(
        exchange(&mut lab, &dom),
        (ErrorCode::TGT_REVOKED, denied.to_owned())
    );
}

#[test]
fn the_key_list_comes_first_and_leaves_out_what_the_account_lacks() {
    let mut lab = Lab::new();
    let held = Partial::new(&lab, "ada").held();
    let asks = |etypes: &[i32]| {
        Ask::tgt(&held).with(|ask| {
            ask.padata.push(
                PaDataType::KERB_KEY_LIST_REQ,
                KeyListReq(etypes.to_vec()).encode(),
            )
        })
    };
    let methods = lab
        .ask(&asks(&[23, 1, 3]))
        .unwrap()
        .part
        .unwrap()
        .encrypted_pa_data
        .unwrap();
    let kinds: Vec<_> = methods.iter().map(|element| element.padata_type).collect();
    assert_eq!(
        kinds,
        [PaDataType::KERB_KEY_LIST_REP, PaDataType::SUPPORTED_ENCTYPES]
    );
    let list = KeyListRep::decode(methods.find(PaDataType::KERB_KEY_LIST_REP).unwrap()).unwrap();
    let key = lab.keys("ada").key(Etype::Rc4Hmac).unwrap().clone();
    assert_eq!(
        list.0.iter().map(|key| key.to_key().unwrap()).collect::<Vec<_>>(),
        [key]
    );
    let enctypes = SupportedEnctypes::from_octets(methods.find(PaDataType::SUPPORTED_ENCTYPES).unwrap());
    assert_eq!(enctypes, Some(SupportedEnctypes::from_bits_retain(0x1F)));

    let service = asks(&[23]).with(|ask| ask.sname = PrincipalName::parse("cifs/fs01.ad.fernhill.example"));
    let methods = lab
        .ask(&service)
        .unwrap()
        .part
        .unwrap()
        .encrypted_pa_data
        .unwrap();
    assert!(
        !methods.contains(PaDataType::KERB_KEY_LIST_REP),
        "only with krbtgt"
    );
    let full = lab.ask(&asks(&[])).unwrap();
    let again = Ask::tgt(&full).with(|ask| {
        ask.padata
            .push(PaDataType::KERB_KEY_LIST_REQ, KeyListReq(vec![23]).encode())
    });
    let methods = lab.ask(&again).unwrap().part.unwrap().encrypted_pa_data.unwrap();
    assert!(
        !methods.contains(PaDataType::KERB_KEY_LIST_REP),
        "not with a full TGT"
    );
    lab.dc.key_list = false;
    let methods = lab
        .ask(&asks(&[23]))
        .unwrap()
        .part
        .unwrap()
        .encrypted_pa_data
        .unwrap();
    assert!(
        !methods.contains(PaDataType::KERB_KEY_LIST_REP),
        "not from a DC that is too old"
    );
}

#[test]
fn without_a_body_checksum_as_python_tools_ask() {
    let mut lab = Lab::new();
    let held = Partial::new(&lab, "ada").held();
    assert!(
        lab.ask(&Ask::tgt(&held).with(|ask| ask.checksum = BodyChecksum::None))
            .is_ok()
    );
}

#[test]
fn the_key_is_picked_by_number_and_then_by_version() {
    let mut lab = Lab::new();
    let old = lab.domain.rodc(RODC).unwrap().krbtgt.keys.previous()[0]
        .key(AES256)
        .unwrap()
        .clone();
    let with = |lab: &Lab, rodc: u16, version: u32, key: Key| {
        Partial::new(lab, "ada").with(|partial| {
            partial.kvno = Some(Kvno::new(rodc, version as u16));
            partial.kdc_key = key.clone();
            partial.key = key;
        })
    };
    let current = lab.rodc_key();
    let rows = [
        (RODC, VERSION, current.clone(), ErrorCode::NONE),
        (RODC, 0, current.clone(), ErrorCode::NONE),
        (RODC, 0, old.clone(), ErrorCode::NONE),
        (RODC, VERSION - 1, old.clone(), ErrorCode::NONE),
        (RODC, VERSION, old.clone(), ErrorCode::NONE),
        (RODC, 77, current.clone(), ErrorCode::NONE),
        (RODC, VERSION, lab.krbtgt_key(), ErrorCode::BAD_INTEGRITY),
        (RODC + 1, VERSION, current.clone(), ErrorCode::S_PRINCIPAL_UNKNOWN),
        (0, VERSION, current, ErrorCode::BAD_INTEGRITY),
    ];
    for (rodc, version, key, expected) in rows {
        let partial = with(&lab, rodc, version, key);
        assert_eq!(answer(&mut lab, &partial), expected, "{rodc} {version}");
    }
    lab.dc.old_keys = 0;
    let partial = with(&lab, RODC, VERSION - 1, old);
    assert_eq!(
        answer(&mut lab, &partial),
        ErrorCode::BAD_INTEGRITY,
        "no history kept"
    );
    let absent = Partial::new(&lab, "ada").with(|partial| partial.kvno = None);
    assert_eq!(
        answer(&mut lab, &absent),
        ErrorCode::BAD_INTEGRITY,
        "then it is one of the domain's"
    );
    lab.dc.wrong_key = ErrorCode::MODIFIED;
    assert_eq!(answer(&mut lab, &absent), ErrorCode::MODIFIED, "a setting");
}

#[test]
fn a_key_version_beyond_sixteen_bits_and_a_key_number_with_the_high_bit() {
    let mut lab = Lab::changed(|domain| {
        let rodc = domain.rodc_mut(RODC).unwrap();
        rodc.number = 50_001;
        rodc.keys = KeyRing::new(KeySet::from_keys(70_000, "", rodc.keys.current().iter().cloned()));
    });
    let key = lab.rodc_key_of(50_001);
    let held = Partial::new(&Lab::new(), "ada").with(|partial| {
        partial.kvno = Some(Kvno::new(50_001, (70_000 & 0xFFFF) as u16));
        partial.rodc_identifier = Some(50_001);
        partial.kdc_key = key.clone();
        partial.key = key;
    });
    let ask = Ask::tgt(&held.held()).request(&mut lab);
    let told: Vec<String> = lab.send(&ask).decisions.iter().map(ToString::to_string).collect();
    assert!(
        told.contains(
            &"the TGT opens with version 70000 of the key of krbtgt_50001 [TGS-RODC-KEY]".to_owned()
        ),
        "{told:?}"
    );
}

#[test]
fn what_the_pac_must_have() {
    let mut lab = Lab::new();
    let other = domain_sid().with_rid(1105).unwrap();
    type Change = Box<dyn Fn(&mut Partial)>;
    let rows: Vec<(&str, Change, ErrorCode)> = vec![
        ("as it is", Box::new(|_| ()), ErrorCode::NONE),
        (
            "no PAC",
            Box::new(|partial| partial.pac = PacKind::None),
            ErrorCode::TGT_REVOKED,
        ),
        (
            "no requestor",
            Box::new(|partial| partial.requestor = None),
            ErrorCode::TGT_REVOKED,
        ),
        (
            "another requestor",
            Box::new(move |partial| partial.requestor = Some(other)),
            ErrorCode::TGT_REVOKED,
        ),
        (
            "another RID in LOGON_INFO",
            Box::new(|partial| partial.logon_rid = 1105),
            ErrorCode::NONE,
        ),
        (
            "no attributes",
            Box::new(|partial| partial.attributes = false),
            ErrorCode::NONE,
        ),
        (
            "a buffer nobody knows",
            Box::new(|partial| partial.pac = PacKind::Extra),
            ErrorCode::NONE,
        ),
        (
            "no LOGON_INFO",
            Box::new(|partial| partial.pac = PacKind::Without(PacType::LOGON_INFO)),
            ErrorCode::GENERIC,
        ),
        (
            "no CLIENT_INFO",
            Box::new(|partial| partial.pac = PacKind::Without(PacType::CLIENT_INFO)),
            ErrorCode::GENERIC,
        ),
        (
            "no server signature",
            Box::new(|partial| partial.pac = PacKind::Without(PacType::SERVER_CHECKSUM)),
            ErrorCode::GENERIC,
        ),
        (
            "no KDC signature",
            Box::new(|partial| partial.pac = PacKind::Without(PacType::KDC_CHECKSUM)),
            ErrorCode::GENERIC,
        ),
        (
            "a wrong server signature",
            Box::new(|partial| partial.pac = PacKind::Corrupt(SignatureKind::Server)),
            ErrorCode::BAD_INTEGRITY,
        ),
        (
            "a wrong KDC signature",
            Box::new(|partial| partial.pac = PacKind::Corrupt(SignatureKind::Kdc)),
            ErrorCode::BAD_INTEGRITY,
        ),
        (
            "no RODC identifier",
            Box::new(|partial| partial.rodc_identifier = None),
            ErrorCode::NONE,
        ),
        (
            "another RODC identifier",
            Box::new(|partial| partial.rodc_identifier = Some(1)),
            ErrorCode::BAD_INTEGRITY,
        ),
        (
            "a client that is unknown",
            Box::new(|partial| partial.user = "nobody".to_owned()),
            ErrorCode::C_PRINCIPAL_UNKNOWN,
        ),
    ];
    for (row, change, expected) in rows {
        let partial = Partial::new(&lab, "ada").with(|partial| change(partial));
        let (code, why) = exchange(&mut lab, &partial);
        assert_eq!(code, expected, "{row}: {why}");
    }
}

#[test]
fn an_rc4_signature_of_the_kdc_as_a_real_read_only_domain_controller_makes_it() {
    let mut lab = Lab::new();
    let rc4 = lab
        .domain
        .rodc(RODC)
        .unwrap()
        .krbtgt
        .keys
        .current()
        .key(Etype::Rc4Hmac)
        .unwrap()
        .clone();
    let partial = Partial::new(&lab, "ada").with(|partial| partial.kdc_key = rc4);
    assert_eq!(exchange(&mut lab, &partial), (ErrorCode::NONE, String::new()));
}

#[test]
fn an_older_update_level_takes_a_partial_tgt_without_a_pac() {
    let mut lab = Lab::new();
    let bare = Partial::new(&lab, "ada").with(|partial| partial.pac = PacKind::None);
    for (level, expected) in [("2021-10", ErrorCode::NONE), ("2021-11", ErrorCode::TGT_REVOKED)] {
        lab.dc.updates = level.parse().unwrap();
        assert_eq!(answer(&mut lab, &bare), expected, "{level}");
    }
}

#[test]
fn what_was_in_the_partial_pac_goes_no_further() {
    let mut lab = Lab::new();
    let held = Partial::new(&lab, "ada")
        .with(|partial| partial.pac = PacKind::Extra)
        .held();
    let full = lab.ask(&Ask::tgt(&held)).unwrap();
    let octets = lab.open(&full.ticket, &lab.krbtgt_key()).pac().unwrap();
    assert!(Pac::parse(&octets).unwrap().buffer(PacType(99)).is_none());
}

#[test]
fn the_replication_policy() {
    let allowed = ErrorCode::NONE;
    let refused = ErrorCode::TGT_REVOKED;
    type Change = fn(&mut kdc_sim::DomainBuilder);
    let rows: [(&str, &str, Change, ErrorCode); 9] = [
        ("allowed", "ada", |_| (), allowed),
        ("in no allowed group", "gus", |_| (), refused),
        ("allowed and denied", "dom", |_| (), refused),
        (
            "denied by name",
            "ada",
            |domain| domain.rodc_mut(RODC).unwrap().never_reveal.push("ada".into()),
            refused,
        ),
        (
            "allowed by name",
            "gus",
            |domain| domain.rodc_mut(RODC).unwrap().reveal.push("gus".into()),
            allowed,
        ),
        (
            "denied two groups away",
            "ada",
            |domain| {
                domain.group("Inner", 1501, GroupScope::Global).unwrap();
                domain.member("Inner", "ada").member("Domain Admins", "Inner");
            },
            refused,
        ),
        (
            "denied by a group of the machine",
            "ada",
            |domain| {
                domain.member("Server Operators", "ada");
            },
            refused,
        ),
        (
            "no longer an administrator",
            "dom",
            |domain| {
                domain.remove_member("Domain Admins", "dom");
            },
            allowed,
        ),
        (
            "groups in a circle",
            "ada",
            |domain| {
                domain.group("A", 1501, GroupScope::Global).unwrap();
                domain.group("B", 1502, GroupScope::Global).unwrap();
                domain.member("A", "B").member("B", "A").member("A", "ada");
            },
            allowed,
        ),
    ];
    for (row, user, change, expected) in rows {
        let mut lab = Lab::changed(change);
        let partial = Partial::new(&lab, user);
        let (code, why) = exchange(&mut lab, &partial);
        assert_eq!(code, expected, "{row}: {why}");
    }
}

#[test]
fn the_way_to_a_denied_group_is_told() {
    let mut lab = Lab::changed(|domain| {
        domain.group("Inner", 1501, GroupScope::Global).unwrap();
        domain.member("Inner", "ada").member("Domain Admins", "Inner");
    });
    let partial = Partial::new(&lab, "ada");
    let why =
        "[TGS-RODC-DENIED] ada is in Denied RODC Password Replication Group through Inner and Domain Admins";
    assert_eq!(exchange(&mut lab, &partial).1, why);
}

#[test]
fn the_computer_behind_the_key() {
    let unlinked = |domain: &mut kdc_sim::DomainBuilder| domain.rodc_mut(RODC).unwrap().linked = false;
    let writable = |domain: &mut kdc_sim::DomainBuilder| {
        domain.rodc_mut(RODC).unwrap().control = UserAccountControl::WORKSTATION_TRUST_ACCOUNT;
    };
    for mut lab in [Lab::changed(unlinked), Lab::changed(writable)] {
        let partial = Partial::new(&lab, "ada");
        assert_eq!(answer(&mut lab, &partial), ErrorCode::POLICY);
    }
}

#[test]
fn accounts_that_no_read_only_domain_controller_may_speak_for() {
    let mut lab =
        Lab::changed(|domain| set_control(domain, "gus", UserAccountControl::INTERDOMAIN_TRUST_ACCOUNT));
    let krbtgt = Partial::new(&lab, "krbtgt");
    assert!(
        exchange(&mut lab, &krbtgt)
            .1
            .starts_with("[TGS-RODC-CLIENT-KIND]")
    );
    let trust = Partial::new(&lab, "gus");
    assert!(exchange(&mut lab, &trust).1.starts_with("[TGS-RODC-CLIENT-KIND]"));
    let rodc_krbtgt = Partial::new(&lab, "krbtgt_21463");
    assert_eq!(
        answer(&mut lab, &rodc_krbtgt),
        ErrorCode::C_PRINCIPAL_UNKNOWN,
        "it is no client at all"
    );
    let itself = Partial::new(&lab, "AzureADKerberos$");
    assert_eq!(
        answer(&mut lab, &itself),
        ErrorCode::NONE,
        "though its group is denied"
    );
}

#[test]
fn the_state_of_the_account() {
    let ago = |minutes: u64, micros: u64| Duration::from_secs(minutes * 60) + Duration::from_micros(micros);
    let mut lab = Lab::changed(|domain| set_control(domain, "ada", UserAccountControl::ACCOUNT_DISABLED));
    for (age, expected) in [
        (ago(20, 0), ErrorCode::NONE),
        (ago(21, 0), ErrorCode::CLIENT_REVOKED),
    ] {
        let partial = Partial::new(&lab, "ada").with(|partial| {
            partial.authtime = MONDAY - age;
            partial.starttime = MONDAY - age;
        });
        assert_eq!(answer(&mut lab, &partial), expected, "{age:?}");
    }
    let eve = Partial::new(&lab, "eve").held();
    let request = Ask::tgt(&eve).request(&mut lab);
    let error = KrbError::decode(&lab.send(&request).reply).unwrap();
    assert_eq!(error.error_code, ErrorCode::KEY_EXPIRED, "at once");
    assert_eq!(error.nt_status(), Some(NtStatus::PASSWORD_MUST_CHANGE));
}

#[test]
fn logon_hours() {
    // Monday is the second day, and it is eight: bit 32
    let mut hours = [0xFF; 21];
    hours[4] = 0xFE;
    for (hours, expected) in [(hours, ErrorCode::CLIENT_REVOKED), ([0xFF; 21], ErrorCode::NONE)] {
        let mut lab = Lab::changed(|domain| {
            domain.account_mut("ada").unwrap().state.logon_hours = Some(LogonHours(hours));
        });
        let partial =
            Partial::new(&lab, "ada").with(|partial| partial.authtime = MONDAY - Duration::from_secs(3600));
        assert_eq!(answer(&mut lab, &partial), expected);
    }
}
