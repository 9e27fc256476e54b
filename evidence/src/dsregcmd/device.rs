//! The sections "Device State" and "Device Details".

use jiff::Timestamp;

use super::boxes::{Line, time, yes_no};

/// The section "Device State": what the device is joined to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceState {
    /// Joined to Entra, alone or beside an AD domain.
    pub azure_ad_joined: bool,
    /// Joined to an AD FS.
    pub enterprise_joined: bool,
    /// Joined to an AD domain.
    pub domain_joined: bool,
    /// The NetBIOS name of that domain.
    pub domain_name: Option<String>,
    /// The device's name, on builds that show it.
    pub device_name: Option<String>,
}

/// The section "Device Details", on a device that Entra knows as joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceDetails {
    /// The id in Entra, a GUID.
    pub device_id: String,
    /// SHA-1 of the device certificate, in upper case.
    pub thumbprint: String,
    /// From when to when the certificate is valid, to the millisecond.
    pub validity: (Timestamp, Timestamp),
    /// The container of its private key, a GUID.
    pub key_container_id: String,
    /// Where that key lives: `Microsoft Platform Crypto Provider` for a TPM.
    pub key_provider: String,
    /// Whether that is a TPM.
    pub tpm_protected: bool,
    /// What Entra says of the device, on builds from Windows 10 21H1.
    pub auth_status: Option<AuthStatus>,
}

/// `DeviceAuthStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuthStatus {
    /// Present and enabled.
    Success,
    /// Disabled or deleted.
    DisabledOrDeleted,
    /// Entra could not be asked.
    Error,
}

impl DeviceState {
    pub(super) fn rows(&self) -> Vec<Line> {
        let mut rows = vec![
            ("AzureAdJoined", yes_no(self.azure_ad_joined)),
            ("EnterpriseJoined", yes_no(self.enterprise_joined)),
            ("DomainJoined", yes_no(self.domain_joined)),
        ];
        if let Some(name) = &self.domain_name {
            rows.push(("DomainName", name.clone()));
        }
        if let Some(name) = &self.device_name {
            rows.push(("Device Name", name.clone()));
        }
        rows
    }
}

impl DeviceDetails {
    pub(super) fn rows(&self) -> Vec<Line> {
        let (from, until) = self.validity;
        let mut rows = vec![
            ("DeviceId", self.device_id.clone()),
            ("Thumbprint", self.thumbprint.clone()),
            (
                "DeviceCertificateValidity",
                format!("[ {} -- {} ]", time(from), time(until)),
            ),
            ("KeyContainerId", self.key_container_id.clone()),
            ("KeyProvider", self.key_provider.clone()),
            ("TpmProtected", yes_no(self.tpm_protected)),
        ];
        if let Some(status) = self.auth_status {
            rows.push(("DeviceAuthStatus", status.text().to_owned()));
        }
        rows
    }
}

impl AuthStatus {
    const fn text(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::DisabledOrDeleted => "FAILED. Device is either disabled or deleted",
            Self::Error => "FAILED. ERROR",
        }
    }
}
