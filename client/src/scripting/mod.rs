//! Typed scripts: what a stub is told to answer, in the types of its document.
//!
//! A [`Stub`] is a handle on a stub that runs. Its rules say which requests are answered with what; both are written
//! with the types that the document's client has, so that a rule which the document does not admit does not compile.
//! What types do not hold (patterns, bounds) the stub checks when the rule is set.
//!
//! Each handle has a session of its own on the stub: what one test sets, counts and sees is no other's.

mod answer;
mod call;
mod condition;
mod control;
mod error;
mod expected;
mod fault;
mod field;
mod member;
mod rule;
mod stub;

pub use answer::{Answer, Reply};
pub use call::Call;
pub use condition::Condition;
pub use error::StubError;
pub use expected::Times;
pub use fault::{Delay, Fault};
pub use field::{Field, Number, header, state};
pub use rule::{On, Rule, Scripted};
pub use stub::Stub;

use std::fmt::Debug;

/// A client of a document, as a handle on its stub makes it.
pub trait Api: Sized {
    /// A client of the stub at `base_url`, with credentials that a stub takes unless it is told which are good.
    ///
    /// # Errors
    ///
    /// When the client cannot be set up.
    fn of_stub(base_url: &str) -> Result<Self, reqwest::Error>;
}

/// An operation of a document.
pub trait Operation: Debug + Send + Sync + 'static {
    /// The client of its document.
    type Client: Api;
    /// What its requests hold, for conditions.
    type Request: Default;
    /// What the body of a request is read as.
    type Body: serde::de::DeserializeOwned;
    /// Its operationId, or the name made for it where it has none.
    const ID: &'static str;
}

/// A documented status of an operation.
pub trait Status {
    /// The operation.
    type Operation: Operation;
}
