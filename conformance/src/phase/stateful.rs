//! The stateful phase: stories of a resource that is made, read, changed, listed and removed.
//!
//! A story is planned from the seed alone. What the first step's reply tells of the resource it made is put into the
//! steps after it when they are sent.

use counterfoil_openapi::codec::RequestValues;
use counterfoil_openapi::generate::Seed;
use counterfoil_openapi::{Location, Operation};
use http::Method;

use super::draw;
use super::forged::forged;
use super::{partial, refused};
use crate::case::{Case, Factory, Intent, Origin, Probe, is_guarded, is_revalidated};
use crate::event::Phase;
use crate::plan::{LAST_TURN, OperationPlan, Plan};
use crate::resource::{About, Known, Learned};

/// The most steps between the first reading of a resource and its removal.
const MAX_CHANGES: usize = 4;
/// The most stories of one kind of resource.
const MAX_STORIES: u64 = 40;
/// How many things that are not there are asked for, to see that a server tells them from those that are.
const MAX_ABSENT: u64 = 4;
/// One story for so many fuzzing cases.
const CASES_A_STORY: u64 = 10;

/// In how many of the first stories somebody else tries to change what is none of theirs.
const MAX_INTRUSIONS: u64 = 4;
/// In how many stories after the first one it is changed by what the document refuses.
const MAX_REFUSED: u64 = 8;
/// In how many stories after the first one another one is made by what the document refuses.
const MAX_UNMADE: u64 = 3;
/// In how many of the first stories it is looked for where its `Location` says.
const MAX_FOLLOWED: u64 = 4;
/// One story in so many goes through the parts of a list.
const STORIES_A_PART: u64 = 4;
/// How many more are made where a list is of what is below another.
const MAX_FILL: usize = 2;

/// Steps about one resource, the first of which makes it.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    /// The resource's place among all.
    pub(crate) resource: usize,
    /// What an earlier telling of the story learnt of the resource.
    pub(crate) earlier: Option<Learned>,
    pub(crate) steps: Vec<Step>,
}

/// One request of a story; its path names the resource only when it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) role: Role,
    pub(crate) case: Case,
}

/// What a step does to the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Make,
    /// Makes it with what only the server sets.
    Forge,
    /// Asks for the resource and nothing else; whether that says that it exists depends on nothing but its path.
    Read,
    /// Asks for it where the `Location` of its making says that it is.
    Follow,
    /// Asks for it as somebody else.
    ReadAsOther,
    /// Asks for the list that it may be in as somebody else, who was refused it.
    ListAsOther,
    /// Changes or removes it as somebody else, who was refused it.
    WriteAsOther,
    /// Asks for the resource unless it has the tag that it just had.
    Revalidate,
    /// Changes or removes it under a condition that does not hold.
    WriteStale,
    /// Asks for a list that it may be in.
    List,
    /// Asks for a list by what items of the one before it have; which of them, by a number.
    ListBy(usize),
    /// Asks for the list that it was made in, and once more after a while where it is not there.
    ListMade,
    /// Asks for the second part of a list, after both at once, the first one, and both at once again.
    ListOn,
    /// Asks for the list that it was in, when it is gone.
    ListAfter,
    Remove,
    /// Changes it when it is gone.
    ChangeAfter,
    /// Makes something below it, or asks for what is there, when it is gone.
    Below,
    /// Makes it once more, by the same request.
    Again,
    /// Changes it by what the document refuses.
    ChangeInvalid,
    /// Makes another one by what the document refuses.
    MakeInvalid,
    /// Asks for the list in which that would be, before it.
    ListBefore,
    /// The same after it.
    ListUnmade,
    /// Anything else.
    Other,
}

/// Who takes part in the stories of a resource.
#[derive(Debug)]
pub(crate) struct Cast<'p> {
    pub(super) resource: usize,
    pub(super) makers: Vec<&'p OperationPlan>,
    pub(super) reader: Option<&'p OperationPlan>,
    pub(super) remover: Option<&'p OperationPlan>,
    pub(super) lister: Option<&'p OperationPlan>,
    /// What changes it as a whole or in part.
    pub(super) updater: Option<&'p OperationPlan>,
    pub(super) others: Vec<&'p OperationPlan>,
    /// What makes or lists things below it.
    pub(super) below: Vec<&'p OperationPlan>,
}

