//! Where schemas come from: a document, read schema by schema as they are reached, or one bundle.

use std::sync::{Arc, Weak};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::document::{Document, Pointer};
use crate::schema::{Direction, Discriminators, Linked, drawn, linked_validator, locate, validator};

/// Where the units of a grammar come from. A unit is a lowered schema that references stand in for, found by its
/// pointer.
#[derive(Debug)]
pub(crate) enum Source {
    /// The schemas of a document, by document pointer. A schema made for a place of it is the unit of the empty
    /// pointer.
    Document {
        document: Weak<Document>,
        direction: Direction,
        discriminators: Discriminators,
        made: Option<(Pointer, Arc<Value>)>,
    },
    /// A schema with all it refers to in its own `$defs`; pointers lead into it.
    Bundle(Arc<Value>),
}

impl Source {
    /// The lowered schema at a pointer; nothing where there is none.
    pub(super) fn unit(&self, pointer: &str) -> Option<Value> {
        match self {
            Self::Document { .. } => self.linked(pointer).map(|linked| linked.schema),
            Self::Bundle(bundle) => {
                let mut unit = bundle.pointer(pointer)?.clone();
                if let Some(members) = unit.as_object_mut() {
                    members.shift_remove("$defs");
                }
                Some(unit)
            }
        }
    }

    fn linked(&self, pointer: &str) -> Option<Linked> {
        let Self::Document { document, direction, discriminators, made } = self else { return None };
        let document = document.upgrade()?;
        match made {
            Some((place, made)) if pointer.is_empty() => {
                Some(drawn(&document, place, made, *direction, *discriminators))
            }
            _ => {
                let pointer = Pointer::from_escaped(pointer);
                let value = pointer.find(document.root())?;
                Some(drawn(&document, &pointer, value, *direction, *discriminators))
            }
        }
    }

    /// A validator of all of several places, each a unit and the way within it; nothing where they cannot be judged
    /// apart from what is around them.
    pub(super) fn judge<'p>(
        &self,
        places: impl Iterator<Item = (&'p str, &'p Pointer)>,
    ) -> Option<Validator> {
        let mut parts = Vec::new();
        for (unit, way) in places {
            if let Self::Document { .. } = self
                && self.linked(unit)?.looks_through
            {
                return None;
            }
            parts.push(way.find(&self.unit(unit)?)?.clone());
        }
        match self {
            Self::Document { document, direction, .. } => {
                linked_validator(&document.upgrade()?, &json!({ "allOf": parts }), *direction).ok()
            }
            Self::Bundle(bundle) => {
                let definitions = bundle.get("$defs").cloned().unwrap_or_else(|| Value::Object(Map::new()));
                validator(&json!({ "allOf": parts, "$defs": definitions })).ok()
            }
        }
    }

    /// The Schema Object of a place as the document has it; nothing where it stands in none.
    pub(super) fn written<T>(&self, unit: &str, way: &Pointer, read: impl FnOnce(&Value) -> T) -> Option<T> {
        let Self::Document { document, made, .. } = self else { return None };
        if made.is_some() && unit.is_empty() {
            return None;
        }
        let document = document.upgrade()?;
        let pointer = locate(document.root(), &Pointer::from_escaped(unit), way.as_str());
        Pointer::from_escaped(pointer).find(document.root()).map(read)
    }

    /// Where in the document a place stands; in a bundle, where it stands in that.
    pub(super) fn document_pointer(&self, unit: &str, way: &Pointer) -> String {
        let Self::Document { document, made, .. } = self else { return format!("{unit}{way}") };
        let origin = match made {
            Some((place, _)) if unit.is_empty() => place.clone(),
            _ => Pointer::from_escaped(unit),
        };
        match document.upgrade() {
            Some(document) => locate(document.root(), &origin, way.as_str()),
            None => origin.to_string(),
        }
    }
}
