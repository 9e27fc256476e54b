//! Getting and refreshing the primary refresh token, and opening the tickets that come with it.

use core::time::Duration;
use std::sync::Arc;

use kerberos::Timestamp;
use kerberos::crypto::{Etype, Key, KeyUsage};
use kerberos::wire::{AsRep, EncKdcRepPart};
use prt::form::Form;
use prt::jose::{JwsHeader, X5c, base64, open_direct, open_session_key, sign_rs256, sign_with_session_key};
use prt::messages::{
    GRANT_JWT_BEARER, GRANT_PASSWORD, GRANT_REFRESH_TOKEN, HELLO_KEY_USE, HelloAssertionClaims, PRT_SCOPE,
    PrtReply, PrtRequestClaims, Tgt, TokenReply, WINDOWS_API_VERSION, WINDOWS_SIGN_IN_CLIENT,
};
use prt::{KdfVersion, SessionKey};

use super::Flow;
use super::cloud::{answer_fault, guid, read_json};
use crate::error::{FlowError, Missing};
use crate::event::{ClientEvent, Delivery, Reason};
use crate::network::Network;
use crate::prt_cache::{HelloContainer, PrtAttempt, PrtCache, Registration};
use crate::state::Password;
use crate::tickets::{CACHE_SUPPLIED, CachedTicket, KdcCalled, TicketRecord};

/// What stands behind a first PRT.
pub(super) enum PrtCredential<'a> {
    Password(&'a Password),
    Key(&'a HelloContainer, &'static str),
}

impl PrtCredential<'_> {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Password(_) => "Password",
            Self::Key(_, name) => name,
        }
    }
}

const WHAT: &str = "a PRT request";
/// Why a session does not take the partial TGT that came.
const KEY_TRUST_CONTAINER: &str = "the Hello container was made for key trust";
/// Half of the life of a Hello assertion.
const ASSERTION_LEEWAY_SECONDS: i64 = 300;

