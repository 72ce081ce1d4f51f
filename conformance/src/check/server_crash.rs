//! `server_crash`

use super::registry::declare;
use super::{Judgement, Observation, Outcome};

declare! {
    /// Fails when the connection is closed without a response or in the middle of one, when what comes back is no
    /// HTTP, or when a server that has answered before takes no more connections.
    ///
    /// Why it matters: an HTTP server that gives up a connection without a word has most likely died: a process
    /// killed, a stack that overflowed, a worker that aborted. The client cannot know whether its request was carried
    /// out.
    ///
    /// A request whose connection was closed is sent once more on a new connection before the server is blamed, since
    /// a server may close an idle connection at any time.
    ///
    /// A query parameter that the document does not have (`counterfoil-unknown=1`), or an `Accept` of a media type that it
    /// does not have, is judged as well: refusing it is fine, hanging up is not.
    ///
    /// Example: a body nested five hundred deep makes a recursive parser overflow its stack, and the process is gone.
    ///
    /// Silence: `--checks=-server_crash`.
    ServerCrash = "server_crash", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    match observation.outcome {
        Outcome::Closed { reason } => Judgement::failed(
            "connection closed",
            format!("the connection was closed without a complete response: {reason}"),
        ),
        Outcome::Unreadable { reason } => {
            Judgement::failed("not HTTP", format!("what came back is not an HTTP response: {reason}"))
        }
        Outcome::Refused { reason } => Judgement::failed(
            "connections refused",
            format!("the server answered before and now takes no connections: {reason}"),
        ),
        Outcome::Answered(_) | Outcome::TooLarge => Judgement::Passed,
        Outcome::TimedOut | Outcome::Unsent { .. } => Judgement::NotApplicable,
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Outcome;
    use crate::check::fixture::Scene;

    #[test]
    fn no_http_response_is_a_crash_and_a_slow_one_is_not() {
        let reason = || "reset".to_owned();
        let any = |outcome| Scene::new("any", "/any").outcome(outcome);
        let table = [
            (Scene::new("any", "/any").status(500), "passed"),
            (any(Outcome::TooLarge), "passed"),
            (any(Outcome::Closed { reason: reason() }), "failed: connection closed"),
            (any(Outcome::Unreadable { reason: reason() }), "failed: not HTTP"),
            (any(Outcome::Refused { reason: reason() }), "failed: connections refused"),
            (any(Outcome::TimedOut), "n/a"),
            (any(Outcome::Unsent { reason: reason() }), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("server_crash"), expected, "row {row}");
        }
    }
}
