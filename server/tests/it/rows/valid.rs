//! Which response: valid request.

use serde_json::Value;

use super::{row, stub_of, walk, with};
use crate::stub::Stub;

#[tokio::test]
async fn nothing_forced_and_some_2xx_the_lowest() {
    let document = r#"
paths:
  /exact:
    get:
      responses:
        default: { content: { application/json: { example: rest } } }
        "404": { content: { application/json: { example: no } } }
        "202": { content: { application/json: { example: later } } }
        "201": { content: { application/json: { example: made } } }
  /range:
    get:
      responses:
        "201": { content: { application/json: { example: made } } }
        2xx: { content: { application/json: { example: fine } } }
  /both:
    get:
      responses:
        2XX: { content: { application/json: { example: fine } } }
        200: { content: { application/json: { example: exactly } } }
  /high: { get: { responses: { "100": {}, "299": { content: { application/json: { example: odd } } }, "302": {} } } }
"#;
    walk(
        stub_of(document),
        [
            row("GET /exact", 201, "made"),
            row("GET /range", 200, "fine"),
            row("GET /both", 200, "exactly"),
            row("GET /high", 299, "odd"),
        ],
    )
    .await;
}

#[tokio::test]
async fn nothing_forced_and_default_only_200_with_its_content() {
    let document = r#"
paths:
  /only: { get: { responses: { default: { content: { application/json: { example: rest } } } } } }
  /beside:
    get:
      responses:
        "404": { content: { application/json: { example: no } } }
        default: { content: { application/json: { example: rest } } }
"#;
    walk(stub_of(document), [row("GET /only", 200, "rest"), row("GET /beside", 200, "rest")]).await;
}

#[tokio::test]
async fn nothing_forced_and_neither_the_first_listed_that_is_no_5xx_its_own_status() {
    let document = r#"
paths:
  /first: { get: { responses: { "302": { headers: { Location: { example: /pets } } }, "301": {} } } }
  /broken:
    get:
      responses:
        "500": { content: { application/json: { example: broken } } }
        5XX: {}
        "404": { content: { application/json: { example: no } } }
        "400": { content: { application/json: { example: bad } } }
  /range: { get: { responses: { 5XX: {}, 3XX: {} } } }
  /only: { get: { responses: { "503": { content: { application/json: { example: busy } } }, "500": {} } } }
  /odd: { get: { responses: { "503": {}, "600": { content: { application/json: { example: odd } } } } } }
"#;
    let stub = Stub::start(stub_of(document)).await;
    for (target, status, why) in [
        ("/first", 302, "the first documented, for want of a 2xx"),
        ("/broken", 404, "the first documented that is no 5xx, for want of a 2xx"),
        ("/range", 300, "the first documented that is no 5xx, for want of a 2xx"),
        ("/only", 503, "the first documented, for want of any but 5xx"),
        ("/odd", 600, "the first documented that is no 5xx, for want of a 2xx"),
    ] {
        let reply = stub.get(target).await;
        assert_eq!(reply.status, status, "{target}");
        assert_eq!(stub.trail(&reply)[1], format!("status {status}: {why}"), "{target}");
    }
    assert_eq!(stub.get("/first").await.header("location"), "/pets");
}

#[tokio::test]
async fn nothing_forced_and_no_responses_501_no_response_documented() {
    let document = r#"
paths:
  /none: { get: { responses: {} } }
  /missing: { get: { operationId: missing } }
  /informational: { get: { responses: { "100": {} } } }
"#;
    walk(
        stub_of(document),
        [
            row("GET /none", 501, "problem no-response-documented"),
            row("GET /missing", 501, "problem no-response-documented"),
            row("GET /informational", 501, "problem no-response-documented"),
        ],
    )
    .await;
}

const FORCED: &str = r#"
paths:
  /pets:
    get:
      responses:
        "200":
          content: { application/json: { examples: { tom: { value: Tom }, kim: { value: Kim } } } }
        "404":
          content:
            application/json: { examples: { lost: { value: nobody } } }
            text/html: { example: <p>nobody }
        "406": { content: { application/json: { example: nothing for you } } }
        5XX: { content: { application/json: { example: broken } } }
  /rest:
    get:
      responses:
        "200": { content: { application/json: { example: ok } } }
        "503": { content: { application/json: { example: busy } } }
        5XX: { content: { application/json: { example: broken } } }
        default: { content: { application/json: { example: rest } } }
  /none: { get: { responses: {} } }
"#;

