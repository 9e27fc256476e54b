//! `trustlab run`: stories on virtual time.

mod bulk;
pub(crate) mod capture;
#[cfg(test)]
mod every_view;
pub(crate) mod export;
#[cfg(test)]
mod fingerprints;
pub(crate) mod narrate;
mod seat;
mod source;
mod until;

use std::io::{self, Write};
use std::time::{Duration, Instant};

use kerberos::phrase::{Span, counted};
use scenarios::engine::{Run, RunOptions, RunReport};
use scenarios::language::{Miss, Scenario};

use crate::cli::RunArgs;
use crate::decode::Keyring;
use crate::desk::clock;
use crate::layout::{Layout, Width};
use crate::output::stdout;
use crate::{exit, shell};
use narrate::{Level, Style};
pub(crate) use source::{shown, shown_of_toml};
use until::Until;

/// Runs what was asked for. Returns the exit code.
pub(crate) fn run(args: &RunArgs) -> u8 {
    if let Some(option) = unheeded(args) {
        let advice = "name a single scenario, without --all and --repeat";
        return refuse(&format!("error: {option} is about one run: {advice}\n"));
    }
    let scenarios = match source::load(&args.scenarios, args.all) {
        Ok(scenarios) => scenarios,
        Err(problems) => return refuse(&problems),
    };
    let until = match args
        .until
        .as_deref()
        .map(|text| Until::parse(text, &scenarios))
        .transpose()
    {
        Ok(until) => until,
        Err(problem) => return refuse(&problem),
    };
    if args.all || args.repeat > 1 {
        return bulk::run(args, &scenarios);
    }
    let mut code = exit::OK;
    for (index, scenario) in scenarios.iter().enumerate() {
        let file = args.scenarios.get(index).filter(|typed| source::is_file(typed));
        code = code.max(one(args, scenario, file.map(String::as_str), until.as_ref()));
    }
    code
}

/// An option that asks for something of a single run while many are asked for.
fn unheeded(args: &RunArgs) -> Option<&'static str> {
    let bulk = args.all || args.repeat > 1;
    let many = bulk || args.scenarios.len() > 1;
    [
        (bulk && args.until.is_some(), "--until"),
        (many && args.at.is_some(), "--at"),
        (many && args.pcap.is_some(), "--pcap"),
        (many && args.keytab.is_some(), "--keytab"),
        (many && args.evidence.is_some(), "--evidence"),
        (args.repeat > 1 && args.with_fix, "--with-fix"),
    ]
    .into_iter()
    .find_map(|(unheeded, option)| unheeded.then_some(option))
}

/// Runs one scenario, of the library or of a file, and tells it.
fn one(args: &RunArgs, scenario: &Scenario, file: Option<&str>, until: Option<&Until>) -> u8 {
    let begun = Instant::now();
    let options = RunOptions {
        seed: args.seed,
        with_fix: false,
        ..RunOptions::default()
    };
    let mut run = match Run::new(scenario, options) {
        Ok(run) => run,
        Err(error) => return refuse(&format!("{}: {error}\n", scenario.name)),
    };
    let style = Style {
        level: Level::of(args.verbose),
        width: Width::of_stdout(),
    };
    let mut text = narrate::opening(scenario, args.seed, style.width);
    let mut keys = export::keyring(run.world());
    match until {
        Some(until) => until.advance(&mut run),
        None => run.complete(),
    }
    text.push_str(&narrate::happenings(run.world(), 0, style, &mut keys));
    let mut typed = exit::OK;
    if let (Some(host), Some(_)) = (&args.at, until) {
        if !args.json {
            let now = clock::shown(run.world().now());
            stdout::print(&format!("{text}\nPAUSED at {now}\n\n"));
        }
        let waited = until.filter(|until| until.is_time()).is_some();
        typed = seat::sit_down(&mut run, host, args.user.as_deref(), waited);
        let before = run.world().trace().len();
        run.complete();
        text = narrate::happenings(run.world(), before, style, &mut keys);
    }
    let mut fixed = false;
    if args.with_fix && until.is_none() {
        fixed = with_fix(scenario, options, &mut run, &mut text, style, &mut keys);
    }
    let report = run.report();
    if let Err(error) = export::write(args, run.world(), scenario) {
        let _ = writeln!(io::stderr(), "error: {error}");
        return exit::ENVIRONMENT;
    }
    if args.json {
        stdout::print(&format!("{}\n", bulk::json(&report)));
    } else {
        let paused = until.is_some() && args.at.is_none();
        text.push_str(&closing(
            scenario,
            &run,
            &report,
            begun,
            fixed,
            paused,
            style.width,
        ));
        text.push_str(&next(scenario, file, fixed, &run, style.width));
        stdout::print(&text);
    }
    if let (Some(host), None) = (&args.at, until) {
        typed = seat::sit_down(&mut run, host, args.user.as_deref(), false);
    }
    // an expectation that failed says more than the last line typed
    match code(&report) {
        // what a person did by hand is no failure of the story, nor is its end one of the last line
        exit::OK if !report.overtaken.is_empty() => exit::OK,
        exit::OK => typed,
        failed => failed,
    }
}

