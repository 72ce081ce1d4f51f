//! Which response: invalid request.

use counterfoil_openapi::validate::{Enforcement, UnknownQuery};
use counterfoil_server::StubBuilder;
use serde_json::Value;

use super::{row, sent, stub_of, walk, with};
use crate::stub::{Row, Stub};

const KEY: (&str, &str) = ("x-key", "k");
const JSON: (&str, &str) = ("content-type", "application/json");
const CSV: (&str, &str) = ("content-type", "text/csv");
const GOOD: &str = r#"{"name": "Rex"}"#;
const BAD: &str = r#"{"name": 7}"#;
/// Longer than the limit of these tests.
const LARGE: &str = r#"{"name": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}"#;

/// An operation for every path given with the statuses that it documents; each answers with its own status.
fn stub(paths: &[(&str, &[&str])]) -> StubBuilder {
    let operations: String = paths
        .iter()
        .map(|(path, statuses)| {
            let response =
                |status: &&str| format!("'{status}': {{content: {{application/json: {{example: '{status}'}}}}}}");
            let responses: Vec<String> = statuses.iter().map(response).collect();
            format!(
                "  {path}: {{post: {{security: [{{key: []}}], parameters: [{{name: limit, in: query, schema: {{type: \
                 integer, maximum: 10}}}}], requestBody: {{$ref: '#/components/requestBodies/Pet'}}, responses: {{'200': \
                 {{content: {{application/json: {{example: ok}}}}}}, {}}}}}}}\n",
                responses.join(", ")
            )
        })
        .collect();
    let document = format!(
        r#"
paths:
{operations}
components:
  securitySchemes: {{ key: {{ type: apiKey, in: header, name: X-Key }} }}
  requestBodies:
    Pet:
      required: true
      content:
        application/json:
          schema: {{ type: object, required: [name], properties: {{ name: {{ type: string }}, id: {{ readOnly: true }} }} }}
"#
    );
    stub_of(&document).body_limit(64)
}

