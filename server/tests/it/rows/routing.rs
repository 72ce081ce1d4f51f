//! Routing.

use counterfoil_openapi::BasePaths;
use serde_json::Value;

use super::{row, stub_of, walk};
use crate::stub::Stub;

/// Answers each operation with its own name.
const PETS: &str = r#"
servers:
  - url: https://api.example.com/v1
  - url: https://{region}.example.com/{stage}/api/
    variables: { region: { default: eu, enum: [eu, us] }, stage: { default: prod, enum: [prod, test, a/b] } }
  - url: /any/{tenant}
  - url: https://example.com/{folder}rest
    variables: { folder: { default: deep/down/ } }
paths:
  /pets:
    get: { responses: { "200": { content: { application/json: { example: list } } } } }
    post: { responses: { "201": { content: { application/json: { example: create } } } } }
  /pets/{id}:
    get: { responses: { "200": { content: { application/json: { example: one } } } } }
    delete: { responses: { "204": { description: gone } } }
  /own:
    servers: [{ url: /path }]
    get: { responses: { "200": { content: { application/json: { example: own } } } } }
    put: { servers: [{ url: /operation }], responses: { "200": { content: { application/json: { example: put } } } } }
"#;

#[tokio::test]
async fn a_path_under_a_servers_base_path_is_that_operation() {
    let table = || {
        [
            row("GET /v1/pets", 200, "list"),
            row("GET /v1/pets/7", 200, "one"),
            row("GET /path/own", 200, "own"),
            row("PUT /operation/own", 200, "put"),
            row("GET /operation/own", 405, "problem method-undocumented"),
            row("GET /v2/pets", 404, "problem path-unknown"),
            row("GET /v1/v1/pets", 404, "problem path-unknown"),
        ]
    };
    walk(stub_of(PETS), table()).await;
    walk(stub_of(PETS).base_paths(BasePaths::Strict), table()).await;
}

