//! Faults: what is done on purpose to a connection, or to the body of a reply.
//!
//! The server under us hands out neither connection nor socket. What can be done by a body that waits, or that fails, is
//! done by one: hyper closes a connection whose reply cannot be finished, over HTTP/2 it resets the stream. All else
//! needs the socket: it is found by its two addresses (see [`connection`](crate::connection)).
//!
//! | fault | HTTP/1.1 | over TLS | HTTP/2 |
//! |---|---|---|---|
//! | `reset` | RST | RST | RST_STREAM |
//! | `empty` | closed without a byte | the same | RST_STREAM |
//! | `garbage` | bytes that are no HTTP, closed | bytes that are no TLS, closed | RST_STREAM |
//! | `malformed_chunk` | half of the body, a chunk without a size, closed | half of the body, closed | half of the body, RST_STREAM |
//! | `truncate` | so many bytes of the length that the head says, closed | the same | so many bytes, RST_STREAM |
//! | `stall` | nothing for a time in the midst of the body | the same | the same |
//! | `hang` | nothing, until the client leaves or the stub stops | the same | the same |
//!
//! Where the socket cannot be had (another system than Linux, a sandbox without `pidfd_getfd`) a connection is closed
//! instead of reset, `garbage` is `empty`, and `malformed_chunk` ends as it does over TLS.

mod connection;
mod kind;
mod paced;
mod perform;

pub(crate) use connection::Connection;
pub(crate) use kind::{Drip, Fault, Mishap};
pub(crate) use perform::{perform, tell};
