//! The examples phase: what the document itself shows, as it stands.

use std::collections::HashSet;

use counterfoil_openapi::generate;

use crate::case::{Case, Factory, Intent, Origin};
use crate::event::Phase;
use crate::plan::OperationPlan;
use crate::resource::About;

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
            let About { values, subject } = sent.about(About { values: example.values, subject: None });
            cases.push(Case {
                id: Case::id_of(operation, Phase::Examples, number),
                operation: operation.clone(),
                index: plan.index,
                phase: Phase::Examples,
                intent: Intent::Example,
                origin: Origin::Fixed,
                values,
                subject,
                sent,
            });
        }
    }
    cases
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;

    use super::*;
    use crate::case::Signer;
    use crate::config::{Credentials, Settings, Target};
    use crate::plan::Plan;

    const DOCUMENT: &str = r#"
openapi: 3.0.3
paths:
  /pets:
    post:
      operationId: addPet
      requestBody:
        content:
          application/json:
            schema: {type: object, properties: {age: {type: integer}}}
            examples:
              young: {value: {age: 1}}
              again: {value: {age: 1}}
              wrong: {value: {age: old}}
      responses: {}
"#;

    #[test]
    fn each_example_is_sent_once_as_it_stands_and_a_wrong_one_as_well() {
        let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).unwrap();
        let signer = Signer::new(&Target::new("http://localhost"), Credentials::Given).unwrap();
        let plan = Plan::new(&contract, &Settings::default());
        let cases = examples(&Factory::new(&contract, signer), &plan.operations[0]);
        let bodies: Vec<&[u8]> = cases.iter().map(|case| case.sent.request.body.as_ref()).collect();
        assert_eq!(bodies, [&br#"{"age":1}"#[..], br#"{"age":"old"}"#]);
        assert!(cases.iter().all(|case| case.intent == Intent::Example));
    }
}
