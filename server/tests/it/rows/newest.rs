//! What OpenAPI 3.2 brought, row by row.

use counterfoil_server::{OwnReplies, StubBuilder};
use serde_json::json;

use super::{row, sent, walk, with};
use crate::stub::{Stub, contract};

const DOCUMENT: &str = r##"
openapi: 3.2.0
info: { title: Newest, version: "1" }
servers: [{ name: production, url: /v3 }]
paths:
  /search:
    query:
      operationId: search
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [q], properties: { q: { type: string } } } } } }
      responses: { "200": { content: { application/json: { example: found } } } }
    additionalOperations:
      COPY:
        operationId: copy
        parameters: [{ name: Destination, in: header, required: true, schema: { type: string } }]
        responses: { "201": { summary: copied } }
  /form:
    get:
      parameters:
        - { name: all, in: querystring, required: true, content: { application/x-www-form-urlencoded: { schema: { type: object, required: [a], properties: { a: { type: integer }, b: { type: array, items: { type: string } } } } } } }
      responses: &ok { "200": { content: { application/json: { example: ok } } } }
  /json: { get: { parameters: [{ name: all, in: querystring, required: true, content: { application/json: { schema: { type: object, required: [a] } } } }], responses: *ok } }
  /cookie: { get: { parameters: [{ name: c, in: cookie, style: cookie, required: true, schema: { type: array, minItems: 2, items: { type: string } } }], responses: *ok } }
  /device: { get: { security: [{ device: [] }], responses: *ok } }
  /events:
    get:
      responses:
        "200":
          content:
            text/event-stream:
              itemSchema: { type: object, required: [data], properties: { event: { const: tick }, data: { type: string } } }
              examples: { two: { dataValue: [{ event: tick, data: "1" }, { event: tick, data: "2" }] } }
            application/jsonl:
              itemSchema: { type: object, required: [n], properties: { n: { type: integer } } }
              examples: { written: { serializedValue: "{\"n\": 1}\n{\"n\": 2}\n" } }
            application/json-seq: { itemSchema: { type: integer }, example: [1, 2] }
            multipart/mixed: { itemSchema: { type: object, maxProperties: 0 }, itemEncoding: { contentType: application/json } }
  /parts:
    post:
      requestBody:
        required: true
        content:
          multipart/mixed:
            schema: { type: array, minItems: 2, prefixItems: [{ type: object, required: [a] }, { type: string }] }
            prefixEncoding: [{ contentType: application/json }, { contentType: text/plain }]
      responses: { "204": {} }
  /xml/{kind}:
    get:
      parameters: [{ name: kind, in: path, required: true, schema: { type: string } }]
      responses:
        "200":
          content:
            application/xml:
              schema:
                type: object
                xml: { nodeType: element, name: doc }
                properties:
                  id: { type: integer, xml: { nodeType: attribute } }
                  text: { type: string, xml: { nodeType: text } }
                  list: { type: array, xml: { nodeType: element }, items: { type: string, xml: { name: i } } }
              example: { id: 3, text: a<b, list: [x, y] }
        "201":
          content:
            application/xml:
              schema: { type: object, xml: { name: doc }, properties: { raw: { type: string, xml: { nodeType: cdata } } } }
              example: { raw: a<b }
  /one:
    get:
      responses:
        "200":
          content:
            application/json:
              schema:
                oneOf: [{ $ref: "#/components/schemas/Cat" }, { $ref: "#/components/schemas/Other" }]
                discriminator: { propertyName: kind, mapping: { cat: Cat }, defaultMapping: Other }
  /shared: { get: { responses: { "200": { content: { application/json: { $ref: "#/components/mediaTypes/Shared" } } } } } }
components:
  mediaTypes: { Shared: { schema: { type: string }, example: shared } }
  schemas:
    Cat: { type: object, required: [kind, lives], properties: { kind: { const: cat }, lives: { type: integer } } }
    Other: { type: object, required: [x], properties: { kind: { enum: [dog, fish] }, x: { type: integer } } }
  securitySchemes: { device: { type: oauth2, deprecated: true, flows: { deviceAuthorization: { deviceAuthorizationUrl: "https://x/", tokenUrl: "https://x/", scopes: {} } } } }
"##;

