//! Service tickets, and opening something with one.

use std::sync::Arc;

use evidence::klist::LogonId;
use kerberos::codes::NtStatus;
use kerberos::crypto::{Key, KeyUsage};
use kerberos::netlogon::DcFlags;
use kerberos::wire::{
    ApOptions, ApRep, ApReq, Authenticator, Checksum, ChecksumFlags, EncApRepPart, EncryptedData,
    EncryptionKey, GssChecksum, GssToken, KrbError, Microseconds, PrincipalName, Pvno, TokenId, UInt32,
};
use kerberos::{KerberosTime, Timestamp};
use rand::CryptoRng;

use super::Flow;
use super::kdc::{Errand, unusable};
use crate::access::{AccessReply, AccessRequest, Wanted};
use crate::error::{AnswerFault, FlowError, KdcRequest};
use crate::event::{ClientEvent, Reason};
use crate::network::{Endpoint, Network};
use crate::tgs::{ORDINARY, TgsRequest};
use crate::tickets::{CachedTicket, TicketRecord};

/// Realms that a request is sent on through before the device gives up.
pub(super) const REFERRALS_MAX: usize = 5;

/// A share that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenShare {
    /// The server.
    pub host: Arc<str>,
    /// The share.
    pub share: Arc<str>,
    /// The ticket that opened it; `None` where NTLM did.
    pub ticket: Option<CachedTicket>,
}

impl<N: Network> Flow<'_, N> {
    /// Opens `\\host\share`: a ticket for `cifs/host`, then an AP-REQ in a GSS-API token to port 445, as SMB carries it, and
    /// the service must prove itself. Where there is no ticket and the device may, NTLM is tried. See [`crate::access`] for the
    /// messages.
    ///
    /// # Errors
    /// No ticket could be had, the server cannot be reached, does not prove itself, or denies access.
    pub(crate) async fn open_share(
        &mut self,
        id: LogonId,
        host: &str,
        share: &str,
        wanted: Wanted,
    ) -> Result<OpenShare, FlowError> {
        let host: Arc<str> = host.to_lowercase().into();
        let share: Arc<str> = share.into();
        let result = self.try_open(id, &host, &share, wanted).await;
        self.opened(id, host, share, result)
    }

    /// Tells how it ended, in the session of whoever sits there.
    pub(super) fn opened(
        &mut self,
        id: LogonId,
        host: Arc<str>,
        share: Arc<str>,
        result: Result<Option<CachedTicket>, FlowError>,
    ) -> Result<OpenShare, FlowError> {
        match result {
            Ok(ticket) => {
                let (to, opened) = (Arc::clone(&host), Arc::clone(&share));
                self.record(match ticket {
                    Some(_) => ClientEvent::AccessGranted {
                        host: to,
                        share: opened,
                    },
                    None => ClientEvent::AccessGrantedByNtlm {
                        host: to,
                        share: opened,
                    },
                });
                Ok(OpenShare { host, share, ticket })
            }
            Err(error) => Err(self.access_failed(id, host, share, error)),
        }
    }

    fn access_failed(&mut self, id: LogonId, host: Arc<str>, share: Arc<str>, error: FlowError) -> FlowError {
        if matches!(error, FlowError::AccessDenied { .. }) {
            self.record(ClientEvent::AccessDenied { host, share });
            return error;
        }
        let error = self.failed(id, error);
        self.record(ClientEvent::AccessFailed {
            host,
            error: Arc::new(error.clone()),
        });
        error
    }

    pub(super) async fn try_open(
        &mut self,
        id: LogonId,
        host: &Arc<str>,
        share: &Arc<str>,
        wanted: Wanted,
    ) -> Result<Option<CachedTicket>, FlowError> {
        let server = PrincipalName::service_instance(["cifs", host]);
        let reason = Reason::Access {
            service: server.to_string().into(),
        };
        let ticket = match self.service_ticket(id, &server, reason).await {
            Err(error) if self.may_use_ntlm(host) => {
                self.open_by_ntlm(id, host, share, wanted, error).await?;
                return Ok(None);
            }
            result => result?,
        };
        let (token, sent) = access_token(&ticket, self.now(), self.rng);
        let request = AccessRequest {
            token,
            share: Some((share.to_string(), wanted)),
        };
        let answer = self
            .network
            .stream(&Endpoint::smb(Arc::clone(host)), request.write())
            .await?;
        let reply = AccessReply::read(&answer).map_err(|error| unusable(host, error))?;
        let token = GssToken::decode(&reply.token).map_err(|error| unusable(host, error))?;
        match token.id {
            TokenId::ApRep => sent
                .verify(&ticket.session_key, &token.message)
                .map_err(|fault| unusable(host, fault))?,
            TokenId::Error => {
                let error = KrbError::decode(&token.message).map_err(|error| unusable(host, error))?;
                return Err(self.refused(host, KdcRequest::Access, &error));
            }
            TokenId::ApReq => return Err(unusable(host, AnswerFault::MutualAuthentication)),
        }
        let (host, share) = (Arc::clone(host), Arc::clone(share));
        match reply.status {
            NtStatus::SUCCESS => Ok(Some(ticket)),
            NtStatus::BAD_NETWORK_NAME => Err(FlowError::ShareUnknown { host, share }),
            _ => Err(FlowError::AccessDenied { host, share }),
        }
    }

    /// A ticket for a service: the one in the cache, else one from a KDC, wherever referrals lead. This is what
    /// `klist get` does.
    ///
    /// # Errors
    /// There is no TGT and none can be had, no DC is found, or a KDC refuses. The session keeps the error.
    pub(crate) async fn service_ticket(
        &mut self,
        id: LogonId,
        server: &PrincipalName,
        reason: Reason,
    ) -> Result<CachedTicket, FlowError> {
        if matches!(server.components.as_slice(), [name] if name.eq_ignore_ascii_case("krbtgt")) {
            // without an instance it is the TGT of the user's own realm
            return self.full_tgt(id, reason).await;
        }
        let now = self.now();
        if let Some(ticket) = self.session(id)?.tickets.service(server, now).cloned() {
            self.record(ClientEvent::CachedTicketUsed {
                server: ticket.server.clone(),
            });
            return Ok(ticket);
        }
        if self.is_cloud_service(id, server)? {
            return self
                .cloud_ticket(id, server, reason)
                .await
                .map_err(|error| self.failed(id, error));
        }
        let tgt = self.full_tgt(id, reason.clone()).await?;
        self.follow(id, server, reason, tgt)
            .await
            .map_err(|error| self.failed(id, error))
    }

    async fn follow(
        &mut self,
        id: LogonId,
        server: &PrincipalName,
        reason: Reason,
        mut tgt: CachedTicket,
    ) -> Result<CachedTicket, FlowError> {
        for _ in 0..REFERRALS_MAX {
            let (ticket, host) = self.ask_for_service(server, &reason, &tgt).await?;
            let next = ticket
                .server
                .krbtgt_realm()
                .map(|realm| realm.to_text().into_owned());
            let ticket = CachedTicket::new(ticket);
            self.session_mut(id)?.tickets.insert(ticket.clone());
            match next {
                Some(realm) if server.krbtgt_realm().is_none() => {
                    self.record(ClientEvent::Referred {
                        from: ticket.server_realm.to_text().into(),
                        to: realm.into(),
                    });
                    tgt = ticket;
                }
                _ => {
                    self.session_mut(id)?.last_failure = None;
                    self.record(ClientEvent::ServiceTicketReceived {
                        server: ticket.server.clone(),
                        host,
                        end: ticket.end,
                    });
                    return Ok(ticket);
                }
            }
        }
        let host = tgt.server_realm.to_text().into();
        Err(unusable(&host, AnswerFault::Referrals(REFERRALS_MAX)))
    }

    async fn ask_for_service(
        &mut self,
        server: &PrincipalName,
        reason: &Reason,
        tgt: &CachedTicket,
    ) -> Result<(TicketRecord, Arc<str>), FlowError> {
        let realm = tgt.server.krbtgt_realm().unwrap_or(&tgt.server_realm).clone();
        let errand = Errand {
            domain: &realm.to_text(),
            required: DcFlags::KDC,
            request: KdcRequest::ServiceTicket,
            server,
            reason,
        };
        let (dc, answer, pending) = self
            .ask_domain(&errand, |flow| {
                flow.encode_tgs(&TgsRequest {
                    tgt,
                    realm: realm.clone(),
                    server,
                    options: ORDINARY,
                    key_list: None,
                    delegation: None,
                })
            })
            .await?;
        let octets = self.reply_or_failure(&dc.host, KdcRequest::ServiceTicket, answer)?;
        let mut received = pending
            .read_tgs_reply(&octets, &dc.host)
            .map_err(|fault| unusable(&dc.host, fault))?;
        received.ticket.kdc = dc.kdc;
        Ok((received.ticket, dc.host))
    }
}

