//! The control API: what a running stub can be told and asked, on a port of its own.
//!
//! `api.rs` is the typed trait that the document `openapi/documents/control.json` is written from; `types.rs` is
//! what travels over it; `handlers.rs` carries it out.

mod api;
mod body;
mod document;
mod problem;
mod types;

pub use document::control_document;
