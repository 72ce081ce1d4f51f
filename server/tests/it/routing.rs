//! What comes before routing: hosts, and what dropshot and hyper answer by themselves.

use serde_json::Value;

use crate::stub::{Stub, tables};

#[tokio::test]
async fn a29_a_request_names_its_host_once() {
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
