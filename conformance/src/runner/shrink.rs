//! Making a failure's case smaller while the same failure recurs.
//!
//! First the value tree it was drawn from is rebuilt from its seed and simplified, which keeps to what the generator
//! makes; then its values are cut down node by node, which knows no generator. A smaller request is only sent when the
//! document still says of it what it said of the original one: valid where that was valid, and where it was not,
//! broken in no other way.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Instant;

use counterfoil_openapi::Violation;
use counterfoil_openapi::codec::RequestValues;
use counterfoil_openapi::generate::{self, Seed};
use http::Method;
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
const FIRST_ANEW: u64 = 1 << 32;
/// How many of them a failure has for itself, and from which on its smaller cases have them.
const ANEW_EACH: u64 = 1 << 16;
const FIRST_CANDIDATE: u64 = 16;

/// What shrinking came to.
#[derive(Debug)]
pub(crate) struct Shrunk {
    pub(crate) smallest: Arc<Judged>,
    pub(crate) flakiness: Flakiness,
    /// The status of the answer when it was sent again and did not fail.
    pub(crate) again: Option<u16>,
    /// Requests it took.
    pub(crate) requests: u64,
}

impl Shrunk {
    /// What did not recur.
    pub(super) fn flaky(first: &Arc<Judged>, again: Option<u16>, requests: u64) -> Self {
        Self { smallest: Arc::clone(first), flakiness: Flakiness::Flaky, again, requests }
    }

    /// Whether it did not recur since something is gone, or there already; another case may be about something else.
    pub(super) fn is_past(&self) -> bool {
        self.flakiness == Flakiness::Flaky && matches!(self.again, Some(400..500))
    }

    /// What recurs, and cannot be made smaller than this.
    pub(super) fn recurring(smallest: Arc<Judged>, requests: u64) -> Self {
        Self { smallest, flakiness: Flakiness::Recurs, again: None, requests }
    }
}

/// A failure to shrink.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) check: &'static str,
    pub(crate) kind: String,
    pub(crate) first: Arc<Judged>,
    /// The case that failed this way last.
    pub(crate) last: Arc<Judged>,
    /// Cases that failed this way.
    pub(crate) count: u64,
}

impl Subject {
    /// The number from which this failure makes things anew: what one failure has made is there for all others.
    pub(super) fn first_anew(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.check, &self.kind, &self.first.case.id).hash(&mut hasher);
        FIRST_ANEW + (hasher.finish() >> 49) * ANEW_EACH
    }
}

/// Sends a failing case again and, where it fails again, smaller ones.
///
/// A case of a story is told anew with its story. So is a case about a resource that the suite made, where sending it
/// again finds that gone: the resource is made anew first.
///
/// Where the first case that failed is refused now, the last one is tried: what it is about was there later.
pub(crate) async fn shrink(context: &Arc<Context>, whole: &Arc<Plan>, subject: Subject) -> Shrunk {
    let first = shrink_first(context, whole, subject.clone()).await;
    if !first.is_past() || Arc::ptr_eq(&subject.first, &subject.last) {
        return first;
    }
    let last = Subject { first: Arc::clone(&subject.last), ..subject };
    let last = shrink_first(context, whole, last).await;
    let requests = first.requests + last.requests;
    match last.flakiness {
        Flakiness::Recurs => Shrunk { requests, ..last },
        _ => Shrunk { requests, ..first },
    }
}

async fn shrink_first(context: &Arc<Context>, whole: &Arc<Plan>, subject: Subject) -> Shrunk {
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
        return Shrunk::recurring(subject.first, 0);
    }
    let is_same = |judged: &Judged| judged.failure(subject.check, &subject.kind).is_some();
    let mut again = context.execute(Arc::clone(&subject.first.case)).await;
    let mut requests = again.requests;
    let mut is_anew = false;
    // What was made cannot be made again, but another thing like it can. Not every server refuses the second one well.
    let tries = if is_same(&again) { 0 } else { tries_anew(&subject.first, &again) };
    for number in 0..tries {
        let Some(case) = anew(context, &subject.first.case, subject.first_anew() + number) else { break };
        let other = context.execute(Arc::new(case)).await;
        requests += other.requests;
        if !is_same(&other) {
            break;
        }
        // Each has to fail, where there is more than one.
        if number + 1 == tries {
            (again, is_anew) = (other, true);
        }
    }
    if !is_same(&again) {
        if let Some(story) = story_of(&subject.first.case) {
            let shrunk = retell::retell(context, whole, &subject, story).await;
            requests += shrunk.requests;
            if shrunk.flakiness == Flakiness::Recurs {
                return Shrunk { requests, ..shrunk };
            }
        }
        // What is gone cannot fail again, and what is there cannot be made again. Several cases that failed the same
        // way, each about another thing, have shown that it was no accident.
        let is_spent = matches!(again.status(), Some(404 | 409 | 410)) && subject.count > 1;
        return match is_spent {
            true => Shrunk::recurring(subject.first, requests),
            false => Shrunk::flaky(&subject.first, again.status(), requests),
        };
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
    Shrunk::recurring(search.best, search.requests)
}

/// How many cases of the same make have to fail as well where a case that is sent again does not.
fn tries_anew(first: &Judged, again: &Judged) -> u64 {
    let is_good = |status: Option<u16>| status.is_some_and(|status| (200..300).contains(&status));
    match again.status() {
        Some(400..600) => 1,
        // It was made the first time, and replaced the second time.
        status if is_good(status) && is_good(first.status()) && status != first.status() => 1,
        // The first one made it and failed all the same; or that was an accident, which does not happen twice.
        status if is_good(status) && *first.case.operation.method() == Method::PUT => 2,
        _ => 0,
    }
}

/// A case of the same make about something that is not there yet, see [`Fresh`].
pub(super) fn anew(context: &Context, case: &Case, number: u64) -> Option<Case> {
    // What is about one thing that is known is not to be about another.
    let make = if case.subject.is_some() { Fresh::of } else { Fresh::named };
    let fresh = make(&context.factory, &case.operation, &case.intent, &case.values);
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
        let number = self.subject.first_anew() + u64::from(self.candidates) + FIRST_CANDIDATE;
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
