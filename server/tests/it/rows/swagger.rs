//! Documents of OpenAPI 2.0: what only they say, row by row.

use counterfoil_server::{OwnReplies, StubBuilder, StubServer};
use serde_json::{Value, json};

use super::{row, sent, walk, with};
use crate::stub::{Stub, contract};

const DOCUMENT: &[u8] = br##"
swagger: "2.0"
info: { title: Two, version: "1" }
host: api.example.com
basePath: /v2
schemes: [https]
consumes: [application/json]
produces: [application/json, application/xml]
security: [{ key: [] }]
securityDefinitions:
  key: { type: apiKey, in: header, name: X-Key }
  basic: { type: basic }
  oauth: { type: oauth2, flow: implicit, authorizationUrl: "https://x/", scopes: { read: r } }
parameters: { limit: { name: limit, in: query, type: integer, maximum: 10 } }
responses: { Bad: { description: bad, schema: { $ref: "#/definitions/Error" }, examples: { application/json: { code: 7 } } } }
definitions:
  Error: { type: object, properties: { code: { type: integer } } }
  Pet:
    type: object
    required: [name]
    properties: { id: { type: integer, readOnly: true }, name: { type: string }, tag: { type: string, x-nullable: true } }
paths:
  /pets:
    get:
      operationId: list
      security: []
      parameters:
        - { $ref: "#/parameters/limit" }
        - { name: csv, in: query, type: array, items: { type: integer } }
        - { name: ssv, in: query, type: array, collectionFormat: ssv, items: { type: integer } }
        - { name: tsv, in: query, type: array, collectionFormat: tsv, items: { type: integer } }
        - { name: pipes, in: query, type: array, collectionFormat: pipes, items: { type: integer } }
        - { name: multi, in: query, type: array, collectionFormat: multi, items: { type: integer } }
        - { name: X-Ids, in: header, type: array, collectionFormat: pipes, items: { type: integer } }
      responses:
        200:
          description: ok
          schema: { type: array, items: { $ref: "#/definitions/Pet" } }
          examples: { application/json: [{ id: 1, name: Rex }] }
        400: { $ref: "#/responses/Bad" }
    post:
      operationId: add
      security: [{ key: [] }, { basic: [] }]
      parameters: [{ name: pet, in: body, required: true, schema: { $ref: "#/definitions/Pet" } }]
      responses: { 201: { description: made, examples: { application/json: made } }, 400: { $ref: "#/responses/Bad" } }
    put: { parameters: [{ name: pet, in: body, schema: { $ref: "#/definitions/Pet" } }], security: [], responses: { 204: { description: kept } } }
  /inherited: { get: { responses: { 200: { description: ok } } } }
  /oauth: { get: { security: [{ oauth: [read] }], responses: { default: { description: ok, examples: { application/json: any } } } } }
  /form:
    post:
      security: []
      consumes: [application/x-www-form-urlencoded]
      produces: [text/plain]
      parameters:
        - { name: a, in: formData, type: string, required: true }
        - { name: n, in: formData, type: array, collectionFormat: multi, items: { type: integer } }
        - { name: p, in: formData, type: array, collectionFormat: pipes, items: { type: integer } }
      responses: { 200: { description: ok, schema: { type: string }, examples: { text/plain: fine } } }
  /upload:
    post:
      security: []
      consumes: [multipart/form-data]
      parameters: [{ name: f, in: formData, type: file, required: true }, { name: note, in: formData, type: string, maxLength: 3 }]
      responses: { 204: { description: kept } }
  /file:
    get:
      security: []
      produces: [application/octet-stream, image/png, application/json]
      responses: { 200: { description: ok, schema: { type: file } } }
"##;

fn two() -> StubBuilder {
    StubServer::builder(contract(DOCUMENT)).own_replies(OwnReplies::Refused)
}

const JSON: (&str, &str) = ("content-type", "application/json");
const KEY: (&str, &str) = ("x-key", "k");
const BASIC: (&str, &str) = ("authorization", "Basic dTpw");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[tokio::test]
async fn base_path_shared_responses_and_examples_by_media_type() {
    let rex = json!([{"id": 1, "name": "Rex"}]);
    walk(
        two(),
        [
            row("GET /v2/pets", 200, rex.clone()),
            row("GET /pets", 200, rex),
            row("GET /pets?limit=11", 400, json!({"code": 7})),
            with(&[("accept", "text/csv")], "GET /pets", 406, "problem not-acceptable"),
        ],
    )
    .await;
    // There is an example of one of the two only; the other is made up.
    let xml = Stub::start(two()).await.send("GET /pets", &[("accept", "application/xml")], "").await;
    assert_eq!((xml.status, xml.header("content-type")), (200, "application/xml"));
    assert_eq!(xml.header("counterfoil-source"), "generated");
}

