//! The engine on the library: what scenarios say, forks, threads, octets.

use std::num::NonZero;

use scenarios::engine::{RepeatFrom, RepeatOptions, RepeatReport, Run, RunOptions, RunReport, repeat};
use scenarios::language::{Faults, Scenario};
use scenarios::library;

fn scenario(name: &str) -> Scenario {
    let entry = library::find(name).expect("a scenario of the library");
    entry
        .scenario(&Faults::AsWritten)
        .expect("it is read by a test of the library")
}

#[test]
fn every_scenario_of_the_library_shows_what_it_says() {
    let mut wrong = Vec::new();
    for entry in library::scenarios() {
        let scenario = scenario(entry.name);
        let options = RunOptions {
            with_fix: true,
            ..RunOptions::default()
        };
        let report = Run::new(&scenario, options).expect("the lab compiles").finish();
        for miss in report.failures {
            wrong.push(format!("{}: {miss:?}", entry.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn repeated(name: &str, from: RepeatFrom, jobs: usize) -> RepeatReport {
    let options = RepeatOptions {
        repetitions: 17,
        jobs: NonZero::new(jobs).expect("not zero"),
        from,
        run: RunOptions {
            observations: false,
            ..RunOptions::default()
        },
    };
    repeat(&scenario(name), &options).expect("the lab compiles")
}

#[test]
fn one_job_and_eight_give_the_same_octets() {
    for from in [RepeatFrom::Start, RepeatFrom::SignedIn] {
        let one = repeated("healthy-first-sign-in", from, 1);
        assert!(one.trace_hash.is_some());
        assert_eq!((one.failed, one.repetitions), (0, 17));
        assert_eq!(one, repeated("healthy-first-sign-in", from, 8));
    }
}

#[test]
fn a_forked_run_gives_the_octets_of_a_run_from_the_start() {
    let scenario = scenario("healthy-first-sign-in");
    let mut run = Run::new(&scenario, RunOptions::default()).expect("the lab compiles");
    run.advance_past_sign_in();
    let fork = run.fork(RunOptions::default().seed).finish();
    let whole = Run::new(&scenario, RunOptions::default())
        .expect("the lab compiles")
        .finish();
    assert_eq!(fork, whole);
    // The original goes its own way afterwards, to the same end.
    assert_eq!(run.finish(), whole);
}

/// Facts that tell healthy from broken, without the times.
fn shown(report: &RunReport) -> Vec<(String, &'static str, String, String)> {
    let counts = |fact: &&evidence::Fact| {
        ["dsregcmd /status", "klist cloud_debug", "klist"].contains(&fact.artefact.name()) && !fact.key.ends_with("Time")
            // Which of two equal DCs is asked is drawn, and the draw is another one.
            && !fact.key.starts_with("kdc called")
    };
    let facts = report.observations.iter().filter(counts);
    let mut shown: Vec<_> = facts
        .map(|fact| {
            (
                fact.source.host.clone(),
                fact.artefact.name(),
                fact.key.clone(),
                fact.value.to_string(),
            )
        })
        .collect();
    shown.sort();
    shown
}

#[test]
fn a_fault_that_was_mended_shows_what_a_healthy_lab_shows() {
    let mut different = Vec::new();
    for entry in library::scenarios() {
        let run = |faults: &Faults| {
            let mut scenario = entry
                .scenario(faults)
                .expect("it is read by a test of the library");
            // The healthy people do the same things, the second time for the pleasure of it.
            let mended = scenario.has_fix() && !scenario.faults.is_empty();
            if !mended {
                scenario.steps.append(&mut scenario.retry);
                scenario.fix.clear();
            }
            let options = RunOptions {
                with_fix: mended,
                ..RunOptions::default()
            };
            shown(&Run::new(&scenario, options).expect("the lab compiles").finish())
        };
        let (healthy, mended) = (run(&Faults::None), run(&Faults::AsWritten));
        for fact in healthy.iter().filter(|fact| !mended.contains(fact)) {
            different.push(format!("{}: {fact:?}", entry.name));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// The octets of every scenario of the library, as one hash each. A change here is a change of what is on the wire.
#[test]
fn the_octets_of_the_library_are_those_that_are_committed() {
    let mut lines = String::new();
    for entry in library::scenarios() {
        let scenario = scenario(entry.name);
        let options = RunOptions {
            with_fix: true,
            observations: false,
            ..RunOptions::default()
        };
        let report = Run::new(&scenario, options).expect("the lab compiles").finish();
        let hash = report.trace_hash.expect("the run was recorded");
        lines.push_str(&format!("{hash}  {}\n", entry.name));
    }
    let committed = include_str!("../library/trace-hashes.txt");
    assert!(
        lines == committed,
        "scenarios/library/trace-hashes.txt would have to be:\n{lines}"
    );
}

#[test]
fn a_scenario_can_be_stopped_after_a_step() {
    let scenario = scenario("healthy-first-sign-in");
    let mut run = Run::new(&scenario, RunOptions::default()).expect("the lab compiles");
    assert!(run.advance_to("Coffee"));
    assert_eq!(run.next_step().map(|step| &*step.name), Some("open"));
    assert_eq!(run.report().virtual_seconds, 130);
    assert!(!run.advance_to("no such step"));
}
