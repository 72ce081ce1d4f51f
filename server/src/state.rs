//! What both planes share: the contracts, the router over them, the script engine, the journal.

use std::sync::Arc;

use counterfoil_openapi::{Contract, Operation, Router};

use crate::builder::Settings;
use crate::journal::Journal;
use crate::script::ScriptEngine;

/// The state of one stub.
#[derive(Debug)]
pub(crate) struct State {
    /// The contracts served, in the order given.
    pub(crate) contracts: Vec<Contract>,
    /// Finds the operation of a request, over all contracts.
    pub(crate) router: Router,
    /// Decides by the scripts.
    pub(crate) engine: ScriptEngine,
    /// Records the calls.
    pub(crate) journal: Journal,
    /// How the stub was built.
    pub(crate) settings: Settings,
}

impl State {
    /// Every operation of every contract, in document order.
    pub(crate) fn operations(&self) -> impl Iterator<Item = &Arc<Operation>> {
        self.contracts.iter().flat_map(Contract::operations)
    }

    /// The operation that a name means: an operationId, or `METHOD /path/{template}`; of several contracts that
    /// know the name, the first given.
    pub(crate) fn operation(&self, name: &str) -> Option<&Arc<Operation>> {
        self.contracts.iter().find_map(|contract| contract.operation(name))
    }
}