impl<N: Network> Flow<'_, N> {
    /// Gets a first PRT with a credential. What the user had before stays if Entra refuses.
    pub(super) async fn acquire_prt(
        &mut self,
        upn: &str,
        credential: PrtCredential<'_>,
        reason: Reason,
    ) -> Result<(), FlowError> {
        let correlation_id = guid(self.rng);
        self.record(ClientEvent::PrtRequested {
            upn: upn.into(),
            reason,
            refresh: false,
        });
        let name = credential.name();
        match self.first_prt(upn, &credential, &correlation_id).await {
            Ok(prt) => {
                self.keep_prt(upn, prt);
                Ok(())
            }
            Err(error) => Err(self.prt_failed(upn, name, correlation_id, error)),
        }
    }

    async fn first_prt(
        &mut self,
        upn: &str,
        credential: &PrtCredential<'_>,
        correlation_id: &str,
    ) -> Result<PrtCache, FlowError> {
        let registration = self.registration()?;
        self.check_realm(upn, correlation_id).await?;
        let mut claims = self.claims(upn);
        match credential {
            PrtCredential::Password(password) => {
                claims.grant_type = GRANT_PASSWORD.to_owned();
                claims.password = Some(password.expose().to_owned());
            }
            PrtCredential::Key(container, _) => {
                let nonce = self.nonce(correlation_id).await?;
                claims.grant_type = GRANT_JWT_BEARER.to_owned();
                claims.assertion = Some(assertion(upn, container, nonce, self.now()));
            }
        }
        claims.request_nonce = self.nonce(correlation_id).await?;
        let header = JwsHeader {
            x5c: Some(X5c::List(vec![base64(&registration.certificate)])),
            kdf_ver: Some(2),
            ..JwsHeader::jwt()
        };
        let token = sign_rs256(header, &claims, &registration.keys.device);
        let answer = self
            .send_prt_request(upn, &registration, token, correlation_id)
            .await?;
        let reply: PrtReply = read_json(WHAT, &answer)?;
        let session_key = reply
            .session_key_jwe
            .as_deref()
            .ok_or_else(|| answer_fault(WHAT, &"there is no session_key_jwe"))?;
        let session_key = open_session_key(session_key, &registration.keys.transport)
            .map_err(|error| answer_fault(WHAT, &error))?;
        Ok(self.prt_from(&reply, session_key, &registration))
    }

    /// Refreshes a user's PRT and the tickets that come with it. On failure the old ones are kept.
    ///
    /// # Errors
    /// There is no PRT, Entra cannot be reached or refuses.
    pub async fn refresh_prt(&mut self, upn: &str, reason: Reason) -> Result<(), FlowError> {
        let correlation_id = guid(self.rng);
        let Some(old) = self.device.user(upn).and_then(|user| user.prt.as_ref()) else {
            return Err(FlowError::Missing(Missing::Prt));
        };
        let (token, session_key) = (Arc::clone(&old.token), old.session_key.clone());
        self.record(ClientEvent::PrtRequested {
            upn: upn.into(),
            reason,
            refresh: true,
        });
        match self.next_prt(upn, &token, &session_key, &correlation_id).await {
            Ok(prt) => {
                self.keep_prt(upn, prt);
                Ok(())
            }
            Err(error) => Err(self.prt_failed(upn, "PRT", correlation_id, error)),
        }
    }

    async fn next_prt(
        &mut self,
        upn: &str,
        token: &str,
        session_key: &SessionKey,
        correlation_id: &str,
    ) -> Result<PrtCache, FlowError> {
        let registration = self.registration()?;
        let mut claims = self.claims(upn);
        claims.username = None;
        claims.grant_type = GRANT_REFRESH_TOKEN.to_owned();
        claims.refresh_token = Some(token.to_owned());
        claims.iss = Some("aad:brokerplugin".to_owned());
        claims.request_nonce = self.nonce(correlation_id).await?;
        let request = sign_with_session_key(&claims, session_key, KdfVersion::V2, self.rng);
        let answer = self
            .send_prt_request(upn, &registration, request, correlation_id)
            .await?;
        let reply: PrtReply = read_sealed(&answer, session_key)?;
        let session_key = match reply.session_key_jwe.as_deref() {
            None => session_key.clone(),
            Some(jwe) => open_session_key(jwe, &registration.keys.transport)
                .map_err(|error| answer_fault(WHAT, &error))?,
        };
        Ok(self.prt_from(&reply, session_key, &registration))
    }

    /// An access token for an application, with the user's PRT.
    pub(super) async fn access_token(&mut self, upn: &str, resource: &str) -> Result<String, FlowError> {
        let correlation_id = guid(self.rng);
        let registration = self.registration()?;
        let prt = self.device.user(upn).and_then(|user| user.prt.as_ref());
        let prt = prt.ok_or(FlowError::Missing(Missing::Prt))?;
        let (token, session_key) = (Arc::clone(&prt.token), prt.session_key.clone());
        let mut claims = self.claims(upn);
        claims.scope = "openid".to_owned();
        claims.username = None;
        claims.grant_type = GRANT_REFRESH_TOKEN.to_owned();
        claims.refresh_token = Some(token.to_string());
        claims.resource = Some(resource.to_owned());
        claims.iss = Some("aad:brokerplugin".to_owned());
        claims.request_nonce = self.nonce(&correlation_id).await?;
        let request = sign_with_session_key(&claims, &session_key, KdfVersion::V2, self.rng);
        let answer = self
            .send_prt_request(upn, &registration, request, &correlation_id)
            .await?;
        Ok(read_sealed::<TokenReply>(&answer, &session_key)?.access_token)
    }

    /// The claims that every PRT request has.
    fn claims(&self, upn: &str) -> PrtRequestClaims {
        PrtRequestClaims {
            client_id: WINDOWS_SIGN_IN_CLIENT.to_owned(),
            scope: PRT_SCOPE.to_owned(),
            username: Some(upn.to_owned()),
            win_ver: Some(self.device.config.os_version.to_string()),
            group_sids: Some(Vec::new()),
            ..PrtRequestClaims::default()
        }
    }

    async fn send_prt_request(
        &mut self,
        upn: &str,
        registration: &Registration,
        request: String,
        correlation_id: &str,
    ) -> Result<Vec<u8>, FlowError> {
        let form = Form::new()
            .with("windows_api_version", WINDOWS_API_VERSION)
            .with("grant_type", GRANT_JWT_BEARER)
            .with("request", request)
            .with("client_info", "1");
        let form = match self.device.asks_for_tickets(upn) {
            true => form.with("tgt", "true"),
            false => form,
        };
        let path = format!("{}/oauth2/token", registration.tenant);
        self.post_form(WHAT, &path, &form, correlation_id).await
    }

    pub(super) fn registration(&self) -> Result<Arc<Registration>, FlowError> {
        self.device
            .registration
            .clone()
            .ok_or(FlowError::Missing(Missing::Registration))
    }

    fn prt_from(&self, reply: &PrtReply, session_key: SessionKey, registration: &Registration) -> PrtCache {
        let now = self.now();
        let tenant = if reply.device_tenant_id.is_empty() {
            &registration.tenant
        } else {
            reply.device_tenant_id.as_str()
        };
        let (on_prem, partial_tgt) = open_tgt(reply.tgt_ad.as_ref(), &session_key);
        let (cloud, cloud_tgt) = open_tgt(reply.tgt_cloud.as_ref(), &session_key);
        PrtCache {
            token: reply.refresh_token.as_str().into(),
            updated: now,
            expires: now + Duration::from_secs(reply.refresh_token_expires_in),
            authority: format!("https://{}/{tenant}", self.device.config.cloud.login).into(),
            on_prem,
            cloud,
            partial_tgt,
            cloud_tgt,
            kerberos_top_level_names: reply.kerberos_top_level_names.as_deref().map(Arc::from),
            refresh_requested: None,
            session_key,
        }
    }

    /// Keeps a new PRT and gives its tickets to the sessions of the user.
    fn keep_prt(&mut self, upn: &str, mut prt: PrtCache) {
        if self.device.keeps_key_trust(upn) {
            prt.on_prem = Delivery::Unusable(KEY_TRUST_CONTAINER.into());
            prt.partial_tgt = None;
        }
        self.record(ClientEvent::PrtReceived {
            upn: upn.into(),
            expires: prt.expires,
            on_prem: prt.on_prem.clone(),
            cloud: prt.cloud.clone(),
        });
        let user = self.device.user_mut(upn);
        user.failed_attempt = None;
        user.prt = Some(prt);
        self.supply_tickets(upn);
    }

    /// Gives what came with the PRT to the sessions of the user.
    pub(super) fn supply_tickets(&mut self, upn: &str) {
        let Some(prt) = self.device.user(upn).and_then(|user| user.prt.as_ref()) else {
            return;
        };
        let (partial_tgt, cloud_tgt) = (prt.partial_tgt.clone(), prt.cloud_tgt.clone());
        let retrieval = self.device.config.policy.cloud_ticket_retrieval;
        let sessions = self.device.sessions.iter_mut();
        for session in sessions.filter(|session| session.upn.eq_ignore_ascii_case(upn)) {
            session.partial_tgt = partial_tgt.clone();
            session.cloud_tgt = cloud_tgt.clone();
            if let Some(tgt) = cloud_tgt.clone().filter(|_| retrieval) {
                session.tickets.insert(tgt);
            }
        }
    }

    fn prt_failed(
        &mut self,
        upn: &str,
        credential: &'static str,
        correlation_id: Arc<str>,
        error: FlowError,
    ) -> FlowError {
        let shared = Arc::new(error);
        let attempt = self.attempt(upn, credential, correlation_id, &shared);
        let user = self.device.user_mut(upn);
        let kept_old = user.prt.is_some();
        if let Some(prt) = &mut user.prt {
            prt.refresh_requested = None;
        }
        user.failed_attempt = Some(attempt);
        self.record(ClientEvent::PrtFailed {
            upn: upn.into(),
            error: Arc::clone(&shared),
            kept_old,
        });
        Arc::unwrap_or_clone(shared)
    }

    fn attempt(
        &self,
        upn: &str,
        credential: &'static str,
        correlation_id: Arc<str>,
        error: &FlowError,
    ) -> PrtAttempt {
        let tenant = match &self.device.registration {
            Some(registration) => Arc::clone(&registration.tenant),
            None => Arc::from("common"),
        };
        let mut attempt = PrtAttempt {
            time: self.now(),
            status: error.nt_status(),
            user: upn.into(),
            credential,
            correlation_id,
            uri: format!("https://{}/{tenant}/oauth2/token", self.device.config.cloud.login).into(),
            http_error: 0,
            http_status: 0,
            server_error: Arc::from(""),
            server_description: Arc::from(""),
        };
        match error {
            FlowError::Network(error) => attempt.http_error = error.winhttp_code(),
            FlowError::Cloud(failure) => {
                attempt.uri = Arc::clone(&failure.uri);
                attempt.http_status = failure.http_status;
                attempt.server_error = Arc::clone(&failure.error);
                attempt.server_description = Arc::clone(&failure.description);
            }
            _ => {}
        }
        attempt
    }
}

