//! Where everything in a document stands.

use std::collections::HashMap;

use super::node::{Node, NodeKind, Position};
use super::pointer::Pointer;

/// The positions of a tree, found by pointer in time that grows with the pointer alone.
#[derive(Debug)]
pub(super) struct Places {
    /// The key's position for an object's member, else the value's.
    position: Position,
    inner: Inner,
}

#[derive(Debug)]
enum Inner {
    Nothing,
    Items(Vec<Places>),
    Members(HashMap<String, Places>),
}

impl Places {
    /// The positions of a tree; of a repeated key those of the last value.
    pub(super) fn of(root: Node) -> Self {
        let position = root.position;
        Self::at(position, root)
    }

    fn at(position: Position, node: Node) -> Self {
        let inner = match node.kind {
            NodeKind::Object(members) => {
                let places = members
                    .into_iter()
                    .map(|member| (member.key, Self::at(member.key_position, member.value)));
                Inner::Members(places.collect())
            }
            NodeKind::Array(items) => Inner::Items(items.into_iter().map(Self::of).collect()),
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String(_) => Inner::Nothing,
        };
        Self { position, inner }
    }

    /// Where the node at `pointer` starts: the key's position for an object's member, else the value's.
    pub(super) fn find(&self, pointer: &Pointer) -> Option<Position> {
        let place = pointer.tokens().try_fold(self, |place, token| match &place.inner {
            Inner::Members(members) => members.get(&token),
            Inner::Items(items) => items.get(token.parse::<usize>().ok()?),
            Inner::Nothing => None,
        })?;
        Some(place.position)
    }
}
