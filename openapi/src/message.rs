//! Owned, recorded HTTP: what both halves exchange with the contract.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};

/// An HTTP request as it is on the wire, without a connection behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The request target in origin form: path and query, still percent-encoded (RFC 9112, section 3.2.1).
    pub target: String,
    /// The header fields, in order of arrival a name.
    pub headers: HeaderMap,
    /// The whole body, as sent (still content-encoded).
    pub body: Bytes,
}

impl Request {
    /// A request without headers or body.
    pub fn new(method: Method, target: impl Into<String>) -> Self {
        Self { method, target: target.into(), headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// The path of the target, still percent-encoded.
    pub fn path(&self) -> &str {
        split(&self.target).0
    }

    /// The query of the target, still percent-encoded, without the `?`.
    pub fn query(&self) -> Option<&str> {
        split(&self.target).1
    }

    /// The `Content-Type` header, where it is there and text.
    pub fn content_type(&self) -> Option<&str> {
        content_type(&self.headers)
    }
}

/// An HTTP response as it is on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The whole body, as sent.
    pub body: Bytes,
}

impl Response {
    /// A response without headers or body.
    pub fn new(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// The `Content-Type` header, where it is there and text.
    pub fn content_type(&self) -> Option<&str> {
        content_type(&self.headers)
    }
}

/// A request that was sent and the response it got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// What was sent.
    pub request: Request,
    /// What came back.
    pub response: Response,
}

/// The path and the query of a target.
fn split(target: &str) -> (&str, Option<&str>) {
    // Paths are short: this costs less than a search that begins by aligning itself.
    match target.bytes().position(|byte| byte == b'?') {
        Some(mark) => (&target[..mark], Some(&target[mark + 1..])),
        None => (target, None),
    }
}

fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::CONTENT_TYPE)?.to_str().ok()
}
