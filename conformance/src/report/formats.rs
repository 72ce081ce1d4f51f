//! Every format of a made-up run, and held to its definition by validators that are not ours.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::tests::{failure, feed, hostile_run, sample_run, terminal};
use super::*;
use crate::event::{Event, Summary};
use crate::failure::{Failure, Flakiness, Known};

fn tally(events: &[Event]) -> Tally {
    feed(Tally::default(), events)
}

pub(super) fn to_har(events: &[Event]) -> String {
    let archive = feed(Har::new(Vec::new()), events).finish().expect("memory takes all");
    String::from_utf8(archive).expect("reports are UTF-8")
}

#[test]
fn html_report() {
    let page = to_html(&tally(&sample_run()));
    let (_, body) = page.split_once("</style>").expect("the style is inline");
    insta::assert_snapshot!(body);
}

#[test]
fn sarif_report() {
    insta::assert_snapshot!(without_version(&to_sarif(&tally(&sample_run()))));
}

#[test]
fn ctrf_report() {
    insta::assert_snapshot!(without_version(&to_ctrf(&tally(&sample_run()))));
}

#[test]
fn har_report() {
    insta::assert_snapshot!(without_version(&to_har(&sample_run())));
}

#[test]
fn github_annotations() {
    insta::assert_snapshot!(to_github(&tally(&sample_run())));
}

/// A run with a failure that is known, one whose last day is over, a new one and a flaky one.
fn run_beside_a_baseline() -> Vec<Event> {
    let known = |is_expired| {
        let text = |text: &str| Some(text.to_owned());
        Some(Box::new(Known {
            reason: text("old ::error::x"),
            ticket: text("T-1"),
            expires: text("2026-01-31"),
            is_expired,
        }))
    };
    let failure = |kind: &str, known, flakiness| Event::FailureFound {
        failure: Failure {
            kind: kind.to_owned(),
            message: format!("message of {kind}"),
            known,
            flakiness,
            ..failure("{}")
        },
    };
    let mut events = sample_run();
    let at =
        events.iter().position(|event| matches!(event, Event::FailureFound { .. })).expect("one is there");
    events.splice(
        at..=at,
        [
            failure("listed", known(false), Flakiness::Recurs),
            failure("expired", known(true), Flakiness::Recurs),
            failure("new", None, Flakiness::Recurs),
            failure("flaky", None, Flakiness::Flaky),
        ],
    );
    let Some(Event::RunFinished { summary }) = events.last_mut() else { panic!("a run ends") };
    *summary = Summary { failures: 4, known: 2, flaky: 1, ..summary.clone() };
    events
}

