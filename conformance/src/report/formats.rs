//! Every format of a made-up run, and held to its definition by validators that are not ours.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::tests::{feed, hostile_run, sample_run};
use super::*;
use crate::event::Event;

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
    for (name, events) in [("a run", sample_run()), ("a hostile run", hostile_run()), ("nothing", Vec::new())]
    {
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
