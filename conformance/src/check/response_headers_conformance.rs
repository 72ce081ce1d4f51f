//! `response_headers_conformance`

use counterfoil_openapi::Part;

use super::registry::declare;
use super::{Breach, Judgement, Observation};

declare! {
    /// Fails when a response lacks a header that the document requires, or has one that its schema refuses.
    ///
    /// Why it matters: what is documented in headers (where the new resource is, how many requests are left, which
    /// page comes next) is read by clients like any other part of the response.
    ///
    /// Example: 201 documents a required `Location`, and the response has none; `X-Rate-Limit` is an integer and the
    /// response says `unlimited`.
    ///
    /// Silence: `--checks=-response_headers_conformance`.
    ResponseHeadersConformance = "response_headers_conformance", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    let (Some(status), Some(reading)) = (observation.status(), observation.response_reading()) else {
        return Judgement::NotApplicable;
    };
    if reading.response.is_none_or(|response| response.headers.is_empty()) {
        return Judgement::NotApplicable;
    }
    let violations = observation.response_violations(|part| matches!(part, Part::Header(_)));
    let breach = |violation: &counterfoil_openapi::Violation| Breach {
        kind: format!("{status} {} {}", violation.part, violation.rule),
        message: violation.to_string(),
        document_pointer: violation.document_pointer.clone(),
    };
    Judgement::of(violations.into_iter().map(breach).collect())
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::Scene;

    #[test]
    fn required_headers_are_there_and_fit_their_schema() {
        let get = || Scene::new("getPet", "/pets/1").sent_header("x-tenant", "t");
        let table = [
            (get().header("x-left", "7"), "passed"),
            (get(), "failed: 200 header.X-Left missing"),
            (get().header("x-left", "some"), "failed: 200 header.X-Left type"),
            (get().status(404), "n/a"),
            (get().status(500), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("response_headers_conformance"), expected, "row {row}");
        }
    }
}
