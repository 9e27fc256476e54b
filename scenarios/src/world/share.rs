//! What a file server answers to a device: SMB's session setup and tree connect, reduced to a token and a share.

use client_sim::access::{AccessReply, AccessRequest, Wanted};
use evidence::{Decision, Outcome};
use kdc_sim::resource::{Access, FileServer, ServerState};
use kerberos::Timestamp;
use kerberos::codes::NtStatus;

/// An answer and the decisions that led to it, in order.
#[derive(Debug)]
pub struct Served {
    /// The octets of the answer.
    pub reply: Vec<u8>,
    /// Why.
    pub decisions: Vec<Decision<kdc_sim::Detail>>,
}

/// Accepts the token of a request and opens the share it asks for; `None` where the octets are no request.
pub fn answer(
    server: &FileServer,
    state: &mut ServerState,
    now: Timestamp,
    rng: &mut dyn rand::CryptoRng,
    octets: &[u8],
) -> Option<Served> {
    let request = AccessRequest::read(octets).ok()?;
    let accepted = server.accept(state, now, rng, &request.token);
    let mut decisions = accepted.decisions;
    let status = match (accepted.session, request.share) {
        (Some(session), Some((share, wanted))) => {
            let access = match wanted {
                Wanted::Read => Access::Read,
                Wanted::Write => Access::Write,
            };
            let decision = server.open(&session, &share, access);
            let refused = decision.outcome == Outcome::Refused;
            decisions.push(decision);
            if refused {
                NtStatus::ACCESS_DENIED
            } else {
                NtStatus::SUCCESS
            }
        }
        (Some(_), None) => NtStatus::SUCCESS,
        (None, _) => NtStatus::LOGON_FAILURE,
    };
    let token = accepted.reply;
    let reply = AccessReply { token, status }.write();
    Some(Served { reply, decisions })
}
