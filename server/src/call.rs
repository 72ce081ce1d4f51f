//! One entry of the journal, as it is shown.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use counterfoil_openapi::Violation;

/// What the stub received, what it replied, and why. Secrets are hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// Its number, from 1, in order of arrival; the value of the header `counterfoil-call`.
    pub id: u64,
    /// The method.
    pub method: String,
    /// The request target: path and query.
    pub url: String,
    /// The id of the operation it means; none where the router found none.
    pub operation: Option<String>,
    /// What was received.
    pub request: Message,
    /// What was replied; none where a fault took the reply's place.
    pub response: Option<Message>,
    /// The status of the reply.
    pub status: Option<u16>,
    /// Where the reply came from.
    pub source: Source,
    /// The rule that decided, where a script did.
    pub rule: Option<String>,
    /// How the request breaks the contract.
    pub violations: Vec<Violation>,
    /// How the reply of an upstream breaks the contract; of others the trail tells.
    pub upstream_violations: Vec<Violation>,
    /// The decisions on the way to the reply, one a line.
    pub trail: Vec<String>,
    /// From the request's head to the reply, without scripted delays.
    pub latency: Duration,
}

/// Headers and body of a request or reply, as recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// The header fields in order; bytes that are not UTF-8 are replaced.
    pub headers: Vec<(String, String)>,
    /// The body, cut at [`MAX_BODY`](crate::MAX_BODY).
    pub body: Bytes,
    /// The size of the whole body.
    pub body_size: usize,
}

impl Message {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// Where a reply came from; the value of the header `counterfoil-source`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// A rule of a script.
    Rule,
    /// A scenario of a script.
    Scenario,
    /// A resource of a script.
    Resource,
    /// An example of the document.
    Example,
    /// The document, where it says all there is to send: a response without content.
    Document,
    /// Generated from a schema of the document.
    Generated,
    /// The validator refused the request.
    Validation,
    /// The router, for requests that mean no operation, and preflights.
    Routing,
    /// An upstream.
    Proxy,
    /// The stub itself could not do what was asked of it.
    Stub,
}

impl Source {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Scenario => "scenario",
            Self::Resource => "resource",
            Self::Example => "example",
            Self::Document => "document",
            Self::Generated => "generated",
            Self::Validation => "validation",
            Self::Routing => "routing",
            Self::Proxy => "proxy",
            Self::Stub => "stub",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
