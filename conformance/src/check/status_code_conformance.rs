//! `status_code_conformance`

use counterfoil_openapi::{Location, Operation, Part, StatusPattern};

use super::registry::declare;
use super::{Breach, Judgement, Observation};
use crate::case::{Intent, Probe};

declare! {
    /// Fails when the status of a response is not documented for the operation. `2XX` documents a hundred statuses,
    /// `default` documents them all.
    ///
    /// Why it matters: a client generated from the document, or written by someone who read it, has no branch for a
    /// status that is not in it.
    ///
    /// Not judged: an operation that documents no response; probes (an undeclared method, wrong credentials, a header
    /// left out, and credentials left out unless that is a 403), what is no success of a request for a documented media
    /// type (`Accept`), and a refusal that HTTP itself prescribes for what is wrong with the request,
    /// so that no document needs to list it:
    ///
    ///   401, 403  the request lacks credentials that the operation asks for; not 403 where 401 is documented
    ///   404       a path parameter is invalid
    ///   400       the body cannot be read in its media type
    ///   406       nothing that `Accept` asks for is there
    ///   415, 400  the media type of the body is not documented
    ///   413, 414, 431, 429  too much, too long, too often
    ///   400, 422  the data are invalid, and the document has no answer to that: no 400, 422, 4XX or default
    ///
    /// Example: `POST /pets` documents 201 and 400, and answers 200.
    ///
    /// Silence: document the status, or `--checks=-status_code_conformance`.
    StatusCodeConformance = "status_code_conformance", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    let is_probe = match observation.intent {
        Intent::Probe(Probe::NoCredentials) => observation.status() != Some(403),
        Intent::Probe(Probe::Accept { .. }) => false,
        Intent::Probe(_) => true,
        _ => false,
    };
    let (Some(status), false) = (observation.status(), is_probe) else {
        return Judgement::NotApplicable;
    };
    if observation.operation.responses().is_empty() {
        return Judgement::NotApplicable;
    }
    let violations = observation.response_violations(|part| *part == Part::Status);
    if violations.is_empty() {
        return Judgement::Passed;
    }
    if is_prescribed(observation, status) {
        return Judgement::NotApplicable;
    }
    let documented: Vec<String> =
        observation.operation.responses().iter().map(|response| response.status.to_string()).collect();
    let breach = Breach {
        kind: format!("status {status}"),
        message: format!("status {status} is not documented; documented are {}", documented.join(", ")),
        document_pointer: Some(observation.operation.pointer().join("responses").as_str().to_owned()),
    };
    Judgement::Failed(vec![breach])
}

/// Whether HTTP prescribes a status for what is wrong with the request; the table is in the check's documentation.
fn is_prescribed(observation: &Observation<'_>, status: u16) -> bool {
    let is_broken = |is_it: &dyn Fn(&Part, &str) -> bool| {
        observation.data_violations().any(|violation| is_it(&violation.part, &violation.rule))
    };
    match status {
        401 => observation.lacks_credentials(),
        403 => {
            observation.lacks_credentials() && !documents(observation.operation, StatusPattern::Exact(401))
        }
        404 => is_broken(&|part, _| matches!(part, Part::Parameter(Location::Path, _))),
        400 if is_broken(&|part, rule| {
            *part == Part::ContentType || (*part == Part::Body && rule == "unreadable")
        }) =>
        {
            true
        }
        400 | 422 => is_broken(&|_, _| true) && !documents_refusal(observation.operation),
        406 => is_broken(&|part, _| *part == Part::Accept),
        415 => is_broken(&|part, _| matches!(part, Part::ContentType | Part::ContentEncoding)),
        413 | 414 | 429 | 431 => true,
        _ => false,
    }
}

/// Whether an operation documents how it refuses invalid data. One that does not leaves its server no answer to them
/// that would be documented.
pub(crate) fn documents_refusal(operation: &Operation) -> bool {
    let refusals = [
        StatusPattern::Exact(400),
        StatusPattern::Exact(422),
        StatusPattern::Range(4),
        StatusPattern::Default,
    ];
    refusals.into_iter().any(|pattern| documents(operation, pattern))
}

fn documents(operation: &Operation, pattern: StatusPattern) -> bool {
    operation.responses().get(pattern).is_some()
}

#[cfg(test)]
mod tests {
    use http::Method;

    use crate::case::{Intent, Probe};
    use crate::check::fixture::Scene;

    #[test]
    fn undocumented_statuses_fail_unless_http_prescribes_them() {
        let get = || Scene::new("getPet", "/pets/1").sent_header("x-tenant", "t");
        let accept = || Intent::Probe(Probe::Accept { media_type: "application/json".to_owned() });
        let put = |content_type, body| {
            Scene::new("putPet", "/pets/1").sent_body(content_type, body).intent(Intent::Negative)
        };
        let login =
            |body| Scene::new("login", "/login").sent_body("application/json", body).intent(Intent::Negative);
        let table = [
            (get().status(200), "passed"),
            (get().status(404), "passed"),
            (get().status(201), "failed: status 201"),
            (get().status(400), "failed: status 400"),
            (get().status(500), "failed: status 500"),
            (get().status(429), "n/a"),
            (get().status(401), "failed: status 401"),
            (Scene::new("any", "/any").status(418), "passed"),
            (Scene::new("silent", "/any").status(418), "n/a"),
            (Scene::new("secret", "/secret").status(401), "n/a"),
            (Scene::new("secret", "/secret").status(403), "n/a"),
            (Scene::new("locked", "/secret").status(401), "passed"),
            (Scene::new("locked", "/secret").status(403), "failed: status 403"),
            (
                Scene::new("locked", "/secret").intent(Intent::Probe(Probe::NoCredentials)).status(403),
                "failed: status 403",
            ),
            (Scene::new("locked", "/secret").intent(Intent::Probe(Probe::NoCredentials)).status(404), "n/a"),
            (
                Scene::new("secret", "/secret").sent_header("authorization", "Bearer x").status(401),
                "failed: status 401",
            ),
            (
                Scene::new("putPet", "/pets/x")
                    .sent_body("application/json", "{}")
                    .intent(Intent::Negative)
                    .status(404),
                "n/a",
            ),
            (put("application/json", "{").status(400), "n/a"),
            (put("application/json", "{").status(415), "failed: status 415"),
            (put("application/json", "{\"age\": -1}").status(400), "n/a"),
            (put("application/json", "{\"age\": -1}").status(422), "n/a"),
            (put("application/json", "{\"age\": -1}").status(409), "failed: status 409"),
            (login("{\"password\": 7}").status(400), "passed"),
            (login("{\"password\": 7}").status(422), "failed: status 422"),
            (put("text/plain", "x").status(415), "n/a"),
            (put("text/plain", "x").status(409), "failed: status 409"),
            (get().undeclared(Method::POST).status(405), "n/a"),
            (get().intent(accept()).status(200), "passed"),
            (get().intent(accept()).status(201), "failed: status 201"),
            (get().intent(accept()).status(406), "n/a"),
            (get().intent(accept()).status(302), "n/a"),
            (get().intent(accept()).status(500), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("status_code_conformance"), expected, "row {row}");
        }
    }
}
