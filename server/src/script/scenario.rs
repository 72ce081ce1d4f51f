//! Scenarios at run time: what each operation answers in each state.

use std::collections::HashMap;
use std::sync::Arc;

use super::Decision;
use super::grammar::Field;
use super::rule::{ActiveRule, CompiledRule};
use super::scope::Scope;
use crate::call::Source;
use crate::session::{Memory, Move, Session, ValueKey};

/// A scenario checked against its document.
#[derive(Debug)]
pub(super) struct CompiledScenario {
    pub(super) name: String,
    pub(super) start: Arc<str>,
    pub(super) per: Option<Field>,
    pub(super) states: Vec<Arc<str>>,
    pub(super) operations: Vec<OperationCells>,
}

/// What there is to know of a scenario from outside.
#[derive(Debug)]
pub(crate) struct ScenarioInfo<'s> {
    pub(crate) name: &'s str,
    pub(crate) start: &'s str,
    /// In the order of the script.
    pub(crate) states: Vec<&'s str>,
    /// The field that each value of is in a state of its own.
    pub(crate) per: Option<String>,
}

impl ScenarioInfo<'_> {
    /// A state as it counts: one that a reload took away is the first.
    pub(crate) fn known(&self, state: &str) -> String {
        if self.states.contains(&state) { state.to_owned() } else { self.start.to_owned() }
    }
}

/// What one operation answers, by state.
#[derive(Debug)]
pub(super) struct OperationCells {
    /// The name of its document.
    pub(super) document: String,
    /// Its id there.
    pub(super) operation: String,
    pub(super) cells: HashMap<Arc<str>, CompiledCell>,
}

/// What one operation answers in one state.
#[derive(Debug, Clone)]
pub(super) struct CompiledCell {
    pub(super) rule: Arc<CompiledRule>,
    /// The state that comes next; where there is none it stays.
    pub(super) to: Option<Arc<str>>,
}

/// What scenarios say of one operation.
#[derive(Debug)]
pub(super) struct ActiveScenario {
    scenario: Arc<CompiledScenario>,
    cells: HashMap<Arc<str>, (ActiveRule, Option<Arc<str>>)>,
}

impl ActiveScenario {
    /// What a scenario says of one of its operations.
    pub(super) fn new(
        scenario: &Arc<CompiledScenario>,
        of: &OperationCells,
        mut active: impl FnMut(&Arc<CompiledRule>) -> ActiveRule,
    ) -> Self {
        let cells =
            of.cells.iter().map(|(state, cell)| (Arc::clone(state), (active(&cell.rule), cell.to.clone())));
        Self { cells: cells.collect(), scenario: Arc::clone(scenario) }
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.scenario.name
    }

    /// The states that have a cell, each with its rule.
    pub(super) fn by_state(&self) -> impl Iterator<Item = (&str, &ActiveRule)> {
        self.cells.iter().map(|(state, (rule, _))| (&**state, rule))
    }

    /// The state that it is in for a request.
    pub(super) fn place_of<'m>(&'m self, scope: &Scope<'_>, memory: &'m Memory) -> &'m str {
        let scenario = &*self.scenario;
        let key = ValueKey::of(scenario.per.as_ref().and_then(|per| per.value(scope)).as_deref());
        scenario.place(memory, &key)
    }

    /// The rules of all its cells.
    pub(super) fn rules(&self) -> impl Iterator<Item = &ActiveRule> {
        self.cells.values().map(|(rule, _)| rule)
    }

    /// What it answers to a request of a session, and where that leads; nothing where the state has no cell for it.
    ///
    /// The step is atomic since whoever asks holds the session's memory until the move is made.
    pub(super) fn decide(&self, scope: &Scope<'_>, memory: &Memory, session: &Session) -> Option<Decision> {
        let scenario = &*self.scenario;
        let key = ValueKey::of(scenario.per.as_ref().and_then(|per| per.value(scope)).as_deref());
        let state = scenario.place(memory, &key);
        let (rule, to) = self.cells.get(state)?;
        let mut decision = rule.decide(scope, session)?;
        decision.source = Source::Scenario;
        if let Some(to) = to {
            decision.trail.push_str(&format!("; {} is {to} from now on", scenario.name));
            decision.effects.moved = Some(Move { scenario: scenario.name.clone(), key, to: Arc::clone(to) });
        }
        Some(decision)
    }
}

impl CompiledScenario {
    /// What there is to know of it from outside.
    pub(super) fn info(&self) -> ScenarioInfo<'_> {
        ScenarioInfo {
            name: &self.name,
            start: &self.start,
            states: self.states.iter().map(|state| &**state).collect(),
            per: self.per.as_ref().map(Field::label),
        }
    }

    /// The state that a value is in.
    pub(super) fn place<'m>(&'m self, memory: &'m Memory, key: &ValueKey) -> &'m str {
        // A reload may have taken a state away.
        let is_known = |state: &&str| self.states.iter().any(|known| **known == **state);
        memory.place(&self.name, key).filter(is_known).unwrap_or(&self.start)
    }
}
