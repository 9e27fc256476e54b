//! `trustlab at`: types at a machine of a running lab.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use crate::cli::AtArgs;
use crate::desk::Printed;
use crate::desk::command::{Command, WORDS};
use crate::exit;
use crate::up::control::{self, Typed};
use crate::up::files::write_private;

/// Types the command, or opens a prompt. Returns the exit code: that of the command.
pub(crate) fn run(args: &AtArgs) -> u8 {
    let dir = match args.lab.clone().map_or_else(last_lab, Ok) {
        Ok(dir) => dir,
        Err(error) => {
            return refused(&format!(
                "no lab was started here: {error}; start one with trustlab up"
            ));
        }
    };
    if args.command.is_empty() {
        return prompt(&dir, args);
    }
    type_words(&dir, args, args.command.clone())
}

fn last_lab() -> io::Result<PathBuf> {
    Ok(PathBuf::from(
        std::fs::read_to_string(control::last_lab_path())?.trim(),
    ))
}

fn type_words(dir: &Path, args: &AtArgs, command: Vec<String>) -> u8 {
    let typed = Typed {
        host: args.host.clone(),
        user: args.user.clone(),
        command,
    };
    match control::type_at(dir, &typed) {
        Ok(printed) => show(&printed),
        Err(error) => refused(&format!("the lab in {} does not answer: {error}", dir.display())),
    }
}

/// Prints what a command printed, and stores the file it made here, where it was typed.
pub(crate) fn show(printed: &Printed) -> u8 {
    let _ = io::stdout().write_all(printed.stdout.as_bytes());
    let _ = io::stderr().write_all(printed.stderr.as_bytes());
    if let Some((name, octets)) = &printed.file
        && let Err(error) = write_private(Path::new(name), octets)
    {
        return refused(&format!("{name}: {error}"));
    }
    printed.code
}

fn prompt(dir: &Path, args: &AtArgs) -> u8 {
    converse(&args.host, |line| match Command::parse_line(line) {
        // parsed here for its error; the lab parses the words again
        Ok(_) => type_words(dir, args, line.split_whitespace().map(str::to_owned).collect()),
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            exit::BAD_INPUT
        }
    })
}

/// A prompt with completion and history where there is a terminal; plain lines where there is none.
pub(crate) fn converse(host: &str, mut answer: impl FnMut(&str) -> u8) -> u8 {
    let mut code = exit::OK;
    if !io::stdin().is_terminal() {
        for line in io::stdin().lines().map_while(Result::ok) {
            match line.trim() {
                "" => {}
                "exit" | "quit" => break,
                line => code = answer(line),
            }
        }
        return code;
    }
    let mut editor = match rustyline::Editor::<Completion, rustyline::history::MemHistory>::with_history(
        rustyline::Config::default(),
        rustyline::history::MemHistory::new(),
    ) {
        Ok(editor) => editor,
        Err(error) => return refused(&error.to_string()),
    };
    editor.set_helper(Some(Completion));
    let shown = format!("{}> ", host.to_uppercase());
    while let Ok(line) = editor.readline(&shown) {
        let _ = editor.add_history_entry(&line);
        match line.trim() {
            "" => {}
            "exit" | "quit" => break,
            line => code = answer(line),
        }
    }
    code
}

/// Completes a line to the commands that begin like it.
#[derive(rustyline::Helper, rustyline::Hinter, rustyline::Highlighter, rustyline::Validator)]
struct Completion;

impl rustyline::completion::Completer for Completion {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &rustyline::Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let begun = line.get(..at).unwrap_or(line).to_lowercase();
        let matching = WORDS
            .iter()
            .filter(|word| word.starts_with(&begun))
            .map(|word| (*word).to_owned());
        Ok((0, matching.collect()))
    }
}

fn refused(why: &str) -> u8 {
    let _ = writeln!(io::stderr(), "error: {why}");
    exit::ENVIRONMENT
}
