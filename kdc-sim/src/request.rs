//! From the octets of a request to the octets of the answer.

use std::hash::{DefaultHasher, Hash, Hasher};

use kerberos::Timestamp;
use kerberos::codes::{MessageType, PaDataType};
use kerberos::wire::{
    ApReq, DecodeError, KdcOptions, KdcReq, KdcReqBody, KdcReqKind, KrbError, Message, PrincipalName, Realm,
};
use rand::CryptoRng;

use evidence::decision::Decision;

use crate::config::{DcConfig, Transport};
use crate::decision::{Detail, Trail};
use crate::directory::DomainSnapshot;
use crate::refusal::{Exchange, Refusal};
use crate::state::KdcState;
use crate::{as_exchange, fast, lookup, tgs_exchange};

/// What a domain controller did with a request.
#[derive(Clone, Debug)]
pub struct Handled {
    /// The reply: AS-REP, TGS-REP or KRB-ERROR. Empty when nothing is answered, since the octets are no Kerberos at all.
    pub reply: Vec<u8>,
    /// Every check with its outcome, in the order they were made.
    pub decisions: Vec<Decision<Detail>>,
    /// What the request asked for; `None` for octets that are no request.
    pub request: Option<RequestSummary>,
    /// Whether a read-only domain controller lacks what the answer needs. It hands the request to a writable one; its own reply
    /// is for when none is reached.
    pub forward: bool,
}

/// What a request to a KDC asks for, as it stands there in clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestSummary {
    /// AS-REQ or TGS-REQ.
    pub kind: KdcReqKind,
    /// Its options.
    pub options: KdcOptions,
    /// The realm of the service, and in an AS-REQ of the client.
    pub realm: Realm,
    /// The client, which only an AS-REQ has to name.
    pub client: Option<PrincipalName>,
    /// The service.
    pub service: Option<PrincipalName>,
}

impl From<KdcReq> for RequestSummary {
    fn from(request: KdcReq) -> Self {
        let kind = request.kind;
        let body = request.into_body();
        Self {
            kind,
            options: body.kdc_options,
            realm: body.realm,
            client: body.cname,
            service: body.sname,
        }
    }
}

/// Octets that a KDC received, decoded once.
#[derive(Clone, Debug)]
pub struct Received<'a> {
    octets: &'a [u8],
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Request(Box<KdcReq>),
    Malformed(Box<DecodeError>),
    /// Another message of Kerberos.
    Other(MessageType),
    NotKerberos,
}

impl<'a> Received<'a> {
    /// Reads what was received, whatever it is.
    #[must_use]
    pub fn decode(octets: &'a [u8]) -> Self {
        let content = match Message::peek(octets) {
            Some(MessageType::AS_REQ | MessageType::TGS_REQ) => match KdcReq::decode(octets) {
                Ok(request) => Content::Request(Box::new(request)),
                Err(error) => Content::Malformed(Box::new(error)),
            },
            Some(kind) => Content::Other(kind),
            None => Content::NotKerberos,
        };
        Self { octets, content }
    }

    /// What a server that splits a [`KdcState`] has to split it by: requests about the same part of the state have the same
    /// key.
    ///
    /// A TGS-REQ goes by the octets of its ticket, since an authenticator is only good for that ticket; the names beside it
    /// can be made up. An AS-REQ goes by the account it names, by whichever of its names.
    #[must_use]
    pub fn state_key(&self, domain: &DomainSnapshot) -> u64 {
        let mut hasher = DefaultHasher::new();
        if let Content::Request(request) = &self.content {
            match request.kind {
                KdcReqKind::As => {
                    let named = request.body().cname.as_ref();
                    let account = named.and_then(|name| lookup::client(domain, name));
                    // a name that nobody has changes nothing in the state
                    account.map(|account| account.rid).hash(&mut hasher);
                }
                KdcReqKind::Tgs => {
                    let ap_req = request.padata.find(PaDataType::TGS_REQ);
                    if let Some(Ok(ap_req)) = ap_req.map(|octets| ApReq::decode(octets)) {
                        ap_req.ticket.enc_part.cipher.hash(&mut hasher);
                    }
                }
            }
        }
        hasher.finish()
    }
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
    answer(domain, dc, state, now, rng, transport, Received::decode(request))
}

/// The same for a request that was decoded before.
pub fn answer(
    domain: &DomainSnapshot,
    dc: &DcConfig,
    state: &mut KdcState,
    now: Timestamp,
    rng: &mut dyn CryptoRng,
    transport: Transport,
    received: Received<'_>,
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
    let (reply, request) = match received.content {
        Content::Request(request) => {
            let reply = context.answer(transport, &request, received.octets);
            (reply, Some(RequestSummary::from(*request)))
        }
        Content::Malformed(error) => {
            let refusal = Refusal::Malformed(error);
            (context.refuse(refusal, Exchange::As, None), None)
        }
        Content::Other(kind) => {
            let refusal = Refusal::MessageType { kind };
            (context.refuse(refusal, Exchange::As, None), None)
        }
        Content::NotKerberos => {
            context.trail.refused(Refusal::NotKerberos);
            (Vec::new(), None)
        }
    };
    Handled {
        reply,
        decisions: context.trail.into_decisions(),
        request,
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
    fn answer(&mut self, transport: Transport, parsed: &KdcReq, octets: &[u8]) -> Vec<u8> {
        let (exchange, outcome) = match parsed.kind {
            KdcReqKind::As => (Exchange::As, as_exchange::serve(self, parsed, octets)),
            KdcReqKind::Tgs => (Exchange::Tgs, tgs_exchange::serve(self, parsed)),
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
