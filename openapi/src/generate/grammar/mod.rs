//! What a schema admits, as choices to draw from.
//!
//! A [`Node`] is the conjunction of the Schema Objects that apply at one place of a value. Its [`Form`]s are the
//! ways to meet them all: one for each combination of branches of `anyOf`, `oneOf` and `if`, and each JSON type.
//! References and `allOf` are followed while a node is made, so every form is a flat set of rules. Nodes are made
//! when first reached and kept, so that recursive schemas cost nothing until a value goes that deep, and all
//! schemas of a document share one grammar a direction.

mod arena;
mod documented;
mod form;
mod height;
mod members;
mod node;
mod shape;
mod source;

pub(crate) use form::{ArrayForm, Form, FormKind, ObjectForm, Property};
pub(crate) use node::{Grammar, Node, NodeId};
pub(crate) use shape::{Bound, NumberRule, Shape, ShapeId, TextRule};
pub(crate) use source::Source;
