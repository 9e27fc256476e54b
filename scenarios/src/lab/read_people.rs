//! The sections of people and what they hold: users, groups, devices.

use std::collections::BTreeSet;

use client_sim::windows::{RELEASES, WINDOWS_11_23H2};
use indexmap::IndexMap;

use super::document::*;
use super::read::{Context, place};
use super::{logon_rules, read_delegation};
use crate::language::{Finding, Node, Reader, Span, Value};

const FIRST_USER_RID: u32 = 1105;

/// A RID that the file gives. Below are the built-in ones, DCs and the Kerberos server object.
pub(crate) fn rid(reader: &mut Reader<'_>) -> Option<u32> {
    reader
        .integer("rid", 1000, 0x3FFF_FFFF)
        .and_then(|rid| u32::try_from(rid).ok())
}

pub(crate) fn group(name: &str, node: &Node, index: u32, context: &Context<'_>) -> Option<Group> {
    let mut reader = Reader::new(node, format!("group {name}"), context.report)?;
    let domain = reader.reference("domain", &context.names.of_section("domain"));
    let scopes = [
        ("global", GroupScope::Global),
        ("universal", GroupScope::Universal),
        ("domain-local", GroupScope::DomainLocal),
    ];
    let group = Group {
        domain: domain.or_else(|| context.names.first("domain").map(str::to_owned))?,
        scope: reader.choice("scope", &scopes).unwrap_or(GroupScope::Global),
        rid: rid(&mut reader).unwrap_or(1601 + index),
        member_of: reader
            .references("member-of", &context.names.groups())
            .unwrap_or_default(),
    };
    reader.finish();
    Some(group)
}

/// The RIDs for users who bring none, in order: those that no user has of his own.
pub(crate) fn free_rids(users: Vec<(&str, Span, &Node)>) -> impl Iterator<Item = u32> + use<> {
    let own = |node: &Node| match node.as_table()?.value("rid")?.value {
        Value::Integer(rid) => rid.and_then(|rid| u32::try_from(rid).ok()),
        _ => None,
    };
    let taken: BTreeSet<u32> = users.iter().filter_map(|(_, _, node)| own(node)).collect();
    (FIRST_USER_RID..).filter(move |rid| !taken.contains(rid))
}

pub(crate) fn user(
    name: &str,
    node: &Node,
    free_rids: &mut impl Iterator<Item = u32>,
    context: &Context<'_>,
) -> Option<User> {
    let mut reader = Reader::new(node, format!("user {name}"), context.report)?;
    let sources = [
        ("synced", UserSource::Synced),
        ("on-premises", UserSource::OnPremises),
        ("cloud", UserSource::Cloud),
        ("guest", UserSource::Guest),
    ];
    let source = reader.choice("source", &sources).unwrap_or(UserSource::Synced);
    let domain = reader.reference("domain", &context.names.of_section("domain"));
    let tenant = reader.reference("tenant", &context.names.of_section("tenant"));
    let in_directory = matches!(source, UserSource::Synced | UserSource::OnPremises);
    let domain = match (in_directory, domain) {
        (true, domain) => domain.or_else(|| context.names.first("domain").map(str::to_owned)),
        (false, None) => None,
        (false, Some(_)) => {
            let finding = Finding::new(format!("user {name} is not in AD, so `domain` says nothing"));
            context
                .report
                .add(node.span, finding.expected("source = \"synced\", or no domain"));
            None
        }
    };
    let tenant = tenant
        .or_else(|| {
            domain
                .as_deref()
                .and_then(|domain| syncing_tenant(domain, context))
        })
        .or_else(|| context.names.first("tenant").map(str::to_owned));
    let suffix = tenant
        .as_deref()
        .and_then(|tenant| context.tenants.get(tenant)?.domains.first());
    let of_tenant = tenant
        .as_deref()
        .and_then(|tenant| context.tenants.get(tenant))
        .map_or(SyncedAttributes::ALL, |tenant| tenant.synced_attributes);
    let upn = format!("{name}@{}", suffix.map_or("corp.example", String::as_str)).replace(' ', ".");
    let sam = reader.text(
        "sam",
        "1 to 20 characters without \"/\\[]:;|=,+*?<>@ or a space",
        |text| {
            let fine =
                (1..=20).contains(&text.len()) && !text.contains(|c| "\"/\\[]:;|=,+*?<>@ ".contains(c));
            fine.then(|| text.to_owned())
        },
    );
    let user = User {
        display_name: reader.string("display-name").unwrap_or_else(|| capitalised(name)),
        sam: sam.unwrap_or_else(|| name.replace(' ', ".").chars().take(20).collect()),
        upn: reader.string("upn").unwrap_or(upn),
        source,
        domain,
        tenant: (source != UserSource::OnPremises).then_some(tenant).flatten(),
        groups: reader
            .references("groups", &context.names.groups())
            .unwrap_or_default(),
        rid: rid(&mut reader).or_else(|| free_rids.next())?,
        ou: reader.string("ou"),
        password: reader
            .string("password")
            .unwrap_or_else(|| format!("{} walks 7 dogs!", capitalised(name))),
        enabled: reader.boolean("enabled").unwrap_or(true),
        password_expired: reader.boolean("password-expired").unwrap_or(false),
        logon: logon_rules::logon_rules(&mut reader, context),
        encryption_types: logon_rules::encryption_types(&mut reader),
        authentication_policy: logon_rules::assigned_policy(&mut reader, &context.names),
        sensitive: reader.boolean("sensitive").unwrap_or(false),
        service_names: read_delegation::service_names(&mut reader, "service-names"),
        delegation: read_delegation::delegation(&mut reader, &context.names),
        cloud_roles: super::console::cloud_roles(&mut reader),
        mfa: reader.boolean("mfa").unwrap_or(false),
        synced_attributes: synced_attributes(&mut reader, "synced-attributes").unwrap_or(of_tenant),
    };
    reader.finish();
    Some(user)
}

