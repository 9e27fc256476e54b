//! Settings of Windows Hello for Business under the names that portals and editors show, former ones among them.

use super::policy::ProfileKind;

/// A setting in a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingUse {
    /// As the profile spells it.
    pub spelled: String,
    /// What it sets.
    pub setting: Setting,
    /// For whom.
    pub scope: Scope,
    /// Enabled, or disabled.
    pub value: bool,
}

/// What is set, named as in the PassportForWork CSP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Setting {
    /// `UsePassportForWork`
    UsePassportForWork,
    /// `UseCloudTrustForOnPremAuth`
    UseCloudTrustForOnPremAuth,
    /// `UseCertificateForOnPremAuth`
    UseCertificateForOnPremAuth,
    /// `RequireSecurityDevice`
    RequireSecurityDevice,
    /// `DisablePostLogonProvisioning`
    DisablePostLogonProvisioning,
}

/// For whom a setting counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Everybody on the device.
    Device,
    /// One user.
    User,
    /// Nobody: the CSP has no such node there, and the device answers with an error.
    Nowhere,
}

use Setting::{
    DisablePostLogonProvisioning, RequireSecurityDevice, UseCertificateForOnPremAuth,
    UseCloudTrustForOnPremAuth, UsePassportForWork,
};

/// Names of the settings catalog. A name without a scope behind it is the device's; cloud trust and the set-up after a sign-in
/// have no other.
const CATALOG: &[(&str, Setting, Scope)] = &[
    (
        "Use Cloud Trust For On Prem Auth",
        UseCloudTrustForOnPremAuth,
        Scope::Device,
    ),
    (
        "Use Windows Hello For Business (Device)",
        UsePassportForWork,
        Scope::Device,
    ),
    (
        "Use Windows Hello For Business (User)",
        UsePassportForWork,
        Scope::User,
    ),
    // former names
    ("Use Passport For Work", UsePassportForWork, Scope::Device),
    ("Use Passport For Work (User)", UsePassportForWork, Scope::User),
    (
        "Use Certificate For On Prem Auth",
        UseCertificateForOnPremAuth,
        Scope::Device,
    ),
    (
        "Use Certificate For On Prem Auth (User)",
        UseCertificateForOnPremAuth,
        Scope::User,
    ),
    ("Require Security Device", RequireSecurityDevice, Scope::Device),
    (
        "Require Security Device (User)",
        RequireSecurityDevice,
        Scope::User,
    ),
    (
        "Disable Post Logon Provisioning",
        DisablePostLogonProvisioning,
        Scope::Device,
    ),
];

/// Names on the page of the tenant-wide policy.
const TENANT_WIDE: &[(&str, Setting, Scope)] = &[
    (
        "Configure Windows Hello for Business",
        UsePassportForWork,
        Scope::Device,
    ),
    (
        "Use a Trusted Platform Module (TPM)",
        RequireSecurityDevice,
        Scope::Device,
    ),
];

/// Names in the editor of Group Policy. The trust is there for computers alone.
const GROUP_POLICY: &[(&str, Setting, Scope)] = &[
    ("Use Windows Hello for Business", UsePassportForWork, Scope::User),
    (
        "Use cloud Kerberos trust for on-premises authentication",
        UseCloudTrustForOnPremAuth,
        Scope::Device,
    ),
    // its former name
    (
        "Use cloud trust for on-premises authentication",
        UseCloudTrustForOnPremAuth,
        Scope::Device,
    ),
    (
        "Use certificate for on-premises authentication",
        UseCertificateForOnPremAuth,
        Scope::User,
    ),
    (
        "Use a hardware security device",
        RequireSecurityDevice,
        Scope::Device,
    ),
    (
        "Do not start Windows Hello provisioning after sign-in",
        DisablePostLogonProvisioning,
        Scope::User,
    ),
];

/// Leaves of the PassportForWork CSP, and whether they are there for users as well.
const LEAVES: &[(&str, Setting, bool)] = &[
    ("UsePassportForWork", UsePassportForWork, true),
    ("UseCloudTrustForOnPremAuth", UseCloudTrustForOnPremAuth, false),
    ("UseCertificateForOnPremAuth", UseCertificateForOnPremAuth, true),
    ("RequireSecurityDevice", RequireSecurityDevice, true),
    (
        "DisablePostLogonProvisioning",
        DisablePostLogonProvisioning,
        false,
    ),
];

