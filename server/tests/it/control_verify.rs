//! `GET /verify` and `POST /verify`: what was called, held against what must have been.

use counterfoil_server::MAX_CALLS;
use reqwest::Method;
use serde_json::{Value, json};

use crate::scripts::{Answer, Stub, load, pets};

async fn verify(stub: &Stub, order: Value) -> Answer {
    Answer::of(stub.control(Method::POST, "/verify").json(&order)).await
}

async fn expectations(stub: &Stub) -> Answer {
    Answer::of(stub.control(Method::GET, "/verify")).await
}

/// The status, and the kind of problem or how many calls were counted.
fn outcome(answer: &Answer) -> (u16, Value) {
    let body = answer.json();
    let told = if answer.status == 200 { "count" } else { "type" };
    (answer.status, body[told].clone())
}

/// A stub that had three calls of `getPet` and two of `createPet`, one of them invalid.
async fn called() -> Stub {
    let stub = Stub::scripted("script: 1\nrules: { getPet: [404/gone, 200] }").await;
    for path in ["/pets/1", "/pets/2?debug=1", "/pets/3"] {
        stub.get(path).await;
    }
    stub.create(json!({"name": "Rex", "age": 3, "owner": {"id": 7, "name": "Ada"}})).await;
    stub.create(json!({"name": 5})).await;
    stub
}

#[tokio::test]
async fn calls_are_counted_as_they_were_made() {
    let stub = called().await;
    let (failed, passes) = ("verification-failed", |count: u64| (200, json!(count)));
    let fails = || (409, json!(failed));
    let table = [
        (json!({"op": "getPet"}), passes(3)),
        (json!({"op": "GET /pets/{petId}", "count": 3}), passes(3)),
        (json!({"op": "getPet", "count": 2}), fails()),
        (json!({"op": "getPet", "min": 4}), fails()),
        (json!({"op": "getPet", "min": 1, "max": 3}), passes(3)),
        (json!({"op": "getPet", "max": 2}), fails()),
        (json!({"op": "deletePet", "count": 0}), passes(0)),
        (json!({"op": "deletePet"}), fails()),
        (json!({"op": "getPet", "status": 404}), passes(1)),
        (json!({"op": "getPet", "status": 200, "count": 2}), passes(2)),
        (json!({"op": "getPet", "where": {"path.petId": {"ge": 2}}, "count": 2}), passes(2)),
        (json!({"op": "getPet", "where": {"path.petId": 9}}), fails()),
        (json!({"op": "getPet", "where": {"query.debug": {"exists": true}}, "count": 1}), passes(1)),
        (json!({"op": "createPet", "count": 2}), passes(2)),
        (json!({"op": "createPet", "where": {"valid": true}, "count": 1}), passes(1)),
        (json!({"op": "createPet", "where": {"invalid": ["body"]}, "count": 1}), passes(1)),
        (json!({"op": "createPet", "where": {"body.name": 5, "valid": false}, "count": 1}), passes(1)),
        (json!({"op": "createPet", "where": {"body": {"owner": {"id": 7}}}, "count": 1}), passes(1)),
        (json!({"op": "createPet", "where": {"header.X-Api-Key": "rw-1"}, "count": 2}), passes(2)),
        // In order, with others in between.
        (json!([{"op": "getPet"}, {"op": "createPet"}]), passes(2)),
        (json!([{"op": "getPet", "count": 2}, {"op": "getPet"}, {"op": "createPet", "count": 2}]), passes(5)),
        (json!([{"op": "createPet"}, {"op": "getPet"}]), fails()),
        (json!([{"op": "getPet", "count": 3}, {"op": "getPet"}]), fails()),
        // What cannot come to be in time.
        (json!({"op": "deletePet", "within": "1ms"}), fails()),
        (json!({"op": "getPet", "count": 2, "within": "60s"}), fails()),
        (json!({"op": "getPet", "count": 3, "within": "60s"}), passes(3)),
    ];
    for (order, expected) in table {
        let answer = verify(&stub, order.clone()).await;
        assert_eq!(outcome(&answer), expected, "{order}: {}", answer.text);
    }
}

