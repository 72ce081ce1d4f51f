//! `GET /calls/{id}/explain`: what each rule made of a call.

use std::fmt::Write as _;

use reqwest::Method;
use serde_json::{Value, json};

use crate::scripts::{Answer, Stub};

const SCRIPT: &str = "
script: 1
state: { mood: good }
scenarios:
  life: { per: path.petId, start: alive, states: { alive: { deletePet: { to: gone } }, gone: { getPet: 404/gone } } }
rules:
  getPet:
    - { id: once, times: 1, respond: 401 }
    - { id: third, when: { nth: 3 }, respond: 503 }
    - { id: thirteen, when: { path.petId: 13, header.X-Debug: { re: '^on' } }, respond: 404/notFound }
    - { id: moody, when: { state.mood: bad }, respond: 503 }
    - { id: two, when: { path.petId: 2, any: [{ query.a: 1 }, { query.b: 1 }] }, respond: 404/gone }
    - { id: usual, when: { path.petId: { lt: 50 } }, example: tom }
  createPet:
    - { id: odd, when: { invalid: [body] }, respond: 400 }
    - { id: key, when: { header.X-Api-Key: secret-1 }, respond: 403 }
    - { id: rex, when: { body: { name: Rex, owner: { id: 7 } } }, respond: 409 }
";

/// The explanation of a call in a few lines.
async fn explained(stub: &Stub, id: u64) -> String {
    let answer = Answer::of(stub.control(Method::GET, &format!("/calls/{id}/explain"))).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let explanation = answer.json();
    let mut text = format!("call {id}: {}\n", explanation["why"].as_str().expect("a text"));
    for candidate in explanation["candidates"].as_array().expect("a list") {
        let text_of = |key: &str| candidate[key].as_str().unwrap_or_default().to_owned();
        let _ = write!(text, "  {} ({}): {}", text_of("rule"), text_of("layer"), text_of("outcome"));
        if candidate["difference"] != Value::Null {
            let _ = write!(text, " {}", candidate["difference"]);
        }
        let _ = writeln!(text, " {}", text_of("reason"));
    }
    text
}

#[tokio::test]
async fn every_rule_is_told_with_what_failed() {
    let stub = Stub::scripted(SCRIPT).await;
    stub.get("/pets/1").await;
    stub.get("/pets/13").await;
    stub.create(json!({"name": "Rex", "owner": {"id": 8}})).await;
    stub.create(json!({"name": 5})).await;
    let named = stub.request(Method::GET, "/pets/1").header("Prefer", "code=404, example=gone");
    Answer::of(named).await;
    stub.get("/nowhere").await;
    Answer::of(stub.request(Method::DELETE, "/pets/1")).await;
    stub.get("/pets/1").await;
    let set = stub.control(Method::PUT, "/operations/getPet/reply").body("503/gone");
    assert_eq!(Answer::of(set).await.status, 200);
    stub.get("/pets/2").await;
    let mut told = String::new();
    for id in 1..=9 {
        told.push_str(&explained(&stub, id).await);
    }
    insta::assert_snapshot!(told);
    assert!(!told.contains("secret-1"), "what is secret is not shown");
    let unknown = Answer::of(stub.control(Method::GET, "/calls/99/explain")).await;
    assert_eq!((unknown.status, &unknown.json()["type"]), (404, &json!("call-unknown")));
}

#[tokio::test]
async fn one_explanation_in_full() {
    let stub = Stub::scripted(SCRIPT).await;
    stub.create(json!({"name": "Rex", "age": "three"})).await;
    let mut explanation = Answer::of(stub.control(Method::GET, "/calls/1/explain")).await.json();
    explanation["call"]["latency_us"] = json!(0);
    insta::assert_snapshot!(serde_json::to_string_pretty(&explanation).expect("it is JSON"));
}

#[tokio::test]
async fn of_very_many_rules_the_one_that_answered_is_told() {
    let mut script = "script: 1\nrules:\n  getPet:\n".to_owned();
    for id in 0..1_000 {
        let _ = writeln!(script, "    - {{ id: r{id}, when: {{ path.petId: {id} }}, respond: 404/gone }}");
    }
    let stub = Stub::scripted(&script).await;
    stub.get("/pets/777").await;
    let explanation = Answer::of(stub.control(Method::GET, "/calls/1/explain")).await.json();
    let candidates = explanation["candidates"].as_array().expect("a list");
    let last = candidates.last().expect("there are some");
    assert_eq!((&last["rule"], &last["outcome"]), (&json!("r777"), &json!("answered")));
    assert_eq!((candidates.len(), &explanation["left_out"]), (201, &json!(799)));
}
