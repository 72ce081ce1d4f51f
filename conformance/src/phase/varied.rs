//! A value taken apart: every node of it replaced in turn, by the schema that holds there.

use serde_json::{Map, Value};

use super::boundaries;

/// The most alternatives tried at one node.
const MAX_ALTERNATIVES: usize = 8;
/// The deepest schema that is gone by, references and alternatives counted.
const MAX_DEPTH: usize = 12;
/// The most values of one request that are varied.
const MAX_NODES: usize = 400;

/// The values that differ from a value in one node, by the schema that holds there.
///
/// Where a schema has alternatives, what others have there is tried as well: each may be of another alternative.
pub(super) fn varied(schema: &Value, value: &Value, others: &[Value]) -> Vec<Value> {
    let mut walk = Walk { root: schema, value, others, settled: None, nodes: 0, found: Vec::new() };
    walk.node(schema, value, "", 0);
    walk.found
}

struct Walk<'v> {
    root: &'v Value,
    value: &'v Value,
    others: &'v [Value],
    /// The node where one of several alternatives was put, so that no others are.
    settled: Option<&'v str>,
    nodes: usize,
    found: Vec<Value>,
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
        let mut whole = self.value.clone();
        let Some(place) = whole.pointer_mut(pointer) else { return };
        *place = alternative;
        let Some(node) = whole.pointer(pointer) else { return };
        let (nodes, found) = (self.nodes, Vec::new());
        let mut walk = Walk {
            root: self.root,
            value: &whole,
            others: self.others,
            settled: Some(pointer),
            nodes,
            found,
        };
        walk.applicators(schema, node, pointer, depth + 1);
        let Walk { nodes, found, .. } = walk;
        self.nodes = nodes;
        self.found.extend(found);
    }

    fn replace(&mut self, pointer: &str, replacement: Value) {
        let mut whole = self.value.clone();
        if let Some(place) = whole.pointer_mut(pointer)
            && *place != replacement
        {
            *place = replacement;
            self.found.push(whole);
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

    #[test]
    fn alternatives_that_a_request_was_not_drawn_of_are_varied_as_well() {
        let schema = json!({"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]});
        let found = varied(&schema, &Value::Null, &[Value::from("ab")]);
        for text in ["ab", "abb", "abbb"] {
            assert!(found.contains(&text.into()), "{text}: {found:?}");
        }
    }
}
