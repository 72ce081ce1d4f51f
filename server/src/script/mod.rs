//! Scripts: what a stub answers beyond its document.

mod decision;

pub(crate) use decision::{AllowInvalid, Decision, Fault, ReplySpec, Subject};

/// A loaded script.
#[derive(Debug, Clone)]
pub struct Script {}

/// Holds the scripts of a stub and decides by them.
#[derive(Debug)]
pub(crate) struct ScriptEngine {}

impl ScriptEngine {
    /// An engine over the scripts, the first one first; `seed` steers what scripts leave to chance.
    pub(crate) fn new(scripts: Vec<Script>, seed: u64) -> Self {
        let _ = (scripts, seed);
        Self {}
    }

    /// What the scripts say of a request; nothing where none has an answer.
    pub(crate) fn decide(&self, subject: &Subject<'_>) -> Option<Decision> {
        let _ = subject;
        None
    }
}
