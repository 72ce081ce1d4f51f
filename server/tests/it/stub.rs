//! A stub under test, and what it replies.

use std::io::ErrorKind;
use std::net::SocketAddr;

use counterfoil_openapi::Contract;
use counterfoil_server::{StubBuilder, StubServer};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, redirect};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The sample document with an operation for each row of the decision tables.
pub(crate) const TABLES: &[u8] = include_bytes!("../../../openapi/documents/samples/tables.yaml");

/// One row of a table: what it is about, the request, and what should come back.
pub(crate) struct Row {
    pub(crate) about: &'static str,
    /// Method and target.
    pub(crate) line: &'static str,
    pub(crate) headers: &'static [(&'static str, &'static str)],
    pub(crate) body: &'static str,
    pub(crate) status: u16,
    /// The body as JSON where it is JSON, else as a text.
    pub(crate) reply: Value,
}

pub(crate) struct Stub {
    pub(crate) server: StubServer,
    client: Client,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

pub(crate) fn contract(text: &[u8]) -> Contract {
    Contract::load("sample.yaml", text).unwrap()
}

pub(crate) fn tables() -> StubBuilder {
    StubServer::builder(contract(TABLES))
}

/// A client that follows nothing.
pub(crate) fn client() -> Client {
    // Nothing here speaks TLS, and to load the system's certificates takes longer than most tests.
    let client = Client::builder().tls_certs_only([]).redirect(redirect::Policy::none()).no_proxy();
    client.build().unwrap()
}

impl Stub {
    pub(crate) async fn start(builder: StubBuilder) -> Self {
        Self { server: builder.start().await.unwrap(), client: client() }
    }

    /// Sends a request; `line` is its method and target.
    pub(crate) async fn send(&self, line: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Reply {
        let (method, target) = line.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        let mut request = self.client.request(method, format!("{}{target}", self.server.url()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body: Vec<u8> = body.into();
        if !body.is_empty() {
            request = request.body(body);
        }
        let reply = request.send().await.unwrap();
        let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
        Reply { status, headers, body: reply.bytes().await.unwrap().to_vec() }
    }

    pub(crate) async fn get(&self, target: &str) -> Reply {
        self.send(&format!("GET {target}"), &[], "").await
    }

    /// Walks a table.
    pub(crate) async fn walk(&self, table: impl IntoIterator<Item = Row>) {
        for row in table {
            let reply = self.send(row.line, row.headers, row.body).await;
            let (about, line) = (row.about, row.line);
            assert_eq!(
                (reply.status, reply.value()),
                (row.status, row.reply),
                "{about}: {line}; trail: {:#?}",
                self.trail(&reply)
            );
        }
    }

    /// The trail of a reply's call.
    pub(crate) fn trail(&self, reply: &Reply) -> Vec<String> {
        let id: u64 = reply.header("counterfoil-call").parse().unwrap();
        self.server.call(id).unwrap().trail
    }

    fn address(&self) -> SocketAddr {
        self.server.url().strip_prefix("http://").unwrap().parse().unwrap()
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address()).await.unwrap()
    }

    /// Sends bytes as they are, and reads until the stub closes.
    ///
    /// A stub that answers before it has read everything closes with bytes unread, which the kernel turns into a reset:
    /// that may come while this still writes, and after what it replied.
    pub(crate) async fn send_raw(&self, bytes: &str) -> String {
        let mut connection = self.connect().await;
        let written = connection.write_all(bytes.as_bytes()).await;
        let mut reply = Vec::new();
        let read = connection.read_to_end(&mut reply).await.map(drop);
        if let Err(error) = written.and(read) {
            let is_close = [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe].contains(&error.kind());
            assert!(is_close, "{error}");
        }
        String::from_utf8_lossy(&reply).into_owned()
    }
}

impl Reply {
    /// A header's value, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The values of every field of a name.
    pub(crate) fn fields(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body as JSON, or as a text where it is none; of a problem only its code.
    pub(crate) fn value(&self) -> Value {
        let value: Value = serde_json::from_slice(&self.body).unwrap_or_else(|_| Value::from(self.text()));
        if self.header("content-type") == "application/problem+json" {
            assert_eq!(value["status"], self.status, "{value}");
            return Value::from(format!(
                "problem {}",
                value["type"].as_str().unwrap().rsplit(':').next().unwrap()
            ));
        }
        value
    }
}
