//! A value taken apart: every node of it replaced in turn, by the schema that holds there.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::boundaries;

/// The most alternatives tried at one node.
const MAX_ALTERNATIVES: usize = 8;
/// The deepest schema that is gone by, references and alternatives counted.
const MAX_DEPTH: usize = 12;
/// The most values of one request that are varied.
const MAX_NODES: usize = 400;

/// A value that differs from another one in one node. It holds that node alone: there are thousands of them, each of a
/// value that may be large.
#[derive(Debug)]
pub(super) struct Varied {
    whole: Arc<Value>,
    pointer: String,
    replacement: Value,
}

impl Varied {
    /// Whether the node is that of a pointer, or within it.
    pub(super) fn is_within(&self, pointer: &str) -> bool {
        self.pointer.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The value itself.
    pub(super) fn value(self) -> Value {
        let mut whole = Value::clone(&self.whole);
        if let Some(place) = whole.pointer_mut(&self.pointer) {
            *place = self.replacement;
        }
        whole
    }
}

/// The values that differ from a value in one node, by the schema that holds there.
///
/// Where a schema has alternatives, what others have there is tried as well: each may be of another alternative.
pub(super) fn varied(schema: &Value, value: &Value, others: &[Value]) -> Vec<Varied> {
    let whole = Arc::new(value.clone());
    let mut walk = Walk {
        root: schema,
        whole: &whole,
        others,
        settled: None,
        nodes: 0,
        replaced: HashSet::new(),
        found: Vec::new(),
    };
    walk.node(schema, &whole, "", 0);
    walk.found
}

struct Walk<'v> {
    root: &'v Value,
    whole: &'v Arc<Value>,
    others: &'v [Value],
    /// The node where one of several alternatives was put, so that no others are.
    settled: Option<&'v str>,
    nodes: usize,
    /// The nodes that were replaced, each with what by: several schemas speak of the same node.
    replaced: HashSet<u64>,
    found: Vec<Varied>,
}

impl<'v> Walk<'v> {
    fn node(&mut self, schema: &'v Value, node: &'v Value, pointer: &str, depth: usize) {
        let Some(schema) = schema.as_object() else { return };
        if depth > MAX_DEPTH || self.nodes >= MAX_NODES {
            return;
        }
        self.nodes += 1;
        for replacement in boundaries::values(schema, node) {
            self.replace(pointer, replacement);
        }
        let has_alternatives = schema.contains_key("anyOf") || schema.contains_key("oneOf");
        if has_alternatives && self.settled != Some(pointer) {
            for alternative in self.alternatives(pointer, node) {
                self.replace(pointer, alternative.clone());
                self.within(schema, alternative, pointer, depth);
            }
        }
        self.applicators(schema, node, pointer, depth);
    }

    /// Varies an alternative in its turn: what holds of it alone has boundaries of its own.
    fn within(&mut self, schema: &Map<String, Value>, alternative: Value, pointer: &str, depth: usize) {
        let mut whole = Value::clone(self.whole);
        let Some(place) = whole.pointer_mut(pointer) else { return };
        *place = alternative;
        let whole = Arc::new(whole);
        let Some(node) = whole.pointer(pointer) else { return };
        let (nodes, found) = (self.nodes, Vec::new());
        let mut walk = Walk {
            root: self.root,
            whole: &whole,
            others: self.others,
            settled: Some(pointer),
            nodes,
            replaced: HashSet::new(),
            found,
        };
        walk.applicators(schema, node, pointer, depth + 1);
        let Walk { nodes, found, .. } = walk;
        self.nodes = nodes;
        self.found.extend(found);
    }

    fn replace(&mut self, pointer: &str, replacement: Value) {
        if self.whole.pointer(pointer).is_none_or(|place| *place == replacement) {
            return;
        }
        let mut hasher = DefaultHasher::new();
        (pointer, &replacement).hash(&mut hasher);
        if self.replaced.insert(hasher.finish()) {
            let (whole, pointer) = (Arc::clone(self.whole), pointer.to_owned());
            self.found.push(Varied { whole, pointer, replacement });
        }
    }

