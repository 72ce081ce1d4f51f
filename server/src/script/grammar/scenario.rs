//! `scenarios`, as written.

use super::{Named, Per, Rule};

/// A state machine: for each state what each operation answers, and where that leads.
#[derive(Debug)]
pub(in crate::script) struct Scenario {
    pub(in crate::script) name: Named,
    /// The state that everything begins in.
    pub(in crate::script) start: Named,
    /// The field that each value of is in a state of its own.
    pub(in crate::script) per: Option<Per>,
    pub(in crate::script) states: Vec<StateTable>,
}

/// What the operations answer in one state.
#[derive(Debug)]
pub(in crate::script) struct StateTable {
    pub(in crate::script) name: Named,
    pub(in crate::script) cells: Vec<Cell>,
}

/// What one operation answers in one state.
#[derive(Debug)]
pub(in crate::script) struct Cell {
    pub(in crate::script) operation: Named,
    /// Of one reply.
    pub(in crate::script) rule: Rule,
    /// The state that comes next, where it is another one.
    pub(in crate::script) to: Option<Named>,
}
