//! What each DC knows of its domain: a change arrives at some of them later than at others.

use std::collections::BTreeMap;
use std::sync::Arc;

use kdc_sim::DomainSnapshot;
use kerberos::Timestamp;

/// The directories of DCs that are behind, by the number of the DC. A DC that is not here knows everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replicas(Arc<BTreeMap<usize, Vec<Version>>>);

/// A directory, and from when on a DC has it.
#[derive(Clone, Debug)]
struct Version {
    from: Timestamp,
    domain: DomainSnapshot,
}

impl Replicas {
    /// The directory that a DC has at `now`; `None` when it is the newest.
    pub(crate) fn view(&self, dc: usize, now: Timestamp) -> Option<&DomainSnapshot> {
        let versions = self.0.get(&dc)?;
        let arrived = versions.iter().rposition(|version| version.from <= now)?;
        (arrived + 1 < versions.len()).then(|| &versions[arrived].domain)
    }

    /// A change of a directory that arrives at a DC at `from`; until then the DC has what it had.
    pub(crate) fn change(
        &mut self,
        dc: usize,
        now: Timestamp,
        before: &DomainSnapshot,
        from: Timestamp,
        after: &DomainSnapshot,
    ) {
        let versions = Arc::make_mut(&mut self.0).entry(dc).or_default();
        // what has arrived needs no memory but that of the last
        let arrived = versions
            .iter()
            .rposition(|version| version.from <= now)
            .unwrap_or(0);
        versions.drain(..arrived);
        if versions.is_empty() {
            versions.push(Version {
                from: now,
                domain: before.clone(),
            });
        }
        versions.push(Version {
            from,
            domain: after.clone(),
        });
    }

    /// Every change arrives now.
    pub(crate) fn catch_up(&mut self, dc: usize) {
        if self.0.contains_key(&dc) {
            Arc::make_mut(&mut self.0).remove(&dc);
        }
    }
}
