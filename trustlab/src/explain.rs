//! `trustlab explain`: what a scenario, fault or rule means.

use std::io::{self, Write};

use scenarios::language::{Expectation, Faults, RULES};
use scenarios::library;
use serde_json::json;

use crate::cli::ExplainArgs;
use crate::exit;
use scenarios::language::nearest;

/// Explains. Returns the exit code.
pub(crate) fn run(args: &ExplainArgs) -> u8 {
    let found = library::explain(&args.subject);
    if found.is_empty() {
        let known = library::scenarios()
            .iter()
            .chain(library::faults())
            .map(|entry| entry.name)
            .chain(library::rules().map(|rule| rule.id));
        let advice = nearest(&args.subject, known)
            .map(|nearest| format!("; did you mean {nearest}?"))
            .unwrap_or_default();
        let _ = writeln!(
            io::stderr(),
            "error: nothing here is called {}{advice}\n       trustlab list scenarios, list faults and list rules show what is",
            args.subject
        );
        return exit::BAD_INPUT;
    }
    let mut text = String::new();
    for explanation in &found {
        let shown_by = shown_by(&explanation.name);
        if args.json {
            let line =
                json!({"format": "trustlab.explanation/1", "explanation": explanation, "shown_by": shown_by});
            text.push_str(&format!("{line}\n"));
            continue;
        }
        text.push_str(&format!(
            "{} · {}\n{}\n",
            explanation.name, explanation.kind, explanation.title
        ));
        for (heading, paragraph) in &explanation.paragraphs {
            let paragraph = paragraph.trim();
            if paragraph.is_empty() {
                continue;
            }
            if heading.is_empty() {
                text.push_str(&format!("\n{paragraph}\n"));
            } else {
                text.push_str(&format!("\n{heading}\n  {}\n", paragraph.replace('\n', "\n  ")));
            }
        }
        if !shown_by.is_empty() {
            text.push_str(&format!(
                "\nshown by\n  trustlab run {}\n",
                shown_by.join("\n  trustlab run ")
            ));
        } else if explanation.kind == "scenario" {
            text.push_str(&format!("\nsee it\n  trustlab run {}\n", explanation.name));
        }
    }
    let _ = io::stdout().write_all(text.as_bytes());
    exit::OK
}

/// Scenarios in which a rule or fault plays a part that they look for.
fn shown_by(name: &str) -> Vec<&'static str> {
    let plays = |expectation: &Expectation| {
        expectation.artefact == RULES && expectation.key.eq_ignore_ascii_case(name)
    };
    let entries = library::scenarios().iter().filter(|entry| {
        entry.scenario(&Faults::AsWritten).is_ok_and(|scenario| {
            scenario.expectations.iter().any(plays)
                || scenario
                    .faults
                    .iter()
                    .any(|used| used.fault.name.eq_ignore_ascii_case(name))
        })
    });
    entries.map(|entry| entry.name).collect()
}
