//! Keywords whose meaning hangs on the edition, and keywords that real documents write as no edition has them.

use counterfoil_openapi::Direction;
use counterfoil_openapi::generate::{Seed, positive, sample};
use serde_json::{Value, json};

use super::schema;

/// A schema in some editions, what it admits and what it refuses.
struct Row {
    name: &'static str,
    versions: &'static [&'static str],
    schemas: Value,
    valid: Vec<Value>,
    invalid: Vec<Value>,
}

const OLD: &[&str] = &["2.0", "3.0.3"];
const NEW: &[&str] = &["3.1.0", "3.2.0"];
const ALL: &[&str] = &["2.0", "3.0.3", "3.1.0", "3.2.0"];

fn row(
    name: &'static str,
    versions: &'static [&'static str],
    root: Value,
    valid: &[Value],
    invalid: &[Value],
) -> Row {
    let schemas = json!({"Root": root, "Text": {"type": "string", "minLength": 2}});
    Row { name, versions, schemas, valid: valid.to_vec(), invalid: invalid.to_vec() }
}

fn hold(rows: Vec<Row>) {
    for Row { name, versions, schemas, valid, invalid } in rows {
        for version in versions {
            let schema = schema(version, &schemas);
            assert_eq!(schema.defect(), None, "{name}, {version}");
            for value in &valid {
                assert!(schema.is_valid(value, Direction::Response), "{name}, {version}: {value} is valid");
            }
            for value in &invalid {
                assert!(
                    !schema.is_valid(value, Direction::Response),
                    "{name}, {version}: {value} is invalid"
                );
            }
            let Ok(strategy) = positive(&schema, Direction::Response) else {
                panic!("{name}, {version}: nothing is generated");
            };
            for index in 0..4 {
                let value = sample(&strategy, &Seed::derive(1, &[name], index)).expect("a value");
                assert!(schema.is_valid(&value, Direction::Response), "{name}, {version}: {value}");
            }
        }
    }
}

#[test]
fn siblings_of_a_reference_hold_from_3_1_on() {
    let short = json!({"$ref": "#/components/schemas/Text", "maxLength": 3});
    let described = json!({"$ref": "#/components/schemas/Text", "description": "a text", "nullable": true});
    hold(vec![
        row("siblings", OLD, short.clone(), &[json!("abcd")], &[json!("a"), json!(1)]),
        row("siblings", NEW, short, &[json!("abc")], &[json!("a"), json!("abcd")]),
        row(
            "siblings in a draft that ignores them",
            NEW,
            json!({
                "$schema": "http://json-schema.org/draft-07/schema#",
                "type": "object",
                "properties": {"a": {"$ref": "#/components/schemas/Text", "maxLength": 3}},
            }),
            &[json!({"a": "abcd"})],
            &[json!({"a": "a"})],
        ),
        row(
            "siblings in a newer draft within it",
            NEW,
            json!({
                "$schema": "http://json-schema.org/draft-07/schema#",
                "type": "object",
                "properties": {"a": {
                    "$schema": "https://json-schema.org/draft/2020-12/schema",
                    "allOf": [{"$ref": "#/components/schemas/Text", "maxLength": 3}],
                }},
            }),
            &[json!({"a": "abc"})],
            &[json!({"a": "abcd"})],
        ),
        row("nullable beside it", OLD, described, &[json!("ab")], &[json!(null), json!("a")]),
    ]);
}

