//! Findings for people.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::report::Report;
use super::summary;
use crate::excerpt;

/// The most findings of one code shown of one document, unless all are wanted.
const MAX_SHOWN: usize = 10;

/// Each finding with the line it is about, then a table of them all.
pub(crate) fn write(report: &Report<'_>, all: bool) -> String {
    let mut out = String::new();
    let files = excerpt::Files::new(&report.texts);
    let mut left_out = 0;
    for document in &report.documents {
        let mut of_code: HashMap<&str, usize> = HashMap::new();
        for finding in &document.findings {
            let count = of_code.entry(finding.code).or_default();
            *count += 1;
            if all || *count <= MAX_SHOWN {
                excerpt::finding(finding, &files, &mut out);
            }
        }
        let mut more: Vec<(&str, usize)> = of_code
            .into_iter()
            .filter(|(_, count)| !all && *count > MAX_SHOWN)
            .map(|(code, count)| (code, count - MAX_SHOWN))
            .collect();
        more.sort_unstable();
        for (code, count) in &more {
            let _ = writeln!(out, "... and {count} more {code}");
            left_out += count;
        }
        if !more.is_empty() {
            out.push('\n');
        }
    }
    out.push_str(&summary::table(report));
    if left_out > 0 {
        let _ = writeln!(out, "\n{left_out} findings are not shown; `--all` shows them.");
    }
    out
}
