//! The value tree with positions, as the parsers build it.

use std::collections::HashMap;
use std::fmt;

use serde_json::{Map, Number, Value};

use super::Pointer;

/// Line and column of a node, both counted from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// One node of the tree: a value and where it starts.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) position: Position,
    pub(crate) kind: NodeKind,
}

#[derive(Debug, Clone)]
pub(crate) enum NodeKind {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Node>),
    /// Members in document order; a repeated key is a member of its own here.
    Object(Vec<Member>),
}

#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) key: String,
    pub(crate) key_position: Position,
    pub(crate) value: Node,
}

/// A key that an object has twice.
#[derive(Debug)]
pub(crate) struct RepeatedKey {
    pub(crate) object: Pointer,
    pub(crate) key: String,
    pub(crate) first: Position,
    pub(crate) again: Position,
}

impl Node {
    /// The tree without positions; of a repeated key the last value is kept, at the first one's place.
    pub(crate) fn into_value(self) -> Value {
        match self.kind {
            NodeKind::Null => Value::Null,
            NodeKind::Bool(value) => Value::Bool(value),
            NodeKind::Number(value) => Value::Number(value),
            NodeKind::String(value) => Value::String(value),
            NodeKind::Array(items) => Value::Array(items.into_iter().map(Self::into_value).collect()),
            NodeKind::Object(members) => {
                let mut map = Map::with_capacity(members.len());
                for member in members {
                    map.insert(member.key, member.value.into_value());
                }
                Value::Object(map)
            }
        }
    }

    /// Every repeated key.
    pub(crate) fn repeated_keys(&self) -> Vec<RepeatedKey> {
        let mut found = Vec::new();
        self.collect_repeated_keys(&Pointer::root(), &mut found);
        found
    }

    fn collect_repeated_keys(&self, pointer: &Pointer, found: &mut Vec<RepeatedKey>) {
        match &self.kind {
            NodeKind::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    if item.is_container() {
                        item.collect_repeated_keys(&pointer.index(index), found);
                    }
                }
            }
            NodeKind::Object(members) => {
                let mut seen = HashMap::with_capacity(members.len());
                for member in members {
                    let again = member.key_position;
                    if let Some(first) = seen.insert(member.key.as_str(), again) {
                        let (object, key) = (pointer.clone(), member.key.clone());
                        found.push(RepeatedKey { object, key, first, again });
                    }
                    if member.value.is_container() {
                        member.value.collect_repeated_keys(&pointer.join(&member.key), found);
                    }
                }
            }
            _ => {}
        }
    }

    fn is_container(&self) -> bool {
        matches!(self.kind, NodeKind::Array(_) | NodeKind::Object(_))
    }
}
