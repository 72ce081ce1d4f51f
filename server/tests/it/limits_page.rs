//! The page of limits names a test for each of its lines.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const PAGE: &str = include_str!("../../LIMITS.md");
/// Where the tests are that the page may name.
const FOLDERS: [&str; 4] = ["src", "tests", "../cli/src", "../cli/tests"];

/// What is between backticks and reads like the name of a test.
fn named(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(|name| {
        name.matches('_').count() >= 2
            && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}

/// The functions of the files of a folder and of those below it.
fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let names = text.split("fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next());
            found.extend(names.map(str::to_owned));
        }
    }
}

#[test]
fn every_test_that_the_page_of_limits_names_is_there() {
    let mut known = BTreeSet::new();
    for folder in FOLDERS {
        functions(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut known);
    }
    let missing: Vec<&str> = named(PAGE).filter(|name| !known.contains(*name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_row_of_the_page_of_limits_names_a_test() {
    let mut in_rows = false;
    for line in PAGE.lines() {
        let is_row = line.starts_with('|');
        if is_row && in_rows {
            let last = line.trim_end_matches('|').rsplit('|').next().unwrap();
            assert!(named(last).next().is_some(), "{line}");
        }
        in_rows = is_row && (in_rows || line.starts_with("|--"));
    }
}
