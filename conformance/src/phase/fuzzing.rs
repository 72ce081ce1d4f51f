//! The fuzzing phase: valid and invalid data by turns, each case from a seed of its own.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use counterfoil_openapi::codec::RequestValues;
use counterfoil_openapi::generate::{self, Seed};

use crate::case::{Case, Factory, Intent, Origin, Sent};
use crate::event::{Mode, Phase};
use crate::plan::OperationPlan;
use crate::resource::{About, Known};

/// How many draws in a row may yield nothing new before a mode is taken to be exhausted.
const MAX_BARREN: u32 = 64;

/// Draws the cases of one operation.
///
/// Draw number `i` depends on nothing but the run's seed, the operation, the modes and `i`; the modes take turns.
/// A draw yields no case when the same request was drawn before, or when what would be sent does not serve its intent.
pub(crate) struct Fuzzing<'a> {
    factory: &'a Factory,
    plan: &'a OperationPlan,
    known: &'a Known,
    run_seed: u64,
    draws: Draws,
}

/// How far the drawing of one operation's cases has come.
pub(crate) struct Draws {
    left: u64,
    next: u64,
    modes: Vec<Turn>,
    seen: HashSet<u64>,
}

impl Draws {
    /// Before the first draw.
    pub(crate) fn new(plan: &OperationPlan, modes: &[Mode], max_cases: u64) -> Self {
        let turn = |mode: &Mode| {
            let intent = match mode {
                Mode::Positive => plan.positive().is_ok().then_some(Intent::Positive),
                Mode::Negative => plan.negative().is_ok().then_some(Intent::Negative),
            };
            intent.map(|intent| Turn { intent, barren: 0 })
        };
        Self {
            left: max_cases,
            next: 0,
            modes: modes.iter().filter_map(turn).collect(),
            seen: HashSet::new(),
        }
    }

    /// The most cases that are still to come.
    pub(crate) fn left(&self) -> u64 {
        match self.modes.iter().any(|turn| turn.barren < MAX_BARREN) {
            true => self.left,
            false => 0,
        }
    }
}

struct Turn {
    intent: Intent,
    /// Draws in a row that yielded nothing.
    barren: u32,
}

impl<'a> Fuzzing<'a> {
    /// Goes on from where the draws are.
    pub(crate) fn new(
        factory: &'a Factory,
        plan: &'a OperationPlan,
        known: &'a Known,
        run_seed: u64,
        draws: Draws,
    ) -> Self {
        Self { factory, plan, known, run_seed, draws }
    }

    /// Where the draws are now.
    pub(crate) fn into_draws(self) -> Draws {
        self.draws
    }

    fn draw_case(&mut self, number: u64, intent: &Intent) -> Option<Case> {
        let operation = &self.plan.operation;
        let seed = Seed::derive(self.run_seed, &[operation.id().as_str(), Phase::Fuzzing.as_str()], number);
        let drawn = draw(self.plan, intent, &seed)?;
        let (about, sent) = self.about_known(intent, &seed, &drawn).or_else(|| {
            let sent = self.factory.build(operation, intent, &drawn)?;
            Some((About { values: drawn, subject: None }, sent))
        })?;
        let About { values, subject } = sent.about(about);
        let mut hasher = DefaultHasher::new();
        sent.wire().hash(&mut hasher);
        self.draws.seen.insert(hasher.finish()).then(|| Case {
            id: Case::id_of(operation, Phase::Fuzzing, number),
            operation: operation.clone(),
            index: self.plan.index,
            phase: Phase::Fuzzing,
            intent: intent.clone(),
            origin: Origin::Drawn(seed),
            values,
            subject,
            sent,
        })
    }

    /// A drawn request made about known resources, three times out of four: what does not exist is asked for as well.
    fn about_known(&self, intent: &Intent, seed: &Seed, drawn: &RequestValues) -> Option<(About, Sent)> {
        let [strange, choice, ..] = seed.as_bytes();
        if strange % 4 == 0 {
            return None;
        }
        let choice = u64::from(*choice);
        // What is negative has to stay so, for what it was broken in: it is never mended in that.
        let heeded = self.known.heed(drawn, choice);
        let is_of_use =
            |values: &RequestValues| self.factory.build(&self.plan.operation, intent, values).is_some();
        let heeded = heeded.filter(is_of_use);
        let drawn = heeded.as_ref().unwrap_or(drawn);
        let build = |about: About| {
            let sent = self.factory.build(&self.plan.operation, intent, &about.values)?;
            Some((about, sent))
        };
        // What was broken may be what is put right here; then only the path is, or nothing.
        let about = self.known.about(drawn, choice).and_then(build);
        about.or_else(|| self.known.on_path(drawn, choice).and_then(build)).or_else(|| {
            let values = heeded.clone()?;
            build(About { values, subject: None })
        })
    }
}

