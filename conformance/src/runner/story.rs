//! Telling a story: its steps sent one after the other, each about what the first one made.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_openapi::Request;
use counterfoil_openapi::validate::Reading;
use http::Method;
use http::header::ETAG;
use serde_json::Value;

use super::{Context, Judged};
use crate::case::{Case, Factory, Intent, Probe, Sent};
use crate::check::{Expectation, Missing};
use crate::phase::{Role, Step, Story, is_comparable, likeness};
use crate::resource::{
    About, Certainty, Learned, Source, Subject, cursor, filters, listing, location, relearn,
};

/// The most pages of a list that are looked through for one thing.
const MAX_PAGES: usize = 8;

/// How late a thing may come into the list that it was made in: search engines take a second.
const MAX_LATE: Duration = Duration::from_millis(1_500);

/// What was told of a story up to one of its steps.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) story: Arc<Story>,
    /// The step's place in the story.
    pub(crate) at: usize,
    /// The steps before it, as they were sent.
    pub(crate) before: Vec<Arc<Judged>>,
}

/// Which readers were seen to answer 404 to what never was, by their place in the plan.
pub(crate) type Discerning = HashMap<usize, bool>;

/// A story as it went.
#[derive(Debug, Default)]
pub(crate) struct Telling {
    /// Steps that could be sent.
    pub(crate) steps: Vec<Arc<Judged>>,
    /// Requests sent beside them, for things that never were.
    pub(crate) requests: u64,
    /// How often a list was given time.
    pub(crate) waits: u32,
}

/// What is known of the resource while its story is told.
struct Plot {
    made: Learned,
    values: counterfoil_openapi::codec::RequestValues,
    /// The path of the operation that made it.
    path: counterfoil_openapi::PathTemplate,
    /// Whether nothing was sent since it was made that could have changed it.
    is_untouched: bool,
    /// Whether the reply that made it promises that it is there.
    is_promised: bool,
    /// The last reading of it, where that was a good one.
    read: Option<Arc<Judged>>,
    /// Whether nothing was sent since that which could have changed it.
    is_as_read: bool,
    is_removed: bool,
    /// Whether what the document refuses was not refused, so that nobody knows what it is now.
    is_spoilt: bool,
    /// Whether another one was just refused.
    is_unmade: bool,
    /// Whether it was read after that, and not found.
    is_gone: bool,
    /// Whether somebody else was refused it.
    is_refused: bool,
    /// Whether the server was seen to tell what is there from what is not.
    is_discerning: bool,
    /// Whether there is only one of it, and it was seen to be kept as it was sent.
    is_kept: bool,
    /// What readings of it showed as it was sent.
    shown: Vec<(String, Value)>,
}

