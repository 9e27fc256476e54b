//! The same scenario many times, on several threads, with the same result whatever their number.

use std::num::NonZero;
use std::thread;

use super::run::{Run, RunError, RunOptions};
use crate::language::{Miss, Scenario};
use crate::trace::TraceHash;

/// What is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RepeatFrom {
    /// The whole scenario.
    Start,
    /// What follows the first sign-in: every repetition starts from a copy of the world in which it was made.
    SignedIn,
}

/// How a scenario is repeated.
#[derive(Clone, Copy, Debug)]
pub struct RepeatOptions {
    /// How often.
    pub repetitions: u64,
    /// Threads. The report does not depend on it.
    pub jobs: NonZero<usize>,
    /// From where.
    pub from: RepeatFrom,
    /// How each one is run; repetition `n`, counted from 0, has the seed `seed + n`.
    pub run: RunOptions,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RepeatReport {
    /// How often it was run.
    pub repetitions: u64,
    /// From where.
    pub from: RepeatFrom,
    /// Messages of all runs together, without those before the point of departure.
    pub messages: u64,
    /// Runs in which an expectation failed, by their seed, with what failed first. At most [`MOST_FAILURES`].
    pub failures: Vec<(u64, Miss)>,
    /// How many runs failed.
    pub failed: u64,
    /// One hash over the traces of all runs in the order of their seeds; `None` when nothing was recorded.
    pub trace_hash: Option<TraceHash>,
}

/// How many failed runs a report names.
pub const MOST_FAILURES: usize = 10;

/// What is kept of one run: little, since there may be millions.
struct Outcome {
    messages: u64,
    trace_hash: Option<TraceHash>,
    miss: Option<Miss>,
}

/// Runs a scenario many times.
///
/// Every thread compiles the lab for itself and shares nothing with the others while it works: not even the counters
/// of shared values, which would cost more than the work where many threads change them.
///
/// # Errors
/// The lab cannot be compiled.
pub fn repeat(scenario: &Scenario, options: &RepeatOptions) -> Result<RepeatReport, RunError> {
    let jobs = options.jobs.get() as u64;
    let results: Vec<Result<Vec<Outcome>, RunError>> = thread::scope(|scope| {
        // All of them start before the first is waited for.
        let mut workers = Vec::new();
        for job in 0..jobs {
            workers.push(scope.spawn(move || work(scenario, options, job, jobs)));
        }
        let joined = workers.into_iter().map(|worker| worker.join());
        joined
            .map(|outcomes| outcomes.expect("a worker does not panic"))
            .collect()
    });
    let mut lanes = Vec::new();
    for result in results {
        lanes.push(result?.into_iter());
    }
    let ordered = (0..options.repetitions).filter_map(|n| lanes.get_mut((n % jobs) as usize)?.next());
    Ok(collect(options, ordered))
}

/// Every `jobs`-th repetition, from number `job` on.
fn work(scenario: &Scenario, options: &RepeatOptions, job: u64, jobs: u64) -> Result<Vec<Outcome>, RunError> {
    // The names of a scenario are shared values too.
    let scenario = &scenario.clone();
    let mut departure = Run::new(scenario, options.run)?;
    if options.from == RepeatFrom::SignedIn {
        departure.advance_past_sign_in();
    }
    let before = departure.world().message_count();
    let mut outcomes = Vec::new();
    let mut repetition = job;
    while repetition < options.repetitions {
        let report = departure.fork(options.run.seed.wrapping_add(repetition)).finish();
        outcomes.push(Outcome {
            messages: report.messages - before,
            trace_hash: report.trace_hash,
            miss: report.failures.into_iter().next(),
        });
        repetition += jobs;
    }
    Ok(outcomes)
}

fn collect(options: &RepeatOptions, outcomes: impl Iterator<Item = Outcome>) -> RepeatReport {
    let mut report = RepeatReport {
        repetitions: options.repetitions,
        from: options.from,
        messages: 0,
        failures: Vec::new(),
        failed: 0,
        trace_hash: None,
    };
    let mut hashes = Vec::new();
    for (repetition, outcome) in (0..).zip(outcomes) {
        report.messages += outcome.messages;
        hashes.extend(outcome.trace_hash);
        if let Some(miss) = outcome.miss {
            report.failed += 1;
            if report.failures.len() < MOST_FAILURES {
                report
                    .failures
                    .push((options.run.seed.wrapping_add(repetition), miss));
            }
        }
    }
    report.trace_hash = (!hashes.is_empty()).then(|| TraceHash::chain(hashes));
    report
}
