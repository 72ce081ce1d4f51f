//! The snapshot files, seen by ourselves, by insta and by `cargo insta`.

use std::path::Path;
use std::process::Command;

use super::*;
use crate::event::{Event, EventSink, Verdict};
use crate::report::tests::{case, exchange, sample_run, started};

const NAME: &str = "my-pets-8d0df190__createPet.201.application-json";

fn pictures(events: &[Event]) -> Snapshots {
    let mut snapshots = Snapshots::default();
    events.iter().for_each(|event| snapshots.take(event));
    snapshots
}

fn answered(status: u16, bodies: &[&str]) -> Vec<Event> {
    let cases = bodies.iter().enumerate();
    let cases =
        cases.map(|(number, body)| case(number as u64, exchange(Some(status), body), Verdict::Passed));
    std::iter::once(started()).chain(cases).collect()
}

fn states(stored: &StoredSnapshots) -> Vec<SnapshotState> {
    stored.results.iter().map(|result| result.state).collect()
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_snapshot_shows_the_shape_of_the_answers_and_none_of_their_data() {
    let snapshots = pictures(&sample_run()).to_snapshots();
    let texts: Vec<String> =
        snapshots.iter().map(|one| format!("{}.snap\n{}", one.name, one.to_file_text())).collect();
    insta::assert_snapshot!(texts.concat());
}

#[test]
fn answers_that_came_in_another_order_make_the_same_snapshots() {
    let bodies = [r#"{"b":1,"a":null}"#, "[]", "not JSON", r#"{"a":"x"}"#, ""];
    let mut events = answered(200, &bodies);
    let forward = pictures(&events).to_snapshots();
    events[1..].reverse();
    assert_eq!(pictures(&events).to_snapshots(), forward);
    assert_eq!(forward.len(), 1);
}

#[test]
fn what_a_probe_with_another_method_got_is_no_answer_of_the_operation() {
    let mut events = answered(405, &["{}"]);
    let Event::CaseFinished { case } = &mut events[1] else { panic!("a case follows") };
    case.exchange.method = "TRACE".to_owned();
    assert_eq!(pictures(&events).to_snapshots(), []);
}

#[test]
fn what_is_refused_for_its_accept_is_no_answer_of_the_operation() {
    let mut events = answered(406, &["{}"]);
    let Event::CaseFinished { case } = &mut events[1] else { panic!("a case follows") };
    case.broken = Some("asks for another media type".to_owned());
    assert_eq!(pictures(&events).to_snapshots().len(), 1);
    let Event::CaseFinished { case } = &mut events[1] else { panic!("a case follows") };
    case.exchange.request_headers.push(("Accept".to_owned(), "text/x".to_owned()));
    assert_eq!(pictures(&events).to_snapshots(), []);
}

#[test]
fn a_body_that_was_cut_is_not_taken_for_broken_json() {
    let body = format!("[\"{}", "x".repeat(64 << 10));
    let snapshots = pictures(&answered(200, &[&body])).to_snapshots();
    assert!(snapshots[0].contents.contains("body: too long to look into"), "{}", snapshots[0].contents);
}

#[test]
fn operations_that_differ_in_case_alone_get_files_of_their_own() {
    let mut events = answered(200, &["{}"]);
    let Event::RunStarted { operations, .. } = &mut events[0] else { panic!("a run starts") };
    operations[1].id = "CREATEPET".to_owned();
    let Event::CaseFinished { case } = &events[1] else { panic!("a case follows") };
    let mut case = case.clone();
    case.operation = "CREATEPET".to_owned();
    case.exchange.method = "GET".to_owned();
    events.push(Event::CaseFinished { case });
    let names: Vec<String> =
        pictures(&events).to_snapshots().into_iter().map(|one| one.name.to_lowercase()).collect();
    assert_ne!(names[0], names[1]);
}

#[test]
fn what_is_written_follows_the_update_mode() {
    use SnapshotState::{Changed, Same, Unseen};
    let accepted = format!("{NAME}.snap");
    let pending = format!("{NAME}.snap.new");
    // Mode, whether another snapshot is accepted already, state, files afterwards.
    let rows = [
        (SnapshotUpdate::CheckOnly, false, Unseen, vec![]),
        (SnapshotUpdate::CheckOnly, true, Changed, vec![&accepted]),
        (SnapshotUpdate::Review, false, Unseen, vec![&pending]),
        (SnapshotUpdate::Review, true, Changed, vec![&accepted, &pending]),
        (SnapshotUpdate::AcceptUnseen, false, Unseen, vec![&accepted]),
        (SnapshotUpdate::AcceptUnseen, true, Changed, vec![&accepted, &pending]),
        (SnapshotUpdate::Accept, false, Unseen, vec![&accepted]),
        (SnapshotUpdate::Accept, true, Changed, vec![&accepted]),
    ];
    for (update, has_accepted, state, expected) in rows {
        let folder = tempfile::tempdir().unwrap();
        let old = pictures(&answered(201, &[r#"{"id":"old"}"#]));
        let new = pictures(&answered(201, &[r#"{"id":1}"#]));
        if has_accepted {
            old.store(folder.path(), SnapshotUpdate::Accept).unwrap();
        }
        let stored = new.store(folder.path(), update).unwrap();
        assert_eq!(states(&stored), [state], "{update:?} {has_accepted}");
        assert_eq!(files(folder.path()).iter().collect::<Vec<_>>(), expected, "{update:?} {has_accepted}");
        if update == SnapshotUpdate::Accept {
            let again = new.store(folder.path(), SnapshotUpdate::CheckOnly).unwrap();
            assert_eq!(states(&again), [Same]);
        }
    }
}

#[test]
fn a_pending_snapshot_goes_once_the_answer_is_as_accepted_again() {
    let folder = tempfile::tempdir().unwrap();
    let accepted = pictures(&answered(201, &["1"]));
    accepted.store(folder.path(), SnapshotUpdate::Accept).unwrap();
    pictures(&answered(201, &["{}"])).store(folder.path(), SnapshotUpdate::Review).unwrap();
    assert_eq!(files(folder.path()).len(), 2);
    let stored = accepted.store(folder.path(), SnapshotUpdate::Review).unwrap();
    assert_eq!(states(&stored), [SnapshotState::Same]);
    assert_eq!(files(folder.path()), [format!("{NAME}.snap")]);
}

#[test]
fn an_accepted_answer_that_did_not_come_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("other__x.200.none.snap"), "---\n---\n").unwrap();
    pictures(&answered(201, &["1"])).store(folder.path(), SnapshotUpdate::Accept).unwrap();
    let stored = pictures(&answered(404, &["1"])).store(folder.path(), SnapshotUpdate::CheckOnly).unwrap();
    assert_eq!(stored.not_seen, [NAME]);
}

#[test]
fn insta_reads_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut events = answered(201, &[r#"{"a\"---\n":"\u001b"}"#]);
    let Event::RunStarted { document, .. } = &mut events[0] else { panic!("a run starts") };
    *document = "a \"b\"\n---\n: #{x}.yaml".to_owned();
    let snapshots = pictures(&events);
    snapshots.store(folder.path(), SnapshotUpdate::Review).unwrap();
    let expected = &snapshots.to_snapshots()[0];
    let read =
        insta::Snapshot::from_file(&folder.path().join(format!("{}.snap.new", expected.name))).unwrap();
    assert_eq!(read.metadata().source(), Some(expected.source.as_str()));
    assert_eq!(read.metadata().description(), Some(expected.description.as_str()));
    assert_eq!(read.metadata().expression(), Some("createPet"));
    let insta::internals::SnapshotContents::Text(text) = read.contents() else { panic!("it is text") };
    assert_eq!(text.to_string().trim_end(), expected.contents);
}

/// Whether `cargo insta` accepts our files is asked of the real one, where it is installed.
#[test]
fn cargo_insta_lists_and_accepts_what_is_written() {
    if Command::new("cargo-insta").arg("--version").output().is_err() {
        eprintln!("skipped: cargo-insta is not on the PATH");
        return;
    }
    let package = tempfile::tempdir().unwrap();
    let manifest = "[package]\nname = \"probe\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n";
    std::fs::write(package.path().join("Cargo.toml"), manifest).unwrap();
    std::fs::create_dir(package.path().join("src")).unwrap();
    std::fs::write(package.path().join("src/lib.rs"), "").unwrap();
    let folder = package.path().join("snapshots");
    let snapshots = pictures(&answered(201, &[r#"{"id":1}"#]));
    snapshots.store(&folder, SnapshotUpdate::Review).unwrap();
    let insta = |command: &str| {
        let output =
            Command::new("cargo-insta").args(["insta", command]).current_dir(package.path()).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr)
    };
    let listed = insta("pending-snapshots");
    assert!(listed.contains(&format!("{NAME}.snap")), "{listed}");
    insta("accept");
    assert_eq!(files(&folder), [format!("{NAME}.snap")]);
    let stored = snapshots.store(&folder, SnapshotUpdate::CheckOnly).unwrap();
    assert_eq!(states(&stored), [SnapshotState::Same]);
}

#[test]
fn what_is_pending_is_shown_with_what_changed_until_it_is_accepted_or_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let accepted = pictures(&answered(201, &[r#"{"id":1}"#]));
    accepted.store(folder.path(), SnapshotUpdate::Accept).unwrap();
    let changed = pictures(&answered(201, &[r#"{"id":null}"#]));
    let other = pictures(&answered(404, &["{}"]));
    for snapshots in [&changed, &other] {
        snapshots.store(folder.path(), SnapshotUpdate::Review).unwrap();
    }
    let pending = PendingSnapshot::all(folder.path()).unwrap();
    let shown: Vec<(&str, DriftClass, usize)> =
        pending.iter().map(|one| (one.description.as_str(), one.class, one.drift.len())).collect();
    assert_eq!(
        shown,
        [
            ("POST /pets answered 201 with application/json", DriftClass::Breaking, 1),
            // It has answered before, and never like this.
            ("POST /pets answered 404 with application/json", DriftClass::Risky, 0),
        ]
    );
    pending[0].accept().unwrap();
    pending[1].reject().unwrap();
    assert_eq!(PendingSnapshot::all(folder.path()).unwrap(), []);
    assert_eq!(
        states(&changed.store(folder.path(), SnapshotUpdate::CheckOnly).unwrap()),
        [SnapshotState::Same]
    );
    assert_eq!(files(folder.path()).len(), 1);
}
