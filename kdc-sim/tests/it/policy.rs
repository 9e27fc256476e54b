//! userWorkstations, authentication policies and Protected Users, on both sides of each boundary.

use std::sync::Arc;
use std::time::Duration;

use kdc_sim::directory::{AuthenticationPolicy, DomainBuilder};
use kdc_sim::{Armoring, Handled, Profile};
use kerberos::codes::{ErrorCode, MessageType, NtStatus};
use kerberos::crypto::Etype;
use kerberos::wire::{HostAddress, KrbError, Message, PrincipalName};

use crate::delegation;
use crate::fast::{ada, armored_sign_in, machine};
use crate::lab::*;
use crate::rules::Case;

pub(crate) fn policy(change: impl FnOnce(&mut AuthenticationPolicy)) -> Arc<AuthenticationPolicy> {
    let mut policy = AuthenticationPolicy {
        name: "tier 0".into(),
        enforced: true,
        tgt_life: None,
        allowed_from: None,
        allowed_to: None,
    };
    change(&mut policy);
    Arc::new(policy)
}

/// A lab in which the policy is assigned to an account.
fn assigned(account: &str, policy: Arc<AuthenticationPolicy>) -> Lab {
    let mut lab = Lab::changed(|domain| assign(domain, account, policy));
    lab.dc.armoring = Armoring::Supported;
    lab
}

fn assign(domain: &mut DomainBuilder, account: &str, policy: Arc<AuthenticationPolicy>) {
    domain.account_mut(account).unwrap().authentication_policy = Some(policy);
}

fn sid(rid: u32) -> kerberos::sid::Sid {
    domain_sid().with_rid(rid).unwrap()
}

/// FS01 stands for the device; it has this RID.
const DEVICE: u32 = 1301;
const DOMAIN_COMPUTERS: u32 = 515;

/// Ada, who may sign in at KIOSK-01, signs in at a machine.
fn at(machine: Option<&str>) -> Handled {
    at_under(Profile::Windows, machine)
}

fn at_under(profile: Profile, machine: Option<&str>) -> Handled {
    let mut lab = Lab::changed(|domain| {
        domain.account_mut("ada").unwrap().workstations = vec!["KIOSK-01".into()];
    });
    lab.dc.profile = profile;
    let mut ask = AsAsk::new(&lab, "ada");
    ask.addresses = machine.map(|name| {
        vec![HostAddress {
            addr_type: 20,
            address: format!("{name:<16}").into_bytes().into(),
        }]
    });
    let request = ask.request(&mut lab);
    lab.send(&request)
}

/// Ada signs in with the armor of FS01, or without.
fn from(policy: Arc<AuthenticationPolicy>, armored: bool) -> Handled {
    let mut lab = assigned("ada", policy);
    if armored {
        let armor = machine(&mut lab);
        let key = ada(&lab);
        return armored_sign_in(&mut lab, &armor, &key, |_| ());
    }
    let request = AsAsk::new(&lab, "ada").request(&mut lab);
    lab.send(&request)
}

/// A user asks for a ticket for FS01, whose policy lets Projects-Write in.
fn to(user: &str) -> Handled {
    let policy = policy(|policy| policy.allowed_to = Some(vec![sid(1201)]));
    let mut lab = assigned("FS01$", policy);
    let tgt = lab.sign_in(user);
    let request = Ask::service(&tgt, "cifs/fs01").request(&mut lab);
    lab.send(&request)
}

/// The same at the sign-in itself, without a TGT.
fn straight_to(user: &str) -> Handled {
    let policy = policy(|policy| policy.allowed_to = Some(vec![sid(1201)]));
    let mut lab = assigned("FS01$", policy);
    let mut ask = AsAsk::new(&lab, user);
    ask.sname = PrincipalName::service_instance(["cifs", "fs01"]);
    let request = ask.request(&mut lab);
    lab.send(&request)
}

/// WEB01 wants a ticket for FS01 in Ada's name; the policy of FS01 lets an account in.
fn on_behalf(rid: u32) -> Handled {
    let policy = policy(|policy| policy.allowed_to = Some(vec![sid(rid)]));
    let mut lab = delegation::lab(|domain| {
        delegation::constrained(domain, true);
        assign(domain, "FS01$", policy);
    });
    let evidence = delegation::impersonate(&mut lab, "ada").unwrap().ticket;
    let tgt = lab.sign_in("WEB01$");
    let request = delegation::to_other(&tgt, &evidence).request(&mut lab);
    lab.send(&request)
}

/// A member of Protected Users proves itself with a key.
fn protected(etype: Etype) -> Handled {
    let mut lab = Lab::changed(|domain| {
        domain.member("Protected Users", "ada");
    });
    let mut ask = AsAsk::new(&lab, "ada");
    ask.key = lab.keys("ada").key(etype).cloned();
    let request = ask.request(&mut lab);
    lab.send(&request)
}

