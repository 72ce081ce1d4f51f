//! What rules can ask of a request beyond the values of its fields, over HTTP.

use reqwest::Method;
use serde_json::json;

use crate::scripts::{Answer, Stub, load};

#[tokio::test]
async fn a_schema_holds_of_values_and_its_references_lead_into_the_document() {
    let script = r##"
script: 1
rules:
  createPet:
    - { id: owned, when: { body.owner: { schema: { allOf: [{ $ref: "#/components/schemas/Owner" }], required: [id] } } }, respond: 409 }
    - { id: long, when: { body.name: { schema: { type: string, minLength: 5 } } }, respond: 403 }
    - { id: short, when: { body: { schema: true } }, respond: 201 }
"##;
    let stub = Stub::scripted(&script.replace("body: { schema", "'body#': { schema")).await;
    let table = [
        (json!({"name": "a", "owner": {"id": 7}}), "owned"),
        (json!({"name": "a", "owner": {"name": "x"}}), "short"),
        (json!({"name": "Ferdinand", "owner": {}}), "long"),
        (json!({"name": "Rex"}), "short"),
    ];
    for (body, rule) in table {
        assert_eq!(stub.create(body.clone()).await.header("counterfoil-rule"), rule, "{body}");
    }
}

#[tokio::test]
async fn the_media_type_sent_and_those_accepted_can_be_asked_for() {
    let script = "
script: 1
rules:
  generateToken:
    - { id: html, when: { accept: text/html, not: { accept: application/json } }, media_type: text/html }
    - { id: form, when: { media_type: [text/plain, application/x-www-form-urlencoded] }, media_type: application/json }
  createPet:
    - { id: json, when: { media_type: application/* }, respond: 409 }
";
    let stub = Stub::scripted(script).await;
    let form = |accept: &'static str| {
        let request = stub.request(Method::POST, "/token").header("accept", accept);
        request.header("content-type", "application/x-www-form-urlencoded; charset=utf-8").body("user=u")
    };
    let table = [
        ("text/html", "html"),
        ("text/*;q=0.5", "html"),
        ("application/json", "form"),
        ("*/*", "form"),
        ("text/html;q=0, */*", "form"),
    ];
    for (accept, rule) in table {
        assert_eq!(Answer::of(form(accept)).await.header("counterfoil-rule"), rule, "{accept}");
    }
    assert_eq!(stub.create(json!({"name": "Rex"})).await.header("counterfoil-rule"), "json");
}

#[tokio::test]
async fn chance_takes_its_share_and_the_seed_decides_which() {
    let script = "
script: 1
seed: 7
rules: { getPet: [{ when: { chance: 0.25, path.petId: 1 }, respond: 401 }] }
";
    let (one, two) = (Stub::scripted(script).await, Stub::scripted(script).await);
    let statuses = one.statuses("/pets/1", 200).await;
    assert_eq!(statuses, two.statuses("/pets/1", 200).await, "the same seed, the same requests");
    let taken = statuses.iter().filter(|status| **status == 401).count();
    assert!((30..70).contains(&taken), "{taken} of 200 at a chance of a quarter");
    let other = Stub::scripted(&script.replace("seed: 7", "seed: 8")).await;
    assert_ne!(statuses, other.statuses("/pets/1", 200).await, "another seed");
    let always =
        Stub::scripted("script: 1\nrules: { getPet: [{ when: { chance: 1 }, respond: 401 }] }").await;
    assert_eq!(always.statuses("/pets/1", 20).await, [401; 20]);
}

#[tokio::test]
async fn nth_and_chance_count_the_same_requests() {
    let script = "
script: 1
rules: { getPet: [{ when: { chance: 1, nth: '2..3' }, respond: 401 }, { when: { nth: '5' }, respond: 404/gone }] }
";
    let stub = Stub::scripted(script).await;
    // The second rule sees what the first leaves.
    assert_eq!(stub.statuses("/pets/1", 8).await, [200, 401, 401, 200, 200, 200, 404, 200]);
}

#[tokio::test]
async fn a_rule_that_has_expired_is_skipped() {
    let script = "
script: 1
rules:
  getPet:
    - { id: gone, expires: 1us, respond: 401 }
    - { id: there, expires: 48h, respond: 404/gone }
";
    let stub = Stub::scripted(script).await;
    assert_eq!(stub.get("/pets/1").await.header("counterfoil-rule"), "there");
}

#[tokio::test]
async fn what_no_script_keeps_is_absent() {
    let script = "
script: 1
rules:
  getPet:
    - { id: kept, when: { state.mode: broken }, respond: 401 }
    - { id: nothing, when: { state.mode: { exists: false } }, respond: 404/gone }
";
    let stub = Stub::scripted(script).await;
    assert_eq!(stub.get("/pets/1").await.header("counterfoil-rule"), "nothing");
}

#[tokio::test]
async fn validity_can_be_asked_for_inside_conditions() {
    let script = "
script: 1
rules:
  listPets:
    - { id: odd, when: { any: [{ invalid: [query.limit] }, { query.kind: cat }] }, status: 503 }
    - { id: good, when: { not: { valid: false } }, respond: none }
    - { id: rest, when: { valid: any }, status: 200 }
";
    let stub = Stub::scripted(script).await;
    let table = [
        ("?limit=0", "odd"),
        ("?kind=cat", "odd"),
        ("?kind=dog", "good"),
        ("", "good"),
        ("?kind=cow", "rest"),
    ];
    for (query, rule) in table {
        assert_eq!(stub.get(&format!("/pets{query}")).await.header("counterfoil-rule"), rule, "{query}");
    }
}

#[tokio::test]
async fn what_becomes_of_invalid_requests_is_the_scripts_affair() {
    let script = |word: &str| {
        format!(
            "script: 1\ndefaults: {{ on_invalid_request: {word} }}\nrules:\n  listPets:\n    - {{ id: own, when: {{ valid: false, query.limit: 0 }}, respond: 503 }}\n    - {{ id: usual, respond: none }}"
        )
    };
    for (word, status, rule) in [("reply", 400, ""), ("log", 200, "usual"), ("ignore", 200, "usual")] {
        let stub = Stub::scripted(&script(word)).await;
        let wrong = stub.get("/pets?limit=1000").await;
        assert_eq!((wrong.status, wrong.header("counterfoil-rule")), (status, rule), "{word}");
        let trail = stub.server.calls()[0].trail.join("\n");
        assert_eq!(trail.contains("the maximum of 100"), word != "ignore", "{word}: {trail}");
        // A rule that asks for such requests comes first.
        assert_eq!(stub.get("/pets?limit=0").await.header("counterfoil-rule"), "own", "{word}");
        assert_eq!(stub.get("/pets?limit=1").await.header("counterfoil-rule"), "usual", "{word}");
    }
}

#[test]
fn what_can_never_be_is_told() {
    let table = [
        ("generateToken: {when: {media_type: application/json}}", "matcher-never-matches"),
        ("listPets: {when: {chance: 0}}", "matcher-never-matches"),
        ("listPets: {when: {chance: 1.5}}", "value-invalid"),
        ("listPets: {when: {media_type: []}}", "matcher-never-matches"),
        ("listPets: {when: {media_type: json}}", "value-invalid"),
        ("listPets: {when: {not: {chance: 0.5}}}", "matcher-unknown"),
        ("listPets: {when: {query.limit: {schema: 3}}}", "value-invalid"),
        ("listPets: {when: {state.: 1}}", "matcher-unknown"),
        ("listPets: {expires: 90}", "value-invalid"),
        ("listPets: {expires: 9000h}", "value-invalid"),
    ];
    for (rule, code) in table {
        let error = load(&format!("script: 1\nrules: {{ {rule} }}")).expect_err(rule);
        let codes: Vec<&str> = error.findings().iter().map(|finding| finding.code).collect();
        assert_eq!(codes, [code], "{rule}: {error}");
    }
    let odd = load("script: 1\nrules: { listPets: [{when: {accept: text/csv}, respond: 503}] }")
        .expect("a warning");
    assert_eq!(odd.findings()[0].code, "matcher-never-matches");
}
