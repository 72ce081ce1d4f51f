//! Reading an exported journal.

use std::error::Error;
use std::fmt;
use std::io::{BufRead, Read};
use std::str::FromStr;

use counterfoil_openapi::{Request, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;

/// The longest line read, in bytes.
pub const MAX_CALL_BYTES: u64 = 32 * 1024 * 1024;
/// The most calls of one journal.
pub const MAX_CALLS: usize = 100_000;
/// The largest journal read, in bytes.
pub const MAX_JOURNAL_BYTES: u64 = 512 * 1024 * 1024;
/// What the journal has in the place of a secret.
pub(crate) const HIDDEN: &str = "***";

/// The calls that a stub received, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Journal {
    /// The calls, the oldest first.
    pub calls: Vec<JournalCall>,
}

/// One call that a stub received.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct JournalCall {
    /// Its number in the journal.
    pub id: u64,
    /// What was received, with secrets hidden.
    pub request: Request,
    /// What the stub answered; nothing where it cut the connection.
    pub reply: Option<Response>,
    /// Whether the body of the request is not in the journal as it was sent: it was cut, is no text, or holds a secret.
    pub is_altered: bool,
    /// Whether the body of the reply is in the journal as it was sent.
    pub has_whole_reply: bool,
}

#[derive(Deserialize)]
struct Call {
    id: u64,
    method: String,
    url: String,
    status: Option<u16>,
    request: Message,
    response: Option<Message>,
}

#[derive(Deserialize)]
struct Message {
    headers: Vec<Field>,
    body: Option<String>,
    body_altered: bool,
}

#[derive(Deserialize)]
struct Field {
    name: String,
    value: String,
}

impl Journal {
    /// Reads a journal, one call a line; empty lines are none.
    ///
    /// # Errors
    ///
    /// When it cannot be read, a line is no call, or there are more of them or longer ones than the limits allow
    /// ([`MAX_CALLS`], [`MAX_CALL_BYTES`], [`MAX_JOURNAL_BYTES`]).
    pub fn read(mut reader: impl BufRead) -> Result<Self, JournalError> {
        let mut calls = Vec::new();
        let mut left = MAX_JOURNAL_BYTES;
        for line in 1.. {
            let refused = |reason: String| JournalError { line, reason };
            let mut bytes = Vec::new();
            let read = reader.by_ref().take(MAX_CALL_BYTES + 1).read_until(b'\n', &mut bytes);
            if read.map_err(|error| refused(error.to_string()))? == 0 {
                break;
            }
            if bytes.len() as u64 > MAX_CALL_BYTES {
                return Err(refused(format!("it is longer than {MAX_CALL_BYTES} bytes")));
            }
            left = left
                .checked_sub(bytes.len() as u64)
                .ok_or_else(|| refused(format!("it is longer than {MAX_JOURNAL_BYTES} bytes")))?;
            if bytes.trim_ascii().is_empty() {
                continue;
            }
            if calls.len() == MAX_CALLS {
                return Err(refused(format!("there are more than {MAX_CALLS} calls")));
            }
            let call: Call = serde_json::from_slice(&bytes)
                .map_err(|error| refused(format!("it is no call of a journal: {error}")))?;
            calls.push(JournalCall::of(call).map_err(refused)?);
        }
        Ok(Self { calls })
    }
}

impl JournalCall {
    fn of(call: Call) -> Result<Self, String> {
        let method = Method::from_str(&call.method).map_err(|_| format!("`{}` is no method", call.method))?;
        if !call.url.starts_with('/') {
            return Err(format!("`{}` is no path", call.url));
        }
        let is_altered = call.request.body_altered || call.request.holds_secret();
        let mut request = Request::new(method, call.url);
        request.headers = headers(&call.request.headers)?;
        request.body = call.request.body.unwrap_or_default().into();
        let mut has_whole_reply = true;
        let reply = call.status.zip(call.response).map(|(status, message)| {
            has_whole_reply = !message.body_altered;
            let status = StatusCode::from_u16(status).map_err(|_| format!("{status} is no status"))?;
            let mut reply = Response::new(status);
            reply.headers = headers(&message.headers)?;
            reply.body = message.body.unwrap_or_default().into();
            Ok::<_, String>(reply)
        });
        Ok(Self { id: call.id, request, reply: reply.transpose()?, is_altered, has_whole_reply })
    }
}

