//! Recording: what an upstream answered is a script that loads, answers the same, and holds no secret.

use std::fs;
use std::path::PathBuf;

use counterfoil_server::{Forwarding, Script, StubServer};
use reqwest::header::HeaderMap;

use crate::stub::{Reply, Stub, contract};
use crate::upstream::{Answer, Server, json, reply};

const SHOP: &[u8] = br#"
openapi: 3.0.3
info: { title: Shop, version: "1" }
components:
  securitySchemes: { key: { type: apiKey, in: query, name: api_key } }
  schemas: { Item: { type: object, required: [name], properties: { id: { type: integer }, name: { type: string } } } }
paths:
  /items:
    get:
      operationId: listItems
      parameters:
        - { name: page, in: query, schema: { type: integer } }
        - { name: trace, in: query, schema: { type: string } }
      responses:
        '200':
          description: ok
          headers: { X-Total: { schema: { type: integer } } }
          content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Item' } }, example: [ { id: 1, name: "a ${b}" } ] } }
        '400': { description: bad, content: { application/problem+json: { schema: { type: object }, example: { bad: true } } } }
    post:
      operationId: createItem
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Item' } } } }
      responses: { '201': { description: made }, '400': { description: bad, content: { text/plain: { schema: { type: string }, example: "no: 1" } } } }
  /items/{id}:
    get:
      operationId: getItem
      parameters: [ { name: id, in: path, required: true, schema: { type: integer } } ]
      responses:
        '200': { description: ok, content: { application/json: { schema: { $ref: '#/components/schemas/Item' }, example: { id: 7, name: seven } } } }
        '404': { description: none, content: { application/json: { schema: { type: object }, example: { message: none } } } }
  /reset/{token}:
    get:
      operationId: reset
      parameters: [ { name: token, in: path, required: true, schema: { type: string } } ]
      responses: { '200': { description: ok, content: { application/json: { schema: { required: [session], properties: { session: { type: string } } } } } } }
  /login:
    post:
      operationId: login
      security: [ { key: [] } ]
      requestBody: { content: { application/json: { schema: { properties: { user: { type: string }, password: { type: string } } } } } }
      responses: { '200': { description: ok, content: { application/json: { schema: { required: [session], properties: { session: { type: string }, pin: { type: string, format: password, minLength: 4 } } } } } } }
"#;

/// Method and target, headers, and body of a request.
type Sent<'r> = (&'r str, &'r [(&'r str, &'r str)], &'r str);

fn file(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(format!("{name}-{}", std::process::id()));
    let _ = fs::remove_file(&path);
    path
}

