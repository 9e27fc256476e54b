//! Users, their policies and their devices.

use super::Described;

pub(super) const DESCRIPTIONS: &[Described] = &[
    ("user", "cloud-roles", "Roles in the tenant"),
    (
        "user",
        "mfa",
        "Whether Entra wants a second factor beside the password. Default false",
    ),
    ("user", "source", "Where the user is mastered. Default synced"),
    ("user", "sam", "sAMAccountName"),
    (
        "user",
        "upn",
        "The sign-in name; default the section's name at the tenant's primary domain",
    ),
    ("user", "display-name", "The name people read"),
    (
        "user",
        "password",
        "The password; a default that is made from the name",
    ),
    ("user", "enabled", "False for a disabled account. Default true"),
    (
        "user",
        "password-expired",
        "Whether the AD password has expired. Default false",
    ),
    (
        "user",
        "sensitive",
        "Account is sensitive and cannot be delegated. Default false",
    ),
    (
        "user",
        "service-names",
        "servicePrincipalName, when a service runs as this user",
    ),
    (
        "user",
        "locked",
        "Whether the account is locked out. Default false",
    ),
    (
        "user",
        "expires",
        "accountExpires: from then on it cannot sign in; default never",
    ),
    (
        "user",
        "must-change-password",
        "User must change password at next logon. Default false",
    ),
    (
        "user",
        "logon-hours",
        "Spans of the week in UTC, such as \"mon-fri 07-19\"; default all of it",
    ),
    (
        "user",
        "workstations",
        "userWorkstations: machines that the user may sign in at; default all",
    ),
    ("user", "ou", "The organisational unit; default Users"),
    (
        "authentication-policy",
        "enforced",
        "False: it changes nothing. Default true",
    ),
    (
        "authentication-policy",
        "tgt-life",
        "Life of a TGT and of its renewal; default that of the domain",
    ),
    (
        "authentication-policy",
        "allowed-from",
        "Devices, or groups of them, that users sign in from with armor; default any",
    ),
    (
        "authentication-policy",
        "allowed-to",
        "Who gets tickets for services with this policy; default everybody",
    ),
    (
        "authentication-policy-silo",
        "enforced",
        "False: its policies change nothing, whether they are enforced or not. Default true",
    ),
    (
        "authentication-policy-silo",
        "members",
        "Accounts that take its policies, and none that is assigned to them",
    ),
    (
        "authentication-policy-silo",
        "user-policy",
        "The policy of its users; default none",
    ),
    (
        "authentication-policy-silo",
        "computer-policy",
        "The policy of its servers and devices; default none",
    ),
    (
        "device",
        "udp-first",
        "Whether Kerberos asks by datagram first, and by TCP on error 52. Default false",
    ),
    (
        "device",
        "groups",
        "Groups of the device in Entra, to which profiles are assigned",
    ),
    (
        "device",
        "os-version",
        "The version it reports; default that of `os`, well updated",
    ),
    (
        "device",
        "edition",
        "The edition of Windows; Home can only be registered. Default pro",
    ),
    ("device", "tpm", "Whether there is a TPM. Default true"),
    (
        "device",
        "hello-made-for",
        "Which trust policy asked for when Hello was set up; default what it asks for now",
    ),
    (
        "device",
        "key-container-keeps-trust",
        "Whether a container made under key trust goes on using it. Default false",
    ),
    (
        "device",
        "policy-gates-entra-joined",
        "Whether Hello on an Entra joined device uses the partial TGT only under the policy. Default true",
    ),
    (
        "device",
        "policy-order",
        "Which of Intune's policies comes first. Default documented: user, device, tenant-wide",
    ),
    (
        "device",
        "policy-scopes-must-agree",
        "Whether cloud trust counts only in the scope in which Hello is switched on. Default false",
    ),
    (
        "device",
        "check-in",
        "How often it asks Intune for policies. Default 8h",
    ),
    (
        "device",
        "group-policy-refresh",
        "How often it asks the domain for policies. Default 90m",
    ),
    (
        "device",
        "join",
        "entra: no account in AD; hybrid: joined to both; registered: joined to nothing, a work account beside a local one. Default entra",
    ),
    ("device", "owner", "Who signs in unless a step says otherwise"),
    (
        "device",
        "hello",
        "Users whose Windows Hello key is registered on it; default the owner",
    ),
    (
        "device",
        "security-keys",
        "Users who sign in there with a security key (FIDO2), which needs no Hello and none of its policies; default nobody",
    ),
    (
        "device",
        "cloud-trust-policy",
        "Use cloud Kerberos trust for on-premises authentication. Default true",
    ),
    (
        "device",
        "cloud-ticket-retrieval",
        "CloudKerberosTicketRetrievalEnabled. Default false",
    ),
    (
        "device",
        "kdc-proxies",
        "Realm = URL of its KDC proxy; default none",
    ),
    ("policy", "title", "The display name; default the section's name"),
    ("policy", "kind", "Where it is made. Default settings-catalog"),
    (
        "policy",
        "configuration",
        "Which part of a group policy it is. Default computer",
    ),
    (
        "policy",
        "enable",
        "Settings that are enabled, by the names of the portal or editor, former ones too; OMA-URIs in a custom profile",
    ),
    ("policy", "disable", "Settings that are disabled"),
    (
        "policy",
        "assign",
        "For whom: All devices, All users, or names. Default All devices",
    ),
    ("policy", "exclude", "Who is left out all the same"),
    (
        "policy",
        "filter-os",
        "An assignment filter: beginnings of versions, such as Windows 11",
    ),
    (
        "policy",
        "filter-mode",
        "Whether the filter's versions are the ones that get the profile. Default include",
    ),
    (
        "policy",
        "active",
        "Whether it is assigned when the story begins. Default true",
    ),
];
