//! Sessions, state and scenarios over the control API, row by row of its table.

use reqwest::Method;
use serde_json::{Value, json};

use crate::scripts::{Answer, Stub};

const SCRIPT: &str = "
script: 1
sessions: { max: 3 }
state: { owner: nobody, size: 3 }
scenarios:
  pet:
    per: path.petId
    start: alive
    states:
      alive: { getPet: 200, deletePet: { to: gone } }
      gone: { getPet: 404/gone }
  shop: { start: open, states: { open: { listPets: none }, shut: { listPets: 503 } } }
rules: { getPet: [401, 200], createPet: { status: 403, when: { state.owner: nobody } } }
";

async fn send(stub: &Stub, method: Method, path: &str, body: &'static str) -> Answer {
    Answer::of(stub.control(method, path).body(body)).await
}

async fn show(stub: &Stub, path: &str) -> Value {
    send(stub, Method::GET, path, "").await.json()
}

#[tokio::test]
async fn a_session_is_made_listed_used_and_dropped() {
    let stub = Stub::scripted(SCRIPT).await;
    let made = send(&stub, Method::POST, "/sessions", "").await;
    let base_url = format!("{}/~s1", stub.server.url());
    let expected = json!({"id": "s1", "header": "counterfoil-session: s1", "base_url": base_url});
    assert_eq!((made.status, made.json()), (201, expected));
    let mine = send(&stub, Method::POST, "/sessions", r#"{"id": "mine", "ttl": "1h"}"#).await;
    assert_eq!((mine.status, &mine.json()["id"]), (201, &json!("mine")));
    stub.get("/~mine/pets/1").await;
    let listed = show(&stub, "/sessions").await;
    let shown: Vec<Value> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|session| json!([session["id"], session["calls"], session["ttl_ms"]]))
        .collect();
    assert_eq!(shown, [json!(["mine", 1, 3_600_000]), json!(["s1", 0, 600_000])]);
    let taken = send(&stub, Method::POST, "/sessions", "id: mine").await;
    assert_eq!((taken.status, &taken.json()["type"]), (409, &json!("id-taken")));
    assert_eq!(send(&stub, Method::POST, "/sessions", "").await.json()["id"], "s2");
    let more = send(&stub, Method::POST, "/sessions", "").await;
    assert_eq!((more.status, &more.json()["type"]), (429, &json!("sessions-exhausted")));
    for (body, pointer) in
        [(r#"{"id": "a b"}"#, "/id"), (r#"{"ttl": "5"}"#, "/ttl"), (r#"{"idd": 1}"#, ""), ("[", "")]
    {
        let refused = send(&stub, Method::POST, "/sessions", body).await;
        assert_eq!(
            (refused.status, &refused.json()["errors"][0]["pointer"]),
            (422, &json!(pointer)),
            "{body}"
        );
    }
    assert_eq!(send(&stub, Method::DELETE, "/sessions/mine", "").await.status, 204);
    assert_eq!(send(&stub, Method::DELETE, "/sessions/mine", "").await.status, 404);
    assert_eq!(stub.get("/~mine/pets/1").await.header("counterfoil-call"), "1", "it begins anew");
}

#[tokio::test]
async fn every_path_takes_a_session() {
    let stub = Stub::scripted(SCRIPT).await;
    stub.get("/~a/pets/1").await;
    let set = send(&stub, Method::PUT, "/operations/listPets/reply?session=a", "503").await;
    assert_eq!(set.status, 200);
    assert_eq!((stub.get("/~a/pets").await.status, stub.get("/pets").await.status), (503, 200));
    let counts = async |query: &str| {
        let all = show(&stub, &format!("/operations{query}")).await;
        let of =
            |id: &str| all.as_array().unwrap().iter().find(|one| one["operation_id"] == id).unwrap().clone();
        (of("listPets")["rules"].clone(), of("getPet")["calls"].clone())
    };
    assert_eq!(counts("?session=a").await, (json!(1), json!(1)));
    assert_eq!(counts("").await, (json!(0), json!(0)));
    assert_eq!(show(&stub, "/calls?session=a").await["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(show(&stub, "/calls/1?session=a").await["operation"], "getPet");
    assert_eq!(show(&stub, "/calls/1").await["operation"], "listPets");
    assert_eq!(send(&stub, Method::DELETE, "/calls?session=a", "").await.status, 204);
    assert_eq!(show(&stub, "/calls").await["items"].as_array().map(Vec::len), Some(1));
    // What is set for nobody in particular holds for all, after what is set for one.
    send(&stub, Method::PUT, "/operations/listPets/reply", "none").await;
    assert_eq!((stub.get("/~a/pets").await.status, stub.get("/~b/pets").await.json()), (503, json!([])));
    send(&stub, Method::DELETE, "/operations/listPets/reply?session=a", "").await;
    assert_eq!(stub.get("/~a/pets").await.json(), json!([]));
    send(&stub, Method::POST, "/reset?session=a", "").await;
    assert_eq!(stub.get("/~a/pets").await.json(), json!([]), "the others' rules stay");
    let refused = send(&stub, Method::GET, "/state?session=a%20b", "").await;
    assert_eq!((refused.status, &refused.json()["errors"][0]["code"]), (422, &json!("session-invalid")));
}

#[tokio::test]
async fn state_is_shown_set_changed_and_put_back() {
    let stub = Stub::scripted(SCRIPT).await;
    assert_eq!(show(&stub, "/state").await, json!({"owner": "nobody", "size": 3}));
    assert_eq!(stub.create(json!({"name": "Rex"})).await.status, 403);
    let changed = send(&stub, Method::PATCH, "/state", r#"{"owner": "me", "size": null, "more": [1]}"#).await;
    assert_eq!((changed.status, changed.json()), (200, json!({"owner": "me", "more": [1]})));
    assert_eq!(stub.create(json!({"name": "Rex"})).await.status, 201);
    assert_eq!(send(&stub, Method::PUT, "/state/size", "{a: 1}").await.json(), json!({"a": 1}));
    assert_eq!(show(&stub, "/state/size").await, json!({"a": 1}));
    assert_eq!(send(&stub, Method::DELETE, "/state/more", "").await.status, 204);
    for (method, path) in [(Method::DELETE, "/state/more"), (Method::GET, "/state/more")] {
        let gone = send(&stub, method, path, "").await;
        assert_eq!((gone.status, &gone.json()["type"]), (404, &json!("state-unknown")));
    }
    let replaced = send(&stub, Method::PUT, "/state", r#"{"only": null}"#).await;
    assert_eq!((replaced.status, replaced.json()), (200, json!({"only": null})));
    assert_eq!(show(&stub, "/state?session=a").await, json!({"owner": "nobody", "size": 3}));
    assert_eq!(send(&stub, Method::DELETE, "/state", "").await.status, 204);
    assert_eq!(show(&stub, "/state").await, json!({"owner": "nobody", "size": 3}));
    assert_eq!(send(&stub, Method::PUT, "/state", "[1]").await.status, 422);
    let huge = stub.control(Method::PUT, "/state/a").body(format!("\"{}\"", "x".repeat(1_040_000)));
    assert_eq!(Answer::of(huge).await.status, 200);
    let more = stub.control(Method::PUT, "/state/b").body(format!("\"{}\"", "x".repeat(10_000)));
    let more = Answer::of(more).await;
    assert_eq!((more.status, &more.json()["errors"][0]["code"]), (422, &json!("state-full")));
}

#[tokio::test]
async fn scenarios_are_listed_shown_moved_and_put_back() {
    let stub = Stub::scripted(SCRIPT).await;
    Answer::of(stub.request(Method::DELETE, "/pets/7")).await;
    let listed = show(&stub, "/scenarios").await;
    assert_eq!(
        listed,
        json!([
            {"name": "pet", "start": "alive", "states": ["alive", "gone"], "per": "path.petId",
             "places": [{"key": "7", "state": "gone"}]},
            {"name": "shop", "start": "open", "states": ["open", "shut"], "per": null, "places": []},
        ])
    );
    assert_eq!(show(&stub, "/scenarios/pet?key=7").await, json!({"state": "gone"}));
    assert_eq!(show(&stub, "/scenarios/pet?key=8").await, json!({"state": "alive"}));
    let moved = send(&stub, Method::PUT, "/scenarios/pet?key=8", r#"{"state": "gone"}"#).await;
    assert_eq!((moved.status, stub.get("/pets/8").await.status), (200, 404));
    assert_eq!(send(&stub, Method::DELETE, "/scenarios/pet?key=7", "").await.status, 204);
    assert_eq!((stub.get("/pets/7").await.status, stub.get("/pets/8").await.status), (200, 404));
    send(&stub, Method::PUT, "/scenarios/shop", "state: shut").await;
    assert_eq!((stub.get("/pets").await.status, stub.get("/~a/pets").await.status), (503, 200));
    assert_eq!(send(&stub, Method::DELETE, "/scenarios/pet", "").await.status, 204);
    assert_eq!(stub.get("/pets/8").await.status, 200);
    let refused = send(&stub, Method::PUT, "/scenarios/pet", r#"{"state": "gon"}"#).await;
    let error = &refused.json()["errors"][0];
    assert_eq!((refused.status, &error["code"]), (422, &json!("state-unknown")));
    assert_eq!(error["hint"], "did you mean `gone`?");
    for method in [Method::GET, Method::DELETE] {
        let unknown = send(&stub, method, "/scenarios/pets", "").await;
        assert_eq!((unknown.status, &unknown.json()["type"]), (404, &json!("scenario-unknown")));
    }
}

#[tokio::test]
async fn reset_puts_state_and_scenarios_back_where_asked() {
    for (scopes, is_reset) in
        [("", true), (r#"{"scopes": ["state"]}"#, true), (r#"{"scopes": ["rules"]}"#, false)]
    {
        let stub = Stub::scripted(SCRIPT).await;
        send(&stub, Method::PUT, "/state/owner", "me").await;
        send(&stub, Method::PUT, "/scenarios/shop", "state: shut").await;
        assert_eq!(send(&stub, Method::POST, "/reset", scopes).await.status, 204);
        assert_eq!(stub.get("/pets").await.status == 200, is_reset, "{scopes}");
        assert_eq!(show(&stub, "/state/owner").await == "nobody", is_reset, "{scopes}");
    }
}