fn status(handled: &Handled) -> (ErrorCode, Option<NtStatus>) {
    let error = KrbError::decode(&handled.reply).unwrap();
    (error.error_code, error.nt_status())
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        ("AS-WORKSTATION", || at(None), || at(Some("kiosk-01"))),
        (
            "AUTHN-POLICY-FROM",
            || from(policy(|policy| policy.allowed_from = Some(vec![sid(1999)])), true),
            || {
                from(
                    policy(|policy| policy.allowed_from = Some(vec![sid(DEVICE)])),
                    true,
                )
            },
        ),
        ("AUTHN-POLICY-TO", || to("dom"), || to("ada")),
        (
            "AS-PROTECTED-ETYPE",
            || protected(Etype::Rc4Hmac),
            || protected(AES256),
        ),
    ]
}

#[test]
fn who_is_kept_to_a_machine_has_to_name_it() {
    let refused = (ErrorCode::POLICY, Some(NtStatus::INVALID_WORKSTATION));
    assert_eq!(status(&at(Some("ADA-LT"))), refused);
    assert_eq!(status(&at(None)), refused);
    assert!(refusal(&at(None)).1.contains("names no machine"));
}

#[test]
fn samba_lets_who_names_no_machine_sign_in_and_compares_what_is_named() {
    let at = |machine| at_under(Profile::Samba, machine);
    assert_eq!(Message::peek(&at(None).reply), Some(MessageType::AS_REP));
    assert_eq!(code(&at(Some("ADA-LT"))), ErrorCode::POLICY);
    assert_eq!(
        Message::peek(&at(Some("kiosk-01")).reply),
        Some(MessageType::AS_REP)
    );
}

#[test]
fn a_policy_asks_for_the_armor_of_a_device_that_it_names() {
    let named = |rid: u32| policy(move |policy| policy.allowed_from = Some(vec![sid(rid)]));
    // within armor the error is within it, too: its code is outside as well
    assert_eq!(code(&from(named(1999), true)), ErrorCode::POLICY);
    let unarmored = from(named(DEVICE), false);
    assert_eq!(
        status(&unarmored),
        (ErrorCode::POLICY, Some(NtStatus::INVALID_WORKSTATION))
    );
    assert!(refusal(&unarmored).1.contains("no armor"));
    // by a group of the device
    assert_eq!(code(&from(named(DOMAIN_COMPUTERS), true)), ErrorCode::NONE);
    let audited = policy(|policy| {
        policy.allowed_from = Some(vec![sid(1999)]);
        policy.enforced = false;
    });
    assert_eq!(code(&from(audited, false)), ErrorCode::NONE);
}

#[test]
fn the_policy_of_a_service_says_who_comes() {
    let refused = (ErrorCode::POLICY, Some(NtStatus::AUTHENTICATION_FIREWALL_FAILED));
    assert_eq!(status(&to("dom")), refused);
    assert_eq!(status(&straight_to("dom")), refused);
    assert_eq!(code(&straight_to("ada")), ErrorCode::NONE);
    // who asks in Ada's name is who has to be let in
    assert_eq!(status(&on_behalf(1201)), refused);
    assert_eq!(code(&on_behalf(1302)), ErrorCode::NONE);
}

#[test]
fn policy_and_protected_users_shorten_a_tgt_and_its_renewal() {
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    let half = policy(|policy| policy.tgt_life = Some(Duration::from_secs(1800)));
    let protect = |domain: &mut DomainBuilder| {
        domain.member("Protected Users", "ada");
    };
    let none = policy(|policy| policy.tgt_life = Some(Duration::ZERO));
    let rows: [(&str, Lab, Duration, Duration); 6] = [
        ("as the domain has it", Lab::new(), hours(10), hours(7 * 24)),
        (
            "a policy",
            assigned("ada", half.clone()),
            hours(1) / 2,
            hours(1) / 2,
        ),
        ("Protected Users", Lab::changed(protect), hours(4), hours(4)),
        (
            "a policy of no time",
            assigned("ada", none.clone()),
            hours(10),
            hours(7 * 24),
        ),
        (
            "Protected Users with a policy of no time",
            Lab::changed(|domain| {
                protect(domain);
                assign(domain, "ada", none.clone());
            }),
            hours(4),
            hours(4),
        ),
        (
            "both",
            Lab::changed(|domain| {
                protect(domain);
                assign(domain, "ada", half.clone());
            }),
            hours(1) / 2,
            hours(1) / 2,
        ),
    ];
    for (what, mut lab, life, renewal) in rows {
        let part = lab.sign_in("ada").part.unwrap();
        assert_eq!(part.endtime.timestamp(), MONDAY + life, "{what}");
        assert_eq!(
            part.renew_till
                .map(|till| till.timestamp())
                .filter(|till| *till > part.endtime.timestamp()),
            Some(MONDAY + renewal).filter(|_| renewal > life),
            "{what}"
        );
    }
}
