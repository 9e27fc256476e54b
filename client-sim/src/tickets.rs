//! Tickets as the LSA keeps them.

use std::sync::Arc;

use kerberos::crypto::Key;
use kerberos::wire::{PrincipalName, Realm, Ticket, TicketFlags};
use kerberos::{KerberosTime, Timestamp};

/// A ticket with its session key, and what `klist` shows of it. Shared: a copy costs a few counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedTicket(Arc<TicketRecord>);

impl CachedTicket {
    /// Keeps a ticket.
    pub fn new(record: TicketRecord) -> Self {
        Self(Arc::new(record))
    }
}

impl core::ops::Deref for CachedTicket {
    type Target = TicketRecord;

    fn deref(&self) -> &TicketRecord {
        &self.0
    }
}

/// What is known of a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketRecord {
    /// The client.
    pub client: PrincipalName,
    /// The client's realm.
    pub client_realm: Realm,
    /// The service as the KDC names it.
    pub server: PrincipalName,
    /// The realm whose KDC issued the ticket.
    pub server_realm: Realm,
    /// The ticket.
    pub ticket: Ticket,
    /// The key shared with the service.
    pub session_key: Key,
    /// Flags.
    pub flags: TicketFlags,
    /// When the client proved its identity.
    pub authtime: KerberosTime,
    /// From when it is valid.
    pub start: KerberosTime,
    /// Until when.
    pub end: KerberosTime,
    /// Until when it can be renewed.
    pub renew_till: Option<KerberosTime>,
    /// How the cache holds it: the number behind `Cache Flags`.
    pub cache_flags: u32,
    /// Where it came from.
    pub kdc: KdcCalled,
}

/// The cache flag of the first TGT of a session.
pub const CACHE_PRIMARY: u32 = 0x1;
/// The cache flag of a ticket that sign-in supplied; Windows prints it as a number.
pub const CACHE_SUPPLIED: u32 = 0x400;

impl TicketRecord {
    /// Whether the ticket can be used at `now`.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        now < self.end.timestamp()
    }

    /// Whether it can be renewed at `now`: it has not ended, and may live longer.
    pub fn is_renewable(&self, now: Timestamp) -> bool {
        let renew_till = self
            .renew_till
            .filter(|_| self.flags.contains(TicketFlags::RENEWABLE));
        self.is_valid(now) && renew_till.is_some_and(|till| till > self.end)
    }

    /// Whether it is a TGT of `realm` for that very realm.
    pub fn is_tgt_of(&self, realm: &str) -> bool {
        self.server_realm.eq_ignore_ascii_case(realm)
            && self
                .server
                .krbtgt_realm()
                .is_some_and(|target| target.eq_ignore_ascii_case(realm))
    }
}

/// Where a ticket came from, as `Kdc Called` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KdcCalled {
    /// A KDC, by its name.
    Host(Arc<str>),
    /// The PRT response: `TicketSuppliedAtLogon`.
    SuppliedAtLogon,
    /// A KDC behind a proxy: `KdcProxy:login.microsoftonline.com`.
    Proxy(Arc<str>),
}

impl std::fmt::Display for KdcCalled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Host(host) => f.write_str(host),
            Self::SuppliedAtLogon => f.write_str("TicketSuppliedAtLogon"),
            Self::Proxy(host) => write!(f, "KdcProxy:{host}"),
        }
    }
}

/// The tickets of a logon session in the order of `klist`: the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketCache {
    tickets: Vec<CachedTicket>,
}

impl TicketCache {
    /// Nothing.
    pub const fn new() -> Self {
        Self { tickets: Vec::new() }
    }

    /// Keeps a ticket, in the place of an older one for the same service.
    pub fn insert(&mut self, ticket: CachedTicket) {
        self.tickets.retain(|kept| {
            kept.server_realm != ticket.server_realm || !kept.server.same_name(&ticket.server)
        });
        self.tickets.insert(0, ticket);
    }

    /// Forgets everything.
    pub fn purge(&mut self) {
        *self = Self::new();
    }

    /// The tickets, newest first.
    pub fn iter(&self) -> std::slice::Iter<'_, CachedTicket> {
        self.tickets.iter()
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.tickets.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.tickets.is_empty()
    }

    /// A TGT of the realm that can be used at `now`.
    pub fn tgt(&self, realm: &str, now: Timestamp) -> Option<&CachedTicket> {
        self.iter()
            .find(|ticket| ticket.is_tgt_of(realm) && ticket.is_valid(now))
    }

    /// A ticket for a service that can be used at `now`, whichever realm issued it. The case of names does not matter.
    pub fn service(&self, server: &PrincipalName, now: Timestamp) -> Option<&CachedTicket> {
        self.iter()
            .find(|ticket| same_service(&ticket.server, server) && ticket.is_valid(now))
    }
}

fn same_service(one: &PrincipalName, other: &PrincipalName) -> bool {
    one.components.len() == other.components.len()
        && one
            .components
            .iter()
            .zip(&other.components)
            .all(|(one, other)| one.as_bytes().eq_ignore_ascii_case(other.as_bytes()))
}
