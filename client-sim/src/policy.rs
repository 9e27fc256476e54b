//! The policies of Windows Hello for Business: where their values stand on a device, and which of them count.
//!
//! Group Policy and MDM write to two trees of the registry, each with a part for the device and one for every user. Windows
//! takes each setting from the first place that has it, and looks into the second tree only when the first one is empty
//! (Microsoft Learn, "Configure Windows Hello for Business", policy conflicts; PassportForWork CSP).

use std::collections::BTreeMap;
use std::sync::Arc;

/// What policies say, by where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Values of Windows Hello for Business, by where they stand.
    pub hello: BTreeMap<PolicyPlace, HelloValues>,
    /// In which order the places of MDM are asked.
    pub order: PolicyOrder,
    /// Whether cloud trust counts only where Hello itself is switched on in the same scope. Default off: the documented
    /// rule decides for each setting alone; a public report says that a split has no effect.
    pub scopes_must_agree: bool,
    /// `CloudKerberosTicketRetrievalEnabled`: the cloud TGT goes into the ticket cache. Default off.
    pub cloud_ticket_retrieval: bool,
}

impl Default for Policy {
    /// Cloud trust is on, because it is what the lab is about; Windows' own default is [`Policy::none`].
    fn default() -> Self {
        let mut policy = Self::none();
        *policy.device_mut(Family::Mdm) = HelloValues::CLOUD_TRUST;
        policy
    }
}

impl Policy {
    /// No policy at all: Hello may be set up, and uses key trust.
    pub const fn none() -> Self {
        Self {
            hello: BTreeMap::new(),
            order: PolicyOrder::Documented,
            scopes_must_agree: false,
            cloud_ticket_retrieval: false,
        }
    }

    /// The values of a place, to be changed; made when there are none.
    pub fn values_mut(&mut self, place: PolicyPlace) -> &mut HelloValues {
        self.hello.entry(place).or_default()
    }

    /// The values for the whole device, to be changed.
    pub fn device_mut(&mut self, family: Family) -> &mut HelloValues {
        self.values_mut(match family {
            Family::GroupPolicy => PolicyPlace::ComputerGroupPolicy,
            Family::Mdm => PolicyPlace::DeviceMdm,
        })
    }

    /// What counts for a user; the case of the UPN does not matter.
    pub fn hello_for(&self, upn: &str) -> EffectiveHello {
        let applies =
            |place: &PolicyPlace| place.user().is_none_or(|user| user.upn.eq_ignore_ascii_case(upn));
        let mut found = self
            .hello
            .iter()
            .filter(|(place, values)| applies(place) && !values.is_empty());
        let by_group_policy = found
            .clone()
            .any(|(place, _)| place.family() == Family::GroupPolicy);
        let family = if by_group_policy {
            Family::GroupPolicy
        } else {
            Family::Mdm
        };
        let tenant_first = self.order == PolicyOrder::TenantWideFirst;
        let governed = found.clone().next().map(|_| family);
        let mut effective = EffectiveHello {
            enabled: true,
            trust: Trust::Key,
            cloud_trust: false,
            certificate_trust: false,
            requires_tpm: false,
            post_logon: true,
            governed,
        };
        let mut in_order: [Option<(&PolicyPlace, &HelloValues)>; PLACES] = [None; PLACES];
        for slot in &mut in_order {
            *slot = found.by_ref().find(|(place, _)| place.family() == family);
        }
        if tenant_first {
            in_order.sort_by_key(|slot| !matches!(slot, Some((PolicyPlace::TenantWide, _))));
        }
        let in_order = || in_order.iter().flatten().copied();
        let enabled = in_order().find_map(|(place, values)| Some((place, values.enabled?)));
        effective.enabled = enabled.is_none_or(|(_, enabled)| enabled);
        let split = |place: &PolicyPlace| {
            self.scopes_must_agree
                && enabled.is_some_and(|(other, _)| other.user().is_some() != place.user().is_some())
        };
        let cloud = in_order().find_map(|(place, values)| Some((place, values.cloud_trust?)));
        effective.cloud_trust = cloud.is_some_and(|(place, value)| value && !split(place));
        let of = |value: fn(&HelloValues) -> Option<bool>| in_order().find_map(|(_, values)| value(values));
        effective.certificate_trust = of(|values| values.certificate_trust).unwrap_or(false);
        effective.requires_tpm = of(|values| values.requires_tpm).unwrap_or(false);
        effective.post_logon = !of(|values| values.no_post_logon).unwrap_or(false);
        effective.trust = match (effective.certificate_trust, effective.cloud_trust) {
            (true, _) => Trust::Certificate,
            (false, true) => Trust::Cloud,
            (false, false) => Trust::Key,
        };
        effective
    }
}

