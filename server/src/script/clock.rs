//! The time as scripts know it. Nothing of a script asks the system: every moment comes in as an argument.

use std::time::{Duration, Instant, SystemTime};

/// A moment of a stub's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// How long the clock has run. It never goes back, whatever is done to the system's clock (what expires is
    /// measured by it).
    pub(crate) running: Duration,
    /// The time since 1970-01-01T00:00:00Z, as the system's clock has it.
    pub(crate) unix: Duration,
}

impl Moment {
    /// The beginning of every clock.
    #[cfg(test)]
    pub(crate) const START: Self = Self { running: Duration::ZERO, unix: Duration::ZERO };
}

/// A clock that runs from its making on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    started: Instant,
}

impl Clock {
    /// A clock that starts now.
    pub(crate) fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// What it shows.
    pub(crate) fn now(&self) -> Moment {
        // A system that believes itself before 1970 is in 1970.
        let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Moment { running: self.started.elapsed(), unix }
    }
}
