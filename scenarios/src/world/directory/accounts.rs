//! What is changed about accounts and groups.

use std::sync::Arc;

use kdc_sim::DomainBuilder;
use kdc_sim::directory::{Account, AccountSpec, Secret, UserAccountControl};

use super::AccountChange;
use crate::lab::netbios_name;
use crate::world::World;
use crate::world::administration::{ActionError, declared_user, unknown};

/// RIDs of accounts made while a world runs stand above those of the lab.
const NEW_RIDS: u32 = 50_000;

/// What there is.
impl World {
    /// The AD account of a user, as the lab names it, and its domain. It is found by its UPN: it may have been renamed since.
    pub(crate) fn account_of_user(&self, user: &str) -> Option<(usize, &Arc<Account>)> {
        let lab = self.lab().lab();
        let declared = lab.users.get(user)?;
        let domain = lab.domains.get_index_of(declared.domain.as_ref()?)?;
        let snapshot = self.domains().get(domain)?;
        let account = snapshot
            .account_by_upn(&declared.upn)
            .or_else(|| snapshot.account(&declared.sam))?;
        Some((domain, account))
    }

    /// The sAMAccountName of a user of the lab as it is now; what is no user of the lab is a name already.
    pub(super) fn principal_name(&self, name: &str) -> Arc<str> {
        let account = self.account_of_user(name);
        account.map_or_else(|| name.into(), |(_, account)| Arc::clone(&account.name))
    }
}

/// What is done to accounts.
impl World {
    /// A user joins a group of its domain, or leaves it.
    pub(in crate::world) fn set_membership(
        &mut self,
        user: &Arc<str>,
        group: &Arc<str>,
        present: bool,
    ) -> Result<(), ActionError> {
        self.change_account(user, |builder, sam| set_member(builder, group, sam, present))
    }

    /// Enables or disables an account.
    pub(in crate::world) fn set_account_enabled(
        &mut self,
        user: &Arc<str>,
        enabled: bool,
    ) -> Result<(), ActionError> {
        self.change_account(user, |builder, sam| set_disabled(builder, sam, !enabled))
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

    /// Deletes an account and makes it anew under its names, in the groups that the lab file has it in: it has another SID.
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
                set_member(builder, group, sam, true);
            }
        })
    }

    /// Gives an account another sAMAccountName.
    pub(in crate::world) fn rename_account(
        &mut self,
        user: &Arc<str>,
        to: &Arc<str>,
    ) -> Result<(), ActionError> {
        self.change_account(user, |builder, sam| {
            builder.rename_account(sam, to);
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
        declared_user(self.lab().lab(), user)?;
        let account = self.account_of_user(user);
        let (index, account) = account.ok_or_else(|| unknown("AD account of", user))?;
        let sam = Arc::clone(&account.name);
        self.change_domain(index, |builder| change(builder, &sam))
    }
}

fn set_member(builder: &mut DomainBuilder, group: &str, sam: &str, present: bool) {
    if present {
        builder.member(group, sam);
    } else {
        builder.remove_member(group, sam);
    }
}

/// ACCOUNT_DISABLED of an account.
pub(super) fn set_disabled(builder: &mut DomainBuilder, sam: &str, disabled: bool) {
    if let Some(account) = builder.account_mut(sam) {
        account
            .control
            .set(UserAccountControl::ACCOUNT_DISABLED, disabled);
    }
}