impl Iterator for Fuzzing<'_> {
    type Item = Case;

    fn next(&mut self) -> Option<Case> {
        self.draws.left = self.draws.left.checked_sub(1)?;
        while self.draws.modes.iter().any(|turn| turn.barren < MAX_BARREN) {
            let draws = &mut self.draws;
            let number = draws.next;
            draws.next += 1;
            let turn = usize::try_from(number).unwrap_or(usize::MAX) % draws.modes.len();
            if draws.modes[turn].barren >= MAX_BARREN {
                continue;
            }
            let intent = draws.modes[turn].intent.clone();
            let case = self.draw_case(number, &intent);
            let turn = &mut self.draws.modes[turn];
            turn.barren = if case.is_some() { 0 } else { turn.barren + 1 };
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use counterfoil_openapi::Contract;

    use super::*;
    use crate::case::Signer;
    use crate::config::{Credentials, Settings, Target};
    use crate::plan::Plan;

    const DOCUMENT: &str = r#"
openapi: 3.0.3
paths:
  /pets/{id}:
    get:
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer, minimum: 1, maximum: 100000}}
      responses: {}
  /kinds/{kind}:
    get:
      parameters: [{name: kind, in: path, required: true, schema: {type: string, enum: [cat, dog]}}]
      responses: {}
"#;

    fn cases(operation: usize, seed: u64, modes: &[Mode], most: u64) -> Vec<Case> {
        let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).unwrap();
        let signer = Signer::new(&Target::new("http://localhost"), Credentials::Given).unwrap();
        let plan = Plan::new(&contract, &Settings::default());
        let factory = Factory::new(&contract, signer);
        let known = Known::default();
        let plan = &plan.operations[operation];
        Fuzzing::new(&factory, plan, &known, seed, Draws::new(plan, modes, most)).collect()
    }

    fn targets(cases: &[Case]) -> Vec<&str> {
        cases.iter().map(|case| case.sent.request.target.as_str()).collect()
    }

    #[test]
    fn modes_take_turns() {
        let cases = cases(0, 1, &[Mode::Positive, Mode::Negative], 20);
        assert_eq!(cases.len(), 20);
        let negative = cases.iter().filter(|case| case.intent == Intent::Negative).count();
        assert!((8..=12).contains(&negative), "{negative}");
    }

    #[test]
    fn a_mode_with_nothing_new_comes_to_an_end() {
        let cases = cases(1, 1, &[Mode::Positive], 1_000);
        let targets: BTreeSet<&str> = targets(&cases).into_iter().collect();
        assert_eq!((cases.len(), targets.len()), (2, 2));
    }

    #[test]
    fn drawing_goes_on_where_it_was_left() {
        let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).unwrap();
        let signer = Signer::new(&Target::new("http://localhost"), Credentials::Given).unwrap();
        let plan = Plan::new(&contract, &Settings::default());
        let (factory, known, plan) = (Factory::new(&contract, signer), Known::default(), &plan.operations[0]);
        let mut draws = Draws::new(plan, &[Mode::Positive, Mode::Negative], 20);
        let mut found = Vec::new();
        while draws.left() > 0 {
            let mut fuzzing = Fuzzing::new(&factory, plan, &known, 7, draws);
            found.extend(fuzzing.by_ref().take(6));
            draws = fuzzing.into_draws();
        }
        assert_eq!(targets(&found), targets(&cases(0, 7, &[Mode::Positive, Mode::Negative], 20)));
    }

    #[test]
    fn a_case_depends_on_its_number_and_not_on_how_many_there_are() {
        let modes = [Mode::Positive, Mode::Negative];
        let (few, many) = (cases(0, 7, &modes, 10), cases(0, 7, &modes, 30));
        assert_eq!(targets(&few), targets(&many[..10]));
        assert_ne!(targets(&few), targets(&cases(0, 8, &modes, 10)));
    }
}
