//! How many calls of each operation the journal has recorded and holds no more.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Counts of calls that made room for others, or were forgotten on demand.
///
/// It is empty until the journal is full: only then a call that is recorded takes its lock.
#[derive(Debug, Default)]
pub(crate) struct Dropped(Mutex<HashMap<Box<str>, u64>>);

impl Dropped {
    /// Counts a call of an operation; one that meant none is of no interest to anybody.
    pub(crate) fn add(&self, operation: Option<&str>) {
        let Some(operation) = operation else { return };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(operation) {
            Some(count) => *count += 1,
            None => drop(counts.insert(operation.into(), 1)),
        }
    }

    /// How many calls of an operation were dropped.
    pub(crate) fn of(&self, operation: &str) -> u64 {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(operation).copied().unwrap_or_default()
    }

    /// Begins to count anew.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
