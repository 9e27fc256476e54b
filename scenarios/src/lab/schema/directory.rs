//! Domains, their controllers, trusts and groups.

use super::Described;

pub(super) const DESCRIPTIONS: &[Described] = &[
    (
        "domain",
        "dns-name",
        "The DNS name; the realm is the same in upper case",
    ),
    (
        "domain",
        "netbios",
        "The NetBIOS name; default the section's name in upper case",
    ),
    ("domain", "parent", "The parent domain in the same forest"),
    ("domain", "ticket-life", "Life of a ticket. Default 10h"),
    (
        "domain",
        "renew-life",
        "For how long a TGT can be renewed. Default 7 days",
    ),
    ("domain", "clock-skew", "How far clocks may differ. Default 5m"),
    (
        "dc",
        "profile",
        "Whose behaviour it shows where public knowledge gives two answers. Default windows",
    ),
    (
        "dc",
        "os",
        "Windows Server version: 2016 and later can answer KEYLIST. Default 2022",
    ),
    ("dc", "updates", "Update level. Default current"),
    ("dc", "writable", "False for a read-only DC. Default true"),
    (
        "dc",
        "key-number",
        "msDS-SecondaryKrbTgtNumber of a read-only DC. Given out from 40001",
    ),
    (
        "dc",
        "cached",
        "Users, servers and devices whose secrets a read-only DC holds",
    ),
    (
        "dc",
        "allow",
        "Who may be revealed to a read-only DC. Default: the allowed RODC group",
    ),
    (
        "dc",
        "deny",
        "Who is never revealed to a read-only DC. Default: the five of any RODC",
    ),
    (
        "dc",
        "ldap-anonymous-search",
        "Whether its directory can be searched without a bind. Default false",
    ),
    (
        "dc",
        "ldap-require-signing",
        "Whether it refuses simple binds. Default false",
    ),
    (
        "dc",
        "replication-lag",
        "How long a change in the directory takes to arrive here. Default none",
    ),
    (
        "dc",
        "kerberos-armoring",
        "KDC support for claims, compound authentication and Kerberos armoring. Default off",
    ),
    ("trust", "trusting", "The domain whose resources are opened"),
    ("trust", "trusted", "The domain whose users come"),
    ("trust", "direction", "Default two-way"),
    (
        "trust",
        "kind",
        "Default: forest between the roots of two forests, shortcut within one, else external",
    ),
    (
        "trust",
        "selective-authentication",
        "Whether users need the right Allowed to Authenticate to each server. Default false",
    ),
    (
        "trust",
        "sid-filtering",
        "Which SIDs of the trusted side pass; default as a new trust of its kind does it",
    ),
    ("group", "scope", "Default global"),
    ("group", "member-of", "Groups it is a member of"),
    (
        "kerberos-server",
        "number",
        "The key number: msDS-SecondaryKrbTgtNumber, Id of Get-AzureADKerberosServer",
    ),
    (
        "kerberos-server",
        "key-version",
        "KeyVersion; its lower 16 bits are the lower half of the kvno. Default 1203",
    ),
    (
        "kerberos-server",
        "tenants",
        "Tenants that hold the key; default those that synchronise the domain. Empty: the AD half alone",
    ),
    (
        "kerberos-server",
        "in-directory",
        "False: the AD half is missing. Default true",
    ),
    (
        "kerberos-server",
        "allow",
        "msDS-RevealOnDemandGroup; default Domain Users",
    ),
    (
        "kerberos-server",
        "deny",
        "msDS-NeverRevealGroup; default as Windows has it",
    ),
];
