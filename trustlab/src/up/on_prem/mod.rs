//! `--on-prem-kdc`: the emulated Entra of the lab beside a DC of the user's own. There is no emulated domain then: a
//! tenant, the devices, and the key of a real Kerberos server object, with which the tenant seals partial TGTs.
//!
//! The key lives in [`OnPrem`] and in the tenant that serves, and nowhere else: the compiled lab, from which every file
//! and report is made, has keys of its own that fit no real domain.

mod key;
pub(crate) mod stand_in;
mod users;

use std::fmt::Write as _;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;

use cloud_sim::{KerberosDomain, Tenant, User};
use kerberos::sid::Sid;
use kerberos::wire::Kvno;
use scenarios::lab::Lab;

use crate::cli::UpArgs;
use crate::shell;
use key::ServerKey;
pub(crate) use users::RealUser;

/// A domain of the user's own.
#[derive(Debug)]
pub(crate) struct OnPrem {
    /// Where its DC answers Kerberos.
    pub(crate) kdc: SocketAddr,
    /// The domain's DNS name, in lower case.
    pub(crate) dns_name: String,
    /// The domain's SID.
    pub(crate) sid: Sid,
    /// Its people, and the names of their accounts in the lab.
    pub(crate) users: Vec<(String, RealUser)>,
    /// What the DC was called on the command line: a host name or an address.
    host: String,
    server_key: ServerKey,
}

/// Why the lab is not put beside a domain.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OnPremError {
    /// The address is none, or its name is not known.
    #[error("--on-prem-kdc {given}: {why}")]
    Address {
        /// As typed.
        given: String,
        /// What was expected.
        why: String,
    },
    /// A file.
    #[error("{file}: {why}")]
    File {
        /// Its name.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// The DC is on a network and nobody said whose it is.
    #[error(
        "{address} is not loopback: partial TGTs of {domain} would be used on a network. If the domain is yours to \
         test, say so: --i-own-this-domain {domain}"
    )]
    NotSaidOwn {
        /// The DC.
        address: SocketAddr,
        /// The domain of the key.
        domain: String,
    },
    /// Another domain was named.
    #[error("--i-own-this-domain {said}: the key is one of {domain}")]
    OtherDomain {
        /// What was said.
        said: String,
        /// The domain of the key.
        domain: String,
    },
}

impl OnPrem {
    /// Reads what the options name; `None` without `--on-prem-kdc`. Nothing is sent.
    ///
    /// # Errors
    /// See [`OnPremError`].
    pub(crate) fn of(args: &UpArgs) -> Result<Option<Self>, OnPremError> {
        let (Some(given), Some(users_file), Some(key_file)) =
            (&args.on_prem_kdc, &args.users, &args.kerberos_server_key)
        else {
            return Ok(None);
        };
        let file = |path: &Path, why: &dyn std::fmt::Display| OnPremError::File {
            file: path.display().to_string(),
            why: why.to_string(),
        };
        let server_key = ServerKey::read(key_file).map_err(|error| file(key_file, &error))?;
        let octets = std::fs::read(users_file).map_err(|error| file(users_file, &error))?;
        let users = users::read(&octets).map_err(|error| file(users_file, &error))?;
        let (host, addresses) = resolve(given)?;
        let dns_name = server_key.realm.to_lowercase();
        let kdc = consent(&addresses, &dns_name, args.i_own_this_domain.as_deref())?;
        let domain_sid = users.first().and_then(|user| user.sid.domain());
        let sid = domain_sid.ok_or_else(|| file(users_file, &"its SIDs are of no domain"))?;
        Ok(Some(Self {
            kdc,
            dns_name,
            sid,
            users: named(users),
            host,
            server_key,
        }))
    }

    /// One of its people, by the name in the lab.
    pub(crate) fn user(&self, name: &str) -> Option<&RealUser> {
        self.users
            .iter()
            .find_map(|(known, user)| (known == name).then_some(user))
    }

    /// The key number and version of the Kerberos server object.
    pub(crate) fn kvno(&self) -> Kvno {
        self.server_key.kvno
    }

    /// What is about to happen, for the one who has to answer for it.
    pub(crate) fn plan(&self) -> String {
        let kvno = self.kvno();
        let sams: Vec<&str> = self.users.iter().map(|(_, user)| user.sam.as_str()).collect();
        let place = if self.kdc.ip().is_loopback() {
            "loopback"
        } else {
            "on a network, and the domain is yours as you said"
        };
        format!(
            "About to put an emulated Entra beside a domain controller that is not part of the lab:\n  \
             domain   {}, SID {}\n  \
             DC       {} ({place})\n  \
             key      krbtgt_{}, version {}: kept in memory, never written, shown or logged\n  \
             users    {}\n  \
             sent     to that address only, and only when you type at a device: TGS requests over UDP and TCP, with\n           \
             partial TGTs for these users. No password is asked for or sent, nothing is changed there.\n\n",
            self.dns_name,
            self.sid,
            self.kdc,
            kvno.rodc_number(),
            kvno.version(),
            sams.join(", "),
        )
    }

