//! How much was found, in two tables: by document and by code.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use counterfoil_conformance::report::one_line;
use counterfoil_openapi::Severity;

use super::report::Report;
use crate::output::{BAD, CAREFUL, QUIET, TITLE};

/// The tables; the second one only where something was found.
pub(crate) fn table(report: &Report<'_>) -> String {
    let mut out = String::new();
    let names: Vec<String> = report.documents.iter().map(|document| one_line(&document.name)).collect();
    let width = names.iter().map(|name| name.chars().count()).chain([8]).max().unwrap_or(8);
    let _ = writeln!(
        out,
        "{TITLE}{:<width$}  {:>10}  {:>6}  {:>8}  {:>5}{TITLE:#}",
        "document", "operations", "errors", "warnings", "notes"
    );
    let mut total = (0, [0; 3]);
    for (document, name) in report.documents.iter().zip(names) {
        let counts = SEVERITIES.map(|severity| document.count(severity));
        total.0 += document.operations.unwrap_or_default();
        (0..3).for_each(|index| total.1[index] += counts[index]);
        let operations = document.operations.map_or_else(|| "-".to_owned(), |count| count.to_string());
        row(&mut out, &name, width, &operations, counts);
    }
    if report.documents.len() > 1 {
        row(&mut out, "all", width, &total.0.to_string(), total.1);
    }
    let mut by_code: BTreeMap<(std::cmp::Reverse<Severity>, &str), usize> = BTreeMap::new();
    for finding in report.findings() {
        *by_code.entry((std::cmp::Reverse(finding.severity), finding.code)).or_default() += 1;
    }
    if by_code.is_empty() {
        return out;
    }
    let width = by_code.keys().map(|(_, code)| code.len()).max().unwrap_or_default();
    let _ = writeln!(out, "\n{TITLE}{:<8}  {:<width$}  {:>8}{TITLE:#}", "severity", "code", "findings");
    for ((severity, code), count) in by_code {
        let style = match severity.0 {
            Severity::Error => BAD,
            Severity::Warning => CAREFUL,
            Severity::Note => QUIET,
        };
        let _ = writeln!(out, "{style}{:<8}{style:#}  {code:<width$}  {count:>8}", severity.0.to_string());
    }
    out
}

const SEVERITIES: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Note];

fn row(out: &mut String, name: &str, width: usize, operations: &str, [errors, warnings, notes]: [usize; 3]) {
    let _ = writeln!(out, "{name:<width$}  {operations:>10}  {errors:>6}  {warnings:>8}  {notes:>5}");
}
