//! Making a failure's case smaller while the same failure recurs.
//!
//! First the value tree it was drawn from is rebuilt from its seed and simplified, which keeps to what the generator
//! makes; then its values are cut down node by node, which knows no generator. A smaller request is only sent when the
//! document still says of it what it said of the original one: valid where that was valid, and where it was not,
//! broken in no other way.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use counterfoil_openapi::Violation;
use counterfoil_openapi::codec::RequestValues;
use counterfoil_openapi::generate::{self, Seed};
use proptest::strategy::{Strategy, ValueTree};
use tokio::runtime::Handle;

use super::story::story_of;
use super::{Context, Judged, retell};
use crate::case::{Case, Fresh, Intent, Origin, Sent, simplifications};
use crate::check::Outcome;
use crate::event::Mode;
use crate::failure::Flakiness;
use crate::phase::Story;
use crate::plan::{OperationPlan, Plan};
use crate::resource::About;

/// The most smaller values looked at for one failure, sent or not.
const MAX_CANDIDATES: u32 = 5_000;

/// The numbers from which shrinking makes things anew; those of the phases are lower.
pub(super) const FIRST_ANEW: u64 = 1 << 32;

/// What shrinking came to.
#[derive(Debug)]
pub(crate) struct Shrunk {
    pub(crate) smallest: Arc<Judged>,
    pub(crate) flakiness: Flakiness,
    /// Requests it took.
    pub(crate) requests: u64,
}

/// A failure to shrink.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) check: &'static str,
    pub(crate) kind: String,
    pub(crate) first: Arc<Judged>,
    /// Cases that failed this way.
    pub(crate) count: u64,
}

/// Sends a failing case again and, where it fails again, smaller ones.
///
/// A case of a story is told anew with its story. So is a case about a resource that the suite made, where sending it
/// again finds that gone: the resource is made anew first.
pub(crate) async fn shrink(context: &Arc<Context>, whole: &Arc<Plan>, subject: Subject) -> Shrunk {
    let plan = &whole.operations[subject.first.case.index];
    if let Some(told) = &subject.first.told
        && told.at > 0
    {
        let mut story = Story::clone(&told.story);
        story.steps.truncate(told.at + 1);
        return retell::retell(context, whole, &subject, story).await;
    }
    // Waiting for nothing takes long: another case that waited as long is proof enough.
    let is_slow = subject.first.outcome == Outcome::TimedOut || subject.check == "max_response_time";
    if is_slow && subject.count > 1 {
        return Shrunk { smallest: subject.first, flakiness: Flakiness::Recurs, requests: 0 };
    }
    let mut again = context.execute(Arc::clone(&subject.first.case)).await;
    let mut requests = again.requests;
    let mut is_anew = false;
    // What was made cannot be made again, but another thing like it can. Not every server refuses the second one well.
    if again.failure(subject.check, &subject.kind).is_none()
        && again.status().is_some_and(|status| (400..600).contains(&status))
        && let Some(case) = anew(context, &subject.first.case, FIRST_ANEW)
    {
        let other = context.execute(Arc::new(case)).await;
        requests += other.requests;
        if other.failure(subject.check, &subject.kind).is_some() {
            (again, is_anew) = (other, true);
        }
    }
    if again.failure(subject.check, &subject.kind).is_none() {
        if let Some(story) = story_of(&subject.first.case) {
            let shrunk = retell::retell(context, whole, &subject, story).await;
            if shrunk.flakiness == Flakiness::Recurs {
                return Shrunk { requests: shrunk.requests + requests, ..shrunk };
            }
        }
        // What is gone cannot fail again, and what is there cannot be made again. Several cases that failed the same
        // way, each about another thing, have shown that it was no accident.
        let is_spent = matches!(again.status(), Some(404 | 409 | 410)) && subject.count > 1;
        let flakiness = if is_spent { Flakiness::Recurs } else { Flakiness::Flaky };
        return Shrunk { smallest: subject.first, flakiness, requests };
    }
    let mut search = Search {
        context: Arc::clone(context),
        best: Arc::new(again),
        promises: promises(&subject.first.case.sent),
        tried: HashSet::from([subject.first.case.sent.wire()]),
        budget: context.settings.shrink.requests,
        candidates: MAX_CANDIDATES,
        requests,
        is_anew,
        start: Instant::now(),
        subject,
    };
    if !is_slow {
        search.simplify_tree(plan).await;
        search.simplify_values().await;
    }
    Shrunk { smallest: search.best, flakiness: Flakiness::Recurs, requests: search.requests }
}

/// A case of the same make about something that is not there yet, see [`Fresh`].
pub(super) fn anew(context: &Context, case: &Case, number: u64) -> Option<Case> {
    let fresh = Fresh::of(&context.factory, &case.operation, &case.intent, &case.values);
    let made = (&case.intent, &case.values, &case.sent);
    let (values, sent) = fresh.anew(&context.factory, &case.operation, made, &case.values, number)?;
    Some(Case { values, sent, ..case.clone() })
}

/// What the document says of what is sent, without the values: the rules it breaks.
pub(super) fn promises(sent: &Sent) -> HashSet<Promise> {
    sent.data_violations().map(Promise::of).collect()
}

/// A rule that a request breaks.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Promise {
    part: counterfoil_openapi::Part,
    rule: String,
    at: String,
}

impl Promise {
    fn of(violation: &Violation) -> Self {
        let at = violation.document_pointer.as_ref().unwrap_or(&violation.pointer);
        Self { part: violation.part.clone(), rule: violation.rule.clone().into_owned(), at: at.clone() }
    }
}

