//! The output of every tool: whatever text is read, no line is lost, and facts can be made of it.
#![no_main]

use std::collections::BTreeSet;

use evidence::{Artefact, Source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        for artefact in Artefact::ALL {
            read(*artefact, text);
        }
    }
});

fn read(artefact: Artefact, text: &str) {
    let reading = artefact.read(text);
    reading.facts(&Source {
        host: "WS01".into(),
        user: None,
        time_micros: 0,
    });
    let facts = reading.facts.iter().map(|fact| fact.line);
    let left = reading.not_understood.iter().map(|line| line.number);
    let all: BTreeSet<usize> = facts.chain(reading.frame.iter().copied()).chain(left).collect();
    for (number, line) in (1..).zip(text.lines()) {
        assert_eq!(all.contains(&number), !line.trim().is_empty(), "line {number} of {artefact:?}");
    }
}