/// Sends requests through a stub that records, closes it, and gives the replies.
async fn record(server: &Server, path: &PathBuf, requests: &[Sent<'_>]) -> Vec<Reply> {
    let forwarding = Forwarding::to(server.url.parse().unwrap());
    let stub = Stub::start(StubServer::builder(contract(SHOP)).forwarding(forwarding).record(path)).await;
    let replies = send(&stub, requests).await;
    stub.server.close().await;
    replies
}

async fn send(stub: &Stub, requests: &[Sent<'_>]) -> Vec<Reply> {
    let mut replies = Vec::new();
    for (line, headers, body) in requests {
        replies.push(stub.send(line, headers, *body).await);
    }
    replies
}

fn load(path: &PathBuf) -> (String, Script) {
    let text = fs::read_to_string(path).unwrap();
    let script = Script::load("recorded.yaml", text.as_bytes(), &[contract(SHOP)]);
    (text.clone(), script.unwrap_or_else(|error| panic!("{:#?}\n{text}", error.findings())))
}

/// What of a reply is the same whoever sends it.
fn lasting(headers: &HeaderMap) -> Vec<String> {
    let passing = ["date", "x-request-id", "vary"];
    let kept = headers.iter().filter(|(name, _)| {
        let name = name.as_str();
        !passing.contains(&name) && !name.starts_with("access-control-") && !name.starts_with("counterfoil-")
    });
    let mut lines: Vec<String> = kept.map(|(name, value)| format!("{name}: {value:?}")).collect();
    lines.sort();
    lines
}

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];

#[tokio::test]
async fn what_was_recorded_is_played_back_byte_for_byte() {
    let script = "script: 1\nrules:\n  getItem: [404, 200, 404]\n  listItems:\n    \
                  - { when: { query.page: 2 }, body: [], headers: { X-Total: 0, X-Extra: [a, 'b ${c}'] } }\n    \
                  - { headers: { X-Total: 1 } }\n"
        .replace("${c}", "$${c}");
    let script = Script::load("upstream.yaml", script.as_bytes(), &[contract(SHOP)]).unwrap();
    let upstream = StubServer::builder(contract(SHOP)).script(script).start().await.unwrap();
    let server_url = upstream.url().to_owned();
    let path = file("played-back");
    let requests: &[Sent<'_>] = &[
        ("GET /items?trace=x", &[], ""),
        ("GET /items?page=2&trace=x", &[], ""),
        ("GET /items?page=2&trace=y", &[], ""),
        ("GET /items?page=two", &[], ""),
        ("GET /items/7", &[], ""),
        ("GET /items/7", &[], ""),
        ("GET /items/7", &[], ""),
        ("GET /items/8", &[], ""),
        ("POST /items", JSON, r#"{"name": "x"}"#),
        ("POST /items", JSON, r#"{"name": 5}"#),
        ("POST /items", JSON, "not JSON"),
        ("GET /items/eight", &[], ""),
    ];
    let forwarding = Forwarding::to(server_url.parse().unwrap());
    let stub = Stub::start(StubServer::builder(contract(SHOP)).forwarding(forwarding).record(&path)).await;
    let recorded = send(&stub, requests).await;
    assert!(recorded.iter().all(|reply| reply.header("counterfoil-source") == "proxy"));
    stub.server.close().await;
    let (text, script) = load(&path);
    assert!(
        script.findings().iter().all(|finding| finding.code == "header-undocumented"),
        "{:?}",
        script.findings()
    );
    let again = Stub::start(StubServer::builder(contract(SHOP)).script(script)).await;
    for ((line, ..), (before, after)) in
        requests.iter().zip(recorded.iter().zip(send(&again, requests).await))
    {
        assert_eq!((before.status, before.text()), (after.status, after.text()), "{line}\n{text}");
        assert_eq!(lasting(&before.headers), lasting(&after.headers), "{line}\n{text}");
    }
    insta::assert_snapshot!("recording", text);
    assert_eq!(
        again.server.calls().iter().filter(|call| call.source.as_str() == "rule").count(),
        requests.len()
    );
}

#[tokio::test]
async fn a51_secrets_are_hidden_and_only_the_owner_reads_the_file() {
    let server = Server::start(|request| {
        if request.starts_with("GET /reset/") {
            return json("200 OK", r#"{"session": "new"}"#);
        }
        let echoed = request.lines().find_map(|line| line.strip_prefix("authorization: Bearer ")).unwrap_or_default();
        let head = "200 OK\ncontent-type: application/json\nset-cookie: sid=c00kie-secret; Path=/; HttpOnly\n\
                    set-cookie: b=0ther-secret\nx-auth-token: t0ken-secret";
        let body = format!(
            "{{\"session\": \"of {echoed}\", \"pin\": \"p1n-secret\", \"token\": \"b0dy-secret\", \"echo\": \"pass-s3cret\", \"n\": 1}}"
        );
        Answer::Bytes(reply(head, body.as_bytes()))
    })
    .await;
    let path = file("secrets");
    let headers = &[("content-type", "application/json"), ("authorization", "Bearer he4der-secret")];
    let requests: &[Sent<'_>] = &[
        ("POST /login?api_key=k3y-secret", headers, r#"{"user": "ann", "password": "pass-s3cret"}"#),
        ("POST /login?api_key=k3y-secret", headers, r#"{"user": "bob", "password": "pass-s3cret"}"#),
        ("GET /reset/p4th-secret", &[], ""),
    ];
    let replies = record(&server, &path, requests).await;
    assert!(replies[0].text().contains("he4der-secret"), "the client gets it all");
    let (text, _) = load(&path);
    for secret in
        ["c00kie", "0ther", "t0ken", "p1n-secret", "b0dy", "pass-s3cret", "he4der", "k3y", "api_key", "p4th"]
    {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    assert!(text.contains("sid=***; Path=/; HttpOnly") && text.contains(r#""n":1"#), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn what_breaks_the_contract_is_said_to() {
    let server = Server::start(|request| match request.split(' ').nth(1).unwrap() {
        "/items/1" => json("200 OK", r#"{"id": "one"}"#),
        "/items/2" => json("418 I'm a teapot", r#"{"teapot": true}"#),
        "/items/3" => Answer::Bytes(reply("200 OK\ncontent-type: text/html", b"<p>${x}</p>")),
        "/items/4" => Answer::Bytes(reply("200 OK", b"")),
        "/items/5" => Answer::Bytes(reply("200 OK\ncontent-type: application/json", b"{half")),
        "/items/6" => Answer::Bytes(reply("200 OK\ncontent-type: image/png", b"\x89PNG")),
        _ => json("200 OK", "[]"),
    })
    .await;
    let path = file("broken");
    let lines: Vec<String> = (1..=6).map(|id| format!("GET /items/{id}")).collect();
    let requests: Vec<Sent<'_>> = lines.iter().map(|line| (line.as_str(), &[][..], "")).collect();
    let recorded = record(&server, &path, &requests).await;
    let (text, script) = load(&path);
    assert!(text.contains("Not recorded: 1 replies whose bodies are no text."), "{text}");
    let again = Stub::start(StubServer::builder(contract(SHOP)).script(script)).await;
    for (line, before) in lines.iter().zip(&recorded).take(5) {
        let after = again.send(line, &[], "").await;
        let compact = before.text().replace(": ", ":");
        assert_eq!((before.status, compact.as_str()), (after.status, after.text()), "{line}\n{text}");
        assert_eq!(before.header("content-type"), after.header("content-type"), "{line}\n{text}");
    }
    insta::assert_snapshot!("recording_broken", text);
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_told_at_the_start() {
    let forwarding = || Forwarding::to("http://127.0.0.1:1".parse().unwrap());
    for path in ["/nowhere/at/all/recorded.yaml", env!("CARGO_TARGET_TMPDIR")] {
        let builder = StubServer::builder(contract(SHOP)).forwarding(forwarding()).record(path);
        let error = builder.start().await.unwrap_err().to_string();
        assert!(error.contains(path), "{error}");
    }
}
