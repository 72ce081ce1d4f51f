//! What a rule is.

use std::fmt;

use super::anatomy::Kind;
use super::findings::Findings;
use super::scene::Scene;
use super::walk::Site;
use crate::contract::Operation;
use crate::document::Severity;

/// One rule of `check`: what its findings are about.
pub struct Rule {
    pub(super) code: &'static str,
    pub(super) severity: Severity,
    pub(super) explanation: &'static [&'static str],
    pub(super) judge: Judge,
}

/// What a rule looks at.
pub(super) enum Judge {
    /// Each object of certain kinds.
    Object(&'static [Kind], fn(&Scene<'_>, &Site<'_>, &mut Findings<'_>)),
    /// Each operation.
    Operation(fn(&Scene<'_>, &Operation, &mut Findings<'_>)),
    /// The document as a whole.
    Document(fn(&Scene<'_>, &mut Findings<'_>)),
    /// Nothing: loading the document finds it.
    Loading,
}

impl Rule {
    /// The code of its findings, for example `example-invalid`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// How much its findings matter at the most.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// What it finds, why that matters, an example, and what to do: the text of its own documentation.
    pub fn explain(&self) -> String {
        let mut text = String::new();
        for line in self.explanation {
            text.push_str(line.strip_prefix(' ').unwrap_or(line));
            text.push('\n');
        }
        text
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule")
            .field("code", &self.code)
            .field("severity", &self.severity)
            .finish_non_exhaustive()
    }
}

/// Declares a rule: its documentation is the text that `explain` prints, word for word.
macro_rules! declare {
    ($(#[doc = $doc:literal])+ $name:ident = $code:literal, $severity:ident, $judge:expr) => {
        $(#[doc = $doc])+
        pub(in crate::check) static $name: $crate::check::rule::Rule = $crate::check::rule::Rule {
            code: $code,
            severity: $crate::document::Severity::$severity,
            explanation: &[$($doc),+],
            judge: $judge,
        };
    };
}
pub(super) use declare;
