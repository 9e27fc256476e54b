//! Intune and Group Policy in a world: which profiles are assigned, when devices ask for them, what the portal shows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use client_sim::policy::{Family, HelloValues, PolicyPlace};
use core::time::Duration;
use evidence::intune::{DeviceReport, ReportRow, Status};
use kerberos::Timestamp;

use super::World;
use super::administration::ActionError;
use super::desk_action::DeskAction;
use super::network::Due;
use super::timer::Timer;
use super::topology::{ENTRA, HostId, Role};
use crate::lab::compile_policies as policies;
use crate::lab::{Device, PolicyProfile, ProfileKind, SettingUse};

/// What differs from the lab file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Management {
    /// Profiles that were assigned, or unassigned.
    assigned: BTreeMap<Arc<str>, bool>,
    /// Profiles that were edited: when, and what they set since.
    edited: BTreeMap<Arc<str>, (Timestamp, Arc<[SettingUse]>)>,
    /// When devices last asked Intune, and what was assigned then.
    checked_in: BTreeMap<HostId, (Timestamp, BTreeSet<String>)>,
}

impl World {
    pub(crate) fn apply_desk(&mut self, action: &DeskAction) -> Result<(), ActionError> {
        match action {
            DeskAction::AssignPolicy { policy, assigned } => self.assign(policy, *assigned),
            DeskAction::EditPolicy { policy, settings } => {
                let family = self.family_of(policy)?;
                let edited = (self.now, Arc::clone(settings));
                let management = Arc::make_mut(self.management.get_or_insert_default());
                management.edited.insert(Arc::clone(policy), edited);
                self.plan_check_ins(family);
                Ok(())
            }
            DeskAction::CheckIn { device } => {
                let host = self.managed(device)?;
                self.check_in(host, Family::Mdm);
                Ok(())
            }
            DeskAction::Connect { device, to, after } => {
                let host = self.managed(device)?;
                let place = self.topology.place(to).ok_or_else(|| ActionError::Unknown {
                    kind: "location",
                    name: Arc::clone(to),
                })?;
                let arrival = Due::Timer(Timer::Arrive(host, place));
                self.queue.schedule(self.now + *after, arrival);
                Ok(())
            }
            DeskAction::SetProxy { device, servers } => {
                let host = self.managed(device)?;
                self.set_proxy(host, servers.clone());
                Ok(())
            }
            DeskAction::UpdateWindows { device, version } => {
                let host = self.managed(device)?;
                let mut device = self.take_device(host);
                Arc::make_mut(&mut device.config).os_version = Arc::clone(version);
                self.put_device(host, device);
                Ok(())
            }
            DeskAction::ChangeEdition { device, edition } => {
                let host = self.managed(device)?;
                let mut device = self.take_device(host);
                Arc::make_mut(&mut device.config).edition = *edition;
                self.put_device(host, device);
                Ok(())
            }
            DeskAction::GroupPolicyUpdate { device } => {
                let host = self.managed(device)?;
                self.check_in(host, Family::GroupPolicy);
                Ok(())
            }
        }
    }

    fn assign(&mut self, policy: &Arc<str>, assigned: bool) -> Result<(), ActionError> {
        let family = self.family_of(policy)?;
        let management = Arc::make_mut(self.management.get_or_insert_default());
        management.assigned.insert(Arc::clone(policy), assigned);
        self.plan_check_ins(family);
        Ok(())
    }

    /// Which tree of the registry a profile writes to.
    fn family_of(&self, policy: &Arc<str>) -> Result<Family, ActionError> {
        match self.lab.lab().policies.get(&**policy) {
            Some(profile) if profile.kind.is_mdm() => Ok(Family::Mdm),
            Some(_) => Ok(Family::GroupPolicy),
            None => Err(ActionError::Unknown {
                kind: "policy",
                name: Arc::clone(policy),
            }),
        }
    }

    /// Plans when every device asks for policies by itself next.
    fn plan_check_ins(&mut self, family: Family) {
        let hosts = self.topology.hosts();
        let devices: Vec<HostId> = hosts
            .filter(|(_, host)| matches!(host.role, Role::Device(_)))
            .map(|(id, _)| id)
            .collect();
        for host in devices {
            self.plan_check_in(host, family);
        }
    }

    /// Plans when a device asks for policies by itself next.
    fn plan_check_in(&mut self, host: HostId, family: Family) {
        let Some((_, device)) = self.declared(host) else {
            return;
        };
        let interval = match family {
            Family::Mdm => device.desk.check_in,
            Family::GroupPolicy => device.desk.group_policy_refresh,
        };
        let at = self.now + until_next(self.elapsed(), interval);
        self.queue.schedule(at, Due::Timer(Timer::CheckIn(host, family)));
    }

    /// A planned moment has come. Where nobody can be asked, the next one is waited for.
    pub(crate) fn check_in_due(&mut self, host: HostId, family: Family) {
        if !self.check_in(host, family) {
            self.plan_check_in(host, family);
        }
    }

