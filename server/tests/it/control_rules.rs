//! `/rules` over HTTP, row by row of its table.

use reqwest::Method;
use serde_json::{Value, json};

use crate::scripts::{Answer, Stub, load, pets};

const SCRIPT: &str =
    "script: 1\nrules: { getPet: [{ id: mine, when: { path.petId: 9 }, respond: 404/gone }, 401] }";

async fn send(stub: &Stub, method: Method, path: &str, body: &str) -> Answer {
    Answer::of(stub.control(method, path).body(body.to_owned())).await
}

async fn add(stub: &Stub, rule: &str) -> String {
    let added = send(stub, Method::POST, "/rules", rule).await;
    assert_eq!(added.status, 201, "{rule}: {}", added.text);
    added.json()["id"].as_str().expect("a rule has an id").to_owned()
}

async fn show(stub: &Stub, path: &str) -> Value {
    send(stub, Method::GET, path, "").await.json()
}

async fn ids(stub: &Stub, path: &str) -> Vec<String> {
    let items = show(stub, path).await["items"].as_array().expect("a list of rules").clone();
    items.iter().map(|rule| rule["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn rules_are_set_newest_first_listed_shown_and_removed() {
    let stub = Stub::scripted(SCRIPT).await;
    assert_eq!(stub.get("/pets/1").await.status, 401);
    assert_eq!(add(&stub, "{ op: getPet, respond: 503 }").await, "r1");
    let tom = add(
        &stub,
        r#"{"op": "GET /pets/{petId}", "id": "tom", "when": {"path.petId": 2}, "example": "tom"}"#,
    );
    assert_eq!(tom.await, "tom");
    send(&stub, Method::PUT, "/operations/listPets/reply", "[503, 200]").await;
    assert_eq!(add(&stub, "op: deletePet\nstatus: 204").await, "r2");
    let all = ["r2", "listPets#reply", "tom", "r1", "mine", "getPet#2"];
    assert_eq!(ids(&stub, "/rules").await, all);
    assert_eq!(ids(&stub, "/rules?op=getPet").await, ["tom", "r1", "mine", "getPet#2"]);
    assert_eq!(ids(&stub, "/rules?limit=3").await, all[..3]);
    for (path, next, expected) in [
        ("/rules?limit=3", json!(3), &all[..3]),
        ("/rules?limit=3&after=3", json!(null), &all[3..]),
        ("/rules?limit=2&after=3", json!(5), &all[3..5]),
        ("/rules?limit=9&after=9", json!(null), &[]),
    ] {
        assert_eq!(
            (&show(&stub, path).await["next"], ids(&stub, path).await),
            (&next, expected.iter().map(|id| (*id).to_owned()).collect())
        );
    }
    assert_eq!(
        (stub.get("/pets/1").await.status, stub.get("/pets/2").await.json()["name"].clone()),
        (503, json!("Tom"))
    );
    let mut shown = show(&stub, "/rules/tom").await;
    let last = shown["last_match"].take();
    assert!(last.as_str().is_some_and(|last| last.starts_with("20") && last.ends_with('Z')), "{last}");
    assert_eq!(
        shown,
        json!({
            "id": "tom", "op": "getPet", "document": "pets.yaml", "origin": "set", "session": null, "place": null,
            "rule": {"when": {"path.petId": 2}, "example": "tom"}, "uses": 1, "last_match": null,
        })
    );
    let reply = show(&stub, "/rules/listPets%23reply").await;
    assert_eq!(json!([reply["origin"], reply["rule"]]), json!(["reply", {"respond": [503, 200]}]));
    let scripted = show(&stub, "/rules/mine").await;
    assert_eq!(
        json!([
            scripted["origin"],
            scripted["rule"],
            scripted["place"],
            scripted["uses"],
            scripted["last_match"]
        ]),
        json!(["script", {"when": {"path.petId": 9}, "respond": "404/gone"}, "test.script.yaml:2", 0, null])
    );
    assert_eq!(show(&stub, "/rules/getPet%232").await["rule"], json!({"respond": 401}));
    assert_eq!(send(&stub, Method::DELETE, "/rules/tom", "").await.status, 204);
    assert_eq!(stub.get("/pets/2").await.status, 503);
    let gone = send(&stub, Method::GET, "/rules/tomm", "").await;
    assert_eq!((gone.status, &gone.json()["type"]), (404, &json!("rule-unknown")));
    assert_eq!(send(&stub, Method::DELETE, "/rules", "").await.status, 204);
    assert_eq!(ids(&stub, "/rules").await, all[4..]);
    assert_eq!((stub.get("/pets/1").await.status, stub.get("/pets").await.status), (401, 200));
}

#[tokio::test]
async fn a_rule_is_said_anew_or_in_part_and_keeps_its_place_and_count() {
    let stub = Stub::scripted(SCRIPT).await;
    add(&stub, "{ op: getPet, id: slow, respond: [503, 404, 200], set: { a: 1 } }").await;
    add(&stub, "{ op: getPet, id: two, when: { path.petId: 2 }, respond: 401 }").await;
    assert_eq!(stub.get("/pets/1").await.status, 503);
    let patched = send(&stub, Method::PATCH, "/rules/slow", r#"{"respond": [401, 200], "set": null}"#).await;
    assert_eq!((patched.status, patched.json()), (200, json!({"id": "slow", "warnings": []})));
    assert_eq!(show(&stub, "/rules/slow").await["rule"], json!({"respond": [401, 200]}));
    assert_eq!(stub.get("/pets/1").await.status, 200, "the second use");
    let put = send(
        &stub,
        Method::PUT,
        "/rules/two",
        "{ op: getPet, id: two, status: 404, when: { path.petId: 3 } }",
    );
    assert_eq!(put.await.status, 200);
    assert_eq!([stub.get("/pets/2").await.status, stub.get("/pets/3").await.status], [200, 404]);
    assert_eq!(show(&stub, "/rules/slow").await["uses"], 3);
    assert_eq!(ids(&stub, "/rules?limit=2").await, ["two", "slow"]);
    // A reply that was set in short can be changed in part as well.
    send(&stub, Method::PUT, "/operations/listPets/reply", "503").await;
    send(
        &stub,
        Method::PATCH,
        "/rules/listPets%23reply",
        r#"{"headers": {"X-A": "1"}, "respond": null, "status": 503}"#,
    )
    .await;
    let answer = stub.get("/pets").await;
    assert_eq!((answer.status, answer.header("x-a")), (503, "1"));
    send(&stub, Method::PUT, "/operations/listPets/reply", "200").await;
    assert_eq!(stub.get("/pets").await.header("x-a"), "");
}

#[tokio::test]
async fn what_cannot_be_set_or_changed_is_refused_and_changes_nothing() {
    let stub = Stub::scripted(SCRIPT).await;
    add(&stub, "{ op: getPet, id: one, respond: 503 }").await;
    let table = [
        (Method::POST, "/rules", "{ op: getPet, id: one, status: 200 }", 409, "id-taken", ""),
        (Method::POST, "/rules", "{ op: getPet, id: mine, status: 200 }", 409, "id-taken", ""),
        (Method::POST, "/rules", "{ status: 200 }", 422, "findings", "/op"),
        (Method::POST, "/rules", "{ op: getPets, status: 200 }", 422, "findings", "/op"),
        (Method::POST, "/rules", "{ op: listPets,\n  status: 418 }", 422, "findings", "/status"),
        (Method::POST, "/rules", "{ op: getPet, id: [], status: 200 }", 422, "findings", "/id"),
        (Method::POST, "/rules", "{ op: getPet, statuz: 200 }", 422, "findings", "/statuz"),
        (Method::POST, "/rules", "403", 422, "findings", ""),
        (Method::PUT, "/rules/one", "{ respond: nope }", 422, "findings", "/respond"),
        (Method::PUT, "/rules/one", "{ id: two, respond: 200 }", 422, "findings", "/id"),
        (Method::PATCH, "/rules/one", "{ op: listPets }", 422, "findings", "/op"),
        (Method::PATCH, "/rules/one", "{ when: { path.id: 1 } }", 422, "findings", "/when/path.id"),
        (Method::PATCH, "/rules/mine", "{ respond: 200 }", 409, "rule-of-script", ""),
        (Method::PUT, "/rules/mine", "{ respond: 200 }", 409, "rule-of-script", ""),
        (Method::DELETE, "/rules/mine", "", 409, "rule-of-script", ""),
        (Method::PATCH, "/rules/on", "{ respond: 200 }", 404, "rule-unknown", ""),
        (Method::PUT, "/rules/on", "{ respond: 200 }", 404, "rule-unknown", ""),
        (Method::DELETE, "/rules/on", "", 404, "rule-unknown", ""),
        (Method::GET, "/rules?op=nope", "", 404, "operation-unknown", ""),
        (Method::DELETE, "/rules/one?session=s", "", 409, "rule-elsewhere", ""),
    ];
    for (method, path, body, status, kind, pointer) in table {
        let refused = send(&stub, method.clone(), path, body).await;
        let problem = refused.json();
        assert_eq!(
            (refused.status, &problem["type"]),
            (status, &json!(kind)),
            "{method} {path} {body}: {problem}"
        );
        if !pointer.is_empty() {
            let pointers: Vec<_> =
                problem["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
            assert!(pointers.contains(&&json!(pointer)), "{method} {path} {body}: {problem}");
        }
    }
    let line = send(&stub, Method::POST, "/rules", "{ op: listPets,\n  status: 418 }").await.json();
    assert_eq!(line["errors"][0]["line"], 2);
    assert_eq!((stub.get("/pets/1").await.status, ids(&stub, "/rules").await.len()), (503, 3));
}

#[tokio::test]
async fn each_session_has_rules_of_its_own_before_those_of_all() {
    let stub = Stub::scripted(SCRIPT).await;
    add(&stub, "{ op: getPet, respond: 503 }").await;
    let mine = send(&stub, Method::POST, "/rules?session=a", "{ op: getPet, respond: 404 }").await;
    assert_eq!(mine.json()["id"], "r2");
    assert_eq!([stub.get("/~a/pets/1").await.status, stub.get("/pets/1").await.status], [404, 503]);
    let listed = show(&stub, "/rules?session=a").await["items"].clone();
    let shown: Vec<Value> =
        listed.as_array().unwrap().iter().map(|rule| json!([rule["id"], rule["session"]])).collect();
    assert_eq!(json!(shown[..2]), json!([["r2", "a"], ["r1", null]]));
    assert_eq!(ids(&stub, "/rules").await, ["r1", "mine", "getPet#2"]);
    assert_eq!(send(&stub, Method::DELETE, "/rules?session=a", "").await.status, 204);
    assert_eq!(stub.get("/~a/pets/1").await.status, 503);
}

#[tokio::test]
async fn rules_stay_over_a_reload_as_long_as_their_operations_admit_them() {
    let stub = Stub::scripted(SCRIPT).await;
    add(&stub, "{ op: getPet, id: a, respond: [503, 404] }").await;
    add(&stub, "{ op: getPet, id: b, when: { path.petId: 2 }, respond: [404, 401] }").await;
    stub.statuses("/pets/1", 1).await;
    stub.server.reload(vec![pets()], vec![load(SCRIPT).unwrap()]);
    assert_eq!(stub.statuses("/pets/1", 1).await, [404], "it goes on counting");
    assert_eq!(stub.statuses("/pets/2", 2).await, [404, 401]);
    let text = include_str!("../scripts/pets.yaml").replace("'503'", "'500'").replace("\"503\"", "\"500\"");
    let without = counterfoil_openapi::Contract::load("pets.yaml", text.as_bytes()).unwrap();
    let changes = stub.server.reload(vec![without], Vec::new());
    assert_eq!((changes.dropped.len(), ids(&stub, "/rules").await), (1, vec!["b".to_owned()]), "{changes}");
}
