//! What the device shows to somebody who looks: artefacts filled from the state, and tickets for other programs.

use evidence::cloud_debug::CloudDebug;
use evidence::dsregcmd::{self, PrtDetails, SsoState};
use evidence::klist::{KlistTicket, KlistTickets, LogonId, NameAtRealm};
use jiff::civil::DateTime;
use jiff::tz::Offset;
use kerberos::ccache::{self, Ccache, Principal};
use kerberos::wire::EncryptionKey;
use kerberos::{KerberosTime, Timestamp};

use crate::prt_cache::{PrtAttempt, PrtCache};
use crate::state::{Credential, DeviceState, LogonSession};
use crate::tickets::CachedTicket;

/// The realm of the cloud TGT.
const CLOUD_REALM: &str = "KERBEROS.MICROSOFTONLINE.COM";
/// What `klist` prints as the client's realm of a ticket of the cloud realm.
const CLOUD_CLIENT_REALM: &str = "AzureAD";
/// `AS_REP Credential Type` of a session opened with a key, as seen with Hello; for a password no value is public.
const KEY_CREDENTIAL_TYPE: u32 = 2;

impl DeviceState {
    /// `klist`: the tickets of a session that are still valid, in local time. Nothing when there is no such session.
    pub fn klist(&self, id: LogonId, now: Timestamp) -> Option<KlistTickets> {
        let session = self.session(id)?;
        let offset =
            Offset::from_seconds(self.config.utc_offset_minutes.saturating_mul(60)).unwrap_or(Offset::UTC);
        let valid = session.tickets.iter().filter(|ticket| ticket.is_valid(now));
        Some(KlistTickets {
            logon_id: id,
            tickets: valid.map(|ticket| shown(ticket, offset)).collect(),
        })
    }

    /// `klist cloud_debug`. Nothing when there is no such session.
    pub fn cloud_debug(&self, id: LogonId) -> Option<CloudDebug> {
        let session = self.session(id)?;
        let prt = self.prt_of(session);
        let retrieval = self.config.policy.cloud_ticket_retrieval;
        let with_key = !matches!(session.credential, Credential::Password(_));
        Some(CloudDebug {
            logon_id: id,
            enabled_by_policy: retrieval,
            as_rep_callback_received: prt.is_some(),
            as_rep_callback_used: session.as_rep_used,
            cloud_referral_tgt: retrieval && session.cloud_tgt.is_some(),
            spn_oracle: retrieval && prt.is_some_and(|prt| prt.kerberos_top_level_names.is_some()),
            kdc_proxy: retrieval && session.cloud_tgt.is_some(),
            public_key_credential: with_key,
            password_derived_keys: !with_key,
            plaintext_password: false,
            as_rep_credential_type: if with_key { KEY_CREDENTIAL_TYPE } else { 0 },
            cloud_primary_tgt: session.partial_tgt.is_some(),
        })
    }

    /// `dsregcmd /status`, section "SSO State", as the user sees it. A user whom the device does not know sees what the
    /// system account sees: no PRT.
    pub fn sso_state(&self, upn: &str, now: Timestamp) -> SsoState {
        let user = self.user(upn);
        let last = user.and_then(|user| user.prt.as_ref());
        let valid = last.filter(|prt| now < prt.expires);
        SsoState {
            prt: valid.map(prt_details),
            attempt: user.and_then(|user| user.failed_attempt.as_ref()).map(attempt),
            enterprise_prt: false,
            enterprise_prt_authority: None,
            on_prem_tgt: last.is_some_and(|prt| prt.on_prem.is_delivered()),
            cloud_tgt: last.is_some_and(|prt| prt.cloud.is_delivered()),
            kerb_top_level_names: last
                .and_then(|prt| prt.kerberos_top_level_names.as_deref())
                .map(str::to_owned),
        }
    }

    fn prt_of(&self, session: &LogonSession) -> Option<&PrtCache> {
        self.user(&session.upn)?.prt.as_ref()
    }
}

