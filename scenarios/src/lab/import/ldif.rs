//! LDIF (RFC 2849): entries of attributes, each on a line that may go on in the next.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kerberos::sid::Sid;

use super::names::first_value;
use super::{Export, ImportedGroup, Person};
use crate::lab::builtin;
use crate::language::{Finding, Report, SourceId, Span};

/// An entry: where it begins, and its attributes in lower case with their values.
struct Entry {
    at: Span,
    attributes: Vec<(String, Vec<u8>)>,
}

impl Entry {
    fn texts<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e str> {
        let wanted = self.attributes.iter().filter(move |(key, _)| key == name);
        wanted.filter_map(|(_, value)| core::str::from_utf8(value).ok())
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .and_then(|(_, value)| core::str::from_utf8(value).ok())
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.trim().parse().ok()
    }

    fn is(&self, class: &str) -> bool {
        self.texts("objectclass")
            .any(|value| value.eq_ignore_ascii_case(class))
    }

    fn rid(&self) -> Option<u32> {
        let (_, value) = self.attributes.iter().find(|(key, _)| key == "objectsid")?;
        let sid = Sid::from_bytes(value)
            .ok()
            .or_else(|| core::str::from_utf8(value).ok()?.parse().ok())?;
        sid.rid()
    }
}

pub(super) fn read(source: SourceId, text: &str, report: &Report) -> Export {
    let entries = entries(source, text, report);
    let mut export = Export {
        dns_name: entries.iter().find_map(domain_of),
        ..Export::default()
    };
    let name_of = |dn: &str| group_name(dn, &entries);
    let mut computers = 0;
    let mut others = 0;
    for entry in &entries {
        if entry.is("computer") {
            computers += 1;
        } else if entry.is("group") {
            if let Some(group) = group(entry, &name_of, report) {
                export.groups.push(group);
            }
        } else if entry.is("user") || entry.is("inetOrgPerson") {
            if let Some(person) = person(entry, &name_of, report) {
                export.people.push(person);
            }
        } else {
            others += 1;
        }
    }
    add_members(&mut export, &entries);
    for (count, what) in [(computers, "computers"), (others, "other entries")] {
        if count > 0 {
            export.left_out.push(format!("{count} {what}"));
        }
    }
    export
}

/// Lines unfolded, comments dropped, entries cut at empty lines.
fn entries(source: SourceId, text: &str, report: &Report) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut open = false;
    for (span, line) in unfolded(source, text) {
        if line.is_empty() {
            open = false;
            continue;
        }
        if line.starts_with('#')
            || line.starts_with("version:")
            || line.starts_with("search:")
            || line.starts_with("result:")
        {
            continue;
        }
        if line == "-" || line.starts_with("changetype:") {
            let finding = Finding::new("a change record, which says what to do and not what there is");
            report.add(
                span,
                finding.expected("an export, such as ldapsearch -LLL or ldifde -f writes it"),
            );
            continue;
        }
        let Some((name, value)) = attribute(span, &line, report) else {
            continue;
        };
        if name == "dn" || !open {
            if name != "dn" {
                let finding = Finding::new(format!("an entry begins with `{name}`"));
                report.add(span, finding.expected("dn: and its distinguished name"));
            }
            entries.push(Entry {
                at: span,
                attributes: Vec::new(),
            });
            open = true;
        }
        if let Some(entry) = entries.last_mut() {
            entry.attributes.push((name, value));
        }
    }
    entries
}

fn unfolded(source: SourceId, text: &str) -> Vec<(Span, String)> {
    let mut lines: Vec<(Span, String)> = Vec::new();
    let mut start = 0;
    for raw in text.split_inclusive('\n') {
        let line = raw.trim_end_matches(['\n', '\r']);
        let end = start + line.len();
        match (line.strip_prefix(' '), lines.last_mut()) {
            (Some(rest), Some((span, last))) if !last.is_empty() => {
                last.push_str(rest);
                span.end = end;
            }
            _ => lines.push((Span::new(source, start..end), line.to_owned())),
        }
        start += raw.len();
    }
    lines
}

/// `name: text`, `name:: base64`; options such as `;binary` are dropped.
fn attribute(span: Span, line: &str, report: &Report) -> Option<(String, Vec<u8>)> {
    let Some((name, value)) = line.split_once(':') else {
        let finding = Finding::new("a line that is no attribute");
        report.add(span, finding.expected("name: value"));
        return None;
    };
    let name = name.split(';').next().unwrap_or(name).trim().to_ascii_lowercase();
    if value.starts_with('<') {
        let finding = Finding::new(format!("the value of {name} lies in another file"));
        report.add(span, finding.expected("the value itself"));
        return None;
    }
    match value.strip_prefix(':') {
        None => Some((name, value.trim_start().as_bytes().to_vec())),
        Some(encoded) => match STANDARD.decode(encoded.trim()) {
            Ok(value) => Some((name, value)),
            Err(error) => {
                let finding = Finding::new(format!("the value of {name} is not base64: {error}"));
                report.add(span, finding.expected("name:: and base64"));
                None
            }
        },
    }
}

