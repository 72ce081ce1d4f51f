//! Media types, ranges and their parameters; bodies that are text or bytes, and schemas that say little of them.

use bytes::Bytes;
use counterfoil_openapi::Request;
use counterfoil_openapi::codec::{BodyValue, Payload, RequestValues};
use counterfoil_openapi::generate::{self, Seed, runner};
use http::{HeaderValue, Method, header};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::{Map, Value, json};

use crate::roundtrip::{body, config, read, text, told, travel, with_body};

fn sent(content_type: &str, body: impl Into<Bytes>) -> Request {
    let mut request = Request::new(Method::POST, "/x");
    let content_type = HeaderValue::from_str(content_type).expect("a header field");
    request.headers.insert(header::CONTENT_TYPE, content_type);
    request.body = body.into();
    request
}

/// Ranges and media types, each with a schema that admits its own name and nothing else.
fn ranges(names: &[&str]) -> Value {
    let named = |name: &&str| ((*name).to_owned(), json!({"schema": {"const": name}}));
    Value::Object(names.iter().map(named).collect::<Map<_, _>>())
}

#[test]
fn the_most_specific_media_type_decides() {
    let documented = [
        "*/*",
        "application/*",
        "application/*+json",
        "application/vnd.x+json",
        "application/vnd.x+json; version=2",
        "application/vnd.x+json;version=1",
        "Application/JSON ; charset=utf-8",
        "text/*",
    ];
    let contract = with_body("3.1.0", &ranges(&documented));
    let table = [
        ("application/vnd.x+json", "application/vnd.x+json"),
        ("application/vnd.x+json; version=1", "application/vnd.x+json;version=1"),
        ("application/vnd.x+json;VERSION=\"2\"; q=1", "application/vnd.x+json; version=2"),
        ("application/vnd.x+json; version=3", "application/vnd.x+json"),
        ("APPLICATION/VND.X+JSON", "application/vnd.x+json"),
        ("application/json", "Application/JSON ; charset=utf-8"),
        ("application/json; charset=\"UTF-8\"", "Application/JSON ; charset=utf-8"),
        ("application/problem+json", "application/*+json"),
        ("application/json; charset=utf-16", "application/*"),
        ("application/json-patch", "application/*"),
        ("text/plain", "text/*"),
        ("image/png", "*/*"),
    ];
    for (content_type, expected) in table {
        let content = &contract.operations()[0].request_body().expect("a body").content;
        let found = content.matching(content_type).expect("there is `*/*`");
        assert_eq!(found.name, expected, "{content_type}");
        if content_type.contains("json")
            && !content_type.contains("utf-16")
            && !content_type.ends_with("patch")
        {
            let request = sent(content_type, json!(expected).to_string());
            assert_eq!(told(&read(&contract, &request)), Vec::<String>::new(), "{content_type}");
        }
    }
}

#[test]
fn what_is_not_documented_is_refused() {
    let contract = with_body(
        "3.0.3",
        &json!({"image/*": {}, "application/json; version=1": {}, "application/*+json": {}, "text/csv": {}}),
    );
    let table = [
        ("image/png", true),
        ("application/json", true),
        ("application/json; version=1", true),
        ("application/json; version=2", false),
        ("application/x+json", true),
        ("application/x+xml", false),
        ("text/plain", false),
        ("text/csv; header=absent", true),
        ("image", false),
        ("image/", false),
        ("*/*", false),
    ];
    for (content_type, is_documented) in table {
        let found = told(&read(&contract, &sent(content_type, "1")));
        assert_eq!(found.is_empty(), is_documented, "{content_type}: {found:?}");
        assert!(found.iter().all(|line| line.starts_with("content-type: ")), "{found:?}");
    }
}

/// Names that are no media types are documented all the same, and mean themselves.
#[test]
fn what_is_no_media_type_is_taken_where_it_is_documented() {
    let contract = with_body("3.0.3", &json!({"json": {}, "": {}, "applicationjson;version=1": {}}));
    let table =
        [("json", true), ("JSON", true), ("", true), ("applicationjson; version=1", true), ("xml", false)];
    for (content_type, is_documented) in table {
        let found = told(&read(&contract, &sent(content_type, "1")));
        assert_eq!(found.is_empty(), is_documented, "{content_type}: {found:?}");
    }
}

