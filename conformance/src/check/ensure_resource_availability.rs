//! `ensure_resource_availability`

use super::registry::declare;
use super::{Expectation, Judgement, Observation};

declare! {
    /// Fails when a resource that was made just now is not found: a GET of it answers 404 or 410.
    ///
    /// Why it matters: whoever makes something goes on with it. A server that forgets what it said it made loses data.
    ///
    /// Not judged: a resource whose making was answered with 202, which only promises; one whose path is only guessed
    /// from the reply; a reading that needs more than the path and what the resource was made with; and any resource
    /// that another request may have removed or renamed in between.
    ///
    /// Example: `POST /pets` answers 201 with `{"id": 7}`, and `GET /pets/7` answers 404.
    ///
    /// Silence: `--checks=-ensure_resource_availability`.
    EnsureResourceAvailability = "ensure_resource_availability", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    match (observation.expectation, observation.status()) {
        (Some(Expectation::There | Expectation::Made), Some(status @ (404 | 410))) => Judgement::failed(
            format!("status {status} after creation"),
            format!("the resource was made just now, and reading it answers {status}"),
        ),
        (Some(Expectation::There | Expectation::Made), Some(200..=299)) => Judgement::Passed,
        _ => Judgement::NotApplicable,
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Expectation;
    use crate::check::fixture::Scene;

    #[test]
    fn what_was_made_is_there() {
        let read =
            |expectation| Scene::new("getPet", "/pets/1").sent_header("x-tenant", "t").expecting(expectation);
        let table = [
            (read(Expectation::There).status(404), "failed: status 404 after creation"),
            (read(Expectation::Made).status(410), "failed: status 410 after creation"),
            (read(Expectation::There).status(200), "passed"),
            (read(Expectation::There).status(403), "n/a"),
            (read(Expectation::There).status(500), "n/a"),
            (read(Expectation::Gone).status(404), "n/a"),
            (Scene::new("getPet", "/pets/1").status(404), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("ensure_resource_availability"), expected, "row {row}");
        }
    }
}
