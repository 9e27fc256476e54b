//! What the device shows to somebody who looks: artefacts filled from the state, and tickets for other programs.

mod context;
mod events;
mod export;
mod locator;
mod look;
mod registry;
mod status;

pub use events::{Moment, events};
use evidence::cloud_debug::CloudDebug;
use evidence::dsregcmd::{self, AttemptKind, Build, CloudKerberos, PrtDetails, SsoState};
use evidence::klist::sessions::{KlistSessions, Session};
use evidence::klist::tgt::KlistTgt;
use evidence::klist::{KlistTicket, KlistTickets, LogonId, NameAtRealm};
pub use export::Export;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use kerberos::{KerberosTime, Timestamp};
pub use locator::{dc_found, dc_shown};

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
        let offset = self.offset();
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
        let with_key = matches!(session.credential, Credential::Hello | Credential::SecurityKey);
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
        let kind = if last.is_some() {
            AttemptKind::Refresh
        } else {
            AttemptKind::Acquire
        };
        let failed = user.and_then(|user| user.failed_attempt.as_ref());
        let failed = failed.filter(|failed| last.is_none_or(|prt| failed.time >= prt.updated));
        // a device that is joined to nothing has no rows about tickets, and an authority of its own spelling
        let registered = self.config.join.is_registered();
        let has_rows = !registered && self.build().is_none_or(|build| build >= Build::WINDOWS_11_21H2);
        let no_authority = registered.then(|| "NO".to_owned());
        SsoState {
            prt: valid.map(prt_details),
            prt_authority: last
                .map(|prt| prt.authority.to_string())
                .or_else(|| no_authority.clone()),
            attempt: failed.map(|failed| attempt(failed, kind)),
            enterprise_prt: false,
            enterprise_prt_authority: no_authority,
            cloud_kerberos: has_rows.then(|| CloudKerberos {
                on_prem_tgt: last.is_some_and(|prt| prt.on_prem.is_delivered()),
                cloud_tgt: last.is_some_and(|prt| prt.cloud.is_delivered()),
                top_level_names: last
                    .and_then(|prt| prt.kerberos_top_level_names.as_deref())
                    .map(str::to_owned),
            }),
        }
    }

    /// The build of Windows, which decides what rows there are.
    fn build(&self) -> Option<Build> {
        Build::of_version(&self.config.os_version)
    }

    /// `klist tgt`: the TGT of the user's own realm, with the ticket. Nothing when the session has none.
    pub fn klist_tgt(&self, id: LogonId, now: Timestamp) -> Option<KlistTgt> {
        let session = self.session(id)?;
        let is_tgt =
            |ticket: &&CachedTicket| ticket.is_tgt_of(&ticket.client_realm.to_text()) && ticket.is_valid(now);
        let tgt = session.tickets.iter().find(is_tgt)?;
        let offset = self.offset();
        Some(KlistTgt {
            logon_id: id,
            client: tgt.client.to_string(),
            domain: tgt.server_realm.to_string(),
            target_domain: tgt.server_realm.to_string(),
            flags: tgt.flags.bits(),
            session_etype: tgt.session_key.etype().number(),
            session_key_len: tgt.session_key.etype().key_length(),
            start: local_time(tgt.start, offset),
            end: local_time(tgt.end, offset),
            renew: tgt.renew_till.map(|till| local_time(till, offset)),
            ticket: tgt.ticket.encode(),
        })
    }

    /// `klist sessions`: those of people, newest first, and those of the system.
    pub fn klist_sessions(&self, id: LogonId) -> KlistSessions {
        let person = |session: &LogonSession| Session {
            terminal: 1,
            id: session.id,
            account: self.account_of(session),
            package: match session.credential {
                Credential::Local => "NTLM",
                Credential::Password(_) if self.config.join.is_hybrid() => "Kerberos",
                _ => "CloudAP",
            }
            .to_owned(),
            logon_type: "Interactive".to_owned(),
        };
        let system = |low, account: &str, logon_type: &str| Session {
            terminal: 0,
            id: LogonId { high: 0, low },
            account: account.to_owned(),
            package: "Negotiate".to_owned(),
            logon_type: logon_type.to_owned(),
        };
        let machine = match &self.config.netbios_domain {
            Some(domain) if self.config.join.is_hybrid() => format!("{domain}\\{}$", self.config.name),
            _ => format!("WORKGROUP\\{}$", self.config.name),
        };
        let mut sessions: Vec<Session> = self.sessions.iter().rev().map(person).collect();
        sessions.extend([
            system(0x3e5, "NT AUTHORITY\\LOCAL SERVICE", "Service"),
            system(0x3e4, &machine, "Service"),
            system(0x3e7, &machine, "(0)"),
        ]);
        KlistSessions {
            logon_id: id,
            sessions,
        }
    }

    /// `FREYA-HOME\freya`: the account of the device itself that a person has there.
    fn local_account(&self, upn: &str) -> String {
        format!("{}\\{}", self.config.name, before_at(upn))
    }

    /// `FERNHILL\ada` for somebody with an AD account, `AzureAD\cleo` for somebody without, and the local account on a device
    /// that is joined to nothing.
    pub fn account_name(&self, upn: &str) -> String {
        match self.session_of(upn) {
            Some(session) => self.account_of(session),
            None if self.config.join.is_registered() => self.local_account(upn),
            None => self.account_elsewhere(upn),
        }
    }

    /// Whose session it is: that of the local account stays so when the device is joined under it.
    fn account_of(&self, session: &LogonSession) -> String {
        match session.credential {
            Credential::Local => self.local_account(&session.upn),
            _ => self.account_elsewhere(&session.upn),
        }
    }

    fn account_elsewhere(&self, upn: &str) -> String {
        let prt = self.user(upn).and_then(|user| user.prt.as_ref());
        let partial = prt.and_then(|prt| prt.partial_tgt.as_ref());
        match (partial, &self.config.netbios_domain) {
            (Some(tgt), Some(domain)) => format!("{domain}\\{}", tgt.client),
            (None, Some(domain)) if self.config.join.is_hybrid() => format!("{domain}\\{}", before_at(upn)),
            _ => format!("AzureAD\\{}", before_at(upn)),
        }
    }

    /// The zone of the clock face.
    fn offset(&self) -> Offset {
        Offset::from_seconds(self.config.utc_offset_minutes.saturating_mul(60)).unwrap_or(Offset::UTC)
    }

    fn prt_of(&self, session: &LogonSession) -> Option<&PrtCache> {
        self.user(&session.upn)?.prt.as_ref()
    }
}

fn before_at(upn: &str) -> &str {
    upn.split_once('@').map_or(upn, |(name, _)| name)
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
    }
}

fn attempt(attempt: &PrtAttempt, kind: AttemptKind) -> dsregcmd::PrtAttempt {
    dsregcmd::PrtAttempt {
        kind,
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
