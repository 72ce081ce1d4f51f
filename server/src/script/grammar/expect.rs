//! What must have been called in the end.

use std::fmt;

use counterfoil_openapi::Pointer;

use super::{Named, When};

/// What is expected of the calls of one operation.
#[derive(Debug)]
pub(in crate::script) struct Expect {
    pub(in crate::script) operation: Named,
    /// Each by itself must hold.
    pub(in crate::script) counts: Vec<ExpectedCalls>,
}

/// How many calls there must have been of a certain kind.
#[derive(Debug)]
pub(in crate::script) struct ExpectedCalls {
    pub(in crate::script) pointer: Pointer,
    pub(in crate::script) range: CallRange,
    /// The status they were answered with, where that matters.
    pub(in crate::script) status: Option<(u16, Pointer)>,
    /// What holds of their requests, valid or not.
    pub(in crate::script) when: Option<When>,
}

/// How many calls there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CallRange {
    pub(crate) min: u64,
    /// Without one there may be any number.
    pub(crate) max: Option<u64>,
}

impl CallRange {
    /// One at least.
    pub(crate) const SOME: Self = Self { min: 1, max: None };

    /// Whether so many are enough and not too many.
    pub(crate) fn contains(self, count: u64) -> bool {
        count >= self.min && self.max.is_none_or(|max| count <= max)
    }

    /// Whether some count is in both.
    pub(in crate::script) fn overlaps(self, other: Self) -> bool {
        let is_below = |max: Option<u64>, min: u64| max.is_some_and(|max| max < min);
        !is_below(self.max, other.min) && !is_below(other.max, self.min)
    }
}

impl fmt::Display for CallRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls = |count| if count == 1 { "call" } else { "calls" };
        match (self.min, self.max) {
            (_, Some(0)) => f.write_str("no call"),
            (min, Some(max)) if min == max => write!(f, "exactly {min} {}", calls(min)),
            (0, Some(max)) => write!(f, "at most {max} {}", calls(max)),
            (min, Some(max)) => write!(f, "{min} to {max} calls"),
            (min, None) => write!(f, "at least {min} {}", calls(min)),
        }
    }
}
