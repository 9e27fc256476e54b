//! From the octets of a request to the octets of the answer.

use kerberos::Timestamp;
use kerberos::codes::MessageType;
use kerberos::wire::{KdcOptions, KdcReq, KdcReqBody, KdcReqKind, KrbError, Message, PrincipalName};
use rand::CryptoRng;

use evidence::decision::Decision;

use crate::config::{DcConfig, Transport};
use crate::decision::{Detail, Trail};
use crate::directory::DomainSnapshot;
use crate::refusal::{Exchange, Refusal};
use crate::state::KdcState;
use crate::{as_exchange, fast, tgs_exchange};

/// What a domain controller did with a request.
#[derive(Clone, Debug)]
pub struct Handled {
    /// The reply: AS-REP, TGS-REP or KRB-ERROR. Empty when nothing is answered, since the octets are no Kerberos at all.
    pub reply: Vec<u8>,
    /// Every check with its outcome, in the order they were made.
    pub decisions: Vec<Decision<Detail>>,
    /// Whether a read-only domain controller lacks what the answer needs. It hands the request to a writable one; its own reply
    /// is for when none is reached.
    pub forward: bool,
}

/// Answers one request.
///
/// `now` is the domain controller's clock. All randomness is drawn from `rng`: the session key first, then a confounder
/// for the ticket and one for the reply.
pub fn handle(
    domain: &DomainSnapshot,
    dc: &DcConfig,
    state: &mut KdcState,
    now: Timestamp,
    rng: &mut dyn CryptoRng,
    transport: Transport,
    request: &[u8],
) -> Handled {
    let mut context = Context {
        domain,
        dc,
        state,
        now,
        rng,
        trail: Trail::default(),
        accepted: None,
        armor: None,
        forward: false,
    };
    let reply = match Message::peek(request) {
        Some(MessageType::AS_REQ | MessageType::TGS_REQ) => context.answer(transport, request),
        Some(kind) => context.refuse(Refusal::MessageType { kind }, Exchange::As, None),
        None => {
            context.trail.refused(Refusal::NotKerberos);
            Vec::new()
        }
    };
    Handled {
        reply,
        decisions: context.trail.into_decisions(),
        forward: context.forward,
    }
}

/// What goes with a request while it is served.
pub(crate) struct Context<'a> {
    pub(crate) domain: &'a DomainSnapshot,
    pub(crate) dc: &'a DcConfig,
    pub(crate) state: &'a mut KdcState,
    pub(crate) now: Timestamp,
    pub(crate) rng: &'a mut dyn CryptoRng,
    pub(crate) trail: Trail,
    /// The authenticator that was accepted: remembered once the reply is sent.
    pub(crate) accepted: Option<kerberos::wire::EncryptedData>,
    /// The armor that the reply goes into.
    pub(crate) armor: Option<fast::Armor>,
    /// Whether a writable domain controller has to answer.
    pub(crate) forward: bool,
}

impl Context<'_> {
    fn answer(&mut self, transport: Transport, request: &[u8]) -> Vec<u8> {
        let parsed = match KdcReq::decode(request) {
            Ok(parsed) => parsed,
            Err(error) => return self.refuse(Refusal::Malformed(Box::new(error)), Exchange::As, None),
        };
        let (exchange, outcome) = match parsed.kind {
            KdcReqKind::As => (Exchange::As, as_exchange::serve(self, &parsed, request)),
            KdcReqKind::Tgs => (Exchange::Tgs, tgs_exchange::serve(self, &parsed)),
        };
        let sname = parsed.body().sname.as_ref();
        let limit = self.dc.udp_reply_limit;
        match outcome {
            Ok(reply) if transport == Transport::Udp && reply.len() > limit => {
                // the client repeats the same request over TCP, so its authenticator must not count as seen
                self.refuse(
                    Refusal::TooBig {
                        length: reply.len(),
                        limit,
                    },
                    exchange,
                    sname,
                )
            }
            Ok(reply) => {
                self.remember_authenticator();
                reply
            }
            Err(refusal) => self.refuse(refusal, exchange, sname),
        }
    }

    fn remember_authenticator(&mut self) {
        if let Some(authenticator) = self.accepted.take()
            && let Some(etype) = authenticator.known_etype()
        {
            self.state
                .replay
                .remember(etype, &authenticator.cipher, self.now, self.dc.max_skew);
        }
    }

    fn refuse(&mut self, refusal: Refusal, exchange: Exchange, sname: Option<&PrincipalName>) -> Vec<u8> {
        self.forward = matches!(refusal, Refusal::SecretsElsewhere { .. });
        let wire = refusal.to_wire(self.dc);
        let sname = sname.unwrap_or_else(|| self.domain.krbtgt_name()).clone();
        let mut error = KrbError::new(wire.code, self.now, self.domain.realm().clone(), sname);
        error.crealm = wire.crealm;
        error.e_data = match self.armor.take() {
            Some(armor) => Some(
                armor
                    .error_data(self, &error, wire.data.as_ref(), exchange)
                    .into(),
            ),
            None => wire.data.map(|data| data.encode(exchange).into()),
        };
        self.trail.refused(refusal);
        error.encode()
    }

    pub(crate) fn passed(&mut self, rule: &'static evidence::decision::Rule, detail: Detail) {
        self.trail.passed(rule, detail);
    }

    /// Whether a ticket is wanted that begins later than now.
    pub(crate) fn is_postdated(&self, body: &KdcReqBody) -> bool {
        body.kdc_options.contains(KdcOptions::POSTDATED)
            || body
                .from
                .is_some_and(|from| from.timestamp() > self.now + self.dc.max_skew)
    }

    /// An account that policy or state keeps out.
    pub(crate) fn check_state(
        &self,
        account: &std::sync::Arc<crate::directory::Account>,
    ) -> Result<(), Refusal> {
        let threshold = self.dc.lockout_threshold;
        let locked = threshold > 0 && self.state.bad_passwords(account.rid) >= threshold;
        let restriction = account
            .restriction(self.now)
            .or_else(|| locked.then_some(crate::directory::Restriction::LockedOut));
        restriction.map_or(Ok(()), |restriction| {
            Err(Refusal::AccountState {
                account: account.clone(),
                restriction,
            })
        })
    }
}