impl<'p> Cast<'p> {
    /// The cast of each resource that something makes, in the order in which operations are tested.
    ///
    /// Operations that are left out take no part.
    pub(crate) fn all(plan: &'p Plan, is_left_out: impl Fn(usize) -> bool) -> Vec<Self> {
        let resources = 0..plan.links.resources.len();
        let mut casts: Vec<Self> = resources.map(|resource| Self::of(plan, resource, &is_left_out)).collect();
        casts.retain(|cast| {
            !cast.makers.is_empty()
                && (cast.reader.is_some() || cast.remover.is_some() || !cast.others.is_empty())
        });
        casts.extend(Self::singles(plan, &is_left_out));
        let place = |index: usize| plan.order.iter().position(|known| *known == index);
        casts.sort_by_key(|cast| cast.makers.first().and_then(|maker| place(maker.index)));
        casts
    }

    fn of(plan: &'p Plan, resource: usize, is_left_out: &dyn Fn(usize) -> bool) -> Self {
        let (reader, remover, lister, updater) = (None, None, None, None);
        let (makers, others, below) = (Vec::new(), Vec::new(), Vec::new());
        let mut cast = Self { resource, makers, reader, remover, lister, updater, others, below };
        let variables = plan.links.resources[resource].variables;
        let (mut puts, mut lists) = (Vec::new(), Vec::new());
        for index in plan.order.iter().filter(|index| !is_left_out(**index)) {
            let operation = plan.operations[*index].as_ref();
            let links = &plan.links.operations[*index];
            let is_item = links.item == Some(resource);
            let method = operation.operation.method();
            if *method == Method::GET && !is_item {
                lists.push(operation);
            }
            let tells = links.tells.iter().find(|tells| tells.resource == resource);
            if tells.is_some() && *method == Method::POST {
                cast.makers.push(operation);
            } else if tells.is_some_and(|tells| tells.is_collection) && *method == Method::GET {
                cast.lister.get_or_insert(operation);
                cast.others.push(operation);
            } else if is_item && *method == Method::GET {
                cast.reader.get_or_insert(operation);
            } else if is_item && *method == Method::DELETE {
                cast.remover.get_or_insert(operation);
            } else if links.along.contains(&resource) && *method != Method::DELETE {
                if is_item && *method == Method::PUT {
                    puts.push(operation);
                }
                if is_item && matches!(*method, Method::PUT | Method::PATCH) {
                    cast.updater.get_or_insert(operation);
                }
                let is_below = !is_item
                    && matches!(*method, Method::GET | Method::POST)
                    && operation.operation.path().variables().count() == variables;
                if is_below {
                    cast.below.push(operation);
                }
                cast.others.push(operation);
            }
        }
        // What no client makes, as a history, may outlive what it is of.
        let path = |plan: &OperationPlan| plan.operation.path().clone();
        let is_made = |plan: &&OperationPlan| *plan.operation.method() == Method::POST;
        let made: Vec<_> = cast.below.iter().copied().filter(is_made).map(path).collect();
        cast.below.retain(|plan| made.contains(&path(plan)));
        // What is made in one place and read in another is listed where it is made.
        if cast.lister.is_none() && cast.reader.is_some() {
            let is_list = |list: &&OperationPlan| cast.makers.iter().any(|maker| path(maker) == path(list));
            cast.lister = lists.into_iter().find(is_list);
        }
        // However few stories there are, each change is in one.
        cast.others.sort_by_key(|plan| cast.updater.is_none_or(|updater| updater.index != plan.index));
        // What a client names itself is made by being put.
        if cast.makers.is_empty() {
            cast.makers = puts;
        }
        // What nothing makes may be there: it is found in its list, and left as it is.
        if cast.makers.is_empty() && cast.reader.is_some() {
            let (reader, resource) = (cast.reader, cast.resource);
            let found: Vec<&OperationPlan> = cast.lister.into_iter().collect();
            let (makers, lister, others, below) = (found.clone(), cast.lister, Vec::new(), Vec::new());
            cast = Self { resource, makers, reader, remover: None, lister, updater: None, others, below };
        }
        cast
    }

