//! A67, A68 and A70 of the list of attacks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use counterfoil_conformance::{Event, Mode, Phase, Settings, Target};
use counterfoil_openapi::{Contract, Request};
use counterfoil_server::{StubServer, Tls};
use rcgen::{CertificateParams, KeyPair};

use super::{Hostile, Piece};
use crate::running::Outcome;

const DOCUMENT: &str = r#"
openapi: 3.0.3
info: {title: Things, version: '1'}
security: [{key: []}]
paths:
  /things/{id}:
    get:
      operationId: readThing
      parameters: [{name: id, in: path, required: true, schema: {type: integer, minimum: 1}}]
      responses:
        '200': {description: ok, content: {text/plain: {schema: {type: string}}}}
        '301': {description: elsewhere}
        4XX: {description: refused}
  /other:
    get: {operationId: other, responses: {'200': {description: ok}, 4XX: {description: refused}}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
"#;

const KEY: &str = "key-of-the-target";

pub(super) fn contract() -> Contract {
    Contract::load("things.yaml", DOCUMENT.as_bytes()).expect("it is a document")
}

pub(super) fn settings() -> Settings {
    Settings {
        max_cases: 6,
        phases: vec![Phase::Fuzzing],
        modes: vec![Mode::Positive],
        body_cap: 64 * 1024,
        ..Settings::default()
    }
}

pub(super) fn target(server: &Hostile) -> Target {
    Target::new(&server.url).header("X-Key", KEY)
}

/// A server that does this to whoever reads a thing, and answers everything else.
async fn against(pieces: Vec<Piece>, timeout: Duration) -> Outcome {
    let server = Hostile::open(move |request: &Request, _| match request.target.starts_with("/things") {
        true => pieces.clone(),
        false => Piece::reply(200, "content-type: text/plain\r\n", "fine"),
    })
    .await;
    let settings = Settings { timeout, ..settings() };
    Outcome::of(&contract(), &target(&server), &settings).await
}

/// The run goes through to its end, the other operation included, and blames the one that deserves it.
async fn is_blamed(pieces: Vec<Piece>, check: &str, kind: &str) {
    // Who waits for nothing waits for two seconds; what comes may take as long as this machine needs.
    let seconds = if kind == "no complete response in time" { 2 } else { 60 };
    let outcome = against(pieces, Duration::from_secs(seconds)).await;
    let failures = outcome.failures();
    let told: Vec<(&str, &str, &str)> = failures
        .iter()
        .map(|failure| (failure.operation.as_str(), failure.check.as_str(), failure.kind.as_str()))
        .collect();
    assert_eq!(told, [("readThing", check, kind)]);
    assert!(outcome.cases().any(|case| case.operation == "other" && case.exchange.status == Some(200)));
    assert!(matches!(outcome.events.last(), Some(Event::RunFinished { .. })));
    assert!(!outcome.summary.interrupted && !outcome.summary.unreachable, "{:?}", outcome.summary);
}

const HEAD: &str = "HTTP/1.1 200 .\r\ncontent-type: text/plain\r\n";

macro_rules! blames {
    ($name:ident: $check:literal, $kind:literal, [$($piece:expr),+ $(,)?]) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            is_blamed(vec![$($piece),+], $check, $kind).await;
        }
    };
}