impl Message {
    /// Whether something in the body was hidden, so that it is not what was sent.
    fn holds_secret(&self) -> bool {
        fn holds(value: &Value) -> bool {
            match value {
                Value::String(text) => text == HIDDEN,
                Value::Array(items) => items.iter().any(holds),
                Value::Object(members) => members.values().any(holds),
                _ => false,
            }
        }
        let Some(body) = &self.body else { return false };
        match serde_json::from_str::<Value>(body) {
            Ok(value) => holds(&value),
            Err(_) => body == HIDDEN || body.split('&').any(|pair| pair.ends_with("=***")),
        }
    }
}

fn headers(fields: &[Field]) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for Field { name, value } in fields {
        let parsed = HeaderName::from_str(name).map_err(|_| format!("`{name}` is no header"))?;
        let value =
            HeaderValue::from_str(value).map_err(|_| format!("the value of `{name}` is none of a header"))?;
        headers.append(parsed, value);
    }
    Ok(headers)
}

/// A journal that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalError {
    line: usize,
    reason: String,
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "read the journal, line {}: {}", self.line, self.reason)
    }
}

impl Error for JournalError {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(change: impl Fn(&mut Value)) -> String {
        let mut call = json!({
            "id": 7, "method": "POST", "url": "/login?token=***", "status": 201, "latency_us": 5,
            "request": {
                "headers": [{"name": "authorization", "value": "***"}], "body": "{\"a\":1}", "body_altered": false,
            },
            "response": {"headers": [], "body": "{}", "body_altered": false},
        });
        change(&mut call);
        call.to_string()
    }

    fn read(text: &str) -> Result<Vec<JournalCall>, String> {
        Journal::read(text.as_bytes()).map(|journal| journal.calls).map_err(|error| error.to_string())
    }

    #[test]
    fn calls_are_read_with_what_is_hidden_told_apart() {
        let text = format!("{}\n\n{}\n", line(|_| {}), line(|call| call["response"] = Value::Null));
        let calls = read(&text).unwrap();
        assert_eq!((calls.len(), calls[0].reply.is_some(), calls[1].reply.is_some()), (2, true, false));
        assert_eq!(calls[0].request.target, "/login?token=***");
        for (body, is_altered) in [
            ("{\"a\":1}", false),
            ("{\"a\":[{\"b\":\"***\"}]}", true),
            ("a=1&password=***", true),
            ("***", true),
            ("bold *** text", false),
        ] {
            let calls = read(&line(|call| call["request"]["body"] = Value::from(body))).unwrap();
            assert_eq!(calls[0].is_altered, is_altered, "{body}");
        }
    }

    #[test]
    fn what_is_no_journal_is_refused_with_its_line() {
        let bad = |pointer: &str, value: Value| {
            read(&format!(
                "{}\n{}",
                line(|_| {}),
                line(|call| *call.pointer_mut(pointer).unwrap() = value.clone())
            ))
            .unwrap_err()
        };
        for (error, expected) in [
            (read("{").unwrap_err(), "line 1: it is no call of a journal"),
            (bad("/method", json!("GET /")), "line 2: `GET /` is no method"),
            (bad("/url", json!("http://evil.example/")), "line 2: `http://evil.example/` is no path"),
            (bad("/status", json!(7)), "line 2: 7 is no status"),
            (bad("/request/headers/0/value", json!("a\r\nb: c")), "line 2: the value of `authorization`"),
            (bad("/request/headers/0/name", json!("a b")), "line 2: `a b` is no header"),
        ] {
            assert!(error.contains(expected), "{error}");
        }
    }
}
