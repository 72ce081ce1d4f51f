//! `missing_required_header`

use counterfoil_openapi::{Location, Part, Violation};

use super::registry::declare;
use super::{Breach, Judgement, Observation};

declare! {
    /// Fails when a request without a header that the document requires is answered with a 2xx.
    ///
    /// Why it matters: a header is required because something depends on it: the tenant, the version, the key that
    /// makes a repeated request harmless. A server that does without has made something up.
    ///
    /// Not judged: requests that break the document in some other way as well; `Authorization` and other credentials,
    /// which `ignored_auth` judges.
    ///
    /// Example: `X-Tenant` is required, and a request without it sees the data of some tenant.
    ///
    /// Silence: `--checks=-missing_required_header`.
    MissingRequiredHeader = "missing_required_header", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    let Some(status) = observation.status() else { return Judgement::NotApplicable };
    let mut violations = observation.data_violations();
    let (Some(violation), None) = (violations.next(), violations.next()) else {
        return Judgement::NotApplicable;
    };
    let Some(name) = missing_header(violation) else { return Judgement::NotApplicable };
    let is_refused = observation.expects(status).unwrap_or(!(200..300).contains(&status));
    match status {
        _ if !is_refused => Judgement::Failed(vec![Breach {
            kind: format!("header {name}"),
            message: format!("the required header `{name}` was left out and the server answered {status}"),
            document_pointer: violation.document_pointer.clone(),
        }]),
        400..=499 => Judgement::Passed,
        _ => Judgement::NotApplicable,
    }
}

fn missing_header(violation: &Violation) -> Option<&str> {
    match &violation.part {
        Part::Parameter(Location::Header, name) if violation.rule == "missing" => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::case::Intent;
    use crate::check::fixture::Scene;

    #[test]
    fn an_answer_without_a_required_header_fails() {
        let get = |target| Scene::new("getPet", target).intent(Intent::Negative);
        let table = [
            (get("/pets/1").status(200), "failed: header X-Tenant"),
            (get("/pets/1").status(400), "passed"),
            (get("/pets/1").status(404), "passed"),
            (get("/pets/1").status(500), "n/a"),
            (get("/pets/1").sent_header("x-tenant", "t").status(200), "n/a"),
            (get("/pets/1?limit=10").status(200), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("missing_required_header"), expected, "row {row}");
        }
    }
}
