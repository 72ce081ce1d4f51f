//! What scripts make a stub answer, over HTTP: the examples of the grammar, one after the other.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use crate::scripts::{Answer, Stub, load};

#[tokio::test]
async fn a_status_takes_the_documented_example_and_a_name_its_own() {
    let stub = Stub::scripted("script: 1\nrules: { createPet: 403, getPet: tom }").await;
    let refused = stub.create(json!({"name": "Rex"})).await;
    assert_eq!((refused.status, refused.json()), (403, json!({"message": "no"})));
    assert_eq!(refused.header("counterfoil-source"), "rule");
    assert_eq!(refused.header("counterfoil-rule"), "createPet#1");
    let tom = stub.get("/pets/9").await;
    assert_eq!((tom.status, tom.json()), (200, json!({"id": 2, "name": "Tom"})));
    assert_eq!(stub.get("/pets").await.header("counterfoil-source"), "example", "no rule, no script");
}

#[tokio::test]
async fn a_status_and_a_name_together_tell_which_response_is_meant() {
    let stub = Stub::scripted("script: 1\nrules: { getPet: [404/gone, 503/gone, 404/notFound] }").await;
    assert_eq!(stub.get("/pets/1").await.json(), json!({"message": "it ran away"}));
    let busy = stub.get("/pets/1").await;
    assert_eq!((busy.status, busy.json()), (503, json!({"message": "busy"})));
    assert_eq!(stub.get("/pets/1").await.json(), json!({"message": "no such pet"}));
}

#[tokio::test]
async fn sequences_repeat_their_last_step_or_begin_again_or_fall_through() {
    let script = "
script: 1
rules:
  getPet: [401, 200]
  listPets: { respond: [503*3, none], after: pass }
  createPet: { respond: [409, 403*2], after: cycle }
";
    let stub = Stub::scripted(script).await;
    assert_eq!(stub.statuses("/pets/1", 4).await, [401, 200, 200, 200]);
    let mut bodies = Vec::new();
    for _ in 0..6 {
        bodies.push(stub.get("/pets").await.json());
    }
    let busy = json!({"message": "no"});
    let usual = json!([{"id": 1, "name": "Rex"}, {"id": 2, "name": "Tom"}]);
    assert_eq!(bodies, [busy.clone(), busy.clone(), busy, json!([]), usual.clone(), usual]);
    let mut created = Vec::new();
    for _ in 0..7 {
        created.push(stub.create(json!({"name": "Rex"})).await.status);
    }
    assert_eq!(created, [409, 403, 403, 409, 403, 403, 409]);
}

#[tokio::test]
async fn the_first_rule_that_matches_wins() {
    let script = r#"
script: 1
rules:
  createPet:
    - { when: { body.name: Rex }, respond: 409 }
    - { when: { header.X-Api-Key: { re: "^ro-" } }, respond: 403 }
    - { patch: { name: Echo }, headers: { Location: /pets/99, X-Remaining: 3 } }
"#;
    let stub = Stub::scripted(script).await;
    assert_eq!(stub.create(json!({"name": "Rex"})).await.status, 409);
    let read_only = stub.request(Method::POST, "/pets").header("x-api-key", "ro-7");
    assert_eq!(Answer::of(read_only.json(&json!({"name": "Tom"}))).await.status, 403);
    let created = stub.create(json!({"name": "Tom"})).await;
    assert_eq!((created.status, created.json()), (201, json!({"id": 3, "name": "Echo"})));
    assert_eq!((created.header("location"), created.header("x-remaining")), ("/pets/99", "3"));
    assert_eq!(created.header("counterfoil-rule"), "createPet#3");
}

