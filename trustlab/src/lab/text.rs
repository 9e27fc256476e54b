//! A lab as text: what there is, where it is, and what holds it together.

use std::fmt::Write;

use client_sim::edition::Edition;
use kerberos::phrase::counted;
use scenarios::lab::{
    Delegation, Device, Domain, GroupScope, Join, Lab, Profile, Trust, TrustKind, User, UserSource,
};

/// `1 domain, 2 DCs, 1 tenant, 10 users, 6 devices, 6 servers`.
pub(crate) fn counts(lab: &Lab) -> String {
    let parts = [
        (lab.domains.len(), "domain"),
        (lab.dcs.len(), "DC"),
        (lab.tenants.len(), "tenant"),
        (lab.users.len(), "user"),
        (lab.devices.len(), "device"),
        (lab.servers.len(), "server"),
    ];
    let parts = parts.map(|(count, what)| counted(count, what));
    parts.join(", ")
}

/// The whole lab.
pub(crate) fn of(lab: &Lab) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}: {}", lab.name, lab.title);
    let _ = writeln!(text, "{}; begins {}\n", counts(lab), lab.clock);
    for name in lab.tenants.keys() {
        tenant(&mut text, lab, name);
    }
    for (name, domain) in &lab.domains {
        directory(&mut text, lab, name, domain);
    }
    section(
        &mut text,
        "USERS",
        lab.users.iter().map(|(name, user)| {
            [
                name.clone(),
                user.upn.clone(),
                about_user(user, lab.silo_of(name)),
            ]
        }),
    );
    section(
        &mut text,
        "DEVICES",
        lab.devices
            .iter()
            .map(|(name, device)| [name.clone(), device.os.clone(), about_device(device)]),
    );
    section(
        &mut text,
        "PLACES",
        lab.locations.iter().map(|(name, place)| {
            let [a, b, c] = place.subnet;
            let reaches: Vec<&str> = place
                .reaches
                .iter()
                .map(String::as_str)
                .filter(|other| other != name)
                .collect();
            let reaches = match (reaches.is_empty(), place.internet) {
                (true, true) => "reaches Entra alone".to_owned(),
                (true, false) => "reaches nothing".to_owned(),
                (false, internet) => format!(
                    "reaches {}{}",
                    reaches.join(", "),
                    if internet { " and Entra" } else { ", not Entra" }
                ),
            };
            let site = place
                .site
                .as_deref()
                .map(|site| format!("; site {site}"))
                .unwrap_or_default();
            [name.clone(), format!("{a}.{b}.{c}.0/24"), reaches + &site]
        }),
    );
    while text.ends_with("\n\n") {
        text.pop();
    }
    text
}

fn tenant(text: &mut String, lab: &Lab, name: &str) {
    let tenant = &lab.tenants[name];
    let _ = writeln!(text, "TENANT {name}  {}, {}", tenant.display_name, tenant.id);
    let _ = writeln!(
        text,
        "  domains   {}, {}",
        tenant.domains.join(", "),
        tenant.initial_domain
    );
    let synced: Vec<&str> = tenant
        .synced_domains
        .iter()
        .filter_map(|domain| Some(lab.domains.get(domain)?.dns_name.as_str()))
        .collect();
    let units = match tenant.synced_ous.is_empty() {
        true => String::new(),
        false => format!("; the units {} alone", tenant.synced_ous.join(", ")),
    };
    let _ = writeln!(text, "  syncs     {}{units}", or_none(&synced.join(", ")));
    let keys: Vec<String> = lab
        .kerberos_servers
        .iter()
        .filter(|(_, server)| server.tenants.iter().any(|tenant| tenant == name))
        .filter_map(|(domain, server)| {
            let domain = &lab.domains.get(domain)?.dns_name;
            Some(format!(
                "{domain}: Id {}, KeyVersion {}",
                server.number, server.key_version
            ))
        })
        .collect();
    let _ = writeln!(text, "  holds     {}", or_none(&keys.join("; ")));
    for app in lab.cloud_apps.values().filter(|app| app.tenant == name) {
        let shares: Vec<&str> = app.shares.keys().map(String::as_str).collect();
        let _ = writeln!(
            text,
            "  app       {}  {}; shares {}",
            app.host,
            app.services.join(", "),
            or_none(&shares.join(", "))
        );
    }
    text.push('\n');
}

