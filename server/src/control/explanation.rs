//! Why a call was answered as it was.

use schemars::JsonSchema;
use serde::Serialize;

use super::asked::Asked;
use super::calls::{self, CallSummary};
use super::problem::Problem;
use super::verify::FieldDifference;
use crate::script::Layer;
use crate::verify::{self, Candidate, Fate};

/// Why a call was answered as it was.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CallExplanation {
    /// The call in short.
    call: CallSummary,
    /// Why, in words.
    why: String,
    /// How the request broke the contract, a line each.
    violations: Vec<String>,
    /// The rules that could have answered, in the order in which they are asked: rules set at run time, scenarios,
    /// rules of scripts. Scenarios are in the state they are in now.
    candidates: Vec<RuleCandidate>,
    /// How many rules more there are than are told.
    left_out: u32,
    /// What the stub decided, a line each, in order.
    trail: Vec<String>,
}

/// A rule that could have answered.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RuleCandidate {
    /// Its name, as the header `counterfoil-rule` tells it.
    rule: String,
    /// Where it comes from.
    layer: RuleLayer,
    /// File and line of the script.
    place: String,
    /// What became of it.
    outcome: RuleOutcome,
    /// The first of its conditions that does not hold of the request.
    difference: Option<FieldDifference>,
    /// Why it did not answer, where no condition says so.
    reason: Option<String>,
    /// What beside its conditions decides whether it answers, as it stands now.
    counted: Vec<String>,
}

/// Where a rule comes from.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RuleLayer {
    /// Set at run time, in the session of the request.
    Session,
    /// Set at run time, for all sessions.
    RunTime,
    /// A state of a scenario.
    Scenario,
    /// A rule of a script.
    Script,
}

/// What became of a rule.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RuleOutcome {
    /// It answered.
    Answered,
    /// A condition does not hold of the request.
    Differs,
    /// Its conditions hold, and it did not answer all the same.
    PassedOver,
    /// Its conditions hold, and a rule above it answered.
    Below,
    /// No rule was asked.
    NotAsked,
    /// It cannot be told.
    Untold,
}

/// Explains a call.
pub(super) fn explain(asked: &Asked<'_>, id: u64) -> Result<CallExplanation, Problem> {
    let journal = &asked.session.journal;
    let (held, call) = journal.held(id).zip(journal.get(id)).ok_or_else(|| calls::unknown(id))?;
    let explanation = verify::explain(&held, &call, &asked.edition(), &asked.session);
    Ok(CallExplanation {
        why: explanation.why,
        violations: call.violations.iter().map(ToString::to_string).collect(),
        candidates: explanation.candidates.into_iter().map(candidate).collect(),
        left_out: u32::try_from(explanation.left_out).unwrap_or(u32::MAX),
        trail: call.trail.clone(),
        call: calls::in_short(call),
    })
}

fn candidate(candidate: Candidate) -> RuleCandidate {
    let Candidate { rule, fate } = candidate;
    let (outcome, difference, reason) = match fate {
        Fate::Answered => (RuleOutcome::Answered, None, None),
        Fate::Differs(difference) => (RuleOutcome::Differs, Some(difference.into()), None),
        Fate::PassedOver(reason) => (RuleOutcome::PassedOver, None, Some(reason)),
        Fate::Below => (RuleOutcome::Below, None, None),
        Fate::NotAsked(reason) => (RuleOutcome::NotAsked, None, Some(reason)),
        Fate::Untold(reason) => (RuleOutcome::Untold, None, Some(reason)),
    };
    RuleCandidate {
        rule: rule.id,
        layer: match rule.layer {
            Layer::Session => RuleLayer::Session,
            Layer::RunTime => RuleLayer::RunTime,
            Layer::Scenario => RuleLayer::Scenario,
            Layer::Script => RuleLayer::Script,
        },
        place: rule.place,
        outcome,
        difference,
        reason,
        counted: rule.counted,
    }
}
