//! What a client is told when nothing can be forwarded, or nothing came back.

use std::time::Duration;

use counterfoil_openapi::Operation;
use http::StatusCode;

use super::Upstream;
use crate::call::Source;
use crate::problem::Problem;
use crate::reply::Reply;

/// A page that may not reach the upstream.
pub(crate) fn origin(origin: &str) -> Box<Reply> {
    let detail = format!(
        "the request comes from `{}`, and only pages that may read replies with credentials can reach the upstream",
        origin.escape_debug()
    );
    let title = "A page of another origin";
    boxed(Problem::new("origin-refused", title, StatusCode::FORBIDDEN, detail).source(Source::Validation))
}

/// A request that has been here before.
pub(crate) fn circular(upstream: &Upstream) -> Box<Reply> {
    let detail = format!("the request comes round again and again: {upstream} leads back here");
    boxed(Problem::new(
        "upstream-circular",
        "The upstream leads back here",
        StatusCode::LOOP_DETECTED,
        detail,
    ))
}

/// An upstream whose address may not be contacted.
pub(crate) fn refused(upstream: &Upstream, why: &str) -> Box<Reply> {
    let detail = format!("{upstream} is not contacted: {why}");
    boxed(Problem::new(
        "upstream-refused",
        "The upstream may not be contacted",
        StatusCode::BAD_GATEWAY,
        detail,
    ))
}

/// An upstream that no connection can be made to.
pub(crate) fn unreachable(upstream: &Upstream, why: &str) -> Box<Reply> {
    let detail = format!("{upstream} cannot be reached: {why}");
    boxed(Problem::new("upstream-unreachable", "The upstream is not there", StatusCode::BAD_GATEWAY, detail))
}

/// An upstream that takes too long.
pub(crate) fn too_slow(upstream: &Upstream, deadline: Duration) -> Box<Reply> {
    let detail = format!("the reply of {upstream} was not there after {deadline:?}");
    boxed(Problem::new(
        "upstream-timeout",
        "The upstream takes too long",
        StatusCode::GATEWAY_TIMEOUT,
        detail,
    ))
}

/// A reply that is not whole, or none.
pub(crate) fn broken(upstream: &Upstream, why: &str) -> Box<Reply> {
    let detail = format!("the reply of {upstream} cannot be read: {why}");
    boxed(Problem::new("upstream-broken", "The upstream's reply is broken", StatusCode::BAD_GATEWAY, detail))
}

/// A reply that is too large to be judged.
pub(crate) fn too_large(upstream: &Upstream, limit: usize) -> Box<Reply> {
    let detail = format!(
        "the reply of {upstream} is over the limit of {limit} bytes up to which replies are validated"
    );
    boxed(Problem::new(
        "upstream-too-large",
        "The upstream's reply is too large",
        StatusCode::BAD_GATEWAY,
        detail,
    ))
}

/// A request that no script answers, where the script says that this is an error.
pub(crate) fn unscripted(operation: &Operation) -> Box<Reply> {
    let detail = format!(
        "no rule answers this request to `{}`, and the script says `on_unscripted: error`",
        operation.id()
    );
    boxed(Problem::new("unscripted", "The script has no answer", StatusCode::NOT_IMPLEMENTED, detail))
}

fn boxed(problem: Problem<'_>) -> Box<Reply> {
    Box::new(problem.into_reply())
}
