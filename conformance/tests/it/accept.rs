//! Requests that ask for a media type.

use counterfoil_conformance::{Phase, Settings, Target};
use counterfoil_openapi::{Contract, Request};
use http::Method;

use crate::hostile::{Hostile, Piece};
use crate::running::Outcome;

const DOCUMENT: &str = r#"
openapi: 3.0.3
paths:
  /report:
    get:
      operationId: report
      responses:
        '200':
          content:
            application/json: {schema: {type: object}}
            text/csv: {schema: {type: string}}
  /label: {get: {operationId: label, responses: {'200': {content: {application/json: {schema: {type: object}}}}}}}
"#;

/// Status, media type and body by what is accepted.
type Answer = fn(&str) -> (u16, &'static str, &'static str);

/// What the suite says of a server that answers `Accept` by this: status, media type and body.
async fn failures(answer: Answer) -> Vec<String> {
    let served = move |request: &Request, _| {
        if request.method != Method::GET {
            return Piece::reply(405, "allow: GET\r\n", "");
        }
        let accept = request.headers.get("accept").and_then(|accept| accept.to_str().ok());
        let (status, media_type, body) = answer(accept.unwrap_or("*/*"));
        Piece::reply(status, &format!("content-type: {media_type}\r\n"), body)
    };
    let server = Hostile::open(served).await;
    let contract = Contract::load("report.yaml", DOCUMENT.as_bytes()).expect("it is a document");
    let settings = Settings { phases: vec![Phase::Probing], ..Settings::default() };
    let outcome = Outcome::of(&contract, &Target::new(&server.url), &settings).await;
    let failures = outcome.failures().into_iter();
    let mut told: Vec<String> = failures
        .map(|failure| {
            let accept = failure.exchange.request_headers.iter().find(|(name, _)| name == "accept");
            let accept = accept.map_or("", |(_, value)| value);
            assert!(failure.reproduction.curl.to_lowercase().contains(&format!("accept: {accept}")));
            format!("{}: {}: {} {accept}", failure.check, failure.kind, failure.operation)
        })
        .collect();
    told.sort();
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_answers_in_what_was_asked_for_or_in_json_or_refuses_the_rest_is_faithful() {
    const CSV: (u16, &str, &str) = (200, "text/csv", "a,b\n");
    const JSON: (u16, &str, &str) = (200, "application/json", "{}");
    assert!(failures(|accept| if accept == "text/csv" { CSV } else { JSON }).await.is_empty());
    assert!(failures(|_| JSON).await.is_empty());
    let refusing: Answer = |accept| match accept {
        "text/csv" => CSV,
        "application/json" | "*/*" => JSON,
        _ => (406, "text/html", "no"),
    };
    assert!(failures(refusing).await.is_empty());
    let page: Answer = |accept| if accept == "text/csv" { (404, "text/html", "no") } else { JSON };
    assert!(failures(page).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_of_asking_for_a_media_type_is_held_to_the_document() {
    let table: [(Answer, &[&str]); 4] = [
        (
            |accept| match accept {
                "text/csv" => (500, "application/json", "{}"),
                _ => (200, "application/json", "{}"),
            },
            &["not_a_server_error: status 500: report text/csv"],
        ),
        (
            |accept| match accept {
                "text/csv" => (200, "application/json", "a,b\n"),
                _ => (200, "application/json", "{}"),
            },
            &["response_schema_conformance: 200 unreadable: report text/csv"],
        ),
        (
            |accept| match accept {
                "text/csv" => (406, "application/json", "{}"),
                _ => (200, "application/json", "{}"),
            },
            &["positive_data_acceptance: status 406 for text/csv: report text/csv"],
        ),
        (
            |accept| match accept.contains("xml") {
                true => (500, "application/json", "{}"),
                false => (200, "application/json", "{}"),
            },
            &[
                "not_a_server_error: status 500: label application/xml",
                "not_a_server_error: status 500: report application/xml",
            ],
        ),
    ];
    for (answer, expected) in table {
        assert_eq!(failures(answer).await, expected);
    }
}
