//! Which response: invalid requests.

use counterfoil_openapi::validate::Enforcement;
use serde_json::{Value, json};

use crate::stub::{Row, Stub, tables};

type Headers = &'static [(&'static str, &'static str)];

const KEY: (&str, &str) = ("x-key", "k");
const JSON: (&str, &str) = ("content-type", "application/json");
const CSV: (&str, &str) = ("content-type", "text/csv");
const GOOD: &str = r#"{"name": "Rex"}"#;
const BAD: &str = r#"{"name": 7}"#;
/// Longer than the limit that these tests set.
const LARGE: &str = r#"{"name": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}"#;

fn row(
    about: &'static str,
    line: &'static str,
    headers: Headers,
    body: &'static str,
    status: u16,
    reply: impl Into<Value>,
) -> Row {
    Row { about, line, headers, body, status, reply: reply.into() }
}

async fn limited() -> Stub {
    Stub::start(tables().body_limit(64)).await
}

#[tokio::test]
async fn every_row_of_invalid_requests() {
    let stub = limited().await;
    stub.walk([
        row("valid", "POST /invalid/x/all", &[KEY, JSON], GOOD, 200, "ok"),
        row("security: 401", "POST /invalid/x/all", &[JSON], GOOD, 401, 401),
        row("security: 403", "POST /invalid/x/second", &[JSON], GOOD, 403, 403),
        row("security: 4XX", "POST /invalid/x/range", &[JSON], GOOD, 401, "4XX"),
        row("security: default", "POST /invalid/x/default", &[JSON], GOOD, 401, "default"),
        row("security: else", "POST /invalid/x/none", &[JSON], GOOD, 401, "problem unauthorized"),
        row("media type: 415", "POST /invalid/x/all", &[KEY, CSV], GOOD, 415, 415),
        row("media type: 422", "POST /invalid/x/second", &[KEY, CSV], GOOD, 422, 422),
        row("media type: 4XX", "POST /invalid/x/range", &[KEY, CSV], GOOD, 415, "4XX"),
        row("media type: default", "POST /invalid/x/default", &[KEY, CSV], GOOD, 415, "default"),
        row(
            "media type: else",
            "POST /invalid/x/none",
            &[KEY, CSV],
            GOOD,
            415,
            "problem media-type-unsupported",
        ),
        row("media type: none sent", "POST /invalid/x/all", &[KEY], GOOD, 415, 415),
        row("Accept: 406", "POST /invalid/x/all", &[KEY, JSON, ("accept", "text/csv")], GOOD, 406, 406),
        row(
            "Accept: default",
            "POST /invalid/x/default",
            &[KEY, JSON, ("accept", "text/csv")],
            GOOD,
            406,
            "default",
        ),
        row(
            "Accept: else",
            "POST /invalid/x/none",
            &[KEY, JSON, ("accept", "text/csv")],
            GOOD,
            406,
            "problem not-acceptable",
        ),
        row("too large: 413", "POST /invalid/x/all", &[KEY, JSON], LARGE, 413, 413),
        row("too large: 4XX", "POST /invalid/x/range", &[KEY, JSON], LARGE, 413, "4XX"),
        row("too large: default", "POST /invalid/x/default", &[KEY, JSON], LARGE, 413, "default"),
        row("too large: else", "POST /invalid/x/none", &[KEY, JSON], LARGE, 413, "problem body-too-large"),
        row("anything else: 400", "POST /invalid/x/all", &[KEY, JSON], BAD, 400, 400),
        row("anything else: 422", "POST /invalid/x/second", &[KEY, JSON], BAD, 422, 422),
        row("anything else: 4XX", "POST /invalid/x/range", &[KEY, JSON], BAD, 400, "4XX"),
        row("anything else: default", "POST /invalid/x/default", &[KEY, JSON], BAD, 400, "default"),
        row("anything else: else", "POST /invalid/x/none", &[KEY, JSON], BAD, 400, "problem request-invalid"),
        row("a parameter", "POST /invalid/x/all?limit=11", &[KEY, JSON], GOOD, 400, 400),
        row("a parameter of the wrong type", "POST /invalid/x/all?limit=x", &[KEY, JSON], GOOD, 400, 400),
        row("not JSON", "POST /invalid/x/all", &[KEY, JSON], "{", 400, 400),
        row(
            "a readOnly member",
            "POST /invalid/x/all",
            &[KEY, JSON],
            r#"{"name": "Rex", "id": 1}"#,
            400,
            400,
        ),
        row("a body is required", "POST /invalid/x/all", &[KEY, JSON], "", 400, 400),
    ])
    .await;
}

