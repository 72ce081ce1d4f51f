//! `/recordings` over HTTP, row by row of its table.

use counterfoil_server::{Script, StubBuilder, StubServer};
use reqwest::Method;
use serde_json::{Value, json};

use crate::scripts::{Answer, Stub, load, pets};
use crate::upstream::{Server, json as json_answer};

async fn start(builder: StubBuilder) -> Stub {
    Stub::of(builder.control_port(Some(0))).await
}

async fn send(stub: &Stub, method: Method, path: &str, body: impl ToString) -> Answer {
    Answer::of(stub.control(method, path).body(body.to_string())).await
}

/// What is wrong with a request: its status, and the code and pointer of each finding.
fn wrong(answer: &Answer) -> (u16, Value) {
    let errors = answer.json()["errors"].as_array().expect("what is wrong is told").clone();
    let told = errors.iter().map(|error| json!([error["code"], error["pointer"]])).collect();
    (answer.status, told)
}

#[tokio::test]
async fn what_is_recorded_is_a_script_that_answers_the_same() {
    let script =
        Script::load("u.yaml", b"script: 1\nrules: { getPet: [401, 404], listPets: none }", &[pets()]);
    let upstream = StubServer::builder(pets()).script(script.unwrap()).start().await.unwrap();
    let builder =
        StubServer::builder(pets()).script(load("script: 1\nrules: { getPet: 200, listPets: 503 }").unwrap());
    let stub = start(builder.allow_proxy(upstream.url().parse().unwrap())).await;
    assert_eq!(stub.statuses("/pets/1", 1).await, [200]);
    let order = json!({"target": upstream.url(), "ops": ["getPet", "GET /pets"]});
    let begun = send(&stub, Method::POST, "/recordings", order).await;
    let summary = json!({
        "id": "rec1", "target": upstream.url(), "ops": ["getPet", "GET /pets"], "replies": 0, "left_out": 0,
    });
    assert_eq!((begun.status, begun.json()), (201, summary.clone()));
    // It comes before the script, and what the request itself names before it.
    assert_eq!(stub.statuses("/pets/1", 2).await, [401, 404]);
    assert_eq!(stub.get("/pets").await.json(), json!([]));
    let named = Answer::of(stub.request(Method::GET, "/pets/1").header("prefer", "code=404")).await;
    assert_eq!((named.status, named.header("counterfoil-source")), (404, "example"));
    assert_eq!(stub.get("/~other/pets").await.status, 503, "another session is not recorded");
    let listed = send(&stub, Method::GET, "/recordings", "").await.json();
    assert_eq!((&listed[0]["id"], &listed[0]["replies"]), (&json!("rec1"), &json!(3)));
    assert_eq!(send(&stub, Method::GET, "/recordings?session=other", "").await.json(), json!([]));
    let shown = send(&stub, Method::GET, "/recordings/rec1", "").await;
    assert_eq!((shown.status, shown.header("content-type")), (200, "application/yaml"));
    assert_eq!(stub.statuses("/pets/1", 1).await, [404], "it goes on");
    let ended = send(&stub, Method::DELETE, "/recordings/rec1", "").await;
    assert_eq!((ended.status, ended.header("content-type")), (200, "application/yaml"));
    assert_eq!(stub.statuses("/pets/1", 1).await, [200], "it is over");
    for (method, path) in [(Method::GET, "/recordings/rec1"), (Method::DELETE, "/recordings/rec1")] {
        let unknown = send(&stub, method, path, "").await;
        assert_eq!((unknown.status, &unknown.json()["type"]), (404, &json!("recording-unknown")));
    }
    // It can be put in force as it is, and answers without the upstream.
    upstream.close().await;
    assert_eq!(send(&stub, Method::PUT, "/script", &ended.text).await.status, 200, "{}", ended.text);
    assert_eq!(stub.statuses("/pets/1", 3).await, [401, 404, 404]);
    assert_eq!(stub.get("/pets").await.json(), json!([]));
}

