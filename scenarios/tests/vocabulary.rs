//! Every entry of the vocabulary names what exists, is found by each of its spellings, and every row that needs one has one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use evidence::cloud_debug::CloudDebug;
use evidence::event::templates;
use evidence::{Artefact, Source, View};
use scenarios::engine::{Run, RunOptions};
use scenarios::language::Faults;
use scenarios::library::vocabulary::{Kind, entries};
use scenarios::library::{self, explain};
use scenarios::views::Subject;

#[test]
fn every_entry_names_what_exists() {
    let scenarios: BTreeSet<&str> = library::scenarios().iter().map(|entry| entry.name).collect();
    let rules: BTreeSet<&str> = library::rules().map(|rule| rule.id).collect();
    let artefacts: BTreeSet<Artefact> = Artefact::documented().collect();
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
        if let Some(artefact) = entry.artefact {
            assert!(artefacts.contains(&artefact), "{name}: {artefact}");
            let is_row = |name: &String| artefact.row(name).is_some();
            // facts of these call a row as the tool prints it
            let as_printed = [
                Artefact::Dsregcmd,
                Artefact::CloudDebug,
                Artefact::W32tm,
                Artefact::Graph,
                Artefact::KerberosServer,
            ];
            let is_one = !as_printed.contains(&artefact) || entry.names.iter().any(is_row);
            assert!(is_one, "{artefact} has no row {:?}", entry.names);
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
            let key = (entry.kind, entry.artefact, spelling.clone());
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
    for fact in CloudDebug::default().facts(&nowhere()) {
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

/// What a scenario may expect is what can be seen: no view shows a row, or a value, that the table does not know.
#[test]
fn every_row_that_a_story_shows_is_known_with_its_value() {
    let mut shown = 0;
    for entry in library::scenarios() {
        let scenario = entry
            .scenario(&Faults::AsWritten)
            .expect("a story of the library");
        let mut run = Run::new(&scenario, RunOptions::default()).expect("the lab compiles");
        run.complete();
        let world = run.world();
        let hosts = world.topology().hosts().map(|(id, _)| Subject::Host(id, None));
        for subject in hosts.chain([Subject::Domain(0, Some(0)), Subject::Lab]) {
            for artefact in Artefact::ALL.iter().copied() {
                let view = world.look(artefact, subject);
                for fact in view.iter().flat_map(|view| view.facts(&nowhere())) {
                    let row = artefact.row(&fact.key);
                    let row = row.unwrap_or_else(|| panic!("{}: {artefact} {}", entry.name, fact.key));
                    if let Some(value) = fact.value.known() {
                        assert!(
                            row.says.allows(value),
                            "{}: {artefact} {} {value}",
                            entry.name,
                            fact.key
                        );
                        shown += 1;
                    }
                }
            }
        }
    }
    assert!(shown > 10_000, "{shown}");
}

/// Adding an artefact takes its module, its line in the table, and what the compiler asks for: who fills it.
#[test]
fn an_artefact_is_named_in_few_places() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut sources = Vec::new();
    for krate in ["client-sim", "kdc-sim", "cloud-sim", "scenarios", "trustlab"] {
        sources_below(&root.join(krate).join("src"), &mut sources);
    }
    assert!(sources.len() > 200, "{}", sources.len());
    let filled = ["client-sim/src/views/look.rs", "scenarios/src/views/look.rs"].map(Path::new);
    // those that nothing but their command asks for
    let plain = [
        Artefact::KlistTgt,
        Artefact::KlistSessions,
        Artefact::Whoami,
        Artefact::W32tm,
        Artefact::WinHttp,
        Artefact::Intune,
    ];
    for artefact in plain {
        let is_named = |text: &str| {
            ["Artefact", "AnyView"].into_iter().any(|of| {
                let name = format!("{of}::{artefact:?}");
                text.match_indices(&name).any(|(at, _)| {
                    let next = text[at + name.len()..].chars().next();
                    next.is_none_or(|next| !next.is_alphanumeric())
                })
            })
        };
        let naming = sources.iter().filter(|(_, text)| is_named(text));
        let naming = naming.map(|(path, _)| path.strip_prefix(&root).unwrap_or(path));
        let (desk, others): (Vec<&Path>, Vec<&Path>) =
            naming.partition(|path| path.starts_with("trustlab/src/desk"));
        assert_eq!(others, filled, "{artefact:?}");
        assert_eq!(desk.len(), 1, "{artefact:?}: {desk:?}");
    }
}

fn sources_below(folder: &Path, sources: &mut Vec<(PathBuf, String)>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources_below(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a text");
            sources.push((path, text));
        }
    }
}

fn nowhere() -> Source {
    Source {
        host: String::new(),
        user: None,
        time_micros: 0,
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
