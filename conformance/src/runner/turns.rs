//! Whose turn it is: each phase goes through the operations once, and those whose time was over before they had all
//! their cases go on when all others are done, as long as there is time.

use std::cell::Cell;
use std::collections::HashSet;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use counterfoil_openapi::codec::RequestValues;
use counterfoil_openapi::generate::Seed;
use futures::stream::{self, Stream, StreamExt};

use super::Judged;
use super::ahead::Ahead;
use super::dispatcher::Run;
use super::state::{Next, Tally};
use super::time;
use super::worker::{Worker, computed};
use crate::case::{Case, Intent};
use crate::event::{Event, Mode, Phase};
use crate::phase::{self, Draws, Fuzzing, IsFirstOfPath};
use crate::plan::OperationPlan;
use crate::resource::Known;

/// The requests drawn for what others were refused for lacking.
const MAX_DONORS: u64 = 8;

/// What an operation has left to do in a phase.
pub(super) struct Left {
    pub(super) phase: Phase,
    /// The operation's place in the plan.
    pub(super) index: usize,
    rest: Rest,
}

enum Rest {
    /// Nothing has begun.
    All,
    /// Cases that were made and not sent.
    Cases(Vec<Case>),
    /// Cases that are made while others are sent.
    Ahead(Ahead),
    /// Cases that were not drawn.
    Draws(Draws),
}

/// How a turn ended.
enum End {
    /// There is nothing left to send.
    Done,
    /// Nothing more is wanted of the operation.
    Left,
    /// Its time was over.
    Cut,
    /// No more cases at all.
    Stop,
}

