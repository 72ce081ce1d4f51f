//! Verification: whether what was called is what must have been called.

use std::sync::Arc;

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::{Metadata, Schema, SchemaObject};
use serde::{Deserialize, Serialize};

use super::asked::Asked;
use super::calls::{self, CallSummary};
use super::problem::Problem;
use crate::script;
use crate::script::Difference;
use crate::session::Session;
use crate::verify::{self, Near, Outcome, Shortfall};

/// What must have been called, in the grammar of a script's `expect`.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Verification(
    #[expect(dead_code, reason = "read as a script is, with positions")] serde_json::Value,
);

impl JsonSchema for Verification {
    fn schema_name() -> String {
        "Verification".to_owned()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let description = "What must have been called: {\"op\": \"createPet\", \"count\": 1}, with `count`, or `min` \
                           and `max` (one call at least where nothing is said), `where` (the conditions of a script's \
                           `when`), `status`, and `within`, how long it is waited for (\"2s\", at most 60s); or a \
                           list of such, which are these calls in this order, with others in between or not.";
        SchemaObject {
            metadata: Some(Box::new(Metadata {
                description: Some(description.to_owned()),
                ..Metadata::default()
            })),
            ..SchemaObject::default()
        }
        .into()
    }
}

/// What was verified.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Verified {
    /// Always true: what is not so is answered 409.
    pub(crate) ok: bool,
    /// How many calls there were of what was asked for.
    pub(crate) count: u64,
}

/// What the scripts expect, all of which is so.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ExpectationsMet {
    /// Always true: what is not so is answered 409.
    pub(crate) ok: bool,
    /// Each of them; none where no script expects anything.
    pub(crate) expectations: Vec<ExpectationMet>,
}

/// An expectation that is met.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ExpectationMet {
    /// The id of the operation.
    pub(crate) operation: String,
    /// How many calls are expected, in words.
    pub(crate) expected: String,
    /// How many there were.
    pub(crate) count: u64,
    /// File and line of the script.
    pub(crate) place: String,
}

/// An expectation that is not met, or of which it cannot be told.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Failure {
    /// The id of the operation.
    operation: String,
    /// How many calls are expected, in words.
    expected: String,
    /// How many there were.
    count: u64,
    /// How many calls may have been such calls, and cannot be told: they were dropped from the journal, or kept in
    /// part.
    untold: u64,
    /// File and line of the script, or where in what was sent, as a JSON Pointer.
    place: String,
    /// What was expected and what there was.
    message: String,
    /// The calls that came nearest, the nearest first; where there were too many, the latest.
    nearest: Vec<NearMiss>,
}

/// A call that came near to what is expected.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct NearMiss {
    /// The call.
    call: CallSummary,
    /// The first thing that differs; absent where the call is one of too many.
    difference: Option<FieldDifference>,
}

/// How a call differs from what is asked.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FieldDifference {
    /// What of the call: a field as scripts write it, or `operation`, `method`, `path`, `status`, `valid` …
    field: String,
    /// What it should be, in words.
    expected: String,
    /// What it is; absent where there is nothing.
    found: Option<String>,
}

impl From<Difference> for FieldDifference {
    fn from(difference: Difference) -> Self {
        let Difference { field, expected, found } = difference;
        Self { field, expected, found }
    }
}

/// Whether everything that the scripts expect is so.
pub(super) fn expectations(asked: &Asked<'_>) -> Result<ExpectationsMet, Problem> {
    let (mut met, mut unmet, mut is_untold) = (Vec::new(), Vec::new(), true);
    for (expectation, outcome) in verify::judge_all(&asked.edition(), &asked.session) {
        match outcome {
            Outcome::Holds { count } => met.push(ExpectationMet {
                operation: expectation.operation.clone(),
                expected: expectation.range.to_string(),
                count,
                place: expectation.place.clone(),
            }),
            Outcome::Fails(shortfall) => {
                is_untold = false;
                unmet.push(failure(&asked.session, *shortfall));
            }
            Outcome::Untold(shortfall) => unmet.push(failure(&asked.session, *shortfall)),
        }
    }
    if unmet.is_empty() {
        return Ok(ExpectationsMet { ok: true, expectations: met });
    }
    let all = met.len() + unmet.len();
    let detail = match unmet.as_slice() {
        [one] => one.message.clone(),
        several => format!("{} of {all} expectations are not met", several.len()),
    };
    Err(refusal(is_untold, detail, unmet))
}

/// Whether what was asked for is so, or comes to be in time.
pub(super) async fn verify(asked: &Asked<'_>, order: &[u8]) -> Result<Verified, Problem> {
    let (expectations, within) = script::steps(order, &asked.edition().contracts).map_err(|error| {
        let detail = match error.error_count() {
            1 => "what is to be verified has an error".to_owned(),
            count => format!("what is to be verified has {count} errors"),
        };
        Problem::findings(detail, error.findings())
    })?;
    let waits = &asked.state.waits;
    let _slot = match within.is_zero() {
        true => None,
        false => Some(waits.take().ok_or_else(|| {
            let detail = format!("{} verifications wait for calls, as many as may", waits.max());
            Problem::too_many("waits-exhausted", detail)
        })?),
    };
    let session = Arc::clone(&asked.session);
    match verify::verify(&asked.state, &session, expectations, within).await {
        Outcome::Holds { count } => Ok(Verified { ok: true, count }),
        Outcome::Fails(shortfall) => {
            let failure = failure(&session, *shortfall);
            Err(refusal(false, failure.message.clone(), vec![failure]))
        }
        Outcome::Untold(shortfall) => {
            let failure = failure(&session, *shortfall);
            Err(refusal(true, failure.message.clone(), vec![failure]))
        }
    }
}

fn refusal(is_untold: bool, detail: String, failures: Vec<Failure>) -> Problem {
    let kind = if is_untold { "verification-untold" } else { "verification-failed" };
    Problem::unverified(kind, detail, failures)
}

fn failure(session: &Session, shortfall: Shortfall) -> Failure {
    let Shortfall { expectation, count, untold, message, nearest, .. } = shortfall;
    let nearest = nearest.into_iter().filter_map(|near| near_miss(session, near)).collect();
    Failure {
        operation: expectation.operation.clone(),
        expected: expectation.range.to_string(),
        count,
        untold,
        place: expectation.place.clone(),
        message,
        nearest,
    }
}

fn near_miss(session: &Session, near: Near) -> Option<NearMiss> {
    let call = calls::in_short(session.journal.get(near.id)?);
    Some(NearMiss { call, difference: near.difference.map(FieldDifference::from) })
}
