//! What must hold of a request.

use std::ops::{BitAnd, BitOr, Not};

use serde_json::{Map, Value, json};

/// What must hold of a request: made from a [`Field`](super::Field), and put together by `&`, `|` and `!`.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a condition asks for nothing until a rule has it"]
pub struct Condition {
    /// A `when` of the grammar of scripts; what is wrong with it otherwise.
    clauses: Result<Map<String, Value>, String>,
}

impl Condition {
    /// What holds of every request.
    pub(super) fn always() -> Self {
        Self { clauses: Ok(Map::new()) }
    }

    /// One key of a `when`.
    pub(super) fn of(key: impl Into<String>, asked: Result<Value, serde_json::Error>) -> Self {
        let clauses = asked.map(|asked| Map::from_iter([(key.into(), asked)]));
        Self { clauses: clauses.map_err(|error| error.to_string()) }
    }

    /// The `when` of a script.
    pub(crate) fn into_when(self) -> Result<Map<String, Value>, String> {
        self.clauses
    }

    fn joined(
        self,
        other: Self,
        join: impl FnOnce(Map<String, Value>, Map<String, Value>) -> Map<String, Value>,
    ) -> Self {
        let clauses = self.clauses.and_then(|own| Ok(join(own, other.clauses?)));
        Self { clauses }
    }
}

/// Both hold.
impl BitAnd for Condition {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        self.joined(other, |mut own, other| {
            if other.keys().any(|key| own.contains_key(key)) {
                return Map::from_iter([("all".to_owned(), json!([own, other]))]);
            }
            own.extend(other);
            own
        })
    }
}

/// One of them holds at least.
impl BitOr for Condition {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.joined(other, |own, other| Map::from_iter([("any".to_owned(), json!([own, other]))]))
    }
}

/// It does not hold.
impl Not for Condition {
    type Output = Self;

    fn not(self) -> Self {
        Self { clauses: self.clauses.map(|own| Map::from_iter([("not".to_owned(), Value::Object(own))])) }
    }
}
