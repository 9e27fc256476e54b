//! Signing in, unlocking, and what is due while somebody is signed in.

use std::sync::Arc;

use evidence::klist::LogonId;
use kerberos::Timestamp;
use kerberos::codes::NtStatus;
use kerberos::crypto::nt_hash;
use kerberos::netlogon::DcFlags;

use super::Flow;
use super::prt::PrtCredential;
use crate::error::{FlowError, HelloFailure, Missing};
use crate::event::{ClientEvent, Reason};
use crate::network::Network;
use crate::policy::Trust;
use crate::prt_cache::{HelloContainer, HelloKind};
use crate::state::{Credential, DeviceState, Password};

impl<N: Network> Flow<'_, N> {
    /// Signs a user in with a password.
    ///
    /// On an Entra joined device Entra decides; on a hybrid joined one a DC does, and the PRT follows. Where nobody can
    /// be asked, a password that worked here before is enough. On a registered one the session is the local account's.
    ///
    /// # Errors
    /// The password was refused, or nobody could be asked and the device does not know the user.
    pub(crate) async fn sign_in_with_password(
        &mut self,
        upn: &str,
        password: &Password,
    ) -> Result<LogonId, FlowError> {
        let upn: Arc<str> = upn.into();
        if self.device.config.join.is_registered() {
            return Ok(self.sign_in_locally(upn));
        }
        self.started(&upn, "Password");
        let id = self
            .device
            .open_session(&upn, Credential::Password(password.clone()), self.network.now());
        let verified = if self.device.config.join.is_hybrid() {
            let verified = self.password_tgt(id, password, Reason::SignIn).await.map(drop);
            if verified.is_ok() || self.knows_password(&upn, password) {
                // a PRT is not needed to sign in here
                let _ = self
                    .acquire_prt(&upn, PrtCredential::Password(password), Reason::SignIn)
                    .await;
            }
            verified
        } else {
            self.acquire_prt(&upn, PrtCredential::Password(password), Reason::SignIn)
                .await
        };
        let cached = match verified {
            Ok(()) => false,
            Err(error) if error.is_unreachable() && self.knows_password(&upn, password) => {
                self.supply_tickets(&upn);
                true
            }
            Err(error) => return Err(self.rejected(id, &upn, error)),
        };
        self.device.user_mut(&upn).cached_password = Some(nt_hash(password.expose()));
        self.signed_in(id, upn, cached);
        Ok(id)
    }

    /// Signs the local account of a person in: nobody else is asked, and nothing comes with it. The lab has no other password
    /// for it than the person's.
    fn sign_in_locally(&mut self, upn: Arc<str>) -> LogonId {
        let credential = Credential::Local;
        self.started(&upn, credential.name());
        let session = self.device.open_session(&upn, credential, self.network.now());
        // nobody vouched for the work account of that name
        let cached = false;
        self.record(ClientEvent::SignedIn { upn, session, cached });
        session
    }

    /// Signs a user in with Windows Hello: the key that the user set up on this device.
    ///
    /// On a hybrid joined device the partial TGT is exchanged at once, and the first time a DC must agree.
    ///
    /// # Errors
    /// The user has no key here; Entra refuses; on a hybrid joined device policy does not allow cloud trust, no DC is
    /// found, or the DC refuses.
    pub(crate) async fn sign_in_with_hello(&mut self, upn: &str) -> Result<LogonId, FlowError> {
        let container = self.key_of(upn, HelloKind::Device)?;
        self.sign_in_with_key(upn.into(), &container).await
    }

    /// Signs a user in with a security key (FIDO2). No policy of Hello is asked; the tickets are the same.
    ///
    /// # Errors
    /// The user has no security key; Entra refuses; on a hybrid joined device no DC is found, or the DC refuses.
    pub(crate) async fn sign_in_with_security_key(&mut self, upn: &str) -> Result<LogonId, FlowError> {
        let key = self.key_of(upn, HelloKind::SecurityKey)?;
        self.sign_in_with_key(upn.into(), &key).await
    }

    /// The key with which somebody signs in here.
    ///
    /// # Errors
    /// The device is not joined, or they have none.
    pub(super) fn key_of(&self, upn: &str, kind: HelloKind) -> Result<HelloContainer, FlowError> {
        if self.device.config.join.is_registered() {
            return Err(FlowError::Missing(Missing::Join));
        }
        let user = self.device.user(upn);
        let (key, missing) = match kind {
            HelloKind::Device => (user.and_then(|user| user.hello.clone()), Missing::HelloKey),
            HelloKind::SecurityKey => (
                user.and_then(|user| user.security_key.as_deref().cloned()),
                Missing::SecurityKey,
            ),
        };
        key.ok_or(FlowError::Missing(missing))
    }

    async fn sign_in_with_key(
        &mut self,
        upn: Arc<str>,
        container: &HelloContainer,
    ) -> Result<LogonId, FlowError> {
        let credential = match container.kind {
            HelloKind::Device => Credential::Hello,
            HelloKind::SecurityKey => Credential::SecurityKey,
        };
        let name = credential.name();
        self.started(&upn, name);
        let id = self.device.open_session(&upn, credential, self.network.now());
        let known = self.device.user(&upn).is_some_and(|user| user.cached_logon);
        let asked = self
            .acquire_prt(&upn, PrtCredential::Key(container, name), Reason::SignIn)
            .await;
        let mut cached = false;
        if let Err(error) = asked {
            if !(error.is_unreachable() && known) {
                return Err(self.rejected(id, &upn, error));
            }
            self.supply_tickets(&upn);
            cached = true;
        }
        if self.device.config.join.is_hybrid() {
            match self.on_prem_sign_in(id, &upn, container.kind).await {
                Ok(()) => {}
                Err(error) if error.is_unreachable() && known => cached = true,
                Err(error) => return Err(self.rejected(id, &upn, error)),
            }
        }
        self.signed_in(id, upn, cached);
        Ok(id)
    }

    /// The part of a sign-in with a key for which a hybrid joined device needs a DC.
    async fn on_prem_sign_in(
        &mut self,
        id: LogonId,
        upn: &Arc<str>,
        kind: HelloKind,
    ) -> Result<(), FlowError> {
        // security keys use the partial TGT whatever the policies of Hello say
        if kind == HelloKind::Device {
            let trust = self.device.hello_trust(upn);
            if trust != Trust::Cloud {
                return Err(self.other_trust(upn, trust).await);
            }
        }
        let error = match self.exchange(id, Reason::SignIn).await {
            Ok(_) => return Ok(()),
            Err(FlowError::Missing(Missing::OnPremCredential)) => self.key_trust(None).await,
            Err(error) => error,
        };
        // a security key knows no other way
        if kind == HelloKind::Device && !error.is_unreachable() {
            self.tried(upn, Trust::Key, NtStatus::NOT_SUPPORTED);
        }
        Err(error)
    }

    /// What comes of a trust that this lab has no infrastructure for, as the lock screen shows it.
    pub(super) async fn other_trust(&mut self, upn: &Arc<str>, trust: Trust) -> FlowError {
        let error = match trust {
            Trust::Certificate => FlowError::Hello(HelloFailure::CertificateTrust),
            Trust::Key | Trust::Cloud => {
                let prt = self.device.user(upn).and_then(|user| user.prt.as_ref());
                let partial = prt.and_then(|prt| prt.partial_tgt.as_ref());
                let realm = partial.map(|tgt| tgt.client_realm.to_string().into());
                self.key_trust(realm).await
            }
        };
        self.tried(upn, trust, error.nt_status());
        error
    }

    /// What key trust comes to: there is no DC, or none that supports it.
    async fn key_trust(&mut self, realm: Option<Arc<str>>) -> FlowError {
        let failure = FlowError::Hello(HelloFailure::KeyTrust);
        let Some(domain) = self.device.config.join.ad_domain().cloned().or(realm) else {
            return failure;
        };
        let located = self.locate_dc(&domain, DcFlags::KDC, false).await;
        located.err().unwrap_or(failure)
    }

    /// Cloud trust was not used, or did not work: another one is tried, and its error is what the lock screen shows.
    fn tried(&mut self, upn: &Arc<str>, trust: Trust, status: NtStatus) {
        self.record(ClientEvent::OtherTrustFailed {
            upn: Arc::clone(upn),
            trust,
            status,
        });
    }

    /// Unlocks the screen, or switches to a session in the background: the PRT is refreshed, and on a hybrid joined device a missing TGT is fetched. Neither needs to
    /// succeed.
    ///
    /// # Errors
    /// There is no such session.
    pub(crate) async fn unlock(&mut self, id: LogonId) -> Result<(), FlowError> {
        self.device.switch_to(id);
        let session = self.session_mut(id)?;
        session.locked = false;
        let upn = Arc::clone(&session.upn);
        self.record(ClientEvent::Unlocked { session: id });
        if self.device.user(&upn).is_some_and(|user| user.prt.is_some()) {
            // a failure is an event, and the old PRT stays
            let _ = self.refresh_prt(&upn, Reason::Unlock).await;
        }
        if self.device.config.join.is_hybrid() {
            let _ = self.full_tgt(id, Reason::Unlock).await;
        }
        Ok(())
    }

    /// Refreshes every PRT of somebody signed in that is due. [`DeviceState::next_due`] says when that is.
    pub async fn run_due(&mut self) {
        let now = self.now();
        let due: Vec<Arc<str>> = self
            .device
            .signed_in_users()
            .filter(|upn| self.device.prt_due(upn).is_some_and(|due| due <= now))
            .collect();
        for upn in due {
            let reason = self.device.refresh_reason(&upn);
            // a failure is an event, and the old PRT stays
            let _ = self.refresh_prt(&upn, reason).await;
        }
    }

    pub(super) fn started(&mut self, upn: &Arc<str>, credential: &'static str) {
        self.record(ClientEvent::SignInStarted {
            upn: Arc::clone(upn),
            credential,
            policy: self.device.hello_policy(upn),
        });
    }

    fn signed_in(&mut self, session: LogonId, upn: Arc<str>, cached: bool) {
        self.device.user_mut(&upn).cached_logon = true;
        self.record(ClientEvent::SignedIn { upn, session, cached });
    }

    /// Ends a session that did not come to be.
    fn rejected(&mut self, id: LogonId, upn: &Arc<str>, error: FlowError) -> FlowError {
        let with_hello = self
            .device
            .session(id)
            .is_some_and(|session| session.credential == Credential::Hello);
        self.device.sign_out(id);
        // a DC refused the partial TGT: what shows is the failure of key trust after it
        let fell_back = with_hello && matches!(&error, FlowError::Kerberos(_));
        let status = if fell_back {
            NtStatus::NOT_SUPPORTED
        } else {
            error.nt_status()
        };
        self.record(ClientEvent::SignInFailed {
            upn: Arc::clone(upn),
            status,
            error: Arc::new(error.clone()),
        });
        error
    }

    fn knows_password(&self, upn: &str, password: &Password) -> bool {
        self.device
            .user(upn)
            .and_then(|user| user.cached_password.as_ref())
            .is_some_and(|cached| *cached == nt_hash(password.expose()))
    }
}

