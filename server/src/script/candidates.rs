//! Every rule that a request could have been answered by, in the order in which they are asked.

use std::time::Duration;

use super::Subject;
use super::differ::{Comparison, Difference, Lens};
use super::engine::ScriptEngine;
use super::rule::ActiveRule;
use super::scenario::ActiveScenario;
use super::scope::Scope;
use crate::session::Session;

/// Where a rule comes from, in the order in which rules are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layer {
    /// Set at run time, in the session of the request.
    Session,
    /// Set at run time, for all sessions.
    RunTime,
    /// A state of a scenario.
    Scenario,
    /// A rule of a script.
    Script,
}

/// A rule, and what a request is to it.
#[derive(Debug)]
pub(crate) struct CandidateRule {
    pub(crate) layer: Layer,
    pub(crate) id: String,
    /// File and line.
    pub(crate) place: String,
    pub(crate) comparison: Comparison,
    /// What beside its conditions decides whether it answers, as it stands now.
    pub(crate) counted: Vec<String>,
}

impl ScriptEngine {
    /// The rules for the operation of a request, each with what the request is to it.
    ///
    /// What is kept, and the states of scenarios, are as they are now.
    pub(crate) fn candidates(
        &self,
        subject: &Subject<'_>,
        session: &Session,
        lens: Lens<'_>,
    ) -> Vec<CandidateRule> {
        let scope = self.recorded_scope(subject, session, None);
        let of_rule = |layer, rule: &ActiveRule| CandidateRule {
            layer,
            id: rule.id().to_owned(),
            place: rule.place().to_owned(),
            comparison: rule.when().compare(&scope, lens),
            counted: counted(rule, session, &scope),
        };
        let mut all = Vec::new();
        for (is_own, rule) in session.rules_set_for(subject.operation) {
            let layer = if is_own && session.name().is_some() { Layer::Session } else { Layer::RunTime };
            all.push(of_rule(layer, &rule));
        }
        for scenario in self.scenarios_of(subject.operation) {
            let now = {
                let memory = session.memory();
                scenario.place_of(&self.recorded_scope(subject, session, Some(&memory)), &memory).to_owned()
            };
            for (state, rule) in cells(scenario) {
                let mut candidate = of_rule(Layer::Scenario, rule);
                if *state != *now {
                    candidate.comparison = Comparison::Differs(
                        Difference {
                            field: format!("scenario {}", scenario.name()),
                            expected: state.to_owned(),
                            found: Some(format!("{now} (now)")),
                        },
                        0,
                    );
                }
                all.push(candidate);
            }
        }
        all.extend(self.rules_of(subject.operation).iter().map(|rule| of_rule(Layer::Script, rule)));
        all
    }
}

/// The states of a scenario by name, so that the order is always the same.
fn cells(scenario: &ActiveScenario) -> Vec<(&str, &ActiveRule)> {
    let mut cells: Vec<_> = scenario.by_state().collect();
    cells.sort_unstable_by_key(|(state, _)| *state);
    cells
}

/// What counts decide about a rule.
fn counted(rule: &ActiveRule, session: &Session, scope: &Scope<'_>) -> Vec<String> {
    let mut counted = Vec::new();
    let (limit, when) = (rule.limit(), rule.when());
    if let Some(nth) = when.nth {
        let which = if nth.first == nth.last {
            nth.first.to_string()
        } else {
            format!("{}..{}", nth.first, nth.last)
        };
        counted.push(format!("it takes number {which} of the requests that its conditions hold for"));
    }
    if let Some(chance) = when.chance {
        counted.push(format!("it takes {chance} of the requests that its conditions hold for, by the seed"));
    }
    if let Some(limit) = limit {
        let each = if rule.is_per_value() { " of each value" } else { "" };
        counted.push(format!("used {} times by now, and at most {limit}{each}", session.used(rule.key())));
    }
    if let Some(life) = rule.life() {
        let state = if rule.is_over(scope.now, session) { "over by now" } else { "not over yet" };
        counted.push(format!("in force for {}, which is {state}", seconds(life)));
    }
    counted
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}
