//! Reads steps that change Entra, or run directory sync.

use std::sync::Arc;

use super::problem::Finding;
use super::read::{Reader, string};
use super::read_step::StepReader;
use super::step::StepKind;
use super::tree::Node;
use crate::lab::synced_attributes;
use crate::world::{Action, ApplicationChange, CloudAction};

impl StepReader<'_> {
    /// `set-cloud-app = { app = "files", mfa-required = false }`: one thing about an application.
    pub(super) fn set_cloud_app(&mut self, node: &Node) -> Option<StepKind> {
        let mut reader = Reader::new(node, "set-cloud-app", self.report)?;
        let app = reader.reference("app", &self.names.of_section("cloud-app"));
        let app = reader.required("app", "a cloud application of the lab", app);
        let consent = reader.boolean("consent").map(ApplicationChange::Consent);
        let mfa = reader.boolean("mfa-required").map(ApplicationChange::MfaRequired);
        let required = reader.boolean("assignment-required");
        let assigned = reader.references("assigned", &self.names.of_section("user"));
        reader.finish();
        let assigned = match (required, assigned) {
            (Some(false), None) => Some(ApplicationChange::Assigned(None)),
            (None | Some(true), Some(users)) => {
                let users = users.into_iter().map(Into::into).collect();
                Some(ApplicationChange::Assigned(Some(users)))
            }
            (Some(true), None) => Some(ApplicationChange::Assigned(Some(Vec::new()))),
            (Some(false), Some(_)) | (None, None) => None,
        };
        let mut changes = [consent, mfa, assigned].into_iter().flatten();
        let (Some(change), None) = (changes.next(), changes.next()) else {
            let finding = Finding::new("set-cloud-app changes one thing").expected(
                "one of `consent`, `mfa-required`, `assigned = […]`, `assignment-required = false`",
            );
            self.report.add(node.span, finding);
            return None;
        };
        let app = app?.into();
        cloud(CloudAction::ChangeApplication { app, change })
    }

    /// `setup-cloud-trust = { domain = …, tenant = …, object = false }`, all of them optional.
    pub(super) fn setup_cloud_trust(&mut self, node: &Node) -> Option<StepKind> {
        let mut reader = Reader::new(node, "setup-cloud-trust", self.report)?;
        let domain = self.domain(&mut reader);
        let tenant = reader.reference("tenant", &self.names.of_section("tenant"));
        let object = reader.boolean("object").unwrap_or(true);
        reader.finish();
        let tenant = tenant.and_then(|tenant| Some(self.lab.tenants.get(&tenant)?.id.as_str().into()));
        let domain = domain?;
        cloud(CloudAction::SetupCloudTrust {
            domain,
            tenant,
            object,
        })
    }

    pub(super) fn remove_cloud_trust(&mut self, node: &Node) -> Option<StepKind> {
        let mut reader = Reader::new(node, "remove-cloud-trust", self.report)?;
        let domain = self.domain(&mut reader);
        reader.finish();
        cloud(CloudAction::RemoveCloudTrust { domain: domain? })
    }

    /// `sync-cycle = "fernhill"`, or `{}` for the first tenant.
    pub(super) fn sync_cycle(&mut self, node: &Node) -> Option<StepKind> {
        let tenant = self.tenant(node)?;
        cloud(CloudAction::SyncCycle { tenant })
    }

    pub(super) fn remove_tenant(&mut self, node: &Node) -> Option<StepKind> {
        let tenant = self.tenant(node)?;
        cloud(CloudAction::RemoveTenant { tenant })
    }

    pub(super) fn recreate_account(&mut self, node: &Node) -> Option<StepKind> {
        let user = self.user(node)?;
        cloud(CloudAction::RecreateAccount { user })
    }

    /// `rename-account = { user = "ada", sam = "ada.byron" }`.
    pub(super) fn rename_account(&mut self, node: &Node) -> Option<StepKind> {
        let mut reader = Reader::new(node, "rename-account", self.report)?;
        let user = reader.reference("user", &self.names.of_section("user"));
        let user = reader.required("user", "a user of the lab", user);
        let expected = "the new sAMAccountName: 1 to 20 characters, none of \"/\\[]:;|=,+*?<>@";
        let sam = reader.text("sam", expected, |text| is_sam(text).then(|| text.to_owned()));
        let sam = reader.required("sam", "the new sAMAccountName", sam);
        reader.finish();
        let (user, sam) = (user?.into(), sam?.into());
        cloud(CloudAction::RenameAccount { user, sam })
    }

    /// `move-to-ou = { user = "nora", ou = "Contractors" }`.
    pub(super) fn move_to_ou(&mut self, node: &Node) -> Option<StepKind> {
        let mut reader = Reader::new(node, "move-to-ou", self.report)?;
        let user = reader.reference("user", &self.names.of_section("user"));
        let user = reader.required("user", "a user of the lab", user);
        let ou = reader.string("ou");
        let ou = reader.required("ou", "an organisational unit", ou);
        reader.finish();
        let (user, ou) = (user?.into(), ou?.into());
        cloud(CloudAction::MoveToOu { user, ou })
    }

    /// `verify-domain = { tenant = "fernhill", domain = "fernhill-labs.example" }`; the first tenant when it is left out.
    pub(super) fn verify_domain(&mut self, node: &Node) -> Option<StepKind> {
        let mut reader = Reader::new(node, "verify-domain", self.report)?;
        let tenant = self.tenant_key(&mut reader);
        let expected = "a domain such as \"fernhill-labs.example\"";
        let domain = reader.text("domain", expected, |text| {
            is_domain(text).then(|| text.to_owned())
        });
        let domain = reader.required("domain", "a domain such as \"fernhill-labs.example\"", domain);
        reader.finish();
        let (tenant, domain) = (tenant?, domain?.into());
        cloud(CloudAction::VerifyDomain { tenant, domain })
    }

    /// `filter-attributes = { tenant = "fernhill", attributes = ["domain-name", "sam-account-name"] }`.
    pub(super) fn filter_attributes(&mut self, node: &Node) -> Option<StepKind> {
        let mut reader = Reader::new(node, "filter-attributes", self.report)?;
        let tenant = self.tenant_key(&mut reader);
        let attributes = synced_attributes(&mut reader, "attributes");
        let attributes = reader.required("attributes", "the attributes that are carried over", attributes);
        reader.finish();
        let (tenant, attributes) = (tenant?, attributes?);
        cloud(CloudAction::FilterAttributes { tenant, attributes })
    }

    /// `tenant`, the first one when it is left out.
    fn tenant_key(&self, reader: &mut Reader<'_>) -> Option<Arc<str>> {
        let given = reader.node("tenant").is_some();
        let tenant = reader.reference("tenant", &self.names.of_section("tenant"));
        match given {
            true => tenant.map(Into::into),
            false => self.names.first("tenant").map(Into::into),
        }
    }

    fn tenant(&self, node: &Node) -> Option<Arc<str>> {
        if node.as_table().is_some_and(|table| table.0.is_empty()) {
            return Some(self.names.first("tenant")?.into());
        }
        let name = string(self.report, node)?;
        let known = self.names.of_section("tenant");
        Some(known.resolve(&name, node.span, self.report)?.into())
    }
}

fn cloud(action: CloudAction) -> Option<StepKind> {
    Some(StepKind::Action(Action::Cloud(action)))
}

/// Whether AD takes this for a sAMAccountName of a user (MS-ADTS section 3.1.1.6 and MS-SAMR section 3.1.1.6).
fn is_sam(text: &str) -> bool {
    let allowed = |c: char| !c.is_control() && !"\"/\\[]:;|=,+*?<>@".contains(c);
    (1..=20).contains(&text.chars().count()) && !text.trim().is_empty() && text.chars().all(allowed)
}

/// Whether this can be a domain of a tenant: two labels at least, of letters, digits and hyphens.
fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len()) && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}