    /// What each command does that is worth typing next, and the command.
    pub(crate) fn next(&self, dir: &Path) -> Vec<(String, String)> {
        let (name, sam) = self
            .users
            .first()
            .map_or(("", ""), |(name, user)| (name.as_str(), user.sam.as_str()));
        let device = shell::quoted(&format!("{name}-lt"));
        let env = shell::quoted(&dir.join("env.sh").display().to_string());
        [
            (
                format!("a partial TGT for {sam}, sealed with the key you gave"),
                format!("trustlab at {device} sign-in hello"),
            ),
            (
                format!(
                    "exchanges it at {}, then gets a service ticket; put a server of yours in the place of SERVER",
                    self.kdc
                ),
                format!("trustlab at {device} klist get cifs/SERVER.{}", self.dns_name),
            ),
            ("shows both".to_owned(), format!("trustlab at {device} klist")),
            (
                "MIT Kerberos, with an exported cache".to_owned(),
                format!(". {env}"),
            ),
        ]
        .to_vec()
    }

    /// The lab around the domain: a tenant, and a device with a Hello key for each of the people.
    ///
    /// # Errors
    /// A name that a lab cannot have, as the reader of lab files says it.
    pub(crate) fn lab(&self) -> Result<Lab, OnPremError> {
        Lab::parse("the lab for --on-prem-kdc", &self.document()).map_err(|problems| OnPremError::File {
            file: "--users".to_owned(),
            why: problems.to_string(),
        })
    }

    fn document(&self) -> String {
        let label = self.dns_name.split('.').next().unwrap_or_default();
        let netbios: String = label.chars().take(15).collect();
        let mut suffixes: Vec<&str> = Vec::new();
        for (_, user) in &self.users {
            let suffix = user.upn.split_once('@').map_or("", |(_, suffix)| suffix);
            if !suffixes.iter().any(|known| known.eq_ignore_ascii_case(suffix)) {
                suffixes.push(suffix);
            }
        }
        let text = |text: &str| toml::Value::from(text).to_string();
        let list = |texts: &[&str]| toml::Value::from(texts.to_vec()).to_string();
        let mut document = format!(
            "format = \"trustlab.lab/1\"\nname = \"on-prem-kdc\"\ntitle = {}\nserver = {{}}\n\
             [domain.on-prem]\ndns-name = {}\nnetbios = {}\n\
             [dc.on-prem]\nhost = {}\n\
             [tenant.main]\ndomains = {}\n\
             [kerberos-server.on-prem]\nnumber = {}\nkey-version = {}\n",
            text(&format!("an emulated Entra beside {}", self.dns_name)),
            text(&self.dns_name),
            text(&netbios.to_uppercase()),
            text(&self.dc_label()),
            list(&suffixes),
            self.kvno().rodc_number(),
            self.kvno().version().max(1),
        );
        for (index, (name, user)) in self.users.iter().enumerate() {
            let display_name = user.display_name.as_deref().unwrap_or(&user.sam);
            let _ = write!(
                document,
                "[user.{name}]\nsam = {}\nupn = {}\ndisplay-name = {}\n[device.{name}-lt]\nowner = {}\nhost = {}\n",
                text(&user.sam),
                text(&user.upn),
                text(display_name),
                text(name),
                text(&scenarios::lab::host_of(&format!("{name}-lt"), index)),
            );
        }
        document
    }

    /// The DC's own name where it was given by name; a device has to call it something.
    fn dc_label(&self) -> String {
        let label = self.host.split('.').next().unwrap_or_default();
        let is_name = self.host.parse::<std::net::IpAddr>().is_err() && !label.is_empty();
        if is_name {
            label.to_uppercase()
        } else {
            "ON-PREM-DC".to_owned()
        }
    }

    /// The tenant with the real key and the real SIDs.
    pub(crate) fn tenant(&self, tenant: &Arc<Tenant>) -> Arc<Tenant> {
        let mut real = Tenant::clone(tenant);
        let Some(declared) = tenant.kerberos_domain(&self.dns_name) else {
            return Arc::clone(tenant);
        };
        real = real.with_kerberos_domain(KerberosDomain {
            key: self.server_key.key.clone(),
            ..KerberosDomain::clone(declared)
        });
        for (_, user) in &self.users {
            if let Some(known) = tenant.user(&user.upn) {
                let mut on_premises = known.on_premises.clone().unwrap_or_default();
                on_premises.security_identifier = Some(user.sid);
                real = real.with_user(User {
                    on_premises: Some(on_premises),
                    ..User::clone(known)
                });
            }
        }
        Arc::new(real)
    }
}

