use std::num::NonZero;

use super::*;
use crate::language::{Faults, Scenario};
use crate::library;

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
