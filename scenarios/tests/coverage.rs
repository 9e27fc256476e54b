//! Nothing that people say, ask or complain of is without a place in the lab.

use std::collections::BTreeSet;

use evidence::Artefact;
use scenarios::library;
use scenarios::library::coverage::{KINDS, entries, markdown};

#[test]
fn every_statement_is_there_once_and_in_order() {
    let wanted = KINDS
        .iter()
        .flat_map(|(kind, count)| (1..=*count).map(move |number| format!("{kind}{number}")));
    let found: Vec<String> = entries().map(|entry| entry.id.to_owned()).collect();
    assert_eq!(found, wanted.collect::<Vec<_>>());
}

#[test]
fn every_statement_is_shown_by_what_exists() {
    let scenarios: BTreeSet<&str> = library::scenarios().iter().map(|entry| entry.name).collect();
    let mut views: BTreeSet<&str> = Artefact::documented().map(Artefact::name).collect();
    views.insert(Artefact::PowerShell.name());
    for entry in entries() {
        assert!(!entry.scenarios.is_empty(), "{}: no scenario shows it", entry.id);
        assert!(!entry.views.is_empty(), "{}: it is seen nowhere", entry.id);
        for scenario in entry.scenarios {
            assert!(
                scenarios.contains(scenario),
                "{}: there is no scenario {scenario}",
                entry.id
            );
        }
        for view in entry.views {
            assert!(views.contains(view), "{}: there is no view {view}", entry.id);
        }
        assert!(
            !entry.statement.is_empty() && !entry.statement.ends_with('.'),
            "{}",
            entry.id
        );
    }
}

#[test]
fn the_page_is_up_to_date() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/coverage.md");
    let committed = std::fs::read_to_string(page).expect("docs/coverage.md");
    assert!(
        committed == markdown(),
        "write it again: trustlab list coverage --markdown > docs/coverage.md"
    );
}