impl Context {
    /// Tells a story to its end, or to where nothing was made. `absent` makes requests for things that never were.
    pub(crate) async fn tell(
        &self,
        story: &Arc<Story>,
        discerning: &mut Discerning,
        absent: impl Fn(&Case) -> Vec<Case>,
    ) -> Telling {
        let mut telling = Telling::default();
        let mut plot: Option<Plot> = None;
        for (at, step) in story.steps.iter().enumerate() {
            let case = match &plot {
                None => step.case.clone(),
                Some(plot) if step.role == Role::Follow => match self.following(step, plot, &telling) {
                    Some(case) => case,
                    None => continue,
                },
                Some(plot) => {
                    let told = plot.told(step).and_then(|case| self.about(&case, story.resource, plot));
                    match told {
                        Some(case) => case,
                        None => continue,
                    }
                }
            };
            let case = match step.role {
                Role::ListOn => match self.going_on(case, &telling) {
                    Some(case) => case,
                    None => continue,
                },
                Role::ListBy(number) => match self.filtering(case, number, &telling) {
                    Some(case) => case,
                    None => continue,
                },
                _ => case,
            };
            // Nobody tries the locks of what stands open.
            let is_idle = |plot: &Plot| match step.role {
                Role::ListAsOther | Role::WriteAsOther => !plot.is_refused || plot.read.is_none(),
                Role::ListAfter => !plot.is_gone,
                Role::ListUnmade => !plot.is_unmade,
                Role::ChangeAfter | Role::Below => !plot.is_gone || plot.read.is_none(),
                _ => false,
            };
            let is_spoilt = |plot: &Plot| plot.is_spoilt && step.role != Role::Remove;
            if plot.as_ref().is_some_and(|plot| is_idle(plot) || is_spoilt(plot)) {
                continue;
            }
            let needs_discernment = |plot: &Plot| match step.role {
                Role::Read => true,
                Role::ReadAsOther => plot.read.is_some() && !plot.is_removed,
                Role::Below => true,
                _ => false,
            };
            if plot.as_ref().is_some_and(needs_discernment) && !discerning.contains_key(&case.index) {
                let mut is_discerning = false;
                for case in absent(&case) {
                    let judged = self.execute(Arc::new(case)).await;
                    telling.requests += judged.requests;
                    is_discerning |= matches!(judged.status(), Some(404 | 410));
                }
                discerning.insert(case.index, is_discerning);
            }
            let is_discerning = discerning.get(&case.index).copied().unwrap_or_default()
                || plot.as_ref().is_some_and(|plot| plot.is_kept);
            let expectation = plot.as_ref().and_then(|plot| plot.expectation(step, is_discerning));
            let before = plot.as_ref().and_then(|plot| plot.read.clone());
            let earlier = telling.steps.iter().filter_map(|step| step.answered()).collect();
            let mut judged =
                self.execute_expecting(Arc::new(case), expectation, before.as_deref(), earlier).await;
            judged.told =
                Some(Arc::new(Told { story: Arc::clone(story), at, before: telling.steps.clone() }));
            let judged = Arc::new(judged);
            telling.steps.push(Arc::clone(&judged));
            let is_whole_story = plot.as_ref().is_some_and(|plot| plot.is_promised && plot.is_as_read);
            if step.role == Role::ListMade && is_whole_story && expectation.is_some() {
                self.list_again(&mut telling, &judged, before.as_deref()).await;
            }
            if matches!(step.role, Role::ListAsOther | Role::ListAfter | Role::ListBefore | Role::ListUnmade)
            {
                self.turn_pages(&mut telling, &judged, before.as_deref()).await;
            }
            match &mut plot {
                Some(plot) => plot.go_on(step, &judged, is_discerning),
                None => match self.plot(story, &judged) {
                    Some(made) => plot = Some(made),
                    None => break,
                },
            }
        }
        telling
    }

    /// A case that asks for what was just read where the `Location` of its making says that it is, if that is elsewhere.
    fn following(&self, step: &Step, plot: &Plot, telling: &Telling) -> Option<Case> {
        let is_known = plot.is_discerning && plot.is_as_read && plot.is_untouched;
        let read = plot.read.as_ref().filter(|_| is_known)?;
        let (maker, location) = location::told(telling.steps.first()?.answered()?)?;
        let request = &read.case.sent.request;
        let target = location::elsewhere(&self.target.base_url, maker, &location, request)?;
        let request = Request { target, ..request.clone() };
        let is_named = read.case.operation.path().as_str().ends_with('}');
        let may_read = |request: &Request| self.factory.may_read(request);
        if !is_named || !may_read(&read.case.sent.request) || !may_read(&request) {
            return None;
        }
        let sent = Sent { request, reading: Reading::default(), fixed: None };
        Some(Case { sent, ..step.case.clone() })
    }

    /// A case that asks for the second part of a list, with the cursor that the first part told, where it takes one.
    fn going_on(&self, case: Case, telling: &Telling) -> Option<Case> {
        let asked = cursor::parameter(&case.operation).filter(|asked| {
            case.values.query.contains_key(&asked.name) && listing::is_by_cursor(&case.operation)
        });
        let Some(asked) = asked else { return Some(case) };
        // Both parts at once came again after the first one.
        let first = telling.steps.iter().rev().nth(1)?.response()?;
        let body: Value = serde_json::from_slice(&first.body).ok()?;
        let mut values = case.values.clone();
        values.query.insert(asked.name.clone(), Value::from(cursor::next(&body)?));
        let sent = self.factory.build(&case.operation, &case.intent, &values)?;
        Some(Case { values, sent, ..case })
    }

