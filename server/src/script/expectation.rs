//! What is expected of calls, checked against its operation and ready to be held against what was recorded.

use super::differ::{Comparison, Difference, Lens};
use super::grammar::{CallRange, When};
use super::scope::Scope;

/// How many calls of an operation there must have been, and which.
#[derive(Debug)]
pub(crate) struct Expectation {
    /// The id of the operation.
    pub(crate) operation: String,
    /// Its method and path template.
    pub(crate) label: String,
    /// The name of its document.
    pub(crate) document: String,
    pub(crate) range: CallRange,
    /// The status they were answered with, where that matters.
    pub(super) status: Option<u16>,
    /// What holds of their requests.
    pub(super) when: Option<When>,
    /// File and line; of what is not in a file, a JSON Pointer.
    pub(crate) place: String,
}

impl Expectation {
    /// Whether every call of the operation counts, whatever was asked and answered.
    pub(crate) fn takes_all(&self) -> bool {
        self.status.is_none() && self.when.is_none()
    }

    /// Whether its conditions on requests have to be looked at.
    pub(crate) fn reads_requests(&self) -> bool {
        self.when.is_some()
    }

    /// What a request to its operation is to its condition.
    pub(crate) fn compare(&self, scope: &Scope<'_>, lens: Lens<'_>) -> Comparison {
        self.when.as_ref().map_or(Comparison::Holds, |when| when.compare(scope, lens))
    }

    /// How the status of a reply differs from the one expected, where it does.
    pub(crate) fn status_apart(&self, status: Option<u16>) -> Option<Difference> {
        let expected = self.status.filter(|expected| status != Some(*expected))?;
        Some(Difference {
            field: "status".to_owned(),
            expected: expected.to_string(),
            found: status.map(|status| status.to_string()),
        })
    }
}
