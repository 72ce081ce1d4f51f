//! Routing: which operation a request means.

use counterfoil_openapi::BasePaths;
use serde_json::{Value, json};

use crate::stub::{Row, Stub, tables};

fn row(about: &'static str, line: &'static str, status: u16, reply: impl Into<Value>) -> Row {
    Row { about, line, headers: &[], body: "", status, reply: reply.into() }
}

#[tokio::test]
async fn every_row_of_routing() {
    let stub = Stub::start(tables()).await;
    stub.walk([
        row("a path under a server's base path", "GET /v1/pets", 200, "pets"),
        row("a base path with a variable's default", "GET /prod/api/pets", 200, "pets"),
        row("a base path with any text for a variable", "GET /test/api/pets", 200, "pets"),
        row("the same path without the base path", "GET /pets", 200, "pets"),
        row("a literal beats a variable", "GET /pets/mine", 200, "mine"),
        row("a literal beats a variable", "GET /pets/other", 200, "one"),
        row("more literal segments win", "GET /a/x/c", 200, "literal last"),
        row("then the leftmost literal", "GET /a/b/c", 200, "literal first"),
        row("matched inside the segment", "GET /files/report.json", 200, "file"),
        row("matched inside the segment", "GET /files/report.txt", 404, "problem path-unknown"),
        row("matched inside the segment", "POST /jobs/7:run", 200, "run"),
        row("matched inside the segment", "GET /ranges/1-9", 200, "range"),
        row("a trailing slash is significant", "GET /slash/", 200, "slash"),
        row("a trailing slash is significant", "GET /slash", 404, "problem path-unknown"),
        row("a trailing slash is significant", "GET /pets/", 404, "problem path-unknown"),
        row("an empty segment is significant", "GET //pets", 404, "problem path-unknown"),
        row("decoded per segment", "GET /%70ets", 200, "pets"),
        row("%2F is no separator", "GET /pets/a%2Fb", 200, "one"),
        row("%2F is no separator", "GET /pets%2Fmine", 404, "problem path-unknown"),
        row("a bad escape is 400", "GET /pets/%zz", 400, "problem escape-invalid"),
        row("a bad escape is 400", "GET /pets/%2", 400, "problem escape-invalid"),
        row("unknown path", "GET /pest", 404, "problem path-unknown"),
        row("known path, unknown method", "DELETE /pets", 405, "problem method-undocumented"),
        row("known path, method of an extension", "QUERY /pets", 405, "problem method-undocumented"),
        row("documented OPTIONS", "OPTIONS /methods", 200, "own"),
        row("documented TRACE", "TRACE /methods", 200, "trace"),
    ])
    .await;
}

#[tokio::test]
async fn an_encoded_dot_segment_is_a_value() {
    let stub = Stub::start(tables()).await;
    let raw = stub.send_raw("GET /pets/%2e%2e HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(raw.ends_with("\r\n\r\n\"one\""), "{raw}");
}

#[tokio::test]
async fn base_paths_can_be_strict() {
    let stub = Stub::start(tables().base_paths(BasePaths::Strict)).await;
    stub.walk([
        row("under the base path", "GET /v1/pets", 200, "pets"),
        row("without it", "GET /pets", 404, "problem path-unknown"),
    ])
    .await;
}

#[tokio::test]
async fn an_unknown_path_names_the_nearest() {
    let stub = Stub::start(tables()).await;
    let reply = stub.get("/pest").await;
    let problem: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(problem["nearest"][0], "/pets", "{problem}");
    assert_eq!(reply.header("counterfoil-source"), "routing");
    // A path that is all but endless costs no more than one that is long.
    let reply = stub.get(&format!("/{}", "é/%41".repeat(5_000))).await;
    assert_eq!((reply.status, reply.value()), (404, json!("problem path-unknown")));
}

#[tokio::test]
async fn a_wrong_method_lists_the_allowed_ones() {
    let stub = Stub::start(tables()).await;
    let reply = stub.send("PATCH /pets", &[], "").await;
    assert_eq!((reply.status, reply.header("allow")), (405, "GET, POST, HEAD, OPTIONS"));
}

