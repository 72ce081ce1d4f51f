//! Which checks judge what, how grave it is when they do not hold, and which statuses they expect: for a whole run, or
//! for some of its phases or operations.

use std::collections::BTreeMap;
use std::sync::Arc;

use counterfoil_openapi::{Operation, StatusPattern};
use serde::Deserialize;

use super::SettingsError;
use crate::check::{self, Check};
use crate::event::Phase;
use crate::plan::Filter;

/// How grave it is when a check does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The check does not judge.
    Off,
    /// It is told as a warning, and the run does not fail.
    Warning,
    /// It is a failure.
    Failure,
}

/// Raw options that hold for some phases and operations; for all, where none are named.
///
/// Of several that speak of the same thing the last one counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Override {
    /// The phases it holds for.
    pub phases: Vec<Phase>,
    /// The operations it holds for: an operationId, `METHOD /path`, a path or a tag.
    pub operations: Vec<String>,
    /// How grave it is when a check does not hold, by its name.
    pub severity: BTreeMap<String, Severity>,
    /// The statuses that a check expects, by its name: `404`, `5XX`. They replace the check's own.
    pub expected_statuses: BTreeMap<String, Vec<String>>,
}

/// What a check is told of one operation in one phase.
#[derive(Debug, Clone)]
pub(crate) struct Judge {
    pub(crate) check: &'static dyn Check,
    /// Never [`Severity::Off`].
    pub(crate) severity: Severity,
    /// The statuses it expects, where they are not its own.
    pub(crate) expected: Option<Arc<[StatusPattern]>>,
}