fn domain_of(entry: &Entry) -> Option<String> {
    let labels = entry.text("dn")?.split(',').filter_map(|part| {
        let (kind, value) = part.trim().split_once('=')?;
        kind.eq_ignore_ascii_case("dc")
            .then(|| value.to_ascii_lowercase())
    });
    let labels: Vec<String> = labels.collect();
    (labels.len() >= 2).then(|| labels.join("."))
}

/// The sAMAccountName of a group by its distinguished name; its first part where the export lacks the group.
fn group_name(dn: &str, entries: &[Entry]) -> String {
    let entry = entries.iter().find(|entry| {
        entry
            .text("dn")
            .is_some_and(|other| other.eq_ignore_ascii_case(dn))
    });
    let known = entry.and_then(|entry| entry.text("samaccountname"));
    known.map_or_else(|| first_value(dn), str::to_owned)
}

fn sam(entry: &Entry, report: &Report) -> Option<String> {
    let sam = entry.text("samaccountname").map(str::to_owned);
    if sam.is_none() {
        let dn = entry.text("dn").unwrap_or("?");
        let finding = Finding::new(format!("{dn} has no sAMAccountName"));
        report.add(
            entry.at,
            finding.expected("an export with sAMAccountName among its attributes"),
        );
    }
    sam
}

fn person(entry: &Entry, name_of: &dyn Fn(&str) -> String, report: &Report) -> Option<Person> {
    const DISABLED: i64 = 0x2;
    const PASSWORD_EXPIRED: i64 = 0x80_0000;
    let sam = sam(entry, report)?;
    let own_accounts = ["krbtgt", "guest", "administrator", "defaultaccount"];
    if own_accounts.contains(&sam.to_ascii_lowercase().as_str())
        || sam.to_ascii_lowercase().starts_with("krbtgt_")
    {
        return None;
    }
    let control = entry.number("useraccountcontrol").unwrap_or_default();
    Some(Person {
        upn: entry.text("userprincipalname").map(str::to_owned),
        display_name: entry
            .text("displayname")
            .or_else(|| entry.text("name"))
            .map(str::to_owned),
        groups: entry.texts("memberof").map(name_of).collect(),
        rid: entry.rid().filter(|rid| *rid >= 1000),
        disabled: control & DISABLED != 0,
        password_expired: control & PASSWORD_EXPIRED != 0 || entry.number("pwdlastset") == Some(0),
        sam,
    })
}

fn group(entry: &Entry, name_of: &dyn Fn(&str) -> String, report: &Report) -> Option<ImportedGroup> {
    let name = sam(entry, report)?;
    if builtin::group(&name).is_some() || entry.rid().is_some_and(|rid| rid < 1000) {
        return None;
    }
    let kind = entry.number("grouptype").unwrap_or(2);
    Some(ImportedGroup {
        scope: if kind & 4 != 0 {
            "domain-local"
        } else if kind & 8 != 0 {
            "universal"
        } else {
            "global"
        },
        rid: entry.rid(),
        member_of: entry.texts("memberof").map(name_of).collect(),
        name,
    })
}

/// An export may have memberships on either side; and groups that it has not are declared.
fn add_members(export: &mut Export, entries: &[Entry]) {
    for entry in entries.iter().filter(|entry| entry.is("group")) {
        let Some(name) = entry.text("samaccountname") else {
            continue;
        };
        for member in entry.texts("member") {
            let member = group_name(member, entries);
            let lists = export
                .people
                .iter_mut()
                .filter(|person| person.sam.eq_ignore_ascii_case(&member))
                .map(|person| &mut person.groups);
            for list in lists {
                if !list.iter().any(|other| other.eq_ignore_ascii_case(name)) {
                    list.push(name.to_owned());
                }
            }
        }
    }
    let named: Vec<String> = export
        .people
        .iter()
        .flat_map(|person| person.groups.clone())
        .chain(export.groups.iter().flat_map(|group| group.member_of.clone()))
        .collect();
    for name in named {
        let known = builtin::group(&name).is_some()
            || export
                .groups
                .iter()
                .any(|group| group.name.eq_ignore_ascii_case(&name));
        if !known {
            export.groups.push(ImportedGroup {
                name,
                scope: "global",
                rid: None,
                member_of: Vec::new(),
            });
        }
    }
}
