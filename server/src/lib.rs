//! The stub: answers requests as an OpenAPI document says they are answered, and can be told otherwise.
//!
//! [`StubServer::builder`] sets one up over a [`Contract`](counterfoil_openapi::Contract); a [`Script`] says what
//! it answers beyond its document; the journal keeps what it received, what it replied and why.

mod builder;
mod call;
mod control;
mod journal;
mod script;
mod state;

pub use builder::{
    Bodies, DEFAULT_BODY_DEADLINE, DEFAULT_BODY_LIMIT, OwnReplies, Security, StartError, StubBuilder,
    StubServer, Validation,
};
pub use call::{Call, Message, Source};
pub use control::control_document;
pub use journal::{CallFilter, MAX_BODY, MAX_BYTES, MAX_CALLS, Validity};
pub use script::{MAX_SCRIPT_BYTES, Script, ScriptError};
