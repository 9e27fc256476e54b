//! What a running lab leaves in its directory: everything another program needs to use it.

use std::net::SocketAddr;
use std::path::Path;

use cloud_sim::CLOUD_REALM;
use kdc_sim::DomainSnapshot;
use kerberos::Timestamp;
use kerberos::keytab::Keytab;
use kerberos::wire::{Kvno, PrincipalName};

use super::describe::Described;
use super::dir::{DirError, LabDir};
use super::estate::Estate;
use crate::shell;

impl LabDir {
    /// Writes every file; `env.sh` last, so that who waits for it finds the others.
    pub(crate) fn write_all(
        &self,
        estate: &Estate,
        ca_pem: Option<&str>,
        now: Timestamp,
    ) -> Result<(), DirError> {
        self.write(
            "krb5.conf",
            krb5_conf(estate, ca_pem.is_some().then_some(self.path())).as_bytes(),
        )?;
        self.write("hosts", hosts(estate).as_bytes())?;
        if let Some(ca_pem) = ca_pem {
            self.write("ca.pem", ca_pem.as_bytes())?;
        }
        // the passwords and keys of an emulated domain; those of a real one are not the lab's to write
        if estate.on_prem.is_none() {
            self.write("passwords", passwords(estate).as_bytes())?;
            self.write_cloud_keytabs(estate, now)?;
        }
        let domains = estate.live.world().domains().to_vec();
        self.write_keys(estate, &domains, now)?;
        self.write("env.sh", self.env_sh(ca_pem.is_some()).as_bytes())
    }

    /// Writes what follows the keys of the directories, as they are in `domains`, in the order of the lab file.
    pub(crate) fn write_keys(
        &self,
        estate: &Estate,
        domains: &[DomainSnapshot],
        now: Timestamp,
    ) -> Result<(), DirError> {
        if estate.on_prem.is_none() {
            self.write_keytabs(estate, domains, now)?;
        }
        let mut description = serde_json::to_vec_pretty(&Described::of(estate, self.path(), domains))?;
        description.push(b'\n');
        self.write("lab.json", &description)
    }

    fn write_keytabs(
        &self,
        estate: &Estate,
        domains: &[DomainSnapshot],
        now: Timestamp,
    ) -> Result<(), DirError> {
        let mut kdc = Keytab::default();
        let mut users = Keytab::default();
        for domain in domains {
            add_krbtgt_keys(&mut kdc, domain, now);
            for account in domain.accounts().filter(|account| account.upn.is_some()) {
                add(
                    &mut users,
                    domain,
                    &[PrincipalName::principal(&*account.name)],
                    &account.keys,
                    now,
                );
            }
        }
        self.write("kdc.keytab", &kdc.write()?)?;
        self.write("users.keytab", &users.write()?)?;
        let declared = &estate.compiled.lab().domains;
        for server in estate.compiled.lab().servers.values() {
            let index = declared.get_index_of(&server.domain);
            let Some(domain) = index.and_then(|index| domains.get(index)) else {
                continue;
            };
            let mut keytab = Keytab::default();
            if let Some(account) = domain.account(&format!("{}$", server.host)) {
                // with the account's own name, so that the service can sign in as well
                let spns = account.spns.iter().map(|spn| service_name(spn));
                let names: Vec<PrincipalName> =
                    spns.chain([PrincipalName::principal(&*account.name)]).collect();
                add(&mut keytab, domain, &names, &account.keys, now);
            }
            self.write(
                &format!("{}.keytab", server.host.to_lowercase()),
                &keytab.write()?,
            )?;
        }
        Ok(())
    }

    /// The keys of cloud applications, each in a file with the name of its section.
    fn write_cloud_keytabs(&self, estate: &Estate, now: Timestamp) -> Result<(), DirError> {
        for (name, app) in &estate.compiled.lab().cloud_apps {
            let Some(server) = estate.compiled.cloud_apps().get(name) else {
                continue;
            };
            let mut keytab = Keytab::default();
            for spn in app.service_names() {
                for set in server.keys.sets() {
                    for key in set.iter() {
                        let kvno = Kvno(set.version);
                        keytab.add(
                            server.realm.clone(),
                            service_name(&spn),
                            kvno,
                            key,
                            now.kerberos_time(),
                        );
                    }
                }
            }
            self.write(&format!("{}.keytab", name.to_lowercase()), &keytab.write()?)?;
        }
        Ok(())
    }

    fn env_sh(&self, with_entra: bool) -> String {
        let dir = shell::quoted(&self.path().display().to_string());
        let trust = if with_entra {
            "# trusts the lab's throw-away authority, in this shell only\n\
             export SSL_CERT_FILE=$TRUSTLAB_DIR/ca.pem REQUESTS_CA_BUNDLE=$TRUSTLAB_DIR/ca.pem CURL_CA_BUNDLE=$TRUSTLAB_DIR/ca.pem\n"
        } else {
            ""
        };
        format!(
            "# . this file to use the running lab from a shell\n\
             export TRUSTLAB_DIR={dir}\n\
             export KRB5_CONFIG=$TRUSTLAB_DIR/krb5.conf KRB5CCNAME=FILE:$TRUSTLAB_DIR/ccache\n{trust}"
        )
    }
}

