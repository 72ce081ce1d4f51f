//! What is expected, against the document and against itself.

use counterfoil_openapi::{Operation, Severity};
use http::StatusCode;

use super::super::expectation::Expectation;
use super::super::grammar::ExpectedCalls;
use super::super::read::Reader;
use super::field;

/// What is expected of an operation, checked and ready to be held against calls.
pub(in crate::script) fn expectation(
    reader: &mut Reader<'_>,
    operation: &Operation,
    mut calls: ExpectedCalls,
    place: String,
) -> Expectation {
    if let Some(when) = &mut calls.when {
        field::check(reader, operation, when);
    }
    if let Some((status, pointer)) = &calls.status
        && let Ok(code) = StatusCode::from_u16(*status)
        && operation.responses().documenting(code).is_none()
    {
        let message = format!("`{}` documents no reply {status}", operation.id());
        let known: Vec<String> = operation.responses().iter().map(|reply| reply.status.to_string()).collect();
        let hint = format!("documented: {}", known.join(", "));
        reader.tell(Severity::Warning, "status-undocumented", pointer, message, Some(hint));
    }
    Expectation {
        operation: operation.id().as_str().to_owned(),
        label: operation.label(),
        document: operation.document().name().to_owned(),
        range: calls.range,
        status: calls.status.map(|(status, _)| status),
        when: calls.when,
        place,
    }
}

/// Tells of what is expected twice of the same calls and can never be so.
pub(in crate::script) fn contradictions(reader: &mut Reader<'_>, calls: &[ExpectedCalls]) {
    for (index, later) in calls.iter().enumerate() {
        let says = |one: &ExpectedCalls| {
            let condition = one.when.as_ref().map(|_| reader.digest(&one.pointer.join("where")));
            (condition, one.status.as_ref().map(|(status, _)| *status))
        };
        let earlier = calls[..index].iter().find(|one| says(one) == says(later));
        if let Some(earlier) = earlier.filter(|earlier| !earlier.range.overlaps(later.range)) {
            let message = format!("of the same calls {} and {} are expected", earlier.range, later.range);
            reader.error("expect-contradictory", &later.pointer, message, None);
        }
    }
}