    /// Asks for a list once more, after a while, where it does not have what was made: it may only be late.
    async fn list_again(&self, telling: &mut Telling, listed: &Arc<Judged>, read: Option<&Judged>) {
        if missing(&telling.steps, read, listed).is_none_or(|missing| missing.like().is_none()) {
            return;
        }
        telling.waits += 1;
        tokio::time::sleep(MAX_LATE).await;
        let earlier = telling.steps.iter().filter_map(|step| step.answered()).collect();
        let (case, expectation) = (Arc::clone(&listed.case), Some(Expectation::Enlisted));
        let mut judged = self.execute_expecting(case, expectation, read, earlier).await;
        judged.told = listed.told.as_ref().map(|told| {
            Arc::new(Told { story: Arc::clone(&told.story), at: told.at, before: telling.steps.clone() })
        });
        telling.steps.push(Arc::new(judged));
    }

    /// A case that asks for what some items of the list before it have.
    fn filtering(&self, case: Case, number: usize, telling: &Telling) -> Option<Case> {
        let before = telling.steps.last().filter(|before| before.case.sent.wire() == case.sent.wire())?;
        let body: Value = serde_json::from_slice(&before.response()?.body).ok()?;
        let mut values = case.values.clone();
        values.query.extend(filters::query(&case.operation, listing::items(&body)?, number)?);
        let sent = self.factory.build(&case.operation, &case.intent, &values)?;
        Some(Case { values, sent, ..case })
    }

    /// Asks for the pages of a list that follow one, where what is looked for may be on them: the last one, where the
    /// list tells how many items there are, or else one after the other. What else is wrong with a page ends nothing.
    async fn turn_pages(&self, telling: &mut Telling, first: &Arc<Judged>, before: Option<&Judged>) {
        let mut page = Arc::clone(first);
        for number in 2..MAX_PAGES + 2 {
            let looking = page.expectation.and_then(Expectation::looked_for_by);
            let is_found = page.failures().any(|(check, _)| Some(check.name()) == looking);
            let Some(response) = page.response().filter(|_| !is_found) else { return };
            let case = &page.case;
            let Some(values) = listing::next_page(&case.operation, &case.values, response) else { return };
            let Some(sent) = self.factory.build(&case.operation, &case.intent, &values) else { return };
            let id = format!("{}, page {number}", first.case.id);
            let case = Case { id, values, sent, ..Case::clone(case) };
            let earlier = telling.steps.iter().filter_map(|step| step.answered()).collect();
            let mut judged = self.execute_expecting(Arc::new(case), first.expectation, before, earlier).await;
            judged.told = first.told.as_ref().map(|told| {
                Arc::new(Told { story: Arc::clone(&told.story), at: told.at, before: telling.steps.clone() })
            });
            page = Arc::new(judged);
            telling.steps.push(Arc::clone(&page));
        }
    }

    /// What the first step made, where it made anything.
    fn plot(&self, story: &Story, judged: &Judged) -> Option<Plot> {
        let case = &judged.case;
        let status = judged.status().filter(|status| (200..300).contains(status))?;
        let of_resource = |learned: &&Learned| learned.resource == story.resource;
        let made = match &story.earlier {
            Some(earlier) => relearn(&judged.learned, earlier),
            None => judged.learned.iter().find(of_resource),
        };
        let is_single = story.resource >= self.links.resources.len();
        let made = match made {
            Some(made) => made.clone(),
            None if is_single => Learned {
                resource: story.resource,
                values: Vec::new(),
                source: Source::Request,
                certainty: Certainty::Likely,
            },
            None => return None,
        };
        // What was only found may be gone when it is read.
        let is_found = *case.operation.method() == Method::GET;
        let is_sure = made.certainty == Certainty::Certain && status != 202 && !is_found;
        Some(Plot {
            is_promised: is_sure,
            made,
            values: case.values.clone(),
            path: case.operation.path().clone(),
            is_untouched: true,
            read: None,
            is_as_read: false,
            is_removed: false,
            is_spoilt: false,
            is_unmade: false,
            is_gone: false,
            is_refused: false,
            is_discerning: false,
            is_kept: false,
            shown: Vec::new(),
        })
    }