    /// The resource's place among all.
    pub(crate) fn resource(&self) -> usize {
        self.resource
    }

    /// The operation under whose name the stories are counted.
    pub(crate) fn head(&self) -> &'p OperationPlan {
        self.reader.or(self.remover).unwrap_or(self.makers[0])
    }

    /// When its stories are told: its place among all casts, which is the same in every part of the run.
    pub(crate) fn turn(&self, plan: &Plan) -> u64 {
        let resources = plan.links.resources.len() as u64;
        let maker =
            self.makers.first().map_or((LAST_TURN - 1) / resources.max(1), |maker| plan.turn(maker.index));
        maker.saturating_mul(resources).saturating_add(self.resource as u64)
    }

    /// How many stories a budget of fuzzing cases allows.
    pub(crate) fn count(max_cases: u64) -> u64 {
        (max_cases / CASES_A_STORY).clamp(u64::from(max_cases > 0), MAX_STORIES)
    }
}

/// What stories are made with.
pub(crate) struct Author<'a> {
    pub(crate) factory: &'a Factory,
    pub(crate) plan: &'a Plan,
    /// What is known when an operation is about to be sent.
    pub(crate) known: &'a dyn Fn(&OperationPlan) -> Known,
    pub(crate) seed: u64,
    pub(crate) has_other_identity: bool,
    /// Whether what the document refuses may be sent.
    pub(crate) may_break: bool,
}

