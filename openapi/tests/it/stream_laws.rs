//! Sequences that are generated arrive: they are encoded, decoded to the same items, and valid, in both directions.

use std::sync::Arc;

use bytes::Bytes;
use counterfoil_openapi::codec::{Payload, encode_body, encode_request};
use counterfoil_openapi::generate::{self, Seed, Variety};
use counterfoil_openapi::validate::{self, RequestRules};
use counterfoil_openapi::{Contract, Direction, Operation, Response, RouteMatch};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde_json::json;

/// The bodies drawn of each media type.
const DRAWS: u64 = 30;

const MEDIA_TYPES: [&str; 4] =
    ["application/x-ndjson", "application/json-seq", "text/event-stream", "text/event-stream; charset=utf-8"];

/// An operation that takes and gives a sequence of such items.
fn operation(media_type: &str, object: &serde_json::Value) -> Arc<Operation> {
    let content = json!({ media_type: object });
    let document = json!({
        "openapi": "3.2.0", "info": {"title": "t", "version": "1"},
        "paths": {"/": {"post": {
            "requestBody": {"required": true, "content": content},
            "responses": {"200": {"description": "ok", "content": content}}
        }}}
    });
    let contract = Contract::load("t.json", document.to_string().as_bytes()).expect("a document");
    Arc::clone(&contract.operations()[0])
}

#[test]
fn what_is_generated_arrives() {
    let record = json!({"type": "object", "required": ["id"], "properties": {
        "id": {"type": "integer"}, "text": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}
    }});
    let event = json!({"type": "object", "required": ["data"], "properties": {
        "event": {"enum": ["add", "remove"]}, "data": {"type": "string"}, "id": {"type": "string"},
        "retry": {"type": "integer", "minimum": 0}
    }});
    let objects = [
        json!({"itemSchema": record}),
        json!({"schema": record}),
        json!({"schema": {"type": "array", "items": record}}),
        json!({"itemSchema": event}),
        json!({"schema": {"type": "string"}}),
        json!({}),
    ];
    for (media_type, object) in
        MEDIA_TYPES.iter().flat_map(|name| objects.iter().map(move |object| (name, object)))
    {
        let operation = operation(media_type, object);
        let requests = generate::positive_request(&operation).expect("a request");
        for draw in 0..DRAWS {
            let seed = Seed::derive(3, &[media_type], draw);
            let values = generate::sample(&requests, &seed).expect("values");
            let request = encode_request(&operation, &values).expect("what is generated can be written");
            let found = RouteMatch::of(&operation, request.path()).expect("its path");
            let reading = validate::request(&found, &request, &RequestRules::default());
            assert_eq!(reading.violations, [], "{media_type} {object}");
            assert_eq!(reading.values, values, "{media_type} {object}");
            let items = values.body.as_ref().and_then(|body| body.payload.as_value()?.as_array());
            assert!(
                items.is_some_and(|items| (1..=3).contains(&items.len())),
                "{media_type} {object}: {values:?}"
            );
        }
        let media = &operation.responses().0[0].content.0[0];
        if media.schema.is_none() {
            continue;
        }
        let bodies = generate::positive_body(media, Direction::Response, Variety::Wild).expect("bodies");
        for draw in 0..DRAWS {
            let value = generate::sample(&bodies, &Seed::derive(4, &[media_type], draw)).expect("a value");
            let mut response = Response::new(StatusCode::OK);
            response.headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
            response.body =
                encode_body(media, &Payload::Value(value.clone())).expect("what is generated can be written");
            let reading = validate::response(&operation, &response);
            assert_eq!(reading.violations, [], "{media_type} {object}");
            assert_eq!(reading.payload, Some(Payload::Value(value)), "{media_type} {object}");
        }
    }
}

#[test]
fn a_wrong_item_is_named() {
    let operation = operation("application/x-ndjson", &json!({"itemSchema": {"type": "integer"}}));
    let mut response = Response::new(StatusCode::OK);
    response.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    response.body = Bytes::from_static(b"1\n2\n\"three\"\n");
    let told: Vec<String> =
        validate::response(&operation, &response).violations.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["body/2: item 3: \"three\" is not of type \"integer\" [type]"]);
    response.body = Bytes::from_static(b"1\nnope\n");
    let told: Vec<String> =
        validate::response(&operation, &response).violations.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["body: line 2: not JSON: expected ident at column 2 [unreadable]"]);
}
