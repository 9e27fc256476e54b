//! What is wrong with a file, as plain data: where, what came, what was expected, and the nearest name.

use core::cell::RefCell;
use core::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::shape::{Shape, Shapes};
use super::source::{Sources, Span};

/// One thing wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file as it was named.
    pub file: Arc<str>,
    /// The text of the file, for a view that shows the line.
    pub text: Arc<str>,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The bytes in `text` at fault.
    pub span: Range<usize>,
    /// What is wrong, in one line without a full stop.
    pub message: String,
    /// What was expected there.
    pub expected: Option<String>,
    /// The known name nearest to the one that came.
    pub did_you_mean: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        if let Some(name) = &self.did_you_mean {
            write!(f, "; did you mean `{name}`?")?;
        }
        if let Some(expected) = &self.expected {
            write!(f, "\n    expected {expected}")?;
        }
        Ok(())
    }
}

/// Everything wrong with a file and what it builds on, in the order of the text. Nothing is run when there is one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// One per line, as an editor wants them.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

/// Where readers report. Reading goes on after a problem, so that one pass finds them all.
#[derive(Debug, Default)]
pub(crate) struct Report {
    found: RefCell<Vec<(Span, Finding)>>,
    /// What was asked of each kind of table, when somebody wants to know.
    shapes: Option<RefCell<Shapes>>,
}

/// A problem before its place is turned into a line and a column.
#[derive(Clone, Debug, Default)]
pub(crate) struct Finding {
    message: String,
    expected: Option<String>,
    did_you_mean: Option<String>,
}

impl Finding {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Adds the name of `known` nearest to `came`, and the list of them when it is short.
    pub(crate) fn among<'n>(mut self, came: &str, known: impl IntoIterator<Item = &'n str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        self.did_you_mean = nearest(came, known.iter().copied()).map(str::to_owned);
        if self.expected.is_none() {
            self.expected = one_of(&known);
        }
        self
    }
}

impl Report {
    /// A report that also keeps what readers ask for: the grammar of what they read.
    pub(crate) fn recording() -> Self {
        Self {
            shapes: Some(RefCell::default()),
            ..Self::default()
        }
    }

    /// Notes that a reader of the table `what` asked for `key`.
    pub(crate) fn record(&self, what: &str, key: &'static str, shape: impl FnOnce() -> Shape) {
        if let Some(shapes) = &self.shapes {
            shapes.borrow_mut().add(what, key, shape());
        }
    }

    /// What was recorded.
    pub(crate) fn into_shapes(self) -> Shapes {
        self.shapes.map(RefCell::into_inner).unwrap_or_default()
    }

    pub(crate) fn add(&self, span: Span, finding: Finding) {
        self.found.borrow_mut().push((span, finding));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.borrow().is_empty()
    }

    /// `value` when nothing was reported.
    pub(crate) fn finish<T>(self, sources: &Sources, value: Option<T>) -> Result<T, Problems> {
        let mut found = self.found.into_inner();
        match value {
            Some(value) if found.is_empty() => Ok(value),
            _ => {
                found.sort_by_key(|(span, _)| *span);
                Err(Problems(
                    found
                        .into_iter()
                        .map(|(span, finding)| finding.at(span, sources))
                        .collect(),
                ))
            }
        }
    }
}

impl Finding {
    fn at(self, span: Span, sources: &Sources) -> Problem {
        let position = sources.position(span);
        let file = sources.file(span.source);
        Problem {
            file: file.map_or_else(|| "?".into(), |file| file.name.clone()),
            text: file.map_or_else(|| "".into(), |file| file.text.clone()),
            line: position.line,
            column: position.column,
            span: span.range(),
            message: self.message,
            expected: self.expected,
            did_you_mean: self.did_you_mean,
        }
    }
}

/// The candidate closest to `came`, whatever its case, when it is close enough to be what was meant.
pub fn nearest<'n>(came: &str, candidates: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let came = came.to_lowercase();
    let limit = (came.chars().count() / 3).max(1) + 1;
    candidates
        .into_iter()
        .map(|candidate| (distance(&came, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `one of a, b, c`, or nothing when there are none or too many to help.
pub(crate) fn one_of(names: &[&str]) -> Option<String> {
    match names {
        [] => None,
        [only] => Some(format!("`{only}`")),
        names if names.len() > 40 => None,
        names => Some(format!("one of {}", names.join(", "))),
    }
}

/// Edits that turn `a` into `b`, a swap of neighbours counting as one.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let width = b.len() + 1;
    let mut rows = vec![0; (a.len() + 1) * width];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i * width + j] = if i == 0 || j == 0 {
                i + j
            } else {
                let same = usize::from(a[i - 1] != b[j - 1]);
                let mut best = (rows[(i - 1) * width + j] + 1)
                    .min(rows[i * width + j - 1] + 1)
                    .min(rows[(i - 1) * width + j - 1] + same);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(rows[(i - 2) * width + j - 2] + 1);
                }
                best
            };
        }
    }
    rows[a.len() * width + b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_only_when_it_is_near() {
        assert_eq!(nearest("sign-ni", ["sign-in", "sign-out"]), Some("sign-in"));
        assert_eq!(nearest("OnPremTGT", ["OnPremTgt", "CloudTgt"]), Some("OnPremTgt"));
        assert_eq!(nearest("zebra", ["sign-in", "sign-out"]), None);
    }
}
