//! What a domain controller remembers between requests.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use kerberos::Timestamp;
use kerberos::crypto::Etype;

/// What one domain controller remembers. Cloning shares everything: a copy is made of the part that changes, when it changes.
#[derive(Clone, Debug, Default)]
pub struct KdcState {
    /// Authenticators that were seen.
    pub replay: ReplayCache,
    bad_passwords: Arc<BTreeMap<u32, u32>>,
}

impl KdcState {
    /// Failed pre-authentications of an account since the last good one.
    #[must_use]
    pub fn bad_passwords(&self, rid: u32) -> u32 {
        self.bad_passwords.get(&rid).copied().unwrap_or(0)
    }

    pub(crate) fn count_bad_password(&mut self, rid: u32) {
        let count = Arc::make_mut(&mut self.bad_passwords).entry(rid).or_default();
        *count = count.saturating_add(1);
    }

    /// Forgets the failures of an account, as a good password does and an administrator who unlocks it.
    pub fn forget_bad_passwords(&mut self, rid: u32) {
        if self.bad_passwords.contains_key(&rid) {
            Arc::make_mut(&mut self.bad_passwords).remove(&rid);
        }
    }
}

/// Authenticators that were seen, so that a repeated one is refused (RFC 4120 section 3.2.3).
///
/// An authenticator is told by octets of its ciphertext that no other can have: those that hold its integrity check.
/// They are kept in buckets of half a minute by the time they were seen, and dropped when no clock skew can make them
/// acceptable any more. Under a flood the oldest bucket is dropped at [`ReplayCache::CAPACITY`] entries: a repeat of what
/// is that old, by a client whose clock is just as far ahead, would then be accepted.
#[derive(Clone, Debug, Default)]
pub struct ReplayCache {
    /// Oldest first.
    buckets: VecDeque<Bucket>,
    entries: usize,
}

#[derive(Clone, Debug)]
struct Bucket {
    from_seconds: i64,
    seen: Arc<BTreeSet<[u8; TAG_LENGTH]>>,
}

const TAG_LENGTH: usize = 16;
const BUCKET_SECONDS: i64 = 30;

impl ReplayCache {
    /// Entries that are kept at most: about 40 MB.
    pub const CAPACITY: usize = 1 << 20;

    /// Whether an authenticator is new.
    #[must_use]
    pub fn is_new(&self, etype: Etype, ciphertext: &[u8]) -> bool {
        let tag = tag(etype, ciphertext);
        !self.buckets.iter().any(|bucket| bucket.seen.contains(&tag))
    }

    /// Remembers an authenticator that was accepted at `now` with a tolerance of `max_skew`.
    pub fn remember(&mut self, etype: Etype, ciphertext: &[u8], now: Timestamp, max_skew: Duration) {
        // accepted with a clock that far ahead, it stays acceptable until ours is that far behind
        let kept_seconds = i64::try_from(max_skew.as_secs())
            .unwrap_or(i64::MAX)
            .saturating_mul(2);
        let oldest = now
            .unix_seconds()
            .saturating_sub(kept_seconds)
            .saturating_sub(BUCKET_SECONDS);
        while self
            .buckets
            .front()
            .is_some_and(|bucket| bucket.from_seconds < oldest)
            || self.entries >= Self::CAPACITY
        {
            let dropped = self.buckets.pop_front().map_or(0, |bucket| bucket.seen.len());
            self.entries = self.entries.saturating_sub(dropped);
            if self.buckets.is_empty() {
                break;
            }
        }
        let from_seconds = now.unix_seconds().div_euclid(BUCKET_SECONDS) * BUCKET_SECONDS;
        if self
            .buckets
            .back()
            .is_none_or(|bucket| bucket.from_seconds != from_seconds)
        {
            self.buckets.push_back(Bucket {
                from_seconds,
                seen: Arc::default(),
            });
        }
        if let Some(bucket) = self.buckets.back_mut()
            && Arc::make_mut(&mut bucket.seen).insert(tag(etype, ciphertext))
        {
            self.entries += 1;
        }
    }

    /// How many authenticators are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries
    }

    /// Whether none is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }
}

/// The octets around the integrity check: at the end with AES, at the beginning with RC4.
fn tag(etype: Etype, ciphertext: &[u8]) -> [u8; TAG_LENGTH] {
    let found = match etype {
        Etype::Rc4Hmac => ciphertext.first_chunk(),
        Etype::Aes256CtsHmacSha196 | Etype::Aes128CtsHmacSha196 => ciphertext.last_chunk(),
    };
    // anything shorter does not decrypt, so it does not get here
    found.copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AES: Etype = Etype::Aes256CtsHmacSha196;
    const SKEW: Duration = Duration::from_secs(300);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(1_000_000_000 + seconds)
    }

    #[test]
    fn a_repeat_is_known_for_as_long_as_it_could_be_accepted() {
        let mut cache = ReplayCache::default();
        cache.remember(AES, &[7; 40], at(0), SKEW);
        cache.remember(AES, &[8; 40], at(600), SKEW);
        assert!(!cache.is_new(AES, &[7; 40]));
        cache.remember(AES, &[9; 40], at(700), SKEW);
        assert!(cache.is_new(AES, &[7; 40]));
        assert!(!cache.is_new(AES, &[8; 40]));
        assert_eq!(cache.len(), 2);
    }

    #[test]
    fn a_clone_does_not_see_what_comes_later() {
        let mut cache = ReplayCache::default();
        cache.remember(AES, &[7; 40], at(0), SKEW);
        let fork = cache.clone();
        cache.remember(AES, &[8; 40], at(1), SKEW);
        assert!(fork.is_new(AES, &[8; 40]));
        assert!(!fork.is_new(AES, &[7; 40]));
    }
}
