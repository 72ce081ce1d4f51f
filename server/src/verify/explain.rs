//! Why a call was answered as it was.

use std::sync::Arc;

use super::recorded::Recorded;
use crate::call::{Call, Source};
use crate::edition::Edition;
use crate::journal::Held;
use crate::script::{CandidateRule, Comparison, Difference};
use crate::session::Session;

/// The most rules that are told of one call; the one that answered is always among them.
pub(crate) const MAX_CANDIDATES: usize = 200;

/// Why a call was answered as it was.
#[derive(Debug)]
pub(crate) struct Explanation {
    /// In words, in one sentence.
    pub(crate) why: String,
    /// The rules that it could have been answered by, in the order in which they are asked.
    pub(crate) candidates: Vec<Candidate>,
    /// How many rules are left out.
    pub(crate) left_out: usize,
}

/// A rule, and what became of it.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) rule: CandidateRule,
    pub(crate) fate: Fate,
}

/// What became of a rule when a call came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It answered.
    Answered,
    /// A condition does not hold of the request.
    Differs(Difference),
    /// Its conditions hold, and it did not answer all the same, for this reason.
    PassedOver(String),
    /// Its conditions hold, and a rule above it answered.
    Below,
    /// It was not asked, for this reason.
    NotAsked(String),
    /// It cannot be told, for this reason.
    Untold(String),
}

/// Explains a call; nothing of it is decided anew but whether the conditions of rules hold.
pub(crate) fn explain(held: &Held, call: &Call, edition: &Arc<Edition>, session: &Session) -> Explanation {
    let Some(recorded) = Recorded::read(&held.kept, edition) else {
        let why = match &call.operation {
            None => why_unrouted(call),
            Some(operation) => {
                format!("`{operation}` is another operation since the documents were loaded anew")
            }
        };
        return Explanation { why, candidates: Vec::new(), left_out: 0 };
    };
    let subject = recorded.subject();
    let rules = edition.engine.candidates(&subject, session, recorded.lens());
    let is_scripted = matches!(call.source, Source::Rule | Source::Scenario) || call.rule.is_some();
    let holds = |rule: &CandidateRule| matches!(rule.comparison, Comparison::Holds | Comparison::Untold(_));
    let is_named = |rule: &CandidateRule| Some(&rule.id) == call.rule.as_ref();
    // Of several rules of one name the first that can have answered.
    let winner = rules
        .iter()
        .position(|rule| is_named(rule) && holds(rule))
        .or_else(|| rules.iter().position(is_named))
        .filter(|_| is_scripted);
    let unasked = unasked(call);
    let total = rules.len();
    let mut candidates = Vec::new();
    for (place, rule) in rules.into_iter().enumerate() {
        if place >= MAX_CANDIDATES && Some(place) != winner {
            continue;
        }
        let fate = match (&unasked, winner) {
            (Some(why), _) => Fate::NotAsked(why.clone()),
            (None, Some(winner)) if winner == place => Fate::Answered,
            (None, winner) => fate(&rule, winner.is_some_and(|winner| place > winner)),
        };
        candidates.push(Candidate { rule, fate });
    }
    let left_out = total - candidates.len();
    Explanation { why: why(call, winner.is_some(), &unasked), candidates, left_out }
}

fn fate(rule: &CandidateRule, is_below: bool) -> Fate {
    match &rule.comparison {
        Comparison::Differs(difference, _) => Fate::Differs(difference.clone()),
        Comparison::Untold(reason) => Fate::Untold(reason.clone()),
        Comparison::Holds if is_below => Fate::Below,
        Comparison::Holds => Fate::PassedOver(match rule.counted.as_slice() {
            [] => "it came into force after the call, or what is kept was something else then".to_owned(),
            counted => counted.join("; "),
        }),
    }
}

/// Why no rule was asked, where none was.
fn unasked(call: &Call) -> Option<String> {
    let said = |part: &str| call.trail.iter().any(|line| line.contains(part));
    said("so that no script is asked").then(|| "the request names its own reply".to_owned())
}

fn why(call: &Call, has_winner: bool, unasked: &Option<String>) -> String {
    let rule = call.rule.as_deref().unwrap_or_default();
    let violations = match call.violations.len() {
        0 => "the request is valid".to_owned(),
        1 => "the request breaks the contract in 1 place".to_owned(),
        many => format!("the request breaks the contract in {many} places"),
    };
    if let Some(why) = unasked {
        return format!("{why}, so that no rule was asked; {violations}");
    }
    if has_winner {
        return format!("`{rule}` answered: of all rules in order it is the first that would; {violations}");
    }
    if call.source == Source::Resource {
        return format!("no rule answered, so that the resource `{rule}` did; {violations}");
    }
    if call.rule.is_some() {
        return format!("`{rule}` answered, which is gone since; {violations}");
    }
    let then = match call.source {
        Source::Validation => "so that the documented error did",
        Source::Example => "so that an example of the document did",
        Source::Generated => "so that a generated reply did",
        Source::Document => "so that the document did",
        Source::Proxy => "so that the upstream did",
        _ => "as the trail says",
    };
    format!("no rule answered, {then}; {violations}")
}

fn why_unrouted(call: &Call) -> String {
    let status = call.status.map_or_else(String::new, |status| format!(" ({status})"));
    format!("the request means no operation of the documents, so that no rule was asked{status}")
}
