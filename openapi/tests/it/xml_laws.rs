//! Decoding XML undoes encoding it, for random schemas with XML Objects and values drawn from them.

use counterfoil_openapi::codec::{Payload, decode_body, encode_body};
use counterfoil_openapi::generate::{self, Seed, Variety};
use counterfoil_openapi::{Contract, Direction, MediaType};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

/// The values drawn from one schema.
const DRAWS: u64 = 4;

fn xml() -> impl Strategy<Value = Map<String, Value>> {
    let word = proptest::sample::select(vec!["a", "b", "c", "d", "e-f", "é", "1 x", "p:q"]);
    let space = proptest::sample::select(vec!["urn:a", "urn:b"]);
    let prefix = proptest::sample::select(vec!["n", "m"]);
    (
        proptest::option::weighted(0.3, word),
        proptest::option::weighted(0.2, space),
        proptest::option::weighted(0.2, prefix),
        proptest::option::weighted(0.3, any::<bool>()),
    )
        .prop_map(|(name, namespace, prefix, wrapped)| {
            let members = [
                ("name", json!(name)),
                ("namespace", json!(namespace)),
                ("prefix", json!(prefix)),
                ("wrapped", json!(wrapped)),
            ];
            let given = members.into_iter().filter(|(_, value)| !value.is_null());
            given.map(|(name, value)| (name.to_owned(), value)).collect()
        })
}

fn with_xml(schema: Value, xml: Map<String, Value>) -> Value {
    let Value::Object(mut members) = schema else { return schema };
    if !xml.is_empty() {
        members.insert("xml".to_owned(), Value::Object(xml));
    }
    Value::Object(members)
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => Just(json!({"type": "string"})),
        1 => Just(json!({"type": "string", "nullable": true})),
        1 => Just(json!({"type": "integer"})),
        1 => Just(json!({"type": "number", "nullable": true})),
        1 => Just(json!({"type": "boolean"})),
        1 => Just(json!({"enum": ["a", "", " b "]})),
        1 => Just(json!({"$ref": "#/components/schemas/Text"})),
    ]
}

fn attribute() -> impl Strategy<Value = Value> {
    let never_null = scalar().prop_filter("null is an element's affair", |schema| schema["nullable"] != true);
    let node = proptest::sample::select(vec![
        json!({"nodeType": "attribute"}),
        json!({"nodeType": "text"}),
        json!({"nodeType": "cdata"}),
        json!({"attribute": true}),
        json!({"attribute": true, "name": "at", "namespace": "urn:a", "prefix": "n"}),
    ]);
    (node, never_null)
        .prop_map(|(node, schema)| with_xml(schema, node.as_object().cloned().unwrap_or_default()))
}

/// What 3.2 says instead of `wrapped`.
fn array_node() -> impl Strategy<Value = Option<&'static str>> {
    proptest::option::weighted(0.3, proptest::sample::select(vec!["element", "none"]))
}

fn schema() -> impl Strategy<Value = Value> {
    let leaf = (scalar(), xml()).prop_map(|(schema, xml)| with_xml(schema, xml));
    leaf.prop_recursive(4, 24, 4, |inner| {
        let names = proptest::sample::select(vec!["a", "b", "c", "@id", "x y", "_x0041_", "url"]);
        let properties =
            proptest::collection::hash_map(names, prop_oneof![4 => inner.clone(), 1 => attribute()], 0..5);
        let object = (properties, any::<bool>(), proptest::option::weighted(0.2, inner.clone()), xml())
            .prop_map(|(properties, is_required, additional, xml)| {
                let mut schema = json!({"type": "object", "additionalProperties": false});
                if is_required {
                    schema["required"] = properties.keys().take(2).copied().collect();
                }
                schema["properties"] =
                    properties.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
                if let Some(additional) = additional {
                    schema["additionalProperties"] = additional;
                }
                with_xml(schema, xml)
            });
        let array = (inner.clone(), xml(), array_node()).prop_map(|(items, mut xml, node)| {
            if let Some(node) = node {
                xml.remove("wrapped");
                xml.insert("nodeType".to_owned(), json!(node));
            }
            with_xml(json!({"type": "array", "items": items}), xml)
        });
        let merged = (inner.clone(), inner).prop_map(|(left, right)| match left["type"] == "object" {
            true => json!({"allOf": [left, {"properties": {"url": right}}]}),
            false => left,
        });
        prop_oneof![4 => object, 3 => array, 1 => merged]
    })
}

fn media(schema: &Value) -> MediaType {
    let document = json!({
        "openapi": "3.0.3", "info": {"title": "t", "version": "1"},
        "paths": {"/": {"post": {
            "requestBody": {"content": {"application/xml": {"schema": schema}}},
            "responses": {"200": {"description": "ok"}}
        }}},
        "components": {"schemas": {"Text": {"type": "string", "xml": {"name": "text"}}}}
    });
    let contract = Contract::load("t.json", document.to_string().as_bytes()).expect("a document");
    contract.operations()[0].request_body().expect("a body").content.0[0].clone()
}

#[test]
fn decoding_undoes_encoding() {
    let config = Config { cases: 192, failure_persistence: None, ..Config::default() };
    let (written, refused) = (std::cell::Cell::new(0_u32), std::cell::Cell::new(0_u32));
    let result = TestRunner::new(config).run(&schema(), |schema| {
        let media = media(&schema);
        let Ok(values) = generate::positive_in(
            media.schema.as_ref().expect("a schema"),
            Direction::Request,
            Variety::Wild,
        ) else {
            return Ok(());
        };
        for draw in 0..DRAWS {
            let Some(value) = generate::sample(&values, &Seed::derive(1, &["xml"], draw)) else { continue };
            let Ok(body) = encode_body(&media, &Payload::Value(value.clone())) else {
                refused.set(refused.get() + 1);
                continue;
            };
            written.set(written.get() + 1);
            let read = decode_body(&media, "application/xml", &body, Direction::Request);
            prop_assert_eq!(read, Ok(Payload::Value(value)), "{}", String::from_utf8_lossy(&body));
        }
        Ok(())
    });
    assert!(result.is_ok(), "{result:?}");
    assert!(written.get() > refused.get(), "{} written, {} refused", written.get(), refused.get());
}

#[test]
fn what_is_generated_arrives() {
    let config = Config { cases: 96, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&schema(), |schema| {
        let media = media(&schema);
        for variety in [Variety::Plain, Variety::Wild] {
            let Ok(bodies) = generate::positive_body(&media, Direction::Response, variety) else {
                return Ok(());
            };
            let value = generate::sample(&bodies, &Seed::derive(1, &["xml"], 0)).expect("a value");
            let body = match encode_body(&media, &Payload::Value(value.clone())) {
                // Nothing can be done about required properties that have one place.
                Err(error) if error.to_string().contains(" one ") => return Ok(()),
                // Of few values that may stand there, none that can be written is drawn now and then.
                Err(error) if error.to_string().contains("white space") => return Ok(()),
                Err(error) => return Err(TestCaseError::fail(format!("{value}: {error}"))),
                Ok(body) => body,
            };
            let read = decode_body(&media, "application/xml", &body, Direction::Response);
            prop_assert_eq!(read, Ok(Payload::Value(value)), "{}", String::from_utf8_lossy(&body));
        }
        Ok(())
    });
    assert!(result.is_ok(), "{result:?}");
}
