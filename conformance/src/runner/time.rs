//! The time a run may take, shared out among what is left to do.

use std::time::{Duration, Instant, SystemTime};

/// The share of the time, in percent, that is kept for making failures smaller.
const FOR_SHRINKING: u32 = 15;

/// When a run began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Began {
    date: SystemTime,
    moment: Instant,
}

impl Began {
    /// Now.
    pub(crate) fn now() -> Self {
        Self { date: SystemTime::now(), moment: Instant::now() }
    }

    /// Milliseconds since 1970; 0 where the clock is set before that.
    pub(crate) fn unix_millis(self) -> u64 {
        let since = self.date.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    /// The time since then.
    pub(crate) fn elapsed(self) -> Duration {
        self.moment.elapsed()
    }
}

/// The time of a run.
#[derive(Debug)]
pub(super) struct Time {
    /// When cases end, and when everything does.
    ends: Option<(Instant, Instant)>,
    /// Turns that have not begun.
    left: u32,
}

impl Time {
    /// A time that begins now; without a limit it never ends.
    pub(super) fn new(limit: Option<Duration>) -> Self {
        let start = Instant::now();
        let ends = limit.and_then(|limit| {
            let all = start.checked_add(limit)?;
            Some((all - limit * FOR_SHRINKING / 100, all))
        });
        Self { ends, left: 1 }
    }

    /// When the next turn has to be over: it has an equal share of what is left. What it leaves over is for those
    /// after it.
    pub(super) fn share(&mut self) -> Option<Instant> {
        let (end, _) = self.ends?;
        let now = Instant::now();
        let share = end.saturating_duration_since(now) / self.left.max(1);
        self.left = self.left.saturating_sub(1);
        Some(now + share)
    }

    /// Shares what is left out among so many turns from now on.
    pub(super) fn share_among(&mut self, turns: usize) {
        self.left = u32::try_from(turns).unwrap_or(u32::MAX);
    }

    /// When the last case has to be over; what is left then is for making failures smaller.
    pub(super) fn end_of_cases(&self) -> Option<Instant> {
        self.ends.map(|(cases, _)| cases)
    }

    /// When everything has to be over.
    pub(super) fn end(&self) -> Option<Instant> {
        self.ends.map(|(_, all)| all)
    }

    /// Whether no case may be sent any more.
    pub(super) fn is_spent(&self) -> bool {
        self.ends.is_some_and(|(cases, _)| is_past(cases))
    }
}

/// Whether a moment is over.
pub(super) fn is_past(moment: Instant) -> bool {
    Instant::now() >= moment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_leaves_over_is_for_those_after_it() {
        let limit = Duration::from_secs(1_000_000);
        let mut time = Time::new(Some(limit));
        time.share_among(4);
        let start = Instant::now();
        // Nobody takes any of the time, so that each share is larger than the one before.
        for expected in [212_500_u64, 283_333, 425_000, 850_000] {
            let share = time.share().expect("there is a limit").duration_since(start);
            // What the test itself takes is nothing beside a thousand seconds.
            assert!(share.as_secs().abs_diff(expected) < 1_000, "{share:?} is not {expected}");
        }
        assert!(!time.is_spent());
        assert!(Time::new(Some(Duration::ZERO)).is_spent());
        assert!(Time::new(None).share().is_none());
    }
}
