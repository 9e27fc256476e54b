//! Applying what administrators do in Entra and with directory sync.

use std::sync::Arc;

use cloud_sim::{Application, OnPremises};
use kdc_sim::directory::{Account, Restriction, UserAccountControl};
use kerberos::Timestamp;

use super::World;
use super::administration::{ActionError, unknown};
use super::cloud_action::{ApplicationChange, CloudAction};
use crate::lab::{self, User, UserSource, identity};

impl World {
    pub(super) fn apply_cloud(&mut self, action: &CloudAction) -> Result<(), ActionError> {
        match action {
            CloudAction::ChangeApplication { app, change } => self.change_application(app, change),
            CloudAction::SetupCloudTrust {
                domain,
                tenant,
                object,
            } => {
                let (domain, tenant) = self.domain_and_tenant(domain, tenant.as_ref())?;
                // what is refused changes nothing: a step asks before the object is made
                self.may_have_cloud_trust(domain)?;
                if *object {
                    self.set_without_rights((domain, tenant), false)?;
                }
                self.set_up_cloud_trust(domain, tenant)
            }
            CloudAction::RemoveCloudTrust { domain } => {
                let domain = self.domain_index(domain)?;
                self.remove_cloud_trust(domain)
            }
            CloudAction::SyncCycle { tenant } => self.sync_cycle(tenant),
            CloudAction::RecreateAccount { user } => self.recreate_account(user),
            CloudAction::RenameAccount { user, sam } => self.rename_account(user, sam),
            CloudAction::MoveToOu { user, ou } => self.move_to_ou(user, ou),
            CloudAction::FilterAttributes { tenant, attributes } => {
                self.tenant_named(tenant)?;
                Arc::make_mut(&mut self.actors.attribute_filters).insert(Arc::clone(tenant), *attributes);
                Ok(())
            }
            CloudAction::VerifyDomain { tenant, domain } => {
                let index = self.tenant_named(tenant)?;
                self.not_verified_elsewhere(index, domain)?;
                self.change_tenant(index, |tenant| {
                    let domain = domain.to_ascii_lowercase();
                    if !tenant.domains.contains(&domain) {
                        tenant.domains.push(domain);
                    }
                });
                Ok(())
            }
            CloudAction::RemoveTenant { tenant } => {
                let index = self.tenant_named(tenant)?;
                self.change_tenant(index, |tenant| tenant.given_up = true);
                Ok(())
            }
        }
    }

    /// A domain is verified in one tenant at a time; one that was given up has none any more.
    fn not_verified_elsewhere(&self, index: usize, domain: &Arc<str>) -> Result<(), ActionError> {
        let holder = self.tenants().iter().enumerate().find(|(other, (tenant, _))| {
            let mut domains = tenant.domains.iter();
            *other != index && !tenant.given_up && domains.any(|known| known.eq_ignore_ascii_case(domain))
        });
        let Some((holder, _)) = holder else {
            return Ok(());
        };
        let name = self.lab().lab().tenants.get_index(holder);
        Err(ActionError::VerifiedElsewhere {
            domain: Arc::clone(domain),
            tenant: name.map_or("another tenant", |(name, _)| name.as_str()).into(),
        })
    }

    fn tenant_named(&self, name: &Arc<str>) -> Result<usize, ActionError> {
        let found = self.lab().lab().tenants.get_index_of(&**name);
        found.ok_or_else(|| unknown("tenant", name))
    }

    fn change_application(&mut self, app: &Arc<str>, change: &ApplicationChange) -> Result<(), ActionError> {
        let lab = Arc::clone(self.lab());
        let declared = lab.lab().cloud_apps.get(&**app);
        let declared = declared.ok_or_else(|| unknown("cloud application", app))?;
        let index = self.tenant_named(&declared.tenant.as_str().into())?;
        let upn = |name: &Arc<str>| {
            let user = lab.lab().users.get(&**name)?;
            Some(self.cloud_upn(index, user))
        };
        let people: Option<Vec<String>> = match change {
            ApplicationChange::Assigned(Some(users)) => Some(users.iter().filter_map(upn).collect()),
            _ => None,
        };
        self.change_tenant(index, |tenant| {
            let name = declared.service_names().into_iter().next().unwrap_or_default();
            let Some(known) = tenant.application(&name) else {
                return;
            };
            let mut changed = Application::clone(known);
            match change {
                ApplicationChange::Consent(given) => changed.consent = *given,
                ApplicationChange::MfaRequired(required) => changed.mfa_required = *required,
                ApplicationChange::Assigned(_) => changed.assigned = people,
            }
            *tenant = tenant.clone().with_application(changed);
        });
        Ok(())
    }

