//! The examples phase: what the document itself shows, as it stands.

use std::collections::HashSet;

use counterfoil_openapi::generate;

use crate::case::{Case, Factory, Intent, Origin};
use crate::event::Phase;
use crate::plan::OperationPlan;

/// The cases of an operation's request examples, each request once.
///
/// An example that breaks its own schema is sent all the same: how the server takes it is `example_agreement`'s
/// affair.
pub(crate) fn examples(factory: &Factory, plan: &OperationPlan) -> Vec<Case> {
    let operation = &plan.operation;
    let mut sent_before = HashSet::new();
    let mut cases = Vec::new();
    for (number, example) in (0..).zip(generate::example_requests(operation)) {
        let Some(sent) = factory.build(operation, &Intent::Example, &example.values) else { continue };
        if sent_before.insert(sent.wire()) {
            cases.push(Case {
                id: Case::id_of(operation, Phase::Examples, number),
                operation: operation.clone(),
                phase: Phase::Examples,
                intent: Intent::Example,
                origin: Origin::Fixed,
                values: example.values,
                sent,
            });
        }
    }
    cases
}
