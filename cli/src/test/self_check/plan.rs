//! Which mutants are tried.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use counterfoil_conformance::refusable;
use counterfoil_openapi::generate::Seed;
use counterfoil_openapi::{Operation, Part, Violation};
use counterfoil_server::{DerivedResource, Mutation, Needs, Subject, derive_resources};

use super::options::Wanted;
use super::trial::Bench;

/// The most operations that mutations are asked about, for the sake of time; those of resources come first.
const MAX_OPERATIONS: usize = 24;
/// The most resources whose operations come first.
const MAX_RESOURCES: usize = 4;

/// One mutant to be tried.
#[derive(Debug, Clone)]
pub(super) struct Trial {
    pub(super) mutation: &'static Mutation,
    pub(super) operation: Arc<Operation>,
    /// The resource that a script keeps, where it takes one.
    pub(super) resource: Option<Arc<DerivedResource>>,
}

impl Trial {
    /// The operations that are tested.
    pub(super) fn operations(&self) -> Vec<&Operation> {
        match &self.resource {
            Some(resource) => resource.operations.values().map(Arc::as_ref).collect(),
            None => vec![&self.operation],
        }
    }
}

/// All that is tried of one document.
#[derive(Debug)]
pub(super) struct Plan {
    /// The operations that were drawn, in document order.
    pub(super) operations: Vec<Arc<Operation>>,
    /// The mutants, in the order in which they are tried.
    pub(super) trials: Vec<Trial>,
    /// The operations that each mutation cannot show on, by its name.
    pub(super) not_applicable: BTreeMap<&'static str, usize>,
}

impl Plan {
    /// Draws operations, but those that no request means, then mutants of each kind by turns until there are enough.
    pub(super) fn new(bench: &Bench, wanted: &Wanted) -> Self {
        let admitted = |operation: &Arc<Operation>| {
            bench.settings.filter.admits(operation) && bench.contract.is_meant(operation)
        };
        let resources: Vec<Arc<DerivedResource>> =
            derive_resources(&bench.contract).into_iter().map(Arc::new).collect();
        let mut operations: Vec<Arc<Operation>> =
            bench.contract.operations().iter().filter(|operation| admitted(operation)).cloned().collect();
        let seed = bench.settings.seed;
        let drawn = |operation: &Arc<Operation>| rank(seed, &[operation.id().as_str()]);
        let mut kept: Vec<&Arc<DerivedResource>> =
            resources.iter().filter(|resource| admitted(&resource.operations["read"])).collect();
        kept.sort_by_key(|resource| drawn(&resource.operations["read"]));
        kept.truncate(MAX_RESOURCES);
        let is_kept = |operation: &Arc<Operation>| {
            kept.iter()
                .any(|resource| resource.operations.values().any(|known| Arc::ptr_eq(known, operation)))
        };
        operations.sort_by_cached_key(|operation| (!is_kept(operation), drawn(operation)));
        operations.truncate(MAX_OPERATIONS);
        let subjects: Vec<(Subject<'_>, OnceCell<Vec<Vec<Violation>>>)> = operations
            .iter()
            .map(|operation| (Subject::new(operation, &bench.contract), OnceCell::new()))
            .collect();
        let mut not_applicable = BTreeMap::new();
        let mut kinds: Vec<Vec<Trial>> = Vec::new();
        for mutation in &wanted.mutations {
            let mut trials = Vec::new();
            for (subject, refused) in &subjects {
                let operation = subject.operation();
                let reads =
                    |known: &&&Arc<DerivedResource>| Arc::ptr_eq(&known.operations["read"], operation);
                let resource = kept.iter().find(reads).map(|resource| Arc::clone(resource));
                let needs_resource = matches!(mutation.needs(), Needs::Resources | Needs::Identities);
                let is_possible = !needs_resource
                    || resource.as_deref().is_some_and(|known| has_what_it_takes(mutation, known));
                let refused = || refused.get_or_init(|| refusable(&bench.contract, operation));
                if is_possible && mutation.applies_to(subject) && is_wrong_enough(mutation, refused) {
                    let resource = resource.filter(|_| needs_resource);
                    trials.push(Trial { mutation, operation: Arc::clone(operation), resource });
                } else {
                    *not_applicable.entry(mutation.name()).or_default() += 1;
                }
            }
            trials.sort_by_cached_key(|trial| rank(seed, &[mutation.name(), trial.operation.id().as_str()]));
            trials.reverse();
            kinds.push(trials);
        }
        drop(subjects);
        let mut trials = Vec::new();
        while trials.len() < wanted.max_mutants && kinds.iter().any(|kind| !kind.is_empty()) {
            let left = wanted.max_mutants - trials.len();
            trials.extend(kinds.iter_mut().filter_map(Vec::pop).take(left));
        }
        let place = |operation: &Arc<Operation>| {
            bench.contract.operations().iter().position(|known| Arc::ptr_eq(known, operation))
        };
        operations.sort_by_key(place);
        Self { operations, trials, not_applicable }
    }
}

/// Whether the operations that a script keeps a resource by are those that a mutation is about.
fn has_what_it_takes(mutation: &Mutation, resource: &DerivedResource) -> bool {
    let has = |role: &str| resource.operations.contains_key(role);
    (mutation.check() != "use_after_free" || has("delete"))
        && (mutation.name() != "list-removed" || has("list"))
}

/// Whether some data that a mutation accepts are such that the suite may blame who accepts them: of a name given
/// several times where one value is documented, for example, each server takes what it likes.
fn is_wrong_enough<'r>(mutation: &Mutation, refused: impl Fn() -> &'r Vec<Vec<Violation>>) -> bool {
    let none = Violation::new(Part::Body, "none", "");
    let is_accepted = |violation: &Violation| mutation.accepts(violation) == Some(true);
    mutation.accepts(&none).is_none() || refused().iter().any(|all| all.iter().all(is_accepted))
}

/// The place of a name in an order that depends on the seed.
fn rank(seed: u64, name: &[&str]) -> [u8; 32] {
    *Seed::derive(seed, name, 0).as_bytes()
}
