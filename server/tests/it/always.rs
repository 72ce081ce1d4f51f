//! What holds for every reply: CORS, the headers that explain it, the journal, secrets, faults of our own.

use std::time::Duration;

use counterfoil_server::{Cors, StubServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::connections::drip;
use crate::stub::{Reply, Stub, contract, tables};

/// A reply of each kind.
const KINDS: [(&str, &str, u16); 6] = [
    ("an example", "GET /pets", 200),
    ("an unknown path", "GET /nowhere", 404),
    ("a wrong method", "PATCH /pets", 405),
    ("an invalid request", "POST /pets", 400),
    ("no credentials", "GET /secure/x", 401),
    ("no response documented", "GET /valid/none", 501),
];

#[tokio::test]
async fn cors_on_by_default_credentials_and_exposed_headers_included() {
    let stub = Stub::start(tables()).await;
    let cors = |reply: &Reply| {
        ["access-control-allow-origin", "access-control-allow-credentials", "vary"]
            .map(|name| reply.header(name).to_owned())
    };
    for (about, line, _) in KINDS {
        let none = stub.send(line, &[], "").await;
        assert_eq!(cors(&none), ["*", "", "Origin"], "{about}: no origin");
        assert_eq!(none.header("access-control-expose-headers"), "*");
        let hostile = stub.send(line, &[("origin", "https://evil.example")], "").await;
        assert_eq!(cors(&hostile), ["*", "", "Origin"], "{about}: a hostile origin");
        let local = stub.send(line, &[("origin", "http://localhost:3000")], "").await;
        assert_eq!(cors(&local), ["http://localhost:3000", "true", "Origin"], "{about}: a loopback origin");
        assert!(local.header("access-control-expose-headers").contains("counterfoil-call"), "{about}");
    }
}

/// Each setting, each origin: what a reply and a preflight say, whatever is answered.
#[tokio::test]
async fn cors_for_everyone_for_some_origins_and_off() {
    let only = Cors::Only(vec!["https://app.example".parse().unwrap()]);
    let (app, local, evil) = ("https://app.example", "http://localhost:3000", "https://evil.example");
    // The setting and the origin, then `Access-Control-Allow-Origin`, credentials and `Vary`.
    let rows = [
        (Cors::Everyone, app, ["*", "", "Origin"]),
        (Cors::Everyone, local, [local, "true", "Origin"]),
        (Cors::Everyone, "null", ["*", "", "Origin"]),
        (only.clone(), app, [app, "true", "Origin"]),
        (only.clone(), local, ["", "", "Origin"]),
        (only.clone(), evil, ["", "", "Origin"]),
        (only, "https://app.example.evil.example", ["", "", "Origin"]),
        (Cors::Off, local, ["", "", ""]),
    ];
    for (cors, origin, expected) in rows {
        let stub = Stub::start(tables().cors(cors.clone())).await;
        let shown = |reply: &Reply| {
            ["access-control-allow-origin", "access-control-allow-credentials", "vary"]
                .map(|name| reply.header(name).to_owned())
        };
        for (about, line, status) in KINDS {
            let reply = stub.send(line, &[("origin", origin)], "").await;
            assert_eq!(reply.status, status, "{about}");
            assert_eq!(shown(&reply), expected, "{cors:?}, {origin}: {about}");
        }
        let asks = [("origin", origin), ("access-control-request-method", "PUT")];
        let preflight = stub.send("OPTIONS /nowhere", &asks, "").await;
        assert_eq!(shown(&preflight), expected, "{cors:?}, {origin}: preflight");
        let allows = preflight.header("access-control-allow-methods").contains("PUT");
        assert_eq!(allows, !expected[0].is_empty(), "{cors:?}, {origin}: preflight");
        assert_eq!(preflight.status, if cors == Cors::Off { 404 } else { 204 }, "{cors:?}, {origin}");
    }
}

#[tokio::test]
async fn preflight_answered_on_any_path() {
    let stub = Stub::start(tables()).await;
    for path in ["/pets", "/nowhere", "/methods", "/secure/x"] {
        let headers = [
            ("origin", "http://127.0.0.1:5173"),
            ("access-control-request-method", "PURGE"),
            ("access-control-request-headers", "x-key, content-type"),
        ];
        let reply = stub.send(&format!("OPTIONS {path}"), &headers, "").await;
        assert_eq!((reply.status, reply.text()), (204, ""), "{path}");
        assert_eq!(reply.header("access-control-allow-origin"), "http://127.0.0.1:5173");
        assert_eq!(reply.header("access-control-allow-credentials"), "true");
        assert_eq!(reply.header("access-control-allow-headers"), "x-key, content-type");
        assert!(reply.header("access-control-allow-methods").ends_with(", PURGE"));
        assert_eq!(reply.header("access-control-max-age"), "7200");
    }
}

#[tokio::test]
async fn the_journal_keeps_what_was_received_and_replied() {
    let stub = Stub::start(tables()).await;
    let body = r#"{"name": "Rex"}"#;
    stub.send("POST /v1/pets?a=b%20c", &[("content-type", "application/json")], body).await;
    let calls = stub.server.calls();
    let call = &calls[0];
    assert_eq!((call.id, call.method.as_str(), call.url.as_str()), (1, "POST", "/v1/pets?a=b%20c"));
    assert_eq!((call.operation.as_deref(), call.status), (Some("createPet"), Some(201)));
    assert_eq!(call.request.body, body.as_bytes());
    let response = call.response.as_ref().unwrap();
    assert_eq!(response.body, r#"{"id":7,"name":"Rex"}"#.as_bytes());
    assert_eq!(response.header("content-type"), Some("application/json"));
    insta::assert_snapshot!(call.trail.join("\n"), @r"
    request: valid
    status 201: the lowest documented 2xx
    body: the example of application/json
    ");
}

#[tokio::test]
async fn no_secret_is_in_a_journal_or_a_reason() {
    let stub = Stub::start(tables()).await;
    let secrets = ["t0ken-value", "k3y-value", "hunter2", "987654321", "c00kie-value", "session=mine"];
    let headers = |content_type| {
        [("authorization", "Bearer t0ken-value"), ("cookie", "session=mine"), ("content-type", content_type)]
    };
    let line = "POST /secrets?api_key=k3y-value";
    for (content_type, body, status) in [
        ("application/json", r#"{"user": "u", "password": "hunter2-hunter2"}"#, 200),
        ("application/json", r#"{"user": "u", "password": "hunter2", "pin": -987654321}"#, 400),
        ("application/json", r#"{"password": "hunter2", "pin": -987654321, "user": 1}"#, 400),
        ("application/json", r#"{"password": "hunter2"#, 400),
        ("application/x-www-form-urlencoded", "user=u&password=hunter2&pin=-987654321", 400),
        ("text/plain", "password=hunter2", 415),
    ] {
        let reply = stub.send(line, &headers(content_type), body).await;
        assert_eq!(reply.status, status, "{body}");
        let told = format!("{:?} {}", reply.header("counterfoil-reason"), reply.text());
        assert!(!secrets.iter().any(|secret| told.contains(secret)), "{body}: {told}");
    }
    assert_eq!(stub.server.calls().len(), 6);
    for call in stub.server.calls() {
        let shown = format!("{call:?}");
        for secret in secrets {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
        assert!(call.url.ends_with("?api_key=***"), "{}", call.url);
        assert_eq!(call.request.header("authorization"), Some("***"));
    }
    let valid = &stub.server.calls()[0];
    assert_eq!(valid.request.body, r#"{"user":"u","password":"***"}"#.as_bytes());
    assert_eq!(valid.response.as_ref().unwrap().header("set-cookie"), Some("***"));
}

#[tokio::test]
async fn a22_a_body_that_does_not_arrive_is_waited_for_no_longer_than_told() {
    let stub = Stub::start(tables().body_deadline(Duration::from_millis(50))).await;
    let mut connection = stub.connect().await;
    let head =
        "POST /pets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    connection.read_to_end(&mut reply).await.unwrap();
    let reply = String::from_utf8_lossy(&reply);
    assert!(reply.starts_with("HTTP/1.1 408 ") && reply.contains("urn:counterfoil:body-timeout"), "{reply}");
    // A byte now and then makes it wait no longer.
    let mut connection = stub.connect().await;
    connection.write_all(head.replace("100", "9999999").as_bytes()).await.unwrap();
    let reply = drip(connection, b"x").await;
    // What is still on its way when the stub closes may cost the reply.
    assert!(reply.is_empty() || reply.starts_with("HTTP/1.1 408 "), "{reply}");
    let statuses: Vec<_> = stub.server.calls().iter().map(|call| call.status).collect();
    assert_eq!(statuses, [Some(408), Some(408)]);
}

#[tokio::test]
async fn a_stub_stops_when_it_is_dropped_or_closed() {
    let stub = Stub::start(tables()).await;
    let url = stub.server.url().to_owned();
    stub.get("/pets").await;
    stub.server.close().await;
    let address = url.strip_prefix("http://").unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());

    let server = StubServer::builder(contract(crate::stub::TABLES)).start().await.unwrap();
    let address = server.url().strip_prefix("http://").unwrap().to_owned();
    drop(server);
    // The listener is closed by a task of its own, which needs a turn.
    while tokio::net::TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_that_names_it() {
    let first = Stub::start(tables()).await;
    let port = first.server.url().rsplit(':').next().unwrap().parse().unwrap();
    let error = tables().port(port).start().await.unwrap_err();
    assert_eq!(error.to_string(), format!("listen on 127.0.0.1:{port}"));
    assert!(std::error::Error::source(&error).is_some());
}
