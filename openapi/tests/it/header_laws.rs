//! Response headers, and parameters that nest: decoding undoes encoding, and what cannot be written is told.

use counterfoil_openapi::Header;
use counterfoil_openapi::codec::{decode_header, encode_header};
use http::{HeaderMap, HeaderName};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::roundtrip::{config, contract, text, told, travel, with_parameters, with_value};

/// The only header of the only response of a document.
fn header(described: &Value) -> Header {
    let response = json!({"description": "ok", "headers": {"X-Any": described}});
    let contract = contract("3.1.0", &json!({"/x": {"get": {"responses": {"200": response}}}}));
    let response = contract.operations()[0].responses().iter().next().expect("a response");
    response.headers[0].clone()
}

fn record() -> Value {
    json!({"type": "object", "properties": {"a": {"type": "string"}, "n": {"type": "integer"}}})
}

#[test]
fn decoding_a_response_header_undoes_encoding_it() {
    let texts = json!({"type": "array", "items": {"type": "string"}});
    let some_texts = || proptest::collection::vec(text(), 0..4).prop_map(Value::from).boxed();
    let some_record = || (text(), any::<i64>()).prop_map(|(a, n)| json!({"a": a, "n": n})).boxed();
    let cases = [
        (json!({"schema": {"type": "string"}}), text().prop_map(Value::from).boxed()),
        (json!({"schema": {"type": "integer"}}), any::<i64>().prop_map(Value::from).boxed()),
        (
            json!({"schema": {"type": ["boolean", "null"]}}),
            prop::option::of(any::<bool>()).prop_map(|b| json!(b)).boxed(),
        ),
        (json!({"schema": texts}), some_texts()),
        (json!({"schema": record()}), some_record()),
        (json!({"schema": record(), "explode": true}), some_record()),
        (json!({"content": {"application/json": {"schema": record()}}}), some_record()),
        (
            json!({"content": {"text/plain": {"schema": {"type": "string"}}}}),
            text().prop_map(Value::from).boxed(),
        ),
    ];
    for (described, values) in &cases {
        let header = header(described);
        let mut written = 0;
        let count = std::cell::RefCell::new(&mut written);
        proptest!(config(150), |(value in values)| {
            if let Ok(field) = encode_header(&header, &value) {
                let mut headers = HeaderMap::new();
                headers.insert(HeaderName::from_static("x-any"), field.clone());
                prop_assert_eq!(decode_header(&header, &headers), Ok(Some(value)), "{:?}", field);
                **count.borrow_mut() += 1;
            }
        });
        assert!(written > 20, "{described}: {written}");
    }
}

#[test]
fn what_no_header_field_holds_is_told() {
    let text = header(&json!({"schema": {"type": "string"}}));
    let texts = header(&json!({"schema": {"type": "array", "items": {"type": "string"}}}));
    let plain = header(&json!({"content": {"text/plain": {}}}));
    let table = [
        (&text, json!("a\r\nSet-Cookie: b")),
        (&text, json!("a\0")),
        (&text, json!("a ")),
        (&texts, json!(["a,b"])),
        (&texts, json!([])),
        (&plain, json!("a\nb")),
    ];
    for (header, value) in table {
        let error = encode_header(header, &value).expect_err(&value.to_string());
        assert!(error.to_string().starts_with("write header.X-Any: "), "{error}");
    }
}

/// Objects and arrays inside each other, as `deepObject` has them in brackets and the other styles as JSON.
#[test]
fn decoding_a_nested_parameter_undoes_encoding_it() {
    let list = json!({"type": "array", "items": {"type": "string"}});
    let schema = json!({"type": "object", "properties": {
        "one": {"type": "object", "properties": {"two": record(), "list": list}},
        "list": list, "matrix": {"type": "array", "items": list},
        "records": {"type": "array", "items": record()}, "flag": {"type": "boolean"}
    }});
    let record = || (text(), any::<i64>()).prop_map(|(a, n)| json!({"a": a, "n": n}));
    let list = || proptest::collection::vec(text(), 1..3).prop_map(Value::from);
    let value = (record(), list(), proptest::collection::vec(list(), 1..3), proptest::collection::vec(record(), 1..3), any::<bool>())
        .prop_map(|(two, list, matrix, records, flag)| {
            json!({"one": {"two": two, "list": list}, "list": list, "matrix": matrix, "records": records, "flag": flag})
        });
    for (location, style) in [
        ("query", "deepObject"),
        ("query", "form"),
        ("query", "pipeDelimited"),
        ("path", "label"),
        ("path", "simple"),
        ("cookie", "form"),
    ] {
        for explode in [false, true] {
            let contract = with_parameters(
                "3.1.0",
                &json!([{
                    "name": "p", "in": location, "required": true, "style": style, "explode": explode, "schema": schema
                }]),
            );
            proptest!(config(30), |(value in &value)| {
                let values = with_value(location, value);
                match travel(&contract, &values) {
                    Ok((request, reading)) => {
                        prop_assert_eq!(&reading.values, &values, "{} {}: {:?}", style, explode, request);
                        prop_assert_eq!(told(&reading), Vec::<String>::new(), "{:?}", request);
                    }
                    Err(error) => prop_assert!(style == "pipeDelimited", "{}", error),
                }
            });
        }
    }
}