    /// A case with the resource in its path.
    fn about(&self, case: &Case, resource: usize, plot: &Plot) -> Option<Case> {
        let made = &plot.made;
        let mut about = case.clone();
        let is_along = self.links.operations.get(case.index)?.along.contains(&resource);
        // A list has what is around the resource in its path, and not the resource itself.
        let count = if is_along { made.values.len() } else { made.values.len().saturating_sub(1) };
        let variables = case.operation.path().variables().map(str::to_owned);
        let path = match *case.operation.path() == plot.path {
            // Its list is where it was made, whatever its own path is.
            true if !is_along => plot.values.path.clone().into_iter().collect(),
            _ => variables.zip(made.values.iter().take(count).cloned()).collect(),
        };
        // What is sent to one thing does not say that it is another.
        Subject { path, maker: None }.put_into(&mut about.values);
        about.subject = None;
        about.sent = self.factory.build(&case.operation, &case.intent, &about.values)?;
        // Where the user fixed what the path names, nothing can be asked of what was made.
        let sent = about.sent.about(About { values: about.values.clone(), subject: None }).values;
        (sent.path == about.values.path).then_some(Case { values: sent, ..about })
    }
}

impl Plot {
    /// The case of a step, with what the story told of it so far; nothing where that is not enough for it.
    fn told<'s>(&self, step: &'s Step) -> Option<Cow<'s, Case>> {
        if step.role != Role::Revalidate {
            return Some(Cow::Borrowed(&step.case));
        }
        let tag = self.read.as_ref()?.response()?.headers.get(ETAG)?.to_str().ok()?.to_owned();
        let intent = Intent::Probe(Probe::KnownTag { tag });
        Some(Cow::Owned(Case { intent, ..step.case.clone() }))
    }

    /// What the story so far promises of the answer to a step.
    fn expectation(&self, step: &Step, is_discerning: bool) -> Option<Expectation> {
        match step.role {
            Role::Read if self.is_removed && self.read.is_some() && is_discerning => Some(Expectation::Gone),
            Role::Read
                if self.is_promised
                    && self.is_untouched
                    && is_comparable(&step.case.values, &self.values) =>
            {
                Some(if is_discerning { Expectation::Made } else { Expectation::There })
            }
            Role::Read
                if self.read.is_some()
                    && !self.is_removed
                    && is_discerning
                    && is_comparable(&step.case.values, &self.values) =>
            {
                Some(Expectation::Changed)
            }
            Role::Other
                if self.read.is_some()
                    && !self.is_removed
                    && self.is_discerning
                    && *step.case.operation.method() == Method::POST =>
            {
                Some(Expectation::Placed)
            }
            Role::Revalidate if self.is_as_read && self.is_discerning => Some(Expectation::Unmodified),
            Role::WriteStale if self.is_as_read && self.is_discerning => Some(Expectation::Unmatched),
            Role::List | Role::ListBy(_) | Role::ListMade if self.read.is_some() && self.is_discerning => {
                Some(Expectation::Listed)
            }
            Role::ListOn if self.read.is_some() && self.is_discerning => Some(Expectation::Continued),
            Role::ListUnmade if self.read.is_some() && self.is_discerning => Some(Expectation::Unmade),
            Role::ListAfter if self.read.is_some() && self.is_gone => Some(Expectation::Unlisted),
            Role::ChangeAfter if self.read.is_some() && self.is_gone => Some(Expectation::Absent),
            Role::Below if self.read.is_some() && self.is_gone && is_discerning => Some(Expectation::Absent),
            Role::ListAsOther if self.is_refused && self.is_discerning => Some(Expectation::Undisclosed),
            Role::WriteAsOther if self.is_refused && self.is_discerning => Some(Expectation::Protected),
            Role::ReadAsOther if self.read.is_some() && !self.is_removed && is_discerning => {
                Some(Expectation::Hidden)
            }
            _ => None,
        }
    }

    fn go_on(&mut self, step: &Step, judged: &Arc<Judged>, is_discerning: bool) {
        let is_good = judged.status().is_some_and(|status| (200..300).contains(&status));
        let is_safe = matches!(judged.case.sent.request.method, Method::GET | Method::HEAD);
        self.is_discerning |= step.role == Role::Read && is_discerning;
        self.is_as_read &= is_safe;
        match step.role {
            Role::Read if self.made.values.is_empty() => {
                // One value may be that of an example; two one after the other are kept.
                for (name, value) in shown(&self.values, judged).filter(|_| is_good) {
                    self.is_kept |= self.shown.iter().any(|(known, old)| *known == name && *old != value);
                    self.shown.push((name, value));
                }
                self.read = is_good.then(|| Arc::clone(judged));
                self.is_as_read = is_good;
            }
            Role::Read if !self.is_removed => {
                self.read = is_good.then(|| Arc::clone(judged));
                self.is_as_read = is_good;
            }
            Role::Read => self.is_gone = is_discerning && matches!(judged.status(), Some(404 | 410)),
            Role::ReadAsOther => self.is_refused = matches!(judged.status(), Some(403 | 404 | 410)),
            Role::Remove => {
                self.is_untouched = false;
                self.is_removed |= is_good && judged.status() != Some(202);
            }
            Role::MakeInvalid => {
                self.is_untouched = false;
                self.is_unmade = matches!(judged.status(), Some(400 | 422));
            }
            Role::ChangeInvalid => {
                self.is_untouched = false;
                self.is_spoilt = !matches!(judged.status(), Some(400..=499));
            }
            Role::WriteAsOther | Role::WriteStale if is_good => {
                self.is_untouched = false;
                // Whatever it did, the next reading has to show it.
                self.read = None;
            }
            // Some bring back what is gone, as they say.
            Role::Below if is_good => (self.is_removed, self.is_gone) = (false, false),
            Role::Other | Role::Again | Role::ChangeAfter if !is_safe => {
                self.is_untouched = false;
                if self.made.values.is_empty() && is_good {
                    self.values = judged.case.values.clone();
                }
                // It may have been made again, whatever the answer says.
                (self.is_removed, self.is_gone) = (false, false);
                if step.role == Role::Again && is_good {
                    // There may be two of it now, and one of them is left when the other goes.
                    self.read = None;
                }
            }
            _ => {}
        }
    }
}

