//! Which response: valid requests, and what a request asks for by itself.

use counterfoil_openapi::validate::UnknownQuery;
use serde_json::{Value, json};

use crate::stub::{Row, Stub, tables};

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

#[tokio::test]
async fn every_row_of_valid_requests() {
    let stub = Stub::start(tables()).await;
    stub.walk([
        row("some 2xx: the lowest", "GET /valid/lowest", &[], 201, "made"),
        row("2XX counts as 200", "GET /valid/range", &[], 200, "fine"),
        row("default only: 200 with its content", "GET /valid/default", &[], 200, "rest"),
        row("neither: the first listed", "GET /valid/first", &[], 302, ""),
        row("no responses", "GET /valid/none", &[], 501, "problem no-response-documented"),
    ])
    .await;
}

#[tokio::test]
async fn every_row_of_forced_statuses() {
    let stub = Stub::start(tables()).await;
    stub.walk([
        row("N: exact", "GET /valid/lowest", &[("prefer", "code=404")], 404, "no"),
        row("N: default", "GET /valid/lowest", &[("prefer", "code=418")], 418, "rest"),
        row("N: range", "GET /valid/forced", &[("prefer", "code=503")], 503, "broken"),
        row("N: default beside exact", "GET /valid/forced-default", &[("prefer", "code=200")], 200, "ok"),
        row("N: default", "GET /valid/forced-default", &[("prefer", "code=299")], 299, "rest"),
        row("N: none", "GET /valid/forced", &[("prefer", "code=418")], 404, "problem status-undocumented"),
        row("N: none", "GET /valid/none", &[("prefer", "code=200")], 404, "problem status-undocumented"),
        row(
            "N, and its media type is missing",
            "GET /valid/forced",
            &[("prefer", "code=404"), ("accept", "text/csv")],
            406,
            "problem not-acceptable",
        ),
        row(
            "N, and its example is missing",
            "GET /valid/forced",
            &[("prefer", "code=404, example=tom")],
            404,
            "problem example-unknown",
        ),
        row(
            "malformed preference",
            "GET /pets",
            &[("prefer", "code=x")],
            422,
            "problem preference-malformed",
        ),
        row("malformed preference", "GET /pets?__code=1", &[], 422, "problem preference-malformed"),
        row("another's preference", "GET /pets", &[("prefer", "return=minimal")], 200, "pets"),
    ])
    .await;
}

#[tokio::test]
async fn every_preference() {
    let stub = Stub::start(tables()).await;
    stub.walk([
        row("example", "GET /valid/forced", &[("prefer", "example=kim")], 200, json!({"name": "Kim"})),
        row(
            "code and example",
            "GET /valid/forced",
            &[("prefer", "code=200, example=kim")],
            200,
            json!({"name": "Kim"}),
        ),
        row(
            "an example of another response",
            "GET /valid/forced",
            &[("prefer", "example=lost")],
            404,
            json!({"name": "nobody"}),
        ),
        row(
            "an unknown example",
            "GET /valid/forced",
            &[("prefer", "example=who")],
            404,
            "problem example-unknown",
        ),
        row("__code", "GET /valid/forced?__code=404", &[], 404, json!({"name": "nobody"})),
        row("__example", "GET /valid/forced?__example=kim", &[], 200, json!({"name": "Kim"})),
        row(
            "dynamic=false",
            "GET /bodies/both",
            &[("prefer", "dynamic=false")],
            200,
            json!({"code": "ABC", "count": 1}),
        ),
    ])
    .await;
    for line in ["GET /bodies/both", "GET /bodies/both?__dynamic=true"] {
        let headers: &[(&str, &str)] = if line.contains('?') { &[] } else { &[("prefer", "dynamic")] };
        let reply = stub.send(line, headers, "").await;
        assert_eq!((reply.status, reply.header("counterfoil-source")), (200, "generated"), "{line}");
        assert_eq!(reply.header("preference-applied"), "dynamic=true");
        assert_ne!(reply.value(), json!({"code": "ABC", "count": 1}));
    }
    let seeded = |seed: &str| format!("dynamic, seed={seed}");
    let first = stub.send("GET /bodies/both", &[("prefer", &seeded("1"))], "").await;
    let again = stub.send("GET /bodies/both?__seed=1&__dynamic=true", &[], "").await;
    let other = stub.send("GET /bodies/both", &[("prefer", &seeded("2"))], "").await;
    assert_eq!(first.value(), again.value());
    assert_ne!(first.value(), other.value());
}

#[tokio::test]
async fn a_preference_that_was_followed_is_told() {
    let stub = Stub::start(tables()).await;
    let reply =
        stub.send("GET /valid/forced", &[("prefer", "code=404, wait=3"), ("prefer", "delay=1ms")], "").await;
    assert_eq!(reply.header("preference-applied"), "code=404, delay=1000us");
    let reply = stub.send("GET /valid/forced", &[("prefer", "code=418")], "").await;
    assert_eq!(reply.header("preference-applied"), "");
}

#[tokio::test]
async fn a_preference_in_the_query_is_no_unknown_parameter() {
    let stub = Stub::start(tables().unknown_query(UnknownQuery::Refuse)).await;
    stub.walk([
        row(
            "a key of ours",
            "GET /bodies/generated?__example=x&__code=200",
            &[],
            404,
            "problem example-unknown",
        ),
        row("a key of ours", "GET /pets?__dynamic=false", &[], 200, "pets"),
        row("an unknown parameter", "GET /pets?dynamic=false", &[], 400, "problem request-invalid"),
    ])
    .await;
}

#[tokio::test]
async fn a_preferred_delay_comes_before_the_reply() {
    let stub = Stub::start(tables()).await;
    let started = std::time::Instant::now();
    let reply = stub.send("GET /pets", &[("prefer", "delay=120ms")], "").await;
    assert!(started.elapsed().as_millis() >= 120, "{:?}", started.elapsed());
    assert_eq!((reply.status, stub.trail(&reply).last().unwrap().as_str()), (200, "delay: 120ms"));
}

#[tokio::test]
async fn an_unknown_status_or_example_names_those_that_are() {
    let stub = Stub::start(tables()).await;
    let documented = |reply: &crate::stub::Reply| {
        serde_json::from_slice::<Value>(&reply.body).unwrap()["documented"].clone()
    };
    let reply = stub.get("/valid/forced?__code=418").await;
    assert_eq!(documented(&reply), json!(["200", "404", "5XX"]));
    let reply = stub.get("/valid/forced?__example=who").await;
    assert_eq!(documented(&reply), json!(["kim", "lost", "tom"]));
}