fn directory(text: &mut String, lab: &Lab, name: &str, domain: &Domain) {
    let parent = domain
        .parent
        .as_deref()
        .map(|parent| format!(", child of {parent}"))
        .unwrap_or_default();
    let _ = writeln!(
        text,
        "DOMAIN {name}  {}, NetBIOS {}{parent}",
        domain.dns_name, domain.netbios
    );
    for trust in lab
        .trusts
        .values()
        .filter(|trust| trust.trusting == name || trust.trusted == name)
    {
        let _ = writeln!(text, "  trust     {}", about_trust(lab, trust, name));
    }
    for dc in lab.dcs.values().filter(|dc| dc.domain == name) {
        let kind = match dc.writable {
            true => "writable",
            false => "read-only",
        };
        let profile = match dc.profile {
            Profile::Windows => format!("Windows Server {}", dc.os),
            Profile::Samba => "Samba".to_owned(),
        };
        let _ = writeln!(
            text,
            "  DC        {:<10} {:<15} {kind}, {profile}, updates {}, site {}",
            dc.host, dc.address, dc.updates, dc.site
        );
        if let Some(branch) = &dc.branch {
            let _ = writeln!(
                text,
                "            krbtgt_{}; holds the secrets of {}; allows {}",
                branch.number,
                or_none(&branch.cached.join(", ")),
                or_none(&branch.allow.join(", "))
            );
        }
    }
    for proxy in lab.kdc_proxies.values().filter(|proxy| proxy.domain == name) {
        let _ = writeln!(text, "  KDC proxy {:<10} {}", proxy.host, proxy.address);
    }
    let published = lab.app_proxies.values().filter(|app| {
        let server = lab.servers.get(&app.server);
        server.is_some_and(|server| server.domain == name)
    });
    for app in published {
        let (server, connector) = (&app.server, &app.connector);
        let _ = writeln!(
            text,
            "  published {:<10} {}, for {server} by {connector}",
            app.host, app.address
        );
    }
    match lab.kerberos_servers.get(name) {
        Some(server) if server.in_directory => {
            let _ = writeln!(
                text,
                "  object    AzureADKerberos, krbtgt_{} ({:#06X}), key version {}",
                server.number, server.number, server.key_version
            );
            let _ = writeln!(text, "            allows {}", or_none(&server.allow.join(", ")));
            let _ = writeln!(text, "            denies {}", or_none(&server.deny.join(", ")));
        }
        _ => text.push_str("  object    no Kerberos server object\n"),
    }
    for (group, declared) in lab.groups.iter().filter(|(_, group)| group.domain == name) {
        let scope = match declared.scope {
            GroupScope::Global => "global",
            GroupScope::Universal => "universal",
            GroupScope::DomainLocal => "domain local",
        };
        let members: Vec<&str> = lab
            .users
            .iter()
            .filter(|(_, user)| user.groups.contains(group))
            .map(|(name, _)| name.as_str())
            .collect();
        let _ = writeln!(
            text,
            "  group     {group:<15} {scope}; members {}",
            or_none(&members.join(", "))
        );
    }
    for (key, server) in lab.servers.iter().filter(|(_, server)| server.domain == name) {
        let shares: Vec<&str> = server.shares.keys().map(String::as_str).collect();
        let shares = match shares.is_empty() {
            true => String::new(),
            false => format!("; shares {}", shares.join(", ")),
        };
        let _ = writeln!(
            text,
            "  server    {:<10} {:<15} {}{shares}",
            server.host,
            server.address,
            server.services.join(", ")
        );
        delegation(text, &server.delegation);
        match (lab.silo_of(key), &server.authentication_policy) {
            (Some(silo), _) => {
                let _ = writeln!(text, "            in the authentication policy silo {silo}");
            }
            (None, Some(policy)) => {
                let _ = writeln!(text, "            under the authentication policy {policy}");
            }
            (None, None) => {}
        }
    }
    text.push('\n');
}