    /// Every user whom the tenant gets from AD, as AD has them now. An account that was made anew is another object: the
    /// user in the cloud belongs to the old one, so the cycle reports a conflict and changes nothing.
    fn sync_cycle(&mut self, tenant: &Arc<str>) -> Result<(), ActionError> {
        let index = self.tenant_named(tenant)?;
        let lab = Arc::clone(self.lab());
        let of_tenant = |(_, user): &(&String, &User)| {
            user.source == UserSource::Synced && user.tenant.as_deref() == Some(&**tenant)
        };
        for (name, user) in lab.lab().users.iter().filter(of_tenant) {
            let upn = self.cloud_upn(index, user);
            self.rename_cloud_user(index, name, &upn);
            let upn = upn.to_ascii_lowercase();
            let moved_to = self.directories.moved_to_ou(name);
            let ou = moved_to.map(|ou| &**ou).or(user.ou.as_deref());
            if !lab::is_in_scope(lab.lab(), tenant, user, ou) {
                self.change_tenant(index, |tenant| {
                    tenant.users.remove(&upn);
                });
                continue;
            }
            let Some((account, attributes)) = self.attributes_of(name, user) else {
                continue;
            };
            let mut made = lab::cloud_user(lab.lab(), name, user, Some(attributes.clone()));
            made.upn = self.cloud_upn(index, user);
            let state = account_state(&account, self.now());
            (made.enabled, made.password_expired) = state;
            self.change_tenant(index, |tenant| match tenant.users.get_mut(&upn) {
                None => *tenant = tenant.clone().with_user(made),
                Some(known) if is_same_object(known.on_premises.as_ref(), &attributes) => {
                    let known = Arc::make_mut(known);
                    known.on_premises = Some(attributes);
                    (known.enabled, known.password_expired) = state;
                }
                Some(_) => {}
            });
        }
        Ok(())
    }

    /// The sign-in name of a user in a tenant as it is now.
    pub(super) fn cloud_upn(&self, tenant: usize, user: &User) -> String {
        let declared = self.lab().lab().tenants.get_index(tenant);
        match (self.tenants().get(tenant), declared) {
            (Some((now, _)), Some((_, declared))) => {
                lab::cloud_upn_among(user, &now.domains, &declared.initial_domain)
            }
            _ => user.upn.clone(),
        }
    }

    /// The user whom the lab calls `name` keeps everything but the sign-in name.
    fn rename_cloud_user(&mut self, tenant: usize, name: &str, upn: &str) {
        let id = identity::guid("user", name);
        self.change_tenant(tenant, |tenant| {
            let known = tenant.users.values().find(|user| user.object_id == id);
            let Some(known) = known.filter(|user| user.upn != upn).cloned() else {
                return;
            };
            tenant.users.remove(&known.upn.to_ascii_lowercase());
            let mut renamed = cloud_sim::User::clone(&known);
            renamed.upn = upn.to_owned();
            *tenant = tenant.clone().with_user(renamed);
        });
    }

    /// What directory sync reads in AD.
    fn attributes_of(&self, name: &str, user: &User) -> Option<(Arc<Account>, OnPremises)> {
        let (domain, account) = self.account_of_user(name)?;
        let snapshot = &self.domains()[domain];
        let filter = user.tenant.as_deref();
        let filter = filter.and_then(|tenant| self.actors.attribute_filters.get(tenant));
        let synced = filter.copied().unwrap_or(user.synced_attributes);
        let attributes = OnPremises {
            domain_name: synced.domain_name.then(|| snapshot.dns_name().to_string()),
            sam_account_name: synced.sam_account_name.then(|| account.name.to_string()),
            security_identifier: synced.security_identifier.then_some(account.sid),
        };
        Some((Arc::clone(account), attributes))
    }
}

/// What directory sync tells of an account beside its names: whether it is enabled, and whether its password has expired.
fn account_state(account: &Account, now: Timestamp) -> (bool, bool) {
    let expired = account.password_restriction(now);
    (
        !account.control.contains(UserAccountControl::ACCOUNT_DISABLED),
        matches!(expired, Some(Restriction::PasswordExpired { .. })),
    )
}

fn is_same_object(known: Option<&OnPremises>, came: &OnPremises) -> bool {
    let known = known.and_then(|known| known.security_identifier);
    known.is_none() || came.security_identifier.is_none() || known == came.security_identifier
}
