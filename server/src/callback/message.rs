//! What is sent: an example of the document, or generated.

use std::sync::Arc;

use counterfoil_openapi::codec::{self, BodyValue, RequestValues, media};
use counterfoil_openapi::generate::{self, Seed, Variety};
use counterfoil_openapi::validate::{self, Enforcement, RequestRules};
use counterfoil_openapi::{Location, Operation, Part, Request, RouteMatch, Violation};
use serde_json::Value;

/// How often a request is drawn before there is none.
const DRAWS: u64 = 5;

/// Why nothing can be sent.
#[derive(Debug)]
pub(crate) enum NoMessage {
    /// The body given cannot be sent, or breaks the contract.
    Given(Vec<Violation>),
    /// Nothing could be made up that is valid, or written.
    Unwritable(String),
}

/// A request that an operation describes, whose path means nothing; with a body that is given, or one of the document's
/// or made up from a seed.
pub(crate) fn message(
    operation: &Arc<Operation>,
    given: Option<&Value>,
    seed: u64,
    variety: Variety,
) -> Result<Request, NoMessage> {
    let examples = generate::example_requests(operation).into_iter().map(|named| named.values);
    let varieties = [variety, Variety::Minimal].into_iter();
    let generated = varieties.flat_map(|variety| {
        let strategy = generate::positive_request_in(operation, variety).ok();
        strategy.into_iter().flat_map(move |strategy| {
            (0..DRAWS).filter_map(move |draw| {
                let seed = Seed::derive(seed, &["callback", operation.id().as_str()], draw);
                generate::sample(&strategy, &seed)
            })
        })
    });
    let mut last = NoMessage::Unwritable("nothing valid could be made up".to_owned());
    for mut values in examples.chain(generated) {
        if let Some(body) = given {
            give(operation, body, &mut values);
        }
        let request = match codec::encode_request(operation, &values) {
            Ok(request) => request,
            Err(error) => {
                last = NoMessage::Unwritable(error.to_string());
                continue;
            }
        };
        let violations = violations(operation, &request);
        if violations.is_empty() {
            return Ok(request);
        }
        if given.is_some() {
            last = NoMessage::Given(violations);
        }
    }
    Err(last)
}

/// Puts a body in place of the one there.
fn give(operation: &Operation, body: &Value, values: &mut RequestValues) {
    let Some(documented) = operation.request_body() else { return };
    let Some(media) = media::negotiate(&documented.content, None) else { return };
    let media_type = media::concrete(&media.name).into_owned();
    values.body = Some(BodyValue { media_type, payload: codec::written_payload(media, body) });
}

/// How a request breaks its contract, its path aside.
fn violations(operation: &Arc<Operation>, request: &Request) -> Vec<Violation> {
    let found = RouteMatch { operation, variables: Vec::new() };
    let rules = RequestRules { security: Enforcement::Ignored, ..RequestRules::default() };
    let mut violations = validate::request(&found, request, &rules).violations;
    let is_of_path = |violation: &Violation| matches!(violation.part, Part::Parameter(Location::Path, _));
    violations.retain(|violation| !is_of_path(violation));
    violations
}