#[tokio::test]
async fn what_is_wrong_on_purpose_is_sent_and_marked() {
    let script = "
script: 1
rules:
  getPet:
    - { when: { path.petId: 13 }, patch: { name: null }, allow_invalid: [body] }
    - { when: { path.petId: 14 }, status: 299, body: { teapot: true }, allow_invalid: true }
    - { when: { valid: false }, respond: 404/notFound }
";
    let stub = Stub::scripted(script).await;
    let broken = stub.get("/pets/13").await;
    assert_eq!((broken.status, broken.json()), (200, json!({"id": 1})));
    assert_eq!(broken.header("counterfoil-invalid"), "body");
    let teapot = stub.get("/pets/14").await;
    assert_eq!((teapot.status, teapot.json()), (299, json!({"teapot": true})));
    assert_eq!(stub.get("/pets/abc").await.json(), json!({"message": "no such pet"}));
    assert_eq!(stub.get("/pets/15").await.status, 200);
}

#[tokio::test]
async fn rules_see_only_valid_requests_unless_they_ask_for_others() {
    let script = "
script: 1
rules:
  createPet:
    - { id: keyless, when: { invalid: [security] }, respond: 409 }
    - { id: bodies, when: { invalid: [body], body.age: -1 }, status: 403 }
    - { id: any, when: { valid: any, header.X-Debug: { exists: true } }, headers: { X-Seen: '1' } }
    - 403
";
    let stub = Stub::scripted(script).await;
    let keyless = stub.request(Method::POST, "/pets").json(&json!({"name": "Rex"}));
    assert_eq!(Answer::of(keyless).await.header("counterfoil-rule"), "keyless");
    let post = || stub.request(Method::POST, "/pets").header("X-Api-Key", "k");
    let aged = Answer::of(post().json(&json!({"name": "Rex", "age": -1}))).await;
    assert_eq!((aged.status, aged.header("counterfoil-rule")), (403, "bodies"));
    let nameless = Answer::of(post().json(&json!({}))).await;
    assert_eq!((nameless.status, nameless.header("counterfoil-source")), (400, "validation"));
    // No status in the rule: the document's own error, with what the rule says of it.
    let seen = Answer::of(post().header("X-Debug", "1").json(&json!({}))).await;
    assert_eq!((seen.status, seen.header("x-seen")), (400, "1"));
    let valid = Answer::of(post().header("X-Debug", "1").json(&json!({"name": "Rex"}))).await;
    assert_eq!((valid.status, valid.header("x-seen")), (201, "1"));
    assert_eq!(stub.create(json!({"name": "Rex"})).await.status, 403);
}

