//! The run itself: phase by phase, operation by operation, case by case.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;

use counterfoil_openapi::codec::RequestValues;
use counterfoil_openapi::generate::Seed;
use counterfoil_openapi::{Contract, Pointer, Severity};
use futures::stream::{self, StreamExt};

use super::shrink::{self, Subject};
use super::state::{FailureKey, Found, Next, State, Tally};
use super::time::{self, Time};
use super::worker::{Worker, computed};
use super::{Context, Judged, warnings};
use crate::case::{Case, Intent};
use crate::config::{Settings, Target};
use crate::event::{
    DocumentedResponse, EVENT_VERSION, Event, EventSink, Mode, OperationSummary, Phase, Summary, Warning,
};
use crate::failure::{DocumentPosition, Failure, Flakiness};
use crate::phase::{self, Fuzzing, IsFirstOfPath};
use crate::plan::{OperationPlan, Plan};
use crate::reproduction::reproduction;
use crate::resource::Known;

/// The most failures of a run that are made smaller; further ones are reported as they were found, since a reader
/// of so many needs no small ones.
const MAX_SHRUNK: usize = 200;

/// The requests drawn for what others were refused for lacking.
const MAX_DONORS: u64 = 8;

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
    let plan = Plan::new(contract, settings);
    let context = match Context::new(contract, target, settings, &plan) {
        Ok(context) => Arc::new(context),
        Err(message) => return refuse(&message, sink),
    };
    sink.take(&started(contract, &context, &plan));
    let mut state = State::new(plan.operations.len(), &plan.links);
    let own = plan.own().count();
    state.summary.operations = own as u64;
    let time = Time::new(settings.max_time, own * settings.phases.len());
    let mut run = Run { context, plan: Arc::new(plan), state, time, sink };
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
fn refuse(message: &str, sink: &mut dyn EventSink) -> Summary {
    let warning =
        Warning { code: "target-unusable".to_owned(), operation: None, message: message.to_owned() };
    sink.take(&Event::WarningRaised { warning });
    let summary = Summary { warnings: 1, unreachable: true, interrupted: true, ..Summary::default() };
    sink.take(&Event::RunFinished { summary: summary.clone() });
    summary
}

fn started(contract: &Contract, context: &Context, plan: &Plan) -> Event {
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
        checks: context.settings.checks.iter().map(|check| check.name().to_owned()).collect(),
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
    pub(super) sink: &'s mut dyn EventSink,
}

