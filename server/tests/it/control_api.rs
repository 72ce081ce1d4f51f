//! The control API over HTTP, row by row of its table.

use reqwest::Method;
use serde_json::{Value, json};

use crate::scripts::{Answer, Stub, pets};

const SCRIPT: &str = "script: 1\nrules: { getPet: [401, 200] }";

/// Sends what `curl -X METHOD -d BODY` would: a body that says it is a form.
async fn curl(stub: &Stub, method: Method, path: &str, body: &'static str) -> Answer {
    let request = stub.control(method, path).header("content-type", "application/x-www-form-urlencoded");
    Answer::of(request.body(body)).await
}

async fn show(stub: &Stub, path: &str) -> Answer {
    Answer::of(stub.control(Method::GET, path)).await
}

async fn delete(stub: &Stub, path: &str) -> Answer {
    Answer::of(stub.control(Method::DELETE, path)).await
}

#[tokio::test]
async fn health_tells_what_is_served() {
    let stub = Stub::scripted(SCRIPT).await;
    let health = show(&stub, "/health").await;
    let script = crate::scripts::load(SCRIPT).expect("the script is good");
    assert_eq!(
        (health.status, health.json()),
        (
            200,
            json!({
                "ok": true,
                "version": env!("CARGO_PKG_VERSION"),
                "document_digest": pets().digest(),
                "script_digest": script.digest(),
            })
        )
    );
    assert_eq!(show(&stub, "/version").await.json(), health.json());
    let unscripted = Stub::start(Vec::new()).await;
    assert_eq!(show(&unscripted, "/health").await.json()["script_digest"], Value::Null);
}

