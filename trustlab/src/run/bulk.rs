//! Many runs: the library, or one scenario over and over.

use std::io::{self, Write};
use std::num::NonZero;
use std::time::Instant;

use evidence::fact::{Fact, Value};
use scenarios::engine::{RepeatFrom, RepeatOptions, Run, RunOptions, RunReport, repeat};
use scenarios::language::Scenario;
use serde_json::{Map, json};

use super::{code, print};
use crate::cli::{From, RunArgs};
use crate::exit;

/// A line for each scenario, and a summary.
pub(crate) fn run(args: &RunArgs, scenarios: &[Scenario]) -> u8 {
    let mut worst = exit::OK;
    let mut runs = 0;
    let begun = Instant::now();
    for scenario in scenarios {
        worst = worst.max(if args.repeat > 1 {
            repeated(args, scenario)
        } else {
            once(args, scenario)
        });
        runs += args.repeat;
    }
    if !args.json && scenarios.len() > 1 {
        let seconds = begun.elapsed().as_secs_f64();
        print(
            &format!(
                "\n{} scenarios, {runs} runs in {seconds:.2} s: {:.0} a second; {}, id_token {}\n",
                scenarios.len(),
                runs as f64 / seconds,
                kind(args),
                id_tokens(scenarios)
            ),
            exit::OK,
        );
    }
    worst
}

fn once(args: &RunArgs, scenario: &Scenario) -> u8 {
    let options = RunOptions {
        seed: args.seed,
        with_fix: args.with_fix,
        ..RunOptions::default()
    };
    let report = match Run::new(scenario, options) {
        Ok(run) => run.finish(),
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {}: {error}", scenario.name);
            return exit::BAD_INPUT;
        }
    };
    if args.json {
        return print(&format!("{}\n", json(&report)), code(&report));
    }
    let verdict = if report.ok { "ok    " } else { "FAILED" };
    let mut text = format!(
        "{verdict} {:<30} {:>2} expectations  {:>3} messages  {}\n",
        report.scenario, report.expectations, report.messages, scenario.title
    );
    for miss in &report.failures {
        text.push_str(&format!(
            "         {}: expected {}, found {}\n",
            miss.fact, miss.wanted, miss.found
        ));
    }
    print(&text, code(&report))
}

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
        return print(&format!("{line}\n"), code);
    }
    let verdict = if report.failed == 0 { "ok    " } else { "FAILED" };
    let mut text = format!(
        "{verdict} {:<30} {} runs, {}, id_token {}: {rate:.0} a second on {} threads, {} messages\n",
        scenario.name,
        report.repetitions,
        kind(args),
        id_token(scenario),
        args.jobs,
        report.messages
    );
    for (seed, miss) in &report.failures {
        text.push_str(&format!(
            "         seed {seed}: {}: expected {}, found {}\n",
            miss.fact, miss.wanted, miss.found
        ));
    }
    print(&text, code)
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
