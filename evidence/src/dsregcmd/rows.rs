//! The rows that each section of `dsregcmd /status` may have.

use super::sso::SSO;
use super::{DETAILS, DEVICE, DIAGNOSTICS, MACHINE_PROXY, NGC, TENANT, USER, USER_PROXY, WORK};
use crate::row::{Block, Row};

const fn section(title: &'static str, rows: &'static [Row]) -> Block {
    Block { title, rows }
}

/// The sections, in the order of the tool.
pub(super) const BLOCKS: &[Block] = &[
    section(
        DEVICE,
        &[
            Row::yes_no("AzureAdJoined"),
            Row::yes_no("EnterpriseJoined"),
            Row::yes_no("DomainJoined"),
            Row::text("DomainName"),
            Row::text("Device Name"),
        ],
    ),
    section(
        DETAILS,
        &[
            Row::text("DeviceId"),
            Row::text("Thumbprint"),
            Row::text("DeviceCertificateValidity"),
            Row::text("KeyContainerId"),
            Row::text("KeyProvider"),
            Row::yes_no("TpmProtected"),
            Row::text("DeviceAuthStatus"),
        ],
    ),
    section(
        TENANT,
        &[
            Row::text("TenantName"),
            Row::text("TenantId"),
            Row::text("Idp"),
            Row::text("AuthCodeUrl"),
            Row::text("AccessTokenUrl"),
            Row::text("MdmUrl"),
            Row::text("MdmTouUrl"),
            Row::text("MdmComplianceUrl"),
            Row::text("SettingsUrl"),
            Row::text("JoinSrvVersion"),
            Row::text("JoinSrvUrl"),
            Row::text("JoinSrvId"),
            Row::text("KeySrvVersion"),
            Row::text("KeySrvUrl"),
            Row::text("KeySrvId"),
            Row::text("WebAuthNSrvVersion"),
            Row::text("WebAuthNSrvUrl"),
            Row::text("WebAuthNSrvId"),
            Row::text("DeviceManagementSrvVer"),
            Row::text("DeviceManagementSrvUrl"),
            Row::text("DeviceManagementSrvId"),
        ],
    ),
    section(
        USER,
        &[
            Row::yes_no("NgcSet"),
            Row::text("NgcKeyId"),
            Row::text("CanReset"),
            Row::yes_no("WorkplaceJoined"),
            Row::number("WorkAccountCount"),
            Row::text("WamDefaultSet"),
            Row::text("WamDefaultAuthority"),
            Row::text("WamDefaultId"),
            Row::text("WamDefaultGUID"),
        ],
    ),
    SSO,
    section(
        WORK,
        &[
            Row::text("WorkplaceDeviceId"),
            Row::text("WorkplaceThumbprint"),
            Row::text("DeviceCertificateValidity"),
            Row::text("KeyContainerId"),
            Row::text("KeyProvider"),
            Row::yes_no("TpmProtected"),
            Row::text("WorkplaceTenantId"),
            Row::text("WorkplaceTenantName"),
            Row::text("WorkplaceMdmUrl"),
            Row::text("WorkplaceSettingsUrl"),
            Row::yes_no("NgcSet"),
        ],
    ),
    section(
        DIAGNOSTICS,
        &[
            Row::yes_no("AadRecoveryEnabled"),
            Row::text("Executing Account Name"),
            Row::text("KeySignTest"),
            Row::yes_no("DisplayNameUpdated"),
            Row::yes_no("OsVersionUpdated"),
            Row::yes_no("HostNameUpdated"),
            Row::text("Last HostName Update"),
            Row::text("Diagnostics Reference"),
            Row::text("User Context"),
            Row::text("Client Time"),
            Row::text("AD Connectivity Test"),
            Row::text("AD Configuration Test"),
            Row::text("DRS Discovery Test"),
            Row::text("DRS Connectivity Test"),
            Row::text("Token acquisition Test"),
            Row::one_of("Fallback to Sync-Join", &["ENABLED", "DISABLED"]),
            Row::text("Previous Registration"),
            Row::text("Error Phase"),
            Row::text("Client ErrorCode"),
        ],
    ),
    section(
        USER_PROXY,
        &[
            Row::yes_no("Auto Detect Settings"),
            Row::text("Auto-Configuration URL"),
            Row::text("Proxy Server List"),
            Row::text("Proxy Bypass List"),
        ],
    ),
    section(
        MACHINE_PROXY,
        &[
            Row::one_of("Access Type", &["DIRECT", "NAMED PROXY"]),
            Row::text("Proxy Server List"),
            Row::text("Proxy Bypass List"),
        ],
    ),
    section(
        NGC,
        &[
            Row::yes_no("IsDeviceJoined"),
            Row::yes_no("IsUserAzureAD"),
            Row::yes_no("PolicyEnabled"),
            Row::yes_no("PostLogonEnabled"),
            Row::yes_no("DeviceEligible"),
            Row::yes_no("SessionIsNotRemote"),
            Row::one_of(
                "CertEnrollment",
                &["none", "enrollment authority", "mobile device management"],
            ),
            Row::yes_no("AdfsRefreshToken"),
            Row::yes_no("AdfsRaIsReady"),
            Row::text("LogonCertTemplateReady"),
            Row::yes_no("OnPremTGT"),
            Row::yes_no("CloudTGT"),
            Row::one_of("PreReqResult", &["WillProvision", "WillNotProvision"]),
        ],
    ),
];
