//! The numbers as text, in the format of Prometheus (version 0.0.4).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Gauges;
use super::counters::{BOUNDS, Counted};

/// All of it, by the names of operations.
pub(super) fn write(operations: &BTreeMap<String, Counted>, gauges: Gauges) -> String {
    let mut text = String::new();
    let name = "counterfoil_requests_total";
    head(&mut text, name, "counter", "Requests to the stub, by operation, status and source of the reply.");
    for (operation, counted) in operations {
        let operation = label(operation);
        for ((status, source), count) in &counted.replies {
            let status = if *status == 0 { "none".to_owned() } else { status.to_string() };
            line(
                &mut text,
                format_args!(
                    "{name}{{operation=\"{operation}\",status=\"{status}\",source=\"{source}\"}} {count}"
                ),
            );
        }
    }
    let name = "counterfoil_requests_invalid_total";
    head(&mut text, name, "counter", "Requests that broke the contract.");
    for (operation, counted) in operations {
        let (operation, count) = (label(operation), counted.invalid);
        line(&mut text, format_args!("{name}{{operation=\"{operation}\"}} {count}"));
    }
    let name = "counterfoil_request_duration_seconds";
    head(&mut text, name, "histogram", "How long the stub took, scripted delays included.");
    for (operation, counted) in operations {
        histogram(&mut text, name, &label(operation), counted);
    }
    for (name, help, value) in [
        (
            "counterfoil_sessions",
            "Sessions there are, besides that of requests which name none.",
            gauges.sessions,
        ),
        ("counterfoil_journal_calls", "Calls that the journals hold.", gauges.calls),
        ("counterfoil_journal_bytes", "Bytes that the journals hold.", gauges.bytes),
        ("counterfoil_set_rules", "Rules set at run time.", gauges.rules),
    ] {
        head(&mut text, name, "gauge", help);
        line(&mut text, format_args!("{name} {value}"));
    }
    text
}

fn histogram(text: &mut String, name: &str, operation: &str, counted: &Counted) {
    let mut sum = 0;
    let bounds = BOUNDS.iter().map(|(bound, _)| *bound).chain(["+Inf"]);
    for (bound, count) in bounds.zip(counted.within) {
        sum += count;
        line(text, format_args!("{name}_bucket{{operation=\"{operation}\",le=\"{bound}\"}} {sum}"));
    }
    let (seconds, micros) = (counted.micros / 1_000_000, counted.micros % 1_000_000);
    line(text, format_args!("{name}_sum{{operation=\"{operation}\"}} {seconds}.{micros:06}"));
    line(text, format_args!("{name}_count{{operation=\"{operation}\"}} {sum}"));
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    line(text, format_args!("# HELP {name} {help}\n# TYPE {name} {kind}"));
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // A text takes whatever is written to it.
    let _ = writeln!(text, "{line}");
}

/// A value of a label, with what would end it escaped.
fn label(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_label_is_escaped() {
        assert_eq!(label("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }
}
