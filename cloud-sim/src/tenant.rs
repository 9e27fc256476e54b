//! What an administrator sets: the tenant, its users, the keys of its AD domains, and the lab's settings.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kerberos::crypto::Key;
use kerberos::sid::Sid;
use kerberos::wire::{Kvno, TicketFlags};
use prt::PrivateKey;
use prt::jose::ContentCipher;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// A tenant as configured. Immutable while requests are served; an administrator's change replaces it as a whole. Cheap
/// to clone in its parts: users and domains are shared.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Tenant id, a GUID.
    pub id: String,
    /// Company name.
    pub name: String,
    /// Verified domains, lower case, the primary one first.
    pub domains: Vec<String>,
    /// Users by UPN in lower case; see [`Tenant::with_user`].
    pub users: BTreeMap<String, Arc<User>>,
    /// Published Kerberos server keys by DNS name of the AD domain in lower case; see [`Tenant::with_kerberos_domain`].
    kerberos_domains: BTreeMap<String, Arc<KerberosDomain>>,
    /// Applications that take tickets of the cloud realm, by service name in lower case; see [`Tenant::with_application`].
    pub applications: BTreeMap<String, Arc<Application>>,
    /// AD domains whose controllers refer to the cloud realm, by realm in upper case; see [`Tenant::with_trusted_domain`].
    trusted_domains: BTreeMap<String, Arc<TrustedDomain>>,
    /// Signs tokens.
    pub signing_key: PrivateKey,
    /// Signs device certificates.
    pub device_issuer_key: PrivateKey,
    /// Seals cloud TGTs; known to nobody but the tenant's own cloud KDC.
    pub cloud_tgt_key: Key,
    /// Whether the tenant no longer exists: requests for it are answered as for one that never was.
    pub given_up: bool,
    /// Settings of the lab.
    pub settings: Settings,
}

impl Tenant {
    /// A tenant without users and domains' keys.
    pub fn new(
        id: &str,
        name: &str,
        domains: &[&str],
        keys: (PrivateKey, PrivateKey),
        cloud_tgt_key: Key,
    ) -> Self {
        let (signing_key, device_issuer_key) = keys;
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            domains: domains.iter().map(|domain| domain.to_ascii_lowercase()).collect(),
            users: BTreeMap::new(),
            kerberos_domains: BTreeMap::new(),
            applications: BTreeMap::new(),
            trusted_domains: BTreeMap::new(),
            signing_key,
            device_issuer_key,
            cloud_tgt_key,
            given_up: false,
            settings: Settings::default(),
        }
    }

    /// Adds or replaces a user.
    #[must_use]
    pub fn with_user(mut self, user: User) -> Self {
        self.users.insert(user.upn.to_ascii_lowercase(), Arc::new(user));
        self
    }

    /// Publishes or replaces the Kerberos server key of an AD domain.
    #[must_use]
    pub fn with_kerberos_domain(mut self, domain: KerberosDomain) -> Self {
        self.kerberos_domains
            .insert(domain.dns_name.to_ascii_lowercase(), Arc::new(domain));
        self
    }

    /// Withdraws the Kerberos server key of an AD domain, by its DNS name in any case of letters.
    #[must_use]
    pub fn without_kerberos_domain(mut self, dns_name: &str) -> Self {
        self.kerberos_domains.remove(&dns_name.to_ascii_lowercase());
        self
    }

    /// Adds or replaces an application, under each of its service names.
    #[must_use]
    pub fn with_application(mut self, application: Application) -> Self {
        let application = Arc::new(application);
        for spn in &application.service_names {
            self.applications
                .insert(spn.to_ascii_lowercase(), Arc::clone(&application));
        }
        self
    }

    /// Adds or replaces the trust with an AD domain.
    #[must_use]
    pub fn with_trusted_domain(mut self, trust: TrustedDomain) -> Self {
        self.trusted_domains
            .insert(trust.realm.to_ascii_uppercase(), Arc::new(trust));
        self
    }

    /// Removes the trust with the AD domain of this realm, in any case of letters.
    #[must_use]
    pub fn without_trusted_domain(mut self, realm: &str) -> Self {
        self.trusted_domains.remove(&realm.to_ascii_uppercase());
        self
    }

    /// The application with this service name, `cifs/HOST`.
    pub fn application(&self, service_name: &str) -> Option<&Arc<Application>> {
        let found = self.applications.get(&service_name.to_ascii_lowercase())?;
        let same_case = || found.service_names.iter().any(|name| name == service_name);
        (!self.settings.service_names_are_case_sensitive || same_case()).then_some(found)
    }

    /// The trust with the AD domain of this realm, in any case of letters.
    pub fn trusted_domain(&self, realm: &str) -> Option<&Arc<TrustedDomain>> {
        self.trusted_domains.get(&realm.to_ascii_uppercase())
    }

    /// The user whose onPremisesSecurityIdentifier this is.
    pub fn user_with_sid(&self, sid: &Sid) -> Option<&Arc<User>> {
        self.users.values().find(|user| {
            let on_premises = user.on_premises.as_ref();
            on_premises.is_some_and(|attributes| attributes.security_identifier.as_ref() == Some(sid))
        })
    }

    /// The user with this UPN, in any case of letters.
    pub fn user(&self, upn: &str) -> Option<&Arc<User>> {
        self.users.get(&upn.to_ascii_lowercase())
    }

    /// The published keys of AD domains, by DNS name.
    pub fn kerberos_domains(&self) -> impl Iterator<Item = &Arc<KerberosDomain>> {
        self.kerberos_domains.values()
    }

    /// The published key of an AD domain, by its DNS name in any case of letters.
    pub fn kerberos_domain(&self, dns_name: &str) -> Option<&Arc<KerberosDomain>> {
        self.kerberos_domains.get(&dns_name.to_ascii_lowercase())
    }

    /// Whether a path's first segment means this tenant: `common`, its id or one of its domains.
    pub(crate) fn is_named(&self, segment: &str) -> bool {
        let named = segment.eq_ignore_ascii_case("common")
            || segment.eq_ignore_ascii_case("organizations")
            || segment.eq_ignore_ascii_case(&self.id)
            || self.owns_domain(segment);
        named && !self.given_up
    }

    pub(crate) fn owns_domain(&self, domain: &str) -> bool {
        self.domains.iter().any(|own| own.eq_ignore_ascii_case(domain))
    }
}

