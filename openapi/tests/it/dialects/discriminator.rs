//! Discriminators: no word on what is valid, the last word on what is meant.

use std::collections::BTreeSet;

use counterfoil_openapi::Direction;
use counterfoil_openapi::generate::{Seed, Variety, positive_in, sample};
use serde_json::{Value, json};

use super::{refused, schema};

fn to(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Three schemas with a property that says which one a value is of.
fn pets(root: Value) -> Value {
    json!({
        "Root": root,
        "Cat": {"type": "object", "required": ["kind", "lives"], "properties": {
            "kind": {"type": "string"}, "lives": {"type": "integer"},
        }},
        "Dog": {"type": "object", "required": ["kind", "bark"], "properties": {
            "kind": {"type": "string"}, "bark": {"type": "string"},
        }},
        "Eel": {"type": "object", "required": ["volts"], "properties": {
            "kind": {"enum": ["eel", "moray"]}, "volts": {"type": "number"},
        }},
    })
}

/// A schema that others extend, and one that extends one of those.
fn family(root: Value, discriminator: Value) -> Value {
    json!({
        "Root": root,
        "Pet": {"type": "object", "required": ["kind"], "discriminator": discriminator, "properties": {
            "kind": {"type": "string"},
        }},
        "Cat": {"allOf": [to("Pet"), {"required": ["lives"], "properties": {"lives": {"type": "integer"}}}]},
        "Dog": {"allOf": [to("Pet"), {"required": ["bark"], "properties": {"bark": {"type": "string"}}}]},
        "Puppy": {"allOf": [to("Dog"), {"required": ["age"], "properties": {"age": {"type": "integer"}}}]},
    })
}

fn one_of(names: &[&str], discriminator: Value) -> Value {
    json!({"oneOf": names.iter().map(|name| to(name)).collect::<Vec<_>>(), "discriminator": discriminator})
}

/// Name, edition, components, and the names that values carry, each with a property of what it names.
type Row = (&'static str, &'static str, Value, &'static [(&'static str, &'static str)]);

#[test]
fn the_name_in_a_value_says_what_it_is() {
    let mapped =
        || json!({"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat", "tiger": "Cat"}});
    let named = || json!({"propertyName": "kind"});
    let any_of = json!({"anyOf": [to("Cat"), to("Dog")], "discriminator": named()});
    let by_default = json!({"propertyName": "kind", "defaultMapping": "Eel"});
    let pet = || to("Pet");
    let rows: [Row; 16] = [
        (
            "component names",
            "3.0.3",
            pets(one_of(&["Cat", "Dog"], named())),
            &[("Cat", "lives"), ("Dog", "bark")],
        ),
        (
            "a mapping by reference and by name",
            "3.0.3",
            pets(one_of(&["Cat", "Dog", "Eel"], mapped())),
            &[("cat", "lives"), ("tiger", "lives"), ("Dog", "bark"), ("eel", "volts"), ("moray", "volts")],
        ),
        ("anyOf", "3.1.0", pets(any_of), &[("Cat", "lives"), ("Dog", "bark")]),
        (
            "a default",
            "3.2.0",
            pets(one_of(&["Cat", "Eel"], by_default)),
            &[("Cat", "lives"), ("eel", "volts"), ("moray", "volts"), ("", "volts")],
        ),
        (
            "one that is extended",
            "3.0.3",
            family(pet(), named()),
            &[("Cat", "lives"), ("Dog", "bark"), ("Puppy", "age")],
        ),
        (
            "one that is extended, with a mapping",
            "3.1.0",
            family(
                pet(),
                json!({"propertyName": "kind", "mapping": {"cat": "Cat", "dog": "#/components/schemas/Dog"}}),
            ),
            &[("cat", "lives"), ("dog", "bark")],
        ),
        (
            "2.0, where it is the name of the property",
            "2.0",
            family(pet(), json!("kind")),
            &[("Cat", "lives"), ("Dog", "bark"), ("Puppy", "age")],
        ),
        ("one in the middle", "3.0.3", family(to("Dog"), named()), &[("Dog", "bark"), ("Puppy", "age")]),
        ("one at the end", "3.0.3", family(to("Puppy"), named()), &[("Puppy", "age")]),
        (
            "as an item",
            "3.0.3",
            family(json!({"type": "array", "minItems": 1, "maxItems": 1, "items": pet()}), named()),
            &[("Cat", "lives"), ("Dog", "bark"), ("Puppy", "age")],
        ),
        (
            "wrapped to say more",
            "3.0.3",
            family(
                json!({"type": "object", "required": ["pet"], "properties": {
                    "pet": {"allOf": [pet()], "description": "a pet"},
                }}),
                named(),
            ),
            &[("Cat", "lives"), ("Dog", "bark"), ("Puppy", "age")],
        ),
        (
            "among alternatives that say nothing",
            "3.0.3",
            family(json!({"oneOf": [to("Cat"), to("Puppy")]}), named()),
            &[("Cat", "lives"), ("Puppy", "age")],
        ),
        ("names that are numbers", "3.0.3", numbered(), &[("1", "one"), ("2", "two")]),
        ("names in another case", "3.0.3", listed(), &[("cat", "lives"), ("dog", "bark")]),
        ("Microsoft's extension", "2.0", stated(), &[("#cat", "lives"), ("Dog", "bark")]),
        (
            "a mapping to what is not there",
            "3.0.3",
            family(pet(), json!({"propertyName": "kind", "mapping": {"x": "#/components/schemas/Nowhere"}})),
            &[("Cat", "lives"), ("Dog", "bark"), ("Puppy", "age")],
        ),
    ];
    for (name, version, schemas, expected) in rows {
        let schema = schema(version, &schemas);
        let mut seen = BTreeSet::new();
        for variety in [Variety::Plain, Variety::Wild] {
            let strategy = positive_in(&schema, Direction::Response, variety).expect("there are values");
            for index in 0..24 {
                let value = sample(&strategy, &Seed::derive(1, &[name], index)).expect("a value");
                assert_eq!(refused(&schema, &value), [""; 0], "{name}: {value}");
                let pet = value.get("pet").or(value.get(0)).unwrap_or(&value);
                let kind = pet.get("kind").map_or_else(String::new, |kind| match kind {
                    Value::String(kind) => kind.clone(),
                    other => other.to_string(),
                });
                let Some((kind, member)) = expected.iter().find(|(known, _)| *known == kind) else {
                    panic!("{name}: {value} is of no kind");
                };
                assert!(pet.get(*member).is_some(), "{name}: {value} is no {kind}");
                seen.insert(*kind);
            }
        }
        let all: BTreeSet<&str> = expected.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(seen, all, "{name}");
    }
}

fn numbered() -> Value {
    let kind = |member: &str| json!({"type": "object", "required": ["kind", member], "properties": {"kind": {"type": "integer"}, member: {}}});
    let mapping = json!({"propertyName": "kind", "mapping": {"1": "One", "2": "Two"}});
    json!({"Root": one_of(&["One", "Two"], mapping), "One": kind("one"), "Two": kind("two")})
}

fn listed() -> Value {
    let mut schemas = family(to("Pet"), json!({"propertyName": "kind"}));
    schemas["Pet"]["properties"]["kind"]["enum"] = json!(["cat", "dog"]);
    schemas
}

fn stated() -> Value {
    let mut schemas = family(to("Pet"), json!("kind"));
    schemas["Cat"]["x-ms-discriminator-value"] = json!("#cat");
    schemas["Dog"]["x-ms-discriminator-value"] = json!("Dog");
    schemas
}

#[test]
fn nothing_is_refused_for_its_name_alone() {
    // OpenAPI 3.1.1, section 4.8.25: a discriminator cannot change the validation outcome.
    let rows = [
        (pets(one_of(&["Cat", "Dog"], json!({"propertyName": "kind"}))), json!({"kind": "cow", "lives": 9})),
        (family(to("Pet"), json!({"propertyName": "kind"})), json!({"kind": "cow"})),
        (family(to("Pet"), json!({"propertyName": "kind"})), json!({"kind": "Cat"})),
        (family(to("Dog"), json!({"propertyName": "kind"})), json!({"kind": "Cat", "bark": "woof"})),
    ];
    for (schemas, value) in rows {
        for version in ["3.0.4", "3.1.1", "3.2.0"] {
            assert_eq!(refused(&schema(version, &schemas), &value), [""; 0], "{value}");
        }
    }
}

#[test]
fn what_is_refused_is_told_of_the_alternative_that_is_named() {
    let mapped = json!({"propertyName": "kind", "mapping": {"cat": "Cat"}});
    let rows = [
        (
            json!({"kind": "cat", "volts": 1, "bark": 2}),
            vec![r#": "lives" is a required property [required] Cat/required"#],
        ),
        (
            json!({"kind": "Dog", "lives": "1", "bark": 5}),
            vec![r#"/bark: 5 is not of type "string" [type] Dog/properties/bark/type"#],
        ),
        (json!({"kind": "moray"}), vec![r#": "volts" is a required property [required] Eel/required"#]),
        (
            json!({"kind": "cow"}),
            vec![
                r#"/kind: "cow" is none of "cat", "Dog", "eel", "moray" [discriminator] Root/discriminator"#,
            ],
        ),
    ];
    let schema = schema("3.0.3", &pets(one_of(&["Cat", "Dog", "Eel"], mapped)));
    for (value, expected) in rows {
        assert_eq!(refused(&schema, &value), expected, "{value}");
    }
}

#[test]
fn what_contradicts_itself_tells_nothing_apart() {
    let ways = [
        json!({"propertyName": "nowhere"}),
        json!({"propertyName": 5, "mapping": []}),
        json!({"mapping": {"x": "Cat"}}),
        json!([]),
        json!({"propertyName": "kind", "mapping": {"x": 5, "y": "Root", "z": "Pet"}}),
    ];
    for discriminator in ways {
        for schemas in
            [family(to("Pet"), discriminator.clone()), pets(one_of(&["Cat", "Dog"], discriminator.clone()))]
        {
            let schema = schema("3.0.3", &schemas);
            let strategy =
                positive_in(&schema, Direction::Response, Variety::Plain).expect("there are values");
            for index in 0..8 {
                let value = sample(&strategy, &Seed::derive(1, &["odd"], index)).expect("a value");
                assert_eq!(refused(&schema, &value), [""; 0], "{discriminator}: {value}");
            }
        }
    }
}
