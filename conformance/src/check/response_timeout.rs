//! `response_timeout`

use super::registry::declare;
use super::{Judgement, Observation, Outcome};

declare! {
    /// Fails when no complete response is there within the time limit (10 seconds, `--timeout`), or when the body is
    /// larger than the limit (16 MiB).
    ///
    /// Why it matters: a request that is never answered holds a connection on both sides until someone gives up, and
    /// an answer without end fills the client's memory. A few such requests are all it takes to stop a service.
    ///
    /// The limit is for the whole response, from the first byte sent to the last received: a server that sends a byte a
    /// second does not escape it. A stream of events, of lines or records of JSON, or of parts of a multipart body that
    /// is no object, is no such body where the document has a body for its status: it is read until it ends, twenty of
    /// its items are there or nothing more comes for a second, and those are judged.
    ///
    /// Example: `GET /reports?from=9999-12-31` computes forever.
    ///
    /// Silence: `--checks=-response_timeout`.
    ResponseTimeout = "response_timeout", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    match observation.outcome {
        Outcome::TimedOut => Judgement::failed(
            "no complete response in time",
            format!("no complete response within {} s", observation.limits.timeout.as_secs_f64()),
        ),
        Outcome::TooLarge => Judgement::failed(
            "response too large",
            format!("the response body is larger than {} bytes", observation.limits.body_cap),
        ),
        Outcome::Answered(_) => Judgement::Passed,
        _ => Judgement::NotApplicable,
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Outcome;
    use crate::check::fixture::Scene;

    #[test]
    fn too_late_and_too_much_fail() {
        let any = |outcome| Scene::new("any", "/any").outcome(outcome);
        let table = [
            (Scene::new("any", "/any").status(500), "passed"),
            (any(Outcome::TimedOut), "failed: no complete response in time"),
            (any(Outcome::TooLarge), "failed: response too large"),
            (any(Outcome::Closed { reason: String::new() }), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("response_timeout"), expected, "row {row}");
        }
    }
}
