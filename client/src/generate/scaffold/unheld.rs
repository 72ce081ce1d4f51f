//! What the document says of messages that a scaffold does not do: told, so that nobody takes it for done.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use counterfoil_openapi::{Direction, Operation, Pointer, Schema};
use serde_json::Value;

use super::super::losses::Losses;
use super::super::place::Place;
use super::super::plan::preferred;

/// Keywords that hold values, in which nothing is a schema.
const VALUES: [&str; 5] = ["const", "default", "enum", "example", "examples"];

/// Tells the patterns that requests of an operation are not held to, and the media types that its replies never have.
pub(super) fn tell(operation: &Operation, losses: &mut Losses<'_>) {
    let root = operation.document().root();
    let parameters = operation.parameters().iter().filter_map(|parameter| parameter.value_schema());
    let bodies = operation.request_body().into_iter().flat_map(|body| body.content.iter());
    for schema in parameters.chain(bodies.filter_map(|media| media.schema.as_ref())) {
        for (pattern, pointer) in unheld(schema, root) {
            let message = format!(
                "requests are not held to the pattern `{pattern}`, which the validator does not take"
            );
            losses.noted("pattern-unheld", &pointer, message);
        }
    }
    for response in operation.responses().iter() {
        let Some(only) = preferred(&response.content) else { continue };
        for media in response.content.iter().filter(|media| !std::ptr::eq(*media, only)) {
            let message = format!(
                "the reply is `{}`, whatever a request accepts; `{}` is left to you",
                only.name, media.name
            );
            losses.noted("media-type-unserved", &media.pointer, message);
        }
    }
}

/// The patterns of a schema, and of all that it leads to, which are not in what requests are held to.
fn unheld(schema: &Schema, root: &Value) -> BTreeMap<String, Pointer> {
    let mut all = BTreeMap::new();
    let mut seen = HashSet::new();
    let mut queue = vec![Place::of(schema)];
    while let Some(place) = queue.pop() {
        if !seen.insert(place.pointer.clone()) {
            continue;
        }
        queue.extend(place.target(root));
        if let Some(pattern) = place.text("pattern") {
            all.entry(pattern.to_owned()).or_insert_with(|| place.pointer.join("pattern"));
        }
        queue.extend(inner(&place));
    }
    if !all.is_empty() {
        let mut held = BTreeSet::new();
        patterns(schema.bundle(Direction::Request), &mut held);
        all.retain(|pattern, _| !held.contains(pattern));
    }
    all
}

/// What stands in a node, but for values.
fn inner<'d>(place: &Place<'d>) -> Vec<Place<'d>> {
    match place.value {
        Value::Object(members) => {
            let members = members.iter().filter(|(name, _)| !VALUES.contains(&name.as_str()));
            members.map(|(name, value)| Place { pointer: place.pointer.join(name), value }).collect()
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.map(|(index, value)| Place { pointer: place.pointer.index(index), value }).collect()
        }
        _ => Vec::new(),
    }
}

fn patterns(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(members) => {
            found.extend(members.get("pattern").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| patterns(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| patterns(item, found)),
        _ => {}
    }
}
