//! Failures that are known: listed in a file with a reason, they do not fail a run, until they are gone or time is up.

mod day;
mod file;
mod known;

pub use day::Day;
pub use file::{BASELINE_VERSION, Baseline, BaselineError, BaselineFormat, Entry, MAX_BASELINE_BYTES};
pub use known::{BaselineState, KnownFailures};
