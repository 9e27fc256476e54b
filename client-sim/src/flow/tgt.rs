//! Getting a full TGT: by exchanging the partial one, by password, by renewal.

use std::sync::Arc;

use evidence::klist::LogonId;
use kerberos::codes::ErrorCode;
use kerberos::crypto::Key;
use kerberos::netlogon::DcFlags;
use kerberos::wire::{KdcOptions, KrbError, PrincipalName, Realm};

use super::Flow;
use super::kdc::{Answerer, Errand, KdcAnswer, unusable};
use super::locate::EXCHANGE_DC;
use super::service::REFERRALS_MAX;
use crate::error::{AnswerFault, FlowError, KdcRequest, Missing};
use crate::event::{ClientEvent, Reason};
use crate::network::Network;
use crate::policy::Trust;
use crate::state::{Credential, LogonSession, Password};
use crate::tgs::{AsRequest, ORDINARY, TgsRequest, read_as_reply};
use crate::tickets::{CACHE_PRIMARY, CachedTicket, TicketRecord};

impl<N: Network> Flow<'_, N> {
    /// A TGT of the domain itself for a session: the one in the cache, else a new one, by the way that the session's
    /// credential allows.
    ///
    /// # Errors
    /// The session has nothing to get it with, no DC is found, or the DC refuses. The session keeps the error.
    pub async fn full_tgt(&mut self, id: LogonId, reason: Reason) -> Result<CachedTicket, FlowError> {
        let now = self.now();
        let session = self.session(id)?;
        if let Some(tgt) = on_prem_realm(session, self.device.config.join.ad_domain())
            .and_then(|realm| session.tickets.tgt(&realm.to_text(), now))
        {
            return Ok(tgt.clone());
        }
        match &session.credential {
            Credential::Password(password) => {
                let password = password.clone();
                self.password_tgt(id, &password, reason).await
            }
            Credential::SecurityKey => self.exchange(id, reason).await,
            Credential::Local => Err(self.failed(id, FlowError::Missing(Missing::DomainCredential))),
            Credential::Hello => {
                let upn = Arc::clone(&session.upn);
                match self.device.session_trust(&upn) {
                    Trust::Cloud => self.exchange(id, reason).await,
                    trust => {
                        let error = self.other_trust(&upn, trust).await;
                        Err(self.failed(id, error))
                    }
                }
            }
        }
    }

    /// Exchanges the partial TGT of a session for a full one, and asks for the key that NTLM needs.
    ///
    /// # Errors
    /// There is no partial TGT, no DC that can do it is found, or the DC refuses. The session keeps the error.
    pub async fn exchange(&mut self, id: LogonId, reason: Reason) -> Result<CachedTicket, FlowError> {
        let result = self.try_exchange(id, reason).await;
        self.settle_tgt(id, KdcRequest::Exchange, result)
    }

    async fn try_exchange(&mut self, id: LogonId, reason: Reason) -> Result<CachedTicket, FlowError> {
        let now = self.now();
        let session = self.session(id)?;
        let partial = session
            .partial_tgt
            .clone()
            .filter(|tgt| tgt.is_valid(now))
            .ok_or(FlowError::Missing(Missing::OnPremCredential))?;
        let realm = partial.client_realm.clone();
        let server = PrincipalName::krbtgt(realm.clone());
        let key_list = self.device.config.kerberos.key_list.clone();
        let errand = Errand {
            domain: &realm.to_text(),
            required: EXCHANGE_DC,
            request: KdcRequest::Exchange,
            server: &server,
            reason: &reason,
        };
        let (dc, answer, pending) = self
            .ask_domain(&errand, |flow| {
                let request = TgsRequest {
                    tgt: &partial,
                    realm: realm.clone(),
                    server: &server,
                    options: ORDINARY,
                    key_list: (!key_list.is_empty()).then_some(key_list.as_slice()),
                    delegation: None,
                };
                flow.encode_tgs(&request)
            })
            .await?;
        let octets = self.reply_or_failure(&dc.host, KdcRequest::Exchange, answer)?;
        let received = pending
            .read_tgs_reply(&octets, &dc.host)
            .map_err(|fault| unusable(&dc.host, fault))?;
        expect_server(&received.ticket, &server, &dc.host)?;
        let tgt = self.keep_tgt(id, KdcRequest::Exchange, &dc, received.ticket, received.ntlm_key)?;
        self.session_mut(id)?.as_rep_used = true;
        Ok(tgt)
    }

    /// Gets a TGT with the password of a session, as every Windows did before there were keys.
    ///
    /// # Errors
    /// The session knows no domain, no DC is found, or the DC refuses. The session keeps the error.
    pub(super) async fn password_tgt(
        &mut self,
        id: LogonId,
        password: &Password,
        reason: Reason,
    ) -> Result<CachedTicket, FlowError> {
        let result = self.try_password(id, password, reason).await;
        self.settle_tgt(id, KdcRequest::PasswordTgt, result)
    }

    async fn try_password(
        &mut self,
        id: LogonId,
        password: &Password,
        reason: Reason,
    ) -> Result<CachedTicket, FlowError> {
        let session = self.session(id)?;
        let upn = Arc::clone(&session.upn);
        let mut realm = on_prem_realm(session, self.device.config.join.ad_domain())
            .ok_or(FlowError::Missing(Missing::OnPremCredential))?;
        for _ in 0..=REFERRALS_MAX {
            let user = (&*upn, password);
            match self.ask_for_tgt(id, user, &realm, &reason).await? {
                Ok(tgt) => return Ok(tgt),
                Err(next) => {
                    self.record(ClientEvent::Referred {
                        from: realm.to_text().into(),
                        to: next.to_text().into(),
                    });
                    realm = next;
                }
            }
        }
        let host = realm.to_text().into();
        Err(unusable(&host, AnswerFault::Referrals(REFERRALS_MAX)))
    }

    /// Asks one realm for a TGT with a password: the TGT, or the realm that the user is of (RFC 6806 section 7).
    async fn ask_for_tgt(
        &mut self,
        id: LogonId,
        (upn, password): (&str, &Password),
        realm: &Realm,
        reason: &Reason,
    ) -> Result<Result<CachedTicket, Realm>, FlowError> {
        let server = PrincipalName::krbtgt(realm.clone());
        let workstation = Arc::clone(&self.device.config.name);
        let request = AsRequest {
            upn,
            realm: realm.clone(),
            password,
            workstation: &workstation,
        };
        let errand = Errand {
            domain: &realm.to_text(),
            required: DcFlags::KDC,
            request: KdcRequest::PasswordTgt,
            server: &server,
            reason,
        };
        let (dc, answer, _) = self
            .ask_domain(&errand, |flow| flow.encode_as(&request, None))
            .await?;
        let methods = match answer {
            KdcAnswer::Error(error) if error.error_code == ErrorCode::PREAUTH_REQUIRED => {
                error.e_data.unwrap_or_default()
            }
            KdcAnswer::Error(error) => {
                return match elsewhere(&error, realm) {
                    Some(next) => Ok(Err(next)),
                    None => Err(self.refused(&dc.host, KdcRequest::PasswordTgt, &error)),
                };
            }
            // a KDC that wants no proof names the salt nowhere that is sure: Windows' KDC always wants one
            KdcAnswer::Reply(_) => return Err(unusable(&dc.host, AnswerFault::NoCommonEtype)),
        };
        let key = request
            .key(&self.device.config.kerberos, &methods)
            .map_err(|fault| unusable(&dc.host, fault))?;
        let (dc, answer, nonce) = self
            .ask_domain(&errand, |flow| flow.encode_as(&request, Some(&key)))
            .await?;
        let octets = self.reply_or_failure(&dc.host, KdcRequest::PasswordTgt, answer)?;
        let ticket =
            read_as_reply(&octets, &key, nonce, &dc.host).map_err(|fault| unusable(&dc.host, fault))?;
        expect_server(&ticket, &server, &dc.host)?;
        self.keep_tgt(id, KdcRequest::PasswordTgt, &dc, ticket, None)
            .map(Ok)
    }

    /// Renews the full TGT of a session.
    ///
    /// # Errors
    /// There is none that can be renewed, no DC is found, or the DC refuses. The old TGT stays.
    pub async fn renew_tgt(&mut self, id: LogonId, reason: Reason) -> Result<CachedTicket, FlowError> {
        let result = self.try_renewal(id, reason).await;
        self.settle_tgt(id, KdcRequest::Renewal, result)
    }

    async fn try_renewal(&mut self, id: LogonId, reason: Reason) -> Result<CachedTicket, FlowError> {
        let now = self.now();
        let session = self.session(id)?;
        let realm = on_prem_realm(session, self.device.config.join.ad_domain())
            .ok_or(FlowError::Missing(Missing::RenewableTgt))?;
        let old = session
            .tickets
            .tgt(&realm.to_text(), now)
            .filter(|tgt| tgt.is_renewable(now))
            .cloned()
            .ok_or(FlowError::Missing(Missing::RenewableTgt))?;
        let server = PrincipalName::krbtgt(realm.clone());
        let errand = Errand {
            domain: &realm.to_text(),
            required: DcFlags::KDC,
            request: KdcRequest::Renewal,
            server: &server,
            reason: &reason,
        };
        let (dc, answer, pending) = self
            .ask_domain(&errand, |flow| {
                flow.encode_tgs(&TgsRequest {
                    tgt: &old,
                    realm: realm.clone(),
                    server: &server,
                    options: ORDINARY | KdcOptions::RENEW,
                    key_list: None,
                    delegation: None,
                })
            })
            .await?;
        let octets = self.reply_or_failure(&dc.host, KdcRequest::Renewal, answer)?;
        let received = pending
            .read_tgs_reply(&octets, &dc.host)
            .map_err(|fault| unusable(&dc.host, fault))?;
        expect_server(&received.ticket, &server, &dc.host)?;
        self.keep_tgt(id, KdcRequest::Renewal, &dc, received.ticket, None)
    }

    fn keep_tgt(
        &mut self,
        id: LogonId,
        request: KdcRequest,
        dc: &Answerer,
        mut ticket: TicketRecord,
        ntlm_key: Option<Key>,
    ) -> Result<CachedTicket, FlowError> {
        ticket.cache_flags = CACHE_PRIMARY;
        ticket.kdc = dc.kdc.clone();
        let tgt = CachedTicket::new(ticket);
        let session = self.session_mut(id)?;
        session.tickets.insert(tgt.clone());
        session.last_failure = None;
        let has_key = ntlm_key.is_some();
        if has_key {
            session.ntlm_key = ntlm_key;
        }
        self.record(ClientEvent::TgtReceived {
            realm: tgt.server_realm.to_text().into(),
            request,
            host: Arc::clone(&dc.host),
            kvno: tgt.ticket.enc_part.kvno,
            end: tgt.end,
            ntlm_key: has_key,
        });
        Ok(tgt)
    }

    fn settle_tgt(
        &mut self,
        id: LogonId,
        request: KdcRequest,
        result: Result<CachedTicket, FlowError>,
    ) -> Result<CachedTicket, FlowError> {
        result.map_err(|error| {
            let error = self.failed(id, error);
            self.record(ClientEvent::TgtFailed {
                request,
                error: Arc::new(error.clone()),
            });
            error
        })
    }

    pub(super) fn encode_tgs(&mut self, request: &TgsRequest<'_>) -> (Vec<u8>, crate::tgs::Pending) {
        request.encode(&self.device.config.kerberos, self.network.now(), self.rng)
    }

    fn encode_as(&mut self, request: &AsRequest<'_>, key: Option<&Key>) -> (Vec<u8>, kerberos::wire::UInt32) {
        request.encode(&self.device.config.kerberos, key, self.network.now(), self.rng)
    }
}

