//! What a built-in lab is there for: the comment at the head of its file.

use super::explain::Explanation;
use super::{labs, scenarios};
use crate::lab::Lab;
use crate::language::Faults;

/// Explains a lab of the library.
pub(super) fn lab(name: &str) -> Option<Explanation> {
    let entry = labs()
        .iter()
        .find(|entry| entry.name.eq_ignore_ascii_case(name))?;
    let lab = Lab::parse(entry.file_name, entry.text).ok()?;
    let head = entry.text.lines().map_while(|line| line.strip_prefix('#'));
    let what: Vec<&str> = head.map(str::trim).collect();
    let shown_by = scenarios().iter().filter(|scenario| {
        let told = scenario.scenario(&Faults::AsWritten);
        // the one that scenarios use unless they say otherwise would name them all
        lab.name != DEFAULT_LAB && told.is_ok_and(|scenario| scenario.lab.name == lab.name)
    });
    Some(Explanation {
        kind: "lab",
        name: entry.name.to_owned(),
        title: lab.title.clone(),
        paragraphs: vec![
            ("", what.join("\n")),
            ("see it", format!("trustlab lab show {}", entry.name)),
            ("put it on sockets", format!("trustlab up {}", entry.name)),
        ],
        shown_by: shown_by.map(|scenario| scenario.name).collect(),
    })
}

/// The lab of scenarios that name none.
const DEFAULT_LAB: &str = "fernhill";
