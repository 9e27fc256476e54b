//! The table of artefacts agrees with itself.

use std::collections::BTreeSet;

use evidence::{Artefact, Place, Says};

#[test]
fn names_and_keys_lead_back_to_their_artefact() {
    let mut keys = BTreeSet::new();
    for artefact in Artefact::ALL.iter().copied() {
        let about = artefact.about();
        // a part goes by the name of the whole
        let whole = Artefact::called(artefact.name()).expect("it has a name");
        assert!(whole == artefact || about.context_of == Some(whole), "{artefact}");
        if let Some(key) = about.key {
            assert!(keys.insert(key), "{key} is there twice");
        }
        let seen = about.typed.is_some() || about.on > Place::Machine || artefact == Artefact::SsoState;
        assert!(seen, "{artefact:?} is seen nowhere");
    }
}

#[test]
fn every_row_rests_on_something_and_every_source_speaks_of_a_row() {
    for artefact in Artefact::documented() {
        let names = artefact.row_names();
        for name in &names {
            let row = artefact.row(name).expect("its own row");
            assert!(
                artefact.source_of(name).is_some(),
                "{artefact} {name}: nothing says what it rests on"
            );
            if let Says::OneOf(values) = row.says {
                assert!(!values.is_empty(), "{artefact} {name}");
            }
        }
    }
}

#[test]
fn a_row_is_found_by_its_exact_name_or_as_one_that_was_chosen() {
    assert!(Artefact::Dsregcmd.row("OnPremTgt").is_some());
    assert_eq!(Artefact::Dsregcmd.row("onpremtgt"), None);
    assert_eq!(Artefact::Dsregcmd.row("Nonsense"), None);
    let group = Artefact::Whoami.row("group FERNHILL\\Domain Users");
    assert_eq!(group.map(|row| row.name), Some("group *"));
    assert_eq!(Artefact::Whoami.row("group "), None);
    assert!(Artefact::Events.row("4769").is_some());
    assert!(Artefact::Events.row("4769 Status").is_some());
    assert_eq!(Artefact::Events.row("4769 Nonsense"), None);
    assert_eq!(Artefact::Events.row("4770"), None);
    assert!(Artefact::Outcome.row("print").is_some());
    assert_eq!(Artefact::Outcome.row("foo"), None);
}

#[test]
fn the_part_that_holds_a_row_is_made_in_the_place_of_the_whole() {
    assert_eq!(Artefact::Dsregcmd.part_with("OnPremTgt"), Artefact::SsoState);
    assert_eq!(Artefact::Dsregcmd.part_with("PreReqResult"), Artefact::Dsregcmd);
    assert_eq!(
        Artefact::DsregcmdAsSystem.part_with("OnPremTgt"),
        Artefact::DsregcmdAsSystem
    );
}
