//! Documents with one fault each, of the kinds that people make: what `check` says of each, to a stranger.

use std::fs;
use std::path::PathBuf;

use crate::process::{Finished, counterfoil};

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/documents/broken"))
}

#[test]
fn every_fault_is_told_in_words_that_a_stranger_understands() {
    let mut names: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(names.len() >= 40, "{names:?}");
    for name in names {
        let output = counterfoil(["check", name.as_str()]).current_dir(folder()).output().unwrap();
        let checked = Finished::from(output);
        let (findings, _) = checked.stdout.split_once("document  ").unwrap_or_default();
        assert_eq!(checked.stderr, "", "{name}");
        assert!(matches!(checked.code, Some(1 | 2)), "{name}: {checked:?}");
        assert!(findings.contains("error[") || findings.contains("warning["), "{name}: {checked:?}");
        // Each finding says what to do.
        let helped = findings.matches("\n  help: ").count();
        assert_eq!(helped, findings.matches("\n  --> ").count(), "{name}: {findings}");
        let shown = format!("{}\nexit code {}\n", findings.trim_end(), checked.code.unwrap_or_default());
        insta::with_settings!({ snapshot_path => "snapshots/broken", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name.replace('.', "_"), shown);
        });
    }
}
