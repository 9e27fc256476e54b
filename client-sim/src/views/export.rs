//! Tickets for other programs.

use kerberos::ccache::{self, Ccache, Principal};
use kerberos::wire::EncryptionKey;
use kerberos::{KerberosTime, Timestamp};

use crate::state::LogonSession;
use crate::tickets::CachedTicket;

/// Which tickets another program gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Export {
    /// The partial TGT alone: what Entra gave, before any DC saw it.
    PartialTgt,
    /// The cloud TGT alone, for programs that ask the cloud KDC themselves.
    CloudTgt,
    /// The full TGT, else the partial one, and the service tickets of the same client.
    All,
}

impl LogonSession {
    /// The session's tickets as a credential cache that MIT's and Heimdal's programs read. A program that renews the TGT
    /// in it (`kinit -R`) exchanges a partial one. Nothing when there is no TGT of the kind.
    pub fn export_ccache(&self, what: Export, now: Timestamp) -> Option<Ccache> {
        let partial = self.partial_tgt.as_ref().filter(|tgt| tgt.is_valid(now));
        let full = self
            .tickets
            .iter()
            .find(|ticket| ticket.is_tgt_of(&ticket.client_realm.to_text()) && ticket.is_valid(now))
            .filter(|_| what == Export::All);
        let cloud = self.cloud_tgt.as_ref().filter(|tgt| tgt.is_valid(now));
        let tgt = match what {
            Export::CloudTgt => cloud?,
            Export::PartialTgt | Export::All => full.or(partial)?,
        };
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