/// The setting of a name in a kind of policy; the case does not matter. `by_user`: in the user part of Group Policy, which
/// does not have all of them.
pub(super) fn find(kind: ProfileKind, spelled: &str, by_user: bool) -> Option<(Setting, Scope)> {
    if kind == ProfileKind::OmaUri {
        return oma_uri(spelled);
    }
    let (_, setting, scope) = table(kind)
        .iter()
        .find(|(name, ..)| name.eq_ignore_ascii_case(spelled))?;
    match (kind, by_user, scope) {
        (ProfileKind::GroupPolicy, true, Scope::User) => Some((*setting, Scope::User)),
        (ProfileKind::GroupPolicy, true, _) => None,
        (ProfileKind::GroupPolicy, false, _) => Some((*setting, Scope::Device)),
        _ => Some((*setting, *scope)),
    }
}

/// What there is in a kind of policy.
pub(super) fn names(kind: ProfileKind) -> impl Iterator<Item = &'static str> + Clone {
    let leaves: &[(&str, Setting, bool)] = if kind == ProfileKind::OmaUri { LEAVES } else { &[] };
    let of_table = table(kind).iter().map(|(name, ..)| *name);
    of_table.chain(leaves.iter().map(|(name, ..)| *name))
}

const fn table(kind: ProfileKind) -> &'static [(&'static str, Setting, Scope)] {
    match kind {
        ProfileKind::SettingsCatalog => CATALOG,
        ProfileKind::TenantWide => TENANT_WIDE,
        ProfileKind::GroupPolicy => GROUP_POLICY,
        ProfileKind::OmaUri => &[],
    }
}

/// `./Device/Vendor/MSFT/PassportForWork/TENANT/Policies/LEAF`, or `./User/…`.
fn oma_uri(uri: &str) -> Option<(Setting, Scope)> {
    let (scope, rest) = uri.strip_prefix("./")?.split_once('/')?;
    let (tenant, leaf) = rest
        .strip_prefix("Vendor/MSFT/PassportForWork/")?
        .split_once("/Policies/")?;
    if tenant.is_empty() || tenant.contains('/') {
        return None;
    }
    let (_, setting, for_users) = LEAVES.iter().find(|(name, ..)| *name == leaf)?;
    let scope = match (scope, for_users) {
        ("Device", _) => Scope::Device,
        ("User", true) => Scope::User,
        ("User", false) => Scope::Nowhere,
        _ => return None,
    };
    Some((*setting, scope))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CATALOG: ProfileKind = ProfileKind::SettingsCatalog;

    #[test]
    fn former_names_are_the_same_settings() {
        let old = find(CATALOG, "Use Passport for Work (User)", false);
        assert_eq!(old, find(CATALOG, "Use Windows Hello for Business (User)", false));
        assert_eq!(old, Some((UsePassportForWork, Scope::User)));
        let (old, new) = (
            "Use cloud trust for on-premises authentication",
            "Use cloud Kerberos trust for on-premises authentication",
        );
        assert_eq!(
            find(ProfileKind::GroupPolicy, old, false),
            find(ProfileKind::GroupPolicy, new, false)
        );
    }

    #[test]
    fn cloud_trust_is_there_for_devices_alone() {
        let device = "./Device/Vendor/MSFT/PassportForWork/{TenantId}/Policies/UseCloudTrustForOnPremAuth";
        let user = "./User/Vendor/MSFT/PassportForWork/{TenantId}/Policies/UseCloudTrustForOnPremAuth";
        assert_eq!(oma_uri(device), Some((UseCloudTrustForOnPremAuth, Scope::Device)));
        assert_eq!(oma_uri(user), Some((UseCloudTrustForOnPremAuth, Scope::Nowhere)));
        let editor = "Use cloud Kerberos trust for on-premises authentication";
        assert_eq!(find(ProfileKind::GroupPolicy, editor, true), None);
    }

    #[test]
    fn other_paths_are_no_settings() {
        for uri in [
            "",
            "./Device/Vendor/MSFT/Policy/Config/Kerberos/X",
            "./Device/Vendor/MSFT/PassportForWork/t/Policies/X",
        ] {
            assert_eq!(oma_uri(uri), None, "{uri}");
        }
    }
}
