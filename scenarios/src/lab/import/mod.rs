//! From an export of a real directory to a lab file: LDIF (RFC 2849), as ldapsearch and ldifde write it, or CSV.
//!
//! Taken over are people, the groups they are in, their RIDs and the state of their accounts. Passwords are in no export: every
//! user gets the lab's default one.

mod csv_file;
mod ldif;
mod names;
mod write;

use crate::language::{Problems, Report, Sources};

/// A person of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Person {
    sam: String,
    upn: Option<String>,
    display_name: Option<String>,
    groups: Vec<String>,
    rid: Option<u32>,
    disabled: bool,
    password_expired: bool,
}

/// A group of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ImportedGroup {
    name: String,
    scope: &'static str,
    rid: Option<u32>,
    member_of: Vec<String>,
}

/// What an export holds of a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Export {
    dns_name: Option<String>,
    people: Vec<Person>,
    groups: Vec<ImportedGroup>,
    /// What was left out, for a comment in the lab file.
    left_out: Vec<String>,
}

/// Turns an export into the text of a lab file. A name that ends in `.csv` is CSV, any other LDIF.
///
/// # Errors
/// Every place of the file that cannot be read, or that the lab could not have.
pub fn import(file_name: &str, text: &str) -> Result<String, Problems> {
    let mut sources = Sources::default();
    let source = sources.add(file_name, text);
    let report = Report::default();
    let is_csv = file_name.to_ascii_lowercase().ends_with(".csv");
    let export = if is_csv {
        csv_file::read(source, text, &report)
    } else {
        ldif::read(source, text, &report)
    };
    let written = write::lab(file_name, &export);
    report.finish(&sources, Some(written))
}

#[cfg(test)]
mod tests;
