//! What a reload changed.

use std::fmt;

use crate::credentials::Credentials;
use crate::difference;
use crate::edition::Edition;
use crate::script::Succession;

/// How many names of each kind are told; of the others the number is.
const MAX_NAMES: usize = 5;

/// What a reload changed; its text is one line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changes {
    /// The operations, by their ids.
    pub operations: Difference,
    /// The rules of the scripts, by their names.
    pub rules: Difference,
    /// The security schemes for which other credentials are accepted, by their names.
    pub credentials: Difference,
    /// What the control API had set and what the new contracts do not admit, each with the reason.
    pub dropped: Vec<String>,
}

/// What is there now and was not, the other way round, and what says something else than it did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// What is new.
    pub added: Vec<String>,
    /// What is gone.
    pub removed: Vec<String>,
    /// What says something else. An operation does so too when something it refers to does.
    pub changed: Vec<String>,
}

impl Changes {
    pub(crate) fn between(old: &Edition, new: &Edition, succession: Succession) -> Self {
        let Succession { added, removed, changed, dropped } = succession;
        Self {
            operations: difference::of_operations(&old.contracts, &new.contracts),
            rules: Difference { added, removed, changed },
            credentials: Credentials::difference(old.gate.accepted(), new.gate.accepted()),
            dropped,
        }
    }

    /// Whether nothing that is served changed.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
            && self.rules.is_empty()
            && self.credentials.is_empty()
            && self.dropped.is_empty()
    }
}

impl Difference {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("nothing that is served");
        }
        let mut separator = "";
        let parts =
            [("operations", &self.operations), ("rules", &self.rules), ("credentials", &self.credentials)];
        for (what, difference) in parts {
            if !difference.is_empty() {
                write!(f, "{separator}{what}: {difference}")?;
                separator = "; ";
            }
        }
        if !self.dropped.is_empty() {
            write!(f, "{separator}no longer set: {}", self.dropped.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (names, how) in [(&self.added, "added"), (&self.removed, "removed"), (&self.changed, "changed")] {
            if names.is_empty() {
                continue;
            }
            let shown = &names[..names.len().min(MAX_NAMES)];
            let others = if shown.len() < names.len() { ", ..." } else { "" };
            write!(f, "{separator}{} {how} ({}{others})", names.len(), shown.join(", "))?;
            separator = ", ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_in_one_line() {
        let names = |count: usize| (1..=count).map(|number| format!("op{number}")).collect::<Vec<_>>();
        let changes = Changes {
            operations: Difference { added: names(7), removed: Vec::new(), changed: names(2) },
            rules: Difference { removed: names(1), ..Difference::default() },
            credentials: Difference { changed: names(1), ..Difference::default() },
            dropped: vec!["op9: its operation is gone".to_owned()],
        };
        insta::assert_snapshot!(changes, @"operations: 7 added (op1, op2, op3, op4, op5, ...), 2 changed (op1, op2); rules: 1 removed (op1); credentials: 1 changed (op1); no longer set: op9: its operation is gone");
        insta::assert_snapshot!(Changes::default(), @"nothing that is served");
    }
}
