//! Making a failure's story smaller while the same failure recurs: fewer steps first, then smaller steps.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use super::shrink::{Shrunk, Subject, anew, promises};
use super::story::Discerning;
use super::{Context, Judged};
use crate::case::{Case, simplifications};
use crate::phase::{Role, Step, Story, absent};
use crate::plan::Plan;
use crate::replay::place_of;
use crate::resource::{Maker, Subject as Around, relearn};

/// How often a story is told before its failure is taken not to recur: what is made anew is not quite the same.
const MAX_ATTEMPTS: u32 = 3;
/// How far what is made anew may be within other things.
const MAX_AROUND: usize = 4;

/// Tells the story of a failure again, whose last step is the one that failed, and smaller ones where it fails again.
pub(super) async fn retell(
    context: &Arc<Context>,
    plan: &Arc<Plan>,
    subject: &Subject,
    story: Story,
) -> Shrunk {
    let mut search = Search {
        context,
        plan,
        subject,
        discerning: Discerning::new(),
        budget: context.settings.shrink.requests,
        requests: 0,
        told: 0,
        is_refused: false,
        around: None,
        answered: None,
        start: Instant::now(),
    };
    let mut best = None;
    for _ in 0..MAX_ATTEMPTS {
        best = search.tell(&story).await;
        if best.is_some() {
            break;
        }
    }
    let Some(mut best) = best else {
        return Shrunk::flaky(&subject.first, search.answered, search.requests);
    };
    let mut story = story;
    search.fewer_steps(&mut story, &mut best).await;
    search.smaller_steps(&mut story, &mut best).await;
    Shrunk::recurring(best, search.requests)
}

struct Search<'s> {
    context: &'s Arc<Context>,
    plan: &'s Arc<Plan>,
    subject: &'s Subject,
    discerning: Discerning,
    /// Requests left.
    budget: u32,
    requests: u64,
    /// How often a story was told.
    told: u64,
    /// Whether what the story begins with was refused: what it makes is there already.
    is_refused: bool,
    /// What was made anew since what the story begins with is to be in it.
    around: Option<Around>,
    /// The status of the last answer.
    answered: Option<u16>,
    start: Instant,
}