#[tokio::test]
async fn undocumented_options_list_the_methods() {
    let stub = Stub::start(tables()).await;
    let reply = stub.send("OPTIONS /pets/7", &[], "").await;
    assert_eq!((reply.status, reply.header("allow"), reply.text()), (204, "GET, DELETE, HEAD, OPTIONS", ""));
    let raw = stub.send_raw("OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(raw.starts_with("HTTP/1.1 204 "), "{raw}");
}

#[tokio::test]
async fn head_is_gets_head_without_its_body() {
    let stub = Stub::start(tables()).await;
    let get = stub.get("/pets").await;
    let raw = stub.send_raw("HEAD /pets HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    let (head, body) = raw.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains(&format!("content-length: {}\r\n", get.body.len())), "{head}");
    assert!(head.contains("content-type: application/json\r\n"), "{head}");
    assert_eq!(body, "");
    let own = stub.send("HEAD /methods", &[], "").await;
    assert_eq!((own.status, own.header("x-own")), (200, "yes"), "a documented HEAD is its own operation");
    let unknown = stub.send("HEAD /nowhere", &[], "").await;
    assert_eq!((unknown.status, unknown.text()), (404, ""));
}

#[tokio::test]
async fn a_request_names_its_host_once() {
    let stub = Stub::start(tables()).await;
    for (about, head, status) in [
        ("no host", "GET /pets HTTP/1.1\r\n", "HTTP/1.1 400 "),
        ("two hosts", "GET /pets HTTP/1.1\r\nHost: a\r\nHost: b\r\n", "HTTP/1.1 400 "),
        ("one host", "GET /pets HTTP/1.1\r\nHost: a\r\n", "HTTP/1.1 200 "),
        ("HTTP/1.0 needs none", "GET /pets HTTP/1.0\r\n", "HTTP/1.0 200 "),
        ("the absolute form", "GET http://a/pets HTTP/1.1\r\nHost: a\r\n", "HTTP/1.1 200 "),
    ] {
        let raw = stub.send_raw(&format!("{head}Connection: close\r\n\r\n")).await;
        assert!(raw.starts_with(status), "{about}: {raw}");
    }
}

/// What dropshot answers before a request reaches us; the module docs of the stub plane list it.
#[tokio::test]
async fn what_dropshot_answers_by_itself() {
    let stub = Stub::start(tables()).await;
    let mut told = Vec::new();
    for line in ["GET /pets/../pets", "GET /pets/.", "GET /pets/%FF", "BREW /pets", "CONNECT a:80"] {
        let raw = stub.send_raw(&format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await;
        let (head, body) = raw.split_once("\r\n\r\n").unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        let has_cors = head.contains("access-control-allow-origin");
        told.push(format!("{line}: {}, {}, CORS: {has_cors}", head.lines().next().unwrap(), body["message"]));
    }
    insta::assert_snapshot!(told.join("\n"));
    assert!(stub.server.calls().is_empty(), "they are in no journal");
}

/// What hyper answers before dropshot sees a request.
#[tokio::test]
async fn what_hyper_answers_by_itself() {
    let stub = Stub::start(tables()).await;
    let many: String = (0..101).map(|number| format!("x-{number}: 1\r\n")).collect();
    for (about, request, status) in [
        ("101 headers", format!("GET /pets HTTP/1.1\r\nHost: x\r\n{many}\r\n"), "HTTP/1.1 431 "),
        ("no HTTP", "BREW\r\n\r\n".to_owned(), "HTTP/1.1 400 "),
        ("a space in the target", "GET /pe ts HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), "HTTP/1.1 400 "),
    ] {
        let raw = stub.send_raw(&request).await;
        assert!(raw.starts_with(status), "{about}: {raw}");
    }
}

#[tokio::test]
async fn dropshot_puts_its_request_id_over_ours() {
    let stub = Stub::start(tables()).await;
    let reply = stub.send("GET /pets", &[("x-request-id", "mine")], "").await;
    assert_eq!(reply.header("x-request-id").len(), 36, "a UUID of dropshot's");
}
