//! Parameters with a media type, the whole query string, and the cookie style of 3.2: decoding undoes encoding, and
//! what cannot be written is told.

use counterfoil_openapi::codec::encode_request;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::roundtrip::{config, read, text, told, travel, with_parameters, with_value};

/// What a parameter's media type can say.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Medium {
    Json,
    Vendor,
    Form,
    Xml,
    Yaml,
    Plain,
    Number,
    /// Nothing that a codec knows.
    Other,
    /// A range, with a schema all the same.
    Range,
}

const MEDIA: [Medium; 9] = [
    Medium::Json,
    Medium::Vendor,
    Medium::Form,
    Medium::Xml,
    Medium::Yaml,
    Medium::Plain,
    Medium::Number,
    Medium::Other,
    Medium::Range,
];

const LOCATIONS: [&str; 5] = ["path", "query", "header", "cookie", "querystring"];

impl Medium {
    fn content(self) -> Value {
        let record = json!({"type": "object", "properties": {
            "a": {"type": "string"}, "n": {"type": "integer"},
            "list": {"type": "array", "items": {"type": "string"}}
        }});
        let text = json!({"type": "string"});
        match self {
            Self::Json => json!({"application/json": {"schema": record}}),
            // Its charset is no concern of a text that is characters already.
            Self::Vendor => json!({"application/vnd.x+json; charset=utf-16": {}}),
            Self::Form => json!({"application/x-www-form-urlencoded": {"schema": record}}),
            Self::Xml => json!({"application/xml": {"schema": record}}),
            Self::Yaml => json!({"application/yaml": {"schema": record}}),
            Self::Plain => json!({"text/plain; charset=iso-8859-1": {"schema": text}}),
            Self::Number => json!({"text/plain": {"schema": {"type": "number"}}}),
            Self::Other => json!({"application/jwt": {"schema": text}}),
            Self::Range => json!({"*/*": {"schema": record}}),
        }
    }

    fn values(self) -> BoxedStrategy<Value> {
        let list = || proptest::collection::vec(text(), 1..4);
        let record = || {
            (proptest::option::of(text()), any::<i64>(), proptest::option::of(list())).prop_map(
                |(a, n, list)| {
                    let members = [("a", json!(a)), ("n", json!(n)), ("list", json!(list))];
                    let present = members.into_iter().filter(|(_, value)| !value.is_null());
                    Value::Object(present.map(|(name, value)| (name.to_owned(), value)).collect())
                },
            )
        };
        match self {
            Self::Json | Self::Form | Self::Xml | Self::Yaml | Self::Range => record().boxed(),
            Self::Vendor => prop_oneof![record(), text().prop_map(Value::from), Just(Value::Null)].boxed(),
            Self::Plain | Self::Other => text().prop_map(Value::from).boxed(),
            Self::Number => any::<i32>().prop_map(|number| json!(f64::from(number) / 8.0)).boxed(),
        }
    }
}

