//! Which checks judge what in a run.

use std::sync::Arc;

use crate::check::{Breach, Check, Judgement};
use crate::config::{Judge, Settings, Severity};
use crate::event::Phase;
use crate::plan::Plan;

/// What one check said of an exchange, and how grave that is.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) check: &'static dyn Check,
    pub(crate) severity: Severity,
    pub(crate) judgement: Judgement,
}

impl Said {
    /// The ways in which it does not hold.
    pub(crate) fn breaches(&self) -> &[Breach] {
        match &self.judgement {
            Judgement::Failed(breaches) => breaches,
            _ => &[],
        }
    }
}

/// The checks that judge each operation in each phase.
#[derive(Debug)]
pub(crate) struct Judges {
    /// By the operation's place in the plan, then by phase.
    judges: Vec<[Arc<[Judge]>; Phase::EVERY.len()]>,
}

impl Judges {
    pub(super) fn new(plan: &Plan, settings: &Settings) -> Self {
        let (policy, on) = (&settings.policy, &settings.checks);
        let mut common: Option<Arc<[Judge]>> = None;
        let judges = plan.operations.iter().map(|plan| {
            Phase::EVERY.map(|phase| {
                let judges = || Arc::from(policy.judges(on, &plan.operation, phase));
                match policy.is_empty() {
                    true => Arc::clone(common.get_or_insert_with(judges)),
                    false => judges(),
                }
            })
        });
        Self { judges: judges.collect() }
    }

    /// Those of one.
    pub(super) fn of(&self, operation: usize, phase: Phase) -> &[Judge] {
        let place = Phase::EVERY.iter().position(|known| *known == phase);
        self.judges.get(operation).zip(place).map_or(&[], |(judges, place)| &judges[place])
    }

    /// The names of all checks that judge anything, in the order of all.
    pub(super) fn names(&self) -> Vec<String> {
        let is_on = |check: &&&'static dyn Check| {
            self.judges
                .iter()
                .flatten()
                .any(|judges| judges.iter().any(|judge| judge.check.name() == check.name()))
        };
        crate::check::checks().iter().filter(is_on).map(|check| check.name().to_owned()).collect()
    }

    /// Whether a check judges an operation in a phase.
    pub(super) fn has(&self, operation: usize, phase: Phase, check: &str) -> bool {
        self.of(operation, phase).iter().any(|judge| judge.check.name() == check)
    }
}
