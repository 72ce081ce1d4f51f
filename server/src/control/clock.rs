//! The clock as the control API shows and sets it.

use std::time::Duration;

use super::problem::{FindingBody, Problem};
use super::sessions;
use super::types::{ClockSet, ClockState};
use crate::script::{parse_time, rfc3339};
use crate::session::{ClockOrder, Session};

/// What the clock of a session shows.
pub(super) fn show(session: &Session) -> ClockState {
    let reading = session.clock_reading();
    let seconds = i64::try_from(reading.now.unix.as_secs()).unwrap_or(i64::MAX);
    ClockState { now: rfc3339(seconds), frozen: reading.is_frozen }
}

/// Sets the clock of a session.
pub(super) fn set(session: &Session, body: &[u8]) -> Result<ClockState, Problem> {
    let order: ClockSet = super::body::read(body)?;
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
    session.set_clock(&orders);
    Ok(show(session))
}

fn time(text: &str) -> Result<Duration, Problem> {
    let seconds = parse_time(text).and_then(|seconds| u64::try_from(seconds).ok());
    seconds.map(Duration::from_secs).ok_or_else(|| {
        let message =
            format!("`{text}` is no time since 1970 such as 2026-01-31T12:00:00Z (RFC 3339), and not `now`");
        Problem::with("the time cannot be read", vec![FindingBody::at("/freeze", "value-invalid", message)])
    })
}
