//! Applying actions: an actor's configuration is replaced as a whole, and the actor finds it changed.

use std::sync::Arc;

use client_sim::DeviceConfig;
use client_sim::policy::Family;
use cloud_sim::{OnPremises, Tenant, User as CloudUser};
use kdc_sim::BuildError;

use super::World;
use super::action::{Action, Side};
use super::topology::{HostId, Role};
use crate::cmdlets::{ConsoleOutput, State, Typed};
use crate::lab;
use crate::trace::EventKind;

/// Why an action was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ActionError {
    /// The lab has nothing of that name.
    #[error("the lab has no {kind} {name}")]
    Unknown {
        /// What was looked for.
        kind: &'static str,
        /// Its name.
        name: Arc<str>,
    },
    /// There is no Kerberos server object to change.
    #[error("{domain} has no Kerberos server object")]
    NoKerberosServer {
        /// DNS name of the domain.
        domain: Arc<str>,
    },
    /// The lab says that one tenant does not take over the object of another.
    #[error(
        "The Azure AD Kerberos Server object of this domain belongs to another tenant. Remove it there first."
    )]
    AnotherTenants,
    /// The trusted domain object stands in the root domain of a forest only.
    #[error("LsaCreateTrustedDomainEx 0x549: {domain} is not the root of its forest")]
    CloudTrustInChild {
        /// DNS name of the domain.
        domain: Arc<str>,
    },
    /// A domain is verified in one tenant at a time.
    #[error("{domain} is verified in {tenant}; it has to be removed there first")]
    VerifiedElsewhere {
        /// The domain.
        domain: Arc<str>,
        /// The tenant that has it, as the lab names it.
        tenant: Arc<str>,
    },
    /// Nobody can work at a console of that host like that.
    #[error("no console at {host}: {why}")]
    NoConsole {
        /// The host.
        host: Arc<str>,
        /// What stands in the way.
        why: Arc<str>,
    },
    /// The directory would not fit together any more.
    #[error("the directory refuses the change: {0}")]
    Directory(#[from] BuildError),
}

impl World {
    /// Does something between the messages.
    ///
    /// # Errors
    /// The action names what the lab does not have, or the directory refuses it. Nothing is changed then.
    pub fn apply(&mut self, action: &Action) -> Result<(), ActionError> {
        self.tell(action, |world| world.carry_out(action))
    }

    /// Tells of an action that is carried out, unless it is refused.
    pub(super) fn tell<T>(
        &mut self,
        action: &Action,
        carry_out: impl FnOnce(&mut Self) -> Result<T, ActionError>,
    ) -> Result<T, ActionError> {
        let told = self.trace.event(self.now, None, self.cause, || {
            EventKind::Action(Arc::new(action.clone()))
        });
        let done = carry_out(self);
        if done.is_err() {
            self.trace.take_back(told);
        }
        done
    }

    /// Types at a console, tells what it printed, and keeps that for expectations.
    pub(super) fn type_and_note(&mut self, typed: &Typed) -> Result<Arc<ConsoleOutput>, ActionError> {
        let output = Arc::new(self.type_at(typed)?);
        let host = self.host_named(&typed.host)?;
        self.trace.event(self.now, Some(host), self.cause, || {
            EventKind::Console(Arc::clone(&output))
        });
        self.note_console(host, Arc::clone(&output));
        Ok(output)
    }

