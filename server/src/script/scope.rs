//! What a script sees of a request and of the stub: all that conditions and templates get their values from.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Subject;
use super::clock::Moment;
use crate::session::{Memory, Session};

/// A request, and what is kept beside it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// The request.
    pub(crate) subject: Subject<'a>,
    /// What scripts keep between requests.
    pub(crate) state: Kept<'a>,
    /// When the request is decided on.
    pub(crate) now: Moment,
}

/// Values that scripts keep between requests, by their names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept<'a> {
    /// What is kept, where whoever looks holds it already.
    pub(crate) memory: Option<&'a Memory>,
    /// Whose it is.
    pub(crate) session: &'a Session,
    /// What is kept from the start.
    pub(crate) initial: &'a BTreeMap<String, Value>,
}

impl Kept<'_> {
    /// The value of a name; nothing where there is none.
    pub(crate) fn value(&self, name: &str) -> Option<Value> {
        match self.memory {
            Some(memory) => memory.value(name, self.initial).cloned(),
            None => self.session.memory().value(name, self.initial).cloned(),
        }
    }
}
