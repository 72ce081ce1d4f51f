//! The run itself: phase by phase, operation by operation, case by case.

use std::future::Future;
use std::sync::Arc;

use counterfoil_openapi::{Contract, Pointer, Severity};
use futures::stream::{self, StreamExt};

use super::shrink::{self, Shrunk, Subject};
use super::state::{FailureKey, Found, Next, State};
use super::stories::Untold;
use super::time::Time;
use super::turns::Left;
use super::{Context, Judged, warnings};
use crate::config::{Settings, Target};
use crate::event::{
    DocumentedResponse, EVENT_VERSION, Event, EventSink, OperationSummary, Phase, Summary, Warning,
};
use crate::failure::{DocumentPosition, Failure, Flakiness};
use crate::phase::Cast;
use crate::plan::{OperationPlan, Plan};
use crate::redact::Redactor;
use crate::reproduction::reproduction;

/// The most failures of a run that are made smaller; further ones are reported as they were found, since a reader
/// of so many needs no small ones.
const MAX_SHRUNK: usize = 200;

/// Tests a target against a contract and tells a sink what happens, in order.
///
/// The events do not depend on the number of workers, as long as the target's answers do not: cases come from the
/// seed alone, and their results are taken in by the order of cases.
pub async fn run(
    contract: &Contract,
    target: &Target,
    settings: &Settings,
    sink: &mut dyn EventSink,
) -> Summary {
    run_until(contract, target, settings, std::future::pending(), sink).await
}

/// [`run`], cut short when `stop` is ready: requests under way are dropped, the failures found so far are told as they
/// were found, and the summary says that the run was interrupted.
pub async fn run_until(
    contract: &Contract,
    target: &Target,
    settings: &Settings,
    stop: impl Future<Output = ()>,
    sink: &mut dyn EventSink,
) -> Summary {
    let plan = Plan::of_target(contract, settings, &target.base_url);
    let context = match Context::new(contract, target, settings, &plan) {
        Ok(context) => Arc::new(context),
        Err(message) => return refuse(&message, sink),
    };
    sink.take(&started(contract, &context, &plan));
    let mut state = State::new(plan.operations.len(), &plan.links);
    state.summary.operations = plan.own().count() as u64;
    let time = Time::new(settings.max_time);
    let (left, untold) = (Vec::new(), Vec::new());
    let mut run = Run { context, plan: Arc::new(plan), state, time, left, untold, sink };
    let is_stopped = tokio::select! {
        biased;
        () = run.phases() => false,
        () = stop => true,
    };
    if is_stopped {
        run.state.summary.interrupted = true;
    }
    run.finish()
}

/// A run of a target that nothing can be sent to.
pub(super) fn refuse(message: &str, sink: &mut dyn EventSink) -> Summary {
    let warning =
        Warning { code: "target-unusable".to_owned(), operation: None, message: message.to_owned() };
    sink.take(&Event::WarningRaised { warning });
    let summary = Summary { warnings: 1, unreachable: true, interrupted: true, ..Summary::default() };
    sink.take(&Event::RunFinished { summary: summary.clone() });
    summary
}

pub(super) fn started(contract: &Contract, context: &Context, plan: &Plan) -> Event {
    let operations = plan.own().map(|plan| told_operation(plan));
    Event::RunStarted {
        version: EVENT_VERSION,
        seed: context.settings.seed,
        document: contract.document().name().to_owned(),
        title: contract.title().to_owned(),
        digest: contract.digest().to_owned(),
        target: context.redactor.base_url(&context.target.base_url),
        started_millis: context.began.unix_millis(),
        rerun: String::new(),
        shard: context.settings.shard,
        operations: operations.collect(),
        phases: context.settings.phases.clone(),
        checks: context.judges.names(),
    }
}

/// An operation as events tell it.
fn told_operation(plan: &OperationPlan) -> OperationSummary {
    let operation = &plan.operation;
    let responses = operation.responses().iter().map(|response| DocumentedResponse {
        status: response.status.to_string(),
        media_types: response.content.iter().map(|media| media.name.clone()).collect(),
    });
    OperationSummary {
        id: operation.id().as_str().to_owned(),
        method: operation.method().as_str().to_owned(),
        path: operation.path().as_str().to_owned(),
        place: plan.index,
        responses: responses.collect(),
    }
}

/// A run under way.
pub(super) struct Run<'s> {
    pub(super) context: Arc<Context>,
    pub(super) plan: Arc<Plan>,
    pub(super) state: State,
    pub(super) time: Time,
    /// What was cut short by its share of the time, and what was not begun since time was over.
    pub(super) left: Vec<Left>,
    /// The same of stories.
    pub(super) untold: Vec<Untold>,
    pub(super) sink: &'s mut dyn EventSink,
}

