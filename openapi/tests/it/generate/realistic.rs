//! Values that read like those of a system in use.

use counterfoil_openapi::generate::{Seed, Variety, positive_in, sample};
use serde_json::{Value, json};

use super::schemas::{DIRECTION, schema_of};

fn drawn(source: &Value, count: u64) -> Vec<Value> {
    let schema = schema_of(source);
    let strategy = positive_in(&schema, DIRECTION, Variety::Realistic).expect("values");
    let values: Vec<Value> =
        (0..count).filter_map(|index| sample(&strategy, &Seed::derive(1, &["real"], index))).collect();
    assert!(values.iter().all(|value| schema.is_valid(value, DIRECTION)), "{source}");
    values
}

/// An object of required properties, each with its schema.
fn object(properties: &Value) -> Value {
    let names: Vec<&String> = properties.as_object().expect("properties").keys().collect();
    json!({"type": "object", "required": names, "properties": properties})
}

#[test]
fn names_and_formats_say_what_a_value_is() {
    let text = json!({"type": "string"});
    let whole = json!({"type": "integer"});
    let source = object(&json!({
        "email": text, "contact": {"type": "string", "format": "email"}, "created_at": text, "countryCode": text,
        "age": whole, "price": {"type": "number"}, "latitude": {"type": "number"}, "phoneNumbers": {"type": "array", "items": text},
        "owner": object(&json!({"name": text})), "company": object(&json!({"name": text})),
    }));
    for value in drawn(&source, 60) {
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).expect("a text").to_owned();
        for pointer in ["/email", "/contact"] {
            assert!(text(pointer).contains("@example."), "{value}");
        }
        assert!(text("/created_at").starts_with("202") && text("/created_at").ends_with('Z'), "{value}");
        assert_eq!(text("/countryCode").len(), 2, "{value}");
        assert!((18..=80).contains(&value["age"].as_i64().expect("a number")), "{value}");
        assert!(value["price"].as_f64().expect("a number") > 0.0, "{value}");
        assert!(value["latitude"].as_f64().expect("a number").abs() <= 90.0, "{value}");
        let mut phones = value["phoneNumbers"].as_array().expect("a list").iter();
        assert!(phones.all(|phone| phone.as_str().is_some_and(|phone| phone.contains("-555-01"))), "{value}");
        assert!(text("/owner/name").contains(' '), "{value}");
        assert!(!text("/company/name").is_empty(), "{value}");
    }
}

#[test]
fn rules_outweigh_names() {
    let rules = [
        json!({"type": "string", "pattern": "^[a-z]{3}[0-9]{4}$"}),
        json!({"type": "string", "maxLength": 4}),
        json!({"type": "string", "minLength": 300}),
        json!({"type": "string", "format": "uuid"}),
        json!({"type": "string", "enum": ["only"]}),
        json!({"type": "integer", "minimum": 2_000_000_000, "multipleOf": 7}),
        json!({"type": "number", "exclusiveMaximum": -5}),
        json!({"type": "string", "format": "date"}),
        json!({"type": "array", "uniqueItems": true, "minItems": 12, "items": {"type": "string"}}),
        json!({"not": {"type": "string"}}),
    ];
    for rule in rules {
        let properties = json!({
            "email": rule, "name": rule, "description": rule, "price": rule, "age": rule, "countryCode": rule, "url": rule
        });
        assert_eq!(drawn(&object(&properties), 20).len(), 20, "{rule}");
    }
}

#[test]
fn the_same_seed_draws_the_same_person() {
    let text = json!({"type": "string"});
    let source = object(
        &json!({"firstName": text, "lastName": text, "jobTitle": text, "city": text, "summary": text}),
    );
    assert_eq!(drawn(&source, 10), drawn(&source, 10));
    insta::assert_snapshot!(format!("{:#}", Value::Array(drawn(&source, 2))));
}
