//! Media types, bodies, and the headers of replies.

use counterfoil_openapi::generate::Variety;
use counterfoil_server::Bodies;
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
async fn every_row_of_media_types() {
    let stub = Stub::start(tables()).await;
    const SEVERAL: &str = "GET /media/several";
    stub.walk([
        row("no Accept: JSON if there", SEVERAL, &[], 200, "vendor"),
        row("no Accept: else the first", "GET /media/text", &[], 200, "a,b"),
        row("*/* is no Accept", SEVERAL, &[("accept", "*/*")], 200, "vendor"),
        row("exact", SEVERAL, &[("accept", "text/plain")], 200, "plain"),
        row("q-values", SEVERAL, &[("accept", "text/plain;q=0.5, text/csv;q=0.9")], 200, "a,b"),
        row("q=0 forbids", "GET /media/text", &[("accept", "text/csv;q=0, */*;q=0.1")], 200, "plain"),
        row("wildcards", SEVERAL, &[("accept", "text/*")], 200, "a,b"),
        row("suffixes", SEVERAL, &[("accept", "application/*+json")], 200, "vendor"),
        row(
            "no match, response has content",
            SEVERAL,
            &[("accept", "image/png")],
            406,
            "problem not-acceptable",
        ),
        row("garbage is no range", SEVERAL, &[("accept", "garbage;;;")], 200, "vendor"),
        row("no match, status 204", "GET /media/bodiless", &[("accept", "image/png")], 204, ""),
        row("no content documented", "GET /media/none", &[("accept", "image/png")], 200, ""),
        row("*/* documented", "GET /media/any", &[], 200, json!({"a": 1})),
        row(
            "*/* documented",
            "GET /media/any",
            &[("accept", "application/vnd.x+json")],
            200,
            json!({"a": 1}),
        ),
        row("a form", "GET /media/form", &[], 200, "a=x+y&b=2"),
    ])
    .await;
}

#[tokio::test]
async fn the_content_type_is_the_one_negotiated() {
    let stub = Stub::start(tables()).await;
    for (line, accept, expected) in [
        ("GET /media/several", "*/*", "application/vnd.pet+json"),
        ("GET /media/several", "text/*", "text/csv"),
        ("GET /media/any", "*/*", "application/json"),
        ("GET /media/any", "application/vnd.x+json", "application/vnd.x+json"),
        ("GET /media/none", "*/*", ""),
        ("GET /media/bodiless", "*/*", ""),
    ] {
        let reply = stub.send(line, &[("accept", accept)], "").await;
        assert_eq!(reply.header("content-type"), expected, "{line} {accept}");
    }
}

#[tokio::test]
async fn a_multipart_reply_names_its_boundary() {
    let stub = Stub::start(tables()).await;
    let reply = stub.send("GET /media/parts", &[], "").await;
    let body = reply.text();
    let boundary = body.lines().next().and_then(|line| line.strip_prefix("--")).expect("a boundary");
    assert_eq!(reply.header("content-type"), format!("multipart/mixed; boundary={boundary}"));
    assert!(body.contains("name=\"a\"") && body.contains("x y"), "{body}");
}

#[tokio::test]
async fn every_row_of_bodies() {
    let stub = Stub::start(tables()).await;
    stub.walk([
        row("example", "GET /bodies/example", &[], 200, "example"),
        row("first of examples", "GET /bodies/examples", &[], 200, "first"),
        row("by name", "GET /bodies/examples", &[("prefer", "example=second")], 200, "second"),
        row("example of the schema", "GET /bodies/schema", &[], 200, "of the schema"),
        row("default of the schema", "GET /bodies/default", &[], 200, "by default"),
        row("example before schema", "GET /bodies/both", &[], 200, json!({"code": "ABC", "count": 1})),
        row("JSON written down as a text", "GET /bodies/quoted", &[], 200, json!({"quoted": true})),
        row(
            "an example that breaks its schema",
            "GET /bodies/mended",
            &[],
            200,
            json!({"id": 7, "name": "Rex"}),
        ),
        row(
            "by name",
            "GET /bodies/mended",
            &[("prefer", "example=tom")],
            200,
            json!({"id": 7, "name": "Rex"}),
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_generated_body_is_valid_and_the_same_for_the_same_request() {
    let stub = Stub::start(tables()).await;
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
async fn bodies_can_be_generated_before_examples() {
    let stub = Stub::start(tables().bodies(Bodies::Generated)).await;
    assert_ne!(stub.get("/bodies/both").await.value(), json!({"code": "ABC", "count": 1}));
    assert_eq!(stub.get("/pets").await.value(), "pets", "an example is better than nothing");
    let reply = stub.send("GET /bodies/both", &[("prefer", "dynamic=false")], "").await;
    assert_eq!(reply.value(), json!({"code": "ABC", "count": 1}));
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
async fn documented_headers_come_with_the_reply() {
    let stub = Stub::start(tables()).await;
    let reply = stub.get("/headers").await;
    assert_eq!((reply.header("x-example"), reply.header("x-schema")), ("a,b", "of the schema"));
    let required: i64 = reply.header("x-required").parse().unwrap();
    assert!((5..=9).contains(&required));
    assert_eq!(reply.header("content-length"), "4", "framing is not the document's to say");
    assert_eq!(stub.get("/headers").await.header("x-required"), reply.header("x-required"));
    assert_eq!(stub.get("/valid/first").await.header("location"), "/pets");
}
