//! What every reply gets, and the log line of every call.

use counterfoil_openapi::{Request, Violation};
use http::{HeaderName, HeaderValue};

use crate::cors;
use crate::journal::Entry;
use crate::pipeline::Notes;
use crate::redact::Found;
use crate::reply::Reply;
use crate::state::State;

const SOURCE: HeaderName = HeaderName::from_static("counterfoil-source");
const RULE: HeaderName = HeaderName::from_static("counterfoil-rule");
const CALL: HeaderName = HeaderName::from_static("counterfoil-call");
const REASON: HeaderName = HeaderName::from_static("counterfoil-reason");

/// The longest `counterfoil-reason`, in bytes.
pub(crate) const MAX_REASON: usize = 4096;
const CUT: &str = " ...";

/// Adds where the reply comes from, the number of its call, why the request was refused, and CORS.
pub(crate) fn finish(state: &State, id: u64, request: &Request, notes: &Notes, reply: &mut Reply) {
    let headers = &mut reply.headers;
    headers.insert(SOURCE, HeaderValue::from_static(reply.source.as_str()));
    headers.insert(CALL, HeaderValue::from(id));
    if let Some(rule) = reply.rule.as_deref().and_then(|rule| HeaderValue::from_str(&plain(rule)).ok()) {
        headers.insert(RULE, rule);
    }
    if !notes.violations.is_empty() {
        let violations = match &notes.operation {
            Some(operation) => state.scrub(operation, request, &notes.violations),
            None => notes.violations.clone(),
        };
        if let Ok(reason) = HeaderValue::from_str(&reason(&violations)) {
            headers.insert(REASON, reason);
        }
    }
    cors::apply(&request.headers, headers);
}

/// Logs a call: the whole target with secrets hidden, the operation, the status, and why.
pub(crate) fn tell(state: &State, entry: &Entry) {
    if !tracing::enabled!(tracing::Level::INFO) {
        return;
    }
    let mut found = Found::default();
    let operation = entry.operation.as_ref();
    let url = state.journal.secrets().target(operation, &entry.target, &mut found);
    let why = match entry.violations.first() {
        Some(first) => found.scrub_violation(first).to_string(),
        None => found.scrub(entry.trail.last()),
    };
    tracing::info!(
        call = entry.id,
        method = %entry.method,
        %url,
        operation = operation.map_or("-", |operation| operation.id().as_str()),
        status = entry.status.map(|status| status.as_u16()),
        source = %entry.source,
        %why,
        "answered"
    );
}

/// Every violation in one line, cut at [`MAX_REASON`].
fn reason(violations: &[Violation]) -> String {
    let mut text = String::new();
    for violation in violations {
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(&plain(&violation.to_string()));
        if text.len() > MAX_REASON {
            text.truncate(MAX_REASON - CUT.len());
            text.push_str(CUT);
            break;
        }
    }
    text
}

/// A text as a header can hold it: visible ASCII and spaces, all else escaped.
fn plain(text: &str) -> String {
    let is_plain = |character: char| character == ' ' || character.is_ascii_graphic();
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        if is_plain(character) {
            plain.push(character);
        } else {
            plain.extend(character.escape_default());
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Part;

    use super::*;

    #[test]
    fn a_reason_is_plain_and_cut() {
        let violation = |message: &str| Violation::new(Part::Body, "type", message.to_owned());
        assert_eq!(reason(&[violation("é\n"), violation("b")]), "body: \\u{e9}\\n [type]; body: b [type]");
        let long = reason(&vec![violation(&"x".repeat(100)); 100]);
        assert_eq!(long.len(), MAX_REASON);
        assert!(long.ends_with(CUT), "{long}");
    }
}
