//! From the tree of a lab document to [`Lab`].

use core::time::Duration;
use std::net::Ipv4Addr;

use indexmap::IndexMap;
use kerberos::Timestamp;

use super::console;
use super::document::*;
use super::names::Names;
use super::{app_proxy, cloud_app, kdc_proxy, logon_rules, read_delegation, read_people};
use crate::language::{Finding, Node, Reader, Report, Span, check_format};

/// Default start: Monday 2026-11-23 08:00:00 UTC.
const DEFAULT_CLOCK: Timestamp = Timestamp::from_unix_seconds(1_795_420_800);

/// What readers of one section need of the rest.
pub(crate) struct Context<'t> {
    pub(crate) names: Names,
    pub(crate) domains: IndexMap<Name, Domain>,
    pub(crate) tenants: IndexMap<Name, Tenant>,
    pub(crate) locations: IndexMap<Name, Location>,
    pub(crate) report: &'t Report,
}

/// Reads a document whose left-out sections were filled in.
pub(crate) fn read(root: &Node, report: &Report) -> Option<Lab> {
    let mut reader = Reader::new(root, "the lab", report)?;
    check_format(&mut reader, "lab")?;
    let name = reader.string("name").unwrap_or_else(|| "lab".into());
    let title = reader.string("title");
    let seed = reader.integer("seed", 0, i64::MAX).unwrap_or(1).unsigned_abs();
    let clock = reader.time("clock").unwrap_or(DEFAULT_CLOCK);
    let mut context = Context {
        names: Names::of(root),
        domains: IndexMap::new(),
        tenants: IndexMap::new(),
        locations: IndexMap::new(),
        report,
    };
    context.locations = section(&mut reader, "location", |name, node, _| {
        location(name, node, &context)
    });
    context.domains = section(&mut reader, "domain", |name, node, _| {
        domain(name, node, &context)
    });
    let first = context.domains.values().next();
    let title = title.or_else(|| first.map(|domain| domain.dns_name.clone()));
    check_parents(&context, &mut reader);
    let trusts = section(&mut reader, "trust", |name, node, _| {
        super::read_trusts::trust(name, node, &context)
    });
    context.tenants = section(&mut reader, "tenant", |name, node, _| {
        tenant(name, node, &context)
    });
    let dcs = section(&mut reader, "dc", |name, node, index| {
        dc(name, node, index, &context)
    });
    let groups = section(&mut reader, "group", |name, node, index| {
        read_people::group(name, node, index, &context)
    });
    let mut rids = read_people::free_rids(reader.named("user"));
    let users = section(&mut reader, "user", |name, node, _| {
        read_people::user(name, node, &mut rids, &context)
    });
    let servers = section(&mut reader, "server", |name, node, index| {
        server(name, node, index, &context)
    });
    let kerberos_servers = section(&mut reader, "kerberos-server", |name, node, _| {
        kerberos_server(name, node, &context)
    });
    let devices = section(&mut reader, "device", |name, node, index| {
        read_people::device(name, node, index, &users, &context)
    });
    let cloud_apps = section(&mut reader, "cloud-app", |name, node, index| {
        cloud_app::read(name, node, index, &context)
    });
    let kdc_proxies = section(&mut reader, "kdc-proxy", |name, node, index| {
        kdc_proxy::read(name, node, index, &context)
    });
    let authentication_policies = section(&mut reader, "authentication-policy", |name, node, _| {
        logon_rules::policy(name, node, &context)
    });
    let authentication_silos = section(&mut reader, "authentication-policy-silo", |name, node, _| {
        super::silo::read(name, node, &context)
    });
    let policies = section(&mut reader, "policy", |name, node, _| {
        super::policy::read(name, node, &context)
    });
    let app_proxies = section(&mut reader, "app-proxy", |name, node, index| {
        app_proxy::read(name, node, index, &context)
    });
    let network = network(&mut reader);
    let administration = console::administration(reader.node("administration"), report);
    reader.finish();
    let lab = Lab {
        name,
        title: title.unwrap_or_default(),
        seed,
        clock,
        domains: context.domains,
        trusts,
        dcs,
        groups,
        users,
        servers,
        tenants: context.tenants,
        kerberos_servers,
        devices,
        cloud_apps,
        authentication_policies,
        authentication_silos,
        kdc_proxies,
        policies,
        app_proxies,
        locations: context.locations,
        network,
        administration,
    };
    super::check::check(&lab, root, report);
    super::check_trusts::check(&lab, root, report);
    super::silo::check(&lab, root, report);
    report.is_empty().then_some(lab)
}

