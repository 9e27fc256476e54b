//! `dsregcmd /status`, all sections.

use evidence::dsregcmd::device::{AuthStatus, DeviceDetails, DeviceState as DeviceSection};
use evidence::dsregcmd::diagnostics::{
    Diagnostics, KEY_SIGN_NEEDS_ELEVATION, PostJoin, PreJoin, PreviousRegistration, Updated,
};
use evidence::dsregcmd::ngc::{CertEnrollment, OnPremTgtRow, Prerequisites};
use evidence::dsregcmd::proxy::ProxyConfig;
use evidence::dsregcmd::tenant::{RegistrationService, TenantDetails};
use evidence::dsregcmd::user::{HelloKey, UserState as UserSection, Wam};
use evidence::dsregcmd::work::WorkAccount;
use evidence::dsregcmd::{Build, Status};
use kerberos::Timestamp;
use prt::cert::{DeviceCertificate, thumbprint};

use super::instant;
use crate::policy::Family;
use crate::prt_cache::Registration;
use crate::state::DeviceState;

impl DeviceState {
    /// `dsregcmd /status`, as a user sees it in a window that is not elevated. Somebody whom the device does not know sees
    /// what the system account sees: no PRT.
    pub fn dsregcmd_status(&self, upn: &str, now: Timestamp) -> Status {
        let has_hello = self.hello_of(upn).is_some();
        Status {
            device: self.device_section(),
            details: self.device_details(upn),
            tenant: self.joined().is_some().then(|| self.tenant_details()),
            user: self.user_section(upn),
            sso: self.sso_state(upn, now),
            work_account: self.work_account_section(upn),
            // a device that is joined to nothing has no such section
            diagnostics: (!self.config.join.is_registered()).then(|| self.diagnostics(upn, now)),
            proxy: self.has(Build::WINDOWS_10_21H1).then(|| ProxyConfig {
                auto_detect: true,
                ..ProxyConfig::default()
            }),
            ngc: (!has_hello).then(|| self.prerequisites(upn)),
        }
    }

    fn device_section(&self) -> DeviceSection {
        let config = &self.config;
        let domain = config.join.ad_domain();
        DeviceSection {
            azure_ad_joined: self.joined().is_some(),
            enterprise_joined: false,
            domain_joined: domain.is_some(),
            domain_name: domain.and(config.netbios_domain.as_deref()).map(str::to_owned),
            device_name: self.has(Build::WINDOWS_10_21H1).then(|| match domain {
                Some(domain) => format!("{}.{domain}", config.name),
                None => config.name.to_string(),
            }),
        }
    }

    fn device_details(&self, upn: &str) -> Option<DeviceDetails> {
        self.details_of(self.joined()?, upn)
    }

    fn work_account_section(&self, upn: &str) -> Option<WorkAccount> {
        Some(WorkAccount {
            details: DeviceDetails {
                auth_status: None,
                ..self.details_of(self.work_account(upn)?, upn)?
            },
            tenant_id: self.tenant_id(),
            tenant_name: self.config.join.tenant_domain().to_string(),
        })
    }

    fn details_of(&self, registration: &Registration, upn: &str) -> Option<DeviceDetails> {
        let certificate = DeviceCertificate::parse(&registration.certificate).ok()?;
        let time = |seconds| jiff::Timestamp::from_second(i64::try_from(seconds).ok()?).ok();
        Some(DeviceDetails {
            device_id: registration.device_id.to_string(),
            thumbprint: thumbprint(&registration.certificate),
            validity: (
                time(certificate.not_before_unix)?,
                time(certificate.not_after_unix)?,
            ),
            key_container_id: guid_from(&registration.device_id),
            key_provider: match self.config.hello.tpm {
                true => "Microsoft Platform Crypto Provider",
                false => "Microsoft Software Key Storage Provider",
            }
            .to_owned(),
            tpm_protected: self.config.hello.tpm,
            auth_status: self.has(Build::WINDOWS_10_21H1).then(|| self.auth_status(upn)),
        })
    }

    /// What Entra said of the device when it was last asked: AADSTS50155 and AADSTS135011 are about a device that it does
    /// not let in.
    fn auth_status(&self, upn: &str) -> AuthStatus {
        let failed = self.user(upn).and_then(|user| user.failed_attempt.as_ref());
        let refused = failed.is_some_and(|failed| {
            ["AADSTS50155", "AADSTS135011"]
                .iter()
                .any(|code| failed.server_description.starts_with(code))
        });
        match failed {
            Some(_) if refused => AuthStatus::DisabledOrDeleted,
            Some(failed) if failed.http_error != 0 => AuthStatus::Error,
            _ => AuthStatus::Success,
        }
    }

    fn tenant_details(&self) -> TenantDetails {
        let id = self.tenant_id();
        let (login, drs) = (&self.config.cloud.login, &self.config.cloud.registration);
        // where one host stands for both services, the second keeps the name it has in Windows
        let drs = if login == drs { REGISTRATION } else { drs };
        let service = |path: String| RegistrationService {
            version: "1.0".to_owned(),
            url: format!("https://{drs}/{path}/"),
            id: format!("urn:ms-drs:{drs}"),
        };
        TenantDetails {
            name: self.config.join.tenant_domain().to_string(),
            idp: "login.windows.net".to_owned(),
            auth_code_url: format!("https://{login}/{id}/oauth2/authorize"),
            access_token_url: format!("https://{login}/{id}/oauth2/token"),
            mdm_url: String::new(),
            mdm_tou_url: String::new(),
            mdm_compliance_url: String::new(),
            settings_url: String::new(),
            services: [
                service("EnrollmentServer/device".to_owned()),
                service("EnrollmentServer/key".to_owned()),
                service(format!("webauthn/{id}")),
                service(format!("manage/{id}")),
            ],
            id,
        }
    }