/// The address that may be used: on loopback without more words, else when the domain was named.
fn consent(addresses: &[SocketAddr], domain: &str, said: Option<&str>) -> Result<SocketAddr, OnPremError> {
    if let Some(said) = said
        && !said.trim_end_matches('.').eq_ignore_ascii_case(domain)
    {
        return Err(OnPremError::OtherDomain {
            said: said.to_owned(),
            domain: domain.to_owned(),
        });
    }
    // the first address is used from here on, and never looked up again
    match addresses.first() {
        Some(first) if first.ip().is_loopback() || said.is_some() => Ok(*first),
        Some(first) => Err(OnPremError::NotSaidOwn {
            address: *first,
            domain: domain.to_owned(),
        }),
        None => Err(OnPremError::Address {
            given: domain.to_owned(),
            why: "the name has no address".to_owned(),
        }),
    }
}

/// The host as typed, and its addresses.
fn resolve(given: &str) -> Result<(String, Vec<SocketAddr>), OnPremError> {
    let fault = |why: String| OnPremError::Address {
        given: given.to_owned(),
        why,
    };
    let addresses: Vec<SocketAddr> = given
        .to_socket_addrs()
        .map_err(|error| fault(format!("expected HOST:PORT, such as 127.0.0.53:88: {error}")))?
        .collect();
    if addresses.is_empty() {
        return Err(fault("the name has no address".to_owned()));
    }
    let host = given.rsplit_once(':').map_or(given, |(host, _)| host);
    Ok((host.trim_matches(['[', ']']).to_owned(), addresses))
}

/// Names for the lab's accounts and machines, which are narrower than sAMAccountNames.
fn named(users: Vec<RealUser>) -> Vec<(String, RealUser)> {
    let mut taken = std::collections::BTreeSet::new();
    let name = |number: usize, user: &RealUser| {
        let plain: String = user.sam.to_lowercase().replace(['.', '_'], "-");
        let fits = plain.starts_with(|c: char| c.is_ascii_alphanumeric())
            && plain.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if fits && taken.insert(plain.clone()) {
            return plain;
        }
        let numbered = format!("user-{number}");
        taken.insert(numbered.clone());
        numbered
    };
    let mut name = name;
    let names: Vec<String> = (1..)
        .zip(&users)
        .map(|(number, user)| name(number, user))
        .collect();
    names.into_iter().zip(users).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Vec<SocketAddr> {
        vec![address.parse().unwrap()]
    }

    #[test]
    fn only_loopback_goes_without_saying() {
        assert!(consent(&at("127.0.0.53:88"), "lab.test", None).is_ok());
        assert!(consent(&at("[::1]:88"), "lab.test", None).is_ok());
        let refused = consent(&at("192.0.2.10:88"), "lab.test", None).unwrap_err();
        assert!(refused.to_string().contains("--i-own-this-domain lab.test"));
        assert!(consent(&at("192.0.2.10:88"), "lab.test", Some("LAB.test.")).is_ok());
        for address in ["192.0.2.10:88", "127.0.0.1:88"] {
            let other = consent(&at(address), "lab.test", Some("other.test"));
            assert!(matches!(other, Err(OnPremError::OtherDomain { .. })));
        }
    }

    #[test]
    fn the_lab_around_a_domain_has_its_people_and_not_its_key() {
        let users = "sam,upn,sid\nalice.w,alice@corp.test,S-1-5-21-1-2-3-1104\nAlice_W,a2@lab.test,S-1-5-21-1-2-3-1105\nalexander.hamilton,a3@lab.test,S-1-5-21-1-2-3-1106\n";
        let key = kerberos::crypto::Key::new(kerberos::crypto::Etype::Aes256CtsHmacSha196, &[7; 32]).unwrap();
        let on_prem = OnPrem {
            kdc: "127.0.0.1:88".parse().unwrap(),
            dns_name: "lab.test".to_owned(),
            sid: "S-1-5-21-1-2-3".parse().unwrap(),
            users: named(users::read(users.as_bytes()).unwrap()),
            host: "127.0.0.1".to_owned(),
            server_key: ServerKey {
                realm: "LAB.TEST".to_owned(),
                kvno: Kvno::new(21463, 1203),
                key,
            },
        };
        let lab = on_prem.lab().unwrap();
        let names: Vec<&String> = lab.devices.keys().collect();
        assert_eq!(names, ["alice-w-lt", "user-2-lt", "alexander-hamilton-lt"]);
        let compiled = scenarios::lab::CompiledLab::compile(lab).unwrap();
        let (declared, _) = compiled.tenants().values().next().unwrap();
        let real = on_prem.tenant(declared);
        let domain = real.kerberos_domain("lab.test").unwrap();
        assert_eq!(domain.kvno(), on_prem.kvno());
        assert_eq!(domain.key.expose(), [7; 32]);
        assert_ne!(
            declared.kerberos_domain("lab.test").unwrap().key.expose(),
            [7; 32]
        );
        let alice = real.user("alice@corp.test").unwrap().on_premises.clone().unwrap();
        assert_eq!(
            alice.security_identifier.map(|sid| sid.to_string()).as_deref(),
            Some("S-1-5-21-1-2-3-1104")
        );
        assert!(!format!("{on_prem:?}{}", on_prem.plan()).contains("7, 7"));
    }
}
