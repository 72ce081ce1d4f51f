//! An operation that mutations are asked about.

use std::cell::OnceCell;
use std::sync::Arc;

use counterfoil_openapi::codec::{self, RequestValues};
use counterfoil_openapi::generate::{self, Seed};
use counterfoil_openapi::validate::{self, RequestRules};
use counterfoil_openapi::{BasePaths, Contract, Operation, Part, Response, Route, Router};

use super::sample;

/// How many valid requests are drawn to see what they have.
const DRAWS: u64 = 24;
/// How many invalid requests are drawn to see in what an operation's requests can be wrong.
const INVALID_DRAWS: u64 = 120;

/// An operation of a contract, and what its messages are like: each is found out when it is first asked for, since many
/// mutations ask the same.
#[derive(Debug)]
pub struct Subject<'c> {
    pub(super) operation: &'c Arc<Operation>,
    pub(super) contract: &'c Contract,
    successes: OnceCell<Vec<Response>>,
    refusals: OnceCell<Vec<Response>>,
    requests: OnceCell<Vec<RequestValues>>,
    wrongs: OnceCell<Vec<(Part, String)>>,
}

impl<'c> Subject<'c> {
    /// An operation of a contract.
    pub fn new(operation: &'c Arc<Operation>, contract: &'c Contract) -> Self {
        Self {
            operation,
            contract,
            successes: OnceCell::new(),
            refusals: OnceCell::new(),
            requests: OnceCell::new(),
            wrongs: OnceCell::new(),
        }
    }

    /// The operation.
    pub fn operation(&self) -> &'c Arc<Operation> {
        self.operation
    }

    /// What valid requests may be answered with, as [`sample::successes`] has it.
    pub(super) fn successes(&self) -> &[Response] {
        self.successes.get_or_init(|| sample::successes(self.operation))
    }

    /// What invalid data are answered with, as [`sample::refusals`] has it.
    pub(super) fn refusals(&self) -> &[Response] {
        self.refusals.get_or_init(|| sample::refusals(self.operation))
    }

    /// Whether valid requests are answered with a success.
    pub(super) fn succeeds(&self) -> bool {
        sample::succeeds(self.operation)
    }

    /// Whether valid requests are answered with a body.
    pub(super) fn has_body(&self) -> bool {
        *self.operation.method() != http::Method::HEAD
            && self.successes().iter().any(|response| response.body.len() > 1)
    }

    /// Some valid requests.
    pub(super) fn requests(&self) -> &[RequestValues] {
        self.requests.get_or_init(|| {
            let Ok(requests) = generate::positive_request(self.operation) else { return Vec::new() };
            let seed = |draw| Seed::derive(0, &["mutate"], draw);
            (0..DRAWS).filter_map(|draw| generate::sample(&requests, &seed(draw))).collect()
        })
    }

    /// What can be wrong with the data of its requests, by part and rule.
    pub(super) fn wrongs(&self) -> &[(Part, String)] {
        self.wrongs.get_or_init(|| {
            let Ok(broken) = generate::negative_request(self.operation) else { return Vec::new() };
            let seed = |draw| Seed::derive(0, &["mutate"], draw);
            let drawn = (0..INVALID_DRAWS).filter_map(|draw| generate::sample(&broken, &seed(draw)));
            drawn.map(|broken| (broken.constraint.part, broken.constraint.keyword.to_string())).collect()
        })
    }

    /// Whether one of the document's own examples of requests is valid.
    pub(super) fn has_valid_example(&self) -> bool {
        let router = Router::new([self.operation], BasePaths::Optional);
        let is_valid = |values: &RequestValues| {
            let Ok(request) = codec::encode_request(self.operation, values) else { return false };
            let Route::Found(found) = router.find_request(&request) else { return false };
            let reading = validate::request(&found, &request, &RequestRules::default());
            reading.violations.iter().all(|violation| violation.part == Part::Security)
        };
        generate::example_requests(self.operation).iter().any(|example| is_valid(&example.values))
    }
}