#[test]
fn decoding_a_parameter_of_a_media_type_undoes_encoding_it() {
    let cases: Vec<_> = LOCATIONS
        .iter()
        .flat_map(|location| MEDIA.iter().map(move |medium| (*location, *medium)))
        .map(|(location, medium)| {
            let parameter =
                json!({"name": "p", "in": location, "required": true, "content": medium.content()});
            (location, medium, with_parameters("3.2.0", &json!([parameter])))
        })
        .collect();
    let mut written = vec![0; cases.len()];
    let any_case = (0..cases.len()).prop_flat_map(|index| (Just(index), cases[index].1.values()));
    let mut runner = proptest::test_runner::TestRunner::new(config(2_000));
    let counts = std::cell::RefCell::new(&mut written);
    runner
        .run(&any_case, |(index, value)| {
            let (location, _, contract) = &cases[index];
            let values = with_value(location, value);
            if let Ok((request, reading)) = travel(contract, &values) {
                prop_assert_eq!(&reading.values, &values, "{:?}", request);
                prop_assert_eq!(told(&reading), Vec::<String>::new(), "{:?}", request);
                counts.borrow_mut()[index] += 1;
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    for ((location, medium, _), count) in cases.iter().zip(&written) {
        assert!(*count > 0, "nothing in {medium:?} was written to {location}");
    }
}

#[test]
fn a_parameter_of_a_media_type_is_written_so() {
    let record = json!({"a": "x y", "n": 1});
    let table = [
        ("path", Medium::Json, &record, "/x/%7B%22a%22%3A%22x%20y%22%2C%22n%22%3A1%7D"),
        ("query", Medium::Json, &record, "/x?p=%7B%22a%22%3A%22x%20y%22%2C%22n%22%3A1%7D"),
        // Escaped as a form, then as a query.
        ("query", Medium::Form, &record, "/x?p=a%3Dx%2By%26n%3D1"),
        ("querystring", Medium::Form, &record, "/x?a=x+y&n=1"),
        ("querystring", Medium::Json, &record, "/x?%7B%22a%22%3A%22x%20y%22%2C%22n%22%3A1%7D"),
        ("querystring", Medium::Other, &json!("$.a.b[1:1]"), "/x?%24.a.b%5B1%3A1%5D"),
        ("query", Medium::Plain, &json!("é"), "/x?p=%C3%A9"),
    ];
    for (location, medium, value, expected) in table {
        let parameter = json!({"name": "p", "in": location, "required": true, "content": medium.content()});
        let contract = with_parameters("3.2.0", &json!([parameter]));
        let values = with_value(location, value.clone());
        let request = encode_request(&contract.operations()[0], &values).expect("it can be written");
        assert_eq!(request.target, expected);
        assert_eq!(read(&contract, &request).values, values);
    }
}

#[test]
fn the_whole_query_string_is_one_parameter() {
    let schema = json!({"type": "object", "required": ["a"], "properties": {
        "a": {"type": "integer"}, "tags": {"type": "array", "items": {"type": "string"}}
    }});
    let content = json!({"application/x-www-form-urlencoded": {
        "schema": schema, "encoding": {"tags": {"style": "pipeDelimited", "explode": false}}
    }});
    let parameter = json!({"name": "p", "in": "querystring", "required": true, "content": content});
    let contract = with_parameters("3.2.0", &json!([parameter]));
    let table = [
        ("/x?a=1&tags=x%7Cy&other=z", vec![]),
        ("/x?tags=x", vec!["querystring.p: \"a\" is a required property [required]"]),
        ("/x?a=b", vec!["querystring.p/a: \"b\" is not of type \"integer\" [type]"]),
        ("/x", vec!["querystring.p: it is required, and it is not there [missing]"]),
        ("/x?", vec!["querystring.p: it is required, and it is not there [missing]"]),
    ];
    for (target, expected) in table {
        let request = counterfoil_openapi::Request::new(http::Method::POST, target);
        assert_eq!(told(&read(&contract, &request)), expected, "{target}");
    }
    let values = with_value("querystring", json!({"tags": ["x", "y"], "a": 1}));
    let (request, reading) = travel(&contract, &values).expect("it can be written");
    assert_eq!(request.target, "/x?tags=x%7Cy&a=1");
    assert_eq!(reading.values, values);
    let mut beside = values;
    beside.query.insert("q".to_owned(), json!(1));
    assert!(travel(&contract, &beside).is_err(), "nothing can stand beside it");
}

#[test]
fn decoding_a_cookie_without_escapes_undoes_encoding_it() {
    let kinds = [
        json!({"type": "string"}),
        json!({"type": "integer"}),
        json!({"type": "array", "items": {"type": "string"}}),
        json!({"type": "object", "properties": {"a": {"type": "string"}, "b%2F": {"type": "integer"}}}),
    ];
    let values = [
        text().prop_map(Value::from).boxed(),
        any::<i64>().prop_map(Value::from).boxed(),
        proptest::collection::vec(prop_oneof![text(), "[!-~]{0,4}"], 0..4).prop_map(Value::from).boxed(),
        (prop_oneof![text(), "[!-~]{0,4}"], any::<i32>())
            .prop_map(|(a, b)| json!({"a": a, "b%2F": b}))
            .boxed(),
    ];
    let is_octets =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte));
    for explode in [false, true] {
        for (schema, values) in kinds.iter().zip(&values) {
            let parameter = json!({
                "name": "p", "in": "cookie", "style": "cookie", "explode": explode, "schema": schema
            });
            let contract = with_parameters("3.2.0", &json!([parameter]));
            proptest!(config(150), |(value in values)| {
                let fits = match &value {
                    Value::String(text) => is_octets(text),
                    Value::Array(items) => {
                        !items.is_empty() && items.iter().all(|item| item.as_str().is_some_and(is_octets))
                    }
                    Value::Object(members) => members["a"].as_str().is_some_and(is_octets),
                    _ => true,
                };
                let values = with_value("cookie", value);
                match travel(&contract, &values) {
                    Ok((request, reading)) => {
                        prop_assert!(fits, "{:?}", request);
                        prop_assert_eq!(&reading.values, &values, "{:?}", request);
                        prop_assert_eq!(told(&reading), Vec::<String>::new());
                    }
                    Err(error) => prop_assert!(!fits, "{}", error),
                }
            });
        }
    }
}
