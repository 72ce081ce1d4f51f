//! Conditional requests, to a server that keeps things and shows their tags.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use counterfoil_conformance::{CaseFile, Failure, Flakiness, Phase, Replay, Replayed, Settings, Target};
use counterfoil_openapi::{Contract, Request};
use http::Method;
use serde_json::{Value, json};

use crate::hostile::{Hostile, Piece};
use crate::running::Outcome;

const DOCUMENT: &str = r#"
openapi: 3.0.3
paths:
  /notes:
    post:
      operationId: addNote
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}
      responses: {'201': {$ref: '#/components/responses/Note'}, default: {description: refused}}
  /notes/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer, minimum: 1}}]
    get:
      operationId: readNote
      parameters: [{name: If-None-Match, in: header, schema: {type: string}}]
      responses: {'200': {$ref: '#/components/responses/Note'}, '304': {description: as it was}, default: {description: refused}}
    put:
      operationId: changeNote
      parameters: [{name: If-Match, in: header, schema: {type: string}}]
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}
      responses: {'200': {$ref: '#/components/responses/Note'}, '412': {description: another one}, default: {description: refused}}
    delete:
      operationId: removeNote
      parameters: [{name: If-Match, in: header, schema: {type: string}}]
      responses: {'204': {description: gone}, '412': {description: another one}, default: {description: refused}}
components:
  responses:
    Note:
      description: a note
      headers: {ETag: {schema: {type: string}}}
      content: {application/json: {schema: {type: object, required: [id], properties: {id: {type: integer}, text: {type: string}}}}}
  schemas:
    Note: {type: object, required: [text], properties: {text: {type: string, minLength: 1, maxLength: 9}}}
"#;

/// What a server makes of conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// Answers 304 to everything.
    Always,
    /// Answers 304 to any `If-None-Match`.
    AnyTag,
    /// Heeds no `If-None-Match`.
    ShowsAgain,
    /// Heeds no `If-Match` of a change.
    ChangesStale,
    /// Heeds no `If-Match` of a removal.
    RemovesStale,
    /// Heeds nothing, and has one tag for everything.
    SameTag,
    /// Heeds nothing, and knows of nothing.
    Parrot,
}

#[derive(Debug, Default)]
struct Notes {
    /// The text of each, and how often it was changed.
    notes: BTreeMap<u64, (Value, u64)>,
    last: u64,
    /// A part of each tag.
    salt: usize,
}

impl Notes {
    fn answer(&mut self, request: &Request, fault: Fault) -> Vec<Piece> {
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
        let salt = self.salt;
        let tag = |version: u64| match fault {
            Fault::SameTag | Fault::Parrot => "\"0\"".to_owned(),
            _ => format!("\"{salt}-{version}\""),
        };
        let shown = |status, id: u64, text: &Value, version| {
            let headers = format!("content-type: application/json\r\netag: {}\r\n", tag(version));
            Piece::reply(status, &headers, &json!({"id": id, "text": text}).to_string())
        };
        let sent = serde_json::from_slice::<Value>(&request.body).ok().map(|body| body["text"].clone());
        let sent =
            sent.filter(|text| text.as_str().is_some_and(|text| (1..=9).contains(&text.chars().count())));
        let refused = |status| Piece::reply(status, "", "");
        if request.path() == "/notes" {
            if request.method != Method::POST {
                return Piece::reply(405, "allow: POST\r\n", "");
            }
            let Some(text) = sent else { return refused(400) };
            self.last += 1;
            self.notes.insert(self.last, (text.clone(), 1));
            return shown(201, self.last, &text, 1);
        }
        let id = request.path().rsplit('/').next().and_then(|id| id.parse().ok()).unwrap_or_default();
        if fault == Fault::Parrot && request.method == Method::GET && id > 0 {
            return shown(200, id, &json!("a"), 1);
        }
        let Some((text, version)) = self.notes.get_mut(&id) else { return refused(404) };
        let heeds = match request.method {
            Method::GET => fault != Fault::ShowsAgain,
            Method::PUT => fault != Fault::ChangesStale,
            _ => fault != Fault::RemovesStale,
        } && !matches!(fault, Fault::SameTag | Fault::Parrot);
        let is_any = |wanted: &str| wanted == "*" || wanted == tag(*version);
        if heeds && header("if-match").is_some_and(|wanted| !is_any(wanted)) {
            return refused(412);
        }
        match request.method {
            Method::GET => {
                let is_known = match fault {
                    Fault::Always => true,
                    Fault::AnyTag => header("if-none-match").is_some(),
                    _ => heeds && header("if-none-match").is_some_and(is_any),
                };
                if is_known { refused(304) } else { shown(200, id, text, *version) }
            }
            Method::PUT => {
                let Some(new) = sent else { return refused(400) };
                (*text, *version) = (new, *version + 1);
                shown(200, id, text, *version)
            }
            Method::DELETE => {
                self.notes.remove(&id);
                Piece::reply(204, "", "")
            }
            _ => Piece::reply(405, "allow: GET, PUT, DELETE\r\n", ""),
        }
    }
}

