//! Problem details (RFC 9457) for everything the stub refuses.

use bytes::Bytes;
use counterfoil_openapi::Violation;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value;

use crate::call::Source;
use crate::reply::Reply;

/// The media type of a problem.
const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Why the stub refuses, as the client is told.
///
/// Its `type` is `urn:counterfoil:` and a code; the codes are promised, the wording is not.
#[derive(Debug, Clone)]
pub(crate) struct Problem<'v> {
    code: &'static str,
    title: &'static str,
    status: StatusCode,
    detail: String,
    source: Source,
    headers: HeaderMap,
    more: Vec<(&'static str, Value)>,
    violations: Option<&'v [Violation]>,
}

impl<'v> Problem<'v> {
    /// A problem with a code, what the code means, a status, and what is wrong this time.
    pub(crate) fn new(
        code: &'static str,
        title: &'static str,
        status: StatusCode,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            code,
            title,
            status,
            detail: detail.into(),
            source: Source::Stub,
            headers: HeaderMap::new(),
            more: Vec::new(),
            violations: None,
        }
    }

    /// Where the refusal comes from; the stub itself unless told otherwise.
    pub(crate) fn source(mut self, source: Source) -> Self {
        self.source = source;
        self
    }

    /// Adds a member to the body.
    pub(crate) fn member(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.more.push((name, value.into()));
        self
    }

    /// Adds what is wrong to the body, as its last member.
    pub(crate) fn violations(mut self, violations: &'v [Violation]) -> Self {
        self.violations = Some(violations);
        self
    }

    /// Adds a header to the reply.
    pub(crate) fn header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// The reply that tells the client.
    pub(crate) fn into_reply(self) -> Reply {
        let body = serde_json::to_vec(&self).expect("every member is text, a number or JSON already");
        let mut headers = self.headers;
        headers.insert(header::CONTENT_TYPE, MEDIA_TYPE);
        let reply = Reply::new(self.status, headers, Bytes::from(body), self.source);
        Reply { problem: Some(format!("problem {}: {}", self.code, self.detail).into()), ..reply }
    }
}

/// The body.
impl Serialize for Problem<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("type", &format_args!("urn:counterfoil:{}", self.code))?;
        members.serialize_entry("title", self.title)?;
        members.serialize_entry("status", &self.status.as_u16())?;
        members.serialize_entry("detail", &self.detail)?;
        for (name, value) in &self.more {
            members.serialize_entry(name, value)?;
        }
        if let Some(violations) = self.violations {
            members.serialize_entry("violations", &Told(violations))?;
        }
        members.end()
    }
}

/// Violations as a problem tells of them.
struct Told<'v>(&'v [Violation]);

impl Serialize for Told<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(ToldOne))
    }
}

struct ToldOne<'v>(&'v Violation);

impl Serialize for ToldOne<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(5))?;
        members.serialize_entry("part", &format_args!("{}", self.0.part))?;
        members.serialize_entry("pointer", &self.0.pointer)?;
        members.serialize_entry("rule", &self.0.rule)?;
        members.serialize_entry("message", &self.0.message)?;
        members.serialize_entry("documented_at", &self.0.document_pointer)?;
        members.end()
    }
}
