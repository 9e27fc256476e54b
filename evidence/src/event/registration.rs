//! The log "User Device Registration/Admin": whether Windows Hello for Business may be set up, and that it was.

use super::Body;
use super::template::{Field, Level, Provider, Template};

/// 358 (Hello set-up starts), 360 (it does not) and 362 (it does not, with certificates of an enterprise).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provisioning {
    /// Whether set-up starts.
    pub will_launch: bool,
    /// The device is joined to Entra.
    pub device_joined: bool,
    /// Somebody signed in with an Entra account.
    pub user_azure_ad: bool,
    /// Policy allows Hello.
    pub policy_enabled: bool,
    /// Set-up starts by itself after a sign-in.
    pub post_logon_enabled: bool,
    /// The hardware will do.
    pub hardware: bool,
    /// The user sits in front of the device.
    pub not_remote: bool,
    /// `none`, `enrollment authority` or `mobile device management`.
    pub governed_by: String,
    /// What follows depends on the kind of trust.
    pub trust: TrustRows,
}

/// The rows that depend on the kind of trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustRows {
    /// No certificates.
    NoCertificate {
        /// Policy "Use cloud trust for on-premises authentication".
        cloud_trust: bool,
        /// Whether there is a partial TGT; `None` where it is not tested.
        cloud_tgt: Option<bool>,
    },
    /// Certificates of an enterprise: event 362.
    Certificate {
        /// Whether the AD FS enrols; `None` where it is not tested.
        endpoint_ready: Option<bool>,
        /// `No ( 1 : StateNoPolicy )`
        template: String,
        /// Whether there is a PRT of the AD FS.
        sts: bool,
    },
}

/// 300: a Windows Hello key was registered with Entra.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRegistered {
    /// The key's id, a GUID in braces.
    pub key_id: String,
    /// The UPN.
    pub upn: String,
    /// The tenant id.
    pub tenant: String,
}

fn yes(flag: bool) -> String {
    if flag { "Yes" } else { "No" }.to_owned()
}

fn tested(flag: Option<bool>) -> String {
    flag.map_or_else(|| "Not Tested".to_owned(), yes)
}

impl Body for Provisioning {
    fn template(&self) -> &'static Template {
        match (self.will_launch, &self.trust) {
            (true, _) => &LAUNCH,
            (false, TrustRows::NoCertificate { .. }) => &NO_LAUNCH,
            (false, TrustRows::Certificate { .. }) => &NO_LAUNCH_CERTIFICATE,
        }
    }

    fn values(&self) -> Vec<String> {
        let mut values = vec![
            yes(self.device_joined),
            yes(self.user_azure_ad),
            yes(self.policy_enabled),
            yes(self.post_logon_enabled),
            yes(self.hardware),
            yes(self.not_remote),
        ];
        match &self.trust {
            TrustRows::NoCertificate {
                cloud_trust,
                cloud_tgt,
            } => values.extend([
                yes(false),
                self.governed_by.clone(),
                yes(*cloud_trust),
                tested(*cloud_tgt),
            ]),
            TrustRows::Certificate { .. } if self.will_launch => {
                values.extend([yes(true), self.governed_by.clone(), yes(false), tested(None)]);
            }
            TrustRows::Certificate {
                endpoint_ready,
                template,
                sts,
            } => values.extend([
                yes(true),
                tested(*endpoint_ready),
                template.clone(),
                yes(*sts),
                self.governed_by.clone(),
            ]),
        }
        values
    }
}

impl Body for KeyRegistered {
    fn template(&self) -> &'static Template {
        &KEY_REGISTERED
    }

    fn values(&self) -> Vec<String> {
        vec![self.key_id.clone(), self.tenant.clone(), self.upn.clone()]
    }
}

const PROVIDER: Provider = Provider {
    name: "Microsoft-Windows-User Device Registration",
    source: "Microsoft-Windows-User Device Registration",
    guid: "{23B8D46B-67DD-40A3-B636-D43E50552C6D}",
    log: "Microsoft-Windows-User Device Registration/Admin",
};

pub(super) const TEMPLATES: &[&Template] = &[&LAUNCH, &NO_LAUNCH, &NO_LAUNCH_CERTIFICATE, &KEY_REGISTERED];

const JOINED: Field = Field::row("DeviceIsJoined", "Device is AAD joined ( AADJ or DJ++ )");
const USER: Field = Field::row("AADCredentials", "User has logged on with AAD credentials");
const POLICY: Field = Field::row("PolicyEnabled", "Windows Hello for Business policy is enabled");
const POST_LOGON: Field = Field::row(
    "PostLogonEnabled",
    "Windows Hello for Business post-logon provisioning is enabled",
);
const HARDWARE: Field = Field::row(
    "HardwareRequirements",
    "Local computer meets Windows hello for business hardware requirements",
);
const NOT_REMOTE: Field = Field::row(
    "NotRemoteDesktop",
    "User is not connected to the machine via Remote Desktop",
);
const CERTIFICATE: Field = Field::row(
    "CertificateRequired",
    "User certificate for on premise auth policy is enabled",
);
const GOVERNED: Field = Field::row("MachineGovernedBy", "Machine is governed by");

