//! What CloudAP keeps: the device's registration, the primary refresh token, the Hello key.

use std::sync::Arc;

use kerberos::Timestamp;
use kerberos::codes::NtStatus;
use prt::{PrivateKey, SessionKey};

use crate::event::Delivery;
use crate::policy::Trust;
use crate::tickets::CachedTicket;

/// The two RSA keys that a device makes before it registers. In Windows they live in the TPM.
#[derive(Clone, Debug)]
pub struct DeviceKeys {
    /// Signs the certification request and the first PRT request.
    pub device: PrivateKey,
    /// Opens session keys.
    pub transport: PrivateKey,
}

/// What registration gave the device.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The device id, a GUID: the subject of the certificate.
    pub device_id: Arc<str>,
    /// The tenant, a GUID or a verified domain, as URLs name it.
    pub tenant: Arc<str>,
    /// The tenant's id, a GUID, as the token for the registration named it.
    pub tenant_id: Option<Arc<str>>,
    /// The UPN of whoever signed in for it. The work account of a device that is registered and not joined is this one's.
    pub by: Arc<str>,
    /// The DER of the device certificate.
    pub certificate: Arc<[u8]>,
    /// The keys.
    pub keys: DeviceKeys,
}

/// A primary refresh token and what came with it.
#[derive(Clone, Debug)]
pub struct PrtCache {
    /// The token.
    pub token: Arc<str>,
    /// The key that signs with it.
    pub session_key: SessionKey,
    /// When Entra last answered.
    pub updated: Timestamp,
    /// Until when the token is valid.
    pub expires: Timestamp,
    /// Who issued it: `https://login.microsoftonline.com/<tenant id>`.
    pub authority: Arc<str>,
    /// The partial TGT of the last answer.
    pub on_prem: Delivery,
    /// The cloud TGT of the last answer.
    pub cloud: Delivery,
    /// The partial TGT, opened.
    pub partial_tgt: Option<CachedTicket>,
    /// The cloud TGT, opened.
    pub cloud_tgt: Option<CachedTicket>,
    /// Suffixes of host names that belong to the cloud realm, separated by commas.
    pub kerberos_top_level_names: Option<Arc<str>>,
    /// When somebody asked for a refresh, whatever the age; `None` once it was tried.
    pub refresh_requested: Option<Timestamp>,
}

/// A failed attempt to get or refresh a PRT: the rows of `AcquirePrtDiagnostics`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrtAttempt {
    /// When it was made.
    pub time: Timestamp,
    /// The NTSTATUS of the attempt.
    pub status: NtStatus,
    /// The user name that was tried.
    pub user: Arc<str>,
    /// `Password`, `NGC` or `FIDO`.
    pub credential: &'static str,
    /// A GUID that both ends log.
    pub correlation_id: Arc<str>,
    /// Where the request went.
    pub uri: Arc<str>,
    /// The error of the HTTP stack, 0 when there was an answer.
    pub http_error: u32,
    /// The status of the answer, 0 without one.
    pub http_status: u16,
    /// `error` of the answer.
    pub server_error: Arc<str>,
    /// `error_description` of the answer.
    pub server_description: Arc<str>,
}

/// A key that signs a user in, in place of a password.
#[derive(Clone, Debug)]
pub struct HelloContainer {
    /// Where the key lives.
    pub kind: HelloKind,
    /// The key.
    pub key: PrivateKey,
    /// SHA-256 of its public key, as Entra names it.
    pub key_id: Arc<str>,
    /// When it was registered.
    pub registered: Timestamp,
    /// The trust that policy asked for at that time.
    pub made_for: Trust,
}

/// Where a key lives that signs a user in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HelloKind {
    /// In the device, for one user: Windows Hello for Business.
    Device,
    /// In a security key (FIDO2). The lab's sign-in with one uses the same messages as Hello, which the original does not.
    SecurityKey,
}
