//! What is counted of all requests, and shown in the text format of Prometheus (version 0.0.4).

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::call::Source;
use crate::journal::Entry;

/// The most operations that are counted apart; the requests of those beyond are counted together.
pub const MAX_COUNTED_OPERATIONS: usize = 10_000;
/// What is counted for requests of operations beyond the limit; no operation can be called so.
const OTHERS: &str = "(other operations)";

/// The bounds of the histogram of latencies, in seconds as they are written, and in microseconds.
const BOUNDS: [(&str, u64); 14] = [
    ("0.0001", 100),
    ("0.00025", 250),
    ("0.0005", 500),
    ("0.001", 1_000),
    ("0.0025", 2_500),
    ("0.005", 5_000),
    ("0.01", 10_000),
    ("0.025", 25_000),
    ("0.05", 50_000),
    ("0.1", 100_000),
    ("0.25", 250_000),
    ("1", 1_000_000),
    ("5", 5_000_000),
    ("30", 30_000_000),
];

/// What was counted since the stub started, over all sessions.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// By the id of the operation; what meant none is under the empty text.
    operations: Mutex<HashMap<String, Counted>>,
}

/// What was counted of one operation.
#[derive(Debug, Default)]
struct Counted {
    /// By status, 0 where the connection was cut instead, and source. There are few of each.
    replies: Vec<((u16, Source), u64)>,
    invalid: u64,
    /// The requests within each bound and beyond the one below it, those beyond all last.
    within: [u64; BOUNDS.len() + 1],
    micros: u64,
}

/// What is true at this moment.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Gauges {
    pub(crate) sessions: usize,
    pub(crate) calls: usize,
    pub(crate) bytes: usize,
    pub(crate) rules: usize,
}

impl Metrics {
    /// Counts a request and its reply, which is sent so much later.
    pub(crate) fn count(&self, entry: &Entry, delay: Duration) {
        let operation = entry.operation.as_ref().map_or("", |operation| operation.id().as_str());
        let status = entry.status.map_or(0, |status| status.as_u16());
        let latency = entry.latency.saturating_add(delay);
        let mut operations = self.lock();
        if let Some(counted) = operations.get_mut(operation) {
            return counted.count((status, entry.source), !entry.violations.is_empty(), latency);
        }
        let name = if operations.len() < MAX_COUNTED_OPERATIONS { operation } else { OTHERS };
        let counted = operations.entry(name.to_owned()).or_default();
        counted.count((status, entry.source), !entry.violations.is_empty(), latency);
    }

    /// All of it, as Prometheus reads it.
    pub(crate) fn show(&self, gauges: Gauges) -> String {
        let mut text = String::new();
        let operations = self.lock();
        let sorted: BTreeMap<String, &Counted> =
            operations.iter().map(|(name, counted)| (label(name), counted)).collect();
        head(
            &mut text,
            "counterfoil_requests_total",
            "counter",
            "Requests to the stub, by operation, status and source of the reply.",
        );
        for (operation, counted) in &sorted {
            let mut replies = counted.replies.clone();
            replies.sort_unstable_by_key(|((status, source), _)| (*status, source.as_str()));
            for ((status, source), count) in replies {
                let status = if status == 0 { "none".to_owned() } else { status.to_string() };
                write(
                    &mut text,
                    format_args!(
                        "counterfoil_requests_total{{operation=\"{operation}\",status=\"{status}\",source=\"{source}\"}} {count}"
                    ),
                );
            }
        }
        head(&mut text, "counterfoil_requests_invalid_total", "counter", "Requests that broke the contract.");
        for (operation, counted) in &sorted {
            let count = counted.invalid;
            write(
                &mut text,
                format_args!("counterfoil_requests_invalid_total{{operation=\"{operation}\"}} {count}"),
            );
        }
        let name = "counterfoil_request_duration_seconds";
        head(&mut text, name, "histogram", "How long the stub took, scripted delays included.");
        for (operation, counted) in &sorted {
            let mut sum = 0;
            let bounds = BOUNDS.iter().map(|(bound, _)| *bound).chain(["+Inf"]);
            for (bound, count) in bounds.zip(counted.within) {
                sum += count;
                write(
                    &mut text,
                    format_args!("{name}_bucket{{operation=\"{operation}\",le=\"{bound}\"}} {sum}"),
                );
            }
            let (seconds, micros) = (counted.micros / 1_000_000, counted.micros % 1_000_000);
            write(&mut text, format_args!("{name}_sum{{operation=\"{operation}\"}} {seconds}.{micros:06}"));
            write(&mut text, format_args!("{name}_count{{operation=\"{operation}\"}} {sum}"));
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
            write(&mut text, format_args!("{name} {value}"));
        }
        text
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Counted>> {
        // Each count is whole on its own.
        self.operations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    fn count(&mut self, reply: (u16, Source), is_invalid: bool, latency: Duration) {
        match self.replies.iter_mut().find(|(known, _)| *known == reply) {
            Some((_, count)) => *count += 1,
            None => self.replies.push((reply, 1)),
        }
        self.invalid += u64::from(is_invalid);
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.within[BOUNDS.partition_point(|(_, bound)| *bound < micros)] += 1;
        self.micros = self.micros.saturating_add(micros);
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    write(text, format_args!("# HELP {name} {help}\n# TYPE {name} {kind}"));
}

fn write(text: &mut String, line: std::fmt::Arguments<'_>) {
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
    fn each_latency_is_within_the_least_bound_that_holds_it() {
        let mut counted = Counted::default();
        for micros in [0, 100, 101, 30_000_000, 30_000_001, u64::MAX] {
            counted.count((200, Source::Example), false, Duration::from_micros(micros));
        }
        let mut expected = [0; BOUNDS.len() + 1];
        (expected[0], expected[1], expected[13], expected[14]) = (2, 1, 1, 2);
        assert_eq!(counted.within, expected);
        for (text, micros) in BOUNDS {
            let seconds: f64 = text.parse().unwrap();
            assert!((seconds * 1e6 - micros as f64).abs() < 1e-6, "{text}");
        }
    }

    #[test]
    fn what_would_end_a_label_is_escaped() {
        assert_eq!(label("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }
}
