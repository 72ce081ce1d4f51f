//! A document lowered to what the client generator takes, without a loss in what the client can send.
//!
//! | in the document | lowered |
//! |---|---|
//! | an object with `oneOf` or `anyOf` beside its properties | one whole object per alternative, so that the generator makes an enum with a variant each |
//! | a string, number or boolean with a composition beside its type | the type alone |
//! | descriptions, summaries, titles | Markdown that is safe as a doc comment |

use serde_json::{Map, Value};

use super::prose;

/// Members that hold payloads of the API, which are no part of its description.
const PAYLOADS: [&str; 5] = ["default", "enum", "const", "example", "examples"];
const ALTERNATIVES: [&str; 2] = ["oneOf", "anyOf"];

/// Lowers a whole document in place.
pub(crate) fn document(node: &mut Value) {
    match node {
        Value::Array(items) => items.iter_mut().for_each(document),
        Value::Object(object) => {
            for (key, member) in object.iter_mut() {
                match (key.as_str(), member) {
                    (payload, _) if PAYLOADS.contains(&payload) => {}
                    ("description" | "summary" | "termsOfService", Value::String(text)) => {
                        *text = prose::as_doc_comment(text);
                    }
                    ("title", Value::String(text)) => *text = prose::as_plain_line(text),
                    (_, member) => document(member),
                }
            }
            drop_scalar_compositions(object);
            distribute(object);
        }
        _ => {}
    }
}

/// `type: string` beside a composition stays a string: the composition only narrows which strings.
///
/// A map of properties is never taken for such a schema: a property named `type` is an object there.
fn drop_scalar_compositions(schema: &mut Map<String, Value>) {
    let is_scalar = matches!(
        schema.get("type").and_then(Value::as_str),
        Some("string" | "integer" | "number" | "boolean")
    );
    if is_scalar {
        for keyword in ["allOf", "anyOf", "oneOf", "not"] {
            schema.shift_remove(keyword);
        }
    }
}

/// Writes the members that stand beside a `oneOf` or `anyOf` into each of its alternatives.
fn distribute(schema: &mut Map<String, Value>) {
    if !schema.get("properties").is_some_and(Value::is_object) {
        return;
    }
    let Some(keyword) =
        ALTERNATIVES.into_iter().find(|keyword| schema.get(*keyword).is_some_and(Value::is_array))
    else {
        return;
    };
    let is_refinement = |alternative: &Value| {
        alternative.as_object().is_some_and(|members| {
            members.keys().all(|key| {
                matches!(key.as_str(), "title" | "description" | "type" | "properties" | "required")
            })
        })
    };
    if !schema[keyword].as_array().is_some_and(|alternatives| alternatives.iter().all(is_refinement)) {
        return;
    }
    let mut base = std::mem::take(schema);
    let description = base.get("description").cloned();
    let alternatives = match base.shift_remove(keyword) {
        Some(Value::Array(alternatives)) => alternatives,
        _ => Vec::new(),
    };
    let whole = alternatives.into_iter().map(|alternative| {
        let mut whole = Value::Object(base.clone());
        refine(&mut whole, alternative);
        whole
    });
    schema.insert(keyword.to_owned(), whole.collect());
    schema.extend(description.map(|description| ("description".to_owned(), description)));
}

/// Merges what an alternative says over what all have in common: objects by member, lists as unions, the rest by
/// the alternative. An `enum` is replaced: the alternative narrows it.
fn refine(common: &mut Value, alternative: Value) {
    match (common, alternative) {
        (Value::Object(common), Value::Object(alternative)) => {
            for (key, value) in alternative {
                match common.get_mut(&key) {
                    Some(present) if key != "enum" => refine(present, value),
                    _ => {
                        common.insert(key, value);
                    }
                }
            }
        }
        (Value::Array(common), Value::Array(alternative)) => {
            for item in alternative {
                if !common.contains(&item) {
                    common.push(item);
                }
            }
        }
        (common, alternative) => *common = alternative,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn alternatives_become_whole_objects() {
        let mut schema = json!({
            "type": "object",
            "description": "A key.",
            "required": ["kind"],
            "properties": { "kind": { "type": "string", "enum": ["a", "b"] }, "of": { "type": "string" } },
            "oneOf": [
                { "required": ["of"], "properties": { "kind": { "enum": ["a"] } } },
                { "title": "B", "properties": { "kind": { "enum": ["b"] }, "extra": { "type": "integer" } } },
            ],
        });
        document(&mut schema);
        let expected = json!({
            "description": "A key.",
            "oneOf": [
                {
                    "type": "object",
                    "description": "A key.",
                    "required": ["kind", "of"],
                    "properties": { "kind": { "type": "string", "enum": ["a"] }, "of": { "type": "string" } },
                },
                {
                    "title": "B",
                    "type": "object",
                    "description": "A key.",
                    "required": ["kind"],
                    "properties": {
                        "kind": { "type": "string", "enum": ["b"] },
                        "of": { "type": "string" },
                        "extra": { "type": "integer" },
                    },
                },
            ],
        });
        assert_eq!(schema, expected);
    }

    #[test]
    fn what_cannot_be_distributed_stays() {
        let schema = json!({ "properties": { "a": {} }, "oneOf": [{ "$ref": "#/components/schemas/A" }] });
        let mut lowered = schema.clone();
        document(&mut lowered);
        assert_eq!(lowered, schema);
    }

    #[test]
    fn scalars_lose_their_compositions_and_properties_of_these_names_stay() {
        let mut schema = json!({
            "type": "object",
            "properties": {
                "address": { "type": "string", "anyOf": [{ "format": "ipv4" }, { "format": "ipv6" }] },
                "type": { "type": "string" },
                "not": { "type": "string" },
            },
        });
        document(&mut schema);
        assert_eq!(schema["properties"]["address"], json!({ "type": "string" }));
        assert_eq!(schema["properties"]["not"], json!({ "type": "string" }));
    }

    #[test]
    fn payloads_are_left_alone() {
        let schema = json!({ "example": { "description": "```\n[x]" }, "default": { "title": "<b>" } });
        let mut lowered = schema.clone();
        document(&mut lowered);
        assert_eq!(lowered, schema);
    }
}
