//! What a request is answered with.

use std::marker::PhantomData;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::fault::{Delay, Fault, written};
use super::{Operation, Status};

/// A reply with the documented status `S`. What it leaves open the document fills: examples first, then the schema.
#[must_use = "an answer does nothing until a rule has it"]
pub struct Answer<S> {
    /// A reply of the grammar of scripts; what is wrong with it otherwise.
    reply: Result<Map<String, Value>, String>,
    of: PhantomData<fn() -> S>,
}

/// What can answer a request of the operation `O`: an [`Answer`] with one of its statuses, or a [`Fault`].
pub trait Reply<O: Operation>: Sized {
    /// The reply as scripts write it.
    ///
    /// # Errors
    ///
    /// When a value of it cannot be written as JSON, and why.
    fn into_reply(self) -> Result<Map<String, Value>, String>;
}

impl<S: Status> Reply<S::Operation> for Answer<S> {
    fn into_reply(self) -> Result<Map<String, Value>, String> {
        self.reply
    }
}

impl<O: Operation> Reply<O> for Fault {
    fn into_reply(self) -> Result<Map<String, Value>, String> {
        Ok(Map::from_iter([("fault".to_owned(), self.to_json())]))
    }
}

impl<S> Answer<S> {
    pub(crate) fn status(code: u16) -> Self {
        Self { reply: Ok(Map::from_iter([("status".to_owned(), json!(code))])), of: PhantomData }
    }

    /// A reply with a body.
    pub(crate) fn with_body<T: Serialize>(code: u16, media_type: Option<&str>, body: T) -> Self {
        let mut answer = Self::status(code);
        if let Some(media_type) = media_type {
            answer = answer.put("media_type", json!(media_type));
        }
        match serde_json::to_value(body) {
            Ok(body) => answer.put("body", literal(body)),
            Err(error) => Self { reply: Err(format!("the body cannot be written: {error}")), ..answer },
        }
    }

    pub(crate) fn named_example(code: u16, name: &str) -> Self {
        Self::status(code).put("example", json!(name))
    }

    /// A documented header field, from a value of its type.
    pub(crate) fn documented_header<T: Serialize>(self, name: &str, value: T) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => self.header(name, &text_of(&value)),
            Err(error) => {
                Self { reply: Err(format!("the header {name} cannot be written: {error}")), ..self }
            }
        }
    }

    fn put(mut self, key: &str, value: Value) -> Self {
        if let Ok(reply) = &mut self.reply {
            reply.insert(key.to_owned(), value);
        }
        self
    }

    fn put_header(mut self, name: &str, value: Value) -> Self {
        if let Ok(reply) = &mut self.reply {
            let headers = reply.entry("headers").or_insert_with(|| json!({}));
            headers[name] = value;
        }
        self
    }

    /// Waits before it replies.
    pub fn delay(self, delay: impl Into<Delay>) -> Self {
        self.put("delay", delay.into().to_json())
    }

    /// Sends the body in so many parts, spread over a time.
    pub fn drip(self, chunks: u64, over: Duration) -> Self {
        self.put("drip", json!({ "chunks": chunks, "over": written(over) }))
    }

    /// Does something to the connection.
    pub fn fault(self, fault: Fault) -> Self {
        self.put("fault", fault.to_json())
    }

    /// Sets a header field, documented or not.
    pub fn header(self, name: &str, value: &str) -> Self {
        self.put_header(name, json!(value.replace("${", "$${")))
    }

    /// Leaves out a header field that the document's example has.
    pub fn without_header(self, name: &str) -> Self {
        self.put_header(name, Value::Null)
    }

    /// Makes the body up from the schema.
    pub fn generated(self) -> Self {
        self.put("generate", Value::Bool(true))
    }

    /// Changes the document's example by a merge patch (RFC 7396), whose texts may have templates: `${body.name}`.
    ///
    /// What it makes is held to the document by the stub, and not by a type.
    pub fn patch(self, patch: Value) -> Self {
        self.put("patch", patch)
    }

    /// Answers with any JSON, and says so: the body, and with it the reply, breaks the document on purpose.
    pub fn broken_body(self, body: Value) -> Self {
        self.put("body", literal(body)).put("allow_invalid", json!(["body"]))
    }
}

impl<S> Clone for Answer<S> {
    fn clone(&self) -> Self {
        Self { reply: self.reply.clone(), of: PhantomData }
    }
}

impl<S> std::fmt::Debug for Answer<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Answer").field(&self.reply).finish()
    }
}

/// A value that no text of is read as a template.
fn literal(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace("${", "$${")),
        Value::Array(items) => Value::Array(items.into_iter().map(literal).collect()),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, member)| (name, literal(member))).collect())
        }
        other => other,
    }
}

/// A value as the text of a header field: lists with commas.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text_of).collect::<Vec<_>>().join(","),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
