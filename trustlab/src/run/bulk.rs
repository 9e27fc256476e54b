//! Many runs: the library, or one scenario over and over.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use evidence::fact::{Fact, Value};
use scenarios::engine::{RepeatFrom, RepeatOptions, Run, RunOptions, RunReport, repeat};
use scenarios::language::Scenario;
use serde_json::{Map, json};

use super::code;
use crate::cli::{From, RunArgs};
use crate::exit;
use crate::layout::{Layout, Width};
use crate::output::stdout;

/// A line for each scenario, and a summary.
pub(crate) fn run(args: &RunArgs, scenarios: &[Scenario]) -> u8 {
    let begun = Instant::now();
    let worst = if args.repeat > 1 {
        // the threads are for one scenario's repetitions
        let codes = scenarios.iter().map(|scenario| repeated(args, scenario));
        codes.fold(exit::OK, u8::max)
    } else {
        all_once(args, scenarios)
    };
    if !args.json && scenarios.len() > 1 {
        let runs = args.repeat.saturating_mul(scenarios.len() as u64);
        let seconds = begun.elapsed().as_secs_f64();
        stdout::print(&format!(
            "\n{} scenarios, {runs} runs in {seconds:.2} s: {:.0} a second on {}; {}, id_token {}\n",
            scenarios.len(),
            runs as f64 / seconds,
            threads(args),
            kind(args),
            id_tokens(scenarios)
        ));
    }
    worst
}