fn newest() -> StubBuilder {
    counterfoil_server::StubServer::builder(contract(DOCUMENT.as_bytes())).own_replies(OwnReplies::Refused)
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn query_and_additional_operations_are_held_to_what_they_document() {
    let stub = Stub::start(newest()).await;
    stub.walk([
        sent(&[JSON], r#"{"q": "a"}"#, "QUERY /v3/search", 200, "found"),
        sent(&[JSON], "{}", "QUERY /search", 400, "problem request-invalid"),
        row("QUERY /search", 400, "problem request-invalid"),
        with(&[("destination", "/b")], "COPY /search", 201, ""),
        row("COPY /search", 400, "problem request-invalid"),
        row("GET /search", 405, "problem method-undocumented"),
    ])
    .await;
    assert_eq!(stub.get("/search").await.header("allow"), "QUERY, COPY, OPTIONS");
}

#[tokio::test]
async fn the_whole_query_string_is_one_parameter() {
    let stub = Stub::start(newest()).await;
    for (target, status, reason) in [
        ("/form?a=1&b=x&b=y", 200, ""),
        ("/form?a=x", 400, "querystring.all/a: \"x\" is not of type \"integer\" [type]"),
        ("/form", 400, "querystring.all: it is required, and it is not there [missing]"),
        ("/json?%7B%22a%22%3A1%7D", 200, ""),
        ("/json?%7B%7D", 400, "querystring.all: \"a\" is a required property [required]"),
    ] {
        let reply = stub.get(target).await;
        assert_eq!((reply.status, reply.header("counterfoil-reason")), (status, reason), "{target}");
    }
}

#[tokio::test]
async fn style_cookie_and_the_flow_of_devices() {
    walk(
        newest(),
        [
            with(&[("cookie", "c=a; c=b")], "GET /cookie", 200, "ok"),
            with(&[("cookie", "c=a")], "GET /cookie", 400, "problem request-invalid"),
            row("GET /device", 401, "problem unauthorized"),
            with(&[("authorization", "Bearer t")], "GET /device", 200, "ok"),
        ],
    )
    .await;
}

#[tokio::test]
async fn streams_of_items_by_example_and_made_up() {
    let stub = Stub::start(newest()).await;
    for (accept, body) in [
        ("text/event-stream", "event: tick\ndata: 1\n\nevent: tick\ndata: 2\n\n"),
        ("application/jsonl", "{\"n\": 1}\n{\"n\": 2}\n"),
        ("application/json-seq", "\u{1e}1\n\u{1e}2\n"),
    ] {
        let reply = stub.send("GET /events", &[("accept", accept)], "").await;
        assert_eq!((reply.status, reply.header("content-type"), reply.text()), (200, accept, body));
        let made = stub.send("GET /events?__dynamic=true", &[("accept", accept)], "").await;
        assert_eq!((made.status, made.header("counterfoil-source")), (200, "generated"), "{accept}");
        assert!(!made.body.is_empty(), "{accept}");
    }
    let parts = stub.send("GET /events", &[("accept", "multipart/mixed")], "").await;
    assert_eq!(parts.status, 200);
    assert!(parts.text().contains("Content-Type: application/json\r\n\r\n{}\r\n"), "{:?}", parts.text());
}

#[tokio::test]
async fn parts_by_position() {
    let stub = Stub::start(newest()).await;
    let body = |first: &str, kind: &str| {
        format!(
            "--b\r\nContent-Type: application/json\r\n\r\n{first}\r\n--b\r\nContent-Type: {kind}\r\n\r\nhi\r\n--b--\r\n"
        )
    };
    for (body, status, reason) in [
        (body(r#"{"a": 1}"#, "text/plain"), 204, ""),
        (body("{}", "text/plain"), 400, "body/0: item 1: \"a\" is a required property [required]"),
        (
            body(r#"{"a": 1}"#, "text/html"),
            400,
            "body/1: the part is `text/html`; documented are: text/plain [undocumented]",
        ),
    ] {
        let headers = [("content-type", "multipart/mixed; boundary=b")];
        let reply = stub.send("POST /parts", &headers, body).await;
        assert_eq!((reply.status, reply.header("counterfoil-reason")), (status, reason));
    }
}

#[tokio::test]
async fn node_types_of_xml() {
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    let stub = Stub::start(newest()).await;
    for (code, body) in [
        ("200", "<doc id=\"3\">a&lt;b<list><i>x</i><i>y</i></list></doc>"),
        ("201", "<doc><![CDATA[a<b]]></doc>"),
    ] {
        let reply = stub.get(&format!("/xml/a?__code={code}")).await;
        assert_eq!(reply.text(), format!("{head}{body}"));
    }
}

#[tokio::test]
async fn shared_media_types_and_a_default_mapping() {
    let stub = Stub::start(newest()).await;
    stub.walk([row("GET /shared", 200, "shared")]).await;
    for seed in 0..8 {
        let value = stub.get(&format!("/one?__seed={seed}")).await.value();
        let named = if value["kind"] == json!("cat") { "lives" } else { "x" };
        assert!(value[named].is_i64(), "{value}");
    }
}
