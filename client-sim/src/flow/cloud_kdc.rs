//! Tickets of the cloud realm, through the KDC proxy of Entra (MS-KKDCP).

use std::sync::Arc;

use evidence::klist::LogonId;
use http::Request;
use kerberos::kkdcp::{CONTENT_TYPE, Envelope};
use kerberos::netlogon::DcFlags;
use kerberos::wire::PrincipalName;

use super::Flow;
use super::kdc::{Errand, KdcAnswer, read_answer, unusable};
use crate::error::{FlowError, KdcRequest, Missing};
use crate::event::{Carrier, ClientEvent, Reason};
use crate::network::Network;
use crate::tgs::{ORDINARY, TgsRequest};
use crate::tickets::{CachedTicket, KdcCalled};

impl<N: Network> Flow<'_, N> {
    /// Whether a service belongs to the cloud realm: its host ends in one of the suffixes that came with the PRT, and
    /// policy puts the cloud TGT into the ticket cache.
    pub(super) fn is_cloud_service(&self, id: LogonId, server: &PrincipalName) -> Result<bool, FlowError> {
        let session = self.session(id)?;
        let names = self
            .device
            .user(&session.upn)
            .and_then(|user| user.prt.as_ref())
            .and_then(|prt| prt.kerberos_top_level_names.as_deref());
        let (Some(names), [_, host, ..]) = (names, server.components.as_slice()) else {
            return Ok(false);
        };
        let host = host.to_text().to_lowercase();
        let matches = names.split(',').any(|suffix| {
            let suffix = suffix.trim();
            !suffix.is_empty() && host.ends_with(&suffix.to_lowercase())
        });
        Ok(matches && self.device.config.policy.cloud_ticket_retrieval)
    }

    /// Gets a ticket with the cloud TGT.
    pub(super) async fn cloud_ticket(
        &mut self,
        id: LogonId,
        server: &PrincipalName,
        reason: Reason,
    ) -> Result<CachedTicket, FlowError> {
        let now = self.now();
        let tgt = self
            .session(id)?
            .cloud_tgt
            .clone()
            .filter(|tgt| tgt.is_valid(now))
            .ok_or(FlowError::Missing(Missing::CloudTgt))?;
        let registration = self.registration()?;
        let login = Arc::clone(&self.device.config.cloud.login);
        let realm = tgt.server_realm.clone();
        let (octets, pending) = self.encode_tgs(&TgsRequest {
            tgt: &tgt,
            realm: realm.clone(),
            server,
            options: ORDINARY,
            key_list: None,
            delegation: None,
        });
        let errand = Errand {
            domain: &realm.to_text(),
            required: DcFlags::KDC,
            request: KdcRequest::ServiceTicket,
            server,
            reason: &reason,
        };
        let url = format!("https://{login}/{}/kerberos", registration.tenant);
        let answer = self.ask_proxy(&url, &login, &errand, octets).await?;
        let octets = self.reply_or_failure(&login, KdcRequest::ServiceTicket, answer)?;
        let mut received = pending
            .read_tgs_reply(&octets, &login)
            .map_err(|fault| unusable(&login, fault))?;
        received.ticket.kdc = KdcCalled::Proxy(Arc::clone(&login));
        let ticket = CachedTicket::new(received.ticket);
        self.session_mut(id)?.tickets.insert(ticket.clone());
        self.record(ClientEvent::ServiceTicketReceived {
            server: ticket.server.clone(),
            host: login,
            end: ticket.end,
        });
        Ok(ticket)
    }

    /// Asks the KDC of a realm through a proxy; `host` is that of the URL.
    pub(super) async fn ask_proxy(
        &mut self,
        url: &str,
        host: &Arc<str>,
        errand: &Errand<'_>,
        octets: Vec<u8>,
    ) -> Result<KdcAnswer, FlowError> {
        self.asked(host, errand, Carrier::Https);
        let unusable = |why: String| FlowError::KdcProxy {
            url: url.into(),
            realm: errand.domain.into(),
            why: why.into(),
        };
        let envelope = Envelope::request(octets, errand.domain.into());
        let request = Request::post(url)
            .header(http::header::CONTENT_TYPE, CONTENT_TYPE)
            .header(http::header::USER_AGENT, "kerberos/1.0")
            .body(envelope.write())
            .map_err(|error| unusable(error.to_string()))?;
        let response = self.network.https(request).await;
        let response = response.map_err(|error| unusable(error.to_string()))?;
        if !response.status().is_success() {
            return Err(unusable(format!("HTTP {}", response.status())));
        }
        let answer = Envelope::read(response.body()).map_err(|error| unusable(error.to_string()))?;
        read_answer(answer.message, host)
    }
}
