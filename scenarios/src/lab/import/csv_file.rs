//! CSV with a row of headings: one person a row.

use std::collections::BTreeMap;

use super::names::first_value;
use super::{Export, ImportedGroup, Person};
use crate::lab::builtin;
use crate::language::{Finding, Report, SourceId, Span};

/// Headings, each with the names that exports give it (Get-ADUser | Export-Csv among them).
const COLUMNS: &[(&str, &[&str])] = &[
    ("sam", &["sam", "samaccountname", "account", "logonname"]),
    ("upn", &["upn", "userprincipalname", "mail", "email"]),
    ("display-name", &["display-name", "displayname", "name"]),
    ("groups", &["groups", "memberof"]),
    ("rid", &["rid"]),
    ("sid", &["sid", "objectsid"]),
    ("enabled", &["enabled"]),
    ("password-expired", &["password-expired", "passwordexpired"]),
];

pub(super) fn read(source: SourceId, text: &str, report: &Report) -> Export {
    let mut export = Export::default();
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let Some(columns) = headings(&mut reader, source, report) else {
        return export;
    };
    let mut record = csv::StringRecord::new();
    loop {
        let start = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        let row = |end: usize| Span::new(source, start.min(text.len())..end.min(text.len()));
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            Err(error) => {
                report.add(row(start), Finding::new(format!("not CSV: {error}")));
                break;
            }
        }
        let end = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        let get = |column: &str| {
            let value = columns.get(column).and_then(|index| record.get(*index));
            value.filter(|value| !value.is_empty())
        };
        if let Some(person) = person(&get, row(end), report) {
            export.people.push(person);
        }
    }
    declare_groups(&mut export);
    export
}

fn headings(
    reader: &mut csv::Reader<&[u8]>,
    source: SourceId,
    report: &Report,
) -> Option<BTreeMap<&'static str, usize>> {
    let head = Span::new(source, 0..0);
    let headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(error) => {
            report.add(head, Finding::new(format!("not CSV: {error}")));
            return None;
        }
    };
    let mut columns = BTreeMap::new();
    for (index, heading) in headers.iter().enumerate() {
        let heading = heading.to_ascii_lowercase().replace(' ', "");
        let known = COLUMNS
            .iter()
            .find(|(_, names)| names.contains(&heading.as_str()));
        if let Some((column, _)) = known {
            columns.entry(*column).or_insert(index);
        }
    }
    if columns.contains_key("sam") || columns.contains_key("upn") {
        return Some(columns);
    }
    let finding = Finding::new("no column says who the users are");
    report.add(
        head,
        finding.expected("a first row with SamAccountName or UserPrincipalName"),
    );
    None
}

fn person<'r>(get: &dyn Fn(&str) -> Option<&'r str>, at: Span, report: &Report) -> Option<Person> {
    let upn = get("upn");
    let from_upn = || upn.and_then(|upn| upn.split('@').next());
    let Some(sam) = get("sam").or_else(from_upn) else {
        report.add(
            at,
            Finding::new("this row names nobody").expected("a SamAccountName"),
        );
        return None;
    };
    let flag = |column: &str| match get(column).map(str::to_ascii_lowercase).as_deref() {
        None => None,
        Some("true" | "yes" | "1") => Some(true),
        Some("false" | "no" | "0") => Some(false),
        Some(other) => {
            let finding = Finding::new(format!("{column} of {sam} is `{other}`"));
            report.add(at, finding.expected("true or false"));
            None
        }
    };
    let rid = get("rid").or_else(|| get("sid").and_then(|sid| sid.rsplit('-').next()));
    let rid = rid.and_then(|text| {
        let rid = text.parse::<u32>().ok().filter(|rid| *rid >= 1000);
        if rid.is_none() {
            let finding = Finding::new(format!("`{text}` is no RID of {sam}"));
            report.add(
                at,
                finding.expected("a number from 1000 on, or a SID that ends in one"),
            );
        }
        rid
    });
    let groups = get("groups").unwrap_or_default();
    Some(Person {
        sam: sam.to_owned(),
        upn: upn.map(str::to_owned),
        display_name: get("display-name").map(str::to_owned),
        groups: groups
            .split([';', '|'])
            .map(str::trim)
            .filter(|group| !group.is_empty())
            .map(group_name)
            .collect(),
        rid,
        disabled: flag("enabled") == Some(false),
        password_expired: flag("password-expired") == Some(true),
    })
}

/// The name of a group that is given by its name or by its distinguished name.
fn group_name(text: &str) -> String {
    let named = text
        .split_once('=')
        .filter(|(key, _)| key.eq_ignore_ascii_case("cn"));
    named.map_or_else(|| text.to_owned(), |_| first_value(text))
}

/// Groups that nobody declares and that are not built in.
fn declare_groups(export: &mut Export) {
    for person in &export.people {
        for group in &person.groups {
            let known = builtin::group(group).is_some()
                || export
                    .groups
                    .iter()
                    .any(|other| other.name.eq_ignore_ascii_case(group));
            if !known {
                export.groups.push(ImportedGroup {
                    name: group.clone(),
                    scope: "global",
                    rid: None,
                    member_of: Vec::new(),
                });
            }
        }
    }
}
