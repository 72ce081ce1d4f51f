//! Valid values.

use std::time::Duration;

use counterfoil_openapi::Contract;
use counterfoil_openapi::generate::{NoInstance, Seed, Variety, minimal, positive, positive_in, sample};
use serde_json::json;

use super::schemas::{DIRECTION, all_admitting, impossible, independent, ordinary, schema_of};
use crate::work::Work;

const VARIETIES: [Variety; 4] = [Variety::Minimal, Variety::Realistic, Variety::Plain, Variety::Wild];

#[test]
fn values_of_every_keyword_are_valid() {
    let mut failures = Vec::new();
    for source in ordinary().into_iter().chain(all_admitting()) {
        let schema = schema_of(&source);
        assert_eq!(schema.defect(), None, "{source}");
        let independent = independent(&source);
        for variety in VARIETIES {
            let strategy = match positive_in(&schema, DIRECTION, variety) {
                Ok(strategy) => strategy,
                Err(none) => {
                    failures.push(format!("{source}: {none}"));
                    break;
                }
            };
            for index in 0..50 {
                let seed = Seed::derive(1, &["table"], index);
                let value = sample(&strategy, &seed).expect("a strategy that was made draws");
                let is_refused = independent.as_ref().is_some_and(|validator| !validator.is_valid(&value));
                if is_refused || !schema.is_valid(&value, DIRECTION) {
                    failures.push(format!("{source}: {value}"));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn schemas_without_a_value_are_recognised_and_the_reason_named() {
    for (source, reason) in impossible() {
        let work = Work::start();
        let schema = schema_of(&source);
        let found = positive(&schema, DIRECTION).map(drop);
        let Err(NoInstance { message, pointer }) = found else { panic!("{source} is said to admit a value") };
        assert!(message.contains(reason), "{source}: {message}");
        assert!(pointer.starts_with("/paths") || pointer.starts_with("/components"), "{source}: {pointer}");
        assert!(work.done() < Duration::from_secs(2), "{source} took {:?}", work.done());
    }
}

#[test]
fn the_same_seed_draws_the_same_value_and_others_differ() {
    let source = json!({
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "array", "items": {"type": "integer"}}},
    });
    for variety in [Variety::Plain, Variety::Wild] {
        let draw = |index| {
            // A schema of its own each time: nothing kept with it may matter.
            let strategy = positive_in(&schema_of(&source), DIRECTION, variety).expect("values");
            sample(&strategy, &Seed::derive(7, &["op"], index)).expect("a value")
        };
        assert_eq!(draw(1), draw(1));
        let different = (0..20).map(draw).collect::<std::collections::HashSet<_>>().len();
        assert!(different > 10, "{different}");
    }
}

#[test]
fn what_was_drawn_before_does_not_matter() {
    let schema = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let body = |name: &str| json!({"content": {"application/json": {"schema": schema(name)}}});
    let operation = |name: &str| json!({"post": {"requestBody": body(name), "responses": {}}});
    let document = json!({
        "openapi": "3.0.3",
        "paths": {"/a": operation("A"), "/b": operation("B"), "/c": operation("C")},
        "components": {"schemas": {
            "A": {"allOf": [schema("B"), {"properties": {"a": schema("C"), "p": schema("Y")}}]},
            "B": {"type": "object", "properties": {"b": {"oneOf": [schema("C"), {"type": "integer"}]}, "c": schema("A"), "p": schema("X")}},
            "X": {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "boolean"}]},
            "Y": {"anyOf": [{"type": "boolean"}, {"type": "integer"}, {"type": "string", "minLength": 2}]},
            "C": {"type": "object", "required": ["d"], "properties": {"d": {"anyOf": [schema("D"), {"type": "boolean"}]}}},
            "D": {"type": "array", "items": {"allOf": [schema("A"), schema("C")]}},
        }},
    });
    // The schemas of one document share what they draw from; the order in which it grows must not show.
    let draw = |order: [usize; 3]| {
        let contract = Contract::load("order.json", document.to_string().as_bytes()).expect("a document");
        let mut drawn = order.map(|index| {
            let body = contract.operations()[index].request_body().expect("a body");
            let schema = body.content.0[0].schema.as_ref().expect("a schema");
            let strategy = positive_in(schema, DIRECTION, Variety::Wild).expect("values");
            let seeds = (0..40).map(|case| Seed::derive(1, &["order"], case));
            (index, seeds.map(|seed| sample(&strategy, &seed)).collect::<Vec<_>>())
        });
        drawn.sort_by_key(|(index, _)| *index);
        drawn
    };
    assert_eq!(draw([0, 1, 2]), draw([2, 1, 0]));
    assert_eq!(draw([0, 1, 2]), draw([1, 2, 0]));
}

#[test]
fn minimal_values_hold_nothing_optional() {
    let rows = [
        (
            json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}, "b": {}}}),
            json!({"a": 0}),
        ),
        (json!({"type": "array", "items": {"type": "string"}, "minItems": 1}), json!(["a"])),
        (json!({"type": ["null", "integer"], "minimum": 3}), json!(3)),
        (json!({"$ref": "#/components/schemas/Tree"}), json!({"value": 0})),
        (json!({"enum": [null, "b", "a"]}), json!("b")),
    ];
    for (source, expected) in rows {
        assert_eq!(minimal(&schema_of(&source), DIRECTION), Ok(expected), "{source}");
    }
}

#[test]
fn recursive_values_end_and_are_sometimes_deep() {
    let schema = schema_of(&json!({"$ref": "#/components/schemas/Tree"}));
    let strategy = positive_in(&schema, DIRECTION, Variety::Wild).expect("values");
    let depths: Vec<usize> = (0..200)
        .map(|index| {
            let value = sample(&strategy, &Seed::derive(1, &["tree"], index)).expect("a value");
            value.to_string().matches("children").count()
        })
        .collect();
    assert!(depths.iter().any(|depth| *depth > 2), "{depths:?}");
    assert!(depths.contains(&0), "{depths:?}");
}

#[test]
fn plain_values_read_well_and_wild_ones_do_not() {
    let schema = schema_of(&json!({"type": "string"}));
    let texts = |variety| -> Vec<String> {
        let strategy = positive_in(&schema, DIRECTION, variety).expect("values");
        let text = |index| sample(&strategy, &Seed::derive(1, &["text"], index)).expect("a value");
        (0..200).map(|index| text(index).as_str().expect("a string").to_owned()).collect()
    };
    let is_plain =
        |text: &String| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == ' ');
    assert!(texts(Variety::Plain).iter().all(is_plain));
    assert!(texts(Variety::Wild).iter().any(|text| !text.is_ascii()));
    assert!(texts(Variety::Wild).iter().any(String::is_empty));
}