impl Run<'_> {
    async fn phases(&mut self) {
        let phases = self.context.settings.phases.clone();
        for (at, phase) in phases.iter().enumerate() {
            let operations = self.plan.own().count();
            let turns = match phase {
                Phase::Stateful => Cast::all(&self.plan, |index| !self.plan.is_own(index)).len(),
                _ => operations,
            };
            self.time.share_among(turns + operations * (phases.len() - at - 1));
            let next = self.phase(*phase, false).await;
            let is_locked_out = self.is_nobody_let_in().await;
            self.shrink_in_time().await;
            if next == Next::Stop || is_locked_out {
                self.state.summary.interrupted |= is_locked_out;
                return;
            }
        }
        let last = self.plan.own().filter(|plan| self.plan.is_last(plan.index)).count();
        for (at, phase) in phases.iter().enumerate().filter(|_| last > 0) {
            self.time.share_among(last * (phases.len() - at));
            let next = self.phase(*phase, true).await;
            let is_locked_out = self.is_nobody_let_in().await;
            self.shrink_in_time().await;
            if next == Next::Stop || is_locked_out {
                self.state.summary.interrupted |= !self.left.is_empty() || !self.untold.is_empty();
                return;
            }
        }
        self.further_turns().await;
        self.state.summary.interrupted |= self.is_nobody_let_in().await;
        self.shrink_in_time().await;
    }

    /// Makes failures smaller; what is not made smaller in time is told as it was found.
    async fn shrink_in_time(&mut self) {
        match self.time.end().map(tokio::time::Instant::from_std) {
            Some(end) => drop(tokio::time::timeout_at(end, self.shrink()).await),
            None => self.shrink().await,
        }
    }

    /// Whether nothing was ever there to test.
    pub(super) fn is_unreachable(&self, judged: &Judged) -> bool {
        !self.state.is_answered && matches!(judged.outcome, crate::check::Outcome::Refused { .. })
    }

    /// Makes the failures that the last phase found smaller.
    async fn shrink(&mut self) {
        // What is refused to everybody recurs for nobody.
        if self.state.summary.unreachable || self.state.lockout.is_certain {
            return;
        }
        let done = self.state.failures.values().filter(|found| !found.is_to_be_tried()).count();
        let subjects: Vec<(FailureKey, Subject)> = self
            .state
            .failures
            .iter()
            .filter(|(_, found)| found.is_to_be_tried())
            .take(MAX_SHRUNK.saturating_sub(done))
            .map(|(key, found)| (key.clone(), found.subject()))
            .collect();
        let context = Arc::clone(&self.context);
        let whole = Arc::clone(&self.plan);
        let shrink = |(key, subject): (FailureKey, Subject)| {
            let (context, plan) = (Arc::clone(&context), Arc::clone(&whole));
            async move { (key, shrink::shrink(&context, &plan, subject).await) }
        };
        let mut results = stream::iter(subjects.into_iter().map(shrink)).buffered(context.settings.workers);
        while let Some((key, shrunk)) = results.next().await {
            self.state.summary.requests += shrunk.requests;
            if let Some(found) = self.state.failures.get_mut(&key) {
                found.tried = found.count;
                found.shrunk = Some(shrunk);
            }
        }
        drop(results);
        self.share();
    }

    /// What did not recur by itself, and did where another failure of the operation was made smaller, has recurred.
    fn share(&mut self) {
        let failures = &mut self.state.failures;
        let flaky = |found: &Found| found.flakiness() == Flakiness::Flaky && !found.is_of_several();
        let keys = failures.iter().filter(|(_, found)| flaky(found)).map(|(key, _)| key.clone());
        for key in keys.collect::<Vec<_>>() {
            let others = failures.iter().filter(|(other, _)| other.operation == key.operation);
            let recurring = others.filter(|(_, other)| other.flakiness() == Flakiness::Recurs);
            let check = failures[&key].check.name();
            let smallest =
                recurring.filter_map(|(_, other)| other.shrunk.as_ref().map(|other| &other.smallest));
            let mut same = smallest.filter(|judged| judged.failure(check, &key.kind).is_some());
            let Some(smallest) = same.next().map(Arc::clone) else { continue };
            if let Some(found) = failures.get_mut(&key) {
                found.shrunk =
                    Some(Shrunk { smallest, flakiness: Flakiness::Recurs, again: None, requests: 0 });
            }
        }
    }

    pub(super) fn finish(mut self) -> Summary {
        let failures: Vec<Failure> = self
            .state
            .failures
            .iter()
            .map(|(key, found)| self.failure(&self.plan.operations[key.operation], found))
            .collect();
        let summary = &mut self.state.summary;
        summary.failures = failures.len() as u64;
        summary.flaky =
            failures.iter().filter(|failure| failure.flakiness == Flakiness::Flaky).count() as u64;
        for plan in self.plan.own() {
            if let Some(tested) = &self.state.tallies[plan.index].tested {
                let (operation, coverage) = (plan.operation.id().as_str().to_owned(), tested.coverage());
                self.sink.take(&Event::OperationCovered { operation, coverage });
            }
        }
        for failure in failures {
            self.sink.take(&Event::FailureFound { failure });
        }
        let out_of_time = self.out_of_time();
        let is_unsent = |index: &&usize| self.state.tallies[**index].cases == 0;
        self.state.summary.unexercised = out_of_time.iter().filter(is_unsent).count() as u64;
        let warnings = warnings::warnings(&self.context, &self.plan, &self.state, &out_of_time);
        self.state.summary.warnings = warnings.len() as u64;
        for warning in warnings {
            self.sink.take(&Event::WarningRaised { warning });
        }
        self.sink.take(&Event::RunFinished { summary: self.state.summary.clone() });
        self.state.summary
    }

    fn failure(&self, plan: &OperationPlan, found: &Found) -> Failure {
        let context = &self.context;
        let flakiness = found.flakiness();
        let judged = found.shrunk.as_ref().map_or(&found.first, |shrunk| &shrunk.smallest);
        let breach = judged.failure(found.check.name(), &found.kind);
        let breach = breach.or_else(|| found.first.failure(found.check.name(), &found.kind));
        let mut message = breach.map(|breach| context.message(judged, &breach.message)).unwrap_or_default();
        // The requests under way when a server dies are all cut off; which one it died of nobody can tell any more.
        let is_cut_off = matches!(judged.outcome, crate::check::Outcome::Closed { .. });
        if found.is_of_several() {
            let count = found.count;
            message = format!(
                "the connections of {count} requests were closed at about the same time, and none of them does it again \
                 when it is sent by itself: {}; shown is what the first of them was answered then",
                found.candidates(&context.redactor)
            );
        } else if is_cut_off && self.state.summary.unreachable && found.check.name() == "server_crash" {
            message.push_str("; the server takes no connections since: this request ended it, or ");
            match found.together.is_empty() {
                true => message.push_str("one sent at about the same time"),
                false => message.push_str(&format!(
                    "one that was cut off at about the same time: {}",
                    found.candidates(&context.redactor)
                )),
            }
        }
        Failure {
            check: found.check.name().to_owned(),
            operation: plan.operation.id().as_str().to_owned(),
            label: plan.operation.label(),
            kind: context.redactor.text(&found.kind),
            message,
            phase: judged.case.phase,
            mode: judged.case.intent.mode(),
            broken: judged.case.broken().map(|broken| context.message(judged, &broken)),
            document_position: breach
                .and_then(|breach| position(&context.contract, breach.document_pointer.as_deref()?))
                .map(Box::new),
            document_pointer: breach.and_then(|breach| breach.document_pointer.clone()),
            count: found.count,
            known: None,
            flakiness,
            answered_again: found.shrunk.as_ref().and_then(|shrunk| shrunk.again),
            exchange: context.exchange(judged),
            reproduction: reproduction(context, found, judged),
        }
    }
}

