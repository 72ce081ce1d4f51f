//! Whole requests.

use std::collections::BTreeSet;
use std::sync::Arc;

use counterfoil_openapi::codec::{Payload, encode_request};
use counterfoil_openapi::generate::{
    Seed, Variety, example_requests, negative_request, positive_request, positive_request_in, sample,
};
use counterfoil_openapi::validate::{self, Enforcement, Reading, RequestRules};
use counterfoil_openapi::{BasePaths, Contract, Operation, Request, Route, Router};
use serde_json::json;

use super::shrinking::shrunk;

const DOCUMENT: &str = r#"
openapi: 3.0.3
info: {title: Pets, version: '1'}
paths:
  /pets/{id}/{kind}:
    put:
      operationId: putPet
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}, example: seven}
        - {name: kind, in: path, required: true, schema: {type: array, items: {type: string}}}
        - {name: tags, in: query, schema: {type: array, items: {type: string}}, explode: false}
        - {name: filter, in: query, style: deepObject, schema: {type: object, properties: {a: {type: integer}, b: {type: string}}}}
        - {name: page, in: query, required: true, schema: {type: integer, minimum: 1}, examples: {first: {value: 1}, second: {value: 2}}}
        - {name: X-Limit, in: header, schema: {type: integer, minimum: 1, maximum: 10}}
        - {name: X-Note, in: header, required: true, schema: {type: string}}
        - {name: Content-Length, in: header, required: true, schema: {type: integer}}
        - {name: session, in: cookie, schema: {type: string, minLength: 3}}
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: '#/components/schemas/Pet'}
            examples: {second: {value: {name: Rex}}, wrong: {value: {name: 7}}}
          application/x-www-form-urlencoded:
            schema: {$ref: '#/components/schemas/Pet'}
          application/octet-stream: {}
      responses: {'200': {description: ok}}
  /upload:
    post:
      operationId: upload
      requestBody: {required: true, content: {application/never: {schema: {type: string}}, application/json: {schema: {type: integer, minimum: 2, maximum: 1}}}}
      responses: {'200': {description: ok}}
  /impossible:
    get:
      operationId: impossible
      parameters:
        - {name: q, in: query, required: true, schema: {type: array, maxItems: 0}}
      responses: {'200': {description: ok}}
components:
  schemas:
    Pet:
      type: object
      required: [name]
      properties: {name: {type: string, minLength: 1}, age: {type: integer, minimum: 0}, tags: {type: array, items: {type: boolean}}}
"#;

fn operation(name: &str) -> Arc<Operation> {
    let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).expect("a document");
    Arc::clone(contract.operation(name).expect("an operation"))
}

/// What a server makes of a request.
pub(super) fn read(operation: &Arc<Operation>, request: &Request) -> Reading {
    let router = Router::new([operation], BasePaths::Optional);
    let Route::Found(found) = router.find(&request.method, request.path()) else {
        panic!("{} does not lead to {}", request.target, operation.path())
    };
    let rules = RequestRules { security: Enforcement::Ignored, ..RequestRules::default() };
    validate::request(&found, request, &rules)
}

#[test]
fn every_request_arrives_as_it_is_and_valid() {
    let operation = operation("putPet");
    let mut media_types = std::collections::HashSet::new();
    for variety in [Variety::Minimal, Variety::Plain, Variety::Wild] {
        let strategy = positive_request_in(&operation, variety).expect("requests");
        for index in 0..100 {
            let values = sample(&strategy, &Seed::derive(1, &["putPet"], index)).expect("a request");
            let request = encode_request(&operation, &values).expect("it can be written");
            let reading = read(&operation, &request);
            let violations: Vec<String> = reading
                .violations
                .iter()
                .map(ToString::to_string)
                .filter(|violation| !violation.starts_with("header.Content-Length"))
                .collect();
            assert_eq!(violations, Vec::<String>::new(), "{}", request.target);
            assert_eq!(reading.values.query, values.query);
            assert_eq!(reading.values.path, values.path);
            assert!(!values.header.contains_key("Content-Length"));
            let segments: Vec<&str> = request.path().split('/').collect();
            assert_eq!(segments.len(), 4, "{}", request.target);
            assert!(!segments[2..].iter().any(|segment| ["", ".", ".."].contains(segment)));
            media_types.insert(values.body.expect("a required body").media_type);
        }
    }
    assert_eq!(media_types.len(), 3, "every media type with a codec is used: {media_types:?}");
}

