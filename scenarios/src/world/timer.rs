//! What devices and directory sync do by themselves when the time has come.

use std::sync::Arc;

use client_sim::policy::Family;

use super::World;
use super::action::Action;
use super::cloud_action::CloudAction;
use super::network::Due;
use super::topology::{HostId, PlaceId};

/// Something that happens by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// CloudAP refreshes the PRTs that have reached their age, while their users are signed in.
    PrtRefresh(HostId),
    /// Directory sync runs for a tenant, by its place in the lab file.
    Sync(usize),
    /// A device is at another place now, and was not told.
    Arrive(HostId, PlaceId),
    /// A device asks for its policies.
    CheckIn(HostId, Family),
}

impl World {
    /// Plans what a device will do by itself next, if it is not yet planned.
    pub(crate) fn plan(&mut self, host: HostId) {
        let Some(due) = self.device(host).and_then(|device| device.next_due()) else {
            return;
        };
        if self.planned.get(host) == Some(&due) {
            return;
        }
        self.planned.set(host, due);
        let left = due.saturating_since(self.clock_of(host));
        self.queue
            .schedule(self.now + left, Due::Timer(Timer::PrtRefresh(host)));
    }

    /// Plans the next cycle of directory sync for a tenant that has one at intervals.
    pub(crate) fn plan_sync(&mut self, tenant: usize) {
        let interval = self.lab.lab().tenants.get_index(tenant);
        let Some(interval) = interval.and_then(|(_, tenant)| tenant.sync_interval) else {
            return;
        };
        self.queue
            .schedule(self.now + interval, Due::Timer(Timer::Sync(tenant)));
    }

    fn run_sync(&mut self, index: usize) {
        let lab = Arc::clone(&self.lab);
        if let Some((name, _)) = lab.lab().tenants.get_index(index) {
            let tenant = name.as_str().into();
            self.cause = None;
            // a tenant of the lab, and no directory is changed
            let _ = self.apply(&Action::Cloud(CloudAction::SyncCycle { tenant }));
        }
        self.plan_sync(index);
    }

    /// Lets devices do what was due while a flow was under way.
    pub(crate) fn run_due_timers(&mut self) {
        while !self.due_timers.is_empty() {
            let host = match self.due_timers.remove(0) {
                Timer::PrtRefresh(host) => host,
                Timer::Sync(tenant) => {
                    self.run_sync(tenant);
                    continue;
                }
                Timer::Arrive(host, place) => {
                    self.change_host(host, |state| state.place = place);
                    continue;
                }
                Timer::CheckIn(host, family) => {
                    self.check_in_due(host, family);
                    continue;
                }
            };
            let now = self.clock_of(host);
            let is_due = |device: &client_sim::DeviceState| device.next_due().is_some_and(|due| due <= now);
            // A sign-in, an unlock or a sign-out may have come before it.
            if self.host_state(host).powered && self.device(host).is_some_and(is_due) {
                self.cause = None;
                self.run_flow(host, async |mut flow| flow.run_due().await);
            }
            self.plan(host);
        }
    }
}
