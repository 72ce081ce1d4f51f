//! `$ref`: where a Reference Object leads.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{Document, Pointer};

/// The most references followed from one node before it counts as circular.
const MAX_REFERENCE_HOPS: usize = 64;

/// A node of the document: where it is and what it is.
#[derive(Debug, Clone)]
pub(crate) struct Place<'d> {
    pub(crate) pointer: Pointer,
    pub(crate) value: &'d Value,
}

impl<'d> Place<'d> {
    pub(crate) fn root(document: &'d Document) -> Self {
        Self { pointer: Pointer::root(), value: document.root() }
    }

    /// The member `key`, as it stands (a reference is not followed).
    pub(crate) fn get(&self, key: &str) -> Option<Self> {
        Some(Self { value: self.value.get(key)?, pointer: self.pointer.join(key) })
    }

    /// The text of the member `key`.
    pub(crate) fn text(&self, key: &str) -> Option<&'d str> {
        self.value.get(key)?.as_str()
    }

    /// Whether the member `key` is `true`.
    pub(crate) fn is(&self, key: &str) -> bool {
        self.value.get(key).and_then(Value::as_bool) == Some(true)
    }

    /// The members of an object, or nothing.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&'d str, Self)> + '_ {
        self.value
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str(), Self { value, pointer: self.pointer.join(key) }))
    }

    /// The items of an array, or nothing.
    pub(crate) fn items(&self) -> impl Iterator<Item = Self> + '_ {
        self.value
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
            .map(|(index, value)| Self { value, pointer: self.pointer.index(index) })
    }

    /// The node itself, or what its `$ref` leads to, however many references that takes.
    pub(crate) fn follow(&self, document: &'d Document) -> Result<Self, String> {
        let mut place = self.clone();
        for _ in 0..MAX_REFERENCE_HOPS {
            if place.text("$ref").is_none() {
                return Ok(place);
            }
            place = place.step(document)?;
        }
        Err(format!("the reference at {} leads back to itself", self.pointer))
    }

    /// What its `$ref` leads to, which may be a reference again; the node itself where it has none.
    pub(crate) fn step(&self, document: &'d Document) -> Result<Self, String> {
        let Some(reference) = self.text("$ref") else { return Ok(self.clone()) };
        let pointer = resolve(reference)?;
        let value = pointer
            .find(document.root())
            .ok_or_else(|| format!("`{reference}` leads nowhere in this document"))?;
        Ok(Self { pointer, value })
    }
}

/// The pointer that a reference within the document names (RFC 6901, section 6: percent-decoded fragment).
pub(crate) fn resolve(reference: &str) -> Result<Pointer, String> {
    let fragment = reference.strip_prefix('#').ok_or_else(|| {
        format!("`{reference}` is outside this document, and only local references are read")
    })?;
    let decoded = percent_decode_str(fragment)
        .decode_utf8()
        .map_err(|_| format!("`{reference}` is not UTF-8 once percent-decoded"))?;
    if !decoded.is_empty() && !decoded.starts_with('/') {
        return Err(format!("`{reference}` is an anchor, and only JSON Pointers are read"));
    }
    Ok(Pointer::from_escaped(decoded))
}
