//! Example Object (OpenAPI 3.0.3, section 4.7.19; 3.2.0, section 4.19) and the `example` shorthands.

use bytes::Bytes;
use serde_json::Value;

use super::MediaType;
use crate::codec::{Payload, content_type, decode_body};
use crate::document::{Document, Place, Pointer};
use crate::schema::Direction;

/// One example, from `example`, from `examples`, or from a schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Its key in `examples`; an `example` has none.
    pub name: Option<String>,
    /// The short description of an Example Object.
    pub summary: Option<String>,
    /// The value: `value` or `dataValue`, embedded in the document, or what `serialized` is read as; of a body that
    /// cannot be read it is the text of the bytes.
    pub value: Value,
    /// The bytes as they are sent: `serializedValue` (3.2), or the file that `externalValue` names.
    pub serialized: Option<Bytes>,
    /// Where it stands in the document.
    pub pointer: Pointer,
}

impl Example {
    /// An example that is the value at a place and has no name.
    pub(super) fn unnamed(place: &Place<'_>) -> Self {
        Self {
            name: None,
            summary: None,
            value: place.value.clone(),
            serialized: None,
            pointer: place.pointer.clone(),
        }
    }
}

/// The examples of a parameter or header: `example` first, then `examples` in document order.
///
/// One that is only there as it is sent is left out, unless it is a file of its own: that is its JSON, or its text.
pub(crate) fn read(document: &Document, owner: &Place<'_>) -> Vec<Example> {
    read_with(document, owner, |bytes, is_file| {
        let text = || String::from_utf8_lossy(bytes).trim_end_matches(['\r', '\n']).into();
        is_file.then(|| serde_json::from_slice(bytes).unwrap_or_else(|_| Value::String(text())))
    })
}

/// The examples of a body, in the same order; `media` is its media type.
pub(super) fn read_bodies(document: &Document, media: &MediaType, owner: &Place<'_>) -> Vec<Example> {
    read_with(document, owner, |bytes, _| {
        let read = decode_body(media, &content_type(&media.name, bytes), bytes, Direction::Response);
        Some(match read {
            Ok(Payload::Value(value)) => value,
            _ => Value::String(String::from_utf8_lossy(bytes).into_owned()),
        })
    })
}

/// `read` makes a value of what is only there as it is sent, and is told whether that is a file.
fn read_with(
    document: &Document,
    owner: &Place<'_>,
    read: impl Fn(&Bytes, bool) -> Option<Value>,
) -> Vec<Example> {
    let mut found: Vec<Example> = owner.get("example").iter().map(Example::unnamed).collect();
    let Some(examples) = owner.get("examples") else { return found };
    for (name, place) in examples.members() {
        let Ok(object) = place.follow(document) else { continue };
        let summary = object.text("summary").map(str::to_owned);
        let named = |value: Value, serialized: Option<Bytes>, pointer: Pointer| Example {
            name: Some(name.to_owned()),
            summary,
            value,
            serialized,
            pointer,
        };
        if let Some(value) = object.get("value") {
            found.push(named(value.value.clone(), None, value.pointer));
            continue;
        }
        let sent = object.get("serializedValue").filter(|sent| sent.value.is_string());
        let file = object.get("externalValue");
        let (serialized, pointer, is_file) = match (&sent, &file) {
            (Some(sent), _) => {
                (sent.value.as_str().map(|text| Bytes::from(text.to_owned())), Some(&sent.pointer), false)
            }
            (None, Some(file)) => {
                let bytes = file.value.as_str().and_then(|address| document.external(address));
                (bytes.cloned(), Some(&file.pointer), true)
            }
            (None, None) => (None, None, false),
        };
        match (object.get("dataValue"), serialized, pointer) {
            (Some(data), serialized, _) => found.push(named(data.value.clone(), serialized, data.pointer)),
            (None, Some(bytes), Some(pointer)) => {
                if let Some(value) = read(&bytes, is_file) {
                    found.push(named(value, Some(bytes), pointer.clone()));
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::contract::Contract;

    /// The examples of a body of a media type, each as `name value bytes`.
    fn told(name: &str, object: &Value) -> Vec<String> {
        let content = json!({ name: object });
        let document = json!({
            "openapi": "3.2.0", "info": {"title": "t", "version": "1"},
            "paths": {"/": {"get": {"responses": {"200": {"description": "ok", "content": content}}}}}
        });
        let contract = Contract::load("t.json", document.to_string().as_bytes()).expect("a document");
        let media = &contract.operations()[0].responses().0[0].content.0[0];
        let told = media.examples.iter().map(|example| {
            let bytes = example.serialized.as_deref().map(String::from_utf8_lossy);
            format!("{} {} {bytes:?}", example.name.as_deref().unwrap_or("-"), example.value)
        });
        told.collect()
    }

    #[test]
    fn an_example_is_data_or_what_it_is_sent_as_or_both() {
        let object = |example: Value| json!({"schema": {"type": "object"}, "examples": {"e": example}});
        let table = [
            ("application/json", json!({"example": 1}), r"- 1 None"),
            ("application/json", object(json!({"value": {"a": 1}, "dataValue": 2})), r#"e {"a":1} None"#),
            ("application/json", object(json!({"dataValue": {"a": 1}})), r#"e {"a":1} None"#),
            (
                "application/json",
                object(json!({"dataValue": {"a": 1}, "serializedValue": "{ \"a\": 1 }"})),
                r#"e {"a":1} Some("{ \"a\": 1 }")"#,
            ),
            (
                "application/json",
                object(json!({"serializedValue": "{ \"a\": 1 }"})),
                r#"e {"a":1} Some("{ \"a\": 1 }")"#,
            ),
            (
                "application/xml",
                object(json!({"serializedValue": "<r><a>1</a></r>"})),
                r#"e {"a":"1"} Some("<r><a>1</a></r>")"#,
            ),
            ("application/json", object(json!({"serializedValue": "{"})), r#"e "{" Some("{")"#),
            ("application/json", object(json!({"summary": "nothing"})), ""),
        ];
        for (name, object, expected) in table {
            assert_eq!(told(name, &object).join(", "), expected, "{name} {object}");
        }
    }
}
