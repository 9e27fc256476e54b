//! What a lab is made of, after its file was read: every reference resolved, every default filled in.

use core::time::Duration;
use std::net::Ipv4Addr;

use indexmap::IndexMap;
use kerberos::Timestamp;

use super::app_proxy::AppProxy;
use super::cloud_app::CloudApp;
use super::console::{Administration, CloudRole, Console};
use super::desk::Desk;
use super::kdc_proxy::KdcProxy;
use super::logon_rules::{AuthenticationPolicy, EncryptionType, LogonRules};
use super::policy::PolicyProfile;
use super::silo::AuthenticationSilo;

/// A name as the lab's file spells it: the key of its section.
pub type Name = String;

/// A whole lab.
#[derive(Clone, Debug, PartialEq)]
pub struct Lab {
    /// The lab's own name.
    pub name: String,
    /// One line about it.
    pub title: String,
    /// Where secrets, SIDs and object ids come from. The same seed gives the same keys.
    pub seed: u64,
    /// When the story begins.
    pub clock: Timestamp,
    /// AD domains.
    pub domains: IndexMap<Name, Domain>,
    /// Trusts between domains besides those of parent and child, which are there by themselves.
    pub trusts: IndexMap<Name, Trust>,
    /// Domain controllers.
    pub dcs: IndexMap<Name, Dc>,
    /// Groups that are not built in.
    pub groups: IndexMap<Name, Group>,
    /// People.
    pub users: IndexMap<Name, User>,
    /// Servers with resources.
    pub servers: IndexMap<Name, Server>,
    /// Entra tenants.
    pub tenants: IndexMap<Name, Tenant>,
    /// Kerberos server objects, by the domain they stand in.
    pub kerberos_servers: IndexMap<Name, KerberosServer>,
    /// Windows devices.
    pub devices: IndexMap<Name, Device>,
    /// Applications in Azure that take tickets of the cloud realm.
    pub cloud_apps: IndexMap<Name, CloudApp>,
    /// Authentication policies.
    pub authentication_policies: IndexMap<Name, AuthenticationPolicy>,
    /// Authentication policy silos.
    pub authentication_silos: IndexMap<Name, AuthenticationSilo>,
    /// KDC proxy servers.
    pub kdc_proxies: IndexMap<Name, KdcProxy>,
    /// Profiles of Intune and of Group Policy.
    pub policies: IndexMap<Name, PolicyProfile>,
    /// Applications that Entra's application proxy publishes.
    pub app_proxies: IndexMap<Name, AppProxy>,
    /// Places of the network.
    pub locations: IndexMap<Name, Location>,
    /// What the network does everywhere.
    pub network: Network,
    /// What the administrators' cmdlets do where reports differ.
    pub administration: Administration,
}

/// An AD domain.
#[derive(Clone, Debug, PartialEq)]
pub struct Domain {
    /// `ad.fernhill.example`. The realm is this in upper case.
    pub dns_name: String,
    /// `FERNHILL`.
    pub netbios: String,
    /// The parent domain in the same forest.
    pub parent: Option<Name>,
    /// Life of a ticket; default 10 hours, as the default domain policy has it.
    pub ticket_life: Duration,
    /// For how long a TGT can be renewed; default 7 days.
    pub renew_life: Duration,
    /// How far clocks may differ; default 5 minutes.
    pub clock_skew: Duration,
}

impl Domain {
    /// The Kerberos realm: the DNS name in upper case.
    pub fn realm(&self) -> String {
        self.dns_name.to_ascii_uppercase()
    }
}

/// A trust between two domains: users of the trusted one may come into the trusting one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// The domain whose resources are opened.
    pub trusting: Name,
    /// The domain whose users come.
    pub trusted: Name,
    /// Whether it holds the other way round as well. Default: true.
    pub two_way: bool,
    /// What kind it is. Default: forest between the roots of two forests, shortcut within one, else external.
    pub kind: TrustKind,
    /// Whether users of the trusted domain need the right "Allowed to Authenticate" to each server.
    pub selective_authentication: bool,
    /// Which SIDs of the trusted side pass. Default: those of its forest, or of the domain where the trust is external.
    pub sid_filtering: SidFiltering,
}

