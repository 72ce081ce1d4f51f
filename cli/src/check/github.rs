//! Findings as annotations of GitHub workflows.

use counterfoil_conformance::report::workflow_command;
use counterfoil_openapi::Severity;

use super::report::Report;

/// One workflow command a finding.
pub(crate) fn write(report: &Report<'_>) -> String {
    let mut out = String::new();
    for finding in report.findings() {
        let level = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let hint = finding.hint.as_ref().map(|hint| format!("\n{hint}")).unwrap_or_default();
        let at = match finding.pointer.as_str() {
            "" => String::new(),
            pointer => format!("\nat #{pointer}"),
        };
        let message = format!("{}{hint}{at}", finding.message);
        let position = finding.position.map(|at| (at.line.to_string(), at.column.to_string()));
        let mut properties = vec![("file", finding.file.as_str())];
        if let Some((line, column)) = &position {
            properties.extend([("line", line.as_str()), ("col", column.as_str())]);
        }
        properties.push(("title", finding.code));
        out.push_str(&workflow_command(level, &properties, &message));
    }
    out
}
