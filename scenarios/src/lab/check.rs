//! What no single section can see: two of a kind where there may be one, and references into the wrong domain.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::document::Lab;
use crate::language::{Finding, Node, Report, Span};

/// Checks a lab whose sections were read.
pub(crate) fn check(lab: &Lab, root: &Node, report: &Report) {
    let place = |section: &str, name: &str| -> Span {
        root.as_table()
            .and_then(|root| root.value(section)?.as_table()?.0.get(name))
            .map_or(root.span, |entry| entry.key_span)
    };
    let mut hosts = Unique::new("host name", report);
    for (name, dc) in &lab.dcs {
        hosts.add(dc.host.to_lowercase(), place("dc", name));
    }
    for (name, server) in &lab.servers {
        hosts.add(server.host.to_lowercase(), place("server", name));
    }
    for (name, device) in &lab.devices {
        hosts.add(device.host.to_lowercase(), place("device", name));
        if device.host.len() > 15 {
            let finding = Finding::new(format!("`{}` is longer than a NetBIOS name", device.host));
            report.add(place("device", name), finding.expected("at most 15 characters"));
        }
    }
    for name in lab.cloud_apps.keys() {
        hosts.add(name.to_lowercase(), place("cloud-app", name));
    }
    let mut addresses = Unique::new("address", report);
    for (name, proxy) in &lab.kdc_proxies {
        addresses.add(proxy.address.to_string(), place("kdc-proxy", name));
    }
    for (name, app) in &lab.app_proxies {
        addresses.add(app.address.to_string(), place("app-proxy", name));
        if lab
            .servers
            .get(&app.server)
            .is_some_and(|server| !server.serves_web())
        {
            let finding = Finding::new(format!("{} has no web application", app.server));
            let expected = finding.expected("a server with services = [\"HTTP\"]");
            report.add(place("app-proxy", name), expected);
        }
    }
    for (name, app) in &lab.cloud_apps {
        addresses.add(app.address.to_string(), place("cloud-app", name));
    }
    for (name, dc) in &lab.dcs {
        addresses.add(dc.address.to_string(), place("dc", name));
    }
    for (name, server) in &lab.servers {
        addresses.add(server.address.to_string(), place("server", name));
    }
    let mut dns = Unique::new("DNS name", report);
    for (name, domain) in &lab.domains {
        dns.add(domain.dns_name.clone(), place("domain", name));
    }
    for (name, proxy) in &lab.kdc_proxies {
        dns.add(proxy.host.clone(), place("kdc-proxy", name));
    }
    for (name, app) in &lab.app_proxies {
        dns.add(app.host.clone(), place("app-proxy", name));
    }
    for (name, app) in &lab.cloud_apps {
        dns.add(app.host.clone(), place("cloud-app", name));
    }
    let mut rids = Unique::new("RID", report);
    let mut accounts = Unique::new("account name", report);
    let mut upns = Unique::new("sign-in name", report);
    for (name, user) in &lab.users {
        let at = place("user", name);
        upns.add(user.upn.to_lowercase(), at);
        if let Some(domain) = &user.domain {
            rids.add(format!("{} in {domain}", user.rid), at);
            accounts.add(format!("{} in {domain}", user.sam.to_lowercase()), at);
        }
    }
    for (name, group) in &lab.groups {
        let at = place("group", name);
        rids.add(format!("{} in {}", group.rid, group.domain), at);
        accounts.add(format!("{} in {}", name.to_lowercase(), group.domain), at);
    }
    for (name, server) in &lab.servers {
        rids.add(
            format!("{} in {}", server.rid, server.domain),
            place("server", name),
        );
    }
    for (name, device) in &lab.devices {
        if let Some(domain) = &device.domain {
            rids.add(format!("{} in {domain}", device.rid), place("device", name));
        }
    }
    for name in lab.kerberos_servers.keys() {
        let at = place("kerberos-server", name);
        if !lab.domains.contains_key(name) {
            let finding = Finding::new(format!(
                "kerberos-server is named after its domain, and there is no `{name}`"
            ));
            report.add(at, finding.among(name, lab.domains.keys().map(String::as_str)));
        }
    }
    for section in ["domain", "dc", "tenant", "location"] {
        let empty = match section {
            "domain" => lab.domains.is_empty(),
            "dc" => lab.dcs.is_empty(),
            "tenant" => lab.tenants.is_empty(),
            _ => lab.locations.is_empty(),
        };
        if empty {
            report.add(
                root.span,
                Finding::new(format!("the lab has no {section}")).expected("at least one"),
            );
        }
    }
}

/// Values that may occur once.
struct Unique<'r> {
    what: &'static str,
    seen: BTreeMap<String, Span>,
    report: &'r Report,
}

impl<'r> Unique<'r> {
    const fn new(what: &'static str, report: &'r Report) -> Self {
        Self {
            what,
            seen: BTreeMap::new(),
            report,
        }
    }

    fn add(&mut self, value: String, span: Span) {
        if value.is_empty() {
            return;
        }
        match self.seen.entry(value) {
            Entry::Occupied(seen) => {
                let what = format!("the {} {} is there twice", self.what, seen.key());
                self.report.add(span, Finding::new(what));
            }
            Entry::Vacant(free) => {
                free.insert(span);
            }
        }
    }
}
