//! What a repair changed.

use std::fmt;

use serde_json::Value;

use crate::schema::SchemaViolation;

/// The most characters of a value that the text of a change quotes.
const MAX_QUOTED: usize = 60;

/// One change that a repair made.
///
/// Its `Display` is one line: `/age: "42" is not of type "integer"; read as 42`.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The place, as a JSON Pointer into the value as it was; for what was added, into the repaired value. Empty for
    /// the whole.
    pub pointer: String,
    /// What was wrong there.
    pub wrong: String,
    /// What was done about it.
    pub remedy: Remedy,
    /// The value that stands there now, where one does; the new name of a property that was renamed.
    pub put: Option<Value>,
}

/// What a repair did at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Remedy {
    /// The value was read as what it plainly means: another type, another notation, the nearest value in range.
    Read,
    /// An example of the place's schema, or a generated value, took its place.
    Replaced,
    /// A property or item that was missing was added.
    Added,
    /// What may not be there was left out.
    Removed,
    /// The end of an array was cut off.
    Cut,
    /// A property got the name that the schema knows it by.
    Renamed,
}

impl Change {
    pub(super) fn new(pointer: String, remedy: Remedy, put: Option<Value>) -> Self {
        Self { pointer, wrong: String::new(), remedy, put }
    }

    /// The first violation of a part of the place, and the way to it.
    fn inside<'v>(&self, violations: &'v [SchemaViolation]) -> Option<(&'v str, &'v SchemaViolation)> {
        violations.iter().find_map(|violation| {
            let rest = violation.instance_pointer.strip_prefix(&self.pointer)?;
            rest.starts_with('/').then_some((rest, violation))
        })
    }

    /// Says what was wrong, by what the schema refuses about the value as it was.
    pub(super) fn explain(&mut self, violations: &[SchemaViolation]) {
        let told = violations.iter().find(|violation| violation.instance_pointer == self.pointer);
        self.wrong = match (told, self.remedy) {
            (_, Remedy::Added) => "missing".to_owned(),
            (Some(violation), _) => format!("{} [{}]", violation.message, violation.keyword),
            (None, Remedy::Removed | Remedy::Renamed) => "may not be here".to_owned(),
            (None, Remedy::Cut) => "too many items".to_owned(),
            (None, Remedy::Read | Remedy::Replaced) => match self.inside(violations) {
                Some((rest, violation)) => format!("{rest}: {} [{}]", violation.message, violation.keyword),
                None => "does not meet its schema".to_owned(),
            },
        };
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pointer = if self.pointer.is_empty() { "the whole" } else { &self.pointer };
        let put = || quoted(self.put.as_ref());
        write!(f, "{pointer}: {}; ", self.wrong)?;
        match self.remedy {
            Remedy::Read => write!(f, "read as {}", put()),
            Remedy::Replaced => write!(f, "replaced by {}", put()),
            Remedy::Added => write!(f, "added {}", put()),
            Remedy::Removed => f.write_str("left out"),
            Remedy::Cut => f.write_str("cut"),
            Remedy::Renamed => write!(f, "renamed to {}", put()),
        }
    }
}

fn quoted(value: Option<&Value>) -> String {
    let text = value.map(Value::to_string).unwrap_or_default();
    match text.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