impl Run<'_> {
    async fn phases(&mut self) {
        for phase in Phase::ALL {
            if self.context.settings.phases.contains(&phase) {
                let next = self.phase(phase).await;
                let end = self.time.end().map(tokio::time::Instant::from_std);
                match end {
                    // What is not made smaller in time is told as it was found.
                    Some(end) => drop(tokio::time::timeout_at(end, self.shrink()).await),
                    None => self.shrink().await,
                }
                if next == Next::Stop {
                    break;
                }
            }
        }
    }

    async fn phase(&mut self, phase: Phase) -> Next {
        if phase == Phase::Stateful {
            return self.stateful().await;
        }
        let mut paths = HashSet::new();
        let firsts: Vec<bool> = self
            .plan
            .operations
            .iter()
            .map(|plan| paths.insert(plan.operation.path().as_str().to_owned()))
            .collect();
        for index in self.plan.order.clone() {
            let plan = Arc::clone(&self.plan.operations[index]);
            let is_first = firsts[index];
            if !self.plan.is_own(index) || self.state.tallies[index].is_given_up {
                continue;
            }
            if self.time.is_spent() {
                self.state.out_of_time.insert(index);
                continue;
            }
            let context = Arc::clone(&self.context);
            let settings = &context.settings;
            let strategies = {
                let (plan, is_negative) = (Arc::clone(&plan), settings.modes.contains(&Mode::Negative));
                move || {
                    // Both are kept by the plan.
                    let _ = plan.positive();
                    if is_negative && phase == Phase::Fuzzing {
                        let _ = plan.negative();
                    }
                }
            };
            if computed(self.time.end_of_cases(), strategies).await.is_none() {
                self.state.out_of_time.insert(index);
                continue;
            }
            let known = self.known(&plan);
            let next = match phase {
                Phase::Examples => {
                    let cases = phase::examples(&context.factory, &plan);
                    self.cases(phase, index, cases.len() as u64, cases.into_iter()).await
                }
                Phase::Fuzzing => {
                    let most = settings.max_cases;
                    let cases =
                        Fuzzing::new(&context.factory, &plan, &known, settings.seed, &settings.modes, most);
                    self.cases(phase, index, most, cases).await
                }
                // Its cases go by resources.
                Phase::Stateful => break,
                Phase::Probing => {
                    let accepted = self.state.tallies[index].accepted.as_ref();
                    let is_first = if is_first { IsFirstOfPath::Yes } else { IsFirstOfPath::No };
                    let cases =
                        phase::probes(&context.factory, &plan, &known, settings.seed, accepted, is_first);
                    self.cases(phase, index, cases.len() as u64, cases.into_iter()).await
                }
                Phase::Coverage => {
                    let (context, plan) = (Arc::clone(&context), Arc::clone(&plan));
                    let modes = settings.modes.clone();
                    let make = move || phase::coverage(&context.factory, &plan, &known, &modes);
                    match computed(self.time.end_of_cases(), make).await {
                        Some(cases) => self.cases(phase, index, cases.len() as u64, cases.into_iter()).await,
                        None => {
                            self.state.out_of_time.insert(index);
                            continue;
                        }
                    }
                }
            };
            if next == Next::Stop {
                return Next::Stop;
            }
        }
        Next::Continue
    }

    /// Sends the cases of one operation, several at once, and takes in what came of them one after the other.
    async fn cases(
        &mut self,
        phase: Phase,
        index: usize,
        planned: u64,
        cases: impl Iterator<Item = Case>,
    ) -> Next {
        let operation = self.plan.operations[index].operation.id().as_str().to_owned();
        if planned == 0 {
            return Next::Continue;
        }
        let turn = self.plan.turn(index);
        self.sink.take(&Event::OperationStarted { phase, operation, planned, turn });
        let context = Arc::clone(&self.context);
        let workers = context.settings.workers;
        let send = |case: Case| {
            let context = Arc::clone(&context);
            Worker(tokio::spawn(async move {
                let judged = context.execute(Arc::new(case)).await;
                let record = context.record(&judged);
                (Arc::new(judged), record)
            }))
        };
        let mut results = stream::iter(cases.map(send)).buffered(workers);
        let share = self.time.share();
        let end = self.time.end().map(tokio::time::Instant::from_std);
        loop {
            let next = match end {
                Some(end) => tokio::time::timeout_at(end, results.next()).await.unwrap_or_default(),
                None => results.next().await,
            };
            let Some((judged, case)) = next else { break };
            if self.is_unreachable(&judged) {
                self.state.summary.unreachable = true;
                return Next::Stop;
            }
            let next = self.state.take(index, &judged, context.settings.max_failures);
            self.state.cover(index, &judged, &context.contract);
            self.sink.take(&Event::CaseFinished { case });
            if next != Next::Continue {
                // Requests under way are dropped unjudged: how many there are depends on the number of workers.
                return next;
            }
            if share.is_some_and(time::is_past) {
                self.state.out_of_time.insert(index);
                return Next::LeaveOperation;
            }
        }
        Next::Continue
    }

    /// What replies have told so far of what an operation speaks of, and of how it wants its requests.
    pub(super) fn known(&self, plan: &OperationPlan) -> Known {
        let tally = &self.state.tallies[plan.index];
        Known::new(&self.context.links, &self.state.pool, plan.index, &plan.operation)
            .taught(&tally.lessons, || donors(plan, tally))
    }

    /// Whether nothing was ever there to test.
    pub(super) fn is_unreachable(&self, judged: &Judged) -> bool {
        !self.state.is_answered && matches!(judged.outcome, crate::check::Outcome::Refused { .. })
    }

    /// Makes the failures that the last phase found smaller.
    async fn shrink(&mut self) {
        if self.state.summary.unreachable {
            return;
        }
        let done = self.state.failures.values().filter(|found| found.shrunk.is_some()).count();
        let subjects: Vec<(FailureKey, Subject)> = self
            .state
            .failures
            .iter()
            .filter(|(_, found)| found.shrunk.is_none())
            .take(MAX_SHRUNK.saturating_sub(done))
            .map(|(key, found)| (key.clone(), found.subject()))
            .collect();
        let context = Arc::clone(&self.context);
        let whole = &self.plan;
        let shrink = |(key, subject): (FailureKey, Subject)| {
            let (context, plan) = (Arc::clone(&context), Arc::clone(whole));
            async move { (key, shrink::shrink(&context, &plan, subject).await) }
        };
        let mut results = stream::iter(subjects.into_iter().map(shrink)).buffered(context.settings.workers);
        while let Some((key, shrunk)) = results.next().await {
            self.state.summary.requests += shrunk.requests;
            if let Some(found) = self.state.failures.get_mut(&key) {
                found.shrunk = Some(shrunk);
            }
        }
    }

    fn finish(mut self) -> Summary {
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
        let warnings = warnings::warnings(&self.context, &self.plan, &self.state);
        self.state.summary.warnings = warnings.len() as u64;
        for warning in warnings {
            self.sink.take(&Event::WarningRaised { warning });
        }
        self.sink.take(&Event::RunFinished { summary: self.state.summary.clone() });
        self.state.summary
    }

    fn failure(&self, plan: &OperationPlan, found: &Found) -> Failure {
        let context = &self.context;
        let (judged, flakiness) = match &found.shrunk {
            Some(shrunk) => (&shrunk.smallest, shrunk.flakiness),
            None => (&found.first, Flakiness::Recurs),
        };
        let breach = judged.failure(found.check.name(), &found.kind);
        let breach = breach.or_else(|| found.first.failure(found.check.name(), &found.kind));
        Failure {
            check: found.check.name().to_owned(),
            operation: plan.operation.id().as_str().to_owned(),
            label: plan.operation.label(),
            kind: context.redactor.text(&found.kind),
            message: breach.map(|breach| context.message(judged, &breach.message)).unwrap_or_default(),
            phase: judged.case.phase,
            mode: judged.case.intent.mode(),
            broken: judged.case.broken().map(|broken| context.message(judged, &broken)),
            document_position: breach
                .and_then(|breach| position(&context.contract, breach.document_pointer.as_deref()?)),
            document_pointer: breach.and_then(|breach| breach.document_pointer.clone()),
            count: found.count,
            flakiness,
            exchange: context.exchange(judged),
            reproduction: reproduction(context, &found.first.case.id, judged),
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
    fn subject(&self) -> Subject {
        Subject {
            check: self.check.name(),
            kind: self.kind.clone(),
            first: Arc::clone(&self.first),
            count: self.count,
        }
    }
}

/// Requests that may have what others were refused for lacking: what was accepted, then some that were drawn.
fn donors(plan: &OperationPlan, tally: &Tally) -> Vec<RequestValues> {
    let accepted = tally.accepted.iter().map(|accepted| accepted.0.clone());
    let drawn = (0..MAX_DONORS).filter_map(|number| {
        let seed = Seed::derive(0, &[plan.operation.id().as_str(), "donor"], number);
        phase::draw(plan, &Intent::Positive, &seed)
    });
    accepted.chain(drawn).collect()
}
