//! The collection formats of Swagger 2.0: every place, every format, both directions, and the fields of forms.

use counterfoil_openapi::Contract;
use counterfoil_openapi::codec::{RequestValues, decode_header, encode_header, encode_request};
use http::{HeaderMap, HeaderName};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::roundtrip::{body, config, contract, read, text, told, travel, with_value};

const FORMATS: [&str; 5] = ["csv", "ssv", "tsv", "pipes", "multi"];

/// A document whose only operation has these parameters.
fn with_parameters(parameters: &Value, consumes: &Value) -> Contract {
    let has_path = parameters.as_array().expect("a list").iter().any(|parameter| parameter["in"] == "path");
    let path = if has_path { "/x/{p}" } else { "/x" };
    let operation = json!({
        "consumes": consumes, "parameters": parameters, "responses": {"200": {"description": "ok"}}
    });
    contract("2.0", &json!({path: {"post": operation}}))
}

fn array(location: &str, format: &str) -> Value {
    json!({
        "name": "p", "in": location, "required": true,
        "type": "array", "items": {"type": "string"}, "collectionFormat": format
    })
}

const FORM: &str = "application/x-www-form-urlencoded";

/// The values of a request that sends `p` in a place; a form has it in its body.
fn values(location: &str, value: Value) -> RequestValues {
    if location == "formData" { body(FORM, json!({"p": value})) } else { with_value(location, value) }
}

#[test]
fn every_format_is_written_in_its_own_way() {
    let sent = json!(["a", "b,c", "d"]);
    let table = [
        ("query", "csv", "/x?p=a,b%2Cc,d"),
        ("query", "ssv", "/x?p=a%20b%2Cc%20d"),
        ("query", "tsv", "/x?p=a%09b%2Cc%09d"),
        ("query", "pipes", "/x?p=a%7Cb%2Cc%7Cd"),
        ("query", "multi", "/x?p=a&p=b%2Cc&p=d"),
        ("path", "csv", "/x/a,b%2Cc,d"),
        ("path", "ssv", "/x/a%20b%2Cc%20d"),
        ("path", "tsv", "/x/a%09b%2Cc%09d"),
        ("path", "pipes", "/x/a%7Cb%2Cc%7Cd"),
        ("header", "ssv", "a b,c d"),
        ("header", "tsv", "a\tb,c\td"),
        ("header", "pipes", "a|b,c|d"),
        ("formData", "csv", "p=a,b%2Cc,d"),
        ("formData", "ssv", "p=a%20b%2Cc%20d"),
        ("formData", "tsv", "p=a%09b%2Cc%09d"),
        ("formData", "pipes", "p=a%7Cb%2Cc%7Cd"),
        ("formData", "multi", "p=a&p=b%2Cc&p=d"),
    ];
    for (location, format, expected) in table {
        let contract = with_parameters(&json!([array(location, format)]), &json!([FORM]));
        let values = values(location, sent.clone());
        let (request, reading) = travel(&contract, &values).expect("it can be written");
        let found = match location {
            "header" => request.headers["p"].to_str().expect("a text").to_owned(),
            "formData" => String::from_utf8(request.body.to_vec()).expect("a text"),
            _ => request.target,
        };
        assert_eq!(found, expected, "{location} {format}");
        assert_eq!(reading.values, values, "{location} {format}");
        assert_eq!(told(&reading), Vec::<String>::new());
    }
}

#[test]
fn decoding_a_collection_undoes_encoding_it() {
    let places = ["query", "path", "header", "formData"];
    let cases: Vec<_> = places
        .iter()
        .flat_map(|location| FORMATS.iter().map(move |format| (*location, *format)))
        .map(|(location, format)| {
            (location, format, with_parameters(&json!([array(location, format)]), &json!([FORM])))
        })
        .collect();
    let any_case = (0..cases.len(), proptest::collection::vec(text(), 0..4));
    proptest!(config(1_500), |((index, items) in any_case)| {
        let (location, format, contract) = &cases[index];
        // Only what has a name can have it several times.
        let format = match (*format, *location) {
            ("multi", "path" | "header") => "csv",
            (format, _) => format,
        };
        let is_in = |separator: char| items.iter().any(|item| item.contains(separator));
        let is_apart = match format {
            "ssv" => !is_in(' '),
            "tsv" => !is_in('\t'),
            "pipes" => !is_in('|'),
            _ => *location != "header" || !is_in(','),
        };
        let fits_place = match *location {
            "path" => items.len() != 1 || !["", ".", ".."].contains(&items[0].as_str()),
            "header" => items.iter().all(|item| !item.chars().any(char::is_control) && item.trim() == item),
            _ => true,
        };
        let is_joined_by_white_space = *location == "header" && (format == "ssv" || format == "tsv");
        let ends_are_kept =
            !is_joined_by_white_space || items.first().zip(items.last()).is_some_and(|(first, last)| {
                items.len() == 1 || (!first.is_empty() && !last.is_empty())
            });
        let fits = !items.is_empty() && is_apart && fits_place && ends_are_kept;
        let values = values(location, json!(items));
        match travel(contract, &values) {
            Ok((request, reading)) => {
                prop_assert!(fits, "{} {}: {:?}", location, format, request);
                prop_assert_eq!(&reading.values, &values, "{} {}: {:?}", location, format, request);
                prop_assert_eq!(told(&reading), Vec::<String>::new());
            }
            Err(error) => prop_assert!(!fits, "{location} {format} {items:?}: {error}"),
        }
    });
}

