//! The clock of a session: it can be stopped and put ahead, and what scripts measure in time goes by it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::rank::{Locked, Rank};
use crate::script::{Clock, Moment};

/// A clock that shows the time unless it is told otherwise. How long it has run never goes back.
#[derive(Debug)]
pub(crate) struct SessionClock {
    real: Clock,
    setting: Mutex<Setting>,
    /// Whether anything was set, so that the lock is only taken then.
    is_set: AtomicBool,
}

/// What a clock was told.
#[derive(Debug, Clone, Copy, Default)]
struct Setting {
    /// How much longer it has run than it really did.
    ahead: Duration,
    /// How long it stood still before.
    stood: Duration,
    /// How much later it shows than it really is.
    later: Duration,
    /// Where it stands still.
    frozen: Option<Frozen>,
}

#[derive(Debug, Clone, Copy)]
struct Frozen {
    /// How long it had really run then.
    at: Duration,
    /// What it shows.
    unix: Duration,
}

/// What a clock shows, and whether it stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) now: Moment,
    pub(crate) is_frozen: bool,
}

/// What a clock is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClockOrder {
    /// To stand still: at the time since 1970, or where it is.
    Freeze(Option<Duration>),
    /// To go ahead.
    Advance(Duration),
    /// To show the time again.
    Reset,
}

impl SessionClock {
    /// A clock that was told nothing.
    pub(super) fn new(real: Clock) -> Self {
        Self { real, setting: Mutex::default(), is_set: AtomicBool::new(false) }
    }

    /// A clock that begins where another one is, and goes its own way from there.
    pub(super) fn like(other: &Self) -> Self {
        let setting = *other.lock();
        Self { setting: Mutex::new(setting), is_set: AtomicBool::new(true), real: other.real }
    }

    /// What it shows.
    pub(crate) fn now(&self) -> Moment {
        if !self.is_set.load(Ordering::Acquire) {
            return self.real.now();
        }
        self.reading().now
    }

    /// What it shows, and whether it stands still.
    pub(crate) fn reading(&self) -> Reading {
        let setting = *self.lock();
        Reading { now: setting.show(self.real.now()), is_frozen: setting.frozen.is_some() }
    }

    /// Does as it is told, one after the other.
    pub(crate) fn set(&self, orders: &[ClockOrder]) {
        let real = self.real.now();
        let mut setting = self.lock();
        orders.iter().for_each(|order| setting.follow(*order, real));
        self.is_set.store(true, Ordering::Release);
    }

    fn lock(&self) -> Locked<MutexGuard<'_, Setting>> {
        Locked::new(Rank::Clock, || self.setting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Setting {
    fn show(&self, real: Moment) -> Moment {
        let (running, unix) = match self.frozen {
            Some(Frozen { at, unix }) => (at, unix),
            None => (real.running, real.unix.saturating_add(self.later)),
        };
        // Another thread may have read the real clock before this one stopped.
        Moment { running: running.saturating_sub(self.stood).saturating_add(self.ahead), unix }
    }

    fn follow(&mut self, order: ClockOrder, real: Moment) {
        match (order, &mut self.frozen) {
            (ClockOrder::Freeze(unix), Some(frozen)) => frozen.unix = unix.unwrap_or(frozen.unix),
            (ClockOrder::Freeze(unix), None) => {
                let unix = unix.unwrap_or_else(|| self.show(real).unix);
                self.frozen = Some(Frozen { at: real.running, unix });
            }
            (ClockOrder::Advance(by), frozen) => {
                self.ahead = self.ahead.saturating_add(by);
                match frozen {
                    Some(frozen) => frozen.unix = frozen.unix.saturating_add(by),
                    None => self.later = self.later.saturating_add(by),
                }
            }
            (ClockOrder::Reset, _) => {
                if let Some(frozen) = self.frozen.take() {
                    self.stood = self.stood.saturating_add(real.running.saturating_sub(frozen.at));
                }
                self.later = Duration::ZERO;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment { running: Duration::from_secs(seconds), unix: Duration::from_secs(1_000 + seconds) }
    }

    fn shown(setting: &Setting, seconds: u64) -> (u64, u64) {
        let shown = setting.show(at(seconds));
        (shown.running.as_secs(), shown.unix.as_secs())
    }

    #[test]
    fn a_clock_stands_still_goes_ahead_and_goes_on() {
        let mut setting = Setting::default();
        assert_eq!(shown(&setting, 5), (5, 1_005));
        setting.follow(ClockOrder::Advance(Duration::from_secs(60)), at(5));
        assert_eq!(shown(&setting, 10), (70, 1_070));
        setting.follow(ClockOrder::Freeze(None), at(10));
        assert_eq!(shown(&setting, 20), (70, 1_070));
        setting.follow(ClockOrder::Freeze(Some(Duration::from_secs(7))), at(20));
        assert_eq!(shown(&setting, 20), (70, 7));
        setting.follow(ClockOrder::Advance(Duration::from_secs(3)), at(30));
        assert_eq!(shown(&setting, 30), (73, 10));
        setting.follow(ClockOrder::Reset, at(40));
        assert_eq!(shown(&setting, 40), (73, 1_040));
        assert_eq!(shown(&setting, 45), (78, 1_045));
    }

    proptest! {
        #[test]
        fn how_long_it_has_run_never_goes_back(
            steps in proptest::collection::vec((0..4_u8, 0..100_u64), 1..30),
        ) {
            let (mut setting, mut real, mut before) = (Setting::default(), 0, 0);
            for (kind, number) in steps {
                real += number % 7;
                let order = match kind {
                    0 => ClockOrder::Freeze(Some(Duration::from_secs(number))),
                    1 => ClockOrder::Freeze(None),
                    2 => ClockOrder::Advance(Duration::from_secs(number)),
                    _ => ClockOrder::Reset,
                };
                setting.follow(order, at(real));
                let (running, _) = shown(&setting, real);
                prop_assert!(running >= before, "{running} after {before}");
                before = running;
            }
        }
    }
}