impl DeviceState {
    /// The users that have an open session, each once.
    pub fn signed_in_users(&self) -> impl Iterator<Item = Arc<str>> {
        self.users
            .keys()
            .filter(|upn| self.session_of(upn).is_some())
            .cloned()
    }

    /// When a user's PRT is to be refreshed. After a failure it is tried again after the same interval.
    pub fn prt_due(&self, upn: &str) -> Option<Timestamp> {
        let (by_age, marked) = self.prt_dues(upn)?;
        Some(marked.map_or(by_age, |at| at.min(by_age)))
    }

    /// When it is old enough, and when it is refreshed because it is marked.
    fn prt_dues(&self, upn: &str) -> Option<(Timestamp, Option<Timestamp>)> {
        let user = self.user(upn)?;
        let prt = user.prt.as_ref()?;
        let updated = prt.updated;
        let last = user
            .failed_attempt
            .as_ref()
            .map_or(updated, |attempt| attempt.time.max(updated));
        let settings = &self.config.kerberos;
        let marked = prt.refresh_requested.map(|at| at + settings.prt_refresh_delay);
        Some((last + settings.prt_refresh, marked))
    }

    /// Why a PRT that is due is refreshed.
    fn refresh_reason(&self, upn: &str) -> Reason {
        match self.prt_dues(upn) {
            Some((by_age, Some(marked))) if marked < by_age => Reason::Marked,
            _ => Reason::Due,
        }
    }

    /// When [`Flow::run_due`] has something to do next.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.signed_in_users().filter_map(|upn| self.prt_due(&upn)).min()
    }
}
