//! Problem details (RFC 9457) for everything the stub refuses.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};

use crate::call::Source;
use crate::reply::Reply;

/// The media type of a problem.
const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Why the stub refuses, as the client is told.
///
/// Its `type` is `urn:counterfoil:` and a code; the codes are promised, the wording is not.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    code: &'static str,
    title: &'static str,
    status: StatusCode,
    detail: String,
    source: Source,
    headers: HeaderMap,
    more: Map<String, Value>,
}

impl Problem {
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
            more: Map::new(),
        }
    }

    /// Where the refusal comes from; the stub itself unless told otherwise.
    pub(crate) fn source(mut self, source: Source) -> Self {
        self.source = source;
        self
    }

    /// Adds a member to the body.
    pub(crate) fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a header to the reply.
    pub(crate) fn header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// The reply that tells the client.
    pub(crate) fn into_reply(self) -> Reply {
        let mut body = json!({
            "type": format!("urn:counterfoil:{}", self.code),
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if let Value::Object(members) = &mut body {
            members.extend(self.more);
        }
        let mut headers = self.headers;
        headers.insert(header::CONTENT_TYPE, MEDIA_TYPE);
        let reply = Reply::new(self.status, headers, Bytes::from(body.to_string()), self.source);
        Reply { problem: Some(format!("problem {}: {}", self.code, self.detail).into()), ..reply }
    }
}
