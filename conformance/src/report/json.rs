//! The JSON report: counts, failures and warnings of a run, for programs.

use serde::Serialize;

use super::tally::{RunTally, Tally};

/// The version of the JSON report; it grows when a reader of an older one would misread.
pub const JSON_REPORT_VERSION: u32 = 1;

#[derive(Serialize)]
struct JsonReport<'t> {
    version: u32,
    runs: &'t [RunTally],
}

/// The JSON report. Members come in a fixed order, operations in document order, and it ends with a line feed.
pub fn to_json(tally: &Tally) -> String {
    let report = JsonReport { version: JSON_REPORT_VERSION, runs: tally.runs() };
    let mut text = serde_json::to_string_pretty(&report).expect("a tally holds only text keys and numbers");
    text.push('\n');
    text
}
