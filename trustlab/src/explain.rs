//! `trustlab explain`: what a scenario, fault, lab, rule, code, event, row, setting or name means.

use std::io::{self, Write};

use scenarios::library::{self, Explanation};
use serde_json::json;

use crate::cli::ExplainArgs;
use crate::exit;
use crate::layout::{Layout, Width};
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
    let text = if args.json {
        json(&found)
    } else {
        text(&found, Width::of_stdout())
    };
    stdout::print(&text);
    exit::OK
}

/// One object a line.
fn json(found: &[Explanation]) -> String {
    let line = |explanation: &Explanation| {
        let shown_by = &explanation.shown_by;
        let object =
            json!({"format": "trustlab.explanation/1", "explanation": explanation, "shown_by": shown_by});
        format!("{object}\n")
    };
    found.iter().map(line).collect()
}

fn text(found: &[Explanation], width: Width) -> String {
    let mut layout = Layout::new(width);
    for (index, explanation) in found.iter().enumerate() {
        if index > 0 {
            layout.blank();
        }
        layout.hanging("", &format!("{} · {}", explanation.name, explanation.kind));
        layout.hanging("", &explanation.title);
        for (heading, paragraph) in &explanation.paragraphs {
            let paragraph = paragraph.trim();
            if paragraph.is_empty() {
                continue;
            }
            layout.blank();
            if heading.is_empty() {
                layout.paragraphs(0, paragraph);
            } else {
                layout.line(heading);
                layout.paragraphs(2, paragraph);
            }
        }
        commands(&mut layout, explanation);
    }
    layout.finish()
}

/// What shows it, to be typed next.
fn commands(layout: &mut Layout, explanation: &Explanation) {
    let own = [explanation.name.as_str()];
    let (heading, names) = match &explanation.shown_by[..] {
        [] if explanation.kind == "scenario" => ("see it", &own[..]),
        [] => return,
        names => ("shown by", names),
    };
    layout.blank();
    layout.line(heading);
    for name in names {
        layout.line(&format!("  trustlab run {name}"));
    }
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
            let text = text(&library::explain(&name), Width::PLAIN);
            if told.insert(text.clone()) {
                all.push_str(&format!("> trustlab explain {name}\n{text}\n"));
            }
        }
        insta::assert_snapshot!(all);
    }
}
