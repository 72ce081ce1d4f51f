//! The limits that the README names are those that hold.

use counterfoil_openapi::{
    MAX_ALIASED_NODES, MAX_BYTES, MAX_DEPTH, MAX_FILES, MAX_GATHERED_BYTES, MAX_NODES,
};

const README: &str = include_str!("../../../README.md");

/// A number as the README writes it, with commas between its thousands.
fn written(number: usize) -> String {
    let digits = number.to_string();
    let from_end = |(index, digit): (usize, char)| {
        let is_thousand = index > 0 && (digits.len() - index).is_multiple_of(3);
        is_thousand.then_some(',').into_iter().chain([digit]).collect::<Vec<_>>()
    };
    digits.chars().enumerate().flat_map(from_end).collect()
}

#[test]
fn the_readme_names_the_limits_of_documents() {
    let mebibytes = |bytes: usize| format!("{} MiB", bytes / (1024 * 1024));
    let rows = [
        ("one file", mebibytes(MAX_BYTES)),
        ("files that it refers to, together", mebibytes(MAX_GATHERED_BYTES)),
        ("files that it refers to", written(MAX_FILES)),
        ("values", written(MAX_NODES)),
        ("values that aliases, or references put in place, stand for", written(MAX_ALIASED_NODES)),
        ("values within values", written(MAX_DEPTH)),
    ];
    for (what, limit) in rows {
        assert!(
            README.contains(&format!("| {what} | {limit} |")),
            "the README has no row `| {what} | {limit} |`"
        );
    }
}
