//! `max_response_time`

use super::registry::declare;
use super::{Judgement, Observation, Outcome};

declare! {
    /// Fails when a complete response takes longer than a limit you set (`--max-response-time`, in milliseconds).
    ///
    /// Why it matters: some clients give up early, and a slow answer to an odd request is often a missing index or a
    /// pattern that backtracks.
    ///
    /// It is off unless a limit is given, since how fast is fast enough only you can say.
    ///
    /// Example: with `--max-response-time 500`, a search that takes 700 milliseconds fails.
    ///
    /// Silence: give no limit.
    MaxResponseTime = "max_response_time", Off
}

fn judge(observation: &Observation<'_>) -> Judgement {
    let Outcome::Answered(_) = observation.outcome else { return Judgement::NotApplicable };
    let limit = observation.limits.max_response_time;
    if observation.elapsed <= limit {
        return Judgement::Passed;
    }
    Judgement::failed(
        "slower than the limit",
        format!("the response took longer than {} ms", limit.as_secs_f64() * 1000.0),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::check::Outcome;
    use crate::check::fixture::Scene;

    #[test]
    fn the_limit_itself_is_fast_enough() {
        let any = |millis| Scene::new("any", "/any").elapsed(Duration::from_millis(millis));
        assert_eq!(any(500).says("max_response_time"), "passed");
        assert_eq!(any(501).says("max_response_time"), "failed: slower than the limit");
        assert_eq!(any(501).outcome(Outcome::TimedOut).says("max_response_time"), "n/a");
    }
}
