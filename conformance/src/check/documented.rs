//! What the schema of a response says of the properties of an object.

use counterfoil_openapi::Direction;
use serde_json::{Map, Value};

use super::Observation;

/// How many references and combinations are gone by.
const MAX_DEPTH: usize = 8;

/// The schema of a response's body, where its media type has one, as a document of its own.
pub(super) fn body<'a>(observation: &'a Observation<'_>) -> Option<&'a Value> {
    let media = observation.response_reading()?.media?;
    Some(media.schema.as_ref()?.bundle(Direction::Response))
}

/// Whether the schema of a response's body has a property, and admits a body that has a value in it: one that is
/// `writeOnly` it does not.
pub(super) fn admits(
    observation: &Observation<'_>,
    body: &Map<String, Value>,
    name: &str,
    value: &Value,
) -> bool {
    let media = observation.response_reading().and_then(|reading| reading.media);
    let Some(schema) = media.and_then(|media| media.schema.as_ref()) else { return false };
    let root = schema.bundle(Direction::Response);
    let is_declared =
        any(root, root, 0, &|schema| schema.get("properties").is_some_and(|known| known.get(name).is_some()));
    let mut whole = body.clone();
    whole.insert(name.to_owned(), value.clone());
    is_declared && schema.is_valid(&Value::Object(whole), Direction::Response)
}

/// Whether a schema requires a property.
pub(super) fn requires(root: &Value, name: &str) -> bool {
    any(root, root, 0, &|schema| {
        let required = schema.get("required").and_then(Value::as_array);
        required.is_some_and(|required| required.iter().any(|required| required == name))
    })
}

fn any(root: &Value, schema: &Value, depth: usize, holds: &dyn Fn(&Value) -> bool) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
    let target = target.and_then(|target| root.pointer(target));
    let parts = ["allOf", "anyOf", "oneOf"].iter().filter_map(|keyword| schema.get(keyword)?.as_array());
    holds(schema) || target.into_iter().chain(parts.flatten()).any(|part| any(root, part, depth + 1, holds))
}
