//! `example_agreement`

use super::registry::declare;
use super::{Breach, Judgement, Observation};
use crate::case::Intent;

declare! {
    /// Fails when the document's own example of a request breaks the document's own schema and the server refuses it.
    ///
    /// Why it matters: examples are what people copy first.
    ///
    /// It is off by default, since it is the document that is at fault: a run warns of such examples in any case, and
    /// an example that is valid and refused is found by `positive_data_acceptance`.
    ///
    /// Not judged: 401, 403, 404, 409 and 429, which are not about the data.
    ///
    /// Example: `status` became an enum, and the example still has the old word.
    ///
    /// Silence: mend the example, or leave `+example_agreement` out of `--checks`.
    ExampleAgreement = "example_agreement", Off
}

fn judge(observation: &Observation<'_>) -> Judgement {
    let (Intent::Example, Some(status)) = (observation.intent, observation.status()) else {
        return Judgement::NotApplicable;
    };
    let Some(violation) = observation.data_violations().next() else { return Judgement::Passed };
    match status {
        401 | 403 | 404 | 409 | 429 => Judgement::NotApplicable,
        400..=499 => Judgement::Failed(vec![Breach {
            kind: format!("{} {}", violation.part, violation.rule),
            message: format!(
                "the document's example breaks its own schema and was refused with {status}: {violation}"
            ),
            document_pointer: violation.document_pointer.clone(),
        }]),
        _ => Judgement::NotApplicable,
    }
}

#[cfg(test)]
mod tests {
    use crate::case::Intent;
    use crate::check::fixture::Scene;

    #[test]
    fn an_example_that_is_invalid_and_refused_fails() {
        let get = |target| Scene::new("getPet", target).sent_header("x-tenant", "t").intent(Intent::Example);
        let invalid = "/pets/1?limit=10";
        let table = [
            (get(invalid).status(400), "failed: query.limit maximum"),
            (get(invalid).status(200), "n/a"),
            (get(invalid).status(404), "n/a"),
            (get("/pets/1").status(400), "passed"),
            (get(invalid).intent(Intent::Negative).status(400), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("example_agreement"), expected, "row {row}");
        }
    }
}