/// The assertion with which a Hello key vouches for its user.
fn assertion(upn: &str, container: &HelloContainer, nonce: String, now: Timestamp) -> String {
    let header = JwsHeader {
        kid: Some(container.key_id.to_string()),
        key_use: Some(HELLO_KEY_USE.to_owned()),
        ..JwsHeader::jwt()
    };
    let claims = HelloAssertionClaims {
        iss: upn.to_owned(),
        aud: "common".to_owned(),
        iat: now.unix_seconds() - ASSERTION_LEEWAY_SECONDS,
        exp: now.unix_seconds() + ASSERTION_LEEWAY_SECONDS,
        request_nonce: nonce,
        scope: PRT_SCOPE.to_owned(),
    };
    sign_rs256(header, &claims, &container.key)
}

/// Opens a ticket of a PRT answer.
fn open_tgt(tgt: Option<&Tgt>, session_key: &SessionKey) -> (Delivery, Option<CachedTicket>) {
    let Some(tgt) = tgt else {
        return (Delivery::Absent, None);
    };
    if !tgt.is_issued() {
        let why = tgt.error.as_deref().unwrap_or("there is no key for it");
        return (Delivery::Refused(why.into()), None);
    }
    match supplied_ticket(tgt, session_key) {
        Ok(ticket) => {
            let delivery = Delivery::Delivered {
                realm: ticket.client_realm.to_text().into(),
                kvno: ticket.ticket.enc_part.kvno,
                end: ticket.end,
            };
            (delivery, Some(ticket))
        }
        Err(why) => (Delivery::Unusable(why.into()), None),
    }
}

