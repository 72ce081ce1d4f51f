//! How often each rule was asked and used.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::by_value::{ByValue, ValueKey};
use super::rank::{Locked, Rank};

/// How many locks the counts of a session are spread over.
const SHARDS: usize = 16;

/// What a rule is counted under: a hash of what it is, so that the rule that comes in its place with a reload and has its name or says
/// the same goes on where it stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RuleKey(u128);

impl RuleKey {
    /// The key of what these parts name, in this order.
    pub(crate) fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let (start, _) = digest.split_first_chunk::<16>().expect("a digest has 32 bytes");
        Self(u128::from_le_bytes(*start))
    }

    /// A key of its own.
    pub(crate) fn unique() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self::of(&[b"unique", &LAST.fetch_add(1, Ordering::Relaxed).to_le_bytes()])
    }

    /// Another key, for what would have the same one.
    pub(crate) fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    fn shard(self) -> usize {
        usize::try_from(self.0 % SHARDS as u128).expect("less than the number of shards")
    }
}

/// The counts of one rule. Each moves in one atomic step, so that any number of requests at once get each place of a
/// sequence exactly once.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// The requests that all but `nth` held for.
    seen: AtomicU64,
    /// The requests answered.
    used: AtomicU64,
    /// When the last one was, in milliseconds since 1970; 0 where there was none.
    last: AtomicU64,
}

impl Tally {
    /// Counts a request that all but `nth` held for; its number, from 1.
    pub(crate) fn see(&self) -> u64 {
        self.seen.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }

    /// Takes the next use, unless all are taken; its number, from 0.
    pub(crate) fn claim(&self, limit: Option<u64>) -> Option<u64> {
        let Some(limit) = limit else { return Some(self.used.fetch_add(1, Ordering::Relaxed)) };
        let take = |used: u64| (used < limit).then(|| used + 1);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()
    }

    /// Notes when a request was answered, as the time since 1970.
    pub(crate) fn stamp(&self, unix: Duration) {
        let milliseconds = u64::try_from(unix.as_millis()).unwrap_or(u64::MAX).max(1);
        self.last.store(milliseconds, Ordering::Relaxed);
    }

    /// When the last request was answered, as the time since 1970; nothing where none was.
    pub(crate) fn last(&self) -> Option<Duration> {
        let last = self.last.load(Ordering::Relaxed);
        (last > 0).then(|| Duration::from_millis(last))
    }

    /// How many requests were answered.
    pub(crate) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }
}

/// What is counted of one rule: all together and, where the rule says `per`, for each value.
#[derive(Debug, Default)]
pub(crate) struct Count {
    all: Tally,
    per: OnceLock<Mutex<ByValue<Arc<Tally>>>>,
}

impl Count {
    /// The tally of all requests.
    pub(crate) fn all(&self) -> &Tally {
        &self.all
    }

    /// The tally of the requests with a value.
    pub(crate) fn of_value(&self, key: ValueKey) -> Arc<Tally> {
        let per = self.per.get_or_init(Mutex::default);
        let mut per = Locked::new(Rank::ByValue, || per.lock().unwrap_or_else(PoisonError::into_inner));
        Arc::clone(per.of(key, Arc::default))
    }
}

/// The counts of a session. What was never asked has none, so that a session costs little however many rules there
/// are; those that requests ask for at once are under different locks, each held for one look-up.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    shards: [RwLock<HashMap<RuleKey, Arc<Count>, Keyed>>; SHARDS],
}

impl Counts {
    /// What is counted of a rule; nothing where it was never asked.
    pub(crate) fn find(&self, key: RuleKey) -> Option<Arc<Count>> {
        let shard = Locked::new(Rank::Counts, || {
            self.shards[key.shard()].read().unwrap_or_else(PoisonError::into_inner)
        });
        shard.get(&key).map(Arc::clone)
    }

    /// What is counted of a rule, made where there is none.
    pub(crate) fn of(&self, key: RuleKey) -> Arc<Count> {
        if let Some(count) = self.find(key) {
            return count;
        }
        let mut shard = Locked::new(Rank::Counts, || {
            self.shards[key.shard()].write().unwrap_or_else(PoisonError::into_inner)
        });
        Arc::clone(shard.entry(key).or_default())
    }

    /// Forgets the counts of some rules.
    pub(crate) fn forget(&self, gone: &[RuleKey]) {
        for key in gone {
            let mut shard = Locked::new(Rank::Counts, || {
                self.shards[key.shard()].write().unwrap_or_else(PoisonError::into_inner)
            });
            shard.remove(key);
        }
    }

    /// How many rules are counted.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.read().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }

    /// Starts every count again.
    pub(crate) fn clear(&self) {
        self.retain(|_| false);
    }

    /// Forgets the counts of what is not wanted any more.
    pub(crate) fn retain(&self, is_wanted: impl Fn(RuleKey) -> bool) {
        for shard in &self.shards {
            let mut shard =
                Locked::new(Rank::Counts, || shard.write().unwrap_or_else(PoisonError::into_inner));
            shard.retain(|key, _| is_wanted(*key));
            shard.shrink_to_fit();
        }
    }
}

/// A key is a hash already.
#[derive(Debug, Clone, Copy, Default)]
struct Keyed(u64);

impl BuildHasher for Keyed {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        *self
    }
}

impl Hasher for Keyed {
    fn write(&mut self, bytes: &[u8]) {
        // Only ever given the sixteen bytes of a key, of which the lower eight choose the shard.
        self.0 = bytes.iter().rev().take(8).fold(self.0, |hash, byte| (hash << 8) | u64::from(*byte));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn as_many_uses_are_given_out_as_there_are() {
        let counts = Counts::default();
        let key = RuleKey::of(&[b"rule"]);
        let given: u64 = thread::scope(|scope| {
            let one =
                || (0..1_000).filter(|_| counts.of(key).all().claim(Some(1_000)).is_some()).count() as u64;
            let threads: Vec<_> = (0..64).map(|_| scope.spawn(one)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!((given, counts.of(key).all().used()), (1_000, 1_000));
        counts.clear();
        assert!(counts.find(key).is_none());
    }

    #[test]
    fn parts_are_told_apart() {
        assert_ne!(RuleKey::of(&[b"ab", b"c"]), RuleKey::of(&[b"a", b"bc"]));
        assert_eq!(RuleKey::of(&[b"ab", b"c"]), RuleKey::of(&[b"ab", b"c"]));
    }
}