struct Search {
    context: Arc<Context>,
    subject: Subject,
    best: Arc<Judged>,
    promises: HashSet<Promise>,
    /// Requests sent or refused already.
    tried: HashSet<Vec<u8>>,
    /// Requests left.
    budget: u32,
    /// Candidates left.
    candidates: u32,
    requests: u64,
    /// Whether each request has to be about another thing than those before it.
    is_anew: bool,
    start: Instant,
}

impl Search {
    /// Simplifies the value tree the case was drawn from, where it was drawn.
    async fn simplify_tree(&mut self, plan: &Arc<OperationPlan>) {
        let Origin::Drawn(seed) = self.subject.first.case.origin else { return };
        let mode = self.subject.first.case.intent.mode();
        // Half the budget: what a tree cannot simplify, cutting values may.
        let mut other = self.halve();
        let plan = Arc::clone(plan);
        let handle = Handle::current();
        // Value trees are not `Send`: this one lives and dies on a thread of its own.
        let search = tokio::task::spawn_blocking(move || {
            match mode {
                Mode::Positive => {
                    walk(plan.positive().ok(), &seed, |values| handle.block_on(other.tries_about(values)));
                }
                Mode::Negative => {
                    walk(plan.negative().ok(), &seed, |broken| {
                        handle.block_on(other.tries_about(broken.values))
                    });
                }
            }
            other
        });
        match search.await {
            Ok(other) => self.join(other),
            Err(error) => tracing::error!(%error, "shrinking failed"),
        }
    }

    /// A search with half of what is left.
    fn halve(&mut self) -> Self {
        Self {
            context: Arc::clone(&self.context),
            subject: self.subject.clone(),
            best: Arc::clone(&self.best),
            promises: std::mem::take(&mut self.promises),
            tried: std::mem::take(&mut self.tried),
            budget: self.budget / 2,
            candidates: self.candidates / 2,
            requests: 0,
            is_anew: self.is_anew,
            start: self.start,
        }
    }

    fn join(&mut self, other: Self) {
        self.budget = self.budget - self.budget / 2 + other.budget;
        self.candidates = self.candidates - self.candidates / 2 + other.candidates;
        self.requests += other.requests;
        self.best = other.best;
        self.promises = other.promises;
        self.tried = other.tried;
    }

    /// Cuts the values down, beginning anew from each smaller request that fails as well.
    async fn simplify_values(&mut self) {
        'smaller: loop {
            let values = self.best.case.values.clone();
            for simpler in simplifications(&values) {
                if self.is_spent() {
                    return;
                }
                if self.tries(&simpler).await {
                    continue 'smaller;
                }
            }
            return;
        }
    }

    fn is_spent(&self) -> bool {
        self.budget == 0 || self.candidates == 0 || self.start.elapsed() > self.context.settings.shrink.time
    }

    /// [`Search::tries`], about the resource that the failing case was about.
    async fn tries_about(&mut self, mut values: RequestValues) -> bool {
        if let Some(subject) = &self.subject.first.case.subject {
            subject.name_in(&mut values);
        }
        self.tries(&values).await
    }

    /// Whether smaller values fail the same way; they are the best so far then.
    async fn tries(&mut self, values: &RequestValues) -> bool {
        if self.is_spent() {
            return false;
        }
        self.candidates -= 1;
        let original = &self.subject.first.case;
        let Some(sent) = self.context.factory.build(&original.operation, &original.intent, values) else {
            return false;
        };
        let About { values, subject } =
            sent.about(About { values: values.clone(), subject: original.subject.clone() });
        let subject = subject.filter(|subject| subject.is_named_in(&values));
        let case = Case { values, subject, sent, ..Case::clone(original) };
        if !self.keeps_promises(&case) || !self.tried.insert(case.sent.wire()) {
            return false;
        }
        self.budget -= 1;
        let number = FIRST_ANEW + u64::from(self.candidates) + 1;
        let case = self.is_anew.then(|| anew(&self.context, &case, number)).flatten().unwrap_or(case);
        let judged = self.context.execute(Arc::new(case)).await;
        self.requests += judged.requests;
        let recurs = judged.failure(self.subject.check, &self.subject.kind).is_some();
        if recurs {
            self.best = Arc::new(judged);
        }
        recurs
    }

    /// Whether the document says of a case what it says of the original: the same rules broken or, where several
    /// are, some of them.
    fn keeps_promises(&self, case: &Case) -> bool {
        let promises = promises(&case.sent);
        let is_probe = matches!(case.intent, Intent::Probe(_));
        promises.is_subset(&self.promises) && (is_probe || promises.is_empty() == self.promises.is_empty())
    }
}

/// Simplifies the tree that a seed draws, as proptest does it: on while `fails`, back where it does not.
fn walk<S: Strategy>(strategy: Option<&S>, seed: &Seed, mut fails: impl FnMut(S::Value) -> bool) {
    let Some(strategy) = strategy else { return };
    let Ok(mut tree) = strategy.new_tree(&mut generate::runner(seed)) else { return };
    // `complicate` may go back and forth without a request being sent; this ends it.
    let mut steps = MAX_CANDIDATES;
    let mut is_simpler = tree.simplify();
    while is_simpler && steps > 0 {
        steps -= 1;
        is_simpler = if fails(tree.current()) { tree.simplify() } else { tree.complicate() };
    }
}
