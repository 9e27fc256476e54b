//! What changes bring about, and which of them are refused.

use scenarios::engine::{Run, RunOptions};
use scenarios::language::{Faults, Scenario};
use scenarios::library;
use scenarios::trace::EventKind;

/// Runs a scenario, in the built-in lab unless it names one: how many changes were made, and what was not as expected.
fn run(body: &str) -> (usize, Vec<String>, usize) {
    let text = format!("format = \"trustlab.scenario/1\"\nname = \"changes\"\ntitle = \"t\"\n{body}");
    let scenario = Scenario::parse("changes.toml", &text, &Faults::AsWritten, library::catalogue());
    let scenario = scenario.unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    let mut run = Run::new(&scenario, RunOptions::default()).expect("the lab compiles");
    run.complete();
    let events = run.world().trace().events();
    let changes = events
        .filter(|event| matches!(event.kind, EventKind::Action(_)))
        .count();
    let report = run.report();
    let failures = report.failures.iter().map(|miss| miss.found.clone()).collect();
    (changes, failures, report.expectations)
}

#[test]
fn a_refused_change_is_not_told_and_counts_as_not_met() {
    let rename = |sam: &str| format!("[[step]]\nrename-account = {{ user = \"ada\", sam = \"{sam}\" }}\n");
    let (changes, failures, expectations) = run(&rename("ada.l"));
    assert_eq!((changes, failures.len(), expectations), (1, 0, 0));
    // Dom has that name
    let (changes, failures, expectations) = run(&rename("dom"));
    assert_eq!((changes, failures.len(), expectations), (0, 1, 1), "{failures:?}");
}

#[test]
fn a_domain_is_verified_in_one_tenant_at_a_time() {
    let verify = |domain: &str| {
        format!(
            "lab = \"two-forests\"\n[[step]]\nverify-domain = {{ tenant = \"oakmere\", domain = \"{domain}\" }}\n"
        )
    };
    let (_, failures, _) = run(&verify("fernhill-labs.example"));
    assert_eq!(failures, [""; 0]);
    let (changes, failures, _) = run(&verify("FERNHILL.example"));
    assert!(failures[0].contains("is verified in fernhill"), "{failures:?}");
    assert_eq!(changes, 0);
    // one that was given up holds none
    let given_up = "[[step]]\nremove-tenant = \"fernhill\"\n";
    let body = verify("fernhill.example").replacen("[[step]]", &format!("{given_up}[[step]]"), 1);
    assert_eq!(run(&body).1, [""; 0]);
}

#[test]
fn an_assignment_filter_looks_at_the_version_that_a_device_has_now() {
    let body = |expected: &str| {
        format!(
            "[[patch]]\npath = \"device.nora-lt.os\"\nset = \"Windows 10 22H2\"\n\
             [[patch]]\npath = \"policy.cloud-trust\"\n\
             add = {{ title = \"WHfB\", enable = [\"Use Cloud Trust For On Prem Auth\"], filter-os = [\"Windows 11\"] }}\n\
             {expected}"
        )
    };
    let before =
        "[[step]]\ncheck-in = \"nora-lt\"\n[[expect]]\non = \"nora-lt\"\nintune.WHfB = { absent = true }\n";
    let update = |version: &str, row: &str| {
        format!(
            "[[step]]\nupdate-windows = {{ device = \"nora-lt\", to = \"{version}\" }}\n[[step]]\ncheck-in = \"nora-lt\"\n\
             [[expect]]\non = \"nora-lt\"\nintune.WHfB = {row}\n"
        )
    };
    for steps in [
        before.to_owned(),
        update("10.0.19045.5200", "{ absent = true }"),
        update("10.0.22000.3260", "\"Succeeded\""),
    ] {
        assert_eq!(run(&body(&steps)).1, [""; 0], "{steps}");
    }
}
