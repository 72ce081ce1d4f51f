//! Bodies in parts, one of which says to be of another media type than the document has for it.

use bytes::Bytes;
use counterfoil_openapi::codec::{self, RequestValues};
use counterfoil_openapi::{MediaType, Operation, StatusPattern};

/// What such a part says to be.
const OTHER: &str = "text/x-counterfoil";
/// Beginnings of media types that nobody takes for text, or for just any bytes.
const TELLING: [&str; 6] = ["image/", "audio/", "video/", "application/pdf", "application/zip", "font/"];

/// The bodies that differ from that of a request in the media type of one part, where the document has nothing but
/// images, sounds and the like for it, and says by a 415 that other media types are refused: many take an Encoding
/// Object for what clients write, and check the bytes instead.
pub(super) fn of_other_types(operation: &Operation, base: &RequestValues, media: &MediaType) -> Vec<Bytes> {
    if operation.responses().get(StatusPattern::Exact(415)).is_none() {
        return Vec::new();
    }
    let is_telling =
        |name: &str| TELLING.iter().any(|start| name.trim().to_ascii_lowercase().starts_with(start));
    let wanted: Vec<&str> = media
        .encoding
        .by_name
        .iter()
        .filter(|encoding| {
            encoding.content_types().next().is_some() && encoding.content_types().all(is_telling)
        })
        .map(|encoding| encoding.property.as_str())
        .collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let Ok(sent) = codec::encode_request(operation, base) else { return Vec::new() };
    wanted.into_iter().filter_map(|name| retyped(&sent.body, name)).collect()
}

/// A body whose part of a name says to be of another type.
fn retyped(body: &[u8], name: &str) -> Option<Bytes> {
    let position = |from: usize, wanted: &[u8]| {
        let found =
            body.get(from..)?.windows(wanted.len()).position(|part| part.eq_ignore_ascii_case(wanted))?;
        Some(from + found)
    };
    let named = position(0, format!("; name=\"{name}\"").as_bytes())?;
    let start = position(named, b"\r\ncontent-type: ")? + b"\r\ncontent-type: ".len();
    // No later than the headers of this part end.
    let end = position(named, b"\r\n\r\n").filter(|end| start < *end)?;
    let line = position(start, b"\r\n")?.min(end);
    Some([&body[..start], OTHER.as_bytes(), &body[line..]].concat().into())
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;
    use counterfoil_openapi::codec::{BodyValue, Payload};
    use serde_json::json;

    use super::*;

    #[test]
    fn only_parts_of_a_telling_type_say_to_be_of_another() {
        let document = |types: &str, refusal: u16| {
            format!(
                "openapi: 3.0.3\npaths: {{/pets: {{post: {{requestBody: {{content: {{multipart/form-data: {{schema: {{type: object, properties: {{name: {{type: string}}, photo: {{type: string, format: binary}}}}}}, encoding: {{photo: {{contentType: '{types}'}}}}}}}}}}, responses: {{'{refusal}': {{description: no}}}}}}}}}}\n"
            )
        };
        for (types, refusal, count) in [
            ("image/png", 415, 1),
            ("image/png", 400, 0),
            ("image/png, image/*", 415, 1),
            ("image/png, */*", 415, 0),
            ("text/csv", 415, 0),
        ] {
            let contract = Contract::load("pets.yaml", document(types, refusal).as_bytes()).unwrap();
            let operation = &contract.operations()[0];
            let media = &operation.request_body().unwrap().content.iter().next().unwrap();
            let payload = Payload::Value(json!({"name": "a", "photo": "x"}));
            let body = BodyValue { media_type: "multipart/form-data".to_owned(), payload };
            let base = RequestValues { body: Some(body), ..RequestValues::default() };
            let bodies = of_other_types(operation, &base, media);
            assert_eq!(bodies.len(), count, "{types} {refusal}");
            for body in bodies {
                let text = String::from_utf8(body.to_vec()).unwrap();
                assert_eq!(text.matches("text/x-counterfoil\r\n").count(), 1, "{text}");
                assert!(!text.contains("image/png"), "{text}");
            }
        }
    }
}
