//! Every entry of the vocabulary names what exists, is found by each of its spellings, and every row that needs one has one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use evidence::cloud_debug::CloudDebug;
use evidence::event::templates;
use evidence::{Artefact, Source, View};
use scenarios::library::vocabulary::{Kind, entries};
use scenarios::library::{self, explain};

#[test]
fn every_entry_names_what_exists() {
    let scenarios: BTreeSet<&str> = library::scenarios().iter().map(|entry| entry.name).collect();
    let rules: BTreeSet<&str> = library::rules().map(|rule| rule.id).collect();
    let artefacts: BTreeSet<&str> = Artefact::documented().map(Artefact::name).collect();
    for entry in entries() {
        let name = entry.name();
        for scenario in &entry.scenarios {
            assert!(scenarios.contains(scenario.as_str()), "{name}: {scenario}");
        }
        for rule in &entry.rules {
            assert!(rules.contains(rule.as_str()), "{name}: {rule}");
        }
        for other in entry.see.iter().chain(&entry.rows) {
            assert!(!explain(other).is_empty(), "{name}: {other}");
        }
        if let Some(artefact) = &entry.artefact {
            assert!(artefacts.contains(artefact.as_str()), "{name}: {artefact}");
        }
        assert_eq!(entry.artefact.is_some(), entry.kind == Kind::Row, "{name}");
        for text in [&entry.title, &entry.meaning, &entry.arises, &entry.not] {
            assert!(!text.trim().is_empty(), "{name}");
        }
        assert!(!name.is_empty());
        assert!(entry.title.len() <= 80, "{name}: the title is long");
    }
}

#[test]
fn every_spelling_leads_to_its_entry_and_no_two_of_a_kind_share_one() {
    let mut seen = BTreeSet::new();
    for entry in entries() {
        for spelling in entry.spellings() {
            let found = explain(&spelling.to_uppercase());
            // rows that share an entry go by their own names
            let name = if entry.kind == Kind::Row {
                spelling.clone()
            } else {
                entry.name()
            };
            let is_it = found
                .iter()
                .any(|explanation| explanation.name == name && explanation.title == entry.title);
            assert!(is_it, "{spelling}");
            let key = (entry.kind, entry.artefact.clone(), spelling.clone());
            assert!(seen.insert(key), "{spelling} twice");
        }
    }
}

#[test]
fn a_code_is_found_however_it_is_written() {
    for word in ["20", "0x14", "KDC_ERR_TGT_REVOKED", "tgt_revoked"] {
        let found = explain(word);
        assert!(
            found
                .iter()
                .any(|found| found.name == "KDC_ERR_TGT_REVOKED (20, 0x14)"),
            "{word}"
        );
    }
    for word in ["0xC000005E", "c000005e", "-1073741730", "STATUS_NO_LOGON_SERVERS"] {
        let found = explain(word);
        assert_eq!(found[0].name, "STATUS_NO_LOGON_SERVERS (0xc000005e)", "{word}");
    }
    assert_eq!(explain("AADSTS50126")[0].kind, "AADSTS code");
    assert_eq!(explain("Passport for Work")[0].kind, "former name");
    assert!(explain("0x2d")[0].title.contains("does not usually meet"));
    assert!(explain("no such thing").is_empty());
}

#[test]
fn a_rule_is_shown_by_the_scenarios_in_which_it_refuses_first() {
    let found = &explain("TGS-RODC-DENIED")[0];
    assert_eq!(found.shown_by.first(), Some(&"admin-denied"));
    let key = &explain("TGS-RODC-KEY")[0];
    assert_eq!(key.shown_by.first(), Some(&"key-rotated-on-one-side"));
    // no story has it refuse: those in which it passes are named
    assert!(!explain("TGS-RODC-KNOWN")[0].shown_by.is_empty());
}

#[test]
fn every_event_and_every_row_of_cloud_debug_is_explained() {
    let source = Source {
        host: String::new(),
        user: None,
        time_micros: 0,
    };
    for fact in CloudDebug::default().facts(&source) {
        let found = explain(&fact.key);
        // two rows are explained with their neighbours or by their names alone
        let by_name = ["SPN oracle configured", "KDC proxy present in cache"];
        assert!(
            !found.is_empty() || by_name.contains(&fact.key.as_str()),
            "{}",
            fact.key
        );
    }
    for template in templates().filter(|template| template.id != 100) {
        let found = explain(&format!("event {}", template.id));
        assert!(!found.is_empty(), "event {}", template.id);
    }
}

/// Whoever reads a page or a story can look up what it names.
#[test]
fn every_code_of_the_documents_and_the_stories_is_explained() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut unknown = BTreeSet::new();
    let mut known = 0;
    for (folder, extension) in [
        ("../docs", "md"),
        ("library", "toml"),
        ("faults", "toml"),
        ("explain", "toml"),
    ] {
        for file in fs::read_dir(root.join(folder)).expect("the folder is there") {
            let path = file.expect("an entry").path();
            if path.extension().is_none_or(|found| found != extension) {
                continue;
            }
            let text = fs::read_to_string(&path).expect("a text");
            for code in codes(&text) {
                let found = explain(code);
                let told = found
                    .iter()
                    .any(|one| !one.title.contains("does not usually meet"));
                known += usize::from(told);
                if !told {
                    unknown.insert(format!("{code} in {}", path.display()));
                }
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
    assert!(known > 200, "{known}");
}

/// Names and numbers of errors: `KDC_ERR_…`, `KRB_AP_ERR_…`, `STATUS_…`, `ERROR_…`, `AADSTS…`, and 32 bits with the severity
/// of an error in hexadecimal.
fn codes(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| {
            let number = |prefix| word.strip_prefix(prefix).is_some_and(|rest: &str| rest.len() > 3);
            let status = word.strip_prefix("0x").is_some_and(|digits| {
                digits.len() == 8
                    && ["c0", "80"].contains(&&*digits[..2].to_ascii_lowercase())
                    && u32::from_str_radix(digits, 16).is_ok()
            });
            ["KDC_ERR", "KRB_AP_ERR", "KRB_ERR", "STATUS", "ERROR", "AADSTS"]
                .into_iter()
                .any(number)
                || status
        })
}
