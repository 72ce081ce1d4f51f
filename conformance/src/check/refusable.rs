//! Which invalid data of an operation every server has to refuse.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_openapi::generate::{self, Seed};
use counterfoil_openapi::{Contract, Operation, Violation};

use super::negative_data_rejection;
use super::observation::{Limits, Observation, Outcome};
use crate::case::{Factory, Intent, Signer};
use crate::config::{Credentials, Target};

/// How many invalid requests are drawn.
const DRAWS: u64 = 120;

/// What is wrong with invalid requests to an operation that no reading of the document allows, each request by itself:
/// those that `negative_data_rejection` blames a server for that accepts them.
///
/// 120 requests are drawn, always the same ones, so that what is rare may not be among them.
pub fn refusable(contract: &Contract, operation: &Arc<Operation>) -> Vec<Vec<Violation>> {
    let target = Target::new("http://localhost");
    let signer =
        Signer::new(&target, Credentials::Invent).expect("a target without headers has no wrong ones");
    let factory = Factory::new(contract, signer);
    let Ok(broken) = generate::negative_request(operation) else { return Vec::new() };
    let seed = |draw| Seed::derive(0, &["refusable"], draw);
    let drawn = (0..DRAWS).filter_map(|draw| generate::sample(&broken, &seed(draw)));
    let violations = drawn.filter_map(|broken| {
        let sent = factory.build(operation, &Intent::Negative, &broken.values)?;
        let limits = Limits { timeout: Duration::ZERO, body_cap: 0, max_response_time: Duration::ZERO };
        let (intent, outcome) = (Intent::Negative, Outcome::TimedOut);
        let observation = Observation::new(
            operation,
            &intent,
            &sent.request,
            &sent.reading,
            &outcome,
            Duration::ZERO,
            limits,
        );
        let is_blamed = negative_data_rejection::blamed(&observation).next().is_some();
        is_blamed.then(|| sent.data_violations().cloned().collect())
    });
    violations.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"
openapi: 3.0.3
paths:
  /log-in:
    get: {parameters: [{name: user, in: query, schema: {type: string}}], responses: {}}
  /list:
    get: {parameters: [{name: limit, in: query, schema: {type: integer, maximum: 9}}], responses: {}}
"#;

    #[test]
    fn what_the_document_leaves_open_is_not_among_it() {
        let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).unwrap();
        let of = |index: usize| refusable(&contract, &contract.operations()[index]);
        // The only thing wrong is a name that is given several times, which servers read differently.
        assert!(generate::negative_request(&contract.operations()[0]).is_ok());
        assert_eq!(of(0), Vec::<Vec<Violation>>::new());
        assert!(of(1).iter().flatten().any(|violation| violation.rule == "maximum"));
    }
}