/// Reads the entries of one section; an entry that cannot be read has been reported and is left out.
pub(super) fn section<T>(
    reader: &mut Reader<'_>,
    key: &'static str,
    mut read: impl FnMut(&str, &Node, u32) -> Option<T>,
) -> IndexMap<Name, T> {
    let mut entries = IndexMap::new();
    for (index, (name, span, node)) in (0..).zip(reader.named(key)) {
        check_name(name, span, reader.report());
        if let Some(entry) = read(name, node, index) {
            entries.insert(name.to_owned(), entry);
        }
    }
    entries
}

/// Names become host names, account names and parts of paths.
fn check_name(name: &str, span: Span, report: &Report) {
    let fine = !name.is_empty()
        && name.len() <= 63
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ' '));
    if !fine {
        let finding = Finding::new(format!("`{name}` cannot name a part of a lab"));
        report.add(
            span,
            finding.expected("up to 63 ASCII letters, digits, `-`, `_` and spaces, a letter or digit first"),
        );
    }
}

fn location(name: &str, node: &Node, context: &Context<'_>) -> Option<Location> {
    let mut reader = Reader::new(node, format!("location {name}"), context.report)?;
    const A_NETWORK: &str = "an IPv4 network such as \"192.0.2.0/24\"";
    let subnet = reader.text("subnet", A_NETWORK, parse_subnet);
    let subnet = reader.required("subnet", A_NETWORK, subnet);
    let all = context.names.of_section("location");
    let location = Location {
        subnet: subnet.unwrap_or_default(),
        reaches: reader
            .references("reaches", &all)
            .unwrap_or_else(|| all.names.iter().map(|name| (*name).to_owned()).collect()),
        internet: reader.boolean("internet").unwrap_or(true),
        cloud_latency: reader
            .duration("cloud-latency")
            .unwrap_or(Duration::from_millis(15)),
        latency: reader.duration("latency").unwrap_or(Duration::from_micros(500)),
        site: reader.string("site"),
        short_names: reader.boolean("short-names").unwrap_or(true),
    };
    reader.finish();
    Some(location)
}

fn parse_subnet(text: &str) -> Option<[u8; 3]> {
    let [a, b, c, 0] = text.strip_suffix("/24")?.parse::<Ipv4Addr>().ok()?.octets() else {
        return None;
    };
    Some([a, b, c])
}

fn domain(name: &str, node: &Node, context: &Context<'_>) -> Option<Domain> {
    let mut reader = Reader::new(node, format!("domain {name}"), context.report)?;
    let dns_name = dns_name(&mut reader, "dns-name");
    let dns_name = reader.required(
        "dns-name",
        "the DNS name, such as \"ad.fernhill.example\"",
        dns_name,
    );
    let domain = Domain {
        dns_name: dns_name.unwrap_or_default(),
        netbios: reader
            .string("netbios")
            .unwrap_or_else(|| name.to_ascii_uppercase()),
        parent: reader.reference("parent", &context.names.of_section("domain")),
        ticket_life: reader.duration("ticket-life").unwrap_or(Duration::from_hours(10)),
        renew_life: reader
            .duration("renew-life")
            .unwrap_or(Duration::from_hours(7 * 24)),
        clock_skew: reader.duration("clock-skew").unwrap_or(Duration::from_mins(5)),
    };
    reader.finish();
    Some(domain)
}

