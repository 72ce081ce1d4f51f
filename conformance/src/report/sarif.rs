//! The Static Analysis Results Interchange Format (SARIF 2.1.0, OASIS): failures as results at their place in the
//! document, for code scanning.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::describe;
use super::tally::{RunTally, Tally};
use super::text::{counted, cut, one_line, visible};
use crate::check::checks;
use crate::failure::{Failure, Flakiness, Known};

/// The schema of the format.
pub const SARIF_SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Results of one run; further failures are counted in a notification. GitHub shows 5,000 at most.
const MAX_RESULTS: usize = 5_000;
/// Characters of a message.
const MESSAGE: usize = 1_500;

/// The SARIF report: a log with one run for each document.
pub fn to_sarif(tally: &Tally) -> String {
    let runs: Vec<Value> = tally.runs().iter().map(run).collect();
    let log = json!({ "$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": runs });
    let mut text = serde_json::to_string_pretty(&log).expect("text and numbers are JSON");
    text.push('\n');
    text
}

fn run(run: &RunTally) -> Value {
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    let mut descriptors: Vec<Value> = Vec::new();
    let mut results: Vec<Value> = Vec::new();
    for failure in describe::news_first(&run.failures).take(MAX_RESULTS) {
        let index = *rules.entry(&failure.check).or_insert_with(|| {
            descriptors.push(descriptor(&failure.check));
            descriptors.len() - 1
        });
        results.push(result(run, failure, index));
    }
    // Where one result says whether it is suppressed, all do (section 3.27.23).
    if run.failures.iter().any(|failure| failure.known.is_some()) {
        for (failure, result) in describe::news_first(&run.failures).zip(&mut results) {
            result["suppressions"] = failure.known.as_deref().map(suppression).into_iter().collect();
        }
    }
    let counts = run.counts();
    let mut notifications: Vec<Value> = Vec::new();
    if run.failures.len() > MAX_RESULTS {
        let left_out = counted((run.failures.len() - MAX_RESULTS) as u64, "failure");
        let text = format!("{left_out} left out; the JSON report has them all");
        notifications.push(json!({ "level": "warning", "message": { "text": text } }));
    }
    notifications.extend(run.warnings.iter().take(MAX_RESULTS).map(|warning| {
        let operation = warning.operation.as_ref().map(|id| format!("{id}: ")).unwrap_or_default();
        let text = shown(&format!("{operation}{}", warning.message));
        json!({ "level": "warning", "descriptor": { "id": one_line(&warning.code) }, "message": { "text": text } })
    }));
    let driver = json!({ "name": "counterfoil", "version": env!("CARGO_PKG_VERSION"), "rules": descriptors });
    json!({
        "tool": { "driver": driver },
        // Columns count characters, as ours do.
        "columnKind": "unicodeCodePoints",
        "automationDetails": { "id": format!("counterfoil/{}/", one_line(&run.document)) },
        "invocations": [{
            "executionSuccessful": !counts.interrupted && !counts.unreachable,
            "toolExecutionNotifications": notifications,
        }],
        "results": results,
        "properties": {
            "seed": run.seed, "target": run.target, "digest": run.digest,
            "cases": counts.cases, "requests": counts.requests,
        },
    })
}

/// A rule (section 3.49): a check.
fn descriptor(name: &str) -> Value {
    let mut descriptor = json!({ "id": one_line(name), "defaultConfiguration": { "level": "error" } });
    if let Some(check) = checks().iter().find(|check| check.name() == name) {
        let help = check.explain();
        let first = help.split("\n\n").next().unwrap_or_default().replace('\n', " ");
        descriptor["shortDescription"] = json!({ "text": first });
        descriptor["help"] = json!({ "text": help });
    }
    descriptor
}

fn result(run: &RunTally, failure: &Failure, index: usize) -> Value {
    let file = failure.document_position.as_ref().map_or(run.document.as_str(), |position| &position.file);
    let mut physical = json!({ "artifactLocation": { "uri": document_uri(file) } });
    if let Some(position) = &failure.document_position {
        physical["region"] = json!({ "startLine": position.line, "startColumn": position.column });
    }
    let pointer = failure.document_pointer.as_deref().unwrap_or_default();
    let what = format!("{}\n{}\n{}", failure.label, failure.message, failure.reproduction.curl);
    let is_flaky = failure.flakiness == Flakiness::Flaky;
    json!({
        "ruleId": one_line(&failure.check),
        "ruleIndex": index,
        "level": match &failure.known {
            Some(known) if !known.is_expired => "note",
            None if !is_flaky => "error",
            _ => "warning",
        },
        "message": { "text": shown(&what) },
        "locations": [{
            "physicalLocation": physical,
            "logicalLocations": [{
                "fullyQualifiedName": one_line(&format!("#{pointer}")),
                "name": one_line(&failure.label),
            }],
        }],
        "occurrenceCount": failure.count.max(1),
        "partialFingerprints": { "counterfoil/v1": fingerprint(failure) },
        "properties": {
            "operation": one_line(&failure.operation),
            "case": one_line(&failure.reproduction.case),
            "curl": visible(&failure.reproduction.curl),
            "flaky": is_flaky,
        },
    })
}

/// Why a result is let through (section 3.35); one whose last day is over is not.
fn suppression(known: &Known) -> Value {
    json!({
        "kind": "external",
        "status": if known.is_expired { "rejected" } else { "accepted" },
        "justification": describe::known(known),
    })
}

/// What is the same where the failure is the same, whatever stands around it in the document.
fn fingerprint(failure: &Failure) -> String {
    let what = format!("{}\n{}\n{}", failure.check, failure.operation, failure.kind);
    Sha256::digest(what.as_bytes()).iter().take(16).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn shown(text: &str) -> String {
    let (head, left_out) = cut(text, 60, MESSAGE);
    let dots = if left_out > 0 { " ..." } else { "" };
    format!("{}{dots}", visible(head))
}

/// A path as a relative or absolute URI reference (section 3.4.3); a URL is one already.
pub fn document_uri(path: &str) -> String {
    if path.starts_with("http://") || path.starts_with("https://") {
        return path.to_owned();
    }
    let mut uri = String::new();
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                uri.push(byte.into());
            }
            b'\\' => uri.push('/'),
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::document_uri;

    #[test]
    fn paths_are_uris() {
        assert_eq!(document_uri("a b/ä.yaml"), "a%20b/%C3%A4.yaml");
        assert_eq!(document_uri("/tmp/a.yaml"), "file:///tmp/a.yaml");
        assert_eq!(document_uri("<stdin>"), "%3Cstdin%3E");
        assert_eq!(document_uri("https://example.com/a.yaml"), "https://example.com/a.yaml");
    }
}