    /// What other values have at a node, one of each make: of the same type, with members of the same names.
    fn alternatives(&self, pointer: &str, node: &Value) -> Vec<Value> {
        let mut makes = vec![make(node)];
        let mut found = Vec::new();
        for value in self.others.iter().filter_map(|other| other.pointer(pointer)) {
            let make = make(value);
            if found.len() < MAX_ALTERNATIVES && !makes.contains(&make) {
                makes.push(make);
                found.push(value.clone());
            }
        }
        found
    }

    /// Goes on with the schemas that hold at the same node, then with those of its members.
    fn applicators(&mut self, schema: &'v Map<String, Value>, node: &'v Value, pointer: &str, depth: usize) {
        let target =
            schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
        if let Some(target) = target.and_then(|target| self.root.pointer(target)) {
            self.node(target, node, pointer, depth + 1);
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            for part in schema.get(keyword).and_then(Value::as_array).into_iter().flatten() {
                self.node(part, node, pointer, depth + 1);
            }
        }
        match node {
            Value::Object(members) => {
                let properties = schema.get("properties").and_then(Value::as_object);
                for (name, member) in members {
                    let declared = properties.and_then(|properties| properties.get(name));
                    let Some(part) = declared.or_else(|| schema.get("additionalProperties")) else {
                        continue;
                    };
                    let name = name.replace('~', "~0").replace('/', "~1");
                    self.node(part, member, &format!("{pointer}/{name}"), depth + 1);
                }
            }
            Value::Array(items) => {
                let first = schema.get("prefixItems").and_then(Value::as_array);
                let first = first.map_or(&[][..], Vec::as_slice);
                for (at, (part, item)) in first.iter().zip(items).enumerate() {
                    self.node(part, item, &format!("{pointer}/{at}"), depth + 1);
                }
                if let (Some(part), Some(item)) = (schema.get("items"), items.get(first.len())) {
                    self.node(part, item, &format!("{pointer}/{}", first.len()), depth + 1);
                }
            }
            _ => {}
        }
    }
}

/// The type of a value, and the names of its members.
fn make(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "boolean".to_owned(),
        Value::Number(_) => "number".to_owned(),
        Value::String(_) => "string".to_owned(),
        Value::Array(items) => format!("array of {}", items.first().map(make).unwrap_or_default()),
        Value::Object(members) => {
            let mut names: Vec<&str> = members.keys().map(String::as_str).collect();
            names.sort_unstable();
            names.join(" ")
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values(schema: &Value, value: &Value, others: &[Value]) -> Vec<Value> {
        varied(schema, value, others).into_iter().map(Varied::value).collect()
    }

    #[test]
    fn alternatives_that_a_request_was_not_drawn_of_are_varied_as_well() {
        let schema = json!({"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]});
        let found = values(&schema, &Value::Null, &[Value::from("ab")]);
        for text in ["ab", "abb", "abbb"] {
            assert!(found.contains(&text.into()), "{text}: {found:?}");
        }
    }

    #[test]
    fn what_many_alternatives_say_of_one_node_is_tried_once() {
        let alternative = |number: usize| json!({"properties": {format!("p{number}"): {"type": "string"}}});
        let schema = json!({"oneOf": (0..20).map(alternative).collect::<Vec<_>>()});
        let found = values(&schema, &json!({"p0": "a"}), &[]);
        assert!(found.contains(&Value::Null) && found.contains(&json!({"p0": ""})), "{found:?}");
        for (at, value) in found.iter().enumerate() {
            assert!(!found[..at].contains(value), "{value} twice");
        }
    }

    #[test]
    fn large_values_are_not_kept_once_for_each_variation() {
        let value = json!({"text": "a".repeat(100_000), "list": ["b"]});
        let schema = json!({"properties": {"list": {"type": "array", "items": {"type": "string"}}}});
        let found = varied(&schema, &value, &[]);
        assert!(found.len() > 10, "{}", found.len());
        assert!(found.iter().all(|varied| Arc::ptr_eq(&varied.whole, &found[0].whole)));
        assert!(found.into_iter().map(Varied::value).any(|varied| varied["list"] == json!([""])));
    }
}
