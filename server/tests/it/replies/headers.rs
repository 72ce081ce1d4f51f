//! Headers of replies: examples, generated values, styles, and those that are never made up.

use std::fmt::Write as _;

use counterfoil_server::{OwnReplies, StubServer};
use serde_json::{Value, json};

use crate::stub::{Stub, contract};

/// A stub of one operation whose only response has some headers.
async fn stub(edition: &str, headers: Value) -> Stub {
    let response =
        json!({"description": "ok", "headers": headers, "content": {"text/plain": {"example": "ok"}}});
    let document = json!({
        "openapi": edition, "info": {"title": "Headers", "version": "1"},
        "paths": {"/": {"get": {"responses": {"200": response}}}}
    });
    let contract = contract(document.to_string().as_bytes());
    Stub::start(StubServer::builder(contract).own_replies(OwnReplies::Refused)).await
}

#[tokio::test]
async fn row_response_headers_every_style() {
    let colours = json!(["blue", "black"]);
    let channels = json!({"R": 100, "G": 200});
    let texts = json!({"type": "array", "items": {"type": "string"}});
    let numbers = json!({"type": "object", "additionalProperties": {"type": "integer"}});
    let table = [
        ("a text", json!({"schema": {"type": "string"}, "example": "blue, green"}), "blue, green"),
        ("an empty text", json!({"schema": {"type": "string"}, "example": ""}), ""),
        ("a number", json!({"schema": {"type": "number"}, "example": -1.5}), "-1.5"),
        ("a boolean", json!({"schema": {"type": "boolean"}, "example": true}), "true"),
        ("an array", json!({"schema": texts, "example": colours}), "blue,black"),
        ("an array, exploded", json!({"schema": texts, "explode": true, "example": colours}), "blue,black"),
        ("an object", json!({"schema": numbers, "example": channels}), "R,100,G,200"),
        (
            "an object, exploded",
            json!({"schema": numbers, "explode": true, "example": channels}),
            "R=100,G=200",
        ),
        (
            "content",
            json!({"content": {"application/json": {"schema": numbers, "example": channels}}}),
            r#"{"R":100,"G":200}"#,
        ),
        ("of `examples`", json!({"schema": texts, "examples": {"a": {"value": colours}}}), "blue,black"),
        ("of the schema", json!({"schema": {"type": "string", "example": "own"}}), "own"),
        ("by default", json!({"schema": {"type": "integer", "default": 7}}), "7"),
    ];
    let headers: serde_json::Map<_, _> = table
        .iter()
        .enumerate()
        .map(|(number, (_, header, _))| (format!("X-{number}"), header.clone()))
        .collect();
    for edition in ["3.0.3", "3.1.0", "3.2.0"] {
        let stub = stub(edition, Value::Object(headers.clone())).await;
        let reply = stub.get("/").await;
        assert_eq!(reply.status, 200, "{edition}: {:?}", reply.text());
        for (number, (about, _, expected)) in table.iter().enumerate() {
            assert_eq!(reply.header(&format!("x-{number}")), *expected, "{edition}: {about}");
        }
    }
}

#[tokio::test]
async fn row_response_headers_set_cookie_is_a_field_for_each_cookie() {
    let cookies = json!(["a=1; Expires=Wed, 21 Oct 2065 07:28:00 GMT", "b=2"]);
    let schema = json!({"type": "array", "maxItems": 2, "items": {"type": "string", "pattern": "^[ab]="}});
    for edition in ["3.0.3", "3.1.0", "3.2.0"] {
        let set_cookie = json!({"schema": schema, "example": cookies});
        let stub = stub(edition, json!({"Set-Cookie": set_cookie, "X-List": set_cookie})).await;
        let reply = stub.get("/").await;
        assert_eq!(reply.status, 200, "{edition}: it is read as it was written: {:?}", reply.text());
        assert_eq!(json!(reply.fields("set-cookie")), cookies, "{edition}");
        assert_eq!(reply.fields("x-list").len(), 1, "{edition}: what can be combined is");
    }
}

