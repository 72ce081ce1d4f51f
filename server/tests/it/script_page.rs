//! The page about scripts: each of its examples is loaded without a finding and does what its first line says.

use reqwest::Method;
use serde_json::{Value, json};

use crate::scripts::{Answer, Stub, load};

const PAGE: &str = include_str!("../../SCRIPTS.md");

/// The examples of the page, each with the comment that it begins with.
fn examples() -> Vec<(&'static str, &'static str)> {
    let blocks = PAGE.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.map(|text| (text.lines().next().unwrap_or_default().trim_start_matches("# "), text)).collect()
}

/// A stub under the example that begins with some words.
async fn stub(begin: &str) -> Stub {
    let found: Vec<&str> =
        examples().into_iter().filter(|(title, _)| title.starts_with(begin)).map(|(_, text)| text).collect();
    let [text] = found.as_slice() else { panic!("{} examples begin with `{begin}`", found.len()) };
    Stub::scripted(text).await
}

#[test]
fn every_example_is_loaded_without_a_warning() {
    let examples = examples();
    assert!(examples.len() >= 8, "{} examples", examples.len());
    for (title, text) in examples {
        let script = load(text).unwrap_or_else(|error| panic!("{title}: {error}"));
        let warnings: Vec<String> = script
            .findings()
            .iter()
            .filter(|finding| finding.severity > counterfoil_openapi::Severity::Note)
            .map(ToString::to_string)
            .collect();
        assert_eq!(warnings, Vec::<String>::new(), "{title}");
    }
}

#[tokio::test]
async fn a_status_and_a_name_and_a_sequence() {
    let named = stub("The documented 403; then").await;
    assert_eq!(named.create(json!({"name": "Rex"})).await.status, 403);
    assert_eq!(named.get("/pets/1").await.json()["name"], "Tom");
    let sequence = stub("401 once").await;
    assert_eq!(sequence.statuses("/pets/1", 3).await, [401, 200, 200]);
    assert_eq!(sequence.statuses("/pets", 5).await, [503, 503, 503, 200, 200]);
}

#[tokio::test]
async fn the_first_rule_that_matches() {
    let stub = stub("The first rule").await;
    assert_eq!(stub.create(json!({"name": "Rex"})).await.status, 409);
    let read_only =
        stub.request(Method::POST, "/pets").header("x-api-key", "ro-7").json(&json!({"name": "Tom"}));
    assert_eq!(Answer::of(read_only).await.status, 403);
    let created = stub.create(json!({"name": "Tom"})).await;
    assert_eq!((created.status, created.json()), (201, json!({"id": 1, "name": "Tom"})));
    assert_eq!(created.header("location"), "/pets/1");
}

#[tokio::test]
async fn what_changes_and_what_is_wrong_on_purpose() {
    let changed = stub("What changes").await;
    let named = Answer::of(changed.request(Method::GET, "/pets/1").header("X-Name", "Ada")).await;
    assert_eq!(named.json(), json!({"id": 1, "name": "Ada", "tags": ["new"]}));
    assert_eq!(changed.get("/pets/2").await.json(), json!({"id": 22, "name": "Tom"}));
    assert_eq!(changed.get("/pets/3").await.status, 200);
    assert_eq!(changed.statuses("/pets/4", 3).await, [404, 503, 404]);
    let wrong = stub("Wrong on purpose").await;
    assert_eq!(wrong.get("/pets/13").await.header("counterfoil-invalid"), "body");
    assert_eq!(wrong.get("/pets/14").await.status, 299);
    assert_eq!(wrong.get("/pets/x").await.json(), json!({"message": "no such pet"}));
}

#[tokio::test]
async fn fields_and_conditions() {
    let stub = stub("Each field").await;
    let rule = |answer: Answer| answer.header("counterfoil-rule").to_owned();
    assert_eq!(rule(stub.get("/pets?limit=50").await), "page");
    assert_eq!(rule(stub.get("/pets?kind=cat").await), "cats");
    assert_eq!(rule(stub.get("/pets?kind=dog").await), "");
    let rows = [
        (json!({"name": "a", "owner": {"id": 7, "name": "b"}}), "owned"),
        (json!({"name": "a", "tags": ["old", "new"]}), "tags"),
        (json!({"name": ""}), "odd"),
        (json!({"name": "a"}), ""),
    ];
    for (body, expected) in rows {
        assert_eq!(rule(stub.create(body.clone()).await), expected, "{body}");
    }
}

