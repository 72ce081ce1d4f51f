//! What several journals together may hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most bytes that the journals of all sessions hold together, unless a stub is set up otherwise.
pub const DEFAULT_JOURNAL_LIMIT: usize = 256 * 1024 * 1024;

/// The part of the limit, as its divisor, that may be taken beyond it while somebody makes room.
pub(crate) const OVERSHOOT: usize = 16;

/// A number of bytes that many share.
#[derive(Debug)]
pub(crate) struct Budget {
    used: AtomicUsize,
    limit: usize,
}

/// What one of them takes of it, which is given back when it goes.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Arc<Budget>,
    bytes: AtomicUsize,
}

impl Budget {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { used: AtomicUsize::new(0), limit })
    }

    /// Whether more is taken than there may be.
    pub(crate) fn is_over(&self) -> bool {
        self.used.load(Ordering::Relaxed) > self.limit
    }

    /// Whether more is taken than there may be by [`OVERSHOOT`] too.
    pub(crate) fn is_far_over(&self) -> bool {
        self.used.load(Ordering::Relaxed) > self.limit.saturating_add(self.limit / OVERSHOOT)
    }

    /// Whether a sixteenth is free, so that room need not be made again at once.
    pub(crate) fn has_room(&self) -> bool {
        self.used.load(Ordering::Relaxed) <= self.limit - self.limit / 16
    }

    /// A share that takes nothing yet.
    pub(crate) fn share(self: &Arc<Self>) -> Share {
        Share { budget: Arc::clone(self), bytes: AtomicUsize::new(0) }
    }
}

impl Share {
    /// What it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Takes more, however much there may be; what it takes then.
    pub(crate) fn add(&self, bytes: usize) -> usize {
        self.budget.used.fetch_add(bytes, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes
    }

    /// Gives back some of what it takes.
    pub(crate) fn sub(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.budget.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(*self.bytes.get_mut(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_gives_back_another_may_take() {
        let budget = Budget::new(32);
        let (one, other) = (budget.share(), budget.share());
        assert_eq!((one.add(20), other.add(12), budget.is_over(), budget.has_room()), (20, 12, false, false));
        assert_eq!((one.add(1), budget.is_over(), budget.is_far_over()), (21, true, false));
        assert_eq!((one.add(2), budget.is_far_over()), (23, true));
        one.sub(5);
        assert_eq!((one.bytes(), budget.is_over(), budget.has_room()), (18, false, true));
        assert_eq!((other.add(9), budget.is_over()), (21, true));
        drop(other);
        assert!(budget.has_room());
    }
}