blames!(a67_a_body_without_end: "response_timeout", "response too large", [
    Piece::text(HEAD), Piece::text("\r\n"), Piece::Forever(vec![b'x'; 8192]),
]);
blames!(a67_a_chunked_body_without_end: "response_timeout", "response too large", [
    Piece::text(HEAD), Piece::text("transfer-encoding: chunked\r\n\r\n"),
    Piece::Forever([&b"1000\r\n"[..], &[b'x'; 4096], b"\r\n"].concat()),
]);
blames!(a67_a_response_byte_by_byte: "response_timeout", "no complete response in time", [
    Piece::text(HEAD), Piece::text("x-slow: "), Piece::Drip(b'y'),
]);
blames!(a67_a_body_byte_by_byte: "response_timeout", "no complete response in time", [
    Piece::text(HEAD), Piece::text("content-length: 60000\r\n\r\n"), Piece::Drip(b'y'),
]);
blames!(a67_a_million_headers: "server_crash", "not HTTP", [
    Piece::text(HEAD), Piece::Forever(b"x-header: value\r\n".repeat(500)),
]);
blames!(a67_one_header_without_end: "server_crash", "not HTTP", [
    Piece::text(HEAD), Piece::text("x-header: "), Piece::Forever(vec![b'v'; 8192]),
]);
blames!(a67_a_length_that_is_too_long: "server_crash", "connection closed", [
    Piece::text(HEAD), Piece::text("content-length: 100\r\n\r\nshort"), Piece::Close,
]);
blames!(a67_two_lengths: "server_crash", "not HTTP", [
    Piece::text(HEAD), Piece::text("content-length: 5\r\ncontent-length: 7\r\n\r\nshort"), Piece::Close,
]);
blames!(a67_a_reset_in_the_middle: "server_crash", "connection closed", [
    Piece::text(HEAD), Piece::text("content-length: 100\r\n\r\nshort"), Piece::Reset,
]);
blames!(a67_a_flood_of_informational_responses: "response_timeout", "no complete response in time", [
    Piece::Forever(b"HTTP/1.1 102 .\r\n\r\n".repeat(200)),
]);
blames!(a67_what_is_no_http: "server_crash", "not HTTP", [
    Piece::text("220 mail.example.com ESMTP\r\n"), Piece::Close,
]);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a67_a_circle_of_redirects_is_a_response_like_any_other() {
    let server = Hostile::open(|request: &Request, _| {
        Piece::reply(301, &format!("location: {}\r\n", request.target), "")
    })
    .await;
    let outcome = Outcome::of(&contract(), &target(&server), &settings()).await;
    assert!(outcome.cases().any(|case| case.exchange.status == Some(301)));
    let cases = outcome.cases().count();
    let sent = usize::try_from(outcome.summary.requests).unwrap();
    assert!(sent >= cases && server.requests().len() == sent, "{cases} {sent}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a67_what_does_not_speak_tls_is_unreachable() {
    let server = Hostile::open(|_, _| Piece::reply(200, "", "")).await;
    let url = server.url.replacen("http:", "https:", 1);
    let outcome = Outcome::of(&contract(), &Target::new(url), &settings()).await;
    assert!(outcome.summary.unreachable);
    assert_eq!((outcome.summary.cases, outcome.summary.failures), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a67_a_certificate_whose_time_is_over_leaves_the_target_unreachable() {
    let mut wanted = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    wanted.not_before = rcgen::date_time_ymd(2000, 1, 1);
    wanted.not_after = rcgen::date_time_ymd(2001, 1, 1);
    let key = KeyPair::generate().unwrap();
    let certificate = wanted.self_signed(&key).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (certificate, key) = (write("c.pem", certificate.pem()), write("k.pem", key.serialize_pem()));
    let tls = Tls::from_files(&certificate, &key).unwrap();
    let stub = StubServer::builder(contract()).tls(tls).start().await.unwrap();
    let url = stub.url().replace("127.0.0.1", "localhost");
    let outcome = Outcome::of(&contract(), &Target::new(url), &settings()).await;
    assert!(outcome.summary.unreachable);
    assert_eq!((outcome.summary.cases, outcome.summary.failures), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a68_a_target_that_goes_down_ends_the_run_with_a_whole_record() {
    let seen = Arc::new(AtomicUsize::new(0));
    let server = {
        let seen = Arc::clone(&seen);
        Hostile::open(move |_, _| {
            seen.fetch_add(1, Ordering::SeqCst);
            Piece::reply(200, "content-type: text/plain\r\n", "fine")
        })
        .await
    };
    let (contract, target) = (contract(), target(&server));
    let mut events = Falling { events: Vec::new(), server: Some(server) };
    let settings = Settings { max_cases: 60, ..settings() };
    let summary = counterfoil_conformance::run(&contract, &target, &settings, &mut events).await;
    assert!(summary.unreachable, "{summary:?}");
    assert!(seen.load(Ordering::SeqCst) > 0);
    let events = events.events;
    assert_eq!(events.last(), Some(&Event::RunFinished { summary: summary.clone() }));
    let cases = events.iter().filter(|event| matches!(event, Event::CaseFinished { .. })).count();
    assert_eq!(cases as u64, summary.cases);
    let text = serde_json::to_string(&events).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Event>>(&text).unwrap(), events);
}

/// Takes the target down when the first case is over.
struct Falling {
    events: Vec<Event>,
    server: Option<Hostile>,
}

impl counterfoil_conformance::EventSink for Falling {
    fn take(&mut self, event: &Event) {
        if matches!(event, Event::CaseFinished { .. }) {
            drop(self.server.take());
        }
        self.events.push(event.clone());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a70_a_redirect_to_another_origin_carries_nothing_there() {
    let other = Hostile::open(|_, _| Piece::reply(200, "content-type: text/plain\r\n", "fine")).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("location: {}/things/1\r\n", other.url);
        let server = Hostile::open(move |_, _| Piece::reply(status, &location, "")).await;
        let outcome = Outcome::of(&contract(), &target(&server), &settings()).await;
        assert!(outcome.cases().all(|case| case.exchange.status == Some(status)));
        assert!(
            server
                .requests()
                .iter()
                .any(|request| request.headers.get("x-key").is_some_and(|key| key == KEY))
        );
    }
    assert!(other.requests().is_empty());
}