impl Run<'_> {
    /// A phase's way through the operations: those that may end the session of who asks have one of their own.
    pub(super) async fn phase(&mut self, phase: Phase, of_last: bool) -> Next {
        if phase == Phase::Stateful {
            return if of_last { Next::Continue } else { self.stateful().await };
        }
        let plan = Arc::clone(&self.plan);
        let is_one = |index: &usize| plan.is_own(*index) && plan.is_last(*index) == of_last;
        for index in plan.order.iter().copied().filter(is_one) {
            if self.turn(Left { phase, index, rest: Rest::All }).await == Next::Stop {
                return Next::Stop;
            }
        }
        Next::Continue
    }

    /// Further turns, one round after the other, for what was cut short by its share of the time.
    pub(super) async fn further_turns(&mut self) -> Next {
        let is_left = |run: &Self| !run.left.is_empty() || !run.untold.is_empty();
        while is_left(self) && !self.time.is_spent() {
            let (left, untold) = (std::mem::take(&mut self.left), std::mem::take(&mut self.untold));
            self.time.share_among(left.len() + untold.len());
            for left in left {
                if self.turn(left).await == Next::Stop {
                    return Next::Stop;
                }
            }
            if !untold.is_empty() && self.stories(Some(&untold)).await == Next::Stop {
                return Next::Stop;
            }
        }
        Next::Continue
    }

    /// Operations that had fewer cases than there are, since time was over.
    pub(super) fn out_of_time(&self) -> HashSet<usize> {
        let heads = self.untold.iter().map(|untold| untold.head);
        self.left.iter().map(|left| left.index).chain(heads).collect()
    }

    /// An operation's turn in a phase.
    async fn turn(&mut self, left: Left) -> Next {
        let Left { phase, index, rest } = left;
        let plan = Arc::clone(&self.plan.operations[index]);
        if self.state.tallies[index].is_given_up {
            return Next::Continue;
        }
        if self.time.is_spent() {
            self.left.push(Left { phase, index, rest });
            return Next::Continue;
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
            self.left.push(Left { phase, index, rest });
            return Next::Continue;
        }
        let known = match phase {
            Phase::Probing => self.known(&plan).unreserved(),
            _ => self.known(&plan),
        };
        let (end, rest) = match (phase, rest) {
            (Phase::Fuzzing, rest) => {
                let draws = match rest {
                    Rest::Draws(draws) => draws,
                    _ => Draws::new(&plan, &settings.modes, settings.max_cases),
                };
                let left = draws.left();
                let mut cases = Fuzzing::new(&context.factory, &plan, &known, settings.seed, draws);
                let share = self.begin(phase, index, left);
                let end = self.cases(index, share, &mut stream::iter(&mut cases), &mut |_| ()).await;
                (end, Rest::Draws(cases.into_draws()))
            }
            (Phase::Coverage, rest) => {
                let ahead = match rest {
                    Rest::Ahead(ahead) => Some(ahead),
                    _ => Ahead::start(&context, &plan, known, self.time.end_of_cases()).await,
                };
                let Some(mut ahead) = ahead else {
                    self.left.push(Left { phase, index, rest: Rest::All });
                    return Next::Continue;
                };
                let last = self.time.end_of_cases();
                let share = self.begin(phase, index, ahead.left());
                let end = loop {
                    let mut heard = Vec::new();
                    let mut hear = |judged: &Judged| heard.push((judged.case.id.clone(), judged.status()));
                    let mut cases = Box::pin(stream::unfold(&mut ahead, |ahead| async {
                        ahead.next(&context, last).await.map(|case| (case, ahead))
                    }));
                    let end = self.cases(index, share, &mut cases, &mut hear).await;
                    drop(cases);
                    ahead.hear(heard);
                    if !matches!(end, End::Done) || !ahead.is_waiting() {
                        break end;
                    }
                    ahead.heed();
                };
                (end, Rest::Ahead(ahead))
            }
            (_, rest) => {
                let mut cases = match rest {
                    Rest::Cases(cases) => cases,
                    _ => self.made(phase, &plan, &known),
                }
                .into_iter();
                let share = self.begin(phase, index, cases.len() as u64);
                let end = self.cases(index, share, &mut stream::iter(&mut cases), &mut |_| ()).await;
                (end, Rest::Cases(cases.collect()))
            }
        };
        let judges = context.judges.of(index, phase).iter();
        let mut judges = judges.filter(|judge| judge.check.name() == "server_crash");
        self.state.end_turn(index, judges.next().map(|judge| (judge.check, judge.severity)));
        let is_over = match &rest {
            Rest::All => false,
            Rest::Cases(cases) => cases.is_empty(),
            Rest::Ahead(ahead) => ahead.left() == 0 && !ahead.is_waiting(),
            Rest::Draws(draws) => draws.left() == 0,
        };
        match end {
            End::Stop => return Next::Stop,
            End::Cut if !is_over => self.left.push(Left { phase, index, rest }),
            End::Cut | End::Done | End::Left => {}
        }
        Next::Continue
    }

    /// The cases of a phase that makes them all at once.
    fn made(&self, phase: Phase, plan: &Arc<OperationPlan>, known: &Known) -> Vec<Case> {
        let context = Arc::clone(&self.context);
        let settings = &context.settings;
        match phase {
            Phase::Examples => phase::examples(&context.factory, plan),
            Phase::Probing => {
                let accepted = self.state.tallies[plan.index].accepted.as_ref();
                let path = plan.operation.path();
                let is_same = |other: &&Arc<OperationPlan>| other.operation.path() == path;
                let first = self.plan.operations.iter().find(is_same);
                let is_first = match first.is_some_and(|first| first.index == plan.index) {
                    true => IsFirstOfPath::Yes,
                    false => IsFirstOfPath::No,
                };
                let mut cases =
                    phase::probes(&context.factory, plan, known, settings.seed, accepted, is_first);
                cases.retain(|case| {
                    settings.unsafe_methods.admit(&case.sent.request.method, &context.target.base_url)
                });
                cases
            }
            // Their cases are not made all at once.
            Phase::Coverage | Phase::Fuzzing | Phase::Stateful | Phase::Journal => Vec::new(),
        }
    }

    /// Begins a turn of so many cases at most, and tells when its share of the time is over.
    fn begin(&mut self, phase: Phase, index: usize, planned: u64) -> Option<Instant> {
        let share = self.time.share();
        self.state.begin_turn();
        if planned > 0 {
            let operation = self.plan.operations[index].operation.id().as_str().to_owned();
            let turn = self.plan.turn(index);
            self.sink.take(&Event::OperationStarted { phase, operation, planned, turn });
        }
        share
    }

    /// Sends cases of one operation, several at once, and takes in what came of them one after the other.
    async fn cases(
        &mut self,
        index: usize,
        share: Option<Instant>,
        cases: &mut (dyn Stream<Item = Case> + Unpin + '_),
        heard: &mut dyn FnMut(&Judged),
    ) -> End {
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
        // What is under way when the time is over is waited for, so that the rest goes on right behind it.
        let is_cut = Cell::new(false);
        let wanted = stream::poll_fn(|task| match is_cut.get() {
            true => Poll::Ready(None),
            false => cases.poll_next_unpin(task),
        });
        let mut results = wanted.map(send).buffered(workers);
        let end = self.time.end().map(tokio::time::Instant::from_std);
        loop {
            let next = match end {
                Some(end) => tokio::time::timeout_at(end, results.next()).await.unwrap_or_default(),
                None => results.next().await,
            };
            let Some((judged, case)) = next else { break };
            if self.is_unreachable(&judged) {
                self.state.summary.unreachable = true;
                return End::Stop;
            }
            heard(&judged);
            let next = self.state.take(index, &judged, &context.settings);
            self.state.cover(index, &judged, &context.contract);
            self.sink.take(&Event::CaseFinished { case });
            if self.is_locked_out(&judged).await {
                return End::Stop;
            }
            // Requests under way are dropped unjudged here: how many there are depends on the number of workers.
            match next {
                Next::Stop => return End::Stop,
                Next::LeaveOperation => return End::Left,
                Next::Continue => {}
            }
            if share.is_some_and(time::is_past) {
                is_cut.set(true);
            }
        }
        if is_cut.get() || end.is_some_and(|end| time::is_past(end.into_std())) {
            End::Cut
        } else {
            End::Done
        }
    }

    /// What replies have told so far of what an operation speaks of, and of how it wants its requests.
    pub(super) fn known(&self, plan: &OperationPlan) -> Known {
        let tally = &self.state.tallies[plan.index];
        Known::new(&self.context.links, &self.state.pool, plan.index, &plan.operation)
            .taught(&tally.lessons, || donors(plan, tally))
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
