//! The operations of a run, each with its strategies, built once.

use std::sync::{Arc, OnceLock};

use counterfoil_openapi::codec::RequestValues;
use counterfoil_openapi::generate::{self, BrokenRequest, NoInstance};
use counterfoil_openapi::{Contract, Operation};
use proptest::strategy::SBoxedStrategy;

use crate::config::Settings;
use crate::resource::Links;

/// What a run tests, in document order.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) operations: Vec<Arc<OperationPlan>>,
    /// Which operations tell of which resources.
    pub(crate) links: Arc<Links>,
    /// The places of the operations in the order in which they are tested.
    pub(crate) order: Vec<usize>,
}

impl Plan {
    pub(crate) fn new(contract: &Contract, settings: &Settings) -> Self {
        let admitted = contract.operations().iter().filter(|operation| settings.filter.admits(operation));
        let operations: Vec<Arc<OperationPlan>> = admitted
            .enumerate()
            .map(|(index, operation)| Arc::new(OperationPlan::new(operation, index)))
            .collect();
        let each = || operations.iter().map(|plan| plan.operation.as_ref());
        let links = Links::new(each());
        Self { order: links.order(each()), links: Arc::new(links), operations }
    }
}

/// An operation and the ways to draw requests for it; a strategy is built when first drawn from.
pub(crate) struct OperationPlan {
    pub(crate) operation: Arc<Operation>,
    /// Its place in the plan.
    pub(crate) index: usize,
    positive: OnceLock<Result<SBoxedStrategy<RequestValues>, NoInstance>>,
    negative: OnceLock<Result<SBoxedStrategy<BrokenRequest>, NoInstance>>,
}

impl OperationPlan {
    fn new(operation: &Arc<Operation>, index: usize) -> Self {
        let operation = Arc::clone(operation);
        Self { operation, index, positive: OnceLock::new(), negative: OnceLock::new() }
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
