//! What was recorded, held against what is expected of it: how many calls of a kind there were, which came nearest,
//! and what each rule made of a call.
//!
//! Nothing here matches requests by itself: a call is read again as it was when it came, and the matcher of scripts
//! is asked. What the journal holds no more, or only in part, is never guessed at.

mod explain;
mod near;
mod outcome;
mod plan;
mod recorded;
mod tally;
mod watch;

pub(crate) use explain::{Candidate, Fate, explain};
pub(crate) use near::Near;
pub(crate) use outcome::{Outcome, Shortfall};
pub(crate) use plan::{judge_all, verify};
pub(crate) use watch::{Slot, Slots};
