//! What a device is told: which profiles reach it and its users, what they write there, and what Intune reports of it.

use std::collections::BTreeMap;

use client_sim::DeviceConfig;
use client_sim::policy::{Family, HelloValues, Policy, PolicyOrder, PolicyPlace, PolicyUser};
use client_sim::windows::WindowsVersion;
use cloud_sim::cloud_sid;
use evidence::intune::Status;

use crate::lab::document::{Device, Join, Lab, Name, User};
use crate::lab::identity;
use crate::lab::policy::{ALL_DEVICES, ALL_USERS, PolicyProfile, ProfileKind};
use crate::lab::setting::{Scope, Setting, SettingUse};

/// What profiles write on a device, and how each fared.
pub(crate) struct Delivery {
    /// Values, by where they stand.
    pub(crate) places: BTreeMap<PolicyPlace, HelloValues>,
    /// Profiles of Intune that reach the device, with what the portal shows of them.
    pub(crate) reports: Vec<(Name, Status)>,
}

/// Gives a device the policies that it had when the story begins.
pub(super) fn give(lab: &Lab, device: &Device, config: &mut DeviceConfig) {
    let mut policy = Policy {
        order: if device.desk.tenant_wide_first {
            PolicyOrder::TenantWideFirst
        } else {
            PolicyOrder::Documented
        },
        scopes_must_agree: device.desk.scopes_must_agree,
        cloud_ticket_retrieval: device.cloud_ticket_retrieval,
        ..Policy::none()
    };
    let delivered = deliver(lab, device, |_, profile| {
        profile.active.then_some(&profile.settings)
    })
    .places;
    for (place, values) in delivered.into_iter().chain(declared(device)) {
        let known = policy.values_mut(place);
        *known = values.or(*known);
    }
    config.policy = policy;
}

/// What the device's own section says of cloud trust, which stands for a policy of Group Policy or of MDM.
pub(crate) fn declared(device: &Device) -> Option<(PolicyPlace, HelloValues)> {
    let place = match device.join {
        Join::Hybrid => PolicyPlace::ComputerGroupPolicy,
        Join::Entra | Join::Registered => PolicyPlace::DeviceMdm,
    };
    let values = |cloud_trust: bool| HelloValues {
        enabled: Some(true),
        cloud_trust: cloud_trust.then_some(true),
        ..HelloValues::default()
    };
    Some((place, values(device.cloud_trust_policy?)))
}

/// What profiles come to on a device; `assigned` gives the settings of each, `None` for one that nobody gets.
pub(crate) fn deliver<'l>(
    lab: &'l Lab,
    device: &Device,
    assigned: impl Fn(&str, &'l PolicyProfile) -> Option<&'l [SettingUse]>,
) -> Delivery {
    let mut written: BTreeMap<(PolicyPlace, Setting), Vec<(&str, bool)>> = BTreeMap::new();
    let mut reports: BTreeMap<&str, Status> = BTreeMap::new();
    for (name, profile) in &lab.policies {
        let targets = Targets::of(lab, profile, device);
        let Some(settings) = assigned(name, profile).filter(|_| targets.reach(lab, device)) else {
            continue;
        };
        if profile.kind.is_mdm() {
            reports.insert(name, status(lab, settings, device));
        }
        if reports
            .get(name.as_str())
            .is_some_and(|status| *status == Status::NotApplicable)
        {
            continue;
        }
        for setting in settings {
            for place in places(lab, profile.kind, setting, device, &targets) {
                let values = written.entry((place, setting.setting)).or_default();
                values.push((name, setting.value));
            }
        }
    }
    let mut places: BTreeMap<PolicyPlace, HelloValues> = BTreeMap::new();
    for ((place, setting), values) in written {
        let (_, last) = values.last().copied().unwrap_or_default();
        let conflict = values.iter().any(|(_, value)| *value != last);
        // Intune writes none of two values that contradict each other; in Group Policy the last one wins
        if conflict && place.family() == Family::Mdm {
            for (name, _) in values {
                reports.insert(name, Status::Conflict);
            }
            continue;
        }
        *field(places.entry(place).or_default(), setting) = Some(last);
    }
    let in_order = lab.policies.keys().filter_map(|name| {
        let status = reports.get(name.as_str())?;
        Some((name.clone(), *status))
    });
    let reports = in_order.collect();
    Delivery { places, reports }
}

/// Whom a profile is meant for, on one device.
struct Targets<'l> {
    device: bool,
    users: Vec<&'l User>,
}

impl<'l> Targets<'l> {
    fn of(lab: &'l Lab, profile: &PolicyProfile, device: &Device) -> Self {
        let lists = |list: &[String], name: &str, groups: &[String], all: &str| {
            list.iter()
                .any(|entry| entry == name || entry == all || groups.contains(entry))
        };
        // tenant-wide policies and policies of a domain know no filter of Intune
        let passes = !profile.kind.takes_filter()
            || profile.filter.as_ref().is_none_or(|filter| {
                let release = release(device);
                let mut versions = filter.versions.iter();
                versions.any(|version| release.starts_with(version.as_str())) != filter.exclude
            });
        let name = lab.devices.iter().find(|(_, known)| known.host == device.host);
        let name = name.map_or("", |(name, _)| name.as_str());
        let of_device = |list: &[String]| lists(list, name, &device.desk.groups, ALL_DEVICES);
        let of_user = |list: &[String], name: &str, user: &User| lists(list, name, &user.groups, ALL_USERS);
        let people = lab
            .users
            .iter()
            .filter(|(_, user)| user.tenant.as_deref() == Some(&device.tenant));
        let users = people.filter(|(name, user)| {
            passes && of_user(&profile.assigned, name, user) && !of_user(&profile.excluded, name, user)
        });
        Self {
            device: passes && of_device(&profile.assigned) && !of_device(&profile.excluded),
            users: users.map(|(_, user)| user).collect(),
        }
    }