    fn carry_out(&mut self, action: &Action) -> Result<(), ActionError> {
        match action {
            Action::RotateServerKey { domain, side } => self.rotate_server_key(domain, *side),
            Action::Publish { domain, tenant } => {
                let both = self.domain_and_tenant(domain, tenant.as_ref())?;
                self.set_without_rights(both, false)
            }
            Action::RemoveKerberosServer { domain, side } => self.remove_server(domain, *side),
            Action::Replicate { domain } => self.replicate(domain),
            Action::SyncUser { user } => self.sync(user),
            Action::UnsyncUser { user } => self.change_cloud_user(user, |user| {
                user.on_premises = Some(OnPremises::default());
            }),
            Action::AddToGroup { user, group } => self.set_membership(user, group, true),
            Action::RemoveFromGroup { user, group } => self.set_membership(user, group, false),
            Action::ChangeReplicationPolicy {
                domain,
                list,
                member,
                present,
            } => {
                let index = self.domain_index(domain)?;
                self.change_replication_policy(index, *list, member, *present)
            }
            Action::SetAccountEnabled { user, enabled } => self.set_account_enabled(user, *enabled),
            Action::ChangeAccount { user, change } => self.change_account_state(user, change),
            Action::SetDelegation {
                server,
                to,
                protocol_transition,
            } => self.set_delegation(server, to, *protocol_transition),
            Action::SetAppProxy {
                app,
                spn,
                login_identity,
            } => self.set_app_proxy(app, spn.as_ref(), *login_identity),
            Action::SetClockOffset { host, offset_micros } => {
                let host = self.host_named(host)?;
                self.change_host(host, |state| state.clock_offset_micros = *offset_micros);
                Ok(())
            }
            Action::Move { host, to } => self.change_place(host, to),
            Action::SetPower { host, on } => {
                let host = self.host_named(host)?;
                self.change_host(host, |state| state.powered = *on);
                if !on {
                    self.administered_mut()
                        .sessions
                        .retain(|seat, _| seat.host != host);
                }
                Ok(())
            }
            Action::AddRule(rule) => {
                Arc::make_mut(&mut self.rules).push(rule.clone());
                Ok(())
            }
            Action::RemoveRule { name } => {
                Arc::make_mut(&mut self.rules).retain(|rule| rule.name != *name);
                Ok(())
            }
            Action::SetPolicy {
                host,
                policy,
                enabled,
            } => self.set_policy(host, policy, *enabled),
            Action::Cloud(action) => self.apply_cloud(action),
            Action::Type(typed) => self.type_and_note(typed).map(drop),
            Action::SetCloudRole { user, role, present } => {
                let roles = &mut self.administered_mut().roles;
                roles.insert((Arc::clone(user), *role), *present);
                Ok(())
            }
            Action::Desk(action) => self.apply_desk(action),
            Action::Wait(duration) => {
                self.wait(*duration);
                Ok(())
            }
        }
    }

    pub(crate) fn administered_mut(&mut self) -> &mut State {
        Arc::make_mut(&mut self.administered)
    }

    /// What was installed on a host, to be changed.
    pub(crate) fn installed_mut(&mut self, host: HostId) -> &mut crate::cmdlets::Installed {
        self.administered_mut().hosts.entry(host).or_default()
    }

    fn host_named(&self, name: &Arc<str>) -> Result<HostId, ActionError> {
        self.topology.find(name).ok_or_else(|| unknown("host", name))
    }

    /// Changes a tenant; state and devices stay.
    pub(super) fn change_tenant(&mut self, index: usize, change: impl FnOnce(&mut Tenant)) {
        let (tenant, _) = &mut Arc::make_mut(&mut self.actors.tenants)[index];
        change(Arc::make_mut(tenant));
    }

    fn change_cloud_user(
        &mut self,
        user: &Arc<str>,
        change: impl FnOnce(&mut CloudUser),
    ) -> Result<(), ActionError> {
        let lab = Arc::clone(&self.lab);
        let declared = declared_user(lab.lab(), user)?;
        let tenant = declared
            .tenant
            .as_ref()
            .and_then(|name| lab.lab().tenants.get_index_of(name));
        let index = tenant.ok_or_else(|| unknown("tenant of", user))?;
        let upn = self.cloud_upn(index, declared).to_ascii_lowercase();
        self.change_tenant(index, |tenant| {
            if let Some(user) = tenant.users.get_mut(&upn) {
                change(Arc::make_mut(user));
            }
        });
        Ok(())
    }

    /// The tenant that a domain's users are synchronised to, or the one that is named.
    fn tenant_of_domain(&self, domain: usize, named: Option<&Arc<str>>) -> Result<usize, ActionError> {
        let lab = self.lab.lab();
        if let Some(named) = named {
            let is_it = |(tenant, _): &(Arc<Tenant>, _)| {
                tenant.id.eq_ignore_ascii_case(named)
                    || tenant
                        .domains
                        .iter()
                        .any(|domain| domain.eq_ignore_ascii_case(named))
            };
            return self
                .actors
                .tenants
                .iter()
                .position(is_it)
                .ok_or_else(|| unknown("tenant", named));
        }
        let name = lab.domains.get_index(domain).map(|(name, _)| name);
        let synced = lab
            .tenants
            .values()
            .position(|tenant| tenant.synced_domains.iter().any(|synced| Some(synced) == name));
        Ok(synced.unwrap_or_default())
    }

