//! The clock as the control API shows and sets it.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::asked::Asked;
use super::problem::{FindingBody, Problem};
use super::sessions;
use crate::script::{parse_time, rfc3339};
use crate::session::ClockOrder;

/// What the clock that scripts go by shows.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ClockState {
    /// The time in UTC, to the second (RFC 3339).
    pub(crate) now: String,
    /// Whether it stands still.
    pub(crate) frozen: bool,
}

/// What the clock that scripts go by is told; of several things first `reset`, then `freeze`, then `advance`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ClockSet {
    /// To stand still at a time (RFC 3339), or where it is: `now`.
    pub(crate) freeze: Option<String>,
    /// To go ahead, by a duration as scripts write it: `90s`, `1h`.
    pub(crate) advance: Option<String>,
    /// Where true, to show the time again.
    pub(crate) reset: Option<bool>,
}

/// What the clock of a session shows.
pub(super) fn show(asked: &Asked<'_>) -> ClockState {
    let reading = asked.session.clock_reading();
    let seconds = i64::try_from(reading.now.unix.as_secs()).unwrap_or(i64::MAX);
    ClockState { now: rfc3339(seconds), frozen: reading.is_frozen }
}

/// Sets the clock of a session.
pub(super) fn set(asked: &Asked<'_>, order: ClockSet) -> Result<ClockState, Problem> {
    let mut orders = Vec::new();
    if order.reset == Some(true) {
        orders.push(ClockOrder::Reset);
    }
    match order.freeze.as_deref() {
        None => {}
        Some("now") => orders.push(ClockOrder::Freeze(None)),
        Some(text) => orders.push(ClockOrder::Freeze(Some(time(text)?))),
    }
    if let Some(text) = &order.advance {
        orders.push(ClockOrder::Advance(sessions::duration(text, "/advance")?));
    }
    if orders.is_empty() {
        let message = "say `freeze`, `advance` or `reset: true`".to_owned();
        let found = FindingBody::at("", "value-invalid", message);
        return Err(Problem::with("the clock is told nothing", vec![found]));
    }
    asked.session.set_clock(&orders);
    Ok(show(asked))
}

fn time(text: &str) -> Result<Duration, Problem> {
    let seconds = parse_time(text).and_then(|seconds| u64::try_from(seconds).ok());
    seconds.map(Duration::from_secs).ok_or_else(|| {
        let message =
            format!("`{text}` is no time since 1970 such as 2026-01-31T12:00:00Z (RFC 3339), and not `now`");
        Problem::with("the time cannot be read", vec![FindingBody::at("/freeze", "value-invalid", message)])
    })
}
