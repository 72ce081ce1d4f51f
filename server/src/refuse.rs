//! Everything the stub refuses, and how it says so.

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use counterfoil_openapi::{MediaType, Operation, Responses, Violation};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use crate::call::Source;
use crate::negotiate::status::Wrong;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::script::Refused;
use crate::session::MAX_SESSION_NAME;

/// How much of a path is compared and quoted, in bytes.
const MAX_LEGIBLE: usize = 128;

/// The beginning of a path, short enough to be compared and quoted.
pub(crate) fn legible(path: &str) -> &str {
    let end = (0..=MAX_LEGIBLE.min(path.len())).rev().find(|end| path.is_char_boundary(*end));
    &path[..end.unwrap_or(0)]
}

/// A request that does not say which host it means.
pub(crate) fn host(why: &str) -> Box<Reply> {
    let title = "A request names its host once";
    let detail = format!("the request {why}");
    boxed(Problem::new("host-invalid", title, StatusCode::BAD_REQUEST, detail).source(Source::Routing))
}

/// A request that asks for a WebSocket.
pub(crate) fn websocket() -> Box<Reply> {
    let title = "There are no WebSockets here";
    let detail = "a stub answers requests, and opens no WebSocket";
    let problem = Problem::new("websocket-unsupported", title, StatusCode::BAD_REQUEST, detail);
    boxed(problem.source(Source::Routing).header(header::CONNECTION, HeaderValue::from_static("close")))
}

/// A connection that does not come by the Unix socket which is the only way in.
pub(crate) fn other_door() -> Box<Reply> {
    let title = "The stub is reached by its Unix socket";
    let detail = "this port carries what comes by the Unix socket, and answers nobody else";
    boxed(Problem::new("door-closed", title, StatusCode::FORBIDDEN, detail).source(Source::Stub))
}

/// A path that holds escapes which mean nothing.
pub(crate) fn bad_escape(path: &str) -> Box<Reply> {
    let detail = format!("`{}` holds a `%` that starts no escape of UTF-8 text", legible(path));
    let title = "The path cannot be decoded";
    boxed(Problem::new("escape-invalid", title, StatusCode::BAD_REQUEST, detail).source(Source::Routing))
}

/// A path that no template matches.
pub(crate) fn unknown_path(path: &str, nearest: &[&str]) -> Box<Reply> {
    let mut detail = format!("no path of the document matches `{}`", legible(path));
    if !nearest.is_empty() {
        // Writing to a string cannot fail.
        let _ = write!(detail, "; the nearest are {}", nearest.join(", "));
    }
    let problem = Problem::new("path-unknown", "The path is not documented", StatusCode::NOT_FOUND, detail);
    boxed(problem.source(Source::Routing).member("nearest", nearest.to_vec()))
}

/// A known path with a method it does not have.
pub(crate) fn wrong_method(method: &Method, path: &str, allowed: &[&Method]) -> Box<Reply> {
    let methods = methods(allowed);
    let detail = format!("`{}` has no {method}; it has {methods}", legible(path));
    let title = "The path has no such method";
    let problem = Problem::new("method-undocumented", title, StatusCode::METHOD_NOT_ALLOWED, detail);
    boxed(with_header(problem.source(Source::Routing), header::ALLOW, &methods))
}

/// The answer to an OPTIONS that is not documented: the methods there are.
pub(crate) fn options(allowed: &[&Method]) -> Box<Reply> {
    let mut headers = HeaderMap::new();
    if let Ok(methods) = HeaderValue::from_str(&methods(allowed)) {
        headers.insert(header::ALLOW, methods);
    }
    Box::new(Reply::new(StatusCode::NO_CONTENT, headers, Bytes::new(), Source::Routing))
}

/// What is documented, and what comes with it.
fn methods(allowed: &[&Method]) -> String {
    let mut names: Vec<&str> = allowed.iter().map(|method| method.as_str()).collect();
    if allowed.contains(&&Method::GET) && !allowed.contains(&&Method::HEAD) {
        names.push("HEAD");
    }
    if !allowed.contains(&&Method::OPTIONS) {
        names.push("OPTIONS");
    }
    names.join(", ")
}

/// A session whose name is none.
pub(crate) fn session_name(place: &str) -> Box<Reply> {
    let detail = format!(
        "the session in `{place}` has to be one name of at most {MAX_SESSION_NAME} letters, digits, `-`, `_` and `.`"
    );
    let title = "The session has no such name";
    boxed(Problem::new("session-invalid", title, StatusCode::BAD_REQUEST, detail))
}

