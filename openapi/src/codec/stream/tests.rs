//! Streams of events, by what a document says of them.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::codec::{Payload, decode_body, encode_body};
use crate::contract::{Contract, MediaType};
use crate::schema::Direction;

const EVENTS: &str = "text/event-stream";

/// A media type of a body, with what its Media Type Object says.
fn media(name: &str, object: &Value) -> MediaType {
    let document = json!({
        "openapi": "3.2.0", "info": {"title": "t", "version": "1"},
        "paths": {"/": {"post": {
            "requestBody": {"content": {name: object}},
            "responses": {"200": {"description": "ok"}}
        }}},
        "components": {"schemas": {"Chunk": {
            "type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "text": {"type": "string"}}
        }}}
    });
    let contract = Contract::load("t.json", document.to_string().as_bytes()).expect("a document");
    contract.operations()[0].request_body().expect("a body").content.0[0].clone()
}

fn write(media: &MediaType, value: &Value) -> Result<String, String> {
    let body = encode_body(media, &Payload::Value(value.clone())).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(body.to_vec()).expect("a stream is text"))
}

fn read(media: &MediaType, text: &str) -> Result<Value, String> {
    let body = Bytes::copy_from_slice(text.as_bytes());
    match decode_body(media, &media.name, &body, Direction::Request)? {
        Payload::Value(value) => Ok(value),
        Payload::Bytes(bytes) => panic!("no codec read {bytes:?}"),
    }
}

fn event() -> Value {
    json!({"itemSchema": {"type": "object", "required": ["data"], "properties": {
        "event": {"type": "string"}, "data": {"type": "string"}, "id": {"type": "string"}, "retry": {"type": "integer"}
    }}})
}

#[test]
fn events_are_written_and_read_back() {
    let chunk = || json!({"$ref": "#/components/schemas/Chunk"});
    let table = [
        (
            event(),
            json!([{"event": "add", "data": "a\nb\n", "id": "7", "retry": 500}, {"data": ""}]),
            "event: add\nid: 7\nretry: 500\ndata: a\ndata: b\ndata: \n\ndata: \n\n",
        ),
        (json!({"itemSchema": {}}), json!([]), ""),
        (json!({"itemSchema": {"type": "object"}}), json!([{"data": " x"}]), "data:  x\n\n"),
        (
            json!({"itemSchema": {"type": "object", "properties": {"data": chunk(), "id": {"type": "integer"}}}}),
            json!([{"id": 1, "data": {"id": 2}}]),
            "id: 1\ndata: {\"id\":2}\n\n",
        ),
        // Documents before 3.2 describe what `data` holds.
        (
            json!({"schema": chunk()}),
            json!([{"id": 1}, {"id": 2}]),
            "data: {\"id\":1}\n\ndata: {\"id\":2}\n\n",
        ),
        (json!({"itemSchema": chunk()}), json!([{"id": 1}]), "data: {\"id\":1}\n\n"),
        (json!({"schema": {"type": "array", "items": chunk()}}), json!([{"id": 1}]), "data: {\"id\":1}\n\n"),
        (json!({"schema": {"type": "string"}}), json!(["a", "{}"]), "data: a\n\ndata: {}\n\n"),
        (json!({"schema": {"type": "integer"}}), json!([1]), "data: 1\n\n"),
        (json!({}), json!(["a"]), "data: a\n\n"),
    ];
    for (object, value, text) in table {
        let media = media(EVENTS, &object);
        assert_eq!(write(&media, &value).as_deref(), Ok(text), "{object}");
        assert_eq!(read(&media, text), Ok(value), "{object}");
    }
}

#[test]
fn what_no_event_can_hold_is_an_error() {
    let table = [
        json!({"data": "a"}),
        json!(["a"]),
        json!([{"event": "a\nb", "data": ""}]),
        json!([{"id": "\u{0}", "data": ""}]),
        json!([{"retry": -1, "data": ""}]),
        json!([{"data": "a\rb"}]),
        json!([{"event": "no data"}]),
        json!([{"data": "", "other": 1}]),
    ];
    for value in table {
        assert!(write(&media(EVENTS, &event()), &value).is_err(), "{value}");
    }
}

#[test]
fn streams_of_others_are_read() {
    let table = [
        ("\u{feff}: hello\r\ndata:x\r\n\r\n:\r\n", json!([{"data": "x"}])),
        ("data\rdata: \r\rdata: last", json!([{"data": "\n"}, {"data": "last"}])),
        ("event: ping\n\nretry: x\nid: a\u{0}\nother: 1\ndata: y\n\n", json!([{"data": "y"}])),
        ("\n\n\n", json!([])),
    ];
    for (text, value) in table {
        assert_eq!(read(&media(EVENTS, &event()), text), Ok(value), "{text:?}");
    }
}

#[test]
fn a_stream_may_say_that_it_is_done() {
    let chunk = || json!({"$ref": "#/components/schemas/Chunk"});
    let wrapped = json!({"schema": {"type": "object", "properties": {"data": chunk()}}});
    let text = "data: {\"id\":1}\n\ndata: [DONE]\n\n";
    assert_eq!(read(&media(EVENTS, &json!({"schema": chunk()})), text), Ok(json!([{"id": 1}])));
    assert_eq!(read(&media(EVENTS, &wrapped), text), Ok(json!([{"data": {"id": 1}}])));
    let early = "data: [DONE]\n\ndata: {\"id\":1}\n\n";
    assert_eq!(read(&media(EVENTS, &json!({"schema": chunk()})), early), Ok(json!(["[DONE]", {"id": 1}])));
    let texts = json!({"itemSchema": {"type": "string"}});
    assert_eq!(read(&media(EVENTS, &texts), "data: [DONE]\n\n"), Ok(json!(["[DONE]"])));
}

#[test]
fn the_text_of_json_lines_is_no_item() {
    let media = media("application/jsonl", &json!({"schema": {"type": "string", "format": "binary"}}));
    let schema = media.schema.as_ref().expect("a schema");
    assert!(schema.is_valid(&json!([{"a": 1}, 2]), Direction::Request));
    assert_eq!(read(&media, "{\"a\":1}\n2\n"), Ok(json!([{"a": 1}, 2])));
}

#[test]
fn the_schema_of_a_sequence_is_that_of_an_array() {
    let chunk = || json!({"$ref": "#/components/schemas/Chunk"});
    let table = [
        json!({"itemSchema": chunk()}),
        json!({"schema": chunk()}),
        json!({"schema": {"type": "array", "items": chunk()}}),
        json!({"schema": {"type": "array", "maxItems": 9}, "itemSchema": chunk()}),
    ];
    for name in ["application/jsonl", "application/json-seq", EVENTS] {
        for object in &table {
            let media = media(name, object);
            let schema = media.schema.expect("a schema");
            assert!(schema.is_valid(&json!([{"id": 1}, {"id": 2}]), Direction::Request), "{name} {object}");
            let found = schema.violations(&json!([{"id": 1}, {"id": "2"}]), Direction::Request);
            let places: Vec<(&str, &str)> = found
                .iter()
                .map(|found| (found.instance_pointer.as_str(), found.document_pointer.as_str()))
                .collect();
            assert_eq!(
                places,
                [("/1/id", "/components/schemas/Chunk/properties/id/type")],
                "{name} {object}"
            );
        }
    }
    assert!(media(EVENTS, &json!({})).schema.is_none());
}