/// A user of the tenant.
#[derive(Clone, Debug)]
pub struct User {
    /// User principal name.
    pub upn: String,
    /// Object id, a GUID.
    pub object_id: String,
    /// As people say it; used in the reasons of decisions.
    pub display_name: String,
    /// The password; `None` for a user who has none here.
    pub password: Option<PasswordHash>,
    /// Whether the account may sign in.
    pub enabled: bool,
    /// Whether the password, on-premises for a synced user, has expired.
    pub password_expired: bool,
    /// Attributes synced from AD; `None` for a cloud-only user.
    pub on_premises: Option<OnPremises>,
}

/// What directory sync writes to a user. Each may be empty, which is a common fault.
#[derive(Clone, Debug, Default)]
pub struct OnPremises {
    /// `onPremisesDomainName`: DNS name of the AD domain.
    pub domain_name: Option<String>,
    /// `onPremisesSamAccountName`.
    pub sam_account_name: Option<String>,
    /// `onPremisesSecurityIdentifier`.
    pub security_identifier: Option<Sid>,
}

/// Salted SHA-256 of a password: enough to keep lab passwords out of dumps, cheap enough for every request of a load test.
#[derive(Clone)]
pub struct PasswordHash {
    salt: [u8; 16],
    hash: [u8; 32],
}

impl PasswordHash {
    /// Of a password with a salt.
    pub fn new(password: &str, salt: [u8; 16]) -> Self {
        Self {
            salt,
            hash: Self::digest(password, &salt),
        }
    }

    /// Whether it is the password; compared in constant time.
    pub fn is_of(&self, password: &str) -> bool {
        self.hash.ct_eq(&Self::digest(password, &self.salt)).into()
    }

    fn digest(password: &str, salt: &[u8; 16]) -> [u8; 32] {
        Sha256::new()
            .chain_update(salt)
            .chain_update(password)
            .finalize()
            .into()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(hidden)")
    }
}

/// The tenant's half of a Kerberos server object: one AD domain and the key of its krbtgt_AzureAD account.
#[derive(Clone, Debug)]
pub struct KerberosDomain {
    /// DNS name of the AD domain.
    pub dns_name: String,
    /// Its Kerberos realm.
    pub realm: String,
    /// Its NetBIOS name.
    pub netbios_name: String,
    /// Key number, `Id` of Get-AzureADKerberosServer.
    pub number: u16,
    /// Key version; only its lower 16 bits fit into a ticket.
    pub key_version: u32,
    /// The key.
    pub key: Key,
}

impl KerberosDomain {
    /// The key version number that partial TGTs carry: MS-KILE section 3.1.5.8.
    pub fn kvno(&self) -> Kvno {
        Kvno((u32::from(self.number) << 16) | (self.key_version & 0xFFFF))
    }
}

/// An application that takes tickets of the cloud realm: the registration of a storage account, or of a SQL managed instance.
#[derive(Clone, Debug)]
pub struct Application {
    /// As administrators see it: `[Storage Account] fernhillfiles.file.core.windows.example`.
    pub display_name: String,
    /// Its service names, which stand among its identifier URIs: `cifs/HOST`.
    pub service_names: Vec<String>,
    /// Its key, AES-256.
    pub key: Key,
    /// The version of the key.
    pub key_version: u32,
    /// Whether an administrator has consented to it.
    pub consent: bool,
    /// UPNs of those who may have tickets when assignment is required; `None` when it is not.
    pub assigned: Option<Vec<String>>,
    /// Whether a Conditional Access policy demands multifactor authentication for it.
    pub mfa_required: bool,
}

