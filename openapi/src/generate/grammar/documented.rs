//! What the Schema Objects of a node give as examples of its values.

use std::collections::HashSet;

use serde_json::Value;

use super::node::{Grammar, Node};
use super::shape::{Shape, ShapeId};

/// The most examples of one node that are looked at.
const MAX_EXAMPLES: usize = 16;

/// The most Schema Objects of one node that are looked at.
const MAX_SHAPES: usize = 32;

impl Grammar {
    /// The values that a node's Schema Objects show: `example`, `examples`, then `default`, as far as they are valid
    /// and say something.
    ///
    /// Of the parts of an `allOf` only scalars are taken, since the object that a part shows is a part as well.
    pub(crate) fn documented<'n>(&self, node: &'n Node) -> &'n [Value] {
        node.documented.get_or_init(|| {
            let mut shown = Vec::new();
            let mut seen = HashSet::new();
            let mut pending: Vec<(ShapeId, bool)> = node.key.iter().rev().map(|id| (*id, false)).collect();
            while let Some((id, is_part)) = pending.pop() {
                if !seen.insert(id) || seen.len() > MAX_SHAPES {
                    continue;
                }
                let shape = self.shape(id);
                self.show(shape, is_part || node.key.len() > 1, &mut shown);
                pending.extend(shape.all_of.iter().rev().map(|part| (*part, true)));
                pending.extend(self.reference(shape).map(|target| (target, is_part)));
            }
            shown.retain(|value| self.admits(node, value));
            shown
        })
    }

    /// Adds the examples that one Schema Object gives.
    fn show(&self, shape: &Shape, is_part: bool, shown: &mut Vec<Value>) {
        let found = self.written(shape, |source| {
            let listed = source.get("examples").and_then(Value::as_array).into_iter().flatten();
            let examples = source.get("example").into_iter().chain(listed).chain(source.get("default"));
            examples
                .filter(|value| says_something(value) && !(is_part && is_container(value)))
                .take(MAX_EXAMPLES)
                .cloned()
                .collect::<Vec<Value>>()
        });
        shown.extend(found.into_iter().flatten().take(MAX_EXAMPLES.saturating_sub(shown.len())));
    }
}

fn is_container(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}