/// What a service may pass on, and from whom it takes it.
fn delegation(text: &mut String, delegation: &Delegation) {
    if !delegation.to.is_empty() {
        let transition = match delegation.protocol_transition {
            true => ", from any protocol",
            false => "",
        };
        let to = delegation.to.join(", ");
        let _ = writeln!(text, "            delegates to {to}{transition}");
    }
    if !delegation.accepts_from.is_empty() {
        let from = delegation.accepts_from.join(", ");
        let _ = writeln!(text, "            lets {from} act for its users");
    }
}

/// A trust as one of its domains sees it.
fn about_trust(lab: &Lab, trust: &Trust, from: &str) -> String {
    let kind = match trust.kind {
        TrustKind::Forest => "forest trust",
        TrustKind::External => "external trust",
        TrustKind::Shortcut => "shortcut trust",
    };
    let (other, direction) = match (trust.two_way, trust.trusting == from) {
        (true, true) => (&trust.trusted, "two-way"),
        (true, false) => (&trust.trusting, "two-way"),
        (false, true) => (&trust.trusted, "whose users may come here"),
        (false, false) => (&trust.trusting, "where users of this domain may go"),
    };
    let other = lab
        .domains
        .get(other)
        .map_or(other.as_str(), |domain| &domain.dns_name);
    let selective = if trust.selective_authentication {
        ", selective authentication"
    } else {
        ""
    };
    format!("{kind} with {other}, {direction}{selective}")
}

fn about_user(user: &User, silo: Option<&str>) -> String {
    let source = match user.source {
        UserSource::Synced => "synced",
        UserSource::OnPremises => "in AD only",
        UserSource::Cloud => "cloud-only",
        UserSource::Guest => "guest",
    };
    let mut about = match &user.domain {
        Some(domain) => format!("{source}, {domain}\\{}", user.sam),
        None => source.to_owned(),
    };
    if !user.enabled {
        about.push_str(", disabled");
    }
    if user.password_expired {
        about.push_str(", password expired");
    }
    restrictions(&mut about, user, silo);
    if !user.groups.is_empty() {
        let _ = write!(about, "; {}", user.groups.join(", "));
    }
    about
}

/// What keeps a user out, or to something.
fn restrictions(about: &mut String, user: &User, silo: Option<&str>) {
    let rules = &user.logon;
    if rules.locked {
        about.push_str(", locked out");
    }
    if rules.must_change_password {
        about.push_str(", has to change the password");
    }
    if let Some(at) = rules.expires {
        let _ = write!(about, ", expires {at}");
    }
    if rules.logon_hours.is_some() {
        about.push_str(", at certain hours");
    }
    if !rules.workstations.is_empty() {
        let _ = write!(about, ", at {} alone", rules.workstations.join(", "));
    }
    match (silo, &user.authentication_policy) {
        (Some(silo), _) => {
            let _ = write!(about, ", silo {silo}");
        }
        (None, Some(policy)) => {
            let _ = write!(about, ", policy {policy}");
        }
        (None, None) => {}
    }
}

fn about_device(device: &Device) -> String {
    let join = match device.join {
        Join::Entra => "Entra joined",
        Join::Hybrid => "hybrid joined",
        Join::Registered => "registered",
    };
    let edition = match device.desk.edition {
        Edition::Pro => String::new(),
        other => format!("Windows {}, ", other.name()),
    };
    let owner = device
        .owner
        .as_deref()
        .map(|owner| format!(", {owner}'s"))
        .unwrap_or_default();
    let hello = match device.hello.is_empty() {
        true => String::new(),
        false => format!("; Hello keys of {}", device.hello.join(", ")),
    };
    let mut about = format!("{edition}{join}{owner}, in {}{hello}", device.location);
    if device.cloud_trust_policy == Some(false) {
        about.push_str("; cloud trust policy off");
    }
    if device.cloud_ticket_retrieval {
        about.push_str("; cloud tickets");
    }
    for (realm, url) in &device.kdc_proxies {
        let _ = write!(about, "; {realm} through {url}");
    }
    about
}

fn section(text: &mut String, title: &str, rows: impl Iterator<Item = [String; 3]>) {
    let rows: Vec<[String; 3]> = rows.collect();
    if rows.is_empty() {
        return;
    }
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let (first, second) = (width(0), width(1));
    let _ = writeln!(text, "{title}");
    for [name, what, about] in &rows {
        let _ = writeln!(text, "  {name:<first$}  {what:<second$}  {about}");
    }
    text.push('\n');
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}
