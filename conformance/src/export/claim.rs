//! What a document promises of an answer, as something that a test can look at without the document.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::time::Duration;

use counterfoil_openapi::validate::Reading;
use counterfoil_openapi::{Direction, Operation, Request, Response, StatusPattern};
use http::{HeaderValue, StatusCode};

use crate::check::{self, Judgement, Limits, Observation, Outcome};
use crate::replay::{CaseFile, Purpose, intent};

/// What has to hold of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Claim {
    /// Its status is in one of these ranges, both ends included.
    Status(Vec<(u16, u16)>),
    /// Its media type is one of these.
    MediaType(BTreeSet<String>),
    /// Where it has this status, its body is valid by this JSON Schema (2020-12).
    Body { status: u16, schema: String },
    /// It comes whole.
    Answered,
}

/// What has to hold of the last answer of a case; nothing where that takes the document to judge.
pub(super) fn claim(
    case: &CaseFile,
    operation: &Operation,
    request: &Request,
    reading: &Reading,
) -> Option<Claim> {
    match case.check.as_str() {
        "server_crash" | "response_timeout" => return Some(Claim::Answered),
        "content_type_conformance" => return media_types(operation).map(Claim::MediaType),
        "response_schema_conformance" => return body(case, operation),
        _ => {}
    }
    let admitted: Vec<u16> =
        (100..=599).filter(|status| is_admitted(case, operation, request, reading, *status)).collect();
    // What the check took exception to is not the status then.
    let is_found = case.recipe.steps.last()?.answered.is_some_and(|found| !admitted.contains(&found));
    is_found.then(|| Claim::Status(ranges(&admitted)))
}

/// Whether the check takes an answer with this status.
fn is_admitted(
    case: &CaseFile,
    operation: &Operation,
    request: &Request,
    reading: &Reading,
    status: u16,
) -> bool {
    let (Some(check), Some(step), Ok(status)) = (
        check::checks().iter().find(|check| check.name() == case.check),
        case.recipe.steps.last(),
        StatusCode::from_u16(status),
    ) else {
        return true;
    };
    let mut response = Response::new(status);
    response.headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.body = r#"{"answered": true}"#.into();
    if let Purpose::UndeclaredMethod { declared } = &step.purpose
        && let Ok(allow) = HeaderValue::from_str(&declared.join(", "))
    {
        response.headers.insert(http::header::ALLOW, allow);
    }
    let outcome = Outcome::Answered(response);
    let method = http::Method::from_str(&step.request.method).unwrap_or_default();
    let intent = intent(&step.purpose, method);
    let limits = Limits { timeout: Duration::MAX, body_cap: usize::MAX, max_response_time: Duration::MAX };
    let observation =
        Observation::new(operation, &intent, request, reading, &outcome, Duration::ZERO, limits)
            .expecting(step.expectation);
    !matches!(check.judge(&observation), Judgement::Failed(_))
}

/// Numbers in order as ranges, both ends included.
fn ranges(numbers: &[u16]) -> Vec<(u16, u16)> {
    let mut ranges: Vec<(u16, u16)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, end)) if *end + 1 == *number => *end = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    ranges
}

/// The media types that an operation documents; nothing where any is let through.
fn media_types(operation: &Operation) -> Option<BTreeSet<String>> {
    let all = operation.responses().iter().flat_map(|response| response.content.iter());
    let names: BTreeSet<String> = all
        .map(|media| media.name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
        .collect();
    (!names.is_empty() && !names.iter().any(|name| name.contains('*'))).then_some(names)
}

/// The schema of the body that was wrong, where it is one of JSON.
fn body(case: &CaseFile, operation: &Operation) -> Option<Claim> {
    let status = case.recipe.steps.last()?.answered?;
    let responses = operation.responses();
    let covers = |pattern: StatusPattern| match pattern {
        StatusPattern::Exact(code) => code == status,
        StatusPattern::Range(digit) => u16::from(digit) == status / 100,
        StatusPattern::Default => true,
    };
    // Exact before range before default, which is their order.
    let response =
        responses.iter().filter(|response| covers(response.status)).min_by_key(|response| response.status)?;
    let mut types = response.content.iter();
    let media = types.next()?;
    let is_json = media.name.starts_with("application/json") || media.name.contains("+json");
    let schema = media.schema.as_ref().filter(|_| is_json && types.next().is_none())?;
    Some(Claim::Body { status, schema: schema.bundle(Direction::Response).to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_are_a_range() {
        assert_eq!(ranges(&[]), []);
        assert_eq!(ranges(&[100, 101, 102, 404, 500]), [(100, 102), (404, 404), (500, 500)]);
    }
}
