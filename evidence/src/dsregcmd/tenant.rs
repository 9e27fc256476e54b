//! The section "Tenant Details".

use super::boxes::Line;

/// The section "Tenant Details", on a device that Entra knows as joined. Without MDM its three URLs are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantDetails {
    /// The tenant's display name.
    pub name: String,
    /// Its id, a GUID.
    pub id: String,
    /// The host of the identity provider: `login.windows.net`.
    pub idp: String,
    /// The authorization endpoint.
    pub auth_code_url: String,
    /// The token endpoint.
    pub access_token_url: String,
    /// Where the device would enrol with MDM.
    pub mdm_url: String,
    /// MDM's terms of use.
    pub mdm_tou_url: String,
    /// MDM's compliance page.
    pub mdm_compliance_url: String,
    /// Opaque.
    pub settings_url: String,
    /// The four services of the registration service, in the order of [`SERVICES`].
    pub services: [RegistrationService; 4],
}

/// One service of the device registration service: its version, address and id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistrationService {
    /// `1.0`
    pub version: String,
    /// Its address.
    pub url: String,
    /// `urn:ms-drs:enterpriseregistration.windows.net`
    pub id: String,
}

/// The row names of the services of a registration service: version, address, id.
pub const SERVICES: [[&str; 3]; 4] = [
    ["JoinSrvVersion", "JoinSrvUrl", "JoinSrvId"],
    ["KeySrvVersion", "KeySrvUrl", "KeySrvId"],
    ["WebAuthNSrvVersion", "WebAuthNSrvUrl", "WebAuthNSrvId"],
    [
        "DeviceManagementSrvVer",
        "DeviceManagementSrvUrl",
        "DeviceManagementSrvId",
    ],
];

impl TenantDetails {
    pub(super) fn rows(&self) -> Vec<Line> {
        let mut rows: Vec<Line> = KEYS.into_iter().zip(self.plain().map(Clone::clone)).collect();
        for (keys, service) in SERVICES.iter().zip(&self.services) {
            let values = [&service.version, &service.url, &service.id];
            if values.iter().any(|value| !value.is_empty()) {
                rows.extend(keys.iter().copied().zip(values.map(Clone::clone)));
            }
        }
        rows
    }

    const fn plain(&self) -> [&String; 9] {
        [
            &self.name,
            &self.id,
            &self.idp,
            &self.auth_code_url,
            &self.access_token_url,
            &self.mdm_url,
            &self.mdm_tou_url,
            &self.mdm_compliance_url,
            &self.settings_url,
        ]
    }
}

const KEYS: [&str; 9] = [
    "TenantName",
    "TenantId",
    "Idp",
    "AuthCodeUrl",
    "AccessTokenUrl",
    "MdmUrl",
    "MdmTouUrl",
    "MdmComplianceUrl",
    "SettingsUrl",
];
