//! `negative_data_rejection`

use counterfoil_openapi::{Location, Part, Violation};
use serde_json::Value;

use super::registry::declare;
use super::{Breach, Judgement, Observation, leniency};
use crate::case::{Intent, Probe};

declare! {
    /// Fails when a request that the document refuses is answered with a 2xx.
    ///
    /// Why it matters: data that break the document are then stored or acted upon, and come back later where nobody
    /// expects them. What a server lets in today, clients rely on tomorrow.
    ///
    /// What was sent is read back by the document's own decoder first; a change that the wire does not keep proves
    /// nothing. Where a 415 is documented, JSON bodies are sent as forms and XML too, and as `application/json` where that
    /// is not documented. Any 4xx counts as a refusal; a redirect is neither one nor the other; a 5xx is judged by
    /// `not_a_server_error`, a missing header by `missing_required_header`.
    ///
    /// Not judged, because the document leaves it open: text that means the documented type to many servers though not
    /// to the letter (`True` or `1` for a boolean, ` 7`, `7.0` or `1e3` for an integer, an empty value); an optional query
    /// parameter without a value that is no member or not of its format; another
    /// notation of the documented format (a UUID without hyphens, a date as a time stamp); a number wider than its
    /// format (`int32`) where no bound is stated; a property that is `readOnly`, which a server may ignore; a name
    /// given several times where one value is documented (but with `--duplicate-query`, which sends each query
    /// parameter of one value twice); a text in the place of a deepObject, which is another parameter to who looks for
    /// brackets; a header or a cookie without a value; what comes after JSON that is whole; bytes
    /// that are not of the charset of text or of JSON, which many replace before they read it.
    ///
    /// Example: `age` has a minimum of 0, and `{"age": -1}` is answered with 201.
    ///
    /// Silence: `--checks=-negative_data_rejection`.
    NegativeDataRejection = "negative_data_rejection", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    let Some(status) = observation.status() else { return Judgement::NotApplicable };
    let violation = match observation.intent {
        Intent::Negative => blamed(observation).next(),
        Intent::Probe(Probe::RepeatedQuery { name }) => repeated(observation, name),
        _ => None,
    };
    let Some(violation) = violation else { return Judgement::NotApplicable };
    let is_refused = observation.expects(status).unwrap_or(!(200..300).contains(&status));
    match status {
        _ if !is_refused => Judgement::Failed(vec![Breach {
            kind: kind(observation, violation),
            message: format!("the document refuses this request, the server answered {status}: {violation}"),
            document_pointer: violation.document_pointer.clone(),
        }]),
        400..=499 => Judgement::Passed,
        _ if observation.expects(status).is_some() => Judgement::Passed,
        _ => Judgement::NotApplicable,
    }
}

/// What is wrong with the data sent that this check judges.
pub(super) fn blamed<'o, 'a>(
    observation: &'o Observation<'a>,
) -> impl Iterator<Item = &'a Violation> + use<'o, 'a> {
    observation
        .data_violations()
        .filter(|violation| !is_missing_header(violation) && leniency::is_clear(observation, violation))
}

/// That a query parameter is given twice, which is judged where the user asks for it only.
fn repeated<'a>(observation: &Observation<'a>, name: &str) -> Option<&'a Violation> {
    let part = |violation: &&Violation| matches!(&violation.part, Part::Parameter(Location::Query, of) if of == name);
    observation.data_violations().find(part)
}

