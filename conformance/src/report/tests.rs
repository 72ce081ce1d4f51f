//! One made-up run, and what every report makes of it.

use super::*;
use crate::event::{
    CaseRecord, CheckResult, DocumentedResponse, EVENT_VERSION, Event, EventSink, KeywordCoverage, Mode,
    OperationCoverage, OperationSummary, ParameterCoverage, Phase, RecordedExchange, Summary, Verdict,
    Warning,
};
use crate::failure::{DocumentPosition, Failure, Flakiness, Reproduction};

const CHECKS: [&str; 3] = ["not_a_server_error", "response_schema_conformance", "ignored_auth"];

pub(crate) fn exchange(status: Option<u16>, body: &str) -> RecordedExchange {
    RecordedExchange {
        method: "POST".to_owned(),
        url: "http://127.0.0.1:41234/v1/pets?limit=2".to_owned(),
        request_headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        request_body: Some(r#"{"name":"Rex"}"#.to_owned()),
        status,
        response_headers: vec![
            ("Content-Type".to_owned(), "application/json; charset=utf-8".to_owned()),
            ("Date".to_owned(), "Tue, 03 Mar 2026 10:00:00 GMT".to_owned()),
        ],
        response_body: status.map(|_| body.to_owned()),
        transport_error: status.is_none().then(|| "connection to 127.0.0.1 closed".to_owned()),
        started_micros: 1_234_000,
        elapsed_micros: 1_234,
    }
}

pub(crate) fn case(number: u64, exchange: RecordedExchange, verdict: Verdict) -> Event {
    let checks = [Verdict::Passed, verdict, Verdict::NotApplicable];
    let checks =
        CHECKS.iter().zip(checks).map(|(check, verdict)| CheckResult { check: (*check).to_owned(), verdict });
    Event::CaseFinished {
        case: CaseRecord {
            id: format!("createPet/fuzzing/{number}"),
            operation: "createPet".to_owned(),
            phase: Phase::Fuzzing,
            mode: Mode::Positive,
            broken: None,
            exchange,
            checks: checks.collect(),
        },
    }
}

pub(crate) fn started() -> Event {
    let operation = |id: &str, method: &str, path: &str| OperationSummary {
        id: id.to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
        place: usize::from(id == "getPet"),
        responses: vec![DocumentedResponse {
            status: "201".to_owned(),
            media_types: vec!["application/json".to_owned()],
        }],
    };
    Event::RunStarted {
        version: EVENT_VERSION,
        seed: 42,
        document: "my pets.yaml".to_owned(),
        title: "Pets".to_owned(),
        digest: "0123abcd".to_owned(),
        target: "http://127.0.0.1:41234/v1".to_owned(),
        started_millis: 1_772_532_000_000,
        rerun: String::new(),
        shard: None,
        operations: vec![
            operation("createPet", "POST", "/pets"),
            operation("getPet", "GET", "/pets/{petId}"),
        ],
        phases: vec![Phase::Examples, Phase::Fuzzing],
        checks: CHECKS.map(str::to_owned).to_vec(),
    }
}

pub(crate) fn failed(message: &str) -> Verdict {
    Verdict::Failed { kind: "body/name missing".to_owned(), message: message.to_owned(), is_known: false }
}

pub(crate) fn failure(body: &str) -> Failure {
    Failure {
        check: CHECKS[1].to_owned(),
        operation: "createPet".to_owned(),
        label: "POST /pets".to_owned(),
        kind: "body/name missing".to_owned(),
        message: "the body lacks `name`, which the document requires\nfound {\"id\": 1}".to_owned(),
        phase: Phase::Fuzzing,
        mode: Mode::Negative,
        broken: Some("body/age: -1 is less than the minimum of 0".to_owned()),
        document_pointer: Some("/components/schemas/Pet/required".to_owned()),
        document_position: Some(Box::new(DocumentPosition {
            file: "my pets.yaml".to_owned(),
            line: 12,
            column: 5,
        })),
        count: 2,
        known: None,
        flakiness: Flakiness::Recurs,
        answered_again: None,
        exchange: exchange(Some(201), body),
        reproduction: Reproduction {
            case: "createPet/fuzzing/2".to_owned(),
            seed: 42,
            before: Vec::new(),
            curl: "curl -X POST 'http://127.0.0.1:41234/v1/pets?limit=2' -d '{\"name\":\"Rex\"}'".to_owned(),
            recipe: None,
        },
    }
}

pub(crate) fn sample_run() -> Vec<Event> {
    vec![
        started(),
        Event::OperationStarted {
            phase: Phase::Fuzzing,
            operation: "createPet".to_owned(),
            planned: 4,
            turn: 0,
        },
        case(1, exchange(Some(201), r#"{"id":1,"name":"Rex"}"#), Verdict::Passed),
        case(2, exchange(Some(201), r#"{"id":1}"#), failed("the body lacks `name`")),
        case(3, exchange(Some(201), r#"{"id":"x"}"#), failed("the body lacks `name`, too")),
        case(4, exchange(None, ""), Verdict::NotApplicable),
        Event::OperationCovered {
            operation: "createPet".to_owned(),
            coverage: OperationCoverage {
                parameters: vec![ParameterCoverage {
                    location: "query".to_owned(),
                    name: "limit".to_owned(),
                    valid: 3,
                    invalid: 0,
                }],
                keywords: vec![KeywordCoverage {
                    pointer: "/components/schemas/Pet/properties/age/minimum".to_owned(),
                    keyword: "minimum".to_owned(),
                    valid: 2,
                    invalid: 1,
                }],
            },
        },
        Event::FailureFound { failure: failure(r#"{"id":1}"#) },
        Event::WarningRaised {
            warning: Warning {
                code: "all-not-found".to_owned(),
                operation: Some("getPet".to_owned()),
                message: "every answer was 404; give an id that exists".to_owned(),
            },
        },
        Event::RunFinished {
            summary: Summary {
                operations: 2,
                cases: 4,
                requests: 1_007,
                failures: 1,
                warnings: 1,
                ..Summary::default()
            },
        },
    ]
}

pub(super) fn feed<S: EventSink>(mut sink: S, events: &[Event]) -> S {
    events.iter().for_each(|event| sink.take(event));
    sink
}

pub(super) fn terminal(events: &[Event], colour: Colour) -> String {
    let terminal = feed(Terminal::new(Vec::new(), colour), events);
    String::from_utf8(terminal.finish().expect("memory takes all")).expect("reports are UTF-8")
}

/// A run whose target answers with everything that could hurt a report.
pub(super) fn hostile_run() -> Vec<Event> {
    let body =
        "]]>\u{0}\u{1b}[31m\u{202e}\u{ffff}</failure><script>alert(1)</script>\n::error::x\n##[group]\n```";
    let mut events = sample_run();
    for event in &mut events {
        match event {
            Event::RunStarted { title, document, .. } => {
                *title = format!("T{body}");
                *document = format!("d{body}");
            }
            Event::FailureFound { failure } => {
                failure.message = format!("found {body}");
                failure.kind = body.to_owned();
                failure.broken = Some(body.to_owned());
                failure.exchange.response_body = Some(body.to_owned());
                failure.exchange.request_body = Some(body.to_owned());
                failure.exchange.response_headers[0].1 = body.to_owned();
            }
            Event::CaseFinished { case } => {
                for result in &mut case.checks {
                    if let Verdict::Failed { message, .. } = &mut result.verdict {
                        *message = body.to_owned();
                    }
                }
            }
            _ => {}
        }
    }
    events
}

#[test]
fn terminal_report() {
    insta::assert_snapshot!(terminal(&sample_run(), Colour::Off));
}

#[test]
fn a_failure_that_is_known_is_announced_as_such() {
    let mut events = sample_run();
    for event in &mut events {
        let Event::CaseFinished { case } = event else { continue };
        for result in &mut case.checks {
            if let Verdict::Failed { is_known, .. } = &mut result.verdict {
                *is_known = true;
            }
        }
    }
    let report = terminal(&events, Colour::Off);
    assert!(report.contains("\nKNOWN POST /pets  response_schema_conformance: "), "{report}");
    assert!(!report.contains("FAIL "), "{report}");
}

#[test]
fn colours_are_all_that_colour_adds() {
    let plain = terminal(&sample_run(), Colour::Off);
    let coloured = terminal(&sample_run(), Colour::On);
    assert_ne!(plain, coloured);
    let mut stripped = String::new();
    let mut rest = coloured.as_str();
    while let Some((text, escape)) = rest.split_once('\u{1b}') {
        stripped.push_str(text);
        rest = escape.split_once('m').expect("only colours are escaped").1;
    }
    stripped.push_str(rest);
    assert_eq!(stripped, plain);
}

#[test]
fn nothing_from_a_target_drives_the_terminal_or_the_ci_server() {
    let report = terminal(&hostile_run(), Colour::Off);
    let hidden = |character: &char| character.is_control() && *character != '\n';
    assert_eq!(report.chars().find(hidden), None, "{report}");
    assert!(!report.contains('\u{202e}'), "{report}");
    assert!(report.lines().all(|line| !line.trim_start().starts_with("::")), "{report}");
    assert!(!report.contains("##["), "{report}");
    assert!(report.contains("\\u{1b}[31m"), "{report}");
}

#[test]
fn a_run_cut_short_says_so() {
    let mut events = sample_run();
    let Some(Event::RunFinished { summary }) = events.last_mut() else { panic!("a run ends") };
    summary.interrupted = true;
    let report = terminal(&events, Colour::Off);
    assert!(report.contains("\nINCOMPLETE: 1 failure"), "{report}");
    let Some(Event::RunFinished { summary }) = events.last_mut() else { panic!("a run ends") };
    summary.unreachable = true;
    let report = terminal(&events, Colour::Off);
    assert!(report.contains("\nUNREACHABLE: "), "{report}");
}

#[test]
fn a_run_that_could_not_start_says_why() {
    let warning = Warning { code: "target-unusable".to_owned(), operation: None, message: "no".to_owned() };
    let summary = Summary { unreachable: true, ..Summary::default() };
    let mut events = sample_run();
    events.extend([Event::WarningRaised { warning }, Event::RunFinished { summary }]);
    let report = terminal(&events, Colour::Off);
    let (_, second) = report.split_once("\nFAILED").expect("the first run failed");
    assert!(second.contains("warning[target-unusable]: no"), "{second}");
    assert!(second.contains("UNREACHABLE: 0 failures"), "{second}");
}

#[test]
fn what_is_warned_of_in_many_operations_is_said_once() {
    let warned = |number: usize| Event::WarningRaised {
        warning: Warning {
            code: "alike".to_owned(),
            operation: Some(format!("op{number}")),
            message: "the same".to_owned(),
        },
    };
    let events: Vec<Event> = std::iter::once(started())
        .chain((0..100).map(warned))
        .chain([Event::RunFinished { summary: Summary { warnings: 100, ..Summary::default() } }])
        .collect();
    let report = terminal(&events, Colour::Off);
    assert_eq!(report.matches("the same").count(), 1, "{report}");
    assert!(report.contains("in 100 operations: op0, op1, op2, op3, op4, ...\n"), "{report}");
}

#[test]
fn what_fails_alike_in_many_operations_is_told_once_before_all_failures() {
    let told = |operations: usize| {
        let found = (0..operations)
            .map(|number| Failure { operation: format!("operation{number}"), ..failure("{}") });
        // Again in one of them, and another kind in each.
        let again = Failure { operation: "operation0".to_owned(), ..failure("{}") };
        let others = found.clone().map(|failure| Failure { kind: failure.operation.clone(), ..failure });
        let mut events = sample_run();
        let end = events.len() - 1;
        let failures = found.clone().chain([again]).chain(others);
        events.splice(end..end, failures.map(|failure| Event::FailureFound { failure }));
        let text = terminal(&events, Colour::Off);
        let alike = text.split_once("Alike in many operations\n").map(|(_, rest)| rest.to_owned());
        alike.map(|rest| rest.lines().take_while(|line| !line.is_empty()).map(str::to_owned).collect())
    };
    let line = format!("      6 operations  {}: body/name missing", CHECKS[1]);
    assert_eq!(told(5), Some(vec![line]));
    assert_eq!(told(3), None);
}

#[test]
fn long_bodies_are_cut_where_people_read_and_whole_on_a_page_and_in_json() {
    let items: Vec<String> = (0..100).map(|number| format!("{{\"number\":{number:04}}}")).collect();
    let body = format!("[{}]", items.join(","));
    assert_eq!(body.len(), 1_601);
    let verdict = failed("no");
    let failure = Failure { exchange: exchange(Some(500), &body), ..failure("") };
    let events = [
        started(),
        case(0, exchange(Some(500), &body), verdict),
        Event::FailureFound { failure },
        Event::RunFinished { summary: Summary { failures: 1, ..Summary::default() } },
    ];
    let report = terminal(&events, Colour::Off);
    let shown = &body[..300];
    assert!(report.contains(&format!("| {shown}\n")) && !report.contains(&body[..301]), "{report}");
    assert!(report.contains("| ... 1,301 bytes more\n"), "{report}");
    let tally = feed(Tally::default(), &events);
    assert!(crate::report::to_html(&tally).contains("0099}]"));
    assert!(crate::report::to_json(&tally).contains("0099}]"));
}

#[test]
fn a_thousand_failures_are_counted_and_not_all_listed() {
    let mut events = vec![started()];
    for number in 0..1_000 {
        let message = "no".to_owned();
        let verdict = Verdict::Failed { kind: format!("k{number}"), message, is_known: false };
        events.push(case(number, exchange(Some(201), "{}"), verdict));
        let failure = Failure { kind: format!("k{number}"), ..failure("{}") };
        events.push(Event::FailureFound { failure });
    }
    events.push(Event::RunFinished { summary: Summary { failures: 1_000, ..Summary::default() } });
    let report = terminal(&events, Colour::Off);
    assert!(report.len() < 900 << 10, "{}", report.len());
    assert!(report.contains("800 more failures"), "{report}");
    assert!(report.contains("FAILED: 1,000 failures"), "{report}");
    let markdown = to_markdown(&feed(Tally::default(), &events));
    assert!(markdown.contains("950 more failures"), "{markdown}");
}

#[test]
fn json_report() {
    insta::assert_snapshot!(to_json(&feed(Tally::default(), &sample_run())));
}

#[test]
fn junit_report() {
    let mut events = sample_run();
    let Event::RunStarted { rerun, .. } = &mut events[0] else { panic!("a run starts") };
    "counterfoil test p.yaml".clone_into(rerun);
    insta::assert_snapshot!(to_junit(&feed(Tally::default(), &events)));
}

#[test]
fn markdown_report() {
    insta::assert_snapshot!(to_markdown(&feed(Tally::default(), &sample_run())));
}

#[test]
fn junit_is_well_formed_whatever_the_target_answers() {
    let xml = to_junit(&feed(Tally::default(), &hostile_run()));
    let forbidden = |character: &char| !matches!(character, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert_eq!(xml.chars().find(forbidden), None, "{xml}");
    assert!(!xml.contains("<script>"), "{xml}");
    let read = quick_junit::Report::deserialize_from_str(&xml).expect("what was written can be read");
    assert_eq!(read.failures, 1);
    let failed = read.test_suites[0].test_cases.iter().find(|case| case.name.as_str() == CHECKS[1]);
    let status = &failed.expect("the check is there").status;
    let quick_junit::TestCaseStatus::NonSuccess { description: Some(text), .. } = status else {
        panic!("{status:?}")
    };
    assert!(text.contains("]]>\\u{0}\\u{1b}[31m"), "{}", text.as_str());
}

#[test]
fn junit_of_a_run_that_was_cut_short_hides_no_failure() {
    let events: Vec<Event> =
        sample_run().into_iter().filter(|event| !matches!(event, Event::FailureFound { .. })).collect();
    let xml = to_junit(&feed(Tally::default(), &events));
    assert!(xml.contains(r#"<failure message="it did not hold in 2 cases"/>"#), "{xml}");
}

#[test]
fn markdown_holds_no_markup_of_the_target() {
    let text = to_markdown(&feed(Tally::default(), &hostile_run()));
    let outside: Vec<&str> = text.split("````").step_by(2).collect();
    assert!(!outside.concat().contains("<script>"), "{text}");
    assert!(text.contains("````text\n"), "{text}");
}

#[test]
fn masked_runs_do_not_tell_times_ports_or_dates() {
    let events = feed(Masked::new(Vec::new()), &sample_run()).into_inner();
    let mut later = sample_run();
    for event in &mut later {
        let text = serde_json::to_string(event).expect("an event is JSON");
        let text = text.replace("41234", "5").replace("10:00:00", "11:11:11").replace("1234", "99");
        *event = serde_json::from_str(&text).expect("it still is an event");
    }
    assert_ne!(later, sample_run());
    assert_eq!(feed(Masked::new(Vec::new()), &later).into_inner(), events);
    let report = terminal(&events, Colour::Off);
    assert!(!report.contains("41234"), "{report}");
}

#[test]
fn ndjson_holds_every_event() {
    let written = feed(Ndjson::new(Vec::new()), &sample_run()).finish().expect("memory takes all");
    let text = String::from_utf8(written).expect("JSON is UTF-8");
    let read: Vec<Event> =
        text.lines().map(|line| serde_json::from_str(line).expect("each line is an event")).collect();
    assert_eq!(read, sample_run());
}

#[test]
fn a_writer_that_fails_is_reported_once_the_run_is_over() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let error = feed(Terminal::new(Full, Colour::Off), &sample_run()).finish().err();
    assert_eq!(error.map(|error| error.kind()), Some(std::io::ErrorKind::StorageFull));
    assert!(feed(Ndjson::new(Full), &sample_run()).finish().is_err());
}
