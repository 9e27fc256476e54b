//! What `trustlab up` prints when everything listens: where, and what to type next.

use std::path::Path;

use super::estate::Estate;
use crate::layout::{Layout, Width};
use crate::shell;

/// The whole of it.
pub(super) fn text(estate: &Estate, dir: &Path, width: Width) -> String {
    let reach = match &estate.on_prem {
        Some(on_prem) if !on_prem.kdc.ip().is_loopback() => "listens on loopback only",
        _ => "loopback only",
    };
    let title = &estate.compiled.lab().title;
    let mut layout = Layout::new(width);
    layout.hanging(
        "",
        &format!("trustlab up · {title} · real sockets and the system's clock, {reach}"),
    );
    layout.blank();
    for (name, what) in listening(estate) {
        layout.hanging(&format!("  {name:<8} "), &what);
    }
    let next = match &estate.on_prem {
        Some(on_prem) => on_prem.next(dir),
        None => {
            layout.blank();
            layout.hanging(
                "",
                &format!(
                    "Everything other programs need is in {}: krb5.conf, keytabs, passwords, ca.pem, hosts, lab.json.",
                    dir.display()
                ),
            );
            next(estate, dir)
        }
    };
    layout.blank();
    layout.line("Next, in another shell");
    for (what, command) in next {
        layout.hanging("  ", &format!("{what}:"));
        // a line of its own, so that all of it can be copied
        layout.line(&format!("    {command}"));
    }
    layout.line("Ctrl-C ends it.");
    layout.finish()
}

/// What listens: the machine, and where.
fn listening(estate: &Estate) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for kdc in &estate.kdcs {
        let ldap = kdc.ldap.map(|at| format!(", LDAP on TCP {at}"));
        let what = format!(
            "Kerberos on UDP and TCP {}, netlogon ping on UDP {}{}",
            kdc.kerberos,
            kdc.cldap,
            ldap.unwrap_or_default()
        );
        lines.push((kdc.host.clone(), what));
    }
    if let Some(entra) = estate.entra {
        let what = format!(
            "HTTPS {entra}, as {} and {}",
            estate.login_host, estate.registration_host
        );
        lines.push(("Entra".to_owned(), what));
    }
    for proxy in &estate.kdc_proxies {
        let what = format!(
            "KDC proxy for {}: HTTPS {}, as {}",
            proxy.realm, proxy.https, proxy.host
        );
        lines.push(("Proxy".to_owned(), what));
    }
    for (name, at) in &estate.servers {
        lines.push((short(name), format!("AP-REQ acceptor on TCP {at}")));
    }
    for (name, at) in &estate.web {
        lines.push((short(name), format!("HTTP with Negotiate {at}, as {name}")));
    }
    for app in &estate.published {
        let what = format!(
            "{} by the connector of {}: HTTPS {}, as {}",
            app.name, app.connector, app.https, app.host
        );
        lines.push(("AppProxy".to_owned(), what));
    }
    lines
}

fn short(name: &str) -> String {
    name.split('.').next().unwrap_or(name).to_uppercase()
}

/// Command lines that work in this lab, with its first user of a domain, first share and first device, and what each does.
fn next(estate: &Estate, dir: &Path) -> Vec<(String, String)> {
    let lab = estate.compiled.lab();
    let file = |name| shell::quoted(&dir.join(name).display().to_string());
    let mut lines = Vec::new();
    let user = lab
        .users
        .values()
        .find_map(|user| Some((user, lab.domains.get(user.domain.as_ref()?)?)));
    if let Some((user, domain)) = user {
        let sam = &user.sam;
        let line = format!(
            ". {} && grep {} {} && kinit {}",
            file("env.sh"),
            shell::quoted(&format!("^{sam}=")),
            file("passwords"),
            shell::quoted(&format!("{sam}@{}", domain.realm()))
        );
        lines.push(("MIT Kerberos, with the password that grep shows".to_owned(), line));
        let server = lab
            .servers
            .values()
            .find(|server| user.domain.as_ref() == Some(&server.domain));
        if let Some((server, service)) = server.and_then(|server| Some((server, server.services.first()?))) {
            let host = format!("{}.{}", server.host.to_lowercase(), domain.dns_name);
            let spn = shell::quoted(&format!("{service}/{host}"));
            lines.push(("a service ticket".to_owned(), format!("kvno {spn}")));
        }
    }
    let device = lab.devices.iter().find(|(_, device)| device.owner.is_some());
    if let Some((name, _)) = device.filter(|_| estate.entra.is_some()) {
        let name = shell::quoted(name);
        lines.push((
            "the simulated laptop gets a partial TGT".to_owned(),
            format!("trustlab at {name} sign-in hello"),
        ));
        lines.push((
            "and shows that it has it".to_owned(),
            format!("trustlab at {name} klist cloud_debug"),
        ));
    }
    lines
}
