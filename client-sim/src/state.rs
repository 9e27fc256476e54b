//! Everything a device remembers, as plain data: registration, users, logon sessions, tickets, the locator's cache.
//!
//! A flow writes each result here before it waits for the next one. Large and secret parts are shared, so that a copy of
//! the whole costs little.

use std::collections::BTreeMap;
use std::sync::Arc;

use evidence::klist::LogonId;
use kerberos::Timestamp;
use kerberos::codes::NtStatus;
use kerberos::crypto::{Key, nt_hash};
use kerberos::netlogon::{DcFlags, SamLogonResponse};

use crate::config::DeviceConfig;
use crate::error::{FlowError, KerberosFailure};
use crate::prt_cache::{HelloContainer, PrtAttempt, PrtCache, Registration};
use crate::tickets::{CachedTicket, TicketCache};

/// A Windows device.
#[derive(Clone, Debug)]
pub struct DeviceState {
    /// What it is and is told.
    pub config: Arc<DeviceConfig>,
    /// What registration with a tenant gave it.
    pub registration: Option<Arc<Registration>>,
    /// People who have signed in here, by UPN in lower case.
    pub users: BTreeMap<Arc<str>, UserState>,
    /// Logon sessions that are open; the last one is at the screen.
    pub sessions: Vec<LogonSession>,
    /// What the DC locator found, by DNS domain name in lower case.
    pub locator: BTreeMap<Arc<str>, LocatorEntry>,
    /// Domains for which Kerberos found no KDC, by realm in upper case and what the KDC had to be able to do, and until when
    /// it does not look again.
    pub kdc_failures: BTreeMap<(Arc<str>, DcFlags), Timestamp>,
    /// The site that a DC last told the device it is in.
    pub site: Option<Arc<str>>,
    /// The lower half of the LUID of the next session.
    pub(crate) next_logon: u32,
}

impl DeviceState {
    /// A device on which nobody has signed in and which is not registered.
    pub fn new(config: impl Into<Arc<DeviceConfig>>) -> Self {
        /// Above the LUIDs of the system's own sessions (0x3e7, 0x3e4, 0x3e5), as a first user's session is.
        const FIRST_LOGON: u32 = 0x3_E4A5;
        Self {
            config: config.into(),
            registration: None,
            users: BTreeMap::new(),
            sessions: Vec::new(),
            locator: BTreeMap::new(),
            kdc_failures: BTreeMap::new(),
            site: None,
            next_logon: FIRST_LOGON,
        }
    }

    /// What registration gave the device, where it is joined by it: a work account beside a local one joins nothing.
    pub fn joined(&self) -> Option<&Arc<Registration>> {
        self.registration
            .as_ref()
            .filter(|_| !self.config.join.is_registered())
    }

    /// What registration gave the device, where this user's work account registered it and did not join it.
    pub fn work_account(&self, upn: &str) -> Option<&Arc<Registration>> {
        self.registration.as_ref().filter(|registration| {
            self.config.join.is_registered() && registration.by.eq_ignore_ascii_case(upn)
        })
    }

    /// What the device knows of a user; the case of the UPN does not matter.
    pub fn user(&self, upn: &str) -> Option<&UserState> {
        // the keys are in lower case, as most names are
        let exact = self.users.get(upn);
        exact.or_else(|| self.users.get(upn.to_lowercase().as_str()))
    }

    /// The same, to be changed; made when the user is new.
    pub fn user_mut(&mut self, upn: &str) -> &mut UserState {
        let key: Arc<str> = upn.to_lowercase().into();
        self.users
            .entry(Arc::clone(&key))
            .or_insert_with(|| UserState::new(key))
    }

    /// An open session.
    pub fn session(&self, id: LogonId) -> Option<&LogonSession> {
        self.sessions.iter().find(|session| session.id == id)
    }

    /// An open session, to be changed.
    pub fn session_mut(&mut self, id: LogonId) -> Option<&mut LogonSession> {
        self.sessions.iter_mut().find(|session| session.id == id)
    }

    /// The newest open session of a user.
    pub fn session_of(&self, upn: &str) -> Option<&LogonSession> {
        self.sessions
            .iter()
            .rev()
            .find(|session| session.upn.eq_ignore_ascii_case(upn))
    }

    /// Opens a session and gives its id.
    pub(crate) fn open_session(&mut self, upn: &str, credential: Credential, now: Timestamp) -> LogonId {
        let id = LogonId {
            high: 0,
            low: self.next_logon,
        };
        /// Any number does: LUIDs count every object of the security subsystem, not sessions alone.
        const STEP: u32 = 0x1_0C33;
        self.next_logon = self.next_logon.wrapping_add(STEP);
        self.sessions
            .push(LogonSession::new(id, upn.into(), credential, now));
        id
    }

