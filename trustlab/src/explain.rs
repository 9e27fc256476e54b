//! `trustlab explain`: what a scenario, fault, lab, rule, code, event, row, setting or name means.

use std::io::{self, Write};

use scenarios::library::{self, Explanation};
use serde_json::json;

use crate::cli::ExplainArgs;
use crate::exit;
use crate::output::stdout;
use scenarios::language::nearest;

/// Explains. Returns the exit code.
pub(crate) fn run(args: &ExplainArgs) -> u8 {
    let subject = args.subject.join(" ");
    let found = library::explain(&subject);
    if found.is_empty() {
        let known: Vec<String> = library::explainable().collect();
        let advice = nearest(&subject, known.iter().map(String::as_str))
            .map(|nearest| format!("; did you mean {nearest}?"))
            .unwrap_or_default();
        let _ = writeln!(
            io::stderr(),
            "error: nothing here is called {}{advice}\n       trustlab list scenarios, list faults and list rules show what is; \
             codes (0x14, 0xc000005e, AADSTS50126),\n       events (358), rows (OnPremTgt), settings and former names are explained, too",
            subject
        );
        return exit::BAD_INPUT;
    }
    stdout::print(&text(&found, args.json));
    exit::OK
}

fn text(found: &[Explanation], json: bool) -> String {
    let mut text = String::new();
    for (index, explanation) in found.iter().enumerate() {
        let shown_by = &explanation.shown_by;
        if json {
            let line =
                json!({"format": "trustlab.explanation/1", "explanation": explanation, "shown_by": shown_by});
            text.push_str(&format!("{line}\n"));
            continue;
        }
        if index > 0 {
            text.push('\n');
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
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Each name, code and row once: what the spellings of one thing say is the same.
    #[test]
    fn every_explanation_word_for_word() {
        let mut told = BTreeSet::new();
        let mut all = String::new();
        for name in library::explainable() {
            let text = text(&library::explain(&name), false);
            if told.insert(text.clone()) {
                all.push_str(&format!("> trustlab explain {name}\n{text}\n"));
            }
        }
        insta::assert_snapshot!(all);
    }
}