impl Author<'_> {
    /// The story with a number; nothing where no valid request makes the resource.
    pub(crate) fn story(&self, cast: &Cast<'_>, number: u64) -> Option<Story> {
        if cast.is_single(self.plan) {
            return self.single(cast, number);
        }
        let shape = self.plan.links.resources[cast.resource].shape.as_str();
        let seed = Seed::derive(self.seed, &[shape, Phase::Stateful.as_str()], number);
        let mut dice = seed.as_bytes().iter().copied().map(usize::from).cycle();
        let mut roll = |sides: usize| dice.next().unwrap_or_default() % sides.max(1);
        let maker = cast.makers[usize::try_from(number).unwrap_or_default() % cast.makers.len()];
        let mut steps = Steps { author: self, number, steps: Vec::new() };
        let made = steps.add(Role::Make, maker)?;
        let read = cast.reader.and_then(|reader| Some((reader, steps.reading(reader, &made)?)));
        let say_read = |steps: &mut Steps<'_>, role| {
            if let Some((reader, values)) = &read {
                steps.push(role, reader, About { values: values.clone(), subject: None });
            }
        };
        say_read(&mut steps, Role::Read);
        let is_found = *maker.operation.method() == Method::GET;
        // What is made beside it is another one.
        let is_beside =
            number % EVERY_BESIDE == 3 && *maker.operation.method() == Method::POST && read.is_some();
        if number < MAX_FOLLOWED && read.is_some() {
            steps.push(Role::Follow, maker, About { values: made.clone(), subject: None });
        }
        let is_listed = cast.lister.is_some() && !is_found && read.is_some() && is_own_turn(cast, number);
        if let Some(lister) = cast.lister.filter(|_| is_listed) {
            // What has another one that is made later is not of an earlier time.
            if is_beside {
                steps.add(Role::Other, maker);
                say_read(&mut steps, Role::Read);
            }
            steps.whole_list(Role::ListMade, lister);
        }
        if self.has_other_identity && !is_found {
            say_read(&mut steps, Role::ReadAsOther);
            // Who was refused it: nothing is changed by a server that keeps its word.
            if read.is_some() && number < MAX_INTRUSIONS {
                if let Some(lister) = cast.lister {
                    steps.whole_list(Role::ListAsOther, lister);
                }
                for intruder in cast.updater.iter().chain(&cast.remover) {
                    steps.add(Role::WriteAsOther, intruder);
                }
            }
        }
        // The first story is the plain one.
        let changes = if number == 0 || cast.others.is_empty() { 0 } else { 1 + roll(MAX_CHANGES) };
        for change in 0..changes {
            // Each is made at least once, however few stories there are.
            let at = usize::try_from(number - 1).unwrap_or_default();
            let other =
                cast.others[if change == 0 { at % cast.others.len() } else { roll(cast.others.len()) }];
            let sent = steps.add(Role::Other, other);
            // One change at a time is what a reading can be held to.
            if change + 1 == changes || is_update(&other.operation) {
                say_read(&mut steps, Role::Read);
            }
            // What is put may be put once more.
            if let Some(values) = sent.filter(|_| change == 0 && *other.operation.method() == Method::PUT) {
                steps.push(Role::Other, other, About { values, subject: None });
                say_read(&mut steps, Role::Read);
            }
        }
        if is_beside && !is_listed {
            steps.add(Role::Other, maker);
            say_read(&mut steps, Role::Read);
        }
        // What shows no other tag after a change may show that of an example.
        if changes > 0
            && let Some((reader, _)) = &read
        {
            if is_revalidated(&reader.operation) {
                say_read(&mut steps, Role::Revalidate);
            }
            let is_guarded = |plan: &&&OperationPlan| is_guarded(&plan.operation);
            for writer in cast.updater.iter().chain(&cast.remover).filter(is_guarded) {
                steps.add(Role::WriteStale, writer);
                say_read(&mut steps, Role::Read);
            }
        }
        if let Some(lister) = cast.lister {
            steps.lists(lister);
            if number % STORIES_A_PART == 1 {
                steps.whole_list(Role::List, lister);
            }
            match number % STORIES_A_PART {
                2 => steps.defaults(lister),
                3 => steps.filters(lister),
                _ => {}
            }
            // What nothing makes may come at any time, between two parts as well.
            if number.is_multiple_of(STORIES_A_PART) && !is_found {
                // Of what is below another there are no more than the story makes.
                let is_below = lister.operation.path().variables().next().is_some();
                let fill = if is_below { MAX_FILL } else { 0 };
                for _ in 0..fill {
                    steps.add(Role::Other, maker);
                }
                steps.parts(lister);
            }
        }
        // What may be there only once is refused, and that by a refusal.
        if number.is_multiple_of(AGAIN_EVERY) && !is_found {
            let values = steps.steps.first().map(|first| first.case.values.clone())?;
            steps.push(Role::Again, maker, About { values, subject: None });
        }
        let is_partial =
            |updater: &&&OperationPlan| *updater.operation.method() == Method::PATCH && number > 0;
        if let (Some(updater), Some(_)) = (cast.updater.as_ref().filter(is_partial), &read) {
            say_read(&mut steps, Role::Read);
            for values in partial::changes(self, updater, &made, number) {
                steps.push(Role::Other, updater, About { values, subject: None });
                say_read(&mut steps, Role::Read);
            }
        }
        let lister = cast.lister.filter(|_| read.is_some() && self.may_break && !is_found);
        if let Some(lister) = lister.filter(|_| (1..=MAX_UNMADE).contains(&number))
            && let Some(values) = refused::refusable(self, maker, number)
        {
            steps.whole_list(Role::ListBefore, lister);
            steps.push(Role::MakeInvalid, maker, About { values, subject: None });
            steps.whole_list(Role::ListUnmade, lister);
        }
        if let Some(values) = self.refusable(cast, number).filter(|_| read.is_some()) {
            let (updater, values) = values;
            say_read(&mut steps, Role::Read);
            steps.push(Role::ChangeInvalid, updater, About { values, subject: None });
            say_read(&mut steps, Role::Read);
        }
        if number % EVERY_BELOW == 2 {
            for below in cast.below.iter().filter(|below| *below.operation.method() == Method::POST) {
                steps.add(Role::Other, below);
            }
        }
        if let Some(remover) = cast.remover.filter(|_| number <= 2 || roll(4) != 0) {
            steps.add(Role::Remove, remover)?;
            say_read(&mut steps, Role::Read);
            if let Some(lister) = cast.lister.filter(|_| read.is_some() && number % STORIES_A_PART < 2) {
                steps.whole_list(Role::ListAfter, lister);
            }
            // Where there may be two of it, one of them is left.
            if !number.is_multiple_of(AGAIN_EVERY) && read.is_some() {
                for below in &cast.below {
                    steps.add(Role::Below, below);
                }
                if let Some(updater) = cast.updater {
                    steps.add(Role::ChangeAfter, updater);
                }
            }
            if number > 0 {
                // Each at least once, however few stories there are.
                if number == 1 || roll(2) == 0 {
                    steps.add(Role::Remove, remover);
                }
                if !cast.others.is_empty() && (number == 2 || roll(2) == 0) {
                    steps.add(Role::Other, cast.others[roll(cast.others.len())]);
                }
                say_read(&mut steps, Role::Read);
            }
        }
        Some(Story { resource: cast.resource, earlier: None, steps: steps.steps })
    }
}

