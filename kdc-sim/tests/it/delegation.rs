//! S4U2Self and S4U2Proxy: what a service may do in the name of its users.

use std::time::Duration;

use kdc_sim::directory::{AccountSpec, KeyRing, KeySet, LogonHours, Secret, UserAccountControl};
use kdc_sim::{DomainBuilder, Handled};
use kerberos::codes::{ErrorCode, NtStatus, PaDataType};
use kerberos::crypto::{Key, KeyUsage, hmac_md5_checksum};
use kerberos::pac::{Pac, PacKeys, SignatureSet, ticket_without_pac};
use kerberos::sid::Sid;
use kerberos::wire::{
    Checksum, EncTicketPart, EncryptedData, KdcOptions, KerberosText, KrbError, PaForUser, PaPacOptions,
    PaS4uX509User, PacOptions, PrincipalName, S4uOptions, S4uUserId, TgsRep, Ticket, TicketFlags, UInt32,
};

use crate::lab::*;

pub(crate) const WEB: &str = "http/web01.ad.fernhill.example";
pub(crate) const CIFS: &str = "cifs/fs01.ad.fernhill.example";

/// The lab with a web server that wants to pass its users on to a file server.
pub(crate) fn lab(change: impl FnOnce(&mut DomainBuilder)) -> Lab {
    Lab::changed(|domain| {
        let keys = KeyRing::new(KeySet::generate(3, &mut rng(41)));
        let web = AccountSpec::computer("WEB01", 1302, "web01.ad.fernhill.example");
        domain.account(web, Secret::Keys(keys));
        change(domain);
    })
}

fn web(domain: &mut DomainBuilder) -> &mut AccountSpec {
    domain.account_mut("WEB01$").unwrap()
}

/// What the "Trust this computer for delegation to specified services" page does, with any protocol or Kerberos only.
pub(crate) fn constrained(domain: &mut DomainBuilder, any_protocol: bool) {
    let web = web(domain);
    web.delegate_to = vec![CIFS.into()];
    if any_protocol {
        web.control |= UserAccountControl::TRUSTED_TO_AUTH_FOR_DELEGATION;
    }
}

pub(crate) fn by_resource(domain: &mut DomainBuilder) {
    domain.account_mut("FS01$").unwrap().accepts_delegation_from = vec!["WEB01$".into()];
}

fn sensitive(domain: &mut DomainBuilder) {
    set_control(domain, "ada", UserAccountControl::NOT_DELEGATED);
}

pub(crate) fn signed(user: &str, realm: &str, kind: i32, value: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let (user_name, user_realm) = (PrincipalName::principal(user), realm.into());
    let auth_package = KerberosText::from("Kerberos");
    let input = PaForUser::checksum_input(&user_name, &user_realm, &auth_package);
    let cksum = Checksum {
        r#type: kind,
        checksum: value(&input).into(),
    };
    PaForUser {
        user_name,
        user_realm,
        cksum,
        auth_package,
    }
    .encode()
}

pub(crate) fn for_user(tgt: &Held, user: &str) -> Vec<u8> {
    let key = &tgt.session;
    signed(user, REALM, -138, |input| {
        hmac_md5_checksum(key.expose(), KeyUsage::PA_FOR_USER, input).to_vec()
    })
}

pub(crate) fn to_self<'a>(tgt: &'a Held, user: &str) -> Ask<'a> {
    let value = for_user(tgt, user);
    Ask::service(tgt, WEB).with(|ask| ask.padata.push(PaDataType::FOR_USER, value))
}

pub(crate) fn to_other<'a>(tgt: &'a Held, evidence: &Ticket) -> Ask<'a> {
    Ask::service(tgt, CIFS).with(|ask| {
        ask.options |= KdcOptions::CNAME_IN_ADDL_TKT;
        ask.further = Some(evidence.clone());
    })
}

