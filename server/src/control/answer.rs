//! What handlers answer: a reply of dropshot's, or the problem document in its stead.
//!
//! dropshot writes the errors of handlers as `application/json`, and lets nobody write them otherwise: the trait that
//! does so is not public. So a problem travels as a reply here, and the error type of a handler is there only for the
//! document to name it.

use dropshot::{
    ApiEndpointResponse, Body, HttpError, HttpResponse, HttpResponseCreated, HttpResponseDeleted,
    HttpResponseOk, HttpResponseUpdatedNoContent,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use schemars::JsonSchema;
use serde::Serialize;

use super::problem::Problem;

/// What every reply says: it holds for this moment only, and is no page, in no frame.
const HEADERS: [(HeaderName, &str); 4] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// A reply, or a problem document.
pub(crate) struct Answer<R>(Result<R, Problem>);

/// 200 with what was asked for.
pub(crate) type Shown<T> = Result<Answer<HttpResponseOk<T>>, Problem>;
/// 201 with what was made.
pub(crate) type Made<T> = Result<Answer<HttpResponseCreated<T>>, Problem>;
/// 204: it is removed.
pub(crate) type Removed = Result<Answer<HttpResponseDeleted>, Problem>;
/// 204: it is done.
pub(crate) type Done = Result<Answer<HttpResponseUpdatedNoContent>, Problem>;

/// What can be sent as JSON, and documented.
pub(super) trait Content: JsonSchema + Serialize + Send + Sync + 'static {}

impl<T: JsonSchema + Serialize + Send + Sync + 'static> Content for T {}

/// Answers what a row of its own kind does.
pub(super) fn answered<R>(answer: Result<R, Problem>) -> Result<Answer<R>, Problem> {
    Ok(Answer(answer))
}

/// Answers 200.
pub(super) fn shown<T: Content>(shown: Result<T, Problem>) -> Shown<T> {
    Ok(Answer(shown.map(HttpResponseOk)))
}

/// Answers 201.
pub(super) fn made<T: Content>(made: Result<T, Problem>) -> Made<T> {
    Ok(Answer(made.map(HttpResponseCreated)))
}

/// Answers 204.
pub(super) fn removed(removed: Result<(), Problem>) -> Removed {
    Ok(Answer(removed.map(|()| HttpResponseDeleted())))
}

/// Answers 204.
pub(super) fn done(done: Result<(), Problem>) -> Done {
    Ok(Answer(done.map(|()| HttpResponseUpdatedNoContent())))
}

impl<R: HttpResponse> HttpResponse for Answer<R> {
    fn to_result(self) -> Result<Response<Body>, HttpError> {
        let mut response = match self.0 {
            Ok(reply) => reply.to_result()?,
            Err(problem) => problem.into_response(),
        };
        add_headers(response.headers_mut());
        Ok(response)
    }

    fn response_metadata() -> ApiEndpointResponse {
        R::response_metadata()
    }

    fn status_code(&self) -> StatusCode {
        match &self.0 {
            Ok(reply) => reply.status_code(),
            Err(problem) => problem.status(),
        }
    }
}

fn add_headers(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
