//! Which body a reply has: the rows about examples and generated values.

use counterfoil_openapi::generate::Variety;
use counterfoil_server::{Bodies, OwnReplies, Script, StubServer};
use serde_json::{Value, json};

use crate::stub::{Row, Stub, contract, tables};

type Headers = &'static [(&'static str, &'static str)];

fn row(
    about: &'static str,
    line: &'static str,
    headers: Headers,
    status: u16,
    reply: impl Into<Value>,
) -> Row {
    Row { about, line, headers, body: "", status, reply: reply.into() }
}

const DOCUMENT: &[u8] = br##"
openapi: 3.1.0
info: { title: Examples, version: "1" }
paths:
  /all:
    get:
      operationId: all
      responses:
        "200":
          description: ok
          content:
            application/json:
              schema: { type: string, examples: [of the schema], default: by default }
              example: example
              examples: { first: { value: first }, second: { value: second } }
  /many:
    get:
      responses:
        "200":
          description: ok
          content:
            application/json:
              schema: { type: string, examples: [of the schema], default: by default }
              examples: { first: { value: first }, second: { value: second } }
  /schema/examples: { get: { responses: { "200": { description: ok, content: { application/json: { schema: { type: string, examples: [one, two], default: d } } } } } } }
  /schema/example: { get: { responses: { "200": { description: ok, content: { application/json: { schema: { type: string, example: old, default: d } } } } } } }
  /schema/default: { get: { responses: { "200": { description: ok, content: { application/json: { schema: { type: string, default: by default } } } } } } }
  /schema/referred: { get: { responses: { "200": { description: ok, content: { application/json: { schema: { $ref: "#/components/schemas/Word" } } } } } } }
  /schema/alone: { get: { responses: { "200": { description: ok, content: { application/json: { schema: { type: string, const: made up } } } } } } }
  /nothing: { get: { responses: { "200": { description: ok, content: { application/json: {}, text/plain: {} } } } } }
  /null: { get: { responses: { "200": { description: ok, content: { application/json: { example: null } } } } } }
  /by-reference: { get: { responses: { "200": { description: ok, content: { application/json: { examples: { shared: { $ref: "#/components/examples/Shared" } } } } } } } }
components:
  schemas: { Word: { type: string, example: of a component } }
  examples: { Shared: { value: shared } }
"##;

#[tokio::test]
async fn row_example_to_use_script_preference_example_first_of_examples_schema_generated() {
    let stub = Stub::start(StubServer::builder(contract(DOCUMENT)).own_replies(OwnReplies::Refused)).await;
    stub.walk([
        row("`example=`", "GET /all", &[("prefer", "example=second")], 200, "second"),
        row("media-type `example`", "GET /all", &[], 200, "example"),
        row("first of `examples`", "GET /many", &[], 200, "first"),
        row("`example=`", "GET /many", &[("prefer", "example=second")], 200, "second"),
        row("an example by reference", "GET /by-reference", &[], 200, "shared"),
        row("schema `examples`", "GET /schema/examples", &[], 200, "one"),
        row("schema `example`", "GET /schema/example", &[], 200, "old"),
        row("schema `default`", "GET /schema/default", &[], 200, "by default"),
        row("the schema's by reference", "GET /schema/referred", &[], 200, "of a component"),
        row("generated", "GET /schema/alone", &[], 200, "made up"),
        row("null is an example", "GET /null", &[], 200, Value::Null),
        row("neither example nor schema, JSON", "GET /nothing", &[], 200, json!({})),
        row("neither example nor schema, text", "GET /nothing", &[("accept", "text/plain")], 200, ""),
    ])
    .await;
    let document = contract(DOCUMENT);
    let text = b"script: 1\nrules: { all: [{ body: scripted }] }";
    let script = Script::load("s.yaml", text, std::slice::from_ref(&document)).unwrap();
    let stub = Stub::start(StubServer::builder(document).script(script)).await;
    stub.walk([
        row("script before `example`", "GET /all", &[], 200, "scripted"),
        row("a preference before the script", "GET /all", &[("prefer", "example=first")], 200, "first"),
    ])
    .await;
}

