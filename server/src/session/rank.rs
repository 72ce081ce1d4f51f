//! The order in which locks are taken, and the proof that no two requests wait for each other.
//!
//! Each lock of this module has a rank. A thread takes one only while all that it holds have lower ranks, so that no
//! circle of threads can wait for each other, whatever the scheduler does. Debug builds, and so all tests, check that
//! at every lock; a model checker would only see those orders that its model has.

use std::ops::{Deref, DerefMut};

/// The ranks, in the order in which locks may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Which sessions there are.
    Store,
    /// What a session keeps.
    Memory,
    /// The rules set at run time.
    SetRules,
    /// The counts of a shard of rules.
    Counts,
    /// The counts of one rule by value.
    ByValue,
    /// What a clock was told.
    Clock,
}

/// A lock that is held.
#[derive(Debug)]
pub(crate) struct Locked<G> {
    // Let go before it is said to be.
    guard: G,
    _held: Held,
}

impl<G> Locked<G> {
    /// Takes a lock of a rank.
    ///
    /// # Panics
    ///
    /// In debug builds, where this thread holds one of that rank or a higher one already.
    pub(super) fn new(rank: Rank, lock: impl FnOnce() -> G) -> Self {
        let held = Held::enter(rank);
        Self { guard: lock(), _held: held }
    }
}

impl<G: Deref> Deref for Locked<G> {
    type Target = G::Target;

    fn deref(&self) -> &G::Target {
        &self.guard
    }
}

impl<G: DerefMut> DerefMut for Locked<G> {
    fn deref_mut(&mut self) -> &mut G::Target {
        &mut self.guard
    }
}

#[cfg(debug_assertions)]
mod held {
    use std::cell::RefCell;

    use super::Rank;

    thread_local! {
        static HELD: RefCell<Vec<Rank>> = const { RefCell::new(Vec::new()) };
    }

    /// That a lock is held.
    #[derive(Debug)]
    pub(in crate::session) struct Held(Rank);

    impl Held {
        pub(in crate::session) fn enter(rank: Rank) -> Self {
            HELD.with_borrow_mut(|held| {
                let highest = held.iter().max();
                assert!(
                    highest.is_none_or(|highest| *highest < rank),
                    "{rank:?} is taken while holding {held:?}"
                );
                held.push(rank);
            });
            Self(rank)
        }
    }

    impl Drop for Held {
        fn drop(&mut self) {
            HELD.with_borrow_mut(|held| {
                if let Some(place) = held.iter().rposition(|rank| *rank == self.0) {
                    held.remove(place);
                }
            });
        }
    }
}

#[cfg(not(debug_assertions))]
mod held {
    use super::Rank;

    /// That a lock is held.
    #[derive(Debug)]
    pub(in crate::session) struct Held;

    impl Held {
        pub(in crate::session) fn enter(_rank: Rank) -> Self {
            Self
        }
    }
}

use held::Held;

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn locks_are_taken_in_one_order_only() {
        let memory = Locked::new(Rank::Memory, || Box::new(1));
        assert_eq!(*memory, 1);
        drop(Locked::new(Rank::Clock, || Box::new(2)));
        let counts = Locked::new(Rank::Counts, || Box::new(3));
        for rank in [Rank::Store, Rank::Memory, Rank::SetRules, Rank::Counts] {
            assert!(catch_unwind(|| drop(Locked::new(rank, || Box::new(4)))).is_err(), "{rank:?}");
        }
        drop(counts);
        drop(Locked::new(Rank::SetRules, || Box::new(5)));
        drop(memory);
        drop(Locked::new(Rank::Store, || Box::new(6)));
    }
}
