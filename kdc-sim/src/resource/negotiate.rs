//! What a web application does with the token of `Authorization: Negotiate` (RFC 4559): SPNEGO around what every server accepts.

use kerberos::Timestamp;
use kerberos::wire::{Mechanism, NegotiationState, NegotiationToken};
use rand::CryptoRng;

use super::{Accepted, FileServer, ServerDetail, ServerRefusal, ServerState};
use crate::decision::Detail;
use evidence::decision::Decision;

impl FileServer {
    /// Accepts a token of SPNEGO, or one of Kerberos itself; what [`Self::accept`] answers is wrapped as the client's was.
    ///
    /// Where Kerberos is not the client's first choice its first token is for somebody else: the answer says
    /// accept-incomplete, and there is no session yet. Only the answer to an offer names the mechanism (RFC 4178 section 4.2.2).
    pub fn negotiate(
        &self,
        state: &mut ServerState,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        token: &[u8],
    ) -> Accepted {
        if !NegotiationToken::is_begun_by(token) {
            return self.accept(state, now, rng, token);
        }
        let (chosen, token) = match read(token) {
            Ok(read) => read,
            Err(refusal) => return rejected(refusal),
        };
        let Some(token) = token else {
            return Accepted {
                reply: response(NegotiationState::AcceptIncomplete, chosen, None),
                session: None,
                decisions: Vec::new(),
            };
        };
        let accepted = self.accept(state, now, rng, &token);
        let state = match accepted.session {
            Some(_) => NegotiationState::AcceptCompleted,
            None => NegotiationState::Reject,
        };
        let inner = Some(accepted.reply).filter(|reply| !reply.is_empty());
        Accepted {
            reply: response(state, chosen, inner),
            ..accepted
        }
    }
}

/// By which number an offer names Kerberos, which a response does not; and the client's token, if it is for Kerberos.
fn read(octets: &[u8]) -> Result<(Option<Mechanism>, Option<Vec<u8>>), ServerRefusal> {
    let token =
        NegotiationToken::decode(octets).map_err(|error| ServerRefusal::Malformed(Box::new(error)))?;
    match token {
        NegotiationToken::Init { mechanisms, token } => {
            let offered = mechanisms.len();
            let mut numbered = mechanisms.into_iter().enumerate();
            let found = numbered.find(|(_, mechanism)| mechanism.is_kerberos());
            let (index, chosen) = found.ok_or(ServerRefusal::Mechanism { offered })?;
            Ok((Some(chosen), token.filter(|_| index == 0)))
        }
        // the second token of a client whose first was for another mechanism
        NegotiationToken::Response { token, .. } => {
            let token = token.ok_or(ServerRefusal::NegotiationToken)?;
            Ok((None, Some(token)))
        }
    }
}

fn response(state: NegotiationState, mechanism: Option<Mechanism>, token: Option<Vec<u8>>) -> Vec<u8> {
    let response = NegotiationToken::Response {
        state: Some(state),
        mechanism,
        token,
    };
    response.encode()
}

fn rejected(refusal: ServerRefusal) -> Accepted {
    Accepted {
        reply: response(NegotiationState::Reject, None, None),
        session: None,
        decisions: vec![Decision::refused(
            refusal.rule(),
            Detail::Server(ServerDetail::Refused(refusal)),
        )],
    }
}
