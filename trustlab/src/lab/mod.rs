//! `trustlab lab`: lab files before anything runs: checked, shown as text and as a picture, described for editors.

mod picture;
mod text;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCompleter;
use scenarios::lab::{CompiledLab, Lab};
use scenarios::language::Problems;
use scenarios::library;
use serde_json::json;

use crate::output::{self, Readers, stdout};
use crate::run::{shown, shown_of_toml};
use crate::{complete, exit};

/// `trustlab lab`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct LabArgs {
    #[command(subcommand)]
    command: LabCommand,
}

#[derive(Debug, Subcommand)]
enum LabCommand {
    /// Read lab files and name everything that is wrong with them, with line and column
    Check {
        /// Lab files, or names of `trustlab list labs`
        #[arg(required = true, value_name = "FILE", add = ArgValueCompleter::new(complete::labs))]
        labs: Vec<String>,
        /// One JSON object a problem
        #[arg(long)]
        json: bool,
    },
    /// Show what a lab has, with every default filled in
    Show {
        /// A lab file, or a name of `trustlab list labs`; without one, the built-in lab
        #[arg(value_name = "FILE", add = ArgValueCompleter::new(complete::labs))]
        lab: Option<String>,
        /// Write a picture of it instead
        #[arg(long, value_name = "FILE.svg")]
        svg: Option<PathBuf>,
    },
    /// Make a lab file of an export of a directory: LDIF (ldapsearch, ldifde), or CSV (Get-ADUser … | Export-Csv)
    Import {
        /// The export; a name that ends in .csv is CSV, any other LDIF
        #[arg(value_name = "FILE")]
        export: PathBuf,
    },
    /// Print the JSON schema of lab or scenario files, for editors that complete TOML while it is typed
    Schema {
        /// Of which kind of file
        #[arg(value_enum, default_value_t = FileKind::Lab, value_name = "KIND")]
        kind: FileKind,
    },
}

/// Kinds of files that have a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum FileKind {
    /// What there is
    Lab,
    /// What happens in a lab, and what must then be seen
    Scenario,
}

const EXAMPLES: &str = "\
Examples:
  trustlab lab show                              the built-in lab
  trustlab lab show mine.toml --svg mine.svg     a picture of yours
  trustlab lab check *.toml                      all mistakes at once; exit code 2 when there is one
  trustlab lab import users.ldif > mine.toml     a lab with the users and groups of an export
  trustlab lab schema > lab.schema.json          then, first line of a lab file:  #:schema ./lab.schema.json
  trustlab lab schema scenario > scenario.schema.json";

/// Does what was asked. Returns the exit code.
pub(crate) fn run(args: &LabArgs) -> u8 {
    match &args.command {
        LabCommand::Check { labs, json } => check(labs, *json),
        LabCommand::Show { lab, svg } => show(lab.as_deref(), svg.as_deref()),
        LabCommand::Import { export } => import(export),
        LabCommand::Schema { kind } => {
            let schema = match kind {
                FileKind::Lab => scenarios::lab::schema(),
                FileKind::Scenario => scenarios::language::schema::schema(library::catalogue()),
            };
            stdout::print(&format!("{schema:#}\n"));
            exit::OK
        }
    }
}

fn check(labs: &[String], json: bool) -> u8 {
    let mut code = exit::OK;
    for name in labs {
        let problem = match read(name) {
            Ok(lab) => match CompiledLab::compile(lab) {
                Ok(compiled) if json => {
                    stdout::print(&format!(
                        "{}\n",
                        json!({"format": "trustlab.lab-check/1", "file": name, "ok": true, "lab": compiled.lab().name})
                    ));
                    continue;
                }
                Ok(compiled) => {
                    stdout::print(&format!("{name}: in order: {}\n", text::counts(compiled.lab())));
                    continue;
                }
                Err(error) => Unreadable::Whole(format!("{name}: {error}")),
            },
            Err(problem) => problem,
        };
        code = exit::BAD_INPUT;
        match json {
            true => stdout::print(&problem.json(name)),
            false => complain(&problem),
        }
    }
    code
}

fn show(lab: Option<&str>, svg: Option<&Path>) -> u8 {
    let lab = match read(lab.unwrap_or("fernhill")) {
        Ok(lab) => lab,
        Err(problem) => {
            complain(&problem);
            return exit::BAD_INPUT;
        }
    };
    let Some(path) = svg else {
        stdout::print(&text::of(&lab));
        return exit::OK;
    };
    match output::write(path, picture::of(&lab).as_bytes(), Readers::Anyone) {
        Ok(()) => {
            stdout::print(&format!(
                "{}: a picture of {}\n",
                path.display(),
                text::counts(&lab)
            ));
            exit::OK
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            exit::ENVIRONMENT
        }
    }
}

fn import(export: &Path) -> u8 {
    let name = export.display().to_string();
    let imported = match std::fs::read_to_string(export) {
        Ok(text) => scenarios::lab::import::import(&name, &text).map_err(Unreadable::Export),
        Err(error) => Err(Unreadable::Whole(format!("{name}: {error}"))),
    };
    match imported {
        Ok(lab) => {
            stdout::print(&lab);
            exit::OK
        }
        Err(problem) => {
            complain(&problem);
            exit::BAD_INPUT
        }
    }
}

/// Why there is no lab to work with.
pub(crate) enum Unreadable {
    /// The file has these problems.
    Problems(Problems),
    /// So has the export of a directory, which is no TOML.
    Export(Problems),
    /// There is no such file, or no lab can be made of it.
    Whole(String),
}

impl Unreadable {
    /// One object a line.
    fn json(&self, file: &str) -> String {
        let format = "trustlab.lab-check/1";
        match self {
            Self::Whole(what) => format!("{}\n", json!({"format": format, "file": file, "ok": false, "message": what})),
            Self::Problems(problems) | Self::Export(problems) => problems
                .iter()
                .map(|problem| {
                    let object = json!({
                        "format": format, "file": &*problem.file, "ok": false, "line": problem.line, "column": problem.column,
                        "message": problem.message, "expected": problem.expected, "did_you_mean": problem.did_you_mean,
                    });
                    format!("{object}\n")
                })
                .collect(),
        }
    }
}

impl std::fmt::Display for Unreadable {
    /// Without `error:` before the first line, which who shows it writes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Problems(problems) => f.write_str(after_error(&shown_of_toml(problems))),
            Self::Export(problems) => f.write_str(after_error(&shown(problems))),
            Self::Whole(what) => f.write_str(what),
        }
    }
}

fn after_error(text: &str) -> &str {
    text.strip_prefix("error: ").unwrap_or(text).trim_end()
}

fn complain(problem: &Unreadable) {
    let _ = writeln!(io::stderr(), "error: {problem}");
}

/// A lab by its name in the library, or a file.
pub(crate) fn read(name: &str) -> Result<Lab, Unreadable> {
    let built_in = library::labs().iter().find(|entry| entry.name == name);
    let (file, text) = match built_in {
        Some(entry) => (entry.file_name.to_owned(), entry.text.to_owned()),
        None => match std::fs::read_to_string(name) {
            Ok(text) => (name.to_owned(), text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let advice = "trustlab list labs shows those that are built in";
                return Err(Unreadable::Whole(format!(
                    "there is no lab and no file {name}; {advice}"
                )));
            }
            Err(error) => return Err(Unreadable::Whole(format!("{name}: {error}"))),
        },
    };
    Lab::parse(&file, &text).map_err(Unreadable::Problems)
}
