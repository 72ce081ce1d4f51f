//! Which media type a reply is of: the rows about `Accept`.

use counterfoil_server::{OwnReplies, StubServer};

use crate::stub::{Stub, contract};

const DOCUMENT: &[u8] = br#"
openapi: 3.1.0
info: { title: Media types, version: "1" }
paths:
  /several:
    get:
      responses:
        "200":
          description: ok
          content:
            text/csv: { example: "a,b" }
            application/vnd.pet+json: { example: vendor }
            text/plain: { example: plain }
            image/png: { example: dot }
  /text: { get: { responses: { "200": { description: ok, content: { text/csv: { example: "a,b" }, text/plain: { example: plain } } } } } }
  /hal: { get: { responses: { "200": { description: ok, content: { application/json: { example: json }, application/hal+json: { example: hal } } } } } }
  /csv:
    get:
      responses:
        "200":
          description: ok
          content: { text/csv; header=absent: { example: bare }, text/csv; header=present: { example: headed } }
  /bodiless/204: { get: { responses: { "204": { description: none, content: { application/json: { example: never } } } } } }
  /bodiless/205: { get: { responses: { "205": { description: none, content: { application/json: { example: never } } } } } }
  /bodiless/304: { get: { responses: { "304": { description: none, content: { application/json: { example: never } } } } } }
  /none: { get: { responses: { "200": { description: nothing } } } }
  /empty: { get: { responses: { "200": { description: nothing, content: {} } } } }
  /any/value: { get: { responses: { "200": { description: ok, content: { "*/*": { schema: { type: object }, example: { a: 1 } } } } } } }
  /any/text: { get: { responses: { "200": { description: ok, content: { "*/*": { schema: { type: string }, example: plain } } } } } }
  /any/picture: { get: { responses: { "200": { description: ok, content: { image/*: { example: dot } } } } } }
  /any/suffix: { get: { responses: { "200": { description: ok, content: { application/*+json: { example: { a: 1 } } } } } } }
"#;

/// What is sent of an operation to a client that accepts something: status, `Content-Type`, body.
type Row = (&'static str, &'static str, &'static str, u16, &'static str, &'static str);

async fn walk(table: &[Row]) {
    // A reply that is not as the document says is a 500 here.
    let builder = StubServer::builder(contract(DOCUMENT)).own_replies(OwnReplies::Refused);
    let stub = Stub::start(builder).await;
    for (about, path, accept, status, content_type, body) in table {
        let headers: &[(&str, &str)] = if accept.is_empty() { &[] } else { &[("accept", accept)] };
        let reply = stub.send(&format!("GET {path}"), headers, "").await;
        let problem = || reply.value().as_str().unwrap_or_default().to_owned();
        let told = if reply.status >= 400 { problem() } else { reply.text().to_owned() };
        assert_eq!(
            (reply.status, reply.header("content-type"), told.as_str()),
            (*status, *content_type, *body),
            "{about}: {path}, {accept:?}: {:#?}",
            stub.trail(&reply)
        );
    }
}

const VENDOR: &str = "application/vnd.pet+json";

#[tokio::test]
async fn row_no_accept_json_if_there_else_the_first_documented() {
    walk(&[
        ("JSON if there", "/several", "", 200, VENDOR, "\"vendor\""),
        ("else the first", "/text", "", 200, "text/csv", "a,b"),
        ("anything is no wish", "/several", "*/*", 200, VENDOR, "\"vendor\""),
        ("what is no range is no wish", "/several", "garbage;;;", 200, VENDOR, "\"vendor\""),
        ("what is no range is no wish", "/text", "json", 200, "text/csv", "a,b"),
    ])
    .await;
}

#[tokio::test]
async fn row_accept_with_q_values_wildcards_suffixes_the_best_documented_match() {
    walk(&[
        ("exact", "/several", "text/plain", 200, "text/plain", "plain"),
        ("in any case", "/several", "TEXT/Plain", 200, "text/plain", "plain"),
        ("the greatest q", "/several", "text/plain;q=0.5, text/csv;q=0.9", 200, "text/csv", "a,b"),
        ("no q is 1", "/several", "text/csv;q=0.9, text/plain", 200, "text/plain", "plain"),
        ("q to three places", "/several", "text/csv;q=0.501, text/plain;q=0.502", 200, "text/plain", "plain"),
        ("q=0 refuses", "/text", "text/csv;q=0, */*;q=0.1", 200, "text/plain", "plain"),
        ("the closest range decides", "/text", "text/*;q=0.9, text/csv;q=0.1", 200, "text/plain", "plain"),
        ("of equals the first named", "/several", "text/plain, text/csv", 200, "text/plain", "plain"),
        ("a wildcard", "/several", "text/*", 200, "text/csv", "a,b"),
        ("a wildcard of another type", "/several", "image/*", 200, "image/png", "dot"),
        ("one star", "/several", "*", 200, VENDOR, "\"vendor\""),
        ("a suffix", "/several", "application/*+json", 200, VENDOR, "\"vendor\""),
        ("a suffix is no JSON itself", "/hal", "application/*+json", 200, "application/hal+json", "\"hal\""),
        ("a parameter", "/csv", "text/csv; header=present", 200, "text/csv; header=present", "headed"),
        (
            "a parameter, then q",
            "/csv",
            "text/csv;header=present;q=0.2",
            200,
            "text/csv; header=present",
            "headed",
        ),
        ("parts that make no sense", "/several", ";;, text/csv;q=x, =", 200, "text/csv", "a,b"),
    ])
    .await;
    // Several lines are one list (RFC 9110, section 5.3).
    let stub = Stub::start(StubServer::builder(contract(DOCUMENT))).await;
    let lines = [("accept", "text/csv;q=0.1"), ("accept", "text/plain;q=0.2")];
    assert_eq!(stub.send("GET /several", &lines, "").await.text(), "plain");
}

#[tokio::test]
async fn row_no_match_and_the_response_has_content_406() {
    const PROBLEM: &str = "application/problem+json";
    const REFUSED: &str = "problem not-acceptable";
    walk(&[
        ("another type", "/text", "image/png", 406, PROBLEM, REFUSED),
        ("another suffix", "/several", "application/*+xml", 406, PROBLEM, REFUSED),
        ("JSON is not its kin", "/several", "application/json", 406, PROBLEM, REFUSED),
        ("another parameter", "/csv", "text/csv; header=none", 406, PROBLEM, REFUSED),
        ("all are refused", "/text", "text/*;q=0", 406, PROBLEM, REFUSED),
        ("all are refused", "/text", "*/*;q=0", 406, PROBLEM, REFUSED),
        ("outside a documented range", "/any/picture", "text/html", 406, PROBLEM, REFUSED),
    ])
    .await;
}

#[tokio::test]
async fn row_no_match_and_204_or_304_or_any_is_listed_that_status_without_a_body() {
    walk(&[
        ("204", "/bodiless/204", "image/png", 204, "", ""),
        ("205", "/bodiless/205", "image/png", 205, "", ""),
        ("304", "/bodiless/304", "image/png", 304, "", ""),
        ("the client lists `*/*`", "/text", "text/*;q=0, */*;q=0.1", 200, "", ""),
        ("the document lists `*/*`", "/any/value", "image/png", 200, "", ""),
        ("the document lists `*/*`", "/any/value", "text/html, application/xhtml+xml", 200, "", ""),
    ])
    .await;
}

#[tokio::test]
async fn row_a_documented_range_is_sent_as_what_is_accepted_and_can_carry_it() {
    walk(&[
        ("no Accept", "/any/value", "", 200, "application/json", r#"{"a":1}"#),
        (
            "JSON of a kind",
            "/any/value",
            "application/vnd.x+json",
            200,
            "application/vnd.x+json",
            r#"{"a":1}"#,
        ),
        (
            "YAML, of which JSON is a part",
            "/any/value",
            "application/yaml",
            200,
            "application/yaml",
            r#"{"a":1}"#,
        ),
        (
            "a form",
            "/any/value",
            "application/x-www-form-urlencoded",
            200,
            "application/x-www-form-urlencoded",
            "a=1",
        ),
        (
            "what a browser accepts",
            "/any/value",
            "text/html,application/xhtml+xml,application/xml;q=0.1,*/*;q=0.8",
            200,
            "application/json",
            r#"{"a":1}"#,
        ),
        (
            "the greatest q",
            "/any/value",
            "application/json;q=0.1, application/yaml",
            200,
            "application/yaml",
            r#"{"a":1}"#,
        ),
        ("a text can be of any type", "/any/text", "text/html", 200, "text/html", "plain"),
        ("a text without Accept", "/any/text", "", 200, "application/octet-stream", "plain"),
        ("a narrower range", "/any/picture", "image/gif", 200, "image/gif", "dot"),
        ("a range and no wish", "/any/picture", "image/*", 200, "image/png", "dot"),
        ("a suffix", "/any/suffix", "application/hal+json", 200, "application/hal+json", r#"{"a":1}"#),
    ])
    .await;
}

#[tokio::test]
async fn row_the_response_documents_no_content_no_body_no_content_type_accept_ignored() {
    for path in ["/none", "/empty"] {
        walk(&[
            ("no Accept", path, "", 200, "", ""),
            ("Accept is ignored", path, "image/png", 200, "", ""),
            ("Accept that refuses all", path, "*/*;q=0", 200, "", ""),
        ])
        .await;
    }
}
