//! What the journal keeps of a message.

use std::sync::Arc;

use bytes::Bytes;
use counterfoil_openapi::{Operation, Request};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use crate::call::Message;
use crate::dress;
use crate::redact::{Found, Secrets, Side};

/// Where recorded bodies are cut, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// Headers and body as they were on the wire, in as few allocations as can be.
#[derive(Debug, Default)]
pub(crate) struct Record {
    head: Fields,
    body: Bytes,
    body_size: usize,
}

/// Header fields, each as its name, a colon, its value and a line feed, which no value can hold.
#[derive(Debug)]
enum Fields {
    Own(Box<[u8]>),
    /// Those of every call that gets one example, without the number of the call.
    Shared(Arc<[u8]>),
}

impl Fields {
    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

impl Default for Fields {
    fn default() -> Self {
        Self::Own(Box::default())
    }
}

/// Header fields as [`Fields`] holds them.
pub(crate) fn written(headers: &HeaderMap) -> Box<[u8]> {
    let length = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 2).sum();
    let mut head = Vec::with_capacity(length);
    for (name, value) in headers {
        head.extend_from_slice(name.as_str().as_bytes());
        head.push(b':');
        head.extend_from_slice(value.as_bytes());
        head.push(b'\n');
    }
    head.into_boxed_slice()
}

impl Record {
    /// Records a message; its body is cut at [`MAX_BODY`].
    pub(crate) fn new(headers: &HeaderMap, body: Bytes) -> Self {
        Self::with(Fields::Own(written(headers)), body)
    }

    /// Records a message with the fields that every call gets which gets one example, but for the value of
    /// [`CALL`](dress::CALL), which is empty.
    pub(crate) fn of_example(fields: &Arc<[u8]>, body: Bytes) -> Self {
        Self::with(Fields::Shared(Arc::clone(fields)), body)
    }

    fn with(head: Fields, body: Bytes) -> Self {
        let body_size = body.len();
        // A slice would keep the whole body alive.
        let body = if body_size > MAX_BODY { Bytes::copy_from_slice(&body[..MAX_BODY]) } else { body };
        Self { head, body, body_size }
    }

    /// Whether the end of the body is missing.
    pub(crate) fn is_cut(&self) -> bool {
        self.body_size > self.body.len()
    }

    /// The request that was recorded, with secrets, as far as its body is kept.
    pub(crate) fn to_request(&self, method: Method, target: String) -> Request {
        let mut headers = HeaderMap::new();
        for line in self.head.as_bytes().split(|byte| *byte == b'\n') {
            let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
            let (name, value) = (&line[..colon], &line[colon + 1..]);
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
                headers.append(name, value);
            }
        }
        Request { method, target, headers, body: self.body.clone() }
    }

    /// How many bytes it holds.
    pub(crate) fn size(&self) -> usize {
        self.head.as_bytes().len() + self.body.len()
    }

    /// The message as it is shown, secrets hidden; `id` is the number of its call.
    pub(crate) fn show(
        &self,
        secrets: &Secrets,
        operation: Option<&Arc<Operation>>,
        (side, id): (Side, u64),
        found: &mut Found,
    ) -> Message {
        let head = String::from_utf8_lossy(self.head.as_bytes());
        let id = id.to_string();
        let is_number = |name: &str| matches!(self.head, Fields::Shared(_)) && name == dress::CALL.as_str();
        let fields = fields(&head);
        let content_type =
            fields.clone().find(|(name, _)| *name == header::CONTENT_TYPE.as_str()).map(|(_, value)| value);
        let body = secrets.body(operation, side, content_type, &self.body, found);
        let headers = fields
            .map(|(name, value)| (name, if is_number(name) { &id } else { value }))
            .map(|(name, value)| (name.to_owned(), secrets.header(operation, name, value, found)))
            .collect();
        Message { headers, body, body_size: self.body_size }
    }

    /// Adds the secrets in it to those found.
    pub(crate) fn find_secrets(
        &self,
        secrets: &Secrets,
        operation: Option<&Arc<Operation>>,
        side: Side,
        found: &mut Found,
    ) {
        let head = String::from_utf8_lossy(self.head.as_bytes());
        let mut content_type = None;
        for (name, value) in fields(&head) {
            secrets.find_in_header(operation, name, value, found);
            if content_type.is_none() && name == header::CONTENT_TYPE.as_str() {
                content_type = Some(value);
            }
        }
        secrets.body(operation, side, content_type, &self.body, found);
    }
}

fn fields(head: &str) -> impl Iterator<Item = (&str, &str)> + Clone {
    head.split_terminator('\n').filter_map(|line| line.split_once(':'))
}
