//! How many calls of each operation the journal has recorded and holds no more.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use crate::spread::Spread;

/// Counts of calls that made room for others, or were forgotten on demand.
///
/// It is empty until the journal is full: only then a call that is recorded looks at it, and no two that do wait for
/// each other, but for the first of an operation.
#[derive(Debug, Default)]
pub(crate) struct Dropped(RwLock<HashMap<Box<str>, AtomicU64, Spread>>);

impl Dropped {
    /// Counts a call of an operation; one that meant none is of no interest to anybody.
    pub(crate) fn add(&self, operation: Option<&str>) {
        let Some(operation) = operation else { return };
        if let Some(count) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(operation) {
            count.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let mut counts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(operation.into()).or_default().get_mut() += 1;
    }

    /// How many calls of an operation were dropped.
    pub(crate) fn of(&self, operation: &str) -> u64 {
        let counts = self.0.read().unwrap_or_else(PoisonError::into_inner);
        counts.get(operation).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    /// Begins to count anew.
    pub(crate) fn clear(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn every_call_is_counted_where_many_are_dropped_at_once() {
        let dropped = Dropped::default();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for number in 0..900 {
                        dropped.add(["a", "b", "c"].get(number % 4).copied());
                    }
                });
            }
        });
        assert_eq!(["a", "b", "c", "d"].map(|operation| dropped.of(operation)), [900, 900, 900, 0]);
        dropped.clear();
        assert_eq!(dropped.of("a"), 0);
    }
}
