//! Objects that fit exactly one of several branches that all leave room for each other.

use serde_json::{Value, json};

use super::Draw;
use crate::generate::grammar::{FormKind, Node, ObjectForm, ShapeId};

impl Draw<'_> {
    /// An object that fits one branch of every `oneOf`, made from one that fits several: it gets a property that only
    /// the other branches declare, with a value they do not admit. Nothing where that does not help.
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
                let (name, value) = self.refused_by(other, kept, &distinct)?;
                distinct.insert(name, value);
            }
        }
        let distinct = Value::Object(distinct);
        self.grammar.admits(node, &distinct).then_some(distinct)
    }

    fn is_met(&self, branch: ShapeId, value: &Value) -> bool {
        self.grammar.admits(self.grammar.node(self.grammar.node_of(&[branch])), value)
    }

    /// A property that one branch declares and another does not, with a value that the first refuses.
    fn refused_by(
        &mut self,
        branch: ShapeId,
        kept: ShapeId,
        map: &serde_json::Map<String, Value>,
    ) -> Option<(String, Value)> {
        const SAMPLES: [fn() -> Value; 6] =
            [|| json!(1), || json!("a"), || json!(true), || json!([]), || json!({}), || Value::Null];
        let grammar = self.grammar;
        let forms = |shape: ShapeId| object_forms(grammar.node(grammar.node_of(&[shape])));
        let is_kept = |name: &String| {
            forms(kept).any(|form| form.properties.iter().any(|property| property.name == *name))
        };
        for form in forms(branch) {
            for property in &form.properties {
                if map.contains_key(&property.name) || is_kept(&property.name) {
                    continue;
                }
                let node = grammar.node(form.property(grammar, property));
                let refused =
                    SAMPLES.iter().map(|sample| sample()).find(|sample| !grammar.admits(node, sample));
                if let Some(value) = refused {
                    return Some((property.name.clone(), value));
                }
            }
        }
        None
    }
}

fn object_forms(node: &Node) -> impl Iterator<Item = &ObjectForm> {
    node.forms.iter().filter_map(|form| match &form.kind {
        FormKind::Object(object) => Some(object),
        _ => None,
    })
}
