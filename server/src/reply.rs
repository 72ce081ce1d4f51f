//! A reply on its way out.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use dropshot::Body;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use crate::call::Source;
use crate::fault::{Fault, Mishap};
use crate::head::Head;

/// What the pipeline decided to send, or to do to the connection instead.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The header fields in their stead, where they are those of an example and nothing else.
    pub(crate) head: Option<Arc<Head>>,
    pub(crate) body: Bytes,
    /// What is sent in place of the body, as it comes from elsewhere.
    pub(crate) stream: Option<Body>,
    /// Where it comes from.
    pub(crate) source: Source,
    /// The rule that decided, where a script did.
    pub(crate) rule: Option<String>,
    /// Why it is a problem, as a line of the trail.
    pub(crate) problem: Option<Box<str>>,
    /// How long to wait before it is sent.
    pub(crate) delay: Option<Duration>,
    /// What goes wrong with it on purpose.
    pub(crate) mishap: Option<Box<Mishap>>,
}

impl Reply {
    /// A reply that no script had a hand in.
    pub(crate) fn new(status: StatusCode, headers: HeaderMap, body: Bytes, source: Source) -> Self {
        Self {
            status,
            headers,
            head: None,
            body,
            stream: None,
            source,
            rule: None,
            problem: None,
            delay: None,
            mishap: None,
        }
    }

    /// What is done to its connection.
    pub(crate) fn fault(&self) -> Option<Fault> {
        self.mishap.as_ref()?.fault
    }

    /// The bytes of the reply in HTTP/1.1, for what goes past hyper.
    pub(crate) fn into_bytes(mut self) -> Vec<u8> {
        self.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(self.body.len()));
        let mut bytes = head(self.status, &self.headers);
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// What hyper sends.
    pub(crate) fn into_response(self) -> Response<Body> {
        let mut response = Response::new(self.stream.unwrap_or_else(|| Body::from(self.body)));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// The head of a reply in HTTP/1.1, but for the empty line at its end.
pub(crate) fn head(status: StatusCode, headers: &HeaderMap) -> Vec<u8> {
    let reason = status.canonical_reason().unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {} {reason}\r\n", status.as_str()).into_bytes();
    for (name, value) in headers {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}