#[tokio::test]
async fn parameters_in_every_collection_format() {
    let stub = Stub::start(two()).await;
    let good = "GET /pets?csv=1,2&ssv=1%202&tsv=1%092&pipes=1|2&multi=1&multi=2";
    let reply = stub.send(good, &[("x-ids", "1|2")], "").await;
    assert_eq!((reply.status, reply.header("counterfoil-reason")), (200, ""));
    let bad = "GET /pets?csv=1,x&ssv=1%20x&tsv=1%09x&pipes=1|x&multi=1&multi=x";
    let reply = stub.send(bad, &[("x-ids", "1|x")], "").await;
    let places = ["query.csv", "query.ssv", "query.tsv", "query.pipes", "query.multi", "header.X-Ids"];
    let reason = places.map(|place| format!("{place}/1: \"x\" is not of type \"integer\" [type]")).join("; ");
    assert_eq!((reply.status, reply.header("counterfoil-reason")), (400, reason.as_str()));
}

#[tokio::test]
async fn a_body_in_what_the_operation_or_the_document_consumes() {
    walk(
        two(),
        [
            sent(&[JSON, KEY], r#"{"name": "a", "tag": null}"#, "POST /pets", 201, "made"),
            sent(&[JSON, BASIC], r#"{"name": "a"}"#, "POST /pets", 201, "made"),
            sent(&[JSON], r#"{"name": "a"}"#, "POST /pets", 401, "problem unauthorized"),
            sent(&[JSON, KEY], r#"{"name": "a", "id": 1}"#, "POST /pets", 400, json!({"code": 7})),
            sent(&[JSON, KEY], "{}", "POST /pets", 400, json!({"code": 7})),
            with(&[KEY], "POST /pets", 400, json!({"code": 7})),
            sent(&[("content-type", "text/csv"), KEY], "a", "POST /pets", 400, json!({"code": 7})),
            row("PUT /pets", 204, ""),
        ],
    )
    .await;
}

#[tokio::test]
async fn form_fields_and_files() {
    let multipart = ("content-type", "multipart/form-data; boundary=b");
    let stub = Stub::start(two()).await;
    stub.walk([
        sent(&[FORM], "a=x&n=1&n=2&p=1|2", "POST /form", 200, "fine"),
        sent(&[FORM], "n=x&p=1|x", "POST /form", 400, "problem request-invalid"),
        sent(&[JSON], "{}", "POST /form", 415, "problem media-type-unsupported"),
    ])
    .await;
    let file = "--b\r\nContent-Disposition: form-data; name=f; filename=f.bin\r\n\r\n\u{0}bytes\r\n";
    let note = "--b\r\nContent-Disposition: form-data; name=note\r\n\r\nlong\r\n";
    for (body, status, reason) in [
        (format!("{file}--b--\r\n"), 204, ""),
        (
            format!("{file}{note}--b--\r\n"),
            400,
            "body/note: \"long\" is longer than 3 characters [maxLength]",
        ),
        (
            format!("{note}--b--\r\n"),
            400,
            "body: \"f\" is a required property [required]; body/note: \"long\" is longer than 3 characters [maxLength]",
        ),
    ] {
        let reply = stub.send("POST /upload", &[multipart], body).await;
        assert_eq!((reply.status, reply.header("counterfoil-reason")), (status, reason));
    }
}

/// A file is bytes, whatever they mean, and where its media type is a notation of values any of them.
#[tokio::test]
async fn a_reply_that_is_a_file() {
    let stub = Stub::start(two()).await;
    for accept in ["application/octet-stream", "image/png"] {
        let reply = stub.send("GET /file?__dynamic=true", &[("accept", accept)], "").await;
        assert_eq!((reply.status, reply.header("content-type")), (200, accept));
        let is_json = serde_json::from_slice::<Value>(&reply.body).is_ok();
        assert!(!is_json, "a value of JSON is no file: {:?}", reply.text());
    }
    let json = stub.send("GET /file", &[("accept", "application/json")], "").await;
    assert!(json.status == 200 && serde_json::from_slice::<Value>(&json.body).is_ok(), "{:?}", json.text());
}

#[tokio::test]
async fn security_of_the_document_and_of_operations() {
    walk(
        two(),
        [
            row("GET /inherited", 401, "problem unauthorized"),
            with(&[("x-key", "k")], "GET /inherited", 200, ""),
            row("GET /oauth", 401, "any"),
            with(&[("authorization", "Bearer t")], "GET /oauth", 200, "any"),
        ],
    )
    .await;
}