pub(crate) fn knowing_resource_based(ask: &mut Ask<'_>) {
    let options = PaPacOptions {
        options: PacOptions::RESOURCE_BASED_CONSTRAINED_DELEGATION,
    };
    ask.padata.push(PaDataType::PAC_OPTIONS, options.encode());
}

/// The web server signs in and asks for a ticket of a user to itself.
pub(crate) fn impersonate(lab: &mut Lab, user: &str) -> Result<Held, ErrorCode> {
    let tgt = lab.sign_in("WEB01$");
    lab.ask(&to_self(&tgt, user))
}

fn flags(held: &Held) -> TicketFlags {
    held.part.as_ref().unwrap().flags
}

fn key_of(lab: &Lab, account: &str) -> Key {
    lab.keys(account).key(AES256).unwrap().clone()
}

#[test]
fn a_service_gets_a_ticket_for_a_user_who_never_came() {
    let mut lab = lab(|domain| constrained(domain, true));
    let held = impersonate(&mut lab, "ada").unwrap();
    assert_eq!(held.cname.to_string(), "ada");
    let key = key_of(&lab, "WEB01$");
    let plaintext = held.ticket.enc_part.open(&key, KeyUsage::TICKET).unwrap();
    let part = lab.open(&held.ticket, &key);
    let octets = part.pac().unwrap();
    let pac = Pac::parse(&octets).unwrap();
    let krbtgt = lab.krbtgt_key();
    let keys = PacKeys {
        server: &key,
        kdc: &krbtgt,
        rodc_identifier: None,
    };
    let blank = ticket_without_pac(&plaintext).unwrap();
    pac.verify(&keys, &SignatureSet::service(&blank)).unwrap();
    let info = pac.logon_info().unwrap().unwrap();
    assert_eq!(info.user_id, ADA);
    let extra: Vec<Sid> = info.extra_sids.iter().map(|entry| entry.sid).collect();
    assert_eq!(
        extra,
        [Sid::SERVICE_ASSERTED],
        "the service says so, and nobody else"
    );
    assert!(pac.requestor().unwrap().is_none());
}

#[test]
fn whose_ticket_can_be_passed_on() {
    type Change = fn(&mut DomainBuilder);
    let rows: [(&str, Change, bool, bool, bool); 6] = [
        ("no list", |_| (), true, false, false),
        ("a list", |domain| constrained(domain, false), false, false, false),
        (
            "a list and any protocol",
            |domain| constrained(domain, true),
            true,
            true,
            true,
        ),
        (
            "any protocol",
            |domain| web(domain).control |= UserAccountControl::TRUSTED_TO_AUTH_FOR_DELEGATION,
            true,
            true,
            true,
        ),
        (
            "a sensitive user",
            |domain| {
                constrained(domain, true);
                sensitive(domain);
            },
            false,
            false,
            false,
        ),
        (
            "a protected user",
            |domain| {
                constrained(domain, true);
                domain.member("Protected Users", "ada");
            },
            false,
            false,
            false,
        ),
    ];
    for (what, change, windows, before, samba) in rows {
        let forwardable = |prepare: fn(&mut Lab)| {
            let mut lab = lab(change);
            prepare(&mut lab);
            flags(&impersonate(&mut lab, "ada").unwrap()).contains(TicketFlags::FORWARDABLE)
        };
        assert_eq!(forwardable(|_| ()), windows, "{what}");
        let old: fn(&mut Lab) = |lab| lab.dc.updates = "2020-11".parse().unwrap();
        assert_eq!(forwardable(old), before, "{what}, before December 2020");
        let other: fn(&mut Lab) = |lab| lab.dc = kdc_sim::DcConfig::samba("DC01");
        assert_eq!(forwardable(other), samba, "{what}, Samba");
    }
}