#[tokio::test]
async fn n_forced_and_exact_range_or_default_n_in_that_order() {
    walk(
        stub_of(FORCED),
        [
            with(&[("prefer", "code=200")], "GET /rest", 200, "ok"),
            with(&[("prefer", "code=503")], "GET /rest", 503, "busy"),
            with(&[("prefer", "code=500")], "GET /rest", 500, "broken"),
            with(&[("prefer", "code=599")], "GET /rest", 599, "broken"),
            with(&[("prefer", "code=201")], "GET /rest", 201, "rest"),
            with(&[("prefer", "code=418")], "GET /rest", 418, "rest"),
            with(&[("prefer", "code=999")], "GET /rest", 999, "rest"),
        ],
    )
    .await;
}

#[tokio::test]
async fn n_forced_and_none_404_status_undocumented_naming_those_that_are() {
    let stub = Stub::start(stub_of(FORCED)).await;
    for (target, documented) in [
        ("/pets?__code=418", serde_json::json!(["200", "404", "406", "5XX"])),
        ("/none?__code=200", serde_json::json!([])),
    ] {
        let reply = stub.get(target).await;
        assert_eq!((reply.status, reply.value()), (404, Value::from("problem status-undocumented")));
        let problem: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(problem["documented"], documented, "{target}");
    }
}

#[tokio::test]
async fn n_forced_and_its_media_type_is_missing_406() {
    let csv = ("accept", "text/csv");
    let html = ("accept", "text/html");
    walk(
        stub_of(FORCED),
        [
            with(&[("prefer", "code=404"), ("accept", "text/html")], "GET /pets", 404, "<p>nobody"),
            with(&[("prefer", "code=404"), ("accept", "text/csv")], "GET /pets", 406, "nothing for you"),
            with(&[("prefer", "code=503"), ("accept", "text/html")], "GET /rest", 406, "rest"),
        ],
    )
    .await;
    let bare = r#"
paths: { /a: { get: { responses: { "200": { content: { application/json: { example: a } } } } } } }
"#;
    let stub = Stub::start(stub_of(bare)).await;
    let reply = stub.send("GET /a", &[("prefer", "code=200"), csv], "").await;
    assert_eq!((reply.status, reply.value()), (406, Value::from("problem not-acceptable")));
    assert_eq!(stub.send("GET /a", &[html, ("prefer", "code=200")], "").await.status, 406);
}

#[tokio::test]
async fn n_forced_and_its_example_is_missing_404_example_unknown() {
    let stub = Stub::start(stub_of(FORCED)).await;
    stub.walk([
        with(&[("prefer", "code=404, example=lost")], "GET /pets", 404, "nobody"),
        with(&[("prefer", "code=404, example=tom")], "GET /pets", 404, "problem example-unknown"),
        with(&[("prefer", "code=200, example=lost")], "GET /pets", 404, "problem example-unknown"),
        with(&[("prefer", "code=500, example=tom")], "GET /pets", 404, "problem example-unknown"),
        with(&[("prefer", "example=who")], "GET /pets", 404, "problem example-unknown"),
    ])
    .await;
    let reply = stub.get("/pets?__example=who").await;
    let problem: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(problem["documented"], serde_json::json!(["kim", "lost", "tom"]));
}

#[tokio::test]
async fn malformed_preference_422() {
    let stub = Stub::start(stub_of(FORCED)).await;
    for preference in [
        "code=x",
        "code",
        "code=",
        "code=99",
        "code=100",
        "code=1000",
        "example=",
        "dynamic=maybe",
        "seed=-1",
        "seed=x",
        "delay=5",
        "delay=1d",
        "delay=11m",
        "code=200, seed=x",
        "code=\"\"",
        "example=\"tom",
    ] {
        let reply = stub.send("GET /pets", &[("prefer", preference)], "").await;
        let expected = (422, Value::from("problem preference-malformed"));
        assert_eq!((reply.status, reply.value()), expected, "{preference}");
    }
    stub.walk([
        row("GET /pets?__code=x", 422, "problem preference-malformed"),
        row("GET /pets?__example", 422, "problem preference-malformed"),
        row("GET /pets?__dynamic=2", 422, "problem preference-malformed"),
        row("GET /pets?__seed=", 422, "problem preference-malformed"),
        // RFC 7240, section 2: what is not known is ignored.
        with(&[("prefer", "return=minimal; x=1, respond-async, wait=x")], "GET /pets", 200, "Tom"),
    ])
    .await;
}
