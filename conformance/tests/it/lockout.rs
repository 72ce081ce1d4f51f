//! Servers that let nobody in any more once they were asked for something.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use counterfoil_conformance::{Event, Phase, Settings, Target};
use counterfoil_openapi::Contract;
use http::Method;

use crate::hostile::{Hostile, Piece};
use crate::running::Outcome;

/// A document of a server with an operation at a path that takes a key away.
fn document(path: &str) -> String {
    format!(
        r#"
openapi: 3.0.3
security: [{{key: []}}]
paths:
  /notes:
    get:
      operationId: listNotes
      parameters: [{{name: limit, in: query, schema: {{type: integer, minimum: 1, maximum: 5}}}}]
      responses: {{'200': {{description: notes}}, '400': {{description: refused}}}}
  /pages:
    get:
      operationId: listPages
      parameters: [{{name: limit, in: query, schema: {{type: integer, minimum: 1, maximum: 5}}}}]
      responses: {{'200': {{description: pages}}, '400': {{description: refused}}}}
  {path}:
    post:
      operationId: takeAway
      responses: {{'204': {{description: taken away}}}}
components:
  securitySchemes: {{key: {{type: apiKey, in: header, name: X-Key}}}}
"#
    )
}

/// What comes of a server whose key is good until somebody posts anything.
async fn tested(path: &str) -> Outcome {
    let is_taken = Arc::new(AtomicBool::new(false));
    let server = Hostile::open(move |request, _| {
        let key = request.headers.get("x-key").and_then(|key| key.to_str().ok());
        if key != Some("ada") || is_taken.load(Ordering::SeqCst) {
            return Piece::reply(401, "", "");
        }
        let limit = request.query().and_then(|query| query.strip_prefix("limit="));
        let is_good = limit.is_none_or(|limit| limit.parse().is_ok_and(|limit| (1..=5).contains(&limit)));
        let is_of_things = ["/notes", "/pages"].contains(&request.path());
        match request.method {
            Method::POST if !is_of_things => {
                is_taken.store(true, Ordering::SeqCst);
                Piece::reply(204, "", "")
            }
            Method::GET if is_of_things && is_good => Piece::reply(200, "", ""),
            Method::GET if is_of_things => Piece::reply(400, "", ""),
            _ if is_of_things => Piece::reply(405, "allow: GET\r\n", ""),
            _ => Piece::reply(405, "allow: POST\r\n", ""),
        }
    })
    .await;
    let contract = Contract::load("notes.yaml", document(path).as_bytes()).expect("it is a document");
    let settings = Settings { max_cases: 10, ..Settings::default() };
    let target = Target::new(&server.url).header("X-Key", "ada");
    Outcome::of(&contract, &target, &settings).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_lost_the_credentials_blames_nobody_and_says_so() {
    let outcome = tested("/notes/archive").await;
    assert_eq!(outcome.failures(), Vec::<&counterfoil_conformance::Failure>::new());
    assert!(outcome.summary.interrupted);
    let lost = outcome.warnings().into_iter().find(|warning| warning.code == "credentials-lost");
    let message = &lost.expect("it is told").message;
    assert!(message.contains("was answered 204 with them, and is answered 401 now"), "{message}");
    assert!(message.contains("POST /notes/archive"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_end_the_session_is_asked_for_last() {
    let outcome = tested("/token/rotate").await;
    assert_eq!(outcome.failures(), Vec::<&counterfoil_conformance::Failure>::new());
    // All else was tested.
    assert!(!outcome.summary.interrupted);
    let began = outcome.events.iter().filter_map(|event| match event {
        Event::OperationStarted { phase, operation, .. } => Some((*phase, operation.as_str())),
        _ => None,
    });
    let began: Vec<_> = began.collect();
    let first = began.iter().position(|(_, operation)| *operation == "takeAway").expect("it is asked for");
    assert!(began[first..].iter().all(|(_, operation)| *operation == "takeAway"), "{began:?}");
    assert!(began[..first].iter().any(|(phase, _)| *phase == Phase::Fuzzing), "{began:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_granted_once_takes_no_credentials_away() {
    let document = r#"
openapi: 3.0.3
security: [{key: []}]
paths:
  /codes/{code}:
    get:
      operationId: useCode
      parameters: [{name: code, in: path, required: true, schema: {type: integer, minimum: 1}}]
      responses: {'200': {description: used}, '400': {description: no code}, '403': {description: used already}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
"#;
    let is_used = AtomicBool::new(false);
    let server = Hostile::open(move |request, _| {
        if request.headers.get("x-key").is_none_or(|key| key != "ada") {
            return Piece::reply(401, "", "");
        }
        let code = request.path().strip_prefix("/codes/").and_then(|code| code.parse::<i64>().ok());
        match (&request.method, code) {
            (&Method::GET, Some(1..)) if is_used.swap(true, Ordering::SeqCst) => Piece::reply(403, "", ""),
            (&Method::GET, Some(1..)) => Piece::reply(200, "", ""),
            (&Method::GET, _) => Piece::reply(400, "", ""),
            _ => Piece::reply(405, "allow: GET\r\n", ""),
        }
    })
    .await;
    let contract = Contract::load("codes.yaml", document.as_bytes()).expect("it is a document");
    let target = Target::new(&server.url).header("X-Key", "ada");
    let outcome = Outcome::of(&contract, &target, &Settings { max_cases: 10, ..Settings::default() }).await;
    assert!(!outcome.summary.interrupted);
    assert!(outcome.warnings().iter().all(|warning| warning.code != "credentials-lost"));
}
