//! The owner of the directories: domains as they are now, what each DC knows of them, and every change of them.
//!
//! A directory is changed by the operations of this folder and by nothing else: its state is private here. Steps, cmdlets,
//! prompts and the control socket are spellings of the operations; `docs/owners.md` lists them.

mod account_change;
mod accounts;
mod cloud_trust;
mod kerberos_server;
mod replicas;

use std::collections::BTreeMap;
use std::sync::Arc;

use kdc_sim::{DomainBuilder, DomainSnapshot};
use kerberos::Timestamp;

use super::World;
use super::administration::{ActionError, unknown};
use crate::lab::{self, CompiledLab};
use replicas::Replicas;

pub use account_change::AccountChange;
pub(crate) use kerberos_server::{DirectoryHalf, KerberosServers, SetWork};

/// The directories of a world.
#[derive(Clone, Debug)]
pub(crate) struct Directories {
    /// In the order of the lab file.
    domains: Arc<Vec<DomainSnapshot>>,
    /// What DCs know that changes have not reached yet.
    replicas: Replicas,
    /// Organisational units of users whose accounts were moved, by the lab's name of the user.
    moved_to_ou: Arc<BTreeMap<Arc<str>, Arc<str>>>,
}

impl Directories {
    /// The directories as the lab has them.
    pub(super) fn new(lab: &CompiledLab) -> Self {
        Self {
            domains: Arc::new(lab.domains().values().cloned().collect()),
            replicas: Replicas::default(),
            moved_to_ou: Arc::default(),
        }
    }

    /// The domains as they are now, in the order of the lab file.
    pub(super) fn domains(&self) -> &[DomainSnapshot] {
        &self.domains
    }

    /// What a DC, by its number in the lab, knows of its domain at `now`.
    pub(super) fn known_to(&self, dc: usize, domain: usize, now: Timestamp) -> Option<&DomainSnapshot> {
        match self.replicas.view(dc, now) {
            Some(behind) => Some(behind),
            None => self.domains.get(domain),
        }
    }

    /// The organisational unit that a user's account was moved to, by the lab's name of the user.
    pub(super) fn moved_to_ou(&self, user: &str) -> Option<&Arc<str>> {
        self.moved_to_ou.get(user)
    }
}

impl World {
    /// The directories as they are now, in the order of the lab file.
    pub fn domains(&self) -> &[DomainSnapshot] {
        self.directories.domains()
    }

    /// The place of a domain in the lab file, by its DNS name.
    pub(super) fn domain_index(&self, dns_name: &Arc<str>) -> Result<usize, ActionError> {
        let is_it = |domain: &DomainSnapshot| domain.dns_name().eq_ignore_ascii_case(dns_name);
        self.domains()
            .iter()
            .position(is_it)
            .ok_or_else(|| unknown("domain", dns_name))
    }

    /// Every DC of a domain catches up, as after `repadmin /syncall`.
    pub(super) fn replicate(&mut self, domain: &Arc<str>) -> Result<(), ActionError> {
        let index = self.domain_index(domain)?;
        let lab = Arc::clone(&self.lab);
        for (number, dc) in lab.lab().dcs.values().enumerate() {
            if lab.lab().domains.get_index_of(&dc.domain) == Some(index) {
                self.directories.replicas.catch_up(number);
            }
        }
        Ok(())
    }

    /// Replaces a directory by a changed one, which reaches its DCs at their pace.
    fn change_domain(
        &mut self,
        index: usize,
        change: impl FnOnce(&mut DomainBuilder),
    ) -> Result<(), ActionError> {
        let before = self.directories.domains[index].clone();
        let mut builder = before.to_builder();
        change(&mut builder);
        let snapshot = builder.build()?;
        let lab = Arc::clone(&self.lab);
        let domains = Arc::make_mut(&mut self.directories.domains);
        domains[index] = snapshot;
        if before.catalog().is_some() {
            lab::attach_catalogs(lab.lab(), domains);
        }
        let after = domains[index].clone();
        for (number, dc) in lab.lab().dcs.values().enumerate() {
            let is_its = lab.lab().domains.get_index_of(&dc.domain) == Some(index);
            if is_its && !dc.replication_lag.is_zero() {
                let from = self.now + dc.replication_lag;
                let replicas = &mut self.directories.replicas;
                replicas.change(number, self.now, &before, from, &after);
            }
        }
        Ok(())
    }
}