#[test]
fn nullable_is_a_keyword_of_the_older_dialect() {
    let word = |more: Value| {
        let mut schema = json!({"type": "string", "nullable": true});
        schema.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        schema
    };
    hold(vec![
        row("nullable", &["3.0.3"], word(json!({})), &[json!(null), json!("a")], &[json!(1)]),
        row("with enum", &["3.0.3"], word(json!({"enum": ["a"]})), &[json!(null), json!("a")], &[json!("b")]),
        row("false", &["3.0.3"], json!({"type": "string", "nullable": false}), &[json!("a")], &[json!(null)]),
        row(
            "no boolean",
            &["3.0.3"],
            json!({"type": "string", "nullable": "true"}),
            &[json!("a")],
            &[json!(1)],
        ),
        // OpenAPI 3.0.4, section 4.7.24.2: without `type` it has no effect, and null is admitted anyway.
        row("without a type", &["3.0.3"], json!({"nullable": true}), &[json!(null), json!(1)], &[]),
        row(
            "without a type, with rules",
            &["3.0.3"],
            json!({"nullable": true, "minLength": 2}),
            &[json!(null), json!("ab")],
            &[json!("a")],
        ),
        row(
            "around allOf",
            &["3.0.3"],
            json!({"nullable": true, "allOf": [{"$ref": "#/components/schemas/Text"}]}),
            &[json!(null), json!("ab")],
            &[json!("a")],
        ),
        row(
            "the extension of 2.0",
            &["2.0"],
            json!({"type": "string", "x-nullable": true}),
            &[json!(null), json!("a")],
            &[json!(1)],
        ),
        row(
            "null among the types",
            NEW,
            json!({"type": ["string", "null"]}),
            &[json!(null), json!("a")],
            &[json!(1)],
        ),
        row("null as the type", NEW, json!({"type": "null"}), &[json!(null)], &[json!(1)]),
        // What 3.0 does not have, and means nothing else.
        row(
            "several types",
            OLD,
            json!({"type": ["string", "null"]}),
            &[json!(null), json!("a")],
            &[json!(1)],
        ),
        row("null as a type", OLD, json!({"type": "null"}), &[json!(null)], &[json!(1)]),
    ]);
}

#[test]
fn bounds_are_numbers_or_words_about_other_bounds() {
    let old = json!({"type": "number", "minimum": 1, "exclusiveMinimum": true, "maximum": 5, "exclusiveMaximum": false});
    let new = json!({"type": "number", "exclusiveMinimum": 1, "maximum": 5});
    let both = json!({"type": "number", "minimum": 3, "exclusiveMinimum": 1, "exclusiveMaximum": 9});
    hold(vec![
        row("as words", ALL, old, &[json!(1.5), json!(5)], &[json!(1), json!(5.5)]),
        row("as numbers", ALL, new, &[json!(1.5), json!(5)], &[json!(1), json!(6)]),
        row("both", ALL, both, &[json!(3), json!(8)], &[json!(2), json!(9)]),
        row(
            "a word alone",
            ALL,
            json!({"type": "number", "exclusiveMinimum": true}),
            &[json!(-5)],
            &[json!("a")],
        ),
    ]);
}

