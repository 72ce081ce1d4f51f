//! What is looked for in a list of several pages.

use std::collections::BTreeMap;
use std::sync::Mutex;

use counterfoil_conformance::{Phase, Target};
use counterfoil_openapi::{Contract, Request};
use http::Method;
use serde_json::{Value, json};

use crate::hostile::{Hostile, Piece};
use crate::running::Outcome;
use crate::stories::settings;

/// Every page breaks what the document says of the total.
const DOCUMENT: &str = r#"
openapi: 3.0.3
info: {title: Things, version: '1'}
paths:
  /things:
    get:
      operationId: listThings
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 2}}
        - {name: offset, in: query, schema: {type: integer, minimum: 0}}
      responses:
        '200':
          description: ok
          content:
            application/json:
              schema:
                type: object
                properties:
                  total: {type: string}
                  things: {type: array, items: {type: object}}
    post:
      operationId: addThing
      responses: {'201': {description: made, content: {application/json: {schema: {type: object, required: [id]}}}}}
  /things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer, minimum: 1}}]
    get: {operationId: readThing, responses: {'200': {description: ok}, '404': {description: none}}}
    delete: {operationId: removeThing, responses: {'204': {description: gone}, '404': {description: none}}}
"#;

/// Whether each thing that was made is there still; all of them are listed for ever.
type Things = BTreeMap<u64, bool>;

fn answer(things: &mut Things, request: &Request) -> (u16, Value) {
    let id = request.path().strip_prefix("/things/").map(|id| id.parse().unwrap_or_default());
    let is_there = id.and_then(|id| things.get(&id).copied()).unwrap_or_default();
    match (&request.method, id) {
        (&Method::POST, None) => {
            let id = things.len() as u64 + 1;
            things.insert(id, true);
            (201, json!({"id": id}))
        }
        (&Method::GET, None) => {
            let asked = |name: &str| {
                let mut pairs = request.query().unwrap_or_default().split('&');
                pairs.find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse::<usize>().ok())
            };
            let (offset, limit) = (asked("offset").unwrap_or_default(), asked("limit").unwrap_or(2));
            let page: Vec<Value> =
                things.keys().skip(offset).take(limit).map(|id| json!({"id": id})).collect();
            (200, json!({"total": things.len(), "things": page}))
        }
        (&Method::GET, Some(id)) if is_there => (200, json!({"id": id})),
        (&Method::DELETE, Some(id)) if is_there => {
            things.insert(id, false);
            (204, Value::Null)
        }
        (&Method::GET | &Method::DELETE, Some(_)) => (404, Value::Null),
        _ => (405, Value::Null),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_a_page_does_not_end_the_search() {
    let contract = Contract::load("things.yaml", DOCUMENT.as_bytes()).unwrap();
    let things = Mutex::new(Things::new());
    let server = Hostile::open(move |request, _| {
        let (status, body) = answer(&mut things.lock().unwrap(), request);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        Piece::reply(status, "content-type: application/json\r\n", &body)
    })
    .await;
    let outcome = Outcome::of(&contract, &Target::new(&server.url), &settings(&[Phase::Stateful])).await;
    let failures = outcome.failures();
    let found = |check: &str| failures.iter().any(|failure| failure.check == check);
    assert!(found("response_schema_conformance"), "{failures:?}");
    let listed = failures.iter().find(|failure| failure.check == "use_after_free");
    let listed = listed.unwrap_or_else(|| panic!("{failures:?}"));
    assert!(listed.exchange.url.contains("offset="), "{}", listed.exchange.url);
}
