//! What a client cannot express of its document, and why.

use std::collections::HashSet;

use counterfoil_openapi::{Document, Finding, Pointer, Severity};

/// The findings of one generation.
#[derive(Debug, Clone)]
pub(crate) struct Losses<'d> {
    document: &'d Document,
    found: Vec<Finding>,
    told: HashSet<(&'static str, Pointer, String)>,
}

impl<'d> Losses<'d> {
    pub(crate) fn new(document: &'d Document) -> Self {
        Self { document, found: Vec::new(), told: HashSet::new() }
    }

    /// An operation is left out.
    pub(crate) fn left_out(&mut self, code: &'static str, pointer: &Pointer, message: impl Into<String>) {
        self.add(code, Severity::Error, pointer, message.into());
    }

    /// A parameter, a body or a part of one is of a wider type than the document says.
    pub(crate) fn degraded(&mut self, code: &'static str, pointer: &Pointer, message: impl Into<String>) {
        self.add(code, Severity::Warning, pointer, message.into());
    }

    /// Something that types do not hold is left to the caller.
    pub(crate) fn noted(&mut self, code: &'static str, pointer: &Pointer, message: impl Into<String>) {
        self.add(code, Severity::Note, pointer, message.into());
    }

    fn add(&mut self, code: &'static str, severity: Severity, pointer: &Pointer, message: String) {
        if self.told.insert((code, pointer.clone(), message.clone())) {
            self.found.push(self.document.finding(code, severity, pointer, message));
        }
    }

    /// The findings in the order of their codes and pointers.
    pub(crate) fn into_findings(mut self) -> Vec<Finding> {
        self.found.sort_by(|left, right| (&left.pointer, left.code).cmp(&(&right.pointer, right.code)));
        self.found
    }
}
