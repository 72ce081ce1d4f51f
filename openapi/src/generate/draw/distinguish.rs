//! Objects that fit exactly one of several branches that all leave room for each other.

use serde_json::{Map, Value, json};

use super::Draw;
use crate::generate::grammar::{ArrayForm, FormKind, Node, NodeId, ObjectForm, ShapeId};

/// How deep in a value what tells branches apart is looked for.
const DEPTH: usize = 4;

impl Draw<'_> {
    /// An object that fits one branch of every `oneOf`, made from one that fits several: it gets a property that only
    /// the other branches declare, with a value they do not admit, or something in it does. Nothing where that does not
    /// help.
    pub(in crate::generate) fn distinguish(&mut self, node: &Node, value: &Value) -> Option<Value> {
        let mut distinct = value.as_object()?.clone();
        for choice in self.grammar.choices(node) {
            let fitting: Vec<ShapeId> =
                choice.iter().copied().filter(|branch| self.is_met(*branch, value)).collect();
            if fitting.len() < 2 {
                continue;
            }
            let kept = *self.dice.pick(&fitting)?;
            for other in fitting.into_iter().filter(|branch| *branch != kept) {
                let (other, kept) = (self.grammar.node_of(&[other]), self.grammar.node_of(&[kept]));
                distinct = self.refused_by(other, kept, &distinct, DEPTH)?;
            }
        }
        let distinct = Value::Object(distinct);
        self.grammar.admits(node, &distinct).then_some(distinct)
    }

    fn is_met(&self, branch: ShapeId, value: &Value) -> bool {
        self.grammar.admits(self.grammar.node(self.grammar.node_of(&[branch])), value)
    }

    /// An object with something in it that one node refuses and another admits: a property that only the first declares,
    /// or something within one that both do.
    fn refused_by(
        &self,
        node: NodeId,
        kept: NodeId,
        map: &Map<String, Value>,
        depth: usize,
    ) -> Option<Map<String, Value>> {
        const SAMPLES: [fn() -> Value; 6] =
            [|| json!(1), || json!("a"), || json!(true), || json!([]), || json!({}), || Value::Null];
        let grammar = self.grammar;
        let with = |name: &str, value: Value| {
            let mut changed = map.clone();
            changed.insert(name.to_owned(), value);
            changed
        };
        for form in object_forms(grammar.node(node)) {
            for property in &form.properties {
                let declared = form.property(grammar, property);
                let kept = object_forms(grammar.node(kept)).find_map(|form| {
                    let same = form.properties.iter().find(|other| other.name == property.name)?;
                    Some(form.property(grammar, same))
                });
                let value = match (kept, map.get(&property.name)) {
                    (None, None) => SAMPLES
                        .iter()
                        .map(|sample| sample())
                        .find(|sample| !grammar.admits(grammar.node(declared), sample)),
                    (Some(kept), Some(value)) => self.refused_within(declared, kept, value, depth),
                    _ => None,
                };
                if let Some(value) = value {
                    return Some(with(&property.name, value));
                }
            }
        }
        None
    }

    /// As [`refused_by`](Self::refused_by), for any value: an object, or the first item of an array.
    fn refused_within(&self, node: NodeId, kept: NodeId, value: &Value, depth: usize) -> Option<Value> {
        let (grammar, depth) = (self.grammar, depth.checked_sub(1)?);
        let changed = match value {
            Value::Object(map) => Value::Object(self.refused_by(node, kept, map, depth)?),
            Value::Array(items) => {
                let item = |node| array_forms(grammar.node(node)).next().map(|form| form.item(grammar, 0));
                let first = self.refused_within(item(node)?, item(kept)?, items.first()?, depth)?;
                Value::Array(std::iter::once(first).chain(items.iter().skip(1).cloned()).collect())
            }
            _ => return None,
        };
        let is_told_apart =
            !grammar.admits(grammar.node(node), &changed) && grammar.admits(grammar.node(kept), &changed);
        is_told_apart.then_some(changed)
    }
}

fn array_forms(node: &Node) -> impl Iterator<Item = &ArrayForm> {
    node.forms.iter().filter_map(|form| match &form.kind {
        FormKind::Array(array) => Some(array),
        _ => None,
    })
}

fn object_forms(node: &Node) -> impl Iterator<Item = &ObjectForm> {
    node.forms.iter().filter_map(|form| match &form.kind {
        FormKind::Object(object) => Some(object),
        _ => None,
    })
}
