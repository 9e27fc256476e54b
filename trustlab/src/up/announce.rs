//! What `trustlab up` prints when everything listens: where, and what to type next.

use std::fmt::Write as _;
use std::path::Path;

use super::estate::Estate;

/// The whole of it.
pub(super) fn text(estate: &Estate, dir: &Path) -> String {
    let reach = match &estate.on_prem {
        Some(on_prem) if !on_prem.kdc.ip().is_loopback() => "listens on loopback only",
        _ => "loopback only",
    };
    let title = &estate.compiled.lab().title;
    let mut text = format!("trustlab up · {title} · real sockets and the system's clock, {reach}\n\n");
    for line in listening(estate) {
        let _ = writeln!(text, "  {line}");
    }
    let shown = dir.display();
    if let Some(on_prem) = &estate.on_prem {
        text.push_str(&on_prem.next(dir));
        return text;
    }
    let _ = writeln!(
        text,
        "\nEverything other programs need is in {shown}: krb5.conf, keytabs, passwords, ca.pem, hosts, lab.json.\n\n\
         Next, in another shell"
    );
    for (command, what) in next(estate, dir) {
        let _ = writeln!(text, "  {command:<54} {what}");
    }
    text.push_str("Ctrl-C ends it.\n");
    text
}

fn listening(estate: &Estate) -> Vec<String> {
    let mut lines = Vec::new();
    for kdc in &estate.kdcs {
        lines.push(format!(
            "{:<8} Kerberos on UDP and TCP {}, netlogon ping on UDP {}{}",
            kdc.host,
            kdc.kerberos,
            kdc.cldap,
            kdc.ldap
                .map(|at| format!(", LDAP on TCP {at}"))
                .unwrap_or_default()
        ));
    }
    if let Some(entra) = estate.entra {
        lines.push(format!(
            "{:<8} HTTPS {entra}, as {} and {}",
            "Entra", estate.login_host, estate.registration_host
        ));
    }
    for proxy in &estate.kdc_proxies {
        lines.push(format!(
            "{:<8} KDC proxy for {}: HTTPS {}, as {}",
            "Proxy", proxy.realm, proxy.https, proxy.host
        ));
    }
    for (name, at) in &estate.servers {
        let short = name.split('.').next().unwrap_or(name).to_uppercase();
        lines.push(format!("{short:<8} AP-REQ acceptor on TCP {at}"));
    }
    for (name, at) in &estate.web {
        let short = name.split('.').next().unwrap_or(name).to_uppercase();
        lines.push(format!("{short:<8} HTTP with Negotiate {at}, as {name}"));
    }
    for app in &estate.published {
        lines.push(format!(
            "{:<8} {} by the connector of {}: HTTPS {}, as {}",
            "AppProxy", app.name, app.connector, app.https, app.host
        ));
    }
    lines
}

/// Lines that work in this lab, with its first user of a domain, first share and first device.
fn next(estate: &Estate, dir: &Path) -> Vec<(String, &'static str)> {
    let lab = estate.compiled.lab();
    let shown = dir.display();
    let mut lines = Vec::new();
    let user = lab
        .users
        .values()
        .find_map(|user| Some((user, lab.domains.get(user.domain.as_ref()?)?)));
    if let Some((user, domain)) = user {
        let sam = &user.sam;
        let line = format!(
            ". {shown}/env.sh && grep ^{sam}= {shown}/passwords && kinit {sam}@{}",
            domain.realm()
        );
        lines.push((line, "MIT Kerberos"));
        let server = lab
            .servers
            .values()
            .find(|server| user.domain.as_ref() == Some(&server.domain));
        if let Some((server, service)) = server.and_then(|server| Some((server, server.services.first()?))) {
            let host = format!("{}.{}", server.host.to_lowercase(), domain.dns_name);
            lines.push((format!("kvno {service}/{host}"), "a service ticket"));
        }
    }
    let device = lab.devices.iter().find(|(_, device)| device.owner.is_some());
    if let Some((name, _)) = device.filter(|_| estate.entra.is_some()) {
        lines.push((
            format!("trustlab at {name} sign-in hello"),
            "the simulated laptop gets a partial TGT",
        ));
        lines.push((
            format!("trustlab at {name} klist cloud_debug"),
            "and shows that it has it",
        ));
    }
    lines
}
