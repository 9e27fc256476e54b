//! From a lab document to actors that are ready: directories with keys, tenants, registered devices.
//!
//! A lab is compiled once and shared. All secrets follow from the lab's seed and a name; devices are registered and
//! Hello keys set up by the real flows of a device against the real tenant, a week before the lab's clock.

mod devices;
mod domain;
mod forest_groups;
mod logon;
pub(crate) mod policies;
mod server;
mod tenant;
mod trusts;

use std::collections::BTreeMap;
use std::sync::Arc;

use client_sim::{DeviceState, Password, Person};
use cloud_sim::{Tenant, TenantState};
use indexmap::IndexMap;
use kdc_sim::DomainSnapshot;
use kdc_sim::resource::FileServer;
use sha2::{Digest, Sha256};

use super::document::{Lab, Name, User};

pub(crate) use domain::kerberos_server_account;
pub use domain::{AZURE_AD_KERBEROS_RID, AZURE_AD_KRBTGT_RID, server_keys};
pub(crate) use logon::netbios_name;
pub(crate) use tenant::kerberos_domain;
pub(crate) use tenant::{cloud_upn, cloud_upn_among, cloud_user, is_in_scope};
pub(crate) use trusts::attach_catalogs;

/// A lab whose actors are ready. Every map has the order and the names of the lab's section.
#[derive(Debug)]
pub struct CompiledLab {
    lab: Lab,
    hash: [u8; 32],
    domains: IndexMap<Name, DomainSnapshot>,
    tenants: IndexMap<Name, (Arc<Tenant>, TenantState)>,
    devices: IndexMap<Name, DeviceState>,
    servers: IndexMap<Name, Arc<FileServer>>,
    cloud_apps: IndexMap<Name, Arc<FileServer>>,
    /// By UPN in lower case.
    people: BTreeMap<String, Person>,
}

impl CompiledLab {
    /// Makes the actors of a lab.
    ///
    /// # Errors
    /// A part that no check of the document foresaw; the lab file is at fault, and the error says which part.
    pub fn compile(lab: Lab) -> Result<Self, CompileError> {
        let mut domains = IndexMap::new();
        for name in lab.domains.keys() {
            domains.insert(name.clone(), domain::build(&lab, name)?);
        }
        trusts::attach(&lab, &mut domains);
        let mut tenants = IndexMap::new();
        for (index, name) in lab.tenants.keys().enumerate() {
            let tenant = tenant::build(&lab, name, index, &domains);
            tenants.insert(name.clone(), (Arc::new(tenant), TenantState::new()));
        }
        let mut servers = IndexMap::new();
        for (name, declared) in &lab.servers {
            let Some(domain) = domains.get(&declared.domain) else {
                return Err(CompileError::new(
                    format!("server {name}"),
                    "its domain is not declared",
                ));
            };
            servers.insert(
                name.clone(),
                Arc::new(server::build(&lab, name, declared, domain)?),
            );
        }
        let mut cloud_apps = IndexMap::new();
        for (name, app) in &lab.cloud_apps {
            let Some((tenant, _)) = tenants.get(&app.tenant) else {
                return Err(CompileError::new(
                    format!("cloud-app {name}"),
                    "its tenant is not declared",
                ));
            };
            let server = super::cloud_app::stand_in(&lab, name, app, tenant)?;
            cloud_apps.insert(name.clone(), Arc::new(server));
        }
        let devices = devices::enrol(&lab, &mut tenants)?;
        let hash = hash(&lab);
        let people = people(&lab);
        Ok(Self {
            lab,
            hash,
            domains,
            tenants,
            devices,
            servers,
            cloud_apps,
            people,
        })
    }

    /// The document.
    pub const fn lab(&self) -> &Lab {
        &self.lab
    }

    /// SHA-256 of the lab as read: two files that mean the same have the same.
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// AD domains at the lab's beginning.
    pub const fn domains(&self) -> &IndexMap<Name, DomainSnapshot> {
        &self.domains
    }

    /// Tenants at the lab's beginning, with the devices and Hello keys registered in them.
    pub const fn tenants(&self) -> &IndexMap<Name, (Arc<Tenant>, TenantState)> {
        &self.tenants
    }

    /// Servers, with the keys of their accounts and the access lists of their shares.
    pub const fn servers(&self) -> &IndexMap<Name, Arc<FileServer>> {
        &self.servers
    }

    /// What stands in for each cloud application: it accepts tickets and decides by SIDs.
    pub const fn cloud_apps(&self) -> &IndexMap<Name, Arc<FileServer>> {
        &self.cloud_apps
    }

    /// The user of a sign-in name, as somebody who acts at a device.
    pub fn person(&self, upn: &str) -> Option<&Person> {
        // most names are in lower case
        let exact = self.people.get(upn);
        exact.or_else(|| self.people.get(&upn.to_lowercase()))
    }

    /// Devices at the lab's beginning: registered, nobody signed in.
    pub const fn devices(&self) -> &IndexMap<Name, DeviceState> {
        &self.devices
    }
}

fn people(lab: &Lab) -> BTreeMap<String, Person> {
    let person = |(number, user): (usize, &User)| {
        let person = Person {
            upn: user.upn.as_str().into(),
            password: Password::new(user.password.as_str()),
            number,
        };
        (user.upn.to_lowercase(), person)
    };
    lab.users.values().enumerate().map(person).collect()
}

/// Why a lab has no actors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{part} of the lab cannot be made: {why}")]
pub struct CompileError {
    /// `domain fernhill`.
    pub part: String,
    /// What stood in the way.
    pub why: String,
}

impl CompileError {
    pub(crate) fn new(part: impl Into<String>, why: impl ToString) -> Self {
        Self {
            part: part.into(),
            why: why.to_string(),
        }
    }
}

/// The derived `Debug` of a lab shows every setting, in order, and no key: keys are not part of a document.
fn hash(lab: &Lab) -> [u8; 32] {
    Sha256::digest(format!("{lab:?}")).into()
}