pub(crate) fn dns_name(reader: &mut Reader<'_>, key: &'static str) -> Option<String> {
    reader.text(key, "a DNS name in lower case with at least two labels", |text| {
        let labels: Vec<&str> = text.split('.').collect();
        let fine = labels.len() >= 2
            && text.len() <= 200
            && labels.iter().all(|label| {
                !label.is_empty()
                    && label.len() <= 63
                    && label
                        .chars()
                        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            });
        fine.then(|| text.to_owned())
    })
}

fn check_parents(context: &Context<'_>, reader: &mut Reader<'_>) {
    for (name, _, node) in reader.named("domain") {
        let mut seen = vec![name];
        let mut at = name;
        while let Some(parent) = context
            .domains
            .get(at)
            .and_then(|domain| domain.parent.as_deref())
        {
            if seen.contains(&parent) {
                context.report.add(
                    node.span,
                    Finding::new(format!("domain {name} is its own ancestor")),
                );
                break;
            }
            seen.push(parent);
            at = parent;
        }
    }
}

fn tenant(name: &str, node: &Node, context: &Context<'_>) -> Option<Tenant> {
    let mut reader = Reader::new(node, format!("tenant {name}"), context.report)?;
    let first_domain = context
        .domains
        .values()
        .next()
        .map(|domain| domain.dns_name.clone())
        .unwrap_or_default();
    // `ad.fernhill.example` belongs to the company `fernhill.example`.
    let company = match first_domain.split_once('.') {
        Some((_, rest)) if rest.contains('.') => rest.to_owned(),
        _ => first_domain,
    };
    let label = company.split('.').next().unwrap_or(name).to_owned();
    let id = reader.text(
        "id",
        "a GUID such as \"f0000000-0000-4000-8000-00000000feed\"",
        |text| is_guid(text).then(|| text.to_ascii_lowercase()),
    );
    let tenant = Tenant {
        id: id.unwrap_or_else(|| super::identity::guid("tenant", name)),
        display_name: reader.string("display-name").unwrap_or_else(|| name.to_owned()),
        domains: reader.strings("domains").map_or_else(
            || vec![company],
            |domains| domains.into_iter().map(|(domain, _)| domain).collect(),
        ),
        initial_domain: dns_name(&mut reader, "initial-domain")
            .unwrap_or_else(|| format!("{label}.onmicrosoft.example")),
        synced_domains: reader
            .references("synced-domains", &context.names.of_section("domain"))
            .unwrap_or_else(|| context.domains.keys().cloned().collect()),
        synced_ous: reader
            .strings("synced-ous")
            .map_or_else(Vec::new, |ous| ous.into_iter().map(|(ou, _)| ou).collect()),
        synced_attributes: read_people::synced_attributes(&mut reader, "synced-attributes")
            .unwrap_or(SyncedAttributes::ALL),
        sync_interval: sync_interval(&mut reader),
        partial_tgt_life: reader
            .duration("partial-tgt-life")
            .unwrap_or(Duration::from_hours(10)),
        prt_life: reader
            .duration("prt-life")
            .unwrap_or(Duration::from_hours(14 * 24)),
        signed_id_token: reader.boolean("signed-id-token").unwrap_or(false),
        kerberos_top_level_names: reader
            .strings("kerberos-top-level-names")
            .map_or_else(Vec::new, |names| {
                names.into_iter().map(|(name, _)| name).collect()
            }),
    };
    if tenant.domains.is_empty() {
        context.report.add(
            node.span,
            Finding::new(format!("tenant {name} has no domain")).expected("at least one"),
        );
    }
    reader.finish();
    Some(tenant)
}

/// Directory sync runs as often as every minute; it never runs without a pause.
fn sync_interval(reader: &mut Reader<'_>) -> Option<Duration> {
    let interval = reader.duration("sync-interval")?;
    if interval < Duration::from_mins(1) {
        let finding = Finding::new("directory sync does not run that often");
        reader.report().add(
            reader.span(),
            finding.expected("`sync-interval` of a minute or more"),
        );
        return None;
    }
    Some(interval)
}

fn is_guid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

