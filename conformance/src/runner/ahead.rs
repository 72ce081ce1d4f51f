//! Cases that are made beside the run, a few ahead of those that are sent.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;
use std::vec;

use super::Context;
use super::worker::{Worker, beside, computed, in_time};
use crate::case::Case;
use crate::phase::Coverage;
use crate::plan::OperationPlan;
use crate::resource::Known;

/// The cases made at once: the fewer, the sooner the first is sent and the less is held; each time costs a turn of
/// another thread.
const AT_ONCE: usize = 32;

/// Some cases, and what makes the next ones.
type Batch = (Vec<Case>, Box<Coverage>);

/// The cases of an operation's coverage phase, of which some are made.
pub(super) struct Ahead {
    made: vec::IntoIter<Case>,
    /// The most that are not made.
    unmade: u64,
    /// What makes them; nothing while it does.
    coverage: Option<Box<Coverage>>,
    /// Those under way. They are kept when nobody waits for them any more: the operation may have another turn.
    making: Option<Worker<Batch>>,
    /// What cases were answered with since something was made of that, each by its id.
    statuses: HashMap<String, u16>,
}

impl Ahead {
    /// Makes the first cases; nothing where time is over before.
    pub(super) async fn start(
        context: &Arc<Context>,
        plan: &Arc<OperationPlan>,
        known: Known,
        end: Option<Instant>,
    ) -> Option<Self> {
        let (context, plan) = (Arc::clone(context), Arc::clone(plan));
        let start = move || {
            let modes = &context.settings.modes;
            let coverage = Coverage::new(&context.factory, &plan, known, modes);
            let coverage = Box::new(match context.settings.repeats_queries {
                true => coverage.repeating_queries(),
                false => coverage,
            });
            batch(&context, coverage)
        };
        let (made, coverage) = computed(end, start).await?;
        let unmade = coverage.left();
        let (made, statuses) = (made.into_iter(), HashMap::new());
        Some(Self { made, unmade, coverage: Some(coverage), making: None, statuses })
    }

    /// Takes in what cases were answered with, each by its id.
    pub(super) fn hear(&mut self, answered: Vec<(String, Option<u16>)>) {
        self.statuses.extend(answered.into_iter().filter_map(|(id, status)| Some((id, status?))));
    }

    /// Whether there are no cases until what was heard is [`heeded`](Self::heed).
    pub(super) fn is_waiting(&self) -> bool {
        self.made.len() == 0 && self.coverage.as_ref().is_some_and(|coverage| coverage.is_waiting())
    }

    /// Goes on by what was heard.
    pub(super) fn heed(&mut self) {
        let statuses = std::mem::take(&mut self.statuses);
        if let Some(coverage) = &mut self.coverage {
            coverage.heard(&statuses);
            self.unmade = coverage.left();
        }
    }

    /// The next case; nothing where there is no other, or time is over before it is made, or it waits for what became
    /// of earlier ones.
    pub(super) async fn next(&mut self, context: &Arc<Context>, end: Option<Instant>) -> Option<Case> {
        if let Some(case) = self.made.next() {
            return Some(case);
        }
        let can_go_on = |coverage: &mut Box<Coverage>| coverage.left() > 0 && !coverage.is_waiting();
        if let Some(coverage) = self.coverage.take_if(can_go_on) {
            let context = Arc::clone(context);
            self.making = Some(beside(move || batch(&context, coverage)));
        }
        let (made, coverage) = in_time(end, self.making.as_mut()?).await?;
        self.making = None;
        self.unmade = coverage.left();
        self.made = made.into_iter();
        self.coverage = Some(coverage);
        self.made.next()
    }

    /// The most cases that are still to come.
    pub(super) fn left(&self) -> u64 {
        self.made.len() as u64 + self.unmade
    }
}

/// The next cases.
fn batch(context: &Context, mut coverage: Box<Coverage>) -> Batch {
    (coverage.next(&context.factory, AT_ONCE), coverage)
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;
    use futures::FutureExt as _;

    use super::*;
    use crate::config::{Settings, Target};
    use crate::plan::Plan;

    const DOCUMENT: &str = r#"
openapi: 3.0.3
paths:
  /pets:
    post:
      operationId: addPet
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [name]
              additionalProperties: false
              properties:
                name: {type: string, minLength: 2, maxLength: 4}
                age: {type: integer, minimum: 0, maximum: 30}
                kind: {type: string, enum: [cat, dog]}
                tags: {type: array, maxItems: 2, items: {type: string, maxLength: 3}}
                born: {type: string, format: date}
      responses: {}
"#;

    #[tokio::test]
    async fn no_case_is_lost_with_who_waited_for_it() {
        let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).unwrap();
        let (settings, target) = (Settings::default(), Target::new("http://localhost"));
        let plan = Plan::new(&contract, &settings);
        let context = Arc::new(Context::new(&contract, &target, &settings, &plan).unwrap());
        let start = || Ahead::start(&context, &plan.operations[0], Known::default(), None);
        let (mut patient, mut impatient) = (start().await.unwrap(), start().await.unwrap());
        let (mut all, mut found) = (Vec::new(), Vec::new());
        loop {
            match patient.next(&context, None).await {
                Some(case) => all.push(case.id),
                None if patient.is_waiting() => patient.heed(),
                None => break,
            }
        }
        while impatient.left() > 0 {
            // Whoever waits leaves at once where it is not there yet, and comes again.
            match impatient.next(&context, None).now_or_never() {
                Some(Some(case)) => found.push(case.id),
                Some(None) => impatient.heed(),
                None => tokio::task::yield_now().await,
            }
        }
        assert!(all.len() > AT_ONCE, "{} are made at once", all.len());
        assert_eq!(found, all);
        assert_eq!(patient.left(), 0);
    }
}