#[test]
fn the_checksum_over_the_name() {
    let wrong = |_: &[u8]| vec![7; 16];
    for (profile, broken) in [(false, ErrorCode::MODIFIED), (true, ErrorCode::BAD_INTEGRITY)] {
        let mut lab = lab(|_| ());
        if profile {
            lab.dc = kdc_sim::DcConfig::samba("DC01");
        }
        let tgt = lab.sign_in("WEB01$");
        let own = tgt.session.clone();
        let right = |input: &[u8]| own.checksum(KeyUsage::PA_FOR_USER, input).as_slice().to_vec();
        let rows = [
            (signed("ada", REALM, 16, right), None),
            (signed("ada", REALM, -138, wrong), Some(broken)),
            (signed("ada", REALM, 7, wrong), Some(ErrorCode::INAPP_CKSUM)),
            (vec![0x30, 0], Some(ErrorCode::GENERIC)),
        ];
        for (value, expected) in rows {
            let ask = Ask::service(&tgt, WEB).with(|ask| ask.padata.push(PaDataType::FOR_USER, value));
            assert_eq!(lab.ask(&ask).err(), expected);
        }
    }
}

#[test]
fn for_whom_and_to_whom() {
    let mut lab = lab(|domain| {
        set_control(domain, "dom", UserAccountControl::ACCOUNT_DISABLED);
        domain.account_mut("gus").unwrap().state.logon_hours = Some(LogonHours([0; 21]));
    });
    let answer = |lab: &mut Lab, user: &str| impersonate(lab, user).err();
    assert_eq!(answer(&mut lab, "adb"), Some(ErrorCode::C_PRINCIPAL_UNKNOWN));
    assert_eq!(answer(&mut lab, "dom"), Some(ErrorCode::CLIENT_REVOKED));
    assert_eq!(
        answer(&mut lab, "eve"),
        None,
        "an expired password does not matter"
    );
    assert_eq!(
        answer(&mut lab, "gus"),
        None,
        "nor do logon hours, unless asked for"
    );
    let tgt = lab.sign_in("WEB01$");
    let other = to_self(&tgt, "ada").with(|ask| ask.sname = PrincipalName::parse(CIFS));
    assert_eq!(lab.ask(&other).err(), Some(ErrorCode::BADMATCH));
    let enterprise = to_self(&tgt, "ada").with(|ask| {
        let value = for_user(&tgt, "ada@fernhill.example");
        ask.padata.0.clear();
        ask.padata.push(PaDataType::FOR_USER, value);
        ask.options |= KdcOptions::CANONICALIZE;
    });
    assert_eq!(lab.ask(&enterprise).unwrap().cname.to_string(), "ada");
    let elsewhere = Ask::service(&tgt, WEB).with(|ask| {
        let key = tgt.session.clone();
        let value = signed("ada", "ELSEWHERE.EXAMPLE", -138, |input| {
            hmac_md5_checksum(key.expose(), KeyUsage::PA_FOR_USER, input).to_vec()
        });
        ask.padata.push(PaDataType::FOR_USER, value);
    });
    assert_eq!(lab.ask(&elsewhere).err(), Some(ErrorCode::C_PRINCIPAL_UNKNOWN));
}

fn x509(key: &Key, cname: Option<PrincipalName>, options: S4uOptions) -> Vec<u8> {
    let user_id = S4uUserId {
        nonce: UInt32(0x1234_5678),
        cname,
        crealm: REALM.into(),
        subject_certificate: None,
        options: Some(options),
    };
    let checksum = key.checksum(KeyUsage::PA_S4U_X509_USER_REQUEST, &user_id.encode());
    PaS4uX509User {
        checksum: Checksum {
            r#type: key.checksum_type().number(),
            checksum: checksum.as_slice().to_vec().into(),
        },
        user_id,
    }
    .encode()
}

