//! Every fault on the healthy scenario: it shows, its fix mends it, and what does not help does not.

use evidence::{Artefact, Fact};
use scenarios::engine::{Run, RunOptions, RunReport};
use scenarios::language::{Faults, Moment, Scenario, Step};
use scenarios::library;

fn healthy() -> &'static library::Entry {
    library::find("healthy-first-sign-in").expect("the healthy scenario is there")
}

fn with_fault(name: &str) -> Scenario {
    let faults = Faults::AlsoNamed(vec![name.to_owned()]);
    let mut scenario = healthy()
        .scenario(&faults)
        .unwrap_or_else(|problems| panic!("{problems}"));
    // Ada opens the share once more at the end.
    let open = scenario.steps.last().cloned().expect("the scenario has steps");
    scenario.retry.push(open);
    scenario
}

fn run(scenario: &Scenario, with_fix: bool) -> RunReport {
    let options = RunOptions {
        with_fix,
        ..RunOptions::default()
    };
    Run::new(scenario, options).expect("the lab compiles").finish()
}

/// The last value of a row.
fn last<'f>(facts: &'f [Fact], artefact: &str, key: &str) -> Option<&'f str> {
    facts
        .iter()
        .rev()
        .find(|fact| fact.artefact.name() == artefact && fact.key == key)?
        .value
        .known()
}

/// Rows by which a healthy session is told: what opened, and both flags.
fn health(report: &RunReport) -> [Option<&str>; 4] {
    let facts = &report.observations;
    [
        last(facts, "outcome", "open"),
        last(facts, "dsregcmd /status", "AzureAdPrt"),
        last(facts, "dsregcmd /status", "OnPremTgt"),
        last(
            facts,
            "klist cloud_debug",
            "Cloud Primary (Hybrid logon) TGT available",
        ),
    ]
}

const HEALTHY: [Option<&str>; 4] = [Some("ok"), Some("YES"), Some("YES"), Some("1")];

#[test]
fn every_fault_shows_and_its_fix_mends_it() {
    for entry in library::faults() {
        let scenario = with_fault(entry.name);
        assert_ne!(
            health(&run(&scenario, false)),
            HEALTHY,
            "{} does not show",
            entry.name
        );
        if !scenario.fix.is_empty() {
            assert_eq!(
                health(&run(&scenario, true)),
                HEALTHY,
                "{} is not mended",
                entry.name
            );
        }
    }
}

#[test]
fn what_does_not_help_does_not() {
    let mut scenarios: Vec<Scenario> = library::faults()
        .iter()
        .map(|entry| with_fault(entry.name))
        .collect();
    let told = library::scenarios().iter();
    scenarios.extend(told.map(|entry| {
        entry
            .scenario(&Faults::AsWritten)
            .expect("it is read by another test")
    }));
    let mut tried = 0;
    let mut helping = Vec::new();
    for scenario in scenarios.iter().filter(|scenario| !scenario.retry.is_empty()) {
        for remedy in &scenario.does_not_help {
            if helps(scenario, &remedy.steps) {
                helping.push(format!("{} helps in {}", remedy.title, scenario.name));
            }
            tried += 1;
        }
    }
    assert!(helping.is_empty(), "{}", helping.join("\n"));
    assert!(tried >= 8, "only {tried} were tried");
}

/// Whether a remedy in the place of the fix makes the retry end as it does after the fix. A story says itself what is well then,
/// and is judged by what its people wanted to do (by all that it says where it says nothing of that), so that a row beside the
/// matter does not make a remedy look vain; a fault is tried on a share that opens.
fn helps(scenario: &Scenario, remedy: &[Step]) -> bool {
    let mut in_vain = scenario.clone();
    in_vain.fix = remedy.to_vec();
    if scenario.name == healthy().name {
        return health(&run(&in_vain, true))[0] == Some("ok");
    }
    in_vain
        .expectations
        .retain(|expectation| expectation.at == Moment::Fixed);
    assert!(
        !in_vain.expectations.is_empty(),
        "{} expects nothing of its fix",
        scenario.name
    );
    if in_vain
        .expectations
        .iter()
        .any(|expectation| expectation.artefact == Artefact::Outcome)
    {
        in_vain
            .expectations
            .retain(|expectation| expectation.artefact == Artefact::Outcome);
    }
    run(&in_vain, true).ok
}

/// Expectations that a healthy lab meets as well would say nothing about the fault.
#[test]
fn what_is_expected_of_a_fault_is_not_seen_without_it() {
    for entry in library::scenarios() {
        let written = entry
            .scenario(&Faults::AsWritten)
            .expect("it is read by another test");
        // A clock within the limit is the fault that does not show: that is its point.
        if written.faults.is_empty() || entry.name == "clock-skew-within-limit" {
            continue;
        }
        let healthy = entry.scenario(&Faults::None).expect("it is read by another test");
        assert!(
            !run(&healthy, false).failures.is_empty(),
            "{} expects nothing of its fault",
            entry.name
        );
    }
}

/// A line that loses nothing, and one that is asked by TCP, meet what the lossy one must not.
#[test]
fn what_is_expected_of_a_lossy_line_is_not_seen_on_a_good_one() {
    let entry = library::find("lossy-line").expect("it is there");
    let written = entry
        .scenario(&Faults::AsWritten)
        .expect("it is read by another test");
    assert!(run(&written, false).ok);
    for healthy in [
        entry
            .text
            .replace("one-in = 4, then = \"drop\"", "then = { delay = \"1ms\" }"),
        entry
            .text
            .replace("udp-first\"\nset = true", "udp-first\"\nset = false"),
    ] {
        assert_ne!(healthy, entry.text);
        let scenario = Scenario::parse("lossy.toml", &healthy, &Faults::AsWritten, library::catalogue());
        let report = run(&scenario.expect("it can be read"), false);
        let missed: Vec<&str> = report.failures.iter().map(|miss| miss.found.as_str()).collect();
        assert!(missed.contains(&"ok"), "{missed:?}");
    }
}
