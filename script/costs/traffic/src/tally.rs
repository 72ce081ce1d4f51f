//! What was answered, counted.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::answer::Answer;

/// Counts answers.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    answers: u64,
    statuses: BTreeMap<u16, u64>,
    smallest: Option<usize>,
    largest: usize,
    calls: Vec<u64>,
    /// From when each request was to be sent to when it was answered, in nanoseconds.
    latencies: Vec<u64>,
    elapsed: Duration,
}

impl Tally {
    pub(crate) fn add(&mut self, answer: Answer) {
        self.answers += 1;
        *self.statuses.entry(answer.status).or_default() += 1;
        self.smallest = Some(self.smallest.map_or(answer.size, |smallest| smallest.min(answer.size)));
        self.largest = self.largest.max(answer.size);
        self.calls.extend(answer.call);
    }

    pub(crate) fn add_latency(&mut self, latency: Duration) {
        self.latencies.push(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX));
    }

    pub(crate) fn elapsed(&mut self, elapsed: Duration) {
        self.elapsed = elapsed;
    }

    /// Adds what another connection was answered.
    pub(crate) fn merge(&mut self, other: Self) {
        self.answers += other.answers;
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        self.smallest = [self.smallest, other.smallest].into_iter().flatten().min();
        self.largest = self.largest.max(other.largest);
        self.calls.extend(other.calls);
        self.latencies.extend(other.latencies);
    }

    /// How many of the calls' numbers were given out before.
    fn repeated(&self) -> usize {
        let mut calls = self.calls.clone();
        calls.sort_unstable();
        calls.dedup();
        self.calls.len() - calls.len()
    }
}

/// As one JSON object.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statuses: Vec<String> =
            self.statuses.iter().map(|(status, count)| format!("\"{status}\": {count}")).collect();
        write!(
            f,
            "{{\"answers\": {}, \"seconds\": {}, \"statuses\": {{{}}}, \"smallest\": {}, \"largest\": {}, \
             \"numbered\": {}, \"repeated\": {}",
            self.answers,
            self.elapsed.as_secs_f64(),
            statuses.join(", "),
            self.smallest.unwrap_or_default(),
            self.largest,
            self.calls.len(),
            self.repeated(),
        )?;
        let mut latencies = self.latencies.clone();
        latencies.sort_unstable();
        for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999), ("max", 1.0)] {
            if let Some(last) = latencies.len().checked_sub(1) {
                let place = (last as f64 * share).round() as usize;
                write!(f, ", \"{name}_us\": {}", latencies[place] as f64 / 1e3)?;
            }
        }
        f.write_str("}")
    }
}
