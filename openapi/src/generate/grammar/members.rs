//! The values that schemas list, for shrinking to try.

use std::collections::HashSet;

use serde_json::Value;

use super::node::Grammar;
use super::shape::{Shape, ShapeId};

/// The most listed values that are told.
const MAX_MEMBERS: usize = 64;

/// The most Schema Objects that are looked at.
const MAX_VISITS: usize = 512;

impl Grammar {
    /// The strings and numbers that `enum` and `const` list below a schema, the nearest ones at least.
    pub(crate) fn members(&self, root: ShapeId) -> Vec<Value> {
        let mut members: Vec<Value> = Vec::new();
        let mut seen = HashSet::from([root]);
        let mut order = vec![root];
        let mut next = 0;
        while let Some(id) = order.get(next).filter(|_| next < MAX_VISITS).copied() {
            next += 1;
            let shape = self.shape(id);
            for value in shape.values.iter().flatten().take(MAX_MEMBERS) {
                let is_scalar = value.is_string() || value.is_number();
                if is_scalar && members.len() < MAX_MEMBERS && !members.contains(value) {
                    members.push(value.clone());
                }
            }
            order.extend(parts(shape).chain(self.reference(shape)).filter(|part| seen.insert(*part)));
        }
        members
    }
}

/// The schemas within a schema that values are made from.
fn parts(shape: &Shape) -> impl Iterator<Item = ShapeId> {
    let branches = shape.all_of.iter().chain(&shape.any_of).chain(&shape.one_of);
    let items = shape.array.prefix.iter().chain(&shape.array.items);
    let properties = shape.object.properties.values().chain(&shape.object.additional);
    branches.chain(items).chain(properties).copied()
}
