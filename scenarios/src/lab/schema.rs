//! The grammar of lab files as a JSON schema, for editors that complete and check TOML while it is typed.
//!
//! The keys and their kinds come from the reader of lab files itself: it is let loose on a lab that has one of everything,
//! and what it asks for is the grammar. Only the descriptions are written down here, and a test compares both.

use serde_json::{Map, Value, json};

use super::LabTree;
use crate::language::{Report, Shape, Shapes, Sources};

/// Has one of each kind of table.
const ONE_OF_EVERYTHING: &str = r#"
format = "trustlab.lab/1"
domain.a = { dns-name = "a.example" }
domain.b = { dns-name = "b.example" }
trust.t = { trusting = "a", trusted = "b" }
cloud-app.c = { share.one = {} }
kdc-proxy.k = {}
authentication-policy.p = {}
location.here = { subnet = "192.0.2.0/24" }
network = {}
administration = {}
policy.p = {}
tenant.t = {}
kerberos-server.a = { number = 1 }
dc.dc01 = {}
group.g = {}
user.u = {}
device.d = {}
server.s = { share.one = {} }
app-proxy.p = { server = "s", connector = "s" }
"#;

/// The schema, as JSON Schema 2020-12.
pub fn schema() -> Value {
    let (mut sources, report) = (Sources::default(), Report::recording());
    if let Some(tree) = LabTree::parse("schema", ONE_OF_EVERYTHING, &mut sources, &report) {
        tree.read(&report);
    }
    let shapes = report.into_shapes();
    let mut definitions = Map::new();
    for (kind, keys) in &shapes.0 {
        let properties = keys
            .iter()
            .map(|(key, shape)| ((*key).to_owned(), property(&shapes, kind, key, shape)));
        let required: Vec<&str> = REQUIRED
            .iter()
            .filter(|(of, _)| of == kind)
            .map(|(_, key)| *key)
            .collect();
        definitions.insert(
            kind.clone(),
            json!({
                "type": "object",
                "additionalProperties": false,
                "required": required,
                "properties": properties.collect::<Map<_, _>>(),
            }),
        );
    }
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "trustlab lab, format trustlab.lab/1",
        "$defs": Value::Null,
    });
    let root = definitions.remove("lab").unwrap_or_default();
    if let (Some(schema), Value::Object(root)) = (schema.as_object_mut(), root) {
        schema.extend(root);
        schema.insert("$defs".into(), Value::Object(definitions));
    }
    schema
}

