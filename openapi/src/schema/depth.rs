//! How deep schemas nest by references, and what is done about those that nest too deep.
//!
//! No text nests deeper than [`crate::MAX_DEPTH`], but references have no such end: twenty thousand schemas may each
//! refer to the next, and judging one value would take as many steps on the call stack. References are followed
//! [`MAX_LINKS`] deep; what lies beyond is taken to hold. To say what a value breaks all of a schema is compiled as
//! one, and that is done where references and the value together go no deeper than [`MAX_STEPS`].

use std::collections::HashMap;
use std::thread;

use serde_json::{Map, Value};

/// The most references that are followed within one another, at all levels of a value together.
pub(super) const MAX_LINKS: usize = 256;

/// The most steps that references and a value take together where errors are told.
pub(super) const MAX_STEPS: usize = 4_096;

/// The most references that lead on, one behind the other, where a schema says something of what they evaluate.
pub(super) const MAX_LOOKED_THROUGH: usize = 96;

/// The steps that any stack has room for.
const FEW_STEPS: usize = 96;

/// The stack, in bytes, for more steps than that; it costs memory only as far as it is used.
const STACK: usize = 96 << 20;

/// Keywords whose schemas judge the value itself, and no part of it: one schema, several, or several by name.
const SINGLE: [&str; 4] = ["not", "if", "then", "else"];
const LISTS: [&str; 3] = ["allOf", "anyOf", "oneOf"];
const MAPS: [&str; 1] = ["dependentSchemas"];

/// How many references of a bundle lead on without a step into the value, one behind the other, at the most. A circle
/// counts as long as it has schemas: how many of them are gone through hangs on where one enters it.
pub(crate) fn in_place(bundle: &Value) -> usize {
    let nothing = Map::new();
    let definitions = bundle.get("$defs").and_then(Value::as_object).unwrap_or(&nothing);
    let numbers: HashMap<&str, usize> =
        definitions.keys().enumerate().map(|(number, name)| (name.as_str(), number)).collect();
    let onward: Vec<Vec<usize>> = definitions
        .values()
        .map(|schema| targets(schema).into_iter().filter_map(|name| numbers.get(name).copied()).collect())
        .collect();
    let mut back: Vec<Vec<usize>> = vec![Vec::new(); onward.len()];
    for (from, targets) in onward.iter().enumerate() {
        targets.iter().for_each(|to| back[*to].push(from));
    }
    // What is left last is before all it leads to; from there, going back stays within a circle.
    let mut left = Vec::new();
    let mut seen = vec![false; onward.len()];
    (0..onward.len()).for_each(|start| leave(start, &onward, &mut seen, &mut left));
    let mut circle_of = vec![usize::MAX; onward.len()];
    let mut circles: Vec<Vec<usize>> = Vec::new();
    let mut seen = vec![false; onward.len()];
    for start in left.into_iter().rev() {
        let mut circle = Vec::new();
        leave(start, &back, &mut seen, &mut circle);
        circle.iter().for_each(|number| circle_of[*number] = circles.len());
        circles.push(circle);
    }
    let mut depths = vec![0; circles.len()];
    for (index, circle) in circles.iter().enumerate().rev() {
        let targets = circle.iter().flat_map(|number| &onward[*number]).map(|target| circle_of[*target]);
        let deepest = targets.filter(|target| *target != index).map(|target| depths[target]).max();
        depths[index] = circle.len() + deepest.unwrap_or(0);
    }
    depths.into_iter().max().unwrap_or(0)
}

/// Goes as far as ways lead from a start to what was not seen, and notes all of it in the order in which it is left.
fn leave(start: usize, ways: &[Vec<usize>], seen: &mut [bool], left: &mut Vec<usize>) {
    let mut pending = vec![(start, 0)];
    if std::mem::replace(&mut seen[start], true) {
        return;
    }
    while let Some((number, next)) = pending.last_mut() {
        match ways[*number].get(*next) {
            Some(target) => {
                *next += 1;
                if !std::mem::replace(&mut seen[*target], true) {
                    pending.push((*target, 0));
                }
            }
            None => {
                left.push(*number);
                pending.pop();
            }
        }
    }
}

/// The definitions that a schema refers to without a step into the value.
fn targets(schema: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    let mut pending = vec![schema];
    while let Some(schema) = pending.pop() {
        let Some(keywords) = schema.as_object() else { continue };
        let reference = keywords.get("$ref").and_then(Value::as_str);
        found.extend(reference.and_then(|reference| reference.strip_prefix("#/$defs/")));
        pending.extend(SINGLE.iter().filter_map(|keyword| keywords.get(*keyword)));
        let lists = LISTS.iter().filter_map(|keyword| keywords.get(*keyword)?.as_array());
        pending.extend(lists.flatten());
        let maps = MAPS.iter().filter_map(|keyword| keywords.get(*keyword)?.as_object());
        pending.extend(maps.flat_map(Map::values));
    }
    found
}

/// Does what takes some steps for each level of a value, with a stack that has room for them; nothing where that is
/// beyond measure.
pub(super) fn within<T: Send>(in_place: usize, value: &Value, act: impl FnOnce() -> T + Send) -> Option<T> {
    let steps = (in_place + 1) * (height(value) + 1);
    if steps <= FEW_STEPS {
        return Some(act());
    }
    if steps > MAX_STEPS {
        return None;
    }
    thread::scope(|scope| thread::Builder::new().stack_size(STACK).spawn_scoped(scope, act).ok()?.join().ok())
}

/// How deep a value nests.
fn height(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(height).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(height).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_that_stay_at_a_value_are_counted() {
        let to = |name: &str| json!({ "$ref": format!("#/$defs/{name}") });
        let rows = [
            (json!({}), 0),
            (json!({"$defs": {"A": {}}}), 1),
            (json!({"$defs": {"A": to("B"), "B": to("C"), "C": {}}}), 3),
            (
                json!({"$defs": {"A": {"allOf": [{"anyOf": [to("B")]}, to("C")]}, "B": {"not": to("C")}, "C": {}}}),
                3,
            ),
            (json!({"$defs": {"A": {"properties": {"a": to("B")}}, "B": {"items": to("A")}}}), 1),
            (json!({"$defs": {"A": {"oneOf": [to("B"), to("A")]}, "B": to("A"), "C": to("D"), "D": {}}}), 2),
            (
                json!({"$defs": {"A": {"oneOf": [to("B")]}, "B": {"allOf": [to("A"), to("C")]}, "C": to("D"), "D": {}}}),
                4,
            ),
            (json!({"$defs": {"A": to("B"), "B": to("C"), "C": to("A"), "D": to("A"), "E": to("D")}}), 5),
        ];
        for (bundle, expected) in rows {
            assert_eq!(in_place(&bundle), expected, "{bundle}");
        }
    }
}
