//! Stories of resources, told to a server that keeps what it is given, faithfully or not.

use std::collections::BTreeSet;
use std::sync::Mutex;

use counterfoil_conformance::{
    CaseRecord, Event, Failure, Flakiness, Mode, Phase, Settings, Target, Warning,
};
use counterfoil_openapi::Contract;

use crate::hostile::{Hostile, Piece};
use crate::library::{Fault, Library};
use crate::running::Outcome;

pub(crate) fn settings(phases: &[Phase]) -> Settings {
    Settings { max_cases: 40, phases: phases.to_vec(), ..Settings::default() }
}

/// What a failure says, and the requests before it without their ids.
fn told(failure: &Failure) -> String {
    assert_eq!(failure.flakiness, Flakiness::Recurs, "{failure:?}");
    let steps = failure.reproduction.before.iter().chain([&failure.reproduction.curl]);
    let steps: Vec<String> = steps
        .map(|line| {
            let method = line.split("-X ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or("GET");
            let path = line
                .rsplit_once("127.0.0.1:")
                .and_then(|(_, rest)| rest.split_once('/'))
                .expect("a path follows")
                .1;
            let path: Vec<String> = path
                .split('/')
                .map(|part| match part.trim_start_matches(|first: char| first.is_ascii_digit()) {
                    rest if rest.len() < part.len() => format!("N{rest}"),
                    _ => part.to_owned(),
                })
                .collect();
            format!("{method} /{}", path.join("/").trim_end_matches('\''))
        })
        .collect();
    format!("{}: {}: {}", failure.check, failure.kind, steps.join(", "))
}

async fn failures(fault: Fault, phases: &[Phase]) -> Vec<String> {
    let library = Library::open(fault).await;
    library.tested(&settings(phases)).await.failures().into_iter().map(told).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_keeps_its_word_passes_and_so_does_what_knows_of_nothing() {
    for fault in [Fault::None, Fault::Parrot] {
        let library = Library::open(fault).await;
        let outcome = library.tested(&settings(&Phase::ALL)).await;
        assert_eq!(outcome.failures(), Vec::<&Failure>::new(), "{fault:?}");
        assert_eq!(outcome.warnings(), Vec::<&Warning>::new(), "{fault:?}");
        let good = |case: &&CaseRecord| case.operation == "readBook" && case.exchange.status == Some(200);
        // What is two levels down is reached, and more than once.
        assert!(outcome.cases().filter(good).count() > 10);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_is_found_with_the_fewest_steps() {
    let table = [
        (
            Fault::Resurrects,
            "use_after_free: read after removal: POST /shelves, GET /shelves/N, DELETE /shelves/N, GET /shelves/N",
        ),
        (
            Fault::Loses,
            "ensure_resource_availability: status 404 after creation: POST /shelves/N/books, GET /shelves/N/books/N",
        ),
        (
            Fault::Shared,
            "object_level_authorization: read by another identity: POST /shelves, GET /shelves/N, GET /shelves/N",
        ),
        (
            Fault::ListsAll,
            "object_level_authorization: listed to another identity: POST /shelves, GET /shelves/N, GET /shelves/N, GET /shelves",
        ),
        (
            Fault::RemovedByAll,
            "object_level_authorization: removed by another identity: POST /shelves, GET /shelves/N, GET /shelves/N, DELETE /shelves/N",
        ),
        (
            Fault::ChangedByAll,
            "object_level_authorization: changed by another identity: POST /shelves, GET /shelves/N, GET /shelves/N, PUT /shelves/N",
        ),
        (
            Fault::ListsRemoved,
            "use_after_free: listed after removal: POST /shelves, GET /shelves/N, DELETE /shelves/N, GET /shelves/N, GET /shelves",
        ),
        (
            Fault::Overlaps,
            "list_conformance: parts overlap: POST /shelves, GET /shelves/N, GET /shelves?limit=2, GET /shelves?limit=1&offset=0, GET /shelves?limit=2, GET /shelves?limit=1&offset=1",
        ),
        (
            Fault::Unsorted,
            "list_conformance: not in order of id: POST /shelves, GET /shelves/N, GET /shelves?sort=-id",
        ),
        (
            Fault::RemovesTwice,
            "not_a_server_error: status 500: POST /shelves, DELETE /shelves/N, DELETE /shelves/N",
        ),
        (
            Fault::KeepsOld,
            "write_read_consistency: update lost: POST /shelves, GET /shelves/N, PUT /shelves/N, GET /shelves/N",
        ),
        (
            Fault::MakesRefused,
            "write_read_consistency: refused, and made: POST /shelves, GET /shelves/N, GET /shelves?limit=1000, POST /shelves, GET /shelves?limit=1000",
        ),
        (
            Fault::LeadsNowhere,
            "ensure_resource_availability: its Location leads nowhere: POST /shelves, GET /shelves/N, GET /shelf/N?all",
        ),
        (
            Fault::AppliesRefused,
            "write_read_consistency: refused, and applied: POST /shelves, GET /shelves/N, PUT /shelves/N, GET /shelves/N",
        ),
        (
            Fault::Forgeable,
            "write_read_consistency: read-only, and written: made: POST /shelves, GET /shelves/N",
        ),
        (
            Fault::ChangesGone,
            "use_after_free: PUT after removal: POST /shelves, GET /shelves/N, DELETE /shelves/N, GET /shelves/N, PUT /shelves/N",
        ),
        (
            Fault::Orphans,
            "use_after_free: POST after removal: POST /shelves, GET /shelves/N, DELETE /shelves/N, GET /shelves/N, POST /shelves/N/books",
        ),
        (Fault::Rereads, "list_conformance: parts overlap: "),
        (Fault::OnePage, "list_conformance: parts overlap: "),
        (Fault::FewPages, "list_conformance: totalPages below the items: "),
        (
            Fault::Wipes,
            "write_read_consistency: taken away by PATCH: PATCH /profile, GET /profile, PATCH /profile, GET /profile",
        ),
        (Fault::Fades, "write_read_consistency: not kept: colour: POST /shelves, GET /shelves/N"),
        (
            Fault::Limitless,
            "list_conformance: more than limit: POST /shelves, GET /shelves/N, GET /shelves?limit=1",
        ),
        (
            Fault::ColourBlind,
            "list_conformance: not by colour: POST /shelves, GET /shelves/N, GET /shelves?colour=red",
        ),
    ];
    for (fault, expected) in table {
        let failures = failures(fault, &[Phase::Coverage, Phase::Stateful]).await;
        assert!(failures.iter().any(|failure| failure.starts_with(expected)), "{fault:?}: {failures:?}");
        let check = expected.split(':').next().unwrap();
        assert!(failures.iter().all(|failure| failure.starts_with(check)), "{fault:?}: {failures:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_crashes_where_it_is_made_twice_is_made_twice() {
    let library = Library::open(Fault::Twins).await;
    let outcome = library.tested(&settings(&[Phase::Stateful])).await;
    let failures = outcome.failures();
    let twice = "not_a_server_error: status 500: POST /shelves, POST /shelves";
    let failure = failures.iter().find(|failure| told(failure) == twice);
    let again = &failure.unwrap_or_else(|| panic!("{failures:?}")).reproduction;
    assert_eq!(again.before, std::slice::from_ref(&again.curl));
}

/// Another of its make is made, whatever the second one of the same is refused with.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_of_a_thing_recurs_though_it_cannot_be_made_again() {
    let document = r#"
openapi: 3.0.3
paths:
  /things:
    post:
      operationId: addThing
      requestBody:
        required: true
        content: {application/json: {schema: {type: object, required: [name], properties: {name: {type: string, minLength: 1}}}}}
      responses:
        '201': {description: made, content: {application/json: {schema: {type: object, required: [id]}}}}
        default: {description: refused}
"#;
    let contract = Contract::load("things.yaml", document.as_bytes()).unwrap();
    for refusal in [409, 500] {
        let made = Mutex::new(BTreeSet::new());
        let server = Hostile::open(move |request, _| {
            let is_new = made.lock().unwrap().insert(request.body.clone());
            let status = if is_new { 201 } else { refusal };
            Piece::reply(status, "content-type: application/json\r\n", "{}")
        })
        .await;
        let settings = Settings { modes: vec![Mode::Positive], ..settings(&[Phase::Coverage]) };
        let outcome = Outcome::of(&contract, &Target::new(&server.url), &settings).await;
        let failures = outcome.failures();
        let failure = failures.iter().find(|failure| failure.check == "response_schema_conformance");
        let failure = failure.unwrap_or_else(|| panic!("{failures:?}"));
        assert_eq!(failure.flakiness, Flakiness::Recurs, "{refusal}");
        assert_eq!(failure.exchange.status, Some(201), "{refusal}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_happens_to_what_exists_is_found_without_stories() {
    let failures = failures(Fault::Pages, &[Phase::Coverage, Phase::Fuzzing]).await;
    assert_eq!(
        failures,
        ["not_a_server_error: status 500: POST /shelves/N/books, GET /shelves/N/books/N?page=1"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stories_are_the_same_for_any_number_of_workers() {
    let mut runs = Vec::new();
    for workers in [1, 6] {
        let library = Library::open(Fault::Resurrects).await;
        let outcome = library.tested(&Settings { workers, ..settings(&[Phase::Stateful]) }).await;
        let requests: Vec<String> = outcome
            .events
            .iter()
            .filter_map(|event| match event {
                Event::CaseFinished { case } => {
                    let path = case.exchange.url.splitn(4, '/').last().unwrap_or_default().to_owned();
                    Some(format!(
                        "{} {path} {:?} {:?}",
                        case.exchange.method, case.exchange.request_body, case.checks
                    ))
                }
                Event::FailureFound { failure } => Some(told(failure)),
                _ => None,
            })
            .collect();
        assert!(requests.len() > 20);
        runs.push(requests);
    }
    assert_eq!(runs[0], runs[1]);
}
