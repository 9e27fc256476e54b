//! The connector of an application proxy: a Windows server that signs users in to a web application for which it may delegate, by
//! S4U2Self and S4U2Proxy (MS-SFU). The user's own tickets take no part in it.

use std::fmt;
use std::sync::Arc;

use kerberos::Timestamp;
use kerberos::codes::{ErrorCode, MessageType};
use kerberos::crypto::Key;
use kerberos::wire::{
    KdcOptions, KrbError, Mechanism, Message, NameType, NegotiationToken, PrincipalName, Realm,
};
use rand::CryptoRng;

use crate::config::KerberosSettings;
use crate::error::AnswerFault;
use crate::flow::access_token;
use crate::tgs::{Delegation, ORDINARY, TgsRequest, encode_as_request, read_as_reply};
use crate::tickets::TicketRecord;

/// The computer account that a connector signs in as.
#[derive(Clone, Debug)]
pub struct Connector {
    /// Its host, for people: `APX01`.
    pub host: Arc<str>,
    /// sAMAccountName: `APX01$`.
    pub account: Arc<str>,
    /// Its realm.
    pub realm: Realm,
    /// Its strongest key.
    pub key: Key,
}

/// What a connector asks of a domain controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConnectorStep {
    /// A TGT for its own account.
    SignIn,
    /// A ticket to itself in the user's name (S4U2Self).
    ToSelf,
    /// A ticket to the application in the user's name (S4U2Proxy).
    ToApplication,
}

/// Why a connector has no ticket for the application.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectorFailure {
    /// No domain controller answered.
    #[error("no domain controller answers")]
    NoDomainController,
    /// The domain controller refused.
    #[error("{step}: the domain controller answers {code}")]
    Refused {
        /// What was asked.
        step: ConnectorStep,
        /// The error.
        code: ErrorCode,
    },
    /// The domain controller's answer cannot be used.
    #[error("{step}: the answer cannot be used: {why}")]
    Answer {
        /// What was asked.
        step: ConnectorStep,
        /// What is wrong with it.
        why: AnswerFault,
    },
}

impl fmt::Display for ConnectorStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SignIn => "signing in",
            Self::ToSelf => "S4U2Self",
            Self::ToApplication => "S4U2Proxy",
        })
    }
}

/// Carries a request to a domain controller and gives its answer; `None` where none answers.
pub type AskKdc<'a> = dyn FnMut(Vec<u8>) -> Option<Vec<u8>> + 'a;

impl Connector {
    /// A token of SPNEGO that signs `user` in to `service`, a service principal name. A user with an `@` is a UPN, one without a
    /// sAMAccountName of the connector's domain.
    ///
    /// # Errors
    /// No domain controller answers, or it refuses one of the three requests.
    pub fn sign_in(
        &self,
        user: &str,
        service: &str,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        ask: &mut AskKdc<'_>,
    ) -> Result<Vec<u8>, ConnectorFailure> {
        let tgt = self.tgt(now, rng, ask)?;
        let own = PrincipalName::principal(&*self.account);
        let user = if user.contains('@') {
            PrincipalName::enterprise(user)
        } else {
            PrincipalName::new(NameType::PRINCIPAL, [user])
        };
        let to_self = Delegation::ToSelf(&user, &self.realm);
        let evidence = self.ticket(ConnectorStep::ToSelf, &tgt, &own, to_self, now, rng, ask)?;
        let service = PrincipalName::parse(service);
        let to_application = Delegation::ToOther(&evidence.ticket);
        let ticket = self.ticket(
            ConnectorStep::ToApplication,
            &tgt,
            &service,
            to_application,
            now,
            rng,
            ask,
        )?;
        let (token, _) = access_token(&ticket, now, rng);
        let offer = NegotiationToken::Init {
            mechanisms: vec![Mechanism::MsKerberos, Mechanism::Kerberos],
            token: Some(token),
        };
        Ok(offer.encode())
    }

    fn tgt(
        &self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        ask: &mut AskKdc<'_>,
    ) -> Result<TicketRecord, ConnectorFailure> {
        let settings = KerberosSettings::default();
        let name = format!("{}@{}", self.account, self.realm);
        let (request, nonce) = encode_as_request(
            (&name, &self.host),
            &self.realm,
            &settings,
            Some(&self.key),
            now,
            rng,
        );
        let octets = answer(ConnectorStep::SignIn, ask(request))?;
        read_as_reply(&octets, &self.key, nonce, &self.host).map_err(|why| ConnectorFailure::Answer {
            step: ConnectorStep::SignIn,
            why,
        })
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one request, and what every request needs"
    )]
    fn ticket(
        &self,
        step: ConnectorStep,
        tgt: &TicketRecord,
        server: &PrincipalName,
        delegation: Delegation<'_>,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        ask: &mut AskKdc<'_>,
    ) -> Result<TicketRecord, ConnectorFailure> {
        let options = match delegation {
            Delegation::ToSelf(..) => ORDINARY,
            Delegation::ToOther(_) => ORDINARY | KdcOptions::CNAME_IN_ADDL_TKT,
        };
        let request = TgsRequest {
            tgt,
            realm: self.realm.clone(),
            server,
            options,
            key_list: None,
            delegation: Some(delegation),
        };
        let (octets, pending) = request.encode(&KerberosSettings::default(), now, rng);
        let octets = answer(step, ask(octets))?;
        let received = pending.read_tgs_reply(&octets, &self.host);
        let received = received.map_err(|why| ConnectorFailure::Answer { step, why })?;
        Ok(received.ticket)
    }
}

/// The answer, unless it is an error.
fn answer(step: ConnectorStep, octets: Option<Vec<u8>>) -> Result<Vec<u8>, ConnectorFailure> {
    let octets = octets.ok_or(ConnectorFailure::NoDomainController)?;
    if Message::peek(&octets) != Some(MessageType::ERROR) {
        return Ok(octets);
    }
    match KrbError::decode(&octets) {
        Ok(error) => Err(ConnectorFailure::Refused {
            step,
            code: error.error_code,
        }),
        Err(why) => Err(ConnectorFailure::Answer {
            step,
            why: why.into(),
        }),
    }
}
