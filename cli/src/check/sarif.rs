//! Findings in the Static Analysis Results Interchange Format (SARIF 2.1.0, OASIS).

use std::collections::HashMap;

use counterfoil_conformance::report::{SARIF_SCHEMA, document_uri};
use counterfoil_openapi::{Finding, Severity, rules};
use serde_json::{Value, json};

use super::report::Report;

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
    let log = json!({ "$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run] });
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
    let mut physical = json!({ "artifactLocation": { "uri": document_uri(&finding.file) } });
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
