//! What makes the result of a run worth less than it looks.

use counterfoil_openapi::{Direction, Operation, codec};

use super::Context;
use super::state::{MAX_TIMEOUTS, State, Tally};
use crate::check;
use crate::event::{Mode, Phase, Warning};
use crate::plan::{OperationPlan, Plan};

/// Valid requests of an operation that must have been answered before anything is said of how many were refused.
const MIN_POSITIVE: u64 = 5;
/// The share of valid requests, in percent, whose refusal is warned of.
const MOSTLY: u64 = 90;

/// Everything there is to warn of at the end of a run, in the order of operations.
pub(super) fn warnings(context: &Context, plan: &Plan, state: &State) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if plan.operations.is_empty() {
        warnings.push(Warning {
            code: "nothing-selected".to_owned(),
            operation: None,
            message: "no operation is left to test; look at --include and --exclude".to_owned(),
        });
    }
    if state.hangs() {
        warnings.push(Warning {
            code: "target-hangs".to_owned(),
            operation: None,
            message: "one operation after the other did not answer; the rest of the run was left out"
                .to_owned(),
        });
    }
    if !state.out_of_time.is_empty() {
        let message = format!(
            "the time given was over before {} of {} operations had all their cases; see --max-time",
            state.out_of_time.len(),
            plan.own().count()
        );
        warnings.push(Warning { code: "time-spent".to_owned(), operation: None, message });
    }
    for plan in plan.own() {
        let tally = &state.tallies[plan.index];
        let operation = &plan.operation;
        let about = |code: &str, message: String| Warning {
            code: code.to_owned(),
            operation: Some(operation.id().as_str().to_owned()),
            message,
        };
        let found = [
            no_instance(context, plan),
            no_credentials(context, operation),
            only_refusals(tally),
            invalid_example(context, operation, tally),
            no_refusal(operation, tally),
            given_up(tally),
        ];
        warnings.extend(found.into_iter().flatten().map(|(code, message)| about(code, message)));
    }
    warnings
}

type Found = Option<(&'static str, String)>;

fn no_instance(context: &Context, plan: &OperationPlan) -> Found {
    let settings = &context.settings;
    if !settings.phases.contains(&Phase::Fuzzing) || !settings.modes.contains(&Mode::Positive) {
        return None;
    }
    let defect = plan.positive().err()?;
    Some(("no-instance", format!("no valid request can be made: {defect}")))
}

fn no_credentials(context: &Context, operation: &Operation) -> Found {
    let signer = context.factory.signer();
    let is_lacking = operation.is_secured() && !signer.invents() && !signer.has_given_credentials(operation);
    is_lacking.then(|| {
        let schemes: Vec<&str> = operation
            .security()
            .iter()
            .flat_map(|alternative| &alternative.schemes)
            .map(|(scheme, _)| scheme.name.as_str())
            .collect();
        let message =
            format!("it asks for credentials ({}) and none are given; see --header", schemes.join(", "));
        ("credentials-missing", message)
    })
}

fn only_refusals(tally: &Tally) -> Found {
    let statuses: Vec<u16> = tally.statuses.keys().copied().collect();
    let is_all =
        |wanted: &[u16]| !statuses.is_empty() && statuses.iter().all(|status| wanted.contains(status));
    if is_all(&[401, 403]) {
        return Some((
            "all-unauthorized",
            "every answer was 401 or 403: the data were never looked at".to_owned(),
        ));
    }
    if is_all(&[404]) {
        let message = "every answer was 404; is the path of the base URL right?".to_owned();
        return Some(("all-not-found", message));
    }
    let is_mostly = tally.positive >= MIN_POSITIVE && tally.refused * 100 >= tally.positive * MOSTLY;
    is_mostly.then(|| {
        let message =
            format!("{} of {} valid requests were refused with a 4xx", tally.refused, tally.positive);
        ("mostly-refused", message)
    })
}

fn invalid_example(context: &Context, operation: &Operation, tally: &Tally) -> Found {
    let found = tally.invalid_example.clone().or_else(|| invalid_response_example(operation))?;
    let message = format!("the document's own example breaks its schema: {}", context.redactor.text(&found));
    Some(("example-invalid", message))
}

/// What is wrong with the first response example that breaks its own schema.
fn invalid_response_example(operation: &Operation) -> Option<String> {
    operation.responses().iter().find_map(|response| {
        response.content.iter().find_map(|media| {
            let schema = media.schema.as_ref()?;
            media.examples.iter().find_map(|example| {
                let sent = codec::example_payload(media, example);
                let value = codec::payload_value(media, &sent, Direction::Response).ok()??;
                let violation = schema.violations(&value, Direction::Response).into_iter().next()?;
                let at = violation.instance_pointer;
                Some(format!(
                    "response {}{at}: {} [{}]",
                    response.status, violation.message, violation.keyword
                ))
            })
        })
    })
}

fn no_refusal(operation: &Operation, tally: &Tally) -> Found {
    let refused = [400, 422].iter().any(|status| tally.statuses.contains_key(status));
    (refused && !operation.responses().is_empty() && !check::documents_refusal(operation)).then(|| {
        let message =
            "it refuses invalid data, and the document does not say how: no 400, 422, 4XX or default";
        ("refusal-undocumented", message.to_owned())
    })
}

fn given_up(tally: &Tally) -> Found {
    tally.is_given_up.then(|| {
        let message = format!("given up after {MAX_TIMEOUTS} requests in a row without an answer in time");
        ("given-up", message)
    })
}
