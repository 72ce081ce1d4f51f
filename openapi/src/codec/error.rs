//! Why a value cannot be written.

use std::fmt;

use crate::violation::Part;

/// A value that its notation cannot express, so that what is read back would be another value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeError {
    part: Part,
    message: String,
}

impl EncodeError {
    pub(crate) fn new(part: Part, message: impl Into<String>) -> Self {
        Self { part, message: message.into() }
    }

    /// The part of the message that cannot be written.
    pub fn part(&self) -> &Part {
        &self.part
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "write {}: {}", self.part, self.message)
    }
}

impl std::error::Error for EncodeError {}

/// Why one value cannot be written, before it is known which part it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Inexpressible(pub(super) &'static str);

impl Inexpressible {
    pub(super) fn at(self, part: Part) -> EncodeError {
        EncodeError::new(part, self.0)
    }
}

/// What becomes of parts of a value that its notation cannot express.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// They are an error.
    Refused,
    /// They are left out, or replaced by what comes nearest.
    Accepted,
}
