//! `state` and `set`: values by name.

use serde_json::Value;

use super::super::template::Template;
use super::cursor::{Node, Reader};
use super::reply;

/// Reads what is kept from the start.
pub(super) fn state<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Vec<(String, Value)> {
    let members = named(reader, node).unwrap_or_default();
    members.into_iter().map(|(name, node)| (name.to_owned(), node.value.clone())).collect()
}

/// Reads what is kept once a rule has answered; nothing where a part of it cannot be read.
pub(super) fn set<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Vec<(String, Template)>> {
    let members = named(reader, node)?;
    let read: Vec<_> = members
        .into_iter()
        .map(|(name, node)| Some((name.to_owned(), reply::template(reader, &node)?)))
        .collect();
    read.into_iter().collect()
}

fn named<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Vec<(&'d str, Node<'d>)>> {
    let Some(object) = node.value.as_object() else {
        reader.unexpected(node, "a map from names to values");
        return None;
    };
    if object.contains_key("") {
        reader.error("value-invalid", &node.pointer, "a value that is kept needs a name", None);
        return None;
    }
    let member = |(name, value): (&'d String, &'d Value)| {
        (name.as_str(), Node { value, pointer: node.pointer.join(name) })
    };
    Some(object.iter().map(member).collect())
}
