//! Preferences: the header `Prefer`, or keys of the query.

use std::time::Instant;

use counterfoil_openapi::validate::UnknownQuery;
use counterfoil_server::Script;
use serde_json::{Value, json};

use super::{row, sent, stub_of, walk, with};
use crate::stub::{Stub, contract};

const PETS: &str = r#"
paths:
  /pets:
    get:
      operationId: listPets
      parameters: [{ name: page, in: query, schema: { type: integer } }]
      responses:
        "200":
          content:
            application/json:
              schema: { type: object, required: [n], properties: { n: { type: integer, minimum: 1, maximum: 1000000 } } }
              examples: { tom: { value: { n: 1 } }, "a b, \"c\"": { value: { n: 2 } } }
        "404": { content: { application/json: { examples: { lost: { value: { n: 3 } } } } } }
    post:
      operationId: addPet
      requestBody: { required: true, content: { application/json: { schema: { type: object } } } }
      responses:
        "201": { content: { application/json: { example: made } } }
        "400": { content: { application/json: { examples: { first: { value: bad }, second: { value: worse } } } } }
"#;

#[tokio::test]
async fn code() {
    walk(
        stub_of(PETS),
        [
            with(&[("prefer", "code=404")], "GET /pets", 404, json!({"n": 3})),
            with(&[("Prefer", "CODE = \"404\"; x=1, code=200")], "GET /pets", 404, json!({"n": 3})),
            with(&[("prefer", "wait=1"), ("prefer", "code=404")], "GET /pets", 404, json!({"n": 3})),
        ],
    )
    .await;
}

#[tokio::test]
async fn example() {
    walk(
        stub_of(PETS),
        [
            with(&[("prefer", "example=tom")], "GET /pets", 200, json!({"n": 1})),
            with(&[("prefer", r#"example="a b, \"c\"""#)], "GET /pets", 200, json!({"n": 2})),
            // Of another response than the usual one.
            with(&[("prefer", "example=lost")], "GET /pets", 404, json!({"n": 3})),
        ],
    )
    .await;
}

#[tokio::test]
async fn dynamic_and_seed() {
    let stub = Stub::start(stub_of(PETS)).await;
    for (line, preference) in
        [("GET /pets", "dynamic"), ("GET /pets", "dynamic=true"), ("GET /pets?__dynamic=true", "")]
    {
        let reply = stub.send(line, &[("prefer", preference)], "").await;
        assert_eq!(
            (reply.status, reply.header("counterfoil-source")),
            (200, "generated"),
            "{line} {preference}"
        );
        assert_eq!(reply.header("preference-applied"), "dynamic=true");
    }
    stub.walk([with(&[("prefer", "dynamic=false")], "GET /pets", 200, json!({"n": 1}))]).await;
    let first = stub.send("GET /pets", &[("prefer", "dynamic, seed=1")], "").await.value();
    let again = stub.get("/pets?__seed=1&__dynamic=true").await.value();
    let other = stub.send("GET /pets", &[("prefer", "dynamic, seed=2")], "").await.value();
    assert_eq!(first, again, "the same seed, the same reply");
    assert_ne!(first, other);
}

#[tokio::test]
async fn delay() {
    let stub = Stub::start(stub_of(PETS)).await;
    let started = Instant::now();
    let reply = stub.send("GET /pets", &[("prefer", "delay=120ms")], "").await;
    assert!(started.elapsed().as_millis() >= 120, "{:?}", started.elapsed());
    assert_eq!((reply.status, stub.trail(&reply).last().unwrap().as_str()), (200, "delay: 120ms"));
}

#[tokio::test]
async fn answered_with_preference_applied() {
    let stub = Stub::start(stub_of(PETS)).await;
    for (preference, applied) in [
        ("code=404, wait=3, delay=1ms", "code=404, delay=1000us"),
        ("example=tom", "example=tom"),
        (r#"example="a b, \"c\"""#, r#"example="a b, \"c\"""#),
        ("seed=7, dynamic=false", "dynamic=false, seed=7"),
        ("wait=3", ""),
        // What was not done is not told.
        ("code=418", ""),
        ("example=who", ""),
    ] {
        let reply = stub.send("GET /pets", &[("prefer", preference)], "").await;
        assert_eq!(reply.header("preference-applied"), applied, "{preference}");
    }
}

#[tokio::test]
async fn the_query_keys_ask_as_the_header_does() {
    walk(
        stub_of(PETS).unknown_query(UnknownQuery::Refuse),
        [
            row("GET /pets?__code=404", 404, json!({"n": 3})),
            row("GET /pets?page=1&__example=a%20b,+%22c%22", 200, json!({"n": 2})),
            row("GET /pets?__dynamic=false&__seed=1", 200, json!({"n": 1})),
            // The header comes first, and only these keys are ours.
            with(&[("prefer", "code=200")], "GET /pets?__code=404", 200, json!({"n": 1})),
            row("GET /pets?code=404", 400, "problem request-invalid"),
            row("GET /pets?__delay=1s", 400, "problem request-invalid"),
        ],
    )
    .await;
}

#[tokio::test]
async fn script_beats_neither_a_preference_on_the_request_wins() {
    let document = format!("openapi: 3.1.0\n{PETS}");
    let script =
        b"script: 1\nrules: { listPets: { status: 404, headers: { X-Scripted: 'yes' } }, addPet: 400 }";
    let script = Script::load("s.yaml", script, &[contract(document.as_bytes())]).unwrap();
    let stub = Stub::start(stub_of(PETS).script(script)).await;
    let json = ("content-type", "application/json");
    stub.walk([
        row("GET /pets", 404, json!({"n": 3})),
        with(&[("prefer", "code=200")], "GET /pets", 200, json!({"n": 1})),
        with(&[("prefer", "example=tom")], "GET /pets", 200, json!({"n": 1})),
        with(&[("prefer", "dynamic=false")], "GET /pets", 200, json!({"n": 1})),
        row("GET /pets?__code=200", 200, json!({"n": 1})),
        // A seed or a delay names no reply.
        with(&[("prefer", "seed=1, delay=1ms")], "GET /pets", 404, json!({"n": 3})),
        sent(&[("content-type", "application/json")], "{}", "POST /pets", 400, "bad"),
        sent(
            &[("content-type", "application/json"), ("prefer", "code=201")],
            "{}",
            "POST /pets",
            201,
            "made",
        ),
    ])
    .await;
    let reply = stub.send("GET /pets", &[("prefer", "code=404")], "").await;
    assert_eq!(reply.header("x-scripted"), "", "the script is not asked");
    assert_eq!(
        stub.send("POST /pets", &[json, ("prefer", "wait=1")], "{}").await.value(),
        Value::from("bad")
    );
}

#[tokio::test]
async fn prefer_code_applies_to_invalid_requests_too() {
    let stub = Stub::start(stub_of(PETS)).await;
    stub.walk([
        sent(&[("content-type", "text/csv"), ("prefer", "code=201")], "a,b", "POST /pets", 201, "made"),
        row("POST /pets?__code=201", 201, "made"),
        // An example alone is looked for in the reply that the request gets.
        row("POST /pets", 400, "bad"),
        with(&[("prefer", "example=second")], "POST /pets", 400, "worse"),
        with(&[("prefer", "example=who")], "POST /pets", 400, "bad"),
    ])
    .await;
    let reply = stub.get("/pets?page=x&__code=200").await;
    assert_eq!(reply.status, 200);
    let reason = r#"query.page: "x" is not of type "integer" [type]"#;
    assert_eq!(reply.header("counterfoil-reason"), reason, "it is told all the same");
}
