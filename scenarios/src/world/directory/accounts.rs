//! What is changed about accounts and groups.

use std::sync::Arc;

use kdc_sim::DomainBuilder;
use kdc_sim::directory::{AccountSpec, Secret, UserAccountControl};

use super::AccountChange;
use crate::lab::netbios_name;
use crate::world::World;
use crate::world::administration::{ActionError, declared_user, unknown};

/// RIDs of accounts made while a world runs stand above those of the lab.
const NEW_RIDS: u32 = 50_000;

impl World {
    /// A user becomes a member of a group of its domain.
    pub(in crate::world) fn add_to_group(
        &mut self,
        user: &Arc<str>,
        group: &Arc<str>,
    ) -> Result<(), ActionError> {
        self.change_account(user, |builder, sam| {
            builder.member(group, sam);
        })
    }

    /// A user leaves a group of its domain.
    pub(in crate::world) fn remove_from_group(
        &mut self,
        user: &Arc<str>,
        group: &Arc<str>,
    ) -> Result<(), ActionError> {
        self.change_account(user, |builder, sam| {
            builder.remove_member(group, sam);
        })
    }

    /// Enables or disables an account.
    pub(in crate::world) fn set_account_enabled(
        &mut self,
        user: &Arc<str>,
        enabled: bool,
    ) -> Result<(), ActionError> {
        self.change_account(user, |builder, sam| {
            if let Some(account) = builder.account_mut(sam) {
                account
                    .control
                    .set(UserAccountControl::ACCOUNT_DISABLED, !enabled);
            }
        })
    }

    /// Changes what can keep an account from logging on.
    pub(in crate::world) fn change_account_state(
        &mut self,
        user: &Arc<str>,
        change: &AccountChange,
    ) -> Result<(), ActionError> {
        let lab = Arc::clone(self.lab());
        let now = self.now;
        self.change_account(user, |builder, sam| {
            let Some(spec) = builder.account_mut(sam) else {
                return;
            };
            match change {
                AccountChange::Locked(locked) => spec.state.locked_out = *locked,
                AccountChange::Expires(at) => spec.state.expires = Some(*at),
                AccountChange::MustChangePassword(must) => spec.state.must_change_password = *must,
                AccountChange::PasswordExpired(expired) => {
                    spec.state.password_expires = expired.then_some(now);
                }
                AccountChange::LogonHours(hours) => spec.state.logon_hours = Some(*hours),
                AccountChange::Workstations(names) => {
                    let hosts = names.iter().filter_map(|name| netbios_name(lab.lab(), name));
                    spec.workstations = hosts.map(Into::into).collect();
                }
            }
        })
    }

    /// Deletes an account and makes it anew under its names: it has another SID.
    pub(in crate::world) fn recreate_account(&mut self, user: &Arc<str>) -> Result<(), ActionError> {
        let lab = Arc::clone(self.lab());
        let declared = declared_user(lab.lab(), user)?;
        self.change_account(user, |builder, sam| {
            let Some(old) = builder.account_mut(sam).map(|spec| spec.clone()) else {
                return;
            };
            builder.remove_account(sam);
            let rid = NEW_RIDS.saturating_add(old.rid);
            builder.account(
                AccountSpec { rid, ..old },
                Secret::Password(declared.password.clone()),
            );
            for group in &declared.groups {
                builder.member(group, sam);
            }
        })
    }

    /// Gives an account another sAMAccountName.
    pub(in crate::world) fn rename_account(
        &mut self,
        user: &Arc<str>,
        to: &Arc<str>,
    ) -> Result<(), ActionError> {
        let lab = Arc::clone(self.lab());
        let declared = declared_user(lab.lab(), user)?;
        self.change_account(user, |builder, sam| {
            let Some(spec) = builder.account_mut(sam) else {
                return;
            };
            spec.name = Arc::clone(to);
            // memberships stand under the name
            for group in &declared.groups {
                builder.remove_member(group, sam);
                builder.member(group, to);
            }
        })
    }

    /// Moves an account to another organisational unit, which directory sync looks at.
    pub(in crate::world) fn move_to_ou(&mut self, user: &Arc<str>, ou: &Arc<str>) -> Result<(), ActionError> {
        declared_user(self.lab().lab(), user)?;
        Arc::make_mut(&mut self.directories.moved_to_ou).insert(Arc::clone(user), Arc::clone(ou));
        Ok(())
    }

    /// Changes what a server's computer account may delegate to.
    pub(in crate::world) fn set_delegation(
        &mut self,
        server: &Arc<str>,
        to: &[Arc<str>],
        protocol_transition: bool,
    ) -> Result<(), ActionError> {
        let lab = Arc::clone(self.lab());
        let declared = lab.lab().servers.get(&**server);
        let declared = declared.ok_or_else(|| unknown("server", server))?;
        let domain = lab.lab().domains.get_index_of(&declared.domain);
        let account = format!("{}$", declared.host);
        self.change_domain(domain.unwrap_or_default(), |builder| {
            if let Some(account) = builder.account_mut(&account) {
                account.delegate_to = to.to_vec();
                account.control.set(
                    UserAccountControl::TRUSTED_TO_AUTH_FOR_DELEGATION,
                    protocol_transition,
                );
            }
        })
    }

    /// Changes the directory of a user's domain; the change gets the sAMAccountName that the user has there now.
    fn change_account(
        &mut self,
        user: &Arc<str>,
        change: impl FnOnce(&mut DomainBuilder, &str),
    ) -> Result<(), ActionError> {
        let lab = Arc::clone(&self.lab);
        let declared = declared_user(lab.lab(), user)?;
        let domain = declared
            .domain
            .as_ref()
            .and_then(|name| lab.lab().domains.get_index_of(name));
        let index = domain.ok_or_else(|| unknown("AD account of", user))?;
        let account = self.domains().get(index);
        let account = account.and_then(|domain| domain.account_by_upn(&declared.upn));
        let sam = account.map_or_else(
            || declared.sam.as_str().into(),
            |account| Arc::clone(&account.name),
        );
        self.change_domain(index, |builder| change(builder, &sam))
    }
}
