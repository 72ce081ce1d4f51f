//! Schemas that values are hard to make from: cycles, contradictions, patterns that explode, numbers beyond measure.

use std::fs;

use counterfoil_openapi::generate::{NoInstance, Seed, Variety, minimal, negative, positive_in, sample};
use counterfoil_openapi::{Contract, Folder, Schema};
use serde_json::{Value, json};

use super::timed;
use crate::generate::schemas::{DIRECTION, schema_of};

/// The deepest that a generated value nests.
const MAX_DEPTH: usize = 66;

/// The longest text of a generated value, as JSON: one string of the most characters that are generated, or an array
/// of the most items.
const MAX_BYTES: usize = 6 << 20;

/// The components of a document, the schema `A` of which is its only request body.
pub(super) fn component(schemas: &Value) -> Schema {
    let document = json!({
        "openapi": "3.1.0",
        "info": {"title": "components", "version": "1"},
        "paths": {"/x": {"post": {
            "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}},
            "responses": {"200": {"description": "ok"}},
        }}},
        "components": {"schemas": schemas},
    });
    body(&Contract::load("components.json", document.to_string().as_bytes()).expect("a document"))
}

fn body(contract: &Contract) -> Schema {
    let body = contract.operations()[0].request_body().expect("a body");
    body.content.0[0].schema.clone().expect("a schema")
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Draws values of every variety, valid and within the bounds, and invalid ones; or says why there are none.
fn drawn(name: &str, schema: &Schema) -> Result<Value, NoInstance> {
    timed(name, || {
        for variety in [Variety::Plain, Variety::Wild] {
            let strategy = positive_in(schema, DIRECTION, variety)?;
            for index in 0..4 {
                let value = sample(&strategy, &Seed::derive(1, &[name], index))
                    .expect("a strategy that was made draws");
                assert!(schema.is_valid(&value, DIRECTION), "{name}");
                assert!(depth(&value) <= MAX_DEPTH, "{name} nests {} deep", depth(&value));
                let length = value.to_string().len();
                assert!(length <= MAX_BYTES, "{name} is {length} bytes long");
            }
        }
        if let Ok(strategy) = negative(schema, DIRECTION) {
            let broken =
                sample(&strategy, &Seed::derive(1, &[name], 0)).expect("a strategy that was made draws");
            assert!(!schema.is_valid(&broken.value, DIRECTION), "{name}");
        }
        minimal(schema, DIRECTION)
    })
}

fn to(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

#[test]
fn a08_references_in_a_circle_end() {
    let holding = |name: &str| json!({"type": "object", "properties": {"next": to(name), "all": {"type": "array", "items": to(name)}}});
    let rows = [
        ("itself", json!({"A": to("A")})),
        ("each other", json!({"A": to("B"), "B": to("A")})),
        ("itself through allOf", json!({"A": {"allOf": [to("A"), {"type": "integer"}]}})),
        (
            "each other through allOf",
            json!({"A": {"allOf": [to("B")]}, "B": {"allOf": [to("A")], "type": "string"}}),
        ),
        ("itself through anyOf", json!({"A": {"anyOf": [to("A"), {"type": "boolean"}]}})),
        ("itself as a part", json!({"A": holding("A")})),
        ("each other as parts", json!({"A": holding("B"), "B": {"allOf": [to("A"), holding("A")]}})),
        (
            "itself many times over",
            json!({"A": {"type": "object", "additionalProperties": to("A"), "minProperties": 1, "maxProperties": 3, "properties": {
                "a": to("A"), "b": to("A"), "c": {"anyOf": [to("A"), {"type": "null"}]},
            }, "oneOf": [{"required": ["c"]}, {"required": ["a", "b", "c"]}]}}),
        ),
        (
            "itself through not",
            json!({"A": {"type": "integer", "not": {"allOf": [to("A"), {"maximum": 0}, {"minimum": 1}]}}}),
        ),
    ];
    for (name, schemas) in rows {
        let drawn = drawn(name, &component(&schemas));
        assert!(drawn.is_ok(), "{name}: {drawn:?}");
    }
}

#[test]
fn a08_references_in_a_circle_of_three_files_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: Value| {
        fs::write(folder.path().join(name), text.to_string()).expect("it is written")
    };
    let node = |file: &str| {
        json!({"Node": {"type": "object", "required": ["id"], "properties": {
            "id": {"type": "integer"}, "next": {"$ref": format!("{file}#/Node")},
        }}})
    };
    write("a.json", node("b.json"));
    write("b.json", node("c.json"));
    write("c.json", node("a.json"));
    let document = json!({
        "openapi": "3.0.3",
        "info": {"title": "three files", "version": "1"},
        "paths": {"/x": {"post": {
            "requestBody": {"content": {"application/json": {"schema": {"$ref": "a.json#/Node"}}}},
            "responses": {"200": {"description": "ok"}},
        }}},
    });
    let files = Folder::new(folder.path(), folder.path()).expect("the folder is there");
    let contract =
        Contract::load_with("main.json", document.to_string().as_bytes(), &files).expect("a document");
    assert_eq!(contract.findings(), [], "every reference is found");
    assert_eq!(drawn("three files", &body(&contract)), Ok(json!({"id": 0})));
}

#[test]
fn a09_what_has_no_finite_instance_is_told() {
    let endless =
        |name: &str| json!({"type": "object", "required": ["next"], "properties": {"next": to(name)}});
    let rows = [
        ("requires itself", json!({"A": endless("A")}), "no finite instance"),
        ("require each other", json!({"A": endless("B"), "B": endless("A")}), "no finite instance"),
        (
            "holds at least one of itself",
            json!({"A": {"type": "array", "minItems": 1, "items": to("A")}}),
            "no finite instance",
        ),
        ("contains itself", json!({"A": {"type": "array", "contains": to("A")}}), "no finite instance"),
        (
            "requires itself through a choice",
            json!({"A": {"anyOf": [endless("A"), endless("B")]}, "B": {"oneOf": [endless("A")]}}),
            "no finite instance",
        ),
        (
            "requires itself through allOf",
            json!({"A": {"allOf": [{"required": ["next"]}, {"type": "object", "properties": {"next": to("A")}}]}}),
            "no finite instance",
        ),
        (
            "contradicts itself",
            json!({"A": {"type": "string", "allOf": [{"type": "integer"}]}}),
            "contradict",
        ),
        ("refuses itself", json!({"A": {"type": "string", "not": {"type": "string"}}}), "no value is valid"),
    ];
    for (name, schemas, reason) in rows {
        let none = drawn(name, &component(&schemas)).expect_err("no value is valid");
        assert!(none.message.contains(reason), "{name}: {none}");
        assert!(!none.pointer.is_empty(), "{name}: {none}");
    }
}

#[test]
fn a10_patterns_that_backtrack_are_drawn_from() {
    let rows = [
        "^(a+)+$",
        "^([a-zA-Z]+)*$",
        "^(a|aa)+$",
        "^(a|a?)+$",
        "^(.*a){20}$",
        "^(?!.*(.).*\\1)[a-z]{5}$",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
    ];
    for pattern in rows {
        let short = json!({"type": "string", "pattern": pattern});
        let short = drawn(pattern, &schema_of(&short));
        assert!(short.is_ok(), "{pattern}: {short:?}");
    }
}

#[test]
fn a11_patterns_that_explode_are_drawn_from_or_told() {
    let rows = [
        "^(a{1000}){1000}$",
        "(a{1000}){1000}",
        "^((((a{100}){100}){100}){100}){100}$",
        "^(x?){4000000000}$",
        "^([\\s\\S]{1,32767}){1,32767}$",
        "^(((a*)*)*)*$",
    ];
    for pattern in rows {
        let _ = drawn(pattern, &schema_of(&json!({"type": "string", "pattern": pattern})));
        let names = json!({"type": "object", "patternProperties": {pattern: {"type": "integer"}}, "minProperties": 1});
        let _ = drawn(pattern, &schema_of(&names));
    }
}

#[test]
fn a12_sizes_beyond_measure_are_told() {
    let rows = [
        ("items", json!({"type": "array", "minItems": 1_000_000_000}), "an array of 1000000000 items"),
        ("items as a double", json!({"type": "array", "minItems": 1e9}), "an array of 1000000000 items"),
        (
            "different items",
            json!({"type": "array", "minItems": 5_000, "uniqueItems": true}),
            "an array of 5000 items",
        ),
        (
            "contained items",
            json!({"type": "array", "contains": {"const": 1}, "minContains": 1_000_000_000}),
            "an array of 1000000000 items",
        ),
        (
            "characters",
            json!({"type": "string", "minLength": 1_099_511_627_776_u64}),
            "`minLength` asks for 1099511627776",
        ),
        (
            "properties",
            json!({"type": "object", "minProperties": 1_000_000_000}),
            "`minProperties` asks for 1000000000",
        ),
        (
            "items of items of items",
            json!({"type": "array", "minItems": 1000, "items": {"type": "array", "minItems": 1000, "items": {"type": "array", "minItems": 1000}}}),
            "more than 20000 nodes",
        ),
        (
            "long strings many times",
            json!({"type": "array", "minItems": 10_000, "items": {"type": "string", "minLength": 1_000_000}}),
            "characters",
        ),
    ];
    for (name, source, reason) in rows {
        let none = drawn(name, &schema_of(&source)).expect_err("it is too large");
        assert!(none.message.contains(reason), "{name}: {none}");
    }
}

#[test]
fn a12_numbers_beyond_measure_are_drawn_or_told() {
    let rows = [
        json!({"type": "number", "multipleOf": 1e-300}),
        json!({"type": "integer", "multipleOf": 1e-300}),
        json!({"type": "number", "multipleOf": 1e300}),
        json!({"type": "integer", "multipleOf": 1e300}),
        json!({"type": "integer", "maximum": 1e30}),
        json!({"type": "integer", "minimum": 1e30}),
        json!({"type": "integer", "exclusiveMinimum": 1e30, "maximum": 1e31}),
        json!({"type": "integer", "maximum": -1e30}),
        json!({"type": "integer", "minimum": u64::MAX}),
        json!({"type": "integer", "exclusiveMinimum": u64::MAX}),
        json!({"type": "number", "minimum": 1e308}),
        json!({"type": "number", "minimum": -1e308, "maximum": 1e308}),
        json!({"type": "number", "exclusiveMinimum": 0, "maximum": 5e-324}),
        json!({"type": "number", "minimum": 1e30, "multipleOf": 7}),
        json!({"type": "array", "maxItems": 1e300, "items": {"type": "integer"}}),
        json!({"type": "string", "maxLength": 1e300}),
    ];
    for source in rows {
        let drawn = drawn(&source.to_string(), &schema_of(&source));
        assert!(drawn.is_ok(), "{source}: {drawn:?}");
    }
}

#[test]
fn a12_a_number_that_no_double_holds_is_told_or_read_as_the_largest() {
    let schema = r#"{"type": "number", "maximum": 1e999}"#;
    let document = r#"{"openapi": "3.1.0", "paths": {"/x": {"post": {
        "requestBody": {"content": {"application/json": {"schema": SCHEMA}}},
        "responses": {"200": {"description": "ok"}}
    }}}}"#;
    let text = document.replace("SCHEMA", schema);
    match Contract::load("huge.json", text.as_bytes()) {
        Ok(contract) => assert!(drawn("1e999", &body(&contract)).is_ok()),
        Err(error) => assert!(error.to_string().contains("huge.json"), "{error}"),
    }
}
