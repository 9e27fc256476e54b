//! What is built in: labs, faults and scenarios, by name, and their explanations in plain words.

pub mod coverage;
mod coverage_post;
mod coverage_questions;
mod coverage_symptoms;
mod explain;
mod explain_lab;
#[cfg(test)]
mod tests;
pub mod vocabulary;

use std::sync::{Arc, OnceLock};

use crate::fault::Fault;
use crate::language::{Catalogue, Faults, Problems, Scenario, SourceFile, Sources};

pub use explain::{Explanation, explain, explainable};

/// A file that is built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// By which it is found: `admin-denied`.
    pub name: &'static str,
    /// How problems name the file: `library/admin-denied.toml`.
    pub file_name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! entries {
    ($folder:literal: $($name:literal),+ $(,)?) => {
        &[$(Entry {
            name: $name,
            file_name: concat!($folder, "/", $name, ".toml"),
            text: include_str!(concat!("../../", $folder, "/", $name, ".toml")),
        }),+]
    };
}

/// Built-in labs; `fernhill` is the one that scenarios use unless they say otherwise.
pub const fn labs() -> &'static [Entry] {
    const LABS: &[Entry] = entries!("labs":
        "fernhill",
        "parent-and-children",
        "two-forests",
        "two-tenants",
        "bought-company",
        "branch",
        "old-dcs",
        "hybrid-only",
        "no-vpn",
        "kdc-proxy",
        "cloud-files",
        "delegation",
    );
    LABS
}

/// Built-in scenarios, the healthy one first.
pub const fn scenarios() -> &'static [Entry] {
    const SCENARIOS: &[Entry] = entries!("library":
        "healthy-first-sign-in",
        "no-dc-line-of-sight",
        "admin-denied",
        "app-proxy-401",
        "user-not-allowed",
        "key-rotated-on-one-side",
        "no-kerberos-server",
        "prt-older-than-object",
        "clock-skew-within-limit",
        "clock-skew-beyond-limit",
        "cloud-only-user",
        "long-session",
        "second-domain-not-configured",
        "key-of-another-tenant",
        "child-domain-user-opens-root-share",
        "selective-authentication",
        "key-not-replicated",
        "branch-office-line-down",
        "cmdlets-in-powershell-7",
        "secrets-not-read",
        "child-domain-number-zero",
        "child-domain-without-krbtgt",
        "object-of-the-old-tenant",
        "two-tenants-one-domain",
        "once-for-each-domain",
        "gallery-refuses-old-tls",
        "krbtgt-account-disabled",
        "moved-to-another-tenant",
        "account-made-anew",
        "account-renamed",
        "ou-not-synced",
        "ticket-through-kdc-proxy",
        "azure-files-opened",
        "azure-files-policy-off",
        "azure-files-needs-mfa",
        "azure-files-proxy-broken",
        "azure-files-by-domain-trust",
        "attribute-filtered",
        "upn-suffix-not-verified",
        "guest-user",
        "locked-out-meanwhile",
        "kept-to-one-machine",
        "policy-of-a-server",
        "password-expired",
        "hybrid-pin-set-up-blocked",
        "old-hello-container",
        "gpo-masks-intune",
        "certificate-trust-wins",
        "policy-order",
        "setting-renamed",
        "oma-uri-and-catalog",
        "windows-too-old",
        "both-flags-not-in-use",
        "refresh-takes-a-while",
        "support-looks-as-system",
        "remote-desktop-with-pin",
        "tunnel-starts-late",
        "one-port-blocked",
        "proxy-points-nowhere",
        "short-name-or-address",
        "hybrid-first-pin-offline",
        "lossy-line",
        "enough-capable-dcs",
        "security-keys-already",
        "shared-computer",
        "active-directory-alone",
        "entra-domain-services",
        "registered-not-joined",
    );
    SCENARIOS
}

/// Built-in faults.
pub const fn faults() -> &'static [Entry] {
    const FAULTS: &[Entry] = entries!("faults":
        "clock-skew",
        "kerberosdomain-missing-for-user-domain",
        "key-not-replicated",
        "key-rotated-by-other-tool",
        "no-dc-line-of-sight",
        "no-kerberos-server",
        "prp-denied-privileged-user",
        "prp-not-allowed",
        "second-tenant-overwrote-object",
        "sync-attrs-missing",
        "user-cloud-only",
    );
    FAULTS
}

/// The built-in scenario of a name.
pub fn find(name: &str) -> Option<&'static Entry> {
    scenarios().iter().find(|entry| entry.name == name)
}

/// Every rule that a DC, Entra or a server may cite.
pub fn rules() -> impl Iterator<Item = &'static evidence::Rule> {
    cloud_sim::rules()
        .iter()
        .copied()
        .chain(kdc_sim::rules::ALL.iter().copied())
        .chain(kdc_sim::resource::rules::ALL.iter().copied())
}

/// What files may refer to by name: the built-in labs and faults, and every rule.
pub fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        let files = |entries: &[Entry]| {
            let file = |entry: &Entry| SourceFile {
                name: entry.file_name.into(),
                text: entry.text.into(),
            };
            entries
                .iter()
                .map(|entry| (entry.name.to_owned(), file(entry)))
                .collect()
        };
        Catalogue {
            labs: files(labs()),
            faults: files(faults()),
            rule_ids: rules().map(|rule| rule.id).collect(),
        }
    })
}

impl Entry {
    /// Reads a built-in scenario.
    ///
    /// # Errors
    /// Its problems; none with [`Faults::AsWritten`], or [`Faults::None`], which a test tries for each. Faults that are
    /// added may not fit the scenario's lab.
    pub fn scenario(&self, faults: &Faults) -> Result<Scenario, Problems> {
        Scenario::parse(self.file_name, self.text, faults, catalogue())
    }

    /// Reads what is known of a built-in fault without a lab.
    ///
    /// # Errors
    /// Its problems; none, which a test tries for each.
    pub fn fault(&self) -> Result<Fault, Problems> {
        let mut sources = Sources::default();
        crate::fault::describe(self.file_name, self.text, &mut sources)
    }
}

/// A scenario by name or from a file's text, with the built-in labs and faults at hand.
///
/// # Errors
/// All problems of the file.
pub fn read_scenario(file_name: &str, text: &str, faults: &Faults) -> Result<Arc<Scenario>, Problems> {
    Scenario::parse(file_name, text, faults, catalogue()).map(Arc::new)
}
