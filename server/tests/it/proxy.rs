//! Forwarding: both directions held to the document, everything end to end, and nobody but the upstream asked.

use std::error::Error as _;
use std::io::Write as _;
use std::time::Duration;

use counterfoil_server::{Cors, Forwarding, Invalid, Missing, Operations, Script, StubBuilder, StubServer};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::stub::{Reply, Stub, contract};
use crate::upstream::{Answer, Server, json as json_answer, reply};

const PETS: &[u8] = br#"
openapi: 3.0.3
info: { title: Pets, version: "1" }
servers: [ { url: "https://pets.example/v1" } ]
paths:
  /pets:
    get:
      operationId: listPets
      parameters: [ { name: limit, in: query, schema: { type: integer } } ]
      responses: { '200': { description: ok, content: { application/json: { schema: { type: array } } } } }
    post:
      operationId: createPet
      requestBody: { content: { application/json: { schema: { required: [name], properties: { name: { type: string } } } } } }
      responses:
        '201': { description: made, content: { application/json: { example: { id: 1 } } } }
        '400': { description: bad, content: { application/json: { example: { bad: true } } } }
  /pets/{id}:
    get:
      operationId: getPet
      parameters: [ { name: id, in: path, required: true, schema: { type: integer } } ]
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { required: [id], properties: { id: { type: integer }, password: { type: string, format: password, maxLength: 3 } } }, example: { id: 7 } } }
        '404':
          description: none
          content: { application/json: { schema: { required: [message] } } }
  /events:
    get: { operationId: events, responses: { '200': { description: ok, content: { text/event-stream: { schema: { type: string } } } } } }
  /file:
    get: { operationId: file, responses: { '200': { description: ok, content: { application/octet-stream: { schema: { type: string, format: binary } } } } } }
"#;

fn pets() -> StubBuilder {
    StubServer::builder(contract(PETS))
}

fn to(server: &Server) -> Forwarding {
    Forwarding::to(server.url.parse().unwrap())
}

async fn forwarding(server: &Server) -> Stub {
    Stub::start(pets().forwarding(to(server))).await
}

