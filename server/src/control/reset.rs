//! Back to how the stub started.

use schemars::JsonSchema;
use serde::Deserialize;

use super::asked::Asked;

/// What to put back to how it was at the start.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Reset {
    /// What to reset; all of it, the clock too, where absent, and nothing where it is empty. The script itself stays.
    pub(crate) scopes: Option<Vec<ResetScope>>,
}

/// One thing that can be reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ResetScope {
    /// Replies set at run time.
    Rules,
    /// Counters: where sequences stand, how often rules were used.
    Sequences,
    /// The journal.
    Calls,
    /// Values that scripts keep, and the states of scenarios.
    State,
    /// The items of resources.
    Resources,
    /// What is recorded; it is recorded no more, and gone.
    Recordings,
}

/// Puts back what is named, everything where nothing is.
pub(super) fn reset(asked: &Asked<'_>, reset: &Reset) {
    let covers = |scope| reset.scopes.as_ref().is_none_or(|scopes| scopes.contains(&scope));
    let session = &asked.session;
    if covers(ResetScope::Rules) {
        asked.state.change(|_| session.clear_replies());
    }
    if covers(ResetScope::Sequences) {
        session.reset_sequences();
    }
    if covers(ResetScope::State) {
        session.memory().clear();
    }
    if covers(ResetScope::Resources) {
        session.memory().resources.clear();
    }
    if covers(ResetScope::Recordings) {
        asked.state.forwarder.recordings.end_all(session.name());
    }
    if covers(ResetScope::Calls) {
        session.journal.reset();
    }
    if reset.scopes.is_none() {
        session.reset_clock();
    }
}
