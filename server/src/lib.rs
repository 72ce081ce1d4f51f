//! The stub: answers requests as an OpenAPI document says they are answered, and can be told otherwise.
//!
//! [`StubServer::builder`] sets one up over a [`Contract`](counterfoil_openapi::Contract); a [`Script`] says what
//! it answers beyond its document; the journal keeps what it received, what it replied and why.
//!
//! ```no_run
#![doc = include_str!("../examples/answer.rs")]
//! ```
//!
//! What the document says of a message is `counterfoil-openapi`'s affair; only what to answer is decided here.

mod builder;
mod call;
mod compose;
mod control;
mod cors;
mod dress;
mod fault;
mod journal;
mod negotiate;
mod pipeline;
mod plan;
mod problem;
mod receive;
mod redact;
mod refuse;
mod reply;
mod script;
mod state;
mod stub_plane;
mod trail;
mod wish;

pub use builder::{
    Bodies, CLOSE_DEADLINE, DEFAULT_BODY_DEADLINE, DEFAULT_BODY_LIMIT, OwnReplies, StartError, StubBuilder,
    StubServer,
};
pub use call::{Call, Message, Source};
pub use control::control_document;
pub use journal::{CallFilter, MAX_BODY, MAX_BYTES, MAX_CALLS, Validity};
pub use script::{MAX_SCRIPT_BYTES, Script, ScriptError};
