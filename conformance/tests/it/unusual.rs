//! Requests with what is rarely sent, and bodies in notations that the document does not have.

use counterfoil_conformance::{Phase, Settings, Target};
use counterfoil_openapi::validate::{self, RequestRules};
use counterfoil_openapi::{BasePaths, Contract, Request, Route, Router};

use crate::hostile::{Hostile, Piece};
use crate::running::Outcome;

const DOCUMENT: &str = r#"
openapi: 3.0.3
paths:
  /notes:
    get:
      operationId: findNotes
      parameters:
        - {name: on, in: query, required: true, schema: {type: string, format: date}}
        - {name: share, in: query, schema: {type: number, minimum: 0}}
      responses: {'200': {description: notes}, '400': {description: refused}}
    post:
      operationId: addNote
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [text], properties: {text: {type: string, minLength: 1}}}}}}
      responses: {'200': {description: added}, '400': {description: refused}, '415': {description: refused}}
  /photos:
    post:
      operationId: addPhoto
      requestBody: {required: true, content: {multipart/form-data: {schema: {type: object, required: [photo], properties: {photo: {type: string, format: binary}}}}}}
      responses: {'200': {description: added}, '400': {description: refused}, '415': {description: refused}}
"#;

/// The status of the answer to a request, where it is another than that of a faithful server.
type Fault = fn(&Request, &str) -> Option<u16>;

/// What the suite says of a server that answers all that is unusual with a refusal, but for a fault.
async fn failures(fault: Fault) -> Vec<String> {
    let contract = Contract::load("notes.yaml", DOCUMENT.as_bytes()).expect("it is a document");
    let router = Router::new(contract.operations(), BasePaths::Optional);
    let served = move |request: &Request, _| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let Route::Found(found) = router.find_request(request) else {
            let allow = if request.path() == "/notes" { "GET, POST" } else { "POST" };
            return Piece::reply(405, &format!("allow: {allow}\r\n"), "");
        };
        let reading = validate::request(&found, request, &RequestRules::default());
        let is_other = reading.violations.iter().any(|violation| violation.rule == "undocumented");
        let is_unusual = is_unusual(request, &body);
        let status = match reading.violations.is_empty() {
            false if is_other => 415,
            true if !is_unusual => 200,
            _ => 400,
        };
        Piece::reply(fault(request, &body).unwrap_or(status), "", "")
    };
    let server = Hostile::open(served).await;
    let phases = vec![Phase::Coverage, Phase::Probing];
    let settings = Settings { phases, ..Settings::default() };
    let outcome = Outcome::of(&contract, &Target::new(&server.url), &settings).await;
    let failures = outcome.failures().into_iter();
    failures
        .map(|failure| {
            let broken = failure.broken.clone().unwrap_or_default();
            format!("{}: {}: {} {broken}", failure.operation, failure.check, failure.kind)
        })
        .collect()
}

/// Whether it is for a server to say what becomes of a request.
fn is_unusual(request: &Request, body: &str) -> bool {
    let rare = ["on=0001-01-01", "share=1e3", "share=1e-7"];
    rare.iter().any(|rare| request.target.contains(rare))
        || body.contains("form-data; name=\"photo\"\r\n")
        || body.contains("\u{e9}t\u{e9}")
}

/// Whether a request is of a media type.
fn is_of(request: &Request, wanted: &str) -> bool {
    let sent = request.headers.get("content-type").and_then(|sent| sent.to_str().ok());
    sent.is_some_and(|sent| sent.starts_with(wanted))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_unusual_may_be_refused_and_taken() {
    assert_eq!(failures(|_, _| None).await, Vec::<String>::new());
    assert_eq!(
        failures(|request, body| is_unusual(request, body).then_some(200)).await,
        Vec::<String>::new()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_over_it_is_found() {
    let table: [(Fault, &str); 7] = [
        (
            |request, _| request.target.contains("0001-01-01").then_some(500),
            "findNotes: not_a_server_error: status 500 sent with 0001-01-01 for `on`",
        ),
        (
            |request, _| request.target.contains("1e-7").then_some(500),
            "findNotes: not_a_server_error: status 500 sent with 1e-7 for `share`",
        ),
        (
            |_, body| body.contains("\u{e9}t\u{e9}").then_some(500),
            "addPhoto: not_a_server_error: status 500 sent with a name of a file that is not ASCII",
        ),
        (
            |_, body| body.contains("form-data; name=\"photo\"\r\nContent-Type").then_some(500),
            "addPhoto: not_a_server_error: status 500 sent with a file without a name",
        ),
        (
            |_, body| body.contains("form-data; name=\"photo\"\r\n\r\n").then_some(500),
            "addPhoto: not_a_server_error: status 500 sent with a text in the place of a file",
        ),
        (
            |request, _| is_of(request, "application/x-www-form-urlencoded").then_some(200),
            "addNote: negative_data_rejection: content-type undocumented content-type: `application/x-www-form-urlencoded` is not",
        ),
        (
            |request, _| is_of(request, "application/xml").then_some(200),
            "addNote: negative_data_rejection: content-type undocumented content-type: `application/xml` is not",
        ),
    ];
    for (row, (fault, expected)) in table.into_iter().enumerate() {
        let failures = failures(fault).await;
        assert!(failures.len() == 1 && failures[0].starts_with(expected), "row {row}: {failures:?}");
    }
}