/// The attributes that directory sync carries over, where the file names them.
pub(crate) fn synced_attributes(reader: &mut Reader<'_>, key: &'static str) -> Option<SyncedAttributes> {
    let all = ["domain-name", "sam-account-name", "security-identifier"];
    let known = crate::language::Known {
        what: "synced attribute",
        names: all.to_vec(),
    };
    let has = reader.references(key, &known)?;
    let has = |name: &str| has.iter().any(|known| known == name);
    Some(SyncedAttributes {
        domain_name: has("domain-name"),
        sam_account_name: has("sam-account-name"),
        security_identifier: has("security-identifier"),
    })
}

/// `kdc-proxies = { "AD.FERNHILL.EXAMPLE" = "https://gate.fernhill.example/KdcProxy" }`.
fn kdc_proxies(reader: &mut Reader<'_>) -> IndexMap<String, String> {
    let url = |text: &str| text.starts_with("https://").then(|| text.to_owned());
    let entries = reader.named("kdc-proxies").into_iter();
    let read = entries.filter_map(|(realm, _, node)| {
        let expected = "the URL of a proxy, such as \"https://gate.fernhill.example/KdcProxy\"";
        Some((realm.to_uppercase(), reader.parsed(node, expected, url)?))
    });
    read.collect()
}

fn syncing_tenant(domain: &str, context: &Context<'_>) -> Option<Name> {
    let syncs = |tenant: &Tenant| tenant.synced_domains.iter().any(|synced| synced == domain);
    context
        .tenants
        .iter()
        .find(|(_, tenant)| syncs(tenant))
        .map(|(name, _)| name.clone())
}

fn capitalised(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_ascii_uppercase().to_string() + characters.as_str()
    })
}

/// Whose keys of Windows Hello for Business a device holds. One that is registered and not joined holds nobody's.
fn keys(reader: &mut Reader<'_>, join: Join, owner: Option<&Name>, context: &Context<'_>) -> Vec<Name> {
    let span = reader.node("hello").map(|node| node.span);
    let listed = reader.references("hello", &context.names.of_section("user"));
    let registered = join == Join::Registered;
    if let (Some(span), Some([_, ..]), true) = (span, listed.as_deref(), registered) {
        let finding = Finding::new("Windows Hello for Business is not set up on a device that is registered");
        let expected = finding.expected("join = \"entra\" or \"hybrid\", or no `hello`");
        context.report.add(span, expected);
    }
    match registered {
        true => Vec::new(),
        false => listed.unwrap_or_else(|| owner.into_iter().cloned().collect()),
    }
}

pub(crate) fn device(
    name: &str,
    node: &Node,
    index: u32,
    users: &IndexMap<Name, User>,
    context: &Context<'_>,
) -> Option<Device> {
    let mut reader = Reader::new(node, format!("device {name}"), context.report)?;
    let people = context.names.of_section("user");
    let join = reader
        .choice(
            "join",
            &[
                ("entra", Join::Entra),
                ("hybrid", Join::Hybrid),
                ("registered", Join::Registered),
            ],
        )
        .unwrap_or(Join::Entra);
    let owner = reader.reference("owner", &people);
    let owning = owner.as_deref().and_then(|owner| users.get(owner));
    let tenant = reader
        .reference("tenant", &context.names.of_section("tenant"))
        .or_else(|| owning.and_then(|user| user.tenant.clone()))
        .or_else(|| context.names.first("tenant").map(str::to_owned))?;
    let domain = reader.reference("domain", &context.names.of_section("domain"));
    let domain = match join {
        Join::Entra | Join::Registered => None,
        Join::Hybrid => domain
            .or_else(|| owning.and_then(|user| user.domain.clone()))
            .or_else(|| context.names.first("domain").map(str::to_owned)),
    };
    let os = reader
        .choice("os", &RELEASES.map(|release| (release.name, release)))
        .unwrap_or(WINDOWS_11_23H2);
    let managed = context.names.first("policy").is_some();
    let hello = keys(&mut reader, join, owner.as_ref(), context);
    let edition = reader.node("edition").map(|node| node.span);
    let desk = super::desk::read(&mut reader, os, context);
    if let Some(span) = edition
        && join != Join::Registered
        && !desk.edition.joins()
    {
        let finding = Finding::new("Windows Home is joined neither to Entra nor to a domain");
        let expected = finding.expected("another edition, or join = \"registered\"");
        context.report.add(span, expected);
    }
    let device = Device {
        host: reader.string("host").unwrap_or_else(|| name.to_ascii_uppercase()),
        join,
        tenant,
        domain,
        hello,
        owner,
        desk,
        os: os.name.to_owned(),
        location: place(&mut reader, context),
        host_octet: u8::try_from(100 + index % 150).unwrap_or(254),
        // where the lab has profiles, they say it
        cloud_trust_policy: reader
            .boolean("cloud-trust-policy")
            .or_else(|| (!managed && join != Join::Registered).then_some(true)),
        cloud_ticket_retrieval: reader.boolean("cloud-ticket-retrieval").unwrap_or(false),
        kdc_proxies: kdc_proxies(&mut reader),
        clock_offset_micros: reader.offset_micros("clock-offset").unwrap_or(0),
        rid: rid(&mut reader).unwrap_or(1501 + index),
    };
    reader.finish();
    Some(device)
}