/// The part and the rule, and where the rule stands in the document or, failing that, in the value.
///
/// A wrong type is told by the two types instead: a server that takes null for anything does so everywhere, and that
/// is one failure.
fn kind(observation: &Observation<'_>, violation: &Violation) -> String {
    let Violation { part, rule, .. } = violation;
    if matches!(observation.intent, Intent::Probe(_)) {
        return format!("{part} given twice");
    }
    if let ("type", Some(found)) = (rule.as_ref(), leniency::value_at(observation, violation)) {
        let root = observation.operation.document().root();
        let wanted = violation.document_pointer.as_ref().and_then(|pointer| root.pointer(pointer));
        let wanted = match wanted {
            Some(Value::String(name)) => name.clone(),
            Some(Value::Array(names)) => {
                names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or ")
            }
            _ => "another type".to_owned(),
        };
        return format!("{part} {} for {wanted}", type_of(found));
    }
    let at = violation.document_pointer.as_deref().unwrap_or(&violation.pointer);
    let at = if at.is_empty() { String::new() } else { format!(" at {at}") };
    format!("{part} {rule}{at}")
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A header that was left out is `missing_required_header`'s affair.
fn is_missing_header(violation: &Violation) -> bool {
    violation.rule == "missing" && matches!(violation.part, Part::Parameter(Location::Header, _))
}

#[cfg(test)]
mod tests {
    use crate::case::Intent;
    use crate::check::fixture::Scene;

    #[test]
    fn an_answer_to_invalid_data_fails() {
        let get = |target| Scene::new("getPet", target).sent_header("x-tenant", "t").intent(Intent::Negative);
        let limit = "/paths/~1pets~1{id}/get/parameters/1/schema";
        let table = [
            (get("/pets/1?limit=10").status(200), format!("failed: query.limit maximum at {limit}/maximum")),
            (get("/pets/1?limit=10").status(204), format!("failed: query.limit maximum at {limit}/maximum")),
            (get("/pets/1?limit=10").status(400), "passed".to_owned()),
            (get("/pets/1?limit=10").status(418), "passed".to_owned()),
            (get("/pets/1?limit=10").status(307), "n/a".to_owned()),
            (get("/pets/1?limit=10").status(500), "n/a".to_owned()),
            (get("/pets/1?limit=many").status(200), "failed: query.limit string for integer".to_owned()),
            // Valid as sent, whatever was meant.
            (get("/pets/1?limit=9").status(200), "n/a".to_owned()),
            (get("/pets/1?other=10").status(200), "n/a".to_owned()),
            (get("/pets/1?limit=10").intent(Intent::Positive).status(200), "n/a".to_owned()),
            (get("/pets/1?limit=10").intent(Intent::Example).status(200), "n/a".to_owned()),
            // A header left out is another check's affair.
            (Scene::new("getPet", "/pets/1").intent(Intent::Negative).status(200), "n/a".to_owned()),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("negative_data_rejection"), expected, "row {row}");
        }
    }

    #[test]
    fn text_that_means_the_type_to_many_servers_proves_nothing() {
        for (text, is_clear) in [
            ("%207", false),
            ("true", false),
            ("", false),
            ("1_0", false),
            ("0x10", false),
            ("seven", true),
            ("1,2", true),
            ("7&limit=8", false),
        ] {
            let target = format!("/pets/1?limit={text}");
            let scene = Scene::new("getPet", &target).sent_header("x-tenant", "t").intent(Intent::Negative);
            let says = scene.says("negative_data_rejection");
            assert_eq!(says.starts_with("failed"), is_clear, "{text}: {says}");
        }
    }

    #[test]
    fn what_reads_like_another_parameter_or_none_proves_nothing() {
        for (query, says) in [
            ("kind=", "n/a"),
            ("kind=bird", "failed: query.kind enum at /paths/~1pets/get/parameters/1/schema/enum"),
            ("born_before=", "n/a"),
            (
                "born_before=soon",
                "failed: query.born_before format at /paths/~1pets/get/parameters/9/schema/format",
            ),
            ("filter=text", "n/a"),
            ("filter[age]=old", "failed: query.filter string for integer"),
            ("limit=text", "failed: query.limit string for integer"),
        ] {
            let scene = Scene::new("listPets", &format!("/pets?{query}")).intent(Intent::Negative);
            assert_eq!(scene.status(200).says("negative_data_rejection"), says, "{query}");
        }
    }

    const PARTS: &str = "multipart/form-data; boundary=b";

    #[test]
    fn bodies_are_judged_by_what_their_notation_keeps_apart() {
        let put = |content_type, body| {
            Scene::new("putPet", "/pets/1").sent_body(content_type, body).intent(Intent::Negative)
        };
        let form = "application/x-www-form-urlencoded";
        let table = [
            ("application/json", r#"{"age": -1}"#, true),
            ("application/json", r#"{"age": "1"}"#, true),
            ("application/json", r#"{"age": true}"#, true),
            ("application/json", r#"{"age""#, true),
            ("application/json", "", true),
            // Many parsers stop where the value ends.
            ("application/json", r#"{"age": 1},"#, false),
            ("text/plain", "x", true),
            (form, "age=-1", true),
            (form, "age=old", true),
            (form, "age=true", false),
            ("application/json", r#"{"age": 1}"#, false),
            // A part that says to be JSON is a text all the same, and one without an end is read by many.
            (
                PARTS,
                "--b\r\nContent-Disposition: form-data; name=\"tag\"\r\nContent-Type: application/json\r\n\r\n{}\r\n--b--\r\n",
                false,
            ),
            (PARTS, "--b\r\nContent-Disposition: form-data; name=\"tag\"\r\n\r\nx\r\n", false),
            (PARTS, "--b\r\nContent-Disposition: form-data; name=\"age\"\r\n\r\nold\r\n--b--\r\n", true),
            // Is it a list of nothing, or a list of an empty text?
            (form, "names=", false),
            (form, "names=a&names=", true),
            // A width is no bound.
            ("application/json", r#"{"small": 3000000000}"#, false),
            ("application/json", r#"{"small": -1}"#, true),
            // A server may ignore what is readOnly.
            ("application/json", r#"{"id": 7}"#, false),
        ];
        for (content_type, body, is_clear) in table {
            let says = put(content_type, body).says("negative_data_rejection");
            assert_eq!(says.starts_with("failed"), is_clear, "{content_type} {body}: {says}");
        }
    }
}
