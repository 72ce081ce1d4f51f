//! A59: who is killed while writing a baseline or a case file leaves the old one or the new one.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use counterfoil_conformance::{Baseline, CaseFile, Entry};
use serde_json::json;

/// The environment variable that names the folder to write in.
const FOLDER: &str = "COUNTERFOIL_WRITE_FOREVER";
/// How often a process is killed, and how many write in it, each at a point of its own: 200 points.
const KILLS: usize = 25;
const WRITERS: usize = 8;

fn baseline(count: usize) -> Baseline {
    let entry = |number| Entry {
        check: "not_a_server_error".to_owned(),
        operation: format!("operation{number}"),
        reason: Some("x".repeat(200)),
        ..Entry::default()
    };
    Baseline { entries: (0..count).map(entry).collect() }
}

fn case(length: usize) -> CaseFile {
    serde_json::from_value(json!({
        "counterfoil_case": 1, "check": "not_a_server_error", "operation": "a", "label": "GET /a", "kind": "k",
        "message": "x".repeat(length), "flakiness": "recurs", "target": "http://127.0.0.1:1", "seed": 0,
        "found_by": "a/fuzzing/0", "curl": [],
        "recipe": {"steps": [{"operation": "a", "purpose": "positive", "request": {"method": "GET", "target": "/a"}}]},
        "document": {"name": "a.yaml", "digest": ""},
    }))
    .expect("it is a case")
}

/// Writes a baseline in both formats and a case, so large.
fn write(folder: &Path, size: usize) {
    for name in ["known.yaml", "known.toml"] {
        baseline(size).store(&folder.join(name)).expect("it can be written");
    }
    case(size * 100).store(folder).expect("it can be written");
}

fn folders(folder: &Path) -> impl Iterator<Item = PathBuf> {
    (0..WRITERS).map(|writer| folder.join(writer.to_string()))
}

/// Writes small and large ones in turn for as long as it lives, and says when it has written each.
#[test]
fn a_writer_in_a_process_of_its_own() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    std::thread::scope(|scope| {
        for folder in folders(Path::new(&folder)) {
            scope.spawn(move || {
                for size in [1, 300].into_iter().cycle() {
                    write(&folder, size);
                    println!("\nwritten");
                }
            });
        }
    });
}

#[test]
fn a59_a_baseline_or_a_case_is_never_half_written() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for folder in folders(folder.path()) {
        std::fs::create_dir(&folder).expect("it is ours");
        write(&folder, 1);
    }
    let mut large = 0;
    for kill in 0..KILLS {
        let mut writer = Command::new(std::env::current_exe().expect("it runs"))
            .args(["--exact", "interrupted::a_writer_in_a_process_of_its_own", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let out = BufReader::new(writer.stdout.take().expect("it is piped"));
        let mut written = out.lines().map_while(Result::ok).filter(|line| line == "written");
        // They go on while this is read: where they are when they are killed, nobody says.
        for _ in 0..=kill % 20 {
            written.next().expect("it writes for ever");
        }
        writer.kill().expect("it is ours");
        writer.wait().expect("it ends");
        for folder in folders(folder.path()) {
            for name in ["known.yaml", "known.toml"] {
                let read = Baseline::read(&folder.join(name)).expect("it is whole").expect("it is there");
                assert!(matches!(read.entries.len(), 1 | 300), "{name}: {}", read.entries.len());
            }
            let read = CaseFile::read(&folder.join(case(1).name())).expect("it is whole");
            assert!(matches!(read.message.len(), 100 | 30_000), "{}", read.message.len());
            large += usize::from(read.message.len() > 100);
        }
    }
    assert!(large > 0, "the writers come to write something else than what was there");
}
