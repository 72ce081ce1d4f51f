//! How fast requests may go out: as a user limits it, and as a server asks for it.

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime};

use counterfoil_openapi::Response;
use http::StatusCode;
use http::header::RETRY_AFTER;

/// The longest wait that a server is granted; an answer that asks for a longer one is judged as it is.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// How long a run waits at most, all in all, for a server that takes no more requests for now (429).
const PATIENCE_WITH_LIMITS: Duration = Duration::from_secs(30 * 60);
/// The same for one that says it cannot work for now (503): that may be what is wrong with it.
const PATIENCE_WITH_OUTAGES: Duration = Duration::from_secs(60);

/// Gives each request its turn.
#[derive(Debug)]
pub(super) struct Pace {
    /// The least time between two requests.
    interval: Option<Duration>,
    times: Mutex<Times>,
}

#[derive(Debug, Clone, Copy)]
struct Times {
    /// When the next request may go out by the limit.
    next: Instant,
    /// Until when a server has asked for silence.
    silent_until: Instant,
    /// How long the run still waits for limits, and for outages.
    patience: [Duration; 2],
}

impl Pace {
    pub(super) fn new(interval: Option<Duration>) -> Self {
        let now = Instant::now();
        let patience = [PATIENCE_WITH_LIMITS, PATIENCE_WITH_OUTAGES];
        Self { interval, times: Mutex::new(Times { next: now, silent_until: now, patience }) }
    }

    /// Waits until a request may go out.
    pub(super) async fn turn(&self) {
        let mut at = self.claim(Instant::now());
        // A wish for silence may come while a request waits for its turn.
        while at > Instant::now() {
            tokio::time::sleep_until(at.into()).await;
            at = self.times().silent_until;
        }
    }

    /// The moment of the next request's turn.
    fn claim(&self, now: Instant) -> Instant {
        let mut times = self.times();
        let at = now.max(times.next).max(times.silent_until);
        if let Some(interval) = self.interval {
            times.next = at + interval;
        }
        at
    }

    /// Lets no request go out for a while, where the run has the patience for that.
    pub(super) fn hold(&self, wait: Wait) -> bool {
        let now = Instant::now();
        let mut times = self.times();
        let begin = times.silent_until.max(now);
        let end = begin.max(now + wait.time);
        let patience = &mut times.patience[usize::from(wait.reason == Reason::Outage)];
        let Some(left) = patience.checked_sub(end - begin) else { return false };
        *patience = left;
        times.silent_until = end;
        true
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.times.lock().expect("nothing panics under this lock")
    }
}

/// What a response asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait {
    time: Duration,
    reason: Reason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Limit,
    Outage,
}

/// How long a response asks to wait before the next request (RFC 9110, section 10.2.3; RFC 6585, section 4), where that
/// is granted.
pub(super) fn asked_to_wait(response: &Response) -> Option<Wait> {
    let reason = match response.status {
        StatusCode::TOO_MANY_REQUESTS => Reason::Limit,
        StatusCode::SERVICE_UNAVAILABLE => Reason::Outage,
        _ => return None,
    };
    let text = response.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let time = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at = httpdate::parse_http_date(text).ok()?;
            at.duration_since(SystemTime::now()).unwrap_or_default()
        }
    };
    (time <= MAX_WAIT).then_some(Wait { time, reason })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn turns_are_as_far_apart_as_the_limit_says() {
        let pace = Pace::new(Some(Duration::from_secs(2)));
        let now = Instant::now() + Duration::from_secs(100);
        let turns: Vec<u64> = (0..4).map(|_| pace.claim(now).duration_since(now).as_secs()).collect();
        assert_eq!(turns, [0, 2, 4, 6]);
        let unlimited = Pace::new(None);
        assert!((0..4).all(|_| unlimited.claim(now) == now));
    }

    #[test]
    fn no_turn_comes_before_the_silence_is_over() {
        let pace = Pace::new(None);
        let now = Instant::now();
        let hold = |seconds| pace.hold(Wait { time: Duration::from_secs(seconds), reason: Reason::Limit });
        assert!(hold(30) && hold(1));
        assert!(pace.claim(now).duration_since(now) >= Duration::from_secs(30));
    }

    #[test]
    fn a_run_waits_so_long_and_no_longer() {
        let pace = Pace::new(None);
        let hold = |reason, seconds| pace.hold(Wait { time: Duration::from_secs(seconds), reason });
        // What is asked for while others wait already takes no more patience than it adds.
        assert!((0..9).all(|_| hold(Reason::Outage, 40)));
        assert!(!hold(Reason::Outage, 101));
        assert!(hold(Reason::Limit, 101));
        assert!(!hold(Reason::Limit, 2_000));
    }

    #[test]
    fn a_wait_is_asked_for_in_seconds_or_by_a_date() {
        let date = |seconds| httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(seconds));
        let wait = |status: u16, value: &str| {
            let mut response = Response::new(StatusCode::from_u16(status).expect("it is one"));
            response.headers.insert(RETRY_AFTER, HeaderValue::from_str(value).expect("it is one"));
            asked_to_wait(&response).map(|wait| wait.time)
        };
        assert_eq!(wait(429, "7"), Some(Duration::from_secs(7)));
        assert_eq!(wait(503, " 0 "), Some(Duration::ZERO));
        assert!(wait(429, &date(50)).is_some_and(|wait| wait > Duration::from_secs(20)));
        assert_eq!(wait(429, "Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        for (status, value) in [(429, "61"), (429, "soon"), (429, "-1"), (200, "7"), (500, "7")] {
            assert_eq!(wait(status, value), None, "{status} {value}");
        }
        assert_eq!(wait(429, &date(4_000)), None);
    }
}
