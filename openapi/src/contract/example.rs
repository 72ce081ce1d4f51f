//! Example Object (OpenAPI 3.0.3, section 4.7.19) and the `example` shorthands.

use serde_json::Value;

use crate::document::{Document, Place, Pointer};

/// One example, from `example`, from `examples`, or from a schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Its key in `examples`; an `example` has none.
    pub name: Option<String>,
    /// The short description of an Example Object.
    pub summary: Option<String>,
    /// The value, embedded in the document.
    pub value: Value,
    /// Where the value stands in the document.
    pub pointer: Pointer,
}

/// The examples of a media type, parameter or header: `example` first, then `examples` in document order.
///
/// An `externalValue` is left out here: nothing outside the document is read yet.
pub(crate) fn read(document: &Document, owner: &Place<'_>) -> Vec<Example> {
    let mut found = Vec::new();
    if let Some(place) = owner.get("example") {
        found.push(Example { name: None, summary: None, value: place.value.clone(), pointer: place.pointer });
    }
    let Some(examples) = owner.get("examples") else { return found };
    for (name, place) in examples.members() {
        let Ok(object) = place.follow(document) else { continue };
        if let Some(value) = object.get("value") {
            found.push(Example {
                name: Some(name.to_owned()),
                summary: object.text("summary").map(str::to_owned),
                value: value.value.clone(),
                pointer: value.pointer,
            });
        }
    }
    found
}