    /// `Set-AzureADKerberosServer` as a step has it: nobody is asked for rights.
    pub(super) fn set_without_rights(
        &mut self,
        both: (usize, usize),
        rotate: bool,
    ) -> Result<(), ActionError> {
        self.set_kerberos_server(both, rotate, |_, _| Ok(()), |_| Ok(()))
    }

    fn rotate_server_key(&mut self, domain: &Arc<str>, side: Side) -> Result<(), ActionError> {
        let (domain, tenant) = self.domain_and_tenant(domain, None)?;
        match side {
            Side::Both => self.set_without_rights((domain, tenant), true),
            Side::OnPremises => self.rotate_in_directory(domain),
            Side::Cloud => self.rotate_in_tenant(domain, tenant),
        }
    }

    fn remove_server(&mut self, domain: &Arc<str>, side: Side) -> Result<(), ActionError> {
        let (domain, tenant) = self.domain_and_tenant(domain, None)?;
        match side {
            Side::Both => self.remove_kerberos_server((domain, tenant), |_| Ok(()), |_| Ok(())),
            Side::OnPremises => self.remove_from_directory(domain),
            Side::Cloud => {
                self.withdraw_from_tenant(domain, tenant);
                Ok(())
            }
        }
    }

    /// The places of a domain and of a tenant in the lab file; the tenant that the domain's users are synchronised to where none
    /// is named.
    pub(super) fn domain_and_tenant(
        &self,
        domain: &Arc<str>,
        tenant: Option<&Arc<str>>,
    ) -> Result<(usize, usize), ActionError> {
        let domain = self.domain_index(domain)?;
        Ok((domain, self.tenant_of_domain(domain, tenant)?))
    }

    fn sync(&mut self, user: &Arc<str>) -> Result<(), ActionError> {
        declared_user(self.lab.lab(), user)?;
        let account = self.account_of_user(user);
        let (domain, account) = account.ok_or_else(|| unknown("AD account of", user))?;
        let attributes = OnPremises {
            domain_name: Some(self.domains()[domain].dns_name().to_string()),
            sam_account_name: Some(account.name.to_string()),
            security_identifier: Some(account.sid),
        };
        self.change_cloud_user(user, |user| user.on_premises = Some(attributes))
    }

    fn change_place(&mut self, host: &Arc<str>, to: &Arc<str>) -> Result<(), ActionError> {
        let id = self.host_named(host)?;
        let place = self.topology.place(to).ok_or_else(|| unknown("location", to))?;
        self.change_host(id, |state| state.place = place);
        if matches!(self.topology.host(id).role, Role::Device(_)) {
            let mut device = self.take_device(id);
            device.network_changed();
            self.put_device(id, device);
        }
        Ok(())
    }

    fn set_policy(&mut self, host: &Arc<str>, policy: &Arc<str>, enabled: bool) -> Result<(), ActionError> {
        let id = self.host_named(host)?;
        if !matches!(self.topology.host(id).role, Role::Device(_)) {
            return Err(unknown("device", host));
        }
        let mut device = self.take_device(id);
        let config: &mut DeviceConfig = Arc::make_mut(&mut device.config);
        let known = match &**policy {
            "cloud-trust-policy" => {
                // where the device has it from
                let family = match config.join.is_hybrid() {
                    true => Family::GroupPolicy,
                    false => Family::Mdm,
                };
                config.policy.device_mut(family).cloud_trust = enabled.then_some(true);
                true
            }
            "cloud-ticket-retrieval" => {
                config.policy.cloud_ticket_retrieval = enabled;
                true
            }
            _ => false,
        };
        self.put_device(id, device);
        if known {
            Ok(())
        } else {
            Err(unknown("policy", policy))
        }
    }
}

/// A user as the lab file has it.
pub(crate) fn declared_user<'l>(lab: &'l lab::Lab, user: &Arc<str>) -> Result<&'l lab::User, ActionError> {
    lab.users.get(&**user).ok_or_else(|| unknown("user", user))
}

pub(super) fn unknown(kind: &'static str, name: &Arc<str>) -> ActionError {
    ActionError::Unknown {
        kind,
        name: Arc::clone(name),
    }
}
