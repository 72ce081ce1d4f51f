//! Making a failure's story smaller while the same failure recurs: fewer steps first, then smaller steps.

use std::sync::Arc;
use std::time::Instant;

use super::shrink::{FIRST_ANEW, Shrunk, Subject, anew, promises};
use super::story::Discerning;
use super::{Context, Judged};
use crate::case::{Case, simplifications};
use crate::failure::Flakiness;
use crate::phase::{Role, Step, Story, absent};
use crate::plan::Plan;

/// How often a story is told before its failure is taken not to recur: what is made anew is not quite the same.
const MAX_ATTEMPTS: u32 = 3;

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
        let (smallest, requests) = (Arc::clone(&subject.first), search.requests);
        return Shrunk { smallest, flakiness: Flakiness::Flaky, requests };
    };
    let mut story = story;
    search.fewer_steps(&mut story, &mut best).await;
    search.smaller_steps(&mut story, &mut best).await;
    Shrunk { smallest: best, flakiness: Flakiness::Recurs, requests: search.requests }
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
    start: Instant,
}

impl Search<'_> {
    /// The last step, where it fails the same way.
    async fn tell(&mut self, story: &Story) -> Option<Arc<Judged>> {
        let (factory, seed) = (&self.context.factory, self.context.settings.seed);
        let absent = |read: &Case| absent(factory, self.plan, seed, read);
        let told = self.context.tell(&Arc::new(self.made_anew(story)), &mut self.discerning, absent).await;
        let sent = told.steps.iter().map(|step| step.requests).sum::<u64>() + told.requests;
        self.requests += sent;
        self.budget = self.budget.saturating_sub(u32::try_from(sent).unwrap_or(u32::MAX));
        let last = told.steps.into_iter().last()?;
        let is_last = last.told.as_ref().is_some_and(|told| told.at + 1 == story.steps.len());
        let recurs = is_last && last.failure(self.subject.check, &self.subject.kind).is_some();
        recurs.then_some(last)
    }

    /// A story in which a thing is made twice, about another thing each time it is told: what was there twice before
    /// is there already.
    fn made_anew(&mut self, story: &Story) -> Story {
        let mut story = story.clone();
        if !story.steps.iter().any(|step| step.role == Role::Again) {
            return story;
        }
        self.told += 1;
        let Some((first, rest)) = story.steps.split_first_mut() else { return story };
        if let Some(case) = anew(self.context, &first.case, FIRST_ANEW + self.told) {
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
        // What only looks on is rarely needed: most of it goes at once.
        let last = story.steps.len().saturating_sub(1);
        let looks_on = |role| {
            matches!(
                role,
                Role::List | Role::ListOn | Role::ListAsOther | Role::WriteAsOther | Role::ListAfter
            )
        };
        // Often nothing matters but that it was made, or made and removed, as the readings of it show.
        let is_removal = |role| role == Role::Remove;
        let is_shown = |role| matches!(role, Role::Read | Role::Remove);
        let ways: [&dyn Fn(Role) -> bool; 4] = [&|_| false, &is_removal, &is_shown, &|role| !looks_on(role)];
        for is_needed in ways {
            let is_kept = |at: usize, step: &Step| at == 0 || at == last || is_needed(step.role);
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
            let mut shorter = story.clone();
            shorter.steps.remove(at);
            if let Some(judged) = self.tell(&shorter).await {
                (*story, *best) = (shorter, judged);
            }
        }
    }

    /// Cuts the values of each step down, those of the last first.
    async fn smaller_steps(&mut self, story: &mut Story, best: &mut Arc<Judged>) {
        for at in (0..story.steps.len()).rev() {
            // What is made once more is what was made.
            if story.steps[at].role == Role::Again {
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