/// A new session where there are as many as there may be.
pub(crate) fn too_many_sessions(max: usize, ttl: Duration) -> Box<Reply> {
    let detail = format!(
        "there are {max} sessions, as many as there may be; one goes once nothing has named it for {ttl:?}, and \
         `sessions: {{max: ...}}` of a script allows more"
    );
    let title = "There are too many sessions";
    boxed(Problem::new("sessions-exhausted", title, StatusCode::TOO_MANY_REQUESTS, detail))
}

/// A preference that makes no sense.
pub(crate) fn preference(why: String) -> Box<Reply> {
    let title = "A preference of the request makes no sense";
    boxed(Problem::new("preference-malformed", title, StatusCode::UNPROCESSABLE_ENTITY, why))
}

/// A head that takes too long to arrive.
pub(crate) fn head_too_slow(deadline: Duration) -> Box<Reply> {
    let detail = format!("the head of the request was not whole after {deadline:?}");
    let problem = Problem::new("head-timeout", "The head took too long", StatusCode::REQUEST_TIMEOUT, detail);
    boxed(problem.header(header::CONNECTION, HeaderValue::from_static("close")))
}

/// A request that takes too long to arrive.
pub(crate) fn request_too_slow(deadline: Duration) -> Box<Reply> {
    let detail = format!("the request was not whole after {deadline:?}");
    let title = "The request took too long";
    let problem = Problem::new("request-timeout", title, StatusCode::REQUEST_TIMEOUT, detail);
    boxed(problem.header(header::CONNECTION, HeaderValue::from_static("close")))
}

/// A connection where there are as many as there may be.
pub(crate) fn too_many_connections(max: usize) -> Box<Reply> {
    let detail = format!(
        "{max} connections wait, as many as may; `--max-connections` allows more, and fewer are needed where clients \
         close those that they have no more requests for"
    );
    let title = "There are too many connections";
    let problem = Problem::new("connections-exhausted", title, StatusCode::SERVICE_UNAVAILABLE, detail);
    boxed(problem.header(header::CONNECTION, HeaderValue::from_static("close")))
}

/// A body that takes too long to arrive.
pub(crate) fn body_too_slow(deadline: Duration) -> Box<Reply> {
    let detail = format!("the body was not there after {deadline:?}");
    let problem = Problem::new("body-timeout", "The body took too long", StatusCode::REQUEST_TIMEOUT, detail);
    boxed(problem.source(Source::Validation).header(header::CONNECTION, HeaderValue::from_static("close")))
}

/// A body that is too large, of a request that means no operation.
pub(crate) fn body_too_large(limit: usize) -> Box<Reply> {
    let detail = format!("the body is over the limit of {limit} bytes");
    let problem =
        Problem::new("body-too-large", "The body is too large", StatusCode::PAYLOAD_TOO_LARGE, detail);
    boxed(problem.source(Source::Validation))
}

/// A body that breaks off.
pub(crate) fn body_broken() -> Box<Reply> {
    let detail = "the body broke off, or broke the framing of HTTP";
    let problem = Problem::new("body-broken", "The body is not whole", StatusCode::BAD_REQUEST, detail);
    boxed(problem.source(Source::Validation).header(header::CONNECTION, HeaderValue::from_static("close")))
}

/// An operation without responses.
pub(crate) fn no_response(operation: &Operation) -> Box<Reply> {
    let detail = format!("`{}` documents no response", operation.id());
    let title = "The document says no response";
    boxed(Problem::new("no-response-documented", title, StatusCode::NOT_IMPLEMENTED, detail))
}

/// A status somebody asks for that the operation does not document.
pub(crate) fn status_undocumented(operation: &Operation, status: u16) -> Box<Reply> {
    let known = statuses(operation.responses());
    let detail = format!("`{}` documents no {status}; it documents {}", operation.id(), list(&known));
    let title = "The status is not documented";
    let problem = Problem::new("status-undocumented", title, StatusCode::NOT_FOUND, detail);
    boxed(problem.member("documented", known))
}

/// An example somebody asks for that there is not.
pub(crate) fn example_unknown(operation: &Operation, response: Option<usize>, name: &str) -> Box<Reply> {
    let responses = operation.responses().iter().enumerate();
    let asked = responses.filter(|(place, _)| response.is_none_or(|response| response == *place));
    let media = asked.flat_map(|(_, response)| response.content.iter());
    let mut known: Vec<String> =
        media.flat_map(|media| &media.examples).filter_map(|example| example.name.clone()).collect();
    known.sort();
    known.dedup();
    let detail = format!("`{}` has no example `{name}` there; it has {}", operation.id(), list(&known));
    let title = "There is no such example";
    boxed(Problem::new("example-unknown", title, StatusCode::NOT_FOUND, detail).member("documented", known))
}

