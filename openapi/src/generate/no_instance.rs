//! A schema or operation for which nothing can be generated.

use std::fmt;

/// A schema or operation for which nothing can be generated, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoInstance {
    /// Where in the document the reason stands, as a JSON Pointer.
    pub pointer: String,
    /// The reason, as a fragment.
    pub message: String,
}

impl fmt::Display for NoInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nothing can be generated for {}: {}", self.pointer, self.message)
    }
}

impl std::error::Error for NoInstance {}
