//! What is made, shown, changed and removed.

use counterfoil_openapi::Contract;
use counterfoil_server::Script;
use reqwest::Method;
use serde_json::{Value, json};

use super::{NOTES, PETS, TEAMS, delete, keeping, send};
use crate::scripts::{Answer, Stub};

async fn create(stub: &Stub, body: Value) -> Answer {
    send(stub, Method::POST, "/pets", &body).await
}

#[tokio::test]
async fn an_item_is_made_shown_changed_and_removed() {
    let stub = keeping(PETS).await;
    let made = create(&stub, json!({"name": "Ada", "kind": "cat"})).await;
    assert_eq!((made.status, made.header("counterfoil-source")), (201, "resource"));
    assert_eq!((made.header("location"), made.header("counterfoil-rule")), ("/pets/3", "pets/create"));
    let pet = made.json();
    assert_eq!((&pet["id"], &pet["name"], &pet["kind"]), (&json!(3), &json!("Ada"), &json!("cat")));
    assert_eq!(pet["createdAt"], "2026-01-01T00:00:00Z", "as the first one has it, since it is required");
    assert_eq!(stub.get("/pets/3").await.json(), pet);
    assert_eq!(stub.get("/v2/pets/3").await.json(), pet, "below the server's path too");

    let changed = send(&stub, Method::PUT, "/pets/3", &json!({"name": "Eve"})).await;
    let expected = json!({"id": 3, "name": "Eve", "createdAt": pet["createdAt"]});
    assert_eq!(
        (changed.status, changed.json()),
        (200, expected.clone()),
        "what the document calls read-only stays"
    );
    assert_eq!(stub.get("/pets/3").await.json(), expected);
    assert_eq!(delete(&stub, "/pets/3").await, 204);
    assert_eq!(create(&stub, json!({"name": "Bob"})).await.json()["id"], 4, "no number comes twice");
}

#[tokio::test]
async fn what_is_not_there_is_answered_as_documented_else_with_a_problem() {
    let stub = keeping(PETS).await;
    let missing = stub.get("/pets/99").await;
    assert_eq!((missing.status, missing.json()), (404, json!({"message": "no such pet"})));
    assert_eq!(missing.header("counterfoil-source"), "resource");
    for method in [Method::PUT, Method::PATCH] {
        let request = stub.request(method, "/pets/99").header("content-type", "application/merge-patch+json");
        let body = json!({"name": "x"}).to_string();
        let request = if body.is_empty() { request } else { request.body(body) };
        let status = Answer::of(request).await.status;
        assert!([404, 415, 400].contains(&status), "{status}");
    }
    assert_eq!(send(&stub, Method::PUT, "/pets/99", &json!({"name": "x"})).await.status, 404);
    assert_eq!(delete(&stub, "/pets/99").await, 404);
    assert_eq!(stub.get("/pets/x").await.status, 400, "an invalid request is none of its affairs");
    let notes = keeping(NOTES).await;
    let problem = notes.get("/notes/z").await;
    assert_eq!((problem.status, &problem.json()["type"]), (404, &json!("urn:counterfoil:item-unknown")));
    assert_eq!(problem.header("counterfoil-source"), "resource");
}

#[tokio::test]
async fn a_key_of_the_request_is_taken_once() {
    let stub = keeping(PETS).await;
    assert_eq!(create(&stub, json!({"id": 40, "name": "Ada"})).await.json()["id"], 40);
    let taken = create(&stub, json!({"id": 40, "name": "Eve"})).await;
    assert_eq!((taken.status, taken.json()), (409, json!({"message": "taken"})));
    assert_eq!(stub.get("/pets/40").await.json()["name"], "Ada");
    let moved = send(&stub, Method::PUT, "/pets/40", &json!({"id": 41, "name": "Eve"})).await;
    assert_eq!(moved.json()["id"], 40, "the path says which one it is");
    assert_eq!(create(&stub, json!({"name": "next"})).await.json()["id"], 41);
}