/// What was made, was read, and is missing in its list.
fn missing(steps: &[Arc<Judged>], read: Option<&Judged>, listed: &Judged) -> Option<Missing> {
    let case = &listed.case;
    let limit = listing::asked(&case.operation, &case.values);
    let story: Vec<_> = steps.iter().filter_map(|step| step.answered()).collect();
    Missing::of(&case.operation, &story, read?.answered()?, listed.answered()?, limit)
}

/// The story of another thing, which is made like one that the list shows in which what a story made is missing.
pub(crate) fn like_another(factory: &Factory, telling: &Telling) -> Option<Story> {
    let place = telling.steps.iter().position(|step| {
        let role = step.told.as_ref().map(|told| told.story.steps[told.at].role);
        role == Some(Role::ListMade) && step.expectation == Some(Expectation::Listed)
    })?;
    let listed = &telling.steps[place];
    let read = telling.steps.get(place.checked_sub(1)?);
    let missing = missing(&telling.steps[..place], read.map(AsRef::as_ref), listed)?;
    likeness(factory, &listed.told.as_ref()?.story, &missing)
}

/// The shortest text or number that nobody shows by chance.
const MIN_TELLING: usize = 4;

/// What a reading shows as it was sent, and that says enough to be no accident.
fn shown(
    sent: &counterfoil_openapi::codec::RequestValues,
    reading: &Judged,
) -> impl Iterator<Item = (String, Value)> {
    let sent = sent.body.as_ref().and_then(|body| body.payload.as_value()?.as_object());
    let shown: Option<Value> =
        reading.response().and_then(|response| serde_json::from_slice(&response.body).ok());
    let is_telling = |value: &Value| match value {
        Value::String(text) => {
            text.chars().filter(|character| character.is_alphanumeric()).count() >= MIN_TELLING
        }
        Value::Number(number) => number.to_string().len() >= MIN_TELLING,
        _ => false,
    };
    let is_as_sent = |(name, value): &(&String, &Value)| {
        is_telling(value) && shown.as_ref().is_some_and(|shown| shown.get(*name) == Some(*value))
    };
    let found = sent.into_iter().flatten().filter(is_as_sent);
    let found: Vec<_> = found.map(|(name, value)| (name.clone(), value.clone())).collect();
    found.into_iter()
}

/// The story of a case about a resource that the suite made: that is made anew, then the case is sent.
pub(crate) fn story_of(case: &Case) -> Option<Story> {
    let maker = case.subject.as_ref()?.maker.as_ref()?;
    let is_probe = matches!(case.intent, Intent::Probe(Probe::UndeclaredMethod { .. }));
    let steps = vec![
        Step { role: Role::Make, case: Case::clone(&maker.case) },
        Step { role: Role::Other, case: case.clone() },
    ];
    (!is_probe).then(|| Story { resource: maker.made.resource, earlier: Some(maker.made.clone()), steps })
}
