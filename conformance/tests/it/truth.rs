//! Truth before blame: whatever document, what is sent as valid data is valid on the wire, and what is sent as invalid
//! is refused, after each step of making a failure smaller as well.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use counterfoil_conformance::{Mode, Phase, Settings, Target};
use counterfoil_openapi::validate::{self, RequestRules};
use counterfoil_openapi::{BasePaths, Contract, Part, Request, Route, Router};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::hostile::{Hostile, Piece};
use crate::running::Outcome;

/// Documents that are tried.
const DOCUMENTS: u32 = 8;

fn leaf() -> impl Strategy<Value = Value> + Clone {
    select(vec![
        json!({"type": "integer"}),
        json!({"type": "integer", "minimum": 1, "maximum": 9}),
        json!({"type": "number", "multipleOf": 0.5, "exclusiveMinimum": 0}),
        json!({"type": "boolean"}),
        json!({"type": "string"}),
        json!({"type": "string", "minLength": 2, "maxLength": 5}),
        json!({"type": "string", "pattern": "^[a-c]{1,3}(-[0-9]+)?$"}),
        json!({"type": "string", "enum": ["red", "green", "a b", "x,y"]}),
        json!({"type": "string", "format": "date"}),
        json!({"type": "string", "format": "uuid"}),
        json!({"type": ["string", "null"], "maxLength": 3}),
        json!({"oneOf": [{"type": "integer", "minimum": 10}, {"type": "string", "enum": ["none"]}]}),
        json!({"not": {"enum": ["forbidden"]}, "type": "string"}),
    ])
}

fn schema() -> impl Strategy<Value = Value> + Clone {
    let list = (leaf(), any::<bool>()).prop_map(|(item, is_unique)| {
        json!({"type": "array", "items": item, "minItems": 1, "maxItems": 4, "uniqueItems": is_unique})
    });
    let object = (vec(leaf(), 1..4), any::<bool>()).prop_map(|(members, is_closed)| {
        let names = ["first", "second", "third"];
        let properties: serde_json::Map<String, Value> =
            names.iter().map(|name| (*name).to_owned()).zip(members).collect();
        json!({"type": "object", "required": ["first"], "properties": properties, "additionalProperties": !is_closed})
    });
    prop_oneof![3 => leaf(), 1 => list, 2 => object]
}

/// A parameter that is written in one of the ways its location has.
fn parameter(number: usize) -> impl Strategy<Value = Value> {
    let ways = vec![
        ("query", "form", true),
        ("query", "form", false),
        ("query", "spaceDelimited", false),
        ("query", "pipeDelimited", false),
        ("query", "deepObject", true),
        ("header", "simple", false),
        ("cookie", "form", false),
    ];
    (select(ways), schema(), any::<bool>()).prop_map(move |((location, style, explode), schema, required)| {
        json!({"name": format!("p{number}"), "in": location, "style": style, "explode": explode, "required": required, "schema": schema})
    })
}

fn body() -> impl Strategy<Value = Value> {
    let notations = [
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/xml",
        "application/x-ndjson",
    ];
    (select(notations.to_vec()), schema(), any::<bool>())
        .prop_map(|(notation, schema, required)| json!({"required": required, "content": {notation: {"schema": schema}}}))
}

/// A document of one operation.
fn document() -> impl Strategy<Value = Value> {
    let path = (select(vec!["simple", "label", "matrix"]), leaf()).prop_map(
        |(style, schema)| json!({"name": "id", "in": "path", "required": true, "style": style, "schema": schema}),
    );
    (path, parameter(0), parameter(1), proptest::option::of(body())).prop_map(
        |(path, first, second, body)| {
            let mut operation = json!({
                "operationId": "act",
                "parameters": [path, first, second],
                "responses": {"default": {"description": "any"}},
            });
            if let Some(body) = body {
                operation["requestBody"] = body;
            }
            json!({
                "openapi": "3.1.0",
                "info": {"title": "Truth", "version": "1"},
                "paths": {"/things/{id}": {"post": operation}},
            })
        },
    )
}

/// What the document says of a request as a server receives it.
fn is_valid(router: &Router, request: &Request) -> bool {
    match router.find_request(request) {
        Route::Found(found) => validate::request(&found, request, &RequestRules::default())
            .violations
            .iter()
            .all(|violation| violation.part == Part::Security),
        _ => false,
    }
}

/// Runs the suite with data of one mode against a server that fails whatever it is sent, so that all there is to make
/// smaller is made smaller; says which of the requests were valid.
fn sent(contract: &Contract, mode: Mode) -> Vec<(Request, bool)> {
    let runtime = Runtime::new().expect("a runtime can be made");
    runtime.block_on(async {
        let router = Router::new(contract.operations(), BasePaths::Optional);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let server = {
            let seen = Arc::clone(&seen);
            Hostile::open(move |request, _| {
                let is_valid = is_valid(&router, request);
                seen.lock().expect("nothing panics under it").push((request.clone(), is_valid));
                Piece::reply(500, "", "")
            })
            .await
        };
        let settings = Settings {
            modes: vec![mode],
            phases: vec![Phase::Examples, Phase::Coverage, Phase::Fuzzing],
            max_cases: 15,
            timeout: std::time::Duration::from_secs(60),
            ..Settings::default()
        };
        let outcome = Outcome::of(contract, &Target::new(&server.url), &settings).await;
        let sent = std::mem::take(&mut *seen.lock().expect("nothing panics under it"));
        assert!(sent.len() as u64 >= outcome.summary.requests);
        sent
    })
}

#[test]
fn what_is_sent_is_what_it_is_said_to_be() {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let config =
        Config { cases: DOCUMENTS, failure_persistence: None, max_shrink_iters: 0, ..Config::default() };
    let counts = [AtomicUsize::new(0), AtomicUsize::new(0)];
    TestRunner::new_with_rng(config, rng)
        .run(&document(), |document| {
            let contract = Contract::load("truth.json", document.to_string().as_bytes()).unwrap();
            for (mode, count) in [Mode::Positive, Mode::Negative].into_iter().zip(&counts) {
                for (request, is_valid) in sent(&contract, mode) {
                    count.fetch_add(1, Ordering::Relaxed);
                    prop_assert_eq!(
                        is_valid,
                        mode == Mode::Positive,
                        "{:?}: {:?}\n{}",
                        mode,
                        request,
                        document
                    );
                }
            }
            Ok(())
        })
        .unwrap();
    // A law about nothing holds.
    assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) > 300), "{counts:?}");
}
