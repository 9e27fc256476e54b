//! The last refusal at a host, and what a device failed with because of it.

use client_sim::ClientEvent;
use kerberos::Timestamp;

use crate::journal::{Answered, HostJournal, Record};
use crate::world::{HostId, World};

impl World {
    /// The last request that a host refused, as far back as its journal goes.
    pub fn last_refusal(&self, host: HostId) -> Option<&Answered> {
        refused(self.journal_of(host)?).next()
    }

    /// The last step with which something failed at a device, and when, by true time.
    pub fn last_failure(&self, device: HostId) -> Option<(Timestamp, &ClientEvent)> {
        let mut records = self.journal_of(device)?.records().rev();
        records.find_map(|record| match record {
            Record::Step { time, step } if step.is_failure() => Some((*time, step)),
            _ => None,
        })
    }

    /// The last refusal that a device got until `time`, from whichever host, also by way of a proxy.
    pub fn refusal_behind(&self, device: HostId, time: Timestamp) -> Option<(HostId, &Answered)> {
        let found = self.journals().filter_map(|(host, journal)| {
            let mut ours =
                refused(journal).filter(|answered| answered.origin == Some(device) && answered.time <= time);
            Some((host, ours.next()?))
        });
        found.max_by_key(|(_, answered)| (answered.time, answered.number))
    }
}

/// The requests of a journal that were refused, newest first.
fn refused(journal: &HostJournal) -> impl Iterator<Item = &Answered> {
    journal.records().rev().filter_map(|record| match record {
        Record::Answered(answered) if answered.decisions.refusal().is_some() => Some(answered),
        _ => None,
    })
}