    /// The tenant's id, as the authority of a PRT names it, else as registration knew it.
    pub(super) fn tenant_id(&self) -> String {
        let authorities = self.users.values().filter_map(|user| user.prt.as_ref());
        let from_prt = authorities
            .filter_map(|prt| prt.authority.rsplit('/').next())
            .next();
        let registered = self
            .registration
            .as_deref()
            .map(|registration| registration.tenant_id.as_ref().unwrap_or(&registration.tenant))
            .map(|tenant| &**tenant);
        from_prt.or(registered).unwrap_or_default().to_owned()
    }

    fn user_section(&self, upn: &str) -> UserSection {
        let known = self.user(upn).is_some_and(|user| user.prt.is_some());
        UserSection {
            hello: self.hello_of(upn).map(|key_id| HelloKey {
                key_id: format!("{{{}}}", guid_from(key_id).to_uppercase()),
                can_reset: "DestructiveAndNonDestructive".to_owned(),
            }),
            work_accounts: u32::from(self.work_account(upn).is_some()),
            wam: if known {
                Wam::Entra {
                    authority: "organizations".to_owned(),
                }
            } else {
                Wam::NotSet
            },
        }
    }

    /// The id of the Hello key of a user; a security key is none.
    fn hello_of(&self, upn: &str) -> Option<&str> {
        Some(&*self.user(upn)?.hello.as_ref()?.key_id)
    }

    fn diagnostics(&self, upn: &str, now: Timestamp) -> Diagnostics {
        if self.joined().is_none() {
            return Diagnostics::NotJoined(PreJoin {
                user_context: "UN-ELEVATED User".to_owned(),
                client_time: milliseconds(now),
                tests: ["PASS", "FAIL [0x80070002]", "SKIPPED", "SKIPPED", "SKIPPED"].map(str::to_owned),
                fallback_to_sync: true,
                previous: None::<PreviousRegistration>,
            });
        }
        Diagnostics::Joined(PostJoin {
            recovery: false,
            executing_account: self
                .has(Build::WINDOWS_10_21H1)
                .then(|| format!("{}, {upn}", self.account_name(upn))),
            key_sign_test: KEY_SIGN_NEEDS_ELEVATION.to_owned(),
            updated: self.has(Build::WINDOWS_11_21H2).then_some(Updated {
                display_name: true,
                os_version: true,
                host_name: true,
            }),
        })
    }

    fn prerequisites(&self, upn: &str) -> Prerequisites {
        let policy = self.hello_policy(upn);
        let joined = self.joined().is_some();
        let registered = self.config.join.is_registered();
        let prt = self.user(upn).and_then(|user| user.prt.as_ref());
        let present = prt.is_some_and(|prt| prt.on_prem.is_delivered());
        let remote = self.session_of(upn).is_some_and(|session| session.remote);
        let checked = self.hello_prerequisites(upn, remote);
        let by_mdm = policy.governed == Some(Family::Mdm) || !self.config.join.is_hybrid();
        let cert_enrollment = match (policy.certificate_trust, by_mdm) {
            (false, _) => CertEnrollment::None,
            (true, true) => CertEnrollment::MobileDeviceManagement,
            (true, false) => CertEnrollment::EnrollmentAuthority {
                adfs_refresh_token: false,
                adfs_ra_is_ready: false,
                template: "NO ( StateNoPolicy )".to_owned(),
            },
        };
        let on_prem_tgt =
            (cert_enrollment == CertEnrollment::None && !registered && self.has(Build::WINDOWS_10_21H1))
                .then(|| OnPremTgtRow {
                    old_name: !self.has(Build::WINDOWS_11_23H2),
                    present,
                });
        Prerequisites {
            device_joined: joined,
            user_azure_ad: prt.is_some(),
            // where nothing is joined and nothing is configured, a public output shows NO
            policy_enabled: policy.enabled && (!registered || policy.governed.is_some()),
            post_logon_enabled: policy.post_logon,
            device_eligible: checked.hardware,
            session_is_not_remote: !remote,
            cert_enrollment,
            on_prem_tgt,
            // whether set-up would begin by itself after the next sign-in
            will_provision: joined && policy.post_logon && checked.failure.is_none(),
        }
    }

    /// Whether the device runs this build or a later one; a version that cannot be read is a new one.
    fn has(&self, build: Build) -> bool {
        self.build().is_none_or(|own| own >= build)
    }
}

const REGISTRATION: &str = "enterpriseregistration.windows.net";

/// dsregcmd shows milliseconds.
fn milliseconds(time: Timestamp) -> jiff::Timestamp {
    let time = instant(time);
    jiff::Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

/// A GUID that is always the same for a text: 128 bits of its SHA-1.
fn guid_from(text: &str) -> String {
    let digest = thumbprint(text.as_bytes()).to_lowercase();
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-4{}-8{}-{}",
        part(0, 8),
        part(8, 12),
        part(13, 16),
        part(17, 20),
        part(20, 32)
    )
}
