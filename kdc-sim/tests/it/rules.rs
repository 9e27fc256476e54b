//! The catalogue: ids are unique, and every rule that refuses has a case in which it does and one in which it just does not.

use std::collections::BTreeSet;
use std::time::Duration;

use kdc_sim::directory::{KeyRing, KeySet, UserAccountControl};
use kdc_sim::{Handled, Profile, Transport};
use kerberos::KerberosTime;
use kerberos::codes::PaDataType;
use kerberos::crypto::Key;
use kerberos::pac::{PacType, SignatureKind};
use kerberos::wire::{EncryptionKey, KdcOptions, Kvno, PrincipalName, SupportedEnctypes, TicketFlags};

use crate::lab::*;

#[test]
fn ids_are_unique_and_spoken() {
    let all = kdc_sim::rules::ALL.iter().chain(kdc_sim::resource::rules::ALL);
    let ids: Vec<_> = all.map(|rule| rule.id).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    assert!(ids.iter().all(|id| {
        id.chars()
            .all(|letter| letter.is_ascii_uppercase() || letter == '-' || letter == '4' || letter == '2')
    }));
}

/// A rule, what it refuses, and the nearest thing that it lets through.
pub(crate) type Case = (&'static str, fn() -> Handled, fn() -> Handled);

#[test]
fn every_rule_refuses_and_lets_through() {
    let cases = cases();
    for (rule, fires, passes) in &cases {
        assert_eq!(refusal(&fires()).0, *rule);
        let last = passes();
        let other = last.decisions.last().unwrap();
        let refuses = other.outcome.ends_request() && other.rule.id == *rule;
        assert!(!refuses, "{other}");
    }
    let covered: BTreeSet<&str> = cases.iter().map(|(rule, ..)| *rule).collect();
    let refusing = kdc_sim::rules::ALL
        .iter()
        .filter(|rule| rule.refuses_with.is_some());
    let missing: Vec<_> = refusing
        .map(|rule| rule.id)
        .filter(|id| !covered.contains(id))
        .collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
}

/// What docs/profiles.md tells is what the profiles do: a rule speaks of a profile if and only if its cases end in another
/// way under the other one.
#[test]
fn the_profiles_differ_where_the_catalogue_says_so() {
    let refuses = |id, case: fn() -> Handled| {
        [Profile::Windows, Profile::Samba].map(|profile| {
            PROFILE.set(Some(profile));
            let handled = case();
            let last = handled.decisions.last().unwrap();
            let refused = last.outcome.ends_request() && last.rule.id == id;
            refused.then(|| code(&handled))
        })
    };
    let mut differing = BTreeSet::new();
    for (id, fires, passes) in cases() {
        let seen = [fires, passes].map(|case| refuses(id, case));
        if seen.iter().any(|[windows, samba]| windows != samba) {
            differing.insert(id);
        }
    }
    PROFILE.set(None);
    let speaks = |text: &&str| text.contains("profile");
    let told = kdc_sim::rules::ALL
        .iter()
        .filter(|rule| rule.refuses_with.as_ref().is_some_and(speaks) || speaks(&rule.passes_when));
    assert_eq!(differing, told.map(|rule| rule.id).collect());
}

fn ask(mut lab: Lab, partial: impl FnOnce(&mut Partial), change: impl FnOnce(&mut Ask<'_>)) -> Handled {
    let held = Partial::new(&lab, "ada").with(partial).held();
    let request = Ask::tgt(&held).with(change).request(&mut lab);
    lab.send(&request)
}

fn full(mut lab: Lab, change: impl FnOnce(&mut Ask<'_>)) -> Handled {
    let held = lab.sign_in("ada");
    lab.later(Duration::from_secs(3600));
    let request = Ask::tgt(&held).with(change).request(&mut lab);
    lab.send(&request)
}

/// A full TGT that somebody with the key of krbtgt made.
fn golden(change: impl FnOnce(&mut Partial)) -> Handled {
    let lab = Lab::new();
    let key = lab.krbtgt_key();
    let forge = |partial: &mut Partial| {
        partial.kvno = Some(Kvno(2));
        partial.kdc_key = key.clone();
        partial.key = key;
        partial.rodc_identifier = None;
        change(partial);
    };
    ask(lab, forge, |_| ())
}

fn sign_in(mut lab: Lab, change: impl FnOnce(&mut AsAsk)) -> Handled {
    let mut ask = AsAsk::new(&lab, "ada");
    change(&mut ask);
    let request = ask.request(&mut lab);
    lab.send(&request)
}

fn healthy() -> Handled {
    ask(Lab::new(), |_| (), |_| ())
}

fn signed_in() -> Handled {
    sign_in(Lab::new(), |_| ())
}

fn cases() -> Vec<Case> {
    let mut cases = request_cases();
    cases.extend(ticket_cases());
    cases.extend(partial_cases());
    cases.extend(crate::delegation_cases::cases());
    cases.extend(crate::u2u::cases());
    cases.extend(crate::fast::cases());
    cases.extend(crate::policy::cases());
    cases.extend(crate::trusts::cases());
    cases.extend(crate::branch::cases());
    cases
}

fn request_cases() -> Vec<Case> {
    vec![
        (
            "REQ-KERBEROS",
            || Lab::new().send(&[0x30, 0]),
            || Lab::new().send(&[0x6A, 0]),
        ),
        ("REQ-WELL-FORMED", || Lab::new().send(&[0x6A, 0]), signed_in),
        (
            "REQ-MESSAGE-TYPE",
            || Lab::new().send(&[0x6E, 0]),
            || Lab::new().send(&[0x6C, 0]),
        ),
        ("REQ-DATAGRAM", || datagram(-1), || datagram(0)),
        (
            "AS-REALM",
            || sign_in(Lab::new(), |ask| ask.realm = "NORTH".into()),
            || sign_in(Lab::new(), |ask| ask.realm = "fernhill".into()),
        ),
        (
            "AS-CLIENT-KNOWN",
            || sign_in(Lab::new(), |ask| ask.cname = PrincipalName::principal("adb")),
            || sign_in(Lab::new(), |ask| ask.cname = PrincipalName::principal("ADA")),
        ),
        (
            "SERVICE-KNOWN",
            || full(Lab::new(), |ask| ask.sname = PrincipalName::parse("cifs/fs02")),
            || full(Lab::new(), |ask| ask.sname = PrincipalName::parse("cifs/fs01")),
        ),
        (
            "ACCOUNT-STATE",
            || {
                sign_in(
                    Lab::changed(|domain| set_control(domain, "ada", UserAccountControl::ACCOUNT_DISABLED)),
                    |_| (),
                )
            },
            || {
                sign_in(
                    Lab::changed(|domain| set_control(domain, "dom", UserAccountControl::ACCOUNT_DISABLED)),
                    |_| (),
                )
            },
        ),
        ("PASSWORD-AGE", || password_age(0), || password_age(1)),
        (
            "AS-PREAUTH-PRESENT",
            || sign_in(Lab::new(), |ask| ask.key = None),
            signed_in,
        ),
        (
            "AS-PREAUTH-ETYPE",
            || aes128_only(vec![18]),
            || aes128_only(vec![17]),
        ),
        (
            "AS-PREAUTH-KEY",
            || {
                let lab = Lab::new();
                let key = lab.krbtgt_key();
                sign_in(lab, |ask| ask.key = Some(key))
            },
            signed_in,
        ),
        ("AS-PREAUTH-SKEW", || clock(300_000_001), || clock(300_000_000)),
        (
            "SESSION-ETYPE",
            || sign_in(Lab::new(), |ask| ask.etypes = vec![16]),
            || sign_in(Lab::new(), |ask| ask.etypes = vec![17]),
        ),
        (
            "TIMES",
            || sign_in(Lab::new(), |ask| ask.till = MONDAY.kerberos_time()),
            || {
                sign_in(Lab::new(), |ask| {
                    ask.till = KerberosTime(MONDAY.unix_seconds() + 1)
                })
            },
        ),
        (
            "POSTDATED",
            || sign_in(Lab::new(), |ask| ask.options |= KdcOptions::POSTDATED),
            || sign_in(Lab::new(), |ask| ask.options |= KdcOptions::PROXIABLE),
        ),
        (
            "OPTION-AVAILABLE",
            || invalid(Lab::new()),
            || invalid(Lab::samba()),
        ),
        ("TGS-TGT-PRESENT", no_tgt, healthy),
    ]
}

fn datagram(beyond: isize) -> Handled {
    let mut lab = Lab::new();
    let length = {
        let mut lab = Lab::new();
        let request = AsAsk::new(&lab, "ada").request(&mut lab);
        lab.send(&request).reply.len()
    };
    lab.dc.udp_reply_limit = length.checked_add_signed(beyond).unwrap();
    let request = AsAsk::new(&lab, "ada").request(&mut lab);
    lab.send_over(Transport::Udp, &request)
}

fn password_age(micros: i64) -> Handled {
    let expires = kerberos::Timestamp(MONDAY.0 + micros);
    sign_in(
        Lab::changed(|domain| domain.account_mut("ada").unwrap().state.password_expires = Some(expires)),
        |_| (),
    )
}

fn aes128_only(etypes: Vec<i32>) -> Handled {
    let mut rng = rng(3);
    let key = |etype| Key::generate(kerberos::crypto::Etype::from_number(etype).unwrap(), &mut rng);
    let keys = [17, 18].map(key);
    let known = keys[0].clone();
    let lab = Lab::changed(|domain| {
        *domain.keys_mut("ada").unwrap() = KeyRing::new(KeySet::from_keys(1, "", [known]))
    });
    let used = keys
        .iter()
        .find(|key| etypes.contains(&key.etype().number()))
        .cloned();
    sign_in(lab, |ask| ask.key = used)
}

fn clock(micros: i64) -> Handled {
    sign_in(Lab::new(), |ask| {
        ask.clock = kerberos::Timestamp(MONDAY.0 - micros)
    })
}

fn no_tgt() -> Handled {
    use kerberos::wire::{KdcReq, KdcReqKind, MethodData};
    let mut lab = Lab::new();
    let held = Partial::new(&lab, "ada").held();
    let request = KdcReq::decode(&Ask::tgt(&held).request(&mut lab)).unwrap();
    lab.send(&KdcReq::new(KdcReqKind::Tgs, MethodData::default(), request.body().clone()).encode())
}

fn ticket_cases() -> Vec<Case> {
    vec![
        (
            "TGS-TICKET-FOR-US",
            || for_others("krbtgt/NORTH"),
            || for_others("krbtgt/ad.fernhill.example"),
        ),
        (
            "TGS-TICKET-KEY",
            || golden(|partial| partial.key = Key::generate(AES256, &mut rng(6))),
            || golden(|_| ()),
        ),
        (
            "TGS-TICKET-KEY-VERSION",
            || {
                ask(
                    Lab::samba(),
                    |partial| partial.kvno = Some(Kvno::new(RODC, 5)),
                    |_| (),
                )
            },
            || {
                ask(
                    Lab::new(),
                    |partial| partial.kvno = Some(Kvno::new(RODC, 5)),
                    |_| (),
                )
            },
        ),
        ("TGS-TICKET-STARTED", || starts_in(301), || starts_in(300)),
        (
            "TGS-TICKET-ENDED",
            || ask(Lab::new(), |partial| partial.endtime = MONDAY, |_| ()),
            || {
                ask(
                    Lab::new(),
                    |partial| partial.endtime = MONDAY + Duration::from_secs(1),
                    |_| (),
                )
            },
        ),
        (
            "TGS-SESSION-KEY",
            || subkey(EncryptionKey::new(16, &[0; 24])),
            healthy,
        ),
        ("TGS-AUTH-KEY", || other_session(true), || other_session(false)),
        (
            "TGS-AUTH-CLIENT",
            || {
                ask(
                    Lab::new(),
                    |_| (),
                    |ask| ask.cname = PrincipalName::principal("dom"),
                )
            },
            healthy,
        ),
        (
            "TGS-AUTH-SKEW",
            || ask(Lab::new(), |_| (), |ask| ask.ahead_micros = 300_000_001),
            || ask(Lab::new(), |_| (), |ask| ask.ahead_micros = 300_000_000),
        ),
        ("TGS-AUTH-REPEAT", || twice(true), || twice(false)),
        (
            "TGS-BODY-CHECKSUM-TYPE",
            || ask(Lab::samba(), |_| (), |ask| ask.checksum = BodyChecksum::None),
            || ask(Lab::new(), |_| (), |ask| ask.checksum = BodyChecksum::None),
        ),
        (
            "TGS-BODY-CHECKSUM",
            || ask(Lab::new(), |_| (), |ask| ask.checksum = BodyChecksum::Wrong),
            healthy,
        ),
        (
            "TGS-CLIENT-KNOWN",
            || ask(Lab::new(), |partial| partial.user = "adb".into(), |_| ()),
            healthy,
        ),
        (
            "TGS-PAC-PRESENT",
            || golden(|partial| partial.pac = PacKind::None),
            || golden(|_| ()),
        ),
        (
            "TGS-PAC-COMPLETE",
            || golden(|partial| partial.pac = PacKind::Without(PacType::CLIENT_INFO)),
            || golden(|_| ()),
        ),
        (
            "TGS-PAC-SIGNED",
            || golden(|partial| partial.pac = PacKind::Corrupt(SignatureKind::Kdc)),
            || golden(|partial| partial.pac = PacKind::Extra),
        ),
        (
            "TGS-PAC-REQUESTOR",
            || golden(|partial| partial.requestor = None),
            || golden(|_| ()),
        ),
        (
            "TGS-OPTION-GRANTED",
            || full(Lab::new(), |ask| ask.options |= KdcOptions::PROXY),
            || full(Lab::new(), |ask| ask.options |= KdcOptions::FORWARDED),
        ),
        ("TGS-RENEW-TILL", || renew(0), || renew(1)),
        ("TGS-SERVICE-ETYPE", || only(0x10), || only(0x04)),
    ]
}

fn for_others(sname: &str) -> Handled {
    let mut lab = Lab::new();
    let mut held = Partial::new(&lab, "ada").held();
    held.ticket.sname = PrincipalName::parse(sname);
    let request = Ask::tgt(&held).request(&mut lab);
    lab.send(&request)
}

fn starts_in(seconds: u64) -> Handled {
    ask(
        Lab::new(),
        |partial| partial.starttime = MONDAY + Duration::from_secs(seconds),
        |_| (),
    )
}

/// A TGT whose session key cannot be used.
fn subkey(session: EncryptionKey) -> Handled {
    let mut lab = Lab::new();
    let mut held = Partial::new(&lab, "ada").held();
    let mut part = lab.open(&held.ticket, &lab.rodc_key());
    part.key = session;
    let sealed = &mut held.ticket.enc_part;
    let usage = kerberos::crypto::KeyUsage::TICKET;
    *sealed = kerberos::wire::EncryptedData::seal(
        &Lab::new().rodc_key(),
        usage,
        sealed.kvno,
        &part.encode(),
        &mut lab.rng,
    );
    let request = Ask::tgt(&held).request(&mut lab);
    lab.send(&request)
}

fn other_session(other: bool) -> Handled {
    let mut lab = Lab::new();
    let mut held = Partial::new(&lab, "ada").held();
    if other {
        held.session = Key::generate(AES256, &mut rng(5));
    }
    let request = Ask::tgt(&held).request(&mut lab);
    lab.send(&request)
}

fn twice(same: bool) -> Handled {
    let mut lab = Lab::new();
    let held = Partial::new(&lab, "ada").held();
    let first = Ask::tgt(&held).request(&mut lab);
    let second = if same {
        first.clone()
    } else {
        Ask::tgt(&held).request(&mut lab)
    };
    lab.send(&first);
    lab.send(&second)
}

/// A computer asks with a partial TGT for a ticket of a user to itself.
fn s4u(mut lab: Lab) -> Handled {
    let held = Partial::new(&lab, "FS01$").held();
    lab.domain = allowing_computers();
    let value = crate::delegation::for_user(&held, "ada");
    let ask = Ask::service(&held, "cifs/fs01").with(|ask| ask.padata.push(PaDataType::FOR_USER, value));
    let request = ask.request(&mut lab);
    lab.send(&request)
}

/// A TGT that has to be validated, and a request for that.
fn invalid(lab: Lab) -> Handled {
    let invalid = |partial: &mut Partial| partial.flags |= TicketFlags::INVALID;
    ask(lab, invalid, |ask| ask.options = KdcOptions::VALIDATE)
}

fn renew(seconds: u64) -> Handled {
    let partial = |partial: &mut Partial| partial.renew_till = Some(MONDAY + Duration::from_secs(seconds));
    ask(Lab::new(), partial, |ask| ask.options = KdcOptions::RENEW)
}

/// A service with some encryption types, asked for RC4 with an AES session key.
fn only(enctypes: u32) -> Handled {
    let types = SupportedEnctypes::from_bits_retain(enctypes | 0x20);
    let lab = Lab::changed(|domain| domain.account_mut("FS01$").unwrap().supported_enctypes = Some(types));
    full(lab, |ask| {
        ask.sname = PrincipalName::parse("cifs/fs01");
        ask.etypes = vec![17, 23];
    })
}

fn partial_cases() -> Vec<Case> {
    vec![
        (
            "TGS-RODC-WRITABLE",
            || {
                let mut lab = Lab::new();
                lab.dc.writable = false;
                ask(lab, |_| (), |_| ())
            },
            healthy,
        ),
        (
            "TGS-RODC-KNOWN",
            || {
                ask(
                    Lab::new(),
                    |partial| partial.kvno = Some(Kvno::new(RODC - 1, 1203)),
                    |_| (),
                )
            },
            healthy,
        ),
        (
            "TGS-RODC-KEY",
            || {
                ask(
                    Lab::new(),
                    |partial| partial.key = Key::generate(AES256, &mut rng(2)),
                    |_| (),
                )
            },
            healthy,
        ),
        (
            "TGS-RODC-PAC",
            || ask(Lab::new(), |partial| partial.pac = PacKind::None, |_| ()),
            healthy,
        ),
        (
            "TGS-RODC-SID",
            || ask(Lab::new(), |partial| partial.requestor = None, |_| ()),
            healthy,
        ),
        (
            "TGS-RODC-LINKED",
            || {
                ask(
                    Lab::changed(|domain| domain.rodc_mut(RODC).unwrap().linked = false),
                    |_| (),
                    |_| (),
                )
            },
            healthy,
        ),
        ("TGS-RODC-CLIENT-KIND", || user("krbtgt"), healthy),
        ("TGS-RODC-DENIED", || user("dom"), healthy),
        ("TGS-RODC-ALLOWED", || user("gus"), healthy),
        ("TGS-RODC-LIFE", || left(120), || left(121)),
        ("TGS-RODC-S4U", || s4u(Lab::new()), || s4u(Lab::samba())),
    ]
}

fn user(name: &str) -> Handled {
    let mut lab = Lab::new();
    let held = Partial::new(&lab, name)
        .with(|partial| partial.flags = TicketFlags::empty())
        .held();
    let request = Ask::tgt(&held).request(&mut lab);
    lab.send(&request)
}

fn left(seconds: u64) -> Handled {
    ask(
        Lab::samba(),
        |partial| partial.endtime = MONDAY + Duration::from_secs(seconds),
        |_| (),
    )
}
