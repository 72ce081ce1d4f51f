//! What both planes share: the contracts, the router over them, the plans, the script engine, the journal.

use std::sync::Arc;

use counterfoil_openapi::validate::RequestRules;
use counterfoil_openapi::{Contract, Operation, Request, Router, Violation};
use tokio::sync::watch;

use crate::builder::Settings;
use crate::journal::Journal;
use crate::plan::Plans;
use crate::redact::Secrets;
use crate::script::ScriptEngine;

/// The state of one stub.
#[derive(Debug)]
pub(crate) struct State {
    /// The contracts served, in the order given.
    pub(crate) contracts: Vec<Contract>,
    /// Finds the operation of a request, over all contracts.
    pub(crate) router: Router,
    /// What is known of every operation's replies.
    pub(crate) plans: Plans,
    /// How strictly requests are judged.
    pub(crate) rules: RequestRules,
    /// Decides by the scripts.
    pub(crate) engine: ScriptEngine,
    /// Records the calls.
    pub(crate) journal: Journal,
    /// How the stub was built.
    pub(crate) settings: Settings,
    /// Whether the stub is being stopped.
    stopping: watch::Sender<bool>,
}

impl State {
    /// The state of a stub that has not had a request yet.
    pub(crate) fn new(contracts: Vec<Contract>, engine: ScriptEngine, settings: Settings) -> Self {
        let operations = || contracts.iter().flat_map(Contract::operations);
        Self {
            router: Router::new(operations(), settings.base_paths),
            plans: Plans::new(operations(), settings.plan_rules()),
            rules: RequestRules {
                unknown_query: settings.unknown_query,
                security: settings.security,
                body_limit: settings.body_limit,
            },
            journal: Journal::new(Secrets::new(&contracts)),
            stopping: watch::Sender::new(false),
            contracts,
            engine,
            settings,
        }
    }

    /// Every operation of every contract, in document order.
    pub(crate) fn operations(&self) -> impl Iterator<Item = &Arc<Operation>> {
        self.contracts.iter().flat_map(Contract::operations)
    }

    /// The operation that a name means: an operationId, or `METHOD /path/{template}`; of several contracts that
    /// know the name, the first given.
    pub(crate) fn operation(&self, name: &str) -> Option<&Arc<Operation>> {
        self.contracts.iter().find_map(|contract| contract.operation(name))
    }

    /// Violations of a request that quote no secret of it.
    pub(crate) fn scrub(
        &self,
        operation: &Arc<Operation>,
        request: &Request,
        violations: &[Violation],
    ) -> Vec<Violation> {
        let found = self.journal.secrets().found_in(operation, request);
        violations.iter().map(|violation| found.scrub_violation(violation)).collect()
    }

    /// Ends every hanging request and every delay.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Waits until the stub is being stopped.
    pub(crate) async fn stopped(&self) {
        // The sender lives as long as we do, so waiting cannot fail.
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }
}
