//! What was checked and what was found.

use std::borrow::Cow;

use counterfoil_openapi::{Finding, Severity};

/// All that was checked in one go.
#[derive(Debug)]
pub(crate) struct Report<'t> {
    /// Documents in the order in which they were named, then scripts.
    pub(crate) documents: Vec<Checked>,
    /// The text of each file, by the name that findings call it.
    pub(crate) texts: Vec<(&'t str, Cow<'t, str>)>,
}

/// One document or script.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) name: String,
    /// How many operations it has; a script has none of its own.
    pub(crate) operations: Option<usize>,
    /// In document order.
    pub(crate) findings: Vec<Finding>,
}

impl Report<'_> {
    /// Every finding there is.
    pub(crate) fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.documents.iter().flat_map(|document| &document.findings)
    }
}

impl Checked {
    /// How many findings have a severity.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}
