//! Scenarios against their document, and their states against each other.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use counterfoil_openapi::{Contract, Pointer, Severity};

use super::super::grammar::{Named, Rules, Scenario, StateTable};
use super::super::nearest;
use super::super::read::Reader;
use super::super::rule::Naming;
use super::super::scenario::{CompiledCell, CompiledScenario, OperationCells};
use super::{Above, field};

/// A scenario, checked and made ready to run.
pub(in crate::script) fn scenario(
    reader: &mut Reader<'_>,
    contracts: &[&Contract],
    scenario: Scenario,
    place_of: impl Fn(&Pointer) -> String,
) -> CompiledScenario {
    let Scenario { name, start, per, states } = scenario;
    states_known(reader, &start, &states);
    let names: HashMap<String, Arc<str>> =
        states.iter().map(|state| (state.name.name.clone(), Arc::from(state.name.name.as_str()))).collect();
    let order: Vec<String> = states.iter().map(|state| state.name.name.clone()).collect();
    let mut operations: Vec<OperationCells> = Vec::new();
    for state in states {
        for cell in state.cells {
            let Some(operation) = super::operation(reader, contracts, &cell.operation) else { continue };
            if let Some(per) = &per {
                field::check_per(reader, operation, per, cell.rule.when.validity);
            }
            let id = format!("{}/{}", name.name, state.name.name);
            let rules = Rules { rules: vec![cell.rule], is_whole: true };
            let mut rules = super::rules(
                reader,
                operation,
                rules,
                &mut Above::default(),
                (Naming::Cell, |_| id.clone()),
                &place_of,
            );
            let Some(rule) = rules.pop() else { continue };
            let (document, id) = (operation.document().name(), operation.id().as_str());
            let found = operations.iter().position(|of| of.document == document && of.operation == id);
            let place = found.unwrap_or_else(|| {
                operations.push(OperationCells {
                    document: document.to_owned(),
                    operation: id.to_owned(),
                    cells: HashMap::new(),
                });
                operations.len() - 1
            });
            let to = cell.to.and_then(|to| names.get(&to.name).map(Arc::clone));
            let compiled = CompiledCell { rule: Arc::new(rule), to };
            if operations[place].cells.insert(names[&state.name.name].clone(), compiled).is_some() {
                let message = format!("`{}` is above already, under another name", cell.operation.name);
                reader.error("key-repeated", &cell.operation.pointer, message, None);
            }
        }
    }
    CompiledScenario {
        name: name.name,
        start: start.name.as_str().into(),
        per: per.map(|per| per.field),
        states: order.iter().map(|name| Arc::clone(&names[name])).collect(),
        operations,
    }
}

/// Tells the names of states that there are not, and the states that nothing leads to.
fn states_known(reader: &mut Reader<'_>, start: &Named, states: &[StateTable]) {
    let known: Vec<&str> = states.iter().map(|state| state.name.name.as_str()).collect();
    let mut check = |named: &Named| {
        if !known.contains(&named.name.as_str()) {
            let message = format!("the scenario has no state `{}`", named.name);
            let hint = nearest::hint(&named.name, known.iter().copied());
            reader.error("state-unknown", &named.pointer, message, hint);
        }
    };
    check(start);
    let goals = || states.iter().flat_map(|state| &state.cells).filter_map(|cell| cell.to.as_ref());
    goals().for_each(check);
    let reached: HashSet<&str> =
        goals().map(|goal| goal.name.as_str()).chain([start.name.as_str()]).collect();
    for state in states.iter().filter(|state| !reached.contains(state.name.name.as_str())) {
        let message = format!("nothing leads to the state `{}`", state.name.name);
        let hint = "only the control API can set it".to_owned();
        reader.tell(Severity::Warning, "state-unreached", &state.name.pointer, message, Some(hint));
    }
}
