//! Which scenarios are meant: names of the library and files.

use std::path::Path;

use scenarios::language::{Faults, Problems, Scenario, nearest};
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
            .map_err(|problems| shown_of_toml(&problems));
    }
    let path = Path::new(name);
    if !path.exists() && path.extension().is_none() {
        return Err(unknown(name));
    }
    let text = std::fs::read_to_string(path).map_err(|error| format!("error: {name}: {error}\n"))?;
    Scenario::parse(name, &text, &Faults::AsWritten, library::catalogue())
        .map_err(|problems| shown_of_toml(&problems))
}

/// Whether what was typed names a file, and no scenario of the library.
pub(crate) fn is_file(typed: &str) -> bool {
    library::find(typed).is_none()
}

fn unknown(name: &str) -> String {
    let advice = nearest(name, library::scenarios().iter().map(|entry| entry.name))
        .map(|nearest| format!("; did you mean {nearest}?"))
        .unwrap_or_default();
    format!(
        "error: there is no scenario and no file {name}{advice}\n       trustlab list shows the library\n"
    )
}

/// The first problems, each with its line of the file and a mark under it, and how many there are besides.
pub(crate) fn shown(problems: &Problems) -> String {
    const SHOWN_MAX: usize = 10;
    let mut text = String::new();
    for problem in problems.iter().take(SHOWN_MAX) {
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
    match problems.iter().count().saturating_sub(SHOWN_MAX) {
        0 => {}
        1 => text.push_str("and 1 more problem\n"),
        more => text.push_str(&format!("and {more} more problems\n")),
    }
    text
}

/// The problems of what should be a scenario or a lab; told, too, when it is neither.
pub(crate) fn shown_of_toml(problems: &Problems) -> String {
    let mut text = shown(problems);
    if let Some(problem) = problems
        .iter()
        .next()
        .filter(|problem| is_another_kind(&problem.text))
    {
        text.push_str(&format!(
            "{} is probably another kind of file: a scenario says format = \"trustlab.scenario/1\" in its first lines, a lab \
             format = \"trustlab.lab/1\"\n",
            problem.file
        ));
    }
    text
}

/// Whether a text is no TOML and never says that it is one of the lab's files.
fn is_another_kind(text: &str) -> bool {
    let says = |line: &str| line.trim_start().trim_start_matches('"').starts_with("format");
    !text.lines().any(says) && text.parse::<toml::Table>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_problems_are_shown_and_the_others_counted() {
        let told = |lines: usize| {
            let text = "format = \"trustlab.scenario/1\"\n".to_owned() + &"? ?\n".repeat(lines);
            let problems = Scenario::parse("bad.toml", &text, &Faults::AsWritten, library::catalogue());
            shown(&problems.expect_err("no TOML"))
        };
        let all = told(1).matches("error: bad.toml").count();
        assert!(all > 0 && !told(1).contains(" more problem"), "{}", told(1));
        assert_eq!(told(50).matches("error: bad.toml").count(), 10);
        assert!(told(50).contains(" more problems\n"), "{}", told(50));
    }

    #[test]
    fn a_file_that_is_no_toml_is_told_apart_from_a_scenario_with_mistakes() {
        assert!(is_another_kind("root:x:0:0:root:/root:/bin/bash\n"));
        assert!(is_another_kind("<html></html>"));
        assert!(!is_another_kind("format = \"trustlab.scenario/1\"\nname = ?\n"));
        assert!(!is_another_kind("name = \"no format\"\n"));
    }

    #[test]
    fn the_nearest_name_is_suggested() {
        assert!(unknown("admin-denyed").contains("did you mean admin-denied?"));
        assert!(!unknown("zzzzzzzzzzzzzzz").contains("did you mean"));
    }
}
