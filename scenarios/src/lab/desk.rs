//! What a lab says of a Windows device beside who uses it and where: version, hardware, management.

use core::time::Duration;

use client_sim::edition::Edition;
use client_sim::policy::Trust;
use client_sim::windows::Release;

use super::document::Name;
use super::read::Context;
use crate::language::{Finding, Reader};

/// Settings of a device that most labs leave alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desk {
    /// The version that the device reports: `10.0.22631.4460`.
    pub os_version: String,
    /// The edition of Windows.
    pub edition: Edition,
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

pub(super) fn read(reader: &mut Reader<'_>, os: Release, context: &Context<'_>) -> Desk {
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
        os_version: version.unwrap_or_else(|| os.version.to_owned()),
        edition: reader.choice("edition", &Edition::ALL).unwrap_or_default(),
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
        check_in: interval(reader, "check-in", context).unwrap_or(Duration::from_hours(8)),
        group_policy_refresh: interval(reader, "group-policy-refresh", context)
            .unwrap_or(Duration::from_mins(90)),
    }
}

/// How often something is done; more than once a minute nothing is.
fn interval(reader: &mut Reader<'_>, key: &'static str, context: &Context<'_>) -> Option<Duration> {
    let span = reader.node(key).map(|node| node.span);
    let value = reader.duration(key)?;
    if let Some(span) = span
        && value < Duration::from_mins(1)
    {
        let finding = Finding::new(format!("`{key}` is shorter than a minute")).expected("1m or more");
        context.report.add(span, finding);
    }
    Some(value)
}