    /// Brings an open session to the screen, as when somebody whose session waits in the background signs in again.
    pub(crate) fn switch_to(&mut self, id: LogonId) {
        if let Some(index) = self.sessions.iter().position(|session| session.id == id) {
            self.sessions[index..].rotate_left(1);
        }
    }

    /// Ends a session: its tickets and keys go with it.
    pub(crate) fn sign_out(&mut self, id: LogonId) {
        self.sessions.retain(|session| session.id != id);
    }

    /// Forgets the tickets of a session, as `klist purge` does. What sign-in supplied stays.
    pub(crate) fn purge_tickets(&mut self, id: LogonId) {
        if let Some(session) = self.session_mut(id) {
            session.tickets.purge();
        }
    }

    /// Marks a user's PRT to be refreshed, as `dsregcmd /refreshprt` does: at the next unlock, or a while later.
    pub(crate) fn mark_prt_for_refresh(&mut self, upn: &str, now: Timestamp) {
        if let Some(prt) = &mut self.user_mut(upn).prt {
            prt.refresh_requested = Some(now);
        }
    }

    /// Forgets what the locator and Kerberos know of DCs: the network changed.
    pub fn network_changed(&mut self) {
        self.locator.clear();
        self.kdc_failures.clear();
    }

    /// Forgets where KDCs are and are not, as `klist purge_bind` does.
    pub(crate) fn purge_bindings(&mut self) {
        self.network_changed();
    }
}

/// What a device remembers of a person between sessions.
#[derive(Clone, Debug)]
pub struct UserState {
    /// The UPN, in lower case.
    pub upn: Arc<str>,
    /// The primary refresh token and what came with it.
    pub prt: Option<PrtCache>,
    /// The last attempt to get or refresh a PRT, if it failed.
    pub failed_attempt: Option<PrtAttempt>,
    /// Windows Hello for Business, once it is set up.
    pub hello: Option<HelloContainer>,
    /// The security key (FIDO2) that the person carries, once it is registered.
    pub security_key: Option<Arc<HelloContainer>>,
    /// Whether a DC has ever vouched for this person here: later sign-ins may use the cached logon.
    pub cached_logon: bool,
    /// What a password is compared with when nobody can be asked.
    pub(crate) cached_password: Option<Key>,
}

impl UserState {
    const fn new(upn: Arc<str>) -> Self {
        Self {
            upn,
            prt: None,
            failed_attempt: None,
            hello: None,
            security_key: None,
            cached_logon: false,
            cached_password: None,
        }
    }
}

/// One logon session of the LSA.
#[derive(Clone, Debug)]
pub struct LogonSession {
    /// Its LUID.
    pub id: LogonId,
    /// Whose it is.
    pub upn: Arc<str>,
    /// How it was opened.
    pub credential: Credential,
    /// When.
    pub opened: Timestamp,
    /// Whether the screen is locked.
    pub locked: bool,
    /// Whether the user sits elsewhere: Remote Desktop.
    pub remote: bool,
    /// The partial TGT that sign-in or a refresh supplied.
    pub partial_tgt: Option<CachedTicket>,
    /// The cloud TGT that sign-in or a refresh supplied.
    pub cloud_tgt: Option<CachedTicket>,
    /// Whether the partial TGT was ever exchanged in this session.
    pub as_rep_used: bool,
    /// The tickets that `klist` shows.
    pub tickets: TicketCache,
    /// The key that NTLM uses, from a key list.
    pub ntlm_key: Option<Key>,
    /// The account that was typed for one errand; `None` for the session of whoever signed in.
    pub(crate) other: Option<Arc<OtherAccount>>,
    /// Why Kerberos last failed in this session.
    pub last_failure: Option<Arc<FlowError>>,
}

impl LogonSession {
    const fn new(id: LogonId, upn: Arc<str>, credential: Credential, opened: Timestamp) -> Self {
        Self {
            id,
            upn,
            credential,
            opened,
            locked: false,
            remote: false,
            partial_tgt: None,
            cloud_tgt: None,
            as_rep_used: false,
            tickets: TicketCache::new(),
            ntlm_key: None,
            other: None,
            last_failure: None,
        }
    }

