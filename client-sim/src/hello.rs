//! What a device decides about Windows Hello for Business, from its policies, its version and what it holds.

use crate::error::{FlowError, HelloFailure, Missing};
use crate::policy::{EffectiveHello, Family, Trust};
use crate::prt_cache::HelloContainer;
use crate::state::{Credential, DeviceState};
use crate::windows::WindowsVersion;

/// Whether Hello may be set up for somebody.
#[derive(Debug)]
pub(crate) struct Checked {
    /// Whether the device has what policy asks for.
    pub(crate) hardware: bool,
    /// Whether there is a partial TGT; `None` where it is not tested.
    pub(crate) partial_tgt: Option<bool>,
    /// Why not.
    pub(crate) failure: Option<FlowError>,
}

impl DeviceState {
    /// The policies of Hello that count for a user. An old version of Windows does not know cloud trust.
    pub fn hello_policy(&self, upn: &str) -> EffectiveHello {
        let mut policy = self.config.policy.hello_for(upn);
        if policy.cloud_trust && !self.knows_cloud_trust() {
            policy.cloud_trust = false;
            if policy.trust == Trust::Cloud {
                policy.trust = Trust::Key;
            }
        }
        policy
    }

    /// What a sign-in with Hello would prove itself with on premises: as policy says, unless the container is older than
    /// that. A container made under certificate trust is never converted (cloud Kerberos trust deployment guide).
    pub fn hello_trust(&self, upn: &str) -> Trust {
        match self.container(upn).map(|container| container.made_for) {
            Some(Trust::Certificate) => Trust::Certificate,
            Some(Trust::Key) if self.config.hello.key_container_keeps_trust => Trust::Key,
            _ => self.hello_policy(upn).trust,
        }
    }

    /// The same for a session that is open. Where the lab lets Entra joined devices do without the policy, they use the
    /// partial TGT.
    pub(crate) fn session_trust(&self, upn: &str) -> Trust {
        match self.hello_trust(upn) {
            Trust::Key
                if !self.config.join.is_hybrid()
                    && !self.config.hello.policy_gates_entra_joined
                    && !self.keeps_key_trust(upn) =>
            {
                Trust::Cloud
            }
            trust => trust,
        }
    }

    /// Whether the newest session of a user does not take a partial TGT, because its container holds on to key trust.
    pub(crate) fn keeps_key_trust(&self, upn: &str) -> bool {
        self.config.hello.key_container_keeps_trust
            && self
                .container(upn)
                .is_some_and(|container| container.made_for == Trust::Key)
            && self
                .session_of(upn)
                .is_some_and(|session| session.credential == Credential::Hello)
    }

    /// Whether a request for a PRT asks for tickets: how the newest session was opened, and the version of Windows, decide.
    pub(crate) fn asks_for_tickets(&self, upn: &str) -> bool {
        let Some(version) = WindowsVersion::parse(&self.config.os_version) else {
            return true;
        };
        match self.session_of(upn).map(|session| &session.credential) {
            Some(Credential::Hello) => version.has_hello_cloud_trust(),
            _ => version.has_security_key_tickets(),
        }
    }

    /// Whether Hello may be set up for a user now. A security key asks for none of this.
    pub(crate) fn hello_prerequisites(&self, upn: &str, remote: bool) -> Checked {
        let policy = self.hello_policy(upn);
        let hybrid = self.config.join.is_hybrid();
        let hardware = self.config.hello.tpm || !policy.requires_tpm;
        let prt = self.user(upn).and_then(|user| user.prt.as_ref());
        let tested = hybrid && policy.trust == Trust::Cloud;
        let partial_tgt = tested.then(|| prt.is_some_and(|prt| prt.on_prem.is_delivered()));
        // Group Policy enrols through the AD FS, which no lab has; with MDM the certificate follows later
        let enrols = hybrid && policy.trust == Trust::Certificate && policy.governed != Some(Family::Mdm);
        let failure = if prt.is_none() {
            Some(FlowError::Missing(Missing::Prt))
        } else if !policy.enabled {
            Some(FlowError::Hello(HelloFailure::Disabled))
        } else if !hardware {
            Some(FlowError::Hello(HelloFailure::NoTpm))
        } else if remote {
            Some(FlowError::Hello(HelloFailure::Remote))
        } else if enrols {
            Some(FlowError::Hello(HelloFailure::CertificateTrust))
        } else if partial_tgt == Some(false) {
            Some(FlowError::Hello(HelloFailure::NoPartialTgt))
        } else {
            None
        };
        Checked {
            hardware,
            partial_tgt,
            failure,
        }
    }

    /// Deletes the Hello container of a user, as `certutil -deletehellocontainer` does. Entra keeps the key until it is
    /// deleted there. False when there was none.
    pub(crate) fn delete_hello(&mut self, upn: &str) -> bool {
        let exists = self.container(upn).is_some();
        if exists {
            self.user_mut(upn).hello = None;
        }
        exists
    }

    fn knows_cloud_trust(&self) -> bool {
        WindowsVersion::parse(&self.config.os_version).is_none_or(WindowsVersion::has_hello_cloud_trust)
    }

    /// The Hello container of a user; a security key is none.
    fn container(&self, upn: &str) -> Option<&HelloContainer> {
        self.user(upn)?.hello.as_ref()
    }
}