#[tokio::test]
async fn row_an_example_is_written_down_as_a_value_or_as_the_text_of_its_media_type() {
    let stub = Stub::start(tables()).await;
    stub.walk([
        row("JSON written down as a text", "GET /bodies/quoted", &[], 200, json!({"quoted": true})),
        row("one that breaks its schema", "GET /bodies/mended", &[], 200, json!({"id": 7, "name": "Rex"})),
        row(
            "the same by name",
            "GET /bodies/mended",
            &[("prefer", "example=tom")],
            200,
            json!({"id": 7, "name": "Rex"}),
        ),
    ])
    .await;
}

#[tokio::test]
async fn row_generated_from_the_schema_seeded_by_seed_and_request_valid_by_check() {
    let stub = Stub::start(tables().own_replies(OwnReplies::Refused)).await;
    let first = stub.get("/bodies/generated?page=1").await;
    let value = first.value();
    assert_eq!((first.status, first.header("counterfoil-source")), (200, "generated"));
    assert!(value["count"].as_u64().is_some_and(|count| (1..=1_000_000).contains(&count)), "{value}");
    assert!(value["code"].as_str().is_some_and(|code| code.len() == 3), "{value}");
    assert_eq!(stub.get("/bodies/generated?page=1").await.value(), value);
    assert_ne!(stub.get("/bodies/generated?page=2").await.value(), value, "the request has a say");
    let plain = [("content-type", "text/plain")];
    let mut by_body = Vec::new();
    for body in ["a", "b", "a"] {
        by_body.push(stub.send("POST /bodies/generated", &plain, body).await.value());
    }
    assert!(by_body[0] == by_body[2] && by_body[0] != by_body[1], "{by_body:?}");
    let other = Stub::start(tables().seed(7)).await;
    assert_ne!(other.get("/bodies/generated?page=1").await.value(), value, "so has the seed");
    let same = Stub::start(tables()).await;
    assert_eq!(same.get("/bodies/generated?page=1").await.value(), value);
}

#[tokio::test]
async fn row_dynamic_prefers_generated_over_examples() {
    let example = json!({"code": "ABC", "count": 1});
    let stub = Stub::start(tables()).await;
    assert_eq!(stub.get("/bodies/both").await.value(), example);
    let dynamic = stub.send("GET /bodies/both", &[("prefer", "dynamic=true")], "").await;
    assert_ne!(dynamic.value(), example, "for one request");
    let stub = Stub::start(tables().bodies(Bodies::Generated)).await;
    assert_ne!(stub.get("/bodies/both").await.value(), example, "for all of them");
    assert_eq!(stub.get("/pets").await.value(), "pets", "an example is better than nothing");
    let reply = stub.send("GET /bodies/both", &[("prefer", "dynamic=false")], "").await;
    assert_eq!(reply.value(), example, "but for one request");
}

#[tokio::test]
async fn generated_bodies_are_as_adventurous_as_asked() {
    let reply =
        async |variety| Stub::start(tables().variety(variety)).await.get("/bodies/generated").await.value();
    let least = reply(Variety::Minimal).await;
    assert_eq!(reply(Variety::Minimal).await, least);
    assert_ne!(reply(Variety::Plain).await, least);
    assert_ne!(reply(Variety::Realistic).await, least);
}

#[tokio::test]
async fn row_what_admits_nothing_is_sent_in_its_shape_and_said_to_be_wrong() {
    let text = "{openapi: 3.1.0, paths: {/a: {get: {responses: {'200': {content: {application/json: {schema: \
                {type: object, required: [id, of], properties: {id: {const: 7}, of: false}}}}}}}}}}";
    let stub = Stub::start(StubServer::builder(contract(text.as_bytes()))).await;
    let reply = stub.get("/a").await;
    assert_eq!((reply.status, reply.value()), (200, json!({"id": 7, "of": null})));
    let reason = reply.header("counterfoil-reason");
    assert!(reason.starts_with("the reply breaks the contract; body/of: "), "{reason}");
    let trail = stub.trail(&reply);
    assert!(
        trail.iter().any(|line| line == "body: the shape of the schema, for no valid value is found"),
        "{trail:#?}"
    );
    assert!(trail.iter().any(|line| line.starts_with("reply: breaks the contract: body/of: ")), "{trail:#?}");
    let strict = Stub::start(StubServer::builder(contract(text.as_bytes())).own_replies(OwnReplies::Refused));
    assert_eq!(strict.await.get("/a").await.status, 500);
}
