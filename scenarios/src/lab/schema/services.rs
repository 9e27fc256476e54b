//! Servers, what they share, tenants and what is in the cloud.

use super::Described;

pub(super) const DESCRIPTIONS: &[Described] = &[
    (
        "server",
        "services",
        "Service classes of its SPNs: cifs, HTTP. Default cifs",
    ),
    ("server", "share", "Its shares"),
    (
        "server",
        "ntlm",
        "Whether its shares may be opened by NTLM where there is no ticket. Default false",
    ),
    ("share", "read", "May read"),
    ("share", "write", "May read and write"),
    (
        "cloud-app",
        "services",
        "Service classes of its SPNs. Default cifs",
    ),
    (
        "cloud-app",
        "consent",
        "Whether an administrator has consented to the application. Default true",
    ),
    (
        "cloud-app",
        "assigned",
        "Users who may have tickets; default everybody",
    ),
    (
        "cloud-app",
        "mfa-required",
        "Whether Conditional Access asks for MFA. Default false",
    ),
    ("cloud-app", "share", "Its shares"),
    (
        "app-proxy",
        "host",
        "Its name on the internet. Default NAME.msappproxy.example",
    ),
    ("app-proxy", "address", "Its address on the internet"),
    (
        "app-proxy",
        "tenant",
        "The tenant whose users it takes. Default the first",
    ),
    (
        "app-proxy",
        "connector",
        "The server that the connector runs on; its computer account delegates",
    ),
    (
        "app-proxy",
        "server",
        "The server with the application; it has services = [\"HTTP\"]",
    ),
    (
        "app-proxy",
        "sign-on",
        "How users are signed in to the application. Default kerberos",
    ),
    (
        "app-proxy",
        "spn",
        "Internal Application SPN. Default HTTP/ and the server's DNS name",
    ),
    (
        "app-proxy",
        "login-identity",
        "Delegated Login Identity: the name that the connector shows to the DC. Default user-principal-name",
    ),
    ("tenant", "id", "The tenant id; made from the name when left out"),
    ("tenant", "display-name", "The organisation's name"),
    ("tenant", "domains", "Verified domains, the primary one first"),
    (
        "tenant",
        "initial-domain",
        "The domain that the tenant began with",
    ),
    (
        "tenant",
        "synced-domains",
        "AD domains whose users are synchronised into it; default all",
    ),
    (
        "tenant",
        "partial-tgt-life",
        "Life of a partial TGT. Default 10h, which no public source gives",
    ),
    ("tenant", "prt-life", "Life of a PRT. Default 14 days"),
    (
        "tenant",
        "signed-id-token",
        "Whether the id_token is signed RS256. Default false",
    ),
    (
        "tenant",
        "sync-interval",
        "How often directory sync runs by itself; default: when a step says so",
    ),
    (
        "tenant",
        "synced-ous",
        "Organisational units that are synchronised; empty: all",
    ),
    (
        "tenant",
        "kerberos-top-level-names",
        "DNS suffixes that a device takes for the cloud realm; default as documented",
    ),
];
