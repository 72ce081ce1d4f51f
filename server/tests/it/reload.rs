//! Reloading: other contracts and scripts without a gap, and what goes on as it was.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use counterfoil_openapi::Contract;
use counterfoil_server::{Script, StubServer};
use reqwest::Method;
use serde_json::Value;

use crate::scripts::{Answer, Stub, load, pets};

/// A document of one operation, whose example is `example`.
fn one(example: &str) -> Contract {
    let text = format!(
        "openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\npaths: {{/a: {{get: {{operationId: getA, responses: \
         {{'200': {{description: ok, content: {{application/json: {{example: {example}}}}}}}}}}}}}}}"
    );
    Contract::load("one.yaml", text.as_bytes()).unwrap()
}

#[tokio::test]
async fn another_contract_is_served_and_the_journal_goes_on() {
    let server = StubServer::builder(one("first")).start().await.unwrap();
    let client = crate::stub::client();
    let get = async |path: &str| Answer::of(client.get(format!("{}{path}", server.url()))).await;
    assert_eq!(get("/a").await.json(), "first");
    assert_eq!(get("/pets/1").await.status, 404);
    let before = server.calls();
    let changes = server.reload(vec![one("second"), pets()], Vec::new());
    assert_eq!(changes.operations.changed, ["getA"]);
    assert!(changes.operations.added.contains(&"getPet".to_owned()), "{changes:?}");
    assert_eq!(get("/a").await.json(), "second");
    let pet = get("/pets/1").await;
    assert_eq!((pet.status, pet.header("counterfoil-call")), (200, "4"), "numbers go on");
    let after = server.calls();
    assert_eq!(after[..2], before, "what was recorded is shown as before");
    assert_eq!(after.len(), 4);
    let changes = server.reload(Vec::new(), Vec::new());
    assert!(changes.operations.removed.contains(&"getA".to_owned()), "{changes:?}");
    assert_eq!(get("/a").await.status, 404, "without a contract every path is unknown");
}

/// dropshot's endpoints are registered once, at the start.
#[tokio::test]
async fn a_method_that_comes_with_a_reload_is_405() {
    let document = |method: &str| {
        let text = format!(
            "openapi: 3.2.0\ninfo: {{title: t, version: '1'}}\npaths: {{/a: {{additionalOperations: {{{method}: \
             {{responses: {{'204': {{description: ok}}}}}}}}}}}}"
        );
        Contract::load("a.yaml", text.as_bytes()).unwrap()
    };
    let status = async |server: &StubServer, method: &str| {
        let request = crate::stub::client().request(method.parse().unwrap(), format!("{}/a", server.url()));
        Answer::of(request).await.status
    };
    let server = StubServer::builder(document("FROB")).start().await.unwrap();
    assert_eq!(status(&server, "FROB").await, 204);
    let changes = server.reload(vec![document("FRAB")], Vec::new());
    assert_eq!(changes.operations.added.len(), 1);
    assert_eq!((status(&server, "FRAB").await, status(&server, "FROB").await), (405, 405));
}

#[tokio::test]
async fn a_rule_goes_on_counting_unless_its_text_changes() {
    let script =
        "script: 1\nrules: { getPet: [401, 404, 503, 200], listPets: [{ id: mine, respond: [503, 200] }] }";
    let stub = Stub::scripted(script).await;
    let reload = |text: &str| stub.server.reload(vec![pets()], vec![load(text).unwrap()]);
    assert_eq!(stub.statuses("/pets/1", 1).await, [401]);
    assert_eq!(stub.statuses("/pets", 1).await, [503]);
    let changes = reload(&format!("# the same, laid out anew\n{script}"));
    assert!(changes.is_empty(), "{changes}");
    assert_eq!(stub.statuses("/pets/1", 1).await, [404], "the second step");
    let other = reload(&script.replace("401, 404", "404, 401"));
    assert_eq!(other.rules.changed, ["getPet#1"]);
    assert_eq!(stub.statuses("/pets/1", 2).await, [404, 401], "a new text begins anew");
    assert_eq!(stub.statuses("/pets", 1).await, [200], "and the others go on");
    let less = reload("script: 1\nrules: { getPet: 404 }");
    assert_eq!(less.rules.removed, ["mine"]);
    assert_eq!(stub.statuses("/pets", 1).await, [200]);
}

#[tokio::test]
async fn what_the_control_api_set_stays_as_long_as_the_operation_admits_it() {
    let stub = Stub::start(Vec::new()).await;
    let reply = async |stub: &Stub| {
        let request = stub.control(Method::PUT, "/operations/getPet/reply");
        Answer::of(request.body("[401, 503, 404]")).await.status
    };
    assert_eq!(reply(&stub).await, 200);
    assert_eq!(stub.statuses("/pets/1", 1).await, [401]);
    stub.server.reload(vec![pets()], vec![load("script: 1\nrules: { getPet: 200 }").unwrap()]);
    assert_eq!(stub.statuses("/pets/1", 2).await, [503, 404], "it comes before the script, and goes on");
    let text = include_str!("../scripts/pets.yaml").replace("'503'", "'500'").replace("\"503\"", "\"500\"");
    let without = Contract::load("pets.yaml", text.as_bytes()).unwrap();
    let changes = stub.server.reload(vec![without], Vec::<Script>::new());
    assert_eq!(changes.dropped.len(), 1, "{changes}");
    assert!(changes.to_string().contains("no longer set: getPet: "), "{changes}");
    assert_eq!(stub.statuses("/pets/1", 1).await, [200]);
}

/// Requests and control calls from several sides while one reload comes after the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_meets_a_gap() {
    let stub = Arc::new(Stub::start(Vec::new()).await);
    let is_over = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let (stub, is_over) = (Arc::clone(&stub), Arc::clone(&is_over));
            tokio::spawn(async move {
                let mut statuses = Vec::new();
                while !is_over.load(Ordering::Relaxed) {
                    statuses.push(stub.get("/pets/1").await.status);
                }
                statuses
            })
        })
        .collect();
    for round in 0..60 {
        let script = load(if round % 2 == 0 { "script: 1\nrules: { getPet: 404 }" } else { "script: 1" });
        stub.server.reload(vec![pets()], vec![script.unwrap()]);
        tokio::task::yield_now().await;
    }
    stub.server.reload(vec![pets()], Vec::new());
    is_over.store(true, Ordering::Relaxed);
    let mut count = 0;
    for caller in callers {
        let statuses = caller.await.unwrap();
        count += statuses.len();
        assert!(statuses.iter().all(|status| [200, 404].contains(status)), "{statuses:?}");
    }
    assert!(count > 0);
    let calls = stub.server.calls();
    assert_eq!(calls.len(), count.min(counterfoil_server::MAX_CALLS));
    assert!(calls.iter().all(|call| call.operation.as_deref() == Some("getPet")));
    let listed = Answer::of(stub.control(Method::GET, "/operations")).await.json();
    let calls_of = |id: &str| {
        listed.as_array().unwrap().iter().find(|one| one["operation_id"] == id).unwrap()["calls"].clone()
    };
    assert_eq!(calls_of("getPet"), Value::from(calls.len()));
}
