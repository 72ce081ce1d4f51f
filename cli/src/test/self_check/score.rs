//! What came of the trials of one document.

use std::collections::BTreeMap;

use serde::Serialize;

use super::crew::Job;
use super::plan::Plan;
use super::trial::{Bench, Outcome};
use crate::exit::Exit;

/// The mutation score of one document.
#[derive(Debug, Serialize)]
pub(super) struct Score {
    pub(super) document: String,
    pub(super) title: String,
    pub(super) seed: u64,
    /// The operations that were drawn.
    pub(super) operations: usize,
    pub(super) faithful: Faithful,
    pub(super) found: usize,
    pub(super) missed: usize,
    /// Mutants for which there was no time.
    pub(super) not_tried: usize,
    /// Hundredths of those tried that were found.
    pub(super) percent: Option<f64>,
    pub(super) mutations: Vec<Row>,
    pub(super) misses: Vec<Miss>,
    pub(super) is_stopped: bool,
}

/// The stubs that break nothing.
#[derive(Debug, Default, Serialize)]
pub(super) struct Faithful {
    pub(super) stubs: usize,
    /// Those for which there was no time.
    pub(super) not_tried: usize,
    pub(super) cases: u64,
    /// What failed all the same: each as a check and how.
    pub(super) failures: Vec<(String, String)>,
}

/// One kind of mutants.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) mutation: &'static str,
    pub(super) about: &'static str,
    pub(super) check: &'static str,
    pub(super) found: usize,
    pub(super) tried: usize,
    pub(super) missed: usize,
    /// The operations drawn that it cannot show on.
    pub(super) not_applicable: usize,
}

/// A mutant that was not found.
#[derive(Debug, Serialize)]
pub(super) struct Miss {
    pub(super) mutation: &'static str,
    pub(super) operation: String,
    pub(super) check: &'static str,
    pub(super) reason: String,
    /// The checks that failed in its stead.
    pub(super) failed: Vec<String>,
}

impl Score {
    pub(super) fn new(
        bench: &Bench,
        plan: &Plan,
        wanted_stubs: usize,
        outcomes: Vec<(Job, anyhow::Result<Outcome>)>,
        is_stopped: bool,
    ) -> anyhow::Result<Self> {
        let mut faithful = Faithful::default();
        let mut rows: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        let mut misses = Vec::new();
        let mut tried = 0;
        for (job, outcome) in outcomes {
            let outcome = outcome?;
            match job {
                Job::Faithful(_) => {
                    faithful.stubs += 1;
                    faithful.cases += outcome.summary.cases;
                    faithful.failures.extend(outcome.failed);
                }
                // What was cut short has found nothing out.
                Job::Mutant(_) if is_stopped && !outcome.is_found => {}
                Job::Mutant(index) => {
                    let trial = &plan.trials[index];
                    tried += 1;
                    let (found, missed) = rows.entry(trial.mutation.name()).or_default();
                    if outcome.is_found {
                        *found += 1;
                        continue;
                    }
                    *missed += 1;
                    let mut failed: Vec<String> =
                        outcome.failed.iter().map(|(check, _)| check.clone()).collect();
                    failed.dedup();
                    misses.push(Miss {
                        mutation: trial.mutation.name(),
                        operation: trial.operation.label(),
                        check: trial.mutation.check(),
                        reason: reason(&outcome, trial.mutation.check()),
                        failed,
                    });
                }
            }
        }
        faithful.not_tried = wanted_stubs - faithful.stubs;
        faithful.failures.sort();
        faithful.failures.dedup();
        let shown = |name: &str| plan.trials.iter().any(|trial| trial.mutation.name() == name);
        let mutations = counterfoil_server::mutations()
            .filter(|mutation| plan.not_applicable.contains_key(mutation.name()) || shown(mutation.name()))
            .map(|mutation| {
                let (found, missed) = rows.get(mutation.name()).copied().unwrap_or_default();
                Row {
                    mutation: mutation.name(),
                    about: mutation.about(),
                    check: mutation.check(),
                    found,
                    tried: found + missed,
                    missed,
                    not_applicable: plan.not_applicable.get(mutation.name()).copied().unwrap_or_default(),
                }
            })
            .collect();
        let missed = misses.len();
        let found = tried - missed;
        #[expect(clippy::cast_precision_loss, reason = "there are a few thousand mutants at the most")]
        let percent = (tried > 0).then(|| found as f64 * 100.0 / tried as f64);
        Ok(Self {
            document: bench.contract.document().name().to_owned(),
            title: bench.contract.title().to_owned(),
            seed: bench.settings.seed,
            operations: plan.operations.len(),
            faithful,
            found,
            missed,
            not_tried: plan.trials.len() - tried,
            percent,
            mutations,
            misses,
            is_stopped,
        })
    }

    /// What it amounts to.
    pub(super) fn exit(&self) -> Exit {
        if !self.faithful.failures.is_empty() || self.missed > 0 {
            Exit::Failed
        } else if self.is_stopped {
            Exit::Incomplete
        } else if self.found == 0 {
            Exit::NothingSelected
        } else {
            Exit::Passed
        }
    }
}

/// Why a mutant was not found, as far as can be told.
fn reason(outcome: &Outcome, check: &str) -> String {
    let cases = outcome.summary.cases;
    match outcome.broken {
        0 => format!("none of {cases} cases met what it breaks"),
        broken => format!("{broken} replies to {cases} cases were broken, and `{check}` did not fail"),
    }
}
