//! Requests that set what the document leaves to the server: properties that are `readOnly`.

use std::collections::BTreeMap;

use counterfoil_openapi::codec::{Payload, RequestValues};
use counterfoil_openapi::{Operation, Schema};
use serde_json::{Value, json};

use crate::check::is_read_only;

/// A time long before any server was asked to keep one.
const TIME: &str = "2001-02-03T04:05:06Z";
/// The least number that no server comes to by counting what the suite makes, and nobody draws.
const LEAST: u64 = 1_618_000_000;
/// How many numbers there are from there on.
const SPAN: u64 = 30_000;
/// What the UUIDs begin with.
const UUID: &str = "c0ffee00-0000-4000-8000-";
/// What texts begin with.
const TEXT: &str = "forged";

/// Whether a value is one that a [`forged`] request sets.
pub(crate) fn is_forged(value: &Value) -> bool {
    let is_own = |text: &str| text == TIME || text.starts_with(UUID) || text.starts_with(TEXT);
    match value {
        Value::String(text) => is_own(text),
        value => value.as_u64().is_some_and(|number| (LEAST..LEAST + SPAN).contains(&number)),
    }
}

/// A request with every property of its body that is `readOnly`, here and in what a reading shows, set to a value that
/// no server would come to by itself; nothing where there is none. `number` makes one different from the next.
pub(super) fn forged(
    maker: &Operation,
    reader: &Operation,
    made: &RequestValues,
    number: u64,
) -> Option<RequestValues> {
    let root = maker.document().root();
    let body = made.body.as_ref()?;
    let sent = body.payload.as_value()?.as_object()?;
    let media = maker.request_body()?.content.iter().find(|media| media.name == body.media_type)?;
    let schema = media.schema.as_ref()?.resolved();
    let shown: Vec<&Schema> = reader
        .responses()
        .iter()
        .filter(|response| response.status.to_string() == "200")
        .flat_map(|response| response.content.iter().filter_map(|media| media.schema.as_ref()))
        .collect();
    let is_hidden = |name: &str| {
        !shown.is_empty() && shown.iter().all(|schema| is_read_only(root, schema.resolved(), name))
    };
    let values: BTreeMap<&String, Value> = properties(root, schema)
        .filter(|(name, _)| is_read_only(root, schema, name) && is_hidden(name) && !sent.contains_key(*name))
        .filter_map(|(name, property)| Some((name, value(property, number)?)))
        .collect();
    if values.is_empty() {
        return None;
    }
    let mut forged = made.clone();
    let Some(Payload::Value(Value::Object(members))) = forged.body.as_mut().map(|body| &mut body.payload)
    else {
        return None;
    };
    members.extend(values.into_iter().map(|(name, value)| (name.clone(), value)));
    Some(forged)
}

/// The properties that a schema declares by itself or in a part of it, references within the document followed.
fn properties<'a>(root: &'a Value, schema: &'a Value) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let part = |part: &'a Value| {
        let target = part.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
        target.and_then(|target| root.pointer(target)).unwrap_or(part)
    };
    let parts = schema.get("allOf").and_then(Value::as_array).into_iter().flatten().map(part);
    [schema].into_iter().chain(parts).filter_map(|schema| schema.get("properties")?.as_object()).flatten()
}

/// A value of a property that says what it is, and admits almost any: an integer, a time, a UUID, a text.
fn value(property: &Value, number: u64) -> Option<Value> {
    if ["enum", "const", "pattern", "multipleOf", "allOf", "anyOf", "oneOf"]
        .iter()
        .any(|keyword| property.get(keyword).is_some())
    {
        return None;
    }
    let own = LEAST + number % SPAN;
    match (property.get("type")?.as_str()?, property.get("format").and_then(Value::as_str)) {
        ("integer", _) => {
            let is_admitted = property.get("maximum").is_none_or(|most| most.as_u64() >= Some(own));
            is_admitted.then(|| json!(own))
        }
        ("string", Some("date-time")) => Some(json!(TIME)),
        ("string", Some("uuid")) => Some(json!(format!("{UUID}{own:012}"))),
        ("string", None) => {
            let text = format!("{TEXT}{}", number % SPAN);
            let length = u64::try_from(text.len()).ok();
            let is_admitted = property.get("maxLength").is_none_or(|most| most.as_u64() >= length);
            is_admitted.then(|| json!(text))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;
    use counterfoil_openapi::codec::BodyValue;

    use super::*;

    #[test]
    fn what_only_the_server_sets_is_set() {
        let text = r##"
openapi: 3.0.3
info: {title: t, version: "1"}
paths:
  /pets:
    post:
      operationId: add
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
      responses: {}
  /pets/{id}:
    get:
      operationId: read
      responses: {'200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}}
  /pets/{id}/summary:
    get:
      operationId: other
      responses: {'200': {description: ok, content: {application/json: {schema: {type: object, properties: {id: {type: integer}}}}}}}
components:
  schemas:
    Pet:
      type: object
      properties:
        id: {type: integer, readOnly: true}
        made: {type: string, format: date-time, readOnly: true}
        uuid: {$ref: '#/components/schemas/Uuid'}
        rank: {type: integer, maximum: 9, readOnly: true}
        state: {type: string, enum: [new, old], readOnly: true}
        name: {type: string}
    Uuid: {type: string, format: uuid, readOnly: true}
"##;
        let contract = Contract::load("pets.yaml", text.as_bytes()).unwrap();
        let of = |id: &str| contract.operation(id).unwrap();
        let mut made = RequestValues::default();
        let payload = Payload::Value(json!({"name": "Rex"}));
        made.body = Some(BodyValue { media_type: "application/json".to_owned(), payload });
        let forged = forged(of("add"), of("read"), &made, 5).unwrap();
        let body = forged.body.unwrap().payload.as_value().cloned().unwrap();
        assert_eq!(body, json!({"name": "Rex", "id": 1_618_000_005, "made": TIME}));
        let members = body.as_object().unwrap().values();
        assert_eq!(members.filter(|value| is_forged(value)).count(), 2);
        // Whether what is read is the same property, nobody says.
        assert!(super::forged(of("add"), of("other"), &made, 5).is_none());
    }
}