/// Kinds of trusts that somebody makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustKind {
    /// Between two forests: every domain of the one reaches every domain of the other.
    Forest,
    /// Between two domains of two forests, and nobody else.
    External,
    /// Between two domains of one forest, to save referrals.
    Shortcut,
}

/// How strictly SIDs from the trusted side are looked at (netdom trust /quarantine and /enablesidhistory).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SidFiltering {
    /// As a new trust of its kind does it.
    Default,
    /// Only SIDs of the trusted domain itself.
    Quarantine,
    /// SID history is let through.
    SidHistory,
}

/// What a DC is known to behave like where public knowledge gives two answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Windows Server, the default.
    Windows,
    /// Samba's AD DC.
    Samba,
}

/// A domain controller.
#[derive(Clone, Debug, PartialEq)]
pub struct Dc {
    /// `DC01`.
    pub host: String,
    /// Its domain.
    pub domain: Name,
    /// Whose behaviour it shows.
    pub profile: Profile,
    /// `2012r2`, `2016`, `2019`, `2022` or `2025`.
    pub os: String,
    /// Its update level: the month (`2021-10`), or `current`.
    pub updates: String,
    /// Its AD site.
    pub site: String,
    /// Where it stands.
    pub location: Name,
    /// Its address there.
    pub address: Ipv4Addr,
    /// False for a real RODC.
    pub writable: bool,
    /// What a real RODC has of its own.
    pub branch: Option<BranchDc>,
    /// The policy "KDC support for claims, compound authentication and Kerberos armoring"; default: not supported.
    pub armoring: Armoring,
    /// What who logs on there finds.
    pub console: Console,
    /// How far its clock is ahead of the lab's, in microseconds.
    pub clock_offset_micros: i64,
    /// Whether the directory can be searched over LDAP without binding; default not.
    pub ldap_anonymous_search: bool,
    /// Whether a simple bind over LDAP is refused, since nothing protects it; default not.
    pub ldap_require_signing: bool,
    /// How long a change in the directory takes to arrive here; default none.
    pub replication_lag: Duration,
}

/// A read-only DC that is a machine, as branch offices have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchDc {
    /// msDS-SecondaryKrbTgtNumber of its krbtgt account; given out from 40001 when left out.
    pub number: u16,
    /// Users, servers and devices whose secrets it holds.
    pub cached: Vec<String>,
    /// msDS-RevealOnDemandGroup.
    pub allow: Vec<String>,
    /// msDS-NeverRevealGroup.
    pub deny: Vec<String>,
}

/// Values of the policy "KDC support for claims, compound authentication and Kerberos armoring".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Armoring {
    /// Not supported.
    Off,
    /// Supported, but not announced in errors.
    Supported,
    /// Always provide claims: announced.
    Announced,
    /// Fail unarmored authentication requests.
    Required,
}

/// To whom an account may pass its clients on, and from whom it takes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delegation {
    /// msDS-AllowedToDelegateTo: service principal names.
    pub to: Vec<String>,
    /// Whether "use any authentication protocol" is chosen: TRUSTED_TO_AUTH_FOR_DELEGATION.
    pub protocol_transition: bool,
    /// msDS-AllowedToActOnBehalfOfOtherIdentity: groups, users and hosts by name.
    pub accepts_from: Vec<String>,
}

/// Group scopes of AD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupScope {
    /// Members from its domain, usable everywhere.
    Global,
    /// Members and use everywhere.
    Universal,
    /// Usable in its domain.
    DomainLocal,
}

/// A group that the lab declares.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its domain.
    pub domain: Name,
    /// Its scope.
    pub scope: GroupScope,
    /// Its RID; given out in order from 1601 when left out.
    pub rid: u32,
    /// Groups it is a member of, declared or built in.
    pub member_of: Vec<String>,
}

/// Where a user is mastered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserSource {
    /// In AD, and synchronised to the tenant.
    Synced,
    /// In AD only.
    OnPremises,
    /// In Entra only.
    Cloud,
    /// In another tenant, invited.
    Guest,
}