#[tokio::test]
async fn what_cannot_be_verified_is_told_with_its_place() {
    let stub = called().await;
    let table = [
        (json!({"op": "getPett"}), "operation-unknown", "/op"),
        (json!({}), "value-invalid", ""),
        (json!({"op": "getPet", "cuont": 1}), "key-unknown", "/cuont"),
        (json!({"op": "getPet", "count": -1}), "value-invalid", "/count"),
        (json!({"op": "getPet", "count": 1, "min": 1}), "key-conflict", ""),
        (json!({"op": "getPet", "min": 2, "max": 1}), "expect-contradictory", ""),
        (json!({"op": "getPet", "where": {"path.pteId": 1}}), "matcher-unknown", "/where/path.pteId"),
        (json!({"op": "getPet", "where": {"nth": 1}}), "matcher-unknown", "/where"),
        (json!({"op": "getPet", "where": {"state.a": 1}}), "matcher-unknown", "/where"),
        (json!({"op": "getPet", "within": "61s"}), "value-invalid", "/within"),
        (json!({"op": "getPet", "within": 5}), "value-invalid", "/within"),
        (json!({"op": "getPet", "status": 1000}), "value-invalid", "/status"),
        (json!([]), "sequence-empty", ""),
        (json!([{"op": "getPet", "max": 1}]), "value-invalid", "/0/max"),
        (json!([{"op": "getPet", "count": 0}]), "value-invalid", "/0"),
        (json!("getPet"), "value-invalid", ""),
    ];
    for (order, code, pointer) in table {
        let refused = verify(&stub, order.clone()).await;
        let first = refused.json()["errors"][0].clone();
        assert_eq!(refused.status, 422, "{order}: {}", refused.text);
        assert_eq!((&first["code"], &first["pointer"]), (&json!(code), &json!(pointer)), "{order}: {first}");
    }
}

#[tokio::test]
async fn too_few_calls_are_told_with_those_that_came_nearest() {
    let stub = called().await;
    stub.get("/pet/1").await;
    Answer::of(stub.request(Method::DELETE, "/pets")).await;
    let orders = [
        json!({"op": "getPet", "where": {"path.petId": {"gt": 3}, "query.debug": 1}}),
        json!({"op": "getPet", "status": 503}),
        json!({"op": "createPet", "where": {"body": {"name": "Rex", "owner": {"id": 8}}}}),
        json!({"op": "createPet", "where": {"any": [{"body.age": 4}, {"body.name": "Rex", "body.age": {"lt": 3}}]}}),
        json!({"op": "createPet", "where": {"not": {"body.name": "Rex"}, "valid": true}}),
        json!({"op": "createPet", "where": {"header.X-Api-Key": "guess", "media_type": "text/csv"}}),
        json!({"op": "deletePet"}),
        json!({"op": "getPet", "max": 1}),
        json!([{"op": "createPet", "count": 2}, {"op": "getPet"}]),
    ];
    let mut told = String::new();
    for order in orders {
        let refused = verify(&stub, order.clone()).await.json();
        told.push_str(&format!("{order}\n  {}\n", refused["detail"].as_str().expect("a text")));
        for near in refused["failures"][0]["nearest"].as_array().expect("a list") {
            let (call, difference) = (&near["call"], &near["difference"]);
            let (id, url) = (&call["id"], call["url"].as_str().expect("a text"));
            told.push_str(&format!("    call {id} {} {url}: {difference}\n", call["method"]));
        }
    }
    insta::assert_snapshot!(told);
    assert!(!told.contains("rw-1"), "what is secret is not shown");
}

#[tokio::test]
async fn the_expectations_of_a_script_are_verified() {
    // The example of the page of scripts.
    let script = "script: 1\nrules: { createPet: 201 }\nexpect:\n  createPet: 1\n  \
                  listPets: { min: 1, where: { query.limit: { le: 100 } } }\n  deletePet: 0";
    let stub = Stub::scripted(script).await;
    let early = expectations(&stub).await;
    insta::assert_snapshot!(serde_json::to_string_pretty(&early.json()).expect("it is JSON"));
    assert_eq!(early.status, 409);
    stub.create(json!({"name": "Rex"})).await;
    stub.get("/pets?limit=100").await;
    let met = expectations(&stub).await;
    assert_eq!((met.status, &met.json()["ok"]), (200, &json!(true)), "{}", met.text);
    assert_eq!(
        met.json()["expectations"],
        json!([
            {"operation": "createPet", "expected": "exactly 1 call", "count": 1, "place": "test.script.yaml:4"},
            {"operation": "listPets", "expected": "at least 1 call", "count": 1, "place": "test.script.yaml:5"},
            {"operation": "deletePet", "expected": "no call", "count": 0, "place": "test.script.yaml:6"},
        ])
    );
    Answer::of(stub.request(Method::DELETE, "/pets/1")).await;
    assert_eq!(outcome(&expectations(&stub).await), (409, json!("verification-failed")));
    let unscripted = Stub::start(Vec::new()).await;
    assert_eq!(expectations(&unscripted).await.json(), json!({"ok": true, "expectations": []}));
}

