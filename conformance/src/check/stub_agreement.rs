//! `stub_agreement`

use std::mem::discriminant;

use serde_json::Value;

use super::registry::declare;
use super::{Breach, Judgement, Observation};

declare! {
    /// Fails when the implementation answers another way than the stub did, when what was sent to the stub is sent to
    /// it (`--replay-journal`): with another status, another media type, or a body of another kind: a list for an
    /// object, a text for a number, at any depth.
    ///
    /// Why it matters: the tests of a client pass against the stub, and are worth as much as the stub is like what it
    /// stands for. Where the two differ, the client was tested for an answer that it will not get.
    ///
    /// Values may differ as they like, and so may the number of items of a list. Members may come and go as far as the
    /// document allows it, which is for `response_schema_conformance` to say; null is of every type.
    ///
    /// Not judged: all requests that are not from a journal; 429, and no answer at all.
    ///
    /// Example: a rule of the stub answers `GET /pets/9` with 404, and the implementation with 200 and an empty object.
    ///
    /// Silence: `--checks=-stub_agreement`, or make the rule of the stub say what is true.
    StubAgreement = "stub_agreement", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    let (Some(stub), Some(own)) = (observation.stubbed, observation.response()) else {
        return Judgement::NotApplicable;
    };
    let (expected, status) = (stub.status.as_u16(), own.status.as_u16());
    if status == 429 {
        return Judgement::NotApplicable;
    }
    if expected != status {
        return Judgement::failed(
            format!("status {status} for {expected}"),
            format!("the stub answered {expected}, and the implementation {status}"),
        );
    }
    let mut breaches = Vec::new();
    let essence = |content_type: Option<&str>| {
        content_type.map(|text| text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    };
    let (expected, media_type) = (essence(stub.content_type()), essence(own.content_type()));
    if expected != media_type {
        let shown = |media_type: Option<String>| media_type.unwrap_or_else(|| "no media type".to_owned());
        let (expected, media_type) = (shown(expected), shown(media_type));
        breaches.push(Breach {
            kind: format!("{media_type} for {expected}"),
            message: format!("the stub answered with {expected}, and the implementation with {media_type}"),
            document_pointer: None,
        });
    }
    let read = |body: &[u8]| serde_json::from_slice::<Value>(body).ok();
    if let (Some(stub), Some(own)) = (read(&stub.body), read(&own.body)) {
        clashes(&stub, &own, "body", &mut breaches);
    }
    Judgement::of(breaches)
}

/// Where two values are of different types.
fn clashes(stub: &Value, own: &Value, at: &str, breaches: &mut Vec<Breach>) {
    match (stub, own) {
        (Value::Null, _) | (_, Value::Null) => {}
        (Value::Object(stub), Value::Object(own)) => {
            for (name, value) in stub {
                if let Some(own) = own.get(name) {
                    clashes(value, own, &format!("{at}/{name}"), breaches);
                }
            }
        }
        (Value::Array(stub), Value::Array(own)) => {
            if let (Some(stub), Some(own)) = (stub.first(), own.first()) {
                clashes(stub, own, &format!("{at}/*"), breaches);
            }
        }
        _ if discriminant(stub) != discriminant(own) => {
            let (expected, found) = (type_of(stub), type_of(own));
            breaches.push(Breach {
                kind: format!("{at}: {found} for {expected}"),
                message: format!(
                    "the stub answered with {expected} at {at}, and the implementation with {found}"
                ),
                document_pointer: None,
            });
        }
        _ => {}
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::Scene;

    #[test]
    fn the_implementation_answers_the_way_the_stub_did() {
        const JSON: &str = "application/json";
        let answered =
            |status, media_type, body| Scene::new("any", "/any").status(status).body(media_type, body);
        let stub =
            |scene: Scene| scene.stubbed(200, JSON, r#"{"id": 1, "tags": [{"name": "a"}], "owner": null}"#);
        let table = [
            (stub(answered(200, JSON, r#"{"id": 2.5, "tags": [], "owner": {}}"#)), "passed"),
            (stub(answered(200, "application/json; charset=utf-8", "{}")), "passed"),
            (stub(answered(200, JSON, r#"{"id": "1"}"#)), "failed: body/id: a text for a number"),
            (
                stub(answered(200, JSON, r#"{"tags": [{"name": 1}]}"#)),
                "failed: body/tags/*/name: a number for a text",
            ),
            (stub(answered(200, JSON, "[]")), "failed: body: a list for an object"),
            (stub(answered(200, "text/plain", "hi")), "failed: text/plain for application/json"),
            (stub(answered(404, JSON, "{}")), "failed: status 404 for 200"),
            (stub(answered(429, JSON, "{}")), "n/a"),
            (answered(200, JSON, "{}"), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("stub_agreement"), expected, "row {row}");
        }
    }
}