/// The tenant's half of a trust: an AD domain whose controllers issue TGTs for the cloud realm.
#[derive(Clone, Debug)]
pub struct TrustedDomain {
    /// The realm of the domain.
    pub realm: String,
    /// The key of the trusted domain object.
    pub key: Key,
}

/// Settings of the lab. The defaults are the lab's; where no public source tells Entra's value, nothing is claimed about it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Life of both TGTs.
    pub tgt_lifetime: Duration,
    /// How long both TGTs can be renewed.
    pub tgt_renewable: Duration,
    /// Flags of both TGTs.
    pub tgt_flags: TicketFlags,
    /// PAC of the partial TGT.
    pub partial_tgt_pac: PartialTgtPac,
    /// What a reply holds in place of a partial TGT that is not issued.
    pub withheld_tgt: WithheldTgt,
    /// Whether the id_token of a PRT is signed.
    pub id_token_signature: IdTokenSignature,
    /// `token_type` of a PRT.
    pub token_type: String,
    /// Whether and how the reply to a renewal is encrypted.
    pub refresh_reply: RefreshReply,
    /// Cipher of `clientKey` in a first PRT.
    pub client_key_cipher: ContentCipher,
    /// Life of a PRT.
    pub prt_lifetime: Duration,
    /// Life of a nonce.
    pub nonce_lifetime: Duration,
    /// Difference of clocks allowed in a Hello assertion and in a request to the cloud KDC.
    pub clock_skew: Duration,
    /// Life of access tokens.
    pub access_token_lifetime: Duration,
    /// Life of device certificates.
    pub device_certificate_lifetime: Duration,
    /// Life of a service ticket of the cloud realm.
    pub service_ticket_lifetime: Duration,
    /// Whether a service name must be written as the application has it.
    pub service_names_are_case_sensitive: bool,
    /// `kerberos_top_level_names` of a PRT.
    pub kerberos_top_level_names: String,
    /// `accountType` of a TGT.
    pub account_type: i64,
}

impl Default for Settings {
    fn default() -> Self {
        const HOUR: u64 = 3600;
        Self {
            tgt_lifetime: Duration::from_secs(10 * HOUR),
            tgt_renewable: Duration::from_secs(7 * 24 * HOUR),
            tgt_flags: TicketFlags::FORWARDABLE | TicketFlags::RENEWABLE | TicketFlags::ENC_PA_REP,
            partial_tgt_pac: PartialTgtPac::default(),
            withheld_tgt: WithheldTgt::default(),
            id_token_signature: IdTokenSignature::default(),
            token_type: "Bearer".to_owned(),
            refresh_reply: RefreshReply::default(),
            client_key_cipher: ContentCipher::Aes256Cbc,
            prt_lifetime: Duration::from_secs(14 * 24 * HOUR),
            nonce_lifetime: Duration::from_secs(300),
            clock_skew: Duration::from_secs(300),
            access_token_lifetime: Duration::from_secs(HOUR),
            device_certificate_lifetime: Duration::from_secs(10 * 365 * 24 * HOUR),
            service_ticket_lifetime: Duration::from_secs(HOUR),
            service_names_are_case_sensitive: false,
            kerberos_top_level_names:
                ".windows.net,.windows.net:1433,.windows.net:3342,.azure.net,.azure.net:1433,.azure.net:3342"
                    .to_owned(),
            account_type: 2,
        }
    }
}

/// PAC of the partial TGT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PartialTgtPac {
    /// LOGON_INFO, CLIENT_INFO, ATTRIBUTES_INFO, REQUESTOR, server and KDC signature with the RODC identifier.
    #[default]
    Full,
    /// The same without the RODC identifier, as some forging tools write it.
    WithoutRodcIdentifier,
    /// Without REQUESTOR: what hardened DCs refuse.
    WithoutRequestor,
    /// No PAC at all: what hardened DCs refuse.
    None,
}

/// What a PRT reply holds in place of a partial TGT that is not issued.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WithheldTgt {
    /// A `tgt_ad` with `keyType` 0 and an `error`.
    #[default]
    ErrorObject,
    /// No `tgt_ad`.
    Omitted,
}

/// Signature of the id_token of a PRT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdTokenSignature {
    /// `alg` `none`, as public clients accept it from the PRT endpoint.
    #[default]
    Unsigned,
    /// RS256 with the tenant's key.
    Rs256,
}

/// The reply to a PRT renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshReply {
    /// A compact JWE under a key derived from the session key; `clientKey` is bare inside.
    Encrypted(ContentCipher),
    /// Plain JSON; `clientKey` is a JWE, as in a first reply.
    Clear,
}

impl Default for RefreshReply {
    fn default() -> Self {
        Self::Encrypted(ContentCipher::Aes256Cbc)
    }
}