#[tokio::test]
async fn a_session_is_verified_by_itself() {
    let stub = Stub::scripted("script: 1\nexpect: { getPet: 1 }").await;
    stub.get("/~a/pets/1").await;
    let of = async |session: &str| {
        Answer::of(stub.control(Method::GET, &format!("/verify?session={session}"))).await.status
    };
    assert_eq!((of("a").await, of("b").await, expectations(&stub).await.status), (200, 409, 409));
}

/// A75: what the journal holds no more is no proof that nothing was called.
#[tokio::test]
async fn a75_what_was_dropped_from_the_journal_is_never_taken_for_uncalled() {
    let stub = Stub::scripted("script: 1\nexpect: { deletePet: 0, createPet: 0 }").await;
    Answer::of(stub.request(Method::DELETE, "/pets/1")).await;
    for _ in 0..MAX_CALLS {
        stub.get("/pets/1").await;
    }
    let untold = || (409, json!("verification-untold"));
    let never = json!({"op": "deletePet", "count": 0});
    let answer = verify(&stub, never.clone()).await;
    assert_eq!(outcome(&answer), untold(), "{}", answer.text);
    assert_eq!(
        answer.json()["detail"],
        "deletePet: expected no call, there were 0, and more cannot be told: 1 call was dropped from the journal"
    );
    assert_eq!(outcome(&expectations(&stub).await), untold());
    // What can be told is told: of operations that lost no call, and of what is enough or too much already.
    assert_eq!(outcome(&verify(&stub, json!({"op": "createPet", "count": 0})).await), (200, json!(0)));
    assert_eq!(outcome(&verify(&stub, json!({"op": "getPet", "min": 1_000})).await), (200, json!(1_000)));
    assert_eq!(outcome(&verify(&stub, json!({"op": "getPet", "max": 5})).await).0, 409);
    assert_eq!(outcome(&verify(&stub, json!({"op": "deletePet", "min": 1})).await), untold());
    assert_eq!(outcome(&verify(&stub, json!({"op": "deletePet", "min": 2})).await).1, "verification-failed");
    assert_eq!(outcome(&verify(&stub, json!([{"op": "deletePet"}, {"op": "getPet"}])).await), untold());
    // Forgetting calls on demand makes nobody wiser; a reset begins anew.
    Answer::of(stub.control(Method::DELETE, "/calls")).await;
    assert_eq!(outcome(&verify(&stub, json!({"op": "getPet", "count": 0})).await), untold());
    Answer::of(stub.control(Method::POST, "/reset")).await;
    assert_eq!(outcome(&verify(&stub, never).await), (200, json!(0)));
    assert_eq!(outcome(&expectations(&stub).await).0, 200);
}

#[tokio::test]
async fn what_is_held_in_part_is_not_guessed_at() {
    let stub = Stub::start(Vec::new()).await;
    let long = "x".repeat(counterfoil_server::MAX_BODY);
    stub.create(json!({"name": long, "age": 3})).await;
    let untold = (409, json!("verification-untold"));
    let aged = json!({"op": "createPet", "where": {"body.age": 3}, "count": 0});
    let answer = verify(&stub, aged).await;
    assert_eq!(outcome(&answer), untold, "{}", answer.text);
    // What does not depend on it is judged.
    let keyed = json!({"op": "createPet", "where": {"header.X-Api-Key": "rw-2", "body.age": 3}, "count": 0});
    assert_eq!(outcome(&verify(&stub, keyed).await), (200, json!(0)));

    // Secrets are judged as they were, until the documents are loaded anew.
    stub.create(json!({"name": "Rex"})).await;
    let by_key = json!({"op": "createPet", "where": {"header.X-Api-Key": "rw-1"}, "count": 2});
    assert_eq!(outcome(&verify(&stub, by_key.clone()).await), (200, json!(2)));
    stub.server.reload(vec![pets()], vec![load("script: 1").expect("a script")]);
    let after = verify(&stub, by_key).await;
    assert_eq!(outcome(&after), untold);
    assert!(
        after.json()["detail"].as_str().is_some_and(|text| text.contains("hidden since")),
        "{}",
        after.text
    );
    let by_name = json!({"op": "createPet", "where": {"body.name": "Rex"}, "min": 1});
    assert_eq!(outcome(&verify(&stub, by_name).await), (200, json!(1)), "nothing else is hidden");
}
