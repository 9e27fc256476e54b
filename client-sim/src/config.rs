//! What a device is and is told before anybody signs in: identity, build, join, policies, addresses.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::edition::Edition;
use crate::policy::{Family, HelloValues, Policy};

/// What does not change while the device runs, unless an administrator changes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceConfig {
    /// The computer's name: `ADA-LT`.
    pub name: Arc<str>,
    /// The version the device reports: `10.0.22631.4460`.
    pub os_version: Arc<str>,
    /// The edition of Windows. Default Pro.
    pub edition: Edition,
    /// What the device is joined to.
    pub join: Join,
    /// The NetBIOS name of its users' AD domain: `FERNHILL`. Views show it before account names; no flow uses it.
    pub netbios_domain: Option<Arc<str>>,
    /// What management says.
    pub policy: Policy,
    /// How Hello works here, beside policies.
    pub hello: HelloSettings,
    /// Where Entra is.
    pub cloud: CloudAddresses,
    /// How Kerberos and the DC locator behave.
    pub kerberos: KerberosSettings,
    /// Minutes east of UTC of the device's clock face: `klist` prints local times. Default 0.
    pub utc_offset_minutes: i32,
}

impl DeviceConfig {
    /// An Entra joined device of a tenant, with everything else at its default.
    pub fn entra_joined(name: impl Into<Arc<str>>, tenant_domain: impl Into<Arc<str>>) -> Self {
        Self {
            name: name.into(),
            os_version: Arc::from("10.0.22631.4460"),
            edition: Edition::default(),
            join: Join::Entra {
                tenant_domain: tenant_domain.into(),
            },
            netbios_domain: None,
            policy: Policy::default(),
            hello: HelloSettings::default(),
            cloud: CloudAddresses::default(),
            kerberos: KerberosSettings::default(),
            utc_offset_minutes: 0,
        }
    }

    /// A device joined to an AD domain and to a tenant, with everything else at its default.
    pub fn hybrid_joined(
        name: impl Into<Arc<str>>,
        tenant_domain: impl Into<Arc<str>>,
        ad_domain: impl Into<Arc<str>>,
    ) -> Self {
        let entra = Self::entra_joined(name, tenant_domain);
        let join = Join::Hybrid {
            tenant_domain: Arc::clone(entra.join.tenant_domain()),
            ad_domain: ad_domain.into(),
        };
        // such a device is managed by Group Policy, unless somebody says otherwise
        let mut policy = Policy::none();
        *policy.device_mut(Family::GroupPolicy) = HelloValues::CLOUD_TRUST;
        Self {
            join,
            policy,
            ..entra
        }
    }
}

impl DeviceConfig {
    /// A device of somebody's own, on which a local account signs in to Windows and a work account of a tenant was added.
    /// Nobody manages it, unless somebody says otherwise.
    pub fn registered(name: impl Into<Arc<str>>, tenant_domain: impl Into<Arc<str>>) -> Self {
        Self {
            join: Join::Registered {
                tenant_domain: tenant_domain.into(),
            },
            policy: Policy::none(),
            ..Self::entra_joined(name, "")
        }
    }
}

/// What a device is joined to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Join {
    /// Entra joined: it has no AD domain, and contacts a DC when somebody opens something on premises.
    Entra {
        /// A verified domain of the tenant: `fernhill.example`.
        tenant_domain: Arc<str>,
    },
    /// Joined to an AD domain and to a tenant: it contacts a DC when somebody signs in.
    Hybrid {
        /// A verified domain of the tenant: `fernhill.example`.
        tenant_domain: Arc<str>,
        /// The DNS name of the AD domain: `ad.fernhill.example`.
        ad_domain: Arc<str>,
    },
    /// Entra registered (workplace joined): joined to nothing. A local account signs in to Windows; a work account beside it is
    /// for apps, and brings that session neither a PRT nor tickets.
    Registered {
        /// A verified domain of the work account's tenant: `fernhill.example`.
        tenant_domain: Arc<str>,
    },
}

impl Join {
    /// A verified domain of the tenant.
    pub const fn tenant_domain(&self) -> &Arc<str> {
        match self {
            Self::Entra { tenant_domain }
            | Self::Hybrid { tenant_domain, .. }
            | Self::Registered { tenant_domain } => tenant_domain,
        }
    }

    /// The AD domain of a hybrid joined device.
    pub const fn ad_domain(&self) -> Option<&Arc<str>> {
        match self {
            Self::Entra { .. } | Self::Registered { .. } => None,
            Self::Hybrid { ad_domain, .. } => Some(ad_domain),
        }
    }