/// The ticket, or in words what is wrong with it: no program decides on that.
fn supplied_ticket(tgt: &Tgt, session_key: &SessionKey) -> Result<CachedTicket, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let octets = tgt.client_key(session_key).map_err(|error| text(&error))?;
    let etype = i32::try_from(tgt.key_type)
        .ok()
        .and_then(Etype::from_number)
        .ok_or_else(|| format!("client key of encryption type {}", tgt.key_type))?;
    let client_key = Key::new(etype, &octets).map_err(|error| text(&error))?;
    let octets = tgt.as_rep().map_err(|error| text(&error))?;
    let reply = AsRep::decode(&octets).map_err(|error| text(&error))?;
    let part = reply
        .enc_part
        .open(&client_key, KeyUsage::AS_REP)
        .map_err(|error| text(&error))?;
    let part = EncKdcRepPart::decode(&part).map_err(|error| text(&error))?;
    Ok(CachedTicket::new(TicketRecord {
        client: reply.cname,
        client_realm: reply.crealm,
        server: part.sname,
        server_realm: part.srealm,
        ticket: reply.ticket,
        session_key: part.key.to_key().map_err(|error| text(&error))?,
        flags: part.flags,
        authtime: part.authtime,
        start: part.starttime.unwrap_or(part.authtime),
        end: part.endtime,
        renew_till: part.renew_till,
        cache_flags: CACHE_SUPPLIED,
        kdc: KdcCalled::SuppliedAtLogon,
    }))
}

/// An answer to a request that the session key signed: JSON, in clear or sealed with that key.
fn read_sealed<A: serde::de::DeserializeOwned>(
    answer: &[u8],
    session_key: &SessionKey,
) -> Result<A, FlowError> {
    if answer.first() == Some(&b'{') {
        return read_json(WHAT, answer);
    }
    let text = std::str::from_utf8(answer).map_err(|error| answer_fault(WHAT, &error))?;
    let clear = open_direct(text.trim(), session_key).map_err(|error| answer_fault(WHAT, &error))?;
    read_json(WHAT, &clear)
}
