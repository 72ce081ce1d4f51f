//! The values that scripts keep, by name.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::asked::Asked;
use super::problem::{FindingBody, Problem};
use crate::budget::Full;
use crate::session::MAX_STATE_BYTES;

/// Values by name, as they travel.
pub(crate) type Values = BTreeMap<String, AnyValue>;

/// The value a path names.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct StatePath {
    /// Its name.
    pub(crate) key: String,
}

/// A value of JSON.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct AnyValue(pub(crate) serde_json::Value);

/// What becomes of the values that are not named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
    Kept,
    Removed,
}

/// Every value.
pub(super) fn list(asked: &Asked<'_>) -> Values {
    shown(asked.session.memory().values(asked.edition().engine.state()))
}

/// Keeps the values of a body.
pub(super) fn set(asked: &Asked<'_>, values: Values, others: Others) -> Result<Values, Problem> {
    let edition = asked.edition();
    let initial = edition.engine.state();
    let mut memory = asked.session.memory();
    let mut changes: Vec<(String, Option<Value>)> = Vec::new();
    if others == Others::Removed {
        let gone = memory.values(initial).into_keys().filter(|name| !values.contains_key(name));
        changes.extend(gone.map(|name| (name, None)));
    }
    changes.extend(values.into_iter().map(|(name, AnyValue(value))| match others {
        // A merge patch removes what is null (RFC 7396).
        Others::Kept if value.is_null() => (name, None),
        _ => (name, Some(value)),
    }));
    memory.set(changes).map_err(full)?;
    Ok(shown(memory.values(initial)))
}

/// Puts every value back to what scripts begin with.
pub(super) fn clear(asked: &Asked<'_>) {
    asked.session.memory().clear_values();
}

/// One value.
pub(super) fn show(asked: &Asked<'_>, name: &str) -> Result<AnyValue, Problem> {
    let edition = asked.edition();
    let memory = asked.session.memory();
    memory.value(name, edition.engine.state()).cloned().map(AnyValue).ok_or_else(|| unknown(name))
}

/// Keeps one value.
pub(super) fn set_one(asked: &Asked<'_>, name: String, value: AnyValue) -> Result<AnyValue, Problem> {
    asked.session.memory().set(vec![(name, Some(value.0.clone()))]).map_err(full)?;
    Ok(value)
}

/// Removes one value.
pub(super) fn remove(asked: &Asked<'_>, name: &str) -> Result<(), Problem> {
    let edition = asked.edition();
    let mut memory = asked.session.memory();
    if memory.value(name, edition.engine.state()).is_none() {
        return Err(unknown(name));
    }
    memory.set(vec![(name.to_owned(), None)]).map_err(full)
}

fn shown(values: BTreeMap<String, Value>) -> Values {
    values.into_iter().map(|(name, value)| (name, AnyValue(value))).collect()
}

fn unknown(name: &str) -> Problem {
    Problem::unknown("state-unknown", format!("nothing is kept as `{name}`"))
}

/// Why something is not kept.
pub(super) fn full(full: Full) -> Problem {
    let message = full.told(format_args!("all values together take more than {MAX_STATE_BYTES} bytes"));
    Problem::with("there is no room for it", vec![FindingBody::at("", "state-full", message)])
}
