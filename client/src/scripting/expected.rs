//! How often a rule is expected to answer.

use std::fmt;
use std::ops::{Range, RangeFrom, RangeInclusive, RangeTo, RangeToInclusive};

/// How often: a number, or a range of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    min: u64,
    max: u64,
}

impl Times {
    /// Whether a count is among them.
    pub fn admits(self, count: u64) -> bool {
        (self.min..=self.max).contains(&count)
    }
}

impl From<u64> for Times {
    fn from(count: u64) -> Self {
        Self { min: count, max: count }
    }
}

impl From<RangeInclusive<u64>> for Times {
    fn from(range: RangeInclusive<u64>) -> Self {
        Self { min: *range.start(), max: *range.end() }
    }
}

impl From<Range<u64>> for Times {
    fn from(range: Range<u64>) -> Self {
        // An empty range admits no count at all.
        match range.end.checked_sub(1) {
            Some(max) => Self { min: range.start, max },
            None => Self { min: 1, max: 0 },
        }
    }
}

impl From<RangeFrom<u64>> for Times {
    fn from(range: RangeFrom<u64>) -> Self {
        Self { min: range.start, max: u64::MAX }
    }
}

impl From<RangeTo<u64>> for Times {
    fn from(range: RangeTo<u64>) -> Self {
        (0..range.end).into()
    }
}

impl From<RangeToInclusive<u64>> for Times {
    fn from(range: RangeToInclusive<u64>) -> Self {
        Self { min: 0, max: range.end }
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (min, max) if min == max => write!(f, "{min}"),
            (0, max) => write!(f, "at most {max}"),
            (min, u64::MAX) => write!(f, "at least {min}"),
            (min, max) => write!(f, "{min} to {max}"),
        }
    }
}
