//! `response_schema_conformance`

use counterfoil_openapi::codec::media::{self, Kind};
use counterfoil_openapi::codec::{self, Payload};
use counterfoil_openapi::{Direction, MediaType, Part, Violation, generate};
use serde_json::Value;

use super::registry::declare;
use super::{Breach, Judgement, Observation};

/// The most ways in which one body is said to be wrong.
const MAX_BREACHES: usize = 10;

declare! {
    /// Fails when the body of a response is not valid against the schema documented for its status and media type,
    /// cannot be read in that media type or its `Content-Encoding` at all, or is not there though one is documented.
    ///
    /// Why it matters: a field that is missing, null or of another type where the document promised it is what breaks
    /// typed clients, and it breaks them in production, on the one record that differs.
    ///
    /// JSON that begins with a byte-order mark fails as well: nobody may write one (RFC 8259, section 8.1), and many
    /// parsers refuse it.
    ///
    /// Not judged: a status or media type that is not documented (other checks do), a media type that has no codec
    /// here, responses to HEAD, responses other than 2xx to a probe that asks for a media type; a schema that admits
    /// no value at all, and a body that is the document's own example,
    /// since the document then contradicts itself (a run warns of such examples).
    ///
    /// Example: `id` is documented as an integer, and one pet has `"id": "7"`.
    ///
    /// Silence: `--checks=-response_schema_conformance`.
    ResponseSchemaConformance = "response_schema_conformance", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    let (Some(status), Some(reading)) = (observation.status(), observation.response_reading()) else {
        return Judgement::NotApplicable;
    };
    let violations = observation.response_violations(|part| *part == Part::Body);
    let has_schema = reading.media.is_some_and(|media| media.schema.is_some());
    // A body that cannot be looked into is the matter of `content_type_conformance`.
    let is_hidden = reading.violations.iter().any(|violation| violation.part == Part::ContentEncoding);
    let is_marked = !is_hidden && reading.media.is_some() && is_marked(observation);
    if violations.is_empty() && !is_marked && (!has_schema || is_hidden) {
        return Judgement::NotApplicable;
    }
    if !violations.is_empty()
        && reading.media.is_some_and(|media| is_contradiction(media, reading.payload.as_ref()))
    {
        return Judgement::NotApplicable;
    }
    let mut breaches: Vec<Breach> = Vec::new();
    for violation in violations {
        let kind = format!("{status} {}", kind(violation));
        if breaches.len() < MAX_BREACHES && !breaches.iter().any(|known| known.kind == kind) {
            breaches.push(Breach {
                kind,
                message: violation.to_string(),
                document_pointer: violation.document_pointer.clone(),
            });
        }
    }
    if is_marked {
        breaches.push(Breach {
            kind: format!("{status} byte-order mark"),
            message: "the JSON begins with a byte-order mark, which no writer may put there".to_owned(),
            document_pointer: reading
                .media
                .and_then(|media| media.schema.as_ref())
                .map(|schema| schema.pointer().to_string()),
        });
    }
    Judgement::of(breaches)
}

/// Whether the body is JSON after the byte-order mark of UTF-8.
fn is_marked(observation: &Observation<'_>) -> bool {
    let Some(response) = observation.response() else { return false };
    let is_json = response.content_type().map(media::kind) == Some(Kind::Json);
    is_json && response.body.starts_with(b"\xEF\xBB\xBF")
}

/// Whether it is the document that is at fault: its example breaks its schema, or nothing can be valid.
fn is_contradiction(media: &MediaType, payload: Option<&Payload>) -> bool {
    let value = payload.and_then(Payload::as_value);
    let is_example = media.examples.iter().any(|example| {
        let sent = codec::example_payload(media, example);
        let read = codec::payload_value(media, &sent, Direction::Response);
        matches!(read, Ok(Some(read)) if Some(&*read) == value)
    });
    let is_schema_example = media.schema.as_ref().is_some_and(|schema| {
        let listed = schema.resolved().get("examples").and_then(Value::as_array);
        let single = schema.resolved().get("example");
        single.into_iter().chain(listed.into_iter().flatten()).any(|example| Some(example) == value)
    });
    is_example
        || is_schema_example
        || media
            .schema
            .as_ref()
            .is_some_and(|schema| generate::positive(schema, Direction::Response).is_err())
}

/// The rule and where it stands in the document; where it stands in the body would differ from case to case.
fn kind(violation: &Violation) -> String {
    match &violation.document_pointer {
        Some(pointer) => format!("{} at {pointer}", violation.rule),
        None => violation.rule.clone().into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::Scene;

    const SCHEMA: &str = "/paths/~1pets~1{id}/get/responses/200/content";

    #[test]
    fn a_body_is_valid_against_the_schema_of_its_status_and_type() {
        let get = |content_type, body| {
            Scene::new("getPet", "/pets/1").sent_header("x-tenant", "t").body(content_type, body)
        };
        let json = format!("{SCHEMA}/application~1json/schema");
        let table = [
            (get("application/json", r#"{"id": 1, "more": true}"#), "passed".to_owned()),
            (
                get("application/json", r#"{"id": "1"}"#),
                format!("failed: 200 type at {json}/properties/id/type"),
            ),
            (
                get("application/json", r#"{"tag": 1}"#),
                format!("failed: 200 required at {json}/required; 200 type at {json}/properties/tag/type"),
            ),
            (get("application/json", r#"{"id": 1"#), "failed: 200 unreadable".to_owned()),
            (get("application/json", "\u{feff}{\"id\": 1}"), "failed: 200 byte-order mark".to_owned()),
            (get("text/plain", "\u{feff}a"), "passed".to_owned()),
            (
                get("text/plain", "abcd"),
                format!("failed: 200 maxLength at {SCHEMA}/text~1*/schema/maxLength"),
            ),
            (get("text/plain", "abc"), "passed".to_owned()),
            (get("text/plain", "abc").header("content-encoding", "gzip"), "failed: 200 unreadable".to_owned()),
            (get("text/plain", "abc").header("content-encoding", "utf-8"), "n/a".to_owned()),
            (get("application/xml", "<a/>"), "n/a".to_owned()),
            (get("application/json", "[]").status(404), "n/a".to_owned()),
            (Scene::new("getPet", "/pets/1"), "failed: 200 missing".to_owned()),
            (Scene::new("anyHead", "/any"), "n/a".to_owned()),
            (Scene::new("wrongExample", "/wrong").body("application/json", "{\"a\": \"x\"}"), "n/a".to_owned()),
            (
                Scene::new("wrongExample", "/wrong").body("application/json", "{\"a\": \"y\"}"),
                "failed: 200 type at /paths/~1wrong/get/responses/200/content/application~1json/schema/properties/a/type"
                    .to_owned(),
            ),
            (Scene::new("impossible", "/impossible").body("application/json", "null"), "n/a".to_owned()),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("response_schema_conformance"), expected, "row {row}");
        }
        let secret =
            get("application/json", r#"{"id": 1, "pin": "1234"}"#).says("response_schema_conformance");
        assert!(secret.starts_with("failed: 200"), "a writeOnly property is no part of a response: {secret}");
    }
}
