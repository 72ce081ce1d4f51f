//! Requests made to take time or memory: bodies, queries and headers that are nothing but separators, names or depth.

use counterfoil_openapi::Request;
use http::{HeaderValue, Method, header};
use serde_json::{Value, json};

use super::timed;
use crate::roundtrip::{read, told, with_body, with_parameters};

const FORM: &str = "application/x-www-form-urlencoded";

fn sent(content_type: &str, body: String) -> Request {
    let mut request = Request::new(Method::POST, "/x");
    let content_type = HeaderValue::from_str(content_type).expect("a header field");
    request.headers.insert(header::CONTENT_TYPE, content_type);
    request.body = body.into();
    request
}

fn texts() -> Value {
    json!({"type": "array", "items": {"type": "string"}})
}

/// Each is refused with what is wrong, or read, in time.
#[test]
fn a33_json_of_nothing_but_depth_names_or_digits() {
    let contract = with_body("3.0.3", &json!({"application/json": {"schema": {"type": "object"}}}));
    let keys = |name: &dyn Fn(usize) -> String| {
        let members: Vec<String> = (0..200_000).map(|index| format!("\"{}\":1", name(index))).collect();
        format!("{{{}}}", members.join(","))
    };
    let rows: [(&str, String, Option<&str>); 7] = [
        ("depth", "[".repeat(100_000), Some("body: not JSON: recursion limit exceeded")),
        ("depth", "{\"a\":".repeat(100_000), Some("body: not JSON: recursion limit exceeded")),
        ("names", keys(&|index| index.to_string()), None),
        ("one name", keys(&|_| "a".to_owned()), None),
        (
            "digits",
            format!("{{\"a\":{}}}", "9".repeat(1_000_000)),
            Some("body: not JSON: number out of range"),
        ),
        ("exponent", "{\"a\":1e999999999}".to_owned(), Some("body: not JSON: number out of range")),
        ("a text without an end", format!("\"{}", "\\u00e9".repeat(200_000)), Some("body: not JSON: EOF")),
    ];
    for (name, body, expected) in rows {
        let found = timed(name, || told(&read(&contract, &sent("application/json", body))));
        match expected {
            Some(expected) => {
                assert!(found.len() == 1 && found[0].starts_with(expected), "{name}: {found:?}")
            }
            None => assert_eq!(found, Vec::<String>::new(), "{name}"),
        }
    }
}

#[test]
fn a34_forms_of_nothing_but_separators() {
    let deep = json!({"type": "object", "additionalProperties": {"type": "object"}});
    let described = json!({
        "schema": {"type": "object", "properties": {"a": texts(), "d": deep, "j": texts()}},
        "encoding": {"d": {"style": "deepObject"}, "a": {"explode": false}, "j": {"contentType": "application/json"}}
    });
    let contract = with_body("3.0.3", &json!({ FORM: described }));
    let many = Some("body: it holds more than 10000 names [unreadable]");
    let rows: [(&str, String, Option<&str>); 12] = [
        ("ampersands", "&".repeat(1_000_000), None),
        ("semicolons", ";".repeat(1_000_000), None),
        ("equals signs", "=".repeat(1_000_000), None),
        ("commas", format!("a={}", ",".repeat(200_000)), None),
        ("pluses", format!("a={}", "+".repeat(1_000_000)), None),
        ("pairs", "a=1&".repeat(100_000), many),
        ("names", (0..9_999).map(|index| format!("n{index}=1&")).collect(), None),
        ("brackets", format!("d{}=1", "[a]".repeat(100_000)), None),
        ("open brackets", format!("d{}=1", "[".repeat(1_000_000)), None),
        ("branches", (0..9_999).map(|index| format!("d[{index}][{index}]=1&")).collect(), None),
        ("JSON depth", format!("j={}", "[".repeat(100_000)), None),
        (
            "percent signs",
            format!("x={}", "%".repeat(100_000)),
            Some("body: the field `x`: `%%%` is no percent-encoded"),
        ),
    ];
    for (name, body, expected) in rows {
        let found = timed(name, || told(&read(&contract, &sent(FORM, body))));
        if let Some(expected) = expected {
            assert!(found.len() == 1 && found[0].starts_with(expected), "{name}: {found:?}");
        }
        assert!(found.iter().all(|line| line.len() < 1_000), "{name}: what is told is short");
    }
}

#[test]
fn a34_queries_and_headers_of_nothing_but_separators() {
    let free = json!({"type": "object", "additionalProperties": {"type": "string"}});
    let deep = json!({"type": "object"});
    let contract = with_parameters(
        "3.2.0",
        &json!([
            {"name": "a", "in": "query", "schema": texts()},
            {"name": "b", "in": "query", "schema": texts(), "style": "pipeDelimited", "explode": false},
            {"name": "d", "in": "query", "schema": deep, "style": "deepObject"},
            {"name": "f", "in": "query", "schema": free},
            {"name": "h", "in": "header", "schema": texts()},
            {"name": "c", "in": "cookie", "schema": texts()},
            {"name": "o", "in": "cookie", "schema": {"type": "object", "properties": {"x": texts()}}}
        ]),
    );
    let many = Some("query.*: it holds more than 10000 names [too-large]");
    let queries: [(&str, String, Option<&str>); 5] = [
        ("ampersands", "&".repeat(1_000_000), None),
        ("pairs", "a=1&".repeat(100_000), many),
        ("names", (0..9_999).map(|index| format!("n{index}=1&")).collect(), None),
        ("pipes", format!("b={}", "|".repeat(200_000)), None),
        ("brackets", (0..9_999).map(|index| format!("d[{index}][]=1&")).collect(), None),
    ];
    for (name, query, expected) in queries {
        let request = Request::new(Method::POST, format!("/x?{query}"));
        let found = timed(name, || told(&read(&contract, &request)));
        assert_eq!(found.first().map(String::as_str), expected, "{name}");
    }
    let headers = [
        ("commas", "h", ",".repeat(100_000)),
        ("cookies", "cookie", "c=1; ".repeat(50_000)),
        ("semicolons", "cookie", ";".repeat(100_000)),
    ];
    for (name, header, value) in headers {
        let mut request = Request::new(Method::POST, "/x");
        request.headers.insert(header, HeaderValue::from_str(&value).expect("a header field"));
        timed(name, || read(&contract, &request));
    }
}

/// A boundary that is one in name only, and parts that are: the body is refused, and is not searched twice.
#[test]
fn a34_media_types_of_nothing_but_parameters() {
    let contract = with_body("3.0.3", &json!({"multipart/form-data": {"schema": {"type": "object"}}}));
    let rows = [
        ("semicolons", format!("multipart/form-data{}", ";".repeat(60_000)), "names no boundary"),
        (
            "quotes",
            format!("multipart/form-data; boundary={}", "\"\\\"".repeat(20_000)),
            "1 to 70 characters",
        ),
        ("no value", "multipart/form-data; boundary=\"\"".to_owned(), "1 to 70 characters"),
        ("parameters", format!("multipart/form-data{}", "; a=b".repeat(10_000)), "names no boundary"),
    ];
    for (name, content_type, expected) in rows {
        let body = "--b\r\n".repeat(10_000);
        let found = timed(name, || told(&read(&contract, &sent(&content_type, body))));
        assert!(found.len() == 1 && found[0].contains(expected), "{name}: {found:?}");
    }
}