    /// Whether anything of the profile comes to the device: to itself, or with somebody who works there.
    fn reach(&self, lab: &Lab, device: &Device) -> bool {
        self.device || self.users.iter().any(|user| works_there(lab, device, user))
    }
}

/// The release that a device reports, which an update changes.
fn release(device: &Device) -> &str {
    WindowsVersion::parse(&device.desk.os_version)
        .and_then(WindowsVersion::release)
        .map_or(device.os.as_str(), |release| release.name)
}

/// Owners and those who set up Hello; on a device without an owner, everybody.
fn works_there(lab: &Lab, device: &Device, user: &User) -> bool {
    let is = |name: &Name| lab.users.get(name).is_some_and(|known| known.upn == user.upn);
    device.owner.is_none() || device.owner.iter().chain(&device.hello).any(is)
}

/// What Intune reports: only that the values were written, not that they count.
fn status(lab: &Lab, settings: &[SettingUse], device: &Device) -> Status {
    let knows =
        WindowsVersion::parse(&device.desk.os_version).is_none_or(WindowsVersion::has_hello_cloud_trust);
    let wants = |setting| settings.iter().any(|used| used.setting == setting);
    let foreign = |used: &SettingUse| names_other_tenant(lab, device, &used.spelled);
    // every setting of these profiles is of the PassportForWork CSP
    if !device.desk.edition.has_hello_policies() {
        return Status::NotApplicable;
    }
    if !knows && wants(Setting::UseCloudTrustForOnPremAuth) {
        return Status::NotApplicable;
    }
    if settings
        .iter()
        .any(|used| used.scope == Scope::Nowhere || foreign(used))
    {
        return Status::Error;
    }
    Status::Succeeded
}

/// An OMA-URI names the tenant, by its id or as `{TenantId}`.
fn names_other_tenant(lab: &Lab, device: &Device, spelled: &str) -> bool {
    let own = lab
        .tenants
        .get(&device.tenant)
        .map_or("", |tenant| tenant.id.as_str());
    let tenant = spelled
        .split_once("/PassportForWork/")
        .and_then(|(_, rest)| rest.split('/').next());
    tenant
        .is_some_and(|tenant| !tenant.eq_ignore_ascii_case(own) && !tenant.eq_ignore_ascii_case("{TenantId}"))
}

/// Where a setting is written: once for a device, once for each user.
fn places(
    lab: &Lab,
    kind: ProfileKind,
    used: &SettingUse,
    device: &Device,
    targets: &Targets<'_>,
) -> Vec<PolicyPlace> {
    let hybrid = device.join == Join::Hybrid;
    let for_device = match kind {
        // the domain's policies come to members of the domain
        ProfileKind::GroupPolicy if !hybrid => return Vec::new(),
        ProfileKind::GroupPolicy => PolicyPlace::ComputerGroupPolicy,
        ProfileKind::TenantWide => PolicyPlace::TenantWide,
        _ if names_other_tenant(lab, device, &used.spelled) => return Vec::new(),
        ProfileKind::SettingsCatalog | ProfileKind::OmaUri => PolicyPlace::DeviceMdm,
    };
    match used.scope {
        Scope::Nowhere => Vec::new(),
        Scope::Device => vec![for_device],
        Scope::User => {
            let people = lab.users.values().filter(|user| {
                let meant = targets.device || targets.users.iter().any(|known| known.upn == user.upn);
                meant && user.tenant.as_deref() == Some(&device.tenant) && works_there(lab, device, user)
            });
            let place = |user| match kind {
                ProfileKind::GroupPolicy => PolicyPlace::UserGroupPolicy(user),
                _ => PolicyPlace::UserMdm(user),
            };
            people
                .filter_map(|user| Some(place(policy_user(lab, hybrid, user)?)))
                .collect()
        }
    }
}

/// The name under which the registry has a user: the SID that the session has on such a device.
fn policy_user(lab: &Lab, hybrid: bool, user: &User) -> Option<PolicyUser> {
    let name = lab.users.iter().find(|(_, known)| known.upn == user.upn)?.0;
    let domain = user.domain.as_ref().and_then(|domain| lab.domains.get(domain));
    let in_domain = domain.and_then(|domain| identity::domain_sid(&domain.dns_name)?.with_rid(user.rid).ok());
    let in_cloud = || cloud_sid(&identity::guid("user", name));
    let sid = in_domain.filter(|_| hybrid).or_else(in_cloud)?;
    Some(PolicyUser {
        upn: user.upn.to_lowercase().into(),
        sid: sid.to_string().into(),
    })
}

const fn field(values: &mut HelloValues, setting: Setting) -> &mut Option<bool> {
    match setting {
        Setting::UsePassportForWork => &mut values.enabled,
        Setting::UseCloudTrustForOnPremAuth => &mut values.cloud_trust,
        Setting::UseCertificateForOnPremAuth => &mut values.certificate_trust,
        Setting::RequireSecurityDevice => &mut values.requires_tpm,
        Setting::DisablePostLogonProvisioning => &mut values.no_post_logon,
    }
}
