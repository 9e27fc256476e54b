//! The names a lab declares, for everything that refers to them.

use std::collections::BTreeMap;

use super::builtin;
use crate::language::{Known, Node};

/// Sections whose entries are names.
pub(crate) const COLLECTIONS: &[&str] = &[
    "app-proxy",
    "authentication-policy",
    "authentication-policy-silo",
    "cloud-app",
    "device",
    "dc",
    "domain",
    "group",
    "kdc-proxy",
    "kerberos-server",
    "location",
    "policy",
    "server",
    "tenant",
    "trust",
    "user",
];

/// The names of a lab document, by section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    sections: BTreeMap<&'static str, Vec<String>>,
}

impl Names {
    /// The names of the document `root`.
    pub(crate) fn of(root: &Node) -> Self {
        let sections = COLLECTIONS.iter().map(|section| {
            let table = root
                .as_table()
                .and_then(|root| root.value(section))
                .and_then(Node::as_table);
            (
                *section,
                table
                    .map(|table| table.keys().map(str::to_owned).collect())
                    .unwrap_or_default(),
            )
        });
        Self {
            sections: sections.collect(),
        }
    }

    /// What may be named where one of `section` is wanted.
    pub(crate) fn of_section(&self, section: &'static str) -> Known<'_> {
        Known {
            what: section,
            names: self.list(section).map(String::as_str).collect(),
        }
    }

    /// Declared and built-in groups.
    pub(crate) fn groups(&self) -> Known<'_> {
        let mut known = self.of_section("group");
        known.names.extend(builtin::GROUPS.iter().map(|group| group.name));
        known
    }

    /// Whoever may stand in an access list.
    pub(crate) fn principals(&self) -> Known<'_> {
        let mut known = self.groups();
        known.what = "user or group";
        known.names.extend(self.list("user").map(String::as_str));
        known
    }

    /// Whoever has an account with a secret, called `what` where none of them is named.
    pub(crate) fn accounts(&self, what: &'static str) -> Known<'_> {
        let sections = ["user", "server", "device"];
        let names = sections
            .into_iter()
            .flat_map(|section| self.list(section))
            .map(String::as_str);
        Known {
            what,
            names: names.collect(),
        }
    }

    /// Every machine.
    pub(crate) fn hosts(&self) -> Known<'_> {
        let sections = ["device", "dc", "server", "cloud-app", "kdc-proxy", "app-proxy"];
        let names = sections
            .into_iter()
            .flat_map(|section| self.list(section))
            .map(String::as_str);
        Known {
            what: "host",
            names: names.collect(),
        }
    }

    /// The first name of a section: what is meant when there is only one.
    pub(crate) fn first(&self, section: &'static str) -> Option<&str> {
        self.list(section).next().map(String::as_str)
    }

    fn list(&self, section: &'static str) -> impl Iterator<Item = &String> {
        self.sections.get(section).into_iter().flatten()
    }
}

/// Whether the table at `path` holds names: there a patch cannot set what does not exist.
pub(crate) fn is_collection(path: &[String]) -> bool {
    match path {
        [section] => COLLECTIONS.contains(&section.as_str()),
        [section, _, share] => matches!(section.as_str(), "server" | "cloud-app") && share == "share",
        _ => false,
    }
}
