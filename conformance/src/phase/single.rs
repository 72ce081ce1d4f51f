//! Stories of what there is only one of, as a profile or the settings: it is changed and read at a path without
//! variables, and nothing makes or removes it.

use http::Method;

use super::stateful::{Author, Cast, Role, Steps, Story};
use crate::plan::{OperationPlan, Plan};
use crate::resource::About;

/// How often it is changed in one story.
const CHANGES: usize = 4;

impl<'p> Cast<'p> {
    /// The cast of each thing that there is only one of: what reads it and what changes it.
    pub(super) fn singles(plan: &'p Plan, is_left_out: &dyn Fn(usize) -> bool) -> Vec<Self> {
        let all =
            || plan.order.iter().filter(|index| !is_left_out(**index)).map(|index| &plan.operations[*index]);
        let is_single = |plan: &&OperationPlan| plan.operation.path().variables().next().is_none();
        let of_path = |reader: &OperationPlan, methods: &[Method]| -> Vec<&'p OperationPlan> {
            let is_one = |plan: &&OperationPlan| {
                plan.operation.path() == reader.operation.path() && methods.contains(plan.operation.method())
            };
            all().map(AsRef::as_ref).filter(is_one).collect()
        };
        let mut found = Vec::new();
        for reader in all().map(AsRef::as_ref).filter(is_single) {
            let updaters = of_path(reader, &[Method::PUT, Method::PATCH]);
            // What is posted to is a list, or is asked to do something.
            let is_list = !of_path(reader, &[Method::POST]).is_empty();
            let tells = plan.links.operations[reader.index].tells.iter().any(|tells| tells.is_collection);
            if *reader.operation.method() == Method::GET && !updaters.is_empty() && !is_list && !tells {
                found.push(Self {
                    // No resource of a path has this place.
                    resource: plan.links.resources.len() + reader.index,
                    makers: updaters.clone(),
                    reader: Some(reader),
                    remover: None,
                    lister: None,
                    updater: updaters.first().copied(),
                    others: updaters,
                    below: Vec::new(),
                });
            }
        }
        found
    }

    /// Whether it is the cast of what there is only one of.
    pub(super) fn is_single(&self, plan: &Plan) -> bool {
        self.resource >= plan.links.resources.len()
    }
}

impl Author<'_> {
    /// A story of what there is only one of: it is changed and read, time and again.
    pub(super) fn single(&self, cast: &Cast<'_>, number: u64) -> Option<Story> {
        let reader = cast.reader?;
        let mut steps = Steps { author: self, number, steps: Vec::new() };
        let at = usize::try_from(number).unwrap_or_default();
        let maker = cast.makers[at % cast.makers.len()];
        let made = steps.add(Role::Make, maker)?;
        let reading = steps.reading(reader, &made)?;
        let say_read = |steps: &mut Steps<'_>| {
            steps.push(Role::Read, reader, About { values: reading.clone(), subject: None });
        };
        say_read(&mut steps);
        for change in 0..CHANGES {
            steps.add(Role::Other, cast.others[(at + change) % cast.others.len()]);
            say_read(&mut steps);
        }
        if let Some((updater, values)) = self.refusable(cast, number) {
            steps.push(Role::ChangeInvalid, updater, About { values, subject: None });
            say_read(&mut steps);
        }
        Some(Story { resource: cast.resource, earlier: None, steps: steps.steps })
    }
}