#[test]
fn requests_are_made_for_every_range() {
    let record = json!({"schema": {"type": "object", "properties": {"a": {"type": "integer"}}}});
    let table = [
        ("*/*", record.clone(), "application/json"),
        ("*/*", json!({}), "application/octet-stream"),
        ("*", json!({}), "application/octet-stream"),
        ("application/*", record.clone(), "application/json"),
        ("application/*+json", record.clone(), "application/any+json"),
        ("application/*+xml", record.clone(), "application/any+xml"),
        ("image/*", json!({}), "image/png"),
        ("text/*", json!({"schema": {"type": "string"}}), "text/plain"),
        ("multipart/*", record.clone(), "multipart/form-data"),
        ("application/json; version=1", record, "application/json; version=1"),
    ];
    for (range, media, expected) in table {
        let contract = with_body("3.1.0", &json!({ range: media }));
        let operation = &contract.operations()[0];
        let strategy = generate::positive_request(operation).expect("there are requests");
        for case in 0..5 {
            let mut runner = runner(&Seed::derive(0, &["ranges"], case));
            let values = strategy.new_tree(&mut runner).expect("a request").current();
            assert_eq!(values.body.as_ref().expect("a body").media_type, expected, "{range}");
            let (request, reading) = travel(&contract, &values).expect("it can be written");
            assert_eq!(told(&reading), Vec::<String>::new(), "{range}: {request:?}");
        }
    }
}

#[test]
fn scalars_are_text_and_come_back() {
    let kinds = [
        (json!({"type": "string"}), text().prop_map(Value::from).boxed()),
        (json!({"type": "integer"}), any::<i64>().prop_map(Value::from).boxed()),
        (json!({"type": "number"}), any::<i32>().prop_map(|n| json!(f64::from(n) / 8.0)).boxed()),
        (json!({"type": "boolean"}), any::<bool>().prop_map(Value::from).boxed()),
        (json!({"type": ["integer", "string"]}), "[a-z]{1,3}".prop_map(Value::from).boxed()),
        (
            json!({"enum": ["a", 1, true]}),
            prop::sample::select(vec![json!("a"), json!(1), json!(true)]).boxed(),
        ),
    ];
    for media_type in ["text/plain", "text/html; charset=utf-16", "text/plain; charset=utf-8"] {
        for (schema, values) in &kinds {
            let contract = with_body("3.1.0", &json!({ media_type: {"schema": schema} }));
            proptest!(config(40), |(value in values)| {
                let values = body(media_type, value.clone());
                match travel(&contract, &values) {
                    Ok((request, reading)) => {
                        prop_assert_eq!(&reading.values, &values, "{:?}", request);
                        prop_assert_eq!(told(&reading), Vec::<String>::new());
                    }
                    // No body at all is none.
                    Err(error) => prop_assert_eq!(value, "", "{}", error),
                }
            });
        }
    }
}

#[test]
fn bytes_stay_bytes_whatever_the_schema_says_of_them() {
    let schemas = [
        ("3.0.3", json!({})),
        ("3.0.3", json!({"schema": {"type": "string", "format": "binary"}})),
        ("3.1.0", json!({"schema": {"contentMediaType": "image/png"}})),
        ("3.1.0", json!({"schema": {}})),
        ("3.1.0", json!({"schema": {"type": "string", "contentEncoding": "base64"}})),
    ];
    for (version, media) in schemas {
        for media_type in
            ["application/octet-stream", "image/png", "application/pdf", "application/x-anything"]
        {
            let contract = with_body(version, &json!({ media_type: media }));
            proptest!(config(20), |(bytes in proptest::collection::vec(any::<u8>(), 1..40))| {
                let payload = Payload::Bytes(Bytes::from(bytes));
                let body = BodyValue { media_type: media_type.to_owned(), payload };
                let values = RequestValues { body: Some(body), ..RequestValues::default() };
                let (_, reading) = travel(&contract, &values).expect("bytes are written as they are");
                prop_assert_eq!(&reading.values, &values);
                prop_assert_eq!(told(&reading), Vec::<String>::new());
            });
        }
    }
}

