//! Values held to schemas, and what is told of those that break them.

use serde_json::Value;

use crate::schema::{Direction, Schema, SchemaViolation};

/// The most violations told of one value.
const MAX_TOLD: usize = 3;

/// What is wrong with a value that its schema refuses.
pub(super) struct Refusal {
    pub(super) violations: Vec<SchemaViolation>,
    /// Whether all it breaks is the direction that a `readOnly` or `writeOnly` property travels in.
    pub(super) is_direction: bool,
}

/// Why a schema refuses a value that travels one way; nothing where it admits it.
pub(super) fn refusal(schema: &Schema, value: &Value, direction: Direction) -> Option<Refusal> {
    let violations = schema.violations(value, direction);
    if violations.is_empty() {
        return None;
    }
    let (hidden, broken): (Vec<_>, Vec<_>) = violations.into_iter().partition(is_hidden);
    Some(match broken.is_empty() {
        true => Refusal { violations: hidden, is_direction: true },
        false => Refusal { violations: broken, is_direction: false },
    })
}

/// Why a schema refuses a value of which nobody says which way it travels.
pub(super) fn refusal_either_way(schema: &Schema, value: &Value) -> Option<Refusal> {
    let refused = refusal(schema, value, Direction::Response)?;
    let other = refusal(schema, value, Direction::Request)?;
    (!refused.is_direction && !other.is_direction).then_some(refused)
}

fn is_hidden(violation: &SchemaViolation) -> bool {
    matches!(violation.keyword.as_str(), "readOnly" | "writeOnly")
}

impl Refusal {
    /// The first few violations, as a fragment.
    pub(super) fn tell(&self) -> String {
        let mut told: Vec<String> = self
            .violations
            .iter()
            .take(MAX_TOLD)
            .map(|violation| match violation.instance_pointer.as_str() {
                "" => format!("{} [{}]", violation.message, violation.keyword),
                at => format!("{at}: {} [{}]", violation.message, violation.keyword),
            })
            .collect();
        if self.violations.len() > MAX_TOLD {
            told.push(format!("and {} more", self.violations.len() - MAX_TOLD));
        }
        told.join("; ")
    }

    /// Where the first violation stands in the value.
    pub(super) fn place(&self) -> &str {
        self.violations.first().map_or("", |violation| &violation.instance_pointer)
    }

    /// Where the keyword stands that the first violation breaks.
    pub(super) fn keyword(&self) -> &str {
        self.violations.first().map_or("", |violation| &violation.document_pointer)
    }
}

/// The JSON value that a text is written for; nothing where it is no JSON, or a bare word or number of it.
pub(super) fn json_in_text(value: &Value) -> Option<Value> {
    let text = value.as_str()?.trim();
    if !text.starts_with(['{', '[', '"']) {
        return None;
    }
    serde_json::from_str(text).ok()
}
