//! The fuzzing phase: valid and invalid data by turns, each case from a seed of its own.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use counterfoil_openapi::codec::RequestValues;
use counterfoil_openapi::generate::{self, Seed};

use crate::case::{Case, Factory, Intent, Origin};
use crate::event::{Mode, Phase};
use crate::plan::OperationPlan;

/// How many draws in a row may yield nothing new before a mode is taken to be exhausted.
const MAX_BARREN: u32 = 64;

/// Draws the cases of one operation.
///
/// Draw number `i` depends on nothing but the run's seed, the operation, the modes and `i`; the modes take turns.
/// A draw yields no case when the same request was drawn before, or when what would be sent does not serve its intent.
pub(crate) struct Fuzzing<'a> {
    factory: &'a Factory,
    plan: &'a OperationPlan,
    run_seed: u64,
    left: u64,
    next: u64,
    modes: Vec<Turn>,
    seen: HashSet<u64>,
}

struct Turn {
    intent: Intent,
    /// Draws in a row that yielded nothing.
    barren: u32,
}

impl<'a> Fuzzing<'a> {
    pub(crate) fn new(
        factory: &'a Factory,
        plan: &'a OperationPlan,
        run_seed: u64,
        modes: &[Mode],
        max_cases: u64,
    ) -> Self {
        let turn = |mode: &Mode| {
            let intent = match mode {
                Mode::Positive => plan.positive().is_ok().then_some(Intent::Positive),
                Mode::Negative => plan.negative().is_ok().then_some(Intent::Negative),
            };
            intent.map(|intent| Turn { intent, barren: 0 })
        };
        Self {
            factory,
            plan,
            run_seed,
            left: max_cases,
            next: 0,
            modes: modes.iter().filter_map(turn).collect(),
            seen: HashSet::new(),
        }
    }

    fn draw_case(&mut self, number: u64, intent: &Intent) -> Option<Case> {
        let operation = &self.plan.operation;
        let seed = Seed::derive(self.run_seed, &[operation.id().as_str(), Phase::Fuzzing.as_str()], number);
        let values = draw(self.plan, intent, &seed)?;
        let sent = self.factory.build(operation, intent, &values)?;
        let mut hasher = DefaultHasher::new();
        sent.wire().hash(&mut hasher);
        self.seen.insert(hasher.finish()).then(|| Case {
            id: Case::id_of(operation, Phase::Fuzzing, number),
            operation: operation.clone(),
            phase: Phase::Fuzzing,
            intent: intent.clone(),
            origin: Origin::Drawn(seed),
            values,
            sent,
        })
    }
}

impl Iterator for Fuzzing<'_> {
    type Item = Case;

    fn next(&mut self) -> Option<Case> {
        self.left = self.left.checked_sub(1)?;
        while self.modes.iter().any(|turn| turn.barren < MAX_BARREN) {
            let number = self.next;
            self.next += 1;
            let turn = usize::try_from(number).unwrap_or(usize::MAX) % self.modes.len();
            if self.modes[turn].barren >= MAX_BARREN {
                continue;
            }
            let intent = self.modes[turn].intent.clone();
            let case = self.draw_case(number, &intent);
            self.modes[turn].barren = if case.is_some() { 0 } else { self.modes[turn].barren + 1 };
            if case.is_some() {
                return case;
            }
        }
        None
    }
}

/// The values that a seed draws for an intent.
pub(crate) fn draw(plan: &OperationPlan, intent: &Intent, seed: &Seed) -> Option<RequestValues> {
    match intent {
        Intent::Negative => generate::sample(plan.negative().ok()?, seed).map(|broken| broken.values),
        _ => generate::sample(plan.positive().ok()?, seed),
    }
}