#[tokio::test]
async fn operations_are_listed_with_statuses_examples_rules_and_calls() {
    let stub = Stub::scripted(SCRIPT).await;
    stub.statuses("/pets/1", 2).await;
    let listed = show(&stub, "/operations").await.json();
    let of = |id: &str| {
        let all = listed.as_array().expect("a list");
        all.iter().find(|operation| operation["operation_id"] == id).expect("it is listed").clone()
    };
    assert_eq!(
        of("getPet"),
        json!({
            "operation_id": "getPet", "document": "pets.yaml", "method": "GET", "path": "/pets/{petId}",
            "summary": null, "statuses": ["200", "401", "404", "4XX", "503"],
            "examples": { "200": ["rex", "tom"], "404": ["notFound", "gone"], "503": ["gone"] },
            "rules": 1, "calls": 2,
        })
    );
    assert_eq!((&of("putBlobs")["rules"], &of("putBlobs")["calls"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn one_call_switches_what_an_operation_answers_and_another_switches_back() {
    let stub = Stub::scripted(SCRIPT).await;
    let table = [
        ("404/gone", 404, json!({"message": "it ran away"}), json!(["getPet#reply", 0])),
        ("tom", 200, json!({"id": 2, "name": "Tom"}), json!(["getPet#reply", 0])),
        ("\"tom\"", 200, json!({"id": 2, "name": "Tom"}), json!(["getPet#reply", 0])),
        ("[503, 200]", 503, json!({"message": "busy"}), json!(["getPet#reply", 0])),
        (
            r#"{"status": 401, "headers": {"X-A": "1"}}"#,
            401,
            json!({"message": "no"}),
            json!(["getPet#reply", 1]),
        ),
        (
            "{ when: { path.petId: 1 }, body: { id: 5, name: Ada } }",
            200,
            json!({"id": 5, "name": "Ada"}),
            json!(["getPet#reply", 0]),
        ),
        (
            r#"[{"id": "mine", "patch": {"name": "Rax"}}]"#,
            200,
            json!({"id": 1, "name": "Rax"}),
            json!(["mine", 0]),
        ),
    ];
    for (reply, status, body, outcome) in table {
        let set = curl(&stub, Method::PUT, "/operations/getPet/reply", reply).await;
        assert_eq!(set.status, 200, "{reply}: {}", set.text);
        let warnings = set.json()["warnings"].as_array().map_or(0, Vec::len);
        assert_eq!(json!([set.json()["rule"], warnings]), outcome, "{reply}");
        let answer = stub.get("/pets/1").await;
        assert_eq!((answer.status, answer.json()), (status, body), "{reply}");
        assert_eq!(json!(answer.header("counterfoil-rule")), outcome[0], "{reply}");
    }
    assert_eq!(delete(&stub, "/operations/getPet/reply").await.status, 204);
    assert_eq!(
        stub.statuses("/pets/1", 2).await,
        [401, 200],
        "the script's own rules are back, and were not used"
    );
    let by_path = curl(&stub, Method::PUT, "/operations/GET%20%2Fpets%2F%7BpetId%7D/reply", "503/gone").await;
    assert_eq!((by_path.status, stub.get("/pets/1").await.status), (200, 503));
}

#[tokio::test]
async fn a_reply_that_a_script_could_not_hold_is_refused_whole() {
    let stub = Stub::scripted(SCRIPT).await;
    let broken = "{ status: 418, patch: { name: 3 },\n  stauts: 1, when: { path.id: 1 } }";
    let refused = curl(&stub, Method::PUT, "/operations/listPets/reply", broken).await;
    insta::assert_snapshot!(serde_json::to_string_pretty(&refused.json()).expect("it is JSON"));
    assert_eq!(refused.status, 422);
    assert_eq!(stub.get("/pets").await.header("counterfoil-source"), "example", "nothing has changed");
    for empty in ["", " "] {
        assert_eq!(curl(&stub, Method::PUT, "/operations/listPets/reply", empty).await.status, 422);
    }
    let unknown = curl(&stub, Method::PUT, "/operations/getPets/reply", "403").await;
    assert_eq!(
        (unknown.status, unknown.json()),
        (
            404,
            json!({
                "type": "operation-unknown", "title": "nothing has this name", "status": 404,
                "detail": "no operation is called `getPets`; did you mean `getPet`?", "errors": [],
            })
        )
    );
    assert_eq!(delete(&stub, "/operations/getPets/reply").await.status, 404);
    let huge = stub.control(Method::PUT, "/operations/getPet/reply").body("x".repeat(2 << 20));
    assert_eq!(Answer::of(huge).await.status, 400);
}

#[tokio::test]
async fn calls_are_listed_filtered_paged_shown_and_forgotten() {
    let stub = Stub::scripted(SCRIPT).await;
    stub.statuses("/pets/1", 3).await;
    stub.get("/pets?limit=none").await;
    stub.get("/nowhere").await;
    let ids = |answer: Answer| -> Vec<u64> {
        let items = answer.json()["items"].as_array().expect("a list of calls").clone();
        items.iter().map(|call| call["id"].as_u64().expect("a number")).collect()
    };
    let table = [
        ("/calls", vec![1, 2, 3, 4, 5]),
        ("/calls?op=getPet", vec![1, 2, 3]),
        ("/calls?op=GET%20%2Fpets", vec![4]),
        ("/calls?status=200", vec![2, 3]),
        ("/calls?valid=false", vec![4]),
        ("/calls?valid=true&op=getPet&status=401", vec![1]),
        ("/calls?after=3", vec![4, 5]),
        ("/calls?limit=2", vec![1, 2]),
        ("/calls?after=2&limit=2", vec![3, 4]),
    ];
    for (path, expected) in table {
        assert_eq!(ids(show(&stub, path).await), expected, "{path}");
    }
    assert_eq!(show(&stub, "/calls?limit=2").await.json()["next"], 2);
    assert_eq!(show(&stub, "/calls?after=3&limit=2").await.json()["next"], Value::Null);
    assert_eq!(show(&stub, "/calls?op=nope").await.status, 404);
    assert_eq!(show(&stub, "/calls?status=many").await.status, 400);

    let call = show(&stub, "/calls/4").await.json();
    assert_eq!(
        json!([
            call["method"],
            call["url"],
            call["operation"],
            call["status"],
            call["valid"],
            call["source"]
        ]),
        json!(["GET", "/pets?limit=none", "listPets", 400, false, "validation"]),
        "{call}"
    );
    assert!(call["violations"][0].as_str().is_some_and(|line| line.starts_with("query.limit: ")), "{call}");
    assert!(call["trail"].as_array().is_some_and(|trail| trail.len() > 1), "{call}");
    assert!(call["request"]["headers"].as_array().is_some_and(|headers| !headers.is_empty()), "{call}");
    assert_eq!(call["response"]["body_altered"], false);
    let scripted = show(&stub, "/calls/1").await.json();
    assert_eq!(json!([scripted["rule"], scripted["source"]]), json!(["getPet#1", "rule"]));
    assert_eq!(show(&stub, "/calls/99").await.status, 404);

    assert_eq!(delete(&stub, "/calls").await.status, 204);
    assert_eq!(ids(show(&stub, "/calls").await), [] as [u64; 0]);
    assert_eq!(show(&stub, "/calls/1").await.status, 404);
}

#[tokio::test]
async fn reset_puts_back_what_it_is_asked_to() {
    // After one call, a reply set at run time and one more call, each scope gives back its own part.
    let table = [
        ("", [200, 401], 2),
        ("{}", [200, 401], 2),
        (r#"{"scopes": ["rules"]}"#, [200, 200], 4),
        (r#"{"scopes": ["rules", "sequences"]}"#, [200, 401], 4),
        (r#"{"scopes": ["calls"]}"#, [503, 503], 2),
        (r#"{"scopes": []}"#, [503, 503], 4),
    ];
    for (body, [_, expected], calls) in table {
        let stub = Stub::scripted(SCRIPT).await;
        stub.get("/pets/1").await;
        curl(&stub, Method::PUT, "/operations/getPet/reply", "503").await;
        stub.get("/pets/1").await;
        let reset = curl(&stub, Method::POST, "/reset", body).await;
        assert_eq!((reset.status, reset.text.as_str()), (204, ""), "{body}");
        let first = stub.get("/pets/1").await.status;
        assert_eq!(first, expected, "{body}");
        stub.get("/pets/1").await;
        assert_eq!(stub.server.calls().len(), calls, "{body}");
    }
    let stub = Stub::scripted(SCRIPT).await;
    for wrong in [r#"{"scopes": ["rulez"]}"#, r#"{"scope": ["rules"]}"#, "[", "\"rules\""] {
        let refused = curl(&stub, Method::POST, "/reset", wrong).await;
        assert_eq!((refused.status, &refused.json()["type"]), (422, &json!("findings")), "{wrong}");
    }
}

#[tokio::test]
async fn the_api_shows_its_own_document() {
    let stub = Stub::scripted(SCRIPT).await;
    assert_eq!(show(&stub, "/openapi.json").await.json(), counterfoil_server::control_document());
}

#[tokio::test]
async fn no_operation_answers_a_page_of_another_origin() {
    let stub = Stub::scripted(SCRIPT).await;
    curl(&stub, Method::PUT, "/operations/getPet/reply", "503").await;
    let document = counterfoil_server::control_document();
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().expect("a document has paths") {
        let path =
            path.replace("{op}", "getPet").replace("{id}", "1").replace("{key}", "a").replace("{name}", "a");
        for method in item.as_object().expect("a path has operations").keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
            for (name, value) in [
                ("host", "rebound.example"),
                ("origin", "http://evil.example"),
                ("origin", "null"),
                ("sec-fetch-site", "cross-site"),
            ] {
                let request = stub.control(method.clone(), &path).header(name, value).body("404/gone");
                let refused = Answer::of(request).await;
                assert_eq!(refused.status, 403, "{method} {path} with {name}: {value}: {}", refused.text);
                asked += 1;
            }
        }
    }
    assert!(asked >= 36, "{asked} requests");
    assert_eq!(stub.get("/pets/1").await.status, 503, "none of them had an effect");
    let local = stub.control(Method::GET, "/health").header("origin", "http://localhost:3000");
    assert_eq!(Answer::of(local).await.status, 200);
}

#[tokio::test]
async fn the_control_plane_stops_with_its_stub() {
    let stub = Stub::scripted(SCRIPT).await;
    let address = stub.server.control_url().unwrap().trim_start_matches("http://").to_owned();
    assert!(tokio::net::TcpStream::connect(&address).await.is_ok());
    stub.server.close().await;
    assert!(tokio::net::TcpStream::connect(&address).await.is_err(), "nobody listens any more");
    let without = counterfoil_server::StubServer::builder(pets()).start().await.unwrap();
    assert_eq!(without.control_url(), None);
}
