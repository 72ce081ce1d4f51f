//! Findings for programs.

use counterfoil_openapi::Finding;
use serde_json::{Value, json};

use super::report::Report;

/// One JSON object: the documents with their counts, and every finding.
pub(crate) fn write(report: &Report<'_>) -> String {
    let findings: Vec<Value> = report.findings().map(finding).collect();
    let documents: Vec<Value> = report
        .documents
        .iter()
        .map(|document| {
            json!({
                "name": document.name,
                "operations": document.operations,
                "findings": document.findings.len(),
            })
        })
        .collect();
    let report = json!({"version": 1, "documents": documents, "findings": findings});
    let mut text = serde_json::to_string_pretty(&report).expect("text and numbers are JSON");
    text.push('\n');
    text
}

/// One finding: its code, where it is, what it says and what to do.
pub(crate) fn finding(finding: &Finding) -> Value {
    json!({
        "code": finding.code,
        "severity": finding.severity.to_string(),
        "file": finding.file,
        "line": finding.position.map(|position| position.line),
        "column": finding.position.map(|position| position.column),
        "pointer": finding.pointer.as_str(),
        "message": finding.message,
        "hint": finding.hint,
    })
}