/// What the service must repeat.
pub(crate) struct SentTime {
    ctime: KerberosTime,
    cusec: Microseconds,
}

impl SentTime {
    pub(super) fn verify(&self, session_key: &Key, message: &[u8]) -> Result<(), AnswerFault> {
        let reply = ApRep::decode(message)?;
        let part = EncApRepPart::decode(&reply.enc_part.open(session_key, KeyUsage::AP_REP)?)?;
        if (part.ctime, part.cusec) == (self.ctime, self.cusec) {
            return Ok(());
        }
        Err(AnswerFault::MutualAuthentication)
    }
}

/// The first token of a GSS-API context with mutual authentication.
pub(crate) fn access_token(
    ticket: &TicketRecord,
    now: Timestamp,
    rng: &mut dyn CryptoRng,
) -> (Vec<u8>, SentTime) {
    let flags = ChecksumFlags::MUTUAL
        | ChecksumFlags::REPLAY
        | ChecksumFlags::SEQUENCE
        | ChecksumFlags::CONF
        | ChecksumFlags::INTEG;
    let sent = SentTime {
        ctime: now.kerberos_time(),
        cusec: now.into(),
    };
    let subkey = Key::generate(ticket.session_key.etype(), rng);
    let authenticator = Authenticator {
        authenticator_vno: Pvno,
        crealm: ticket.client_realm.clone(),
        cname: ticket.client.clone(),
        cksum: Some(Checksum {
            r#type: GssChecksum::TYPE,
            checksum: GssChecksum::new(flags).encode().into(),
        }),
        cusec: sent.cusec,
        ctime: sent.ctime,
        subkey: Some(EncryptionKey::from(&subkey)),
        seq_number: Some(UInt32(rng.next_u32() >> 1)),
        authorization_data: None,
    };
    let sealed = EncryptedData::seal(
        &ticket.session_key,
        KeyUsage::AP_REQ_AUTHENTICATOR,
        None,
        &authenticator.encode(),
        rng,
    );
    let request = ApReq::new(ApOptions::MUTUAL_REQUIRED, ticket.ticket.clone(), sealed);
    (GssToken::new(TokenId::ApReq, request.encode()).encode(), sent)
}
