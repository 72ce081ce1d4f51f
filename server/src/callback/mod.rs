//! Requests that the stub sends by itself: callbacks after a reply, webhooks when it is told to.
//!
//! - Nothing is sent unless a host was allowed for it, and only to hosts that were; what would have been sent is in the
//!   trail of the call. The rules about addresses are those for upstreams.
//! - A callback is sent once the reply to its call has gone out: only after a reply of 2xx to a valid request, and not
//!   where an upstream answered, since the callbacks are its own then.
//! - What is sent is an example of the document, or generated, and valid either way.
//! - No redirect is followed. What came of a callback is in the log, and in the trail of the call.

mod follow;
mod host;
mod message;
mod outbox;

pub(crate) use follow::{Followed, Planned, plan, send_after};
pub use host::{CallbackHost, CallbackHostError};
pub(crate) use message::{NoMessage, message};
pub use outbox::{CALLBACK_DEADLINE, MAX_CALLBACKS};
pub(crate) use outbox::{Delivery, Outbox};