    /// The NT hash that NTLM proves to know: the one of a key list, else that of the password. A session that began with a Hello
    /// key and found no domain controller has none.
    pub fn ntlm_hash(&self) -> Option<Key> {
        let of_password = || match &self.credential {
            Credential::Password(password) => Some(nt_hash(password.expose())),
            Credential::Hello | Credential::SecurityKey | Credential::Local => None,
        };
        self.ntlm_key.clone().or_else(of_password)
    }

    /// The KRB-ERROR behind the last failure, if it was one.
    pub fn last_kerberos_failure(&self) -> Option<&KerberosFailure> {
        self.last_failure.as_ref()?.kerberos()
    }
}

/// How a session was opened, with what it keeps for Kerberos.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// A password, which is kept for the AS exchange as `klist cloud_debug` says of password sessions.
    Password(Password),
    /// A Windows Hello key. It never leaves the TPM and takes no part in Kerberos.
    Hello,
    /// A security key. It takes no part in Kerberos either.
    SecurityKey,
    /// The password of an account of the device itself, which proves nothing elsewhere.
    Local,
}

impl Credential {
    /// As the diagnostics of dsregcmd name it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Password(_) => "Password",
            Self::Hello => "NGC",
            Self::SecurityKey => "FIDO",
            Self::Local => "Local",
        }
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// An account as it is typed where Windows asks for one: `ad.fernhill.example\ada`, or `ada@ad.fernhill.example`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherAccount {
    /// What stands before the backslash or behind the `@`: whose KDCs are looked for.
    pub domain: Arc<str>,
    /// The account's name there.
    pub name: Arc<str>,
    /// Whether it was typed with `@`.
    pub as_upn: bool,
}

impl OtherAccount {
    /// Reads what was typed; `None` where there is no domain in it, or no name.
    pub fn parse(text: &str) -> Option<Self> {
        let (domain, name, as_upn) = match text.split_once('\\') {
            Some((domain, name)) => (domain, name, false),
            None => text.split_once('@').map(|(name, domain)| (domain, name, true))?,
        };
        let whole = !domain.is_empty() && !name.is_empty();
        whole.then(|| Self {
            domain: domain.into(),
            name: name.into(),
            as_upn,
        })
    }

    /// `ada@ad.fernhill.example`
    pub fn upn(&self) -> String {
        format!("{}@{}", self.name, self.domain)
    }
}

impl std::fmt::Display for OtherAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.as_upn {
            true => write!(f, "{}@{}", self.name, self.domain),
            false => write!(f, "{}\\{}", self.domain, self.name),
        }
    }
}

/// A password; shared, never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Arc<str>);

impl Password {
    /// Takes a password.
    pub fn new(password: impl Into<Arc<str>>) -> Self {
        Self(password.into())
    }

    /// The characters. Named so that every use is easy to find.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(...)")
    }
}

/// What the DC locator remembers of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocatorEntry {
    /// A DC that answered.
    Found(Arc<DomainController>),
    /// No DC was found; asked again after `until`.
    NotFound {
        /// Until when this is believed.
        until: Timestamp,
        /// What the callers get.
        status: NtStatus,
    },
}

/// A DC as its netlogon ping describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainController {
    /// Its DNS name.
    pub host: Arc<str>,
    /// Its address, as DNS gave it.
    pub address: Option<std::net::IpAddr>,
    /// The DNS name of its domain.
    pub domain: Arc<str>,
    /// The DNS name of its forest.
    pub forest: Arc<str>,
    /// The GUID of its domain, as the ping holds it: the first three parts little-endian.
    pub domain_guid: [u8; 16],
    /// What it can do.
    pub flags: DcFlags,
    /// The site it is in.
    pub dc_site: Arc<str>,
    /// The site the device is in, in its opinion.
    pub client_site: Option<Arc<str>>,
    /// When it answered.
    pub found: Timestamp,
    /// What `klist add_bind` was given for it; `None` when the locator found it.
    pub typed: Option<Arc<str>>,
}

impl DomainController {
    /// What a DC said of itself to a netlogon ping that it answered at `found`.
    pub fn from_response(
        response: SamLogonResponse,
        address: Option<std::net::IpAddr>,
        found: Timestamp,
    ) -> Self {
        Self {
            host: response.dns_host.into(),
            address,
            domain: response.dns_domain.into(),
            forest: response.dns_forest.into(),
            domain_guid: response.domain_guid,
            flags: response.flags,
            dc_site: response.dc_site.into(),
            client_site: Some(response.client_site)
                .filter(|site| !site.is_empty())
                .map(Arc::from),
            found,
            typed: None,
        }
    }
}
