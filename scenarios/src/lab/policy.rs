//! Profiles and policies that administrators make, in Intune and in Group Policy, with the names that the portals show.
//!
//! ```toml
//! [policy.hello]
//! kind = "settings-catalog"
//! enable = ["Use Cloud Trust For On Prem Auth", "Use Windows Hello For Business (User)"]
//! assign = ["All devices"]
//! ```

use client_sim::windows::RELEASES;

use super::read::Context;
use super::setting::{SettingUse, find};
use crate::language::{Finding, Known, Node, Reader, Report, Span};

/// Where a policy is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProfileKind {
    /// Intune, a configuration profile of the type "Settings catalog".
    SettingsCatalog,
    /// Intune, a custom profile with OMA-URIs.
    OmaUri,
    /// Intune, Windows enrollment, Windows Hello for Business: applies when a device is enrolled, and not again.
    TenantWide,
    /// Group Policy.
    GroupPolicy,
}

impl ProfileKind {
    /// Whether Intune brings it to devices, and reports on it.
    pub const fn is_mdm(self) -> bool {
        !matches!(self, Self::GroupPolicy)
    }

    /// Whether its assignment can be filtered: that of profiles of Intune, and not what holds for a tenant or a domain.
    pub const fn takes_filter(self) -> bool {
        matches!(self, Self::SettingsCatalog | Self::OmaUri)
    }
}

/// A profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyProfile {
    /// Its display name.
    pub title: String,
    /// Where it is made.
    pub kind: ProfileKind,
    /// Whether a setting of Group Policy stands in the user configuration.
    pub by_user: bool,
    /// What it sets.
    pub settings: Vec<SettingUse>,
    /// Users, devices and groups by name, `All users`, `All devices`.
    pub assigned: Vec<String>,
    /// Groups, users and devices that are left out all the same.
    pub excluded: Vec<String>,
    /// An assignment filter on the version of Windows.
    pub filter: Option<OsFilter>,
    /// Whether it is assigned when the story begins.
    pub active: bool,
}

/// An assignment filter of Intune on `device.osVersion`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OsFilter {
    /// Beginnings of the names of versions: `Windows 11`.
    pub versions: Vec<String>,
    /// Whether these are left out, instead of the others.
    pub exclude: bool,
}

/// Every user of the tenant.
pub const ALL_USERS: &str = "All users";
/// Every device of the tenant.
pub const ALL_DEVICES: &str = "All devices";

pub(super) fn read(name: &str, node: &Node, context: &Context<'_>) -> Option<PolicyProfile> {
    let mut reader = Reader::new(node, format!("policy {name}"), context.report)?;
    let kinds = [
        ("settings-catalog", ProfileKind::SettingsCatalog),
        ("oma-uri", ProfileKind::OmaUri),
        ("tenant-wide", ProfileKind::TenantWide),
        ("group-policy", ProfileKind::GroupPolicy),
    ];
    let kind = reader
        .choice("kind", &kinds)
        .unwrap_or(ProfileKind::SettingsCatalog);
    let configured = reader.node("configuration").map(|node| node.span);
    let by_user = reader
        .choice("configuration", &[("computer", false), ("user", true)])
        .unwrap_or(false);
    let mut settings = Vec::new();
    for (key, value) in [("enable", true), ("disable", false)] {
        for (spelled, span) in reader.strings(key).unwrap_or_default() {
            settings.extend(read_setting(
                &spelled,
                span,
                (kind, by_user),
                value,
                context.report,
            ));
        }
    }
    let known = assignable(context);
    let everybody = || vec![ALL_DEVICES.to_owned()];
    let assigned = reader.references("assign", &known).unwrap_or_else(everybody);
    let versions = reader.strings("filter-os");
    check_filter(kind, versions.as_deref().unwrap_or_default(), context);
    if let Some(span) = configured.filter(|_| kind != ProfileKind::GroupPolicy) {
        let finding =
            Finding::new("only a group policy has a `configuration`").expected("kind = \"group-policy\"");
        context.report.add(span, finding);
    }
    let exclude = reader
        .choice("filter-mode", &[("include", false), ("exclude", true)])
        .unwrap_or(false);
    let profile = PolicyProfile {
        title: reader.string("title").unwrap_or_else(|| name.to_owned()),
        kind,
        by_user,
        settings,
        assigned,
        excluded: reader.references("exclude", &known).unwrap_or_default(),
        filter: versions.map(|versions| OsFilter {
            versions: versions.into_iter().map(|(version, _)| version).collect(),
            exclude,
        }),
        active: reader.boolean("active").unwrap_or(true),
    };
    reader.finish();
    Some(profile)
}

/// What is filtered by is the beginning of a release, and the policy is of a kind that takes filters.
fn check_filter(kind: ProfileKind, versions: &[(String, Span)], context: &Context<'_>) {
    for (version, span) in versions {
        let known = RELEASES
            .iter()
            .any(|release| release.name.starts_with(version.as_str()));
        if !kind.takes_filter() {
            let finding = Finding::new("neither a group policy nor the tenant-wide policy knows filters")
                .expected("kind = \"settings-catalog\" or \"oma-uri\"");
            context.report.add(*span, finding);
        } else if version.is_empty() || !known {
            let finding = Finding::new(format!("no release of Windows begins with `{version}`"));
            let names = RELEASES.iter().map(|release| release.name);
            context.report.add(*span, finding.among(version, names));
        }
    }
}

/// A setting by the name that a portal or an editor shows for profiles of a kind.
pub(crate) fn read_setting(
    spelled: &str,
    span: Span,
    (kind, by_user): (ProfileKind, bool),
    value: bool,
    report: &Report,
) -> Option<SettingUse> {
    let found = find(kind, spelled, by_user);
    if found.is_none() {
        let finding = Finding::new(format!("`{spelled}` is no setting of such a policy"));
        let names = super::setting::names(kind);
        report.add(span, finding.among(spelled, names));
    }
    let (setting, scope) = found?;
    Some(SettingUse {
        spelled: spelled.to_owned(),
        setting,
        scope,
        value,
    })
}

fn assignable<'n>(context: &'n Context<'_>) -> Known<'n> {
    let mut known = context.names.groups();
    known.what = "user, device or group";
    known.names.extend([ALL_USERS, ALL_DEVICES]);
    for section in ["user", "device"] {
        known.names.extend(context.names.of_section(section).names);
    }
    known
}
