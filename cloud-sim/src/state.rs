//! What requests leave behind: devices, Hello keys, nonces and tokens.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kerberos::Timestamp;
use prt::{PublicKey, SessionKey};

/// State of a tenant. Cloning costs a few reference counts; a map is copied when one of two clones first changes it.
#[derive(Clone, Debug, Default)]
pub struct TenantState {
    nonces: Arc<BTreeMap<Arc<str>, Timestamp>>,
    nonces_prune_at: usize,
    /// By SHA-256 of the certificate's DER.
    devices: Arc<BTreeMap<[u8; 32], Arc<Device>>>,
    hello_keys: Arc<BTreeMap<HelloKeyId, Arc<HelloKey>>>,
    tokens: Arc<BTreeMap<Arc<str>, Arc<RefreshToken>>>,
    tokens_prune_at: usize,
    /// The integrity checks of authenticators that the cloud KDC accepted, and when.
    authenticators: Arc<BTreeMap<[u8; TAG_LENGTH], Timestamp>>,
    authenticators_prune_at: usize,
}

/// Octets at the end of an authenticator's ciphertext that no other has: its HMAC of 96 bits.
const TAG_LENGTH: usize = 12;

/// UPN in lower case and key id: two users of a large lab may hold the same key of the pool.
type HelloKeyId = (Arc<str>, Arc<str>);

/// A registered device.
#[derive(Clone, Debug)]
pub struct Device {
    /// Device id, a GUID.
    pub id: String,
    /// The computer's name, as it gave it.
    pub display_name: String,
    /// 0 Entra joined, 4 registered, 6 hybrid joined.
    pub join_type: u64,
    /// UPN of who registered it.
    pub registered_by: String,
    /// When.
    pub registered_at: Timestamp,
    /// Whether an administrator has disabled it.
    pub disabled: bool,
    /// Key of the certificate; signs first PRT requests.
    pub device_key: PublicKey,
    /// Receives session keys.
    pub transport_key: PublicKey,
}

/// A registered Hello key.
#[derive(Clone, Debug)]
pub struct HelloKey {
    /// UPN of the user, as registered.
    pub upn: String,
    /// The key.
    pub public_key: PublicKey,
    /// When it was registered.
    pub registered_at: Timestamp,
}

/// A refresh token, of which a PRT is one kind.
#[derive(Clone, Debug)]
pub(crate) struct RefreshToken {
    pub(crate) upn: Arc<str>,
    pub(crate) expires: Timestamp,
    /// Device and session key make it a PRT.
    pub(crate) prt: Option<PrtBinding>,
    /// The token this one replaced. It stays good until this one is used, since the reply may have been lost.
    pub(crate) replaced: Option<Arc<str>>,
}

#[derive(Clone, Debug)]
pub(crate) struct PrtBinding {
    pub(crate) device: Arc<Device>,
    pub(crate) session_key: SessionKey,
}

/// Nonces, and tokens, kept before old ones are first looked for.
const ENTRIES_BEFORE_PRUNING: usize = 1024;

impl TenantState {
    /// An empty state.
    pub fn new() -> Self {
        Self::default()
    }

    /// Registered devices, in no order that means anything.
    pub fn devices(&self) -> impl Iterator<Item = &Arc<Device>> {
        self.devices.values()
    }

    /// Registered Hello keys, by user.
    pub fn hello_keys(&self) -> impl Iterator<Item = &Arc<HelloKey>> {
        self.hello_keys.values()
    }

    /// Disables or enables a device; whether there is one with this id.
    pub fn set_device_disabled(&mut self, id: &str, disabled: bool) -> bool {
        let devices = Arc::make_mut(&mut self.devices);
        let found = devices.values_mut().find(|device| device.id == id);
        found
            .map(|device| Arc::make_mut(device).disabled = disabled)
            .is_some()
    }

