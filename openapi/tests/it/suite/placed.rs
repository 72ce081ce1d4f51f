//! A schema of the suite in an OpenAPI document.

use counterfoil_openapi::{Contract, Schema};
use serde_json::{Map, Value, json};

/// Where the schema stands.
const PLACE: &str = "#/components/schemas/Root";

/// Keywords that hold a schema, several in a list, or several by name.
const SINGLE: [&str; 12] = [
    "items",
    "additionalItems",
    "additionalProperties",
    "not",
    "contains",
    "propertyNames",
    "if",
    "then",
    "else",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
];
const LISTS: [&str; 5] = ["allOf", "anyOf", "oneOf", "prefixItems", "items"];
const MAPS: [&str; 6] =
    ["properties", "patternProperties", "dependentSchemas", "$defs", "definitions", "dependencies"];

/// What OpenAPI 3.0 takes from JSON Schema (3.0.4, section 4.8.24.1), and `definitions`, which references lead into.
const KEYWORDS_OF_3_0: [&str; 27] = [
    "$ref",
    "title",
    "description",
    "default",
    "definitions",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxProperties",
    "minProperties",
    "required",
    "enum",
    "type",
    "allOf",
    "oneOf",
    "anyOf",
    "not",
    "items",
    "format",
];

/// A draft 2020-12 schema as a component of an OpenAPI 3.1 document.
///
/// A reference to a place in the schema is one to a place in the document there: that is rewritten, nothing else is.
/// Nothing for a schema that says it is of another draft.
pub(super) fn in_3_1(schema: &Value) -> Result<Schema, String> {
    component("3.1.0", &rewritten(schema))
}

/// A draft 4 schema as a component of an OpenAPI 3.0 document; the error names what 3.0 has no word for.
pub(super) fn in_3_0(schema: &Value) -> Result<Schema, String> {
    match foreign(schema) {
        Some(keyword) => Err(keyword),
        None => component("3.0.3", &rewritten(schema)),
    }
}

fn component(version: &str, schema: &Value) -> Result<Schema, String> {
    let root = json!({ "$ref": PLACE });
    let document = json!({
        "openapi": version,
        "info": { "title": "one schema", "version": "1" },
        "paths": { "/x": { "post": {
            "requestBody": { "content": { "application/json": { "schema": root } } },
            "responses": { "200": { "description": "ok" } },
        } } },
        "components": { "schemas": { "Root": schema } },
    });
    let contract = Contract::load("schema.json", document.to_string().as_bytes());
    let contract = contract.map_err(|error| error.to_string())?;
    let body = contract.operations()[0].request_body().ok_or("no body")?;
    body.content.0[0].schema.clone().ok_or_else(|| "no schema".to_owned())
}

/// The schema with its references led to where it stands.
fn rewritten(schema: &Value) -> Value {
    let Some(keywords) = schema.as_object() else { return schema.clone() };
    // Within what has an identifier of its own, places are places in that.
    if keywords.contains_key("$id") {
        return schema.clone();
    }
    let rewrite = |(keyword, value): (&String, &Value)| {
        let value = match (keyword.as_str(), value) {
            ("$ref" | "$dynamicRef", Value::String(reference)) => json!(led(reference)),
            (keyword, Value::Array(parts)) if LISTS.contains(&keyword) => {
                parts.iter().map(rewritten).collect()
            }
            (keyword, Value::Object(members)) if MAPS.contains(&keyword) => {
                let members = members.iter().map(|(name, part)| (name.clone(), rewritten(part)));
                Value::Object(members.collect::<Map<String, Value>>())
            }
            (keyword, part) if SINGLE.contains(&keyword) => rewritten(part),
            _ => value.clone(),
        };
        (keyword.clone(), value)
    };
    Value::Object(keywords.iter().map(rewrite).collect())
}

fn led(reference: &str) -> String {
    match reference.strip_prefix('#') {
        Some(pointer) if pointer.is_empty() || pointer.starts_with('/') => format!("{PLACE}{pointer}"),
        _ => reference.to_owned(),
    }
}

/// The first thing in a schema that OpenAPI 3.0 does not know.
fn foreign(schema: &Value) -> Option<String> {
    let Some(keywords) = schema.as_object() else { return Some("a boolean schema".to_owned()) };
    keywords.iter().find_map(|(keyword, value)| match (keyword.as_str(), value) {
        ("type", Value::Array(_)) => Some("several types".to_owned()),
        ("type", Value::String(name)) if name == "null" => Some("the type null".to_owned()),
        ("items", Value::Array(_)) => Some("items by position".to_owned()),
        ("$ref", Value::String(reference)) if !reference.starts_with('#') => {
            Some("a remote reference".to_owned())
        }
        ("additionalProperties", Value::Bool(_)) => None,
        ("properties" | "definitions", Value::Object(members)) => members.values().find_map(foreign),
        ("allOf" | "anyOf" | "oneOf", Value::Array(parts)) => parts.iter().find_map(foreign),
        ("not" | "items" | "additionalProperties", part) => foreign(part),
        ("$schema", _) => None,
        (keyword, _) if KEYWORDS_OF_3_0.contains(&keyword) => None,
        (keyword, _) => Some(format!("`{keyword}`")),
    })
}
