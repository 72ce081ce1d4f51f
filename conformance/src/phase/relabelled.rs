//! The body of a request in other notations than those that the document has for it.

use bytes::Bytes;
use counterfoil_openapi::codec::media::{self, Kind};
use counterfoil_openapi::codec::{self, Payload};
use counterfoil_openapi::{MediaType, Operation, StatusPattern};
use serde_json::{Map, Value};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
/// Notations of JSON bodies that frameworks read by themselves, unless they are told not to.
const OTHERS: [&str; 3] = [FORM, "application/xml", JSON];

/// The media types that an operation with a JSON body does not document, each with the body of a request written in it,
/// where the document says by a 415 that other media types are refused.
pub(super) fn relabelled(
    operation: &Operation,
    media: &MediaType,
    value: &Value,
) -> Vec<(&'static str, Bytes)> {
    let refuses = operation.responses().get(StatusPattern::Exact(415)).is_some();
    if !refuses || media::kind(&media.name) != Kind::Json {
        return Vec::new();
    }
    // JSON of a kind of its own is often taken under its plain name (RFC 7644, section 3.1); a patch means another
    // thing then.
    let is_of_a_kind =
        |name: &str| name == JSON && media.name.contains("+json") && !media.name.contains("patch+json");
    let is_documented =
        |name: &str| operation.request_body().is_none_or(|body| body.content.matching(name).is_some());
    let written = |name: &'static str| {
        let media = MediaType { name: name.to_owned(), ..media.clone() };
        let written = |value: Value| codec::encode_body(&media, &Payload::Value(value)).ok();
        let whole = (name != FORM).then(|| written(value.clone())).flatten();
        let body = whole.or_else(|| written(plain(value)?))?;
        (!body.is_empty()).then_some((name, body))
    };
    let others = OTHERS.into_iter().filter(|name| !is_documented(name) && !is_of_a_kind(name));
    others.filter_map(written).collect()
}

/// An object with those of its members that every notation has a way to write; nothing where it is none.
fn plain(value: &Value) -> Option<Value> {
    let is_plain = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
    let members = value.as_object()?.iter().filter(|(_, value)| is_plain(value));
    Some(members.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>().into())
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_is_written_in_what_the_document_refuses() {
        let body = json!({"name": "a b", "age": 4, "tags": ["x"], "tame": true, "born": null});
        let form = (FORM, "name=a+b&age=4&tame=true");
        let json = ("application/json", r#"{"name":"a b","age":4,"tags":["x"],"tame":true,"born":null}"#);
        let table = [
            ("415", "application/json: *pet", vec![FORM, "application/xml"]),
            ("415", "application/merge-patch+json: *pet", vec![FORM, "application/xml", "application/json"]),
            ("415", "application/scim+json: *pet", vec![FORM, "application/xml"]),
            ("415", "application/json: *pet, application/xml: *pet", vec![FORM]),
            ("415", "application/json: *pet, '*/*': *pet", vec![]),
            ("415", "application/xml: *pet", vec![]),
            ("400", "application/json: *pet", vec![]),
            ("4XX", "application/json: *pet", vec![]),
        ];
        for (refusal, content, expected) in table {
            let document = format!(
                "openapi: 3.0.3\nx-pet: &pet {{schema: {{type: object}}}}\npaths: {{/pets: {{post: {{requestBody: {{content: {{{content}}}}}, responses: {{'{refusal}': {{description: no}}}}}}}}}}\n"
            );
            let contract = Contract::load("pets.yaml", document.as_bytes()).unwrap();
            let operation = &contract.operations()[0];
            let media = operation.request_body().unwrap().content.iter().next().unwrap();
            let found = relabelled(operation, media, &body);
            let names: Vec<&str> = found.iter().map(|(name, _)| *name).collect();
            assert_eq!(names, expected, "{refusal} {content}");
            for (name, bytes) in found {
                let known = [form, json].into_iter().find(|(known, _)| *known == name);
                assert!(known.is_none_or(|(_, text)| bytes == text), "{name}: {bytes:?}");
            }
        }
    }

    #[test]
    fn what_a_form_cannot_say_is_not_sent_as_one() {
        for (value, expected) in
            [(json!([1]), None), (json!("a"), None), (json!({"a": [1]}), Some(json!({})))]
        {
            assert_eq!(plain(&value), expected);
        }
    }
}
