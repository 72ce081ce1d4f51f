//! Exit codes, one meaning each, so that a CI server can tell what to do next.

use std::process::ExitCode;

use counterfoil_conformance::Summary;

/// How an invocation ended.
///
/// A CI server can try again on 3 and 6, and never should on 1 and 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: everything that was asked for holds.
    Passed,
    /// 1: a failure was found; for `check`, a finding.
    Failed,
    /// 2: it could not be carried out: flags, configuration, document or script are unusable.
    Unusable,
    /// 3: the target could not be reached.
    Unreachable,
    /// 4: nothing was selected.
    NothingSelected,
    /// 5: the baseline is stale: a known failure is gone, or its last day is over.
    StaleBaseline,
    /// 6: it was cut short.
    Incomplete,
    /// 7: nothing but failures that did not recur.
    OnlyFlaky,
}

/// The text of `--help` about exit codes.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  all passed; known failures are let through
  1  a failure was found, or a snapshot is not the accepted one
  2  the run could not be carried out: flags, document or script
  3  the target could not be reached
  4  nothing was selected
  5  the baseline is stale: a known failure is gone, or its last day is over
  6  incomplete: interrupted, or no time was left to test an operation at all
  7  nothing but failures that did not recur, unless `--flaky pass`";

impl Exit {
    /// The number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Failed => 1,
            Self::Unusable => 2,
            Self::Unreachable => 3,
            Self::NothingSelected => 4,
            Self::StaleBaseline => 5,
            Self::Incomplete => 6,
            Self::OnlyFlaky => 7,
        }
    }

    /// What the counts of one run come to.
    pub(crate) fn of(summary: &Summary) -> Self {
        if summary.unreachable {
            Self::Unreachable
        } else if summary.interrupted || summary.unexercised > 0 {
            Self::Incomplete
        } else if summary.failures > summary.known + summary.flaky {
            Self::Failed
        } else if summary.failures > summary.known {
            Self::OnlyFlaky
        } else if summary.operations == 0 {
            Self::NothingSelected
        } else {
            Self::Passed
        }
    }

    /// The one that counts where several apply: 2 beats 3 beats 6 beats 1 beats 5 beats 7 beats 4.
    pub(crate) fn or(self, other: Self) -> Self {
        if self.rank() >= other.rank() { self } else { other }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::NothingSelected => 1,
            Self::OnlyFlaky => 2,
            Self::StaleBaseline => 3,
            Self::Failed => 4,
            Self::Incomplete => 5,
            Self::Unreachable => 6,
            Self::Unusable => 7,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_codes() {
        let passed = Summary { operations: 1, cases: 9, ..Summary::default() };
        let failed = Summary { failures: 1, ..passed.clone() };
        let unexercised = Summary { unexercised: 1, ..failed.clone() };
        let known = Summary { failures: 2, known: 2, ..passed.clone() };
        let flaky = Summary { failures: 3, flaky: 1, ..known.clone() };
        let new = Summary { failures: 4, ..flaky.clone() };
        let interrupted = Summary { interrupted: true, ..failed.clone() };
        let unreachable = Summary { unreachable: true, ..interrupted.clone() };
        let rows = [
            (Summary::default(), 4),
            (passed, 0),
            (failed, 1),
            (unexercised, 6),
            (known, 0),
            (flaky, 7),
            (new, 1),
            (interrupted, 6),
            (unreachable, 3),
        ];
        for (summary, code) in rows {
            assert_eq!(Exit::of(&summary).code(), code, "{summary:?}");
        }
    }

    #[test]
    fn the_graver_of_two_counts_whatever_their_order() {
        let order = [
            Exit::Unusable,
            Exit::Unreachable,
            Exit::Incomplete,
            Exit::Failed,
            Exit::StaleBaseline,
            Exit::OnlyFlaky,
            Exit::NothingSelected,
            Exit::Passed,
        ];
        for (index, graver) in order.into_iter().enumerate() {
            for lesser in &order[index..] {
                assert_eq!(graver.or(*lesser), graver);
                assert_eq!(lesser.or(graver), graver);
            }
        }
    }
}