/// What becomes of one kind of violation where everything is documented, and with what is tried first taken away bit by
/// bit.
async fn tried(request: fn(&'static str, u16, Value) -> Row, order: &[(&str, u16)], otherwise: (&str, u16)) {
    let lines = ["POST /0", "POST /1", "POST /2", "POST /3", "POST /4", "POST /5"];
    let all: Vec<&str> = order.iter().map(|(response, _)| *response).collect();
    // Whatever else is documented is not taken.
    let others: Vec<&str> = ["402", "409", "5XX"].into_iter().filter(|other| !all.contains(other)).collect();
    let statuses: Vec<Vec<&str>> =
        (0..=all.len()).map(|gone| others.iter().chain(&all[gone..]).copied().collect()).collect();
    let paths: Vec<(&str, &[&str])> =
        lines.iter().zip(&statuses).map(|(line, statuses)| (&line[5..], statuses.as_slice())).collect();
    let mut table: Vec<Row> = order
        .iter()
        .zip(lines)
        .map(|((response, status), line)| request(line, *status, Value::from(*response)))
        .collect();
    table.push(request(lines[order.len()], otherwise.1, Value::from(format!("problem {}", otherwise.0))));
    walk(stub(&paths), table).await;
}

#[tokio::test]
async fn security_401_403_default_else_401_with_www_authenticate() {
    let order = [("401", 401), ("403", 403), ("4XX", 401), ("default", 401)];
    tried(|line, status, reply| sent(&[JSON], GOOD, line, status, reply), &order, ("unauthorized", 401))
        .await;
    let stub = Stub::start(stub(&[("/all", &["401"]), ("/none", &[])])).await;
    for line in ["POST /all", "POST /none"] {
        let reply = stub.send(line, &[], "").await;
        let challenge = r#"ApiKey realm="counterfoil", in="header", name="X-Key""#;
        assert_eq!((reply.status, reply.header("www-authenticate")), (401, challenge), "{line}");
    }
    let forced = stub.send("POST /all", &[("prefer", "code=401")], "").await;
    assert_eq!(
        (forced.status, forced.header("www-authenticate")),
        (401, ""),
        "nothing is asked for: the reply was"
    );
}

#[tokio::test]
async fn media_type_of_the_body_415_400_422_default_else_415() {
    let order = [("415", 415), ("400", 400), ("422", 422), ("4XX", 415), ("default", 415)];
    let otherwise = ("media-type-unsupported", 415);
    tried(|line, status, reply| sent(&[KEY, CSV], GOOD, line, status, reply), &order, otherwise).await;
    tried(|line, status, reply| sent(&[KEY], GOOD, line, status, reply), &order, otherwise).await;
    let coded =
        |line, status, reply| sent(&[KEY, JSON, ("content-encoding", "squeeze")], GOOD, line, status, reply);
    tried(coded, &order, otherwise).await;
}

#[tokio::test]
async fn accept_cannot_be_met_406_default_else_406() {
    let order = [("406", 406), ("4XX", 406), ("default", 406)];
    let request = |line, status, reply| sent(&[KEY, JSON, ("accept", "text/csv")], GOOD, line, status, reply);
    tried(request, &order, ("not-acceptable", 406)).await;
}

#[tokio::test]
async fn body_too_large_413_default_else_413() {
    let order = [("413", 413), ("4XX", 413), ("default", 413)];
    let request = |line, status, reply| sent(&[KEY, JSON], LARGE, line, status, reply);
    tried(request, &order, ("body-too-large", 413)).await;
}

#[tokio::test]
async fn anything_else_400_422_4xx_default_else_400_with_violations() {
    let order = [("400", 400), ("422", 422), ("4XX", 400), ("default", 400)];
    let otherwise = ("request-invalid", 400);
    tried(|line, status, reply| sent(&[KEY, JSON], BAD, line, status, reply), &order, otherwise).await;
    tried(|line, status, reply| sent(&[KEY, JSON], "{", line, status, reply), &order, otherwise).await;
    tried(|line, status, reply| with(&[KEY, JSON], line, status, reply), &order, otherwise).await;
    let stub = Stub::start(stub(&[("/none", &[])])).await;
    let reply = stub.send("POST /none?limit=11", &[KEY, JSON], BAD).await;
    let problem: Value = serde_json::from_slice(&reply.body).unwrap();
    let violations = problem["violations"].as_array().unwrap();
    let told: Vec<&str> = violations.iter().map(|violation| violation["rule"].as_str().unwrap()).collect();
    assert_eq!(told, ["maximum", "type"], "{problem}");
    let place = "/components/requestBodies/Pet/content/application~1json/schema/properties/name/type";
    assert_eq!(
        (&violations[1]["pointer"], &violations[1]["documented_at"]),
        (&"/name".into(), &place.into())
    );
}

#[tokio::test]
async fn when_several_hold_security_then_the_media_type_then_the_rest() {
    let all: &[&str] = &["400", "401", "406", "413", "415"];
    walk(
        stub(&[("/a", all)]),
        [
            sent(&[CSV, ("accept", "text/csv")], LARGE, "POST /a?limit=11", 401, "401"),
            sent(&[CSV], BAD, "POST /a?limit=11", 401, "401"),
            sent(&[KEY, CSV], BAD, "POST /a?limit=11", 415, "415"),
            sent(&[KEY, CSV, ("accept", "text/csv")], LARGE, "POST /a?limit=11", 415, "415"),
            sent(&[KEY, JSON, ("accept", "text/csv")], LARGE, "POST /a?limit=11", 413, "413"),
            sent(&[KEY, JSON, ("accept", "text/csv")], BAD, "POST /a", 400, "400"),
            sent(&[KEY, JSON, ("accept", "text/csv")], GOOD, "POST /a", 406, "406"),
            sent(&[KEY, JSON], GOOD, "POST /a", 200, "ok"),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_body_is_the_documented_example_named_example_first_generated_negotiated_by_accept() {
    let document = r#"
paths:
  /one: { get: { parameters: &limit [{ name: limit, in: query, required: true }], responses: { "400": { content: { application/json: { example: one } } } } } }
  /first: { get: { parameters: *limit, responses: { "400": { content: { application/json: { examples: { a: { value: first }, b: { value: second } } } } } } } }
  /generated: { get: { parameters: *limit, responses: { "400": { content: { application/json: { schema: { const: made up } } } } } } }
  /media:
    get:
      parameters: *limit
      responses:
        "400": { content: { text/plain: { example: plain }, application/json: { example: json }, text/html: { example: <p> } } }
  /empty: { get: { parameters: *limit, responses: { "400": { description: nothing to say } } } }
"#;
    walk(
        stub_of(document),
        [
            row("GET /one", 400, "one"),
            row("GET /first", 400, "first"),
            with(&[("prefer", "example=b")], "GET /first", 400, "second"),
            row("GET /generated", 400, "made up"),
            row("GET /media", 400, "json"),
            with(&[("accept", "text/html, */*;q=0.1")], "GET /media", 400, "<p>"),
            with(&[("accept", "text/plain")], "GET /media", 400, "plain"),
            // Where it cannot be negotiated, the reason of the reply matters more.
            with(&[("accept", "image/png")], "GET /media", 400, "json"),
            row("GET /empty", 400, ""),
        ],
    )
    .await;
}

#[tokio::test]
async fn all_violations_are_reported_in_the_reason_and_in_the_journal() {
    let stub = Stub::start(stub(&[("/none", &[]), ("/all", &["401"])])).await;
    for line in ["POST /none?limit=11", "POST /all?limit=11"] {
        let reply = stub.send(line, &[JSON], BAD).await;
        assert_eq!(reply.header("counterfoil-source"), "validation");
        let expected = [
            "security: no valid credentials: the header `X-Key` is missing [unauthorized]",
            "query.limit: 11 is greater than the maximum of 10 [maximum]",
            "body/name: 7 is not of type \"string\" [type]",
        ];
        assert_eq!(reply.header("counterfoil-reason").split("; ").collect::<Vec<_>>(), expected, "{line}");
        let call = stub.server.calls().pop().unwrap();
        assert_eq!(call.violations.iter().map(ToString::to_string).collect::<Vec<_>>(), expected, "{line}");
    }
    // Of a body that is too large all is told but what it holds.
    let reply = stub.send("POST /none?limit=11", &[CSV], LARGE).await;
    let rules: Vec<String> = stub
        .server
        .calls()
        .pop()
        .unwrap()
        .violations
        .iter()
        .map(|violation| violation.rule.to_string())
        .collect();
    assert_eq!(
        (reply.status, rules.join(" ").as_str()),
        (401, "unauthorized undocumented maximum too-large")
    );
}

#[tokio::test]
async fn the_reason_is_capped_at_4_kib_and_the_journal_is_not() {
    let document = r#"
paths:
  /a:
    post:
      requestBody: { content: { application/json: { schema: { type: array, items: { type: string, maxLength: 1 } } } } }
      responses: { "200": { description: ok } }
"#;
    let stub = Stub::start(stub_of(document)).await;
    let body = format!("[{}]", vec![r#""too long é\n""#; 80].join(","));
    let reply = stub.send("POST /a", &[JSON], body).await;
    let reason = reply.header("counterfoil-reason");
    assert_eq!((reply.status, reason.len()), (400, 4096));
    assert!(reason.ends_with(" ...") && reason.is_ascii(), "{reason}");
    assert_eq!(stub.server.calls().pop().unwrap().violations.len(), 80);
}

#[tokio::test]
async fn unknown_query_parameters_are_accepted_by_default_and_refused_by_strict_query() {
    let document = r#"
paths:
  /a:
    get:
      security: [{ key: [] }, {}]
      parameters:
        - { name: page, in: query, schema: { type: integer } }
        - { name: filter, in: query, style: deepObject, explode: true, schema: { type: object } }
      responses: { "200": { content: { application/json: { example: ok } } } }
components: { securitySchemes: { key: { type: apiKey, in: query, name: api_key } } }
"#;
    walk(stub_of(document), [row("GET /a?other=1&page=1", 200, "ok")]).await;
    let stub = Stub::start(stub_of(document).unknown_query(UnknownQuery::Refuse)).await;
    stub.walk([
        row("GET /a", 200, "ok"),
        row("GET /a?page=1&api_key=k&filter[a]=b", 200, "ok"),
        row("GET /a?other=1&page=1", 400, "problem request-invalid"),
        row("GET /a?Page=1", 400, "problem request-invalid"),
        row("GET /a?filters[a]=b", 400, "problem request-invalid"),
    ])
    .await;
    let reason = "query.other: no query parameter of this name is documented [undocumented]";
    assert_eq!(stub.get("/a?other=1").await.header("counterfoil-reason"), reason);
}

#[tokio::test]
async fn no_auth_and_no_validate_switch_those_steps_off() {
    let statuses: &[&str] = &["400", "401", "413"];
    walk(
        stub(&[("/a", statuses)]).security(Enforcement::Ignored),
        [sent(&[JSON], GOOD, "POST /a", 200, "ok"), sent(&[JSON], BAD, "POST /a", 400, "400")],
    )
    .await;
    walk(
        stub(&[("/a", statuses)]).validation(Enforcement::Ignored),
        [
            sent(&[KEY, CSV], BAD, "POST /a?limit=x", 200, "ok"),
            sent(&[CSV], BAD, "POST /a", 401, "401"),
            // What is over the limit is not read, whatever it is.
            sent(&[KEY, JSON], LARGE, "POST /a", 413, "413"),
        ],
    )
    .await;
}
