//! The prompt: lines with completion and history where there is a terminal, plain lines where there is none.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Editor};

use super::lab::Seated;
use super::sitting::Machine;
use super::{complete, line, paste};
use crate::exit;

/// Reads lines until `exit` or the end of input, and gives each to `answer`, in one word: who answers knows whose quotes
/// are in it. Returns the exit code of the last line.
pub(crate) fn converse(seated: Seated, answer: impl FnMut(Vec<String>) -> u8) -> u8 {
    if io::stdin().is_terminal() {
        at_terminal(seated, answer)
    } else {
        piped(answer)
    }
}

fn piped(mut answer: impl FnMut(Vec<String>) -> u8) -> u8 {
    let mut code = exit::OK;
    for text in io::stdin().lines().map_while(Result::ok) {
        match one(&text, &mut answer) {
            Some(next) => code = next,
            None => break,
        }
    }
    code
}

fn at_terminal(seated: Seated, mut answer: impl FnMut(Vec<String>) -> u8) -> u8 {
    let mut code = exit::OK;
    let shown = match &seated.person {
        Some(person) => format!("{person}@{}> ", seated.host),
        None => format!("{}> ", seated.host),
    };
    let mut editor = match editor(seated) {
        Ok(editor) => editor,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            return exit::ENVIRONMENT;
        }
    };
    let history = history_path();
    if let Some(path) = &history {
        // there is none before the first prompt
        let _ = editor.load_history(path);
    }
    loop {
        match editor.readline(&shown) {
            Ok(text) => {
                let _ = editor.add_history_entry(text.trim());
                match one(&text, &mut answer) {
                    Some(next) => code = next,
                    None => break,
                }
            }
            // Ctrl-C gives up a line, as in a shell
            Err(ReadlineError::Interrupted) => {}
            Err(_) => break,
        }
    }
    if let Some(path) = &history {
        let saved = std::fs::create_dir_all(path.parent().unwrap_or(path))
            .map_err(ReadlineError::from)
            .and_then(|()| editor.append_history(path));
        if let Err(error) = saved {
            tracing::warn!(%error, path = %path.display(), "the history of the prompt is not kept");
        }
    }
    code
}

/// The code of a line; `None` when it ends the prompt.
fn one(text: &str, answer: &mut impl FnMut(Vec<String>) -> u8) -> Option<u8> {
    match line::split(text).as_deref() {
        Ok([]) => Some(exit::OK),
        Ok([only]) if only.eq_ignore_ascii_case("exit") || only.eq_ignore_ascii_case("quit") => None,
        _ => Some(answer(vec![text.trim().to_owned()])),
    }
}

fn editor(seated: Seated) -> rustyline::Result<Editor<Helper, FileHistory>> {
    const LINES_KEPT: usize = 1_000;
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .max_history_size(LINES_KEPT)?
        .history_ignore_dups(true)?
        .build();
    let mut editor = Editor::with_config(config)?;
    editor.set_helper(Some(Helper(seated)));
    paste::bind(&mut editor);
    Ok(editor)
}

/// `$XDG_STATE_HOME/trustlab/history`, by default below `~/.local/state`.
fn history_path() -> Option<PathBuf> {
    let set = |name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let base = set("XDG_STATE_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| Some(set("HOME")?.join(".local/state")))?;
    Some(base.join("trustlab").join("history"))
}

/// Completes lines for the machine at which somebody sits, and knows when they end.
#[derive(rustyline::Helper, rustyline::Hinter, rustyline::Highlighter)]
struct Helper(Seated);

impl Validator for Helper {
    /// A console of PowerShell reads on behind a backtick at the end of a line.
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let goes_on = self.0.machine != Machine::Client && context.input().ends_with('`');
        Ok(match goes_on {
            true => ValidationResult::Incomplete,
            false => ValidationResult::Valid(None),
        })
    }
}

impl rustyline::completion::Completer for Helper {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &rustyline::Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let begun = line.get(..at).unwrap_or(line);
        let (start, mut words) = complete::complete(begun, self.0.machine, &self.0.names);
        // a word that is complete is followed by the next, as in a shell
        if let [only] = words.as_mut_slice() {
            only.push(' ');
        }
        Ok((start, words))
    }
}
