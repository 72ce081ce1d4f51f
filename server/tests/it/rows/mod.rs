//! The decision tables of the stub, row by row: the name of a test says which row it walks.
//!
//! | table | tests |
//! |---|---|
//! | loading | [`loading`], and of the command `loading`, `references` and `check` |
//! | routing | [`routing`] |
//! | which response: valid and invalid request, preferences | [`valid`], [`invalid`], [`preferences`] |
//! | media type and body, response headers | `replies` |
//! | request validation | `requests` |
//! | security | [`security`], [`credentials`] |
//! | what only 2.0, or only 3.2, says | [`swagger`], [`newest`] |
//! | always: CORS, own replies validated, source and call | `always`, `browser`, `replies::own` |
//! | always: log, reload, start-up | of the command `log`, `watch`, `mock` |

mod credentials;
mod invalid;
mod loading;
mod newest;
mod preferences;
mod routing;
mod security;
mod swagger;
mod valid;

use counterfoil_server::{StubBuilder, StubServer};
use serde_json::Value;

use crate::stub::{Row, Stub, contract};

type Headers = &'static [(&'static str, &'static str)];

/// A stub of a document that lacks only the line of its version.
fn stub_of(document: &str) -> StubBuilder {
    StubServer::builder(contract(format!("openapi: 3.1.0\n{document}").as_bytes()))
}

/// One request without headers or body, and what should come back.
fn row(line: &'static str, status: u16, reply: impl Into<Value>) -> Row {
    Row { about: "", line, headers: &[], body: "", status, reply: reply.into() }
}

/// One request with headers.
fn with(headers: Headers, line: &'static str, status: u16, reply: impl Into<Value>) -> Row {
    Row { headers, ..row(line, status, reply) }
}

/// One request with headers and a body.
fn sent(
    headers: Headers,
    body: &'static str,
    line: &'static str,
    status: u16,
    reply: impl Into<Value>,
) -> Row {
    Row { body, ..with(headers, line, status, reply) }
}

/// Walks a table against a stub.
async fn walk(builder: StubBuilder, table: impl IntoIterator<Item = Row>) {
    Stub::start(builder).await.walk(table).await;
}
