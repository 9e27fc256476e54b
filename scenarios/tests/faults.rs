//! Every fault on the healthy scenario: it shows, its fix mends it, and what does not help does not.

use evidence::Fact;
use scenarios::engine::{Run, RunOptions, RunReport};
use scenarios::language::{Faults, Moment, Scenario};
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
        .find(|fact| fact.artefact == artefact && fact.key == key)?
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
    for scenario in scenarios.iter().filter(|scenario| !scenario.retry.is_empty()) {
        for remedy in &scenario.does_not_help {
            let mut in_vain = scenario.clone();
            in_vain.fix.clone_from(&remedy.steps);
            let report = run(&in_vain, true);
            // a story says itself what is well after its fix; a fault is tried on a share that opens
            let says_itself = in_vain
                .expectations
                .iter()
                .any(|expectation| expectation.at == Moment::Fixed && in_vain.name != healthy().name);
            let mended = if says_itself {
                report.ok
            } else {
                health(&report)[0] == Some("ok")
            };
            assert!(!mended, "{} helps in {}", remedy.title, scenario.name);
            tried += 1;
        }
    }
    assert!(tried >= 8, "only {tried} were tried");
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
