//! How long a test has been computing, whatever else a busy machine does meanwhile.

use std::fs;
use std::time::{Duration, Instant};

/// The work of one thread since a moment.
pub(crate) struct Work {
    start: Instant,
    start_of_work: Option<Duration>,
}

impl Work {
    /// Begins to count the work of this thread.
    pub(crate) fn start() -> Self {
        Self { start: Instant::now(), start_of_work: worked() }
    }

    /// How long this thread has computed since; how long it is since, where the system does not tell.
    pub(crate) fn done(&self) -> Duration {
        self.start_of_work.zip(worked()).map_or_else(|| self.start.elapsed(), |(start, end)| end - start)
    }
}

/// How long this thread has been computing, where the system tells.
fn worked() -> Option<Duration> {
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}