#[test]
fn the_newer_form_is_signed_with_the_subkey_and_answered() {
    let mut lab = lab(|_| ());
    let tgt = lab.sign_in("WEB01$");
    let subkey = Key::generate(AES256, &mut rng(8));
    let rows = [
        (S4uOptions::SIGN_REPLY, KeyUsage::PA_S4U_X509_USER_REPLY),
        (S4uOptions::empty(), KeyUsage::PA_S4U_X509_USER_REQUEST),
    ];
    for (options, usage) in rows {
        let value = x509(
            &subkey,
            Some(PrincipalName::enterprise("ada@fernhill.example")),
            options,
        );
        let ask = Ask::service(&tgt, WEB).with(|ask| {
            ask.subkey = Some(subkey.clone());
            ask.padata.push(PaDataType::S4U_X509_USER, value);
        });
        let request = ask.request(&mut lab);
        let handled = lab.send(&request);
        assert_eq!(ask.read(&handled).unwrap().cname.to_string(), "ada");
        let reply = TgsRep::decode(&handled.reply).unwrap();
        let padata = reply.padata.unwrap();
        let answer = PaS4uX509User::decode(padata.find(PaDataType::S4U_X509_USER).unwrap()).unwrap();
        let named = answer.user_id.cname.as_ref().map(ToString::to_string);
        assert_eq!(
            named.as_deref(),
            Some("ada"),
            "the name in clear is the one under the checksum"
        );
        let covered = answer.user_id.encode();
        subkey
            .verify_checksum(usage, &covered, &answer.checksum.checksum)
            .unwrap();
    }
    let value = x509(&subkey, None, S4uOptions::empty());
    let ask = Ask::service(&tgt, WEB).with(|ask| {
        ask.subkey = Some(subkey.clone());
        ask.padata.push(PaDataType::S4U_X509_USER, value);
    });
    assert_eq!(
        lab.ask(&ask).err(),
        Some(ErrorCode::C_PRINCIPAL_UNKNOWN),
        "no certificate is mapped"
    );
    let hours = {
        lab.domain = crate::delegation::lab(|domain| {
            domain.account_mut("gus").unwrap().state.logon_hours = Some(LogonHours([0; 21]));
        })
        .domain;
        let value = x509(
            &subkey,
            Some(PrincipalName::principal("gus")),
            S4uOptions::CHECK_LOGON_HOURS,
        );
        Ask::service(&tgt, WEB).with(|ask| {
            ask.subkey = Some(subkey.clone());
            ask.padata.push(PaDataType::S4U_X509_USER, value);
        })
    };
    assert_eq!(lab.ask(&hours).err(), Some(ErrorCode::CLIENT_REVOKED));
}

#[test]
fn a_user_is_passed_on_and_the_way_is_written_down() {
    let mut lab = lab(|domain| constrained(domain, true));
    let evidence = impersonate(&mut lab, "ada").unwrap();
    let tgt = lab.sign_in("WEB01$");
    lab.later(Duration::from_secs(60));
    let held = lab.ask(&to_other(&tgt, &evidence.ticket)).unwrap();
    assert_eq!(held.cname.to_string(), "ada");
    assert!(flags(&held).contains(TicketFlags::FORWARDABLE));
    let part = lab.open(&held.ticket, &key_of(&lab, "FS01$"));
    assert_eq!(
        part.authtime,
        evidence.part.unwrap().authtime,
        "that of the evidence"
    );
    let octets = part.pac().unwrap();
    let pac = Pac::parse(&octets).unwrap();
    let way = pac.delegation_info().unwrap().unwrap();
    assert_eq!(way.proxy_target.as_str(), CIFS);
    let names: Vec<String> = way
        .transited_services
        .iter()
        .map(|name| name.as_str().to_owned())
        .collect();
    assert_eq!(names, [format!("{WEB}@{REALM}")]);
    let info = pac.logon_info().unwrap().unwrap();
    assert_eq!(info.user_id, ADA);
    assert_eq!(info.resource_groups.len(), 1);
}

