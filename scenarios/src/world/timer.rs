//! What devices do by themselves when the time has come.

use super::World;
use super::network::Due;
use super::topology::HostId;

/// Something a device does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// CloudAP refreshes the PRTs that have reached their age, while their users are signed in.
    PrtRefresh(HostId),
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

    /// Lets devices do what was due while a flow was under way.
    pub(crate) fn run_due_timers(&mut self) {
        while !self.due_timers.is_empty() {
            let Timer::PrtRefresh(host) = self.due_timers.remove(0);
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
