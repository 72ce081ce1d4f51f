//! Operations that take and give multipart bodies: what is sent, and what is found in what comes back.

use counterfoil_conformance::{Failure, Mode, Phase, Settings, Target};
use counterfoil_openapi::{Contract, validate::Enforcement};
use counterfoil_server::{Script, StubServer};

use crate::running::Outcome;

const DOCUMENT: &str = r#"
openapi: 3.0.3
info: {title: Albums, version: '1'}
paths:
  /albums:
    post:
      operationId: addAlbum
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              type: object
              required: [title, cover]
              properties:
                title: {type: string, minLength: 2, maxLength: 20}
                year: {type: integer, minimum: 1900}
                cover: {type: string, format: binary}
                pages: {type: array, items: {type: string, format: binary}}
                details: {type: object, required: [maker], properties: {maker: {type: string}, copies: {type: integer}}}
            encoding:
              cover: {contentType: image/png, headers: {X-Width: {required: true, schema: {type: integer}, example: 3}}}
      responses:
        '200':
          description: added
          content:
            multipart/mixed:
              schema:
                type: object
                required: [id]
                properties: {id: {type: integer}, thumbnail: {type: string, format: binary}}
              example: {id: 7, thumbnail: a}
        '400': {description: refused, content: {application/json: {}}}
        '415': {description: refused, content: {application/json: {}}}
"#;

fn contract() -> Contract {
    Contract::load("albums.yaml", DOCUMENT.as_bytes()).expect("a document")
}

fn settings() -> Settings {
    Settings { max_cases: 60, ..Settings::default() }
}

/// Runs the suite against a stub that a script changes.
async fn run(script: &str, validation: Enforcement) -> Outcome {
    let contract = contract();
    let mut builder = StubServer::builder(contract.clone()).validation(validation);
    if !script.is_empty() {
        let text = format!("script: 1\nrules: {{ addAlbum: {script} }}\n");
        builder = builder.script(
            Script::load("s.yaml", text.as_bytes(), std::slice::from_ref(&contract)).expect("a script"),
        );
    }
    let stub = builder.start().await.expect("a port is free");
    Outcome::of(&contract, &Target::new(stub.url()), &settings()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn valid_bodies_are_taken_and_invalid_ones_refused() {
    let outcome = run("", Enforcement::Enforced).await;
    assert_eq!(outcome.failures(), Vec::<&Failure>::new());
    let sent = |mode: Mode| {
        outcome.cases().filter(move |case| {
            let is_multipart = |(name, value): &(String, String)| {
                name.eq_ignore_ascii_case("content-type")
                    && value.starts_with("multipart/form-data; boundary=")
            };
            case.mode == mode && case.exchange.request_headers.iter().any(is_multipart)
        })
    };
    let taken = sent(Mode::Positive).filter(|case| case.exchange.status == Some(200)).count();
    assert!(taken > 10 && taken == sent(Mode::Positive).count(), "{taken}");
    let broken: std::collections::HashSet<_> = sent(Mode::Negative)
        .filter(|case| case.exchange.status == Some(400))
        .map(|case| &case.broken)
        .collect();
    assert!(broken.len() >= 4, "{broken:?}");
    let is_whole = |case: &&counterfoil_conformance::CaseRecord| {
        let body = case.exchange.request_body.as_deref().unwrap_or_default();
        ["name=\"title\"", "name=\"cover\"; filename=", "Content-Type: image/png", "X-Width: 3"]
            .iter()
            .all(|piece| body.contains(piece))
    };
    assert!(sent(Mode::Positive).any(|case| is_whole(&case)), "a file has its media type and header");
    assert!(outcome.cases().any(|case| case.phase == Phase::Coverage));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_looks_into_no_part_is_found() {
    let outcome = run("", Enforcement::Ignored).await;
    let checks: Vec<&str> = outcome.failures().iter().map(|failure| failure.check.as_str()).collect();
    assert!(
        !checks.is_empty() && checks.iter().all(|check| *check == "negative_data_rejection"),
        "{checks:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_parts_of_replies_are_judged() {
    for (script, check, told) in [
        ("{ body: {id: seven}, allow_invalid: [body] }", "response_schema_conformance", "body/id"),
        ("{ body: {thumbnail: a}, allow_invalid: [body] }", "response_schema_conformance", "\"id\""),
        (
            "{ body: {id: 7}, headers: {Content-Type: multipart/mixed}, allow_invalid: true }",
            "response_schema_conformance",
            "boundary",
        ),
    ] {
        let outcome = run(script, Enforcement::Enforced).await;
        let failures = outcome.failures();
        assert!(!failures.is_empty(), "{script}");
        for failure in failures {
            assert_eq!(failure.check, check, "{script}: {failure:?}");
            assert!(failure.message.contains(told), "{script}: {}", failure.message);
        }
    }
}