#[test]
fn an_operation_without_a_request_names_the_part_at_fault() {
    let none = positive_request(&operation("impossible")).expect_err("no query can say an empty array");
    assert_eq!(none.pointer, "/paths/~1impossible/get/parameters/0");
    assert!(positive_request(&operation("upload")).is_ok(), "one media type of two is enough");
}

#[test]
fn every_broken_request_breaks_one_part_and_names_it() {
    let operation = operation("putPet");
    let strategy = negative_request(&operation).expect("broken requests");
    let mut found = BTreeSet::new();
    for index in 0..1_000 {
        let broken = sample(&strategy, &Seed::derive(1, &["putPet"], index)).expect("a request");
        let request = encode_request(&operation, &broken.values).expect("it can be written");
        let reading = read(&operation, &request);
        let violations: Vec<_> = reading
            .violations
            .iter()
            .filter(|violation| violation.part.to_string() != "header.Content-Length")
            .collect();
        let constraint = &broken.constraint;
        assert!(!violations.is_empty(), "{}: {}", constraint.description, request.target);
        assert!(
            violations.iter().all(|violation| violation.part == constraint.part),
            "{}: {violations:?}",
            constraint.description
        );
        assert!(violations.iter().any(|violation| violation.rule == constraint.keyword));
        // What is sent instead differs from case to case, and so does which of several items is broken.
        let must = constraint.description.split(", sent").next().unwrap_or_default();
        let must =
            (1..9).fold(must.to_owned(), |must, index| must.replace(&format!("/tags/{index}"), "/tags/0"));
        found.insert(format!("{}: {must} [{}]", constraint.part, constraint.keyword));
    }
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    insta::assert_snapshot!(found.join("\n"), @r#"
    body: /age must be at least 0 [minimum]
    body: /age must be integer [type]
    body: /name must be string [type]
    body: /name must have at least 1 character [minLength]
    body: /tags must be array [type]
    body: /tags/0 must be boolean [type]
    body: is required, and is not sent [missing]
    body: must be JSON, and is broken off or garbled [unreadable]
    body: the value must be object [type]
    body: the value must have the property "name" [required]
    content-type: must be application/json or application/x-www-form-urlencoded or application/octet-stream [undocumented]
    cookie.session: the value must have at least 3 characters [minLength]
    header.X-Limit: the value must be at least 1 [minimum]
    header.X-Limit: the value must be at most 10 [maximum]
    header.X-Limit: the value must be integer [type]
    header.X-Note: is required, and is not sent [missing]
    query.filter: /a must be integer [type]
    query.filter: /b must be string [type]
    query.filter: the value must be object [type]
    query.page: is required, and is not sent [missing]
    query.page: the value must be at least 1 [minimum]
    query.page: the value must be integer [type]
    "#);
}

/// What is no body of its media type at all, whatever its schema says.
#[test]
fn bodies_of_every_grammar_are_broken_off() {
    for media_type in ["application/xml", "multipart/form-data", "multipart/mixed"] {
        let document = json!({
            "openapi": "3.0.3", "info": {"title": "t", "version": "1"},
            "paths": {"/x": {"post": {
                "requestBody": {"content": {media_type: {"schema": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}}}},
                "responses": {"200": {"description": "ok"}}
            }}}
        });
        let contract = Contract::load("x.json", document.to_string().as_bytes()).expect("a document");
        let operation = &contract.operations()[0];
        let strategy = negative_request(operation).expect("broken requests");
        let mut count = 0;
        for case in 0..60 {
            let broken = sample(&strategy, &Seed::derive(3, &["broken off"], case)).expect("a request");
            if broken.constraint.keyword == "unreadable" {
                assert_eq!(broken.constraint.description, format!("must be {media_type}, and is broken off"));
                let request = encode_request(operation, &broken.values).expect("it can be written");
                assert_eq!(read(operation, &request).violations[0].rule, "unreadable");
                count += 1;
            }
        }
        assert!(count > 3, "{media_type}: {count}");
    }
}

