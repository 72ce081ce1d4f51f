//! Forwarding: requests that another server answers, held to the document both ways.
//!
//! | part | what it does |
//! |---|---|
//! | `options` | which requests go where, as it is set up |
//! | `target`, `address` | who may be an upstream, by name and by address |
//! | `reach` | to whom what comes over the control API may forward |
//! | `origin` | which pages may reach one through the stub |
//! | `headers` | which header fields go on |
//! | `client`, `body` | sending, and reading what comes back within limits |
//! | `forward` | one request there and back |

mod address;
mod body;
mod client;
mod forward;
mod headers;
mod options;
mod origin;
mod reach;
mod refuse;
mod target;

pub(crate) use client::{Client, SendError};
pub(crate) use forward::{Destination, Forwarded, Forwarder, Job, Known, Way, key};
pub use options::{DEFAULT_REPLY_LIMIT, DEFAULT_UPSTREAM_DEADLINE, Forwarding, Invalid, Missing, Operations};
pub(crate) use origin::narrow;
pub(crate) use reach::{Origin, Reach};
pub(crate) use refuse::unscripted;
pub use target::{Upstream, UpstreamError};
