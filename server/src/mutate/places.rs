//! The places in a value, and in a schema.

use std::collections::HashSet;

use counterfoil_openapi::codec::RequestValues;
use counterfoil_openapi::{Direction, Location, Operation};
use serde_json::{Map, Value};

/// The most places of one value that are looked at.
const MAX_PLACES: usize = 300;
/// The deepest place of a value or a schema that is looked at.
const MAX_DEPTH: usize = 10;

/// The places of a value as JSON Pointers, the last and deepest first.
pub(super) fn of_value(value: &Value) -> Vec<String> {
    fn walk(value: &Value, pointer: &str, depth: usize, found: &mut Vec<String>) {
        if depth > MAX_DEPTH || found.len() >= MAX_PLACES {
            return;
        }
        found.push(pointer.to_owned());
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    walk(member, &below(pointer, name), depth + 1, found);
                }
            }
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    walk(item, &format!("{pointer}/{at}"), depth + 1, found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(value, "", 0, &mut found);
    found.reverse();
    found
}

fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// A schema object and a value that it holds of.
pub(super) type Seen<'v> = (&'v Map<String, Value>, &'v Value);

/// Whether something holds of any value of a request and a schema object that speaks of it, by the location of its
/// parameter; none for the body.
pub(super) fn any_value(
    operation: &Operation,
    values: &RequestValues,
    is_it: &dyn Fn(Option<Location>, Seen<'_>) -> bool,
) -> bool {
    let of_parameter = operation.parameters().iter().any(|parameter| {
        let Some(value) = value_of(values, parameter.location, &parameter.name) else { return false };
        parameter.value_schema().is_some_and(|schema| {
            let root = schema.bundle(Direction::Request);
            seen(root, root, value, 0, &|seen| is_it(Some(parameter.location), seen))
        })
    });
    of_parameter
        || body(operation, values)
            .is_some_and(|(root, value)| seen(&root, &root, value, 0, &|seen| is_it(None, seen)))
}

/// The value of a parameter.
pub(super) fn value_of<'v>(values: &'v RequestValues, location: Location, name: &str) -> Option<&'v Value> {
    match location {
        Location::Path => values.path.get(name),
        Location::Query | Location::QueryString => values.query.get(name),
        Location::Header => values.header.get(name),
        Location::Cookie => values.cookie.get(name),
        _ => None,
    }
}

/// The schema of the body of a request, and its value.
pub(super) fn body<'v>(
    operation: &Operation,
    values: &'v RequestValues,
) -> Option<(std::sync::Arc<Value>, &'v Value)> {
    let sent = values.body.as_ref()?;
    let media = operation.request_body()?.content.matching(&sent.media_type)?;
    Some((std::sync::Arc::clone(media.schema.as_ref()?.bundle(Direction::Request)), sent.payload.as_value()?))
}

/// Whether something holds of any value within a value and a schema object that speaks of it.
pub(super) fn seen_in(root: &Value, value: &Value, is_it: &dyn Fn(Seen<'_>) -> bool) -> bool {
    seen(root, root, value, 0, is_it)
}

fn seen(root: &Value, schema: &Value, value: &Value, depth: usize, is_it: &dyn Fn(Seen<'_>) -> bool) -> bool {
    let Some(object) = schema.as_object().filter(|_| depth <= MAX_DEPTH) else { return false };
    if is_it((object, value)) {
        return true;
    }
    let go_on = |schema: &Value, value: &Value| seen(root, schema, value, depth + 1, is_it);
    if same_place(root, object).any(|schema| go_on(schema, value)) {
        return true;
    }
    match value {
        Value::Object(members) => members.iter().any(|(name, member)| {
            let declared = object.get("properties").and_then(|properties| properties.get(name));
            declared
                .or_else(|| object.get("additionalProperties"))
                .is_some_and(|schema| go_on(schema, member))
        }),
        Value::Array(items) => {
            object.get("items").is_some_and(|schema| items.iter().any(|item| go_on(schema, item)))
        }
        _ => false,
    }
}

/// The schemas that speak of the same value as a schema object.
pub(super) fn same_place<'s>(
    root: &'s Value,
    object: &'s Map<String, Value>,
) -> impl Iterator<Item = &'s Value> {
    let target = object.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
    let applied =
        ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|keyword| object.get(keyword)?.as_array());
    target.and_then(|target| root.pointer(target)).into_iter().chain(applied.flatten())
}

/// What is called with schema objects, by location as in [`any_value`].
type EachSchema<'e> = dyn FnMut(Option<Location>, &Map<String, Value>) + 'e;

/// Calls a function with every schema object that speaks of values of a request, by location as in [`any_value`].
pub(super) fn each_schema(operation: &Operation, each: &mut EachSchema<'_>) {
    for parameter in operation.parameters() {
        if let Some(schema) = parameter.value_schema() {
            let root = schema.bundle(Direction::Request);
            stated(root, root, 0, &mut HashSet::new(), &mut |object| each(Some(parameter.location), object));
        }
    }
    let media = operation.request_body().into_iter().flat_map(|body| body.content.iter());
    for schema in media.filter_map(|media| media.schema.as_ref()) {
        let root = schema.bundle(Direction::Request);
        stated(root, root, 0, &mut HashSet::new(), &mut |object| each(None, object));
    }
}

fn stated<'s>(
    root: &'s Value,
    schema: &'s Value,
    depth: usize,
    visited: &mut HashSet<*const Value>,
    each: &mut dyn FnMut(&Map<String, Value>),
) {
    let Some(object) = schema.as_object().filter(|_| depth <= MAX_DEPTH) else { return };
    if !visited.insert(std::ptr::from_ref(schema)) {
        return;
    }
    each(object);
    let properties = object.get("properties").and_then(Value::as_object);
    let below = properties.into_iter().flat_map(Map::values);
    let below =
        below.chain(["items", "additionalProperties"].into_iter().filter_map(|keyword| object.get(keyword)));
    for schema in same_place(root, object).chain(below) {
        stated(root, schema, depth + 1, visited, each);
    }
}
