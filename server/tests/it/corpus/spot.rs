//! Places of a document, walked down without a model of what stands there.

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// The most references followed one after the other.
const MAX_HOPS: usize = 32;

/// A value of the document, and its JSON Pointer.
#[derive(Debug, Clone)]
pub(super) struct Spot<'d> {
    pub(super) root: &'d Value,
    pub(super) value: &'d Value,
    pub(super) pointer: String,
}

impl<'d> Spot<'d> {
    pub(super) fn root(root: &'d Value) -> Self {
        Self { root, value: root, pointer: String::new() }
    }

    /// What a pointer leads to.
    pub(super) fn at(root: &'d Value, pointer: &str) -> Option<Self> {
        Some(Self { root, value: root.pointer(pointer)?, pointer: pointer.to_owned() })
    }

    /// A member of an object, what it refers to where it is a reference.
    pub(super) fn get(&self, name: &str) -> Option<Self> {
        self.own(name).map(Self::followed)
    }

    /// A member of an object as it stands.
    pub(super) fn own(&self, name: &str) -> Option<Self> {
        let value = self.value.as_object()?.get(name)?;
        Some(self.under(name, value))
    }

    pub(super) fn text(&self, name: &str) -> Option<&'d str> {
        self.value.get(name)?.as_str()
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.value.get(name) == Some(&Value::Bool(true))
    }

    /// The members of an object, but for extensions.
    pub(super) fn members(&self) -> impl Iterator<Item = (&'d str, Self)> {
        let members = self.value.as_object().into_iter().flatten();
        members
            .filter(|(name, _)| !name.starts_with("x-"))
            .map(|(name, value)| (name.as_str(), self.under(name, value).followed()))
    }

    fn under(&self, name: &str, value: &'d Value) -> Self {
        let token = name.replace('~', "~0").replace('/', "~1");
        Self { root: self.root, value, pointer: format!("{}/{token}", self.pointer) }
    }

    fn followed(self) -> Self {
        let mut spot = self;
        for _ in 0..MAX_HOPS {
            let Some(reference) = spot.text("$ref").and_then(|reference| reference.strip_prefix('#')) else {
                break;
            };
            let Ok(pointer) = percent_decode_str(reference).decode_utf8() else { break };
            let Some(next) = Self::at(spot.root, &pointer) else { break };
            spot = next;
        }
        spot
    }
}