    /// Forgets all PRTs and refresh tokens of a user, as an administrator's "revoke sessions" does.
    pub fn revoke_tokens(&mut self, upn: &str) {
        Arc::make_mut(&mut self.tokens).retain(|_, token| !token.upn.eq_ignore_ascii_case(upn));
    }

    /// Forgets all Hello keys of a user.
    pub fn remove_hello_keys(&mut self, upn: &str) {
        Arc::make_mut(&mut self.hello_keys).retain(|(owner, _), _| !owner.eq_ignore_ascii_case(upn));
    }

    pub(crate) fn add_nonce(&mut self, nonce: Arc<str>, now: Timestamp, lifetime: Duration) {
        let nonces = Arc::make_mut(&mut self.nonces);
        if nonces.len() >= self.nonces_prune_at.max(ENTRIES_BEFORE_PRUNING) {
            nonces.retain(|_, issued| now.saturating_since(*issued) <= lifetime);
            self.nonces_prune_at = nonces.len() * 2;
        }
        nonces.insert(nonce, now);
    }

    /// Takes a nonce, so that it serves once: when it was issued.
    pub(crate) fn take_nonce(&mut self, nonce: &str) -> Option<Timestamp> {
        // no copy of the map for a nonce that is not in it
        self.nonces.get(nonce)?;
        Arc::make_mut(&mut self.nonces).remove(nonce)
    }

    /// Remembers an authenticator for as long as it could be accepted again.
    pub(crate) fn add_authenticator(&mut self, ciphertext: &[u8], now: Timestamp, kept: Duration) {
        let Some(tag) = ciphertext.last_chunk() else {
            return;
        };
        let seen = Arc::make_mut(&mut self.authenticators);
        if seen.len() >= self.authenticators_prune_at.max(ENTRIES_BEFORE_PRUNING) {
            seen.retain(|_, accepted| now.saturating_since(*accepted) <= kept);
            self.authenticators_prune_at = seen.len() * 2;
        }
        seen.insert(*tag, now);
    }

    pub(crate) fn has_authenticator(&self, ciphertext: &[u8]) -> bool {
        ciphertext
            .last_chunk()
            .is_some_and(|tag| self.authenticators.contains_key(tag))
    }

    pub(crate) fn add_device(&mut self, certificate_hash: [u8; 32], device: Device) {
        Arc::make_mut(&mut self.devices).insert(certificate_hash, Arc::new(device));
    }

    pub(crate) fn device(&self, certificate_hash: &[u8; 32]) -> Option<&Arc<Device>> {
        self.devices.get(certificate_hash)
    }

    pub(crate) fn add_hello_key(&mut self, key: HelloKey) {
        let id = (
            key.upn.to_ascii_lowercase().into(),
            key.public_key.key_id().into(),
        );
        Arc::make_mut(&mut self.hello_keys).insert(id, Arc::new(key));
    }

    pub(crate) fn hello_key(&self, upn: &str, key_id: &str) -> Option<&Arc<HelloKey>> {
        self.hello_keys
            .get(&(upn.to_ascii_lowercase().into(), key_id.into()))
    }

    pub(crate) fn add_token(&mut self, id: Arc<str>, token: RefreshToken, now: Timestamp) {
        let tokens = Arc::make_mut(&mut self.tokens);
        if tokens.len() >= self.tokens_prune_at.max(ENTRIES_BEFORE_PRUNING) {
            tokens.retain(|_, token| token.expires >= now);
            self.tokens_prune_at = tokens.len() * 2;
        }
        tokens.insert(id, Arc::new(token));
    }

    pub(crate) fn remove_token(&mut self, id: &str) {
        if self.tokens.contains_key(id) {
            Arc::make_mut(&mut self.tokens).remove(id);
        }
    }

    pub(crate) fn token(&self, id: &str) -> Option<(&Arc<str>, &Arc<RefreshToken>)> {
        self.tokens.get_key_value(id)
    }
}
