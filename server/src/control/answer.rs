//! What handlers answer: a reply of dropshot's, or the problem document in its stead.
//!
//! dropshot writes the errors of handlers as `application/json`, and lets nobody write them otherwise: the trait that
//! does so is not public. So a problem travels as a reply here, and the error type of a handler is there only for the
//! document to name it.

use std::borrow::Cow;
use std::fmt;

use dropshot::{
    ApiEndpointResponse, Body, ErrorStatusCode, HttpError, HttpResponse, HttpResponseCreated,
    HttpResponseDeleted, HttpResponseError, HttpResponseOk, HttpResponseUpdatedNoContent,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
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

/// A reply of its own kind.
pub(crate) type Replied<R> = Result<Answer<R>, Refusal>;
/// 200 with what was asked for.
pub(crate) type Shown<T> = Replied<HttpResponseOk<T>>;
/// 201 with what was made.
pub(crate) type Made<T> = Replied<HttpResponseCreated<T>>;
/// 204: it is removed.
pub(crate) type Removed = Replied<HttpResponseDeleted>;
/// 204: it is done.
pub(crate) type Done = Replied<HttpResponseUpdatedNoContent>;

/// What the document names as the error of a handler, and no handler can make of a problem: dropshot would send it as
/// plain JSON.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Refusal(Problem);

// What dropshot asks of an error: it makes one of what its own extractors refuse. Ours refuse nothing (`said`).
impl From<HttpError> for Refusal {
    fn from(error: HttpError) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl HttpResponseError for Refusal {
    fn status_code(&self) -> ErrorStatusCode {
        self.0.code()
    }
}

impl JsonSchema for Refusal {
    fn schema_name() -> String {
        Problem::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        Problem::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Problem::json_schema(generator)
    }
}

/// What can be sent as JSON, and documented.
pub(super) trait Content: JsonSchema + Serialize + Send + Sync + 'static {}

impl<T: JsonSchema + Serialize + Send + Sync + 'static> Content for T {}

/// Answers what a row of its own kind does.
pub(super) fn answered<R>(answer: Result<R, Problem>) -> Replied<R> {
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
