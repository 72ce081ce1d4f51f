//! Failures sent again from their case files.

use std::collections::BTreeMap;
use std::time::Duration;

use counterfoil_conformance::{
    CaseFile, Event, Journal, Phase, Replay, ReplayError, Replayed, Settings, Target, Warning, replay_journal,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::library::{Fault, Library, contract};
use crate::stories::settings;

/// The case files of what is wrong with a library, written and read again.
async fn cases(fault: Fault, phases: &[Phase]) -> Vec<CaseFile> {
    let library = Library::open(fault).await;
    let outcome = library.tested(&settings(phases)).await;
    let folder = tempfile::tempdir().expect("a folder can be made");
    let cases = outcome.failures().into_iter().map(|failure| {
        let case = CaseFile::new(&contract(), &library.url, failure).expect("it has its recipe");
        let path = case.store(folder.path()).expect("it can be written");
        let text = std::fs::read_to_string(&path).expect("it is there");
        assert!(!text.contains("\"ada\"") && !text.contains("\"bob\""), "{text}");
        assert_eq!(CaseFile::read(&path).as_ref(), Ok(&case));
        case
    });
    cases.collect()
}

fn replay(url: &str) -> Replay {
    Replay {
        target: Target::new(url).header("X-Key", "ada").other_header("X-Key", "bob"),
        secrets: BTreeMap::new(),
        timeout: Duration::from_secs(60),
    }
}

/// What comes of a case in a library where nothing is yet, judged by the document in the case itself.
async fn sent_to_new(case: &CaseFile, fault: Fault) -> Replayed {
    let library = Library::open(fault).await;
    let contract = case.contract().expect("it has an excerpt").expect("that is a document");
    replay(&library.url).send(case, &contract).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_is_still_there_until_it_is_mended() {
    let all = [Phase::Coverage, Phase::Stateful];
    for fault in [
        Fault::Resurrects,
        Fault::Loses,
        Fault::Shared,
        Fault::RemovesTwice,
        Fault::Pages,
        Fault::Rereads,
        Fault::LeadsNowhere,
        Fault::AppliesRefused,
        Fault::MakesRefused,
    ] {
        let cases = cases(fault, &all).await;
        assert!(!cases.is_empty(), "{fault:?}");
        for case in cases {
            let again = sent_to_new(&case, fault).await;
            assert!(matches!(again, Replayed::StillFailing { .. }), "{fault:?}: {again:?}\n{case:#?}");
            assert_eq!(sent_to_new(&case, Fault::None).await, Replayed::Fixed, "{fault:?}: {case:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_at_times_is_flaky() {
    for case in cases(Fault::Pages, &[Phase::Coverage]).await {
        let again = sent_to_new(&case, Fault::PagesAtTimes).await;
        assert!(matches!(again, Replayed::Flaky { failed: 1 | 2, .. }), "{again:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_says_nothing_of_the_failure_is_an_error() {
    let cases = cases(Fault::Pages, &[Phase::Coverage]).await;
    let case = &cases[0];
    let library = Library::open(Fault::None).await;
    let mut no_key = replay(&library.url);
    no_key.target.headers.clear();
    let answer = no_key.send(case, &contract()).await;
    let Replayed::Error(ReplayError::Unusable(reason)) = answer else { panic!("{answer:?}") };
    assert!(reason.contains("$COUNTERFOIL_X_KEY"), "{reason}");
    // Who has no key made nothing, so that there is nothing to read.
    no_key.secrets.insert("COUNTERFOIL_X_KEY".to_owned(), "stranger".to_owned());
    let answer = no_key.send(case, &contract()).await;
    let Replayed::Error(ReplayError::Otherwise(reason)) = answer else { panic!("{answer:?}") };
    assert!(reason.contains("request 1 was answered 401"), "{reason}");
    no_key.secrets.insert("COUNTERFOIL_X_KEY".to_owned(), "ada".to_owned());
    assert_eq!(no_key.send(case, &contract()).await, Replayed::Fixed, "the environment gives it as well");
    let free = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
    let url = format!("http://{}", free.local_addr().expect("it is bound"));
    drop(free);
    let answer = replay(&url).send(case, &contract()).await;
    assert!(matches!(answer, Replayed::Error(ReplayError::Unreachable(_))), "{answer:?}");
}

/// What a stub that calls its first shelf 99 received and answered.
fn journal(name: &Value) -> Journal {
    let call = |method: &str, url: &str, body: Option<&str>, status: u16, reply: &Value| {
        json!({
            "id": 1, "method": method, "url": url, "status": status,
            "request": {
                "headers": [
                    {"name": "x-key", "value": "***"},
                    {"name": "host", "value": "stub:4010"},
                    {"name": "content-type", "value": "application/json"},
                ],
                "body": body, "body_altered": false,
            },
            "response": {
                "headers": [{"name": "content-type", "value": "application/json"}],
                "body": reply.to_string(), "body_altered": false,
            },
        })
        .to_string()
    };
    let shelf = json!({"id": 99, "name": name});
    let book = json!({"id": 7, "name": "Emma"});
    let lines = [
        call("POST", "/shelves", Some(r#"{"name": "novels"}"#), 201, &shelf),
        call("GET", "/shelves/99", None, 200, &shelf),
        call("POST", "/shelves/99/books", Some(r#"{"name": "Emma"}"#), 201, &book),
        call("GET", "/shelves/99/books/7?page=1", None, 200, &book),
        call("GET", "/shelves/98", None, 404, &json!({})),
        call("GET", "/nowhere", None, 404, &json!({})),
    ];
    Journal::read(lines.join("\n").as_bytes()).expect("it is a journal")
}

/// What comes of a journal that is sent to a library at a host of this machine.
async fn sent(journal: &Journal, host: &str) -> Vec<Event> {
    let library = Library::open(Fault::None).await;
    let target = Target::new(library.url.replace("127.0.0.1", host)).header("X-Key", "ada");
    let mut events: Vec<Event> = Vec::new();
    let stop = std::future::pending();
    replay_journal(&contract(), &target, &Settings::default(), journal, stop, &mut events).await;
    events
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_stub_was_sent_is_sent_to_what_calls_its_things_otherwise() {
    let events = sent(&journal(&json!("novels")), "127.0.0.1").await;
    let told: Vec<String> = events
        .iter()
        .filter_map(|event| match event {
            Event::CaseFinished { case } => {
                let path = case.exchange.url.splitn(4, '/').last().unwrap_or_default();
                Some(format!(
                    "{} /{path} {:?} {}",
                    case.exchange.method,
                    case.exchange.status,
                    case.phase.as_str()
                ))
            }
            Event::FailureFound { failure } => Some(format!("{failure:?}")),
            Event::WarningRaised { warning: Warning { code, message, .. } } => {
                Some(format!("{code}: {message}"))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        told,
        [
            "POST /shelves Some(201) journal",
            "GET /shelves/1 Some(200) journal",
            "POST /shelves/1/books Some(201) journal",
            "GET /shelves/1/books/2?page=1 Some(200) journal",
            "GET /shelves/98 Some(404) journal",
            "journal-unrouted: 1 call was not sent: the document has no operation for them, or it is left out",
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_kind_of_reply_than_the_stubs_is_a_failure() {
    let events = sent(&journal(&json!(5)), "127.0.0.1").await;
    let failures: Vec<(&str, &str, &str)> = events
        .iter()
        .filter_map(|event| match event {
            Event::FailureFound { failure } => {
                assert_eq!(failure.reproduction.recipe, None);
                Some((failure.check.as_str(), failure.operation.as_str(), failure.kind.as_str()))
            }
            _ => None,
        })
        .collect();
    let kind = "body/name: a text for a number";
    assert_eq!(failures, [("stub_agreement", "addShelf", kind), ("stub_agreement", "readShelf", kind)]);
}

// Where this address leads to this machine, which nobody could know from it.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_change_another_machine_is_not_sent_unasked() {
    let events = sent(&journal(&json!("novels")), "0.0.0.0").await;
    let unsafe_calls = |event: &&Event| matches!(event, Event::WarningRaised { warning } if warning.message.starts_with("2 calls were not sent: they may"));
    assert_eq!(events.iter().filter(unsafe_calls).count(), 1);
}

/// Pastes a line into a shell that knows the secrets, and gives the status that it was answered with.
#[cfg(unix)]
async fn pasted(line: &str) -> Option<u16> {
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", line]).env("COUNTERFOIL_X_KEY", "ada").env("OTHER_COUNTERFOIL_X_KEY", "bob");
    shell.stdin(std::process::Stdio::null());
    let output = tokio::task::spawn_blocking(move || shell.output()).await.expect("it ends");
    let text = String::from_utf8_lossy(&output.expect("there is a shell").stdout).into_owned();
    text.split(' ').nth(1)?.parse().ok()
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn curl_lines_do_the_same_when_pasted() {
    for fault in [
        Fault::Resurrects,
        Fault::Shared,
        Fault::RemovesTwice,
        Fault::Pages,
        Fault::Rereads,
        Fault::LeadsNowhere,
    ] {
        let library = Library::open(fault).await;
        let outcome = library.tested(&settings(&[Phase::Coverage, Phase::Stateful])).await;
        for failure in outcome.failures() {
            let reproduction = &failure.reproduction;
            for line in &reproduction.before {
                pasted(line).await.expect("it is answered");
            }
            let status = pasted(&reproduction.curl).await;
            assert_eq!(status, failure.exchange.status, "{fault:?}: {}", reproduction.curl);
            assert!(!reproduction.curl.contains(": ada") && !reproduction.curl.contains(": bob"));
        }
    }
}
