//! Building a domain.

use kdc_sim::BuildError;
use kdc_sim::DomainBuilder;
use kdc_sim::directory::{AccountSpec, DomainSnapshot, GroupScope, KeyRing, KeySet, RodcSpec, Secret};

use crate::lab::*;

fn keys() -> KeyRing {
    KeyRing::new(KeySet::from_keys(1, "", []))
}

fn error(change: impl FnOnce(&mut DomainBuilder)) -> BuildError {
    let mut builder = Lab::new().domain.to_builder();
    change(&mut builder);
    builder.build().map(|_: DomainSnapshot| ()).unwrap_err()
}

#[test]
fn what_collides_is_named() {
    let user = |name: &str, rid| AccountSpec::user(name, rid);
    let add = |spec: AccountSpec| {
        error(move |domain| {
            domain.account(spec, Secret::Keys(keys()));
        })
    };
    assert_eq!(
        add(user("ADA", 1900)),
        BuildError::DuplicateName { name: "ADA".into() }
    );
    assert_eq!(
        add(user("Domain Users", 1900)),
        BuildError::DuplicateName {
            name: "Domain Users".into()
        }
    );
    let rid = BuildError::DuplicateRid {
        rid: ADA,
        first: "ada".into(),
        second: "zoe".into(),
    };
    assert_eq!(add(user("zoe", ADA)), rid);
    assert!(matches!(
        add(user("zoe", 1900).with_upn("Ada@fernhill.example")),
        BuildError::DuplicateUpn { .. }
    ));
    assert!(matches!(
        add(user("zoe", 1900).with_spn("host/fs01")),
        BuildError::DuplicateSpn { .. }
    ));
    let primary = AccountSpec {
        primary_group: 9,
        ..user("zoe", 1900)
    };
    assert!(matches!(
        add(primary),
        BuildError::UnknownPrimaryGroup { rid: 9, .. }
    ));
}

#[test]
fn what_leads_nowhere_is_named() {
    let group = error(|domain| {
        domain.member("No such group", "ada");
    });
    assert_eq!(
        group,
        BuildError::UnknownGroup {
            group: "No such group".into()
        }
    );
    let member = error(|domain| {
        domain.member("Projects", "nobody");
    });
    assert!(matches!(member, BuildError::UnknownMember { .. }));
    let delegate = error(|domain| {
        domain.account_mut("FS01$").unwrap().accepts_delegation_from = vec!["nobody".into()];
    });
    assert_eq!(
        delegate,
        BuildError::UnknownDelegate {
            account: "FS01$".into(),
            name: "nobody".into()
        }
    );
    let nesting = error(|domain| {
        domain.member("Projects-Write", "Projects");
    });
    assert!(matches!(
        nesting,
        BuildError::Nesting {
            scope: GroupScope::Global,
            member_scope: GroupScope::DomainLocal,
            ..
        }
    ));
}

#[test]
fn key_numbers() {
    let twice = error(|domain| {
        domain.rodc(RodcSpec {
            computer_name: "Other$".into(),
            ..RodcSpec::azure_ad_kerberos(RODC, 1901, 1902, keys())
        });
    });
    assert_eq!(twice, BuildError::DuplicateKeyNumber { number: RODC });
    let zero = error(|domain| {
        domain.rodc(RodcSpec {
            computer_name: "Other$".into(),
            ..RodcSpec::azure_ad_kerberos(0, 1901, 1902, keys())
        });
    });
    assert_eq!(zero, BuildError::KeyNumberZero);
}

#[test]
fn nested_groups_are_found_nearest_first() {
    let lab = Lab::new();
    assert_eq!(
        groups(&lab, "ada"),
        ["Domain Users", "Projects-Write", "Users", "Projects"]
    );
    let expected = [
        "Domain Users",
        "Domain Admins",
        "Users",
        "Denied RODC Password Replication Group",
        "Administrators",
    ];
    assert_eq!(groups(&lab, "dom"), expected);
}

#[test]
fn a_rename_keeps_the_salt_until_the_password_changes() {
    let mut builder = Lab::new().domain.to_builder();
    builder.account_mut("ada").unwrap().name = "ada.lovelace".into();
    builder
        .member("Projects-Write", "ada.lovelace")
        .remove_member("Projects-Write", "ada");
    let renamed = builder.build().unwrap();
    assert_eq!(
        &*renamed.account("ada.lovelace").unwrap().keys.current().salt,
        "AD.FERNHILL.EXAMPLEada"
    );
    assert!(builder.set_password("ada.lovelace", "new", 1));
    let changed = builder.build().unwrap();
    let ring = &changed.account("ada.lovelace").unwrap().keys;
    assert_eq!(&*ring.current().salt, "AD.FERNHILL.EXAMPLEada.lovelace");
    assert_eq!((ring.current().version, ring.previous().len()), (2, 1));
}

#[test]
fn a_snapshot_stays_as_it_was() {
    let before = Lab::new().domain;
    let mut builder = before.to_builder();
    builder.remove_account("ada");
    let after = builder.build().unwrap();
    assert!(before.account("ada").is_some() && after.account("ada").is_none());
}