#[test]
fn the_headers_of_replies_have_formats_too() {
    for (format, expected) in [("csv", "1,2"), ("ssv", "1 2"), ("tsv", "1\t2"), ("pipes", "1|2")] {
        let header = json!({"type": "array", "items": {"type": "integer"}, "collectionFormat": format});
        let contract = contract(
            "2.0",
            &json!({"/x": {"get": {"responses": {"200": {"description": "ok", "headers": {"X-Ids": header}}}}}}),
        );
        let response = contract.operations()[0].responses().iter().next().expect("a response");
        let written = encode_header(&response.headers[0], &json!([1, 2])).expect("it can be written");
        assert_eq!(written, expected);
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static("x-ids"), written);
        assert_eq!(decode_header(&response.headers[0], &headers), Ok(Some(json!([1, 2]))));
    }
}

#[test]
fn form_data_makes_up_one_body() {
    let fields = json!([
        {"name": "name", "in": "formData", "required": true, "type": "string", "minLength": 2},
        {"name": "count", "in": "formData", "type": "integer", "maximum": 9},
        {"name": "ids", "in": "formData", "type": "array", "items": {"type": "integer"}, "collectionFormat": "ssv"},
        {"name": "flags", "in": "formData", "type": "array", "items": {"type": "boolean"}, "collectionFormat": "multi"}
    ]);
    let contract = with_parameters(&fields, &json!([FORM, "multipart/form-data"]));
    let sent = json!({"name": "Ann", "count": 3, "ids": [1, 2], "flags": [true, false]});
    for media_type in [FORM, "multipart/form-data"] {
        let values = body(media_type, sent.clone());
        let (request, reading) = travel(&contract, &values).expect("it can be written");
        assert_eq!(reading.values, values, "{:?}", request.body);
        assert_eq!(told(&reading), Vec::<String>::new());
        let wrong = body(media_type, json!({"name": "A", "count": 10, "ids": ["x"]}));
        let request = encode_request(&contract.operations()[0], &wrong).expect("it can be written");
        let mut found = told(&read(&contract, &request));
        found.sort();
        assert_eq!(
            found,
            [
                "body/count: 10 is greater than the maximum of 9 [maximum]",
                "body/ids/0: \"x\" is not of type \"integer\" [type]",
                "body/name: \"A\" is shorter than 2 characters [minLength]",
            ],
            "{media_type}"
        );
    }
}

/// A document may ask for files, and name no media type that can carry them.
#[test]
fn a_file_makes_a_form_multipart() {
    for consumes in [json!([]), json!(["multipart/form-data"]), json!([FORM])] {
        let fields = json!([{"name": "f", "in": "formData", "required": true, "type": "file"}]);
        let contract = with_parameters(&fields, &consumes);
        let values = body("multipart/form-data", json!({"f": "\u{EFFF}a"}));
        let (request, reading) = travel(&contract, &values).expect("it can be written");
        assert_eq!(reading.values, values, "{:?}", request.body);
        assert_eq!(told(&reading), Vec::<String>::new());
    }
}

#[test]
fn arrays_inside_arrays_have_formats_of_their_own() {
    let inner = |format: Option<&str>| {
        let mut items = json!({"type": "array", "items": {"type": "string"}});
        if let Some(format) = format {
            items["collectionFormat"] = json!(format);
        }
        items
    };
    let table = [
        ("query", "csv", Some("pipes"), "/x?p=a%7Cb%2C,c"),
        ("query", "pipes", Some("csv"), "/x?p=a%2Cb%2C%7Cc"),
        ("query", "multi", None, "/x?p=a%2Cb%2C&p=c"),
        ("query", "csv", Some("tsv"), "/x?p=a%09b%2C,c"),
        ("path", "ssv", Some("pipes"), "/x/a%7Cb%2C%20c"),
    ];
    for (location, outer, format, expected) in table {
        let parameter = json!({
            "name": "p", "in": location, "required": true,
            "type": "array", "items": inner(format), "collectionFormat": outer
        });
        let contract = with_parameters(&json!([parameter]), &json!([]));
        // The comma separates where nothing else is said.
        let sent = if format.is_some_and(|format| format != "csv") {
            json!([["a", "b,"], ["c"]])
        } else {
            json!([["a", "b", ""], ["c"]])
        };
        let values = with_value(location, sent);
        let (request, reading) = travel(&contract, &values).expect("it can be written");
        assert_eq!(request.target, expected);
        assert_eq!(reading.values, values);
        assert_eq!(told(&reading), Vec::<String>::new());
    }
    let items = proptest::collection::vec(proptest::collection::vec(text(), 0..3), 1..3);
    let parameter = json!({
        "name": "p", "in": "query", "type": "array", "items": inner(Some("pipes")), "collectionFormat": "multi"
    });
    let contract = with_parameters(&json!([parameter]), &json!([]));
    proptest!(config(150), |(items in items)| {
        let fits = items.iter().all(|inner| !inner.is_empty() && !inner.iter().any(|item| item.contains('|')));
        let values = with_value("query", json!(items));
        match travel(&contract, &values) {
            Ok((request, reading)) => {
                prop_assert!(fits, "{:?}", request);
                prop_assert_eq!(&reading.values, &values, "{:?}", request);
            }
            Err(error) => prop_assert!(!fits, "{}", error),
        }
    });
}
