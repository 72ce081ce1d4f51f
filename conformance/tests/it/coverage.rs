//! Requests that only the coverage phase makes.

use counterfoil_conformance::{Options, Phase, Settings, Target, Verdict};
use counterfoil_openapi::Contract;

use crate::hostile::{Hostile, Piece};
use crate::running::Outcome;

const NOTES: &str = r#"
openapi: 3.0.3
info: {title: Notes, version: '1'}
paths:
  /notes:
    get:
      operationId: listNotes
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1}}
        - {name: tag, in: query, schema: {type: array, items: {type: string}}}
      responses: {'200': {description: ok}, '400': {description: wrong}}
    post:
      operationId: addNote
      requestBody:
        required: true
        content:
          application/json: {schema: {type: object, required: [title], properties: {stars: {type: integer}, title: {type: string}}}}
          text/plain;charset=utf-8: {schema: {type: string, minLength: 1}}
      responses: {'200': {description: ok}, '400': {description: wrong}}
"#;

/// What came of the coverage phase against a server that takes whatever it is sent.
async fn lenient(options: Options) -> (Outcome, Hostile) {
    let contract = Contract::load("notes.yaml", NOTES.as_bytes()).expect("it is a document");
    let server = Hostile::open(|_, _| Piece::reply(200, "", "")).await;
    let settings = Settings { phases: vec![Phase::Coverage], ..options.resolve().expect("they are good") };
    let outcome = Outcome::of(&contract, &Target::new(&server.url), &settings).await;
    (outcome, server)
}

/// What `negative_data_rejection` says of the cases that are broken in this way: the body's type, and the failure.
fn said(outcome: &Outcome, broken: &str) -> Vec<(String, Option<String>)> {
    let cases = outcome.cases().filter(|case| case.broken.as_ref().is_some_and(|told| told.contains(broken)));
    let said = cases.map(|case| {
        let headers = &case.exchange.request_headers;
        let header = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let check = case.checks.iter().find(|result| result.check == "negative_data_rejection");
        let failed = check.and_then(|result| match &result.verdict {
            Verdict::Failed { kind, .. } => Some(kind.clone()),
            _ => None,
        });
        (header.map(|(_, value)| value.clone()).unwrap_or_default(), failed)
    });
    said.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_parameter_is_given_twice_where_that_is_asked_for() {
    let twice = "the query parameter `limit` twice";
    let (plain, server) = lenient(Options::default()).await;
    assert_eq!(said(&plain, twice), []);
    let is_twice = |server: &Hostile| {
        server.requests().iter().filter(|request| request.target.matches("limit=").count() == 2).count()
    };
    assert_eq!(is_twice(&server), 0);
    let (asked, server) = lenient(Options { duplicate_query: Some(true), ..Options::default() }).await;
    let failure = "query.limit given twice".to_owned();
    assert_eq!(said(&asked, twice), [(String::new(), Some(failure.clone()))]);
    assert!(is_twice(&server) > 0);
    // What may be there several times is no matter.
    assert!(asked.cases().all(|case| !case.broken.as_ref().is_some_and(|told| told.contains("`tag` twice"))));
    let failures = asked.failures();
    let found = failures.iter().find(|found| found.kind == failure).expect("it is a failure");
    assert!(found.reproduction.curl.contains("limit="), "{}", found.reproduction.curl);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_are_not_utf_8_are_sent_and_taking_them_is_no_failure() {
    let (outcome, server) = lenient(Options::default()).await;
    let mut told = said(&outcome, "not UTF-8");
    told.sort();
    let sent = ["application/json", "text/plain;charset=utf-8"];
    assert_eq!(told, sent.map(|media_type| (media_type.to_owned(), None)));
    let sent = server.requests();
    let bodies: Vec<&[u8]> =
        sent.iter().map(|request| &*request.body).filter(|body| std::str::from_utf8(body).is_err()).collect();
    let json = bodies.iter().find(|body| body.starts_with(b"{")).expect("one is JSON");
    // All but the one character is right.
    let mended = String::from_utf8_lossy(json);
    assert!(
        serde_json::from_str::<serde_json::Value>(&mended).is_ok_and(|value| value["title"].is_string()),
        "{mended}"
    );
}
