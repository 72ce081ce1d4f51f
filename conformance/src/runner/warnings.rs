//! What makes the result of a run worth less than it looks.

use std::collections::HashSet;

use counterfoil_openapi::{Direction, Operation, Shadowed, codec};

use super::Context;
use super::state::{MAX_TIMEOUTS, State, Tally};
use crate::case::{CredentialPlace, credential_places};
use crate::check;
use crate::event::{Mode, Phase, Warning};
use crate::plan::{OperationPlan, Plan};
use crate::reproduction::reproduction;

/// Valid requests of an operation that must have been answered before anything is said of how many were refused.
const MIN_POSITIVE: u64 = 5;
/// Operations named that were left out.
const MAX_NAMED: usize = 10;
/// The share of valid requests, in percent, whose refusal is warned of.
const MOSTLY: u64 = 90;

/// Everything there is to warn of at the end of a run, in the order of operations.
///
/// `out_of_time` are the operations that had fewer cases than there are, since time was over.
pub(super) fn warnings(
    context: &Context,
    plan: &Plan,
    state: &State,
    out_of_time: &HashSet<usize>,
) -> Vec<Warning> {
    let mut warnings = state.notes.clone();
    // Parts of a run say once what is the same for all of them.
    if context.settings.shard.is_none_or(|shard| shard.index == 1) {
        warnings.extend(of_selection(plan));
    }
    if plan.operations.is_empty()
        && [&plan.unsafe_ones, &plan.ending].iter().all(|left_out| left_out.is_empty())
        && plan.shadowed.is_empty()
    {
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
    if !out_of_time.is_empty() {
        let message = format!(
            "the time given was over before {} of {} operations had all their cases; see --max-time",
            out_of_time.len(),
            plan.own().count()
        );
        warnings.push(Warning { code: "time-spent".to_owned(), operation: None, message });
    }
    let is_whole = !state.summary.interrupted;
    // A journal says by itself what is sent.
    let is_journal = context.settings.phases.contains(&Phase::Journal);
    for plan in plan.own() {
        let tally = &state.tallies[plan.index];
        let operation = &plan.operation;
        let about = |code: &str, message: String| Warning {
            code: code.to_owned(),
            operation: Some(operation.id().as_str().to_owned()),
            message,
        };
        warnings.extend(warned(context, plan, state).map(|(check, message)| about(check, message)));
        let found = [
            no_instance(context, plan),
            no_credentials(context, operation),
            only_refusals(tally),
            invalid_example(context, operation, tally),
            no_refusal(operation, tally),
            given_up(tally),
            cut_short(tally),
            (!state.summary.unreachable && !is_journal)
                .then(|| not_exercised(tally, out_of_time.contains(&plan.index), is_whole))
                .flatten(),
        ];
        warnings.extend(found.into_iter().flatten().map(|(code, message)| about(code, message)));
    }
    warnings
}

/// What there is to say of which operations were selected.
fn of_selection(plan: &Plan) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut add = |code: &str, message: String| {
        warnings.push(Warning { code: code.to_owned(), operation: None, message });
    };
    for name in &plan.unmatched {
        add(
            "filter-unmatched",
            format!("no operation is called `{name}`: neither by operationId, `METHOD /path`, path nor tag"),
        );
    }
    if !plan.unsafe_ones.is_empty() {
        let named = named(plan.unsafe_ones.iter().map(|operation| operation.label()));
        add(
            "unsafe-methods",
            format!(
                "left out, since they may change something and the target is another machine: {named}; see --allow-unsafe"
            ),
        );
    }
    if !plan.ending.is_empty() {
        let named = named(plan.ending.iter().map(|operation| operation.label()));
        add(
            "ends-server",
            format!(
                "left out, since they seem to end the server, and what comes after would be blamed: {named}; --include sends them"
            ),
        );
    }
    if !plan.shadowed.is_empty() {
        let label = |shadowed: &Shadowed| format!("{} ({})", shadowed.operation.label(), shadowed.by.label());
        let named = named(plan.shadowed.iter().map(label));
        add(
            "operation-shadowed",
            format!("left out, since each request for them means another operation: {named}"),
        );
    }
    warnings
}

/// The first names of some, and how many more there are.
fn named(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = match names.len().saturating_sub(MAX_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", names.take(MAX_NAMED).collect::<Vec<_>>().join(", "))
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
        let is_in_query = |place: &CredentialPlace| matches!(place, CredentialPlace::Query(_));
        let places = credential_places(operation);
        let flag = if places.iter().any(|place| !is_in_query(place)) { "--header" } else { "--query" };
        let message =
            format!("it asks for credentials ({}) and none are given; see {flag}", schemes.join(", "));
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
    if is_all(&[429]) {
        return Some(("all-rate-limited", "every answer was 429; see --rate-limit".to_owned()));
    }
    if is_all(&[404]) {
        let message = "every answer was 404; is the path of the base URL right?".to_owned();
        return Some(("all-not-found", message));
    }
    let is_mostly = tally.positive >= MIN_POSITIVE && tally.refused * 100 >= tally.positive * MOSTLY;
    is_mostly.then(|| {
        // Without figures, which would keep what is said of several operations apart.
        ("mostly-refused", "nearly all valid requests were refused with a 4xx".to_owned())
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

fn cut_short(tally: &Tally) -> Found {
    tally.is_cut_short.then(|| {
        let message =
            "it answers so slowly that it had fewer cases than there are; --max-time gives it its share";
        ("slow", message.to_owned())
    })
}

/// That nothing was sent for an operation, and why.
fn not_exercised(tally: &Tally, is_out_of_time: bool, is_whole: bool) -> Found {
    let because = match (is_out_of_time, is_whole) {
        _ if tally.cases > 0 => return None,
        (true, _) => "the time given was over first; see --max-time",
        (false, false) => "the run ended first",
        (false, true) => "the phases and modes chosen have no request for it",
    };
    Some(("not-exercised", format!("nothing was sent for it: {because}")))
}

/// Where checks do not hold of which the user wants to be warned only: the check, and what it says of the first case.
fn warned<'s>(
    context: &'s Context,
    plan: &'s OperationPlan,
    state: &'s State,
) -> impl Iterator<Item = (&'static str, String)> {
    let found = state.warned.iter().filter(|(key, _)| key.operation == plan.index);
    found.map(|(_, found)| {
        let check = found.check.name();
        let breach = found.first.failure(check, &found.kind);
        let said = breach.map(|breach| context.message(&found.first, &breach.message)).unwrap_or_default();
        let how = reproduction(context, found, &found.first);
        let count = found.count;
        let cases = if count == 1 { "1 case".to_owned() } else { format!("{count} cases") };
        (check, format!("{said} ({cases}; {})", how.curl))
    })
}