#[tokio::test]
async fn a_patch_changes_what_it_says() {
    let stub = keeping(PETS).await;
    let patch = async |kind: &str, body: Value| {
        let request = stub.request(Method::PATCH, "/pets/2").header("content-type", kind);
        Answer::of(request.body(body.to_string())).await
    };
    let merged = patch("application/merge-patch+json", json!({"name": "Tim", "kind": null})).await;
    let expected = json!({"id": 2, "name": "Tim", "createdAt": "2026-01-02T00:00:00Z", "owner": {"id": 7}});
    assert_eq!((merged.status, merged.json()), (200, expected));
    let stepped =
        patch("application/json-patch+json", json!([{"op": "replace", "path": "/name", "value": "Tam"}]))
            .await;
    assert_eq!((stepped.status, &stepped.json()["name"]), (200, &json!("Tam")));
    let wrong = patch("application/json-patch+json", json!([{"op": "remove", "path": "/nothing"}])).await;
    assert_eq!((wrong.status, &wrong.json()["type"]), (422, &json!("urn:counterfoil:patch-invalid")));
}

#[tokio::test]
async fn secrets_are_kept_and_not_shown_and_what_no_reply_knows_is_not_either() {
    let stub = keeping(PETS).await;
    let body = json!({"name": "Ada", "chip": "c1", "internal": "i", "owner": {"id": 1, "pin": "p"}});
    let made = create(&stub, body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let expected = json!({"name": "Ada", "owner": {"id": 1}, "id": 3, "createdAt": "2026-01-01T00:00:00Z"});
    assert_eq!(made.json(), expected);
    let listed = stub.get("/pets").await.json();
    assert_eq!(listed[2], expected, "{listed}");
}

#[tokio::test]
async fn items_within_others_are_apart_and_in_envelopes() {
    let stub = keeping(TEAMS).await;
    let first = "00000000-0000-4000-8000-000000000001";
    assert_eq!(
        stub.get(&format!("/orgs/o1/teams/{first}")).await.json(),
        json!({
            "status": "fine", "team": {"id": first, "orgId": "o1", "name": "first"}
        })
    );
    assert_eq!(stub.get(&format!("/orgs/o2/teams/{first}")).await.status, 404);
    let made = send(&stub, Method::POST, "/v2/orgs/a%2Fb/teams", &json!({"team": {"name": "second"}})).await;
    assert_eq!((made.status, made.text.as_str()), (201, ""));
    let location = made.header("location");
    assert!(location.starts_with("/v2/orgs/a%2Fb/teams/"), "{location}");
    let shown = stub.get(location).await.json();
    let id = shown["team"]["id"].as_str().unwrap();
    assert_eq!(shown["team"], json!({"name": "second", "id": id, "orgId": "a/b"}));
    assert_eq!((id.len(), id.as_bytes()[14]), (36, b'4'), "a UUID of version 4: {id}");
    let put = send(&stub, Method::PUT, location, &json!({"team": {"name": "third"}})).await;
    assert_eq!((put.status, put.text.as_str()), (204, ""));
    assert_eq!(stub.get(location).await.json()["team"]["name"], "third");
    let gone = Answer::of(stub.request(Method::DELETE, location)).await;
    assert_eq!(
        (gone.status, gone.json()),
        (200, json!({"deleted": true})),
        "its example, for it shows no item"
    );
    assert_eq!(stub.get(location).await.status, 404);
    let unknown = stub.request(Method::DELETE, location);
    assert_eq!(Answer::of(unknown).await.json()["type"], "urn:counterfoil:item-unknown");
}

#[tokio::test]
async fn what_a_request_names_itself_is_made_or_changed() {
    let stub = keeping(NOTES).await;
    let put = async |path: &str, text: &str| {
        let name = path.rsplit('/').next().unwrap();
        send(&stub, Method::PUT, path, &json!({"slug": name, "text": text})).await
    };
    let made = put("/notes/x", "one").await;
    assert_eq!((made.status, made.json()), (201, json!({"slug": "x", "text": "one"})));
    assert_eq!(put("/notes/x", "two").await.json()["text"], "two");
    assert_eq!(stub.get("/notes/x").await.json()["text"], "two");
    assert_eq!(delete(&stub, "/notes/x").await, 204);
}

#[tokio::test]
async fn each_session_has_items_of_its_own_and_the_same_seed_makes_the_same() {
    let stub = keeping(&TEAMS.replace("script: 1", "script: 1\nseed: 5")).await;
    let mut made = Vec::new();
    for session in ["", "/~a", "/~b"] {
        let answer = send(&stub, Method::POST, &format!("{session}/orgs/o1/teams"), &json!({})).await;
        made.push((answer.status, answer.header("location").to_owned()));
    }
    assert!(made.windows(2).all(|pair| pair[0] == pair[1]), "{made:?}");
    let first = "/orgs/o1/teams/00000000-0000-4000-8000-000000000001";
    assert_eq!(delete(&stub, &format!("/~a{first}")).await, 200);
    assert_eq!(stub.get(&format!("/~a{first}")).await.status, 404);
    assert_eq!((stub.get(&format!("/~b{first}")).await.status, stub.get(first).await.status), (200, 200));
}

#[tokio::test]
async fn a_request_header_then_rules_then_resources_then_the_document() {
    let text = format!("{PETS}rules: {{ getPet: [{{ when: {{ path.petId: 2 }}, respond: 404 }}] }}\n");
    let stub = keeping(&text).await;
    assert_eq!(stub.get("/pets/1").await.header("counterfoil-source"), "resource");
    assert_eq!(stub.get("/pets/2").await.header("counterfoil-source"), "rule");
    let named = Answer::of(stub.request(Method::GET, "/pets/1").header("prefer", "code=404")).await;
    assert_eq!((named.status, named.header("counterfoil-source")), (404, "example"));
    assert_eq!(stub.get("/notes").await.header("counterfoil-source"), "generated");
    let head = Answer::of(stub.request(Method::HEAD, "/pets/1")).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}

#[tokio::test]
async fn a_reload_keeps_what_was_made() {
    let stub = keeping(PETS).await;
    create(&stub, json!({"name": "Ada"})).await;
    delete(&stub, "/pets/1").await;
    let script = super::load(&PETS.replace("name: Tom", "name: Tim")).unwrap();
    stub.server.reload(vec![super::shelter()], vec![script]);
    let listed = stub.get("/pets").await.json();
    let names: Vec<&Value> = listed.as_array().unwrap().iter().map(|pet| &pet["name"]).collect();
    assert_eq!(names, ["Tim", "Ada"]);
}

#[tokio::test]
async fn what_there_is_no_room_for_is_507() {
    let stub = keeping(NOTES).await;
    let text = "x".repeat(1024 * 1024);
    let mut statuses = Vec::new();
    for index in 0..5 {
        let body = json!({"slug": format!("n{index}"), "text": text});
        statuses.push(send(&stub, Method::PUT, &format!("/notes/n{index}"), &body).await);
    }
    let told: Vec<u16> = statuses.iter().map(|answer| answer.status).collect();
    assert_eq!(told, [201, 201, 201, 507, 507]);
    assert_eq!(statuses[4].json()["type"], "urn:counterfoil:resources-full");
    assert_eq!(stub.get("/notes/n4").await.status, 404);
    assert_eq!(
        send(&stub, Method::PUT, "/~other/notes/n4", &json!({"slug": "n4", "text": text})).await.status,
        201
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_make_items_at_once_each_makes_its_own() {
    let stub = std::sync::Arc::new(keeping(PETS).await);
    let makers: Vec<_> = (0..4)
        .map(|_| {
            let stub = std::sync::Arc::clone(&stub);
            tokio::spawn(async move {
                let mut made = Vec::new();
                for _ in 0..25 {
                    made.push(create(&stub, json!({"name": "x"})).await.json()["id"].as_i64().unwrap());
                }
                made
            })
        })
        .collect();
    let mut all = Vec::new();
    for maker in makers {
        all.extend(maker.await.unwrap());
    }
    all.sort_unstable();
    assert_eq!(all, (3..=102).collect::<Vec<i64>>());
}

#[tokio::test]
async fn what_cannot_be_shown_as_it_is_asked_for_is_refused_as_documented() {
    let document = "
openapi: 3.0.3
info: {title: Pets, version: '1'}
paths:
  /pets:
    get:
      operationId: listPets
      responses:
        '200': {description: all, content: {application/json: {schema: {type: array, items: {type: object}}}}}
        default:
          description: refused
          content: {application/json: {schema: {type: object, required: [code], properties: {code: {type: integer}}}}}
";
    let script = "{script: 1, resources: {pets: {key: id, list: listPets, seed: [{id: 1}]}}}";
    let contract = Contract::load("pets.yaml", document.as_bytes()).unwrap();
    let script =
        Script::load("pets.script.yaml", script.as_bytes(), std::slice::from_ref(&contract)).unwrap();
    let stub = Stub::serving(contract, vec![script]).await;
    assert_eq!(stub.get("/pets").await.json(), json!([{"id": 1}]));
    let refused = Answer::of(stub.request(Method::GET, "/pets").header("accept", "text/csv")).await;
    assert_eq!(refused.status, 406);
    assert!(refused.json()["code"].is_i64(), "{}", refused.json());
}