impl Author<'_> {
    /// A change that the document refuses, another operation's in each story that has one.
    pub(super) fn refusable<'p>(
        &self,
        cast: &Cast<'p>,
        number: u64,
    ) -> Option<(&'p OperationPlan, RequestValues)> {
        let is_own = |plan: &&&OperationPlan| {
            matches!(*plan.operation.method(), Method::PUT | Method::PATCH)
                && (cast.is_single(self.plan)
                    || self.plan.links.operations[plan.index].item == Some(cast.resource))
        };
        let updaters: Vec<&OperationPlan> = cast.others.iter().filter(is_own).copied().collect();
        let turn = usize::try_from(number).unwrap_or_default();
        let updater = updaters.get(turn % updaters.len().max(1))?;
        let is_turn = self.may_break && (1..=MAX_REFUSED).contains(&number);
        let values = is_turn.then(|| refused::refusable(self, updater, number))??;
        Some((updater, values))
    }

    /// The story of a resource made with what only the server sets; nothing where there is no such thing. It has the
    /// number after that of the last other story.
    pub(crate) fn forgery(&self, cast: &Cast<'_>, number: u64) -> Option<Story> {
        let (maker, reader) = (*cast.makers.first()?, cast.reader.filter(|_| !cast.is_single(self.plan))?);
        let mut drafts = Steps { author: self, number, steps: Vec::new() };
        let made = drafts.add(Role::Make, maker)?;
        let seed = Seed::derive(self.seed, &[maker.operation.id().as_str(), "forged"], number);
        let own = seed.as_bytes().iter().take(6).fold(0, |own, byte| own << 8 | u64::from(*byte));
        let values = forged(&maker.operation, &reader.operation, &made, own)?;
        let reading = drafts.reading(reader, &made)?;
        let mut steps = Steps { author: self, number, steps: Vec::new() };
        steps.push(Role::Forge, maker, About { values, subject: None });
        steps.push(Role::Read, reader, About { values: reading, subject: None });
        let is_whole = steps.steps.len() == 2;
        is_whole.then_some(Story { resource: cast.resource, earlier: None, steps: steps.steps })
    }
}

/// Requests for things that are most likely not there, beside a resource that is.
pub(crate) fn absent(factory: &Factory, plan: &Plan, seed: u64, read: &Case) -> Vec<Case> {
    let own = read.operation.path().variables().last().unwrap_or_default().to_owned();
    let drawn = (0..MAX_ABSENT).filter_map(|number| {
        let seed = Seed::derive(seed, &[read.operation.id().as_str(), "absent"], number);
        let values = draw(&plan.operations[read.index], &Intent::Positive, &seed)?;
        let mut absent = read.values.clone();
        absent.path.insert(own.clone(), values.path.get(&own)?.clone());
        let sent = factory.build(&read.operation, &Intent::Positive, &absent)?;
        let is_another = sent.request.target != read.sent.request.target;
        is_another.then(|| Case {
            values: sent.about(About { values: absent, subject: None }).values,
            sent,
            subject: None,
            intent: Intent::Positive,
            ..read.clone()
        })
    });
    drawn.collect()
}

/// Whether the list is looked at right after the making: in every other story of each maker.
fn is_own_turn(cast: &Cast<'_>, number: u64) -> bool {
    number / cast.makers.len().max(1) as u64 % 2 == 1
}

/// Whether an operation may change what its path names.
fn is_update(operation: &Operation) -> bool {
    matches!(*operation.method(), Method::PUT | Method::PATCH | Method::POST)
}

/// In every how manieth story things are made below what is removed later: some servers refuse to remove that.
const EVERY_BELOW: u64 = 8;
/// In every how manieth story another one is made beside it: by each of those that make it, however many they are.
const EVERY_BESIDE: u64 = 5;
/// In every how manieth story the resource is made twice.
const AGAIN_EVERY: u64 = 4;

