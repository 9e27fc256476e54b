//! Nothing that people say, ask or complain of is without a place in the lab.

use std::collections::BTreeSet;

use evidence::provenance;
use scenarios::library;
use scenarios::library::coverage::{KINDS, entries, markdown};

/// What concerns the cmdlets has no scenario yet.
const WAITING: &[&str] = &[
    "S3", "S4", "S5", "S6", "S11", "S16", "S17", "B3", "B4", "B5", "B6", "B9", "B10", "B25", "Q8", "Q22",
    "Q23",
];

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
    let views: BTreeSet<&str> = provenance::table().map(|entry| entry.artefact).collect();
    for entry in entries() {
        assert!(
            !entry.scenarios.is_empty() || WAITING.contains(&entry.id),
            "{}: no scenario shows it",
            entry.id
        );
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
