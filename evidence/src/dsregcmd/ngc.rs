//! The section "Ngc Prerequisite Check": whether Windows Hello for Business may be set up.

use super::boxes::{Line, yes_no};

/// The section "Ngc Prerequisite Check". Windows hides it once Hello is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prerequisites {
    /// The device is joined to Entra.
    pub device_joined: bool,
    /// The account is Entra's.
    pub user_azure_ad: bool,
    /// Policy allows Hello.
    pub policy_enabled: bool,
    /// Set-up starts by itself after a sign-in.
    pub post_logon_enabled: bool,
    /// The hardware will do.
    pub device_eligible: bool,
    /// The user sits in front of the device.
    pub session_is_not_remote: bool,
    /// Whether certificates are asked for, and by whom.
    pub cert_enrollment: CertEnrollment,
    /// Whether an on-premises ticket is there; `None` where the row is not shown.
    pub on_prem_tgt: Option<OnPremTgtRow>,
    /// What follows: whether set-up begins by itself after the next sign-in.
    pub will_provision: bool,
}

/// `CertEnrollment`, which tells certificate trust from the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertEnrollment {
    /// No certificate trust.
    None,
    /// Certificate trust by Group Policy, through AD FS.
    EnrollmentAuthority {
        /// There is a PRT of the AD FS.
        adfs_refresh_token: bool,
        /// The AD FS enrols.
        adfs_ra_is_ready: bool,
        /// The certificate template: `YES ( StateReady )`.
        template: String,
    },
    /// Certificate trust by MDM.
    MobileDeviceManagement,
}

/// The row about the on-premises ticket. Its name changed with Windows 11 23H2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnPremTgtRow {
    /// Called `CloudTGT`, as builds before Windows 11 23H2 do.
    pub old_name: bool,
    /// What it says.
    pub present: bool,
}

impl Prerequisites {
    pub(super) fn rows(&self) -> Vec<Line> {
        let mut rows = vec![
            ("IsDeviceJoined", yes_no(self.device_joined)),
            ("IsUserAzureAD", yes_no(self.user_azure_ad)),
            ("PolicyEnabled", yes_no(self.policy_enabled)),
            ("PostLogonEnabled", yes_no(self.post_logon_enabled)),
            ("DeviceEligible", yes_no(self.device_eligible)),
            ("SessionIsNotRemote", yes_no(self.session_is_not_remote)),
        ];
        match &self.cert_enrollment {
            CertEnrollment::None => rows.push((CERT, NONE.to_owned())),
            CertEnrollment::MobileDeviceManagement => rows.push((CERT, MDM.to_owned())),
            CertEnrollment::EnrollmentAuthority {
                adfs_refresh_token,
                adfs_ra_is_ready,
                template,
            } => rows.extend([
                (CERT, AUTHORITY.to_owned()),
                ("AdfsRefreshToken", yes_no(*adfs_refresh_token)),
                ("AdfsRaIsReady", yes_no(*adfs_ra_is_ready)),
                ("LogonCertTemplateReady", template.clone()),
            ]),
        }
        if let Some(row) = self.on_prem_tgt {
            let key = if row.old_name { OLD_ROW } else { ROW };
            rows.push((key, yes_no(row.present)));
        }
        let result = if self.will_provision { WILL } else { WILL_NOT };
        rows.push(("PreReqResult", result.to_owned()));
        rows
    }
}

const CERT: &str = "CertEnrollment";
const NONE: &str = "none";
const AUTHORITY: &str = "enrollment authority";
const MDM: &str = "mobile device management";
const ROW: &str = "OnPremTGT";
const OLD_ROW: &str = "CloudTGT";
const WILL: &str = "WillProvision";
const WILL_NOT: &str = "WillNotProvision";
