//! Nodes of the document: what a schema says and where it says so.

use std::borrow::Cow;

use counterfoil_openapi::{Pointer, Schema};
use serde_json::Value;

/// A node and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Place<'d> {
    pub(crate) pointer: Pointer,
    pub(crate) value: &'d Value,
}

impl<'d> Place<'d> {
    pub(crate) fn of(schema: &'d Schema) -> Self {
        Self { pointer: schema.pointer().clone(), value: schema.source() }
    }

    /// A member of an object.
    pub(crate) fn get(&self, key: &str) -> Option<Self> {
        Some(Self { value: self.value.get(key)?, pointer: self.pointer.join(key) })
    }

    /// The members of the object that a keyword holds.
    pub(crate) fn members(&self, key: &str) -> Vec<(&'d str, Self)> {
        let Some(object) = self.get(key) else { return Vec::new() };
        let members = object.value.as_object().into_iter().flatten();
        members
            .map(|(name, value)| (name.as_str(), Self { value, pointer: object.pointer.join(name) }))
            .collect()
    }

    /// The items of the array that a keyword holds.
    pub(crate) fn items(&self, key: &str) -> Vec<Self> {
        let Some(array) = self.get(key) else { return Vec::new() };
        let items = array.value.as_array().into_iter().flatten().enumerate();
        items.map(|(index, value)| Self { value, pointer: array.pointer.index(index) }).collect()
    }

    /// The text of a member.
    pub(crate) fn text(&self, key: &str) -> Option<&'d str> {
        self.value.get(key)?.as_str()
    }

    /// Whether a member is `true`.
    pub(crate) fn is(&self, key: &str) -> bool {
        self.value.get(key).and_then(Value::as_bool) == Some(true)
    }

    /// What its `$ref` names, where it has one and that is in the document.
    pub(crate) fn target(&self, root: &'d Value) -> Option<Self> {
        let reference = self.text("$ref")?;
        let pointer = Pointer::from_escaped(percent_decoded(reference.strip_prefix('#')?));
        Some(Self { value: pointer.find(root)?, pointer })
    }

    /// The last word of its pointer that is a name, and not a keyword or a number.
    pub(crate) fn name(&self) -> Option<String> {
        let last = self.pointer.tokens().last()?;
        let is_name = !last.is_empty()
            && !last.bytes().all(|byte| byte.is_ascii_digit())
            && !["schema", "items", "additionalProperties", "not"].contains(&last.as_str());
        is_name.then_some(last)
    }
}

/// A fragment with its escapes undone; as it stands where they are none.
fn percent_decoded(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let [first, tail @ ..] = rest {
        let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    match text {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(_) => fragment.to_owned(),
    }
}
