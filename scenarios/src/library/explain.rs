//! What a name of the library or a rule means, in plain words.

use core::fmt;

use super::{faults, rules, scenarios};
use crate::language::Faults;

/// An explanation, ready to be shown as paragraphs.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Explanation {
    /// `scenario`, `fault` or `rule`.
    pub kind: &'static str,
    /// The name that was explained.
    pub name: String,
    /// One line.
    pub title: String,
    /// Paragraphs: a heading, which may be empty, and a text.
    pub paragraphs: Vec<(&'static str, String)>,
}

/// Explains a scenario, a fault or a rule id; case does not matter. A name that is both scenario and fault gives both.
pub fn explain(name: &str) -> Vec<Explanation> {
    let scenario = scenarios()
        .iter()
        .find(|entry| entry.name.eq_ignore_ascii_case(name));
    let scenario = scenario
        .and_then(|entry| entry.scenario(&Faults::AsWritten).ok())
        .map(|scenario| {
            let mut paragraphs = vec![("", scenario.story.clone()), ("why", scenario.why.clone())];
            let acting: Vec<&str> = scenario
                .faults
                .iter()
                .map(|used| used.fault.name.as_str())
                .collect();
            if !acting.is_empty() {
                paragraphs.push(("faults", acting.join(", ")));
            }
            let fix: Vec<&str> = scenario.fix.iter().map(|step| &*step.name).collect();
            paragraphs.push((
                "fix",
                if fix.is_empty() {
                    "none".into()
                } else {
                    fix.join(", ")
                },
            ));
            for remedy in &scenario.does_not_help {
                paragraphs.push(("does not help", format!("{}: {}", remedy.title, remedy.why)));
            }
            Explanation {
                kind: "scenario",
                name: scenario.name,
                title: scenario.title,
                paragraphs,
            }
        });
    let fault = faults()
        .iter()
        .find(|entry| entry.name.eq_ignore_ascii_case(name));
    let fault = fault.and_then(|entry| entry.fault().ok()).map(|fault| {
        let mut paragraphs = vec![("", fault.why), ("known from", fault.reference)];
        for (parameter, default) in fault.parameters {
            paragraphs.push(("parameter", format!("{parameter} = \"{default}\"")));
        }
        Explanation {
            kind: "fault",
            name: fault.name,
            title: fault.title,
            paragraphs,
        }
    });
    let rule = rules()
        .find(|rule| rule.id.eq_ignore_ascii_case(name))
        .map(|rule| {
            let mut paragraphs = vec![("passes when", rule.passes_when.to_owned())];
            if let Some(error) = rule.refuses_with {
                paragraphs.push(("refuses with", error.to_owned()));
            }
            paragraphs.push(("known from", rule.reference.to_owned()));
            Explanation {
                kind: "rule",
                name: rule.id.to_owned(),
                title: rule.title.to_owned(),
                paragraphs,
            }
        });
    scenario.into_iter().chain(fault).chain(rule).collect()
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}: {}", self.kind, self.name, self.title)?;
        for (heading, text) in &self.paragraphs {
            if heading.is_empty() {
                writeln!(f, "\n{text}")?;
            } else {
                writeln!(f, "\n{heading}: {text}")?;
            }
        }
        Ok(())
    }
}