/// Runs each scenario once, on as many threads as there are jobs. Lines come in the order of the scenarios, each as soon
/// as those before it are there.
fn all_once(args: &RunArgs, scenarios: &[Scenario]) -> u8 {
    let next = AtomicUsize::new(0);
    let (done, lines) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..usize::from(args.jobs).min(scenarios.len()) {
            let (next, done) = (&next, done.clone());
            scope.spawn(move || {
                while let Some((index, scenario)) = take(next, scenarios) {
                    // nobody listens any more: there is nothing left to do
                    if done.send((index, once(args, scenario))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        let (mut worst, mut due, mut early) = (exit::OK, 0, BTreeMap::new());
        for (index, line) in lines {
            early.insert(index, line);
            while let Some(line) = early.remove(&due) {
                worst = worst.max(say(line));
                due += 1;
            }
        }
        worst
    })
}

/// The next scenario that nobody has taken.
fn take<'s>(next: &AtomicUsize, scenarios: &'s [Scenario]) -> Option<(usize, &'s Scenario)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    scenarios.get(index).map(|scenario| (index, scenario))
}

/// What there is to say of one run.
enum Line {
    Report { text: String, code: u8 },
    CannotRun(String),
}

fn say(line: Line) -> u8 {
    match line {
        Line::Report { text, code } => {
            stdout::print(&text);
            code
        }
        Line::CannotRun(problem) => {
            let _ = io::stderr().write_all(problem.as_bytes());
            exit::BAD_INPUT
        }
    }
}

fn once(args: &RunArgs, scenario: &Scenario) -> Line {
    let options = RunOptions {
        seed: args.seed,
        with_fix: args.with_fix,
        ..RunOptions::default()
    };
    let report = match Run::new(scenario, options) {
        Ok(run) => run.finish(),
        Err(error) => return Line::CannotRun(format!("error: {}: {error}\n", scenario.name)),
    };
    let code = code(&report);
    if args.json {
        let text = format!("{}\n", json(&report));
        return Line::Report { text, code };
    }
    let verdict = if report.ok { "ok    " } else { "FAILED" };
    let head = format!(
        "{verdict} {:<30} {:>2} expectations  {:>3} messages  ",
        report.scenario, report.expectations, report.messages
    );
    let mut layout = Layout::new(Width::of_stdout());
    layout.indented(&head, FAILURE.len(), &scenario.title);
    for miss in &report.failures {
        let told = format!("{}: expected {}, found {}", miss.fact, miss.wanted, miss.found);
        layout.hanging(FAILURE, &told);
    }
    let text = layout.finish();
    Line::Report { text, code }
}

/// Before what failed.
const FAILURE: &str = "         ";

fn repeated(args: &RunArgs, scenario: &Scenario) -> u8 {
    let from = match args.from {
        From::Start => RepeatFrom::Start,
        From::SignedIn => RepeatFrom::SignedIn,
    };
    let run = RunOptions {
        seed: args.seed,
        with_fix: false,
        recording: false,
        observations: false,
    };
    let jobs = NonZero::new(usize::from(args.jobs)).unwrap_or(NonZero::<usize>::MIN);
    let begun = Instant::now();
    let report = match repeat(
        scenario,
        &RepeatOptions {
            repetitions: args.repeat,
            jobs,
            from,
            run,
        },
    ) {
        Ok(report) => report,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {}: {error}", scenario.name);
            return exit::BAD_INPUT;
        }
    };
    let seconds = begun.elapsed().as_secs_f64();
    let rate = report.repetitions as f64 / seconds;
    let code = if report.failed == 0 {
        exit::OK
    } else {
        exit::EXPECTATION_FAILED
    };
    if args.json {
        let line = json!({
            "format": "trustlab.repeat/1", "scenario": scenario.name, "seed": args.seed, "ok": report.failed == 0,
            "repetitions": report.repetitions, "from": report.from, "jobs": args.jobs, "messages": report.messages,
            "failed": report.failed, "failures": report.failures, "seconds": seconds, "runs_per_second": rate,
            "id_token": id_token(scenario),
        });
        stdout::print(&format!("{line}\n"));
        return code;
    }
    let verdict = if report.failed == 0 { "ok    " } else { "FAILED" };
    let mut text = format!(
        "{verdict} {:<30} {} runs, {}, id_token {}: {rate:.0} a second on {}, {} messages\n",
        scenario.name,
        report.repetitions,
        kind(args),
        id_token(scenario),
        threads(args),
        report.messages
    );
    for (seed, miss) in &report.failures {
        text.push_str(&format!(
            "         seed {seed}: {}: expected {}, found {}\n",
            miss.fact, miss.wanted, miss.found
        ));
    }
    stdout::print(&text);
    code
}

fn threads(args: &RunArgs) -> String {
    match args.jobs {
        1 => "1 thread".to_owned(),
        jobs => format!("{jobs} threads"),
    }
}

/// Where the runs started: one run of each scenario always tells the whole story.
fn kind(args: &RunArgs) -> &'static str {
    match args.from {
        From::SignedIn if args.repeat > 1 => "from a signed-in device",
        From::Start | From::SignedIn => "whole stories, first sign-in and all",
    }
}

fn id_tokens(scenarios: &[Scenario]) -> &'static str {
    let mut kinds = scenarios.iter().map(id_token);
    let first = kinds.next().unwrap_or("unsigned");
    if kinds.all(|kind| kind == first) {
        first
    } else {
        "signed in some, unsigned in others"
    }
}

fn id_token(scenario: &Scenario) -> &'static str {
    let signed = scenario.lab.tenants.values().any(|tenant| tenant.signed_id_token);
    if signed { "signed RS256" } else { "unsigned" }
}

/// A report as one object.
pub(crate) fn json(report: &RunReport) -> serde_json::Value {
    let observations: Map<String, serde_json::Value> = report.observations.iter().filter_map(row).collect();
    json!({
        "format": "trustlab.run/1", "scenario": report.scenario, "seed": report.seed, "ok": report.ok,
        "messages": report.messages, "virtual_seconds": report.virtual_seconds, "expectations": report.expectations,
        "observations": observations, "failures": report.failures, "trace_hash": report.trace_hash,
    })
}

fn row(fact: &Fact) -> Option<(String, serde_json::Value)> {
    let Value::Known(value) = &fact.value else {
        return None;
    };
    Some((
        format!("{} · {} · {}", fact.source.host, fact.artefact, fact.key),
        json!(value),
    ))
}
