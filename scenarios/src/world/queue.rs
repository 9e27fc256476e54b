//! The queue of what will happen: ordered by time, and by the order of scheduling where times are equal.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use kerberos::Timestamp;

use super::network::Due;

/// What will happen, soonest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Entry>,
    next_seq: u64,
}

#[derive(Clone, Debug)]
struct Entry {
    at: Timestamp,
    seq: u64,
    due: Due,
}

impl Queue {
    /// Adds something that happens at `at`, after everything already scheduled for then.
    pub(crate) fn schedule(&mut self, at: Timestamp, due: Due) {
        let seq = self.next_seq;
        self.next_seq += 1;
        self.heap.push(Entry { at, seq, due });
    }

    /// When the next thing happens.
    pub(crate) fn next_time(&self) -> Option<Timestamp> {
        self.heap.peek().map(|entry| entry.at)
    }

    /// Takes the next thing.
    pub(crate) fn pop(&mut self) -> Option<(Timestamp, Due)> {
        self.heap.pop().map(|entry| (entry.at, entry.due))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    /// Reversed: the standard heap gives its greatest element first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.seq).cmp(&(self.at, self.seq))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::network::ExchangeId;

    fn wake(id: u64) -> Due {
        Due::Wake(ExchangeId(id))
    }

    #[test]
    fn what_is_sooner_comes_first_and_equal_times_keep_their_order() {
        let mut queue = Queue::default();
        for (at, id) in [(20, 1), (10, 2), (20, 3), (10, 4)] {
            queue.schedule(Timestamp(at), wake(id));
        }
        let mut order = Vec::new();
        while let Some((at, Due::Wake(id))) = queue.pop() {
            order.push((at.0, id.0));
        }
        assert_eq!(order, [(10, 2), (10, 4), (20, 1), (20, 3)]);
    }
}