/// The code of a problem and its status.
fn problem(reply: &Reply) -> (u16, String) {
    (reply.status, reply.value().as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_reply_comes_back_byte_for_byte_with_its_cookies_and_coding() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(b"[1,  2]").unwrap();
    let body = encoder.finish().unwrap();
    let head = "200 OK\ncontent-type: application/json\ncontent-encoding: gzip\nset-cookie: a=1; Path=/\n\
                set-cookie: b=2\nx-app: yes\nconnection: x-hop\nx-hop: 1";
    let server = Server::answering(head, &body).await;
    let stub = forwarding(&server).await;
    let sent =
        [("accept-encoding", "gzip"), ("connection", "x-secret"), ("x-secret", "1"), ("cookie", "c=d")];
    let reply = stub.send("GET /v1/pets?limit=1&x=%2F", &sent, "").await;
    assert_eq!((reply.status, &reply.body), (200, &body));
    let cookies: Vec<_> = reply.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1; Path=/", "b=2"]);
    for (name, expected) in [
        ("content-encoding", "gzip"),
        ("x-app", "yes"),
        ("x-hop", ""),
        ("counterfoil-source", "proxy"),
        ("counterfoil-reason", ""),
        ("counterfoil-upstream-reason", ""),
    ] {
        assert_eq!(reply.header(name), expected, "{name}");
    }
    let received = &server.received()[0];
    assert!(received.starts_with("GET /v1/pets?limit=1&x=%2F HTTP/1.1\r\n"), "{received}");
    let host = server.url.strip_prefix("http://").unwrap();
    for line in
        [format!("\r\nhost: {host}\r\n"), "\r\ncookie: c=d\r\n".into(), "\r\nvia: 1.1 counterfoil\r\n".into()]
    {
        assert!(received.contains(&line), "{line}: {received}");
    }
    assert!(received.contains("x-forwarded-for: 127.0.0.1") && !received.contains("x-secret"), "{received}");
}

#[tokio::test]
async fn violations_of_both_directions_are_told_and_secrets_are_not() {
    let server = Server::start(|_| json_answer("200 OK", r#"{"id": "x", "password": "hunter2"}"#)).await;
    let stub = forwarding(&server).await;
    let reply = stub.get("/v1/pets/seven").await;
    assert_eq!((reply.status, reply.text()), (200, r#"{"id": "x", "password": "hunter2"}"#));
    assert!(reply.header("counterfoil-reason").starts_with("path.id"), "{:?}", reply.headers);
    let reason = reply.header("counterfoil-upstream-reason");
    assert!(reason.contains("body/id") && reason.contains("body/password"), "{reason}");
    let call = &stub.server.calls()[0];
    assert_eq!(
        (call.source.as_str(), call.violations.len(), call.upstream_violations.len()),
        ("proxy", 1, 2)
    );
    assert!(!format!("{call:?} {reason}").contains("hunter2"), "{call:?}");
}

#[tokio::test]
async fn what_no_document_describes_is_forwarded_and_told() {
    let server = Server::start(|_| json_answer("200 OK", "{}")).await;
    let stub = forwarding(&server).await;
    let reply = stub.send("POST /v1/other", &[], "a body").await;
    assert_eq!((reply.status, reply.header("counterfoil-source")), (200, "proxy"));
    assert!(reply.header("counterfoil-reason").starts_with("route: "), "{:?}", reply.headers);
    assert!(server.received()[0].ends_with("a body"));
    assert_eq!(stub.get("/%zz").await.status, 400, "what means nothing goes nowhere");
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn the_upstreams_path_takes_the_place_of_the_documents() {
    let server = Server::start(|_| json_answer("200 OK", "[]")).await;
    let upstream = format!("{}/api/v2/", server.url).parse().unwrap();
    let stub = Stub::start(pets().forwarding(Forwarding::to(upstream))).await;
    for target in ["/v1/pets", "/pets?limit=2", "/pets?__seed=3"] {
        stub.get(target).await;
    }
    let received = server.received();
    let lines: Vec<&str> = received.iter().map(|request| request.lines().next().unwrap()).collect();
    assert_eq!(
        lines,
        ["GET /api/v2/pets HTTP/1.1", "GET /api/v2/pets?limit=2 HTTP/1.1", "GET /api/v2/pets HTTP/1.1"]
    );
}

#[tokio::test]
async fn a50_a_redirect_is_passed_on_and_not_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("http://{}/", elsewhere.local_addr().unwrap());
    let server = Server::answering(&format!("302 Found\nlocation: {target}"), b"").await;
    let reply = forwarding(&server).await.get("/pets").await;
    assert_eq!((reply.status, reply.header("location")), (302, target.as_str()));
    assert!(tokio::time::timeout(Duration::from_millis(50), elsewhere.accept()).await.is_err());
}

#[tokio::test]
async fn a49_only_the_upstream_is_asked_whatever_a_request_says() {
    let evil = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = evil.local_addr().unwrap();
    let server = Server::start(|_| json_answer("200 OK", "[]")).await;
    let stub = forwarding(&server).await;
    let requests = [
        format!("GET http://{address}/pets HTTP/1.1\r\nHost: {address}"),
        format!("GET /pets HTTP/1.1\r\nHost: {address}"),
        format!("GET //{address}/pets HTTP/1.1\r\nHost: x"),
        format!("GET /pets HTTP/1.1\r\nHost: x\r\nX-Forwarded-Host: {address}\r\nForwarded: host={address}"),
        format!("GET /@{address}/ HTTP/1.1\r\nHost: x"),
        format!(
            "GET /pets HTTP/1.1\r\nHost: x\r\nX-Original-URL: http://{address}/\r\nX-Rewrite-URL: //{address}"
        ),
    ];
    for request in &requests {
        let reply = stub.send_raw(&format!("{request}\r\nConnection: close\r\n\r\n")).await;
        assert!(reply.starts_with("HTTP/1.1 200 "), "{request}: {reply}");
    }
    assert_eq!(server.received().len(), requests.len());
    assert!(
        tokio::time::timeout(Duration::from_millis(50), evil.accept()).await.is_err(),
        "somebody asked it"
    );
}

#[tokio::test]
async fn a50_an_upstream_that_misbehaves_is_a_problem_with_its_reason() {
    let ok = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let bytes = |text: String| move |_: &str| Answer::Bytes(text.clone().into_bytes());
    let head = format!("{ok}\r\n").into_bytes();
    let gzip = reply("200 OK\ncontent-type: application/json\ncontent-encoding: gzip", b"\x1f\x8bnot gzip");
    let bomb = {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        for _ in 0..20 {
            encoder.write_all(&vec![b' '; 1 << 20]).unwrap();
        }
        reply("200 OK\ncontent-type: application/json\ncontent-encoding: gzip", &encoder.finish().unwrap())
    };
    let servers = [
        (
            "10 GB",
            Server::start(bytes(format!("{ok}content-length: 10000000000\r\n\r\n["))).await,
            (502, "upstream-too-large"),
        ),
        (
            "endless",
            Server::start(move |_| Answer::Endless(head.clone(), vec![b' '; 1 << 16])).await,
            (502, "upstream-too-large"),
        ),
        (
            "a bad chunk",
            Server::start(bytes(format!("{ok}transfer-encoding: chunked\r\n\r\nzz\r\n"))).await,
            (502, "upstream-broken"),
        ),
        (
            "cut short",
            Server::start(bytes(format!("{ok}content-length: 9\r\n\r\n[1"))).await,
            (502, "upstream-broken"),
        ),
        ("bad gzip", Server::start(move |_| Answer::Bytes(gzip.clone())).await, (502, "upstream-broken")),
        ("a bomb", Server::start(move |_| Answer::Bytes(bomb.clone())).await, (502, "upstream-broken")),
        ("no HTTP", Server::start(bytes("hello\r\n\r\n".into())).await, (502, "upstream-broken")),
        ("nothing", Server::start(bytes(String::new())).await, (502, "upstream-broken")),
        (
            "another protocol",
            Server::start(bytes(
                "HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n".into(),
            ))
            .await,
            (502, "upstream-broken"),
        ),
        ("silence", Server::start(|_| Answer::Silence(Vec::new())).await, (504, "upstream-timeout")),
        (
            "half a body",
            Server::start(|_| {
                Answer::Silence(reply("200 OK\ncontent-type: application/json", b"[]")[..60].to_vec())
            })
            .await,
            (504, "upstream-timeout"),
        ),
    ];
    for (about, server, (status, code)) in servers {
        let options = to(&server).deadline(Duration::from_millis(300)).reply_limit(1 << 20);
        let stub = Stub::start(pets().forwarding(options)).await;
        let reply = stub.get("/pets").await;
        assert_eq!(problem(&reply), (status, format!("problem {code}")), "{about}: {}", reply.text());
        assert_eq!(reply.header("counterfoil-source"), "stub", "{about}");
    }
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let stub =
        Stub::start(pets().forwarding(Forwarding::to(format!("http://{closed}").parse().unwrap()))).await;
    assert_eq!(problem(&stub.get("/pets").await), (502, "problem upstream-unreachable".into()));
}

#[tokio::test]
async fn streams_and_files_are_passed_on_as_they_come() {
    let server = Server::start(|request| {
        if request.starts_with("GET /v1/events") {
            return Answer::Silence(
                b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n".to_vec(),
            );
        }
        Answer::Bytes(reply("200 OK\ncontent-type: application/octet-stream", &vec![7; 3 << 20]))
    })
    .await;
    let options = to(&server).reply_limit(1 << 20).deadline(Duration::from_millis(500));
    let stub = Stub::start(pets().forwarding(options)).await;
    let file = stub.get("/v1/file").await;
    assert_eq!(
        (file.status, file.body.len(), file.header("counterfoil-upstream-reason")),
        (200, 3 << 20, "")
    );
    let mut connection = stub.connect().await;
    connection.write_all(b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut received = String::new();
    while !received.contains("data: 1") {
        let mut part = [0; 1024];
        let read = connection.read(&mut part).await.unwrap();
        assert!(read > 0, "{received}");
        received.push_str(std::str::from_utf8(&part[..read]).unwrap());
    }
    let mut rest = Vec::new();
    // It ends, one way or another, once the upstream has been silent for long.
    let _ = connection.read_to_end(&mut rest).await;
    assert!(!rest.ends_with(b"0\r\n\r\n"), "a stream that broke off does not look whole");
}

#[tokio::test]
async fn operations_are_forwarded_or_not_by_name() {
    let server = Server::start(|_| json_answer("200 OK", r#"{"id": 99}"#)).await;
    let names = || vec!["getPet".to_owned(), "POST /pets".to_owned()];
    let table = [
        (Operations::All, ["proxy", "proxy", "proxy", "proxy"]),
        (Operations::Only(names()), ["proxy", "generated", "proxy", "routing"]),
        (Operations::AllBut(names()), ["example", "proxy", "example", "proxy"]),
    ];
    for (operations, expected) in table {
        let stub = Stub::start(pets().forwarding(to(&server).operations(operations.clone()))).await;
        let json = [("content-type", "application/json")];
        let replies = [
            stub.get("/pets/1").await,
            stub.get("/pets").await,
            stub.send("POST /pets", &json, r#"{"name": "Rex"}"#).await,
            stub.get("/elsewhere").await,
        ];
        let sources = replies.each_ref().map(|reply| reply.header("counterfoil-source"));
        assert_eq!(sources, expected, "{operations:?}");
        let asked = stub.send("GET /pets/1", &[("prefer", "example=x, code=404")], "").await;
        assert_ne!(asked.header("counterfoil-source"), "proxy", "a request that names its reply gets it");
    }
    let unknown = pets().forwarding(to(&server).operations(Operations::Only(vec!["getPets".into()])));
    let error = unknown.start().await.unwrap_err();
    let why = error.source().unwrap().to_string();
    assert!(error.to_string().contains("getPets") && why.contains("`getPet`"), "{error}: {why}");
}

#[tokio::test]
async fn an_operation_that_the_upstream_does_not_have_is_stubbed_when_asked() {
    let table = [
        ("501 Not Implemented", "", "example"),
        ("405 Method Not Allowed", "", "example"),
        ("404 Not Found", r#"{"error": "no route"}"#, "example"),
        ("404 Not Found", r#"{"message": "no such pet"}"#, "proxy"),
        ("200 OK", r#"{"id": 3}"#, "proxy"),
    ];
    for (status, body, expected) in table {
        let server = Server::start(move |_| json_answer(status, body)).await;
        let stub = Stub::start(pets().forwarding(to(&server).missing(Missing::Stubbed))).await;
        let reply = stub.get("/pets/3").await;
        assert_eq!(
            reply.header("counterfoil-source"),
            expected,
            "{status} {body}: {:#?}",
            stub.trail(&reply)
        );
        let passing = forwarding(&server).await.get("/pets/3").await;
        assert_eq!(passing.header("counterfoil-source"), "proxy", "{status}");
    }
}

#[tokio::test]
async fn invalid_requests_are_kept_from_the_upstream_when_asked() {
    let server = Server::start(|_| json_answer("201 Created", "{}")).await;
    let stub = Stub::start(pets().forwarding(to(&server).invalid(Invalid::Answered))).await;
    let json = [("content-type", "application/json")];
    let invalid = stub.send("POST /pets", &json, "{}").await;
    assert_eq!((invalid.status, invalid.value()), (400, json!({"bad": true})));
    let valid = stub.send("POST /pets", &json, r#"{"name": "x"}"#).await;
    assert_eq!((valid.status, server.received().len()), (201, 1));
}

#[tokio::test]
async fn scripts_come_before_the_upstream_and_forward_themselves() {
    let (first, second) = (
        Server::start(|_| json_answer("200 OK", r#"{"id": 1}"#)).await,
        Server::start(|_| json_answer("200 OK", r#"{"id": 2}"#)).await,
    );
    let script = format!(
        "script: 1\nrules:\n  getPet:\n    - {{ when: {{ path.id: 7 }}, respond: 200 }}\n    \
         - {{ when: {{ path.id: 8 }}, proxy: '{}', headers: {{ x-seen: 'yes' }} }}\n",
        second.url
    );
    let load = |text: &str| Script::load("s.yaml", text.as_bytes(), &[contract(PETS)]).unwrap();
    let stub = Stub::start(pets().forwarding(to(&first)).script(load(&script))).await;
    assert_eq!(stub.get("/pets/7").await.header("counterfoil-source"), "rule");
    let other = stub.get("/pets/8").await;
    assert_eq!(
        (other.value(), other.header("x-seen"), other.header("counterfoil-rule")),
        (json!({"id": 2}), "yes", "getPet#2")
    );
    assert_eq!(stub.get("/pets/9").await.value(), json!({"id": 1}));
    for (defaults, expected) in [
        (format!("{{ on_unscripted: proxy, proxy: '{}' }}", second.url), "proxy 200"),
        (format!("{{ proxy: '{}' }}", second.url), "proxy 200"),
        ("{ on_unscripted: example }".into(), "example 200"),
        ("{ on_unscripted: generate }".into(), "generated 200"),
        ("{ on_unscripted: error }".into(), "stub 501"),
    ] {
        let script = load(&format!("script: 1\ndefaults: {defaults}\n"));
        let stub = Stub::start(pets().forwarding(to(&first)).script(script)).await;
        let reply = stub.get("/pets/9").await;
        assert_eq!(
            format!("{} {}", reply.header("counterfoil-source"), reply.status),
            expected,
            "{defaults}"
        );
    }
    assert_eq!(first.received().len(), 1);
    let lacking = pets().script(load("script: 1\ndefaults: { on_unscripted: proxy }\n")).start().await;
    assert!(lacking.unwrap_err().source().unwrap().to_string().contains("there is no upstream"));
}

#[test]
fn what_a_script_cannot_forward_to_is_told_when_it_is_read() {
    let errors = |text: &str| {
        let error = Script::load("s.yaml", text.as_bytes(), &[contract(PETS)]).unwrap_err();
        error.findings().iter().map(|finding| format!("{finding}\n")).collect::<String>()
    };
    let found = errors(
        "script: 1\ndefaults: { on_unscripted: exmaple, proxy: 'http://169.254.169.254/' }\nrules:\n  \
         getPet: { proxy: 'ftp://x', status: 200 }\n",
    );
    insta::assert_snapshot!(found);
}

#[tokio::test]
async fn a48_a_page_that_is_not_trusted_neither_reaches_the_upstream_nor_reads_it() {
    let head = "200 OK\ncontent-type: application/json\naccess-control-allow-origin: https://evil.test\n\
                access-control-allow-credentials: true";
    let server = Server::answering(head, b"[]").await;
    let stub = forwarding(&server).await;
    let hostile = [("origin", "https://evil.test"), ("cookie", "session=1")];
    let reply = stub.send("GET /pets", &hostile, "").await;
    assert_eq!(problem(&reply), (403, "problem origin-refused".into()));
    let ask = [("origin", "https://evil.test"), ("access-control-request-method", "DELETE")];
    let preflight = stub.send("OPTIONS /pets", &ask, "").await;
    for reply in [&reply, &preflight] {
        assert!(!reply.headers.contains_key("access-control-allow-origin"), "{:?}", reply.headers);
        assert!(!reply.headers.contains_key("access-control-allow-credentials"), "{:?}", reply.headers);
    }
    assert_eq!(server.received().len(), 0);
    let only = Cors::Only(vec!["https://app.test".parse().unwrap()]);
    let narrow = Stub::start(pets().forwarding(to(&server)).cors(only)).await;
    let refused = narrow.send("GET /pets", &[("origin", "http://localhost:3000")], "").await;
    assert_eq!(problem(&refused), (403, "problem origin-refused".into()));
    for (stub, origin) in [(&narrow, "https://app.test"), (&stub, "http://localhost:3000")] {
        let reply = stub.send("GET /pets", &[("origin", origin)], "").await;
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, origin));
        assert_eq!(reply.header("access-control-allow-credentials"), "true");
    }
    let plain = stub.get("/pets").await;
    assert_eq!((plain.status, plain.header("access-control-allow-origin")), (200, ""));
}

#[tokio::test]
async fn a_stub_that_forwards_to_itself_says_so() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let upstream = format!("http://127.0.0.1:{port}").parse().unwrap();
    let stub = Stub::start(pets().port(port).forwarding(Forwarding::to(upstream))).await;
    let reply = stub.get("/pets").await;
    assert_eq!(problem(&reply), (508, "problem upstream-circular".into()));
}
