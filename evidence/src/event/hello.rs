//! The log "HelloForBusiness/Operational": what policy says at a sign-in, and why a sign-in with Hello failed.

use super::Body;
use super::template::{Field, Level, Provider, Template};

/// 5205: the configuration that a sign-in with Hello runs under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// Policy "Use certificate for on-premises authentication".
    pub certificate_trust: bool,
    /// Policy "Use cloud trust for on-premises authentication".
    pub cloud_trust: bool,
    /// Whether there is a partial TGT.
    pub cloud_tgt: bool,
}

/// 7001: a sign-in with Hello failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInFailed {
    /// `Cloud Trust`, `Key Trust` or `Certificate Trust`.
    pub deployment: String,
    /// The NTSTATUS.
    pub status: u32,
}

impl Body for Configuration {
    fn template(&self) -> &'static Template {
        &CONFIGURATION
    }

    fn values(&self) -> Vec<String> {
        [self.certificate_trust, self.cloud_trust, self.cloud_tgt]
            .map(|flag| flag.to_string())
            .to_vec()
    }
}

impl Body for SignInFailed {
    fn template(&self) -> &'static Template {
        &SIGN_IN_FAILED
    }

    fn values(&self) -> Vec<String> {
        vec![self.deployment.clone(), format!("0x{:08X}", self.status)]
    }
}

const PROVIDER: Provider = Provider {
    name: "Microsoft-Windows-HelloForBusiness",
    source: "Microsoft-Windows-HelloForBusiness",
    guid: "",
    log: "Microsoft-Windows-HelloForBusiness/Operational",
};

pub(super) const TEMPLATES: &[&Template] = &[&CONFIGURATION, &SIGN_IN_FAILED];

static CONFIGURATION: Template = Template {
    provider: &PROVIDER,
    id: 5205,
    version: 0,
    level: Level::Information,
    task: (0, ""),
    fields: &[
        Field::row(
            "UseCertificateForOnPremAuth",
            "Use Certificate for On-Premise Auth",
        ),
        Field::row(
            "UseCloudTrustForOnPremAuth",
            "Use Cloud Trust for On-Premise Auth",
        ),
        Field::row("HasCloudTgt", "Account has Cloud TGT"),
    ],
    message: "The Windows Hello for Business configuration was loaded.
Use Certificate for On-Premise Auth: {UseCertificateForOnPremAuth}
Use Cloud Trust for On-Premise Auth: {UseCloudTrustForOnPremAuth}
Account has Cloud TGT: {HasCloudTgt}
",
};

static SIGN_IN_FAILED: Template = Template {
    provider: &PROVIDER,
    id: 7001,
    version: 0,
    level: Level::Error,
    task: (0, ""),
    fields: &[
        Field::row("DeploymentType", "Deployment Type"),
        Field::row("Status", "Authentication Error Status"),
    ],
    message: "Windows Hello for Business authentication failed.
Deployment Type: {DeploymentType}
Authentication Error Status: {Status}
",
};
