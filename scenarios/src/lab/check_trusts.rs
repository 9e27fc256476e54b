//! What has to hold between domains: one trust for two of them, members that a group can have, numbers that differ.

use std::collections::BTreeMap;

use super::document::{GroupScope, Lab};
use super::read_trusts::forest_root;
use crate::language::{Finding, Node, Report, Span};

/// Checks a lab whose sections were read.
pub(crate) fn check(lab: &Lab, root: &Node, report: &Report) {
    let place = |section: &str, name: &str| -> Span {
        root.as_table()
            .and_then(|root| root.value(section)?.as_table()?.0.get(name))
            .map_or(root.span, |entry| entry.key_span)
    };
    check_trusts(lab, report, &place);
    check_members(lab, report, &place);
    check_netbios(lab, report, &place);
    check_numbers(lab, report, &place);
}

/// A key number is given once in a domain, to a Kerberos server object or to a read-only DC.
fn check_numbers(lab: &Lab, report: &Report, place: &dyn Fn(&str, &str) -> Span) {
    let servers = lab.kerberos_servers.iter().map(|(name, server)| {
        let at = place("kerberos-server", name);
        (server.number, name, at)
    });
    let branches = lab.dcs.iter().filter_map(|(name, dc)| {
        let number = dc.branch.as_ref()?.number;
        Some((number, &dc.domain, place("dc", name)))
    });
    let mut seen: BTreeMap<(u16, &str), Span> = BTreeMap::new();
    for (number, domain, at) in servers.chain(branches) {
        if seen.insert((number, domain), at).is_some() {
            let finding = Finding::new(format!("the key number {number} is there twice in {domain}"));
            report.add(at, finding.expected("a number of its own, 1 to 65535"));
        }
    }
}

fn check_trusts(lab: &Lab, report: &Report, place: &dyn Fn(&str, &str) -> Span) {
    let mut pairs: BTreeMap<[&str; 2], String> = BTreeMap::new();
    for (name, domain) in &lab.domains {
        if let Some(parent) = &domain.parent {
            pairs.insert(
                pair(name, parent),
                format!("{name} is a child of {parent}, which makes one"),
            );
        }
    }
    for (name, trust) in &lab.trusts {
        let seen = pairs.insert(
            pair(&trust.trusting, &trust.trusted),
            format!("trust {name} is one"),
        );
        if let Some(seen) = seen {
            let finding = Finding::new(format!(
                "{} and {} have a trust already: {seen}",
                trust.trusting, trust.trusted
            ));
            report.add(
                place("trust", name),
                finding.expected("one trust for two domains"),
            );
        }
    }
}

fn pair<'n>(one: &'n str, other: &'n str) -> [&'n str; 2] {
    let mut pair = [one, other];
    pair.sort_unstable();
    pair
}

/// A member of another domain: a domain-local group has such, and a universal one from its own forest.
fn check_members(lab: &Lab, report: &Report, place: &dyn Fn(&str, &str) -> Span) {
    let check = |section: &str, name: &str, domain: &str, groups: &[String]| {
        for group in groups {
            let Some(declared) = lab.groups.get(group) else {
                continue;
            };
            let one_forest =
                || forest_root(&lab.domains, &declared.domain) == forest_root(&lab.domains, domain);
            let takes = match declared.scope {
                GroupScope::DomainLocal => true,
                GroupScope::Universal => one_forest(),
                GroupScope::Global => false,
            };
            if declared.domain != domain && !takes {
                let finding = Finding::new(format!(
                    "{name} of {domain} cannot be a member of {group}, which is a group of {}",
                    declared.domain
                ));
                let expected = format!("group.{group}.scope = \"domain-local\", or a group of {domain}");
                report.add(place(section, name), finding.expected(expected));
            }
        }
    };
    for (name, user) in &lab.users {
        if let Some(domain) = &user.domain {
            check("user", name, domain, &user.groups);
        }
    }
    for (name, group) in &lab.groups {
        check("group", name, &group.domain, &group.member_of);
    }
}

/// A child domain's name is below its parent's, and NetBIOS names differ within a forest.
fn check_netbios(lab: &Lab, report: &Report, place: &dyn Fn(&str, &str) -> Span) {
    let mut seen: BTreeMap<(String, String), &str> = BTreeMap::new();
    for (name, domain) in &lab.domains {
        let forest = forest_root(&lab.domains, name);
        let key = (forest, domain.netbios.to_ascii_uppercase());
        if let Some(other) = seen.insert(key, name) {
            let finding = Finding::new(format!(
                "domain {name} has the NetBIOS name {} of domain {other}",
                domain.netbios
            ));
            report.add(
                place("domain", name),
                finding.expected("a NetBIOS name of its own"),
            );
        }
        let parent = domain.parent.as_ref().and_then(|parent| lab.domains.get(parent));
        if let Some(parent) = parent
            && !domain.dns_name.ends_with(&format!(".{}", parent.dns_name))
        {
            let finding = Finding::new(format!(
                "{} is no child of {}: its name is not below",
                domain.dns_name, parent.dns_name
            ));
            let expected = format!(
                "a name such as {name}.{}, or no `parent` and a [trust]",
                parent.dns_name
            );
            report.add(place("domain", name), finding.expected(expected));
        }
    }
}
