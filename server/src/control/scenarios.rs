//! Scenarios: where each is, and how it is put elsewhere.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::asked::{Asked, NamesSession};
use super::problem::{FindingBody, Problem};
use super::state;
use crate::edition::Edition;
use crate::script::{ScenarioInfo, nearest};
use crate::session::{Move, ValueKey};

/// A scenario, and where what it is about is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ScenarioState {
    /// Its name.
    pub(crate) name: String,
    /// The state that everything begins in.
    pub(crate) start: String,
    /// Its states.
    pub(crate) states: Vec<String>,
    /// The field that each value of is in a state of its own.
    pub(crate) per: Option<String>,
    /// What has left the first state.
    pub(crate) places: Vec<Place>,
}

/// Where a value is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Place {
    /// The value, as text; absent where there is but one place, or where requests had none.
    pub(crate) key: Option<String>,
    /// The state it is in.
    pub(crate) state: String,
}

/// A state of a scenario.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceSet {
    /// Its name.
    pub(crate) state: String,
}

/// The scenario a path names.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ScenarioPath {
    /// Its name.
    pub(crate) name: String,
}

/// Which place of a scenario is meant.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct PlaceQuery {
    /// The value of the scenario's `per`, as text.
    pub(crate) key: Option<String>,
    /// The name of a session, made on first use; absent for that of requests which name none.
    pub(crate) session: Option<String>,
}

impl NamesSession for PlaceQuery {
    fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }
}

/// Every scenario, and where what has left its first state is.
pub(super) fn list(asked: &Asked<'_>) -> Vec<ScenarioState> {
    let edition = asked.edition();
    let memory = asked.session.memory();
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

/// The state that one is in for a value.
pub(super) fn place(asked: &Asked<'_>, name: &str, key: Option<&str>) -> Result<PlaceSet, Problem> {
    let edition = asked.edition();
    let info = find(&edition, name)?;
    let memory = asked.session.memory();
    let place = memory.place(name, &ValueKey::of_text(key)).unwrap_or(info.start);
    Ok(PlaceSet { state: info.known(place) })
}

/// Puts one into a state for a value.
pub(super) fn go(
    asked: &Asked<'_>,
    name: &str,
    key: Option<&str>,
    place: PlaceSet,
) -> Result<PlaceSet, Problem> {
    let edition = asked.edition();
    let info = find(&edition, name)?;
    if !info.states.contains(&place.state.as_str()) {
        let message = format!("the scenario has no state `{}`", place.state);
        let mut found = FindingBody::at("/state", "state-unknown", message);
        found.hint = nearest::hint(&place.state, info.states.iter().copied());
        return Err(Problem::with("the scenario cannot be there", vec![found]));
    }
    let key = ValueKey::of_text(key);
    let moved = Move { scenario: name.to_owned(), key, to: place.state.as_str().into() };
    asked.session.memory().go(moved).map_err(state::full)?;
    Ok(place)
}

/// Puts one back into its first state: for a value, or for all where none is named.
pub(super) fn restart(asked: &Asked<'_>, name: &str, key: Option<&str>) -> Result<(), Problem> {
    find(&asked.edition(), name)?;
    let key = key.map(|key| ValueKey::of_text(Some(key)));
    asked.session.memory().restart(name, key.as_ref());
    Ok(())
}

fn find<'e>(edition: &'e Edition, name: &str) -> Result<ScenarioInfo<'e>, Problem> {
    edition.engine.scenarios().find(|info| info.name == name).ok_or_else(|| {
        let names: Vec<&str> = edition.engine.scenarios().map(|info| info.name).collect();
        let hint = nearest::hint(name, names).map_or_else(String::new, |hint| format!("; {hint}"));
        Problem::unknown("scenario-unknown", format!("no scenario is called `{name}`{hint}"))
    })
}
