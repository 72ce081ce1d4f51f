//! Which mutations a stub was asked for, and where.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use counterfoil_openapi::{Contract, Operation, Response};
use http::StatusCode;

use super::Mutation;
use super::keeping::Memory;
use super::mutation::mutations;
use crate::script::nearest;

/// A mutation, everywhere or on one operation: `KIND` or `KIND@OPERATION`, where the operation is an operationId or
/// `METHOD /path/{template}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    mutation: &'static Mutation,
    operation: Option<String>,
}

impl Mutant {
    /// A mutation of every operation that it applies to.
    pub fn everywhere(mutation: &'static Mutation) -> Self {
        Self { mutation, operation: None }
    }

    /// A mutation of one operation, by its operationId or `METHOD /path/{template}`.
    pub fn of(mutation: &'static Mutation, operation: impl Into<String>) -> Self {
        Self { mutation, operation: Some(operation.into()) }
    }

    /// What is broken.
    pub fn mutation(&self) -> &'static Mutation {
        self.mutation
    }

    /// The operation, where it is one only.
    pub fn operation(&self) -> Option<&str> {
        self.operation.as_deref()
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.mutation.name())?;
        self.operation.iter().try_for_each(|operation| write!(f, "@{operation}"))
    }
}

/// A text that names no mutation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MutantError(String);

impl fmt::Display for MutantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for MutantError {}

impl FromStr for Mutant {
    type Err = MutantError;

    fn from_str(text: &str) -> Result<Self, MutantError> {
        let (name, operation) = match text.split_once('@') {
            Some((name, operation)) => (name, Some(operation.to_owned())),
            None => (text, None),
        };
        let Some(mutation) = Mutation::named(name) else {
            let names: Vec<&str> = mutations().map(Mutation::name).collect();
            let hint = nearest::hint(name, names).map_or_else(String::new, |hint| format!("; {hint}"));
            return Err(MutantError(format!("no mutation is called `{name}`{hint}")));
        };
        if operation.as_ref().is_some_and(String::is_empty) {
            return Err(MutantError("there is no operation after `@`".to_owned()));
        }
        Ok(Self { mutation, operation })
    }
}

/// The mutants of an edition.
#[derive(Debug)]
pub(crate) struct Mutants {
    pub(super) all: Vec<Placed>,
    pub(super) memory: Memory,
    pub(super) spares: Spares,
    shown: Arc<AtomicU64>,
}

/// Broken replies that are sent where the one that was made cannot be broken: they are the same for each request.
#[derive(Debug, Default)]
pub(super) struct Spares(Mutex<HashMap<SpareKey, Option<Response>>>);

/// The name of a mutation, the address of an operation of the edition, and a status.
type SpareKey = (&'static str, usize, StatusCode);

impl Spares {
    /// The broken reply of a mutation, an operation and a status, made where none has asked for it before.
    pub(super) fn of(
        &self,
        mutation: &'static str,
        operation: &Arc<Operation>,
        status: StatusCode,
        make: impl FnOnce() -> Option<Response>,
    ) -> Option<Response> {
        let key = (mutation, Arc::as_ptr(operation).addr(), status);
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(spare) = known().get(&key) {
            return spare.clone();
        }
        let spare = make();
        known().insert(key, spare.clone());
        spare
    }
}

/// A mutant among the contracts served.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) mutation: &'static Mutation,
    /// The only operation it is about, where it is one.
    pub(super) operation: Option<Arc<Operation>>,
}

impl Mutants {
    /// The mutants asked for; nothing where there are none. One of an operation that no contract has is left out, with
    /// a warning: [`unknown`](Self::unknown) finds those before a stub starts.
    pub(crate) fn new(asked: &[Mutant], contracts: &[Contract], shown: &Arc<AtomicU64>) -> Option<Box<Self>> {
        if asked.is_empty() {
            return None;
        }
        let place = |mutant: &Mutant| {
            let operation = match &mutant.operation {
                None => None,
                Some(name) => match find(contracts, name) {
                    Some(operation) => Some(Arc::clone(operation)),
                    None => {
                        tracing::warn!("the mutant `{mutant}` is of an operation that is not there any more");
                        return None;
                    }
                },
            };
            Some(Placed { mutation: mutant.mutation, operation })
        };
        let all = asked.iter().filter_map(place).collect();
        Some(Box::new(Self {
            all,
            memory: Memory::default(),
            spares: Spares::default(),
            shown: Arc::clone(shown),
        }))
    }

    /// The first mutant of an operation that no contract has.
    pub(crate) fn unknown<'m>(asked: &'m [Mutant], contracts: &[Contract]) -> Option<&'m str> {
        let names = asked.iter().filter_map(Mutant::operation);
        names.into_iter().find(|name| find(contracts, name).is_none())
    }

    /// Counts a reply that was mutated.
    pub(super) fn count(&self) {
        self.shown.fetch_add(1, Ordering::Relaxed);
    }
}

fn find<'c>(contracts: &'c [Contract], name: &str) -> Option<&'c Arc<Operation>> {
    contracts.iter().find_map(|contract| contract.operation(name))
}