#[test]
fn a_user_who_came_with_a_ticket_is_passed_on_without_protocol_transition() {
    let mut lab = lab(|domain| constrained(domain, false));
    let ada = lab.sign_in("ada");
    let evidence = lab.ask(&Ask::service(&ada, WEB)).unwrap();
    let tgt = lab.sign_in("WEB01$");
    assert!(lab.ask(&to_other(&tgt, &evidence.ticket)).is_ok());
    let transition = impersonate(&mut lab, "ada").unwrap();
    let error = lab.ask(&to_other(&tgt, &transition.ticket)).err();
    assert_eq!(
        error,
        Some(ErrorCode::BADOPTION),
        "the password works, the PIN does not"
    );
}

#[test]
fn a_target_takes_users_from_whom_it_names() {
    type Change = fn(&mut DomainBuilder);
    let rows: [(Change, bool, Option<NtStatus>); 7] = [
        (by_resource, true, None),
        (
            |domain| {
                domain.account_mut("FS01$").unwrap().accepts_delegation_from =
                    vec!["Domain Computers".into()];
            },
            true,
            None,
        ),
        (by_resource, false, Some(NtStatus::NOT_SUPPORTED)),
        (
            |domain| {
                by_resource(domain);
                web(domain).delegate_to = vec!["cifs/other".into()];
                web(domain).control |= UserAccountControl::TRUSTED_TO_AUTH_FOR_DELEGATION;
            },
            false,
            Some(NtStatus::NO_MATCH),
        ),
        (|_| (), true, Some(NtStatus::NOT_FOUND)),
        (
            |domain| {
                by_resource(domain);
                sensitive(domain);
            },
            true,
            Some(NtStatus::ACCOUNT_RESTRICTION),
        ),
        (
            |domain| {
                domain.account_mut("FS01$").unwrap().accepts_delegation_from = vec!["FS01$".into()];
            },
            true,
            Some(NtStatus::NOT_FOUND),
        ),
    ];
    for (change, knows, expected) in rows {
        let mut lab = lab(change);
        let evidence = impersonate(&mut lab, "ada").unwrap();
        let tgt = lab.sign_in("WEB01$");
        let mut ask = to_other(&tgt, &evidence.ticket);
        if knows {
            knowing_resource_based(&mut ask);
        }
        let request = ask.request(&mut lab);
        let handled = lab.send(&request);
        let error = KrbError::decode(&handled.reply).ok();
        assert_eq!(error.as_ref().and_then(KrbError::nt_status), expected);
        assert_eq!(
            error.map(|error| error.error_code),
            expected.map(|_| ErrorCode::BADOPTION)
        );
    }
}

#[test]
fn before_december_2020_a_target_took_tickets_that_are_not_forwardable() {
    for (change, expected) in [
        (by_resource as fn(&mut DomainBuilder), None),
        (
            |domain: &mut DomainBuilder| {
                by_resource(domain);
                sensitive(domain);
            },
            Some(ErrorCode::BADOPTION),
        ),
    ] {
        let mut lab = lab(change);
        lab.dc.updates = "2020-11".parse().unwrap();
        let evidence = impersonate(&mut lab, "ada").unwrap();
        assert!(!flags(&evidence).contains(TicketFlags::FORWARDABLE));
        let tgt = lab.sign_in("WEB01$");
        let ask = to_other(&tgt, &evidence.ticket).with(knowing_resource_based);
        assert_eq!(lab.ask(&ask).err(), expected);
    }
}

/// The evidence ticket after its service changed it, as the holder of its key can.
pub(crate) fn tampered(lab: &Lab, ticket: &Ticket, change: impl FnOnce(&mut EncTicketPart)) -> Ticket {
    let key = key_of(lab, "WEB01$");
    let mut part = lab.open(ticket, &key);
    change(&mut part);
    let kvno = ticket.enc_part.kvno;
    Ticket {
        enc_part: EncryptedData::seal(&key, KeyUsage::TICKET, kvno, &part.encode(), &mut rng(77)),
        ..ticket.clone()
    }
}

pub(crate) fn make_forwardable(part: &mut EncTicketPart) {
    part.flags |= TicketFlags::FORWARDABLE;
}

