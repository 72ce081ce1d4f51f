//! What was counted, and the table of it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What was counted of one or several operations.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) documents: usize,
    pub(super) operations: usize,
    pub(super) valid: usize,
    pub(super) invalid: usize,
    /// The invalid requests that break one rule only.
    pub(super) single: usize,
    pub(super) replies: usize,
    pub(super) headers: usize,
    /// Values put to the document's own schema.
    pub(super) judged: usize,
    pub(super) time: Duration,
    /// What could not be made, by reason: how often, and where first.
    pub(super) without: BTreeMap<String, (usize, String)>,
    pub(super) failures: Vec<String>,
}

impl Tally {
    /// Counts something that could not be made.
    pub(super) fn lacks(&mut self, reason: impl Into<String>) {
        self.without.entry(reason.into()).or_default().0 += 1;
    }

    /// Adds the counts of a part called `name`.
    pub(super) fn add(&mut self, other: Self, name: &str) {
        self.operations += other.operations;
        self.valid += other.valid;
        self.invalid += other.invalid;
        self.single += other.single;
        self.replies += other.replies;
        self.headers += other.headers;
        self.judged += other.judged;
        for (reason, (count, place)) in other.without {
            let place = if place.is_empty() { name.to_owned() } else { format!("{name}: {place}") };
            self.without.entry(reason).or_insert((0, place)).0 += count;
        }
        self.failures.extend(other.failures.into_iter().map(|failure| format!("{name}: {failure}")));
    }

    /// Prints what stands outside the table.
    pub(super) fn print(&self) {
        let share = 100.0 * self.single as f64 / self.invalid.max(1) as f64;
        println!(
            "{} documents, {} values put to their own schemas, {share:.1} % of the invalid requests break one rule only",
            self.documents, self.judged
        );
        for (reason, (count, place)) in &self.without {
            println!("{count:>8} without: {reason}, first at {place}");
        }
        if let Some(peak) = peak() {
            println!("peak memory {} MiB", peak / 1024);
        }
    }
}

/// The most memory this process has had resident, in KiB, where the system tells.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// A line of the table.
pub(super) struct Row<'t> {
    pub(super) name: &'t str,
    pub(super) tally: &'t Tally,
    pub(super) time: Duration,
}

impl Row<'_> {
    pub(super) const TITLES: &'static str =
        "operations requests refused replies headers without failures      ms  document";
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { operations, valid, invalid, replies, headers, without, failures, .. } = self.tally;
        let without: usize = without.values().map(|(count, _)| count).sum();
        let (failures, time) = (failures.len(), self.time.as_millis());
        write!(
            f,
            "{operations:>10} {valid:>8} {invalid:>7} {replies:>7} {headers:>7} {without:>7} {failures:>8} {time:>7}  {}",
            self.name
        )
    }
}