#[test]
fn broken_requests_shrink_and_stay_broken_in_the_same_way() {
    let operation = operation("putPet");
    let strategy = negative_request(&operation).expect("broken requests");
    let least_of = |part: &str, keyword: &str| {
        let shrunk = shrunk(&strategy, |broken| {
            broken.constraint.part.to_string() == part && broken.constraint.keyword == keyword
        });
        let sent = shrunk.constraint.description.clone();
        assert!(shrunk.values.cookie.len() <= 1, "what is not needed is gone");
        (shrunk, sent)
    };
    let (page, sent) = least_of("query.page", "minimum");
    assert_eq!((&page.values.query["page"], page.values.query.len()), (&json!(0), 1));
    assert_eq!(sent, "the value must be at least 1, sent 0");
    let (session, sent) = least_of("cookie.session", "minLength");
    assert_eq!(
        sent,
        format!("the value must have at least 3 characters, sent {}", {
            session.values.cookie["session"].as_str().map_or(0, str::len)
        })
    );
    let (note, _) = least_of("header.X-Note", "missing");
    assert_eq!((note.values.header.len(), note.values.query.len()), (0, 1));
    let (body, _) = least_of("body", "unreadable");
    assert!(matches!(body.values.body.expect("a body").payload, Payload::Bytes(_)));
}

#[test]
fn requests_shrink_to_what_fails() {
    let operation = operation("putPet");
    let strategy = positive_request(&operation).expect("requests");
    let shrunk =
        shrunk(&strategy, |values| values.query.get("page").and_then(|page| page.as_i64()) > Some(40));
    assert_eq!((shrunk.query.len(), &shrunk.query["page"]), (1, &json!(41)));
    assert_eq!(shrunk.cookie.len(), 0);
    assert_eq!(shrunk.path["id"].as_str().map(str::len), Some(1));
}

#[test]
fn examples_of_one_name_are_one_request() {
    let operation = operation("putPet");
    let requests = example_requests(&operation);
    let rows: Vec<(&str, serde_json::Value, serde_json::Value)> = requests
        .iter()
        .map(|request| {
            let Some(Payload::Value(body)) = request.values.body.as_ref().map(|body| body.payload.clone())
            else {
                panic!("{} has no body", request.name)
            };
            assert_eq!(request.values.path["id"], json!("seven"));
            assert!(request.values.header.contains_key("X-Note"), "what is missing is generated");
            (request.name.as_str(), request.values.query["page"].clone(), body)
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("second", json!(2), json!({"name": "Rex"})),
            ("wrong", json!(1), json!({"name": 7})),
            // `first` says the same again.
            ("example", json!(1), json!({"name": "Rex"})),
        ]
    );
    assert_eq!(example_requests(&self::operation("upload")), []);
}

/// The only operation of a document that has a parameter or a body.
fn only(edition: &str, operation: serde_json::Value) -> Arc<Operation> {
    let document = json!({
        "openapi": edition, "info": {"title": "t", "version": "1"}, "paths": {"/files/{name}": operation}
    });
    let contract = Contract::load("files.json", document.to_string().as_bytes()).expect("a document");
    Arc::clone(contract.operations().first().expect("an operation"))
}

