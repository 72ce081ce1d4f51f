//! What a stub was asked, and what it answered.

use std::marker::PhantomData;

use serde_json::Value;

use super::Operation;

/// One call of the operation `O`. What is secret in it is hidden.
pub struct Call<O> {
    whole: Value,
    of: PhantomData<fn() -> O>,
}

impl<O: Operation> Call<O> {
    pub(super) fn new(whole: Value) -> Self {
        Self { whole, of: PhantomData }
    }

    /// Its id: later calls have higher ids.
    pub fn id(&self) -> u64 {
        self.whole["id"].as_u64().unwrap_or_default()
    }

    /// The status it was answered with; none where the connection was cut instead.
    pub fn status(&self) -> Option<u16> {
        self.whole["status"].as_u64().and_then(|status| u16::try_from(status).ok())
    }

    /// The request target, the session's part of the path included.
    pub fn url(&self) -> &str {
        self.text("url")
    }

    /// The rule that answered it.
    pub fn rule(&self) -> Option<&str> {
        self.whole["rule"].as_str()
    }

    /// Where the answer came from: `rule`, `example`, `generated`, `validation` …
    pub fn source(&self) -> &str {
        self.text("source")
    }

    /// How the request broke the document, a line each.
    pub fn violations(&self) -> Vec<&str> {
        let lines = self.whole["violations"].as_array().into_iter().flatten();
        lines.filter_map(Value::as_str).collect()
    }

    /// A header field of the request, the first of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.whole["request"]["headers"].as_array().into_iter().flatten();
        let field = fields
            .find(|field| field["name"].as_str().is_some_and(|other| other.eq_ignore_ascii_case(name)))?;
        field["value"].as_str()
    }

    /// The request's body as it came; none where there was none. The stub keeps the beginning of large ones.
    pub fn text_body(&self) -> Option<&str> {
        self.whole["request"]["body"].as_str()
    }

    /// The request's body in its type, where it is JSON.
    ///
    /// # Errors
    ///
    /// When it is not of that type.
    pub fn body(&self) -> Result<O::Body, serde_json::Error> {
        serde_json::from_str(self.text_body().unwrap_or_default())
    }

    fn text(&self, key: &str) -> &str {
        self.whole[key].as_str().unwrap_or_default()
    }
}

impl<O: Operation> std::fmt::Debug for Call<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "call {} of {}: {:#}", self.id(), O::ID, self.whole)
    }
}
