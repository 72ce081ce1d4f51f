//! A68: a server that fails at times: what did not recur is told as such, and the run comes to its end.

use std::collections::HashMap;
use std::sync::Mutex;

use counterfoil_conformance::report::{Colour, Terminal};
use counterfoil_conformance::{EventSink as _, Failure, Flakiness, Settings, Target};
use counterfoil_openapi::{Contract, Request};

use crate::hostile::{Hostile, Piece};
use crate::running::Outcome;

const PETS: &str = r#"
openapi: 3.0.3
info: {title: Pets, version: '1'}
paths:
  /pets:
    post:
      operationId: addPet
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [age], properties: {age: {type: integer}}}}}}
      responses: {'200': {description: ok}, default: {description: other}}
  /pets/{id}:
    get:
      operationId: readPet
      parameters: [{name: id, in: path, required: true, schema: {type: integer, minimum: 1}}]
      responses: {'200': {description: ok}, default: {description: other}}
"#;

/// A run against a server that fails where `fails` says so of a request and of how often it came before.
async fn against(fails: impl Fn(&Request, usize) -> bool + Send + Sync + 'static) -> Outcome {
    let contract = Contract::load("pets.yaml", PETS.as_bytes()).expect("it is a document");
    let seen: Mutex<HashMap<Vec<u8>, usize>> = Mutex::default();
    let server = Hostile::open(move |request, _| {
        let mut wire = format!("{} {}\n", request.method, request.target).into_bytes();
        wire.extend_from_slice(&request.body);
        let mut seen = seen.lock().expect("nothing panics under it");
        let before = seen.entry(wire).or_default();
        *before += 1;
        let status = if fails(request, *before - 1) { 503 } else { 200 };
        Piece::reply(status, "", "")
    })
    .await;
    let checks = Settings::default().checks.into_iter().filter(|check| check.name() == "not_a_server_error");
    let settings = Settings { max_cases: 20, checks: checks.collect(), ..Settings::default() };
    Outcome::of(&contract, &Target::new(&server.url), &settings).await
}

fn told(outcome: &Outcome) -> Vec<(&str, &Flakiness)> {
    let failures = outcome.failures();
    failures.iter().map(|failure: &&Failure| (failure.operation.as_str(), &failure.flakiness)).collect()
}

fn report(outcome: &Outcome) -> String {
    let mut terminal = Terminal::new(Vec::new(), Colour::Off);
    outcome.events.iter().for_each(|event| terminal.take(event));
    String::from_utf8(terminal.finish().expect("it is in memory")).expect("it is text")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_every_second_time_is_flaky_and_the_run_ends() {
    let outcome = against(|_, before| before % 2 == 0).await;
    let flaky = Flakiness::Flaky;
    assert_eq!(told(&outcome), [("addPet", &flaky), ("readPet", &flaky)]);
    let summary = &outcome.summary;
    assert_eq!((summary.failures, summary.flaky, summary.interrupted), (2, 2, false));
    let report = report(&outcome);
    assert_eq!(report.matches("FLAKY: it did not recur when sent again").count(), 2, "{report}");
    assert!(report.contains("\nFAILED: 2 failures (2 flaky)"), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_each_time_beside_it_is_not() {
    let outcome = against(|request, before| request.method == "POST" || before % 2 == 0).await;
    assert_eq!(told(&outcome), [("addPet", &Flakiness::Recurs), ("readPet", &Flakiness::Flaky)]);
    assert_eq!((outcome.summary.failures, outcome.summary.flaky), (2, 1));
}
