//! What the reports of a whole run count, without keeping the run: its memory grows with operations and failures,
//! not with cases.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;

use super::describe;
use crate::event::{
    CaseRecord, Event, EventSink, OperationCoverage, OperationSummary, Phase, RecordedExchange, Shard,
    Summary, Verdict, Warning,
};
use crate::failure::Failure;

/// Pairs of status and media type counted one by one for an operation; a target that makes up media types makes the
/// tally no larger.
const MAX_ANSWERS: usize = 200;

/// The counts of one invocation: of one run, or of several when several documents were tested one after another.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    runs: Vec<RunTally>,
}

impl Tally {
    /// The runs in order.
    pub fn runs(&self) -> &[RunTally] {
        &self.runs
    }
}

impl EventSink for Tally {
    fn take(&mut self, event: &Event) {
        // A run that could not even start has no first event.
        let is_over = self.runs.last().is_none_or(|run| run.summary.is_some());
        if is_over || matches!(event, Event::RunStarted { .. }) {
            self.runs.push(RunTally::default());
        }
        if let Some(run) = self.runs.last_mut() {
            run.take(event);
        }
    }
}

/// The counts of one run.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct RunTally {
    /// The document as the user named it.
    pub document: String,
    /// The document's title.
    pub title: String,
    /// SHA-256 of the document's text.
    pub digest: String,
    /// The base URL tested.
    pub target: String,
    /// The seed.
    pub seed: u64,
    /// When it began, in milliseconds since 1970 (UTC).
    pub started_millis: u64,
    /// The time from its beginning to the end of its last exchange.
    pub elapsed_micros: u64,
    /// The command that repeats the run, without its seed.
    pub rerun: String,
    /// Which part of a whole run it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// The phases, in order.
    pub phases: Vec<Phase>,
    /// The checks that were on.
    pub checks: Vec<String>,
    /// The operations in document order, by id.
    #[serde(serialize_with = "values")]
    pub operations: IndexMap<String, OperationTally>,
    /// The failures, in the order in which the run gave them.
    pub failures: Vec<Failure>,
    /// The warnings.
    pub warnings: Vec<Warning>,
    /// The counts as the runner made them; `None` while it runs, and where it was cut short before its end.
    pub summary: Option<Summary>,
}

/// The counts of one operation.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct OperationTally {
    /// Which one.
    #[serde(flatten)]
    pub operation: OperationSummary,
    /// Cases sent.
    pub cases: u64,
    /// How often each status came.
    pub statuses: BTreeMap<u16, u64>,
    /// How often each status came with each media type: `200 application/json`, or `204` alone.
    pub answers: BTreeMap<String, u64>,
    /// How often no response came.
    pub without_response: u64,
    /// Distinct failures.
    pub failures: u64,
    /// Those of them that a baseline lists.
    #[serde(skip_serializing_if = "is_none")]
    pub known: u64,
    /// What each check said, in the order of the run's checks.
    pub checks: IndexMap<String, CheckTally>,
    /// The time of all its exchanges together.
    pub elapsed_micros: u64,
    /// What of its requests was put to the test.
    pub coverage: OperationCoverage,
}

/// How often a check said what about one operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CheckTally {
    /// It held.
    pub passed: u64,
    /// It did not hold, of which the user wants to be warned only.
    #[serde(skip_serializing_if = "is_none")]
    pub warned: u64,
    /// It did not hold.
    pub failed: u64,
    /// It did not concern the case.
    pub not_applicable: u64,
}

impl RunTally {
    /// The counts of the run; those that can be made from what came where the last event is missing.
    pub(super) fn counts(&self) -> Summary {
        self.summary.clone().unwrap_or_else(|| Summary {
            operations: self.operations.len() as u64,
            cases: self.operations.values().map(|operation| operation.cases).sum(),
            failures: self.failures.len() as u64,
            known: self.failures.iter().filter(|failure| failure.known.is_some()).count() as u64,
            warnings: self.warnings.len() as u64,
            interrupted: true,
            ..Summary::default()
        })
    }

