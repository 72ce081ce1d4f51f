//! Who answers first, from the request itself down to the document, and what replies say of it.

use counterfoil_server::{Marks, StubServer};
use reqwest::Method;
use serde_json::json;

use crate::scripts::{Answer, Stub, load, pets};

/// A script with something on every rung below the rules set at run time.
const SCRIPT: &str = "
script: 1
defaults: { on_unscripted: generate }
scenarios: { life: { start: alive, states: { alive: { getPet: { when: { query.rung: scenario }, respond: 401 } } } } }
rules: { getPet: [{ id: filed, when: { query.rung: { in: [scenario, file] } }, respond: 404 }] }
resources: { pets: { key: id, read: getPet, seed: [{ id: 1, name: Ada }] } }
";

/// The status, and the source and rule that the headers tell.
async fn asked(stub: &Stub, method: Method, path: &str, headers: &[(&str, &str)]) -> (u16, String, String) {
    let request = headers
        .iter()
        .fold(stub.request(method, path), |request, (name, value)| request.header(*name, *value));
    let answer = Answer::of(request).await;
    let told = |name| answer.header(name).to_owned();
    (answer.status, told("counterfoil-source"), told("counterfoil-rule"))
}

#[tokio::test]
async fn each_rung_comes_before_those_below_it() {
    let stub = Stub::scripted(SCRIPT).await;
    let get = async |path: &str, headers: &[(&str, &str)]| {
        let (status, source, rule) = asked(&stub, Method::GET, path, headers).await;
        format!("{status} {source} {rule}").trim_end().to_owned()
    };
    // From the lowest up: each request is also for all that come below.
    assert_eq!(get("/pets", &[]).await, "200 generated", "on_unscripted");
    assert_eq!(get("/pets/1", &[]).await, "200 resource pets/read");
    assert_eq!(get("/pets/1?rung=file", &[]).await, "404 rule filed");
    assert_eq!(get("/pets/1?rung=scenario", &[]).await, "401 scenario life/alive");
    let rule = |id: &str, path: &str, status: u16| {
        let rule = json!({"op": "getPet", "id": id, "when": {"query.rung": "scenario"}, "respond": status});
        Answer::of(stub.control(Method::POST, path).json(&rule))
    };
    assert_eq!(rule("older", "/rules", 404).await.status, 201);
    assert_eq!(get("/pets/1?rung=scenario", &[]).await, "404 rule older");
    assert_eq!(rule("newer", "/rules", 200).await.status, 201);
    assert_eq!(get("/pets/1?rung=scenario", &[]).await, "200 rule newer");
    assert_eq!(rule("s-older", "/rules?session=s", 401).await.status, 201);
    assert_eq!(rule("s-newer", "/rules?session=s", 404).await.status, 201);
    let session = ("counterfoil-session", "s");
    assert_eq!(get("/pets/1?rung=scenario", &[session]).await, "404 rule s-newer");
    assert_eq!(get("/pets/1?rung=scenario", &[]).await, "200 rule newer", "of the session alone");
    assert_eq!(get("/pets/1?rung=scenario", &[session, ("prefer", "code=401")]).await, "401 example");
    assert_eq!(get("/pets/1?rung=scenario", &[session, ("prefer", "example=tom")]).await, "200 example");
}

#[tokio::test]
async fn replies_tell_where_they_come_from_unless_they_are_to_be_quiet() {
    let upstream = StubServer::builder(pets()).start().await.unwrap();
    let script =
        SCRIPT.replace("rules: {", &format!("rules: {{ deletePet: {{ proxy: '{}' }},", upstream.url()));
    for marks in [Marks::Sent, Marks::LeftOut] {
        let builder = StubServer::builder(pets()).script(load(&script).unwrap()).marks(marks);
        let stub = Stub::of(builder.control_port(Some(0))).await;
        let ways = [
            (Method::GET, "/pets/1?rung=file", "rule"),
            (Method::GET, "/pets/1?rung=scenario", "scenario"),
            (Method::GET, "/pets/1", "resource"),
            (Method::GET, "/pets", "generated"),
            (Method::GET, "/pets/x", "validation"),
            (Method::DELETE, "/pets/1", "proxy"),
            (Method::GET, "/nowhere", "routing"),
        ];
        for (number, (method, path, source)) in (1..).zip(ways) {
            let answer = Answer::of(stub.request(method, path)).await;
            let marked: Vec<&str> = answer
                .headers
                .keys()
                .map(|name| name.as_str())
                .filter(|name| name.starts_with("counterfoil-"))
                .collect();
            if marks == Marks::LeftOut {
                assert!(marked.is_empty(), "{path}: {marked:?}");
                continue;
            }
            assert_eq!(answer.header("counterfoil-source"), source, "{path}");
            assert_eq!(answer.header("counterfoil-call"), number.to_string(), "{path}");
            let has_rule = ["rule", "scenario", "resource", "proxy"].contains(&source);
            assert_eq!(marked.contains(&"counterfoil-rule"), has_rule, "{path}: {marked:?}");
            assert_eq!(marked.contains(&"counterfoil-reason"), path == "/pets/x", "{path}: {marked:?}");
        }
        // The journal tells it all the same.
        assert_eq!(stub.server.calls()[0].rule.as_deref(), Some("filed"));
    }
}