const NO_CERTIFICATE_FIELDS: &[Field] = &[
    JOINED,
    USER,
    POLICY,
    POST_LOGON,
    HARDWARE,
    NOT_REMOTE,
    CERTIFICATE,
    GOVERNED,
    Field::row(
        "CloudTrustEnabled",
        "Cloud trust for on premise auth policy is enabled",
    ),
    Field::row("HasCloudTgt", "User account has Cloud TGT"),
];

static LAUNCH: Template = Template {
    provider: &PROVIDER,
    id: 358,
    version: 0,
    level: Level::Information,
    task: (0, ""),
    fields: NO_CERTIFICATE_FIELDS,
    message: "Windows Hello for Business provisioning will be launched.
Device is AAD joined ( AADJ or DJ++ ): {DeviceIsJoined}
User has logged on with AAD credentials: {AADCredentials}
Windows Hello for Business policy is enabled: {PolicyEnabled}
Windows Hello for Business post-logon provisioning is enabled: {PostLogonEnabled}
Local computer meets Windows hello for business hardware requirements: {HardwareRequirements}
User is not connected to the machine via Remote Desktop: {NotRemoteDesktop}
User certificate for on premise auth policy is enabled: {CertificateRequired}
Machine is governed by {MachineGovernedBy} policy.
Cloud trust for on premise auth policy is enabled: {CloudTrustEnabled}
User account has Cloud TGT: {HasCloudTgt}
See https://go.microsoft.com/fwlink/?linkid=832647 for more details.
",
};

static NO_LAUNCH: Template = Template {
    provider: &PROVIDER,
    id: 360,
    version: 0,
    level: Level::Warning,
    task: (0, ""),
    fields: NO_CERTIFICATE_FIELDS,
    message: "Windows Hello for Business provisioning will not be launched.
Device is AAD joined ( AADJ or DJ++ ): {DeviceIsJoined}
User has logged on with AAD credentials: {AADCredentials}
Windows Hello for Business policy is enabled: {PolicyEnabled}
Windows Hello for Business post-logon provisioning is enabled: {PostLogonEnabled}
Local computer meets Windows hello for business hardware requirements: {HardwareRequirements}
User is not connected to the machine via Remote Desktop: {NotRemoteDesktop}
User certificate for on premise auth policy is enabled: {CertificateRequired}
Machine is governed by {MachineGovernedBy} policy.
Cloud trust for on premise auth policy is enabled: {CloudTrustEnabled}
User account has Cloud TGT: {HasCloudTgt}
See https://go.microsoft.com/fwlink/?linkid=832647 for more details.
",
};

static NO_LAUNCH_CERTIFICATE: Template = Template {
    provider: &PROVIDER,
    id: 362,
    version: 0,
    level: Level::Warning,
    task: (0, ""),
    fields: &[
        JOINED,
        USER,
        POLICY,
        POST_LOGON,
        HARDWARE,
        NOT_REMOTE,
        CERTIFICATE,
        Field::row(
            "EnrollmentEndpointReady",
            "Enterprise user logon certificate enrollment endpoint is ready",
        ),
        Field::row("TemplateState", "Enterprise user logon certificate template is"),
        Field::row(
            "StsAuthenticated",
            "User has successfully authenticated to the enterprise STS",
        ),
        Field::row("EnrollmentMethod", "Certificate enrollment method"),
    ],
    message: "Windows Hello for Business provisioning will not be launched.
Device is AAD joined ( AADJ or DJ++ ): {DeviceIsJoined}
User has logged on with AAD credentials: {AADCredentials}
Windows Hello for Business policy is enabled: {PolicyEnabled}
Windows Hello for Business post-logon provisioning is enabled: {PostLogonEnabled}
Local computer meets Windows hello for business hardware requirements: {HardwareRequirements}
User is not connected to the machine via Remote Desktop: {NotRemoteDesktop}
User certificate for on premise auth policy is enabled: {CertificateRequired}
Enterprise user logon certificate enrollment endpoint is ready: {EnrollmentEndpointReady}
Enterprise user logon certificate template is : {TemplateState}
User has successfully authenticated to the enterprise STS: {StsAuthenticated}
Certificate enrollment method: {EnrollmentMethod}
See https://go.microsoft.com/fwlink/?linkid=832647 for more details.
",
};

static KEY_REGISTERED: Template = Template {
    provider: &PROVIDER,
    id: 300,
    version: 0,
    level: Level::Information,
    task: (0, ""),
    fields: &[
        Field::row("KeyId", "Key ID"),
        Field::row("TenantId", "Tenant ID"),
        Field::row("UserEmail", "User email"),
    ],
    message: "The NGC key was successfully registered.
Key ID: {KeyId}
Tenant ID: {TenantId}
User email: {UserEmail}
",
};
