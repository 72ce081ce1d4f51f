//! The operations of a run, each with its strategies, built once.

use std::sync::{Arc, OnceLock};

use counterfoil_openapi::codec::RequestValues;
use counterfoil_openapi::generate::{self, BrokenRequest, NoInstance};
use counterfoil_openapi::{Contract, Operation};
use proptest::strategy::SBoxedStrategy;

use crate::config::Settings;

/// What a run tests, in document order.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) operations: Vec<Arc<OperationPlan>>,
}

impl Plan {
    pub(crate) fn new(contract: &Contract, settings: &Settings) -> Self {
        let admitted = contract.operations().iter().filter(|operation| settings.filter.admits(operation));
        Self { operations: admitted.map(|operation| Arc::new(OperationPlan::new(operation))).collect() }
    }
}

/// An operation and the ways to draw requests for it; a strategy is built when first drawn from.
pub(crate) struct OperationPlan {
    pub(crate) operation: Arc<Operation>,
    positive: OnceLock<Result<SBoxedStrategy<RequestValues>, NoInstance>>,
    negative: OnceLock<Result<SBoxedStrategy<BrokenRequest>, NoInstance>>,
}

impl OperationPlan {
    fn new(operation: &Arc<Operation>) -> Self {
        Self { operation: Arc::clone(operation), positive: OnceLock::new(), negative: OnceLock::new() }
    }

    /// Draws valid requests; the error says what admits no value.
    pub(crate) fn positive(&self) -> Result<&SBoxedStrategy<RequestValues>, &NoInstance> {
        self.positive.get_or_init(|| generate::positive_request(&self.operation)).as_ref()
    }

    /// Draws requests with one constraint broken; the error says that nothing can be broken.
    pub(crate) fn negative(&self) -> Result<&SBoxedStrategy<BrokenRequest>, &NoInstance> {
        self.negative.get_or_init(|| generate::negative_request(&self.operation)).as_ref()
    }
}

impl std::fmt::Debug for OperationPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OperationPlan").field("operation", self.operation.id()).finish_non_exhaustive()
    }
}
