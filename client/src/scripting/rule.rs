//! Rules: which requests of an operation are answered with what.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::Operation;
use super::answer::Reply;
use super::condition::Condition;
use super::error::{Kind, StubError};
use super::expected::Times;
use super::fault::written;
use super::field::Field;
use super::stub::Inner;

/// A rule for the operation `O` that has no reply yet.
#[must_use = "a rule does nothing until it has a reply and is awaited"]
pub struct On<'s, O> {
    stub: &'s Arc<Inner>,
    when: Condition,
    /// What stands beside the fields in a `when`.
    more: Map<String, Value>,
    of: PhantomData<fn() -> O>,
}

impl<'s, O: Operation> On<'s, O> {
    pub(super) fn new(stub: &'s Arc<Inner>) -> Self {
        Self { stub, when: Condition::always(), more: Map::new(), of: PhantomData }
    }

    /// Answers only requests that a condition holds of; of several conditions all have to.
    pub fn when(mut self, condition: impl FnOnce(&O::Request) -> Condition) -> Self {
        self.when = self.when & condition(&O::Request::default());
        self
    }

    /// Answers only the request of this number, counted from 1, among those that all else holds of.
    pub fn nth(self, number: u64) -> Self {
        self.put("nth", json!(number))
    }

    /// Answers only this share of the requests, from 0 to 1, drawn by the stub's seed.
    pub fn chance(self, share: f64) -> Self {
        self.put("chance", json!(share))
    }

    /// Answers only requests that break the document. Without this, only those that keep to it are answered.
    pub fn when_invalid(self) -> Self {
        self.put("valid", json!(false))
    }

    /// Answers requests whether they keep to the document or not.
    pub fn valid_or_not(self) -> Self {
        self.put("valid", json!("any"))
    }

    fn put(mut self, key: &str, value: Value) -> Self {
        self.more.insert(key.to_owned(), value);
        self
    }

    /// What they are answered with.
    pub fn reply(self, reply: impl Reply<O>) -> Scripted<'s, O> {
        let when = self.when.into_when().map(|mut when| {
            when.extend(self.more);
            when
        });
        let rule = when.map(|when| {
            let mut rule = Map::from_iter([("op".to_owned(), json!(O::ID))]);
            if !when.is_empty() {
                rule.insert("when".to_owned(), Value::Object(when));
            }
            rule
        });
        let scripted =
            Scripted { stub: self.stub, rule, replies: Vec::new(), expected: None, of: PhantomData };
        scripted.then(reply)
    }
}

/// A rule with its replies. It is set once it is awaited.
#[must_use = "a rule does nothing until it is awaited"]
pub struct Scripted<'s, O> {
    stub: &'s Arc<Inner>,
    /// The rule but for its replies; what is wrong with it otherwise.
    rule: Result<Map<String, Value>, String>,
    replies: Vec<Value>,
    expected: Option<Times>,
    of: PhantomData<fn() -> O>,
}

impl<O: Operation> Scripted<'_, O> {
    /// What the requests after that are answered with. The last reply repeats.
    pub fn then(mut self, reply: impl Reply<O>) -> Self {
        match reply.into_reply() {
            Ok(reply) => self.replies.push(Value::Object(reply)),
            Err(message) if self.rule.is_ok() => self.rule = Err(message),
            Err(_) => {}
        }
        self
    }

    /// Begins with the first reply again after the last.
    pub fn cycle(self) -> Self {
        self.put("after", json!("cycle"))
    }

    /// Leaves requests to other rules, or to the document, after the last reply.
    pub fn pass(self) -> Self {
        self.put("after", json!("pass"))
    }

    /// Answers so many requests, and then no more.
    pub fn times(self, count: u64) -> Self {
        self.put("times", json!(count))
    }

    /// Answers for so long, and then no more.
    pub fn expires(self, after: Duration) -> Self {
        self.put("expires", json!(written(after)))
    }

    /// Counts, and walks through its replies, for each value of a field by itself.
    pub fn per<T>(self, field: impl FnOnce(&O::Request) -> Field<T>) -> Self {
        let field = field(&O::Request::default());
        self.put("per", json!(field.field_name()))
    }

    /// Keeps a value under a name once it has answered, for [`state`](super::state).
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Ok(rule) = &mut self.rule {
            let set = rule.entry("set").or_insert_with(|| json!({}));
            set[name] = value.into();
        }
        self
    }

    /// Gives the rule a name, for the header `counterfoil-rule` of what it answers and for messages.
    pub fn named(self, id: &str) -> Self {
        self.put("id", json!(id))
    }

    /// Expects the rule to answer so often: a number, or a range. What it did is held to that by
    /// [`Stub::verify`](super::Stub::verify), and when the handle is dropped.
    pub fn expect(mut self, times: impl Into<Times>) -> Self {
        self.expected = Some(times.into());
        self
    }

    fn put(mut self, key: &str, value: Value) -> Self {
        if let Ok(rule) = &mut self.rule {
            rule.insert(key.to_owned(), value);
        }
        self
    }

    /// The rule as scripts have it, with its operation under `op`.
    ///
    /// # Errors
    ///
    /// When a value cannot be written as JSON.
    pub fn to_json(&self) -> Result<Value, StubError> {
        let mut rule = self.rule.clone().map_err(Kind::Unwritable)?;
        match self.replies.as_slice() {
            [Value::Object(only)] => rule.extend(only.clone()),
            replies => {
                rule.insert("respond".to_owned(), json!(replies));
            }
        }
        Ok(Value::Object(rule))
    }
}

impl<'s, O: Operation> IntoFuture for Scripted<'s, O> {
    type Output = Result<Rule, StubError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 's>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let rule = self.to_json()?;
            let made = self.stub.control.ask(Method::POST, &["rules"], &[], Some(&rule)).await?;
            let Some(id) = made["id"].as_str().map(str::to_owned) else {
                let (asked, message) = ("POST /rules".to_owned(), "a rule without `id`".to_owned());
                return Err(Kind::Unexpected { asked, message }.into());
            };
            if let Some(times) = self.expected {
                self.stub.expect(O::ID, &id, rule.get("when").cloned(), times);
            }
            Ok(Rule { stub: Arc::clone(self.stub), id })
        })
    }
}

impl<O: Operation> fmt::Debug for On<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("On").field("operation", &O::ID).field("when", &self.when).finish_non_exhaustive()
    }
}

impl<O: Operation> fmt::Debug for Scripted<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripted")
            .field("rule", &self.rule)
            .field("replies", &self.replies)
            .finish_non_exhaustive()
    }
}

/// A rule that is set.
pub struct Rule {
    stub: Arc<Inner>,
    id: String,
}

impl Rule {
    /// Its name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How many requests it has answered.
    ///
    /// # Errors
    ///
    /// When the stub cannot be asked, or the rule is gone.
    pub async fn uses(&self) -> Result<u64, StubError> {
        self.stub.uses(&self.id).await
    }

    /// Takes it back. What was expected of it is still expected.
    ///
    /// # Errors
    ///
    /// When the stub cannot be asked, or the rule is gone.
    pub async fn remove(self) -> Result<(), StubError> {
        self.stub.freeze(&self.id).await?;
        self.stub.control.ask(Method::DELETE, &["rules", &self.id], &[], None).await.map(|_| ())
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule").field("id", &self.id).finish_non_exhaustive()
    }
}
