//! What scripts keep, as the control API shows and sets it: values by name, and the states of scenarios.

use std::collections::BTreeMap;

use serde_json::Value;

use super::problem::{FindingBody, Problem};
use super::types::{Place, PlaceSet, ScenarioState};
use crate::edition::Edition;
use crate::script::{ScenarioInfo, nearest};
use crate::session::{MAX_STATE_BYTES, Move, Session, StateFull, ValueKey};

/// Every value.
pub(super) fn values(edition: &Edition, session: &Session) -> BTreeMap<String, Value> {
    session.memory().values(edition.engine.state())
}

/// One value.
pub(super) fn value(edition: &Edition, session: &Session, name: &str) -> Result<Value, Problem> {
    let memory = session.memory();
    memory.value(name, edition.engine.state()).cloned().ok_or_else(|| unknown_value(name))
}

/// Keeps these values, and where `replace` is said none but these.
pub(super) fn set(
    edition: &Edition,
    session: &Session,
    values: BTreeMap<String, Value>,
    others: Others,
) -> Result<BTreeMap<String, Value>, Problem> {
    let initial = edition.engine.state();
    let mut memory = session.memory();
    let mut changes: Vec<(String, Option<Value>)> = Vec::new();
    if others == Others::Removed {
        let gone = memory.values(initial).into_keys().filter(|name| !values.contains_key(name));
        changes.extend(gone.map(|name| (name, None)));
    }
    changes.extend(values.into_iter().map(|(name, value)| match others {
        // A merge patch removes what is null (RFC 7396).
        Others::Kept if value.is_null() => (name, None),
        _ => (name, Some(value)),
    }));
    memory.set(changes).map_err(full)?;
    Ok(memory.values(initial))
}

/// What becomes of the values that are not named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
    Kept,
    Removed,
}

/// Keeps one value.
pub(super) fn set_value(session: &Session, name: String, value: Value) -> Result<(), Problem> {
    session.memory().set(vec![(name, Some(value))]).map_err(full)
}

/// Removes one value.
pub(super) fn remove(edition: &Edition, session: &Session, name: &str) -> Result<(), Problem> {
    let mut memory = session.memory();
    if memory.value(name, edition.engine.state()).is_none() {
        return Err(unknown_value(name));
    }
    memory.set(vec![(name.to_owned(), None)]).map_err(full)
}

/// Every scenario, and where what has left its first state is.
pub(super) fn scenarios(edition: &Edition, session: &Session) -> Vec<ScenarioState> {
    let memory = session.memory();
    let show = |info: ScenarioInfo<'_>| {
        let places = memory.places(info.name);
        ScenarioState {
            name: info.name.to_owned(),
            start: info.start.to_owned(),
            states: info.states.iter().map(|state| (*state).to_owned()).collect(),
            per: info.per.clone(),
            places: places
                .into_iter()
                .map(|(key, state)| Place { key: key.as_str().map(str::to_owned), state: info.known(state) })
                .collect(),
        }
    };
    edition.engine.scenarios().map(show).collect()
}

/// The state that a scenario is in for a value.
pub(super) fn place(
    edition: &Edition,
    session: &Session,
    name: &str,
    key: Option<&str>,
) -> Result<PlaceSet, Problem> {
    let info = scenario(edition, name)?;
    let memory = session.memory();
    let place = memory.place(name, &ValueKey::of_text(key)).unwrap_or(info.start);
    Ok(PlaceSet { state: info.known(place) })
}

/// Puts a scenario into a state for a value.
pub(super) fn go(
    edition: &Edition,
    session: &Session,
    name: &str,
    key: Option<&str>,
    place: PlaceSet,
) -> Result<PlaceSet, Problem> {
    let info = scenario(edition, name)?;
    if !info.states.contains(&place.state.as_str()) {
        let message = format!("the scenario has no state `{}`", place.state);
        let mut found = FindingBody::at("/state", "state-unknown", message);
        found.hint = nearest::hint(&place.state, info.states.iter().copied());
        return Err(Problem::with("the scenario cannot be there", vec![found]));
    }
    let key = ValueKey::of_text(key);
    session.memory().go(Move { scenario: name.to_owned(), key, to: place.state.as_str().into() });
    Ok(place)
}

/// Puts a scenario back into its first state: for a value, or for all where none is named.
pub(super) fn restart(
    edition: &Edition,
    session: &Session,
    name: &str,
    key: Option<&str>,
) -> Result<(), Problem> {
    scenario(edition, name)?;
    let key = key.map(|key| ValueKey::of_text(Some(key)));
    session.memory().restart(name, key.as_ref());
    Ok(())
}

fn scenario<'e>(edition: &'e Edition, name: &str) -> Result<ScenarioInfo<'e>, Problem> {
    edition.engine.scenarios().find(|info| info.name == name).ok_or_else(|| {
        let names: Vec<&str> = edition.engine.scenarios().map(|info| info.name).collect();
        let hint = nearest::hint(name, names).map_or_else(String::new, |hint| format!("; {hint}"));
        Problem::unknown("scenario-unknown", format!("no scenario is called `{name}`{hint}"))
    })
}

fn unknown_value(name: &str) -> Problem {
    Problem::unknown("state-unknown", format!("nothing is kept as `{name}`"))
}

fn full(StateFull: StateFull) -> Problem {
    let message = format!("all values together take more than {MAX_STATE_BYTES} bytes");
    Problem::with("there is no room for it", vec![FindingBody::at("", "state-full", message)])
}
