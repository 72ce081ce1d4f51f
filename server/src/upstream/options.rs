//! How a stub forwards, as it is set up.

use std::time::Duration;

use super::Upstream;

/// The largest reply of an upstream that is read whole, to be validated or recorded, unless told otherwise, in bytes;
/// a larger one is answered with 502.
pub const DEFAULT_REPLY_LIMIT: usize = 16 * 1024 * 1024;
/// How long an upstream may take unless told otherwise; after that it is answered with 504.
pub const DEFAULT_UPSTREAM_DEADLINE: Duration = Duration::from_secs(30);

/// Which requests go to an upstream and what becomes of its replies.
///
/// What a script says of a request comes before it, and so does what the request itself asks for by `Prefer`.
#[derive(Debug, Clone)]
#[must_use = "it does nothing until a stub is built with it"]
pub struct Forwarding {
    pub(crate) upstream: Option<Upstream>,
    pub(crate) operations: Operations,
    pub(crate) missing: Missing,
    pub(crate) invalid: Invalid,
    pub(crate) deadline: Duration,
    pub(crate) reply_limit: usize,
}

/// The operations that are forwarded, each by its operationId or as `METHOD /path/{template}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Operations {
    /// All of them, and what no document describes.
    #[default]
    All,
    /// These and nothing else.
    Only(Vec<String>),
    /// All but these, and what no document describes.
    AllBut(Vec<String>),
}

/// What becomes of a request whose operation the upstream does not have.
///
/// It has not where it answers 405 or 501, or a 404 that the operation does not document, or that is not as it
/// documents it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Missing {
    /// The upstream's reply is passed on.
    #[default]
    Passed,
    /// The stub answers.
    Stubbed,
}

/// What becomes of a request that breaks the contract.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Invalid {
    /// It is forwarded, and what is wrong with it is told.
    #[default]
    Forwarded,
    /// The stub answers with the documented error, and the upstream never sees it.
    Answered,
}

impl Default for Forwarding {
    fn default() -> Self {
        Self {
            upstream: None,
            operations: Operations::default(),
            missing: Missing::default(),
            invalid: Invalid::default(),
            deadline: DEFAULT_UPSTREAM_DEADLINE,
            reply_limit: DEFAULT_REPLY_LIMIT,
        }
    }
}

impl Forwarding {
    /// Forwards nothing but what scripts forward.
    pub fn scripted() -> Self {
        Self::default()
    }

    /// Forwards to an upstream.
    pub fn to(upstream: Upstream) -> Self {
        Self { upstream: Some(upstream), ..Self::default() }
    }

    /// Whether there is an upstream for what no script forwards elsewhere.
    pub(crate) fn has_upstream(&self) -> bool {
        self.upstream.is_some()
    }

    /// The operations that are forwarded; all unless told otherwise.
    pub fn operations(mut self, operations: Operations) -> Self {
        self.operations = operations;
        self
    }

    /// What becomes of a request whose operation the upstream does not have.
    pub fn missing(mut self, missing: Missing) -> Self {
        self.missing = missing;
        self
    }

    /// What becomes of a request that breaks the contract.
    pub fn invalid(mut self, invalid: Invalid) -> Self {
        self.invalid = invalid;
        self
    }

    /// How long the upstream may take: for a reply that is read whole from the first attempt to connect to the last
    /// byte; for one that is streamed to its head, and then from each part to the next.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The largest reply that is read whole, in bytes.
    pub fn reply_limit(mut self, bytes: usize) -> Self {
        self.reply_limit = bytes;
        self
    }
}
