//! Joining a tenant, and setting up Windows Hello for Business.

use std::sync::Arc;

use evidence::klist::LogonId;
use prt::PrivateKey;
use prt::cert::{CertificationRequest, DeviceCertificate, REQUEST_COMMON_NAME};
use prt::form::Form;
use prt::jose::{CompactJws, base64, decode_base64};
use prt::messages::{
    BROKER_CLIENT, CertificateRequest, DRS_RESOURCE, DeviceRegistrationReply, DeviceRegistrationRequest,
    GRANT_PASSWORD, KeyRegistrationReply, KeyRegistrationRequest, RegistrationAttributes, TokenReply,
};

use super::Flow;
use super::cloud::{answer_fault, guid, read_json};
use crate::config::Join;
use crate::error::{FlowError, Missing};
use crate::event::ClientEvent;
use crate::network::Network;
use crate::prt_cache::{DeviceKeys, HelloContainer, HelloKind, Registration};
use crate::state::Password;

impl<N: Network> Flow<'_, N> {
    /// Registers the device with the tenant of a user, who signs in for it.
    ///
    /// # Errors
    /// Entra cannot be reached, refuses the user or the request, or answers with a certificate for other keys.
    pub async fn register_device(
        &mut self,
        keys: DeviceKeys,
        upn: &str,
        password: &Password,
    ) -> Result<(), FlowError> {
        const WHAT: &str = "a device registration";
        let token = self.registration_token(upn, password).await?;
        let csr = CertificationRequest::create(REQUEST_COMMON_NAME, &keys.device)
            .map_err(|error| answer_fault(WHAT, &error))?;
        let config = Arc::clone(&self.device.config);
        let request = DeviceRegistrationRequest {
            certificate_request: CertificateRequest {
                kind: "pkcs10".to_owned(),
                data: base64(csr),
            },
            transport_key: base64(keys.transport.public().to_blob()),
            target_domain: config.join.tenant_domain().to_string(),
            device_type: "Windows".to_owned(),
            os_version: config.os_version.to_string(),
            device_display_name: config.name.to_string(),
            join_type: match config.join {
                Join::Entra { .. } => 0,
                Join::Registered { .. } => 4,
                Join::Hybrid { .. } => 6,
            },
            attributes: RegistrationAttributes {
                reuse_device: true,
                return_client_sid: true,
            },
        };
        let path = "EnrollmentServer/device/?api-version=2.0";
        let reply: DeviceRegistrationReply = self.post_registration(WHAT, path, &token, &request).await?;
        let certificate = decode_base64(&reply.certificate.raw_body, "RawBody")
            .map_err(|error| answer_fault(WHAT, &error))?;
        let parsed = DeviceCertificate::parse(&certificate).map_err(|error| answer_fault(WHAT, &error))?;
        if parsed.public_key.modulus() != keys.device.public().modulus() {
            return Err(answer_fault(WHAT, &"the certificate is for another key"));
        }
        let device_id: Arc<str> = parsed.subject.into();
        self.device.registration = Some(Arc::new(Registration {
            device_id: Arc::clone(&device_id),
            tenant: Arc::clone(config.join.tenant_domain()),
            tenant_id: tenant_of(&token),
            by: upn.into(),
            certificate: certificate.into(),
            keys,
        }));
        self.record(ClientEvent::DeviceRegistered { device_id });
        Ok(())
    }

    /// "Join this device to Microsoft Entra ID": a device that a work account registered becomes one that is joined, and the
    /// session of the local account stays what it is. The keys that the device has are registered anew.
    ///
    /// # Errors
    /// There is no registration to begin with, this edition of Windows joins nothing, Entra cannot be reached, or refuses. The device stays what it was.
    pub(crate) async fn join_entra(&mut self, upn: &str, password: &Password) -> Result<(), FlowError> {
        let old = self.registration()?;
        if !self.device.config.edition.joins() {
            return Err(FlowError::Missing(Missing::JoinEdition));
        }
        let before = Arc::clone(&self.device.config);
        let tenant_domain = Arc::clone(before.join.tenant_domain());
        Arc::make_mut(&mut self.device.config).join = Join::Entra { tenant_domain };
        let result = self.register_device(old.keys.clone(), upn, password).await;
        if result.is_err() {
            self.device.config = before;
        }
        result
    }

    /// Sets up Windows Hello for the user of a session: the key is registered with Entra. The user proves who it is once
    /// more, with the password.
    ///
    /// # Errors
    /// Policy forbids it, or asks for what the device lacks; the user is connected by Remote Desktop; the device is hybrid
    /// joined, uses cloud trust, and Entra delivered no partial TGT; Entra cannot be reached or refuses.
    pub(crate) async fn provision_hello(
        &mut self,
        id: LogonId,
        key: PrivateKey,
        password: &Password,
    ) -> Result<(), FlowError> {
        let session = self.session(id)?;
        let (upn, remote) = (Arc::clone(&session.upn), session.remote);
        self.check_hello_prerequisites(&upn, remote)?;
        self.register_key(&upn, key, HelloKind::Device, password).await
    }

    /// Registers a Hello key of a user as it was made on an earlier day: without a session, whatever policies say now.
    ///
    /// # Errors
    /// Entra cannot be reached or refuses.
    pub async fn enrol_hello(
        &mut self,
        upn: &str,
        key: PrivateKey,
        password: &Password,
    ) -> Result<(), FlowError> {
        self.register_key(upn, key, HelloKind::Device, password).await
    }

    /// Registers a security key for a user.
    ///
    /// # Errors
    /// Entra cannot be reached or refuses.
    pub async fn provision_security_key(
        &mut self,
        upn: &str,
        key: PrivateKey,
        password: &Password,
    ) -> Result<(), FlowError> {
        self.register_key(upn, key, HelloKind::SecurityKey, password)
            .await
    }

    fn check_hello_prerequisites(&mut self, upn: &str, remote: bool) -> Result<(), FlowError> {
        let checked = self.device.hello_prerequisites(upn, remote);
        let policy = self.device.hello_policy(upn);
        self.record(ClientEvent::HelloPrerequisites {
            upn: upn.into(),
            will_provision: checked.failure.is_none(),
            partial_tgt: checked.partial_tgt,
            policy,
            hardware: checked.hardware,
            remote,
        });
        checked.failure.map_or(Ok(()), Err)
    }

    async fn register_key(
        &mut self,
        upn: &str,
        key: PrivateKey,
        kind: HelloKind,
        password: &Password,
    ) -> Result<(), FlowError> {
        const WHAT: &str = "a key registration";
        let token = self.registration_token(upn, password).await?;
        let request = KeyRegistrationRequest {
            kngc: base64(key.public().to_blob()),
        };
        let path = "EnrollmentServer/key/?api-version=1.0";
        let _: KeyRegistrationReply = self.post_registration(WHAT, path, &token, &request).await?;
        let key_id: Arc<str> = key.public().key_id().into();
        let registered = self.now();
        let made_for = self.device.hello_policy(upn).trust;
        let container = HelloContainer {
            kind,
            key,
            key_id: Arc::clone(&key_id),
            registered,
            made_for,
        };
        let user = self.device.user_mut(upn);
        match kind {
            HelloKind::Device => user.hello = Some(container),
            HelloKind::SecurityKey => user.security_key = Some(Arc::new(container)),
        }
        self.record(ClientEvent::HelloKeyRegistered {
            upn: upn.into(),
            key_id,
        });
        Ok(())
    }

    /// A token for the registration service.
    async fn registration_token(&mut self, upn: &str, password: &Password) -> Result<String, FlowError> {
        const WHAT: &str = "a token request";
        let correlation_id = guid(self.rng);
        let form = Form::new()
            .with("grant_type", GRANT_PASSWORD)
            .with("client_id", BROKER_CLIENT)
            .with("resource", DRS_RESOURCE)
            .with("username", upn)
            .with("password", password.expose());
        let answer = self
            .post_form(WHAT, "common/oauth2/token", &form, &correlation_id)
            .await?;
        Ok(read_json::<TokenReply>(WHAT, &answer)?.access_token)
    }
}

/// The tenant that a token is of.
fn tenant_of(token: &str) -> Option<Arc<str>> {
    #[derive(serde::Deserialize)]
    struct Claims {
        tid: Arc<str>,
    }
    let claims: Claims = CompactJws::parse(token).ok()?.claims().ok()?;
    Some(claims.tid)
}