/// A person.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// `Ada`.
    pub display_name: String,
    /// sAMAccountName, at most 20 characters.
    pub sam: String,
    /// Sign-in name.
    pub upn: String,
    /// Where the user is mastered.
    pub source: UserSource,
    /// The AD domain; `None` for cloud-only users and guests.
    pub domain: Option<Name>,
    /// The tenant.
    pub tenant: Option<Name>,
    /// Groups beside Domain Users, declared or built in.
    pub groups: Vec<String>,
    /// The RID in the domain; given out in order from 1105 when left out.
    pub rid: u32,
    /// The organisational unit; `None` for the container Users.
    pub ou: Option<String>,
    /// The password.
    pub password: String,
    /// False when the account is disabled in AD.
    pub enabled: bool,
    /// Whether the AD password is expired.
    pub password_expired: bool,
    /// What keeps the account from signing in, or to certain hours and machines.
    pub logon: LogonRules,
    /// msDS-SupportedEncryptionTypes; `None` when the attribute is not set.
    pub encryption_types: Option<Vec<EncryptionType>>,
    /// The authentication policy that is assigned to the account.
    pub authentication_policy: Option<Name>,
    /// "Account is sensitive and cannot be delegated".
    pub sensitive: bool,
    /// servicePrincipalName, when a service runs as this user.
    pub service_names: Vec<String>,
    /// Delegation, when a service runs as this user.
    pub delegation: Delegation,
    /// Roles in the tenant.
    pub cloud_roles: Vec<CloudRole>,
    /// Whether Entra wants a second factor: a name and a password alone do not sign in.
    pub mfa: bool,
    /// The attributes directory sync carries to the tenant. Without all three no partial TGT is issued.
    pub synced_attributes: SyncedAttributes,
}

/// Which of the three attributes reach the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncedAttributes {
    /// onPremisesDomainName.
    pub domain_name: bool,
    /// onPremisesSamAccountName.
    pub sam_account_name: bool,
    /// onPremisesSecurityIdentifier.
    pub security_identifier: bool,
}

impl SyncedAttributes {
    /// As directory sync does it unless somebody takes an attribute out.
    pub const ALL: Self = Self {
        domain_name: true,
        sam_account_name: true,
        security_identifier: true,
    };
}

impl core::fmt::Display for SyncedAttributes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let all = [
            (self.domain_name, "onPremisesDomainName"),
            (self.sam_account_name, "onPremisesSamAccountName"),
            (self.security_identifier, "onPremisesSecurityIdentifier"),
        ];
        let names: Vec<&str> = all
            .iter()
            .filter(|(has, _)| *has)
            .map(|(_, name)| *name)
            .collect();
        match names.is_empty() {
            true => f.write_str("none of the three attributes"),
            false => f.write_str(&names.join(", ")),
        }
    }
}

/// A server with something to open.
#[derive(Clone, Debug, PartialEq)]
pub struct Server {
    /// `FS01`.
    pub host: String,
    /// Its domain.
    pub domain: Name,
    /// Where it stands.
    pub location: Name,
    /// Its address there.
    pub address: Ipv4Addr,
    /// Service classes of its SPNs: `cifs`, `HTTP`. `host` is always there.
    pub services: Vec<String>,
    /// msDS-SupportedEncryptionTypes; `None` for RC4 and AES, as Windows sets it.
    pub encryption_types: Option<Vec<EncryptionType>>,
    /// The authentication policy that is assigned to its account.
    pub authentication_policy: Option<Name>,
    /// The RID of its computer account.
    pub rid: u32,
    /// Delegation from and to its computer account.
    pub delegation: Delegation,
    /// Its shares.
    pub shares: IndexMap<Name, Share>,
    /// Who has the right "Allowed to Authenticate" to it: users and groups by name.
    pub allowed_to_authenticate: Vec<String>,
    /// What who logs on there finds.
    pub console: Console,
    /// Whether its shares may be opened by NTLM, and devices may try.
    pub ntlm: bool,
    /// How far its clock is ahead of the lab's, in microseconds.
    pub clock_offset_micros: i64,
}

impl Server {
    /// Whether it has a web application: a service principal name of class `HTTP`.
    pub fn serves_web(&self) -> bool {
        self.services
            .iter()
            .any(|service| service.eq_ignore_ascii_case("HTTP"))
    }
}

/// Who may do what in a share: users and groups by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Share {
    /// May read.
    pub read: Vec<String>,
    /// May read and write.
    pub write: Vec<String>,
}

