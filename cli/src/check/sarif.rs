//! Findings in the Static Analysis Results Interchange Format (SARIF 2.1.0, OASIS).

use std::collections::HashMap;
use std::fmt::Write as _;

use counterfoil_openapi::{Finding, Severity, rules};
use serde_json::{Value, json};

use super::report::Report;
use crate::references::host_of;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// One run, with every rule that has a finding.
pub(crate) fn write(report: &Report<'_>) -> String {
    let mut indices: HashMap<&str, usize> = HashMap::new();
    let mut descriptors: Vec<Value> = Vec::new();
    let mut results: Vec<Value> = Vec::new();
    for finding in report.findings() {
        let index = *indices.entry(finding.code).or_insert_with(|| {
            descriptors.push(descriptor(finding));
            descriptors.len() - 1
        });
        results.push(result(finding, index));
    }
    let driver = json!({
        "name": "counterfoil",
        "version": env!("CARGO_PKG_VERSION"),
        "rules": descriptors,
    });
    // Columns count characters, as ours do.
    let run = json!({
        "tool": { "driver": driver },
        "columnKind": "unicodeCodePoints",
        "results": results,
    });
    let log = json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] });
    let mut text = serde_json::to_string_pretty(&log).expect("text and numbers are JSON");
    text.push('\n');
    text
}

/// A rule (section 3.49): a finding's own severity may be less than the rule's.
fn descriptor(finding: &Finding) -> Value {
    let rule = rules().iter().find(|rule| rule.code() == finding.code);
    let severity = rule.map_or(finding.severity, |rule| rule.severity());
    let mut descriptor = json!({
        "id": finding.code,
        "defaultConfiguration": { "level": level(severity) },
    });
    if let Some(rule) = rule {
        let help = rule.explain();
        let first = help.split("\n\n").next().unwrap_or_default().replace('\n', " ");
        descriptor["shortDescription"] = json!({ "text": first });
        descriptor["help"] = json!({ "text": help });
    }
    descriptor
}

fn result(finding: &Finding, index: usize) -> Value {
    let hint = finding.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
    let mut physical = json!({ "artifactLocation": { "uri": uri(&finding.file) } });
    if let Some(position) = finding.position {
        physical["region"] = json!({ "startLine": position.line, "startColumn": position.column });
    }
    json!({
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": { "text": format!("{}{hint}", finding.message) },
        "locations": [{
            "physicalLocation": physical,
            "logicalLocations": [{ "fullyQualifiedName": format!("#{}", finding.pointer) }],
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// A path as a relative or absolute URI reference (section 3.4.3).
fn uri(path: &str) -> String {
    if host_of(path).is_some() {
        return path.to_owned();
    }
    let mut uri = String::new();
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                uri.push(byte.into())
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
    use super::uri;

    #[test]
    fn paths_are_uris() {
        assert_eq!(uri("a b/ä.yaml"), "a%20b/%C3%A4.yaml");
        assert_eq!(uri("/tmp/a.yaml"), "file:///tmp/a.yaml");
        assert_eq!(uri("<stdin>"), "%3Cstdin%3E");
        assert_eq!(uri("https://example.com/a.yaml"), "https://example.com/a.yaml");
    }
}
