//! Examples as they are sent: many are written down as the text of the body, whatever the schema says.

use bytes::Bytes;
use serde_json::{Value, json};

use super::media::{self, Kind};
use super::{Payload, decode_body};
use crate::contract::MediaType;
use crate::schema::Direction;

/// What an example of a body stands for; `media` names the media type to be sent.
///
/// | media type | the example | is sent as |
/// |---|---|---|
/// | JSON, form, text, bytes | any value | that value |
/// | XML, YAML, multipart | a string | its text |
/// | a sequence | a string that is one | its text |
/// | | an array | its items |
/// | | anything else | the only item |
pub fn example_payload(media: &MediaType, example: &Value) -> Payload {
    let kind = media::kind(&media.name);
    let is_sequence = matches!(kind, Kind::JsonLines | Kind::EventStream);
    match example {
        Value::String(text)
            if matches!(kind, Kind::Xml | Kind::Yaml | Kind::Multipart)
                || (is_sequence && holds_items(media, text)) =>
        {
            Payload::Bytes(Bytes::from(text.clone()))
        }
        Value::Array(_) => Payload::Value(example.clone()),
        single if is_sequence => Payload::Value(json!([single])),
        value => Payload::Value(value.clone()),
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
            ("application/yaml", json!("a: 1"), bytes("a: 1")),
            ("application/jsonl", json!("1\n2\n"), bytes("1\n2\n")),
            ("application/jsonl", json!({"a": 1}), Payload::Value(json!([{"a": 1}]))),
            ("application/jsonl", json!([1]), Payload::Value(json!([1]))),
            ("text/event-stream", json!("data: a\n\n"), bytes("data: a\n\n")),
            ("text/event-stream", json!("a"), Payload::Value(json!(["a"]))),
        ];
        for (name, example, expected) in table {
            let media = MediaType::undocumented(name);
            assert_eq!(example_payload(&media, &example), expected, "{name} {example}");
        }
    }
}
