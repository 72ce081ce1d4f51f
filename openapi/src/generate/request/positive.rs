//! Valid requests.

use std::sync::Arc;

use proptest::strategy::{NewTree, SBoxedStrategy, Strategy};
use proptest::test_runner::TestRunner;

use super::form::{from_json, to_json};
use super::plan::Plan;
use crate::codec::RequestValues;
use crate::contract::Operation;
use crate::generate::no_instance::NoInstance;
use crate::generate::shrink::{Hints, Shrinking};
use crate::generate::variety::Variety;

/// The valid requests of an operation, wild ones: see [`positive_request_in`].
///
/// # Errors
///
/// As for [`positive_request_in`].
pub fn positive_request(operation: &Arc<Operation>) -> Result<SBoxedStrategy<RequestValues>, NoInstance> {
    positive_request_in(operation, Variety::Wild)
}

/// The valid requests of an operation, as adventurous as asked.
///
/// - Required parts are always there, optional ones sometimes, a body in one of the media types that a codec writes.
/// - Every request drawn is encodable, decodes to the same values, and is valid, credentials aside.
/// - Headers that belong to the connection (`Host`, `Content-Length` and the like) are left to whoever sends it.
/// - No path variable is empty, `.` or `..`, or holds a slash, unless its schema admits nothing else.
///
/// # Errors
///
/// When nothing can be generated for a required part.
pub fn positive_request_in(
    operation: &Arc<Operation>,
    variety: Variety,
) -> Result<SBoxedStrategy<RequestValues>, NoInstance> {
    let plan = Arc::new(Plan::new(operation)?);
    Ok(PositiveRequest { plan, variety }.sboxed())
}

#[derive(Debug)]
struct PositiveRequest {
    plan: Arc<Plan>,
    variety: Variety,
}

impl Strategy for PositiveRequest {
    type Tree = Shrinking<RequestValues>;
    type Value = RequestValues;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let values = self.plan.draw(runner, self.variety);
        let (form, bytes) = to_json(&values);
        let (least, _) = to_json(self.plan.witness());
        let hints = Hints { wholes: vec![least], members: self.plan.members() };
        let plan = Arc::clone(&self.plan);
        let read = move |form: &serde_json::Value| {
            let values = from_json(form, bytes.as_ref())?;
            plan.wire.faults(&values).is_empty().then_some(values)
        };
        Ok(Shrinking::new(form, values, hints, Box::new(read)))
    }
}