fn property(shapes: &Shapes, kind: &str, key: &str, shape: &Shape) -> Value {
    let mut description = describe(kind, key).unwrap_or_default().to_owned();
    let mut value = match shape {
        Shape::Any if key == "format" => json!({"const": "trustlab.lab/1"}),
        Shape::Any => json!({"$ref": format!("#/$defs/{key}")}),
        Shape::Text { expected } => {
            if let Some(expected) = expected {
                description.push_str(&format!(" ({expected})"));
            }
            json!({"type": "string"})
        }
        Shape::Boolean => json!({"type": "boolean"}),
        Shape::Integer { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        Shape::Choice(names) => json!({"enum": names}),
        Shape::Texts => texts(),
        Shape::Reference(what) => {
            description.push_str(&format!(" (a {what} of this lab)"));
            json!({"type": "string"})
        }
        Shape::References(what) => {
            description.push_str(&format!(" (each a {what} of this lab)"));
            texts()
        }
        Shape::Array => json!({"type": "array", "items": {"type": "object"}}),
        Shape::Section if shapes.0.contains_key(key) => {
            json!({"type": "object", "additionalProperties": {"$ref": format!("#/$defs/{key}")}})
        }
        Shape::Section => json!({"type": "object", "additionalProperties": {"type": "string"}}),
    };
    if let Some(value) = value.as_object_mut() {
        value.insert("description".into(), Value::String(description));
    }
    value
}

fn texts() -> Value {
    json!({"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
}

/// Keys without a default: kind of table, key.
const REQUIRED: &[(&str, &str)] = &[
    ("lab", "format"),
    ("domain", "dns-name"),
    ("location", "subnet"),
    ("trust", "trusting"),
    ("trust", "trusted"),
    ("kerberos-server", "number"),
];

fn describe(kind: &str, key: &str) -> Option<&'static str> {
    let of = |wanted: &str| {
        DESCRIPTIONS
            .iter()
            .find(|(described, name, _)| *described == wanted && *name == key)
            .map(|(_, _, text)| *text)
    };
    of(kind).or_else(|| of("*"))
}

/// Kind of table (`*`: any that has the key), key, what it says.
const DESCRIPTIONS: &[(&str, &str, &str)] = &[
    ("lab", "format", "Kind and major version of this file"),
    ("lab", "name", "The lab's name"),
    ("lab", "title", "One line about the lab"),
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
        "location",
        "short-names",
        "Whether it hands out the domain's DNS suffix, so that Entra joined devices find short names. Default true",
    ),
    (
        "device",
        "udp-first",
        "Whether Kerberos asks by datagram first, and by TCP on error 52. Default false",
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
    (
        "lab",
        "administration",
        "What the administrators' cmdlets do where reports differ",
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
    ("user", "cloud-roles", "Roles in the tenant"),
    (
        "user",
        "mfa",
        "Whether Entra wants a second factor beside the password. Default false",
    ),
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
        "Whether nobody may search its directory. Default false",
    ),
    (
        "dc",
        "ldap-require-signing",
        "Whether it refuses simple binds. Default false",
    ),
    ("group", "scope", "Default global"),
    ("group", "member-of", "Groups it is a member of"),
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
        "*",
        "synced-attributes",
        "Which of the three attributes reach the tenant; default all, without which no partial TGT is issued",
    ),
    (
        "tenant",
        "sync-interval",
        "How often directory sync runs by itself; default: when a step says so",
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
        "lab",
        "trust",
        "Trusts besides those of parent and child, which are there by themselves",
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
    (
        "dc",
        "replication-lag",
        "How long a change in the directory takes to arrive here. Default none",
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
        "lab",
        "authentication-policy",
        "Authentication policies (msDS-AuthNPolicy)",
    ),
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
        "*",
        "authentication-policy",
        "The authentication policy of the account; default none",
    ),
    (
        "*",
        "encryption-types",
        "msDS-SupportedEncryptionTypes: rc4, aes128, aes256; default: not set for users, all three for servers",
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
    ("lab", "kdc-proxy", "Gateways to the DCs of a domain (MS-KKDCP)"),
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
    (
        "dc",
        "kerberos-armoring",
        "KDC support for claims, compound authentication and Kerberos armoring. Default off",
    ),
    ("user", "ou", "The organisational unit; default Users"),
    (
        "device",
        "kdc-proxies",
        "Realm = URL of its KDC proxy; default none",
    ),
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
];

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(schema: &Value) -> impl Iterator<Item = (&str, &Map<String, Value>)> {
        let defs = schema["$defs"].as_object().expect("definitions");
        let root = [("lab", schema)];
        let all = root
            .into_iter()
            .chain(defs.iter().map(|(name, def)| (name.as_str(), def)));
        all.map(|(name, def)| (name, def["properties"].as_object().expect("an object")))
    }

    #[test]
    fn every_key_that_the_reader_asks_for_is_described() {
        let schema = schema();
        for (kind, keys) in objects(&schema) {
            for key in keys.keys() {
                assert!(
                    describe(kind, key).is_some(),
                    "describe {kind}.{key} in lab/schema.rs"
                );
            }
        }
    }

    #[test]
    fn nothing_is_described_that_the_reader_does_not_ask_for() {
        let schema = schema();
        for (kind, key, _) in DESCRIPTIONS {
            let known =
                objects(&schema).any(|(of, keys)| (*kind == "*" || of == *kind) && keys.contains_key(*key));
            assert!(known, "{kind}.{key} is described and never read");
        }
        for (kind, key) in REQUIRED {
            assert!(
                objects(&schema).any(|(of, keys)| of == *kind && keys.contains_key(*key)),
                "{kind}.{key}"
            );
        }
    }

    #[test]
    fn every_reference_has_a_definition() {
        let schema = schema();
        let text = schema.to_string();
        for part in text.split("#/$defs/").skip(1) {
            let name = part.split('"').next().expect("a name");
            assert!(schema["$defs"].get(name).is_some(), "{name}");
        }
    }
}
