//! Tickets of the cloud realm, through the KDC proxy of Entra (MS-KKDCP).

use std::sync::Arc;

use evidence::klist::LogonId;
use http::Request;
use kerberos::kkdcp::{CONTENT_TYPE, Envelope};
use kerberos::netlogon::DcFlags;
use kerberos::wire::PrincipalName;

use super::Flow;
use super::cloud::answer_fault;
use super::kdc::{Errand, read_answer, unusable};
use crate::error::{CloudFailure, FlowError, KdcRequest, Missing};
use crate::event::{Carrier, ClientEvent, Reason};
use crate::network::Network;
use crate::tgs::{ORDINARY, TgsRequest};
use crate::tickets::{CachedTicket, KdcCalled};

const WHAT: &str = "a ticket request of the cloud realm";

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
        });
        let errand = Errand {
            domain: &realm.to_text(),
            required: DcFlags::KDC,
            request: KdcRequest::ServiceTicket,
            server,
            reason: &reason,
        };
        self.asked(&login, &errand, Carrier::Https);
        let uri = format!("https://{login}/{}/kerberos", registration.tenant);
        let answer = self.through_proxy(&uri, Envelope::request(octets, realm)).await?;
        let answer = read_answer(answer.message, &login)?;
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

    async fn through_proxy(&mut self, uri: &str, envelope: Envelope) -> Result<Envelope, FlowError> {
        let request = Request::post(uri)
            .header(http::header::CONTENT_TYPE, CONTENT_TYPE)
            .header(http::header::USER_AGENT, "kerberos/1.0")
            .body(envelope.write())
            .map_err(|error| answer_fault(WHAT, &error))?;
        let response = self.network.https(request).await?;
        if response.status().is_success() {
            return Envelope::read(response.body()).map_err(|error| answer_fault(WHAT, &error));
        }
        Err(FlowError::Cloud(CloudFailure {
            uri: uri.into(),
            http_status: response.status().as_u16(),
            error: Arc::from(""),
            aadsts: None,
            description: String::from_utf8_lossy(response.body()).into(),
        }))
    }
}