/// The overrides of a run, in order.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone)]
struct Rule {
    phases: Vec<Phase>,
    operations: Option<Filter>,
    severity: Vec<(&'static str, Severity)>,
    expected: Vec<(&'static str, Arc<[StatusPattern]>)>,
}

impl Policy {
    /// The policy that overrides mean.
    ///
    /// # Errors
    ///
    /// When a check is unknown, expects no statuses, or a status is none.
    pub(super) fn new(overrides: Vec<Override>) -> Result<Self, SettingsError> {
        let rules: Result<Vec<Rule>, SettingsError> = overrides.into_iter().map(Rule::new).collect();
        Ok(Self { rules: rules? })
    }

    /// Those that judge an operation in a phase, of the checks that are on for the whole run and those that are on
    /// here, in the order of all.
    pub(crate) fn judges(
        &self,
        on: &[&'static dyn Check],
        operation: &Operation,
        phase: Phase,
    ) -> Vec<Judge> {
        let rules: Vec<&Rule> = self.rules.iter().filter(|rule| rule.holds_for(operation, phase)).collect();
        let judge = |check: &&'static dyn Check| {
            let name = check.name();
            let is_on = on.iter().any(|on| on.name() == name);
            let stated = rules.iter().rev().find_map(|rule| find(&rule.severity, name)).copied();
            let severity = stated.unwrap_or(if is_on { Severity::Failure } else { Severity::Off });
            let expected = rules.iter().rev().find_map(|rule| find(&rule.expected, name)).cloned();
            (severity != Severity::Off).then_some(Judge { check: *check, severity, expected })
        };
        check::checks().iter().filter_map(judge).collect()
    }

    /// The names of operations that are those of none.
    pub(crate) fn unmatched(&self, operations: &[Arc<Operation>]) -> Vec<&str> {
        let filters = self.rules.iter().filter_map(|rule| rule.operations.as_ref());
        filters.flat_map(|filter| filter.unmatched(operations)).collect()
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

impl Rule {
    fn new(raw: Override) -> Result<Self, SettingsError> {
        let severity: Result<Vec<_>, SettingsError> =
            raw.severity.iter().map(|(name, severity)| Ok((known(name)?.name(), *severity))).collect();
        let expected = raw.expected_statuses.iter().map(|(name, statuses)| {
            let check = known(name)?;
            if !check.expects_statuses() {
                return Err(SettingsError::without_statuses(name));
            }
            let statuses: Result<Vec<StatusPattern>, SettingsError> = statuses
                .iter()
                .map(|text| text.parse().map_err(|_| SettingsError::no_status(name, text)))
                .collect();
            Ok((check.name(), statuses?.into()))
        });
        Ok(Self {
            phases: raw.phases,
            operations: (!raw.operations.is_empty()).then(|| Filter::new(raw.operations, Vec::new())),
            severity: severity?,
            expected: expected.collect::<Result<_, _>>()?,
        })
    }

    fn holds_for(&self, operation: &Operation, phase: Phase) -> bool {
        let is_phase = self.phases.is_empty() || self.phases.contains(&phase);
        is_phase && self.operations.as_ref().is_none_or(|filter| filter.admits(operation))
    }
}

fn find<'l, T>(list: &'l [(&str, T)], name: &str) -> Option<&'l T> {
    list.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// The check with a name.
pub(super) fn known(name: &str) -> Result<&'static dyn Check, SettingsError> {
    let known = check::checks().iter().copied().find(|check| check.name() == name);
    known.ok_or_else(|| SettingsError::unknown_check(name))
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;

    use super::*;

    fn judges(overrides: &[Override], operation: &str, phase: Phase) -> Vec<(&'static str, Severity, usize)> {
        let text = "openapi: 3.0.3\npaths:\n  /pets:\n    get: {operationId: list, tags: [read], responses: {}}\n    post: {operationId: add, responses: {}}\n";
        let contract = Contract::load("pets.yaml", text.as_bytes()).unwrap();
        let on = [known("ignored_auth").unwrap(), known("not_a_server_error").unwrap()];
        let policy = Policy::new(overrides.to_vec()).unwrap();
        policy
            .judges(&on, contract.operation(operation).unwrap(), phase)
            .iter()
            .map(|judge| {
                let expected = judge.expected.as_ref().map_or(0, |expected| expected.len());
                (judge.check.name(), judge.severity, expected)
            })
            .collect()
    }

    fn says(check: &str, severity: Severity) -> Override {
        Override { severity: [(check.to_owned(), severity)].into(), ..Override::default() }
    }

    #[test]
    fn the_last_one_that_holds_for_operation_and_phase_counts() {
        use Severity::{Failure, Off, Warning};
        let (auth, error) = ("ignored_auth", "not_a_server_error");
        let plain = vec![(error, Failure, 0), (auth, Failure, 0)];
        assert_eq!(judges(&[], "list", Phase::Fuzzing), plain);
        let everywhere = says(auth, Off);
        assert_eq!(judges(std::slice::from_ref(&everywhere), "list", Phase::Fuzzing), [(error, Failure, 0)]);
        let reading = Override { operations: vec!["read".to_owned()], ..says(auth, Warning) };
        let both = [everywhere, reading];
        assert_eq!(judges(&both, "list", Phase::Fuzzing), [(error, Failure, 0), (auth, Warning, 0)]);
        assert_eq!(judges(&both, "add", Phase::Fuzzing), [(error, Failure, 0)]);
        let fuzzing = Override { phases: vec![Phase::Fuzzing], ..says("max_response_time", Failure) };
        assert_eq!(judges(std::slice::from_ref(&fuzzing), "add", Phase::Fuzzing).len(), 3);
        assert_eq!(judges(&[fuzzing], "add", Phase::Coverage), plain);
        let expected = BTreeMap::from([(error.to_owned(), vec!["503".to_owned(), "2XX".to_owned()])]);
        let expecting = Override { expected_statuses: expected, ..Override::default() };
        assert_eq!(judges(&[expecting], "add", Phase::Coverage), [(error, Failure, 2), (auth, Failure, 0)]);
    }

    #[test]
    fn what_means_nothing_is_refused() {
        let expecting = |check: &str, status: &str| Override {
            expected_statuses: [(check.to_owned(), vec![status.to_owned()])].into(),
            ..Override::default()
        };
        let table = [
            (says("no_such", Severity::Off), "`no_such`"),
            (expecting("no_such", "200"), "`no_such`"),
            (expecting("not_a_server_error", "6XX"), "`6XX`"),
            (expecting("server_crash", "200"), "expects no statuses"),
        ];
        for (raw, part) in table {
            let error = Policy::new(vec![raw]).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
