//! Sets of JSON types.

use std::ops::{BitAnd, BitOr};

use serde_json::{Number, Value};

/// A set of the types of JSON Schema, whole numbers kept apart from fractions. The default one holds them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Types(u8);

impl Types {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const NULL: Self = Self(1);
    pub(crate) const BOOLEAN: Self = Self(2);
    pub(crate) const INTEGER: Self = Self(4);
    pub(crate) const FRACTION: Self = Self(8);
    pub(crate) const STRING: Self = Self(16);
    pub(crate) const ARRAY: Self = Self(32);
    pub(crate) const OBJECT: Self = Self(64);
    /// Whole numbers and fractions.
    pub(crate) const NUMBER: Self = Self(4 | 8);
    /// Nothing is said of the type.
    pub(crate) const ANY: Self = Self(127);

    /// Single types in the order simple values come in.
    pub(crate) const EACH: [Self; 7] =
        [Self::STRING, Self::INTEGER, Self::OBJECT, Self::ARRAY, Self::BOOLEAN, Self::FRACTION, Self::NULL];

    /// The set that a `type` keyword names; names that JSON Schema does not know add nothing.
    pub(crate) fn named(keyword: &Value) -> Self {
        match keyword {
            Value::String(name) => Self::word(name),
            Value::Array(names) => names
                .iter()
                .filter_map(Value::as_str)
                .fold(Self::NONE, |types, name| types | Self::word(name)),
            _ => Self::NONE,
        }
    }

    fn word(name: &str) -> Self {
        match name {
            "null" => Self::NULL,
            "boolean" => Self::BOOLEAN,
            "integer" => Self::INTEGER,
            "number" => Self::NUMBER,
            // `file` is what 2.0 calls the bytes of an uploaded or sent file.
            "string" | "file" => Self::STRING,
            "array" => Self::ARRAY,
            "object" => Self::OBJECT,
            _ => Self::NONE,
        }
    }

    /// The type of a value; `3.0` is whole.
    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::BOOLEAN,
            Value::Number(number) if is_whole(number) => Self::INTEGER,
            Value::Number(_) => Self::FRACTION,
            Value::String(_) => Self::STRING,
            Value::Array(_) => Self::ARRAY,
            Value::Object(_) => Self::OBJECT,
        }
    }

    pub(crate) fn is_empty(self) -> bool {
        self == Self::NONE
    }

    pub(crate) fn is_any(self) -> bool {
        self == Self::ANY
    }

    /// Whether it holds all of the other's types.
    pub(crate) fn holds(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether it holds any of the other's types.
    pub(crate) fn admits(self, types: Self) -> bool {
        self.0 & types.0 != 0
    }

    /// The types that both hold, which may be none.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The single types in it.
    pub(crate) fn each(self) -> impl Iterator<Item = Self> {
        Self::EACH.into_iter().filter(move |single| self.holds(*single))
    }

    pub(crate) fn admits_scalar(self) -> bool {
        self.admits(Self::BOOLEAN | Self::NUMBER | Self::STRING)
    }

    /// Whether an array is meant by the schema, and not only not refused.
    pub(crate) fn admits_items(self) -> bool {
        !self.is_any() && self.admits(Self::ARRAY)
    }

    /// Whether it is an object or nothing, and said so.
    pub(crate) fn is_object(self) -> bool {
        !self.is_any() && self.admits(Self::OBJECT) && !self.admits_scalar() && !self.admits(Self::ARRAY)
    }

    pub(crate) fn admits_container(self) -> bool {
        self.admits(Self::ARRAY | Self::OBJECT)
    }

    /// Whether anything but an array or `null` is admitted.
    pub(crate) fn admits_scalar_or_object(self) -> bool {
        self.admits_scalar() || self.admits(Self::OBJECT)
    }
}

impl Default for Types {
    fn default() -> Self {
        Self::ANY
    }
}

impl BitOr for Types {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Types {
    type Output = Self;

    /// What both admit; where they contradict each other nothing is valid, and the first is as good as any.
    fn bitand(self, other: Self) -> Self {
        let both = self.and(other);
        if both.is_empty() { self } else { both }
    }
}

fn is_whole(number: &Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|float| float.fract() == 0.0)
}
