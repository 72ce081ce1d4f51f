//! Sets of JSON types.

use serde_json::{Number, Value};

/// A set of JSON types, whole numbers kept apart from fractions. The default one holds them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Types(u8);

impl Types {
    pub(crate) const NULL: Self = Self(1);
    pub(crate) const BOOLEAN: Self = Self(2);
    pub(crate) const INTEGER: Self = Self(4);
    pub(crate) const FRACTION: Self = Self(8);
    pub(crate) const STRING: Self = Self(16);
    pub(crate) const ARRAY: Self = Self(32);
    pub(crate) const OBJECT: Self = Self(64);
    pub(crate) const NUMBER: Self = Self(4 | 8);

    /// Single types in the order simple values come in.
    pub(crate) const EACH: [Self; 7] =
        [Self::STRING, Self::INTEGER, Self::OBJECT, Self::ARRAY, Self::BOOLEAN, Self::FRACTION, Self::NULL];

    /// The set that a `type` keyword names.
    pub(crate) fn named(keyword: &Value) -> Self {
        match keyword {
            Value::String(name) => Self::word(name),
            Value::Array(names) => names
                .iter()
                .filter_map(Value::as_str)
                .fold(Self(0), |types, name| Self(types.0 | Self::word(name).0)),
            _ => Self::default(),
        }
    }

    fn word(name: &str) -> Self {
        match name {
            "null" => Self::NULL,
            "boolean" => Self::BOOLEAN,
            "integer" => Self::INTEGER,
            "number" => Self::NUMBER,
            "string" => Self::STRING,
            "array" => Self::ARRAY,
            "object" => Self::OBJECT,
            _ => Self::default(),
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
        self.0 == 0
    }

    /// Whether it holds all of the other's types.
    pub(crate) fn holds(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The single types in it.
    pub(crate) fn each(self) -> impl Iterator<Item = Self> {
        Self::EACH.into_iter().filter(move |single| self.holds(*single))
    }
}

impl Default for Types {
    fn default() -> Self {
        Self(127)
    }
}

fn is_whole(number: &Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|float| float.fract() == 0.0)
}
