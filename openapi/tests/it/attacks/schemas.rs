//! Schemas that go deep by references, where no text is deep.

use counterfoil_openapi::Direction;
use counterfoil_openapi::generate::{Seed, Variety, negative, positive_in, sample};
use serde_json::{Map, Value, json};

use super::generation::component;
use super::timed;

type Link = fn(Value) -> Value;

/// A schema that refers to the next one, and that one to the next; the last one is about numbers.
fn chain(length: usize, link: Link) -> Value {
    let name = |index: usize| if index == 0 { "A".to_owned() } else { format!("A{index}") };
    let mut schemas = Map::new();
    for index in 0..length {
        let next = json!({"$ref": format!("#/components/schemas/{}", name(index + 1))});
        schemas.insert(name(index), link(next));
    }
    schemas.insert(name(length), json!({"type": "integer"}));
    Value::Object(schemas)
}

/// Judges values by a chain of schemas and draws from it. What lies too deep is not judged, and draws nothing.
fn attack(length: usize, name: &str, link: Link) {
    let schema = component(&chain(length, link));
    timed(name, || {
        for value in [json!(1), json!("a"), json!({"a": {"a": {"a": 1}}}), nested(120)] {
            let is_valid = schema.is_valid(&value, Direction::Request);
            let told = schema.violations(&value, Direction::Request);
            assert_eq!(told.is_empty(), is_valid, "{length} {name}: {told:?}");
        }
    });
    timed(name, || match positive_in(&schema, Direction::Request, Variety::Plain) {
        Ok(strategy) => {
            let value = sample(&strategy, &Seed::derive(1, &[name], 0)).expect("a value");
            assert!(schema.is_valid(&value, Direction::Request), "{length} {name}: {value}");
        }
        Err(none) => assert!(!none.message.is_empty(), "{length} {name}"),
    });
    timed(name, || {
        if let Ok(strategy) = negative(&schema, Direction::Request) {
            let broken = sample(&strategy, &Seed::derive(1, &[name], 0)).expect("a value");
            assert!(!schema.is_valid(&broken.value, Direction::Request), "{length} {name}");
        }
    });
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, _| json!({ "a": inner }))
}

#[test]
fn a03_schemas_that_refer_on_and_on_end() {
    let rows: [(&str, Link); 2] = [("a reference", |next| next), ("allOf", |next| json!({"allOf": [next]}))];
    for (name, link) in rows {
        attack(20_000, name, link);
    }
}

#[test]
fn a03_schemas_that_nest_by_references_end() {
    let rows: [(&str, Link); 9] = [
        ("allOf and more", |next| json!({"allOf": [next, {"type": "integer"}], "minimum": 0})),
        ("anyOf", |next| json!({"anyOf": [next]})),
        ("oneOf", |next| json!({"oneOf": [next, {"type": "string"}]})),
        ("not", |next| json!({"not": next})),
        ("if", |next| json!({"if": next, "then": true})),
        ("a property", |next| json!({"type": "object", "properties": {"a": next}})),
        (
            "a required property",
            |next| json!({"type": "object", "required": ["a"], "properties": {"a": next}}),
        ),
        ("items", |next| json!({"type": "array", "items": next})),
        ("unevaluatedProperties", |next| json!({"allOf": [next], "unevaluatedProperties": false})),
    ];
    for (name, link) in rows {
        // So many that no stack has room for them, and about as many as are followed.
        attack(700, name, link);
        attack(200, name, link);
    }
}
