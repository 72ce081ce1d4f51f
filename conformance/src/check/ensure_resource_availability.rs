//! `ensure_resource_availability`

use counterfoil_openapi::{Request, Response};
use http::Method;

use super::registry::declare;
use super::{Expectation, Judgement, Observation};
use crate::case::{Intent, Probe};
use crate::resource::location;

declare! {
    /// Fails when a resource that was made just now is not found: a GET of it answers 404 or 410, or one of where the
    /// `Location` of its making (RFC 9110, section 10.2.2) leads does so right after it was read where it is documented.
    ///
    /// Why it matters: whoever makes something goes on with it. A server that forgets what it said it made loses data.
    ///
    /// Not judged: a resource whose making was answered with 202, which only promises; one whose path is only guessed
    /// from the reply; a reading that needs more than the path and what the resource was made with; and any resource
    /// that another request may have removed or renamed in between. A `Location` is judged in answers of 201
    /// only, of servers that were seen to answer 404 to a resource that never was, and not
    /// where it is of another origin or outside of the base URL, where it differs from the documented path by a prefix
    /// that either of them has, as behind a proxy, where it ends in another name than that path, where it is nothing but
    /// the resource's name, and where it leads to an operation that is left out.
    ///
    /// Example: `POST /pets` answers 201 with `{"id": 7}`, and `GET /pets/7` answers 404.
    ///
    /// Silence: `--checks=-ensure_resource_availability`.
    EnsureResourceAvailability = "ensure_resource_availability", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    if matches!(observation.intent, Intent::Probe(Probe::Location)) {
        return located(observation);
    }
    match (observation.expectation, observation.status()) {
        (Some(Expectation::There | Expectation::Made), Some(status @ (404 | 410))) => Judgement::failed(
            format!("status {status} after creation"),
            format!("the resource was made just now, and reading it answers {status}"),
        ),
        (Some(Expectation::There | Expectation::Made), Some(200..=299)) => Judgement::Passed,
        _ => Judgement::NotApplicable,
    }
}

/// What comes of a GET of where the `Location` of what was made leads, which was read elsewhere since.
fn located(observation: &Observation<'_>) -> Judgement {
    let earlier = &observation.earlier;
    let made = earlier.iter().rposition(|step| location::told(*step).is_some());
    let Some((made, (_, told))) = made.and_then(|at| Some((at, location::told(earlier[at])?))) else {
        return Judgement::NotApplicable;
    };
    let is_read = |(request, reply): &(&Request, &Response)| {
        request.method == Method::GET
            && reply.status.as_u16() == 200
            && request.target != observation.request.target
    };
    let path = told.split(['?', '#']).next().unwrap_or_default();
    let asked = observation.request.path();
    let read = earlier[made + 1..].iter().rfind(|step| is_read(step));
    let own = read.and_then(|(read, _)| location::name(read.path()));
    let is_its_own = own.is_some() && own == location::name(path) && own == location::name(asked);
    match (read, observation.status()) {
        (Some((read, _)), Some(status @ (404 | 410))) if is_its_own => Judgement::failed(
            "its Location leads nowhere".to_owned(),
            format!(
                "it was made with the Location {told}, which answers {status}, and is there at {}",
                read.path()
            ),
        ),
        (Some(_), Some(200..=299)) if is_its_own => Judgement::Passed,
        _ => Judgement::NotApplicable,
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Response;
    use http::Method;

    use crate::case::{Intent, Probe};
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

    #[test]
    fn what_was_made_is_where_its_location_says() {
        let scene = |status, location| {
            Scene::new("putPet", "/pet/1")
                .method(Method::GET)
                .intent(Intent::Probe(Probe::Location))
                .made_at(status, location)
        };
        let read_at = |at: &str, scene: Scene| scene.earlier_at(at, Method::GET, "", 200, "{}");
        let read = |scene: Scene| read_at("/pets/1", scene);
        let failed = "failed: its Location leads nowhere";
        let table = [
            (read(scene(201, "/pet/1")).status(404), failed),
            (read(scene(201, "http://x/v1/pet/1?a#b")).status(410), failed),
            (read(scene(201, "/pet/1")).status(200), "passed"),
            (read(scene(201, "/pet/1")).status(401), "n/a"),
            (read(scene(201, "/pet/1")).status(500), "n/a"),
            (read(scene(202, "/pet/1")).status(404), "n/a"),
            // It was not read, or leads elsewhere by now.
            (scene(201, "/pet/1").status(404), "n/a"),
            (read(scene(201, "/pets/2")).status(404), "n/a"),
            // It is there under another name.
            (read_at("/pets/%31", scene(201, "/pet/1")).status(404), failed),
            (read_at("/pets/a-slug", scene(201, "/pet/1")).status(404), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("ensure_resource_availability"), expected, "row {row}");
            let others =
                scene.outcome(crate::check::Outcome::Answered(Response::new(http::StatusCode::IM_A_TEAPOT)));
            for check in ["status_code_conformance", "not_a_server_error", "content_type_conformance"] {
                assert_eq!(others.says(check), "n/a", "row {row}");
            }
        }
    }
}