/// What a report says of each failure, by a word that stands before what says so.
#[test]
fn known_failures_are_shown_as_known() {
    let events = run_beside_a_baseline();
    let tally = tally(&events);
    let github = to_github(&tally);
    let levels: Vec<&str> = github.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(levels, ["::error", "::warning", "::notice", "::warning"], "{github}");
    assert!(github.contains("%0Aknown: old ::error::x (T-1), until 2026-01-31%0A"), "{github}");

    let sarif: serde_json::Value = serde_json::from_str(&to_sarif(&tally)).expect("it is JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("there are results");
    let said: Vec<_> = results
        .iter()
        .map(|result| (result["level"].as_str().unwrap_or_default(), result["suppressions"].clone()))
        .collect();
    let suppression = |status: &str, justification: &str| serde_json::json!([{ "kind": "external", "status": status, "justification": justification }]);
    let none = serde_json::json!([]);
    let listed = suppression("accepted", "old ::error::x (T-1), until 2026-01-31");
    let expired = suppression("rejected", "old ::error::x (T-1), EXPIRED: it was to be mended by 2026-01-31");
    assert_eq!(said, [("error", none.clone()), ("warning", none), ("note", listed), ("warning", expired)]);

    let status = |events: &[Event]| {
        let ctrf: serde_json::Value =
            serde_json::from_str(&to_ctrf(&self::tally(events))).expect("it is JSON");
        (ctrf["results"]["tests"][1].clone(), ctrf["results"]["summary"].clone())
    };
    let (test, _) = status(&events);
    assert_eq!((&test["status"], &test["flaky"]), (&"failed".into(), &false.into()), "{test:#}");
    assert!(test["trace"].as_str().is_some_and(|trace| !trace.contains("of listed")), "{test:#}");
    let is_known =
        |event: &Event| !matches!(event, Event::FailureFound { failure } if failure.known.is_none());
    let only_known: Vec<Event> = events.iter().filter(|event| is_known(event)).cloned().collect();
    let (test, summary) = status(&only_known);
    assert_eq!((&test["status"], &test["rawStatus"]), (&"other".into(), &"known".into()), "{test:#}");
    assert!(test["message"].as_str().is_some_and(|text| text.starts_with("known: old")), "{test:#}");
    assert_eq!((&summary["failed"], &summary["other"]), (&0.into(), &1.into()));

    let html = to_html(&tally);
    let (new, known) = html.split_once("<section id=\"known-1\"").expect("known ones are by themselves");
    let (known, _) = known.split_once("</section>").expect("it ends");
    assert!(new.contains("FAILED: 4 failures (2 known, 1 flaky), 1 warning"), "{new}");
    assert!(new.contains("message of new") && !new.contains("message of listed"), "{new}");
    assert!(known.contains("<details><summary><h2>Known failures: 2</h2>"), "{known}");
    assert!(known.contains("message of listed") && known.contains("EXPIRED: it was"), "{known}");

    let markdown = to_markdown(&tally);
    assert!(markdown.contains("4 failures (2 known, 1 flaky) in 4 cases"), "{markdown}");
    assert!(markdown.find("of new") < markdown.find("<summary>known: <b>"), "{markdown}");

    let terminal = terminal(&events, Colour::Off);
    let (known, new) = terminal.split_once("\nFailures\n").expect("failures are listed");
    assert!(
        known.contains("Known failures\n   response_schema_conformance in POST /pets: listed: old"),
        "{known}"
    );
    assert!(new.contains("message of new") && !new.contains("message of listed"), "{new}");

    // These tell programs, which look for themselves.
    assert!(to_json(&tally).contains("\"reason\": \"old ::error::x\""));
    let ndjson = feed(Ndjson::new(Vec::new()), &events).finish().expect("memory takes all");
    assert!(String::from_utf8_lossy(&ndjson).contains("\"reason\":\"old ::error::x\""));
    // And JUnit has nothing but skipped for them.
    let junit = to_junit(&self::tally(&only_known));
    assert!(junit.contains("<skipped message=\"known: old") && !junit.contains("<failure"), "{junit}");
}

fn without_version(text: &str) -> String {
    text.replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

/// The folder of the validators; nothing where no variable names one.
fn validators() -> Option<PathBuf> {
    let folder = std::env::var_os("COUNTERFOIL_VALIDATORS").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: COUNTERFOIL_VALIDATORS names no validators; script/test installs them");
    }
    folder
}

/// Runs a validator on a text: whether it is valid, and what the validator says.
fn validated(folder: &Path, kind: &str, text: &str) -> (bool, String) {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../script/validators");
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), text).expect("it can be written");
    let mut command = if kind == "junit" {
        let mut command = Command::new("python3");
        command.env("PYTHONPATH", folder.join("python")).arg(scripts.join("validate.py"));
        command
    } else {
        let mut command = Command::new("node");
        command.env("NODE_PATH", folder.join("node_modules")).arg(scripts.join("validate.cjs")).arg(kind);
        command
    };
    let output = command.arg(file.path()).output().expect("the validator starts");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn independent_validators_take_every_format() {
    let Some(folder) = validators() else { return };
    let runs = [
        ("a run", sample_run()),
        ("a hostile run", hostile_run()),
        ("a run beside a baseline", run_beside_a_baseline()),
        ("nothing", Vec::new()),
    ];
    for (name, events) in runs {
        let tally = tally(&events);
        let reports = [
            ("junit", to_junit(&tally)),
            ("sarif", to_sarif(&tally)),
            ("ctrf", to_ctrf(&tally)),
            ("har", to_har(&events)),
        ];
        for (kind, text) in reports {
            let (is_valid, said) = validated(&folder, kind, &text);
            assert!(is_valid, "{kind} of {name}: {said}\n{text}");
        }
    }
    // They do refuse what is wrong.
    let rows = [
        ("junit", "<testsuites><testsuite name=\"a\" tests=\"2\"><testcase name=\"b\"/></testsuite>"),
        ("sarif", "{\"version\": \"2.1.0\", \"runs\": [{}]}"),
        ("ctrf", "{\"reportFormat\": \"CTRF\"}"),
        ("har", "{\"log\": {}}"),
    ];
    for (kind, text) in rows {
        assert!(!validated(&folder, kind, text).0, "{kind}");
    }
}
