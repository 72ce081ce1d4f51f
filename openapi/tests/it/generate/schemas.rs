//! Small schemas, one for each keyword and for what keywords do together.

use counterfoil_openapi::{Contract, Direction, Schema};
use serde_json::{Value, json};

/// The schema `source` as the request body of a document that holds nothing else.
pub(crate) fn schema_of(source: &Value) -> Schema {
    let document = json!({
        "openapi": "3.1.0",
        "info": {"title": "one schema", "version": "1"},
        "paths": {"/x": {"post": {
            "requestBody": {"content": {"application/json": {"schema": source}}},
            "responses": {"200": {"description": "ok"}},
        }}},
        "components": components(),
    });
    let contract = Contract::load("schema.json", document.to_string().as_bytes()).expect("a document");
    let body = contract.operations()[0].request_body().expect("a body");
    body.content.0[0].schema.clone().expect("a schema")
}

fn components() -> Value {
    json!({"schemas": {
        "Tree": {
            "type": "object",
            "required": ["value"],
            "properties": {
                "value": {"type": "integer"},
                "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
            },
        },
        "List": {
            "type": "object",
            "required": ["next"],
            "properties": {"next": {"anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/List"}]}},
        },
        "Endless": {
            "type": "object",
            "required": ["self"],
            "properties": {"self": {"$ref": "#/components/schemas/Endless"}},
        },
    }})
}

/// A validator of the schema as it stands, without anything of ours before it; nothing where it says something that
/// JSON Schema does not know.
pub(super) fn independent(source: &Value) -> Option<jsonschema::Validator> {
    let formats = ["int32", "int64", "byte"];
    if formats.iter().any(|format| source.get("format").is_some_and(|own| own == format)) {
        return None;
    }
    let mut schema = source.clone();
    schema.as_object_mut()?.insert("components".to_owned(), components());
    compiled(&schema)
}

/// A validator of a JSON Schema; nothing where it does not compile, for its patterns are too large, say.
pub(super) fn compiled(schema: &Value) -> Option<jsonschema::Validator> {
    jsonschema::draft202012::options().should_validate_formats(true).build(schema).ok()
}