    /// Whether a DC is contacted at sign-in.
    pub const fn is_hybrid(&self) -> bool {
        matches!(self, Self::Hybrid { .. })
    }

    /// Whether the device is joined to nothing: only a local account signs in to Windows.
    pub const fn is_registered(&self) -> bool {
        matches!(self, Self::Registered { .. })
    }
}

/// What decides, beside policies, how Windows Hello for Business works on a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HelloSettings {
    /// Whether there is a TPM. Default yes.
    pub tpm: bool,
    /// Whether a container that was made under key trust goes on using it after cloud trust was switched on. Default no:
    /// documentation asks for a new container only after certificate trust, practitioners report both.
    pub key_container_keeps_trust: bool,
    /// Whether Hello sessions on an Entra joined device use the partial TGT only under the policy of cloud trust. Default yes;
    /// what the policy decides beside set-up is not documented.
    pub policy_gates_entra_joined: bool,
    /// Where the keys that the device makes begin in the pool ([`prt::pool::late_key`]), one for each person. Default 0.
    pub first_key: usize,
}

impl Default for HelloSettings {
    fn default() -> Self {
        Self {
            tpm: true,
            key_container_keeps_trust: false,
            policy_gates_entra_joined: true,
            first_key: 0,
        }
    }
}

/// The hosts of Entra. The defaults are those that Windows has built in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudAddresses {
    /// The token authority, without a scheme: `login.microsoftonline.com`.
    pub login: Arc<str>,
    /// The registration service, without a scheme: `enterpriseregistration.windows.net`.
    pub registration: Arc<str>,
}

impl Default for CloudAddresses {
    fn default() -> Self {
        Self {
            login: Arc::from("login.microsoftonline.com"),
            registration: Arc::from("enterpriseregistration.windows.net"),
        }
    }
}

/// Settings of Kerberos, of the PRT and of the DC locator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KerberosSettings {
    /// Encryption types offered, in this order. Default 18, 17, 23.
    pub etypes: Vec<i32>,
    /// Encryption types whose long-term keys are asked for in an exchange. Default 23 alone, which NTLM needs; what
    /// Windows lists is not public.
    pub key_list: Vec<i32>,
    /// Datagrams first, TCP on error 52. Default off: Windows' `MaxPacketSize` makes it use TCP from the start.
    pub udp_first: bool,
    /// Whether the authenticator of a TGS-REQ carries a subkey. Default on, as Windows and MIT do.
    pub subkey: bool,
    /// Age at which a PRT is refreshed. Default 4 hours.
    pub prt_refresh: Duration,
    /// How long the locator believes that a domain has no DC. Default 45 seconds (`NegativeCachePeriod`).
    pub locator_negative: Duration,
    /// How long the locator believes in a DC that it found. Default 12 hours (`ForceRediscoveryInterval`).
    pub locator_positive: Duration,
    /// How long Kerberos does not look for a KDC again where there was none: a tunnel that comes up meanwhile is not noticed
    /// (`FarKdcTimeout`, and public reports of Global Secure Access). Default 10 minutes; zero never remembers.
    pub far_kdc_timeout: Duration,
    /// How long after `dsregcmd /refreshprt` the PRT is refreshed if nobody unlocks before. Default 2 minutes; documentation
    /// says neither how long, nor that it comes without an unlock.
    pub prt_refresh_delay: Duration,
    /// How far the device's clock may be from a DC's. Default 5 minutes.
    pub clock_skew: Duration,
    /// URLs of KDC proxies by realm in upper case ("Specify KDC proxy servers for Kerberos clients"), used where no DC of the
    /// realm is found. Default none. The cloud KDC of the tenant needs no entry for a sign-in that brought a cloud TGT.
    pub kdc_proxies: BTreeMap<Arc<str>, Arc<str>>,
    /// File servers to which the device may prove itself by NTLM, by every name and address that a user writes, in lower case
    /// ("Network security: Restrict NTLM: Add remote server exceptions for NTLM authentication"). Default none.
    pub ntlm_exceptions: Vec<Arc<str>>,
}

impl Default for KerberosSettings {
    fn default() -> Self {
        Self {
            etypes: vec![18, 17, 23],
            key_list: vec![23],
            udp_first: false,
            subkey: true,
            prt_refresh: Duration::from_secs(4 * 3600),
            locator_negative: Duration::from_secs(45),
            locator_positive: Duration::from_secs(12 * 3600),
            far_kdc_timeout: Duration::from_secs(600),
            prt_refresh_delay: Duration::from_secs(120),
            clock_skew: Duration::from_secs(300),
            kdc_proxies: BTreeMap::new(),
            ntlm_exceptions: Vec::new(),
        }
    }
}
