//! The control API: what a running stub can be told and asked, on a port of its own.
//!
//! `api.rs` is the typed trait that the document `openapi/documents/control.json` is written from; `handlers.rs`
//! hands each of its rows to the module of its subject, which also says what travels. `said.rs` is what requests say,
//! `asked.rs` what each handler begins with, `answer.rs` what it ends with, and `guard.rs` keeps everybody out who is
//! not on this machine.

mod answer;
mod api;
mod asked;
mod calls;
mod clock;
mod document;
mod explanation;
mod guard;
mod handlers;
mod health;
mod metrics;
mod operations;
mod problem;
mod recordings;
mod reset;
mod resources;
mod rules;
mod said;
mod scenarios;
mod script;
mod server;
mod sessions;
mod state;
mod stream;
mod stream_api;
mod token;
mod verify;
mod webhooks;

pub use document::control_document;
pub(crate) use server::{Server, start};
pub use token::{ControlToken, ControlTokenError};