impl Search<'_> {
    /// The last step, where it fails the same way. Where what the story begins with is refused, it is told once more:
    /// about another thing, within other things where those around it are gone.
    async fn tell(&mut self, story: &Story) -> Option<Arc<Judged>> {
        let mut told = self.tell_once(story).await;
        let refusal = match &told[..] {
            [first] if story.steps.len() > 1 => first.status().filter(|status| (400..600).contains(status)),
            _ => None,
        };
        if let Some(status) = refusal {
            let mut is_new = !std::mem::replace(&mut self.is_refused, true);
            if matches!(status, 404 | 410) && self.around.is_none() {
                self.around = self.made_around(&story.steps[0].case, 0).await;
                is_new |= self.around.is_some();
            }
            if is_new {
                told = self.tell_once(story).await;
            }
        }
        self.answered = told.last().and_then(|judged| judged.status());
        let last = told.into_iter().last()?;
        let is_last = last.told.as_ref().is_some_and(|told| told.at + 1 == story.steps.len());
        let recurs = is_last && last.failure(self.subject.check, &self.subject.kind).is_some();
        recurs.then_some(last)
    }

    async fn tell_once(&mut self, story: &Story) -> Vec<Arc<Judged>> {
        let (factory, seed) = (&self.context.factory, self.context.settings.seed);
        let absent = |read: &Case| absent(factory, self.plan, seed, read);
        let story = Arc::new(self.made_anew(story));
        let told = self.context.tell(&story, &mut self.discerning, absent).await;
        let sent = told.steps.iter().map(|step| step.requests).sum::<u64>() + told.requests;
        self.spend(sent);
        told.steps
    }

    fn spend(&mut self, sent: u64) {
        self.requests += sent;
        self.budget = self.budget.saturating_sub(u32::try_from(sent).unwrap_or(u32::MAX));
    }

    /// Makes another one of what a request is about, and of what that is in where it is gone as well.
    fn made_around<'f>(
        &'f mut self,
        case: &'f Case,
        depth: usize,
    ) -> Pin<Box<dyn Future<Output = Option<Around>> + Send + 'f>> {
        Box::pin(async move {
            let subject = case.subject.as_ref()?;
            let maker = subject.maker.as_ref().filter(|_| depth < MAX_AROUND)?;
            let mut case = Case::clone(&maker.case);
            for attempt in 0..2 {
                self.told += 1;
                let number = self.subject.first_anew() + self.told;
                let made = Arc::new(anew(self.context, &case, number).unwrap_or_else(|| case.clone()));
                let judged = self.context.execute(made).await;
                self.spend(judged.requests);
                if let Some(made) = relearn(&judged.learned, &maker.made) {
                    let names = subject.path.iter().map(|(name, _)| name.clone());
                    let path = names.zip(made.values.iter().cloned()).collect();
                    let known = self.context.links.resources.get(made.resource);
                    let place = known
                        .zip(judged.response())
                        .and_then(|(resource, response)| place_of(resource, response, made));
                    let maker = Maker { case: Arc::clone(&judged.case), made: made.clone(), place };
                    return Some(Around { path, maker: Some(Arc::new(maker)) });
                }
                if attempt > 0 || !matches!(judged.status(), Some(404 | 410)) {
                    return None;
                }
                let around = self.made_around(&case, depth + 1).await?;
                case = within(self.context, &case, &around)?;
            }
            None
        })
    }

    /// A story in which a thing is made twice, or whose thing is there already, about another thing each time it is told.
    fn made_anew(&mut self, story: &Story) -> Story {
        let mut story = story.clone();
        if !self.is_refused && !story.steps.iter().any(|step| step.role == Role::Again) {
            return story;
        }
        self.told += 1;
        let Some((first, rest)) = story.steps.split_first_mut() else { return story };
        if let Some(case) = self.around.as_ref().and_then(|around| within(self.context, &first.case, around))
        {
            first.case = case;
        }
        if let Some(case) = anew(self.context, &first.case, self.subject.first_anew() + self.told) {
            first.case = case;
        }
        let values = &first.case.values;
        for step in rest.iter_mut().filter(|step| step.role == Role::Again) {
            let case = &mut step.case;
            if let Some(sent) = self.context.factory.build(&case.operation, &case.intent, values) {
                (case.values, case.sent) = (values.clone(), sent);
            }
        }
        story
    }

    fn is_spent(&self) -> bool {
        self.budget == 0 || self.start.elapsed() > self.context.settings.shrink.time
    }

    /// Leaves out every step that the failure does not need.
    async fn fewer_steps(&mut self, story: &mut Story, best: &mut Arc<Judged>) {
        self.refusal_only(story, best).await;
        // What only looks on is rarely needed: most of it goes at once.
        let last = story.steps.len().saturating_sub(1);
        let looks_on = |role| {
            matches!(
                role,
                Role::List
                    | Role::ListBy(_)
                    | Role::ListMade
                    | Role::ListOn
                    | Role::ListAsOther
                    | Role::WriteAsOther
                    | Role::ListAfter
                    | Role::ListBefore
                    | Role::ListUnmade
            )
        };
        // Often nothing matters but that it was made, or made and removed, as the readings of it show.
        let is_removal = |role| role == Role::Remove;
        let is_shown = |role| matches!(role, Role::Read | Role::Remove);
        let ways: [&dyn Fn(Role) -> bool; 4] = [&|_| false, &is_removal, &is_shown, &|role| !looks_on(role)];
        for is_needed in ways {
            let is_kept = |at: usize, step: &Step| {
                at == 0 || at == last || is_needed(step.role) || fills_a_list(story, step)
            };
            let steps = story.steps.iter().enumerate().filter(|(at, step)| is_kept(*at, step));
            let bare = Story { steps: steps.map(|(_, step)| step.clone()).collect(), ..story.clone() };
            if bare.steps.len() + 1 < story.steps.len()
                && let Some(judged) = self.tell(&bare).await
            {
                (*story, *best) = (bare, judged);
                break;
            }
        }
        let mut at = story.steps.len().saturating_sub(1);
        while at > 1 {
            at -= 1;
            if self.is_spent() {
                return;
            }
            if fills_a_list(story, &story.steps[at]) {
                continue;
            }
            let mut shorter = story.clone();
            shorter.steps.remove(at);
            if let Some(judged) = self.tell(&shorter).await {
                (*story, *best) = (shorter, judged);
            }
        }
    }

    /// Leaves out what is neither the making of a thing, the first reading of it, nor right around what was refused.
    async fn refusal_only(&mut self, story: &mut Story, best: &mut Arc<Judged>) {
        let last = story.steps.len().saturating_sub(1);
        let refused = last.checked_sub(1).map(|at| story.steps[at].role);
        if !matches!(refused, Some(Role::ChangeInvalid | Role::MakeInvalid)) || last < 5 {
            return;
        }
        let steps = story.steps.iter().enumerate().filter(|(at, _)| *at < 2 || at + 2 >= last);
        let bare = Story { steps: steps.map(|(_, step)| step.clone()).collect(), ..story.clone() };
        if let Some(judged) = self.tell(&bare).await {
            (*story, *best) = (bare, judged);
        }
    }

    /// Cuts the values of each step down, those of the last first.
    async fn smaller_steps(&mut self, story: &mut Story, best: &mut Arc<Judged>) {
        for at in (0..story.steps.len()).rev() {
            // What is made once more is what was made, and where it is its making says.
            if matches!(story.steps[at].role, Role::Again | Role::Follow) {
                continue;
            }
            'smaller: loop {
                let values = story.steps[at].case.values.clone();
                for simpler in simplifications(&values).filter(|simpler| simpler.path == values.path) {
                    if self.is_spent() {
                        return;
                    }
                    let mut smaller = story.clone();
                    let case = &mut smaller.steps[at].case;
                    let built = self.context.factory.build(&case.operation, &case.intent, &simpler);
                    let Some(sent) = built else { continue };
                    let promised = promises(&case.sent);
                    let kept = promises(&sent);
                    if !kept.is_subset(&promised) || kept.is_empty() != promised.is_empty() {
                        continue;
                    }
                    (case.values, case.sent) = (simpler, sent);
                    if let Some(judged) = self.tell(&smaller).await {
                        (*story, *best) = (smaller, judged);
                        continue 'smaller;
                    }
                }
                break;
            }
        }
    }
}

/// Whether a step makes more for a list that has parts. Where it was told often there are enough without it, and where
/// it is replayed there are not.
fn fills_a_list(story: &Story, step: &Step) -> bool {
    let is_of_parts = story.steps.last().is_some_and(|last| last.role == Role::ListOn);
    is_of_parts && step.role == Role::Other && step.case.index == story.steps[0].case.index
}

/// A request about what is within another thing.
fn within(context: &Context, case: &Case, around: &Around) -> Option<Case> {
    let mut values = case.values.clone();
    around.put_into(&mut values);
    let sent = context.factory.build(&case.operation, &case.intent, &values)?;
    Some(Case { values, sent, subject: Some(around.clone()), ..case.clone() })
}
