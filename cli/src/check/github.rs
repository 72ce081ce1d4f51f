//! Findings as annotations of GitHub workflows.

use std::fmt::Write as _;

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
        let _ = write!(out, "::{level} file={}", property(&finding.file));
        if let Some(position) = finding.position {
            let _ = write!(out, ",line={},col={}", position.line, position.column);
        }
        let hint = finding.hint.as_ref().map(|hint| format!("\n{hint}")).unwrap_or_default();
        let at = match finding.pointer.as_str() {
            "" => String::new(),
            pointer => format!("\nat #{pointer}"),
        };
        let message = format!("{}{hint}{at}", finding.message);
        let _ = writeln!(out, ",title={}::{}", property(finding.code), data(&message));
    }
    out
}

/// What follows the second `::`.
fn data(text: &str) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    counterfoil_conformance::report::visible(&text).into_owned()
}

/// The value of a property, which a comma or colon would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_command_early() {
        assert_eq!(data("100%\r\n::error::x"), "100%25%0D%0A::error::x");
        assert_eq!(property("a:b,c\n"), "a%3Ab%2Cc%0A");
        assert!(!data("a\u{202e}b").contains('\u{202e}'));
    }
}