#[tokio::test]
async fn what_is_kept_and_states() {
    let keeping = stub("What is kept").await;
    assert_ne!(keeping.get("/pets").await.json(), json!([]));
    assert_eq!(keeping.create(json!({"name": "Rex"})).await.status, 201);
    assert_eq!(keeping.get("/pets").await.json(), json!([]));
    assert_eq!(keeping.statuses("/pets/1", 2).await, [404, 200]);
    assert_eq!(keeping.statuses("/pets/2", 2).await, [404, 200]);
    let life = stub("A state machine").await;
    assert_eq!(life.get("/pets/7").await.json()["id"], 7);
    assert_eq!(Answer::of(life.request(Method::DELETE, "/pets/7")).await.status, 204);
    assert_eq!(life.get("/pets/7").await.json(), json!({"message": "it ran away"}));
    assert_eq!((life.get("/pets/8").await.status, life.get("/~s1/pets/7").await.status), (200, 200));
}

#[tokio::test]
async fn items() {
    let pets = stub("Items that are made").await;
    let ada = pets.create(json!({"name": "Ada", "kind": "cat"})).await;
    assert_eq!((ada.status, ada.json()), (201, json!({"id": 3, "name": "Ada"})));
    assert_eq!((ada.header("location"), ada.header("counterfoil-source")), ("/pets/3", "resource"));
    assert_eq!(pets.get("/pets?kind=cat").await.json(), json!([{"id": 3, "name": "Ada"}]));
    assert_eq!(pets.get("/pets?limit=1").await.json(), json!([{"id": 1, "name": "Rex"}]));
    assert_eq!(Answer::of(pets.request(Method::DELETE, "/pets/3")).await.status, 204);
    assert_eq!(pets.get("/pets/3").await.json(), json!({"message": "no such pet"}));
}

#[tokio::test]
async fn templates_and_chaos() {
    let filled = stub("Filled from").await;
    let request = filled.request(Method::POST, "/pets").header("X-Api-Key", "k").header("X-Request", "r1");
    let body = json!({"name": "Rex", "owner": {"name": "Ada"}});
    let created = Answer::of(request.json(&body)).await;
    let pet: Value = created.json();
    assert_eq!((&pet["name"], &pet["owner"]), (&json!("Rex"), &json!("Ada")));
    assert!(pet["id"].as_i64().is_some_and(|id| (100..=999).contains(&id)), "{pet}");
    assert!(pet["born"].as_str().is_some_and(|born| born.ends_with('Z')), "{pet}");
    assert_eq!((created.header("location"), created.header("x-request")), ("/pets/Rex", "r1"));
    let chaos = stub("Seeded chaos").await;
    let mut resets = 0;
    for _ in 0..60 {
        resets += u8::from(chaos.request(Method::GET, "/pets").send().await.is_err());
    }
    assert!((1..15).contains(&resets), "{resets} of 60 at a chance of 5 %, the same each time");
    let mut whole = Vec::new();
    for _ in 0..4 {
        let answer = chaos.request(Method::GET, "/pets/1").send().await;
        let body = match answer {
            Ok(answer) => answer.text().await,
            Err(error) => Err(error),
        };
        whole.push(body.is_ok());
    }
    assert_eq!(whole, [true, true, false, true], "the third is cut off");
}

#[tokio::test]
async fn what_must_have_been_called() {
    let seen = stub("What CI must").await;
    let verified = async || Answer::of(seen.control(Method::GET, "/verify")).await.status;
    assert_eq!(verified().await, 409);
    seen.create(json!({"name": "Rex"})).await;
    seen.get("/pets?limit=100").await;
    assert_eq!(verified().await, 200);
    Answer::of(seen.request(Method::DELETE, "/pets/1")).await;
    assert_eq!(verified().await, 409);
}
