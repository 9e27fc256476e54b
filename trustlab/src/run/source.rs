//! Which scenarios are meant: names of the library and files.

use std::path::Path;

use scenarios::language::{Faults, Problems, Scenario};
use scenarios::library;

/// The scenarios, or every problem of every file, each with its place.
pub(crate) fn load(wanted: &[String], all: bool) -> Result<Vec<Scenario>, String> {
    let default = [library::scenarios()[0].name.to_owned()];
    let every: Vec<String>;
    let wanted = match (all, wanted.is_empty()) {
        (true, _) => {
            every = library::scenarios()
                .iter()
                .map(|entry| entry.name.to_owned())
                .collect();
            &every
        }
        (false, true) => default.as_slice(),
        (false, false) => wanted,
    };
    let mut scenarios = Vec::new();
    let mut problems = String::new();
    for name in wanted {
        match load_one(name) {
            Ok(scenario) => scenarios.push(scenario),
            Err(problem) => problems.push_str(&problem),
        }
    }
    if problems.is_empty() {
        Ok(scenarios)
    } else {
        Err(problems)
    }
}

fn load_one(name: &str) -> Result<Scenario, String> {
    if let Some(entry) = library::find(name) {
        return entry
            .scenario(&Faults::AsWritten)
            .map_err(|problems| shown(&problems));
    }
    let path = Path::new(name);
    if !path.exists() && path.extension().is_none() {
        return Err(unknown(name));
    }
    let text = std::fs::read_to_string(path).map_err(|error| format!("error: {name}: {error}\n"))?;
    Scenario::parse(name, &text, &Faults::AsWritten, library::catalogue())
        .map_err(|problems| shown(&problems))
}

fn unknown(name: &str) -> String {
    let advice = nearest(name, library::scenarios().iter().map(|entry| entry.name))
        .map(|nearest| format!("; did you mean {nearest}?"))
        .unwrap_or_default();
    format!(
        "error: there is no scenario and no file {name}{advice}\n       trustlab list shows the library\n"
    )
}

/// The known name that was probably meant, whatever its case.
pub(crate) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let name = name.to_lowercase();
    let changes = |known: &str| distance(&name, &known.to_lowercase());
    known
        .min_by_key(|known| changes(known))
        .filter(|known| changes(known) <= known.len() / 2)
}

/// How many letters have to be changed, added or removed (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut diagonal = row.first().copied().unwrap_or(0);
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
        for (column, known) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(*known != letter);
            let (left, above) = (
                row.get(column).copied().unwrap_or(0),
                row.get(column + 1).copied().unwrap_or(0),
            );
            diagonal = above;
            if let Some(cell) = row.get_mut(column + 1) {
                *cell = replaced.min(left + 1).min(above + 1);
            }
        }
    }
    row.last().copied().unwrap_or(0)
}

/// Every problem with its line of the file and a mark under it.
pub(crate) fn shown(problems: &Problems) -> String {
    let mut text = String::new();
    for problem in problems.iter() {
        let (line, column) = (problem.line, problem.column);
        text.push_str(&format!(
            "error: {}:{line}:{column}: {}\n",
            problem.file, problem.message
        ));
        if let Some(source) = problem.text.lines().nth(line.saturating_sub(1)) {
            let gutter = line.to_string();
            let mark = " ".repeat(column.saturating_sub(1));
            let length = problem
                .span
                .len()
                .clamp(1, source.chars().count().saturating_sub(column - 1).max(1));
            text.push_str(&format!(
                " {gutter} | {source}\n {} | {mark}{}\n",
                " ".repeat(gutter.len()),
                "^".repeat(length)
            ));
        }
        if let Some(expected) = &problem.expected {
            text.push_str(&format!("   expected {expected}\n"));
        }
        if let Some(meant) = &problem.did_you_mean {
            text.push_str(&format!("   did you mean {meant}?\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested() {
        assert!(unknown("admin-denyed").contains("did you mean admin-denied?"));
        assert!(!unknown("zzzzzzzzzzzzzzz").contains("did you mean"));
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
