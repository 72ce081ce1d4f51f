//! Why a request got no response.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// What kept a response from us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SendErrorKind {
    /// No connection: the name does not resolve, the connection is refused, TLS is not agreed on.
    Unreachable,
    /// A connection, on which the other side ended before the response was whole.
    Closed,
    /// The response was not whole in time.
    Timeout,
    /// The body is larger than the cap.
    TooLarge,
    /// The request cannot be sent as it is; nothing went out.
    Unsendable,
    /// What came back is not HTTP.
    Other,
}

/// A request that got no response.
#[derive(Debug)]
pub struct SendError {
    kind: SendErrorKind,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

type Cause = Box<dyn Error + Send + Sync>;

impl SendError {
    /// What kept the response from us.
    pub fn kind(&self) -> SendErrorKind {
        self.kind
    }

    pub(super) fn unreachable(url: &str, cause: Cause) -> Self {
        Self { kind: SendErrorKind::Unreachable, message: format!("reach {url}"), source: Some(cause) }
    }

    pub(super) fn closed(is_begun: bool, cause: hyper::Error) -> Self {
        let message = if is_begun {
            "read the response: the connection was closed in the middle of the body"
        } else {
            "get a response: the connection was closed without one"
        };
        Self { kind: SendErrorKind::Closed, message: message.to_owned(), source: Some(Box::new(cause)) }
    }

    pub(super) fn timeout(limit: Duration) -> Self {
        Self {
            kind: SendErrorKind::Timeout,
            message: format!("get a whole response within {limit:?}"),
            source: None,
        }
    }

    pub(super) fn too_large(cap: usize) -> Self {
        Self {
            kind: SendErrorKind::TooLarge,
            message: format!("read the response: its body is larger than {cap} bytes"),
            source: None,
        }
    }

    pub(super) fn unsendable(what: &str, cause: impl Into<Cause>) -> Self {
        Self {
            kind: SendErrorKind::Unsendable,
            message: format!("send {what} as it stands"),
            source: Some(cause.into()),
        }
    }

    pub(super) fn other(what: &str, cause: impl Into<Cause>) -> Self {
        Self { kind: SendErrorKind::Other, message: what.to_owned(), source: Some(cause.into()) }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for SendError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn Error + 'static))
    }
}