#[test]
fn what_no_edition_has_is_read_as_what_it_means_or_not_at_all() {
    let object = |name: Value| json!({"type": "object", "properties": {"name": name}});
    let anything = [json!(1), json!("a"), json!(null), json!([]), json!({})];
    let wrong = json!({
        "type": "anything", "minLength": "3", "maxLength": -1, "pattern": 5, "enum": [], "required": true,
        "properties": [], "items": "string", "additionalProperties": "yes", "multipleOf": 0, "minimum": "low",
        "uniqueItems": "yes", "format": 7, "allOf": {}, "oneOf": [], "not": "this", "minItems": 1.5,
        "maxProperties": null, "discriminator": 5, "readOnly": "yes", "patternProperties": [], "const": null,
    });
    let mut old = wrong.clone();
    old.as_object_mut().expect("an object").shift_remove("const");
    hold(vec![
        row("keywords of the wrong type", ALL, old, &anything, &[]),
        row("a type of its own", OLD, json!({"type": "file"}), &[json!("bytes")], &[]),
        row("a type with a capital", ALL, json!({"type": "String"}), &[json!("a")], &[]),
        row(
            "required in a property",
            ALL,
            object(json!({"type": "string", "required": true})),
            &[json!({}), json!({"name": "a"})],
            &[json!({"name": 1})],
        ),
        row(
            "required as a word",
            ALL,
            json!({"type": "object", "required": "name"}),
            &[json!({})],
            &[json!(1)],
        ),
        row(
            "required twice",
            ALL,
            json!({"type": "object", "required": ["a", "a", 5]}),
            &[json!({"a": 1})],
            &[json!({})],
        ),
        row("values twice", ALL, json!({"enum": ["a", "a", "b"]}), &[json!("a")], &[json!("c")]),
        row(
            "null among the values",
            ALL,
            json!({"type": "string", "enum": ["a", null]}),
            &[json!("a")],
            &[json!("b"), json!(5)],
        ),
        row(
            "items by position",
            OLD,
            json!({"type": "array", "items": [{"type": "string"}, {"type": "integer"}]}),
            &[json!(["a", 1, true]), json!([])],
            &[json!([1])],
        ),
        row(
            "items by position, and no more",
            ALL,
            json!({"type": "array", "items": [{"type": "string"}], "additionalItems": false}),
            &[json!(["a"])],
            &[json!(["a", 1])],
        ),
        row(
            "items by position, and others",
            ALL,
            json!({"type": "array", "items": [{"type": "string"}], "additionalItems": {"type": "integer"}}),
            &[json!(["a", 1])],
            &[json!(["a", "b"])],
        ),
        row(
            "an example in the place of a schema",
            ALL,
            object(json!({"type": "string", "example": {"$ref": "x"}, "examples": "a"})),
            &[json!({"name": "a"})],
            &[json!({"name": 1})],
        ),
        row(
            "a property that is no schema",
            ALL,
            json!({"type": "object", "properties": {"a": "string", "b": null, "c": {"type": "integer"}}}),
            &[json!({"a": 5, "b": 1})],
            &[json!({"c": "a"})],
        ),
        row(
            "counts as doubles",
            ALL,
            json!({"type": "string", "minLength": 2.0, "maxLength": 3.0}),
            &[json!("ab")],
            &[json!("a"), json!("abcd")],
        ),
        row(
            "a count beyond measure",
            ALL,
            json!({"type": "array", "maxItems": 1e300}),
            &[json!([1])],
            &[json!(1)],
        ),
        row(
            "an open object",
            ALL,
            json!({"type": "object", "additionalProperties": true}),
            &[json!({"a": 1})],
            &[json!(1)],
        ),
        row(
            "an empty object for additionalProperties",
            ALL,
            json!({"type": "object", "additionalProperties": {}}),
            &[json!({"a": 1})],
            &[json!(1)],
        ),
        row("an array without items", ALL, json!({"type": "array"}), &[json!([1, "a"])], &[json!(1)]),
        row(
            "a pattern that is none",
            ALL,
            json!({"type": "string", "pattern": "(["}),
            &[json!("a")],
            &[json!(1)],
        ),
        row(
            "a reference to nothing",
            ALL,
            json!({"type": "object", "properties": {"a": {"$ref": "#/components/schemas/Lost"}}}),
            &[json!({"a": 1})],
            &[json!(1)],
        ),
    ]);
}