    /// The device asks, if it can, and does as it is told. Whether it could.
    fn check_in(&mut self, host: HostId, family: Family) -> bool {
        let lab = Arc::clone(&self.lab);
        let Some((_, declared)) = self.declared(host) else {
            return true;
        };
        let declared = self.as_updated(host, declared);
        if !self.host_state(host).powered || !self.can_ask_for_policies(host, family) {
            return false;
        }
        let delivered = policies::deliver(lab.lab(), &declared, |name, profile| {
            self.settings_of(name, profile)
        });
        let own = policies::declared(&declared);
        let mut device = self.take_device(host);
        let policy = &mut Arc::make_mut(&mut device.config).policy;
        // what came at enrolment stays as it was
        let stays = |place: &PolicyPlace| place.family() != family || *place == PolicyPlace::TenantWide;
        policy.hello.retain(|place, _| stays(place));
        let mut write = |place: PolicyPlace, values: HelloValues| {
            if !stays(&place) {
                let known = policy.values_mut(place);
                *known = values.or(*known);
            }
        };
        for (place, values) in delivered.places.into_iter().chain(own) {
            write(place, values);
        }
        self.put_device(host, device);
        if family == Family::Mdm {
            let names = lab.lab().policies.iter();
            let assigned = names.filter(|(name, profile)| self.is_assigned(name, profile));
            let assigned = assigned.map(|(name, _)| name.clone()).collect();
            let now = self.now;
            let management = Arc::make_mut(self.management.get_or_insert_default());
            management.checked_in.insert(host, (now, assigned));
        }
        true
    }

    /// Whether a device has a way to Intune, or to a DC of the domain that it is joined to.
    pub fn can_ask_for_policies(&self, host: HostId, family: Family) -> bool {
        let place = self.place(host);
        match family {
            Family::Mdm => self.reaches(place, ENTRA),
            Family::GroupPolicy => {
                let device = self.device(host);
                let domain = device.and_then(|device| device.config.join.ad_domain());
                let mut dcs = self
                    .topology
                    .domain_controllers(domain.map_or("", |domain| &**domain))
                    .iter();
                dcs.any(|dc| self.reaches(place, *dc))
            }
        }
    }

    /// What the portal of Intune shows of a device; `None` for a host that is none.
    pub fn intune_report(&self, host: HostId) -> Option<DeviceReport> {
        let (_, declared) = self.declared(host)?;
        let lab = self.lab.lab();
        let told = self
            .management
            .as_ref()
            .and_then(|management| management.checked_in.get(&host));
        let edited = |name: &str| Some(self.management.as_ref()?.edited.get(name)?.0);
        let known = |name: &str| match told {
            Some((at, names)) => names.contains(name) && edited(name).is_none_or(|edited| edited <= *at),
            None => lab.policies.get(name).is_some_and(|profile| profile.active) && edited(name).is_none(),
        };
        let declared = &self.as_updated(host, declared);
        let delivery = policies::deliver(lab, declared, |name, profile| self.settings_of(name, profile));
        let row = |(name, status): (String, Status)| {
            let profile = lab.policies.get(&name)?;
            (profile.kind != ProfileKind::TenantWide).then(|| ReportRow {
                policy: profile.title.clone(),
                status: if known(&name) { status } else { Status::Pending },
            })
        };
        let last = match told {
            Some((at, _)) => *at,
            None => self.started - declared.desk.check_in / 2,
        };
        Some(DeviceReport {
            device: declared.host.clone(),
            last_check_in: jiff::Timestamp::from_microsecond(last.unix_micros()).unwrap_or_default(),
            rows: delivery.reports.into_iter().filter_map(row).collect(),
        })
    }

    /// A device as the lab file has it, but for its version.
    fn as_updated(&self, host: HostId, declared: &Device) -> Device {
        let mut declared = declared.clone();
        if let Some(device) = self.device(host) {
            declared.desk.os_version = device.config.os_version.to_string();
            declared.desk.edition = device.config.edition;
        }
        declared
    }

    fn is_assigned(&self, name: &str, profile: &PolicyProfile) -> bool {
        let changed = self
            .management
            .as_ref()
            .and_then(|management| management.assigned.get(name));
        changed.copied().unwrap_or(profile.active)
    }

    /// What a profile sets now; `None` while it is not assigned.
    fn settings_of<'s>(&'s self, name: &str, profile: &'s PolicyProfile) -> Option<&'s [SettingUse]> {
        let edited = self
            .management
            .as_ref()
            .and_then(|management| management.edited.get(name));
        let settings = edited.map_or(&*profile.settings, |(_, settings)| settings);
        self.is_assigned(name, profile).then_some(settings)
    }

    /// A device as the lab file has it.
    fn declared(&self, host: HostId) -> Option<(&String, &Device)> {
        let Role::Device(index) = self.topology.host(host).role else {
            return None;
        };
        self.lab.lab().devices.get_index(usize::from(index))
    }

    fn managed(&self, name: &Arc<str>) -> Result<HostId, ActionError> {
        let found = self
            .topology
            .find(name)
            .filter(|host| self.declared(*host).is_some());
        found.ok_or_else(|| ActionError::Unknown {
            kind: "device",
            name: Arc::clone(name),
        })
    }
}

/// How long it is to the next of moments that lie `interval` apart, the first of them half of that after the beginning.
fn until_next(elapsed: Duration, interval: Duration) -> Duration {
    let interval = interval.max(Duration::from_secs(60));
    let since = (elapsed + interval / 2).as_micros() % interval.as_micros();
    interval - Duration::from_micros(u64::try_from(since).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_lie_an_interval_apart_from_half_of_it_on() {
        let hours = Duration::from_hours;
        assert_eq!(until_next(hours(0), hours(8)), hours(4));
        assert_eq!(until_next(hours(3), hours(8)), hours(1));
        assert_eq!(until_next(hours(4), hours(8)), hours(8));
        assert_eq!(until_next(hours(5), hours(8)), hours(7));
    }
}
