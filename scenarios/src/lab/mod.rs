//! Labs: what there is. A document in TOML ([`Lab`] once read), with defaults such that three lines are a useful lab.
//!
//! ```toml
//! format = "trustlab.lab/1"
//! [domain.corp]
//! dns-name = "ad.corp.example"
//! ```
//!
//! is a domain with a DC, a tenant that holds its Kerberos server key, Ada with her laptop, and a file share.

mod accounts;
mod app_proxy;
pub mod builtin;
mod check;
mod check_trusts;
mod cloud_app;
mod compile;
mod console;
mod defaults;
mod desk;
mod document;
pub mod identity;
pub mod import;
mod kdc_proxy;
pub(crate) mod logon_rules;
mod names;
mod policy;
mod read;
mod read_branch;
mod read_delegation;
mod read_people;
mod read_trusts;
mod schema;
mod setting;
mod silo;
#[cfg(test)]
mod tests;

pub(crate) use app_proxy::LOGIN_IDENTITIES;
pub use app_proxy::{AppProxy, LoginIdentity, SignOn};
pub use cloud_app::CloudApp;
pub(crate) use compile::policies as compile_policies;
pub use compile::{AZURE_AD_KERBEROS_RID, AZURE_AD_KRBTGT_RID, CompileError, CompiledLab, server_keys};
pub(crate) use compile::{attach_catalogs, kerberos_domain, kerberos_server_account};
pub(crate) use compile::{cloud_upn_among, cloud_user, is_in_scope, netbios_name};
pub(crate) use console::CLOUD_ROLES;
pub use console::{Administration, CloudRole, Console, HalfMade, OtherTenant};
pub use defaults::host_of;
pub use desk::Desk;
pub use document::*;
pub use kdc_proxy::KdcProxy;
pub use logon_rules::{AuthenticationPolicy, EncryptionType, LogonRules};
pub(crate) use logon_rules::{logon_hours, machines};
pub(crate) use names::{Names, is_collection};
pub(crate) use policy::read_setting;
pub use policy::{ALL_DEVICES, ALL_USERS, OsFilter, PolicyProfile, ProfileKind};
pub(crate) use read_people::synced_attributes;
pub(crate) use read_trusts::root_of as forest_root;
pub use schema::schema;
pub use setting::{Scope, Setting, SettingUse};
pub use silo::{AccountClass, AuthenticationSilo};

use crate::language::{Node, Patch, Problems, Report, Sources, apply, parse};

/// The built-in lab's document.
pub const FERNHILL: &str = include_str!("../../labs/fernhill.toml");

impl Lab {
    /// Reads a lab document.
    ///
    /// # Errors
    /// All problems of the file, each with line and column.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, Problems> {
        let mut sources = Sources::default();
        let report = Report::default();
        let tree = LabTree::parse(file_name, text, &mut sources, &report);
        let lab = tree.and_then(|tree| tree.read(&report));
        report.finish(&sources, lab)
    }

    /// The built-in lab, Fernhill Instruments.
    pub fn fernhill() -> Self {
        Self::parse("labs/fernhill.toml", FERNHILL).expect("the built-in lab is read by a test")
    }
}

/// A lab document before it is read for good: what patches change.
#[derive(Clone, Debug)]
pub(crate) struct LabTree {
    root: Node,
}

impl LabTree {
    /// Parses a document. `None` when it is not TOML, which is reported.
    pub(crate) fn parse(file_name: &str, text: &str, sources: &mut Sources, report: &Report) -> Option<Self> {
        let source = sources.add(file_name, text);
        let mut root = parse(source, text, report);
        if !report.is_empty() {
            return None;
        }
        defaults::fill(&mut root);
        Some(Self { root })
    }

    /// Changes the document.
    pub(crate) fn apply(&mut self, patch: &Patch, report: &Report) {
        apply(&mut self.root, patch, is_collection, report);
    }

    /// The names it declares now.
    pub(crate) fn names(&self) -> Names {
        Names::of(&self.root)
    }

    /// The lab it declares now.
    pub(crate) fn read(&self, report: &Report) -> Option<Lab> {
        read::read(&self.root, report)
    }
}
