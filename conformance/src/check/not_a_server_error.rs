//! `not_a_server_error`

use super::registry::declare;
use super::{Judgement, Observation};

declare! {
    /// Fails when the server answers with a status of 500 or above, documented or not.
    ///
    /// Why it matters: a 5xx says that the server could not do its work. Whatever a client sends, valid or not, the
    /// fault is then the server's: an exception nobody caught, a constraint only the database knew. Documenting a 500
    /// does not make it one that a client can do anything about.
    ///
    /// Each operation is asked once with a query parameter that the document does not have (`counterfoil-unknown=1`), and
    /// once with an `Accept` of a media type that no response of it has: the server may ignore or refuse either in any
    /// way, but not fail over it. So it is with what is rarely sent: the first day of the year 1 where a `date` or a
    /// `date-time` is documented, a `number` with an exponent, a file that is empty, without a name or with one that is
    /// not ASCII, and a text in the place of a file. No other check judges these but `server_crash`.
    ///
    /// Not judged: 501 to a method that the path does not have, which is what HTTP prescribes for a method that a
    /// server does not know (RFC 9110, section 15.6.2), or to an operation that documents no response at all.
    ///
    /// Example: `GET /pets/0` is answered with 500 because nobody expected the number zero.
    ///
    /// Silence: `--checks=-not_a_server_error`.
    NotAServerError = "not_a_server_error", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    let Some(status) = observation.status() else { return Judgement::NotApplicable };
    let is_unpromised = observation.is_undeclared_method() || observation.operation.responses().is_empty();
    if status < 500 || (status == 501 && is_unpromised) || observation.expects(status) == Some(true) {
        return Judgement::Passed;
    }
    let documented = match observation.response_reading().and_then(|reading| reading.response) {
        Some(response) => format!("; the document has it as `{}`, which excuses nothing", response.status),
        None => String::new(),
    };
    Judgement::failed(format!("status {status}"), format!("the server answered {status}{documented}"))
}

#[cfg(test)]
mod tests {
    use http::Method;

    use crate::check::Outcome;
    use crate::check::fixture::Scene;

    #[test]
    fn every_5xx_fails_but_501_to_a_method_unknown() {
        let any = || Scene::new("any", "/any");
        let table = [
            (any().status(200), "passed"),
            (any().status(404), "passed"),
            (any().status(500), "failed: status 500"),
            (any().status(503), "failed: status 503"),
            (any().status(501), "failed: status 501"),
            (any().undeclared(Method::DELETE).status(501), "passed"),
            (Scene::new("silent", "/any").status(501), "passed"),
            (Scene::new("silent", "/any").status(500), "failed: status 500"),
            (any().undeclared(Method::DELETE).status(500), "failed: status 500"),
            (any().outcome(Outcome::TimedOut), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("not_a_server_error"), expected, "row {row}");
        }
    }
}
