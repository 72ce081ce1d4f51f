//! `per`: one count a value of a field.

use reqwest::Method;
use serde_json::json;

use crate::scripts::{Answer, Stub, load};

#[tokio::test]
async fn a_sequence_begins_anew_for_each_value() {
    let stub =
        Stub::scripted("script: 1\nrules: { getPet: { respond: [401, 404, 200], per: path.petId } }").await;
    assert_eq!(stub.statuses("/pets/1", 2).await, [401, 404]);
    assert_eq!(stub.statuses("/pets/2", 1).await, [401]);
    assert_eq!(stub.statuses("/pets/1", 2).await, [200, 200]);
    assert_eq!(stub.statuses("/~s/pets/1", 1).await, [401], "and for each session");
}

#[tokio::test]
async fn times_and_nth_are_counted_for_each_value() {
    let script = "
script: 1
rules:
  createPet:
    - { id: twice, per: header.X-Api-Key, times: 2, status: 403 }
    - { id: second, per: body.name, when: { nth: 2 }, respond: 409 }
";
    let stub = Stub::scripted(script).await;
    let create = async |key: &str, name: &str| {
        let request = stub.request(Method::POST, "/pets").header("X-Api-Key", key);
        Answer::of(request.json(&json!({"name": name}))).await.status
    };
    let mut seen = Vec::new();
    for (key, name) in
        [("a", "Rex"), ("b", "Rex"), ("a", "Rex"), ("a", "Rex"), ("a", "Tom"), ("a", "Rex"), ("b", "Rex")]
    {
        seen.push(create(key, name).await);
    }
    assert_eq!(seen, [403, 403, 403, 201, 201, 409, 403]);
}

#[tokio::test]
async fn requests_without_the_field_are_counted_together() {
    let stub =
        Stub::scripted("script: 1\nrules: { listPets: { respond: [503, 200], per: query.kind } }").await;
    assert_eq!(stub.statuses("/pets", 2).await, [503, 200]);
    assert_eq!(stub.statuses("/pets?kind=dog", 2).await, [503, 200]);
}

#[test]
fn a_field_that_is_not_there_is_told() {
    for (per, code) in [("path.id", "matcher-unknown"), ("bdy.a", "matcher-unknown"), ("''", "value-invalid")]
    {
        let error =
            load(&format!("script: 1\nrules: {{ getPet: {{ respond: 404, per: {per} }} }}")).unwrap_err();
        let found: Vec<_> = error.findings().iter().map(|one| (one.code, one.pointer.as_str())).collect();
        assert_eq!(found, [(code, "/rules/getPet/per")], "{per}");
    }
}
