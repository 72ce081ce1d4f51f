//! What the schema of a response says of the properties of an object.

use counterfoil_openapi::Direction;
use serde_json::Value;

use super::Observation;

/// How many references and combinations are gone by.
const MAX_DEPTH: usize = 8;

/// The schema of a response's body, where its media type has one, as a document of its own.
pub(super) fn body<'a>(observation: &'a Observation<'_>) -> Option<&'a Value> {
    let media = observation.response_reading()?.media?;
    Some(media.schema.as_ref()?.bundle(Direction::Response))
}

/// Whether a schema has a property that a response may have.
pub(super) fn declares(root: &Value, name: &str) -> bool {
    any(root, root, 0, &|schema| {
        let property = schema.get("properties").and_then(|properties| properties.get(name));
        property.is_some_and(|property| property.get("writeOnly") != Some(&Value::Bool(true)))
    })
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