#[tokio::test]
async fn a_reply_that_breaks_the_contract_is_recorded_as_such() {
    let upstream = Server::start(|request| match request.contains("/pets/") {
        true => json_answer("200 OK", r#"{"id": "seven"}"#),
        false => json_answer("418 I'm a teapot", "{}"),
    })
    .await;
    let stub = start(StubServer::builder(pets()).allow_proxy(upstream.url.parse().unwrap())).await;
    assert_eq!(send(&stub, Method::POST, "/recordings", json!({"target": upstream.url})).await.status, 201);
    let broken = stub.get("/pets/7").await;
    assert_eq!((broken.status, broken.text.as_str()), (200, r#"{"id": "seven"}"#), "it is passed on");
    assert_eq!(
        stub.get("/nowhere").await.status,
        418,
        "where all is recorded what no document describes goes there too"
    );
    let recorded = send(&stub, Method::DELETE, "/recordings/rec1", "").await;
    let script = load(&recorded.text).unwrap_or_else(|error| panic!("{error}\n{}", recorded.text));
    assert!(script.findings().is_empty(), "{:?}", script.findings());
    assert!(recorded.text.contains(r#"allow_invalid: ["body"]"#), "{}", recorded.text);
    assert!(recorded.text.contains("# Not recorded: 1 replies to what the document does not describe."));
}

#[tokio::test]
async fn a49_only_servers_that_the_stub_was_started_with_are_recorded() {
    let upstream = StubServer::builder(pets()).start().await.unwrap();
    let other = StubServer::builder(pets()).start().await.unwrap();
    let stub = start(StubServer::builder(pets()).allow_proxy(upstream.url().parse().unwrap())).await;
    let control = stub.server.control_url().unwrap().to_owned();
    let own = stub.server.url().to_owned();
    for target in [
        other.url(),
        &control,
        &own,
        "http://169.254.169.254/latest",
        "https://api.example.com",
        "file:///etc",
    ] {
        let refused = send(&stub, Method::POST, "/recordings", json!({"target": target})).await;
        let (status, told) = wrong(&refused);
        let code = if told[0][0] == "value-invalid" { "value-invalid" } else { "proxy-refused" };
        assert_eq!((status, told), (422, json!([[code, "/target"]])), "{target}");
        let is_named = refused.text.contains("--allow-proxy");
        assert_eq!(is_named, code == "proxy-refused", "{target}: {}", refused.text);
    }
    // Nor is anything that a request says.
    assert_eq!(send(&stub, Method::POST, "/recordings", json!({"target": upstream.url()})).await.status, 201);
    let host = other.url().trim_start_matches("http://").to_owned();
    for (name, value) in [
        ("x-forwarded-host", host.as_str()),
        ("forwarded", "host=evil.test"),
        ("x-original-url", "http://evil.test/"),
    ] {
        let reply = Answer::of(stub.request(Method::GET, "/pets/1").header(name, value)).await;
        assert_eq!(reply.status, 200, "{name}");
    }
    assert_eq!((upstream.calls().len(), other.calls().len()), (3, 0));
}

#[tokio::test]
async fn a51_nothing_secret_is_in_what_was_recorded() {
    let upstream = Server::start(|_| {
        json_answer("200 OK\nset-cookie: sid=c00kie-canary", r#"{"id": 7, "password": "b0dy-canary"}"#)
    })
    .await;
    let stub = start(StubServer::builder(pets()).allow_proxy(upstream.url.parse().unwrap())).await;
    send(&stub, Method::POST, "/recordings", json!({"target": upstream.url})).await;
    let request = stub
        .request(Method::GET, "/pets/7?api_key=qu3ry-canary")
        .header("authorization", "Bearer h3ader-canary");
    assert_eq!(Answer::of(request).await.status, 200);
    for (method, path) in [(Method::GET, "/recordings/rec1"), (Method::DELETE, "/recordings/rec1")] {
        let recorded = send(&stub, method, path, "").await;
        assert!(recorded.text.contains("getPet") && !recorded.text.contains("canary"), "{}", recorded.text);
    }
}

#[tokio::test]
async fn what_cannot_be_recorded_is_told() {
    let stub = start(StubServer::builder(pets())).await;
    let missing = send(&stub, Method::POST, "/recordings", "").await;
    assert_eq!(wrong(&missing), (422, json!([["upstream-missing", "/target"]])));
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = format!("http://{nobody}");
    let stub = start(StubServer::builder(pets()).allow_proxy(url.parse().unwrap())).await;
    let gone = send(&stub, Method::POST, "/recordings", json!({"target": url})).await;
    assert_eq!((gone.status, &gone.json()["type"]), (502, &json!("upstream-unreachable")));
    let upstream = StubServer::builder(pets()).start().await.unwrap();
    let stub = start(StubServer::builder(pets()).allow_proxy(upstream.url().parse().unwrap())).await;
    let table = [
        (
            json!({"target": upstream.url(), "ops": ["getPets", "getPet", "nothing"]}),
            json!([["operation-unknown", "/ops/0"], ["operation-unknown", "/ops/2"]]),
        ),
        (json!({"target": upstream.url(), "ops": []}), json!([["value-invalid", "/ops"]])),
    ];
    for (order, expected) in table {
        assert_eq!(
            wrong(&send(&stub, Method::POST, "/recordings", &order).await),
            (422, expected),
            "{order}"
        );
    }
    assert_eq!(send(&stub, Method::POST, "/recordings", json!({"to": 1})).await.status, 422);
    let order = json!({"target": upstream.url()});
    for _ in 0..counterfoil_server::MAX_RECORDINGS {
        assert_eq!(send(&stub, Method::POST, "/recordings?session=s", &order).await.status, 201);
    }
    let full = send(&stub, Method::POST, "/recordings", &order).await;
    assert_eq!((full.status, &full.json()["type"]), (429, &json!("recordings-exhausted")));
    // They go with their session, and with a reset.
    assert_eq!(send(&stub, Method::DELETE, "/sessions/s", "").await.status, 204);
    assert_eq!(send(&stub, Method::POST, "/recordings", &order).await.status, 201);
    assert_eq!(send(&stub, Method::POST, "/reset", r#"{"scopes": ["calls"]}"#).await.status, 204);
    assert_eq!(send(&stub, Method::GET, "/recordings", "").await.json()[0]["id"], "rec9");
    assert_eq!(send(&stub, Method::POST, "/reset", "").await.status, 204);
    assert_eq!(send(&stub, Method::GET, "/recordings", "").await.json(), json!([]));
}

#[tokio::test]
async fn rules_and_scripts_set_at_run_time_forward_to_those_servers_only() {
    let allowed = StubServer::builder(pets()).start().await.unwrap();
    let named = StubServer::builder(pets()).start().await.unwrap();
    let other = StubServer::builder(pets()).start().await.unwrap();
    let script = load(&format!("script: 1\nrules: {{ deletePet: {{ proxy: '{}' }} }}", named.url())).unwrap();
    let builder = StubServer::builder(pets()).script(script).allow_proxy(allowed.url().parse().unwrap());
    let stub = start(builder).await;
    let ways = |url: &str| {
        let proxy = json!({"proxy": format!("{url}/v1")});
        [
            (Method::PUT, "/operations/getPet/reply", proxy.clone()),
            (Method::POST, "/rules", json!({"op": "getPet", "id": "mine", "proxy": url})),
            (Method::PUT, "/rules/there", proxy.clone()),
            (Method::PATCH, "/rules/there", json!({"proxy": url, "respond": null})),
            (Method::POST, "/sessions", json!({"script": {"script": 1, "rules": {"getPet": proxy}}})),
            (Method::PUT, "/script?dry_run=true", json!({"script": 1, "rules": {"getPet": [proxy]}})),
            (Method::PUT, "/script?dry_run=true", json!({"script": 1, "defaults": {"proxy": url}})),
            (Method::PUT, "/script", json!({"script": 1, "rules": {"getPet": proxy}})),
        ]
    };
    let there = json!({"op": "getPet", "id": "there", "respond": 404});
    assert_eq!(send(&stub, Method::POST, "/rules", there).await.status, 201);
    for (method, path, body) in ways(other.url()) {
        let refused = send(&stub, method.clone(), path, &body).await;
        let (status, told) = wrong(&refused);
        assert_eq!(
            (status, &told[0][0]),
            (422, &json!("proxy-refused")),
            "{method} {path} {body}: {}",
            refused.text
        );
        assert!(refused.text.contains(&format!("--allow-proxy {}", other.url())), "{}", refused.text);
    }
    assert_eq!(stub.statuses("/pets/1", 1).await, [404], "nothing has changed");
    for url in [allowed.url(), named.url()] {
        for (method, path, body) in ways(url) {
            let taken = send(&stub, method.clone(), path, &body).await;
            assert!(taken.status < 300, "{method} {path} {body}: {}", taken.text);
        }
        send(&stub, Method::DELETE, "/rules/mine", "").await;
    }
    assert_eq!(other.calls().len(), 0);
}
