//! The decision tables of the stub, row by row: the name of a test says which row it walks.

mod credentials;
mod invalid;
mod loading;
mod preferences;
mod routing;
mod security;
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
