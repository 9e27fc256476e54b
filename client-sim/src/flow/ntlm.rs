//! Shares by NTLM (MS-NLMP inside of SPNEGO), where a device has no ticket and may use it.

use std::sync::Arc;

use evidence::klist::LogonId;
use kerberos::codes::NtStatus;
use kerberos::ntlm::{Authenticate, NtlmMessage};
use kerberos::wire::{Mechanism, NegotiationToken};

use super::Flow;
use super::kdc::unusable;
use crate::access::{AccessReply, AccessRequest, Wanted};
use crate::error::{AnswerFault, FlowError};
use crate::event::ClientEvent;
use crate::network::{Endpoint, Network};

impl<N: Network> Flow<'_, N> {
    /// Whether the device may prove itself by NTLM at a file server.
    pub(super) fn may_use_ntlm(&self, host: &Arc<str>) -> bool {
        self.device.config.kerberos.ntlm_exceptions.contains(host)
    }

    /// Opens a share with the NT hash that the session holds. `error` says why there is no ticket; without a hash it stands.
    pub(super) async fn open_by_ntlm(
        &mut self,
        id: LogonId,
        host: &Arc<str>,
        share: &Arc<str>,
        wanted: Wanted,
        error: FlowError,
    ) -> Result<(), FlowError> {
        let session = self.session(id)?;
        let (hash, upn) = (session.ntlm_hash(), Arc::clone(&session.upn));
        let typed = session.other.clone().filter(|other| !other.as_upn);
        self.record(ClientEvent::FellBackToNtlm {
            host: Arc::clone(host),
            has_key: hash.is_some(),
            error: Arc::new(error.clone()),
        });
        let hash = hash.ok_or(error)?;
        let offer = NegotiationToken::Init {
            mechanisms: vec![Mechanism::Ntlm],
            token: Some(NtlmMessage::Negotiate.encode()),
        };
        let reply = self.set_up(host, &offer, None).await?;
        let no_challenge = || unusable(host, AnswerFault::MutualAuthentication);
        let NegotiationToken::Response {
            token: Some(token), ..
        } = NegotiationToken::decode(&reply.token).map_err(|error| unusable(host, error))?
        else {
            return Err(refused(host, reply.status));
        };
        let Ok(NtlmMessage::Challenge(challenge)) = NtlmMessage::decode(&token) else {
            return Err(no_challenge());
        };
        let workstation = self.device.config.name.to_string();
        let (domain, user) = match &typed {
            Some(other) => (&*other.domain, &*other.name),
            None => ("", &*upn),
        };
        let names = (domain, user, workstation.as_str());
        let proof = Authenticate::new(&hash, names, &challenge, self.now(), self.rng);
        let answer = NegotiationToken::Response {
            state: None,
            mechanism: None,
            token: Some(NtlmMessage::Authenticate(proof).encode()),
        };
        let reply = self
            .set_up(host, &answer, Some((share.to_string(), wanted)))
            .await?;
        match reply.status {
            NtStatus::SUCCESS => Ok(()),
            NtStatus::ACCESS_DENIED => Err(FlowError::AccessDenied {
                host: Arc::clone(host),
                share: Arc::clone(share),
            }),
            NtStatus::BAD_NETWORK_NAME => Err(FlowError::ShareUnknown {
                host: Arc::clone(host),
                share: Arc::clone(share),
            }),
            status => Err(refused(host, status)),
        }
    }

    /// One request of a session setup.
    async fn set_up(
        &mut self,
        host: &Arc<str>,
        token: &NegotiationToken,
        share: Option<(String, Wanted)>,
    ) -> Result<AccessReply, FlowError> {
        let request = AccessRequest {
            token: token.encode(),
            share,
        };
        let to = Endpoint::smb(Arc::clone(host));
        let answer = self.network.stream(&to, request.write()).await?;
        AccessReply::read(&answer).map_err(|error| unusable(host, error))
    }
}

fn refused(host: &Arc<str>, status: NtStatus) -> FlowError {
    FlowError::NtlmRefused {
        host: Arc::clone(host),
        status,
    }
}
