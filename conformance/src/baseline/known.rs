//! A run beside its baseline.

use std::collections::BTreeSet;

use super::{Baseline, Day, Entry};
use crate::event::{CaseRecord, CheckResult, Event, Phase, Summary, Verdict};
use crate::failure::{Failure, Flakiness, Known};

/// Marks the failures of a run, or of several one after another, that a baseline lists, and sees which of its entries
/// are stale.
#[derive(Debug)]
pub struct KnownFailures {
    entries: Vec<Listed>,
    today: Day,
    /// Every failure, marked or not.
    found: Vec<Entry>,
    /// Operations that had cases, each with a phase that did.
    exercised: BTreeSet<(String, Phase)>,
    checks: BTreeSet<String>,
    /// Known failures of the run under way, and those of them that are flaky.
    marked: (u64, u64),
    is_whole: bool,
}

#[derive(Debug)]
struct Listed {
    entry: Entry,
    has_failed: bool,
}

/// What is wrong with a baseline after a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BaselineState {
    /// How many entries failed as they say.
    pub known: usize,
    /// Entries whose failure was looked for and is gone.
    pub stale: Vec<Entry>,
    /// Entries whose failure is there, and whose last day is over.
    pub expired: Vec<Entry>,
}

impl KnownFailures {
    /// The failures of a baseline, on a day.
    pub fn new(baseline: Baseline, today: Day) -> Self {
        let listed = |entry| Listed { entry, has_failed: false };
        Self {
            entries: baseline.entries.into_iter().map(listed).collect(),
            today,
            found: Vec::new(),
            exercised: BTreeSet::new(),
            checks: BTreeSet::new(),
            marked: (0, 0),
            is_whole: true,
        }
    }

    /// Takes in the next event, and gives it back where it changes: a failure that the baseline lists is marked, in the
    /// cases that show it as well; the summary counts those, and among the flaky ones only the others.
    pub fn mark(&mut self, event: &Event) -> Option<Event> {
        match event {
            Event::RunStarted { checks, .. } => {
                self.checks.extend(checks.iter().cloned());
                self.marked = (0, 0);
            }
            Event::CaseFinished { case } => {
                let key = (case.operation.clone(), case.phase);
                if !self.exercised.contains(&key) {
                    self.exercised.insert(key);
                }
                return self.marked_case(case).map(|case| Event::CaseFinished { case });
            }
            Event::FailureFound { failure } => {
                self.found.push(Entry::of(failure));
                let known = self.known(failure)?;
                let failure = Failure { known: Some(Box::new(known)), ..failure.clone() };
                return Some(Event::FailureFound { failure });
            }
            Event::RunFinished { summary } => {
                self.is_whole &= !summary.interrupted && !summary.unreachable;
                let (known, flaky) = self.marked;
                let summary =
                    Summary { known, flaky: summary.flaky.saturating_sub(flaky), ..summary.clone() };
                return (known > 0).then_some(Event::RunFinished { summary });
            }
            _ => {}
        }
        None
    }

    /// A case with the failures marked that the baseline lists, where there are any.
    fn marked_case(&self, case: &CaseRecord) -> Option<CaseRecord> {
        let operation = &case.operation;
        let is_listed = |result: &CheckResult| {
            let Verdict::Failed { kind, .. } = &result.verdict else { return false };
            self.entries.iter().any(|listed| listed.entry.covers_kind(&result.check, operation, kind))
        };
        let mut marked = case.checks.iter().any(is_listed).then(|| case.clone())?;
        for result in &mut marked.checks {
            let is_marked = is_listed(result);
            if let Verdict::Failed { is_known, .. } = &mut result.verdict {
                *is_known = is_marked;
            }
        }
        Some(marked)
    }

    /// What the first entry says that speaks of a failure.
    fn known(&mut self, failure: &Failure) -> Option<Known> {
        let today = self.today;
        let mut known = None;
        for listed in self.entries.iter_mut().filter(|listed| listed.entry.covers(failure)) {
            listed.has_failed = true;
            let entry = &listed.entry;
            known.get_or_insert_with(|| Known {
                reason: entry.reason.clone(),
                ticket: entry.ticket.clone(),
                expires: entry.expires.map(|day| day.to_string()),
                is_expired: entry.expires.is_some_and(|day| day < today),
            });
        }
        if known.is_some() {
            self.marked.0 += 1;
            self.marked.1 += u64::from(failure.flakiness == Flakiness::Flaky);
        }
        known
    }

    /// What is wrong with the baseline, now that everything is over.
    ///
    /// That a failure is gone is only said where it was looked for: the run was not cut short, the check was on, the
    /// operation had cases, in the phase that the entry names where it names one.
    pub fn state(&self) -> BaselineState {
        let mut state = BaselineState::default();
        for Listed { entry, has_failed } in &self.entries {
            if *has_failed {
                state.known += 1;
                if entry.expires.is_some_and(|day| day < self.today) {
                    state.expired.push(entry.clone());
                }
            } else if self.was_looked_for(entry) {
                state.stale.push(entry.clone());
            }
        }
        state
    }

    fn was_looked_for(&self, entry: &Entry) -> bool {
        // A fingerprint alone names no operation.
        self.is_whole
            && self.checks.contains(&entry.check)
            && self.exercised.iter().any(|(operation, phase)| {
                *operation == entry.operation && entry.phase.is_none_or(|wanted| wanted == *phase)
            })
    }

