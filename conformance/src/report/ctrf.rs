//! The Common Test Report Format (CTRF): a test for each operation and check.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::describe::{self, Excerpt};
use super::tally::{CheckTally, OperationTally, RunTally, Tally};
use super::text::{counted, cut, one_line, visible};
use crate::failure::{Failure, Flakiness};

/// The version of the format.
const SPEC_VERSION: &str = "0.0.0";
/// Bytes of failure text; beyond them failures are only counted.
const TEXT_BUDGET: usize = 12 << 20;
/// Characters of a message.
const MESSAGE: usize = 1_000;

/// The CTRF report. A check that concerned no case of an operation is there as skipped, one of which nothing but known
/// failures were found as `other`.
pub fn to_ctrf(tally: &Tally) -> String {
    let mut tests: Vec<Value> = Vec::new();
    let mut budget = TEXT_BUDGET;
    for run in tally.runs() {
        let mut failures: HashMap<(&str, &str), Vec<&Failure>> = HashMap::new();
        for failure in &run.failures {
            failures.entry((&failure.operation, &failure.check)).or_default().push(failure);
        }
        for operation in run.operations.values() {
            for (check, counts) in &operation.checks {
                let found = failures.get(&(operation.operation.id.as_str(), check.as_str()));
                let found = found.map_or(&[][..], Vec::as_slice);
                tests.push(test(run, operation, check, *counts, found, &mut budget));
            }
        }
    }
    let count = |status: &str| tests.iter().filter(|test| test["status"] == status).count();
    let start = tally.runs().iter().map(|run| run.started_millis).min().unwrap_or_default();
    let end = |run: &RunTally| run.started_millis.saturating_add(run.elapsed_micros / 1_000);
    let stop = tally.runs().iter().map(end).max().unwrap_or_default();
    let is_incomplete = tally.runs().iter().any(|run| run.counts().interrupted);
    let report = json!({
        "reportFormat": "CTRF",
        "specVersion": SPEC_VERSION,
        "results": {
            "tool": { "name": "counterfoil", "version": env!("CARGO_PKG_VERSION") },
            "summary": {
                "tests": tests.len(),
                "passed": count("passed"),
                "failed": count("failed"),
                "skipped": count("skipped"),
                "pending": 0,
                "other": count("other"),
                "start": start,
                "stop": stop,
                "extra": { "incomplete": is_incomplete },
            },
            "tests": tests,
        },
    });
    let mut text = serde_json::to_string_pretty(&report).expect("text and numbers are JSON");
    text.push('\n');
    text
}

fn test(
    run: &RunTally,
    operation: &OperationTally,
    check: &str,
    counts: CheckTally,
    failures: &[&Failure],
    budget: &mut usize,
) -> Value {
    let about = &operation.operation;
    let label = one_line(&format!("{} {}", about.method, about.path));
    let (known, new): (Vec<&Failure>, Vec<&Failure>) =
        failures.iter().partition(|failure| failure.known.is_some());
    let is_known = new.is_empty() && !known.is_empty();
    let failures = if is_known { &known } else { &new };
    let status = match (failures.is_empty(), counts.failed, counts.passed + counts.warned) {
        _ if is_known => "other",
        (false, _, _) | (_, 1.., _) => "failed",
        (_, _, 1..) => "passed",
        _ => "skipped",
    };
    let mut test = json!({
        "name": format!("{label} {}", one_line(check)),
        "status": status,
        // What a check takes is not measured: the exchanges are judged by all checks at once.
        "duration": 0,
        "suite": [one_line(&run.title), label],
        "type": "contract",
    });
    let Some(first) = failures.first() else {
        if status == "failed" {
            // The run was cut short before it could tell its failures.
            test["message"] = format!("it did not hold in {}", counted(counts.failed, "case")).into();
        }
        return test;
    };
    let (message, _) = cut(&first.message, 20, MESSAGE);
    let mut message = visible(message).into_owned();
    if let Some(known) = &first.known {
        test["rawStatus"] = "known".into();
        message = format!("known: {}\n{message}", describe::known(known));
    }
    test["message"] = message.into();
    test["flaky"] = failures.iter().all(|failure| failure.flakiness == Flakiness::Flaky).into();
    if let Some(position) = &first.document_position {
        test["filePath"] = one_line(&position.file).into();
        test["line"] = position.line.into();
    }
    let mut trace = String::new();
    for (index, failure) in failures.iter().enumerate() {
        let mut told = format!("{}\n", visible(&failure.message));
        for fact in describe::facts(failure, &run.rerun, Excerpt::Long) {
            told.push_str(&format!("{}: {}\n", fact.label, fact.text));
        }
        if told.len() > *budget {
            let left_out = counted((failures.len() - index) as u64, "failure");
            trace.push_str(&format!("{left_out} left out: this file is full\n"));
            break;
        }
        *budget -= told.len();
        trace.push_str(&told);
    }
    test["trace"] = trace.into();
    test
}
