//! The lab as a whole, its network, and keys that several tables have.

use super::Described;

pub(super) const DESCRIPTIONS: &[Described] = &[
    ("lab", "format", "Kind and major version of this file"),
    ("lab", "name", "The lab's name"),
    (
        "lab",
        "title",
        "One line about the lab. Default the DNS name of its first domain",
    ),
    (
        "lab",
        "seed",
        "Where secrets, SIDs and ids come from: the same seed gives the same keys. Default 1",
    ),
    (
        "lab",
        "clock",
        "When the story begins. Default Monday 2026-11-23 08:00 UTC",
    ),
    (
        "lab",
        "location",
        "Places of the network; without any, an office, and a home that reaches no DC",
    ),
    ("lab", "domain", "AD domains; without any, ad.corp.example"),
    (
        "lab",
        "tenant",
        "Entra tenants; without any, one that synchronises all domains",
    ),
    ("lab", "dc", "Domain controllers; a domain without one gets one"),
    ("lab", "group", "Groups beside those that every domain has"),
    ("lab", "user", "People; without any, Ada"),
    (
        "lab",
        "server",
        "Servers with something to open; without any, FS01 with the share projects",
    ),
    (
        "lab",
        "kerberos-server",
        "Kerberos server objects, each named after its domain; without any, one a domain, published",
    ),
    (
        "lab",
        "device",
        "Windows devices; without any, an Entra joined laptop for each user",
    ),
    ("lab", "network", "What holds for every packet"),
    (
        "lab",
        "policy",
        "Profiles of Intune and of Group Policy; with any, they alone say what devices are told, unless a device has cloud-trust-policy",
    ),
    (
        "lab",
        "administration",
        "What the administrators' cmdlets do where reports differ",
    ),
    (
        "lab",
        "trust",
        "Trusts besides those of parent and child, which are there by themselves",
    ),
    (
        "lab",
        "authentication-policy",
        "Authentication policies (msDS-AuthNPolicy)",
    ),
    (
        "lab",
        "cloud-app",
        "Resources of the cloud realm, such as a file share in Azure",
    ),
    (
        "lab",
        "app-proxy",
        "Applications that Entra's application proxy publishes",
    ),
    ("lab", "kdc-proxy", "Gateways to the DCs of a domain (MS-KKDCP)"),
    (
        "lab",
        "authentication-policy-silo",
        "Authentication policy silos (msDS-AuthNPolicySilo)",
    ),
    (
        "*",
        "host",
        "The host name; default the section's name in upper case",
    ),
    ("*", "domain", "The AD domain; default the first"),
    (
        "*",
        "tenant",
        "The tenant; default the one that synchronises the domain",
    ),
    ("*", "location", "Where it stands; default the first place"),
    ("*", "address", "Its IPv4 address; default one of its place"),
    (
        "*",
        "rid",
        "Relative id in the domain; given out in order when left out",
    ),
    (
        "*",
        "clock-offset",
        "How far its clock is ahead of the lab's. Default none",
    ),
    ("*", "site", "The AD site"),
    ("*", "groups", "Groups beside Domain Users"),
    ("*", "os", "The operating system"),
    (
        "*",
        "entra-connect",
        "Whether Entra Connect is installed, with its own Kerberos module. Default false",
    ),
    (
        "*",
        "powershell-7",
        "The version of PowerShell 7 there; without it, none",
    ),
    (
        "*",
        "tls12",
        "Whether .NET offers TLS 1.2 without being told. Default false up to Windows Server 2016",
    ),
    (
        "*",
        "password-sync-library",
        "Whether the libraries that read secrets out of AD can be loaded. Default true",
    ),
    (
        "*",
        "sign-in-window",
        "Whether Entra's sign-in page opens in a window there. Default true",
    ),
    (
        "*",
        "synced-attributes",
        "Which of the three attributes reach the tenant; default all, without which no partial TGT is issued",
    ),
    (
        "*",
        "delegate-to",
        "msDS-AllowedToDelegateTo: service principal names that its service may pass clients on to",
    ),
    (
        "*",
        "protocol-transition",
        "Whether any authentication protocol will do for delegation. Default false",
    ),
    (
        "*",
        "accepts-delegation-from",
        "msDS-AllowedToActOnBehalfOfOtherIdentity: who may pass clients on to it",
    ),
    (
        "*",
        "allowed-to-authenticate",
        "Who has this right, which selective authentication asks for",
    ),
    (
        "*",
        "authentication-policy",
        "The authentication policy of the account; default none",
    ),
    (
        "*",
        "encryption-types",
        "msDS-SupportedEncryptionTypes: rc4, aes128, aes256; default: not set for users, all three for servers",
    ),
    ("network", "entra-address", "The address of Entra's endpoints"),
    (
        "network",
        "entra-host",
        "Their host name; the default is the one built into Windows, and no packet leaves the machine",
    ),
    (
        "network",
        "udp-reply-max-octets",
        "The longest UDP reply before the client must use TCP. Default 1465",
    ),
    (
        "location",
        "short-names",
        "Whether it hands out the domain's DNS suffix, so that Entra joined devices find short names. Default true",
    ),
    ("location", "subnet", "Its addresses"),
    (
        "location",
        "reaches",
        "Places whose hosts can be reached from here; default all",
    ),
    (
        "location",
        "internet",
        "Whether Entra can be reached. Default true",
    ),
    (
        "location",
        "cloud-latency",
        "One-way delay to Entra. Default 15ms",
    ),
    (
        "location",
        "latency",
        "One-way delay to a host on the premises. Default 500us",
    ),
    (
        "administration",
        "enterprise-admin-elsewhere",
        "What an Enterprise Admin leaves in a domain whose Domain Admin it is not. Default number-zero",
    ),
    (
        "administration",
        "other-tenant",
        "What happens to a Kerberos server object that another tenant holds the key of. Default re-key",
    ),
];