/// Passes a user on with an evidence ticket that is not as it was issued.
pub(crate) fn pass_on(
    change: impl FnOnce(&mut DomainBuilder),
    prepare: impl FnOnce(&mut Lab, Ticket) -> Ticket,
) -> Handled {
    let mut lab = lab(change);
    let evidence = impersonate(&mut lab, "ada").unwrap().ticket;
    let tgt = lab.sign_in("WEB01$");
    let evidence = prepare(&mut lab, evidence);
    let request = to_other(&tgt, &evidence).request(&mut lab);
    lab.send(&request)
}

#[test]
fn evidence_that_is_none() {
    let all = |domain: &mut DomainBuilder| constrained(domain, true);
    let rows: [(ErrorCode, Handled); 5] = [
        // CVE-2020-17049: the service sets the flag itself
        (
            ErrorCode::MODIFIED,
            pass_on(
                |domain| constrained(domain, false),
                |lab, ticket| tampered(lab, &ticket, make_forwardable),
            ),
        ),
        (
            ErrorCode::MODIFIED,
            pass_on(all, |lab, ticket| {
                tampered(lab, &ticket, |part| part.authorization_data = None)
            }),
        ),
        (
            ErrorCode::TKT_NYV,
            pass_on(all, |lab, ticket| {
                tampered(lab, &ticket, |part| part.flags |= TicketFlags::INVALID)
            }),
        ),
        (
            ErrorCode::MODIFIED,
            pass_on(all, |_, mut ticket| {
                ticket.enc_part.cipher = vec![0; 80].into();
                ticket
            }),
        ),
        (
            ErrorCode::BADOPTION,
            pass_on(all, |lab, _| {
                let ada = lab.sign_in("ada");
                lab.ask(&Ask::service(&ada, CIFS)).unwrap().ticket
            }),
        ),
    ];
    for (expected, handled) in rows {
        assert_eq!(code(&handled), expected);
    }
}

#[test]
fn nobody_is_passed_on_to_krbtgt_or_by_somebody_else() {
    let mut lab = lab(|domain| constrained(domain, true));
    let evidence = impersonate(&mut lab, "ada").unwrap().ticket;
    let tgt = lab.sign_in("WEB01$");
    let krbtgt = to_other(&tgt, &evidence).with(|ask| ask.sname = PrincipalName::krbtgt(REALM));
    assert_eq!(lab.ask(&krbtgt).err(), Some(ErrorCode::BADOPTION));
    let both = to_other(&tgt, &evidence).with(|ask| ask.options |= KdcOptions::ENC_TKT_IN_SKEY);
    assert_eq!(lab.ask(&both).err(), Some(ErrorCode::BADOPTION));
    let none = to_other(&tgt, &evidence).with(|ask| ask.further = None);
    assert_eq!(lab.ask(&none).err(), Some(ErrorCode::BADOPTION));
    let ada = lab.sign_in("ada");
    assert_eq!(
        lab.ask(&to_other(&ada, &evidence)).err(),
        Some(ErrorCode::BADOPTION)
    );
}

#[test]
fn after_the_key_of_the_domain_changed_older_evidence_still_counts() {
    let mut lab = lab(|domain| constrained(domain, true));
    let evidence = impersonate(&mut lab, "ada").unwrap().ticket;
    let rotate = |times: u32| {
        crate::delegation::lab(|domain| {
            constrained(domain, true);
            for step in 1..=times {
                let keys = domain.keys_mut("krbtgt").unwrap();
                *keys = keys.rotated(KeySet::generate(2 + step, &mut rng(200 + u64::from(step))), 3);
            }
        })
        .domain
    };
    for (times, expected) in [(1, None), (2, Some(ErrorCode::MODIFIED))] {
        lab.domain = rotate(times);
        let tgt = lab.sign_in("WEB01$");
        assert_eq!(lab.ask(&to_other(&tgt, &evidence)).err(), expected, "{times}");
    }
}
