//! What the control API answers when it refuses: a problem document (RFC 9457).

use std::fmt;

use counterfoil_openapi::{Finding, Severity};
use dropshot::{Body, ErrorStatusCode, HttpError};
use http::{HeaderValue, Response, StatusCode, header};
use schemars::JsonSchema;
use serde::Serialize;

use super::verify::Failure;

/// What it is sent as.
const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Why a request was refused, in the members of a problem document (RFC 9457).
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Problem {
    /// The kind of problem: a stable word, for example `operation-unknown`.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in words.
    title: String,
    /// The status code.
    status: u16,
    /// What was found and what was expected.
    detail: String,
    /// Everything that is wrong, where it can be told in parts.
    errors: Vec<FindingBody>,
    /// What is not as it was to be verified; absent elsewhere.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    #[schemars(with = "Vec<Failure>")]
    failures: Box<[Failure]>,
    #[serde(skip)]
    code: ErrorStatusCode,
}

/// One thing wrong with what was sent.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FindingBody {
    /// A stable name of the rule, for example `example-unknown`.
    code: String,
    /// How much it matters: only an error keeps a reply from being set.
    severity: FindingSeverity,
    /// Where in what was sent, as a JSON Pointer.
    pointer: String,
    /// The line in what was sent, from 1.
    line: Option<u32>,
    /// What was found and what was expected.
    message: String,
    /// What to do about it, the nearest valid name included.
    pub(super) hint: Option<String>,
}

/// How much a finding matters.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FindingSeverity {
    /// Worth knowing, nothing to mend.
    Note,
    /// Wrong, and worked around.
    Warning,
    /// Wrong, and refused.
    Error,
}

impl From<&Finding> for FindingBody {
    fn from(finding: &Finding) -> Self {
        Self {
            code: finding.code.to_owned(),
            severity: match finding.severity {
                Severity::Note => FindingSeverity::Note,
                Severity::Warning => FindingSeverity::Warning,
                Severity::Error => FindingSeverity::Error,
            },
            pointer: finding.pointer.as_str().to_owned(),
            line: finding.position.map(|position| position.line),
            message: finding.message.clone(),
            hint: finding.hint.clone(),
        }
    }
}

impl FindingBody {
    /// An error of which only the line is known.
    pub(crate) fn unplaced(code: &str, line: usize, message: String) -> Self {
        Self {
            code: code.to_owned(),
            severity: FindingSeverity::Error,
            pointer: String::new(),
            line: u32::try_from(line).ok().filter(|line| *line > 0),
            message,
            hint: None,
        }
    }
}

impl FindingBody {
    /// An error at a place.
    pub(super) fn at(pointer: &str, code: &str, message: String) -> Self {
        Self { pointer: pointer.to_owned(), ..Self::unplaced(code, 0, message) }
    }
}

impl Problem {
    /// The same, as that of an error.
    pub(super) fn code(&self) -> ErrorStatusCode {
        self.code
    }

    /// The status that it is answered with.
    pub(super) fn status(&self) -> StatusCode {
        self.code.as_status()
    }

    /// The document as a reply.
    pub(super) fn into_response(self) -> Response<Body> {
        let body = serde_json::to_string(&self).expect("every member is text or a number");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status();
        response.headers_mut().insert(header::CONTENT_TYPE, MEDIA_TYPE);
        if self.code == ErrorStatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }

    /// Says that what it tells of is a part of what was sent.
    pub(super) fn place_within(&mut self, pointer: &str) {
        for found in &mut self.errors {
            found.pointer.insert_str(0, pointer);
            // That of a text which nobody sent.
            found.line = None;
        }
    }

    fn new(code: ErrorStatusCode, kind: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: kind.to_owned(),
            title: title.to_owned(),
            status: code.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            failures: Box::default(),
            code,
        }
    }

    /// 403: the request may come from a page that the user never meant to let in.
    pub(crate) fn refused(kind: &str, detail: impl Into<String>) -> Self {
        Self::new(ErrorStatusCode::FORBIDDEN, kind, "not from this machine", detail)
    }

    /// 401: the token is missing, or is another one.
    pub(crate) fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(ErrorStatusCode::UNAUTHORIZED, "token-refused", "not without the token", detail)
    }

    /// 403: it is not allowed here, whoever asks.
    pub(crate) fn forbidden(kind: &str, detail: impl Into<String>) -> Self {
        Self::new(ErrorStatusCode::FORBIDDEN, kind, "not allowed", detail)
    }

    /// 409: something is there already, or not as it would have to be.
    pub(crate) fn conflict(kind: &str, detail: impl Into<String>) -> Self {
        Self::new(ErrorStatusCode::CONFLICT, kind, "not as things stand", detail)
    }

    /// 409: calls are not as they are to be verified.
    pub(super) fn unverified(kind: &str, detail: impl Into<String>, failures: Vec<Failure>) -> Self {
        let title = "not what was called";
        let failures = failures.into_boxed_slice();
        Self { failures, ..Self::new(ErrorStatusCode::CONFLICT, kind, title, detail) }
    }

    /// 429: there are as many as there may be.
    pub(crate) fn too_many(kind: &str, detail: impl Into<String>) -> Self {
        Self::new(ErrorStatusCode::TOO_MANY_REQUESTS, kind, "too many", detail)
    }

    /// 502: another server did not answer.
    pub(crate) fn bad_gateway(kind: &str, detail: impl Into<String>) -> Self {
        Self::new(ErrorStatusCode::BAD_GATEWAY, kind, "another server did not answer", detail)
    }

    /// 404: nothing has this name.
    pub(crate) fn unknown(kind: &str, detail: impl Into<String>) -> Self {
        Self::new(ErrorStatusCode::NOT_FOUND, kind, "nothing has this name", detail)
    }

    /// 422: what was sent cannot be done, for these reasons.
    pub(crate) fn findings(detail: impl Into<String>, findings: &[Finding]) -> Self {
        Self::with(detail, findings.iter().map(FindingBody::from).collect())
    }

    /// 422: what was sent cannot be done, for these reasons.
    pub(crate) fn with(detail: impl Into<String>, errors: Vec<FindingBody>) -> Self {
        let code = ErrorStatusCode::UNPROCESSABLE_ENTITY;
        Self { errors, ..Self::new(code, "findings", "cannot be done as asked", detail) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.detail)
    }
}

impl From<HttpError> for Problem {
    fn from(error: HttpError) -> Self {
        Self::new(error.status_code, "request-invalid", "the request cannot be read", error.external_message)
    }
}