/// Runs the story again with its fix and tells what the fix did.
fn with_fix<'s>(
    scenario: &'s Scenario,
    options: RunOptions,
    run: &mut Run<'s>,
    text: &mut String,
    style: Style,
    keys: &mut Keyring,
) -> bool {
    if !scenario.has_fix() {
        text.push_str("\nThis story has no fix: nothing is broken, or nothing mends it.\n");
        return false;
    }
    let before = run.world().trace().len();
    // the same seed gives the same story, and the fix after it
    if let Ok(mut mended) = Run::new(
        scenario,
        RunOptions {
            with_fix: true,
            ..options
        },
    ) {
        mended.complete();
        *run = mended;
    }
    let steps: Vec<&str> = scenario
        .fix
        .iter()
        .chain(&scenario.retry)
        .map(|step| &*step.name)
        .collect();
    text.push_str(&format!("\nFIX  {}\n\n", steps.join(", ")));
    text.push_str(&narrate::happenings(run.world(), before, style, keys));
    true
}

fn closing(
    scenario: &Scenario,
    run: &Run<'_>,
    report: &RunReport,
    begun: Instant,
    fixed: bool,
    paused: bool,
    width: Width,
) -> String {
    let mut layout = Layout::new(width);
    layout.blank();
    if let Some((host, upn)) = narrate::protagonist(scenario, run.world(), fixed)
        && let Some(shown) = narrate::shown_now(run.world(), host, &upn, width)
    {
        layout.line(&shown);
    }
    if !scenario.why.is_empty() && scenario.has_fix() && !fixed {
        layout.line("WHY");
        layout.paragraphs(2, scenario.why.trim());
        layout.blank();
    }
    let missed = report.failures.len() + report.overtaken.len();
    let held = report.expectations.saturating_sub(missed);
    let verdict = match (report.ok, paused) {
        (true, true) => "PAUSED",
        (true, false) if !report.overtaken.is_empty() => "CHANGED BY HAND",
        (true, false) => "OK",
        (false, _) => "FAILED",
    };
    layout.hanging(
        &format!("{verdict}  "),
        &format!(
            "{held} of {} · {} · {} of lab time in {} ms",
            counted(report.expectations, "expectation"),
            counted(report.messages, "message"),
            Span(Duration::from_secs(report.virtual_seconds)),
            begun.elapsed().as_millis()
        ),
    );
    misses(&mut layout, &report.failures);
    if !report.overtaken.is_empty() {
        layout.paragraphs(
            0,
            "What was typed changed the story, which is no failure of it. These expectations no longer apply:",
        );
        misses(&mut layout, &report.overtaken);
    }
    layout.finish()
}

/// What was expected and what was found instead.
fn misses(layout: &mut Layout, misses: &[Miss]) {
    for miss in misses {
        layout.hanging("  ", &miss.fact);
        layout.hanging("    expected ", &miss.wanted);
        layout.hanging("    found    ", &miss.found);
    }
}

/// What is worth typing next. A scenario of a file goes by its path, and nothing is explained of it.
fn next(scenario: &Scenario, file: Option<&str>, fixed: bool, run: &Run<'_>, width: Width) -> String {
    let name = file.map_or_else(|| scenario.name.clone(), shell::quoted);
    let device = narrate::protagonist(scenario, run.world(), fixed).map_or_else(
        || "ada-lt".to_owned(),
        |(host, _)| run.world().topology().host(host).name.to_lowercase(),
    );
    let mut lines = Vec::new();
    if scenario.has_fix() && !fixed {
        lines.push((format!("trustlab run {name} --with-fix"), "the same, then mended"));
    } else if file.is_none() && name == "healthy-first-sign-in" {
        lines.push((
            "trustlab run admin-denied".to_owned(),
            "the same morning, but Dom is a Domain Admin",
        ));
    } else if file.is_none() {
        lines.push((
            format!("trustlab explain {name}"),
            "what is behind it, and what does not help",
        ));
    }
    lines.push((
        format!("trustlab run {name} -v"),
        "message by message; -vv down to the fields",
    ));
    lines.push((
        format!("trustlab run {name} --at {device}"),
        "sit down at it: klist, lock, wait 4h",
    ));
    lines.push(("trustlab list".to_owned(), "other stories"));
    let rows: Vec<(String, &str)> = lines
        .into_iter()
        .enumerate()
        .map(|(index, (command, what))| {
            let label = if index == 0 { "Next" } else { "" };
            (format!("{label:<5} {command}"), what)
        })
        .collect();
    let mut layout = Layout::new(width);
    layout.table(rows.iter().map(|(command, what)| (command.as_str(), *what)));
    layout.finish()
}

/// The exit code of a report.
pub(crate) const fn code(report: &RunReport) -> u8 {
    if report.ok {
        exit::OK
    } else {
        exit::EXPECTATION_FAILED
    }
}

fn refuse(problem: &str) -> u8 {
    let _ = write!(io::stderr(), "{problem}");
    let _ = writeln!(io::stderr(), "Nothing was run.");
    exit::BAD_INPUT
}