    /// What the run comes to: a class of style, and a word.
    pub(super) fn verdict(&self) -> (&'static str, &'static str) {
        let counts = self.counts();
        match counts {
            Summary { unreachable: true, .. } => ("bad", "UNREACHABLE"),
            Summary { interrupted: true, .. } => ("careful", "INCOMPLETE"),
            Summary { failures, known, .. } if failures > known => ("bad", "FAILED"),
            _ => ("good", "PASSED"),
        }
    }

    /// Takes the next event of this run.
    pub(super) fn take(&mut self, event: &Event) {
        match event {
            Event::RunStarted {
                seed,
                document,
                title,
                digest,
                target,
                rerun,
                shard,
                started_millis,
                operations,
                phases,
                checks,
                ..
            } => {
                let tally = |operation: &OperationSummary| {
                    (operation.id.clone(), OperationTally::new(operation.clone(), checks))
                };
                *self = Self {
                    document: document.clone(),
                    title: title.clone(),
                    digest: digest.clone(),
                    target: target.clone(),
                    seed: *seed,
                    rerun: match rerun.as_str() {
                        "" => describe::rerun_command(document, target),
                        said => said.to_owned(),
                    },
                    shard: *shard,
                    started_millis: *started_millis,
                    phases: phases.clone(),
                    checks: checks.clone(),
                    operations: operations.iter().map(tally).collect(),
                    ..Self::default()
                };
            }
            Event::CaseFinished { case } => {
                let end = case.exchange.started_micros.saturating_add(case.exchange.elapsed_micros);
                self.elapsed_micros = self.elapsed_micros.max(end);
                if let Some(operation) = self.operations.get_mut(&case.operation) {
                    operation.count(case);
                }
            }
            Event::FailureFound { failure } => {
                if let Some(operation) = self.operations.get_mut(&failure.operation) {
                    operation.failures += 1;
                    operation.known += u64::from(failure.known.is_some());
                }
                self.failures.push(failure.clone());
            }
            Event::WarningRaised { warning } => self.warnings.push(warning.clone()),
            Event::RunFinished { summary } => self.summary = Some(summary.clone()),
            Event::OperationCovered { operation, coverage } => {
                if let Some(operation) = self.operations.get_mut(operation) {
                    operation.coverage = coverage.clone();
                }
            }
            Event::OperationStarted { .. } => {}
        }
    }
}

impl OperationTally {
    fn new(operation: OperationSummary, checks: &[String]) -> Self {
        Self {
            operation,
            cases: 0,
            statuses: BTreeMap::new(),
            answers: BTreeMap::new(),
            without_response: 0,
            failures: 0,
            known: 0,
            checks: checks.iter().map(|check| (check.clone(), CheckTally::default())).collect(),
            elapsed_micros: 0,
            coverage: OperationCoverage::default(),
        }
    }

    fn answer(&mut self, status: u16, exchange: &RecordedExchange) {
        let mut answer = match describe::media_type(&exchange.response_headers) {
            Some(media_type) => format!("{status} {}", media_type.to_ascii_lowercase()),
            None => status.to_string(),
        };
        if self.answers.len() >= MAX_ANSWERS && !self.answers.contains_key(&answer) {
            answer = format!("{status} other");
        }
        *self.answers.entry(answer).or_default() += 1;
    }

    fn count(&mut self, case: &CaseRecord) {
        self.cases += 1;
        self.elapsed_micros += case.exchange.elapsed_micros;
        match case.exchange.status {
            Some(status) => {
                *self.statuses.entry(status).or_default() += 1;
                // A probe with another method shows nothing of the operation.
                if case.exchange.method == self.operation.method {
                    self.answer(status, &case.exchange);
                }
            }
            None => self.without_response += 1,
        }
        for result in &case.checks {
            let tally = self.checks.entry(result.check.clone()).or_default();
            match result.verdict {
                Verdict::Passed => tally.passed += 1,
                Verdict::NotApplicable => tally.not_applicable += 1,
                Verdict::Warned { .. } => tally.warned += 1,
                Verdict::Failed { .. } => tally.failed += 1,
            }
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

fn values<S: serde::Serializer>(
    operations: &IndexMap<String, OperationTally>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(operations.values())
}
