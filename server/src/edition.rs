//! What a reload swaps: the contracts and all that is made of them and of the scripts.

use std::sync::Arc;

use counterfoil_openapi::validate::{Enforcement, RequestRules};
use counterfoil_openapi::{Contract, Operation, Request, Router, Violation};

use crate::builder::Settings;
use crate::credentials::{Credentials, Gate};
use crate::metrics::CountedOperations;
use crate::mutate::Mutants;
use crate::plan::Plans;
use crate::redact::Secrets;
use crate::script::ScriptEngine;

/// What a stub serves from one reload to the next.
///
/// A request takes one edition at its start and keeps it to its end, and so does its entry in the journal: whatever
/// they hold of the contracts stays as it was.
#[derive(Debug)]
pub(crate) struct Edition {
    /// The contracts served, in the order given.
    pub(crate) contracts: Vec<Contract>,
    /// Finds the operation of a request, over all contracts.
    pub(crate) router: Router,
    /// What is known of every operation's replies.
    pub(crate) plans: Plans,
    /// Where requests to every operation are counted.
    pub(crate) counted: CountedOperations,
    /// How strictly requests are judged, but for their credentials.
    pub(crate) rules: RequestRules,
    /// Judges credentials.
    pub(crate) gate: Gate,
    /// Decides by the scripts.
    pub(crate) engine: ScriptEngine,
    /// What is never shown.
    pub(crate) secrets: Secrets,
    /// Whether a path of the documents begins with `/~`, so that no session is named there.
    pub(crate) claims_tilde: bool,
    /// What breaks replies on purpose.
    pub(crate) mutants: Option<Box<Mutants>>,
}

impl Edition {
    /// The contracts, the engine over the scripts for them, and the credentials that are accepted.
    pub(crate) fn new(
        contracts: Vec<Contract>,
        engine: ScriptEngine,
        settings: &Settings,
        accepted: Option<Credentials>,
    ) -> Self {
        let operations = || contracts.iter().flat_map(Contract::operations);
        Self {
            router: Router::new(operations(), settings.base_paths),
            plans: Plans::new(operations(), settings.plan_rules()),
            counted: CountedOperations::new(operations()),
            rules: RequestRules {
                unknown_query: settings.unknown_query,
                security: Enforcement::Ignored,
                body_limit: settings.body_limit,
            },
            gate: Gate::new(settings, &contracts, accepted),
            secrets: Secrets::new(&contracts),
            claims_tilde: operations().any(|operation| operation.path().as_str().starts_with("/~")),
            mutants: Mutants::new(&settings.mutants, &contracts, &settings.mutated),
            contracts,
            engine,
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
        let found = self.secrets.found_in(operation, request);
        violations.iter().map(|violation| found.scrub_violation(violation)).collect()
    }
}
