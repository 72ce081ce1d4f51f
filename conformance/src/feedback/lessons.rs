//! What the document does not say and a server told: fields that it wants all the same, and values that it refuses.
//!
//! Requests are made accordingly, so that one rule nobody wrote down does not hide all that lies behind it. Some still
//! go by the document alone.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_openapi::codec::{Payload, RequestValues};
use counterfoil_openapi::{Direction, Operation, folded};
use indexmap::IndexMap;
use serde_json::Value;

/// The most names of one operation.
const MAX_NAMES: usize = 500;
/// The deepest member of a body that is looked at.
const MAX_DEPTH: usize = 5;
/// Refusals of a value before another one is put in its place.
const MIN_REFUSALS: u32 = 2;

/// What was learnt of one operation.
#[derive(Debug, Default, Clone)]
pub(crate) struct Lessons {
    fields: BTreeMap<String, Lesson>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Lesson {
    /// Refusals that named it where it was left out.
    missing: u32,
    /// Refusals that named it where it was there.
    refused: u32,
}

impl Lessons {
    /// Takes in that valid values were refused because of some fields.
    pub(crate) fn take(&mut self, values: &RequestValues, fields: &BTreeSet<String>) {
        for field in fields {
            let lesson = self.fields.entry(field.clone()).or_default();
            let is_there = !each(values, &mut |name| folded(name) == *field);
            if is_there { lesson.refused += 1 } else { lesson.missing += 1 }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Values changed by what was learnt: fields that are wanted are taken from `donors`, requests that have them, and
    /// so are values of fields that were refused, or those are left out. Which of both, a number decides. Nothing where
    /// nothing changes.
    pub(crate) fn heed(
        &self,
        values: &RequestValues,
        donors: &[&RequestValues],
        choice: u64,
    ) -> Option<RequestValues> {
        let mut heeded = values.clone();
        for (field, lesson) in &self.fields {
            let is_absent = each(&heeded, &mut |name| folded(name) == *field);
            if is_absent && lesson.missing > 0 {
                for donor in donors {
                    if give(&mut heeded, donor, field) {
                        break;
                    }
                }
            } else if !is_absent && lesson.refused >= MIN_REFUSALS && lesson.refused > lesson.missing {
                let is_given = choice.is_multiple_of(2)
                    && donors.first().is_some_and(|donor| give(&mut heeded, donor, field));
                if !is_given {
                    leave_out(&mut heeded, field);
                }
            }
        }
        (heeded != *values).then_some(heeded)
    }
}

fn maps(values: &RequestValues) -> [&IndexMap<String, Value>; 4] {
    [&values.path, &values.query, &values.header, &values.cookie]
}

/// Whether `is_it` says no to every name of a request.
fn each(values: &RequestValues, is_it: &mut dyn FnMut(&str) -> bool) -> bool {
    fn walk(value: &Value, depth: usize, is_it: &mut dyn FnMut(&str) -> bool) -> bool {
        if depth > MAX_DEPTH {
            return true;
        }
        match value {
            Value::Object(members) => {
                members.iter().all(|(name, member)| !is_it(name) && walk(member, depth + 1, is_it))
            }
            Value::Array(items) => items.iter().take(4).all(|item| walk(item, depth + 1, is_it)),
            _ => true,
        }
    }
    let body = values.body.as_ref().and_then(|body| body.payload.as_value());
    maps(values).into_iter().all(|map| map.keys().all(|name| !is_it(name)))
        && body.is_none_or(|body| walk(body, 0, is_it))
}

/// Copies a field, wherever a donor has it, to the same place of another request.
fn give(values: &mut RequestValues, donor: &RequestValues, field: &str) -> bool {
    let places = [
        (&mut values.query, &donor.query),
        (&mut values.header, &donor.header),
        (&mut values.cookie, &donor.cookie),
    ];
    for (to, from) in places {
        if let Some((name, value)) = from.iter().find(|(name, _)| folded(name) == field) {
            to.insert(name.clone(), value.clone());
            return true;
        }
    }
    let (Some(to), Some(from)) = (&mut values.body, &donor.body) else { return false };
    match (&mut to.payload, &from.payload) {
        (Payload::Value(to), Payload::Value(from)) => give_member(to, from, field, 0),
        _ => false,
    }
}

fn give_member(to: &mut Value, from: &Value, field: &str, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    match (to, from) {
        (Value::Object(to), Value::Object(from)) => {
            if let Some((name, value)) = from.iter().find(|(name, _)| folded(name) == field) {
                to.insert(name.clone(), value.clone());
                return true;
            }
            let mut is_given = false;
            for (name, member) in to.iter_mut() {
                if let Some(donor) = from.get(name) {
                    is_given |= give_member(member, donor, field, depth + 1);
                }
            }
            is_given
        }
        (Value::Array(to), Value::Array(from)) => {
            let Some(donor) = from.first() else { return false };
            let mut is_given = false;
            for item in to {
                is_given |= give_member(item, donor, field, depth + 1);
            }
            is_given
        }
        _ => false,
    }
}

fn leave_out(values: &mut RequestValues, field: &str) {
    for map in [&mut values.query, &mut values.header, &mut values.cookie] {
        map.retain(|name, _| folded(name) != field);
    }
    if let Some(body) = &mut values.body
        && let Payload::Value(body) = &mut body.payload
    {
        leave_out_member(body, field, 0);
    }
}

fn leave_out_member(value: &mut Value, field: &str, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::Object(members) => {
            members.retain(|name, _| folded(name) != field);
            members.values_mut().for_each(|member| leave_out_member(member, field, depth + 1));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| leave_out_member(item, field, depth + 1)),
        _ => {}
    }
}

/// The names of an operation's parameters and of the properties of its body, folded.
pub(crate) fn field_names(operation: &Operation) -> BTreeSet<String> {
    fn walk(schema: &Value, root: &Value, depth: usize, names: &mut BTreeSet<String>) {
        if depth > MAX_DEPTH * 2 || names.len() >= MAX_NAMES {
            return;
        }
        let reference =
            schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
        if let Some(target) = reference.and_then(|target| root.pointer(target)) {
            walk(target, root, depth + 1, names);
        }
        for (name, member) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            // What was met before was looked into before.
            if names.insert(folded(name)) {
                walk(member, root, depth + 1, names);
            }
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            for part in schema.get(keyword).and_then(Value::as_array).into_iter().flatten() {
                walk(part, root, depth + 1, names);
            }
        }
        if let Some(items) = schema.get("items") {
            walk(items, root, depth + 1, names);
        }
    }
    let mut names: BTreeSet<String> =
        operation.parameters().iter().map(|parameter| folded(&parameter.name)).collect();
    let media = operation.request_body().into_iter().flat_map(|body| body.content.iter());
    for schema in media.filter_map(|media| media.schema.as_ref()) {
        let bundle = schema.bundle(Direction::Request);
        walk(bundle, bundle, 0, &mut names);
    }
    names
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::codec::BodyValue;
    use serde_json::json;