    /// A baseline that lists every failure found, with what the earlier one said of those it listed. Entries whose
    /// failure was not looked for stay.
    pub fn to_baseline(&self) -> Baseline {
        let mut entries: Vec<Entry> = Vec::new();
        for Listed { entry, has_failed } in &self.entries {
            if *has_failed || !self.was_looked_for(entry) {
                entries.push(entry.clone());
            }
        }
        for found in &self.found {
            let kind = found.kind.as_deref().unwrap_or_default();
            if !entries.iter().any(|entry| entry.covers_kind(&found.check, &found.operation, kind)) {
                entries.push(found.clone());
            }
        }
        entries.sort_by(|left, right| {
            let key = |entry: &Entry| {
                (
                    entry.operation.clone(),
                    entry.check.clone(),
                    entry.kind.clone(),
                    Baseline::fingerprint_of(entry),
                )
            };
            key(left).cmp(&key(right))
        });
        Baseline { entries }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::BaselineFormat;
    use crate::report::tests::{failure, sample_run};

    const LISTED: &str = "check: response_schema_conformance, operation: createPet";

    /// A run in which one failure is found, beside a baseline with one entry.
    fn run(entry: &str, today: &str) -> (KnownFailures, Vec<Event>) {
        let text = format!("baseline: 1\nknown: [{{{entry}}}]\n");
        let baseline = Baseline::of_bytes("known", text.as_bytes(), BaselineFormat::Yaml).unwrap();
        let mut known = KnownFailures::new(baseline, today.parse().unwrap());
        let mut events = sample_run();
        for event in &mut events {
            if let Some(marked) = known.mark(event) {
                *event = marked;
            }
        }
        (known, events)
    }

    #[test]
    fn known_failures_are_marked_and_counted() {
        let own = failure("").fingerprint();
        for (entry, is_known) in [
            (LISTED.to_owned(), true),
            (format!("{LISTED}, kind: body/name missing"), true),
            (format!("{LISTED}, kind: body/other"), false),
            (format!("fingerprint: {own}"), true),
            ("fingerprint: 000000000000".to_owned(), false),
            ("check: ignored_auth, operation: createPet".to_owned(), false),
            ("check: response_schema_conformance, operation: getPet".to_owned(), false),
        ] {
            let (_, events) = run(&entry, "2026-01-01");
            for event in &events {
                match event {
                    Event::FailureFound { failure } => {
                        assert_eq!(failure.known.is_some(), is_known, "{entry}")
                    }
                    Event::RunFinished { summary } => {
                        assert_eq!(summary.known, u64::from(is_known), "{entry}");
                    }
                    Event::CaseFinished { case } => {
                        for result in &case.checks {
                            if let Verdict::Failed { is_known: is_marked, .. } = result.verdict {
                                assert_eq!(is_marked, is_known, "{entry}: {}", case.id);
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn an_entry_is_known_on_its_last_day_and_expired_on_the_next() {
        for (today, expired) in [("2026-01-31", 0), ("2026-02-01", 1)] {
            let (known, _) = run(&format!("{LISTED}, expires: 2026-01-31"), today);
            let state = known.state();
            assert_eq!((state.known, state.expired.len(), state.stale.len()), (1, expired, 0), "{today}");
        }
    }

    #[test]
    fn an_entry_is_stale_only_where_its_failure_was_looked_for() {
        for (entry, stale) in [
            (format!("{LISTED}, kind: other"), 1),
            (format!("{LISTED}, kind: other, phase: fuzzing"), 1),
            // Nothing says that it would have been found.
            (format!("{LISTED}, kind: other, phase: stateful"), 0),
            ("check: ignored_auth, operation: getPet".to_owned(), 0),
            ("check: server_crash, operation: createPet".to_owned(), 0),
            ("fingerprint: 000000000000".to_owned(), 0),
        ] {
            let (known, _) = run(&entry, "2026-01-01");
            assert_eq!(known.state().stale.len(), stale, "{entry}");
        }
        let (mut known, mut events) = run(&format!("{LISTED}, kind: other"), "2026-01-01");
        let Some(Event::RunFinished { summary }) = events.last_mut() else { panic!("a run ends") };
        summary.interrupted = true;
        known.mark(events.last().unwrap());
        assert_eq!(known.state().stale, [], "a run that was cut short may not have come to it");
    }

    #[test]
    fn what_is_written_anew_keeps_reasons_and_what_was_not_looked_for() {
        let (known, _) = run(&format!("{LISTED}, kind: body/name missing, reason: because"), "2026-01-01");
        let written = known.to_baseline();
        assert_eq!(written.entries.len(), 1);
        assert_eq!(written.entries[0].reason.as_deref(), Some("because"));
        let (known, _) = run("check: ignored_auth, operation: getPet, ticket: T-1", "2026-01-01");
        let described: Vec<String> = known.to_baseline().entries.iter().map(Entry::describe).collect();
        assert_eq!(
            described,
            ["response_schema_conformance in createPet: body/name missing", "ignored_auth in getPet"]
        );
        let (known, _) = run(&format!("{LISTED}, kind: gone"), "2026-01-01");
        assert!(known.to_baseline().entries.iter().all(|entry| entry.kind.as_deref() != Some("gone")));
    }
}