#[tokio::test]
async fn row_response_headers_of_2_0_in_every_collection_format() {
    let mut headers = String::new();
    let formats = [("csv", "a,b"), ("ssv", "a b"), ("tsv", "a\tb"), ("pipes", "a|b")];
    for (format, _) in formats {
        let header = "type: array, items: {type: string}, default: [a, b]";
        write!(headers, "X-{format}: {{{header}, collectionFormat: {format}}}, ").unwrap();
    }
    let text = format!(
        "{{swagger: '2.0', info: {{title: t, version: '1'}}, paths: {{/: {{get: {{responses: {{200: {{description: ok, headers: {{{headers}}}}}}}}}}}}}}}"
    );
    let stub = Stub::start(StubServer::builder(contract(text.as_bytes()))).await;
    let reply = stub.get("/").await;
    for (format, expected) in formats {
        assert_eq!(reply.header(&format!("x-{format}")), expected, "{format}");
    }
}

#[tokio::test]
async fn row_response_headers_example_else_generated_required_ones_always() {
    let stub = stub(
        "3.1.0",
        json!({
            "X-Shown": {"schema": {"type": "integer", "minimum": 5, "maximum": 9}, "example": 8},
            "X-Made": {"schema": {"type": "integer", "minimum": 5, "maximum": 9}},
            "X-Made-List": {"schema": {"type": "array", "minItems": 2, "items": {"enum": ["a", "b"]}}},
            "X-Made-Object": {"schema": {"type": "object", "required": ["a"], "properties": {"a": {"const": 1}}, "additionalProperties": false}},
            "X-Required": {"required": true, "schema": {"type": "string", "format": "uuid"}},
            "X-Required-Content": {"required": true, "content": {"application/json": {"schema": {"const": {"a": 1}}}}},
            "X-Required-Unsaid": {"required": true},
            "X-Unsaid": {},
        }),
    )
    .await;
    let reply = stub.get("/").await;
    assert_eq!(reply.status, 200, "{:?}", reply.text());
    assert_eq!(reply.header("x-shown"), "8");
    assert!((5..=9).contains(&reply.header("x-made").parse::<i64>().unwrap()));
    let items: Vec<&str> = reply.header("x-made-list").split(',').collect();
    assert!(items.len() >= 2 && items.iter().all(|item| ["a", "b"].contains(item)), "{items:?}");
    assert_eq!(reply.header("x-made-object"), "a,1");
    assert_eq!(reply.header("x-required").len(), 36);
    assert_eq!(reply.header("x-required-content"), r#"{"a":1}"#);
    assert!(!reply.header("x-required-unsaid").is_empty());
    assert!(!reply.headers.contains_key("x-unsaid"), "nothing is said of it");
    let again = stub.get("/").await;
    assert_eq!(again.header("x-required"), reply.header("x-required"), "it is made up by the seed");
}

#[tokio::test]
async fn row_response_headers_of_the_connection_are_not_the_documents_to_say() {
    let wrong = json!({"schema": {"type": "integer"}, "example": 12345});
    let text = |example: &str| json!({"schema": {"type": "string"}, "example": example});
    let stub = stub(
        "3.0.3",
        json!({
            "Content-Length": wrong, "Content-Encoding": text("gzip"), "Transfer-Encoding": text("chunked"),
            "Content-Type": text("image/png"), "Connection": text("close"), "Location": text("/pets"),
        }),
    )
    .await;
    let reply = stub.get("/").await;
    assert_eq!((reply.status, reply.text()), (200, "ok"));
    assert_eq!((reply.header("content-length"), reply.header("content-encoding")), ("2", ""));
    assert_eq!((reply.header("content-type"), reply.header("location")), ("text/plain", "/pets"));
    assert_eq!((reply.header("connection"), reply.header("transfer-encoding")), ("", ""));
}
