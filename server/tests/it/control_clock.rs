//! The clock that scripts go by, over the control API.

use reqwest::Method;
use serde_json::{Value, json};

use crate::scripts::{Answer, Stub};

const SCRIPT: &str = "
script: 1
sessions: { ttl: 10m }
rules:
  getPet: { expires: 1h, respond: 404 }
  createPet: { headers: { Location: '/at/${now+1h}' } }
";

async fn set(stub: &Stub, query: &str, body: &'static str) -> Answer {
    Answer::of(stub.control(Method::PUT, &format!("/clock{query}")).body(body)).await
}

async fn show(stub: &Stub, query: &str) -> Value {
    Answer::of(stub.control(Method::GET, &format!("/clock{query}"))).await.json()
}

async fn written(stub: &Stub) -> String {
    stub.create(json!({"name": "Rex"})).await.header("location").to_owned()
}

#[tokio::test]
async fn a_clock_that_stands_still_is_what_templates_see() {
    let stub = Stub::scripted(SCRIPT).await;
    let frozen = set(&stub, "", r#"{"freeze": "2026-01-31T23:30:00+01:00"}"#).await;
    assert_eq!((frozen.status, frozen.json()), (200, json!({"now": "2026-01-31T22:30:00Z", "frozen": true})));
    assert_eq!(written(&stub).await, "/at/2026-01-31T23:30:00Z");
    set(&stub, "", "advance: 2h").await;
    assert_eq!(written(&stub).await, "/at/2026-02-01T01:30:00Z");
    assert_eq!(show(&stub, "").await, json!({"now": "2026-02-01T00:30:00Z", "frozen": true}));
    assert_eq!(
        set(&stub, "", r#"{"freeze": "now", "advance": "1m"}"#).await.json()["now"],
        "2026-02-01T00:31:00Z"
    );
    assert_eq!(set(&stub, "", r#"{"reset": true}"#).await.json()["frozen"], false);
    assert_ne!(show(&stub, "").await["now"], "2026-02-01T00:31:00Z");
}

#[tokio::test]
async fn what_expires_goes_by_the_clock() {
    let stub = Stub::scripted(SCRIPT).await;
    set(&stub, "", "advance: 59m").await;
    assert_eq!(stub.get("/pets/1").await.status, 404);
    set(&stub, "", "advance: 1m").await;
    assert_eq!(stub.get("/pets/1").await.status, 200);
    assert_eq!(stub.get("/~late/pets/1").await.status, 404, "it begins with the session");
    set(&stub, "", "reset: true").await;
    assert_eq!(stub.get("/pets/1").await.status, 200, "what has expired stays so");
    // What is set now is as old as now.
    let reply = stub.control(Method::PUT, "/operations/getPet/reply").body("{ expires: 30m, status: 401 }");
    Answer::of(reply).await;
    assert_eq!(stub.get("/pets/1").await.status, 401);
    set(&stub, "", "advance: 30m").await;
    assert_eq!(stub.get("/pets/1").await.status, 200);
}

#[tokio::test]
async fn a_session_goes_by_its_own_clock_once_that_was_set() {
    let stub = Stub::scripted(SCRIPT).await;
    set(&stub, "?session=a", "advance: 2h").await;
    assert_eq!(stub.get("/~a/pets/1").await.status, 200);
    assert_eq!((stub.get("/~b/pets/1").await.status, stub.get("/pets/1").await.status), (404, 404));
    set(&stub, "", r#"{"freeze": "2026-01-01T00:00:00Z"}"#).await;
    assert_eq!(show(&stub, "?session=b").await, json!({"now": "2026-01-01T00:00:00Z", "frozen": true}));
    assert_eq!(show(&stub, "?session=a").await["frozen"], false);
}

#[tokio::test]
async fn sessions_go_by_the_clock_of_the_stub() {
    let stub = Stub::scripted(SCRIPT).await;
    let call = async || stub.get("/~a/pets/1").await.header("counterfoil-call").to_owned();
    assert_eq!((call().await, call().await), ("1".to_owned(), "2".to_owned()));
    set(&stub, "", "advance: 10m").await;
    assert_eq!(call().await, "1", "it begins anew");
}

#[tokio::test]
async fn a_reset_of_everything_resets_the_clock() {
    let stub = Stub::scripted(SCRIPT).await;
    for (scopes, is_frozen) in [(r#"{"scopes": ["rules", "state"]}"#, true), ("", false)] {
        set(&stub, "", "freeze: now").await;
        Answer::of(stub.control(Method::POST, "/reset").body(scopes)).await;
        assert_eq!(show(&stub, "").await["frozen"], is_frozen, "{scopes}");
    }
}

#[tokio::test]
async fn what_no_clock_can_do_is_refused() {
    let stub = Stub::scripted(SCRIPT).await;
    let table = [
        (r#"{"freeze": "tomorrow"}"#, "/freeze"),
        (r#"{"freeze": "1969-12-31T23:59:59Z"}"#, "/freeze"),
        (r#"{"advance": "-1h"}"#, "/advance"),
        (r#"{"reset": false}"#, ""),
        ("{}", ""),
        (r#"{"stop": true}"#, ""),
    ];
    for (body, pointer) in table {
        let refused = set(&stub, "", body).await;
        assert_eq!(
            (refused.status, &refused.json()["errors"][0]["pointer"]),
            (422, &json!(pointer)),
            "{body}"
        );
    }
    assert_eq!(show(&stub, "").await["frozen"], false);
}