/// An Entra tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct Tenant {
    /// The tenant id, a GUID.
    pub id: String,
    /// Display name of the organisation.
    pub display_name: String,
    /// Verified domains, the primary one first.
    pub domains: Vec<String>,
    /// `….onmicrosoft.example`.
    pub initial_domain: String,
    /// AD domains whose users are synchronised into it.
    pub synced_domains: Vec<Name>,
    /// Organisational units whose users are synchronised. Empty: all.
    pub synced_ous: Vec<String>,
    /// The attributes that directory sync carries over for its users unless a user says otherwise. Default: all three.
    pub synced_attributes: SyncedAttributes,
    /// How often directory sync runs by itself. `None`, the default: when a step says so.
    pub sync_interval: Option<Duration>,
    /// Life of a partial TGT; default 10 hours (a lab default: no public source).
    pub partial_tgt_life: Duration,
    /// Life of a PRT; default 14 days.
    pub prt_life: Duration,
    /// Whether the id_token is signed RS256.
    pub signed_id_token: bool,
    /// Suffixes of `kerberos_top_level_names`. Empty: the documented ones, and those of the tenant's applications.
    pub kerberos_top_level_names: Vec<String>,
}

/// A Kerberos server object: the AD half and the tenant halves.
#[derive(Clone, Debug, PartialEq)]
pub struct KerberosServer {
    /// The key number (branch id), 1 to 65535.
    pub number: u16,
    /// The key version.
    pub key_version: u32,
    /// Tenants that hold the key as a KerberosDomain. Empty: the AD half alone.
    pub tenants: Vec<Name>,
    /// Whether the objects stand in AD.
    pub in_directory: bool,
    /// msDS-RevealOnDemandGroup.
    pub allow: Vec<String>,
    /// msDS-NeverRevealGroup.
    pub deny: Vec<String>,
}

/// How a device belongs to the organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Entra joined: no account in AD.
    Entra,
    /// Hybrid joined.
    Hybrid,
    /// Registered: somebody's own, with a work account beside the local one.
    Registered,
}

/// A Windows device.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// `ADA-LT`.
    pub host: String,
    /// How it is joined.
    pub join: Join,
    /// Its tenant.
    pub tenant: Name,
    /// Its AD domain, when hybrid joined.
    pub domain: Option<Name>,
    /// Who signs in unless a step says otherwise.
    pub owner: Option<Name>,
    /// Users whose Hello key is registered on it. The owner's is, by default, unless the device is registered and not joined.
    pub hello: Vec<Name>,
    /// `Windows 11 23H2`.
    pub os: String,
    /// Where it is at first.
    pub location: Name,
    /// The last octet of its address, kept as it moves.
    pub host_octet: u8,
    /// The policy "Use cloud Kerberos trust for on-premises authentication"; `None`: what the lab's profiles say.
    pub cloud_trust_policy: Option<bool>,
    /// The policy that fetches the cloud TGT into the ticket cache.
    pub cloud_ticket_retrieval: bool,
    /// URLs of KDC proxies by realm in upper case: the policy "Specify KDC proxy servers for Kerberos clients".
    pub kdc_proxies: IndexMap<String, String>,
    /// Version, hardware, management.
    pub desk: Desk,
    /// How far its clock is ahead of the lab's, in microseconds.
    pub clock_offset_micros: i64,
    /// The RID of its computer account, when hybrid joined.
    pub rid: u32,
}

/// A place of the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Location {
    /// The first three octets of its /24.
    pub subnet: [u8; 3],
    /// Places whose hosts can be reached from here. The place itself is always among them.
    pub reaches: Vec<Name>,
    /// Whether Entra can be reached.
    pub internet: bool,
    /// One-way delay to Entra.
    pub cloud_latency: Duration,
    /// One-way delay to a host on the premises.
    pub latency: Duration,
    /// The AD site a client there belongs to.
    pub site: Option<String>,
    /// Whether the place hands out the DNS suffix of the domain, which completes short names on devices of no domain.
    pub short_names: bool,
}

/// What holds for every packet.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// The address of Entra's endpoints.
    pub entra_address: Ipv4Addr,
    /// The host name of Entra's endpoints. The default is the one built into Windows, since tools show it; no packet of a
    /// virtual run leaves the process.
    pub entra_host: String,
    /// The longest a UDP reply may be before the client must use TCP; default 1465 octets.
    pub udp_reply_max_octets: usize,
}