/// The AD realm of a session: that of the partial TGT, else of the TGT it has, else of the domain that was typed, else of
/// the device's domain.
pub(super) fn on_prem_realm(session: &LogonSession, ad_domain: Option<&Arc<str>>) -> Option<Realm> {
    let primary = || {
        session
            .tickets
            .iter()
            .find(|ticket| ticket.cache_flags == CACHE_PRIMARY)
    };
    match session.partial_tgt.as_ref().or_else(primary) {
        Some(tgt) => Some(tgt.client_realm.clone()),
        None => {
            let typed = session.other.as_ref().map(|other| &other.domain);
            typed
                .or(ad_domain)
                .map(|domain| Realm::from(domain.to_uppercase()))
        }
    }
}

/// The realm that an error of the AS sends the client to.
fn elsewhere(error: &KrbError, asked: &Realm) -> Option<Realm> {
    let next = error.crealm.clone().filter(|next| next != asked)?;
    (error.error_code == ErrorCode::WRONG_REALM).then_some(next)
}

fn expect_server(ticket: &TicketRecord, expected: &PrincipalName, host: &Arc<str>) -> Result<(), FlowError> {
    if ticket.server.same_name(expected) {
        return Ok(());
    }
    let fault = AnswerFault::Name {
        expected: expected.to_string().into(),
        found: ticket.server.to_string().into(),
    };
    Err(unusable(host, fault))
}