#[tokio::test]
async fn security_comes_first_then_the_media_type_then_the_rest() {
    let stub = limited().await;
    stub.walk([
        row("security before all", "POST /invalid/x/all?limit=11", &[CSV], BAD, 401, 401),
        row("security before size", "POST /invalid/x/all", &[JSON], LARGE, 401, 401),
        row("media type before the rest", "POST /invalid/x/all?limit=11", &[KEY, CSV], BAD, 415, 415),
        row(
            "the rest before Accept",
            "POST /invalid/x/all",
            &[KEY, JSON, ("accept", "text/csv")],
            BAD,
            400,
            400,
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_preferred_code_wins_over_violations() {
    let stub = limited().await;
    stub.walk([
        row("Prefer: code", "POST /invalid/x/all", &[JSON, ("prefer", "code=422")], BAD, 422, 422),
        row("Prefer: code", "POST /invalid/x/all?__code=200", &[], "", 200, "ok"),
        row(
            "Prefer: example is none",
            "POST /pets",
            &[JSON, ("prefer", "example=x")],
            BAD,
            400,
            json!({"error": "pet refused"}),
        ),
    ])
    .await;
}

#[tokio::test]
async fn all_violations_are_told_in_header_problem_and_journal() {
    let stub = limited().await;
    let reply = stub.send("POST /invalid/x/none?limit=11", &[JSON], BAD).await;
    assert_eq!(reply.header("counterfoil-source"), "validation");
    let expected = [
        "security: no valid credentials: the header `x-key` is missing, or `Authorization: Basic ...` is missing [unauthorized]",
        "query.limit: 11 is greater than the maximum of 10 [maximum]",
        "body/name: 7 is not of type \"string\" [type]",
    ];
    let reason = reply.header("counterfoil-reason").replace("X-Key", "x-key").replace("\\u{2026}", "...");
    assert_eq!(reason.split("; ").collect::<Vec<_>>(), expected);
    let problem: Value = serde_json::from_slice(&reply.body).unwrap();
    let rules: Vec<&str> = problem["violations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|violation| violation["rule"].as_str().unwrap())
        .collect();
    assert_eq!(rules, ["unauthorized", "maximum", "type"]);
    let calls = stub.server.calls();
    assert_eq!(calls[0].violations.len(), 3);
}

#[tokio::test]
async fn a_401_says_which_credentials_are_asked_for() {
    let stub = Stub::start(tables()).await;
    let challenges = |reply: &crate::stub::Reply| {
        let values = reply.headers.get_all("www-authenticate").iter();
        values.map(|value| value.to_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let expected =
        [r#"ApiKey realm="counterfoil", in="header", name="X-Key""#, r#"Basic realm="counterfoil""#];
    let problem = stub.send("POST /invalid/x/none", &[], "").await;
    assert_eq!(challenges(&problem), expected);
    let documented = stub.send("POST /invalid/x/all", &[], "").await;
    assert_eq!(challenges(&documented), expected[..1]);
    let forced = stub.send("POST /invalid/x/all", &[("prefer", "code=401")], "").await;
    assert!(challenges(&forced).is_empty(), "nothing is asked for: the reply was");
}

#[tokio::test]
async fn every_row_of_security() {
    let stub = Stub::start(tables()).await;
    stub.walk([
        row("apiKey in a header", "GET /secure/x", &[KEY], "", 200, "ok"),
        row("apiKey, empty", "GET /secure/x", &[("x-key", "")], "", 401, "problem unauthorized"),
        row("basic", "GET /secure/x", &[("authorization", "Basic dXNlcjpwYXNz")], "", 200, "ok"),
        row(
            "scheme names are case-insensitive",
            "GET /secure/x",
            &[("authorization", "bASIC dXNlcjpwYXNz")],
            "",
            200,
            "ok",
        ),
        row(
            "basic, malformed",
            "GET /secure/x",
            &[("authorization", "Basic !")],
            "",
            401,
            "problem unauthorized",
        ),
        row("AND: both", "GET /secure/x?api_key=q", &[("authorization", "Bearer t")], "", 200, "ok"),
        row(
            "AND: one of two",
            "GET /secure/x",
            &[("authorization", "Bearer t")],
            "",
            401,
            "problem unauthorized",
        ),
        row("AND: the other of two", "GET /secure/x?api_key=q", &[], "", 401, "problem unauthorized"),
        row("nothing", "GET /secure/x", &[], "", 401, "problem unauthorized"),
    ])
    .await;
}

#[tokio::test]
async fn security_and_validation_can_be_switched_off() {
    let stub = Stub::start(tables().security(Enforcement::Ignored)).await;
    stub.walk([
        row("no auth", "GET /secure/x", &[], "", 200, "ok"),
        row("the rest is enforced", "POST /invalid/x/all", &[JSON], BAD, 400, 400),
    ])
    .await;
    let stub = Stub::start(tables().validation(Enforcement::Ignored)).await;
    stub.walk([
        row("no validation", "POST /invalid/x/all?limit=x", &[KEY, CSV], BAD, 200, "ok"),
        row("security is enforced", "POST /invalid/x/all", &[CSV], BAD, 401, 401),
    ])
    .await;
}
