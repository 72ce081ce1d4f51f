//! The stateful phase of a run.

use std::sync::Arc;

use super::dispatcher::Run;
use super::state::Next;
use super::story::{Discerning, Telling, like_another};
use super::{Context, time};
use crate::case::Case;
use crate::event::{Event, Mode, Phase};
use crate::phase::{Author, Cast, Role, absent};
use crate::plan::{OperationPlan, Plan};
use crate::resource::Known;

/// The most things of one resource that are made like others.
const MAX_LIKENESSES: u32 = 2;
/// How often the lists of one resource are given time to show what was made.
const MAX_WAITS: u32 = 4;

/// A resource whose stories were not all told, since time was over.
pub(super) struct Untold {
    /// The place in the plan of the operation under whose name they are counted.
    pub(super) head: usize,
    resource: usize,
    /// The number of the next one.
    next: u64,
}

impl Run<'_> {
    /// Tells stories of resources, one after the other: what the server makes of one may depend on the one before.
    pub(super) async fn stateful(&mut self) -> Next {
        self.stories(None).await
    }

    /// Tells the stories of all resources, or those of some that were not told.
    pub(super) async fn stories(&mut self, untold: Option<&[Untold]>) -> Next {
        let (context, plan) = (Arc::clone(&self.context), Arc::clone(&self.plan));
        let settings = &context.settings;
        if !settings.modes.contains(&Mode::Positive) {
            return Next::Continue;
        }
        // Left out are those given up in the phases before; one given up here ends the stories it takes part in.
        let is_given_up = self.state.tallies.iter().map(|tally| tally.is_given_up);
        let is_left_out: Vec<bool> =
            is_given_up.enumerate().map(|(index, given_up)| given_up || plan.is_last(index)).collect();
        for cast in Cast::all(&plan, |index| is_left_out[index]) {
            if !plan.is_own(cast.head().index) {
                continue;
            }
            let first = match untold {
                None => 0,
                Some(untold) => match untold.iter().find(|untold| untold.resource == cast.resource()) {
                    Some(untold) => untold.next,
                    None => continue,
                },
            };
            if self.cast(&context, &plan, &cast, first).await == Next::Stop {
                return Next::Stop;
            }
        }
        Next::Continue
    }

    /// Tells the stories of one resource, from a number on.
    async fn cast(&mut self, context: &Arc<Context>, plan: &Plan, cast: &Cast<'_>, first: u64) -> Next {
        let settings = &context.settings;
        let count = Cast::count(settings.max_cases);
        let operation = cast.head().operation.id().as_str().to_owned();
        let known = |plan: &OperationPlan| self.known(plan);
        let has_forgery = author(context, plan, &known).forgery(cast, count).is_some();
        let end = count + u64::from(has_forgery);
        let planned = end.saturating_sub(first);
        let (phase, turn) = (Phase::Stateful, cast.turn(plan));
        self.sink.take(&Event::OperationStarted { phase, operation, planned, turn });
        let mut discerning = Discerning::new();
        let share = self.time.share();
        self.state.begin_turn();
        let (mut likenesses, mut waits) = (MAX_LIKENESSES, 0);
        for number in first..end {
            if self.time.is_spent() || share.is_some_and(time::is_past) {
                self.untold.push(Untold { head: cast.head().index, resource: cast.resource(), next: number });
                break;
            }
            let known = |plan: &OperationPlan| self.known(plan);
            let author = author(context, plan, &known);
            let story = match number == count {
                true => author.forgery(cast, number),
                false => author.story(cast, number),
            };
            let Some(mut story) = story else { break };
            if waits >= MAX_WAITS {
                story.steps.retain(|step| step.role != Role::ListMade);
            }
            let absent = |read: &Case| absent(&context.factory, plan, settings.seed, read);
            let telling = context.tell(&Arc::new(story), &mut discerning, absent).await;
            waits += telling.waits;
            let mut is_left = false;
            match self.take_telling(context, &telling).await {
                Next::Stop => return Next::Stop,
                Next::LeaveOperation => is_left = true,
                Next::Continue => {}
            }
            // What a list shows is not hidden, and neither is what is made like it.
            let like = like_another(&context.factory, &telling).filter(|_| !is_left && likenesses > 0);
            if let Some(like) = like {
                likenesses -= 1;
                let telling = context.tell(&Arc::new(like), &mut discerning, absent).await;
                waits += telling.waits;
                match self.take_telling(context, &telling).await {
                    Next::Stop => return Next::Stop,
                    Next::LeaveOperation => is_left = true,
                    Next::Continue => {}
                }
            }
            if is_left {
                break;
            }
        }
        Next::Continue
    }
}

impl Run<'_> {
    /// Takes in what was told of a story.
    async fn take_telling(&mut self, context: &Context, telling: &Telling) -> Next {
        let settings = &context.settings;
        self.state.summary.requests += telling.requests;
        let mut is_left = false;
        for judged in &telling.steps {
            if self.is_unreachable(judged) {
                self.state.summary.unreachable = true;
                return Next::Stop;
            }
            let case = context.record(judged);
            let next = self.state.take(judged.case.index, judged, settings);
            self.state.cover(judged.case.index, judged, &context.contract);
            self.sink.take(&Event::CaseFinished { case });
            if self.is_locked_out(judged).await {
                return Next::Stop;
            }
            match next {
                Next::Stop => return next,
                // It was given up, or it is slow.
                Next::LeaveOperation => is_left = true,
                Next::Continue => {}
            }
        }
        if is_left { Next::LeaveOperation } else { Next::Continue }
    }
}

/// What makes stories for a run.
fn author<'a>(
    context: &'a Context,
    plan: &'a Plan,
    known: &'a dyn Fn(&OperationPlan) -> Known,
) -> Author<'a> {
    Author {
        factory: &context.factory,
        plan,
        known,
        seed: context.settings.seed,
        has_other_identity: context.factory.signer().has_other_identity(),
        may_break: context.settings.modes.contains(&Mode::Negative),
    }
}
