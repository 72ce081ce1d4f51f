//! What a script sees of a request and of the stub: all that conditions and templates get their values from.

use std::fmt;

use serde_json::Value;

use super::Subject;
use super::clock::Moment;

/// A request, and what is kept beside it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// The request.
    pub(crate) subject: Subject<'a>,
    /// What scripts keep between requests.
    pub(crate) state: &'a dyn Kept,
    /// When the request is decided on.
    pub(crate) now: Moment,
}

/// Values that scripts keep between requests, by their names.
pub(crate) trait Kept: fmt::Debug {
    /// The value of a name; nothing where there is none.
    fn value(&self, name: &str) -> Option<Value>;
}

/// Nothing is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NothingKept;

impl Kept for NothingKept {
    fn value(&self, _name: &str) -> Option<Value> {
        None
    }
}