fn shown(ticket: &CachedTicket, offset: Offset) -> KlistTicket {
    let local = |time: KerberosTime| local_time(time, offset);
    let is_cloud = ticket.server_realm.eq_ignore_ascii_case(CLOUD_REALM);
    let client_realm = if is_cloud {
        CLOUD_CLIENT_REALM.to_owned()
    } else {
        ticket.client_realm.to_string()
    };
    KlistTicket {
        client: NameAtRealm::new(ticket.client.to_string(), client_realm),
        server: NameAtRealm::new(ticket.server.to_string(), ticket.server_realm.to_string()),
        ticket_etype: ticket.ticket.enc_part.etype,
        flags: ticket.flags.bits(),
        start: local(ticket.start),
        end: local(ticket.end),
        renew: ticket.renew_till.map(local),
        session_etype: ticket.session_key.etype().number(),
        cache_flags: ticket.cache_flags,
        kdc_called: ticket.kdc.to_string(),
    }
}

/// Times of tickets are within the years 0 to 9999, which is what both types hold.
fn local_time(time: KerberosTime, offset: Offset) -> DateTime {
    let time = jiff::Timestamp::from_second(time.unix_seconds()).unwrap_or_default();
    offset.to_datetime(time)
}

fn instant(time: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(time.unix_micros()).unwrap_or_default()
}

fn prt_details(prt: &PrtCache) -> PrtDetails {
    PrtDetails {
        update_time: instant(prt.updated),
        expiry_time: instant(prt.expires),
        authority: prt.authority.to_string(),
    }
}

fn attempt(attempt: &PrtAttempt) -> dsregcmd::PrtAttempt {
    dsregcmd::PrtAttempt {
        time: instant(attempt.time),
        status: attempt.status.number(),
        user_identity: attempt.user.to_string(),
        credential_type: attempt.credential.to_owned(),
        correlation_id: attempt.correlation_id.to_string(),
        endpoint_uri: attempt.uri.to_string(),
        http_method: "POST".to_owned(),
        http_error: attempt.http_error,
        http_status: attempt.http_status,
        server_error_code: attempt.server_error.to_string(),
        server_error_description: attempt.server_description.to_string(),
    }
}

/// Which tickets another program gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Export {
    /// The partial TGT alone: what Entra gave, before any DC saw it.
    PartialTgt,
    /// The full TGT, else the partial one, and the service tickets of the same client.
    All,
}

impl LogonSession {
    /// The session's tickets as a credential cache that MIT's and Heimdal's programs read. A program that renews the TGT
    /// in it (`kinit -R`) exchanges a partial one. Nothing when there is no TGT of an AD realm.
    pub fn export_ccache(&self, what: Export, now: Timestamp) -> Option<Ccache> {
        let partial = self.partial_tgt.as_ref().filter(|tgt| tgt.is_valid(now));
        let full = self
            .tickets
            .iter()
            .find(|ticket| ticket.is_tgt_of(&ticket.client_realm.to_text()) && ticket.is_valid(now))
            .filter(|_| what == Export::All);
        let tgt = full.or(partial)?;
        let mut cache = Ccache::new(client_of(tgt));
        cache.credentials.push(exported(tgt));
        if what == Export::All {
            let others = self.tickets.iter().filter(|ticket| {
                ticket.is_valid(now)
                    && ticket.client == tgt.client
                    && ticket.client_realm == tgt.client_realm
                    && (ticket.server_realm != tgt.server_realm || ticket.server != tgt.server)
            });
            cache.credentials.extend(others.map(exported));
        }
        Some(cache)
    }
}

fn client_of(ticket: &CachedTicket) -> Principal {
    Principal {
        realm: ticket.client_realm.clone(),
        name: ticket.client.clone(),
    }
}

fn exported(ticket: &CachedTicket) -> ccache::Credential {
    ccache::Credential {
        client: client_of(ticket),
        server: Principal {
            realm: ticket.server_realm.clone(),
            name: ticket.server.clone(),
        },
        key: EncryptionKey::from(&ticket.session_key),
        auth_time: ticket.authtime,
        start_time: ticket.start,
        end_time: ticket.end,
        renew_till: ticket.renew_till.unwrap_or(KerberosTime::UNIX_EPOCH),
        is_session_key: false,
        flags: ticket.flags,
        addresses: Vec::new(),
        authorization_data: Vec::new(),
        ticket: ticket.ticket.encode(),
        second_ticket: Vec::new(),
    }
}
