//! Examples as they are sent: many are written down as the text of the body, whatever the schema says.

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::{Value, json};

use super::media::{self, Kind};
use super::{Payload, content_type, decode_body, encode_body};
use crate::contract::{Example, MediaType};
use crate::schema::Direction;

/// What an example stands for as the body of a message; `media` names the media type to be sent.
///
/// | media type | the example | is sent as |
/// |---|---|---|
/// | any | has the bytes as they are sent | those |
/// | JSON, text, bytes | any value | that value |
/// | form, YAML, multipart; XML that begins with `<` | a string | its text |
/// | a sequence | a string that is one | its text |
/// | | an array | its items |
/// | | anything else | the only item |
pub fn example_payload(media: &MediaType, example: &Example) -> Payload {
    match &example.serialized {
        Some(bytes) => Payload::Bytes(bytes.clone()),
        None => written_payload(media, &example.value),
    }
}

/// What a value stands for that somebody wrote down as a body: an example's, or a script's.
pub fn written_payload(media: &MediaType, value: &Value) -> Payload {
    let kind = media::kind(&media.name);
    let is_sequence = matches!(kind, Kind::JsonLines | Kind::EventStream);
    let is_text = |text: &str| match kind {
        Kind::Form | Kind::Yaml | Kind::Multipart => true,
        Kind::Xml => text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).starts_with('<'),
        _ => is_sequence && holds_items(media, text),
    };
    match value {
        Value::String(text) if is_text(text) => Payload::Bytes(Bytes::from(text.clone())),
        Value::Array(_) => Payload::Value(value.clone()),
        single if is_sequence => Payload::Value(json!([single])),
        value => Payload::Value(value.clone()),
    }
}

/// The value that a body is to its schema, once it is sent and read by its media type.
///
/// # Errors
///
/// Why it cannot be written or read; nothing is held to a schema where reading leaves bytes.
pub fn payload_value<'p>(
    media: &MediaType,
    payload: &'p Payload,
    direction: Direction,
) -> Result<Option<Cow<'p, Value>>, String> {
    let bytes = match payload {
        // Not every text is held to its schema: most formats of text are none that we read.
        Payload::Value(Value::String(_)) if matches!(media::kind(&media.name), Kind::Text | Kind::Binary) => {
            encode_body(media, payload).map_err(|error| error.to_string())?
        }
        Payload::Value(value) => return Ok(Some(Cow::Borrowed(value))),
        Payload::Bytes(bytes) => bytes.clone(),
    };
    match decode_body(media, &content_type(&media.name, &bytes), &bytes, direction)? {
        Payload::Value(value) => Ok(Some(Cow::Owned(value))),
        Payload::Bytes(_) => Ok(None),
    }
}

/// Whether a text is a sequence that is not empty.
fn holds_items(media: &MediaType, text: &str) -> bool {
    let read = decode_body(media, &media.name, &Bytes::copy_from_slice(text.as_bytes()), Direction::Response);
    matches!(read, Ok(Payload::Value(Value::Array(items))) if !items.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_example_is_what_somebody_wrote_down() {
        let bytes = |text: &'static str| Payload::Bytes(Bytes::from_static(text.as_bytes()));
        let table = [
            ("application/json", json!("{}"), Payload::Value(json!("{}"))),
            ("text/plain", json!("a"), Payload::Value(json!("a"))),
            ("application/xml", json!("<a/>"), bytes("<a/>")),
            ("application/xml", json!({"a": 1}), Payload::Value(json!({"a": 1}))),
            ("application/xml", json!("a"), Payload::Value(json!("a"))),
            ("application/x-www-form-urlencoded", json!("a=1"), bytes("a=1")),
            ("application/yaml", json!("a: 1"), bytes("a: 1")),
            ("application/jsonl", json!("1\n2\n"), bytes("1\n2\n")),
            ("application/jsonl", json!({"a": 1}), Payload::Value(json!([{"a": 1}]))),
            ("application/jsonl", json!([1]), Payload::Value(json!([1]))),
            ("text/event-stream", json!("data: a\n\n"), bytes("data: a\n\n")),
            ("text/event-stream", json!("a"), Payload::Value(json!(["a"]))),
        ];
        for (name, example, expected) in table {
            let media = MediaType::undocumented(name);
            assert_eq!(written_payload(&media, &example), expected, "{name} {example}");
        }
    }
}
