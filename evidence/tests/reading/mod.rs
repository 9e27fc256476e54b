//! What holds of every reading.
#![allow(dead_code)] // each test file uses a part of it

use std::collections::BTreeSet;

use evidence::{AnyView, Artefact, Reading, Source, Value};

pub(crate) fn source() -> Source {
    Source {
        host: "ADA-LT".into(),
        user: Some("ada".into()),
        time_micros: 0,
    }
}

/// What a tool printed is read whole: no gap, no line left over, and the same facts.
#[track_caller]
pub(crate) fn reads_back(view: &AnyView) {
    let text = view.render();
    let read = view.artefact().read(&text);
    assert_eq!((&read.gaps, &read.not_understood), (&vec![], &vec![]), "{text}");
    says_the_same(view, &read);
}

/// The facts of a view are those of a reading: what it shows is known, what is absent is absent.
#[track_caller]
pub(crate) fn says_the_same(view: &AnyView, read: &Reading) {
    conserves(read);
    let facts = view.facts(&source());
    for fact in &facts {
        let last = facts.iter().rev().find(|other| other.key == fact.key);
        let wanted = last.map(|last| &last.value);
        assert_eq!(
            Some(&read.value(&fact.key)),
            wanted,
            "{} of\n{}",
            fact.key,
            view.render()
        );
    }
    for fact in read.facts(&source()) {
        if let Value::Known(_) = &fact.value {
            assert!(facts.contains(&fact), "{fact:?} of\n{}", view.render());
        }
    }
}

/// Every line that is not blank is in a fact, a frame, or not understood, and no place is outside the text.
#[track_caller]
pub(crate) fn conserves(read: &Reading) {
    let facts = read.facts.iter().map(|fact| fact.line);
    let known: BTreeSet<usize> = facts.chain(read.frame.iter().copied()).collect();
    for line in &read.not_understood {
        assert!(
            !known.contains(&line.number),
            "line {} is understood and not",
            line.number
        );
    }
    for fact in &read.facts {
        assert!(fact.block < read.blocks.len(), "{fact:?} stands in no block");
    }
}

/// The same, line by line of the text.
#[track_caller]
pub(crate) fn conserves_lines(text: &str, read: &Reading) {
    conserves(read);
    let facts = read.facts.iter().map(|fact| fact.line);
    let left = read.not_understood.iter().map(|line| line.number);
    let all: BTreeSet<usize> = facts.chain(read.frame.iter().copied()).chain(left).collect();
    let wanted: BTreeSet<usize> = (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, _)| number)
        .collect();
    assert_eq!(all, wanted, "{:?} of {text:?}", read.artefact);
    for line in &read.not_understood {
        assert_eq!(text.lines().nth(line.number - 1), Some(line.text.as_str()));
    }
}

/// Every reader on one text.
#[track_caller]
pub(crate) fn every_reader(text: &str) {
    for artefact in Artefact::ALL {
        let read = artefact.read(text);
        conserves_lines(text, &read);
        read.facts(&source());
    }
}
