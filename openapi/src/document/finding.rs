//! What reading a document found wrong with it.

use std::fmt;

use super::{Pointer, Position};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing, nothing to mend.
    Note,
    /// Wrong, and worked around.
    Warning,
    /// Wrong, and a part of the document cannot be used.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One thing wrong with a document or a script: what, where, and what to do.
///
/// Its `Display` is one line: `file:line:column: severity[code]: message (pointer)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A stable name of the rule, for example `reference-unresolved`.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The file as the user named it.
    pub file: String,
    /// Line and column, where known.
    pub position: Option<Position>,
    /// Where in the value tree.
    pub pointer: Pointer,
    /// What is wrong: what was found and what was expected.
    pub message: String,
    /// What to do about it, the nearest valid name included.
    pub hint: Option<String>,
}

impl Finding {
    /// The same finding, with what to do about it.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file)?;
        if let Some(position) = self.position {
            write!(f, "{position}:")?;
        }
        write!(f, " {}[{}]: {}", self.severity, self.code, self.message)?;
        if !self.pointer.as_str().is_empty() {
            write!(f, " (at {})", self.pointer)?;
        }
        Ok(())
    }
}
