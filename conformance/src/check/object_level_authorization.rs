//! `object_level_authorization`

use super::registry::declare;
use super::{Expectation, Judgement, Observation};

declare! {
    /// Fails when somebody reads what somebody else made: a GET with the credentials of `--other-header` answers 2xx
    /// for a resource that those of `--header` made.
    ///
    /// Why it matters: an id that can be guessed is then all it takes to read what belongs to others. It is the first
    /// of the ten most frequent faults of APIs (OWASP API1:2023).
    ///
    /// It needs a second identity, which may do what the first one may, with things of its own. The resource was read
    /// with success by who made it, and the server was seen to answer 404 to a resource that never was.
    ///
    /// Not judged: operations that ask for no credentials.
    ///
    /// Example: Ada makes invoice 7, and `GET /invoices/7` answers 200 to Bob.
    ///
    /// Silence: give no `--other-header`, or `--checks=-object_level_authorization`.
    ObjectLevelAuthorization = "object_level_authorization", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    match (observation.expectation, observation.status()) {
        (Some(Expectation::Hidden), Some(status @ 200..=299)) => Judgement::failed(
            "read by another identity",
            format!("one identity made the resource, and reading it answers {status} to the other one"),
        ),
        (Some(Expectation::Hidden), Some(400..=499)) => Judgement::Passed,
        _ => Judgement::NotApplicable,
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Expectation;
    use crate::check::fixture::Scene;

    #[test]
    fn what_is_hidden_is_not_read() {
        let read = |expectation| Scene::new("secret", "/secret").expecting(expectation);
        let table = [
            (read(Expectation::Hidden).status(200), "failed: read by another identity"),
            (read(Expectation::Hidden).status(403), "passed"),
            (read(Expectation::Hidden).status(404), "passed"),
            (read(Expectation::Hidden).status(500), "n/a"),
            (read(Expectation::There).status(200), "n/a"),
            (Scene::new("secret", "/secret").status(200), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("object_level_authorization"), expected, "row {row}");
        }
    }
}