    use super::*;

    fn body(value: Value) -> RequestValues {
        let body = BodyValue { media_type: "application/json".to_owned(), payload: Payload::Value(value) };
        RequestValues { body: Some(body), ..RequestValues::default() }
    }

    fn lessons(values: &RequestValues, field: &str) -> Lessons {
        let mut lessons = Lessons::default();
        for _ in 0..MIN_REFUSALS {
            lessons.take(values, &[field.to_owned()].into());
        }
        lessons
    }

    #[test]
    fn what_is_wanted_is_given_and_what_is_refused_is_replaced_or_left_out() {
        let donor = body(json!({"name": "Rex", "owner": {"age": 7}, "note": "fine"}));
        let lacking = body(json!({"name": "Ada", "owner": {}}));
        let taught = lessons(&lacking, "age");
        assert_eq!(
            taught.heed(&lacking, &[&donor], 0),
            Some(body(json!({"name": "Ada", "owner": {"age": 7}})))
        );
        assert_eq!(taught.heed(&donor, &[&donor], 0), None);
        let noted = body(json!({"name": "Ada", "note": "bad"}));
        let taught = lessons(&noted, "note");
        assert_eq!(taught.heed(&noted, &[&donor], 0), Some(body(json!({"name": "Ada", "note": "fine"}))));
        assert_eq!(taught.heed(&noted, &[&donor], 1), Some(body(json!({"name": "Ada"}))));
        assert_eq!(taught.heed(&noted, &[], 0), Some(body(json!({"name": "Ada"}))));
        assert!(Lessons::default().is_empty());
    }
}
