//! The trail: every decision on the way to a reply, one line each.

use std::fmt;
use std::sync::Arc;

/// The lines of one call's trail, in order.
///
/// Lines known before the request came are shared, so that the usual request formats none.
#[derive(Debug, Default)]
pub(crate) struct Trail(Vec<Line>);

/// One decision.
#[derive(Debug, Clone)]
pub(crate) enum Line {
    Static(&'static str),
    Shared(Arc<str>),
    Own(String),
}

impl Trail {
    /// An empty trail.
    pub(crate) fn new() -> Self {
        Self(Vec::with_capacity(6))
    }

    /// Appends a decision.
    pub(crate) fn push(&mut self, line: impl Into<Line>) {
        self.0.push(line.into());
    }

    /// The lines in order.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(Line::as_str)
    }

    /// Whether every line was known before the request came.
    pub(crate) fn is_shared(&self) -> bool {
        !self.0.iter().any(|line| matches!(line, Line::Own(_)))
    }

    /// About how many bytes it holds for itself.
    pub(crate) fn size(&self) -> usize {
        let own = |line: &Line| if let Line::Own(text) = line { text.len() } else { 0 };
        self.0.iter().map(own).sum::<usize>() + self.0.len() * size_of::<Line>()
    }
}

impl Line {
    fn as_str(&self) -> &str {
        match self {
            Self::Static(text) => text,
            Self::Shared(text) => text,
            Self::Own(text) => text,
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<&'static str> for Line {
    fn from(text: &'static str) -> Self {
        Self::Static(text)
    }
}

impl From<&Arc<str>> for Line {
    fn from(text: &Arc<str>) -> Self {
        Self::Shared(Arc::clone(text))
    }
}

impl From<String> for Line {
    fn from(text: String) -> Self {
        Self::Own(text)
    }
}