#[tokio::test]
async fn every_field_can_be_asked_for_with_every_condition() {
    // Each row is one rule of its own and two requests: one that it answers, one that it does not.
    type Row = (&'static str, fn(&Stub) -> reqwest::RequestBuilder, fn(&Stub) -> reqwest::RequestBuilder);
    fn list(stub: &Stub, query: &str) -> reqwest::RequestBuilder {
        stub.request(Method::GET, &format!("/pets{query}"))
    }
    fn create(stub: &Stub, body: serde_json::Value) -> reqwest::RequestBuilder {
        stub.request(Method::POST, "/pets").header("X-Api-Key", "k").json(&body)
    }
    fn token(stub: &Stub, body: &'static str) -> reqwest::RequestBuilder {
        let request = stub.request(Method::POST, "/token");
        request.header("content-type", "application/x-www-form-urlencoded").body(body)
    }
    let table: Vec<Row> = vec![
        ("listPets: {when: {query.limit: 7}}", |s| list(s, "?limit=7"), |s| list(s, "?limit=8")),
        ("listPets: {when: {query.limit: {ge: 7, lt: 9}}}", |s| list(s, "?limit=8"), |s| list(s, "?limit=9")),
        ("listPets: {when: {query.limit: {exists: false}}}", |s| list(s, ""), |s| list(s, "?limit=1")),
        ("listPets: {when: {query.kind: {ne: dog}}}", |s| list(s, "?kind=cat"), |s| list(s, "?kind=dog")),
        ("listPets: {when: {query.page: 2}}", |s| list(s, "?page=2"), |s| list(s, "?page=3")),
        ("listPets: {when: {query.q: 'a b&c'}}", |s| list(s, "?q=a+b%26c"), |s| list(s, "?q=a")),
        (
            "listPets: {when: {header.X-Tenant: {eq: acme, icase: true}}}",
            |s| list(s, "").header("x-tenant", "ACME"),
            |s| list(s, "").header("x-tenant", "other"),
        ),
        (
            "listPets: {when: {header.User-Agent: {contains: curl}}}",
            |s| list(s, "").header("user-agent", "my-curl/8"),
            |s| list(s, "").header("user-agent", "wget"),
        ),
        (
            "listPets: {when: {cookie.session: {re: '^s-[0-9]+$'}}}",
            |s| list(s, "").header("cookie", "a=b; session=s-12"),
            |s| list(s, "").header("cookie", "session=x"),
        ),
        (
            "listPets: {when: {any: [{query.limit: 1}, {query.kind: cat}], not: {header.X-Tenant: acme}}}",
            |s| list(s, "?kind=cat"),
            |s| list(s, "?kind=cat").header("x-tenant", "acme"),
        ),
        (
            "listPets: {when: {all: [{query.limit: 1}, {query.kind: cat}]}}",
            |s| list(s, "?kind=cat&limit=1"),
            |s| list(s, "?kind=cat&limit=2"),
        ),
        (
            "getPet: {when: {path.petId: {in: [1, 2]}}}",
            |s| s.request(Method::GET, "/pets/2"),
            |s| s.request(Method::GET, "/pets/3"),
        ),
        (
            "createPet: {when: {body.owner.id: {gt: 6, le: 7}}}",
            |s| create(s, json!({"name": "a", "owner": {"id": 7}})),
            |s| create(s, json!({"name": "a", "owner": {"id": 6}})),
        ),
        (
            "createPet: {when: {body.owner.name: null}}",
            |s| create(s, json!({"name": "a", "owner": {"name": null}})),
            |s| create(s, json!({"name": "a", "owner": {}})),
        ),
        (
            "createPet: {when: {'body#/tags/1': b}}",
            |s| create(s, json!({"name": "a", "tags": ["a", "b"]})),
            |s| create(s, json!({"name": "a", "tags": ["b"]})),
        ),
        (
            "createPet: {when: {body.tags: {len: {ge: 2}, contains: a}}}",
            |s| create(s, json!({"name": "a", "tags": ["a", "b"]})),
            |s| create(s, json!({"name": "a", "tags": ["b", "c"]})),
        ),
        (
            "createPet: {when: {body: {name: Rex, owner: {id: 7}}}}",
            |s| create(s, json!({"name": "Rex", "age": 1, "owner": {"id": 7, "name": "x"}})),
            |s| create(s, json!({"name": "Rex", "owner": {"id": 8}})),
        ),
        (
            "createPet: {when: {body.notes.anything: 1}}",
            |s| create(s, json!({"name": "a", "notes": {"anything": 1.0}})),
            |s| create(s, json!({"name": "a", "notes": {"anything": "1"}})),
        ),
        (
            "generateToken: {when: {form.f: {in: [json, pjson]}}}",
            |s| token(s, "user=u&f=pjson"),
            |s| token(s, "user=u&f=html"),
        ),
        (
            "generateToken: {when: {form.minutes: 90}}",
            |s| token(s, "user=u&minutes=90"),
            |s| token(s, "user=u&minutes=91"),
        ),
    ];
    for (rule, matching, other) in table {
        let (operation, when) = rule.split_once(": {when: ").expect("each row is one rule");
        let script =
            format!("script: 1\nrules: {{ {operation}: {{ id: row, headers: {{X-Row: 1}}, when: {when} }}");
        let stub = Stub::scripted(&script).await;
        let (hit, miss) = (Answer::of(matching(&stub)).await, Answer::of(other(&stub)).await);
        assert_eq!((hit.header("counterfoil-rule"), hit.status / 100), ("row", 2), "{rule}: {}", hit.text);
        assert_eq!((miss.header("counterfoil-rule"), miss.status / 100), ("", 2), "{rule}: {}", miss.text);
    }
}

#[tokio::test]
async fn nth_and_times_count_what_all_else_holds_for() {
    let script = "
script: 1
rules:
  getPet:
    - { when: { nth: 2..3, path.petId: 1 }, respond: 401 }
    - { when: { path.petId: 2 }, times: 2, respond: [404/gone, 503/gone, 401] }
";
    let stub = Stub::scripted(script).await;
    let mut statuses = Vec::new();
    for path in ["/pets/1", "/pets/7", "/pets/1", "/pets/1", "/pets/1"] {
        statuses.push(stub.get(path).await.status);
    }
    assert_eq!(statuses, [200, 200, 401, 401, 200]);
    assert_eq!(stub.statuses("/pets/2", 4).await, [404, 503, 200, 200]);
}

#[tokio::test]
async fn a_form_field_chooses_the_media_type_of_the_reply() {
    let script = "
script: 1
rules:
  generateToken:
    - { when: { form.f: { in: [json, pjson] } }, media_type: application/json }
    - { media_type: text/html }
";
    let stub = Stub::scripted(script).await;
    let table = [
        ("user=u&f=json", "text/html", "application/json", "{\"token\":\"abc\"}"),
        ("user=u&f=pjson", "*/*", "application/json", "{\"token\":\"abc\"}"),
        ("user=u&f=html", "application/json", "text/html", "<p>abc</p>"),
        ("user=u", "application/json", "text/html", "<p>abc</p>"),
    ];
    for (body, accept, media_type, text) in table {
        let request = stub.request(Method::POST, "/token").header("accept", accept);
        let form = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        let answer = Answer::of(form).await;
        assert_eq!(
            (answer.status, answer.header("content-type"), answer.text.as_str()),
            (200, media_type, text)
        );
    }
}

#[tokio::test]
async fn bodies_are_given_generated_or_patched() {
    let script = r#"
script: 1
rules:
  getPet:
    - { when: { path.petId: 1 }, body: { id: 77, name: "$${x}" } }
    - { when: { path.petId: 2 }, example: tom, patch: { id: 78 } }
    - { when: { path.petId: 3 }, generate: true }
  generateToken: { media_type: text/html, body: <b>hi</b> }
"#;
    let stub = Stub::scripted(script).await;
    assert_eq!(stub.get("/pets/1").await.json(), json!({"id": 77, "name": "${x}"}));
    assert_eq!(stub.get("/pets/2").await.json(), json!({"id": 78, "name": "Tom"}));
    let (first, second) = (stub.get("/pets/3").await, stub.get("/pets/3").await);
    assert_eq!(first.text, second.text, "the same request, the same body");
    assert!(first.json()["id"].is_i64() && first.json() != json!({"id": 1, "name": "Rex"}), "{}", first.text);
    let form =
        stub.request(Method::POST, "/token").header("content-type", "application/x-www-form-urlencoded");
    let html = Answer::of(form.body("user=u")).await;
    assert_eq!((html.header("content-type"), html.text.as_str()), ("text/html", "<b>hi</b>"));
}

#[tokio::test]
async fn headers_are_set_and_removed() {
    let script = "
script: 1
defaults: { headers: { X-Everywhere: yes, X-Remaining: 1 } }
rules:
  createPet: { headers: { Location: null, X-Remaining: 2 }, allow_invalid: [headers] }
";
    let stub = Stub::scripted(script).await;
    let created = stub.create(json!({"name": "Rex"})).await;
    assert_eq!((created.header("location"), created.header("x-remaining")), ("", "2"));
    assert_eq!(created.header("x-everywhere"), "yes");
    let listed = stub.get("/pets").await;
    assert_eq!((listed.header("x-everywhere"), listed.header("counterfoil-source")), ("yes", "example"));
}

#[tokio::test]
async fn delays_hold_scripted_and_unscripted_replies_up() {
    let script = "
script: 1
defaults: { delay: { uniform: [40ms, 50ms] } }
rules: { getPet: { delay: 90ms } }
";
    let stub = Stub::scripted(script).await;
    let started = Instant::now();
    stub.get("/pets").await;
    assert!(started.elapsed() >= Duration::from_millis(40), "{:?}", started.elapsed());
    let started = Instant::now();
    stub.get("/pets/1").await;
    assert!(started.elapsed() >= Duration::from_millis(90), "{:?}", started.elapsed());
}

#[tokio::test]
async fn faults_take_the_place_of_a_reply() {
    let script = "
script: 1
rules:
  getPet:
    - { when: { path.petId: 1 }, fault: reset }
    - { when: { path.petId: 2 }, fault: empty }
    - { when: { path.petId: 3 }, fault: hang }
";
    let stub = Stub::scripted(script).await;
    for path in ["/pets/1", "/pets/2"] {
        let error = stub.request(Method::GET, path).send().await.expect_err("nothing is answered");
        assert!(error.is_request() && !error.is_timeout(), "{path}: {error:?}");
    }
    let hanging = stub.request(Method::GET, "/pets/3").timeout(Duration::from_millis(80));
    let error = hanging.send().await.expect_err("nothing is answered");
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(stub.get("/pets/4").await.status, 200, "the stub goes on");
}

#[tokio::test]
async fn of_several_scripts_the_first_comes_first() {
    let first = load("script: 1\nrules: { getPet: { when: { path.petId: 1 }, respond: 404/gone } }");
    let second = load("script: 1\nrules: { getPet: tom, listPets: none }");
    let scripts = vec![first.expect("the script is good"), second.expect("the script is good")];
    let stub = Stub::start(scripts).await;
    assert_eq!(stub.get("/pets/1").await.status, 404);
    assert_eq!(stub.get("/pets/2").await.json(), json!({"id": 2, "name": "Tom"}));
    assert_eq!(stub.get("/pets").await.json(), json!([]));
}

#[tokio::test]
async fn an_operation_can_be_named_by_method_and_path() {
    let stub = Stub::scripted("script: 1\nrules: { 'GET /pets/{petId}': 404/gone, put /blobs: 200 }").await;
    assert_eq!(stub.get("/v1/pets/1").await.status, 404);
    let put = Answer::of(stub.request(Method::PUT, "/blobs")).await;
    assert_eq!(put.header("counterfoil-rule"), "putBlobs#1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_place_of_a_sequence_is_taken_exactly_once_however_many_ask() {
    let stub =
        Stub::scripted("script: 1\nrules: { getPet: { times: 150, respond: [401*100, 404/gone*30, tom] } }")
            .await;
    let calls = (0..400).map(|_| async { stub.get("/pets/1").await });
    let answers = futures::future::join_all(calls).await;
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    let by_rule = answers.iter().filter(|answer| !answer.header("counterfoil-rule").is_empty()).count();
    assert_eq!((count(401), count(404), by_rule), (100, 30, 150));
}

#[tokio::test]
async fn a_seed_decides_what_is_left_to_chance() {
    let script = "script: 1\nseed: 3\nrules: { getPet: { delay: { uniform: [0ms, 4ms] } } }";
    let mut runs = Vec::new();
    for _ in 0..2 {
        let stub = Stub::scripted(script).await;
        stub.statuses("/pets/1", 5).await;
        let delays: Vec<String> = stub
            .server
            .calls()
            .iter()
            .flat_map(|call| call.trail.iter().filter(|line| line.starts_with("delay: ")).cloned())
            .collect();
        assert_eq!(delays.len(), 5);
        assert!(delays.windows(2).any(|pair| pair[0] != pair[1]), "{delays:?}");
        runs.push(delays);
    }
    assert_eq!(runs[0], runs[1]);
}
