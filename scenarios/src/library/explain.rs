//! What a name of the library, a rule or a word of the vocabulary means, in plain words.

use core::fmt;
use std::sync::OnceLock;

use evidence::Artefact;

use super::vocabulary::{self, Entry, Kind};
use super::{explain_lab, faults, labs, rules, scenarios};
use crate::language::{Expectation, Faults, Scenario, Want};

/// An explanation, ready to be shown as paragraphs.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Explanation {
    /// `scenario`, `fault`, `lab`, `rule`, or what a word of the vocabulary is.
    pub kind: &'static str,
    /// The name that was explained.
    pub name: String,
    /// One line.
    pub title: String,
    /// Paragraphs: a heading, which may be empty, and a text.
    pub paragraphs: Vec<(&'static str, String)>,
    /// Scenarios in which it plays a part that they look for; for a rule those come first in which it refuses.
    #[serde(skip)]
    pub shown_by: Vec<&'static str>,
}

/// Explains a scenario, a fault, a lab, a rule id, or a word of the vocabulary: a code, an event, a row, a setting, a name. Case
/// does not matter. A name or number that is several things gives all of them.
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
                shown_by: Vec::new(),
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
            shown_by: using_fault(&fault.name),
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
                shown_by: deciding(rule.id),
            }
        });
    let lab = explain_lab::lab(name);
    let known = scenario.into_iter().chain(fault).chain(lab).chain(rule);
    known.chain(vocabulary::explain(name)).collect()
}

/// Everything that can be explained, for suggestions.
pub fn explainable() -> impl Iterator<Item = String> {
    let names = scenarios()
        .iter()
        .chain(faults())
        .chain(labs())
        .map(|entry| entry.name.to_owned());
    let rules = rules().map(|rule| rule.id.to_owned());
    let words = vocabulary::entries().iter().flat_map(Entry::spellings);
    names.chain(rules).chain(words)
}

/// The scenarios of the library that a condition holds of.
fn scenarios_where(condition: impl Fn(&Scenario) -> bool) -> Vec<&'static str> {
    // reading them all takes longer than all else here, and one explanation asks several times
    static READ: OnceLock<Vec<(&'static str, Scenario)>> = OnceLock::new();
    let read = READ.get_or_init(|| {
        let scenario =
            |entry: &'static super::Entry| Some((entry.name, entry.scenario(&Faults::AsWritten).ok()?));
        scenarios().iter().filter_map(scenario).collect()
    });
    let found = read.iter().filter(|(_, scenario)| condition(scenario));
    found.map(|(name, _)| *name).collect()
}

fn using_fault(name: &str) -> Vec<&'static str> {
    scenarios_where(|scenario| {
        let mut used = scenario.faults.iter();
        used.any(|used| used.fault.name.eq_ignore_ascii_case(name))
    })
}

/// Scenarios that expect a rule to refuse, then those that expect it to pass or to say something.
fn deciding(rule: &str) -> Vec<&'static str> {
    let expects = |outcome: Option<&str>| {
        scenarios_where(|scenario| {
            scenario.expectations.iter().any(|expectation| {
                let is_it =
                    expectation.artefact == Artefact::Rules && expectation.key.eq_ignore_ascii_case(rule);
                is_it && outcome.is_none_or(|outcome| expectation.want == Want::Is(outcome.to_owned()))
            })
        })
    };
    let mut found = expects(Some("refused"));
    for name in expects(Some("passed")).into_iter().chain(expects(None)) {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// How many scenarios an explanation names.
const ENOUGH: usize = 6;

/// The scenarios of a word: those its text names, then those that look for it.
pub(super) fn showing(entry: &'static Entry) -> Vec<&'static str> {
    let mut found: Vec<&'static str> = entry.scenarios.iter().map(String::as_str).collect();
    let looks = |expectation: &Expectation| match entry.kind {
        Kind::KerberosError => {
            let name = entry.spellings().into_iter().next().unwrap_or_default();
            expectation.artefact == Artefact::Kdc && expectation.want == Want::Is(name)
        }
        Kind::Row => {
            // a part of an artefact goes by the name of the whole
            let shows = |artefact: Artefact| artefact.name() == expectation.artefact.name();
            entry.artefact.is_some_and(shows)
                && entry
                    .names
                    .iter()
                    .any(|name| name.eq_ignore_ascii_case(&expectation.key))
        }
        Kind::Event => entry.code.is_some_and(|code| {
            let number = code.to_string();
            let key = expectation.key.split(' ').next();
            expectation.artefact == Artefact::Events && key == Some(number.as_str())
        }),
        _ => false,
    };
    for name in scenarios_where(|scenario| scenario.expectations.iter().any(looks)) {
        if found.len() < ENOUGH && !found.contains(&name) {
            found.push(name);
        }
    }
    found
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