/// A server of its own tags.
async fn open(fault: Fault) -> Hostile {
    static OPENED: AtomicUsize = AtomicUsize::new(0);
    let salt = OPENED.fetch_add(1, Ordering::SeqCst);
    let notes = Mutex::new(Notes { salt, ..Notes::default() });
    Hostile::open(move |request, _| notes.lock().expect("nobody panics with it").answer(request, fault)).await
}

/// What is said of a server.
async fn failures(fault: Fault) -> (Hostile, Vec<Failure>) {
    let server = open(fault).await;
    let phases = vec![Phase::Coverage, Phase::Stateful, Phase::Probing];
    let settings = Settings { phases, max_cases: 40, ..Settings::default() };
    let outcome = Outcome::of(&contract(), &Target::new(&server.url), &settings).await;
    let failures: Vec<Failure> = outcome.failures().into_iter().cloned().collect();
    assert!(failures.iter().all(|failure| failure.flakiness == Flakiness::Recurs), "{failures:?}");
    (server, failures)
}

fn contract() -> Contract {
    Contract::load("notes.yaml", DOCUMENT.as_bytes()).expect("it is a document")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_condition_that_is_not_heeded_is_found() {
    let table: [(Fault, &[&str]); 8] = [
        (Fault::None, &[]),
        // One tag for everything may be that of an example; that it stays the same after a change is another failure.
        (Fault::SameTag, &[]),
        (Fault::Parrot, &[]),
        (
            Fault::Always,
            &["readNote: 304 to an unknown tag after 1", "readNote: 304 without a condition after 0"],
        ),
        (Fault::AnyTag, &["readNote: 304 to an unknown tag after 1"]),
        (Fault::ShowsAgain, &["readNote: 200 to its own tag after 4"]),
        (Fault::ChangesStale, &["changeNote: unmatched condition after 4"]),
        (Fault::RemovesStale, &["removeNote: unmatched condition after 4"]),
    ];
    for (fault, expected) in table {
        let (_server, failures) = failures(fault).await;
        let is_of_conditions = |failure: &&Failure| failure.check == "conditional_requests";
        let others: Vec<&Failure> = failures.iter().filter(|failure| !is_of_conditions(failure)).collect();
        assert_eq!(others.len(), usize::from(fault == Fault::SameTag), "{fault:?}: {others:?}");
        let told = failures.iter().filter(is_of_conditions).map(|failure| {
            let before = failure.reproduction.before.len();
            format!("{}: {} after {before}", failure.operation, failure.kind)
        });
        let mut told: Vec<String> = told.collect();
        told.sort();
        assert_eq!(told, expected, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_condition_that_is_not_heeded_is_found_again_until_it_is() {
    for fault in [Fault::AnyTag, Fault::ShowsAgain, Fault::ChangesStale, Fault::RemovesStale] {
        let (server, failures) = failures(fault).await;
        for failure in &failures {
            let case = CaseFile::new(&contract(), &server.url, failure).expect("it has its recipe");
            for now in [fault, Fault::None] {
                let other = open(now).await;
                let (target, secrets) = (Target::new(&other.url), BTreeMap::new());
                let replay = Replay { target, secrets, timeout: Duration::from_secs(60) };
                let again = replay.send(&case, &contract()).await;
                let is_right = match now {
                    Fault::None => again == Replayed::Fixed,
                    _ => matches!(again, Replayed::StillFailing { .. }),
                };
                assert!(is_right, "{fault:?} {now:?}: {again:?}\n{case:#?}");
            }
        }
        assert_eq!(failures.len(), 1);
    }
}