#[tokio::test]
async fn a_variable_of_a_base_path_is_its_enum_its_default_else_any_text() {
    walk(
        stub_of(PETS),
        [
            row("GET /prod/api/pets", 200, "list"),
            row("GET /test/api/pets", 200, "list"),
            row("GET /a/b/api/pets", 200, "list"),
            row("GET /dev/api/pets", 404, "problem path-unknown"),
            row("GET /any/acme/pets", 200, "list"),
            row("GET /any/a%2Fb/pets", 200, "list"),
            row("GET /deep/down/rest/pets/7", 200, "one"),
            row("GET /flat-rest/pets", 200, "list"),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_same_path_without_the_base_path_is_that_operation_too() {
    walk(
        stub_of(PETS),
        [row("GET /pets", 200, "list"), row("GET /pets/7", 200, "one"), row("GET /own", 200, "own")],
    )
    .await;
}

#[tokio::test]
async fn base_path_strict_turns_that_off() {
    walk(
        stub_of(PETS).base_paths(BasePaths::Strict),
        [
            row("GET /pets", 404, "problem path-unknown"),
            row("GET /own", 404, "problem path-unknown"),
            row("GET /v1/pets", 200, "list"),
        ],
    )
    .await;
    let without =
        "paths: { /a: { get: { responses: { '200': { content: { application/json: { example: a } } } } } } }";
    walk(stub_of(without).base_paths(BasePaths::Strict), [row("GET /a", 200, "a")]).await;
}

#[tokio::test]
async fn literal_and_template_both_match_more_literal_segments_win_then_the_leftmost_literal() {
    let document = r#"
paths:
  /{kind}/{id}: { get: { responses: { "200": { content: { application/json: { example: neither } } } } } }
  /{kind}/mine: { get: { responses: { "200": { content: { application/json: { example: right } } } } } }
  /pets/{id}: { get: { responses: { "200": { content: { application/json: { example: left } } } } } }
  /pets/mine: { get: { responses: { "200": { content: { application/json: { example: both } } } } } }
  /{a}/{b}/c/d: { get: { responses: { "200": { content: { application/json: { example: two on the right } } } } } }
  /a/{b}/{c}/{d}: { get: { responses: { "200": { content: { application/json: { example: one on the left } } } } } }
  /a/{b}/c/{d}: { get: { responses: { "200": { content: { application/json: { example: two from the left } } } } } }
  /pets/mine/{toy}: { put: { responses: { "200": { content: { application/json: { example: put } } } } } }
  /pets/{id}/{toy}: { get: { responses: { "200": { content: { application/json: { example: get } } } } } }
"#;
    walk(
        stub_of(document),
        [
            row("GET /toys/7", 200, "neither"),
            row("GET /toys/mine", 200, "right"),
            row("GET /pets/7", 200, "left"),
            row("GET /pets/mine", 200, "both"),
            row("GET /pets/%6Dine", 200, "both"),
            row("GET /x/x/c/d", 200, "two on the right"),
            row("GET /a/x/x/d", 200, "one on the left"),
            row("GET /a/x/c/d", 200, "two from the left"),
            // A better template without the method is no better.
            row("GET /pets/mine/ball", 200, "get"),
            row("PUT /pets/mine/ball", 200, "put"),
        ],
    )
    .await;
}

#[tokio::test]
async fn variables_within_a_segment_are_matched_inside_the_segment() {
    let document = r#"
paths:
  /p/{id}.json:
    get:
      parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
      responses: { "200": { content: { application/json: { example: json } } } }
  /p/{id}: { get: { responses: { "200": { content: { application/json: { example: plain } } } } } }
  /{id}:run: { post: { responses: { "200": { content: { application/json: { example: run } } } } } }
  /{id}:stop: { post: { responses: { "200": { content: { application/json: { example: stop } } } } } }
  /ranges/{a}-{b}:
    get:
      parameters:
        - { name: a, in: path, required: true, schema: { const: 1 } }
        - { name: b, in: path, required: true, schema: { const: 2-3 } }
      responses: { "200": { content: { application/json: { example: range } } } }
"#;
    walk(
        stub_of(document),
        [
            row("GET /p/7.json", 200, "json"),
            row("GET /p/x.json", 400, "problem request-invalid"),
            row("GET /p/7.yaml", 200, "plain"),
            row("GET /p/.json", 200, "plain"),
            row("POST /7:run", 200, "run"),
            row("POST /7:stop", 200, "stop"),
            row("POST /7:start", 404, "problem path-unknown"),
            row("POST /:run", 404, "problem path-unknown"),
            row("GET /ranges/1-2-3", 200, "range"),
            row("GET /ranges/1", 404, "problem path-unknown"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_trailing_slash_is_significant() {
    let document = r#"
paths:
  /with/: { get: { responses: { "200": { content: { application/json: { example: with } } } } } }
  /without: { get: { responses: { "200": { content: { application/json: { example: without } } } } } }
  /both: { get: { responses: { "200": { content: { application/json: { example: bare } } } } } }
  /both/: { get: { responses: { "200": { content: { application/json: { example: slash } } } } } }
  /of/{id}: { get: { responses: { "200": { content: { application/json: { example: id } } } } } }
"#;
    walk(
        stub_of(document),
        [
            row("GET /with/", 200, "with"),
            row("GET /with", 404, "problem path-unknown"),
            row("GET /without", 200, "without"),
            row("GET /without/", 404, "problem path-unknown"),
            row("GET /both", 200, "bare"),
            row("GET /both/", 200, "slash"),
            row("GET /of/", 404, "problem path-unknown"),
            row("GET /of/7/", 404, "problem path-unknown"),
            row("GET //without", 404, "problem path-unknown"),
        ],
    )
    .await;
}

#[tokio::test]
async fn percent_encoding_is_decoded_per_segment_and_2f_is_no_separator() {
    let document = r#"
paths:
  /pets/{id}:
    get:
      parameters: [{ name: id, in: path, required: true, schema: { enum: [a/b, "é", "..", "%", "100%", "a b"] } }]
      responses: { "200": { content: { application/json: { example: one } } } }
  /a b/é: { get: { responses: { "200": { content: { application/json: { example: literal } } } } } }
"#;
    walk(
        stub_of(document),
        [
            row("GET /%70ets/a%2Fb", 200, "one"),
            row("GET /pets/a/b", 404, "problem path-unknown"),
            row("GET /pets%2Fa", 404, "problem path-unknown"),
            row("GET /pets/%C3%A9", 200, "one"),
            row("GET /pets/a%20b", 200, "one"),
            row("GET /pets/100%25", 200, "one"),
            row("GET /pets/a+b", 400, "problem request-invalid"),
            row("GET /a%20b/%C3%A9", 200, "literal"),
        ],
    )
    .await;
    let stub = Stub::start(stub_of(document)).await;
    let raw = stub.send_raw("GET /pets/%2e%2e HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(raw.ends_with("\r\n\r\n\"one\""), "an encoded dot segment is a value: {raw}");
}

#[tokio::test]
async fn a_bad_escape_is_400_never_a_crash() {
    let document = r#"
paths:
  /pets/{id}:
    get:
      parameters: [{ name: q, in: query, schema: { type: string } }]
      responses: { "200": { content: { application/json: { example: one } } } }
"#;
    let stub = Stub::start(stub_of(document)).await;
    stub.walk([
        row("GET /pets/%zz", 400, "problem escape-invalid"),
        row("GET /pets/%2", 400, "problem escape-invalid"),
        row("GET /pets/%", 400, "problem escape-invalid"),
        row("GET /nowhere/%zz", 400, "problem escape-invalid"),
        row("OPTIONS /pets/%zz", 400, "problem escape-invalid"),
        row("GET /pets/7?q=%zz", 400, "problem request-invalid"),
        row("GET /pets/7?q=%C3", 400, "problem request-invalid"),
        row("GET /pets/7?other=%zz", 200, "one"),
        row("GET /pets/7?__code=%zz", 422, "problem preference-malformed"),
        row("GET /pets/7", 200, "one"),
    ])
    .await;
    assert_eq!(stub.send("HEAD /pets/%zz", &[], "").await.status, 400);
}

#[tokio::test]
async fn head_where_only_get_is_documented_is_gets_head_without_a_body() {
    let document = r#"
paths:
  /pets:
    get:
      parameters: [{ name: page, in: query, schema: { type: integer } }]
      responses: { "200": { headers: { X-Count: { example: "3" } }, content: { application/json: { example: list } } } }
  /own:
    head: { responses: { "204": { headers: { X-Own: { example: "yes" } } } } }
    get: { responses: { "200": { content: { application/json: { example: own } } } } }
  /post: { post: { responses: { "201": { description: made } } } }
"#;
    let stub = Stub::start(stub_of(document)).await;
    let get = stub.get("/pets").await;
    let raw = stub.send_raw("HEAD /pets HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    let (head, body) = raw.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    for field in [
        &format!("content-length: {}\r\n", get.body.len()),
        "content-type: application/json\r\n",
        "x-count: 3\r\n",
    ] {
        assert!(head.contains(field), "{field} in {head}");
    }
    assert_eq!(body, "");
    let own = stub.send("HEAD /own", &[], "").await;
    assert_eq!((own.status, own.header("x-own")), (204, "yes"), "a documented HEAD is its own operation");
    for (line, status) in [("HEAD /pets?page=x", 400), ("HEAD /nowhere", 404), ("HEAD /post", 405)] {
        let reply = stub.send(line, &[], "").await;
        assert_eq!((reply.status, reply.text()), (status, ""), "{line}");
    }
}

#[tokio::test]
async fn options_undocumented_is_204_with_allow() {
    let document = r#"
paths:
  /pets:
    get: { responses: { "200": { content: { application/json: { example: list } } } } }
    post: { responses: { "201": { description: made } } }
  /pets/{id}: { delete: { responses: { "204": { description: gone } } } }
  /own: { options: { responses: { "200": { content: { application/json: { example: own } } } } } }
"#;
    let stub = Stub::start(stub_of(document)).await;
    for (line, allow) in
        [("OPTIONS /pets", "GET, POST, HEAD, OPTIONS"), ("OPTIONS /pets/7", "DELETE, OPTIONS")]
    {
        let reply = stub.send(line, &[], "").await;
        assert_eq!((reply.status, reply.header("allow"), reply.text()), (204, allow, ""), "{line}");
    }
    stub.walk([row("OPTIONS /own", 200, "own"), row("OPTIONS /nowhere", 404, "problem path-unknown")]).await;
    let raw = stub.send_raw("OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(raw.starts_with("HTTP/1.1 204 "), "{raw}");
}

#[tokio::test]
async fn an_unknown_path_is_404_with_the_nearest_paths() {
    let stub = Stub::start(stub_of(PETS)).await;
    let reply = stub.get("/pest").await;
    assert_eq!((reply.status, reply.value()), (404, Value::from("problem path-unknown")));
    let problem: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(problem["nearest"][0], "/pets", "{problem}");
    assert_eq!(reply.header("counterfoil-source"), "routing");
    // A path that is all but endless costs no more than one that is long.
    let reply = stub.get(&format!("/{}", "é/%41".repeat(5_000))).await;
    assert_eq!((reply.status, reply.value()), (404, Value::from("problem path-unknown")));
}

#[tokio::test]
async fn a_known_path_with_an_unknown_method_is_405_with_allow() {
    let stub = Stub::start(stub_of(PETS)).await;
    for (line, allow) in [
        ("PATCH /pets", "GET, POST, HEAD, OPTIONS"),
        ("QUERY /pets", "GET, POST, HEAD, OPTIONS"),
        ("PUT /v1/pets/7", "GET, DELETE, HEAD, OPTIONS"),
    ] {
        let reply = stub.send(line, &[], "").await;
        assert_eq!(reply.value(), "problem method-undocumented", "{line}");
        assert_eq!((reply.status, reply.header("allow")), (405, allow), "{line}");
    }
}

#[tokio::test]
async fn every_documented_method_is_an_operation() {
    let document = r#"
paths:
  /a:
    get: { responses: { "200": { content: { application/json: { example: get } } } } }
    put: { responses: { "200": { content: { application/json: { example: put } } } } }
    post: { responses: { "200": { content: { application/json: { example: post } } } } }
    delete: { responses: { "200": { content: { application/json: { example: delete } } } } }
    options: { responses: { "200": { content: { application/json: { example: options } } } } }
    patch: { responses: { "200": { content: { application/json: { example: patch } } } } }
    trace: { responses: { "200": { content: { application/json: { example: trace } } } } }
    query: { responses: { "200": { content: { application/json: { example: query } } } } }
    additionalOperations:
      LINK: { responses: { "200": { content: { application/json: { example: link } } } } }
      Brew: { responses: { "200": { content: { application/json: { example: brew } } } } }
"#;
    let lines = [
        ("GET /a", "get"),
        ("PUT /a", "put"),
        ("POST /a", "post"),
        ("DELETE /a", "delete"),
        ("OPTIONS /a", "options"),
        ("PATCH /a", "patch"),
        ("TRACE /a", "trace"),
        ("QUERY /a", "query"),
        ("LINK /a", "link"),
        ("Brew /a", "brew"),
    ];
    walk(stub_of(document), lines.map(|(line, name)| row(line, 200, name))).await;
}

/// The specification knows no query in a template; real documents have them, and say `in: path` of what is in them.
#[tokio::test]
async fn a_query_in_a_template_tells_operations_apart_and_its_variables_are_query_parameters() {
    let number = "in: path, required: true, schema: { type: integer }";
    let text = format!(
        "
paths:
  /alerts?lat={{lat}}&lon={{lon}}:
    parameters: [{{ name: lat, {number} }}, {{ name: lon, {number} }}]
    get: {{ responses: {{ '200': {{ content: {{ application/json: {{ example: place }} }} }} }} }}
  /alerts?city={{city_id}}:
    parameters: [{{ name: city_id, {number} }}]
    get: {{ responses: {{ '200': {{ content: {{ application/json: {{ example: city }} }} }} }} }}
"
    );
    walk(
        stub_of(&text),
        [
            row("GET /alerts?lat=1&lon=2", 200, "place"),
            row("GET /alerts?city=7", 200, "city"),
            row("GET /alerts?city=x", 400, "problem request-invalid"),
            row("GET /alerts?lon=2", 400, "problem request-invalid"),
        ],
    )
    .await;
}
