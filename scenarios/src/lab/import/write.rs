//! The text of the lab file.

use std::fmt::Write;

use indexmap::IndexSet;

use super::Export;
use super::names::Names;

/// A lab with one domain, the people and groups of the export, and everything else by default.
pub(super) fn lab(file_name: &str, export: &Export) -> String {
    let dns_name = export.dns_name.as_deref().unwrap_or("ad.corp.example");
    let mut text = String::new();
    // writing to a String does not fail
    let mut line = |args: core::fmt::Arguments<'_>| {
        let _ = text.write_fmt(args);
        text.push('\n');
    };
    line(format_args!(
        "# Made from {}: {}, {}. Passwords are the lab's own.",
        quiet(file_name),
        counted(export.people.len(), "user"),
        counted(export.groups.len(), "group")
    ));
    if !export.left_out.is_empty() {
        line(format_args!("# Left out: {}.", export.left_out.join(", ")));
    }
    line(format_args!("format = \"trustlab.lab/1\""));
    line(format_args!("name = \"imported\""));
    line(format_args!(
        "\n[domain.corp]\ndns-name = {}",
        quoted(&dns_name.to_lowercase())
    ));
    let suffixes: IndexSet<String> = export
        .people
        .iter()
        .filter_map(|person| Some(person.upn.as_ref()?.rsplit_once('@')?.1.to_lowercase()))
        .collect();
    if !suffixes.is_empty() {
        line(format_args!(
            "\n# Every suffix is taken for a verified one. Take out what is not: its users cannot sign in then.\n[tenant.main]\ndomains = {}",
            list(suffixes.iter())
        ));
    }
    let (mut groups, mut users) = (Names::default(), Names::default());
    for group in &export.groups {
        let name = groups.of(&group.name);
        if name != group.name {
            line(format_args!("\n# {}", quiet(&group.name)));
        } else {
            line(format_args!(""));
        }
        line(format_args!("[group.{}]", quoted(&name)));
        if group.scope != "global" {
            line(format_args!("scope = {}", quoted(group.scope)));
        }
        if let Some(rid) = group.rid {
            line(format_args!("rid = {rid}"));
        }
        if !group.member_of.is_empty() {
            line(format_args!(
                "member-of = {}",
                list(
                    &group
                        .member_of
                        .iter()
                        .map(|name| groups.of(name))
                        .collect::<Vec<_>>()
                )
            ));
        }
    }
    for person in &export.people {
        line(format_args!(
            "\n[user.{}]",
            quoted(&users.of(&person.sam.to_lowercase()))
        ));
        line(format_args!("sam = {}", quoted(&person.sam)));
        if let Some(upn) = &person.upn {
            line(format_args!("upn = {}", quoted(upn)));
        }
        if let Some(name) = &person.display_name {
            line(format_args!("display-name = {}", quoted(name)));
        }
        if let Some(rid) = person.rid {
            line(format_args!("rid = {rid}"));
        }
        if !person.groups.is_empty() {
            line(format_args!(
                "groups = {}",
                list(
                    &person
                        .groups
                        .iter()
                        .map(|name| groups.of(name))
                        .collect::<Vec<_>>()
                )
            ));
        }
        if person.disabled {
            line(format_args!("enabled = false"));
        }
        if person.password_expired {
            line(format_args!("password-expired = true"));
        }
    }
    text
}

/// A basic string of TOML: JSON escapes the same.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn list<'n>(names: impl IntoIterator<Item = &'n String>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| quoted(name)).collect();
    format!("[{}]", names.join(", "))
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// A file name in a comment: no line of its own.
fn quiet(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).collect()
}
