//! What things are called, and what they belong to, where they are read: of a server that keeps things, and tells of
//! them rightly or not.

use std::collections::BTreeMap;
use std::sync::Mutex;
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
  /desks:
    post:
      operationId: addDesk
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Named'}}}}
      responses: {'201': {$ref: '#/components/responses/Thing'}, default: {description: refused}}
  /desks/{deskId}:
    parameters: [&desk {name: deskId, in: path, required: true, schema: {type: integer, minimum: 1}}]
    get:
      operationId: readDesk
      responses: {'200': {$ref: '#/components/responses/Thing'}, default: {description: refused}}
    put:
      operationId: changeDesk
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Named'}}}}
      responses: {'200': {$ref: '#/components/responses/Thing'}, default: {description: refused}}
  /desks/{deskId}/drawers:
    parameters: [*desk]
    post:
      operationId: addDrawer
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Named'}}}}
      responses: {'201': {$ref: '#/components/responses/Thing'}, default: {description: refused}}
    get:
      operationId: listDrawers
      responses:
        '200': {description: drawers, content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Thing'}}}}}
        default: {description: refused}
  /desks/{deskId}/drawers/{drawerId}:
    parameters: [*desk, &drawer {name: drawerId, in: path, required: true, schema: {type: integer, minimum: 1}}]
    get:
      operationId: readDrawer
      responses: {'200': {$ref: '#/components/responses/Thing'}, default: {description: refused}}
  /desks/{deskId}/drawers/{drawerId}/lock:
    parameters: [*desk, *drawer]
    post:
      operationId: lockDrawer
      responses: {'200': {$ref: '#/components/responses/Thing'}, default: {description: refused}}
components:
  responses:
    Thing: {description: a thing, content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
  schemas:
    Named: {type: object, required: [name], properties: {name: {type: string, minLength: 4, maxLength: 20}}}
    Thing:
      type: object
      required: [id]
      properties:
        id: {type: integer}
        deskId: {type: integer}
        name: {type: string}
        locked: {type: boolean}
        createdAt: {type: string, format: date-time}
"#;

/// What a server tells wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// Knows of nothing, and has an example for everything.
    Parrot,
    /// Shows another name of a desk than its own.
    Renames,
    /// Answers a change with another name.
    Answers,
    /// Makes a desk anew to change it.
    MakesAnew,
    /// Has one name for all desks.
    GivesTwice,
    /// Puts drawers in another desk, by what it shows.
    Misplaces,
    /// Lists the drawers of all desks.
    ListsAll,
    /// Says that a drawer is locked, and does not lock it.
    LeavesOpen,
}

#[derive(Debug)]
struct Office {
    /// By the paths of things.
    things: BTreeMap<String, Value>,
    last: u64,
    /// How many requests came.
    now: u64,
}

impl Office {
    fn answer(&mut self, request: &Request, fault: Fault) -> (u16, Value) {
        self.now += 1;
        let time = format!(
            "2026-01-02T{:02}:00:{:02}.{:03}Z",
            3 + self.now / 6000,
            self.now / 100 % 60,
            7 * (self.now % 100) + 1
        );
        let path = request.path();
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let sent = serde_json::from_slice::<Value>(&request.body).unwrap_or_default();
        if fault == Fault::Parrot {
            let status = if request.method == Method::POST && !path.ends_with("/lock") { 201 } else { 200 };
            let example = json!({"id": self.now, "deskId": self.now + 1, "name": "a name", "locked": true, "createdAt": time});
            return (status, if segments.len() == 3 && status == 200 { json!([example]) } else { example });
        }
        let has_desk = || segments.get(1).is_some_and(|id| self.things.contains_key(&format!("/desks/{id}")));
        match (&request.method, &segments[..]) {
            (&Method::POST, ["desks"] | ["desks", _, "drawers"]) => {
                if segments.len() > 1 && !has_desk() {
                    return (404, json!({}));
                }
                self.last += 1;
                let is_one = fault == Fault::GivesTwice && segments.len() == 1;
                let id = if is_one { 1 } else { self.last };
                let mut thing = json!({"id": id, "name": sent["name"], "createdAt": time});
                if let Some(desk) = segments.get(1).and_then(|desk| desk.parse::<u64>().ok()) {
                    thing["locked"] = json!(false);
                    thing["deskId"] = json!(if fault == Fault::Misplaces { desk + 1000 } else { desk });
                }
                self.things.insert(format!("{path}/{id}"), thing.clone());
                (201, thing)
            }
            (&Method::GET, ["desks", desk, "drawers"]) if has_desk() => {
                let drawers = self.things.iter().filter(|(path, _)| {
                    path.starts_with(&format!("/desks/{desk}/drawers/"))
                        || fault == Fault::ListsAll && path.contains("/drawers/")
                });
                (200, drawers.map(|(_, drawer)| drawer.clone()).collect())
            }
            (&Method::POST, [.., "lock"]) => match self.things.get_mut(path.trim_end_matches("/lock")) {
                Some(drawer) => {
                    let mut locked = drawer.clone();
                    locked["locked"] = json!(true);
                    if fault != Fault::LeavesOpen {
                        *drawer = locked.clone();
                    }
                    (200, locked)
                }
                None => (404, json!({})),
            },
            (method, _) => match self.things.get_mut(path) {
                Some(thing) => {
                    if *method == Method::PUT {
                        thing["name"] = sent["name"].clone();
                        if fault == Fault::MakesAnew {
                            thing["createdAt"] = json!(time);
                        }
                    }
                    let mut shown = thing.clone();
                    let is_other = match fault {
                        Fault::Renames => *method == Method::GET && segments.len() == 2,
                        Fault::Answers => *method == Method::PUT,
                        _ => false,
                    };
                    if is_other {
                        shown["id"] = json!(self.now + 1000);
                    }
                    (200, shown)
                }
                None => (404, json!({})),
            },
        }
    }
}

async fn open(fault: Fault) -> Hostile {
    // Two desks, and a drawer of one, are there before anybody comes.
    let things = BTreeMap::from([
        ("/desks/1".to_owned(), json!({"id": 1, "name": "first"})),
        ("/desks/2".to_owned(), json!({"id": 2, "name": "second"})),
        ("/desks/2/drawers/3".to_owned(), json!({"id": 3, "deskId": 2, "name": "third", "locked": true})),
    ]);
    let office = Mutex::new(Office { things, last: 3, now: 0 });
    Hostile::open(move |request, _| {
        let (status, body) = office.lock().expect("nothing panics under it").answer(request, fault);
        Piece::reply(status, "content-type: application/json\r\n", &body.to_string())
    })
    .await
}

/// What a failure says.
fn told(failure: &Failure) -> String {
    assert_eq!(failure.flakiness, Flakiness::Recurs, "{failure:?}");
    format!("{} {}: {}", failure.operation, failure.check, failure.kind)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thing_is_what_it_is_called_and_belongs_where_it_was_made() {
    let table = [
        (Fault::None, &[][..]),
        (Fault::Parrot, &[][..]),
        (Fault::Renames, &["readDesk write_read_consistency: named otherwise: id"][..]),
        (Fault::Answers, &["readDesk write_read_consistency: answered with another name: id"][..]),
        (Fault::MakesAnew, &["readDesk write_read_consistency: made anew: createdAt"][..]),
        (Fault::GivesTwice, &["readDesk write_read_consistency: made over another"][..]),
        (
            Fault::Misplaces,
            &[
                "addDrawer write_read_consistency: of another: deskId",
                "readDrawer write_read_consistency: of another: deskId",
            ][..],
        ),
        (Fault::ListsAll, &["listDrawers list_conformance: items of another: deskId"][..]),
        (Fault::LeavesOpen, &["readDrawer write_read_consistency: answered, and not kept: lock"][..]),
    ];
    let contract = Contract::load("desks.yaml", DOCUMENT.as_bytes()).unwrap();
    for (fault, expected) in table {
        let server = open(fault).await;
        let settings = Settings {
            max_cases: 60,
            workers: 1,
            phases: vec![Phase::Coverage, Phase::Stateful],
            ..Settings::default()
        };
        let outcome = Outcome::of(&contract, &Target::new(&server.url), &settings).await;
        let of_checks = |failure: &&Failure| {
            ["write_read_consistency", "list_conformance"].contains(&failure.check.as_str())
        };
        let failures: Vec<&Failure> = outcome.failures().into_iter().filter(of_checks).collect();
        let told: Vec<String> = failures.iter().map(|failure| told(failure)).collect();
        assert_eq!(told, expected, "{fault:?}");
        for failure in failures {
            let case = CaseFile::new(&contract, &server.url, failure).expect("it has its recipe");
            for now in [fault, Fault::None] {
                let other = open(now).await;
                let (target, secrets) = (Target::new(&other.url), BTreeMap::new());
                let replay = Replay { target, secrets, timeout: Duration::from_secs(60) };
                let again = replay.send(&case, &contract).await;
                let is_right = match now {
                    Fault::None => again == Replayed::Fixed,
                    _ => matches!(again, Replayed::StillFailing { .. }),
                };
                assert!(is_right, "{fault:?} {now:?}: {again:?}\n{case:#?}");
            }
        }
    }
}
