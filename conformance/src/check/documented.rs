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

/// As [`admits`], of a member of a property.
pub(super) fn admits_member(
    observation: &Observation<'_>,
    body: &Map<String, Value>,
    (name, member): (&str, &str),
    value: &Value,
) -> bool {
    let Some(root) = self::body(observation) else { return false };
    let has =
        |schema: &Value, name: &str| schema.get("properties").is_some_and(|known| known.get(name).is_some());
    let is_declared = any(root, root, 0, &|schema| {
        let property = schema.get("properties").and_then(|known| known.get(name));
        property.is_some_and(|property| any(root, property, 0, &|schema| has(schema, member)))
    });
    let mut whole = body.get(name).cloned().unwrap_or_default();
    let Some(members) = whole.as_object_mut().filter(|_| is_declared) else { return false };
    members.insert(member.to_owned(), value.clone());
    admits(observation, body, name, &whole)
}

/// The value that a property has where none is given, as the schema of the response says.
pub(super) fn default<'a>(observation: &'a Observation<'_>, name: &str) -> Option<&'a Value> {
    said(observation, name, &|schema| schema.get("default"))
}

/// Whether the schema of a property lists the values that it may have.
pub(super) fn is_enumerated(observation: &Observation<'_>, name: &str) -> bool {
    said(observation, name, &|schema| schema.get("enum").or_else(|| schema.get("const"))).is_some()
}

/// Whether a property is one that only the server sets, as a schema of a document says whose root it is.
pub(crate) fn is_read_only(root: &Value, schema: &Value, name: &str) -> bool {
    property(root, schema, name, &is_marked).is_some()
}

/// Whether a property of the response is one that only the server sets.
pub(super) fn is_set_by_server(observation: &Observation<'_>, name: &str) -> bool {
    said(observation, name, &is_marked).is_some()
}

fn is_marked(schema: &Value) -> Option<&Value> {
    schema.get("readOnly").filter(|flag| **flag == Value::Bool(true))
}

/// What the schema of a property says, as it stands in the document.
fn said<'a>(
    observation: &'a Observation<'_>,
    name: &str,
    say: &dyn Fn(&'a Value) -> Option<&'a Value>,
) -> Option<&'a Value> {
    let root = observation.operation.document().root();
    let schema = observation.response_reading()?.media?.schema.as_ref()?.resolved();
    property(root, schema, name, say)
}

/// What the schemas of a property say, of a schema that has it.
fn property<'a>(
    root: &'a Value,
    schema: &'a Value,
    name: &str,
    say: &dyn Fn(&'a Value) -> Option<&'a Value>,
) -> Option<&'a Value> {
    find(root, schema, 0, &|schema| find(root, schema.get("properties")?.get(name)?, 0, say))
}

/// Whether a schema requires a property.
pub(super) fn requires(root: &Value, name: &str) -> bool {
    any(root, root, 0, &|schema| {
        let required = schema.get("required").and_then(Value::as_array);
        required.is_some_and(|required| required.iter().any(|required| required == name))
    })
}

fn any(root: &Value, schema: &Value, depth: usize, holds: &dyn Fn(&Value) -> bool) -> bool {
    find(root, schema, depth, &|schema| holds(schema).then_some(schema)).is_some()
}

/// What a schema or one that it refers to or is made of says.
fn find<'a>(
    root: &'a Value,
    schema: &'a Value,
    depth: usize,
    say: &dyn Fn(&'a Value) -> Option<&'a Value>,
) -> Option<&'a Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
    let target = target.and_then(|target| root.pointer(target));
    let parts = ["allOf", "anyOf", "oneOf"].iter().filter_map(|keyword| schema.get(keyword)?.as_array());
    let mut parts = target.into_iter().chain(parts.flatten());
    say(schema).or_else(|| parts.find_map(|part| find(root, part, depth + 1, say)))
}
