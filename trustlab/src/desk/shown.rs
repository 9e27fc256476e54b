//! A view as a command prints it: stdout is exactly what Windows prints, stderr says which rows rest on no public source.

use evidence::{AnyView, Basis, Provenance, Source};

use super::Printed;

/// The word that asks for the source of every row.
const PROVENANCE: &str = "--provenance";

/// How a view is to be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Whether the source of every row is wanted.
    provenance: bool,
}

impl Shown {
    /// Takes `--provenance` out of the words, wherever it stands.
    pub(crate) fn of(words: &[String]) -> (Self, Vec<String>) {
        let rest = words
            .iter()
            .filter(|word| !Self::is_asked_by(word))
            .cloned()
            .collect();
        let provenance = words.iter().any(|word| Self::is_asked_by(word));
        (Self { provenance }, rest)
    }

    /// Whether the word asks for sources and is none of the command's own.
    pub(crate) fn is_asked_by(word: &str) -> bool {
        word.eq_ignore_ascii_case(PROVENANCE)
    }

    /// The view, and what there is to say about it.
    pub(crate) fn view(self, view: &AnyView) -> Printed {
        self.text(view, view.render())
    }

    /// The same with another form of the view as text.
    pub(crate) fn text(self, view: &AnyView, text: String) -> Printed {
        let nowhere = Source {
            host: String::new(),
            user: None,
            time_micros: 0,
        };
        let mut entries: Vec<&Provenance> = Vec::new();
        for fact in view.facts(&nowhere) {
            let entry = fact.artefact.source_of(&fact.key);
            let shown = fact.value.known().is_some();
            if let Some(entry) = entry.filter(|entry| shown && !entries.contains(entry)) {
                entries.push(entry);
            }
        }
        Printed {
            stdout: text,
            stderr: if self.provenance {
                sources(&entries)
            } else {
                defaults(&entries)
            },
            ..Printed::default()
        }
    }
}

/// One line that names the rows whose value is a default of the lab.
fn defaults(entries: &[&Provenance]) -> String {
    let rows = entries.iter().filter(|entry| entry.source.is_lab_default());
    let rows: Vec<&str> = rows.map(|entry| row(entry)).collect();
    if rows.is_empty() {
        return String::new();
    }
    format!(
        "(trustlab: without a public source: {}; {PROVENANCE} says why)\n",
        rows.join(", ")
    )
}

fn sources(entries: &[&Provenance]) -> String {
    let width = entries
        .iter()
        .map(|entry| row(entry).chars().count())
        .max()
        .unwrap_or(0);
    let line = |entry: &&Provenance| {
        let basis = match entry.source {
            Basis::Public(_) => "public",
            Basis::LabDefault(_) => "lab default",
        };
        format!("{:<width$}  {basis:<11}  {}\n", row(entry), entry.source.text())
    };
    entries.iter().map(line).collect()
}

fn row(entry: &Provenance) -> &'static str {
    match entry.row {
        "*" => "all other rows",
        row => row.trim_end_matches('*').trim_end(),
    }
}

#[cfg(test)]
mod tests {
    use evidence::cloud_debug::CloudDebug;

    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn rows_without_a_source_are_named_beside_the_output() {
        let (shown, rest) = Shown::of(&words("klist cloud_debug"));
        assert_eq!(rest, words("klist cloud_debug"));
        let view = AnyView::CloudDebug(CloudDebug::default());
        let printed = shown.view(&view);
        assert_eq!(printed.stdout, view.render());
        assert!(
            printed.stderr.contains("AS_REP callback used"),
            "{}",
            printed.stderr
        );
        assert!(!printed.stderr.contains("Cloud Primary"), "{}", printed.stderr);
    }

    #[test]
    fn the_source_of_every_row_is_printed_on_demand() {
        let (shown, rest) = Shown::of(&words("klist --Provenance cloud_debug"));
        assert_eq!(rest, words("klist cloud_debug"));
        let view = AnyView::CloudDebug(CloudDebug::default());
        let printed = shown.view(&view);
        assert_eq!(printed.stdout, view.render());
        assert_eq!(printed.stderr.lines().count(), 11);
        assert!(printed.stderr.contains("public"), "{}", printed.stderr);
    }
}
