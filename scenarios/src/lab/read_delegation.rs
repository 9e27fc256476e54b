//! What a lab says of delegation: the same keys for users and for servers.

use super::document::Delegation;
use super::names::Names;
use crate::language::{Finding, Known, Reader, Report, Span};

/// Reads `delegate-to`, `protocol-transition` and `accepts-delegation-from`.
pub(crate) fn delegation(reader: &mut Reader<'_>, names: &Names) -> Delegation {
    Delegation {
        to: service_names(reader, "delegate-to"),
        protocol_transition: reader.boolean("protocol-transition").unwrap_or(false),
        accepts_from: reader
            .references("accepts-delegation-from", &delegates(names))
            .unwrap_or_default(),
    }
}

/// A list of service principal names.
pub(crate) fn service_names(reader: &mut Reader<'_>, key: &'static str) -> Vec<String> {
    let names = reader.strings(key).unwrap_or_default();
    let report = reader.report();
    names
        .into_iter()
        .filter(|(name, span)| check_service_name(name, *span, report))
        .map(|(name, _)| name)
        .collect()
}

fn check_service_name(name: &str, span: Span, report: &Report) -> bool {
    let fine = name
        .split_once('/')
        .is_some_and(|(class, host)| !class.is_empty() && !host.is_empty())
        && !name.contains(char::is_whitespace);
    if !fine {
        let finding = Finding::new(format!("`{name}` is no service principal name"));
        report.add(
            span,
            finding.expected("class/host, such as \"cifs/fs01.ad.corp.example\""),
        );
    }
    fine
}

/// Whoever may delegate: users, groups and machines.
fn delegates(names: &Names) -> Known<'_> {
    let mut known = names.principals();
    known.what = "user, group or host";
    known.names.extend(names.hosts().names);
    known
}