/// At most so many places of one tree hold values for one user: MDM's for the user and for the device, and what came at enrolment.
const PLACES: usize = 3;

/// The two trees of the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Group Policy.
    GroupPolicy,
    /// MDM.
    Mdm,
}

/// Where values stand, in the order in which they count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyPlace {
    /// Group Policy, user configuration.
    UserGroupPolicy(PolicyUser),
    /// Group Policy, computer configuration.
    ComputerGroupPolicy,
    /// PassportForWork CSP, `./User`.
    UserMdm(PolicyUser),
    /// PassportForWork CSP, `./Device`.
    DeviceMdm,
    /// What the tenant-wide policy wrote when the device was enrolled. It shares a key of the registry with
    /// [`PolicyPlace::DeviceMdm`], whose values replace it.
    TenantWide,
}

impl PolicyPlace {
    /// Whose values these are; `None` for those of everybody on the device.
    pub const fn user(&self) -> Option<&PolicyUser> {
        match self {
            Self::UserGroupPolicy(user) | Self::UserMdm(user) => Some(user),
            Self::ComputerGroupPolicy | Self::DeviceMdm | Self::TenantWide => None,
        }
    }

    /// The tree.
    pub const fn family(&self) -> Family {
        match self {
            Self::UserGroupPolicy(_) | Self::ComputerGroupPolicy => Family::GroupPolicy,
            Self::UserMdm(_) | Self::DeviceMdm | Self::TenantWide => Family::Mdm,
        }
    }
}

/// A user, as policies know one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyUser {
    /// The UPN, in lower case.
    pub upn: Arc<str>,
    /// The SID, as the key of the registry is named.
    pub sid: Arc<str>,
}

/// In which order the places of MDM are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PolicyOrder {
    /// User, device, and what the tenant-wide policy wrote at enrolment last (Microsoft Learn).
    #[default]
    Documented,
    /// Tenant-wide, user, device: as a widely read guide has it.
    TenantWideFirst,
}

/// Settings of Windows Hello for Business in one place; `None` is "not configured".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HelloValues {
    /// `UsePassportForWork`, in Group Policy `Enabled`: Hello may be set up.
    pub enabled: Option<bool>,
    /// `UseCloudTrustForOnPremAuth`. It exists for devices only.
    pub cloud_trust: Option<bool>,
    /// `UseCertificateForOnPremAuth`.
    pub certificate_trust: Option<bool>,
    /// `RequireSecurityDevice`: only with a TPM.
    pub requires_tpm: Option<bool>,
    /// `DisablePostLogonProvisioning`: set-up does not begin by itself after a sign-in.
    pub no_post_logon: Option<bool>,
}

impl HelloValues {
    /// Hello with cloud trust: what its deployment guide asks for.
    pub const CLOUD_TRUST: Self = Self {
        enabled: Some(true),
        cloud_trust: Some(true),
        certificate_trust: None,
        requires_tpm: None,
        no_post_logon: None,
    };

    /// Whether nothing is configured here.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is configured here, and what `other` says beside it.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            enabled: self.enabled.or(other.enabled),
            cloud_trust: self.cloud_trust.or(other.cloud_trust),
            certificate_trust: self.certificate_trust.or(other.certificate_trust),
            requires_tpm: self.requires_tpm.or(other.requires_tpm),
            no_post_logon: self.no_post_logon.or(other.no_post_logon),
        }
    }
}

/// What a session opened with Hello proves itself with on premises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trust {
    /// The partial TGT.
    Cloud,
    /// The key, with PKINIT: Windows' choice where no policy says otherwise.
    Key,
    /// A certificate of the enterprise, with PKINIT. It wins over cloud trust.
    Certificate,
}

impl Trust {
    /// As event 7001 names it.
    pub const fn deployment(self) -> &'static str {
        match self {
            Self::Cloud => "Cloud Trust",
            Self::Key => "Key Trust",
            Self::Certificate => "Certificate Trust",
        }
    }
}