/// An `Accept` that nothing documented satisfies.
pub(crate) fn not_acceptable(documented: &[&MediaType]) -> Box<Reply> {
    let known: Vec<&str> = documented.iter().map(|media| media.name.as_str()).collect();
    let detail = format!("the request accepts none of {}", known.join(", "));
    let title = "No documented media type is acceptable";
    let problem = Problem::new("not-acceptable", title, StatusCode::NOT_ACCEPTABLE, detail);
    boxed(problem.source(Source::Validation).member("documented", known))
}

/// A media type a script asks for that the response does not document.
pub(crate) fn media_type_undocumented(operation: &Operation, name: &str) -> Box<Reply> {
    let detail = format!("the script asks for `{name}`, which `{}` does not document there", operation.id());
    let title = "The media type is not documented";
    boxed(Problem::new("media-type-undocumented", title, StatusCode::NOT_ACCEPTABLE, detail))
}

/// An invalid request where the operation documents no reply to it.
pub(crate) fn invalid(operation: &Operation, wrong: Wrong, violations: &[Violation]) -> Box<Reply> {
    let (code, title) = match wrong {
        Wrong::Security => ("unauthorized", "The credentials are missing, malformed or not accepted"),
        Wrong::Scope => ("forbidden", "The credentials do not allow the request"),
        Wrong::MediaType => {
            ("media-type-unsupported", "The media type or coding of the body is not documented")
        }
        Wrong::TooLarge => ("body-too-large", "The body is too large"),
        Wrong::Accept => ("not-acceptable", "No documented media type is acceptable"),
        Wrong::Request => ("request-invalid", "The request breaks the contract"),
    };
    let first = violations.first().map_or_else(String::new, |violation| format!(": {violation}"));
    let detail = match violations.len() {
        1 => format!("1 violation of `{}`{first}", operation.id()),
        many => format!("{many} violations of `{}`, the first one{first}", operation.id()),
    };
    let problem =
        Problem::new(code, title, wrong.status(), detail).source(Source::Validation).violations(violations);
    boxed(problem)
}

/// A reply of our own that breaks the contract, where it is not to be sent.
pub(crate) fn own_reply(operation: &Operation, violations: &[Violation]) -> Box<Reply> {
    let detail = format!("the reply that was about to be sent breaks the contract of `{}`", operation.id());
    let title = "The stub's own reply breaks the contract";
    let problem = Problem::new("response-invalid", title, StatusCode::INTERNAL_SERVER_ERROR, detail);
    boxed(problem.violations(violations))
}

/// A reply of a script that cannot be made.
pub(crate) fn unmade(operation: &Operation, why: &str) -> Box<Reply> {
    let detail = format!("the script's reply of `{}` cannot be made: {why}", operation.id());
    let title = "The script's reply cannot be made";
    boxed(Problem::new("response-invalid", title, StatusCode::INTERNAL_SERVER_ERROR, detail))
}

/// What a resource of a script refuses, where the operation documents no reply to it.
pub(crate) fn resource(refused: &Refused) -> Box<Reply> {
    let Refused { status, code, title, detail } = refused;
    boxed(Problem::new(code, title, *status, detail.as_str()).source(Source::Resource))
}

/// A defect of the stub.
pub(crate) fn defect() -> Box<Reply> {
    let detail = "this is a defect of counterfoil; please report it with the document and the request";
    let title = "The stub itself failed";
    let mut reply = boxed(Problem::new("defect", title, StatusCode::INTERNAL_SERVER_ERROR, detail));
    reply.problem = Some("the stub itself failed: this is a defect of counterfoil".into());
    reply
}

fn statuses(responses: &Responses) -> Vec<String> {
    responses.iter().map(|response| response.status.to_string()).collect()
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn with_header<'v>(problem: Problem<'v>, name: header::HeaderName, value: &str) -> Problem<'v> {
    match HeaderValue::from_str(value) {
        Ok(value) => problem.header(name, value),
        Err(_) => problem,
    }
}

fn boxed(problem: Problem<'_>) -> Box<Reply> {
    Box::new(problem.into_reply())
}