#[test]
fn keywords_of_other_drafts_hold_from_3_1_on() {
    let dependencies = json!({"type": "object", "dependencies": {
        "a": ["b"], "c": {"required": ["d"]}, "e": false, "f": "g",
    }});
    hold(vec![
        row(
            "dependencies",
            NEW,
            dependencies,
            &[json!({"a": 1, "b": 1}), json!({"c": 1, "d": 1}), json!({"f": 1})],
            &[json!({"a": 1}), json!({"c": 1}), json!({"e": 1})],
        ),
        row("const", NEW, json!({"const": {"a": [1]}}), &[json!({"a": [1.0]})], &[json!({"a": []})]),
        row(
            "prefixItems",
            NEW,
            json!({"prefixItems": [{"type": "string"}], "items": false}),
            &[json!(["a"])],
            &[json!(["a", 1]), json!([1])],
        ),
        row(
            "contains",
            NEW,
            json!({"type": "array", "contains": {"const": 1}, "maxContains": 1}),
            &[json!([0, 1])],
            &[json!([1, 1]), json!([])],
        ),
        row(
            "propertyNames",
            NEW,
            json!({"type": "object", "propertyNames": {"maxLength": 2}}),
            &[json!({"ab": 1})],
            &[json!({"abc": 1})],
        ),
        row(
            "if",
            NEW,
            json!({"type": "integer", "if": {"minimum": 5}, "then": {"multipleOf": 2}, "else": {"const": 1}}),
            &[json!(6), json!(1)],
            &[json!(7), json!(2)],
        ),
        row(
            "unevaluatedProperties",
            NEW,
            json!({"type": "object", "allOf": [{"properties": {"a": {}}}], "unevaluatedProperties": false}),
            &[json!({"a": 1})],
            &[json!({"b": 1})],
        ),
        row(
            "dependentSchemas",
            NEW,
            json!({"type": "object", "dependentSchemas": {"a": {"required": ["b"]}}}),
            &[json!({"a": 1, "b": 1})],
            &[json!({"a": 1})],
        ),
        row(
            "definitions",
            NEW,
            json!({"$ref": "#/components/schemas/Root/$defs/word", "$defs": {"word": {"type": "string"}}}),
            &[json!("a")],
            &[json!(1)],
        ),
        row(
            "a boolean schema",
            NEW,
            json!({"type": "object", "properties": {"a": true, "b": false}}),
            &[json!({"a": 1})],
            &[json!({"b": 1})],
        ),
    ]);
}

#[test]
fn formats_hold_numbers_and_texts_to_what_they_say() {
    let of = |of_type: &str, format: &str| json!({"type": of_type, "format": format});
    hold(vec![
        row(
            "int32",
            ALL,
            of("integer", "int32"),
            &[json!(2_147_483_647), json!(-2_147_483_648_i64)],
            &[json!(2_147_483_648_i64), json!(1.5)],
        ),
        row(
            "int64",
            ALL,
            of("integer", "int64"),
            &[json!(i64::MAX), json!(i64::MIN)],
            &[json!(9_223_372_036_854_775_808_u64)],
        ),
        row("uint8", ALL, of("integer", "uint8"), &[json!(255)], &[json!(256), json!(-1)]),
        row("float", ALL, of("number", "float"), &[json!(1.5), json!(3)], &[json!("1.5")]),
        row("double", ALL, of("number", "double"), &[json!(1e300)], &[json!("1")]),
        row("int32 of a number", ALL, of("number", "int32"), &[json!(5)], &[json!("5")]),
        row("int64 of a text", ALL, of("string", "int64"), &[json!("5")], &[json!(5)]),
        row("byte", ALL, of("string", "byte"), &[json!("YWJj"), json!("")], &[json!("a b!"), json!(1)]),
        row("binary", ALL, of("string", "binary"), &[json!("any \u{1} text")], &[json!(1)]),
        row("password", ALL, of("string", "password"), &[json!("")], &[json!(1)]),
        row(
            "date",
            ALL,
            of("string", "date"),
            &[json!("2024-02-29")],
            &[json!("2023-02-29"), json!("today")],
        ),
        row(
            "date-time",
            ALL,
            of("string", "date-time"),
            &[json!("2024-02-29T12:00:00Z")],
            &[json!("2024-02-29")],
        ),
        row(
            "uuid",
            ALL,
            of("string", "uuid"),
            &[json!("123e4567-e89b-12d3-a456-426614174000")],
            &[json!("x")],
        ),
        row("email", ALL, of("string", "email"), &[json!("a@example.com")], &[json!("a")]),
        row(
            "a short password",
            ALL,
            json!({"type": "string", "format": "password", "minLength": 2, "maxLength": 2}),
            &[json!("US")],
            &[json!("USA")],
        ),
        row(
            "a short email",
            ALL,
            json!({"type": "string", "format": "email", "maxLength": 12}),
            &[json!("a@b.co")],
            &[json!("amber.anchor@example.com")],
        ),
        row(
            "a long URL",
            ALL,
            json!({"type": "string", "format": "uri", "minLength": 90}),
            &[],
            &[json!("https://example.com")],
        ),
        row("a format of its own", ALL, of("string", "colour"), &[json!("red")], &[json!(1)]),
    ]);
}