/// The file and the line of a pointer into the document.
fn position(contract: &Contract, pointer: &str) -> Option<DocumentPosition> {
    let document = contract.document();
    let pointer = Pointer::from_escaped(pointer);
    let found = document.finding("", Severity::Note, &pointer, "");
    let position = found.position?;
    Some(DocumentPosition { file: found.file, line: position.line, column: position.column })
}

impl Found {
    /// Whether it is to be sent again: it was not yet, or it was refused then and more cases have failed since.
    fn is_to_be_tried(&self) -> bool {
        match &self.shrunk {
            None => true,
            Some(shrunk) => shrunk.is_past() && self.count > self.tried,
        }
    }

    fn flakiness(&self) -> Flakiness {
        self.shrunk.as_ref().map_or(Flakiness::Untried, |shrunk| shrunk.flakiness)
    }

    /// The requests of which one has done it, as far as anybody knows.
    fn candidates(&self, redactor: &Redactor) -> String {
        let name = |judged: &Arc<Judged>| {
            let request = &judged.case.sent.request;
            format!("{} {} ({})", request.method, redactor.text(&request.target), judged.case.id)
        };
        let mut named: Vec<String> = self.together.iter().map(name).collect();
        named.dedup();
        let more = self.count.saturating_sub(self.together.len() as u64);
        if more > 0 && self.is_of_several() {
            named.push(format!("{more} more"));
        }
        named.join(", ")
    }

    fn subject(&self) -> Subject {
        Subject {
            check: self.check.name(),
            kind: self.kind.clone(),
            first: Arc::clone(&self.first),
            last: Arc::clone(&self.last),
            count: self.count,
        }
    }
}
