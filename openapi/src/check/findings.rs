//! Where rules put what they find.

use super::rule::Rule;
use crate::document::{Document, Finding, Pointer, Severity};

/// The findings of one document so far.
pub(super) struct Findings<'d> {
    document: &'d Document,
    found: Vec<Finding>,
}

impl<'d> Findings<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        Self { document, found: Vec::new() }
    }

    /// Adds a finding of a rule about the node at `pointer`.
    pub(super) fn add(&mut self, rule: &Rule, pointer: &Pointer, message: impl Into<String>) {
        self.found.push(self.document.finding(rule.code, rule.severity, pointer, message));
    }

    /// As [`Findings::add`], with what to do about it.
    pub(super) fn add_with_hint(
        &mut self,
        rule: &Rule,
        pointer: &Pointer,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.add(rule, pointer, message);
        self.hint(hint);
    }

    /// Says of the last finding what to do about it.
    pub(super) fn hint(&mut self, hint: impl Into<String>) {
        if let Some(last) = self.found.last_mut() {
            last.hint = Some(hint.into());
        }
    }

    /// Makes the last finding matter less than its rule says.
    pub(super) fn soften(&mut self, severity: Severity) {
        if let Some(last) = self.found.last_mut() {
            last.severity = last.severity.min(severity);
        }
    }

    pub(super) fn into_vec(self) -> Vec<Finding> {
        self.found
    }
}