fn dc(name: &str, node: &Node, index: u32, context: &Context<'_>) -> Option<Dc> {
    let mut reader = Reader::new(node, format!("dc {name}"), context.report)?;
    let domain = reader.reference("domain", &context.names.of_section("domain"));
    let location = place(&mut reader, context);
    let writable = reader.boolean("writable").unwrap_or(true);
    let branch = super::read_branch::branch(&mut reader, writable, index, context);
    let os = reader
        .choice(
            "os",
            &["2012r2", "2016", "2019", "2022", "2025"].map(|os| (os, os)),
        )
        .unwrap_or("2022");
    let dc = Dc {
        host: reader.string("host").unwrap_or_else(|| name.to_ascii_uppercase()),
        domain: domain.or_else(|| context.names.first("domain").map(str::to_owned))?,
        profile: reader
            .choice(
                "profile",
                &[("windows", Profile::Windows), ("samba", Profile::Samba)],
            )
            .unwrap_or(Profile::Windows),
        os: os.to_owned(),
        updates: update_level(&mut reader).unwrap_or_else(|| "current".into()),
        site: reader
            .string("site")
            .or_else(|| site_of(&location, context))
            .unwrap_or_else(|| "Office".into()),
        address: address(&mut reader, &location, 10, index, context),
        location,
        writable,
        branch,
        armoring: reader
            .choice(
                "kerberos-armoring",
                &[
                    ("off", Armoring::Off),
                    ("supported", Armoring::Supported),
                    ("announced", Armoring::Announced),
                    ("required", Armoring::Required),
                ],
            )
            .unwrap_or(Armoring::Off),
        console: console::console(&mut reader, os),
        clock_offset_micros: reader.offset_micros("clock-offset").unwrap_or(0),
        ldap_anonymous_search: reader.boolean("ldap-anonymous-search").unwrap_or(false),
        ldap_require_signing: reader.boolean("ldap-require-signing").unwrap_or(false),
        replication_lag: reader.duration("replication-lag").unwrap_or_default(),
    };
    reader.finish();
    Some(dc)
}

fn update_level(reader: &mut Reader<'_>) -> Option<String> {
    reader.text("updates", "`current`, or a month such as \"2021-10\"", |text| {
        let month = text.split_once('-').is_some_and(|(year, month)| {
            year.len() == 4
                && year.chars().all(|c| c.is_ascii_digit())
                && month.len() == 2
                && month.parse::<u8>().is_ok_and(|month| (1..=12).contains(&month))
        });
        (text == "current" || month).then(|| text.to_owned())
    })
}

/// Where a host stands; the first location unless it says.
pub(crate) fn place(reader: &mut Reader<'_>, context: &Context<'_>) -> Name {
    reader
        .reference("location", &context.names.of_section("location"))
        .or_else(|| context.names.first("location").map(str::to_owned))
        .unwrap_or_default()
}

fn site_of(location: &str, context: &Context<'_>) -> Option<String> {
    context.locations.get(location)?.site.clone()
}

fn address(
    reader: &mut Reader<'_>,
    location: &str,
    base: u32,
    index: u32,
    context: &Context<'_>,
) -> Ipv4Addr {
    let given = reader.text("address", "an IPv4 address", |text| text.parse::<Ipv4Addr>().ok());
    given.unwrap_or_else(|| {
        let [a, b, c] = context
            .locations
            .get(location)
            .map(|place| place.subnet)
            .unwrap_or_default();
        Ipv4Addr::new(a, b, c, u8::try_from(base + index % 30).unwrap_or(254))
    })
}

