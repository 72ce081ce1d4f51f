//! Invalid values.

use std::collections::HashSet;

use counterfoil_openapi::generate::{Seed, negative, sample};
use serde_json::{Value, json};

use super::schemas::{DIRECTION, all_admitting, impossible, independent, ordinary, schema_of};
use super::shrinking::{least, shrunk};

#[test]
fn values_break_the_rule_they_name() {
    let mut failures = Vec::new();
    let (mut values, mut single) = (0, 0);
    for source in ordinary() {
        let schema = schema_of(&source);
        let strategy = match negative(&schema, DIRECTION) {
            Ok(strategy) => strategy,
            Err(none) => {
                failures.push(format!("{source}: {none}"));
                continue;
            }
        };
        let independent = independent(&source);
        for index in 0..50 {
            let broken = sample(&strategy, &Seed::derive(1, &["broken"], index)).expect("a broken value");
            let constraint = &broken.constraint;
            let violations = schema.violations(&broken.value, DIRECTION);
            let is_named = violations.iter().any(|violation| {
                violation.keyword == constraint.keyword
                    && violation.instance_pointer == constraint.pointer
                    && violation.document_pointer == constraint.document_pointer
            });
            if !is_named {
                failures
                    .push(format!("{source}: {} is not broken by {}", constraint.description, broken.value));
            }
            if independent.as_ref().is_some_and(|validator| validator.is_valid(&broken.value)) {
                failures.push(format!("{source}: {} is valid", broken.value));
            }
            values += 1;
            single += usize::from(violations.len() == 1);
        }
    }
    println!("{single} of {values} invalid values break one rule only");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(single * 100 >= values * 90, "{single} of {values} break one rule only");
}

#[test]
fn every_rule_of_a_schema_is_broken_in_turn() {
    let rows: [(Value, &[&str]); 6] = [
        (
            json!({"type": "string", "minLength": 3, "maxLength": 8, "pattern": "^[a-z]+$"}),
            &["type", "minLength", "maxLength", "pattern"],
        ),
        (
            json!({"type": "integer", "minimum": 3, "exclusiveMaximum": 90, "multipleOf": 3}),
            &["type", "minimum", "exclusiveMaximum", "multipleOf"],
        ),
        (
            json!({"type": "array", "minItems": 2, "maxItems": 4, "uniqueItems": true, "items": {"type": "integer"}}),
            &["type", "minItems", "maxItems", "uniqueItems"],
        ),
        (
            json!({
                "type": "object", "required": ["a"], "additionalProperties": false, "minProperties": 2,
                "properties": {"a": {"enum": [1, 2]}, "b": {"type": "boolean"}, "c": {"format": "date", "type": "string"}, "d": false},
            }),
            &["type", "required", "additionalProperties", "minProperties", "enum", "format", "false"],
        ),
        (
            json!({"allOf": [{"type": "object", "maxProperties": 2}, {"required": ["a"]}], "not": {"required": ["z"]}, "properties": {"z": {}}}),
            &["type", "maxProperties", "required", "not"],
        ),
        (
            json!({"oneOf": [{"type": "integer", "multipleOf": 2}, {"type": "integer", "multipleOf": 3}]}),
            &["type", "oneOf"],
        ),
    ];
    for (source, keywords) in rows {
        let strategy = negative(&schema_of(&source), DIRECTION).expect("invalid values");
        let broken = (0..200).map(|index| sample(&strategy, &Seed::derive(2, &["rules"], index)));
        let found: HashSet<String> =
            broken.map(|broken| broken.expect("a value").constraint.keyword).collect();
        for keyword in keywords {
            assert!(found.contains(*keyword), "{source}: `{keyword}` is never broken, only {found:?}");
        }
    }
}

#[test]
fn a_schema_that_admits_everything_has_no_invalid_values_to_draw() {
    for source in all_admitting() {
        let none = negative(&schema_of(&source), DIRECTION).expect_err("everything is valid");
        assert!(none.message.contains("refuses"), "{source}: {none}");
    }
}

#[test]
fn a_schema_that_admits_nothing_refuses_whatever_is_drawn() {
    for (source, _) in impossible() {
        let schema = schema_of(&source);
        let strategy = negative(&schema, DIRECTION).expect("invalid values");
        for index in 0..5 {
            let broken = sample(&strategy, &Seed::derive(1, &["nothing"], index)).expect("a broken value");
            assert!(!schema.is_valid(&broken.value, DIRECTION), "{source}: {}", broken.value);
        }
    }
}

#[test]
fn descriptions_say_where_what_must_be_and_what_was_sent() {
    let source = json!({
        "type": "object",
        "required": ["GroupsIDs"],
        "properties": {"GroupsIDs": {"type": "array", "items": {"type": "string"}, "minItems": 1}},
    });
    let schema = schema_of(&source);
    let strategy = negative(&schema, DIRECTION).expect("invalid values");
    let mut lines: Vec<String> = (0..100)
        .map(|index| least(&strategy, &Seed::derive(5, &["lines"], index)).constraint.description)
        .collect::<HashSet<_>>()
        .into_iter()
        .collect();
    lines.sort();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    /GroupsIDs must be array, sent ""
    /GroupsIDs must be array, sent 0
    /GroupsIDs must be array, sent false
    /GroupsIDs must be array, sent null
    /GroupsIDs must be array, sent {}
    /GroupsIDs must have at least 1 item, sent 0
    /GroupsIDs/0 must be string, sent 0
    /GroupsIDs/0 must be string, sent []
    /GroupsIDs/0 must be string, sent false
    /GroupsIDs/0 must be string, sent null
    /GroupsIDs/0 must be string, sent {}
    the value must be object, sent ""
    the value must be object, sent 0
    the value must be object, sent []
    the value must be object, sent false
    the value must be object, sent null
    the value must have the property "GroupsIDs", sent without it
    "#);
}

#[test]
fn invalid_values_shrink_and_still_break_the_same_rule() {
    let source = json!({
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "minLength": 2},
            "tags": {"type": "array", "items": {"type": "string", "maxLength": 3}},
        },
    });
    let strategy = negative(&schema_of(&source), DIRECTION).expect("invalid values");
    let rows = [
        ("maxLength", json!({"name": "aa", "tags": ["aaaa"]})),
        ("minLength", json!({"name": ""})),
        ("required", json!({})),
    ];
    for (keyword, expected) in rows {
        let least = shrunk(&strategy, |broken| broken.constraint.keyword == keyword);
        assert_eq!(least.value, expected, "{keyword}");
    }
}
