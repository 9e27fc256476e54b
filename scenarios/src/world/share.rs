//! What a file server answers to a device: SMB's session setup and tree connect, reduced to a token and a share.

use client_sim::access::{AccessReply, AccessRequest, Wanted};
use evidence::{Decision, Outcome};
use kdc_sim::DomainSnapshot;
use kdc_sim::resource::{Access, FileServer, ServerDetail, ServerState};
use kerberos::Timestamp;
use kerberos::codes::NtStatus;
use kerberos::ntlm::NtlmMessage;
use kerberos::wire::{Mechanism, NegotiationState, NegotiationToken};

/// An answer and the decisions that led to it, in order.
#[derive(Debug)]
pub struct Served {
    /// The octets of the answer.
    pub reply: Vec<u8>,
    /// Why.
    pub decisions: Vec<Decision<kdc_sim::Detail>>,
}

/// Accepts the token of a request and opens the share it asks for; `None` where the octets are no request. `authority` is what a
/// domain controller says about logons by NTLM, `None` where none can be asked.
pub fn answer(
    server: &FileServer,
    state: &mut ServerState,
    authority: Option<&DomainSnapshot>,
    now: Timestamp,
    rng: &mut dyn rand::CryptoRng,
    octets: &[u8],
) -> Option<Served> {
    let request = AccessRequest::read(octets).ok()?;
    let ntlm = server.ntlm_shares.then(|| ntlm_message(&request.token)).flatten();
    let accepted = match &ntlm {
        Some(message) => server.ntlm(state, authority, now, rng, message),
        None => server.accept(state, now, rng, &request.token),
    };
    let mut decisions = accepted.decisions;
    let status = match (&accepted.session, request.share) {
        (Some(session), Some((share, wanted))) => {
            let access = match wanted {
                Wanted::Read => Access::Read,
                Wanted::Write => Access::Write,
            };
            let decision = server.open(session, &share, access);
            let status = match decision.outcome {
                Outcome::Refused if decision.rule.id == kdc_sim::resource::rules::SHARE_KNOWN.id => {
                    NtStatus::BAD_NETWORK_NAME
                }
                Outcome::Refused | Outcome::Retry => NtStatus::ACCESS_DENIED,
                Outcome::Passed | Outcome::Noted => NtStatus::SUCCESS,
            };
            decisions.push(decision);
            status
        }
        (Some(_), None) => NtStatus::SUCCESS,
        (None, _) if ntlm.is_some() && !accepted.reply.is_empty() => MORE_PROCESSING_REQUIRED,
        (None, _) => refusal(&decisions),
    };
    let token = match ntlm {
        Some(_) => negotiated(accepted.session.is_some(), accepted.reply),
        None => accepted.reply,
    };
    let reply = AccessReply { token, status }.write();
    Some(Served { reply, decisions })
}

/// STATUS_MORE_PROCESSING_REQUIRED: the session setup goes on (MS-SMB2 section 3.3.5.5.3).
const MORE_PROCESSING_REQUIRED: NtStatus = NtStatus(0xC000_0016);

/// The message of NTLM in a token of SPNEGO.
fn ntlm_message(token: &[u8]) -> Option<Vec<u8>> {
    if !NegotiationToken::is_begun_by(token) {
        return None;
    }
    let token = match NegotiationToken::decode(token).ok()? {
        NegotiationToken::Init { token, .. } | NegotiationToken::Response { token, .. } => token?,
    };
    NtlmMessage::is_begun_by(&token).then_some(token)
}

/// What the server answers to a message of NTLM: a challenge, or what became of the proof.
fn negotiated(has_session: bool, challenge: Vec<u8>) -> Vec<u8> {
    let state = match (has_session, challenge.is_empty()) {
        (true, _) => NegotiationState::AcceptCompleted,
        (false, false) => NegotiationState::AcceptIncomplete,
        (false, true) => NegotiationState::Reject,
    };
    let response = NegotiationToken::Response {
        state: Some(state),
        mechanism: Some(Mechanism::Ntlm),
        token: Some(challenge).filter(|challenge| !challenge.is_empty()),
    };
    response.encode()
}

/// The status of the refusal among decisions.
fn refusal(decisions: &[Decision<kdc_sim::Detail>]) -> NtStatus {
    let status = decisions.iter().find_map(|decision| match &decision.detail {
        kdc_sim::Detail::Server(ServerDetail::Refused(refusal)) => Some(refusal.status()),
        _ => None,
    });
    status.unwrap_or(NtStatus::LOGON_FAILURE)
}
