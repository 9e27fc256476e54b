//! A read-only domain controller that is asked: what it answers, and what it leaves to a writable one.

use kdc_sim::directory::{KeyRing, KeySet, RodcSpec};
use kdc_sim::{DcConfig, Handled, KdcState};
use kerberos::codes::{ErrorCode, NtStatus};
use kerberos::pac::{Pac, SignatureKind};
use kerberos::wire::{KrbError, PrincipalName};

use crate::lab::*;
use crate::rules::Case;

const BRANCH: u16 = 40_001;

/// A branch office: its domain controller holds the secrets of Ada and FS01.
fn branch() -> Lab {
    let lab = Lab::changed(|domain| {
        let keys = KeyRing::new(KeySet::generate(9, &mut rng(41)));
        let mut rodc = RodcSpec::machine("BR-RODC", "br-rodc.ad.fernhill.example", BRANCH, 1701, 1702, keys);
        rodc.revealed = vec!["ada".into(), "FS01$".into()];
        domain.rodc(rodc);
        domain.member("Allowed RODC Password Replication Group", "ada");
    });
    let dc = DcConfig {
        writable: false,
        rodc: Some(BRANCH),
        ..DcConfig::new("BR-RODC")
    };
    Lab { dc, ..lab }
}

fn sign_in(lab: &mut Lab, user: &str) -> Handled {
    let request = AsAsk::new(lab, user).request(lab);
    lab.send(&request)
}

pub(crate) fn cases() -> Vec<Case> {
    vec![(
        "RODC-SECRETS",
        || sign_in(&mut branch(), "dom"),
        || sign_in(&mut branch(), "ada"),
    )]
}

#[test]
fn a_revealed_account_gets_tickets_under_the_branch_key() {
    let mut lab = branch();
    let tgt = lab.sign_in("ada");
    assert_eq!(
        tgt.ticket.enc_part.kvno.map(|kvno| kvno.rodc_number()),
        Some(BRANCH)
    );
    let key = lab.rodc_key_of(BRANCH);
    let pac = lab.open(&tgt.ticket, &key).pac().unwrap();
    let signature = Pac::parse(&pac)
        .unwrap()
        .signature(SignatureKind::Kdc)
        .unwrap()
        .rodc_identifier;
    assert_eq!(signature, Some(BRANCH));
    let got = lab.ask(&Ask::service(&tgt, "cifs/fs01")).unwrap();
    assert_eq!(got.ticket.sname, PrincipalName::parse("cifs/fs01"));
}

#[test]
fn what_it_does_not_hold_is_left_to_a_writable_one() {
    let mut lab = branch();
    let handled = sign_in(&mut lab, "dom");
    assert!(handled.forward);
    let error = KrbError::decode(&handled.reply).unwrap();
    assert_eq!(error.error_code, ErrorCode::S_PRINCIPAL_UNKNOWN);
    assert_eq!(error.nt_status(), Some(NtStatus::NO_SECRETS));
    let mut hub = Lab {
        dc: DcConfig::new("DC01"),
        state: KdcState::default(),
        ..branch()
    };
    let full = hub.sign_in("ada");
    let request = Ask::tgt(&full).request(&mut lab);
    assert!(lab.send(&request).forward, "a TGT of the domain's own key");
}

#[test]
fn a_writable_domain_controller_makes_a_full_tgt_of_one_of_the_branch() {
    let mut lab = branch();
    let tgt = lab.sign_in("ada");
    lab.dc = DcConfig::new("DC01");
    let full = lab.ask(&Ask::tgt(&tgt)).unwrap();
    assert_eq!(full.ticket.enc_part.kvno.map(|kvno| kvno.rodc_number()), Some(0));
}

#[test]
fn a_partial_tgt_of_another_number_is_refused_and_not_forwarded() {
    let mut lab = branch();
    let held = Partial::new(&lab, "ada").held();
    let request = Ask::tgt(&held).request(&mut lab);
    let handled = lab.send(&request);
    assert_eq!(refusal(&handled).0, "TGS-RODC-WRITABLE");
    assert!(!handled.forward);
}