#[test]
fn a_path_variable_holds_a_slash_only_where_nothing_else_is_valid() {
    let with = |pattern: &str| {
        let name = json!({"type": "string", "pattern": pattern});
        let parameter = json!({"name": "name", "in": "path", "required": true, "schema": name});
        let operation = only("3.0.3", json!({"get": {"parameters": [parameter], "responses": {}}}));
        let strategy = positive_request_in(&operation, Variety::Wild).expect("requests");
        (0..40).map(move |index| {
            let values = sample(&strategy, &Seed::derive(1, &["file"], index)).expect("a request");
            let request = encode_request(&operation, &values).expect("it can be written");
            assert_eq!(read(&operation, &request).values.path, values.path);
            request.target
        })
    };
    assert!(with("^[ab/]{1,3}$").all(|target| !target.contains("%2F")));
    assert!(with("^refs/[ab]{1,3}$").all(|target| target.starts_with("/files/refs%2F")));
}

#[test]
fn a_text_whose_schema_is_an_object_is_sent_and_read_as_json() {
    let schema = json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}});
    let body = json!({"required": true, "content": {"text/plain": {"schema": schema}}});
    let operation = only("3.0.3", json!({"put": {"requestBody": body, "responses": {}}}));
    let strategy = positive_request(&operation).expect("requests");
    let values = sample(&strategy, &Seed::derive(1, &["text"], 0)).expect("a request");
    let request = encode_request(&operation, &values).expect("it can be written");
    let sent: serde_json::Value = serde_json::from_slice(&request.body).expect("JSON");
    let reading = read(&operation, &request);
    assert_eq!(reading.violations, []);
    assert_eq!(reading.values.body.expect("a body").payload, Payload::Value(sent));
    let strategy = negative_request(&operation).expect("broken requests");
    let keywords: BTreeSet<String> = (0..60)
        .filter_map(|index| sample(&strategy, &Seed::derive(1, &["text"], index)))
        .map(|broken| broken.constraint.keyword)
        .collect();
    assert!(keywords.contains("required"), "{keywords:?}");
}

#[test]
fn a_null_is_drawn_where_nullable_is_a_keyword_and_accepted_elsewhere() {
    for (edition, is_drawn) in [("3.0.3", true), ("3.1.0", false)] {
        let schema = json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "nullable": true}}});
        let body = json!({"required": true, "content": {"application/json": {"schema": schema}}});
        let operation = only(edition, json!({"put": {"requestBody": body, "responses": {}}}));
        let strategy = positive_request_in(&operation, Variety::Wild).expect("requests");
        let is_null = |index| {
            let values = sample(&strategy, &Seed::derive(1, &["null"], index)).expect("a request");
            values.body.and_then(|body| Some(body.payload.as_value()?["a"].is_null())).expect("a value")
        };
        assert_eq!((0..60).any(is_null), is_drawn, "{edition}");
        let request = Request::new(http::Method::PUT, "/files/x");
        let mut request = Request { body: r#"{"a": null}"#.into(), ..request };
        request.headers.insert("content-type", "application/json".parse().expect("a header"));
        assert_eq!(read(&operation, &request).violations, [], "{edition}");
    }
}

#[test]
fn an_exploded_object_leaves_out_the_names_that_other_parameters_have() {
    let number = json!({"type": "integer"});
    let object = json!({"type": "object", "properties": {"id": number, "kind": number, "amount": number}});
    let query = |name: &str, schema: &serde_json::Value| json!({"name": name, "in": "query", "required": true, "schema": schema});
    let name = json!({"name": "name", "in": "path", "required": true, "schema": {"type": "string"}});
    let parameters = [name, query("id", &number), query("kind", &number), query("moved", &object)];
    let operation = only("3.0.3", json!({"get": {"parameters": parameters, "responses": {}}}));
    let strategy = positive_request_in(&operation, Variety::Wild).expect("requests");
    for index in 0..20 {
        let values = sample(&strategy, &Seed::derive(1, &["moved"], index)).expect("a request");
        let moved = values.query["moved"].as_object().expect("an object");
        assert!(!moved.contains_key("id") && !moved.contains_key("kind"), "{moved:?}");
        let request = encode_request(&operation, &values).expect("it can be written");
        assert_eq!(read(&operation, &request).values.query, values.query);
    }
}
