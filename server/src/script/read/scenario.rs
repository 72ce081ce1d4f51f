//! `scenarios`: state machines as tables of operations by states.

use super::super::grammar::{Cell, Named, Scenario, StateTable};
use super::cursor::{Keys, Node, Reader};
use super::rule;

const SCENARIO: Keys = Keys { of: "a scenario", known: &["start", "per", "states"], later: &[] };

/// Reads the scenarios of a script.
pub(super) fn scenarios<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Vec<Scenario> {
    let named = named(reader, node, "a map from names to scenarios");
    named.into_iter().filter_map(|(name, node)| scenario(reader, name, &node)).collect()
}

fn scenario<'d>(reader: &mut Reader<'d>, name: Named, node: &Node<'d>) -> Option<Scenario> {
    let (mut start, mut per, mut states) = (None, None, None);
    let mut is_whole = true;
    for (key, member) in reader.members(node, &SCENARIO)? {
        match key {
            "start" => {
                start = reader
                    .text(&member, "the name of a state")
                    .map(|name| Named { name: name.to_owned(), pointer: member.pointer.clone() });
                is_whole &= start.is_some();
            }
            "per" => {
                per = rule::per(reader, &member);
                is_whole &= per.is_some();
            }
            _ => states = Some(self::states(reader, &member)),
        }
    }
    let missing = match (&start, &states) {
        (None, _) if is_whole => "`start`, the state that everything begins in",
        (_, None) => "`states`, a map from states to what operations answer in them",
        _ => return Some(Scenario { name, start: start?, per, states: states? }).filter(|_| is_whole),
    };
    reader.error("value-invalid", &node.pointer, format!("a scenario needs {missing}"), None);
    None
}

fn states<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Vec<StateTable> {
    let states = named(reader, node, "a map from states to what operations answer in them");
    states
        .into_iter()
        .map(|(name, node)| {
            let cells = named(reader, &node, "a map from operations to what they answer");
            let cells = cells.into_iter().filter_map(|(operation, node)| {
                let (rule, to) = rule::cell(reader, &node)?;
                Some(Cell { operation, rule, to })
            });
            StateTable { name, cells: cells.collect() }
        })
        .collect()
}

/// The members of a map, whatever their names.
pub(super) fn named<'d>(reader: &mut Reader<'d>, node: &Node<'d>, expected: &str) -> Vec<(Named, Node<'d>)> {
    let Some(object) = node.value.as_object() else {
        reader.unexpected(node, expected);
        return Vec::new();
    };
    object
        .iter()
        .map(|(name, value)| {
            let pointer = node.pointer.join(name);
            (Named { name: name.clone(), pointer: pointer.clone() }, Node { value, pointer })
        })
        .collect()
}
