//! What several journals, or all that several sessions keep, may take together.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most bytes that the journals of all sessions hold together, unless a stub is set up otherwise.
pub const DEFAULT_JOURNAL_LIMIT: usize = 256 * 1024 * 1024;
/// The most bytes that all sessions keep together, unless a stub is set up otherwise: the values of `state`, where
/// scenarios are, the items of resources and the rules set at run time.
pub const DEFAULT_KEPT_LIMIT: usize = 512 * 1024 * 1024;

/// The part of the limit, as its divisor, that may be taken beyond it while somebody makes room.
pub(crate) const OVERSHOOT: usize = 16;

/// A number of bytes that many share.
#[derive(Debug)]
pub(crate) struct Budget {
    used: AtomicUsize,
    limit: usize,
}

/// What all sessions take of together.
#[derive(Debug)]
pub(crate) struct Budgets {
    /// For what their journals hold.
    pub(crate) journals: Arc<Budget>,
    /// For what they keep beside.
    pub(crate) kept: Arc<Budget>,
}

/// What one of them takes of it, which is given back when it goes.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Arc<Budget>,
    bytes: AtomicUsize,
}

/// There is no room for what was to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// In its session, which keeps as much as one may.
    Session,
    /// In any: all sessions together keep so many bytes, as many as they may.
    Together(usize),
}

impl Full {
    /// What there is no room for, in words; `own` says what one session may keep.
    pub(crate) fn told(self, own: impl fmt::Display) -> String {
        match self {
            Self::Session => own.to_string(),
            Self::Together(limit) => format!(
                "all sessions together keep {limit} bytes at the most; drop those that are not needed any more, or \
                 start the stub with a larger `--kept-limit`"
            ),
        }
    }
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

    /// Takes so many bytes in place of what it takes, where that is less or there is room. Nobody else may change the
    /// same share meanwhile.
    ///
    /// # Errors
    ///
    /// Where there is none; it takes what it took then.
    pub(crate) fn resize(&self, bytes: usize) -> Result<(), Full> {
        let Some(more) = bytes.checked_sub(self.bytes()) else {
            self.settle(bytes);
            return Ok(());
        };
        let limit = self.budget.limit;
        let fits = |used: usize| used.checked_add(more).filter(|used| *used <= limit);
        let taken = self.budget.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
        match taken {
            Ok(_) => self.bytes.store(bytes, Ordering::Relaxed),
            Err(_) if more > 0 => return Err(Full::Together(limit)),
            Err(_) => {}
        }
        Ok(())
    }

    /// Takes so many bytes in place of what it takes, however many there may be. Nobody else may change the same share
    /// meanwhile.
    pub(crate) fn settle(&self, bytes: usize) {
        let before = self.bytes();
        if bytes > before {
            self.add(bytes - before);
        } else {
            self.sub(before - bytes);
        }
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

    #[test]
    fn who_asks_for_more_than_there_is_keeps_what_it_had() {
        let budget = Budget::new(32);
        let (one, other) = (budget.share(), budget.share());
        assert_eq!((one.resize(20), other.resize(12)), (Ok(()), Ok(())));
        assert_eq!((one.resize(21), one.bytes()), (Err(Full::Together(32)), 20));
        assert_eq!((one.resize(20), other.resize(4), one.resize(28)), (Ok(()), Ok(()), Ok(())));
        other.settle(9);
        assert_eq!((budget.is_over(), one.resize(27), other.resize(9)), (true, Ok(()), Ok(())));
        drop((one, other));
        assert_eq!(budget.used.load(Ordering::Relaxed), 0);
    }
}