/// Schemas that admit values and refuse others.
pub(super) fn ordinary() -> Vec<Value> {
    vec![
        json!({"type": "null"}),
        json!({"type": "boolean"}),
        json!({"type": "integer"}),
        json!({"type": "number"}),
        json!({"type": "string"}),
        json!({"type": "array"}),
        json!({"type": "object"}),
        json!({"type": ["string", "null"]}),
        json!({"type": ["integer", "array"]}),
        json!({"enum": ["a", "b", 3, null]}),
        json!({"const": {"a": [1]}}),
        json!({"type": "string", "enum": ["", "aa", 7]}),
        json!({"type": "integer", "minimum": -3, "maximum": 3}),
        json!({"type": "integer", "exclusiveMinimum": 10, "exclusiveMaximum": 12}),
        json!({"type": "integer", "minimum": 1.5, "maximum": 2.5}),
        json!({"type": "integer", "format": "int32"}),
        json!({"type": "integer", "format": "int64"}),
        json!({"type": "integer", "minimum": 9_223_372_036_854_775_808_u64}),
        json!({"type": "integer", "multipleOf": 7}),
        json!({"type": "integer", "multipleOf": 2.5, "minimum": 1}),
        json!({"type": "number", "minimum": 0, "exclusiveMaximum": 0.001}),
        json!({"type": "number", "multipleOf": 0.01}),
        json!({"type": "number", "exclusiveMinimum": -1, "exclusiveMaximum": 1}),
        json!({"type": "number", "minimum": 1e300}),
        json!({"type": "string", "minLength": 3, "maxLength": 5}),
        json!({"type": "string", "minLength": 300}),
        json!({"type": "string", "maxLength": 0}),
        json!({"type": "string", "pattern": "^[A-Z]{2}[0-9]{3,}$"}),
        json!({"type": "string", "pattern": "\\d+-\\w*"}),
        json!({"type": "string", "pattern": "^(?!x)[a-z]{4}$"}),
        json!({"type": "string", "pattern": "^(foo|ba[rz])(/(foo|bar))*$", "minLength": 20, "maxLength": 30}),
        json!({"type": "string", "pattern": "^\\p{L}+$", "maxLength": 8}),
        json!({"type": "string", "pattern": "^a{0,4294967294}$"}),
        json!({"type": "string", "format": "date"}),
        json!({"type": "string", "format": "time"}),
        json!({"type": "string", "format": "date-time"}),
        json!({"type": "string", "format": "duration"}),
        json!({"type": "string", "format": "email"}),
        json!({"type": "string", "format": "idn-email"}),
        json!({"type": "string", "format": "hostname"}),
        json!({"type": "string", "format": "ipv4"}),
        json!({"type": "string", "format": "ipv6"}),
        json!({"type": "string", "format": "uri"}),
        json!({"type": "string", "format": "uri-reference"}),
        json!({"type": "string", "format": "uri-template"}),
        json!({"type": "string", "format": "iri"}),
        json!({"type": "string", "format": "uuid"}),
        json!({"type": "string", "format": "json-pointer"}),
        json!({"type": "string", "format": "relative-json-pointer"}),
        json!({"type": "string", "format": "regex"}),
        json!({"type": "string", "format": "byte", "maxLength": 16}),
        json!({"type": "string", "format": "password", "minLength": 8}),
        json!({"type": "string", "format": "binary"}),
        json!({"type": "string", "format": "date", "pattern": "^2024"}),
        json!({"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 4}),
        json!({"type": "array", "items": {"enum": ["a", "b", "c"]}, "uniqueItems": true, "minItems": 3}),
        json!({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": false}),
        json!({"type": "array", "prefixItems": [{"type": "boolean"}], "items": {"type": "null"}, "minItems": 3}),
        json!({"type": "array", "contains": {"const": 5}, "items": {"type": "integer"}}),
        json!({"type": "array", "contains": {"type": "string"}, "minContains": 2, "maxContains": 3}),
        json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}),
        json!({"type": "object", "required": ["a", "unnamed"], "properties": {"a": {"type": "integer"}}}),
        json!({"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": false}),
        json!({"type": "object", "additionalProperties": {"type": "integer"}}),
        json!({"type": "object", "minProperties": 3, "maxProperties": 4}),
        json!({"type": "object", "minProperties": 2, "additionalProperties": {"type": "boolean"}, "propertyNames": {"pattern": "^[a-z]{3}$"}}),
        json!({"type": "object", "patternProperties": {"^x-": {"type": "integer"}}, "additionalProperties": false, "minProperties": 1}),
        json!({"type": "object", "properties": {"x-a": {"minimum": 5}}, "required": ["x-a"], "patternProperties": {"^x-": {"type": "integer"}}}),
        json!({"type": "object", "properties": {"a": {}, "b": {}}, "dependentRequired": {"a": ["b", "c"]}}),
        json!({"type": "object", "properties": {"a": {}}, "required": ["a"], "dependentSchemas": {"a": {"required": ["b"], "properties": {"b": {"type": "integer"}}}}}),
        json!({"type": "object", "properties": {"a": false, "b": {"type": "integer"}}}),
        json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "object", "required": ["b"], "properties": {"b": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}}}}}}),
        json!({"allOf": [{"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}, {"required": ["b"], "properties": {"a": {"minimum": 3}, "b": {"type": "string"}}}]}),
        json!({"allOf": [{"type": "integer", "minimum": 3}, {"maximum": 5}, {"multipleOf": 2}]}),
        json!({"anyOf": [{"type": "integer"}, {"type": "string", "minLength": 2}]}),
        json!({"type": "object", "properties": {"a": {"type": "integer"}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}),
        json!({"oneOf": [{"type": "integer"}, {"type": "boolean"}]}),
        json!({"oneOf": [{"type": "integer", "multipleOf": 2}, {"type": "integer", "multipleOf": 3}]}),
        json!({"oneOf": [{"type": "object", "required": ["kind"], "properties": {"kind": {"const": "cat"}, "lives": {"type": "integer"}}}, {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "dog"}, "tricks": {"type": "array"}}}]}),
        json!({"oneOf": [{"type": "object", "properties": {"a": {"type": "integer"}}}, {"type": "object", "properties": {"b": {"type": "integer"}}}]}),
        json!({"oneOf": (0..7).map(|index| json!({
            "type": "object",
            "required": ["traits", "method"],
            "properties": {"traits": {"type": "object"}, "method": {"type": "string"}, format!("p{index}"): {"type": "string"}},
        })).collect::<Vec<_>>()}),
        json!({"oneOf": (0..12).map(|index| json!({
            "type": "object",
            "required": ["messages"],
            "properties": {"messages": {"type": "array", "minItems": 1, "items": {
                "type": "object", "properties": {"status": {"type": "string"}, format!("p{index}"): {"type": "string"}},
            }}},
        })).collect::<Vec<_>>()}),
        json!({"not": {"type": "string"}}),
        json!({"type": "integer", "not": {"minimum": 0}}),
        json!({"type": "string", "not": {"enum": ["a", "b"]}}),
        json!({"type": "object", "not": {"required": ["a"]}, "properties": {"a": {"type": "integer"}}}),
        json!({"if": {"type": "integer"}, "then": {"minimum": 10}, "else": {"type": "string"}}),
        json!({"type": "object", "properties": {"a": {"type": "integer"}}, "unevaluatedProperties": false}),
        json!({"$ref": "#/components/schemas/Tree"}),
        json!({"$ref": "#/components/schemas/List"}),
        json!({"$ref": "#/components/schemas/Tree", "required": ["children"]}),
        json!({"type": "array", "items": {"$ref": "#/components/schemas/Tree"}, "minItems": 2}),
        json!({"anyOf": [{"$ref": "#/components/schemas/Endless"}, {"type": "integer"}]}),
        json!({"type": "object", "properties": {"never": {"$ref": "#/components/schemas/Endless"}, "a": {"type": "integer"}}, "required": ["a"]}),
    ]
}

/// Schemas that admit everything.
pub(super) fn all_admitting() -> Vec<Value> {
    vec![
        json!({}),
        json!(true),
        json!({"description": "anything"}),
        json!({"anyOf": [{}, {"type": "string"}]}),
    ]
}

/// Schemas that admit nothing that can be written down, with a part of the reason.
pub(super) fn impossible() -> Vec<(Value, &'static str)> {
    vec![
        (json!(false), "contradict"),
        (json!({"allOf": [{"type": "string"}, {"type": "integer"}]}), "contradict"),
        (json!({"type": "integer", "minimum": 5, "maximum": 4}), "no number"),
        (json!({"type": "integer", "exclusiveMinimum": 5, "exclusiveMaximum": 6}), "no number"),
        (json!({"type": "integer", "multipleOf": 10, "minimum": 1, "maximum": 9}), "no number"),
        (json!({"type": "string", "minLength": 5, "maxLength": 4}), "minLength"),
        (json!({"type": "string", "minLength": 1_099_511_627_776_u64}), "minLength"),
        (json!({"type": "string", "pattern": "^[a-z]{5}$", "maxLength": 3}), "pattern"),
        (json!({"type": "array", "minItems": 1_000_000_000}), "1000000000"),
        (
            json!({"type": "array", "minItems": 300, "items": {"type": "array", "minItems": 300, "items": {"type": "array", "minItems": 300}}}),
            "nodes",
        ),
        (
            json!({"type": "array", "minItems": 3, "uniqueItems": true, "items": {"enum": [1, 2]}}),
            "different",
        ),
        (json!({"type": "array", "minItems": 1, "items": false}), "contradict"),
        (json!({"type": "object", "required": ["a"], "properties": {"a": false}}), "contradict"),
        (json!({"type": "object", "required": ["a", "b"], "maxProperties": 1}), "maxProperties"),
        (json!({"type": "object", "minProperties": 1_000_000_000}), "minProperties"),
        (json!({"type": "object", "required": ["a"], "additionalProperties": false}), "contradict"),
        (json!({"$ref": "#/components/schemas/Endless"}), "without end"),
        (
            json!({"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Endless"}}),
            "without end",
        ),
        (json!({"type": "string", "not": {"type": "string"}}), "no value"),
        (json!({"oneOf": [{"type": "integer"}, {"type": "integer"}]}), "no value"),
        (json!({"type": "string", "const": 3}), "contradict"),
    ]
}

/// The direction that all of these are tested in.
pub(crate) const DIRECTION: Direction = Direction::Request;