pub(super) struct Steps<'a> {
    pub(super) author: &'a Author<'a>,
    pub(super) number: u64,
    pub(super) steps: Vec<Step>,
}

impl Steps<'_> {
    /// Adds a step with values drawn for it; they come back.
    pub(super) fn add(&mut self, role: Role, plan: &OperationPlan) -> Option<RequestValues> {
        let Author { seed, factory, known, .. } = self.author;
        let parts = [plan.operation.id().as_str(), Phase::Stateful.as_str()];
        let index = self.number * 64 + self.steps.len() as u64;
        let drawn = draw(plan, &Intent::Positive, &Seed::derive(*seed, &parts, index))?;
        let known = known(plan);
        let is_valid =
            |values: &RequestValues| factory.build(&plan.operation, &Intent::Positive, values).is_some();
        let drawn = known.heed(&drawn, index).filter(is_valid).unwrap_or(drawn);
        let about = known.about(&drawn, index).filter(|about| is_valid(&about.values));
        let about = about.unwrap_or(About { values: drawn, subject: None });
        let values = about.values.clone();
        self.push(role, plan, about);
        Some(values)
    }

    pub(super) fn push(&mut self, role: Role, plan: &OperationPlan, about: About) {
        let intent = match role {
            Role::ReadAsOther | Role::ListAsOther | Role::WriteAsOther => Intent::Probe(Probe::OtherIdentity),
            Role::Again => Intent::Probe(Probe::Again),
            // It is known when it is sent.
            Role::Revalidate => Intent::Probe(Probe::KnownTag { tag: "\"0\"".to_owned() }),
            Role::WriteStale => Intent::Probe(Probe::Stale),
            Role::Forge => Intent::Probe(Probe::ReadOnly),
            Role::ChangeInvalid | Role::MakeInvalid => Intent::Negative,
            Role::Follow => Intent::Probe(Probe::Location),
            _ => Intent::Positive,
        };
        let Some(sent) = self.author.factory.build(&plan.operation, &intent, &about.values) else { return };
        let About { values, subject } = sent.about(about);
        let id = format!(
            "{}/{}/{}.{}",
            plan.operation.id(),
            Phase::Stateful.as_str(),
            self.number,
            self.steps.len()
        );
        let case = Case {
            id,
            operation: plan.operation.clone(),
            index: plan.index,
            phase: Phase::Stateful,
            intent,
            origin: Origin::Fixed,
            values,
            subject,
            sent,
        };
        self.steps.push(Step { role, case });
    }

    /// The least a reading of the resource needs: what it requires beside the path is what made the resource, since
    /// anything else may be a reason not to find it.
    pub(super) fn reading(&self, reader: &OperationPlan, made: &RequestValues) -> Option<RequestValues> {
        let parts = [reader.operation.id().as_str(), Phase::Stateful.as_str(), "read"];
        let drawn = draw(reader, &Intent::Positive, &Seed::derive(self.author.seed, &parts, self.number))?;
        let mut values = RequestValues { path: drawn.path, ..RequestValues::default() };
        for parameter in reader.operation.parameters().iter().filter(|parameter| parameter.required) {
            let (from, drawn, to) = match parameter.location {
                Location::Query | Location::QueryString => (&made.query, &drawn.query, &mut values.query),
                Location::Header => (&made.header, &drawn.header, &mut values.header),
                Location::Cookie => (&made.cookie, &drawn.cookie, &mut values.cookie),
                _ => continue,
            };
            if let Some(value) = from.get(&parameter.name).or_else(|| drawn.get(&parameter.name)) {
                to.insert(parameter.name.clone(), value.clone());
            }
        }
        Some(values)
    }
}

/// Whether a reading depends on nothing but its path and what the resource was made with.
pub(crate) fn is_comparable(reading: &RequestValues, made: &RequestValues) -> bool {
    let all =
        [(&reading.query, &made.query), (&reading.header, &made.header), (&reading.cookie, &made.cookie)];
    all.into_iter().all(|(read, made)| read.iter().all(|(name, value)| made.get(name) == Some(value)))
}
