//! What a user wrote, in flags or in a file; everything may be left out.

use serde::Deserialize;

use super::{FixedValues, Override};
use crate::event::{Mode, Phase};

/// Raw options of a run; what is `None` is left to the next source, then to the default.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// The seed of every random choice.
    pub seed: Option<u64>,
    /// The most fuzzing cases an operation.
    pub max_cases: Option<u64>,
    /// How many requests may be under way at once.
    pub workers: Option<usize>,
    /// The phases to run.
    pub phases: Option<Vec<Phase>>,
    /// Valid data, invalid data, or both.
    pub modes: Option<Vec<Mode>>,
    /// Names of checks. Bare names replace the default selection; `-name` takes one away from it, `+name` adds one.
    pub checks: Option<Vec<String>>,
    /// Seconds within which a complete response must be there.
    pub timeout: Option<f64>,
    /// Milliseconds after which `max_response_time` fails; gives that check its limit and turns it on.
    pub max_response_time: Option<f64>,
    /// Seconds the run may take. Without `max_cases` there may be ten times as many cases then.
    pub max_time: Option<f64>,
    /// End the run after this many distinct failures.
    pub max_failures: Option<u64>,
    /// Test only these operations: an operationId, `METHOD /path`, a path, a method in capitals, a tag, or `deprecated`.
    pub include: Option<Vec<String>>,
    /// Leave out these operations; beats `include`.
    pub exclude: Option<Vec<String>>,
    /// Whether failures are shrunk.
    pub shrink: Option<bool>,
    /// The most requests a second (`10`, `10/s`), a minute (`100/m`) or an hour (`1000/h`).
    pub rate_limit: Option<String>,
    /// Whether methods that may change something are sent to other machines than this one.
    pub allow_unsafe: Option<bool>,
    /// Whether the coverage phase gives each query parameter of one value twice as well.
    pub duplicate_query: Option<bool>,
    /// Values of parameters and of members of bodies that every request has.
    pub set: Option<FixedValues>,
    /// What is otherwise in some phases or for some operations; the last one that speaks of something counts.
    pub overrides: Option<Vec<Override>>,
}