/// Bytes inside values: as their text in JSON and forms, as they are in parts that hold files.
#[test]
fn bytes_in_properties_are_written_as_the_edition_says() {
    let table = [
        (
            "3.0.3",
            json!({"type": "string", "format": "byte"}),
            json!("aGk="),
            "application/json",
            "{\"f\":\"aGk=\"}",
        ),
        ("3.0.3", json!({"type": "string", "format": "byte"}), json!("aGk="), FORM, "f=aGk%3D"),
        ("3.1.0", json!({"type": "string", "contentEncoding": "base64"}), json!("aGk="), FORM, "f=aGk%3D"),
        ("3.0.3", json!({"type": "string", "format": "binary"}), json!("h\u{EFFF}"), FORM, "f=h%FF"),
        (
            "3.0.3",
            json!({"type": "string", "format": "binary"}),
            json!("hi"),
            "application/json",
            "{\"f\":\"hi\"}",
        ),
        (
            "3.1.0",
            json!({"type": "string", "contentMediaType": "image/png"}),
            json!("h\u{EFFF}"),
            FORM,
            "f=h%FF",
        ),
    ];
    for (version, schema, value, media_type, expected) in table {
        let media = json!({"schema": {"type": "object", "properties": {"f": schema}}});
        let contract = with_body(version, &json!({ media_type: media }));
        let values = body(media_type, json!({"f": value}));
        let (request, reading) = travel(&contract, &values).expect("it can be written");
        assert_eq!(String::from_utf8_lossy(&request.body), expected, "{version} {schema}");
        assert_eq!(reading.values, values);
        assert_eq!(told(&reading), Vec::<String>::new());
    }
    let parts = [
        ("3.0.3", json!({"type": "string", "format": "binary"}), "application/octet-stream", ""),
        ("3.0.3", json!({"format": "binary"}), "application/octet-stream", ""),
        ("3.1.0", json!({"contentMediaType": "image/png"}), "image/png", ""),
        ("3.1.0", json!({}), "application/octet-stream", ""),
        (
            "3.1.0",
            json!({"type": "string", "contentEncoding": "base64"}),
            "application/octet-stream",
            "base64",
        ),
    ];
    for (version, schema, content_type, transfer) in parts {
        let media = json!({"schema": {"type": "object", "properties": {"f": schema}}});
        let contract = with_body(version, &json!({"multipart/form-data": media}));
        let values = body("multipart/form-data", json!({"f": "aGk="}));
        let (request, reading) = travel(&contract, &values).expect("it can be written");
        let written = String::from_utf8_lossy(&request.body);
        assert!(written.contains(&format!("\r\nContent-Type: {content_type}\r\n")), "{schema}: {written}");
        let is_told = written.contains(&format!("Content-Transfer-Encoding: {transfer}"));
        assert_eq!(is_told, !transfer.is_empty(), "{schema}: {written}");
        assert_eq!(reading.values, values, "{schema}");
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

#[test]
fn the_charset_that_is_sent_says_what_the_bytes_mean() {
    let contract =
        with_body("3.0.3", &json!({"text/*": {"schema": {"type": "string"}}, "application/json": {}}));
    let table: [(&str, &[u8], Result<Value, &str>); 8] = [
        ("text/plain", "é".as_bytes(), Ok(json!("é"))),
        ("text/plain; charset=iso-8859-1", b"\xE9", Ok(json!("é"))),
        ("text/plain; charset=\"UTF-16\"", b"\xFE\xFF\x00\xE9", Ok(json!("é"))),
        ("text/plain; charset=windows-1252", b"\x80", Ok(json!("€"))),
        ("text/plain", b"\xE9", Err("body: not UTF-8 at byte 0 [unreadable]")),
        ("text/plain; charset=us-ascii", "é".as_bytes(), Err("body: not US-ASCII at byte 0 [unreadable]")),
        ("application/json; charset=utf-16le", b"[\x001\x00]\x00", Ok(json!([1]))),
        ("application/json; charset=latin1", b"\"\xE9\"", Ok(json!("é"))),
    ];
    for (content_type, bytes, expected) in table {
        let reading = read(&contract, &sent(content_type, Bytes::copy_from_slice(bytes)));
        let found = match told(&reading).pop() {
            Some(told) => Err(told),
            None => Ok(reading.values.body.expect("a body").payload.as_value().expect("a value").clone()),
        };
        assert_eq!(found, expected.map_err(str::to_owned), "{content_type}");
    }
}
