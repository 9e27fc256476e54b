//! The device registration service: discovery, device join and Hello key registration.

use std::sync::Arc;

use http::Request;
use prt::PublicKey;
use prt::cert::{
    CertificateTemplate, CertificationRequest, DeviceCertificate, ISSUER_COMMON_NAME, thumbprint,
};
use prt::jose::{base64, decode_base64};
use prt::messages::{
    DeviceRegistrationReply, DeviceRegistrationRequest, IssuedCertificate, KeyRegistrationReply,
    KeyRegistrationRequest, RegisteredUser,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::reply::{self, Refusal};
use crate::route::{Answer, malformed};
use crate::state::{Device, HelloKey};
use crate::{Detail, Exchange, rules};

impl Exchange<'_> {
    /// `GET /{domain}/Discover`: where the services are.
    pub(crate) fn discover(&mut self, domain: &str) -> Answer {
        if !self.tenant.is_named(domain) {
            let detail = Detail::OtherTenant {
                found: domain.to_owned(),
            };
            return Err(Refusal {
                rule: &rules::TENANT_KNOWN,
                detail,
                fault: reply::NO_TENANT,
            });
        }
        let host = "https://enterpriseregistration.windows.net";
        Ok(reply::json(&json!({
            "DiscoveryService": {"DiscoveryEndpoint": format!("{host}/{domain}/Discover"), "ServiceVersion": "1.9"},
            "DeviceRegistrationService": {
                "RegistrationEndpoint": format!("{host}/EnrollmentServer/DeviceEnrollmentWebService.svc"),
                "RegistrationResourceId": prt::messages::DRS_RESOURCE,
                "ServiceVersion": "1.0",
            },
            "AuthenticationService": {"OAuth2": {
                "AuthCodeEndpoint": format!("https://login.microsoftonline.com/{}/oauth2/authorize", self.tenant.id),
                "TokenEndpoint": format!("https://login.microsoftonline.com/{}/oauth2/token", self.tenant.id),
            }},
            "DeviceJoinService": {
                "JoinEndpoint": format!("{host}/EnrollmentServer/device/"),
                "JoinResourceId": prt::messages::DRS_RESOURCE,
                "ServiceVersion": "2.0",
            },
            "KeyProvisioningService": {
                "KeyProvisionEndpoint": format!("{host}/EnrollmentServer/key/"),
                "KeyProvisionResourceId": prt::messages::DRS_RESOURCE,
                "ServiceVersion": "1.0",
            },
            "NonceService": {
                "NonceEndpoint": format!("{host}/EnrollmentServer/nonce/{}/", self.tenant.id),
                "ServiceVersion": "1.0",
            },
            "TenantInfo": {"TenantId": self.tenant.id, "TenantName": domain},
        })))
    }

    /// `POST /EnrollmentServer/device/`: a device joins and gets its certificate.
    pub(crate) fn register_device(&mut self, request: &Request<Vec<u8>>) -> Answer {
        let (user, _) = self.bearer(request)?;
        let body: DeviceRegistrationRequest =
            serde_json::from_slice(request.body()).map_err(|e| malformed("the registration", e))?;
        let csr =
            decode_base64(&body.certificate_request.data, "Data").map_err(|e| join_refused("Data", e))?;
        let csr =
            CertificationRequest::parse(&csr).map_err(|e| join_refused("the certification request", e))?;
        let transport_key = decode_base64(&body.transport_key, "TransportKey")
            .map_err(|e| join_refused("TransportKey", e))?;
        let transport_key =
            PublicKey::from_blob(&transport_key).map_err(|e| join_refused("TransportKey", e))?;
        let id = self.guid();
        let der = self.issue_certificate(&id, &csr.public_key)?;
        let device = Device {
            id,
            display_name: body.device_display_name,
            join_type: body.join_type,
            registered_by: user.upn.clone(),
            registered_at: self.now,
            disabled: false,
            device_key: csr.public_key,
            transport_key,
        };
        self.noted(
            &rules::DEVICE_REGISTERED,
            Detail::DeviceJoined(Arc::new(device.clone())),
        );
        self.state.add_device(Sha256::digest(&der).into(), device);
        Ok(reply::json(&DeviceRegistrationReply {
            certificate: IssuedCertificate {
                thumbprint: thumbprint(&der),
                raw_body: base64(&der),
            },
            user: RegisteredUser {
                upn: user.upn.clone(),
            },
            membership_changes: Vec::new(),
        }))
    }

    fn issue_certificate(&mut self, device_id: &str, key: &PublicKey) -> Result<Vec<u8>, Refusal> {
        let now = u64::try_from(self.now.unix_seconds()).unwrap_or_default();
        let template = CertificateTemplate {
            subject: device_id,
            issuer: ISSUER_COMMON_NAME,
            public_key: key,
            serial: self.random(),
            not_before_unix: now,
            not_after_unix: now.saturating_add(self.tenant.settings.device_certificate_lifetime.as_secs()),
        };
        let issued = DeviceCertificate::issue(&template, &self.tenant.device_issuer_key);
        issued.map_err(|e| join_refused("the certificate", e))
    }

    /// `POST /EnrollmentServer/key/`: a user registers a Hello key.
    pub(crate) fn register_key(&mut self, request: &Request<Vec<u8>>) -> Answer {
        let (user, claims) = self.bearer(request)?;
        if !claims.has_ngcmfa() {
            let detail = Detail::BearerRefused {
                reason: "its amr has no ngcmfa",
            };
            return Err(Refusal {
                rule: &rules::KEY_NGCMFA,
                detail,
                fault: reply::NGCMFA,
            });
        }
        let refuse = |reason: &dyn ToString| Refusal {
            rule: &rules::KEY_REGISTERED,
            detail: Detail::Malformed {
                part: "kngc",
                reason: reason.to_string(),
            },
            fault: reply::MALFORMED,
        };
        let body: KeyRegistrationRequest = serde_json::from_slice(request.body()).map_err(|e| refuse(&e))?;
        let blob = decode_base64(&body.kngc, "kngc").map_err(|e| refuse(&e))?;
        let public_key = PublicKey::from_blob(&blob).map_err(|e| refuse(&e))?;
        let key = HelloKey {
            upn: user.upn.clone(),
            public_key,
            registered_at: self.now,
        };
        self.noted(&rules::KEY_REGISTERED, Detail::HelloKey(Arc::new(key.clone())));
        let reply = KeyRegistrationReply {
            kid: key.public_key.key_id().to_owned(),
            upn: key.upn.clone(),
        };
        self.state.add_hello_key(key);
        Ok(reply::json(&reply))
    }
}

fn join_refused(part: &'static str, reason: impl ToString) -> Refusal {
    let detail = Detail::Malformed {
        part,
        reason: reason.to_string(),
    };
    Refusal {
        rule: &rules::DEVICE_REGISTERED,
        detail,
        fault: reply::MALFORMED,
    }
}
