//! The control API: what a running stub can be told and asked, on a port of its own.
//!
//! `api.rs` is the typed trait that the document `openapi/documents/control.json` is written from; `types.rs` is
//! what travels over it; `handlers.rs` carries it out, and `guard.rs` keeps everybody
//! out who is not on this machine.

mod api;
mod body;
mod clock;
mod document;
mod guard;
mod handlers;
mod kept;
mod problem;
mod server;
mod sessions;
mod types;
mod webhook;

pub use document::control_document;
pub(crate) use server::{Server, start};
