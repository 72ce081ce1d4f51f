//! HEAD beside GET.

use std::sync::atomic::{AtomicU64, Ordering};

use counterfoil_conformance::{Failure, Flakiness, Phase, Settings, Target};
use counterfoil_openapi::Contract;
use http::Method;

use crate::hostile::{Hostile, Piece};
use crate::running::Outcome;

const DOCUMENT: &str = r#"
openapi: 3.0.3
paths:
  /files:
    get:
      operationId: listFiles
      responses: {'200': {content: {application/json: {schema: {type: array, items: {type: object, properties: {id: {type: integer}}}}}}}}
  /files/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get: {operationId: readFile, responses: {'200': {description: a file}, '404': {description: none}}}
    head: {operationId: headFile, responses: {'200': {description: a file}, '404': {description: none}}}
  /alone: {head: {operationId: alone, responses: {'200': {description: it}, '404': {description: none}}}}
"#;

/// The statuses of GET and HEAD, by the request's number and whether the file is there.
type Answer = fn(u64, bool) -> (u16, u16);

/// What is said of a server, each with the methods of its curl lines.
async fn failures(answer: Answer) -> Vec<String> {
    let sent = AtomicU64::new(0);
    let server = Hostile::open(move |request, _| {
        let number = sent.fetch_add(1, Ordering::SeqCst);
        let id = request.path().rsplit('/').next().unwrap_or_default();
        let is_invalid = request.path().starts_with("/files/") && id.parse::<i64>().is_err();
        let (get, head) = match request.path() {
            "/alone" => (405, 404),
            _ if is_invalid => (404, 404),
            path => answer(number, path.ends_with("/7")),
        };
        match request.method {
            Method::GET if request.path() == "/files" => {
                Piece::reply(200, "content-type: application/json\r\n", r#"[{"id": 7}]"#)
            }
            Method::GET if get != 405 => Piece::reply(get, "", ""),
            Method::HEAD => Piece::reply(head, "", ""),
            _ if get == 405 => Piece::reply(405, "allow: HEAD\r\n", ""),
            _ => Piece::reply(405, "allow: GET, HEAD\r\n", ""),
        }
    })
    .await;
    let contract = Contract::load("files.yaml", DOCUMENT.as_bytes()).expect("it is a document");
    let settings =
        Settings { phases: vec![Phase::Coverage, Phase::Probing], workers: 1, ..Settings::default() };
    let outcome = Outcome::of(&contract, &Target::new(&server.url), &settings).await;
    let told = |failure: &Failure| {
        assert_eq!((failure.check.as_str(), failure.flakiness), ("head_agreement", Flakiness::Recurs));
        let is_get = |line: &String| !line.contains("-I") && !line.contains("-X");
        let before = &failure.reproduction.before;
        assert!(before.last().is_some_and(is_get), "{before:?}");
        format!("{}: {}", failure.operation, failure.kind)
    };
    outcome.failures().into_iter().map(told).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn head_finds_what_get_finds() {
    let table: [(Answer, &[&str]); 4] = [
        (|_, is_there| if is_there { (200, 200) } else { (404, 404) }, &[]),
        (
            |_, is_there| if is_there { (200, 404) } else { (404, 404) },
            &["headFile: status 404 where GET answers 200"],
        ),
        (
            |_, is_there| if is_there { (200, 200) } else { (404, 200) },
            &["headFile: status 200 where GET answers 404"],
        ),
        // A file that comes and goes.
        (|number, _| if number % 4 < 2 { (200, 200) } else { (404, 404) }, &[]),
    ];
    for (row, (answer, expected)) in table.into_iter().enumerate() {
        assert_eq!(failures(answer).await, expected, "row {row}");
    }
}
