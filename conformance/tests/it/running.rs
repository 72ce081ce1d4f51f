//! Running the suite in tests, and properties of every run.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_conformance::{
    Baseline, CaseRecord, Entry, Event, EventSink, Failure, Phase, RecordedExchange, Settings, Shard,
    Summary, Target, Verdict, Warning, run, run_until,
};
use counterfoil_openapi::Contract;
use tokio::sync::Notify;

use crate::defects::{Defect, Shop, contract};
use crate::hostile::{Hostile, Piece};

/// What a run came to.
pub(crate) struct Outcome {
    pub(crate) events: Vec<Event>,
    pub(crate) summary: Summary,
}

impl Outcome {
    pub(crate) async fn of(contract: &Contract, target: &Target, settings: &Settings) -> Self {
        let mut events = Vec::new();
        let summary = run(contract, target, settings, &mut events).await;
        Self { events, summary }
    }

    pub(crate) fn failures(&self) -> Vec<&Failure> {
        self.events
            .iter()
            .filter_map(|event| match event {
                Event::FailureFound { failure } => Some(failure),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn cases(&self) -> impl Iterator<Item = &CaseRecord> {
        self.events.iter().filter_map(|event| match event {
            Event::CaseFinished { case } => Some(case),
            _ => None,
        })
    }

    pub(crate) fn warnings(&self) -> Vec<&Warning> {
        self.events
            .iter()
            .filter_map(|event| match event {
                Event::WarningRaised { warning } => Some(warning),
                _ => None,
            })
            .collect()
    }

    fn mask(exchange: &mut RecordedExchange) {
        (exchange.started_micros, exchange.elapsed_micros) = (0, 0);
    }

    /// The events with the times taken out.
    fn masked(mut self) -> Vec<Event> {
        for event in &mut self.events {
            match event {
                Event::RunStarted { started_millis, .. } => *started_millis = 0,
                Event::CaseFinished { case } => Self::mask(&mut case.exchange),
                Event::FailureFound { failure } => Self::mask(&mut failure.exchange),
                _ => {}
            }
        }
        self.events
    }
}

/// Settings for a shop that answers, however busy the machine is.
pub(crate) fn shop_settings() -> Settings {
    Settings { max_cases: 60, timeout: Duration::from_secs(60), ..Settings::default() }
}

/// Settings for a shop that leaves requests without an answer.
pub(crate) fn impatient_settings() -> Settings {
    Settings { timeout: Duration::from_secs(2), ..shop_settings() }
}

pub(crate) fn shop_target(shop: &Shop) -> Target {
    Target::new(shop.url()).header("X-Key", crate::defects::KEY)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_the_same_for_any_number_of_workers_and_again() {
    for (defect, runs) in [
        (Defect::None, &[1, 8][..]),
        (Defect::AcceptsInvalid, &[1, 8, 8]),
        (Defect::Hangs, &[1, 8]),
        (Defect::ServerError, &[1, 8]),
    ] {
        let shop = Shop::open(defect).await;
        let mut first: Option<Vec<Event>> = None;
        for workers in runs {
            let plain = if defect == Defect::Hangs { impatient_settings() } else { shop_settings() };
            let settings = Settings { workers: *workers, max_cases: 40, ..plain };
            let run = Outcome::of(&contract(), &shop_target(&shop), &settings).await.masked();
            let first = first.get_or_insert_with(|| run.clone());
            assert!(first.len() > 50, "{defect:?}");
            for (first, other) in first.iter().zip(&run) {
                assert_eq!(first, other, "{defect:?}");
            }
            assert_eq!(first.len(), run.len(), "{defect:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_seed_makes_other_cases() {
    let shop = Shop::open(Defect::None).await;
    let run = async |seed| {
        let settings = Settings { seed, ..shop_settings() };
        Outcome::of(&contract(), &shop_target(&shop), &settings).await.masked()
    };
    assert_ne!(run(1).await[1..], run(2).await[1..]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_is_not_there_is_unreachable_and_nothing_failed() {
    let shop = Shop::open(Defect::None).await;
    let target = shop_target(&shop);
    drop(shop);
    let outcome = Outcome::of(&contract(), &target, &shop_settings()).await;
    assert!(outcome.summary.unreachable);
    assert_eq!((outcome.summary.cases, outcome.summary.failures), (0, 0));
    assert!(matches!(outcome.events.last(), Some(Event::RunFinished { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_of_the_target_is_in_any_event() {
    for defect in [Defect::None, Defect::NoAuth, Defect::WrongType] {
        let shop = Shop::open(defect).await;
        let outcome = Outcome::of(&contract(), &shop_target(&shop), &shop_settings()).await;
        let text = format!("{:?}", outcome.events);
        assert!(text.contains("***"));
        assert!(!text.contains(crate::defects::KEY), "{defect:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_ends_after_so_many_failures() {
    let shop = Shop::open(Defect::UndocumentedStatus).await;
    let settings = Settings { max_failures: Some(1), ..shop_settings() };
    let outcome = Outcome::of(&contract(), &shop_target(&shop), &settings).await;
    assert_eq!(outcome.summary.failures, 1);
    assert!(outcome.summary.interrupted);
    // What is known is not what the run was to find.
    let entries = outcome.failures().into_iter().map(Entry::of).collect();
    let settings = Settings { known: Baseline { entries }, ..settings };
    let beside_known = Outcome::of(&contract(), &shop_target(&shop), &settings).await;
    assert!(beside_known.summary.cases > outcome.summary.cases, "{:?}", beside_known.summary);
}

/// Asks for the end of the run as soon as a case fails.
struct Impatient {
    events: Vec<Event>,
    stop: Arc<Notify>,
}

impl EventSink for Impatient {
    fn take(&mut self, event: &Event) {
        if let Event::CaseFinished { case } = event
            && case.checks.iter().any(|result| matches!(result.verdict, Verdict::Failed { .. }))
        {
            self.stop.notify_one();
        }
        self.events.push(event.clone());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_stopped_tells_the_failures_it_found() {
    let shop = Shop::open(Defect::UndocumentedStatus).await;
    let settings = Settings { max_cases: 100_000, ..shop_settings() };
    let stop = Arc::new(Notify::new());
    let mut sink = Impatient { events: Vec::new(), stop: Arc::clone(&stop) };
    let (contract, target) = (contract(), shop_target(&shop));
    let summary = run_until(&contract, &target, &settings, stop.notified(), &mut sink).await;
    assert!(summary.interrupted && summary.failures > 0 && summary.cases < 1_000, "{summary:?}");
    let told = sink.events.iter().filter(|event| matches!(event, Event::FailureFound { .. })).count();
    assert_eq!(told as u64, summary.failures);
    assert_eq!(sink.events.last(), Some(&Event::RunFinished { summary }));
}

/// A run in which nothing can be computed: the one thread for it is taken until the run is over.
fn computing_nothing(settings: &Settings, stop: impl Future<Output = ()>) -> (Summary, Vec<Event>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build();
    let runtime = runtime.expect("a runtime can be made");
    let (release, released) = std::sync::mpsc::channel::<()>();
    runtime.spawn_blocking(move || released.recv().is_err());
    let target = Target::new("http://127.0.0.1:1");
    let mut events: Vec<Event> = Vec::new();
    let summary = runtime.block_on(run_until(&contract(), &target, settings, stop, &mut events));
    drop(release);
    (summary, events)
}

#[test]
fn a_wish_to_stop_is_heard_while_cases_are_computed() {
    for phase in [Phase::Examples, Phase::Coverage, Phase::Fuzzing] {
        let settings = Settings { phases: vec![phase], ..shop_settings() };
        let (summary, events) = computing_nothing(&settings, std::future::ready(()));
        assert!(summary.interrupted, "{phase:?}: {summary:?}");
        let is_begun = |event: &Event| matches!(event, Event::OperationStarted { .. });
        assert!(!events.iter().any(is_begun), "{phase:?}: {events:?}");
        assert_eq!(events.last(), Some(&Event::RunFinished { summary }));
    }
}

#[test]
fn a_run_is_over_in_time_while_cases_are_computed() {
    for phase in [Phase::Examples, Phase::Coverage, Phase::Fuzzing] {
        let max_time = Some(Duration::from_millis(20));
        let settings = Settings { phases: vec![phase], max_time, ..shop_settings() };
        let (summary, events) = computing_nothing(&settings, std::future::pending());
        assert!(!summary.interrupted && summary.cases == 0, "{phase:?}: {summary:?}");
        let is_told =
            |event: &Event| matches!(event, Event::WarningRaised { warning } if warning.code == "time-spent");
        assert!(events.iter().any(is_told), "{phase:?}: {events:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_makes_a_result_worthless_is_warned_of() {
    let shop = Shop::open(Defect::None).await;
    let target = Target::new(shop.url());
    let outcome = Outcome::of(&contract(), &target, &shop_settings()).await;
    let mut codes: Vec<&str> = outcome.warnings().iter().map(|warning| warning.code.as_str()).collect();
    codes.dedup();
    assert_eq!(codes, ["credentials-missing", "all-unauthorized", "credentials-missing", "all-unauthorized"]);
    assert_eq!(outcome.summary.failures, 0, "{:?}", outcome.failures());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_out_of_time_says_so() {
    let shop = Shop::open(Defect::UndocumentedStatus).await;
    let settings = Settings { max_time: Some(Duration::from_nanos(1)), ..shop_settings() };
    let outcome = Outcome::of(&contract(), &shop_target(&shop), &settings).await;
    let codes: Vec<&str> = outcome.warnings().iter().map(|warning| warning.code.as_str()).collect();
    assert_eq!(codes, ["time-spent", "not-exercised", "not-exercised"]);
    assert!(!outcome.summary.interrupted && outcome.summary.cases == 0, "{:?}", outcome.summary);
    assert_eq!(outcome.summary.unexercised, 2);
}

/// Two operations with rules that nobody wrote down, and that refusals tell of.
const UNTOLD: &str = r#"
openapi: 3.0.3
info: {title: People, version: '1'}
paths:
  /people:
    post:
      operationId: addPerson
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Person'}}}}
      responses: {'200': {description: ok}, default: {description: other}}
  /firms:
    post:
      operationId: addFirm
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Firm'}}}}
      responses: {'200': {description: ok}, default: {description: other}}
components:
  schemas:
    Person: {type: object, required: [name], properties: {name: {type: string}, mail: {type: string}, age: {type: integer}}}
    Firm: {type: object, required: [title], properties: {title: {type: string}, city: {type: string}, size: {type: integer}}}
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_refusals_teach_is_the_same_for_any_number_of_workers_and_in_every_shard() {
    let contract = Contract::load("people.yaml", UNTOLD.as_bytes()).unwrap();
    let server = Hostile::open(|request, _| {
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let wanted = if request.target.starts_with("/people") { "mail" } else { "city" };
        match body.get(wanted) {
            Some(_) => Piece::reply(200, "", ""),
            None => {
                let refusal = serde_json::json!({"errors": [{"field": wanted, "message": "is required"}]});
                Piece::reply(400, "content-type: application/json\r\n", &refusal.to_string())
            }
        }
    })
    .await;
    let run = async |workers, shard| {
        let settings = Settings { workers, shard, max_cases: 40, ..Settings::default() };
        Outcome::of(&contract, &Target::new(&server.url), &settings).await
    };
    let whole = run(1, None).await;
    // The lesson was learnt: what comes later has what was asked for.
    let later: Vec<&CaseRecord> = whole
        .cases()
        .filter(|case| case.operation == "addPerson" && case.phase == Phase::Fuzzing && case.broken.is_none())
        .collect();
    let taken = later.iter().filter(|case| case.exchange.status == Some(200)).count();
    assert!(later.len() > 5 && taken * 4 > later.len() * 3, "{taken} of {}", later.len());
    let cases = |outcome: Outcome, operation: &str| -> Vec<CaseRecord> {
        let events = outcome.masked().into_iter();
        let cases = events.filter_map(|event| match event {
            Event::CaseFinished { case } if case.operation == operation => Some(case),
            _ => None,
        });
        cases.collect()
    };
    let first = whole.masked();
    assert_eq!(run(8, None).await.masked(), first);
    // Each operation is of one shard, with the cases that the whole run has of it.
    let mut owners = Vec::new();
    for operation in ["addPerson", "addFirm"] {
        let expected = cases(run(8, None).await, operation);
        for index in 1..=2 {
            let found = cases(run(8, Some(Shard { index, count: 2 })).await, operation);
            if !found.is_empty() {
                assert_eq!(found, expected, "{operation} in shard {index}");
                owners.push((operation, index));
            }
        }
    }
    assert!(matches!(owners[..], [("addPerson", one), ("addFirm", other)] if one != other), "{owners:?}");
}