/// What counts for one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EffectiveHello {
    /// Hello may be set up.
    pub enabled: bool,
    /// What follows from the two settings below.
    pub trust: Trust,
    /// `UseCloudTrustForOnPremAuth`.
    pub cloud_trust: bool,
    /// `UseCertificateForOnPremAuth`.
    pub certificate_trust: bool,
    /// Only with a TPM.
    pub requires_tpm: bool,
    /// Set-up begins by itself after a sign-in.
    pub post_logon: bool,
    /// The tree that was looked into; `None` when neither holds anything.
    pub governed: Option<Family>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: &str = "ada@fernhill.example";

    fn ada() -> PolicyUser {
        PolicyUser {
            upn: ADA.into(),
            sid: "S-1-12-1-1-2-3-4".into(),
        }
    }

    fn policy(places: &[(PolicyPlace, HelloValues)]) -> Policy {
        Policy {
            hello: places.iter().cloned().collect(),
            ..Policy::none()
        }
    }

    const CLOUD: HelloValues = HelloValues {
        cloud_trust: Some(true),
        ..NOTHING
    };
    const NOTHING: HelloValues = HelloValues {
        enabled: None,
        cloud_trust: None,
        certificate_trust: None,
        requires_tpm: None,
        no_post_logon: None,
    };
    const OFF: HelloValues = HelloValues {
        enabled: Some(false),
        ..NOTHING
    };
    const ON: HelloValues = HelloValues {
        enabled: Some(true),
        ..NOTHING
    };
    const CERTIFICATE: HelloValues = HelloValues {
        certificate_trust: Some(true),
        ..NOTHING
    };

    #[test]
    fn without_a_policy_hello_uses_key_trust() {
        let effective = Policy::none().hello_for(ADA);
        assert!(effective.enabled && effective.governed.is_none());
        assert_eq!(effective.trust, Trust::Key);
        assert_eq!(Policy::default().hello_for(ADA).trust, Trust::Cloud);
    }

    #[test]
    fn certificate_trust_wins_over_cloud_trust() {
        let both = policy(&[(PolicyPlace::DeviceMdm, CLOUD.or(CERTIFICATE))]);
        assert_eq!(both.hello_for(ADA).trust, Trust::Certificate);
        let refused = HelloValues {
            certificate_trust: Some(false),
            ..CLOUD
        };
        let cloud = policy(&[(PolicyPlace::DeviceMdm, refused)]);
        assert_eq!(cloud.hello_for(ADA).trust, Trust::Cloud);
    }

    #[test]
    fn any_group_policy_hides_what_mdm_says() {
        let mdm = (PolicyPlace::DeviceMdm, CLOUD.or(OFF));
        let masked = policy(&[mdm.clone(), (PolicyPlace::ComputerGroupPolicy, ON)]);
        let effective = masked.hello_for(ADA);
        assert_eq!((effective.enabled, effective.trust), (true, Trust::Key));
        assert_eq!(effective.governed, Some(Family::GroupPolicy));
        // an object in which nothing is configured hides nothing
        let empty = policy(&[mdm, (PolicyPlace::ComputerGroupPolicy, NOTHING)]);
        assert_eq!(empty.hello_for(ADA).trust, Trust::Cloud);
    }

    #[test]
    fn a_users_values_come_first_and_are_nobody_elses() {
        let split = policy(&[
            (PolicyPlace::UserMdm(ada()), OFF),
            (PolicyPlace::DeviceMdm, CLOUD.or(ON)),
        ]);
        let effective = split.hello_for("Ada@Fernhill.example");
        assert_eq!((effective.enabled, effective.trust), (false, Trust::Cloud));
        assert!(split.hello_for("dom@fernhill.example").enabled);
    }

    #[test]
    fn a_split_between_the_scopes_works_unless_the_lab_says_otherwise() {
        let mut split = policy(&[(PolicyPlace::UserMdm(ada()), ON), (PolicyPlace::DeviceMdm, CLOUD)]);
        assert_eq!(split.hello_for(ADA).trust, Trust::Cloud);
        split.scopes_must_agree = true;
        assert_eq!(split.hello_for(ADA).trust, Trust::Key);
        *split.device_mut(Family::Mdm) = CLOUD.or(ON);
        split.hello.remove(&PolicyPlace::UserMdm(ada()));
        assert_eq!(split.hello_for(ADA).trust, Trust::Cloud);
    }

    #[test]
    fn the_tenant_wide_policy_is_last_by_the_documentation_and_first_by_the_guide() {
        let mut policy = policy(&[(PolicyPlace::TenantWide, OFF), (PolicyPlace::UserMdm(ada()), ON)]);
        assert!(policy.hello_for(ADA).enabled);
        assert!(!policy.hello_for("dom@fernhill.example").enabled);
        policy.order = PolicyOrder::TenantWideFirst;
        assert!(!policy.hello_for(ADA).enabled);
    }
}