/// The keys that open every ticket of a domain: its krbtgt's, those of its read-only DCs, its servers'.
pub(crate) fn add_krbtgt_keys(keytab: &mut Keytab, domain: &DomainSnapshot, now: Timestamp) {
    let krbtgt = [domain.krbtgt_name().clone()];
    add(keytab, domain, &krbtgt, &domain.krbtgt().keys, now);
    for rodc in domain.rodcs() {
        for set in rodc.krbtgt.keys.sets() {
            let kvno = Kvno::new(rodc.number, set.version as u16);
            for key in set.iter() {
                keytab.add(
                    domain.realm().clone(),
                    krbtgt[0].clone(),
                    kvno,
                    key,
                    now.kerberos_time(),
                );
            }
        }
    }
    for account in domain.accounts().filter(|account| !account.spns.is_empty()) {
        let names: Vec<PrincipalName> = account.spns.iter().map(|spn| service_name(spn)).collect();
        add(keytab, domain, &names, &account.keys, now);
    }
}

fn add(
    keytab: &mut Keytab,
    domain: &DomainSnapshot,
    names: &[PrincipalName],
    keys: &kdc_sim::directory::KeyRing,
    now: Timestamp,
) {
    for name in names {
        for set in keys.sets() {
            for key in set.iter() {
                keytab.add(
                    domain.realm().clone(),
                    name.clone(),
                    Kvno(set.version),
                    key,
                    now.kerberos_time(),
                );
            }
        }
    }
}

fn service_name(spn: &str) -> PrincipalName {
    PrincipalName::service_instance(spn.split('/'))
}

fn hosts(estate: &Estate) -> String {
    let mut text = String::from("127.0.0.1 localhost\n");
    for (name, address) in estate.book.hosts() {
        let short = name.split('.').next().unwrap_or(name);
        text.push_str(&format!("{address} {name} {short}\n"));
    }
    text
}

fn passwords(estate: &Estate) -> String {
    let users = estate.compiled.lab().users.values();
    users
        .filter(|user| user.domain.is_some())
        .map(|user| format!("{}={}\n", user.sam, user.password))
        .collect()
}

fn krb5_conf(estate: &Estate, anchors: Option<&Path>) -> String {
    let lab = estate.compiled.lab();
    let default_realm = lab
        .domains
        .values()
        .next()
        .map(|domain| domain.realm())
        .unwrap_or_default();
    let mut text = format!(
        "# made by trustlab up; names are resolved by the addresses below, never by DNS\n\
         [libdefaults]\n  default_realm = {default_realm}\n  dns_lookup_realm = false\n  dns_lookup_kdc = false\n  \
         dns_canonicalize_hostname = false\n  rdns = false\n  forwardable = true\n  renew_lifetime = 7d\n  \
         udp_preference_limit = 1465\n\n[realms]\n"
    );
    for (name, domain) in &lab.domains {
        text.push_str(&format!("  {} = {{\n", domain.realm()));
        for listening in estate.kdcs.iter().filter(|listening| &listening.domain == name) {
            text.push_str(&format!("    kdc = {}\n", listening.kerberos));
        }
        if let Some(dir) = anchors {
            text.push_str(&format!(
                "    http_anchors = FILE:{}\n",
                dir.join("ca.pem").display()
            ));
        }
        text.push_str("  }\n");
    }
    if let (Some(dir), Some((tenant, at))) = (anchors, cloud_kdc(estate)) {
        text.push_str(&format!(
            "  {CLOUD_REALM} = {{\n    kdc = https://{at}/{tenant}/kerberos\n    http_anchors = FILE:{}\n  }}\n",
            dir.join("ca.pem").display()
        ));
    }
    text.push_str("\n[domain_realm]\n");
    for app in lab.cloud_apps.values() {
        text.push_str(&format!("  {} = {CLOUD_REALM}\n", app.host));
    }
    for domain in lab.domains.values() {
        let (dns, realm) = (&domain.dns_name, domain.realm());
        text.push_str(&format!("  .{dns} = {realm}\n  {dns} = {realm}\n"));
    }
    text
}

/// The tenant and the address of the cloud KDC: that of the first cloud application's tenant, since a realm has one place in
/// the file. An address and no name, so that nobody's resolver is asked for Entra's.
fn cloud_kdc(estate: &Estate) -> Option<(&str, SocketAddr)> {
    let lab = estate.compiled.lab();
    let app = lab.cloud_apps.values().next()?;
    Some((lab.tenants.get(&app.tenant)?.id.as_str(), estate.entra?))
}
