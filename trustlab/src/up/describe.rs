//! What runs, for programs to read: `lab.json`, and the line of `trustlab up --json`. It holds no key.

use std::path::Path;

use kdc_sim::DomainSnapshot;
use kdc_sim::directory::Rodc;
use serde::Serialize;

use super::estate::{Estate, Listening};
use crate::desk::control;

/// A lab that runs: where its files are, and what listens where.
#[derive(Serialize)]
pub(crate) struct Described {
    format: &'static str,
    program: &'static str,
    lab: String,
    pid: u32,
    dir: String,
    control: String,
    env: String,
    krb5_conf: String,
    /// The certificate of the lab's authority, where it has an Entra.
    ca: Option<String>,
    /// `name=password` a line; none of a domain that is not the lab's.
    passwords: Option<String>,
    domains: Vec<DescribedDomain>,
    users: Vec<DescribedUser>,
    entra: Option<DescribedEntra>,
    servers: Vec<DescribedServer>,
    web: Vec<DescribedServer>,
    kdc_proxies: Vec<DescribedProxy>,
    published: Vec<DescribedPublished>,
    hosts: Vec<DescribedHost>,
}

#[derive(Serialize)]
struct DescribedDomain {
    dns_name: String,
    realm: String,
    netbios: String,
    sid: Option<String>,
    key_number: Option<u16>,
    key_version: Option<u32>,
    kdcs: Vec<DescribedKdc>,
}

/// Somebody of a domain.
#[derive(Serialize)]
struct DescribedUser {
    name: String,
    sam: String,
    upn: String,
    realm: String,
    sid: String,
}

#[derive(Serialize)]
struct DescribedKdc {
    host: String,
    udp: String,
    tcp: String,
    cldap: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ldap: Option<String>,
}

#[derive(Serialize)]
struct DescribedEntra {
    https: String,
    login: String,
    registration: String,
    tenants: Vec<String>,
}

#[derive(Serialize)]
struct DescribedProxy {
    host: String,
    realm: String,
    https: String,
}

/// An application behind the application proxy.
#[derive(Serialize)]
struct DescribedPublished {
    name: String,
    host: String,
    connector: String,
    https: String,
}

#[derive(Serialize)]
struct DescribedServer {
    host: String,
    address: String,
}

#[derive(Serialize)]
struct DescribedHost {
    name: String,
    address: String,
}

impl Described {
    /// Of what runs, with its files in `dir` and the directories as they are now.
    pub(crate) fn of(estate: &Estate, dir: &Path, now: &[DomainSnapshot]) -> Self {
        let lab = estate.compiled.lab();
        let file = |name: &str| dir.join(name).display().to_string();
        Self {
            format: "trustlab.running-lab/1",
            program: env!("CARGO_PKG_VERSION"),
            lab: lab.name.clone(),
            pid: std::process::id(),
            dir: dir.display().to_string(),
            control: control::socket_path(dir).display().to_string(),
            env: file("env.sh"),
            krb5_conf: file("krb5.conf"),
            ca: estate.entra.map(|_| file("ca.pem")),
            passwords: estate.on_prem.is_none().then(|| file("passwords")),
            domains: lab
                .domains
                .iter()
                .zip(now)
                .map(|((name, domain), snapshot)| {
                    let object = kerberos_server(snapshot);
                    DescribedDomain {
                        dns_name: domain.dns_name.clone(),
                        realm: domain.realm(),
                        netbios: domain.netbios.clone(),
                        sid: domain_sid(estate, name),
                        key_number: object.map(|object| object.number),
                        key_version: object.map(|object| object.krbtgt.keys.current().version),
                        kdcs: estate
                            .kdcs
                            .iter()
                            .filter(|kdc| &kdc.domain == name)
                            .map(described_kdc)
                            .collect(),
                    }
                })
                .collect(),
            users: described_users(estate),
            entra: estate.entra.map(|https| DescribedEntra {
                https: https.to_string(),
                login: estate.login_host.clone(),
                registration: estate.registration_host.clone(),
                tenants: lab.tenants.values().map(|tenant| tenant.id.clone()).collect(),
            }),
            servers: described_servers(&estate.servers),
            web: described_servers(&estate.web),
            kdc_proxies: estate
                .kdc_proxies
                .iter()
                .map(|proxy| DescribedProxy {
                    host: proxy.host.clone(),
                    realm: proxy.realm.clone(),
                    https: proxy.https.to_string(),
                })
                .collect(),
            published: estate
                .published
                .iter()
                .map(|app| DescribedPublished {
                    name: app.name.clone(),
                    host: app.host.clone(),
                    connector: app.connector.clone(),
                    https: app.https.to_string(),
                })
                .collect(),
            hosts: estate
                .book
                .hosts()
                .map(|(name, address)| DescribedHost {
                    name: name.to_owned(),
                    address: address.to_string(),
                })
                .collect(),
        }
    }
}

/// The Kerberos server object of a domain.
fn kerberos_server(domain: &DomainSnapshot) -> Option<&Rodc> {
    let mut rodcs = domain.rodcs().map(|rodc| &**rodc);
    rodcs.find(|rodc| {
        let computer = rodc.computer.as_ref();
        computer.is_some_and(|computer| computer.name.eq_ignore_ascii_case("AzureADKerberos$"))
    })
}

fn domain_sid(estate: &Estate, name: &str) -> Option<String> {
    match &estate.on_prem {
        Some(on_prem) => Some(on_prem.sid.to_string()),
        None => Some(estate.compiled.domains().get(name)?.sid().to_string()),
    }
}

fn described_users(estate: &Estate) -> Vec<DescribedUser> {
    let users = estate.compiled.lab().users.iter();
    users
        .filter_map(|(name, user)| {
            let domain = estate.compiled.domains().get(user.domain.as_ref()?)?;
            let sid = match &estate.on_prem {
                Some(on_prem) => on_prem.user(name)?.sid,
                None => domain.account(&user.sam)?.sid,
            };
            Some(DescribedUser {
                name: name.clone(),
                sam: user.sam.clone(),
                upn: user.upn.clone(),
                realm: domain.realm().to_string(),
                sid: sid.to_string(),
            })
        })
        .collect()
}

fn described_kdc(listening: &Listening) -> DescribedKdc {
    DescribedKdc {
        host: listening.host.clone(),
        udp: listening.kerberos.to_string(),
        tcp: listening.kerberos.to_string(),
        cldap: listening.cldap.to_string(),
        ldap: listening.ldap.map(|at| at.to_string()),
    }
}

fn described_servers(listening: &[(String, std::net::SocketAddr)]) -> Vec<DescribedServer> {
    let described = |(host, at): &(String, std::net::SocketAddr)| DescribedServer {
        host: host.clone(),
        address: at.to_string(),
    };
    listening.iter().map(described).collect()
}
