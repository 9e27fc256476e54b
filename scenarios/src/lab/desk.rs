//! What a lab says of a Windows device beside who uses it and where: version, hardware, management.

use core::time::Duration;

use client_sim::policy::Trust;

use super::document::Name;
use super::read::Context;
use crate::language::Reader;

/// Settings of a device that most labs leave alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desk {
    /// The version that the device reports: `10.0.22631.4460`.
    pub os_version: String,
    /// Groups of the device in Entra.
    pub groups: Vec<String>,
    /// Users who sign in there with a security key (FIDO2) of their own.
    pub security_keys: Vec<Name>,
    /// Whether there is a TPM.
    pub tpm: bool,
    /// Which trust policy asked for when Hello was set up; `None`: the one it asks for when the story begins.
    pub hello_made_for: Option<Trust>,
    /// Whether a container made under key trust goes on using it.
    pub key_container_keeps_trust: bool,
    /// Whether Hello on an Entra joined device needs the policy of cloud trust to use the partial TGT.
    pub policy_gates_entra_joined: bool,
    /// Whether the tenant-wide policy comes before those of users and devices.
    pub tenant_wide_first: bool,
    /// Whether cloud trust counts only in the scope in which Hello is switched on.
    pub scopes_must_agree: bool,
    /// Whether Kerberos asks by datagram first.
    pub udp_first: bool,
    /// How often the device asks Intune for its policies.
    pub check_in: Duration,
    /// How often it asks the domain for its policies.
    pub group_policy_refresh: Duration,
}

pub(super) fn read(reader: &mut Reader<'_>, os: &str, context: &Context<'_>) -> Desk {
    let trusts = [
        ("cloud-trust", Trust::Cloud),
        ("key-trust", Trust::Key),
        ("certificate-trust", Trust::Certificate),
    ];
    let version = reader.text("os-version", "a version such as \"10.0.22631.4460\"", |text| {
        client_sim::windows::WindowsVersion::parse(text).map(|_| text.to_owned())
    });
    let orders = [("documented", false), ("tenant-wide-first", true)];
    Desk {
        os_version: version.unwrap_or_else(|| version_of(os).to_owned()),
        groups: reader
            .references("groups", &context.names.groups())
            .unwrap_or_default(),
        security_keys: reader
            .references("security-keys", &context.names.of_section("user"))
            .unwrap_or_default(),
        tpm: reader.boolean("tpm").unwrap_or(true),
        hello_made_for: reader.choice("hello-made-for", &trusts),
        key_container_keeps_trust: reader.boolean("key-container-keeps-trust").unwrap_or(false),
        policy_gates_entra_joined: reader.boolean("policy-gates-entra-joined").unwrap_or(true),
        tenant_wide_first: reader.choice("policy-order", &orders).unwrap_or(false),
        scopes_must_agree: reader.boolean("policy-scopes-must-agree").unwrap_or(false),
        udp_first: reader.boolean("udp-first").unwrap_or(false),
        check_in: reader.duration("check-in").unwrap_or(Duration::from_hours(8)),
        group_policy_refresh: reader
            .duration("group-policy-refresh")
            .unwrap_or(Duration::from_mins(90)),
    }
}

/// The version of a release, well updated; the default is that of Windows 11 23H2 (Microsoft Learn, release information).
fn version_of(os: &str) -> &'static str {
    const RELEASES: [(&str, &str); 10] = [
        ("Windows 10 1909", "10.0.18363.2274"),
        ("Windows 10 2004", "10.0.19041.1415"),
        ("Windows 10 21H1", "10.0.19043.2364"),
        ("Windows 10 21H2", "10.0.19044.4529"),
        ("Windows 10 22H2", "10.0.19045.5131"),
        ("Windows 11 21H2", "10.0.22000.3260"),
        ("Windows 11 22H2", "10.0.22621.4460"),
        ("Windows 11 23H2", "10.0.22631.4460"),
        ("Windows 11 24H2", "10.0.26100.2314"),
        ("Windows 11 25H2", "10.0.26200.6899"),
    ];
    let release = RELEASES.iter().find(|(name, _)| os.eq_ignore_ascii_case(name));
    release.map_or("10.0.22631.4460", |(_, version)| version)
}