fn server(name: &str, node: &Node, index: u32, context: &Context<'_>) -> Option<Server> {
    let mut reader = Reader::new(node, format!("server {name}"), context.report)?;
    let domain = reader.reference("domain", &context.names.of_section("domain"));
    let location = place(&mut reader, context);
    let services = reader.strings("services").unwrap_or_default();
    let os = reader
        .choice("os", &["2016", "2019", "2022", "2025"].map(|os| (os, os)))
        .unwrap_or("2022");
    let mut server = Server {
        host: reader.string("host").unwrap_or_else(|| name.to_ascii_uppercase()),
        domain: domain.or_else(|| context.names.first("domain").map(str::to_owned))?,
        address: address(&mut reader, &location, 40, index, context),
        location,
        services: services.into_iter().map(|(service, _)| service).collect(),
        rid: read_people::rid(&mut reader).unwrap_or(1401 + index),
        encryption_types: logon_rules::encryption_types(&mut reader),
        authentication_policy: logon_rules::assigned_policy(&mut reader, &context.names),
        delegation: read_delegation::delegation(&mut reader, &context.names),
        shares: section(&mut reader, "share", |name, node, _| share(name, node, context)),
        allowed_to_authenticate: reader
            .references("allowed-to-authenticate", &context.names.principals())
            .unwrap_or_default(),
        ntlm: reader.boolean("ntlm").unwrap_or(false),
        console: console::console(&mut reader, os),
        clock_offset_micros: reader.offset_micros("clock-offset").unwrap_or(0),
    };
    if server.services.is_empty() {
        server.services.push("cifs".into());
    }
    reader.finish();
    Some(server)
}

fn share(name: &str, node: &Node, context: &Context<'_>) -> Option<Share> {
    let mut reader = Reader::new(node, format!("share {name}"), context.report)?;
    let who = context.names.principals();
    let share = Share {
        read: reader.references("read", &who).unwrap_or_default(),
        write: reader.references("write", &who).unwrap_or_default(),
    };
    reader.finish();
    Some(share)
}

fn kerberos_server(name: &str, node: &Node, context: &Context<'_>) -> Option<KerberosServer> {
    let mut reader = Reader::new(node, format!("kerberos-server {name}"), context.report)?;
    let who = context.names.principals();
    let default = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let number = reader.integer("number", 1, 65535);
    let number = reader.required(
        "number",
        "the key number, 1 to 65535, such as number = 21463",
        number,
    );
    let server = KerberosServer {
        number: number.and_then(|number| u16::try_from(number).ok()).unwrap_or(1),
        key_version: reader
            .integer("key-version", 1, i64::from(i32::MAX))
            .and_then(|version| u32::try_from(version).ok())
            .unwrap_or(1203),
        tenants: reader
            .references("tenants", &context.names.of_section("tenant"))
            .unwrap_or_else(|| {
                let syncs = |tenant: &Tenant| {
                    tenant
                        .synced_domains
                        .iter()
                        .any(|domain| domain.eq_ignore_ascii_case(name))
                };
                context
                    .tenants
                    .iter()
                    .filter(|(_, tenant)| syncs(tenant))
                    .map(|(name, _)| name.clone())
                    .collect()
            }),
        in_directory: reader.boolean("in-directory").unwrap_or(true),
        allow: reader
            .references("allow", &who)
            .unwrap_or_else(|| default(super::builtin::DEFAULT_ALLOW)),
        deny: reader
            .references("deny", &who)
            .unwrap_or_else(|| default(super::builtin::DEFAULT_DENY)),
    };
    reader.finish();
    Some(server)
}

fn network(reader: &mut Reader<'_>) -> Network {
    let default = Network {
        entra_address: Ipv4Addr::new(203, 0, 113, 10),
        entra_host: "login.microsoftonline.com".into(),
        udp_reply_max_octets: 1465,
    };
    let Some(node) = reader.node("network") else {
        return default;
    };
    let Some(mut reader) = Reader::new(node, "the network", reader.report()) else {
        return default;
    };
    let address = reader.text("entra-address", "an IPv4 address", |text| text.parse().ok());
    let octets = reader.integer("udp-reply-max-octets", 100, 65_507);
    let network = Network {
        entra_address: address.unwrap_or(default.entra_address),
        entra_host: dns_name(&mut reader, "entra-host").unwrap_or(default.entra_host),
        udp_reply_max_octets: octets
            .and_then(|octets| usize::try_from(octets).ok())
            .unwrap_or(default.udp_reply_max_octets),
    };
    reader.finish();
    network
}
